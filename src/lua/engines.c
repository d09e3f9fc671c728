#include "lua/engines.h"

#include "lua/push.h"

enum { ENGINES = 8 };

/* The most recently used first; the rest NULL. */
struct engines {
    struct engine *slots[ENGINES];
    bool is_busy;    /* a call is under way, and a debug hook may be running in the middle of it */
    bool is_closing; /* the Lua state is: lua-cjson's instance may be gone, and nobody would close a new engine */
};

static char engines_set;

static void close_all(struct engines *engines) {
    for (int i = 0; i < ENGINES; i++) {
        struct engine *engine = engines->slots[i];
        engines->slots[i] = NULL;
        if (engine != NULL) engine_close(engine);
    }
}

/* Calls no Lua; safe to run twice. */
static int on_gc(lua_State *L) {
    struct engines *engines = lua_touserdata(L, 1);
    engines->is_closing = true;
    close_all(engines);
    return 0;
}

void bind_engines_init(lua_State *L) {
    struct engines *engines = compat_newuserdata(L, sizeof *engines);
    *engines = (struct engines){.is_busy = false};
    lua_createtable(L, 0, 2);
    push_finalizer(L, on_gc);
    lua_setmetatable(L, -2);
    compat_setref(L, &engines_set);
}

static struct engines *get_engines(lua_State *L) {
    compat_getref(L, &engines_set);
    struct engines *engines = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return engines;
}

static void to_front(struct engines *engines, int slot) {
    struct engine *engine = engines->slots[slot];
    memmove(&engines->slots[1], &engines->slots[0], (size_t)slot * sizeof(struct engine *));
    engines->slots[0] = engine;
}

/* After a fork the parent's engines are left alone: closing one would say goodbye on the parent's connections. */
static void abandon_foreign(struct engines *engines) {
    if (engines->slots[0] != NULL && !engine_is_own(engines->slots[0]))
        memset(engines->slots, 0, sizeof engines->slots);
}

struct engine *bind_engines_get(lua_State *L, const struct profile *profile) {
    struct engines *engines = get_engines(L);
    struct buffer key = {NULL, 0, 0};
    abandon_foreign(engines);
    if (!profile_pack(profile, &key)) {
        buffer_free(&key);
        return NULL;
    }
    for (int i = 0; i < ENGINES && engines->slots[i] != NULL; i++)
        if (span_equals(engine_key(engines->slots[i]), buffer_span(&key))) {
            buffer_free(&key);
            to_front(engines, i);
            return engines->slots[0];
        }
    struct engine *engine = engine_open(&key);
    if (engine == NULL) return NULL;
    if (engines->slots[ENGINES - 1] != NULL) engine_close(engines->slots[ENGINES - 1]);
    engines->slots[ENGINES - 1] = engine;
    to_front(engines, ENGINES - 1);
    return engine;
}

void bind_engines_check(lua_State *L) {
    const struct engines *engines = get_engines(L);
    if (engines->is_closing) luaL_error(L, "auth0: this Lua state is closing; nothing was sent");
    if (engines->is_busy) luaL_error(L, "auth0: a call is under way; a debug hook cannot make or close another");
}

void bind_engines_busy(lua_State *L, bool is_busy) { get_engines(L)->is_busy = is_busy; }

void bind_engines_close(lua_State *L) {
    bind_engines_check(L);
    close_all(get_engines(L));
}
