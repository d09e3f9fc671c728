/* The frame of the programs in this folder. Each opens Lua with its module in it, and lets each allocation of a run
   fail in turn: those two functions are its own. */
#ifndef AUTH0_TESTS_FRAME_H
#define AUTH0_TESTS_FRAME_H

#include "unit/support.h"

#include "alloc/failing.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

static const char *root; /* of the source tree */

/* NULL: this Lua takes no allocator. */
static lua_State *open_lua(void);
static void fail_each_in_turn(enum whose whose, long fails);

/* A state in which `require` finds the module, and the library's Lua files. */
static inline lua_State *frame_open(const char *module, lua_CFunction open) {
    lua_State *L = new_state();
    if (L == NULL) return NULL;
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "path");
    lua_pushfstring(L, "%s/lua/?.lua;%s/lua/?/init.lua;%s", root, root, lua_tostring(L, -1));
    lua_setfield(L, -3, "path");
    lua_getfield(L, -2, "preload");
    lua_pushcfunction(L, open);
    lua_setfield(L, -2, module);
    lua_settop(L, 0);
    return L;
}

/* A state with a script of this folder on its stack. */
static inline lua_State *frame_load(const char *name) {
    char script[4096];
    lua_State *L = open_lua();
    assert_non_null(L);
    snprintf(script, sizeof script, "%s/tests/alloc/%s", root, name);
    assert_int_equal(luaL_loadfile(L, script), 0);
    return L;
}

/* Whether an error says that memory is out. luaL_checkstack says nothing else where the stack cannot grow. */
static inline bool frame_is_of_memory(const char *message) {
    return strstr(message, "not enough memory") != NULL || strstr(message, "stack overflow (too many ") != NULL;
}

static inline void skip_under_luajit(void) {
    lua_State *L = open_lua();
    assert_non_null(L);
    bool is_one = is_luajit(L);
    lua_close(L);
    if (is_one) skip();
}

static void lua_is_out_of_memory_for_a_moment(void **state) {
    (void)state;
    skip_under_luajit();
    fail_each_in_turn(LUAS, 2);
}

static void lua_is_out_of_memory_from_then_on(void **state) {
    (void)state;
    skip_under_luajit();
    fail_each_in_turn(LUAS, ALL_THAT_FOLLOW);
}

static void our_own_code_is_out_of_memory_for_a_moment(void **state) {
    (void)state;
    fail_each_in_turn(OURS, 1);
}

static void our_own_code_is_out_of_memory_from_then_on(void **state) {
    (void)state;
    fail_each_in_turn(OURS, ALL_THAT_FOLLOW);
}

#define FRAME_TESTS                                                                                                    \
    cmocka_unit_test(lua_is_out_of_memory_for_a_moment), cmocka_unit_test(lua_is_out_of_memory_from_then_on),          \
        cmocka_unit_test(our_own_code_is_out_of_memory_for_a_moment),                                                  \
        cmocka_unit_test(our_own_code_is_out_of_memory_from_then_on)

/* The status to exit with at once; 0: the tests can run. */
static inline int frame_begin(int count, char **arguments) {
    if (count != 2) {
        fprintf(stderr, "usage: %s ROOT\n", arguments[0]);
        return 2;
    }
    root = arguments[1];
    lua_State *L = open_lua();
    if (L == NULL) {
        puts("this Lua takes no allocator");
        return 77;
    }
    lua_close(L);
    return 0;
}

#endif
