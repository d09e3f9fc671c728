#include "lua_call.h"

#include "lua_json.h"
#include "lua_options.h"
#include "lua_push.h"

#include <stdio.h>
#include <stdlib.h>

static char call_metatable; /* its key in the registry */

void bind_call_drop(struct bind_call *self) {
    engine_forget(&self->call);
    call_release(&self->call);
    buffer_free(&self->mended);
}

static int on_gc(lua_State *L) {
    bind_call_drop(lua_touserdata(L, 1));
    return 0;
}

void bind_call_init(lua_State *L) {
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, on_gc);
    lua_setfield(L, -2, "__gc");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    compat_setref(L, &call_metatable);
}

struct bind_call *bind_call_new(lua_State *L) {
    struct bind_call *self = compat_newuserdata(L, sizeof *self);
    memset(self, 0, sizeof *self);
    compat_getref(L, &call_metatable);
    lua_setmetatable(L, -2);
    return self;
}

/* ---- a table into a call ---- */

static const char *goal_name(enum identity_goal goal) { return goal == IDENTITY_LINK ? "link" : "unlink"; }

static void raise_complaint(lua_State *L, enum identity_goal goal, const struct complaint *complaint, int level) {
    luaL_where(L, level);
    lua_pushfstring(L, "auth0.%s: %s: %s", goal_name(goal), complaint->option, complaint->what);
    lua_concat(L, 2);
    lua_error(L);
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

void bind_call_prepare(lua_State *L, int index, struct bind_call *self, enum identity_goal goal,
                       struct transport *transport, int level) {
    struct bind_options options;
    struct call_order order = {.goal = goal};
    struct complaint complaint;
    bind_options_read(L, index, &options);
    if (!identity_check_domain(options.domain, &complaint) ||
        !identity_check_token("token", options.token, &complaint) ||
        !check_header("user_agent", options.user_agent, &complaint) ||
        !check_header("telemetry", options.telemetry, &complaint) ||
        !check_header("correlation_id", options.correlation_id, &complaint) ||
        !identity_resolve(goal, &options.given, &order.target, &complaint))
        raise_complaint(L, goal, &complaint, level);
    order.check = options.check;
    order.limits =
        (struct operation_limits){to_microseconds(options.connect_timeout), to_microseconds(options.attempt_timeout),
                                  to_microseconds(options.deadline)};
    order.domain = options.domain;
    order.token = options.token;
    order.user_agent = options.user_agent;
    order.telemetry = options.telemetry;
    order.correlation_id = options.correlation_id;
    order.max_response = (size_t)options.max_response;
    if (goal == IDENTITY_LINK) {
        push_body(L, &order.target);
        order.body.at = lua_tolstring(L, -1, &order.body.size);
    }
    *transport = options.transport;
    transport->domain = options.domain.at;
    if (!call_prepare(&self->call, &order))
        luaL_error(L, "auth0.%s: not enough memory; nothing was sent", goal_name(goal));
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

static void push_receipt(lua_State *L, const struct call *call) {
    lua_createtable(L, 0, 5);
    set_facts(L, call);
    lua_createtable(L, 0, 5);
    push_number(L, "dns", call->timings.dns);
    push_number(L, "connect", call->timings.connect);
    push_number(L, "tls", call->timings.tls);
    push_number(L, "first_byte", call->timings.first_byte);
    push_number(L, "total", call->timings.total);
    lua_setfield(L, -2, "timings");
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
    struct span secrets[CALL_SECRETS];
    struct answer_refusal refusal = {"", "", ""};
    call_secrets(call, secrets);
    if (result->status >= 400) answer_refusal(buffer_span(&call->answer), secrets, CALL_SECRETS, &refusal);
    lua_pushnil(L);
    lua_createtable(L, 0, 12);
    set_facts(L, call);
    push_string(L, "code", attempt_code_name(result->code));
    push_string(L, "outcome", attempt_outcome_name(result->outcome));
    if (result->cause != CODE_OK) push_string(L, "cause", attempt_code_name(result->cause));
    push_string(L, "error", refusal.error);
    push_string(L, "error_code", refusal.error_code);
    push_string(L, "description", refusal.description);
    if (call->retry_after >= 0) push_number(L, "retry_after", call->retry_after);
    set_detail(L, call);
    return 2;
}

/* The change was made, and its answer cannot be shown: that is no success to vouch for. */
static int push_unreadable(lua_State *L, struct call *call, const char *what) {
    operation_disown(&call->operation, what);
    return push_failure(L, call);
}

static bool mend(struct bind_call *self) {
    struct span identities = self->call.operation.result.identities;
    buffer_clear(&self->mended);
    if (!buffer_reserve(&self->mended, json_mend_room(identities.size))) return false;
    self->mended.size = json_mend(identities, SPAN("user_id"), self->mended.at);
    return true;
}

int bind_call_push(lua_State *L, struct bind_call *self) {
    const struct operation_result *result = &self->call.operation.result;
    if (result->code != CODE_OK) return push_failure(L, &self->call);
    if (!mend(self)) return push_unreadable(L, &self->call, "not enough memory for the answer");
    if (!bind_json_decode(L, buffer_span(&self->mended)))
        return push_unreadable(L, &self->call, "lua-cjson could not decode the answer, or had no memory for it");
    push_receipt(L, &self->call);
    return 2;
}
