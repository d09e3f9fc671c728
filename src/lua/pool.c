#include "lua/pool.h"

#include "lua/class.h"

enum { KEPT = 8 };

struct pool {
    bool is_running; /* a call is run to its end, and a debug hook may be at work in the middle of it */
    bool is_closing; /* the Lua state is: lua-cjson's instance may be gone, and nothing would close a new engine */
};

static char pool_class, pool_key, engines_key; /* keys in the registry; the last one's is an array of the engines, the
                                                  most recently used first */

static int on_gc(lua_State *L) {
    struct pool *pool = lua_touserdata(L, 1);
    pool->is_closing = true;
    return 0;
}

static void forget_engines(lua_State *L) {
    lua_newtable(L);
    compat_setref(L, &engines_key);
}

void pool_init(lua_State *L) {
    class_make(L, &pool_class, "auth0.core.pool", NULL, on_gc);
    (void)class_new(L, &pool_class, sizeof(struct pool));
    compat_setref(L, &pool_key);
    forget_engines(L);
}

static struct pool *get_pool(lua_State *L) { return class_kept(L, &pool_key); }

/* Pushes the i-th; NULL where there are fewer. */
static struct bind_engine *push_engine(lua_State *L, int engines, int i) {
    lua_rawgeti(L, engines, i);
    return lua_touserdata(L, -1);
}

/* Pushes the array. */
static int push_engines(lua_State *L) {
    compat_getref(L, &engines_key);
    const struct bind_engine *first = push_engine(L, lua_gettop(L), 1);
    bool is_foreign = first != NULL && first->engine != NULL && !engine_is_own(first->engine);
    lua_pop(L, 1);
    if (is_foreign) {
        lua_pop(L, 1);
        forget_engines(L);
        compat_getref(L, &engines_key);
    }
    return lua_gettop(L);
}

/* Moves those before the i-th up by one place, and puts the engine on top of the stack first. */
static void put_first(lua_State *L, int engines, int i) {
    for (; i > 1; i--) {
        lua_rawgeti(L, engines, i - 1);
        lua_rawseti(L, engines, i);
    }
    lua_pushvalue(L, -1);
    lua_rawseti(L, engines, 1);
}

static void close_at(lua_State *L, int engines, int i) {
    bind_engine_close(push_engine(L, engines, i));
    lua_pop(L, 1);
    for (bool is_last = false; !is_last; i++) {
        is_last = push_engine(L, engines, i + 1) == NULL;
        lua_rawseti(L, engines, i);
    }
}

/* Closes what is idle from the `first` on. */
static void close_idle(lua_State *L, int engines, int first) {
    for (int i = (int)compat_rawlen(L, engines); i >= first; i--) {
        const struct bind_engine *self = push_engine(L, engines, i);
        bool is_idle = self->engine == NULL || (engine_pending(self->engine) == 0 && self->untold == 0);
        lua_pop(L, 1);
        if (is_idle) close_at(L, engines, i);
    }
}

static bool is_same_text(const char *a, const char *b) {
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool is_same_profile(const struct profile *a, const struct profile *b) {
    bool is_same = a->http == b->http && is_same_text(a->domain, b->domain) && is_same_text(a->proxy, b->proxy) &&
                   is_same_text(a->ca_file, b->ca_file) && is_same_text(a->ca_path, b->ca_path) &&
                   is_same_text(a->client_cert, b->client_cert) && is_same_text(a->client_key, b->client_key);
    for (int i = 0; is_same && (a->resolve[i] != NULL || b->resolve[i] != NULL); i++)
        is_same = is_same_text(a->resolve[i], b->resolve[i]);
    return is_same;
}

struct bind_engine *pool_get(lua_State *L, const struct profile *profile, const void *loop) {
    int engines = push_engines(L);
    struct bind_engine *self;
    for (int i = 1; (self = push_engine(L, engines, i)) != NULL; i++) {
        if (self->engine != NULL && self->loop == loop && is_same_profile(&self->profile, profile)) {
            if (i > 1) put_first(L, engines, i);
            return self;
        }
        lua_pop(L, 1);
    }
    close_idle(L, engines, KEPT);
    self = bind_engine_open(L, profile);
    if (self == NULL) return NULL;
    self->loop = loop;
    put_first(L, engines, (int)compat_rawlen(L, engines) + 1);
    return self;
}

void pool_check(lua_State *L) {
    const struct pool *pool = get_pool(L);
    if (pool->is_closing) luaL_error(L, "auth0: this Lua state is closing; nothing was sent");
    if (pool->is_running) luaL_error(L, "auth0: a call is under way; a debug hook cannot make or close another");
}

void pool_run(lua_State *L, struct bind_engine *engine, bool is_running) {
    get_pool(L)->is_running = engine->is_running = is_running;
}

int pool_close(lua_State *L) {
    pool_check(L);
    close_idle(L, push_engines(L), 1);
    return 0;
}
