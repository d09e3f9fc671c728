#include "lua/rows.h"

#include "lua/class.h"
#include "lua/json.h"
#include "os/inflate.h"

enum { ROOM = 65536 };

static char inflater_class;

struct bind_inflater {
    struct inflate *inflater;
};

static struct bind_inflater *check_inflater(lua_State *L) {
    lua_settop(L, 3);
    struct bind_inflater *self = bind_class_check(L, 1, &inflater_class, "expected an inflater");
    if (self->inflater == NULL) luaL_error(L, "auth0: a finalizer reads on in a file that was let go");
    return self;
}

/* inflater:run(packed, from) -> text, from: up to 64 KiB, and where it goes on; "" where it wants more than there is.
   Or nil: this is no gzip. */
static int method_run(lua_State *L) {
    struct bind_inflater *self = check_inflater(L);
    struct span packed;
    size_t made, size;
    packed.at = luaL_checklstring(L, 2, &size);
    lua_Integer from = luaL_checkinteger(L, 3);
    luaL_argcheck(L, from >= 1 && (size_t)from <= size + 1, 3, "out of range");
    packed.size = size;
    packed = span_after(packed, (size_t)from - 1);
    size_t had = packed.size;
    char *room = compat_newuserdata(L, ROOM);
    if (!inflate_run(self->inflater, &packed, room, ROOM, &made)) return 0;
    lua_pushlstring(L, room, made);
    lua_pushinteger(L, from + (lua_Integer)(had - packed.size));
    return 2;
}

/* inflater:is_whole() -> boolean: what it was given ends where a file ends */
static int method_is_whole(lua_State *L) {
    lua_pushboolean(L, inflate_is_whole(check_inflater(L)->inflater));
    return 1;
}

static int on_gc(lua_State *L) {
    struct bind_inflater *self = lua_touserdata(L, 1);
    inflate_free(self->inflater);
    self->inflater = NULL;
    return 0;
}

int bind_rows_new_inflater(lua_State *L) {
    struct bind_inflater *self = bind_class_new(L, &inflater_class, sizeof *self);
    self->inflater = inflate_new();
    if (self->inflater == NULL) bind_class_raise_memory(L, "auth0", "a file cannot be unpacked");
    return 1;
}

void bind_rows_init(lua_State *L) {
    static const luaL_Reg methods[] = {{"run", method_run}, {"is_whole", method_is_whole}, {NULL, NULL}};
    bind_class_make(L, &inflater_class, "auth0.core.inflater", methods, on_gc);
}

/* In a userdata that takes the place of the one before, at 2. */
static void make_room(lua_State *L, struct json_reader *reader) {
    size_t room = reader->room > 0 ? 2 * reader->room : (reader->text.size < 65536 ? reader->text.size / 8 + 16 : 8192);
    struct json_token *tokens = compat_newuserdata(L, room * sizeof *tokens);
    if (reader->count > 0) memcpy(tokens, reader->tokens, reader->count * sizeof *tokens);
    reader->tokens = tokens;
    reader->room = room;
    lua_replace(L, 2);
}

/* Without a bound on their memory: small values would take forty times their text. */
enum { VALUES_AT_MOST = 65536 };

static int refuse(lua_State *L, const struct json_reader *reader, enum json_progress progress) {
    int at = (int)reader->fault_at + 1;
    lua_pushnil(L);
    if (progress != JSON_TOO_MANY)
        lua_pushfstring(L, "malformed JSON at byte %d: %s", at, reader->fault);
    else if (reader->scale != NULL)
        lua_pushfstring(L, "by byte %d its values take more than %d bytes of memory", at, (int)reader->scale->most);
    else
        lua_pushfstring(L, "more than %d values by byte %d", VALUES_AT_MOST, at);
    return 2;
}

/* The scale counts if it has a `most`. */
static enum json_progress read_row(lua_State *L, struct json_reader *reader, struct json_scale *scale) {
    struct span text;
    enum json_progress progress;
    text.at = luaL_checklstring(L, 1, &text.size);
    lua_settop(L, 2);
    *reader = json_reader(text);
    if (scale->most > 0)
        reader->scale = scale;
    else
        reader->most = VALUES_AT_MOST;
    while ((progress = json_read(reader)) == JSON_MORE) make_room(L, reader);
    return progress;
}

int bind_rows_is_object(lua_State *L) {
    struct json_reader reader;
    struct json_scale none = {.most = 0};
    bool is_whole = read_row(L, &reader, &none) == JSON_WHOLE;
    lua_pushboolean(L, is_whole && json_kind(json_root(&reader)) == JSON_OBJECT);
    return 1;
}

int bind_rows_decode(lua_State *L) {
    struct json_reader reader;
    struct json_scale scale = {.most = (size_t)luaL_optinteger(L, 2, 0)};
    enum json_progress progress = read_row(L, &reader, &scale);
    if (progress == JSON_WHOLE && bind_json_push(L, json_root(&reader))) return 1;
    if (progress != JSON_WHOLE) return refuse(L, &reader, progress);
    bind_class_raise_memory(L, "auth0", "a row cannot be shown");
}
