#include "lua/pool.h"

#include "lua/class.h"

enum { KEPT = 8 };

struct bind_pool {
    struct bind_engine *first; /* the most recently used; the registry has them all by their addresses */
    bool is_running;           /* a call is run to its end, and a debug hook may be at work in the middle of it */
    bool is_closing; /* the Lua state is: lua-cjson's instance may be gone, and nothing would close a new engine */
};

static char pool_class, pool_key; /* keys in the registry */

static int on_gc(lua_State *L) {
    struct bind_pool *pool = lua_touserdata(L, 1);
    pool->is_closing = true;
    return 0;
}

void bind_pool_init(lua_State *L) {
    bind_class_make(L, &pool_class, "auth0.core.pool", NULL, on_gc);
    (void)bind_class_new(L, &pool_class, sizeof(struct bind_pool));
    compat_setref(L, &pool_key);
}

static struct bind_pool *get_pool(lua_State *L) { return bind_class_kept(L, &pool_key); }

static void put_first(struct bind_pool *pool, struct bind_engine *self) {
    self->next = pool->first;
    pool->first = self;
}

/* Takes the engine out of the pool: from here on the collector may free it. */
static struct bind_engine *take(lua_State *L, struct bind_engine **at) {
    struct bind_engine *self = *at;
    *at = self->next;
    lua_pushnil(L);
    compat_setref(L, self);
    return self;
}

/* After a fork the parent's engines are left alone: closing one would send TLS and HTTP/2 goodbyes on the parent's
   connections. */
static void forget_parents(lua_State *L, struct bind_pool *pool) {
    while (pool->first != NULL && pool->first->engine != NULL && !engine_is_own(pool->first->engine))
        (void)take(L, &pool->first);
}

/* Closes those that are idle, but for the first ones. */
static void close_idle(lua_State *L, struct bind_pool *pool, int but) {
    struct bind_engine **at = &pool->first;
    for (int i = 0; *at != NULL; i++)
        if (i >= but && bind_engine_is_idle(*at))
            bind_engine_close(take(L, at));
        else
            at = &(*at)->next;
}

static bool is_same_text(const char *a, const char *b) {
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool is_same_profile(const struct profile *a, const struct profile *b) {
    bool is_same = a->http == b->http && is_same_text(a->domain, b->domain) && is_same_text(a->proxy, b->proxy) &&
                   is_same_text(a->ca_file, b->ca_file) && is_same_text(a->ca_path, b->ca_path) &&
                   is_same_text(a->client_cert, b->client_cert) && is_same_text(a->client_key, b->client_key) &&
                   is_same_text(a->proxy_ca_file, b->proxy_ca_file);
    for (int i = 0; is_same && (a->resolve[i] != NULL || b->resolve[i] != NULL); i++)
        is_same = is_same_text(a->resolve[i], b->resolve[i]);
    return is_same;
}

struct bind_engine *bind_pool_find(lua_State *L, struct bind_pool *pool, const struct profile *profile,
                                   const void *loop) {
    forget_parents(L, pool);
    struct bind_engine **at = &pool->first, *self;
    while ((self = *at) != NULL &&
           (self->engine == NULL || self->loop != loop || !is_same_profile(&self->profile, profile)))
        at = &self->next;
    if (self == NULL) return NULL;
    *at = self->next;
    put_first(pool, self);
    compat_getref(L, self);
    return self;
}

struct bind_engine *bind_pool_open(lua_State *L, struct bind_pool *pool, const struct profile *profile,
                                   const void *loop) {
    forget_parents(L, pool);
    close_idle(L, pool, KEPT - 1);
    struct bind_engine *self = bind_engine_open(L, profile);
    if (self == NULL) return NULL;
    self->loop = loop;
    lua_pushvalue(L, -1);
    compat_setref(L, self);
    put_first(pool, self);
    return self;
}

struct bind_pool *bind_pool_check(lua_State *L) {
    struct bind_pool *pool = get_pool(L);
    if (pool->is_closing) luaL_error(L, "auth0: this Lua state is closing; nothing was sent");
    if (pool->is_running) luaL_error(L, "auth0: a call is under way; a debug hook cannot make or close another");
    return pool;
}

void bind_pool_run(struct bind_pool *pool, struct bind_engine *engine, bool is_running) {
    pool->is_running = engine->is_running = is_running;
}

int bind_pool_close(lua_State *L) {
    struct bind_pool *pool = bind_pool_check(L);
    forget_parents(L, pool);
    close_idle(L, pool, 0);
    return 0;
}
