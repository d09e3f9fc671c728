#include "lua/rows.h"

#include "lua/json.h"
#include "lua/push.h"
#include "os/inflate.h"
#include "pure/json.h"

enum { ROOM = 65536 };

static char inflate_metatable; /* its key in the registry */

struct bind_inflater {
    struct inflate *inflater;
};

static struct bind_inflater *check_inflater(lua_State *L) {
    struct bind_inflater *self = lua_touserdata(L, 1);
    compat_getref(L, &inflate_metatable);
    bool is_one = self != NULL && lua_getmetatable(L, 1) && lua_rawequal(L, -1, -2);
    luaL_argcheck(L, is_one, 1, "expected an inflater");
    lua_settop(L, 3);
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

int bind_inflater_new(lua_State *L) {
    struct bind_inflater *self = compat_newuserdata(L, sizeof *self);
    self->inflater = NULL;
    compat_getref(L, &inflate_metatable);
    lua_setmetatable(L, -2);
    self->inflater = inflate_new();
    if (self->inflater == NULL) return luaL_error(L, "auth0: not enough memory to unpack a file");
    return 1;
}

void bind_rows_init(lua_State *L) {
    static const luaL_Reg methods[] = {{"run", method_run}, {"is_whole", method_is_whole}, {NULL, NULL}};
    lua_createtable(L, 0, 3);
    lua_newtable(L);
    compat_setfuncs(L, methods);
    lua_setfield(L, -2, "__index");
    push_finalizer(L, on_gc);
    compat_setref(L, &inflate_metatable);
}

int bind_decode(lua_State *L) {
    struct span text, value;
    struct json_fault fault;
    text.at = luaL_checklstring(L, 1, &text.size);
    if (!json_check(text, &value, &fault)) {
        lua_pushnil(L);
        lua_pushfstring(L, "malformed JSON at byte %d: %s", (int)fault.at + 1, fault.what);
        return 2;
    }
    struct span mended = {compat_newuserdata(L, json_mend_room(value.size)), 0};
    mended.size = json_mend(value, SPAN("user_id"), (char *)lua_touserdata(L, -1));
    if (bind_json_decode(L, mended)) return 1;
    return luaL_error(L, "auth0: not enough memory for a row");
}
