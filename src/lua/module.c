/* auth0.core: what Lua sees of the C below. The only exported symbol is luaopen_auth0_core. */
#include "lua/bell.h"
#include "lua/call.h"
#include "lua/compat.h"
#include "lua/engine.h"
#include "lua/engines.h"
#include "lua/interrupt.h"
#include "lua/json.h"
#include "lua/options.h"
#include "lua/rows.h"
#include "lua/version.h"

#include <dlfcn.h>

#ifdef __GNUC__
#define EXPORT __attribute__((visibility("default")))
#else
#define EXPORT
#endif

enum { TURN_MS = 1000 };

/* Turns the crank until the call is done. A signal ends a turn, and a new debug hook is asked whether to stop: the call
   ends as cancelled then, and what the hook raised is raised. */
static void run(lua_State *L, struct engine *engine, struct bind_call *self) {
    struct engine_record record;
    lua_State *main = bind_interrupt_main(L);
    lua_Hook hook = lua_gethook(L); /* not main's: one that came while this coroutine ran has not spoken yet */
    bool stopped = false;
    bind_engines_busy(L, true);
    engine_submit(engine, self->call);
    while (!engine_next(engine, &record)) {
        engine_turn(engine, TURN_MS);
        if (stopped || lua_gethook(main) == hook) continue;
        stopped = bind_is_stopped(L, main);
        hook = lua_gethook(main);
        if (stopped && engine_is_own(engine)) engine_cancel(engine, self->call);
        if (!engine_is_own(engine)) break; /* the hook forked, and this is the child: the call is the parent's */
    }
    bind_engines_busy(L, false);
    if (!engine_is_own(engine)) {
        engine_forget(self->call);
        luaL_error(L, "auth0: forked in the middle of a call: the call is the parent's");
    }
    if (stopped) lua_error(L);
}

/* Marshals the options table at 1, performs the exchange, returns identities and receipt, or nil and facts. */
static int perform(lua_State *L, enum bind_goal goal) {
    struct profile profile;
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    bind_engines_check(L);
    struct bind_call *self = bind_call_new(L);
    if (bind_call_prepare(L, 1, self, goal, &profile, (struct bind_place){.has_clock = true}, 3)) {
        struct engine *engine = bind_engines_get(L, &profile);
        if (engine != NULL)
            run(L, engine, self);
        else
            engine_refuse(self->call);
    }
    int results = bind_call_push(L, self);
    bind_call_drop(self);
    return results;
}

static int core_link(lua_State *L) { return perform(L, BIND_LINK); }

static int core_unlink(lua_State *L) { return perform(L, BIND_UNLINK); }

/* core.check("link"|"unlink", options, level): raises what such a call would raise. Without one, nothing is opened. */
static int core_check(lua_State *L) {
    static const char *const goals[] = {"link", "unlink", NULL};
    enum bind_goal goal = (enum bind_goal)luaL_checkoption(L, 1, NULL, goals);
    int level = (int)luaL_optinteger(L, 3, 2);
    struct profile profile;
    luaL_checktype(L, 2, LUA_TTABLE);
    bind_engines_check(L);
    struct bind_call *self = bind_call_new(L);
    (void)bind_call_prepare(L, 2, self, goal, &profile, (struct bind_place){.has_clock = true}, level);
    bind_call_drop(self);
    return 0;
}

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
                                         {"check", core_check},
                                         {"close", core_close},
                                         {"engine", bind_engine_new},
                                         {"profile", bind_engine_profile},
                                         {"inflater", bind_inflater_new},
                                         {"decode", bind_decode},
                                         {NULL, NULL}};
    stay_loaded();
    lua_settop(L, 0);
    bind_interrupt_init(L);
    bind_call_init(L);
    bind_engine_init(L);
    bind_bell_init(L);
    bind_rows_init(L);
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
