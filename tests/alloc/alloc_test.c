/* Memory that runs out, at every allocation in turn: Lua's, and our own. A run ends with what it was to do, with
   a failure, or with "not enough memory"; and what it was told is true by the tenant's record. From the environment:
   AUTH0_ALLOC_SECONDS, for each test (13): where that is too short for all, some allocations are left out. 0 is no
   limit. Arguments: the root of the source tree. */
#include "unit/support.h"

#include "alloc/frame.h"
#include "pure/json.h"

int luaopen_auth0_core(lua_State *L);

/* ---- one run ---- */

enum word { NOT_TOLD, OK, NONE, UNKNOWN };

/* What one run was told: by pair, which is the run's number. */
struct told {
    enum word link, unlink;
    bool nothing_was_sent; /* said an error message */
};

static enum word read_word(lua_State *L, int index, const char *name) {
    lua_getfield(L, index, name);
    const char *word = lua_tostring(L, -1);
    assert_non_null(word);
    enum word read = strcmp(word, "ok") == 0        ? OK
                     : strcmp(word, "none") == 0    ? NONE
                     : strcmp(word, "unknown") == 0 ? UNKNOWN
                                                    : NOT_TOLD;
    lua_pop(L, 1);
    return read;
}

static void set_string(lua_State *L, const char *name, const char *text) {
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
}

static void push_tenant(lua_State *L, int pair) {
    char id[32];
    lua_newtable(L);
    set_string(L, "domain", getenv("AUTH0_TENANT_DOMAIN"));
    set_string(L, "ca_file", getenv("AUTH0_TENANT_CA"));
    set_string(L, "resolve", getenv("AUTH0_TENANT_RESOLVE"));
    set_string(L, "token", getenv("AUTH0_TENANT_TOKEN"));
    snprintf(id, sizeof id, "auth0|p%d", pair);
    set_string(L, "primary", id);
    snprintf(id, sizeof id, "google-oauth2|s%d", pair);
    set_string(L, "secondary", id);
}

static void push_told(lua_State *L) {
    lua_newtable(L);
    set_string(L, "link", "");
    set_string(L, "unlink", "");
    set_string(L, "refused", "");
    set_string(L, "read", "");
    set_string(L, "closed", "");
}

static lua_State *open_lua(void) { return frame_open("auth0.core", luaopen_auth0_core); }

/* Runs the script with a pair of its own while the plan lasts. The run came to its end: true. */
static bool run(enum whose whose, int pair, struct told *told) {
    int before = open_descriptors();
    lua_State *L = frame_load("one_run.lua");
    push_told(L);
    lua_pushvalue(L, -1);
    lua_insert(L, 1);
    push_tenant(L, pair);
    plan.whose = whose;
    plan.count = 0;
    int status = lua_pcall(L, 2, 0, 0);
    plan.whose = NOBODYS;
    const char *message = status != 0 ? lua_tostring(L, -1) : "";
    if (message == NULL) fail_msg("allocation %ld: an error that is no string", plan.at);
    if (status != 0 && !frame_is_of_memory(message)) fail_msg("allocation %ld: %s", plan.at, message);
    *told =
        (struct told){read_word(L, 1, "link"), read_word(L, 1, "unlink"), strstr(message, "nothing was sent") != NULL};
    bool is_whole = status == 0 && read_word(L, 1, "closed") == OK;
    lua_close(L);
    if (open_descriptors() != before) fail_msg("allocation %ld: a descriptor is left", plan.at);
    return is_whole;
}

/* ---- what was told, and what was recorded ---- */

enum { PAIRS = 4000 };

static void count_changes(const char *text, int links[], int unlinks[]) {
    struct json_value changes, primary, kind;
    struct json_reader reader = json_reader(span_of(text));
    reader.room = json_room(reader.text.size);
    struct json_token *tokens = reader.tokens = calloc(reader.room, sizeof *reader.tokens);
    assert_non_null(tokens);
    assert_int_equal(json_read(&reader), JSON_WHOLE);
    assert_true(json_member(json_root(&reader), SPAN("changes"), &changes));
    for (struct json_walk walk = json_walk(changes); json_next(&walk);) {
        char name[32] = "";
        assert_true(json_member(walk.value, SPAN("primary"), &primary) && json_member(walk.value, SPAN("kind"), &kind));
        json_string(primary, name, sizeof name - 1);
        int pair = 0;
        assert_int_equal(sscanf(name, "auth0|p%d", &pair), 1);
        assert_in_range(pair, 1, PAIRS);
        if (json_string_is(kind, SPAN("link"))) links[pair]++;
        if (json_string_is(kind, SPAN("unlink"))) unlinks[pair]++;
    }
    free(tokens);
}

static void compare(const struct told told[], int runs) {
    int *links = calloc(PAIRS + 1, sizeof *links), *unlinks = calloc(PAIRS + 1, sizeof *unlinks);
    assert_true(links != NULL && unlinks != NULL);
    struct tenant_record record = tenant_record();
    count_changes(record.text, links, unlinks);
    for (int pair = 1; pair <= runs; pair++) {
        const struct told *one = &told[pair];
        if (links[pair] > 1 || unlinks[pair] > 1) fail_msg("run %d: a change was made twice", pair);
        if ((one->link == OK && !links[pair]) || (one->link == NONE && links[pair]))
            fail_msg("run %d: told a link %s, recorded %d", pair, one->link == OK ? "ok" : "none", links[pair]);
        if ((one->unlink == OK && !unlinks[pair]) || (one->unlink == NONE && unlinks[pair]))
            fail_msg("run %d: told an unlink %s, recorded %d", pair, one->unlink == OK ? "ok" : "none", unlinks[pair]);
        if (one->link == NOT_TOLD && one->nothing_was_sent && links[pair])
            fail_msg("run %d: told that nothing was sent, and the link is recorded", pair);
    }
    tenant_record_free(&record);
    free(links);
    free(unlinks);
}

/* ---- all runs ---- */

static long count_allocations(enum whose whose) {
    struct told told;
    plan.at = 1;
    plan.fails = 0;
    assert_true(run(whose, 1, &told));
    assert_true(told.link == OK && told.unlink == OK);
    return plan.count;
}

/* arm(n): of those that follow the n-th fails. */
static int arm(lua_State *L) {
    plan.whose = LUAS;
    plan.count = 0;
    plan.at = (long)luaL_checkinteger(L, 1);
    return 0;
}

static int disarm(lua_State *L) {
    (void)L;
    plan.whose = NOBODYS;
    return 0;
}

static double seconds_for_one_test(void) {
    const char *text = getenv("AUTH0_ALLOC_SECONDS");
    double seconds = text != NULL ? atof(text) : 13;
    return seconds > 0 ? seconds : 1e9;
}

/* How far to go to the next allocation, so that the last one is reached in time. */
static long step(long left, double cost, double time) {
    if (time <= 0) return left;
    double wanted = (double)left * cost / time;
    return wanted > 1 ? (long)wanted : 1;
}

static void fail_each_in_turn(enum whose whose, long fails) {
    static struct told told[PAIRS + 1];
    tenant_reset(PAIRS);
    double begin = now(), end = begin + seconds_for_one_test();
    long total = count_allocations(whose);
    int runs = 1;
    for (long at = 1, left; (left = total - at) >= 0 && runs < PAIRS;) {
        plan.at = at;
        plan.fails = fails;
        runs++;
        run(whose, runs, &told[runs]);
        long by_pairs = left / (PAIRS - runs + 1) + 1;
        long by_time = step(left, (now() - begin) / runs, end - now());
        at += by_pairs > by_time ? by_pairs : by_time > 0 ? by_time : 1;
    }
    told[1] = (struct told){OK, OK, false};
    compare(told, runs);
    print_message("%d of %ld allocations failed\n", runs - 1, total);
}

static void what_could_not_be_told_is_told_the_next_time(void **state) {
    (void)state;
    skip_under_luajit();
    lua_State *L = frame_load("one_end.lua");
    lua_pushcfunction(L, arm);
    lua_pushcfunction(L, disarm);
    plan.fails = 2;
    if (lua_pcall(L, 2, 1, 0) != 0) fail_msg("%s", lua_tostring(L, -1));
    assert_true(lua_tointeger(L, -1) > 0); /* else nothing was put to the test */
    lua_close(L);
}

static int arm_ours(lua_State *L) {
    (void)arm(L);
    plan.whose = OURS;
    return 0;
}

static void a_merge_tells_the_truth(lua_CFunction arms, long fails) {
    lua_State *L = frame_load("merges.lua");
    lua_pushcfunction(L, arms);
    lua_pushcfunction(L, disarm);
    plan.fails = fails;
    if (lua_pcall(L, 2, 1, 0) != 0) fail_msg("%s", lua_tostring(L, -1));
    assert_true(lua_tointeger(L, -1) > 0);
    lua_close(L);
}

static void a_merge_without_our_own_memory_tells_the_truth(void **state) {
    (void)state;
    a_merge_tells_the_truth(arm_ours, 1);
    a_merge_tells_the_truth(arm_ours, ALL_THAT_FOLLOW);
}

static void a_merge_without_memory_of_luas_tells_the_truth(void **state) {
    (void)state;
    skip_under_luajit();
    a_merge_tells_the_truth(arm, 2);
}

int main(int count, char **arguments) {
    const struct CMUnitTest tests[] = {
        FRAME_TESTS,
        cmocka_unit_test(what_could_not_be_told_is_told_the_next_time),
        cmocka_unit_test(a_merge_without_our_own_memory_tells_the_truth),
        cmocka_unit_test(a_merge_without_memory_of_luas_tells_the_truth),
    };
    int status = frame_begin(count, arguments);
    return status != 0 ? status : cmocka_run_group_tests(tests, NULL, NULL);
}
