#include "lua/tenant.h"

#include "lua/class.h"
#include "lua/push.h"
#include "pure/domain.h"

static void complain(lua_State *L, int level, const char *option, const char *what) {
    luaL_where(L, level);
    lua_pushfstring(L, "auth0.tenant: %s: %s", option, what);
    lua_concat(L, 2);
    lua_error(L);
}

static void check(lua_State *L, const struct bind_options *options, const char *fault, int level) {
    struct complaint complaint = {fault, "cannot be used"};
    bool is_good = fault == NULL && domain_check(options->common.domain, &complaint) &&
                   (options->token.at == NULL || identity_check_token("token", options->token, &complaint));
    if (!is_good) complain(L, level, complaint.option, complaint.what);
}

void bind_tenant_read(lua_State *L, int index, int level, struct bind_options *options) {
    bind_options_start(L, options, NULL);
    const char *fault = bind_options_read(L, index, bind_options_of_tenant(), false, options);
    check(L, options, fault, level);
}

static enum token_source_kind source_of(const struct bind_options *options) {
    if (options->has_token_function) return TOKEN_SOURCE_FUNCTION;
    if (options->client_secret.at != NULL) return TOKEN_SOURCE_CLIENT_SECRET;
    return options->signing_key.at != NULL ? TOKEN_SOURCE_CLIENT_KEY : TOKEN_SOURCE_GIVEN;
}

static enum token_assertion_alg algorithm_of(struct span name) {
    if (span_equals(name, SPAN("RS384"))) return TOKEN_ASSERTION_RS384;
    return span_equals(name, SPAN("PS256")) ? TOKEN_ASSERTION_PS256 : TOKEN_ASSERTION_RS256;
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

void bind_tenant_configure(lua_State *L, const struct bind_options *options, struct bind_engine *self, int level) {
    keep_defaults(L, self, options->common);
    bool has_token = options->token.at != NULL || options->has_token_function || options->client_id.at != NULL;
    const struct engine_options configured = {
        .pace = {.reserve = options->reserve, .rate = options->rate},
        .tokens = has_token ? make_tokens(L, options, level) : NULL,
        .wants_events = options->has_event_function,
    };
    engine_configure(self->engine, &configured);
    self->calls_lua = options->has_token_function || options->has_event_function;
}
