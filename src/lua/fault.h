/* What is wrong with a single value, as src/pure says it: for what Lua checks without a call. */
#ifndef AUTH0_LUA_FAULT_H
#define AUTH0_LUA_FAULT_H

#include "lua/compat.h"

#pragma GCC visibility push(hidden)

/* core.account_fault(id), core.id_fault(id, provider or nil) -> nothing; or "id" or "provider", and what is wrong with
   it. See identity_check_account and identity_check. */
int bind_fault_of_account(lua_State *L);
int bind_fault_of_id(lua_State *L);

/* core.proxy_fault(text) -> what is wrong with a proxy's address, or nil */
int bind_fault_of_proxy(lua_State *L);

#pragma GCC visibility pop

#endif
