/* auth0.core: what Lua sees of the C below. The only exported symbol is luaopen_auth0_core. */
#include "lua/bell.h"
#include "lua/fault.h"
#include "lua/interrupt.h"
#include "lua/json.h"
#include "lua/json_write.h"
#include "lua/perform.h"
#include "lua/pool.h"
#include "lua/private_file.h"
#include "lua/records.h"
#include "lua/rows.h"
#include "lua/sequence.h"
#include "lua/stay.h"
#include "lua/version.h"

#ifdef __GNUC__
#define EXPORT __attribute__((visibility("default")))
#else
#define EXPORT
#endif

EXPORT int luaopen_auth0_core(lua_State *L);

EXPORT int luaopen_auth0_core(lua_State *L) {
    static const luaL_Reg functions[] = {{"call", bind_perform_call},
                                         {"close", bind_pool_close},
                                         {"engine", bind_engine_new},
                                         {"method", bind_options_new_method},
                                         {"introduce", bind_options_introduce},
                                         {"inflater", bind_rows_new_inflater},
                                         {"decode", bind_rows_decode},
                                         {"is_object", bind_rows_is_object},
                                         {"make_private_file", bind_private_file_make},
                                         {"proxy_fault", bind_fault_of_proxy},
                                         {"read_private_file", bind_private_file_read},
                                         {"id_fault", bind_fault_of_id},
                                         {"account_fault", bind_fault_of_account},
                                         {NULL, NULL}};
    compat_checkversion(L);
    stay_loaded(luaopen_auth0_core);
    lua_settop(L, 0);
    bind_interrupt_init(L);
    bind_options_init(L);
    bind_call_init(L);
    bind_engine_init(L);
    bind_records_init(L);
    bind_bell_init(L);
    bind_perform_init(L);
    bind_sequence_init(L);
    bind_rows_init(L);
    lua_createtable(L, 0, 8);
    compat_setfuncs(L, functions);
    bind_json_init(L);
    bind_json_write_init(L);
    bind_pool_init(L); /* after lua-cjson, so that its finalizer comes before lua-cjson's */
    bind_options_push(L);
    lua_setfield(L, 1, "options");
    lua_pushliteral(L, AUTH0_VERSION);
    lua_setfield(L, 1, "_VERSION");
    lua_pushstring(L, curl_version_info(CURLVERSION_NOW)->version);
    lua_setfield(L, 1, "curl_version");
    return 1;
}
