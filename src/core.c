/* auth0.core: what Lua sees of the C below. The only exported symbol is luaopen_auth0_core. */
#include "compat.h"
#include "lua_answered.h"
#include "lua_call.h"
#include "lua_engines.h"
#include "lua_json.h"
#include "lua_options.h"
#include "version.h"

#include <dlfcn.h>

#ifdef __GNUC__
#define EXPORT __attribute__((visibility("default")))
#else
#define EXPORT
#endif

enum { TURN_MS = 1000 };

/* A signal handler that wants Lua to run sets a debug hook, as lua.c does on Ctrl-C; it speaks when Lua runs, so some
   Lua is run. A profiler's sample returns, and we go on. What raises wants us to stop: true then, and the error is
   pushed. */
static bool is_stopped(lua_State *L, lua_State *main) {
    lua_Hook hook = lua_gethook(L);
    int mask = lua_gethookmask(L), count = lua_gethookcount(L);
    if (L != main) lua_sethook(L, lua_gethook(main), lua_gethookmask(main), lua_gethookcount(main));
    bool stopped = luaL_loadstring(L, "return") != 0 || lua_pcall(L, 0, 0, 0) != 0;
    if (L != main) lua_sethook(L, hook, mask, count);
    return stopped;
}

/* Turns the crank until the call is done. A signal ends a turn, and a new debug hook is asked whether to stop: the call
   ends as cancelled then, and what the hook raised is raised. */
static void run(lua_State *L, struct engine *engine, struct bind_call *self) {
    struct engine_record record;
    lua_State *main = compat_mainthread(L);
    lua_Hook hook = lua_gethook(L); /* not main's: one that came while this coroutine ran has not spoken yet */
    bool stopped = false;
    bind_engines_busy(L, true);
    engine_submit(engine, &self->call);
    while (!engine_next(engine, &record)) {
        engine_turn(engine, TURN_MS);
        if (stopped || lua_gethook(main) == hook) continue;
        stopped = is_stopped(L, main);
        hook = lua_gethook(main);
        if (stopped) engine_cancel(engine, &self->call);
    }
    bind_engines_busy(L, false);
    if (stopped) lua_error(L);
}

/* Marshals the options table at 1, performs the exchange, returns identities and receipt, or nil and facts. */
static int perform(lua_State *L, enum identity_goal goal) {
    struct transport transport;
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    bind_engines_check(L);
    struct bind_call *self = bind_call_new(L);
    bind_call_prepare(L, 1, self, goal, &transport, 3);
    struct engine *engine = bind_engines_get(L, &transport);
    if (engine != NULL)
        run(L, engine, self);
    else
        engine_refuse(&self->call);
    int results = bind_call_push(L, self);
    bind_call_drop(self);
    return results;
}

static int core_link(lua_State *L) { return perform(L, IDENTITY_LINK); }

static int core_unlink(lua_State *L) { return perform(L, IDENTITY_UNLINK); }

static int core_close(lua_State *L) {
    bind_engines_close(L);
    return 0;
}

EXPORT int luaopen_auth0_core(lua_State *L);

/* Lua unloads a module when its state closes; libcurl's and the TLS library's code, threads and exit handlers would be
   unloaded with it. This module stays until the process ends. (The linker's -z nodelete says the same, but LuaRocks
   cannot pass it.) */
static void stay_loaded(void) {
    Dl_info self;
    union {
        int (*function)(lua_State *);
        void *address;
    } here = {luaopen_auth0_core};
    /* The handle is lost on purpose. */
    // cppcheck-suppress leakReturnValNotUsed
    if (dladdr(here.address, &self) != 0) (void)dlopen(self.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

EXPORT int luaopen_auth0_core(lua_State *L) {
    static const luaL_Reg functions[] = {{"link", core_link},
                                         {"unlink", core_unlink},
                                         {"close", core_close},
                                         {"engine", bind_answered_new},
                                         {NULL, NULL}};
    stay_loaded();
    lua_settop(L, 0);
    bind_call_init(L);
    bind_answered_init(L);
    lua_createtable(L, 0, 8);
    compat_setfuncs(L, functions);
    bind_json_init(L);
    lua_setfield(L, 1, "null");
    bind_engines_init(L); /* after lua-cjson, so that its finalizer comes before lua-cjson's */
    bind_options_push(L);
    lua_setfield(L, 1, "options");
    lua_pushliteral(L, AUTH0_VERSION);
    lua_setfield(L, 1, "_VERSION");
    lua_pushstring(L, curl_version_info(CURLVERSION_NOW)->version);
    lua_setfield(L, 1, "curl_version");
    return 1;
}
