/* auth0_accounts.core: what the command's work on many accounts needs of C. The only exported symbol is
   luaopen_auth0_accounts_core. */
#include "auth0_accounts/addresses.h"
#include "auth0_accounts/database.h"
#include "auth0_accounts/digest.h"
#include "auth0_accounts/finder.h"
#include "auth0_accounts/judge.h"
#include "auth0_accounts/nameless.h"
#include "auth0_accounts/place.h"
#include "auth0_accounts/regular.h"
#include "auth0_accounts/signals.h"
#include "auth0_accounts/statement.h"
#include "auth0_accounts/users.h"
#include "lua/stay.h"

#ifdef __GNUC__
#define EXPORT __attribute__((visibility("default")))
#else
#define EXPORT
#endif

EXPORT int luaopen_auth0_accounts_core(lua_State *L);

static char module_key;

/* The same table when it is loaded again: objects of the first time are of its classes. */
EXPORT int luaopen_auth0_accounts_core(lua_State *L) {
    static const luaL_Reg functions[] = {{"open", database_open},     {"users", users_open},
                                         {"sha256", digest_of_text},  {"sha256_file", digest_of_file},
                                         {"digest", digest_of_json},  {"signals", signals_take},
                                         {"place", place_file},       {"hasher", digest_begin},
                                         {"nameless", nameless_make}, {"judge", judge_make},
                                         {"finder", finder_make},     {"addresses", addresses_make},
                                         {"is_regular", regular_is},  {NULL, NULL}};
    compat_checkversion(L);
    compat_getref(L, &module_key);
    if (!lua_isnil(L, -1)) return 1;
    stay_loaded(luaopen_auth0_accounts_core);
    database_init(L);
    statement_init(L);
    users_init(L);
    signals_init(L);
    digest_init(L);
    judge_init(L);
    finder_init(L);
    nameless_init(L);
    addresses_init(L);
    lua_createtable(L, 0, 8);
    compat_setfuncs(L, functions);
    lua_pushvalue(L, -1);
    compat_setref(L, &module_key);
    return 1;
}
