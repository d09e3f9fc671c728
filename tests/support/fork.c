/* fork for specs: lua-posix is not packaged for every Lua. Built by tests/support/fork.lua. */
#include <lauxlib.h>
#include <lua.h>
#include <sys/wait.h>
#include <unistd.h>

static int fork_fork(lua_State *L) {
    lua_pushinteger(L, fork());
    return 1;
}

/* The exit status of a child; 128 and the signal's number of one that a signal ended. */
static int fork_wait(lua_State *L) {
    int status = 0;
    if (waitpid((pid_t)luaL_checkinteger(L, 1), &status, 0) < 0) return luaL_error(L, "no such child");
    lua_pushinteger(L, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return 1;
}

int luaopen_fork(lua_State *L);

int luaopen_fork(lua_State *L) {
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, fork_fork);
    lua_setfield(L, -2, "fork");
    lua_pushcfunction(L, fork_wait);
    lua_setfield(L, -2, "wait");
    return 1;
}
