#include "lua/engine.h"

#include "lua/class.h"
#include "lua/interrupt.h"
#include "lua/push.h"
#include "lua/tenant.h"
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

struct bind_call *bind_engine_push_call(lua_State *L, int id) {
    push_calls(L);
    lua_rawgeti(L, -1, id);
    lua_remove(L, -2);
    return lua_touserdata(L, -1);
}

struct bind_call *bind_engine_check_call(lua_State *L, int index) {
    struct bind_call *call = bind_engine_push_call(L, (int)luaL_checkinteger(L, index));
    if (call == NULL) luaL_argerror(L, index, "no call of that id is under way");
    return call;
}

void bind_engine_forget(lua_State *L, int id) {
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
    bind_engine_forget(L, call->call->id);
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

void bind_engine_set_own(struct bind_engine *self, struct call *call) {
    struct call *before = self->held;
    self->own = call;
    self->held = call != NULL && call->step_of != NULL ? call : NULL;
    if (self->held != NULL) call_ref(self->held);
    if (before != NULL) call_unref(before);
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

static void configure(lua_State *L, struct bind_engine *self, const struct bind_options *options, int level) {
    bind_engine_set_own(self, NULL); /* it goes with the tokens */
    bind_tenant_configure(L, options, self, level);
}

/* engine:configure(options, level): the token, the pace and the defaults of the calls to come; without options none.
   Raises, at `level`, for options that cannot be used. */
static int method_configure(lua_State *L) {
    struct bind_engine *self = check_engine(L);
    struct bind_options options;
    int level = (int)luaL_optinteger(L, 3, 2);
    lua_settop(L, 2);
    if (lua_isnil(L, 2)) {
        bind_engine_set_own(self, NULL);
        engine_configure(self->engine, &(struct engine_options){.pace = PACE_DEFAULTS});
        return 0;
    }
    luaL_checktype(L, 2, LUA_TTABLE);
    bind_tenant_read(L, 2, level, &options);
    configure(L, self, &options, level);
    return 0;
}

void bind_engine_close(struct bind_engine *self) {
    bind_engine_set_own(self, NULL);
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
        {"turn", method_turn},
        {"now", method_now},
        {"advance", method_advance},
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
    bind_tenant_read(L, 1, level, &options);
    struct bind_engine *self = bind_engine_open(L, &options.profile);
    if (self == NULL) return raise_not_started(L);
    configure(L, self, &options, level);
    return 1;
}
