#include "lua/records.h"

#include "lua/push.h"
#include "lua/result.h"
#include "pure/domain.h"

#include <ctype.h>

/* ---- an exchange that Lua is to answer ---- */

/* Names in lower case; a header that is only suppressed (no value) is not sent, so is not told. */
static void push_headers(lua_State *L, const struct curl_slist *headers) {
    lua_newtable(L);
    for (; headers != NULL; headers = headers->next) {
        char name[64];
        const char *colon = strchr(headers->data, ':');
        size_t size = colon != NULL ? (size_t)(colon - headers->data) : sizeof name;
        if (size >= sizeof name || colon[1] == '\0') continue;
        for (size_t i = 0; i < size; i++) name[i] = (char)tolower((unsigned char)headers->data[i]);
        name[size] = '\0';
        lua_pushstring(L, colon + 1 + strspn(colon + 1, " "));
        lua_setfield(L, -2, name);
    }
}

void bind_records_push_request(lua_State *L, const struct call *call) {
    struct exchange_order order = call_exchange(call, call->action.request);
    lua_createtable(L, 0, 4);
    push_string(L, "method", request_method_name(order.method));
    lua_pushfstring(L, "https://%s%s", call->domain.at, order.target);
    lua_setfield(L, -2, "url");
    push_span(L, "body", order.body.at != NULL ? order.body : SPAN(""));
    push_headers(L, order.headers);
    lua_setfield(L, -2, "headers");
}

/* ---- events ---- */

static const char *bucket_name(enum pace_class bucket) {
    static const char *const names[PACE_CLASSES] = {
        [PACE_READ] = "read",       [PACE_WRITE] = "write",
        [PACE_DELETE] = "delete",   [PACE_ORGANIZATIONS] = "organizations",
        [PACE_MEMBERS] = "members", [PACE_OTHER] = "other",
        [PACE_TOKEN] = "token",
    };
    return names[bucket];
}

static void push_exchange_facts(lua_State *L, const struct event *event) {
    push_string(L, "method", request_method_name(event->method));
    push_string(L, "bucket", bucket_name(event->bucket));
    if (event->status != 0) push_integer(L, "status", event->status);
    push_string(L, "request_id", event->request_id);
    if (event->date > 0) push_number(L, "date", (double)event->date);
    bind_result_push_timings(L, &event->timings);
}

void bind_records_push_event(lua_State *L, const struct event *event) {
    lua_createtable(L, 0, 10);
    push_string(L, "kind", events_kind_name(event->kind));
    if (event->id != 0) push_integer(L, "id", event->id);
    if (event->attempts != 0) push_integer(L, "attempts", event->attempts);
    push_string(L, "code", failure_code_name(event->code));
    push_string(L, "correlation_id", event->correlation_id);
    push_string(L, "detail", event->detail);
    if (event->kind == EVENT_REQUEST) push_exchange_facts(L, event);
    if (event->kind == EVENT_WAIT) push_string(L, "bucket", bucket_name(event->bucket));
    if (event->kind == EVENT_SETTLE) push_string(L, "seen", operation_seen_name(event->seen));
    if (event->wait > 0) push_number(L, "wait", (double)event->wait / 1e6);
}

static void push_buckets(lua_State *L, const struct engine_stats *stats) {
    lua_newtable(L);
    for (int i = 0; i < PACE_CLASSES; i++) {
        if (!(stats->limits[i] > 0)) continue;
        lua_createtable(L, 0, 2);
        push_number(L, "limit", stats->limits[i]);
        push_number(L, "left", stats->left[i]);
        lua_setfield(L, -2, bucket_name((enum pace_class)i));
    }
    lua_setfield(L, -2, "buckets");
}

void bind_records_push_stats(lua_State *L, const struct engine_stats *stats) {
    lua_createtable(L, 0, 9);
    push_buckets(L, stats);
    push_count(L, "calls", stats->calls);
    push_count(L, "exchanges", stats->exchanges);
    push_count(L, "retries", stats->retries);
    push_count(L, "tokens", stats->tokens);
    push_count(L, "events_dropped", stats->events_dropped);
    push_integer(L, "in_flight", stats->in_flight);
    push_integer(L, "waiting", stats->waiting);
}

/* ---- options ---- */

static enum token_source_kind source_of(const struct bind_options *options) {
    if (options->has_token_function) return TOKEN_SOURCE_FUNCTION;
    if (options->client_secret.at != NULL) return TOKEN_SOURCE_CLIENT_SECRET;
    return options->signing_key.at != NULL ? TOKEN_SOURCE_CLIENT_KEY : TOKEN_SOURCE_GIVEN;
}

static enum token_assertion_alg algorithm_of(struct span name) {
    if (span_equals(name, SPAN("RS384"))) return TOKEN_ASSERTION_RS384;
    return span_equals(name, SPAN("PS256")) ? TOKEN_ASSERTION_PS256 : TOKEN_ASSERTION_RS256;
}

static void complain(lua_State *L, int level, const char *option, const char *what) {
    luaL_where(L, level);
    lua_pushfstring(L, "auth0.tenant: %s: %s", option, what);
    lua_concat(L, 2);
    lua_error(L);
}

void bind_records_check_tenant(lua_State *L, const struct bind_options *options, const char *fault, int level) {
    struct complaint complaint = {fault, "cannot be used"};
    bool is_good = fault == NULL && domain_check(options->common.domain, &complaint) &&
                   (options->token.at == NULL || identity_check_token("token", options->token, &complaint));
    if (!is_good) complain(L, level, complaint.option, complaint.what);
}

static struct token_source *make_tokens(lua_State *L, const struct bind_options *options, int level) {
    const struct token_source_config config = {
        .source = source_of(options),
        .token = options->token,
        .client_id = options->client_id,
        .client_secret = options->client_secret,
        .client_key = options->signing_key,
        .key_id = options->signing_key_id,
        .algorithm = algorithm_of(options->signing_algorithm),
        .domain = options->common.domain,
        .audience = options->audience,
        .user_agent = options->common.user_agent,
        .telemetry = options->common.telemetry,
        .file = options->token_file,
        .limits = {to_microseconds(options->common.connect_timeout), to_microseconds(options->common.attempt_timeout),
                   to_microseconds(options->common.attempt_timeout), 1},
    };
    const char *fault;
    struct token_source *tokens = token_source_new(&config, &fault);
    if (tokens == NULL)
        complain(L, level, config.source == TOKEN_SOURCE_CLIENT_KEY ? "signing_key" : "client_id", fault);
    return tokens;
}

void bind_records_configure_tenant(lua_State *L, const struct bind_options *options, struct engine *engine, int level) {
    bool has_token = options->token.at != NULL || options->has_token_function || options->client_id.at != NULL;
    const struct engine_options configured = {
        .pace = {.reserve = options->reserve, .rate = options->rate},
        .tokens = has_token ? make_tokens(L, options, level) : NULL,
        .wants_events = options->has_event_function,
    };
    engine_configure(engine, &configured);
}
