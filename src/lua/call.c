#include "lua/call.h"

#include "lua/claims.h"
#include "lua/class.h"
#include "lua/json.h"
#include "lua/options.h"
#include "lua/push.h"
#include "lua/sequence.h"
#include "os/clock.h"

#include <stdio.h>

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
static size_t max_response(const struct call_order *order) {
    bool is_identities = order->plan.kind == OPERATION_LINK || order->plan.kind == OPERATION_UNLINK ||
                         order->plan.promise == ANSWER_USER_IDENTITIES;
    return is_identities ? 256 * 1024 : 1024 * 1024;
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
    if (order.max_response == 0) order.max_response = max_response(&order);
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

/* ---- a finished call into what Lua is told ---- */

/* What all failures have. */
static void set_facts(lua_State *L, const struct call *call) {
    const struct operation_result *result = &call->operation.result;
    if (result->status != 0) push_integer(L, "status", result->status);
    push_integer(L, "attempts", result->attempts);
    push_number(L, "elapsed", (double)result->elapsed / 1e6);
}

static void set_number(lua_State *L, enum bind_name name, double value) {
    bind_json_push_name(L, name);
    lua_pushnumber(L, (lua_Number)value);
    lua_rawset(L, -3);
}

static void set_integer(lua_State *L, enum bind_name name, int value) {
    bind_json_push_name(L, name);
    lua_pushinteger(L, value);
    lua_rawset(L, -3);
}

static void push_timings(lua_State *L, const void *its) {
    const struct exchange_timings *timings = its;
    lua_createtable(L, 0, 5);
    set_number(L, BIND_DNS, timings->dns);
    set_number(L, BIND_CONNECT, timings->connect);
    set_number(L, BIND_TLS, timings->tls);
    set_number(L, BIND_FIRST_BYTE, timings->first_byte);
    set_number(L, BIND_TOTAL, timings->total);
}

void bind_call_push_timings(lua_State *L, const struct exchange_timings *timings) {
    if (!bind_json_protect(L, push_timings, timings, 1)) luaL_error(L, "auth0: not enough memory for an event");
    lua_setfield(L, -2, "timings");
}

static void push_receipt(lua_State *L, const struct call *call) {
    const struct operation_result *result = &call->operation.result;
    lua_createtable(L, 0, 6);
    if (result->status != 0) set_integer(L, BIND_STATUS, result->status);
    set_integer(L, BIND_ATTEMPTS, result->attempts);
    set_number(L, BIND_ELAPSED, (double)result->elapsed / 1e6);
    if (call->request_id[0] != '\0') {
        bind_json_push_name(L, BIND_REQUEST_ID);
        lua_pushstring(L, call->request_id);
        lua_rawset(L, -3);
    }
    if (result->already) {
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, "already");
    }
    bind_json_push_name(L, BIND_TIMINGS);
    push_timings(L, &call->timings);
    lua_rawset(L, -3);
}

/* Says in the receipt, which is on top, which part of which file the answer is. */
static void set_part(lua_State *L, const struct call *call) {
    push_string(L, "content_range", call->headers_seen.content_range);
    push_string(L, "etag", call->headers_seen.etag);
}

/* Writes into `words` what the claims of a token that the tenant does not accept say about the reason. */
static void explain_token(lua_State *L, const struct bind_call *self, char words[CLAIMS_WORDS]) {
    const struct call *call = self->call;
    const struct operation_result *result = &call->operation.result;
    struct buffer unused = {NULL, 0, 0};
    struct claims claims;
    words[0] = '\0';
    if (result->code != CODE_UNAUTHORIZED || result->status == 0 || call->told.content_type[0] != '\0') return;
    if (call->token.size == 0 ||
        !bind_claims_read(bind_claims_memo(L), &claims, &unused, call->token, (struct span){NULL, 0}))
        return;
    const struct claims_place place = {call->domain, call->told.date,
                                       self->has_clock ? clock_unix_us() / 1000000 : INT64_MIN};
    claims_explain(claims.token, &place, words);
}

/* What libcurl or the reader of the answer had to say, fit for a log. */
static void set_detail(lua_State *L, const struct bind_call *self) {
    const struct call *call = self->call;
    const struct answer_fault *fault = &call->operation.result.fault;
    char detail[CURL_ERROR_SIZE], words[CLAIMS_WORDS];
    explain_token(L, self, words);
    if (words[0] != '\0')
        snprintf(detail, sizeof detail, "%s", words);
    else if (fault->what != NULL && fault->is_too_large)
        snprintf(detail, sizeof detail, "more than %zu values by byte %zu: max_response allows one for 16 bytes of it",
                 json_values(call->max_response), fault->at + 1);
    else if (fault->what != NULL && fault->has_position)
        snprintf(detail, sizeof detail, "malformed JSON at byte %zu: %s", fault->at + 1, fault->what);
    else
        snprintf(detail, sizeof detail, "%s", fault->what != NULL ? fault->what : call->told.detail);
    push_string(L, "detail", detail);
}

/* Says which account of a link or an unlink was not found, by its full id. */
static void set_missing(lua_State *L, const struct call *call) {
    const struct operation_result *result = &call->operation.result;
    const struct identity_target *target = &call->operation.plan.target;
    if (target->primary.at == NULL || result->outcome != OUTCOME_NONE || call->told.content_type[0] != '\0') return;
    enum answer_missing missing = operation_missing(&call->operation, &call->told.refusal);
    if (missing == MISSING_NOTHING || (missing == MISSING_SECONDARY && target->provider.at == NULL)) return;
    push_string(L, "missing", missing == MISSING_PRIMARY ? "primary" : "secondary");
    if (missing == MISSING_PRIMARY) {
        push_span(L, "id", target->primary);
        return;
    }
    lua_pushlstring(L, target->provider.at, target->provider.size);
    lua_pushliteral(L, "|");
    lua_pushlstring(L, target->bare.at, target->bare.size);
    lua_concat(L, 3);
    lua_setfield(L, -2, "id");
}

static void push_failure(lua_State *L, const struct bind_call *self) {
    const struct call *call = self->call;
    const struct operation_result *result = &call->operation.result;
    const struct call_told *told = &call->told;
    lua_pushnil(L);
    lua_createtable(L, 0, 15);
    set_facts(L, call);
    push_string(L, "code", failure_code_name(result->code));
    push_string(L, "outcome", failure_outcome_name(result->outcome));
    if (result->cause != CODE_OK) push_string(L, "cause", failure_code_name(result->cause));
    if (result->cause != CODE_OK || result->code == CODE_CONFLICT)
        push_string(L, "last_seen", operation_seen_name(result->seen));
    set_missing(L, call);
    push_string(L, "error", told->refusal.error);
    push_string(L, "error_code", told->refusal.error_code);
    push_string(L, "description", told->refusal.description);
    push_string(L, "request_id", told->request_id);
    push_string(L, "content_type", told->content_type);
    if (told->retry_after >= 0) push_number(L, "retry_after", told->retry_after);
    set_detail(L, self);
}

/* A call that was refused before it was sent, because of what its token says. */
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

struct success {
    const struct bind_call *self;
    struct json_value value; /* absent where the tenant has no more to say */
};

/* What it shows, and its receipt. */
static void push_success(lua_State *L, const void *its) {
    const struct success *success = its;
    const struct call *call = success->self->call;
    if (success->self->is_text)
        lua_pushlstring(L, call->answer.at != NULL ? call->answer.at : "", call->answer.size);
    else if (success->value.token == NULL)
        lua_pushboolean(L, 1);
    else
        bind_json_push_value(L, success->value);
    push_receipt(L, call);
}

/* False, and nothing is pushed, where there is no memory. */
static bool push_shown(lua_State *L, const struct bind_call *self) {
    bool is_sequence = self->goal == BIND_SEQUENCE;
    const struct success success = {self, is_sequence ? bind_sequence_result(self->call)
                                                      : self->call->operation.result.value};
    return (!is_sequence || success.value.token != NULL) && bind_json_protect(L, push_success, &success, 2);
}

int bind_call_push(lua_State *L, struct bind_call *self) {
    struct operation *operation = &self->call->operation;
    if (self->refused != CODE_OK) return push_refused(L, self);
    /* A change was made, but its answer cannot be shown: that is not told as a success. */
    bool is_shown = operation->result.code == CODE_OK && push_shown(L, self);
    if (operation->result.code == CODE_OK && !is_shown) operation_disown(operation, "not enough memory for the answer");
    if (!is_shown) push_failure(L, self);
    if (self->goal == BIND_SEQUENCE) bind_sequence_set_facts(L, self->call);
    if (is_shown && self->goal == BIND_DOWNLOAD) set_part(L, self->call);
    return 2;
}
