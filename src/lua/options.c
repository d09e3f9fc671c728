#include "lua/options.h"

#include "lua/class.h"
#include "lua/push.h"

#include <stdio.h>

struct option;

/* Reads the value on top of the stack into its field. False where it cannot be used; lua/auth0/option_types.lua then
   says why. Lua accepts exactly what C accepts. */
typedef bool reader(lua_State *L, const struct option *option, struct bind_options *options, void *to);

struct option {
    const char *name;
    const char *type; /* what Lua holds it against */
    int use;
    reader *read; /* NULL: it is Lua's alone */
    size_t at;    /* in struct bind_options */
    double least, most;
};

/* ---- how a value is read ---- */

static struct span top_text(lua_State *L) {
    struct span text = {NULL, 0};
    if (lua_type(L, -1) == LUA_TSTRING) text.at = lua_tolstring(L, -1, &text.size);
    return text;
}

static bool read_string(lua_State *L, const struct option *option, struct bind_options *options, void *to) {
    (void)option, (void)options;
    *(struct span *)to = top_text(L);
    return ((struct span *)to)->at != NULL;
}

/* Lua looks into it. */
static bool read_presence(lua_State *L, const struct option *option, struct bind_options *options, void *to) {
    (void)L, (void)option, (void)options;
    return *(bool *)to = true;
}

/* Only its form is checked here. Whether a path, a proxy or a certificate can be used Lua checks, before an engine is
   opened with it (see prepare in perform.c). */
static bool read_terminated(lua_State *L, const struct option *option, struct bind_options *options, void *to) {
    (void)option, (void)options;
    struct span text = top_text(L);
    *(const char **)to = text.at;
    return text.at != NULL && strlen(text.at) == text.size;
}

static bool read_domain(lua_State *L, const struct option *option, struct bind_options *options, void *to) {
    *(struct span *)to = top_text(L);
    return read_terminated(L, option, options, &options->profile.domain);
}

static bool has_control(struct span text) {
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.at[i] < ' ' || text.at[i] == 0x7f) return true;
    return false;
}

static bool read_text(lua_State *L, const struct option *option, struct bind_options *options, void *to) {
    (void)options;
    struct span text = *(struct span *)to = top_text(L);
    return text.size > 0 && (option->most == 0 || (double)text.size <= option->most) && !has_control(text);
}

static bool read_word(lua_State *L, const struct option *option, struct bind_options *options, void *to) {
    return read_text(L, option, options, to) && span_visible(*(struct span *)to) == ((struct span *)to)->size;
}

static bool read_number(lua_State *L, const struct option *option, struct bind_options *options, void *to) {
    (void)options;
    double value = *(double *)to = (double)lua_tonumber(L, -1);
    return lua_type(L, -1) == LUA_TNUMBER && value >= option->least && value <= option->most;
}

static bool read_whole(lua_State *L, const struct option *option, struct bind_options *options, void *to) {
    const double *value = to;
    return read_number(L, option, options, to) && *value == (double)(int64_t)*value;
}

static bool read_flag(lua_State *L, const struct option *option, struct bind_options *options, void *to) {
    (void)option, (void)options;
    *(bool *)to = lua_toboolean(L, -1);
    return lua_isboolean(L, -1);
}

static bool read_telemetry(lua_State *L, const struct option *option, struct bind_options *options, void *to) {
    (void)option, (void)options;
    if (!lua_toboolean(L, -1)) *(struct span *)to = (struct span){NULL, 0};
    return lua_isboolean(L, -1);
}

static bool read_function(lua_State *L, const struct option *option, struct bind_options *options, void *to) {
    (void)option, (void)options;
    return *(bool *)to = lua_isfunction(L, -1);
}

static bool read_token(lua_State *L, const struct option *option, struct bind_options *options, void *to) {
    options->has_token_function = lua_isfunction(L, -1);
    return read_string(L, option, options, to) || options->has_token_function;
}

static bool read_http_version(lua_State *L, const struct option *option, struct bind_options *options, void *to) {
    (void)option, (void)options;
    struct span text = top_text(L);
    *(enum profile_http *)to = span_equals(text, SPAN("1.1")) ? PROFILE_HTTP_1_1 : PROFILE_HTTP_2;
    return *(enum profile_http *)to == PROFILE_HTTP_1_1 || span_equals(text, SPAN("2"));
}

static bool read_proxy(lua_State *L, const struct option *option, struct bind_options *options, void *to) {
    if (lua_type(L, -1) != LUA_TBOOLEAN) return read_terminated(L, option, options, to);
    *(const char **)to = "";
    return !lua_toboolean(L, -1);
}

/* A string, or an integer, which is kept as its digits. */
static bool read_user_id(lua_State *L, const struct option *option, struct bind_options *options, void *to) {
    if (read_string(L, option, options, to)) return true;
    if (!compat_isinteger(L, -1)) return false;
    snprintf(options->digits, sizeof options->digits, "%lld", compat_tointeger(L, -1));
    *(struct span *)to = span_of(options->digits);
    return options->given.user_id_is_integer = true;
}

/* Entries stay on the stack, above the table. */
static bool read_resolve(lua_State *L, const struct option *option, struct bind_options *options, void *to) {
    const char **texts = to;
    int index = lua_gettop(L), count = 0;
    if (!lua_istable(L, index) || lua_getmetatable(L, index)) return false;
    for (lua_pushnil(L); lua_next(L, index) != 0; count++) lua_pop(L, 1);
    bool is_good = count <= PROFILE_RESOLVES;
    for (int i = 0; i < count && is_good; i++) {
        lua_rawgeti(L, index, i + 1);
        is_good = read_terminated(L, option, options, &texts[i]);
    }
    return is_good;
}

/* ---- the specifications ---- */

enum {
    FOR_LINK = 1,
    FOR_UNLINK = 2,
    FOR_REQUEST = 4,
    FOR_TENANT = 8, /* what a tenant is made from: the transport profile, the token, and defaults of its calls */
    INSIDE = 16,    /* what this library says of its own requests */
    FOR_CHANGE = FOR_LINK | FOR_UNLINK,
    FOR_BOTH = FOR_CHANGE | FOR_TENANT, /* of a tenant's calls the tenant says it */
    FOR_ALL = FOR_BOTH | FOR_REQUEST
};

static const struct option specifications[] = {
#define AT(field) offsetof(struct bind_options, field)
    {"domain", "string", FOR_BOTH | INSIDE, read_domain, AT(common.domain), 0, 0},
    {"token", "token", FOR_BOTH, read_token, AT(token), 0, 0},
    {"primary", "string", FOR_CHANGE, read_string, AT(given.primary), 0, 0},
    {"secondary", "string", FOR_CHANGE, read_string, AT(given.secondary), 0, 0},
    {"id", "string", FOR_CHANGE, read_string, AT(given.id), 0, 0},
    {"provider", "string", FOR_CHANGE, read_string, AT(given.provider), 0, 0},
    {"user_id", "string_or_integer", FOR_CHANGE, read_user_id, AT(given.user_id), 0, 0},
    {"connection_id", "string", FOR_LINK, read_string, AT(given.connection_id), 0, 0},
    {"link_with", "string", FOR_LINK, read_string, AT(given.link_with), 0, 0},
    {"loop", "loop", FOR_BOTH, read_presence, AT(has_loop), 0, 0},
    {"check", "flag", FOR_UNLINK, read_flag, AT(check), 0, 0},
    {"settle", "flag", FOR_BOTH, read_flag, AT(common.settle), 0, 0},
    {"check_scopes", "flag", FOR_BOTH, read_flag, AT(common.check_scopes), 0, 0},
    {"method", "method", FOR_REQUEST | INSIDE, read_string, AT(method), 0, 0},
    {"path", "path", FOR_REQUEST | INSIDE, read_word, AT(path), 0, 0},
    {"query", "query", FOR_REQUEST, NULL, 0, 0, 0},                      /* it becomes part of the path */
    {"body", "body", FOR_REQUEST | INSIDE, read_string, AT(body), 0, 0}, /* Lua makes text of a table */
    {"idempotent", "flag", FOR_REQUEST | INSIDE, read_flag, AT(idempotent), 0, 0},
    {"raw", "flag", FOR_REQUEST | INSIDE, read_flag, AT(raw), 0, 0},
    {"promise", "word", INSIDE, read_word, AT(promise), 0, 16},
    {"range", "word", INSIDE, read_word, AT(range), 0, 64},
    {"max_memory", "bytes", INSIDE, read_whole, AT(max_memory), 1, UINT32_MAX},
    {"client_id", "word", FOR_TENANT, read_word, AT(client_id), 0, 64},
    {"client_secret", "secret", FOR_TENANT, read_string, AT(client_secret), 0, 2048},
    {"signing_key", "secret", FOR_TENANT, read_string, AT(signing_key), 0, 16384},
    {"signing_algorithm", "signing_algorithm", FOR_TENANT, read_string, AT(signing_algorithm), 0, 0},
    {"signing_key_id", "word", FOR_TENANT, read_word, AT(signing_key_id), 0, 64},
    {"audience", "word", FOR_TENANT, read_word, AT(audience), 0, 512},
    {"token_file", "text", FOR_TENANT, read_terminated, AT(token_file), 0, 4096},
    {"reserve", "number", FOR_TENANT, read_number, AT(reserve), 0, 0.9},
    {"rate", "number", FOR_TENANT, read_number, AT(rate), 0.001, 100000},
    {"on_event", "function", FOR_TENANT, read_function, AT(has_event_function), 0, 0},
    {"connect_timeout", "seconds", FOR_ALL, read_number, AT(common.connect_timeout), 0.001, 86400},
    {"attempt_timeout", "seconds", FOR_ALL, read_number, AT(common.attempt_timeout), 0.001, 86400},
    {"deadline", "seconds", FOR_ALL | INSIDE, read_number, AT(common.deadline), 0.001, 86400},
    {"attempts", "count", FOR_ALL, read_whole, AT(common.attempts), 1, 100},
    {"max_response", "bytes", FOR_ALL | INSIDE, read_whole, AT(common.max_response), 1024, 1073741824},
    {"http_version", "http_version", FOR_BOTH, read_http_version, AT(profile.http), 0, 0},
    {"proxy", "proxy", FOR_BOTH, read_proxy, AT(profile.proxy), 0, 0},
    {"resolve", "resolve", FOR_BOTH, read_resolve, AT(profile.resolve), 0, PROFILE_RESOLVES},
    {"ca_file", "text", FOR_BOTH, read_terminated, AT(profile.ca_file), 0, 4096},
    {"ca_path", "text", FOR_BOTH, read_terminated, AT(profile.ca_path), 0, 4096},
    {"proxy_ca_file", "text", FOR_BOTH, read_terminated, AT(profile.proxy_ca_file), 0, 4096},
    {"client_cert", "text", FOR_BOTH, read_terminated, AT(profile.client_cert), 0, 4096},
    {"client_key", "text", FOR_BOTH, read_terminated, AT(profile.client_key), 0, 4096},
    {"user_agent", "text", FOR_BOTH, read_text, AT(common.user_agent), 0, 256},
    {"telemetry", "telemetry", FOR_BOTH | INSIDE, read_telemetry, AT(common.telemetry), 0, 0},
    {"correlation_id", "word", FOR_ALL, read_word, AT(common.correlation_id), 0, 64}, /* the log cuts longer ones */
    {"mock", "mock", FOR_BOTH, NULL, 0, 0, 0},
#undef AT
};
enum { SPECIFICATIONS = sizeof specifications / sizeof *specifications };
_Static_assert(SPECIFICATIONS <= 64, "a set of options is 64 bits");

static uint64_t set_of(int use) {
    uint64_t set = 0;
    for (size_t i = 0; i < SPECIFICATIONS; i++)
        if ((specifications[i].use & use) && specifications[i].read != NULL) set |= UINT64_C(1) << i;
    return set;
}

uint64_t bind_options_of_tenant(void) { return set_of(FOR_TENANT); }

/* ---- reading ---- */

/* Keys in the registry. places_key: a table from the name of each option to its place, from 1. A call gives a dozen of
   the many options, so each given key is looked up, and not each specification. */
static char places_key, shortcuts_key, user_agent_key, telemetry_key, method_class;

/* A cache of that table by the address of the name, of which Lua has one copy that the table keeps alive; and of the
   texts under user_agent_key and telemetry_key. */
enum { SHORTCUTS = 256 };
struct shortcuts {
    const char *names[SHORTCUTS];
    unsigned char places[SHORTCUTS];
    struct span user_agent, telemetry;
};

static size_t shortcut_of(const struct shortcuts *shortcuts, const char *name) {
    size_t at = ((uintptr_t)name >> 4) % SHORTCUTS;
    while (shortcuts->names[at] != NULL && shortcuts->names[at] != name) at = (at + 1) % SHORTCUTS;
    return at;
}

void bind_options_start(lua_State *L, struct bind_options *options, const struct bind_common *defaults) {
    *options = (struct bind_options){.reserve = 0.1};
    if (defaults != NULL) {
        options->common = *defaults;
        return;
    }
    const struct shortcuts *shortcuts = options->shortcuts = bind_class_kept(L, &shortcuts_key);
    options->common = (struct bind_common){.user_agent = shortcuts->user_agent,
                                           .telemetry = shortcuts->telemetry,
                                           .connect_timeout = 10,
                                           .attempt_timeout = 15,
                                           .deadline = 60,
                                           .attempts = 5,
                                           .settle = true,
                                           .check_scopes = true};
}

/* The place of the name at `index`; 0 for none. */
static int place_of(lua_State *L, const struct shortcuts *shortcuts, int index) {
    const char *name = lua_type(L, index) == LUA_TSTRING ? lua_tostring(L, index) : NULL;
    int place = name != NULL ? shortcuts->places[shortcut_of(shortcuts, name)] : 0;
    if (place > 0) return place;
    lua_pushvalue(L, index);
    compat_getref(L, &places_key);
    lua_insert(L, -2);
    lua_rawget(L, -2);
    place = (int)lua_tointeger(L, -1);
    lua_pop(L, 2);
    return place;
}

const char *bind_options_read(lua_State *L, int index, uint64_t wanted, bool is_strict, struct bind_options *options) {
    if (!lua_checkstack(L, 2 * SPECIFICATIONS + PROFILE_RESOLVES + LUA_MINSTACK))
        bind_class_raise_memory(L, "auth0", "nothing was sent");
    const struct shortcuts *shortcuts = options->shortcuts;
    if (shortcuts == NULL) shortcuts = bind_class_kept(L, &shortcuts_key);
    int key = lua_gettop(L) + 1;
    lua_pushnil(L);
    while (lua_next(L, index) != 0) {
        int place = place_of(L, shortcuts, key);
        bool is_wanted = place > 0 && (wanted >> (place - 1) & 1);
        if (!is_wanted && is_strict) return "an option";
        if (!is_wanted) {
            lua_pop(L, 1);
            continue;
        }
        const struct option *option = &specifications[place - 1];
        if (!option->read(L, option, options, (char *)options + option->at)) return option->name;
        lua_pushvalue(L, key); /* above the value, which stays on the stack */
        key = lua_gettop(L);
    }
    return NULL;
}

/* ---- methods ---- */

int bind_options_new_method(lua_State *L) {
    static const char *const goals[] = {"link", "unlink", "request", "download", "sequence", NULL};
    enum bind_goal goal = (enum bind_goal)luaL_checkoption(L, 1, NULL, goals);
    const char *caller = luaL_checkstring(L, 2);
    luaL_checktype(L, 3, LUA_TTABLE);
    struct bind_method *self = bind_class_new(L, &method_class, sizeof *self);
    self->goal = goal;
    snprintf(self->caller, sizeof self->caller, "%s", caller);
    const struct shortcuts *shortcuts = bind_class_kept(L, &shortcuts_key);
    for (int i = 1; lua_rawgeti(L, 3, i), !lua_isnil(L, -1); i++) {
        int place = place_of(L, shortcuts, lua_gettop(L));
        if (place > 0) self->options |= UINT64_C(1) << (place - 1) & set_of(FOR_CHANGE);
        lua_pop(L, 1);
    }
    self->is_of_tenant = !(self->options & 1); /* its domain is the tenant's */
    self->request = goal >= BIND_REQUEST ? set_of(INSIDE) : 0;
    lua_pop(L, 1);
    return 1;
}

const struct bind_method *bind_options_check_method(lua_State *L, int index) {
    return bind_class_check(L, index, &method_class, "expected a method");
}

/* ---- what Lua is told ---- */

int bind_options_introduce(lua_State *L) {
    struct shortcuts *shortcuts = bind_class_kept(L, &shortcuts_key);
    shortcuts->user_agent.at = luaL_checklstring(L, 1, &shortcuts->user_agent.size);
    shortcuts->telemetry.at = luaL_checklstring(L, 2, &shortcuts->telemetry.size);
    lua_settop(L, 2);
    compat_setref(L, &telemetry_key);
    compat_setref(L, &user_agent_key);
    return 0;
}

static void set_use(lua_State *L, const struct option *option, const char *name, int use) {
    lua_pushboolean(L, option->use & use);
    lua_setfield(L, -2, name);
}

void bind_options_push(lua_State *L) {
    lua_createtable(L, SPECIFICATIONS, 0);
    for (size_t i = 0; i < SPECIFICATIONS; i++) {
        const struct option *option = &specifications[i];
        lua_createtable(L, 0, 8);
        push_string(L, "name", option->name);
        push_string(L, "type", option->type);
        set_use(L, option, "link", FOR_LINK);
        set_use(L, option, "unlink", FOR_UNLINK);
        set_use(L, option, "request", FOR_REQUEST);
        set_use(L, option, "tenant", FOR_TENANT);
        if (option->least != 0) push_number(L, "least", option->least);
        if (option->most != 0) push_number(L, "most", option->most);
        lua_rawseti(L, -2, (int)i + 1);
    }
}

void bind_options_init(lua_State *L) {
    struct shortcuts *shortcuts = compat_newuserdata(L, sizeof *shortcuts);
    *shortcuts = (struct shortcuts){.names = {NULL}};
    compat_setref(L, &shortcuts_key);
    lua_createtable(L, 0, SPECIFICATIONS);
    for (size_t i = 0; i < SPECIFICATIONS; i++) {
        lua_pushstring(L, specifications[i].name);
        const char *name = lua_tostring(L, -1);
        size_t at = shortcut_of(shortcuts, name);
        shortcuts->names[at] = name;
        shortcuts->places[at] = (unsigned char)(i + 1);
        lua_pushinteger(L, (lua_Integer)i + 1);
        lua_rawset(L, -3);
    }
    compat_setref(L, &places_key);
    bind_class_make(L, &method_class, "auth0.core.method", NULL, NULL);
}
