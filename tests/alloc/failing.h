/* Allocations that fail, in one program: whose they are, and which of them. */
#ifndef AUTH0_TESTS_FAILING_H
#define AUTH0_TESTS_FAILING_H

#include <lua.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdlib.h>

/* A leak in code that is gone has no name to report or to suppress it by: what lua_close lets go of stays loaded. */
__attribute__((visibility("default"))) int dlclose(void *handle);
int dlclose(void *handle) {
    (void)handle;
    return 0;
}

/* Whose allocations are counted, and which of them fail. `fails` of them do: Lua from 5.2 on collects and tries once
   more. */
enum whose { NOBODYS, LUAS, OURS };
static struct {
    enum whose whose;
    long count, at, fails;
} plan;

enum { ALL_THAT_FOLLOW = 1 << 30 };

static bool must_fail(enum whose whose) {
    if (plan.whose != whose) return false;
    plan.count++;
    return plan.count >= plan.at && plan.count - plan.at < plan.fails;
}

/* The linker leads the calls of our sources here: -Wl,--wrap. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size) { return must_fail(OURS) ? NULL : __real_malloc(size); }
void *__wrap_calloc(size_t count, size_t size) { return must_fail(OURS) ? NULL : __real_calloc(count, size); }
void *__wrap_realloc(void *old, size_t size) { return must_fail(OURS) ? NULL : __real_realloc(old, size); }

static void *lua_allocate(void *context, void *old, size_t old_size, size_t size) {
    (void)context;
    if (size == 0) {
        free(old);
        return NULL;
    }
    if ((old == NULL || size > old_size) && must_fail(LUAS)) return NULL;
    return __real_realloc(old, size);
}

/* A state of this allocator; NULL where a Lua takes none. */
static lua_State *new_state(void) {
#if LUA_VERSION_NUM >= 505
    lua_State *L = lua_newstate(lua_allocate, NULL, 0);
#else
    lua_State *L = lua_newstate(lua_allocate, NULL);
#endif
    if (L != NULL) luaL_openlibs(L);
    return L;
}

/* LuaJIT (2.1 of January 2023) crashes by itself in some of these: a script without this library makes it do so. */
static bool is_luajit(lua_State *L) {
    lua_getglobal(L, "jit");
    bool is_one = !lua_isnil(L, -1);
    lua_pop(L, 1);
    return is_one;
}

#endif
