#include "lua/call.h"

#include "lua/claims.h"
#include "lua/json.h"
#include "lua/options.h"
#include "lua/push.h"
#include "os/clock.h"
#include "pure/domain.h"

#include <stdio.h>

static char call_metatable; /* its key in the registry */

void bind_call_drop(struct bind_call *self) {
    if (self->call != NULL) {
        engine_forget(self->call);
        call_drop(self->call);
        self->call = NULL;
    }
    buffer_free(&self->claims);
    buffer_free(&self->mended);
}

static int on_gc(lua_State *L) {
    bind_call_drop(lua_touserdata(L, 1));
    return 0;
}

void bind_call_init(lua_State *L) {
    bind_claims_init(L);
    lua_createtable(L, 0, 2);
    push_finalizer(L, on_gc);
    compat_setref(L, &call_metatable);
}

struct bind_call *bind_call_new(lua_State *L) {
    struct bind_call *self = compat_newuserdata(L, sizeof *self);
    memset(self, 0, sizeof *self);
    compat_getref(L, &call_metatable);
    lua_setmetatable(L, -2);
    self->call = call_new();
    if (self->call == NULL) luaL_error(L, "auth0: not enough memory; nothing was sent");
    return self;
}

/* ---- a table into a call ---- */

/* Pushes it: which function of ours the caller called. */
static const char *push_caller(lua_State *L, int index, enum bind_goal goal) {
    static const char *const goal_names[] = {"auth0.link", "auth0.unlink", "tenant:request", "tenant:export"};
    lua_getfield(L, index, "caller");
    return lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : goal_names[goal];
}

static void raise_complaint(lua_State *L, int index, enum bind_goal goal, const struct complaint *complaint,
                            int level) {
    const char *caller = push_caller(L, index, goal);
    luaL_where(L, level);
    lua_pushfstring(L, "%s: %s: %s", caller, complaint->option, complaint->what);
    lua_concat(L, 2);
    lua_error(L);
}

static void raise_memory(lua_State *L, int index, enum bind_goal goal) {
    luaL_error(L, "%s: not enough memory; nothing was sent", push_caller(L, index, goal));
}

/* lua/auth0/options.lua has looked at these; a line break in a header is worth a second look. */
static bool check_header(const char *option, struct span text, struct complaint *complaint) {
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.at[i] < ' ' || text.at[i] == 0x7f) {
            *complaint = (struct complaint){option, "holds a control character"};
            return false;
        }
    return true;
}

static bool check_texts(lua_State *L, const struct bind_options *options, struct bind_place place, enum bind_goal goal,
                        struct complaint *complaint) {
    bool needs_token = goal != BIND_DOWNLOAD && !(options->token.at == NULL && place.has_token) &&
                       !bind_claims_knows(L, options->token);
    return domain_check(options->domain, complaint) &&
           (!needs_token || identity_check_token("token", options->token, complaint)) &&
           check_header("user_agent", options->user_agent, complaint) &&
           check_header("telemetry", options->telemetry, complaint) &&
           check_header("correlation_id", options->correlation_id, complaint) &&
           check_header("path", options->path, complaint) && check_header("range", options->range, complaint);
}

/* Pushes the JSON body of a link. */
static void push_body(lua_State *L, const struct identity_target *target) {
    lua_createtable(L, 0, 4);
    push_span(L, "link_with", target->link_with);
    push_span(L, "provider", target->provider);
    push_span(L, "connection_id", target->connection_id);
    if (!target->user_id_is_integer) push_span(L, "user_id", target->user_id);
    bind_json_encode(L);
    if (!target->user_id_is_integer) return;
    /* An integer goes in by hand: lua-cjson writes 14 or 16 digits of any number. The object is not empty, it has a
       provider. */
    size_t size;
    const char *body = lua_tolstring(L, -1, &size);
    lua_pushlstring(L, body, size - 1);
    lua_pushfstring(L, ",\"user_id\":%s}", target->user_id.at);
    lua_concat(L, 2);
    lua_replace(L, -2);
}

static struct operation_limits limits_of(const struct bind_options *options) {
    return (struct operation_limits){to_microseconds(options->connect_timeout),
                                     to_microseconds(options->attempt_timeout), to_microseconds(options->deadline),
                                     (int)options->attempts};
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

/* A part of a file that is nobody's account: whoever knows where it is may read it, and no token is sent there. */
static void order_download(const struct bind_options *options, struct call_order *order) {
    order->method = REQUEST_GET;
    order->plan.kind = OPERATION_FREE;
    order->plan.promise = ANSWER_BYTES;
    order->is_anonymous = order->is_raw = true;
    order->path = options->path;
    order->range = options->range;
}

/* Pushes what must stay on the stack until call_prepare has copied it. */
static void order_change(lua_State *L, enum bind_goal goal, const struct bind_options *options,
                         struct call_order *order) {
    order->plan.kind = goal == BIND_LINK ? OPERATION_LINK : OPERATION_UNLINK;
    order->plan.check = options->check;
    order->plan.settle = options->settle;
    if (goal != BIND_LINK) return;
    push_body(L, &order->plan.target);
    order->body.at = lua_tolstring(L, -1, &order->body.size);
}

static struct call_order order_of(lua_State *L, enum bind_goal goal, const struct bind_options *options,
                                  const struct identity_target *target) {
    struct call_order order = {.plan = {.target = *target, .limits = limits_of(options)}};
    if (goal == BIND_REQUEST)
        order_request(options, &order);
    else if (goal == BIND_DOWNLOAD)
        order_download(options, &order);
    else
        order_change(L, goal, options, &order);
    order.domain = options->domain;
    order.token = options->token;
    order.user_agent = options->user_agent;
    order.telemetry = options->telemetry;
    order.correlation_id = options->correlation_id;
    order.max_response = (size_t)options->max_response;
    return order;
}

bool bind_call_prepare(lua_State *L, int index, struct bind_call *self, enum bind_goal goal, struct profile *profile,
                       struct bind_place place, int level) {
    struct bind_options options;
    struct complaint complaint;
    struct identity_target target = {.primary = {NULL, 0}};
    struct claims claims;
    bind_options_read(L, index, &options);
    self->goal = goal;
    if (!check_texts(L, &options, place, goal, &complaint)) raise_complaint(L, index, goal, &complaint, level);
    struct span token = options.token.at != NULL ? options.token : place.token;
    if (goal == BIND_DOWNLOAD) token = (struct span){NULL, 0};
    if (!bind_claims_read(L, &claims, &self->claims, token, options.given.link_with)) raise_memory(L, index, goal);
    if (goal == BIND_LINK || goal == BIND_UNLINK) {
        enum identity_goal identity_goal = goal == BIND_LINK ? IDENTITY_LINK : IDENTITY_UNLINK;
        claims_complete(&claims, &options.given);
        if (!identity_resolve(identity_goal, &options.given, &target, &complaint))
            raise_complaint(L, index, goal, &complaint, level);
    }
    struct call_order order = order_of(L, goal, &options, &target);
    order.plan.can_renew = token.at == NULL && goal != BIND_DOWNLOAD; /* the caller's own is all there is */
    const struct claims_use use = {.kind = order.plan.kind,
                                   .check_scopes = options.check_scopes,
                                   .unix_now = place.has_clock ? clock_unix_us() / 1000000 : INT64_MIN};
    self->refused = claims_refuse(&claims, &options.given, use, &self->complaint);
    claims_name(&claims, &order.plan.target);
    *profile = options.profile;
    profile->domain = options.domain.at;
    bool prepared = call_prepare(self->call, &order);
    buffer_free(&self->claims);
    if (!prepared) raise_memory(L, index, goal);
    return self->refused == CODE_OK;
}

/* ---- a finished call into what Lua is told ---- */

/* What receipts and failures share. */
static void set_facts(lua_State *L, const struct call *call) {
    const struct operation_result *result = &call->operation.result;
    if (result->status != 0) push_integer(L, "status", result->status);
    push_integer(L, "attempts", result->attempts);
    push_number(L, "elapsed", (double)result->elapsed / 1e6);
    push_string(L, "request_id", call->request_id);
}

void bind_push_timings(lua_State *L, const struct exchange_timings *timings) {
    lua_createtable(L, 0, 5);
    push_number(L, "dns", timings->dns);
    push_number(L, "connect", timings->connect);
    push_number(L, "tls", timings->tls);
    push_number(L, "first_byte", timings->first_byte);
    push_number(L, "total", timings->total);
    lua_setfield(L, -2, "timings");
}

static void push_receipt(lua_State *L, const struct call *call) {
    lua_createtable(L, 0, 6);
    set_facts(L, call);
    if (call->operation.result.already) {
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, "already");
    }
    bind_push_timings(L, &call->timings);
}

/* Which part of which file it is, with the receipt on top. */
static void set_part(lua_State *L, const struct call *call) {
    push_string(L, "content_range", call->headers_seen.content_range);
    push_string(L, "etag", call->headers_seen.etag);
}

/* What libcurl or the reader of the answer had to say, fit for a log. */
static void set_detail(lua_State *L, const struct call *call) {
    const struct answer_fault *fault = &call->operation.result.fault;
    char detail[CURL_ERROR_SIZE];
    if (fault->what != NULL && fault->has_position)
        snprintf(detail, sizeof detail, "malformed JSON at byte %zu: %s", fault->at + 1, fault->what);
    else
        snprintf(detail, sizeof detail, "%s", fault->what != NULL ? fault->what : call->detail);
    push_string(L, "detail", detail);
}

static int push_failure(lua_State *L, const struct call *call) {
    const struct operation_result *result = &call->operation.result;
    lua_pushnil(L);
    lua_createtable(L, 0, 13);
    set_facts(L, call);
    push_string(L, "code", failure_code_name(result->code));
    push_string(L, "outcome", failure_outcome_name(result->outcome));
    if (result->cause != CODE_OK) {
        push_string(L, "cause", failure_code_name(result->cause));
        push_string(L, "last_seen", operation_seen_name(result->seen));
    }
    push_string(L, "error", call->refusal.error);
    push_string(L, "error_code", call->refusal.error_code);
    push_string(L, "description", call->refusal.description);
    if (call->retry_after >= 0) push_number(L, "retry_after", call->retry_after);
    set_detail(L, call);
    return 2;
}

/* What its token says itself that the tenant would refuse. */
static int push_refused(lua_State *L, const struct bind_call *self) {
    lua_pushnil(L);
    lua_createtable(L, 0, 5);
    set_facts(L, self->call);
    push_string(L, "code", failure_code_name(self->refused));
    push_string(L, "outcome", failure_outcome_name(OUTCOME_NONE));
    lua_pushfstring(L, "%s: %s", self->complaint.option, self->complaint.what);
    lua_setfield(L, -2, "detail");
    return 2;
}

/* The change was made, and its answer cannot be shown: that is no success to vouch for. */
static int push_unreadable(lua_State *L, struct call *call, const char *what) {
    operation_disown(&call->operation, what);
    return push_failure(L, call);
}

/* The answer, fit for lua-cjson; absent where there is no memory for it. */
static struct span mend(struct bind_call *self) {
    struct span value = self->call->operation.result.value;
    if (json_is_mended(value)) return value;
    buffer_clear(&self->mended);
    if (!buffer_reserve(&self->mended, json_mend_room(value.size))) return (struct span){NULL, 0};
    self->mended.size = json_mend(value, SPAN("user_id"), self->mended.at);
    return buffer_span(&self->mended);
}

int bind_call_push(lua_State *L, struct bind_call *self) {
    const struct operation_result *result = &self->call->operation.result;
    if (self->refused != CODE_OK) return push_refused(L, self);
    if (result->code != CODE_OK) return push_failure(L, self->call);
    if (result->value.at == NULL) {
        lua_pushboolean(L, 1); /* done, and the tenant has no more to say */
    } else if (self->goal == BIND_DOWNLOAD) {
        lua_pushlstring(L, result->value.at, result->value.size);
    } else {
        struct span mended = mend(self);
        if (mended.at == NULL) return push_unreadable(L, self->call, "not enough memory for the answer");
        if (!bind_json_decode(L, mended))
            return push_unreadable(L, self->call, "lua-cjson could not decode the answer, or had no memory for it");
    }
    push_receipt(L, self->call);
    if (self->goal == BIND_DOWNLOAD) set_part(L, self->call);
    return 2;
}
