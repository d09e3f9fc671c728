/* The command's C module while memory runs out, at every allocation in turn, Lua's and our own: a run ends with what it
   was to do, or with an error that says so, and leaves no descriptor. Arguments: the root of the source tree. */
#include "unit/support.h"

#include "alloc/frame.h"

int luaopen_auth0_accounts_core(lua_State *L);

static lua_State *open_lua(void) { return frame_open("auth0_accounts.core", luaopen_auth0_accounts_core); }

static bool is_expected(const char *message) {
    return message != NULL && (frame_is_of_memory(message) || strstr(message, "Cannot allocate memory") != NULL);
}

/* Whether the script came to its end while the plan lasted. */
static bool run(enum whose whose, const char *folder) {
    int before = open_descriptors();
    lua_State *L = frame_load("accounts_run.lua");
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

int main(int count, char **arguments) {
    const struct CMUnitTest tests[] = {
        FRAME_TESTS,
    };
    int status = frame_begin(count, arguments);
    return status != 0 ? status : cmocka_run_group_tests(tests, NULL, NULL);
}
