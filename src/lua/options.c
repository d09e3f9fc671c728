#include "lua/options.h"

#include "lua/push.h"

#include <stdio.h>

/* ---- how C reads a value that is on top of the stack; another type than expected counts as absent ---- */

typedef void reader(lua_State *L, struct bind_options *options, void *to);

static struct span top_text(lua_State *L) {
    struct span text = {NULL, 0};
    if (lua_type(L, -1) == LUA_TSTRING) text.at = lua_tolstring(L, -1, &text.size);
    return text;
}

static void read_text(lua_State *L, struct bind_options *options, void *to) {
    (void)options;
    *(struct span *)to = top_text(L);
}

static void read_terminated(lua_State *L, struct bind_options *options, void *to) {
    (void)options;
    *(const char **)to = top_text(L).at;
}

static void read_number(lua_State *L, struct bind_options *options, void *to) {
    (void)options;
    if (lua_type(L, -1) == LUA_TNUMBER) *(double *)to = (double)lua_tonumber(L, -1);
}

static void read_nothing(lua_State *L, struct bind_options *options, void *to) { (void)L, (void)options, (void)to; }

static void read_flag(lua_State *L, struct bind_options *options, void *to) {
    (void)options;
    *(bool *)to = lua_toboolean(L, -1);
}

static void read_function(lua_State *L, struct bind_options *options, void *to) {
    (void)options;
    *(bool *)to = lua_isfunction(L, -1);
}

static void read_token(lua_State *L, struct bind_options *options, void *to) {
    options->has_token_function = lua_isfunction(L, -1);
    *(struct span *)to = top_text(L);
}

static void read_http_version(lua_State *L, struct bind_options *options, void *to) {
    (void)options;
    *(enum profile_http *)to = span_equals(top_text(L), SPAN("1.1")) ? PROFILE_HTTP_1_1 : PROFILE_HTTP_2;
}

/* A string, or an integer, whose digits it becomes. Before 5.3 every number is a float: lua/auth0/options.lua has seen
   that it is whole. */
static void read_user_id(lua_State *L, struct bind_options *options, void *to) {
    *(struct span *)to = top_text(L);
    if (lua_type(L, -1) != LUA_TNUMBER) return;
    if (compat_isinteger(L, -1))
        snprintf(options->digits, sizeof options->digits, "%lld", (long long)lua_tointeger(L, -1));
    else
        snprintf(options->digits, sizeof options->digits, "%.0f", (double)lua_tonumber(L, -1));
    *(struct span *)to = span_of(options->digits);
    options->given.user_id_is_integer = true;
}

static void read_list(lua_State *L, struct bind_options *options, void *to) {
    const char **texts = to;
    (void)options;
    if (lua_type(L, -1) != LUA_TTABLE) return;
    for (int i = 0; i < PROFILE_RESOLVES; i++) {
        lua_rawgeti(L, -1, i + 1);
        texts[i] = top_text(L).at; /* the table keeps the string */
        lua_pop(L, 1);
        if (texts[i] == NULL) return;
    }
}

/* ---- the specifications ---- */

enum {
    FOR_LINK = 1,
    FOR_UNLINK = 2,
    FOR_REQUEST = 4,
    FOR_TENANT = 8, /* what a tenant is made from: the transport profile, the token, and defaults of its calls */
    FOR_CHANGE = FOR_LINK | FOR_UNLINK,
    FOR_CALL = FOR_CHANGE | FOR_REQUEST,
    FOR_BOTH = FOR_CHANGE | FOR_TENANT, /* of a tenant's calls the tenant says it */
    FOR_ALL = FOR_CALL | FOR_TENANT
};

static const struct option {
    const char *name;
    const char *kind; /* what lua/auth0/options.lua holds it against */
    int use;
    reader *read;
    size_t at; /* in struct bind_options */
    double fallback, least, most;
} specifications[] = {
#define AT(field) offsetof(struct bind_options, field)
    {"domain", "string", FOR_BOTH, read_text, AT(domain), 0, 0, 0},
    {"token", "token", FOR_BOTH, read_token, AT(token), 0, 0, 0},
    {"primary", "string", FOR_CHANGE, read_text, AT(given.primary), 0, 0, 0},
    {"secondary", "string", FOR_CHANGE, read_text, AT(given.secondary), 0, 0, 0},
    {"id", "string", FOR_CHANGE, read_text, AT(given.id), 0, 0, 0},
    {"provider", "string", FOR_CHANGE, read_text, AT(given.provider), 0, 0, 0},
    {"user_id", "string_or_integer", FOR_CHANGE, read_user_id, AT(given.user_id), 0, 0, 0},
    {"connection_id", "string", FOR_LINK, read_text, AT(given.connection_id), 0, 0, 0},
    {"link_with", "string", FOR_LINK, read_text, AT(given.link_with), 0, 0, 0},
    {"loop", "loop", FOR_BOTH, read_nothing, 0, 0, 0, 0},
    {"check", "flag", FOR_UNLINK, read_flag, AT(check), 0, 0, 0},
    {"settle", "flag", FOR_BOTH, read_flag, AT(settle), 1, 0, 0},
    {"check_scopes", "flag", FOR_BOTH, read_flag, AT(check_scopes), 1, 0, 0},
    {"method", "method", FOR_REQUEST, read_text, AT(method), 0, 0, 0},
    {"path", "path", FOR_REQUEST, read_text, AT(path), 0, 0, 0},
    {"query", "query", FOR_REQUEST, read_nothing, 0, 0, 0, 0},   /* Lua's: it becomes part of the path */
    {"body", "body", FOR_REQUEST, read_text, AT(body), 0, 0, 0}, /* Lua makes text of a table */
    {"idempotent", "flag", FOR_REQUEST, read_flag, AT(idempotent), 0, 0, 0},
    {"promise", "word", 0, read_text, AT(promise), 0, 0, 16}, /* a tenant's own */
    {"range", "word", 0, read_text, AT(range), 0, 0, 64},     /* likewise */
    {"client_id", "word", FOR_TENANT, read_text, AT(client_id), 0, 0, 64},
    {"client_secret", "secret", FOR_TENANT, read_text, AT(client_secret), 0, 0, 2048},
    {"signing_key", "secret", FOR_TENANT, read_text, AT(signing_key), 0, 0, 16384},
    {"signing_algorithm", "signing_algorithm", FOR_TENANT, read_text, AT(signing_algorithm), 0, 0, 0},
    {"signing_key_id", "word", FOR_TENANT, read_text, AT(signing_key_id), 0, 0, 64},
    {"audience", "word", FOR_TENANT, read_text, AT(audience), 0, 0, 512},
    {"token_file", "text", FOR_TENANT, read_terminated, AT(token_file), 0, 0, 4096},
    {"reserve", "number", FOR_TENANT, read_number, AT(reserve), 0.1, 0, 0.9},
    {"rate", "number", FOR_TENANT, read_number, AT(rate), 0, 0.001, 100000},
    {"on_event", "function", FOR_TENANT, read_function, AT(has_event_function), 0, 0, 0},
    {"connect_timeout", "seconds", FOR_ALL, read_number, AT(connect_timeout), 10, 0.001, 86400},
    {"attempt_timeout", "seconds", FOR_ALL, read_number, AT(attempt_timeout), 15, 0.001, 86400},
    {"deadline", "seconds", FOR_ALL, read_number, AT(deadline), 60, 0.001, 86400},
    {"attempts", "count", FOR_ALL, read_number, AT(attempts), 5, 1, 100},
    {"max_response", "bytes", FOR_ALL, read_number, AT(max_response), 1048576, 1024, 1073741824},
    {"http_version", "http_version", FOR_BOTH, read_http_version, AT(profile.http), 0, 0, 0},
    {"proxy", "proxy", FOR_BOTH, read_terminated, AT(profile.proxy), 0, 0, 0},
    {"resolve", "resolve", FOR_BOTH, read_list, AT(profile.resolve), 0, 0, PROFILE_RESOLVES},
    {"ca_file", "text", FOR_BOTH, read_terminated, AT(profile.ca_file), 0, 0, 4096},
    {"ca_path", "text", FOR_BOTH, read_terminated, AT(profile.ca_path), 0, 0, 4096},
    {"client_cert", "text", FOR_BOTH, read_terminated, AT(profile.client_cert), 0, 0, 4096},
    {"client_key", "text", FOR_BOTH, read_terminated, AT(profile.client_key), 0, 0, 4096},
    {"user_agent", "text", FOR_BOTH, read_text, AT(user_agent), 0, 0, 256},
    {"telemetry", "telemetry", FOR_BOTH, read_text, AT(telemetry), 0, 0, 0},
    {"correlation_id", "word", FOR_ALL, read_text, AT(correlation_id), 0, 0,
     64},                                                 /* longer ones the tenant's log cuts */
    {"mock", "mock", FOR_BOTH, read_nothing, 0, 0, 0, 0}, /* Lua's: see lua/auth0/calls.lua */
#undef AT
};
enum { SPECIFICATIONS = sizeof specifications / sizeof *specifications };

static void set_fallbacks(struct bind_options *options) {
    for (size_t i = 0; i < SPECIFICATIONS; i++) {
        const struct option *option = &specifications[i];
        void *to = (char *)options + option->at;
        if (option->read == read_number) *(double *)to = option->fallback;
        if (option->read == read_flag) *(bool *)to = option->fallback > 0;
    }
}

/* The value is on top of the stack. A number that is out of range leaves the fallback. */
static void read_option(lua_State *L, const struct option *option, struct bind_options *options) {
    void *to = (char *)options + option->at;
    option->read(L, options, to);
    if (option->read == read_number && !(*(double *)to >= option->least && *(double *)to <= option->most))
        *(double *)to = option->fallback;
}

/* The place of each specification by its name, from 1: a call is given a dozen of the many that there are, so that the
   table's keys are looked up, not all names. */
static char places_key;

static void push_places(lua_State *L) {
    lua_createtable(L, 0, SPECIFICATIONS);
    for (size_t i = 0; i < SPECIFICATIONS; i++) {
        lua_pushinteger(L, (lua_Integer)i + 1);
        lua_setfield(L, -2, specifications[i].name);
    }
}

void bind_options_read(lua_State *L, int index, struct bind_options *options) {
    *options = (struct bind_options){.check = false};
    set_fallbacks(options);
    compat_getref(L, &places_key);
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        lua_pushvalue(L, -2);
        lua_rawget(L, -4);
        lua_Integer place = lua_tointeger(L, -1); /* 0: none of C's */
        lua_pop(L, 1);
        if (place > 0) read_option(L, &specifications[place - 1], options);
    }
    lua_pop(L, 1);
}

void bind_options_push(lua_State *L) {
    push_places(L);
    compat_setref(L, &places_key);
    lua_createtable(L, SPECIFICATIONS, 0);
    for (size_t i = 0; i < SPECIFICATIONS; i++) {
        const struct option *option = &specifications[i];
        lua_createtable(L, 0, 8);
        push_string(L, "name", option->name);
        push_string(L, "kind", option->kind);
        lua_pushboolean(L, option->use & FOR_LINK);
        lua_setfield(L, -2, "link");
        lua_pushboolean(L, option->use & FOR_UNLINK);
        lua_setfield(L, -2, "unlink");
        lua_pushboolean(L, option->use & FOR_REQUEST);
        lua_setfield(L, -2, "request");
        lua_pushboolean(L, option->use & FOR_TENANT);
        lua_setfield(L, -2, "tenant");
        if (option->least != 0) push_number(L, "least", option->least);
        if (option->most != 0) push_number(L, "most", option->most);
        lua_rawseti(L, -2, (int)i + 1);
    }
}
