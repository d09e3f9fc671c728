#include "auth0_accounts/regular.h"

#include <sys/stat.h>

int regular_is(lua_State *L) {
    struct stat status;
    if (stat(luaL_checkstring(L, 1), &status) == 0)
        lua_pushboolean(L, S_ISREG(status.st_mode));
    else
        lua_pushnil(L);
    return 1;
}
