/* fork for specs, and a signal whose handler sets a debug hook, as Ctrl-C does: lua-posix is not packaged for every
   Lua. Built by tests/support/fork.lua. */
#include <lauxlib.h>
#include <lua.h>
#include <signal.h>
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

static char function_key; /* in the registry */
static lua_State *state;

static void speak(lua_State *L, lua_Debug *ar) {
    (void)ar;
    lua_sethook(L, NULL, 0, 0);
    lua_pushlightuserdata(L, &function_key);
    lua_rawget(L, LUA_REGISTRYINDEX);
    lua_call(L, 0, 0);
}

static void on_alarm(int number) {
    (void)number;
    lua_sethook(state, speak, LUA_MASKCALL | LUA_MASKRET | LUA_MASKCOUNT, 1);
}

/* alarm(function): it is called a second later, by a debug hook of the running thread */
static int fork_alarm(lua_State *L) {
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_pushlightuserdata(L, &function_key);
    lua_pushvalue(L, 1);
    lua_rawset(L, LUA_REGISTRYINDEX);
    state = L;
    signal(SIGALRM, on_alarm);
    alarm(1);
    return 0;
}

int luaopen_fork(lua_State *L);

int luaopen_fork(lua_State *L) {
    lua_createtable(L, 0, 3);
    lua_pushcfunction(L, fork_fork);
    lua_setfield(L, -2, "fork");
    lua_pushcfunction(L, fork_wait);
    lua_setfield(L, -2, "wait");
    lua_pushcfunction(L, fork_alarm);
    lua_setfield(L, -2, "alarm");
    return 1;
}
