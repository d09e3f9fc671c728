#include "lua/interrupt.h"

bool bind_is_stopped(lua_State *L, lua_State *main) {
    lua_Hook hook = lua_gethook(L), set = lua_gethook(main);
    int mask = lua_gethookmask(L), count = lua_gethookcount(L);
    if (L != main) lua_sethook(L, set, lua_gethookmask(main), lua_gethookcount(main));
    bool stopped = luaL_loadstring(L, "return") != 0 || lua_pcall(L, 0, 0, 0) != 0;
    if (L == main) return stopped;
    if (stopped && lua_gethook(L) == NULL && lua_gethook(main) == set) lua_sethook(main, NULL, 0, 0);
    lua_sethook(L, hook, mask, count);
    return stopped;
}

void bind_interrupt_init(lua_State *L) { compat_keepmain(L); }

lua_State *bind_interrupt_main(lua_State *L) { return compat_mainthread(L); }
