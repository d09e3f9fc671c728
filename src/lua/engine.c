#include "lua/engine.h"

#include "lua/class.h"
#include "lua/interrupt.h"
#include "lua/push.h"
#include "lua/records.h"
#include "lua/reply.h"
#include "lua/result.h"
#include "lua/sequence.h"
#include "pure/jwt.h"

#include <limits.h>

static char engine_class, calls_by_engine; /* keys in the registry */

struct bind_engine *bind_engine_check_any(lua_State *L, int index) {
    struct bind_engine *self = bind_class_check(L, index, &engine_class, "expected an engine");
    if (self->is_running) luaL_error(L, "auth0: a call is under way; a debug hook cannot make or close another");
    return self;
}

void bind_engine_demand(lua_State *L, const struct bind_engine *self) {
    if (self->engine == NULL) luaL_error(L, "auth0: this tenant is closed");
    if (!engine_is_own(self->engine))
        luaL_error(L, "auth0: this tenant was made before a fork, by another process: make one in this process");
}

struct bind_engine *bind_engine_check(lua_State *L, int index) {
    struct bind_engine *self = bind_engine_check_any(L, index);
    bind_engine_demand(L, self);
    return self;
}

static struct bind_engine *check_engine(lua_State *L) { return bind_engine_check(L, 1); }

/* ---- the calls that are under way ---- */

/* Pushes the table id -> call of the engine at 1: those under way must not be collected. Nor must it outlive the
   engine: it is the value of a weak key. */
static void push_calls(lua_State *L) {
    compat_getref(L, &calls_by_engine);
    lua_pushvalue(L, 1);
    lua_rawget(L, -2);
    lua_remove(L, -2);
}

/* Pushes the call of an id; NULL, and nil is pushed, where there is none. */
static struct bind_call *push_call(lua_State *L, int id) {
    push_calls(L);
    lua_rawgeti(L, -1, id);
    lua_remove(L, -2);
    return lua_touserdata(L, -1);
}

/* The same; raises where there is none. */
struct bind_call *bind_engine_check_call(lua_State *L, int index) {
    struct bind_call *call = push_call(L, (int)luaL_checkinteger(L, index));
    if (call == NULL) luaL_argerror(L, index, "no call of that id is under way");
    return call;
}

static void drop_id(lua_State *L, int id) {
    push_calls(L);
    lua_pushnil(L);
    lua_rawseti(L, -2, id);
    lua_pop(L, 1);
}

int bind_engine_keep(lua_State *L, struct bind_engine *self, int index, struct bind_call *call) {
    self->last_id = self->last_id < INT_MAX ? self->last_id + 1 : 1;
    push_calls(L);
    lua_pushvalue(L, index);
    lua_rawseti(L, -2, self->last_id);
    lua_pop(L, 1);
    call->call->id = self->last_id;
    return self->last_id;
}

/* engine:cancel(id): ends a call; its record follows. */
static int method_cancel(lua_State *L) {
    struct bind_engine *self = check_engine(L);
    engine_cancel(self->engine, bind_engine_check_call(L, 2)->call);
    return 0;
}

/* engine:drop(id): gives up a call; its end is not told. */
static int method_drop(lua_State *L) {
    struct bind_engine *self = check_engine(L);
    struct bind_call *call = bind_engine_check_call(L, 2);
    if (call->call->id == self->untold) self->untold = 0;
    drop_id(L, call->call->id);
    bind_call_drop(call);
    return 0;
}

static int pending(const struct bind_engine *self) { return engine_pending(self->engine) + (self->untold != 0); }

bool bind_engine_is_idle(const struct bind_engine *self) { return self->engine == NULL || pending(self) == 0; }

/* engine:pending() -> integer: calls whose end was not told yet, and a token that is owed */
static int method_pending(lua_State *L) {
    lua_pushinteger(L, pending(check_engine(L)));
    return 1;
}

/* ---- records ---- */

/* A step is held: its sequence may end before the answer comes. */
static void set_own(struct bind_engine *self, struct call *call) {
    struct call *before = self->held;
    self->own = call;
    self->held = call != NULL && call->step_of != NULL ? call : NULL;
    if (self->held != NULL) call_ref(self->held);
    if (before != NULL) call_unref(before);
}

static int push_exchange(lua_State *L, struct bind_engine *self, struct call *call) {
    struct bind_call *owner = call->step_of == NULL ? push_call(L, call->id) : NULL;
    if (owner == NULL)
        set_own(self, call);
    else
        owner->tellers++;
    lua_pushliteral(L, "exchange");
    lua_pushinteger(L, owner != NULL ? call->id : 0);
    bind_records_push_request(L, call);
    if (owner != NULL) owner->tellers--;
    return 3;
}

static int push_receipt(lua_State *L, int id) {
    struct bind_call *call = push_call(L, id);
    if (call != NULL) call->tellers++;
    lua_pushliteral(L, "receipt");
    lua_pushinteger(L, id);
    if (call != NULL)
        bind_sequence_push_planned(L, call->call);
    else
        lua_pushnil(L);
    if (call != NULL) call->tellers--;
    return 3;
}

/* The call that is untold. Where Lua has no memory for it, it is told the next time, since a caller waits for it. So it
   is to a finalizer that runs meanwhile and asks for news. */
static int push_done(lua_State *L, struct bind_engine *self) {
    int id = self->untold;
    struct bind_call *call = push_call(L, id);
    call->tellers++;
    lua_pushliteral(L, "done");
    lua_pushinteger(L, id);
    int results = bind_result_push(L, call);
    call->tellers--;
    drop_id(L, id);
    if (self->untold == id) self->untold = 0;
    bind_call_spare(L, lua_gettop(L) - 2 - results);
    return 2 + results;
}

/* engine:next() -> "done", id, value, receipt; or "done", id, nil, facts
                 -> "receipt", id, {...}: a sequence wants approve, cancel or drop; nil: there was no memory for it
                 -> "exchange", id, {method=, url=, headers=, body=}: wants a reply
                 -> "token", request: wants give_token or refuse_token
                 -> "event", {kind=, ...}
                 -> nothing where there is no news */
static int method_next(lua_State *L) {
    struct bind_engine *self = check_engine(L);
    struct engine_record record;
    if (self->untold != 0) return push_done(L, self);
    if (!engine_next(self->engine, &record)) return 0;
    switch (record.kind) {
    case ENGINE_EXCHANGE: return push_exchange(L, self, record.call);
    case ENGINE_RECEIPT: return push_receipt(L, record.call->id);
    case ENGINE_DONE: self->untold = record.call->id; return push_done(L, self);
    case ENGINE_TOKEN:
        lua_pushliteral(L, "token");
        lua_pushinteger(L, record.token_request);
        return 2;
    case ENGINE_EVENT: break;
    }
    lua_pushliteral(L, "event");
    bind_records_push_event(L, &record.event);
    return 2;
}

/* engine:reply(id, answer): see reply.h. The answer is read first: a metamethod of its may do anything. */
static int method_reply(lua_State *L) {
    luaL_checktype(L, 3, LUA_TTABLE);
    struct headers headers;
    struct replies_reply reply = bind_reply_read(L, 3, &headers);
    struct bind_engine *self = check_engine(L);
    struct call *call = self->own;
    bool is_own = luaL_checkinteger(L, 2) == 0 && call != NULL;
    if (!is_own) call = bind_engine_check_call(L, 2)->call;
    bool is_taken = engine_reply(self->engine, call, &reply);
    if (is_own && is_taken) set_own(self, NULL);
    if (!is_taken) luaL_error(L, "auth0: this call waits for no answer");
    return 0;
}

static void check_tokens(lua_State *L, const struct bind_engine *self) {
    if (!engine_has_tokens(self->engine)) luaL_error(L, "auth0: no call waits for a token");
}

/* engine:give_token(request, text, seconds or nil) */
static int method_give_token(lua_State *L) {
    struct bind_engine *self = check_engine(L);
    struct span token;
    int request = (int)luaL_checkinteger(L, 2);
    token.at = luaL_checklstring(L, 3, &token.size);
    check_tokens(L, self);
    engine_give_token(self->engine, request, token, to_microseconds((double)luaL_optnumber(L, 4, 0)));
    return 0;
}

/* engine:refuse_token(request, words) */
static int method_refuse_token(lua_State *L) {
    struct bind_engine *self = check_engine(L);
    int request = (int)luaL_checkinteger(L, 2);
    const char *words = luaL_checkstring(L, 3);
    check_tokens(L, self);
    engine_refuse_token(self->engine, request, words);
    return 0;
}

/* ---- time ---- */

/* engine:turn(seconds): one turn; without a number of seconds it waits for nothing. A signal ends the wait. A debug
   hook that the signal's handler set runs by itself on the main thread; in a coroutine it is run here. */
static int method_turn(lua_State *L) {
    struct engine *engine = check_engine(L)->engine;
    lua_State *main = bind_interrupt_main(L);
    double seconds = (double)luaL_optnumber(L, 2, 0);
    engine_turn(engine, seconds > 0 ? seconds < 60 ? (int)(seconds * 1000 + 0.999) : 60000 : 0);
    if (L != main && lua_gethook(main) != lua_gethook(L) && bind_interrupt_stops(L, main)) return lua_error(L);
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
    bind_records_push_stats(L, &stats);
    return 1;
}

static void push_claims(lua_State *L, const struct jwt *jwt) {
    lua_createtable(L, 0, 6);
    push_span(L, "iss", jwt->iss);
    push_span(L, "sub", jwt->sub);
    push_span(L, "aud", jwt->aud);
    push_span(L, "scope", jwt->scope);
    if (jwt->has_iat) push_number(L, "iat", (double)jwt->iat);
    if (jwt->has_exp) push_number(L, "exp", (double)jwt->exp);
}

/* engine:claims() -> what its token says of itself, by the names of the claims; nil: there is no token, or it says
   nothing */
static int method_claims(lua_State *L) {
    struct span token = engine_token(check_engine(L)->engine);
    size_t room = token.size > 0 ? jwt_room(token) : 0;
    struct jwt jwt;
    lua_pushnil(L);
    if (room == 0) return 1;
    void *memory = lua_newuserdata(L, room);
    token = engine_token(check_engine(L)->engine); /* a finalizer may have closed the engine, or made a call */
    if (jwt_room(token) <= room && jwt_read(token, memory, &jwt))
        push_claims(L, &jwt);
    else
        lua_pushnil(L);
    buffer_wipe(memory, room);
    return 1;
}

/* ---- making and closing ---- */

/* Copies what a tenant says for all of its calls. */
static void keep_defaults(lua_State *L, struct bind_engine *self, struct bind_common common) {
    struct span *texts[] = {&common.domain, &common.user_agent, &common.telemetry, &common.correlation_id};
    size_t size = 0, count = sizeof texts / sizeof texts[0];
    for (size_t i = 0; i < count; i++) size += texts[i]->size;
    buffer_clear(&self->texts);
    if (!buffer_reserve(&self->texts, size)) bind_class_raise_memory(L, "auth0.tenant", "none was made");
    for (size_t i = 0; i < count; i++) {
        if (texts[i]->at == NULL) continue;
        const char *at = self->texts.at + self->texts.size;
        (void)buffer_append(&self->texts, *texts[i]);
        texts[i]->at = at;
    }
    self->defaults = common;
}

/* Reads the options of a tenant at `index`. Raises, at `level`, for those that cannot be used. */
static void read_tenant(lua_State *L, int index, int level, struct bind_options *options) {
    bind_options_start(L, options, NULL);
    const char *fault = bind_options_read(L, index, bind_options_of_tenant(), false, options);
    bind_records_check_tenant(L, options, fault, level);
}

static void configure(lua_State *L, struct bind_engine *self, const struct bind_options *options, int level) {
    set_own(self, NULL); /* it goes with the tokens */
    keep_defaults(L, self, options->common);
    bind_records_configure_tenant(L, options, self->engine, level);
    self->calls_lua = options->has_token_function || options->has_event_function;
}

/* engine:configure(options, level): the token, the pace and the defaults of the calls to come; without options none.
   Raises, at `level`, for options that cannot be used. */
static int method_configure(lua_State *L) {
    struct bind_engine *self = check_engine(L);
    struct bind_options options;
    int level = (int)luaL_optinteger(L, 3, 2);
    lua_settop(L, 2);
    if (lua_isnil(L, 2)) {
        set_own(self, NULL);
        engine_configure(self->engine, &(struct engine_options){.pace = PACE_DEFAULTS});
        return 0;
    }
    luaL_checktype(L, 2, LUA_TTABLE);
    read_tenant(L, 2, level, &options);
    configure(L, self, &options, level);
    return 0;
}

void bind_engine_close(struct bind_engine *self) {
    set_own(self, NULL);
    if (self->engine != NULL) engine_close(self->engine);
    self->engine = NULL;
    buffer_free(&self->texts);
}

static int on_gc(lua_State *L) {
    bind_engine_close(lua_touserdata(L, 1));
    return 0;
}

/* engine:is_own() -> boolean: false where it is closed, and in a process that forked from the one that made it */
static int method_is_own(lua_State *L) {
    const struct bind_engine *self = bind_engine_check_any(L, 1);
    lua_pushboolean(L, self->engine != NULL && engine_is_own(self->engine));
    return 1;
}

/* engine:close(): its calls are taken back without a word. After a fork nothing is touched. */
static int method_close(lua_State *L) {
    bind_engine_close(bind_engine_check_any(L, 1));
    return 0;
}

void bind_engine_init(lua_State *L) {
    static const luaL_Reg methods[] = {
        {"cancel", method_cancel},
        {"drop", method_drop},
        {"pending", method_pending},
        {"next", method_next},
        {"reply", method_reply},
        {"give_token", method_give_token},
        {"turn", method_turn},
        {"refuse_token", method_refuse_token},
        {"now", method_now},
        {"advance", method_advance},
        {"stats", method_stats},
        {"claims", method_claims},
        {"configure", method_configure},
        {"is_own", method_is_own},
        {"close", method_close},
        {NULL, NULL},
    };
    bind_class_make(L, &engine_class, "auth0.core.engine", methods, on_gc);
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    compat_setref(L, &calls_by_engine);
}

void bind_engine_extend(lua_State *L, const luaL_Reg *methods) { bind_class_extend(L, &engine_class, methods); }

/* Pushes one that is closed as yet. */
static struct bind_engine *push_engine(lua_State *L) {
    struct bind_engine *self = bind_class_new(L, &engine_class, sizeof *self);
    compat_getref(L, &calls_by_engine);
    lua_pushvalue(L, -2);
    lua_newtable(L);
    lua_rawset(L, -3);
    lua_pop(L, 1);
    return self;
}

struct bind_engine *bind_engine_open(lua_State *L, const struct profile *profile) {
    struct bind_engine *self = push_engine(L);
    struct buffer key = {NULL, 0, 0};
    self->is_network = true;
    if (profile_pack(profile, &key)) self->engine = engine_open(&key);
    buffer_free(&key);
    if (self->engine == NULL) {
        lua_pop(L, 1);
        return NULL;
    }
    profile_unpack(engine_key(self->engine).at, &self->profile);
    return self;
}

static int raise_not_started(lua_State *L) {
    return luaL_error(L, "auth0: libcurl could not start: not enough memory, or descriptors (see `ulimit -n`)");
}

static int new_answered(lua_State *L) {
    struct bind_engine *self = push_engine(L);
    self->engine = engine_open_answered();
    return self->engine != NULL ? 1 : raise_not_started(L);
}

int bind_engine_new(lua_State *L) {
    struct bind_options options;
    int level = (int)luaL_optinteger(L, 2, 2);
    if (!lua_istable(L, 1)) return new_answered(L);
    read_tenant(L, 1, level, &options);
    struct bind_engine *self = bind_engine_open(L, &options.profile);
    if (self == NULL) return raise_not_started(L);
    configure(L, self, &options, level);
    return 1;
}
