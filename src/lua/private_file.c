#include "lua/private_file.h"

#include "os/private_file.h"

#include <string.h>

int bind_private_file_make(lua_State *L) {
    struct span text;
    const char *path = luaL_checkstring(L, 1);
    text.at = luaL_checklstring(L, 2, &text.size);
    int fault = private_file_make(path, text);
    if (fault == 0) {
        lua_pushboolean(L, 1);
        return 1;
    }
    lua_pushnil(L);
    lua_pushstring(L, strerror(fault));
    return 2;
}
