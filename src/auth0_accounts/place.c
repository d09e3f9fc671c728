#include "auth0_accounts/place.h"

#include "os/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int sync_file(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1) return errno;
    int fault = fsync(fd) == 0 ? 0 : errno;
    close(fd);
    return fault;
}

/* A second name fails where the name is taken, which rename does not. Some file systems have no second names. */
static int name_file(const char *from, const char *to, bool replaces) {
    if (!replaces && link(from, to) == 0) return unlink(from) == 0 ? 0 : errno;
    if (!replaces && (errno == EEXIST || access(to, F_OK) == 0)) return EEXIST;
    return rename(from, to) == 0 ? 0 : errno;
}

int place_push(lua_State *L, const char *to, int fault) {
    if (fault == 0) {
        private_file_sync_folder(to);
        lua_pushboolean(L, 1);
        return 1;
    }
    lua_pushnil(L);
    lua_pushstring(L, strerror(fault));
    lua_pushboolean(L, fault == EEXIST);
    return 3;
}

int place_file(lua_State *L) {
    const char *from = luaL_checkstring(L, 1), *to = luaL_checkstring(L, 2);
    int fault = sync_file(from);
    if (fault == 0) fault = name_file(from, to, lua_toboolean(L, 3));
    return place_push(L, to, fault);
}
