#include "lua/private_file.h"

#include "os/buffer.h"
#include "os/private_file.h"

#include <errno.h>
#include <string.h>

enum { MOST = 65536 };

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

static const char *fault_of(int fault) {
    if (fault == PRIVATE_FILE_IS_OPEN) return "other users have a right to it: chmod 600";
    return fault == EFBIG ? "it is longer than 64 KiB" : strerror(fault);
}

int bind_private_file_read(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    size_t size = MOST + 1;
    char *text = lua_newuserdata(L, size);
    int fault = private_file_read(path, text, &size);
    if (fault != 0) {
        lua_pushnil(L);
        lua_pushstring(L, fault_of(fault));
        return 2;
    }
    lua_pushlstring(L, text, size);
    buffer_wipe(text, size);
    return 1;
}
