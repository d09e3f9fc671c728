#include "lua/interrupt.h"

/* LuaJIT has one hook for all threads: there is none of the coroutine's own to put back. */
bool bind_interrupt_stops(lua_State *L, lua_State *main) {
    lua_Hook hook = lua_gethook(L), set = lua_gethook(main);
    int mask = lua_gethookmask(L), count = lua_gethookcount(L);
    bool is_another = hook != set;
    if (is_another) lua_sethook(L, set, lua_gethookmask(main), lua_gethookcount(main));
    bool stopped = luaL_loadstring(L, "return") != 0 || lua_pcall(L, 0, 0, 0) != 0;
    if (stopped && lua_gethook(L) == NULL && lua_gethook(main) == set) lua_sethook(main, NULL, 0, 0);
    if (is_another) lua_sethook(L, hook, mask, count);
    return stopped;
}

void bind_interrupt_init(lua_State *L) { compat_keepmain(L); }

lua_State *bind_interrupt_main(lua_State *L) { return compat_mainthread(L); }
