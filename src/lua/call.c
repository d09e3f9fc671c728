#include "lua/call.h"

#include "lua/claims.h"
#include "lua/class.h"
#include "lua/json.h"
#include "lua/options.h"
#include "lua/push.h"
#include "lua/sequence.h"
#include "os/clock.h"

static char call_class, spares_key;

static void release(struct bind_call *self) {
    if (self->call != NULL) {
        engine_drop(self->call);
        call_unref(self->call);
        self->call = NULL;
    }
    buffer_free(&self->claims);
}

void bind_call_drop(struct bind_call *self) {
    if (self->tellers == 0) release(self);
}

static int on_gc(lua_State *L) {
    release(lua_touserdata(L, 1));
    return 0;
}

/* The spare userdata: an array, and behind its last place how many there are. Once it is made, it takes no memory. */
enum { MOST_SPARES = 64, SPARES = MOST_SPARES + 1 };

static void make_spares(lua_State *L) {
    lua_createtable(L, SPARES, 0);
    for (int i = 1; i < SPARES; i++) {
        lua_pushboolean(L, 0);
        lua_rawseti(L, -2, i);
    }
    lua_pushinteger(L, 0);
    lua_rawseti(L, -2, SPARES);
    compat_setref(L, &spares_key);
}

void bind_call_init(lua_State *L) {
    bind_claims_init(L);
    bind_class_make(L, &call_class, "auth0.core.call", NULL, on_gc);
    make_spares(L);
}

/* Pushes the array. */
static int push_spares(lua_State *L) {
    compat_getref(L, &spares_key);
    lua_rawgeti(L, -1, SPARES);
    int count = (int)lua_tointeger(L, -1);
    lua_pop(L, 1);
    return count;
}

/* Puts the value on top into its place in the array below it. */
static void set_spare(lua_State *L, int place, int count) {
    lua_rawseti(L, -2, place);
    lua_pushinteger(L, count);
    lua_rawseti(L, -2, SPARES);
}

/* Pushes a spare userdata. NULL, and nothing is pushed, where there is none. */
static struct bind_call *take_spare(lua_State *L) {
    int count = push_spares(L);
    if (count > 0) {
        lua_rawgeti(L, -1, count);
        lua_insert(L, -2);
        lua_pushboolean(L, 0);
        set_spare(L, count, count - 1);
    }
    lua_pop(L, 1);
    return count > 0 ? lua_touserdata(L, -1) : NULL;
}

/* While it is in use, the array does not hold it: a finalizer may make a call in the middle of this one, and after an
   error the collector frees it. */
struct bind_call *bind_call_new(lua_State *L) {
    struct bind_call *self = take_spare(L);
    if (self != NULL)
        *self = (struct bind_call){.call = NULL};
    else
        self = bind_class_new(L, &call_class, sizeof *self);
    self->call = call_new();
    if (self->call == NULL) bind_class_raise_memory(L, "auth0", "nothing was sent");
    return self;
}

void bind_call_spare(lua_State *L, int index) {
    struct bind_call *self = lua_touserdata(L, index);
    if (self->tellers > 0) return;
    release(self);
    int count = push_spares(L);
    if (count < MOST_SPARES) {
        lua_pushvalue(L, index);
        set_spare(L, count + 1, count + 1);
    }
    lua_pop(L, 1);
}

/* ---- options into a call ---- */

void bind_call_push_body(lua_State *L, struct bind_options *options) {
    const struct identity_target target = identity_sent(&options->given);
    lua_createtable(L, 0, 2); /* a link by full ids has two */
    push_span(L, "link_with", target.link_with);
    push_span(L, "provider", target.provider);
    push_span(L, "connection_id", target.connection_id);
    if (!target.user_id_is_integer) push_span(L, "user_id", target.user_id);
    bind_json_encode(L);
    options->body.at = lua_tolstring(L, -1, &options->body.size);
    if (!target.user_id_is_integer) return;
    /* An integer is appended here: lua-cjson writes only 14 or 16 digits of a number. The object is never empty: it has
       a provider, or the call is refused. */
    lua_pushlstring(L, options->body.at, options->body.size - 1);
    lua_pushfstring(L, ",\"user_id\":%s}", target.user_id.at);
    lua_concat(L, 2);
    lua_replace(L, -2);
    options->body.at = lua_tolstring(L, -1, &options->body.size);
}

static struct operation_limits limits_of(const struct bind_options *options) {
    const struct bind_common *common = &options->common;
    return (struct operation_limits){to_microseconds(common->connect_timeout), to_microseconds(common->attempt_timeout),
                                     to_microseconds(common->deadline), (int)common->attempts};
}

static enum answer_promise promise_of(struct span name) {
    if (span_equals(name, SPAN("object"))) return ANSWER_OBJECT;
    if (span_equals(name, SPAN("array"))) return ANSWER_ARRAY;
    if (span_equals(name, SPAN("user"))) return ANSWER_USER;
    if (span_equals(name, SPAN("identities"))) return ANSWER_USER_IDENTITIES;
    return ANSWER_ANY;
}

static void order_request(const struct bind_options *options, struct call_order *order) {
    order->method = REQUEST_GET;
    (void)request_method_read(options->method, &order->method); /* lua/auth0 has looked at it */
    order->plan.kind = request_kind(order->method, options->idempotent);
    order->plan.is_change = request_is_change(order->method);
    order->plan.promise = promise_of(options->promise);
    order->path = options->path;
    order->body = options->body;
}

/* A part of a file. No token is sent: the address alone gives access to the file. */
static void order_download(const struct bind_options *options, struct call_order *order) {
    order->method = REQUEST_GET;
    order->plan.kind = OPERATION_FREE;
    order->plan.promise = ANSWER_BYTES;
    order->is_anonymous = order->is_raw = true;
    order->path = options->path;
    order->range = options->range;
}

/* Of the call that stands for it, which is never sent itself. */
static void order_sequence(struct call_order *order) {
    order->method = REQUEST_GET;
    order->plan.kind = OPERATION_FREE;
    order->path = SPAN("/");
}

static void order_change(enum bind_goal goal, const struct bind_options *options, struct call_order *order) {
    order->plan.kind = goal == BIND_LINK ? OPERATION_LINK : OPERATION_UNLINK;
    order->plan.check = options->check;
    order->plan.settle = options->common.settle;
    if (goal == BIND_LINK) order->body = options->body;
}

/* The default of max_response. An account has a few identities, each of about one KiB, or of ten with all that a
   provider tells. */
static size_t max_response(enum bind_goal goal, const struct call_order *order) {
    bool is_identities = order->plan.kind == OPERATION_LINK || order->plan.kind == OPERATION_UNLINK ||
                         order->plan.promise == ANSWER_USER_IDENTITIES;
    return is_identities || goal == BIND_SEQUENCE ? 256 * 1024 : 1024 * 1024;
}

static struct call_order order_of(enum bind_goal goal, const struct bind_options *options,
                                  const struct identity_target *target) {
    struct call_order order = {.plan = {.target = *target, .limits = limits_of(options)}};
    if (goal == BIND_REQUEST)
        order_request(options, &order);
    else if (goal == BIND_DOWNLOAD)
        order_download(options, &order);
    else if (goal == BIND_SEQUENCE)
        order_sequence(&order);
    else
        order_change(goal, options, &order);
    order.domain = options->common.domain;
    order.token = options->token;
    order.user_agent = options->common.user_agent;
    order.telemetry = options->common.telemetry;
    order.correlation_id = options->common.correlation_id;
    order.max_response = (size_t)options->common.max_response;
    if (order.max_response == 0) order.max_response = max_response(goal, &order);
    order.max_memory = (size_t)options->max_memory;
    return order;
}

static bool needs_token(enum bind_goal goal, struct span token, struct bind_place place) {
    return goal != BIND_DOWNLOAD && !(token.at == NULL && place.has_token);
}

enum bind_prepared bind_call_prepare(lua_State *L, struct bind_call *self, const struct bind_method *method,
                                     struct bind_options *options, struct bind_place place,
                                     struct complaint *complaint) {
    enum bind_goal goal = self->goal = method->goal;
    self->is_text = goal == BIND_DOWNLOAD || options->raw;
    self->has_clock = place.has_clock;
    struct identity_target target = {.primary = {NULL, 0}};
    struct claims claims;
    struct token_memo *memo = bind_claims_memo(L);
    if (needs_token(goal, options->token, place) && !token_memo_knows(memo, options->token) &&
        !identity_check_token("token", options->token, complaint))
        return BIND_COMPLAINT;
    struct span token = options->token.at != NULL ? options->token : place.token;
    if (goal == BIND_DOWNLOAD) token = (struct span){NULL, 0};
    if (!bind_claims_read(memo, &claims, &self->claims, token, options->given.link_with))
        bind_class_raise_memory(L, method->caller, "nothing was sent");
    claims_complete(&claims, &options->given);
    if ((goal == BIND_LINK && !identity_resolve(IDENTITY_LINK, &options->given, &target, complaint)) ||
        (goal == BIND_UNLINK && !identity_resolve(IDENTITY_UNLINK, &options->given, &target, complaint)))
        return BIND_COMPLAINT;
    struct call_order order = order_of(goal, options, &target);
    order.plan.can_renew = token.at == NULL && goal != BIND_DOWNLOAD; /* the caller's own is all there is */
    const struct claims_use use = {.kind = order.plan.kind,
                                   .check_scopes = options->common.check_scopes,
                                   .unix_now = place.has_clock ? clock_unix_us() / 1000000 : INT64_MIN};
    self->refused = claims_refuse(&claims, &options->given, use, &self->complaint);
    claims_name(&claims, &order.plan.target);
    bool prepared = call_prepare(self->call, &order);
    buffer_free(&self->claims);
    if (!prepared) bind_class_raise_memory(L, method->caller, "nothing was sent");
    if (goal == BIND_SEQUENCE && !bind_sequence_prepare(L, self, method, options, &order, complaint))
        return BIND_COMPLAINT;
    return self->refused == CODE_OK ? BIND_READY : BIND_REFUSED;
}
