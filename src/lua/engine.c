#include "lua/engine.h"

#include "lua/call.h"
#include "lua/engines.h"
#include "lua/interrupt.h"
#include "lua/options.h"
#include "lua/push.h"
#include "lua/records.h"
#include "lua/reply.h"

#include <stdlib.h>

static char engine_metatable, calls_by_engine; /* keys in the registry */

struct bind_engine {
    struct engine *engine;
    struct call *own; /* the engine's own request for a token, that is to be answered: it has the id 0 */
    bool is_network;
    int last_id;
    int untold; /* the id of a call that is done, and could not be told for want of memory; 0 for none */
};

/* luaL_argerror does not return, but does not say so to a compiler. */
static _Noreturn void refuse(lua_State *L, int index, const char *what) {
    luaL_argerror(L, index, what);
    abort();
}

static struct bind_engine *check_any_engine(lua_State *L) {
    struct bind_engine *self = lua_touserdata(L, 1);
    compat_getref(L, &engine_metatable);
    if (self == NULL || !lua_getmetatable(L, 1) || !lua_rawequal(L, -1, -2)) refuse(L, 1, "expected an engine");
    lua_pop(L, 2);
    return self;
}

/* One that can be used here. */
static struct bind_engine *check_engine(lua_State *L) {
    struct bind_engine *self = check_any_engine(L);
    if (self->engine == NULL) luaL_error(L, "auth0: this tenant is closed");
    if (!engine_is_own(self->engine))
        luaL_error(L, "auth0: this tenant was made before a fork, by another process: make one in this process");
    return self;
}

/* ---- the calls that are under way ---- */

/* Pushes the table id -> call of the engine at 1: those under way must not be collected. Nor must it outlive the
   engine: it is the value of a weak key. */
static void push_calls(lua_State *L) {
    compat_getref(L, &calls_by_engine);
    lua_pushvalue(L, 1);
    lua_rawget(L, -2);
    lua_remove(L, -2);
}

/* Pushes the call of an id; raises where there is none. */
static struct bind_call *check_call(lua_State *L, int index) {
    push_calls(L);
    lua_rawgeti(L, -1, (int)luaL_checkinteger(L, index));
    lua_remove(L, -2);
    struct bind_call *call = lua_touserdata(L, -1);
    if (call == NULL) refuse(L, index, "no call of that id is under way");
    return call;
}

static void drop_id(lua_State *L, int id) {
    push_calls(L);
    lua_pushnil(L);
    lua_rawseti(L, -2, id);
    lua_pop(L, 1);
}

/* Keeps the call at `index` under a new id. */
static int keep_call(lua_State *L, struct bind_engine *self, int index, struct bind_call *call) {
    push_calls(L);
    lua_pushvalue(L, index);
    lua_rawseti(L, -2, ++self->last_id);
    lua_pop(L, 1);
    call->call->id = self->last_id;
    return self->last_id;
}

/* engine:submit("link"|"unlink"|"request"|"download", options, level) -> id; or nil, nil, facts where nothing is to be
   sent. Raises, at `level` and in the name of options.caller, for options that cannot be used. */
static int method_submit(lua_State *L) {
    static const char *const goals[] = {"link", "unlink", "request", "download", NULL};
    struct bind_engine *self = check_engine(L);
    enum bind_goal goal = (enum bind_goal)luaL_checkoption(L, 2, NULL, goals);
    struct profile profile;
    luaL_checktype(L, 3, LUA_TTABLE);
    int level = (int)luaL_optinteger(L, 4, 2); /* before anything else stands at 4 */
    bind_engines_check(L);
    struct bind_call *call = bind_call_new(L);
    int index = lua_gettop(L);
    const struct bind_place place = {.has_clock = self->is_network,
                                     .has_token = engine_has_tokens(self->engine),
                                     .token = engine_given_token(self->engine)};
    bool is_good = bind_call_prepare(L, 3, call, goal, &profile, place, level);
    lua_settop(L, index);
    if (!is_good) {
        lua_pushnil(L);
        return 1 + bind_call_push(L, call);
    }
    lua_pushinteger(L, keep_call(L, self, index, call));
    engine_submit(self->engine, call->call);
    return 1;
}

/* engine:cancel(id): ends a call; its record follows. */
static int method_cancel(lua_State *L) {
    struct bind_engine *self = check_engine(L);
    engine_cancel(self->engine, check_call(L, 2)->call);
    return 0;
}

/* engine:forget(id): takes a call back without a word. */
static int method_forget(lua_State *L) {
    struct bind_engine *self = check_engine(L);
    struct bind_call *call = check_call(L, 2);
    if (call->call->id == self->untold) self->untold = 0;
    drop_id(L, call->call->id);
    bind_call_drop(call);
    return 0;
}

/* engine:pending() -> integer: calls whose end was not told yet, and a token that is owed */
static int method_pending(lua_State *L) {
    const struct bind_engine *self = check_engine(L);
    lua_pushinteger(L, engine_pending(self->engine) + (self->untold != 0));
    return 1;
}

/* ---- records ---- */

static int push_exchange(lua_State *L, struct bind_engine *self, struct call *call) {
    if (call->id == 0) self->own = call;
    lua_pushliteral(L, "exchange");
    lua_pushinteger(L, call->id);
    bind_push_request(L, call);
    return 3;
}

/* The call that is untold. Where Lua has no memory for it, it is told the next time: somebody waits for it. */
static int push_done(lua_State *L, struct bind_engine *self) {
    push_calls(L);
    lua_rawgeti(L, -1, self->untold);
    struct bind_call *call = lua_touserdata(L, -1);
    lua_replace(L, -2);
    lua_pushliteral(L, "done");
    lua_pushinteger(L, self->untold);
    int results = bind_call_push(L, call);
    drop_id(L, self->untold);
    self->untold = 0;
    bind_call_drop(call);
    return 2 + results;
}

/* engine:next() -> "done", id, value, receipt; or "done", id, nil, facts
                 -> "exchange", id, {method=, url=, headers=, body=}: wants a reply
                 -> "token", wish: wants give_token or refuse_token
                 -> "event", {kind=, ...}
                 -> nothing where there is no news */
static int method_next(lua_State *L) {
    struct bind_engine *self = check_engine(L);
    struct engine_record record;
    if (self->untold != 0) return push_done(L, self);
    if (!engine_next(self->engine, &record)) return 0;
    switch (record.kind) {
    case ENGINE_EXCHANGE: return push_exchange(L, self, record.call);
    case ENGINE_DONE: self->untold = record.call->id; return push_done(L, self);
    case ENGINE_TOKEN:
        lua_pushliteral(L, "token");
        lua_pushinteger(L, record.wish);
        return 2;
    case ENGINE_EVENT: break;
    }
    lua_pushliteral(L, "event");
    bind_push_event(L, &record.event);
    return 2;
}

/* engine:reply(id, answer): see lua_reply.h */
static int method_reply(lua_State *L) {
    struct bind_engine *self = check_engine(L);
    luaL_checktype(L, 3, LUA_TTABLE);
    struct headers headers;
    struct call *call = self->own;
    bool is_own = luaL_checkinteger(L, 2) == 0 && call != NULL;
    if (!is_own) call = check_call(L, 2)->call;
    struct replies_reply reply = bind_reply_read(L, 3, &headers);
    if (is_own) self->own = NULL;
    if (!engine_reply(self->engine, call, &reply)) luaL_error(L, "auth0: this call waits for no answer");
    return 0;
}

static void check_tokens(lua_State *L, const struct bind_engine *self) {
    if (!engine_has_tokens(self->engine)) luaL_error(L, "auth0: nobody waits for a token");
}

/* engine:give_token(wish, text, seconds or nil) */
static int method_give_token(lua_State *L) {
    struct bind_engine *self = check_engine(L);
    struct span token;
    int wish = (int)luaL_checkinteger(L, 2);
    token.at = luaL_checklstring(L, 3, &token.size);
    check_tokens(L, self);
    engine_give_token(self->engine, wish, token, to_microseconds((double)luaL_optnumber(L, 4, 0)));
    return 0;
}

/* engine:refuse_token(wish, words) */
static int method_refuse_token(lua_State *L) {
    struct bind_engine *self = check_engine(L);
    int wish = (int)luaL_checkinteger(L, 2);
    const char *words = luaL_checkstring(L, 3);
    check_tokens(L, self);
    engine_refuse_token(self->engine, wish, words);
    return 0;
}

/* ---- time ---- */

/* engine:turn(seconds): waits no longer than that for the network or a timer, once it is started for news; 0. A signal
   ends it; a hook that was set by its handler speaks on the main thread by itself, in a coroutine it is given the word
   here. */
static int method_turn(lua_State *L) {
    struct engine *engine = check_engine(L)->engine;
    lua_State *main = bind_interrupt_main(L);
    double seconds = (double)luaL_optnumber(L, 2, 0);
    engine_turn(engine, seconds > 0 ? seconds < 60 ? (int)(seconds * 1000 + 0.999) : 60000 : 0);
    if (L != main && lua_gethook(main) != lua_gethook(L) && bind_is_stopped(L, main)) return lua_error(L);
    return 0;
}

/* engine:now() -> seconds: of the monotonic clock; without a network, since it was made */
static int method_now(lua_State *L) {
    lua_pushnumber(L, (lua_Number)engine_now(check_engine(L)->engine) / 1e6);
    return 1;
}

/* engine:advance(seconds) */
static int method_advance(lua_State *L) {
    struct bind_engine *self = check_engine(L);
    double seconds = (double)luaL_checknumber(L, 2);
    luaL_argcheck(L, seconds >= 0 && seconds < 1e9, 2, "expected seconds from 0 to 10^9");
    engine_advance(self->engine, to_microseconds(seconds));
    return 0;
}

/* engine:stats() -> {calls=, exchanges=, ...} */
static int method_stats(lua_State *L) {
    struct engine_stats stats = engine_stats(check_engine(L)->engine);
    bind_push_stats(L, &stats);
    return 1;
}

/* ---- making and closing ---- */

/* engine:configure(options, level): the token and the pace of the calls to come; without options neither. Raises, at
   `level`, for options that cannot be used. */
static int method_configure(lua_State *L) {
    struct bind_engine *self = check_engine(L);
    struct bind_options options;
    int level = (int)luaL_optinteger(L, 3, 2);
    lua_settop(L, 2);
    if (lua_isnil(L, 2)) {
        self->own = NULL;
        engine_configure(self->engine, &(struct engine_options){.pace = PACE_DEFAULTS});
        return 0;
    }
    luaL_checktype(L, 2, LUA_TTABLE);
    bind_options_read(L, 2, &options);
    bind_engine_check(L, &options, level);
    self->own = NULL; /* it goes with the tokens */
    bind_engine_options(L, &options, self->engine, level);
    return 0;
}

static int on_gc(lua_State *L) {
    struct bind_engine *self = lua_touserdata(L, 1);
    if (self->engine != NULL) engine_close(self->engine);
    self->engine = NULL;
    return 0;
}

/* engine:is_own() -> boolean: false in a process that forked from the one that made it */
static int method_is_own(lua_State *L) {
    const struct bind_engine *self = check_any_engine(L);
    lua_pushboolean(L, self->engine != NULL && engine_is_own(self->engine));
    return 1;
}

/* engine:close(): its calls are taken back without a word. After a fork nothing is touched. */
static int method_close(lua_State *L) {
    (void)check_any_engine(L);
    return on_gc(L);
}

void bind_engine_init(lua_State *L) {
    static const luaL_Reg methods[] = {
        {"submit", method_submit},
        {"cancel", method_cancel},
        {"forget", method_forget},
        {"pending", method_pending},
        {"next", method_next},
        {"reply", method_reply},
        {"give_token", method_give_token},
        {"turn", method_turn},
        {"refuse_token", method_refuse_token},
        {"now", method_now},
        {"advance", method_advance},
        {"stats", method_stats},
        {"configure", method_configure},
        {"is_own", method_is_own},
        {"close", method_close},
        {NULL, NULL},
    };
    lua_createtable(L, 0, 3);
    lua_newtable(L);
    compat_setfuncs(L, methods);
    lua_setfield(L, -2, "__index");
    push_finalizer(L, on_gc);
    compat_setref(L, &engine_metatable);
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    compat_setref(L, &calls_by_engine);
}

static struct engine *open_network(const struct bind_options *options) {
    struct profile profile = options->profile;
    struct buffer key = {NULL, 0, 0};
    profile.domain = options->domain.at;
    if (profile_pack(&profile, &key)) return engine_open(&key);
    buffer_free(&key);
    return NULL;
}

struct engine *bind_engine_self(lua_State *L) {
    return check_engine(L)->engine;
}

void bind_engine_push_methods(lua_State *L) {
    compat_getref(L, &engine_metatable);
    lua_getfield(L, -1, "__index");
    lua_remove(L, -2);
}

/* core.profile(options) -> text: the same for the same transport, whether or not it can be used. It may hold a proxy's
   password. */
int bind_engine_profile(lua_State *L) {
    struct bind_options options;
    struct buffer key = {NULL, 0, 0};
    luaL_checktype(L, 1, LUA_TTABLE);
    bind_options_read(L, 1, &options);
    struct profile profile = options.profile;
    profile.domain = options.domain.at;
    bool packed = profile_pack(&profile, &key);
    if (packed) lua_pushlstring(L, key.at, key.size);
    buffer_free(&key);
    return packed ? 1 : luaL_error(L, "auth0: not enough memory; nothing was sent");
}

int bind_engine_new(lua_State *L) {
    struct bind_options options;
    int level = (int)luaL_optinteger(L, 2, 2);
    lua_settop(L, 1);
    bool is_network = lua_istable(L, 1);
    struct bind_engine *self = compat_newuserdata(L, sizeof *self);
    *self = (struct bind_engine){.is_network = is_network};
    lua_insert(L, 1);
    compat_getref(L, &engine_metatable);
    lua_setmetatable(L, 1);
    compat_getref(L, &calls_by_engine);
    lua_pushvalue(L, 1);
    lua_newtable(L);
    lua_rawset(L, -3);
    lua_settop(L, 2);
    if (is_network) {
        bind_options_read(L, 2, &options);
        bind_engine_check(L, &options, level);
    }
    self->engine = is_network ? open_network(&options) : engine_open_answered();
    if (self->engine == NULL)
        return luaL_error(L, "auth0: libcurl could not start: not enough memory, or descriptors (see `ulimit -n`)");
    if (is_network) bind_engine_options(L, &options, self->engine, level);
    lua_settop(L, 1);
    return 1;
}
