/* The command's C module while memory runs out, at every allocation in turn, Lua's and our own: a run ends with what it
   was to do, or with an error that says so, and leaves no descriptor. Arguments: the root of the source tree. */
#include "unit/support.h"

#include "alloc/failing.h"

#include <lauxlib.h>
#include <stdio.h>

int luaopen_auth0_accounts_core(lua_State *L);

static const char *root;

static lua_State *open_lua(void) {
    lua_State *L = new_state();
    if (L == NULL) return NULL;
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "preload");
    lua_pushcfunction(L, luaopen_auth0_accounts_core);
    lua_setfield(L, -2, "auth0_accounts.core");
    lua_settop(L, 0);
    return L;
}

static bool is_expected(const char *message) {
    return message != NULL &&
           (strstr(message, "not enough memory") != NULL || strstr(message, "Cannot allocate memory") != NULL);
}

/* Whether the script came to its end while the plan lasted. */
static bool run(enum whose whose, const char *folder) {
    char script[4096];
    int before = open_descriptors();
    lua_State *L = open_lua();
    assert_non_null(L);
    snprintf(script, sizeof script, "%s/tests/alloc/accounts_run.lua", root);
    assert_int_equal(luaL_loadfile(L, script), 0);
    lua_pushstring(L, folder);
    plan.whose = whose;
    plan.count = 0;
    int status = lua_pcall(L, 1, 0, 0);
    plan.whose = NOBODYS;
    const char *message = status != 0 ? lua_tostring(L, -1) : "";
    if (status != 0 && !is_expected(message)) fail_msg("allocation %ld: %s", plan.at, message);
    lua_close(L);
    if (open_descriptors() != before) fail_msg("allocation %ld: a descriptor is left", plan.at);
    return status == 0;
}

static void fail_each_in_turn(enum whose whose, long fails) {
    char folder[] = "/tmp/auth0-alloc.XXXXXX", remove[sizeof folder + 16];
    assert_non_null(mkdtemp(folder));
    plan.fails = fails;
    plan.at = 0;
    bool is_whole;
    do {
        plan.at++;
        is_whole = run(whose, folder);
    } while (!is_whole || plan.count >= plan.at);
    assert_true(plan.at > 5);
    print_message("%ld allocations failed\n", plan.at - 1);
    snprintf(remove, sizeof remove, "rm -r %s", folder);
    assert_int_equal(system(remove), 0);
}

static void skip_under_luajit(void) {
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

int main(int count, char **arguments) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lua_is_out_of_memory_for_a_moment),
        cmocka_unit_test(lua_is_out_of_memory_from_then_on),
        cmocka_unit_test(our_own_code_is_out_of_memory_for_a_moment),
        cmocka_unit_test(our_own_code_is_out_of_memory_from_then_on),
    };
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
    return cmocka_run_group_tests(tests, NULL, NULL);
}
