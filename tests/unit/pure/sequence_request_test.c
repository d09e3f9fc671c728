/* What the requests of a sequence say: which path, which body, and what kind of operation. */
#include "sequence_drive.h"

/* The plan of the request that is under way. */
static const struct operation_plan *plan_under_way(const char *request) {
    for (int i = 0; i < drive.count; i++)
        if (strcmp(drive.sent[i], request) == 0) return &drive.under_way[i].plan;
    fail_msg("not under way: %s; but %s", request, drive.count > 0 ? drive.sent[0] : "nothing");
    return NULL;
}

static struct sequence_plan checking(unsigned checks) {
    struct sequence_plan plan = plan_of(SEQUENCE_PREVIEW);
    plan.guard.checks = checks;
    return plan;
}

static void test_a_read_changes_nothing_and_a_change_does(void **state) {
    (void)state;
    struct sequence_plan plan = plan_of(SEQUENCE_MERGE);
    begin(&plan);
    assert_false(plan_under_way(GET_PRIMARY)->is_change);
    assert_int_equal(plan_under_way(GET_PRIMARY)->kind, OPERATION_FREE);
    assert_int_equal(plan_under_way(GET_SECONDARY)->promise, ANSWER_USER);
    succeed(GET_PRIMARY, ALONE(""));
    succeed(GET_SECONDARY, OTHER(",\"user_metadata\":{\"size\":1}"));
    approve();
    const struct operation_plan *write = plan_under_way(PATCH_PRIMARY "{\"user_metadata\":{\"size\":1}}");
    assert_true(write->is_change);
    assert_int_equal(write->promise, ANSWER_USER);
    succeed(PATCH_PRIMARY "{\"user_metadata\":{\"size\":1}}", ALONE(""));
    assert_true(plan_under_way(LINK)->is_change);
    assert_true(plan_under_way(LINK)->settle);
    assert_int_equal(plan_under_way(LINK)->kind, OPERATION_LINK);
}

#define GROUPS GET_SECONDARY "/groups?take=50"

static void test_a_list_without_numbers_goes_on_from_where_its_last_page_says(void **state) {
    (void)state;
    struct sequence_plan plan = checking(GUARD_GROUPS);
    begin(&plan);
    succeed(GROUPS, "{\"groups\":[{\"id\":\"grp_1\"}],\"next\":\"a b\"}");
    succeed(GROUPS "&from=a%20b", "{\"groups\":[{\"id\":\"grp_2\"}],\"next\":\"c\"}");
    succeed(GROUPS "&from=c", "{\"groups\":[{\"id\":\"grp_3\"}]}");
    assert_int_equal(drive.count, 2); /* the profiles */
}

static void test_a_holder_is_looked_for_by_the_identity(void **state) {
    (void)state;
    struct sequence_plan plan = checking(GUARD_FACTORS);
    begin(&plan);
    succeed(GET_PRIMARY, ALONE(""));
    refuse(GET_SECONDARY "/authentication-methods?page=0&per_page=50", CODE_NOT_FOUND);
    refuse(GET_SECONDARY, CODE_NOT_FOUND);
    plan_under_way("GET /api/v2/users?search_engine=v3&q=identities.provider%3A%22google-oauth2%22%20AND%20"
                   "identities.user_id%3A%222%22");
}

#define OF_WORKER                                                                                                      \
    "{\"provider\":\"google-apps\",\"user_id\":\"2\",\"connection\":\"my apps\\u002fx\",\"isSocial\":false}"

static void test_what_provisions_a_connection_is_read_by_its_id(void **state) {
    (void)state;
    struct sequence_plan plan = checking(GUARD_PROVISIONING);
    plan.guard.secondary = plan.target.user_id = SPAN("google-apps|2");
    plan.target.provider = SPAN("google-apps");
    begin(&plan);
    succeed(GET_PRIMARY, ALONE(""));
    succeed("GET /api/v2/users/google-apps%7C2", ACCOUNT("google-apps|2", OF_WORKER, ""));
    succeed("GET /api/v2/connections?name=my%20apps%2Fx", "[{\"id\":\"con_1\",\"name\":\"my apps/x\"}]");
    refuse("GET /api/v2/connections/con_1/scim-configuration", CODE_NOT_FOUND);
    refuse("GET /api/v2/connections/con_1/directory-provisioning", CODE_NOT_FOUND);
    assert_end(CODE_OK, OUTCOME_NONE);
}

static void test_a_link_names_the_connection_that_was_given(void **state) {
    (void)state;
    struct sequence_plan plan = plan_of(SEQUENCE_MERGE);
    plan.target.connection_id = SPAN("con_1");
    begin(&plan);
    succeed(GET_PRIMARY, ALONE(""));
    succeed(GET_SECONDARY, OTHER(""));
    approve();
    plan_under_way("link auth0|1 {\"provider\":\"google-oauth2\",\"user_id\":\"google-oauth2|2\","
                   "\"connection_id\":\"con_1\"}");
}

#define TEST(name) cmocka_unit_test_teardown(name, end_drive)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_a_read_changes_nothing_and_a_change_does),
        TEST(test_a_list_without_numbers_goes_on_from_where_its_last_page_says),
        TEST(test_a_holder_is_looked_for_by_the_identity),
        TEST(test_what_provisions_a_connection_is_read_by_its_id),
        TEST(test_a_link_names_the_connection_that_was_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
