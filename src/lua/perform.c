#include "lua/perform.h"

#include "lua/class.h"
#include "lua/interrupt.h"
#include "lua/pool.h"
#include "lua/result.h"
#include "pure/domain.h"

/* Where the arguments are on the stack. The first is an engine; of a call by an engine of the pool it is the loop,
   which that engine then replaces. The call is pushed after them. */
enum { ENGINE = 1, METHOD, HOW, OPTIONS, FIRST, SECOND, LEVEL, CALL };

enum how { AT_ONCE, WAIT, SUBMIT, THREAD };

enum { TURN_MS = 1000 };

struct arguments {
    struct bind_pool *pool;
    const void *loop; /* the pool's engines are each for one */
    const struct bind_method *method;
    enum how how;
    int level; /* 0: the options have not been checked */
};

/* Drives the engine until the call is done. A signal ends a turn. If its handler has set a debug hook, the hook is run:
   where it raises an error, the call ends as cancelled, and that error is raised. */
static void run(lua_State *L, struct bind_pool *pool, struct bind_engine *self, struct bind_call *call) {
    struct engine *engine = self->engine;
    struct engine_record record;
    lua_State *main = bind_interrupt_main(L);
    lua_Hook hook = lua_gethook(L); /* not main's: one that came while this coroutine ran has not spoken yet */
    bool stopped = false;
    bind_pool_run(pool, self, true);
    engine_submit(engine, call->call);
    while (!engine_next(engine, &record)) {
        engine_turn(engine, TURN_MS);
        if (stopped || lua_gethook(main) == hook) continue;
        stopped = bind_interrupt_stops(L, main);
        hook = lua_gethook(main);
        if (stopped && engine_is_own(engine)) engine_cancel(engine, call->call);
        if (!engine_is_own(engine)) break; /* the hook forked, and this is the child: the call is the parent's */
    }
    bind_pool_run(pool, self, false);
    if (!engine_is_own(engine)) {
        engine_drop(call->call);
        luaL_error(L, "auth0: forked in the middle of a call: the call is the parent's");
    }
    if (stopped) lua_error(L);
}

/* Whether a call can run here to its end: no other call and no function of the user's needs Lua meanwhile. */
static bool can_run(const struct bind_engine *self, const struct bind_method *method) {
    return self->is_network && !self->calls_lua && method->goal != BIND_SEQUENCE && bind_engine_is_idle(self);
}

static bool read_id(lua_State *L, int index, struct span *id) {
    if (lua_isnil(L, index)) return true;
    if (lua_type(L, index) != LUA_TSTRING) return false;
    id->at = lua_tolstring(L, index, &id->size);
    return true;
}

/* NULL; or the name of an option that cannot be used. */
static const char *read_arguments(lua_State *L, const struct bind_method *method, bool is_strict,
                                  struct bind_options *options) {
    const char *fault = NULL;
    if (lua_istable(L, OPTIONS) && !(is_strict && lua_getmetatable(L, OPTIONS)))
        fault = bind_options_read(L, OPTIONS, method->options, is_strict, options);
    else if (!lua_isnil(L, OPTIONS))
        return "options";
    if (fault == NULL && method->request != 0) return bind_options_read(L, FIRST, method->request, false, options);
    if (fault == NULL && !read_id(L, FIRST, &options->given.primary)) return "primary";
    return fault == NULL && !read_id(L, SECOND, &options->given.secondary) ? "secondary" : fault;
}

static struct bind_place place_of(const struct bind_engine *self, const struct bind_method *method) {
    struct bind_place place = {.has_clock = self == NULL || self->is_network};
    if (self == NULL || !method->is_of_tenant) return place;
    place.has_token = engine_has_tokens(self->engine);
    place.token = engine_given_token(self->engine);
    return place;
}

static int push_end(lua_State *L, struct bind_call *call) {
    int results = bind_result_push(L, call);
    bind_call_spare(L, CALL);
    return results;
}

/* Nothing is sent: no engine could be made for the call, or no thread started for the engine. */
static int push_unreachable(lua_State *L, struct bind_call *call, const char *words) {
    engine_refuse(call->call, words);
    return push_end(L, call);
}

static int begin(lua_State *L, const struct arguments *given, struct bind_engine *self, struct bind_call *call) {
    if (self == NULL)
        return push_unreachable(L, call,
                                "libcurl could not start: not enough memory, or descriptors (see `ulimit -n`)");
    if (given->how == THREAD && !engine_start(self->engine))
        return push_unreachable(L, call,
                                "no thread can be started: is there memory, and does `ulimit -u` allow one more?");
    if (given->how <= WAIT && can_run(self, given->method)) {
        run(L, given->pool, self, call);
        return push_end(L, call);
    }
    if (given->how == AT_ONCE) {
        bind_call_drop(call);
        return 0;
    }
    lua_pushinteger(L, bind_engine_keep(L, self, CALL, call));
    lua_pushnil(L);
    lua_pushvalue(L, ENGINE);
    engine_submit(self->engine, call->call);
    return 3;
}

/* Without `level` the options have not been checked. Those of the transport are checked by Lua alone, so such a call is
   taken only where an engine with the same ones is open already: a tenant's, or one of the pool's. The engine is NULL
   where the pool has to open one. */
static enum bind_prepared prepare(lua_State *L, const struct arguments *given, struct bind_engine **engine,
                                  struct bind_options *options, struct complaint *complaint) {
    struct bind_engine *self = *engine;
    const struct bind_method *method = given->method;
    bool is_strict = given->level == 0, is_of_tenant = self != NULL && method->is_of_tenant;
    bind_options_start(L, options, is_of_tenant ? &self->defaults : NULL);
    *complaint = (struct complaint){read_arguments(L, method, is_strict, options), "cannot be used"};
    if (complaint->option != NULL || (given->how == AT_ONCE && options->has_loop)) return BIND_COMPLAINT;
    if (method->goal == BIND_LINK) bind_call_push_body(L, options);
    if (self != NULL) bind_engine_demand(L, self);
    if (self == NULL && (self = bind_pool_find(L, given->pool, &options->profile, given->loop)) != NULL) {
        lua_replace(L, ENGINE);
        *engine = self;
    } else if (is_strict && !is_of_tenant) {
        return BIND_COMPLAINT;
    }
    if (!is_strict && !domain_check(options->common.domain, complaint)) return BIND_COMPLAINT;
    return bind_call_prepare(L, lua_touserdata(L, CALL), method, options, place_of(self, method), complaint);
}

static int complain(lua_State *L, const char *caller, const struct complaint *complaint, int level) {
    luaL_where(L, level);
    lua_pushfstring(L, "%s: %s: %s", caller, complaint->option, complaint->what);
    lua_concat(L, 2);
    return lua_error(L);
}

/* Wherever Lua allocates memory a finalizer may run, and close the engine or make another call. So a link's body is
   made first and the engine is looked at after it; from there until the call is submitted Lua allocates nothing, unless
   a new engine is opened. */
static int perform(lua_State *L, const struct arguments *given, struct bind_engine *self) {
    struct bind_options options;
    struct complaint complaint;
    struct bind_call *call = bind_call_new(L);
    enum bind_prepared prepared = prepare(L, given, &self, &options, &complaint);
    if (prepared == BIND_COMPLAINT) {
        bind_call_drop(call);
        return given->level > 0 ? complain(L, given->method->caller, &complaint, given->level) : 0;
    }
    if (prepared == BIND_REFUSED) return push_end(L, call);
    if (self == NULL && (self = bind_pool_open(L, given->pool, &options.profile, given->loop)) != NULL)
        lua_replace(L, ENGINE);
    lua_settop(L, CALL);
    return begin(L, given, self, call);
}

static enum how read_how(lua_State *L) {
    static const char *const hows[] = {"wait", "submit", "thread", NULL};
    return lua_isnil(L, HOW) ? AT_ONCE : (enum how)(WAIT + luaL_checkoption(L, HOW, NULL, hows));
}

int bind_perform_call(lua_State *L) {
    lua_settop(L, LEVEL);
    bool is_pooled = lua_type(L, ENGINE) != LUA_TUSERDATA;
    struct bind_engine *self = is_pooled ? NULL : bind_engine_check_any(L, ENGINE);
    const struct arguments given = {.pool = bind_pool_check(L),
                                    .loop = is_pooled ? lua_topointer(L, ENGINE) : NULL,
                                    .method = bind_options_check_method(L, METHOD),
                                    .how = read_how(L),
                                    .level = (int)lua_tointeger(L, LEVEL)};
    if (self != NULL && given.level > 0) bind_engine_demand(L, self);
    bool is_closed = self != NULL && (self->engine == NULL || !engine_is_own(self->engine));
    if (is_closed || (self != NULL && given.how == AT_ONCE && !can_run(self, given.method))) return 0;
    return perform(L, &given, self);
}

void bind_perform_init(lua_State *L) {
    static const luaL_Reg methods[] = {{"call", bind_perform_call}, {NULL, NULL}};
    bind_engine_extend(L, methods);
}
