#include "lua/result.h"

#include "lua/claims.h"
#include "lua/json.h"
#include "lua/push.h"
#include "lua/sequence.h"
#include "os/clock.h"

#include <stdio.h>

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

void bind_result_push_timings(lua_State *L, const struct exchange_timings *timings) {
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
    if (call->is_weighed) push_number(L, "weight", (double)call->weight);
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
        snprintf(
            detail, sizeof detail,
            "by byte %zu its values take more than %zu bytes of memory: max_response allows 6.5 for each of its own",
            fault->at + 1, call->max_memory);
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

int bind_result_push(lua_State *L, struct bind_call *self) {
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
