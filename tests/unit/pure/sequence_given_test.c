/* Preview and merge of accounts that their caller has read. */
#include "sequence_drive.h"

#define P_COLOR ",\"user_metadata\":{\"color\":\"red\"}"
#define S_SIZE ",\"user_metadata\":{\"size\":1.0,\"color\":\"blue\"},\"app_metadata\":{\"plan\":[]}"
#define WRITE PATCH_PRIMARY "{\"user_metadata\":{\"size\":1.0}}"

static struct sequence_plan given(enum sequence_goal goal, const char *primary, const char *secondary, int64_t age) {
    struct sequence_plan plan = plan_of(goal);
    plan.profiles[GUARD_PRIMARY] = reading_value(span_of(primary));
    plan.profiles[GUARD_SECONDARY] = reading_value(span_of(secondary));
    plan.profiles_at = NOW - age;
    return plan;
}

static void begin_given(enum sequence_goal goal, int64_t age) {
    struct sequence_plan plan = given(goal, ALONE(P_COLOR), OTHER(S_SIZE), age);
    begin(&plan);
}

static void test_a_preview_sends_nothing_whatever_their_age(void **state) {
    (void)state;
    static const int64_t ages[] = {0, SEQUENCE_FRESH + 1, 86400, -60, NOW};
    for (size_t i = 0; i < COUNT(ages); i++) {
        begin_given(SEQUENCE_PREVIEW, ages[i]);
        assert_end(CODE_OK, OUTCOME_NONE);
        assert_int_equal(finished()->requests, 0);
        assert_member(sequence_result, "patch_text", "\"{\\\"user_metadata\\\":{\\\"size\\\":1.0}}\"");
    }
}

static void test_a_merge_changes_at_once(void **state) {
    (void)state;
    begin_given(SEQUENCE_MERGE, SEQUENCE_FRESH);
    assert_member(sequence_receipt, "at", "1764489600");
    assert_member(sequence_receipt, "secondary_was",
                  "{\"user_metadata\":\"{\\\"size\\\":1.0,\\\"color\\\":\\\"blue\\\"}\","
                  "\"app_metadata\":\"{\\\"plan\\\":[]}\"}");
    approve();
    succeed(WRITE, ALONE(""));
    succeed(LINK, BOTH);
    assert_end(CODE_OK, OUTCOME_NONE);
    assert_int_equal(finished()->requests, 2);
}

/* Too old; of the future, as by a clock that is wrong; of a time that is not known. */
static void test_a_merge_reads_what_is_not_fresh(void **state) {
    (void)state;
    static const int64_t ages[] = {SEQUENCE_FRESH + 1, -1, NOW};
    for (size_t i = 0; i < COUNT(ages); i++) {
        begin_given(SEQUENCE_MERGE, ages[i]);
        assert_false(drive.wants_approval);
        assert_int_equal(drive.count, 2);
        succeed(GET_PRIMARY, ALONE(""));
        succeed(GET_SECONDARY, OTHER(",\"user_metadata\":{\"size\":2}"));
        approve();
        succeed(PATCH_PRIMARY "{\"user_metadata\":{\"size\":2}}", ALONE(""));
        succeed(LINK, BOTH);
        assert_end(CODE_OK, OUTCOME_NONE);
    }
}

static void test_what_has_aged_since_is_read_before_a_change(void **state) {
    (void)state;
    begin_given(SEQUENCE_MERGE, 6);
    drive.at += 4;
    approve();
    succeed(WRITE, ALONE(""));
    begin_given(SEQUENCE_MERGE, 6);
    drive.at += 5;
    approve();
    assert_int_equal(drive.count, 2);
    succeed(GET_PRIMARY, ALONE(P_COLOR));
    succeed(GET_SECONDARY, OTHER(",\"user_metadata\":{\"size\":2}"));
    assert_end(CODE_GUARDED, OUTCOME_NONE);
    assert_string_equal(finished()->what, "an account was changed after it had been judged: merge again");
}

static void test_a_merge_that_was_delayed_reads_both(void **state) {
    (void)state;
    struct sequence_plan plan = given(SEQUENCE_MERGE, ALONE(P_COLOR), OTHER(S_SIZE), 0);
    prepare(&plan);
    tell((struct sequence_event){.kind = SEQUENCE_DELAYED});
    assert_int_equal(drive.count, 2);
    succeed(GET_PRIMARY, ALONE(P_COLOR));
    succeed(GET_SECONDARY, OTHER(""));
    approve();
    succeed(LINK, BOTH);
    assert_int_equal(finished()->requests, 3);
}

static void test_they_are_judged_as_if_they_had_been_read(void **state) {
    (void)state;
    struct sequence_plan plan = given(SEQUENCE_MERGE, LINKED(""), OTHER(""), 0);
    begin(&plan);
    assert_end(CODE_OK, OUTCOME_NONE);
    assert_member(sequence_result, "already", "true");
    assert_member(sequence_result, "identities", BOTH);
    plan = given(SEQUENCE_MERGE, ALONE(""), OTHER(",\"blocked\":true"), 0);
    begin(&plan);
    assert_end(CODE_GUARDED, OUTCOME_NONE);
    plan = given(SEQUENCE_MERGE, "{\"user_id\":\"" PRIMARY "\"}", OTHER(""), 0);
    begin(&plan);
    assert_end(CODE_GUARDED, OUTCOME_NONE);
    assert_int_equal(finished()->requests, 0);
}

#define GONE(what, why) "{\"what\":\"" what "\",\"of\":\"secondary\",\"why\":\"" why "\",\"count\":1}"

static void test_each_thing_is_told_by_its_fate(void **state) {
    (void)state;
    struct sequence_plan plan = given(SEQUENCE_PREVIEW, ALONE(""), OTHER(",\"app_metadata\":{\"plan\":1}"), 0);
    begin(&plan);
    assert_member(
        sequence_result, "lost",
        "[" GONE("id", "a read by it finds nothing; sign-ins get the primary's `sub`") "," GONE(
            "app_metadata", "gone for good, but for the receipt") ",{\"what\":\"app_metadata\",\"key\":\"plan\","
                                                                  "\"of\":\"secondary\",\"why\":\"discarded\"}]");
    assert_member(sequence_result, "carried", "[]");
    char kept[TEXT] = "";
    struct span text = text_of(sequence_result);
    memcpy(kept, text.at, text.size);
    assert_null(strstr(kept, "\"count\":-1")); /* of what is not seen */
}

static void test_what_else_is_wanted_is_read(void **state) {
    (void)state;
    struct sequence_plan plan = given(SEQUENCE_MERGE, ALONE(""), OTHER(""), 0);
    plan.guard.checks = GUARD_GROUPS;
    begin(&plan);
    assert_int_equal(drive.count, 1);
    succeed("GET /api/v2/users/google-oauth2%7C2/groups?take=50", "{\"groups\":[]}");
    approve();
    succeed(LINK, BOTH);
    assert_end(CODE_OK, OUTCOME_NONE);
    assert_int_equal(finished()->requests, 2);
}

#define TEST(name) cmocka_unit_test_teardown(name, end_drive)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_a_preview_sends_nothing_whatever_their_age),
        TEST(test_a_merge_changes_at_once),
        TEST(test_a_merge_reads_what_is_not_fresh),
        TEST(test_what_has_aged_since_is_read_before_a_change),
        TEST(test_a_merge_that_was_delayed_reads_both),
        TEST(test_they_are_judged_as_if_they_had_been_read),
        TEST(test_each_thing_is_told_by_its_fate),
        TEST(test_what_else_is_wanted_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
