#include "lua/json_write.h"

#include "lua/class.h"
#include "os/buffer.h"
#include "pure/json.h"
#include "pure/numeral.h"
#include "pure/utf8.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char writing_class;

enum { UPVALUE_NULL = 1, UPVALUE_ARRAY_MT, UPVALUE_EMPTY_ARRAY_MT, UPVALUES = UPVALUE_EMPTY_ARRAY_MT };
enum { DEPTH = 32 }; /* deeper ones are left to json.lua, as is all else that is rare */

/* A member's name: Lua's string stays on the stack while the object is written. */
struct key {
    struct span text;
    int index;
};

/* What is allocated, so that a Lua error frees it. */
struct writing {
    struct buffer text;
    struct key *keys; /* of the objects that are open, the innermost at the end */
    size_t count, room;
};

static void let_go(struct writing *writing) {
    buffer_free(&writing->text);
    free(writing->keys);
    *writing = (struct writing){.keys = NULL};
}

static int on_gc(lua_State *L) {
    let_go(lua_touserdata(L, 1));
    return 0;
}

static bool put(struct writing *writing, struct span text) { return buffer_append(&writing->text, text); }

/* ---- strings and numbers ---- */

static bool is_plain(unsigned char c) { return c >= ' ' && c != '"' && c != '\\'; }

static bool put_escaped(struct writing *writing, unsigned char c) {
    static const char letters[] = "\"\"\\\\\nn\rr\tt";
    char escape[8];
    for (const char *pair = letters; *pair != '\0'; pair += 2)
        if ((unsigned char)pair[0] == c) return put(writing, (struct span){(char[]){'\\', pair[1]}, 2});
    (void)snprintf(escape, sizeof escape, "\\u%04x", (unsigned)c);
    return put(writing, (struct span){escape, 6});
}

static bool put_string(struct writing *writing, struct span text) {
    const char *from = text.at, *end = text.at + text.size;
    bool is_good = put(writing, SPAN("\"")), is_ascii = true;
    for (const char *at = from; is_good && (at = json_skip_plain(at, end)) < end; at++) {
        unsigned char c = (unsigned char)*at;
        is_ascii = is_ascii && c < 0x80;
        if (is_plain(c)) continue;
        is_good = put(writing, (struct span){from, (size_t)(at - from)}) && put_escaped(writing, c);
        from = at + 1;
    }
    return is_good && (is_ascii || utf8_is(text)) && put(writing, (struct span){from, (size_t)(end - from)}) &&
           put(writing, SPAN("\""));
}

static bool put_number(lua_State *L, struct writing *writing) {
    char digits[NUMERAL_MOST + 8];
    double value = (double)lua_tonumber(L, -1);
    bool is_negative_zero = value == 0 && signbit(value);
    if (compat_isinteger(L, -1) && !is_negative_zero) {
        int size = snprintf(digits, sizeof digits, "%lld", compat_tointeger(L, -1));
        return size > 0 && put(writing, (struct span){digits, (size_t)size});
    }
    if (!isfinite(value)) return false;
    size_t size = numeral_write(value, digits);
    return put(writing, (struct span){digits, size});
}

/* ---- tables ---- */

static bool put_value(lua_State *L, struct writing *writing, int depth);

static bool put_array(lua_State *L, struct writing *writing, int depth) {
    size_t size = compat_rawlen(L, -1), count = 0;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1), count++)
        if (lua_type(L, -2) != LUA_TNUMBER) return false;
    bool is_good = count == size && size <= INT_MAX && put(writing, SPAN("["));
    for (size_t i = 1; i <= size && is_good; i++) {
        lua_rawgeti(L, -1, (int)i);
        is_good = (i == 1 || put(writing, SPAN(","))) && put_value(L, writing, depth);
        lua_pop(L, 1);
    }
    return is_good && put(writing, SPAN("]"));
}

static bool add_key(lua_State *L, struct writing *writing) {
    if (writing->count == writing->room) {
        size_t room = writing->room == 0 ? 32 : writing->room * 2;
        struct key *keys = realloc(writing->keys, room * sizeof *keys);
        if (keys == NULL) return false;
        writing->keys = keys;
        writing->room = room;
    }
    struct key *key = &writing->keys[writing->count++];
    key->index = lua_gettop(L);
    key->text.at = lua_tolstring(L, -1, &key->text.size);
    return true;
}

/* Pushes the names of the object at `object`, each once. False where one is no string. */
static bool push_keys(lua_State *L, struct writing *writing, int object) {
    for (lua_pushnil(L); lua_next(L, object); lua_pushvalue(L, -1)) {
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING || !lua_checkstack(L, 4) || !add_key(L, writing)) return false;
    }
    return true;
}

static int compare_keys(const void *one, const void *other) {
    struct span a = ((const struct key *)one)->text, b = ((const struct key *)other)->text;
    int order = memcmp(a.at, b.at, a.size < b.size ? a.size : b.size);
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static bool put_member(lua_State *L, struct writing *writing, struct key key, int object, int depth) {
    bool is_good = put_string(writing, key.text) && put(writing, SPAN(":"));
    lua_pushvalue(L, key.index);
    lua_rawget(L, object);
    is_good = is_good && put_value(L, writing, depth);
    lua_pop(L, 1);
    return is_good;
}

static bool put_object(lua_State *L, struct writing *writing, int depth) {
    int object = lua_gettop(L);
    size_t first = writing->count;
    if (!push_keys(L, writing, object)) return false;
    size_t last = writing->count;
    if (last - first > 1) qsort(writing->keys + first, last - first, sizeof *writing->keys, compare_keys);
    bool is_good = put(writing, SPAN("{"));
    for (size_t i = first; i < last && is_good; i++)
        is_good = (i == first || put(writing, SPAN(","))) && put_member(L, writing, writing->keys[i], object, depth);
    writing->count = first;
    lua_settop(L, object);
    return is_good && put(writing, SPAN("}"));
}

static bool has_metatable(lua_State *L, int upvalue) {
    return lua_istable(L, lua_upvalueindex(upvalue)) && lua_rawequal(L, -1, lua_upvalueindex(upvalue));
}

static bool is_empty(lua_State *L) {
    lua_pushnil(L);
    bool has_member = lua_next(L, -2) != 0;
    if (has_member) lua_pop(L, 2);
    return !has_member;
}

/* A metatable that is no mark of an array may mean anything. */
static bool put_table(lua_State *L, struct writing *writing, int depth) {
    bool is_marked = false, is_array = false;
    if (lua_getmetatable(L, -1)) {
        is_array = has_metatable(L, UPVALUE_ARRAY_MT);
        is_marked = is_array || has_metatable(L, UPVALUE_EMPTY_ARRAY_MT);
        lua_pop(L, 1);
        if (!is_marked) return false;
    }
    if (is_marked && !is_array) is_array = is_empty(L);
    if (!is_array) {
        lua_rawgeti(L, -1, 1);
        is_array = !lua_isnil(L, -1);
        lua_pop(L, 1);
    }
    return (is_array ? put_array : put_object)(L, writing, depth + 1);
}

/* The value on top of the stack. False: it is left to json.lua; the stack may then hold more. */
static bool put_value(lua_State *L, struct writing *writing, int depth) {
    struct span text;
    switch (lua_type(L, -1)) {
    case LUA_TSTRING: text.at = lua_tolstring(L, -1, &text.size); return put_string(writing, text);
    case LUA_TNUMBER: return put_number(L, writing);
    case LUA_TBOOLEAN: return put(writing, lua_toboolean(L, -1) ? SPAN("true") : SPAN("false"));
    case LUA_TTABLE: return depth < DEPTH && lua_checkstack(L, 8) && put_table(L, writing, depth);
    default: return lua_rawequal(L, -1, lua_upvalueindex(UPVALUE_NULL)) && put(writing, SPAN("null"));
    }
}

static int encode(lua_State *L) {
    lua_settop(L, 1);
    struct writing *writing = bind_class_new(L, &writing_class, sizeof *writing);
    lua_pushvalue(L, 1);
    bool is_good = put_value(L, writing, 0);
    lua_settop(L, 2);
    if (is_good) lua_pushlstring(L, writing->text.at, writing->text.size);
    let_go(writing);
    return is_good ? 1 : 0;
}

void bind_json_write_init(lua_State *L) {
    int core = lua_gettop(L);
    bind_class_make(L, &writing_class, "auth0.writing", NULL, on_gc);
    lua_settop(L, core);
    lua_getfield(L, core, "null");
    lua_getfield(L, core, "array_mt");
    lua_getfield(L, core, "empty_array_mt");
    lua_pushcclosure(L, encode, UPVALUES);
    lua_setfield(L, core, "encode");
}
