/* Undo and settle. */
#include "sequence_drive.h"

#define HAD ",\"user_metadata\":{\"size\":1.0},\"app_metadata\":{\"plan\":[]}"
#define IMAGE "\"user_metadata\":\"{\\\"size\\\":1.0}\",\"app_metadata\":\"{\\\"plan\\\":[]}\""
#define WROTE                                                                                                          \
    "\"before\":\"{\\\"user_metadata\\\":{\\\"color\\\":\\\"red\\\"}}\","                                              \
    "\"wrote\":\"{\\\"user_metadata\\\":{\\\"size\\\":1.0,\\\"color\\\":[]}}\","
#define RECEIPT(was, more, state, is_open)                                                                             \
    "{\"version\":1,\"domain\":\"acme.auth0.com\",\"primary\":\"auth0|1\",\"secondary\":{\"id\":\"google-oauth2|2\","  \
    "\"provider\":\"google-oauth2\",\"user_id\":\"2\"},\"at\":1764480000,\"proof\":\"operator\"," more                 \
    "\"secondary_was\":{" was "},\"state\":\"" state "\",\"open\":" is_open ",\"already\":false}"
#define MERGED(was, more) RECEIPT(was, more, "merged", "false")

static void begin_with(enum sequence_goal goal, const char *receipt, int64_t at) {
    struct sequence_plan plan = plan_of(goal);
    plan.receipt = reading_value(span_of(receipt));
    plan.at = at;
    begin(&plan);
}

static void begin_undo(const char *receipt) { begin_with(SEQUENCE_UNDO, receipt, NOW); }

static void read_linked(const char *primary) {
    succeed(GET_PRIMARY, primary);
    refuse(GET_SECONDARY, CODE_NOT_FOUND);
}

#define RESTORE PATCH_SECONDARY "{\"user_metadata\":{\"size\":1.0},\"app_metadata\":{\"plan\":[]}}"
#define PUT_BACK PATCH_PRIMARY "{\"user_metadata\":{\"size\":null,\"color\":\"red\"}}"
#define MERGED_PRIMARY ",\"user_metadata\":{\"size\":1.0,\"color\":[]}"

static void test_undo(void **state) {
    (void)state;
    begin_undo(MERGED(IMAGE, WROTE));
    succeed(GET_PRIMARY, LINKED(MERGED_PRIMARY));
    succeed(UNLINK, "[" OF_PRIMARY "]");
    succeed(GET_SECONDARY, OTHER(""));
    succeed(RESTORE, OTHER(HAD));
    succeed(GET_PRIMARY, ALONE(MERGED_PRIMARY));
    succeed(PUT_BACK, ALONE(""));
    assert_end(CODE_OK, OUTCOME_NONE);
    assert_member(sequence_result, "identities", "[" OF_PRIMARY "]");
    assert_member(sequence_result, "conflicts", "[]");
    assert_member(sequence_result, "restored",
                  "[{\"what\":\"user_metadata\",\"key\":\"size\",\"of\":\"primary\"},"
                  "{\"what\":\"user_metadata\",\"key\":\"color\",\"of\":\"primary\"},"
                  "{\"what\":\"user_metadata\",\"key\":\"size\",\"of\":\"secondary\"},"
                  "{\"what\":\"app_metadata\",\"key\":\"plan\",\"of\":\"secondary\"},"
                  "{\"what\":\"identity\",\"of\":\"primary\"}]");
    assert_member(sequence_result, "requests", "6");
    assert_member(sequence_receipt, "state", "\"undone\"");
    assert_member(sequence_receipt, "primary", "\"auth0|1\"");
}

static void undo_with(const char *receipt, const char *patch) {
    begin_undo(receipt);
    succeed(GET_PRIMARY, LINKED(""));
    succeed(UNLINK, "[" OF_PRIMARY "]");
    succeed(GET_SECONDARY, OTHER(""));
    succeed(patch, OTHER(""));
    assert_end(CODE_OK, OUTCOME_NONE);
}

static void test_undo_of_one_kind_of_metadata(void **state) {
    (void)state;
    undo_with(MERGED("\"user_metadata\":\"{\\\"size\\\":1.0}\"", ""),
              PATCH_SECONDARY "{\"user_metadata\":{\"size\":1.0}}");
    undo_with(MERGED("\"app_metadata\":\"{\\\"plan\\\":[]}\"", ""), PATCH_SECONDARY "{\"app_metadata\":{\"plan\":[]}}");
}

static void test_undo_twice(void **state) {
    (void)state;
    begin_undo(RECEIPT("", "", "undone", "false"));
    assert_end(CODE_GUARDED, OUTCOME_NONE);
    assert_int_equal(drive.count, 0);
}

static void test_undo_leaves_what_was_changed_since(void **state) {
    (void)state;
    begin_undo(MERGED(IMAGE, WROTE));
    succeed(GET_PRIMARY, LINKED(MERGED_PRIMARY));
    succeed(UNLINK, "[" OF_PRIMARY "]");
    succeed(GET_SECONDARY, OTHER(",\"user_metadata\":{\"size\":7}"));
    succeed(PATCH_SECONDARY "{\"app_metadata\":{\"plan\":[]}}", OTHER(HAD));
    succeed(GET_PRIMARY, ALONE(",\"user_metadata\":{\"size\":3,\"color\":[]}"));
    succeed(PATCH_PRIMARY "{\"user_metadata\":{\"color\":\"red\"}}", ALONE(""));
    assert_end(CODE_OK, OUTCOME_NONE);
    assert_member(sequence_result, "conflicts",
                  "[{\"what\":\"user_metadata\",\"key\":\"size\",\"of\":\"primary\",\"why\":\"it was changed since\"},"
                  "{\"what\":\"user_metadata\",\"key\":\"size\",\"of\":\"secondary\","
                  "\"why\":\"the account holds another value\"}]");
}

static void test_undo_of_what_only_linked(void **state) {
    (void)state;
    begin_undo(MERGED("", ""));
    succeed(GET_PRIMARY, LINKED(""));
    succeed(UNLINK, "[" OF_PRIMARY "]");
    assert_end(CODE_OK, OUTCOME_NONE);
    assert_int_equal(finished()->requests, 2);
}

#define HAS_BAD_KEYS "\"user_metadata\":\"{\\\"size\\\":1.0,\\\"a.b\\\":2}\",\"app_metadata\":\"{\\\"_id\\\":3}\""

/* It would refuse the whole patch. */
static void test_undo_leaves_out_what_the_tenant_does_not_take(void **state) {
    (void)state;
    begin_undo(MERGED(HAS_BAD_KEYS, ""));
    succeed(GET_PRIMARY, LINKED(""));
    succeed(UNLINK, "[" OF_PRIMARY "]");
    succeed(GET_SECONDARY, OTHER(""));
    succeed(PATCH_SECONDARY "{\"user_metadata\":{\"size\":1.0}}", OTHER(""));
    assert_end(CODE_OK, OUTCOME_NONE);
    assert_member(sequence_result, "conflicts", "[]");
}

static void test_undo_goes_on_where_one_ended(void **state) {
    (void)state;
    begin_undo(MERGED(IMAGE, WROTE));
    succeed(GET_PRIMARY, ALONE(MERGED_PRIMARY));
    succeed(GET_SECONDARY, OTHER(HAD));
    succeed(GET_SECONDARY, OTHER(HAD)); /* holds it all: nothing is sent */
    succeed(GET_PRIMARY, ALONE(MERGED_PRIMARY));
    succeed(PUT_BACK, ALONE(""));
    assert_end(CODE_OK, OUTCOME_NONE);
}

static void test_undo_of_an_account_that_is_nowhere(void **state) {
    (void)state;
    begin_undo(MERGED(IMAGE, WROTE));
    read_linked(ALONE(MERGED_PRIMARY));
    assert_end(CODE_CONFLICT, OUTCOME_NONE);
    assert_non_null(finished()->what);
}

static void test_undo_of_a_primary_that_is_gone(void **state) {
    (void)state;
    begin_undo(MERGED(IMAGE, WROTE));
    refuse(GET_PRIMARY, CODE_NOT_FOUND);
    assert_end(CODE_NOT_FOUND, OUTCOME_NONE);
    assert_int_equal(finished()->slot, GUARD_PRIMARY);
}

static void test_undo_leaves_a_link_of_another_client(void **state) {
    (void)state;
    begin_undo("{\"version\":1,\"domain\":\"acme.auth0.com\",\"primary\":\"auth0|1\",\"secondary\":{\"id\":"
               "\"google-oauth2|2\",\"provider\":\"google-oauth2\",\"user_id\":\"2\"},\"at\":1764480000,"
               "\"secondary_was\":{},\"state\":\"merged\",\"open\":false,\"already\":true}");
    succeed(GET_PRIMARY, LINKED(""));
    assert_end(CODE_OK, OUTCOME_NONE);
    assert_member(sequence_result, "conflicts",
                  "[{\"what\":\"identity\",\"of\":\"primary\",\"why\":\"this merge did not link it: it is not "
                  "unlinked\"}]");
}

static void test_undo_of_a_merge_that_was_refused_unlinks_nothing(void **state) {
    (void)state;
    begin_undo(RECEIPT(IMAGE, WROTE, "not_merged", "false"));
    succeed(GET_PRIMARY, LINKED(MERGED_PRIMARY));
    succeed(GET_PRIMARY, LINKED(MERGED_PRIMARY));
    succeed(PUT_BACK, LINKED(""));
    assert_end(CODE_OK, OUTCOME_NONE);
}

static void test_a_refused_unlink_changes_nothing(void **state) {
    (void)state;
    begin_undo(MERGED(IMAGE, WROTE));
    succeed(GET_PRIMARY, LINKED(MERGED_PRIMARY));
    refuse(UNLINK, CODE_FORBIDDEN);
    assert_end(CODE_FORBIDDEN, OUTCOME_NONE);
    assert_false(finished()->is_partly);
}

static void test_what_the_secondary_does_not_get_stays_with_the_primary(void **state) {
    (void)state;
    begin_undo(MERGED(IMAGE, WROTE));
    succeed(GET_PRIMARY, LINKED(MERGED_PRIMARY));
    succeed(UNLINK, "[" OF_PRIMARY "]");
    succeed(GET_SECONDARY, OTHER(""));
    refuse(RESTORE, CODE_FORBIDDEN);
    assert_int_equal(drive.count, 0);
    assert_end(CODE_FORBIDDEN, OUTCOME_UNKNOWN);
    assert_true(finished()->is_partly);
    assert_int_equal(finished()->step, SEQUENCE_RESTORE);
    begin_undo(MERGED(IMAGE ",\"roles\":[\"rol_1\"]", WROTE));
    succeed(GET_PRIMARY, LINKED(MERGED_PRIMARY));
    succeed(UNLINK, "[" OF_PRIMARY "]");
    succeed(GET_SECONDARY, OTHER(""));
    refuse(RESTORE, CODE_FORBIDDEN);
    succeed("POST /api/v2/users/google-oauth2%7C2/roles {\"roles\":[\"rol_1\"]}", "");
    assert_end(CODE_FORBIDDEN, OUTCOME_UNKNOWN);
}

static void test_no_memory_after_the_unlink(void **state) {
    (void)state;
    begin_undo(MERGED(IMAGE, WROTE));
    succeed(GET_PRIMARY, LINKED(MERGED_PRIMARY));
    succeed(UNLINK, "[" OF_PRIMARY "]");
    drive.is_short = true;
    succeed(GET_SECONDARY, OTHER(""));
    assert_end(CODE_UNREACHABLE, OUTCOME_UNKNOWN);
    assert_true(finished()->is_partly);
}

static void test_a_primary_that_was_blocked_is_not_undone(void **state) {
    (void)state;
    begin_undo(MERGED(IMAGE, WROTE));
    succeed(GET_PRIMARY, LINKED(MERGED_PRIMARY ",\"blocked\":true"));
    assert_end(CODE_GUARDED, OUTCOME_NONE);
    assert_int_equal(drive.count, 0);
}

static void test_an_unlink_whose_answer_is_lost(void **state) {
    (void)state;
    begin_undo(MERGED(IMAGE, WROTE));
    succeed(GET_PRIMARY, LINKED(MERGED_PRIMARY));
    lose(UNLINK);
    assert_end(CODE_UNKNOWN_OUTCOME, OUTCOME_UNKNOWN);
    assert_false(finished()->is_partly);
}

#define LISTS                                                                                                          \
    "\"roles\":[\"rol_1\"],\"permissions\":[{\"resource_server_identifier\":\"x\",\"permission_name\":\"y\"}],"        \
    "\"organizations\":[\"org_1\",\"org_2\"]"

static void test_undo_of_what_was_carried(void **state) {
    (void)state;
    begin_undo(MERGED(LISTS, "\"carried\":{" LISTS "},"));
    succeed(GET_PRIMARY, LINKED(""));
    succeed(UNLINK, "[" OF_PRIMARY "]");
    succeed("POST /api/v2/users/google-oauth2%7C2/roles {\"roles\":[\"rol_1\"]}", "");
    succeed("POST /api/v2/users/google-oauth2%7C2/permissions {\"permissions\":[{\"resource_server_identifier\":\"x\","
            "\"permission_name\":\"y\"}]}",
            "");
    succeed("POST /api/v2/organizations/org_1/members {\"members\":[\"google-oauth2|2\"]}", "");
    succeed("POST /api/v2/organizations/org_2/members {\"members\":[\"google-oauth2|2\"]}", "");
    succeed("DELETE /api/v2/users/auth0%7C1/roles {\"roles\":[\"rol_1\"]}", "");
    succeed("DELETE /api/v2/users/auth0%7C1/permissions {\"permissions\":[{\"resource_server_identifier\":\"x\","
            "\"permission_name\":\"y\"}]}",
            "");
    succeed("DELETE /api/v2/organizations/org_1/members {\"members\":[\"auth0|1\"]}", "");
    succeed("DELETE /api/v2/organizations/org_2/members {\"members\":[\"auth0|1\"]}", "");
    assert_end(CODE_OK, OUTCOME_NONE);
}

static void test_an_undo_goes_on_past_what_is_refused(void **state) {
    (void)state;
    begin_undo(MERGED(IMAGE "," LISTS, WROTE "\"carried\":{" LISTS "},"));
    succeed(GET_PRIMARY, LINKED(MERGED_PRIMARY));
    succeed(UNLINK, "[" OF_PRIMARY "]");
    succeed(GET_SECONDARY, OTHER(""));
    succeed(RESTORE, OTHER(HAD));
    assert_int_equal(drive.under_way[0].slot, SEQUENCE_BACKWARD);
    refuse("POST /api/v2/users/google-oauth2%7C2/roles {\"roles\":[\"rol_1\"]}", CODE_NOT_FOUND);
    int slot = drive.under_way[0].slot;
    assert_int_not_equal(slot, SEQUENCE_BACKWARD);
    refuse("POST /api/v2/users/google-oauth2%7C2/permissions {\"permissions\":[{\"resource_server_identifier\":\"x\","
           "\"permission_name\":\"y\"}]}",
           CODE_FORBIDDEN);
    succeed("POST /api/v2/organizations/org_1/members {\"members\":[\"google-oauth2|2\"]}", "");
    succeed("POST /api/v2/organizations/org_2/members {\"members\":[\"google-oauth2|2\"]}", "");
    succeed(GET_PRIMARY, ALONE(MERGED_PRIMARY));
    succeed(PUT_BACK, ALONE(""));
    succeed("DELETE /api/v2/organizations/org_1/members {\"members\":[\"auth0|1\"]}", "");
    succeed("DELETE /api/v2/organizations/org_2/members {\"members\":[\"auth0|1\"]}", "");
    assert_end(CODE_NOT_FOUND, OUTCOME_UNKNOWN);
    assert_true(finished()->is_partly);
    assert_int_equal(finished()->step, SEQUENCE_RESTORE_ROLES);
    assert_int_equal(finished()->slot, SEQUENCE_BACKWARD);
}

/* As lua-cjson writes an empty list. */
static void test_undo_of_empty_lists(void **state) {
    (void)state;
    begin_undo(MERGED("\"roles\":{}", "\"carried\":{\"roles\":{},\"organizations\":[]},"));
    succeed(GET_PRIMARY, LINKED(""));
    succeed(UNLINK, "[" OF_PRIMARY "]");
    assert_end(CODE_OK, OUTCOME_NONE);
}

static void test_undo_of_a_relink(void **state) {
    (void)state;
    begin_undo(MERGED("", "\"holder\":\"ad|a\\/b\","));
    succeed(GET_PRIMARY, LINKED(""));
    succeed(UNLINK, "[" OF_PRIMARY "]");
    succeed("link ad|a/b {\"provider\":\"google-oauth2\",\"user_id\":\"google-oauth2|2\"}", BOTH);
    assert_end(CODE_OK, OUTCOME_NONE);
}

static void test_undo_of_a_relink_from_a_long_id(void **state) {
    (void)state;
#define LONG "ad|0123456789012345678901234567890123456789012345678901234567890123456789"
    begin_undo(MERGED("", "\"holder\":\"" LONG "\","));
    succeed(GET_PRIMARY, LINKED(""));
    succeed(UNLINK, "[" OF_PRIMARY "]");
    succeed("link " LONG " {\"provider\":\"google-oauth2\",\"user_id\":\"google-oauth2|2\"}", BOTH);
    assert_end(CODE_OK, OUTCOME_NONE);
}

/* It goes on where one ended; but a link would destroy what the account has got since. */
static void test_undo_of_a_relink_that_is_an_account_by_now(void **state) {
    (void)state;
    begin_undo(MERGED("", "\"holder\":\"ad|9\","));
    succeed(GET_PRIMARY, ALONE(""));
    succeed(GET_SECONDARY, OTHER(",\"user_metadata\":{}"));
    succeed("link ad|9 {\"provider\":\"google-oauth2\",\"user_id\":\"google-oauth2|2\"}", BOTH);
    assert_end(CODE_OK, OUTCOME_NONE);

    begin_undo(MERGED("", "\"holder\":\"ad|9\","));
    succeed(GET_PRIMARY, ALONE(""));
    succeed(GET_SECONDARY, OTHER(",\"user_metadata\":{\"a\":1}"));
    assert_end(CODE_OK, OUTCOME_NONE);
    assert_member(
        sequence_result, "conflicts",
        "[{\"what\":\"identity\",\"of\":\"holder\",\"why\":\"it is an account with metadata of its own by now: "
        "it is not linked to its holder\"}]");
}

static void test_undo_waits_for_what_may_come(void **state) {
    (void)state;
    const char *receipts[] = {RECEIPT("", "", "planned", "true"), RECEIPT("", "", "merged", "true"),
                              RECEIPT("", "", "unknown", "true")};
    for (size_t i = 0; i < COUNT(receipts); i++) {
        begin_with(SEQUENCE_UNDO, receipts[i], 1764480000 + SEQUENCE_LATE - 1);
        assert_end(CODE_GUARDED, OUTCOME_NONE);
        assert_non_null(finished()->what);
        begin_with(SEQUENCE_UNDO, receipts[i], 1764480000 + SEQUENCE_LATE);
        assert_int_equal(drive.count, 1);
    }
}

static void test_undo_refuses_what_is_no_receipt(void **state) {
    (void)state;
    const char *receipts[] = {
        "[]",
        "{}",
        "{\"version\":2}",
        "{\"version\":1}",
        "{\"version\":1,\"domain\":\"other.auth0.com\",\"primary\":\"auth0|1\",\"secondary\":{\"id\":\"google-oauth2|"
        "2\",\"provider\":\"google-oauth2\",\"user_id\":\"2\"},\"at\":1,\"state\":\"merged\",\"open\":false}",
        "{\"version\":1,\"domain\":\"acme.auth0.com\",\"primary\":\"auth0|7\",\"secondary\":{\"id\":\"google-oauth2|"
        "2\",\"provider\":\"google-oauth2\",\"user_id\":\"2\"},\"at\":1,\"state\":\"merged\",\"open\":false}",
        "{\"version\":1,\"domain\":\"acme.auth0.com\",\"primary\":\"auth0|1\",\"secondary\":{\"id\":\"google-oauth2|"
        "2\",\"provider\":\"google-oauth2\",\"user_id\":\"2\"},\"at\":1.5,\"state\":\"merged\",\"open\":false}",
        MERGED("", "\"wrote\":7,"),
    };
    for (size_t i = 0; i < COUNT(receipts); i++) {
        begin_undo(receipts[i]);
        assert_end(CODE_INVALID_REQUEST, OUTCOME_NONE);
        assert_non_null(finished()->what);
    }
}

/* A whole one, of another tenant or of another account. */
static void test_undo_refuses_what_is_a_receipt_of_others(void **state) {
    (void)state;
    struct sequence_plan plan = plan_of(SEQUENCE_UNDO);
    plan.receipt = reading_value(span_of(MERGED(IMAGE, WROTE)));
    for (int i = 0; i < 3; i++) {
        struct sequence_plan other = plan;
        if (i == 0) other.domain = SPAN("other.auth0.com");
        if (i == 1) other.guard.primary = SPAN("auth0|7");
        if (i == 2) other.guard.secondary = SPAN("google-oauth2|7");
        begin(&other);
        assert_end(CODE_INVALID_REQUEST, OUTCOME_NONE);
        assert_string_equal(finished()->what,
                            i == 0 ? "the receipt is of another tenant" : "the receipt is of other accounts");
    }
}

static void test_undo_refuses_a_receipt_that_is_damaged(void **state) {
    (void)state;
    const char *receipts[] = {
        MERGED("", "\"wrote\":\"{\","),
        MERGED("\"user_metadata\":\"[1]\"", ""),
        MERGED("\"user_metadata\":\"7\"", ""),
        MERGED("\"app_metadata\":\"7\"", ""),
        MERGED("\"user_metadata\":\"{},\\\"blocked\\\":{}\"", ""),
    };
    for (size_t i = 0; i < COUNT(receipts); i++) {
        begin_undo(receipts[i]);
        succeed(GET_PRIMARY, LINKED(""));
        assert_end(CODE_INVALID_REQUEST, OUTCOME_NONE);
        assert_int_equal(drive.count, 0);
    }
}

static void test_undo_dropped_before_its_first_change(void **state) {
    (void)state;
    begin_undo(MERGED("", ""));
    tell((struct sequence_event){.kind = SEQUENCE_DROPPED});
    assert_end(CODE_CANCELLED, OUTCOME_NONE);
}

static void test_undo_dropped_later_goes_on(void **state) {
    (void)state;
    begin_undo(MERGED(IMAGE, ""));
    succeed(GET_PRIMARY, LINKED(""));
    tell((struct sequence_event){.kind = SEQUENCE_DROPPED});
    succeed(UNLINK, "[" OF_PRIMARY "]");
    tell((struct sequence_event){.kind = SEQUENCE_DROPPED});
    succeed(GET_SECONDARY, OTHER(""));
    succeed(RESTORE, OTHER(HAD));
    assert_end(CODE_OK, OUTCOME_NONE);
}

static void test_undo_without_memory(void **state) {
    (void)state;
    begin_undo(MERGED(IMAGE, WROTE));
    drive.is_short = true;
    succeed(GET_PRIMARY, LINKED(""));
    assert_end(CODE_UNREACHABLE, OUTCOME_NONE);
    assert_int_equal(drive.count, 0);
}

/* ---- settle ---- */

static void test_settle_merged(void **state) {
    (void)state;
    begin_with(SEQUENCE_SETTLE, RECEIPT("", WROTE, "unknown", "true"), 1764480001);
    read_linked(LINKED(",\"user_metadata\":{\"size\":1.0,\"color\":\"green\"}"));
    assert_end(CODE_OK, OUTCOME_NONE);
    assert_member(sequence_result, "state", "\"merged\"");
    assert_member(sequence_result, "identities", BOTH);
    assert_member(sequence_result, "stands", "[{\"what\":\"user_metadata\",\"key\":\"size\",\"of\":\"primary\"}]");
    assert_member(sequence_result, "changed", "[{\"what\":\"user_metadata\",\"key\":\"color\",\"of\":\"primary\"}]");
    assert_member(sequence_receipt, "state", "\"merged\"");
    assert_member(sequence_receipt, "open", "true");
    assert_member(sequence_receipt, "domain", "\"acme.auth0.com\"");
    assert_int_equal(json_of(sequence_receipt).token->size, drive.sequence.plan.receipt.token->size);
}

static void test_settle_that_comes_too_early(void **state) {
    (void)state;
    begin_with(SEQUENCE_SETTLE, RECEIPT("", "", "unknown", "true"), 1764480000 + SEQUENCE_LATE - 1);
    succeed(GET_PRIMARY, ALONE(""));
    succeed(GET_SECONDARY, OTHER(""));
    assert_end(CODE_OK, OUTCOME_NONE);
    assert_member(sequence_result, "state", "\"unknown\"");
    assert_member(sequence_result, "undo_after", "1764480600");
    assert_member(sequence_receipt, "open", "true");
}

static void test_settle_not_merged(void **state) {
    (void)state;
    begin_with(SEQUENCE_SETTLE, RECEIPT("", "", "unknown", "true"), 1764480000 + SEQUENCE_LATE);
    succeed(GET_PRIMARY, ALONE(""));
    succeed(GET_SECONDARY, OTHER(""));
    assert_end(CODE_OK, OUTCOME_NONE);
    assert_member(sequence_result, "state", "\"not_merged\"");
    assert_member(sequence_result, "undo_after", NULL);
    assert_member(sequence_receipt, "state", "\"not_merged\"");
    assert_member(sequence_receipt, "open", "false");
}

static void test_settle_leaves_what_was_known(void **state) {
    (void)state;
    begin_with(SEQUENCE_SETTLE, RECEIPT("", "", "undone", "false"), NOW);
    read_linked(LINKED(""));
    assert_end(CODE_OK, OUTCOME_NONE);
    assert_member(sequence_receipt, "state", "\"undone\"");
}

#define TEST(name) cmocka_unit_test_teardown(name, end_drive)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_undo),
        TEST(test_undo_of_one_kind_of_metadata),
        TEST(test_undo_twice),
        TEST(test_undo_leaves_what_was_changed_since),
        TEST(test_undo_of_what_only_linked),
        TEST(test_undo_leaves_out_what_the_tenant_does_not_take),
        TEST(test_undo_goes_on_where_one_ended),
        TEST(test_undo_of_an_account_that_is_nowhere),
        TEST(test_undo_of_a_primary_that_is_gone),
        TEST(test_undo_leaves_a_link_of_another_client),
        TEST(test_undo_of_a_merge_that_was_refused_unlinks_nothing),
        TEST(test_a_refused_unlink_changes_nothing),
        TEST(test_what_the_secondary_does_not_get_stays_with_the_primary),
        TEST(test_no_memory_after_the_unlink),
        TEST(test_a_primary_that_was_blocked_is_not_undone),
        TEST(test_an_unlink_whose_answer_is_lost),
        TEST(test_an_undo_goes_on_past_what_is_refused),
        TEST(test_undo_of_what_was_carried),
        TEST(test_undo_of_empty_lists),
        TEST(test_undo_of_a_relink),
        TEST(test_undo_of_a_relink_from_a_long_id),
        TEST(test_undo_of_a_relink_that_is_an_account_by_now),
        TEST(test_undo_waits_for_what_may_come),
        TEST(test_undo_refuses_what_is_no_receipt),
        TEST(test_undo_refuses_what_is_a_receipt_of_others),
        TEST(test_undo_refuses_a_receipt_that_is_damaged),
        TEST(test_undo_dropped_before_its_first_change),
        TEST(test_undo_dropped_later_goes_on),
        TEST(test_undo_without_memory),
        TEST(test_settle_merged),
        TEST(test_settle_that_comes_too_early),
        TEST(test_settle_not_merged),
        TEST(test_settle_leaves_what_was_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
