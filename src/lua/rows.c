#include "lua/rows.h"

#include "lua/class.h"
#include "lua/json.h"
#include "lua/push.h"
#include "os/inflate.h"
#include "pure/json.h"

enum { ROOM = 65536 };

static char inflater_class;

struct bind_inflater {
    struct inflate *inflater;
};

static struct inflate *check_inflater(lua_State *L) {
    const struct bind_inflater *self = class_check(L, 1, &inflater_class, "expected an inflater");
    return self->inflater;
}

/* inflater:run(packed, from) -> text, from: up to 64 KiB, and where it goes on; "" where it wants more than there is.
   Or nil: this is no gzip. */
static int method_run(lua_State *L) {
    struct inflate *inflater = check_inflater(L);
    struct span packed;
    size_t made, size;
    packed.at = luaL_checklstring(L, 2, &size);
    lua_Integer from = luaL_checkinteger(L, 3);
    luaL_argcheck(L, from >= 1 && (size_t)from <= size + 1, 3, "out of range");
    packed.size = size;
    packed = span_after(packed, (size_t)from - 1);
    size_t had = packed.size;
    char *room = compat_newuserdata(L, ROOM);
    if (!inflate_run(inflater, &packed, room, ROOM, &made)) return 0;
    lua_pushlstring(L, room, made);
    lua_pushinteger(L, from + (lua_Integer)(had - packed.size));
    return 2;
}

/* inflater:is_whole() -> boolean: what it was given ends where a file ends */
static int method_is_whole(lua_State *L) {
    lua_pushboolean(L, inflate_is_whole(check_inflater(L)));
    return 1;
}

static int on_gc(lua_State *L) {
    struct bind_inflater *self = lua_touserdata(L, 1);
    inflate_free(self->inflater);
    self->inflater = NULL;
    return 0;
}

int bind_inflater_new(lua_State *L) {
    struct bind_inflater *self = class_new(L, &inflater_class, sizeof *self);
    self->inflater = inflate_new();
    if (self->inflater == NULL) class_raise_memory(L, "auth0", "a file cannot be unpacked");
    return 1;
}

void bind_rows_init(lua_State *L) {
    static const luaL_Reg methods[] = {{"run", method_run}, {"is_whole", method_is_whole}, {NULL, NULL}};
    class_make(L, &inflater_class, "auth0.core.inflater", methods, on_gc);
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
    class_raise_memory(L, "auth0", "a row cannot be read");
}
