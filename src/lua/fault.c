#include "lua/fault.h"

#include "pure/identity.h"
#include "pure/proxy.h"

static struct span argument(lua_State *L, int at) {
    struct span text = {NULL, 0};
    if (!lua_isnoneornil(L, at)) text.at = luaL_checklstring(L, at, &text.size);
    return text;
}

static int push_complaint(lua_State *L, bool good, const struct complaint *complaint) {
    if (good) return 0;
    lua_pushstring(L, complaint->option);
    lua_pushstring(L, complaint->what);
    return 2;
}

int bind_fault_of_account(lua_State *L) {
    struct complaint complaint;
    return push_complaint(L, identity_check_account("id", argument(L, 1), &complaint), &complaint);
}

int bind_fault_of_id(lua_State *L) {
    struct complaint complaint;
    return push_complaint(L, identity_check(argument(L, 1), argument(L, 2), &complaint), &complaint);
}

int bind_fault_of_proxy(lua_State *L) {
    lua_pushstring(L, proxy_fault(argument(L, 1))); /* nil for none */
    return 1;
}
