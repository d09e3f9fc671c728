/* Preview and merge. */
#include "sequence_drive.h"

#include <time.h>

static struct sequence_plan merging(void) { return plan_of(SEQUENCE_MERGE); }

static void read_both(const char *primary, const char *secondary) {
    succeed(GET_PRIMARY, primary);
    succeed(GET_SECONDARY, secondary);
}

#define P_COLOR ",\"user_metadata\":{\"color\":\"red\"}"
#define S_SIZE ",\"user_metadata\":{\"size\":1.0,\"color\":\"blue\"},\"app_metadata\":{\"plan\":[]}"
#define WRITE PATCH_PRIMARY "{\"user_metadata\":{\"size\":1.0}}"

static void begin_merge(void) {
    struct sequence_plan plan = merging();
    begin(&plan);
    read_both(ALONE(P_COLOR), OTHER(S_SIZE));
}

/* ---- preview ---- */

static void test_preview_reads_at_once_and_changes_nothing(void **state) {
    (void)state;
    struct sequence_plan plan = plan_of(SEQUENCE_PREVIEW);
    begin(&plan);
    assert_int_equal(drive.count, 2);
    read_both(ALONE(P_COLOR), OTHER(S_SIZE));
    assert_end(CODE_OK, OUTCOME_NONE);
    assert_int_equal(finished()->requests, 2);
    assert_member(sequence_result, "patch_text", "\"{\\\"user_metadata\\\":{\\\"size\\\":1.0}}\"");
    assert_member(sequence_result, "reasons", "[]");
    assert_int_equal(sequence_receipt(&drive.sequence, NULL, 0), 0);
}

static void test_preview_tells_the_reasons(void **state) {
    (void)state;
    struct sequence_plan plan = plan_of(SEQUENCE_PREVIEW);
    begin(&plan);
    read_both(ALONE(""), OTHER(",\"blocked\":true"));
    assert_end(CODE_OK, OUTCOME_NONE);
    struct json_value reasons, code;
    assert_true(json_member(json_of(sequence_result), SPAN("reasons"), &reasons));
    struct json_walk walk = json_walk(reasons);
    assert_true(json_next(&walk));
    assert_true(json_member(walk.value, SPAN("code"), &code));
    assert_true(json_string_is(code, SPAN("blocked")));
}

static void test_a_profile_that_cannot_be_read_ends_it(void **state) {
    (void)state;
    struct sequence_plan plan = merging();
    begin(&plan);
    refuse(GET_SECONDARY, CODE_FORBIDDEN);
    assert_end(CODE_FORBIDDEN, OUTCOME_NONE);
    assert_int_equal(finished()->slot, GUARD_SECONDARY);
    assert_true(finished()->has_step);
}

/* A token without a scope is told from an answer that did not come. */
static void test_what_could_not_be_read_was_refused_or_not_heard(void **state) {
    (void)state;
    static const struct {
        enum failure_code code;
        bool is_unheard;
    } cases[] = {{CODE_FORBIDDEN, false}, {CODE_UNAUTHORIZED, false}, {CODE_TIMEOUT, true}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sequence_plan plan = plan_of(SEQUENCE_PREVIEW);
        plan.guard.checks = GUARD_GROUPS;
        begin(&plan);
        refuse(GET_SECONDARY "/groups?take=50", cases[i].code);
        assert_int_equal(drive.sequence.input.answers[GUARD_SECONDARY_GROUPS].is_unheard, cases[i].is_unheard);
    }
}

/* ---- what a merge costs ---- */

static void test_without_metadata_two_reads_and_a_link(void **state) {
    (void)state;
    struct sequence_plan plan = merging();
    begin(&plan);
    read_both(ALONE(""), OTHER(""));
    approve();
    succeed(LINK, BOTH);
    assert_end(CODE_OK, OUTCOME_NONE);
    assert_int_equal(finished()->requests, 3);
    assert_member(sequence_result, "patch_text", NULL);
    assert_member(sequence_result, "identities", BOTH);
    assert_member(sequence_result, "already", "false");
}

static void test_with_metadata_a_patch_more(void **state) {
    (void)state;
    begin_merge();
    approve();
    succeed(WRITE, ALONE(""));
    succeed(LINK, BOTH);
    assert_end(CODE_OK, OUTCOME_NONE);
    assert_int_equal(finished()->requests, 4);
}

static void test_linked_before_changes_nothing(void **state) {
    (void)state;
    struct sequence_plan plan = merging();
    begin(&plan);
    succeed(GET_PRIMARY, LINKED(""));
    refuse(GET_SECONDARY, CODE_NOT_FOUND);
    assert_end(CODE_OK, OUTCOME_NONE);
    assert_member(sequence_result, "already", "true");
    assert_member(sequence_result, "identities", BOTH);
    assert_int_equal(sequence_receipt(&drive.sequence, NULL, 0), 0);
}

static void test_the_guard_refuses_before_anything_is_sent(void **state) {
    (void)state;
    struct sequence_plan plan = merging();
    begin(&plan);
    read_both(ALONE(""), OTHER(",\"blocked\":true"));
    assert_end(CODE_GUARDED, OUTCOME_NONE);
    assert_false(drive.wants_approval);
    assert_int_equal(drive.count, 0);
}

/* ---- the receipt ---- */

static void test_receipt_before_anything_is_sent(void **state) {
    (void)state;
    begin_merge();
    assert_true(drive.wants_approval);
    assert_int_equal(drive.count, 0);
    assert_member(sequence_receipt, "version", "1");
    assert_member(sequence_receipt, "domain", "\"acme.auth0.com\"");
    assert_member(sequence_receipt, "primary", "\"" PRIMARY "\"");
    assert_member(sequence_receipt, "secondary",
                  "{\"id\":\"" SECONDARY
                  "\",\"provider\":\"google-oauth2\",\"user_id\":\"2\",\"connection\":\"google-oauth2\"}");
    assert_member(sequence_receipt, "at", "1764489600");
    assert_member(sequence_receipt, "proof", "\"operator\"");
    assert_member(sequence_receipt, "before", "\"{}\"");
    assert_member(sequence_receipt, "wrote", "\"{\\\"user_metadata\\\":{\\\"size\\\":1.0}}\"");
    assert_member(sequence_receipt, "secondary_was",
                  "{\"user_metadata\":\"{\\\"size\\\":1.0,\\\"color\\\":\\\"blue\\\"}\","
                  "\"app_metadata\":\"{\\\"plan\\\":[]}\"}");
    assert_member(sequence_receipt, "state", "\"planned\"");
    assert_member(sequence_receipt, "open", "true");
}

static void test_receipt_of_a_merge(void **state) {
    (void)state;
    begin_merge();
    approve();
    succeed(WRITE, ALONE(""));
    drive.at += 7;
    succeed(LINK, BOTH);
    assert_member(sequence_receipt, "state", "\"merged\"");
    assert_member(sequence_receipt, "open", "false");
    assert_member(sequence_receipt, "at", "1764489607");
}

/* ---- a receipt that waits ---- */

static void approve_late(void) {
    drive.at += SEQUENCE_FRESH + 1;
    approve();
}

static void test_after_a_long_wait_both_are_read_again(void **state) {
    (void)state;
    begin_merge();
    drive.at += SEQUENCE_FRESH;
    approve();
    succeed(WRITE, ALONE(""));
    begin_merge();
    approve_late();
    assert_int_equal(drive.count, 2);
    read_both(ALONE(P_COLOR ",\"last_ip\":\"::1\""), OTHER(S_SIZE));
    succeed(WRITE, ALONE(""));
    succeed(LINK, BOTH);
    assert_end(CODE_OK, OUTCOME_NONE);
    assert_int_equal(finished()->requests, 6);
}

static void test_what_was_edited_while_the_receipt_waited_ends_it(void **state) {
    (void)state;
    const char *edited[][2] = {
        {ALONE(",\"user_metadata\":{\"color\":\"red\",\"size\":2}"), OTHER(S_SIZE)},
        {ALONE(P_COLOR ",\"app_metadata\":{}"), OTHER(S_SIZE)},
        {ALONE(P_COLOR), OTHER(",\"user_metadata\":{\"size\":1.0},\"app_metadata\":{\"plan\":[]}")},
        {ALONE(P_COLOR), OTHER(",\"user_metadata\":{\"size\":1.0,\"color\":\"blue\"}")},
        {ALONE(P_COLOR ",\"name\":\"N\""), OTHER(S_SIZE)},
        {ALONE(P_COLOR), OTHER(S_SIZE ",\"picture\":\"p\"")},
    };
    for (size_t i = 0; i < COUNT(edited); i++) {
        begin_merge();
        approve_late();
        read_both(edited[i][0], edited[i][1]);
        assert_end(CODE_GUARDED, OUTCOME_NONE);
        assert_non_null(finished()->what);
        assert_member(sequence_receipt, "state", "\"not_merged\"");
        assert_member(sequence_receipt, "open", "false");
    }
}

static void test_what_stands_against_it_by_then_ends_it(void **state) {
    (void)state;
    begin_merge();
    approve_late();
    read_both(ALONE(P_COLOR), OTHER(S_SIZE ",\"blocked\":true"));
    assert_end(CODE_GUARDED, OUTCOME_NONE);
    assert_int_equal(drive.sequence.verdict.findings[0].reason, REASON_BLOCKED);
    begin_merge();
    approve_late();
    succeed(GET_PRIMARY, LINKED(P_COLOR));
    refuse(GET_SECONDARY, CODE_NOT_FOUND);
    assert_end(CODE_GUARDED, OUTCOME_NONE);
    begin_merge();
    approve_late();
    refuse(GET_PRIMARY, CODE_RATE_LIMITED);
    assert_end(CODE_RATE_LIMITED, OUTCOME_NONE);
}

/* ---- steps that take long before the link ---- */

#define PUT_BACK PATCH_PRIMARY "{\"user_metadata\":{\"size\":null}}"

static void write_late(void) {
    begin_merge();
    approve();
    drive.at += SEQUENCE_FRESH + 1;
    succeed(WRITE, ALONE(""));
}

static void put_back(void) {
    succeed(GET_PRIMARY, ALONE(",\"user_metadata\":{\"size\":1.0}"));
    succeed(PUT_BACK, ALONE(""));
}

static void test_before_a_late_link_the_secondary_is_read_again(void **state) {
    (void)state;
    begin_merge();
    approve();
    drive.at += SEQUENCE_FRESH;
    succeed(WRITE, ALONE(""));
    succeed(LINK, BOTH);
    write_late();
    assert_int_equal(drive.count, 1);
    succeed(GET_SECONDARY, OTHER(S_SIZE));
    succeed(LINK, BOTH);
    assert_end(CODE_OK, OUTCOME_NONE);
    assert_int_equal(finished()->requests, 5);
    assert_member(sequence_receipt, "state", "\"merged\"");
}

static void test_what_was_edited_before_a_late_link_puts_the_merge_back(void **state) {
    (void)state;
    write_late();
    succeed(GET_SECONDARY, OTHER(",\"user_metadata\":{\"size\":2}"));
    put_back();
    assert_end(CODE_GUARDED, OUTCOME_NONE);
    assert_non_null(finished()->what);
    assert_false(finished()->has_step);
    assert_member(sequence_result, "put_back", "[\"write\"]");
    assert_member(sequence_receipt, "state", "\"not_merged\"");
    assert_member(sequence_receipt, "secondary_was",
                  "{\"user_metadata\":\"{\\\"size\\\":1.0,\\\"color\\\":\\\"blue\\\"}\","
                  "\"app_metadata\":\"{\\\"plan\\\":[]}\"}");
}

static void test_what_refuses_before_a_late_link_puts_the_merge_back(void **state) {
    (void)state;
    write_late();
    succeed(GET_SECONDARY, OTHER(S_SIZE ",\"blocked\":true"));
    put_back();
    assert_end(CODE_GUARDED, OUTCOME_NONE);
    assert_int_equal(drive.sequence.verdict.findings[0].reason, REASON_BLOCKED);
    write_late();
    refuse(GET_SECONDARY, CODE_RATE_LIMITED);
    put_back();
    assert_end(CODE_RATE_LIMITED, OUTCOME_NONE);
    assert_int_equal(finished()->step, SEQUENCE_READ);
    assert_int_equal(finished()->slot, GUARD_SECONDARY);
    assert_member(sequence_receipt, "state", "\"not_merged\"");
    struct receipt receipt;
    assert_null(receipt_read(json_of(sequence_receipt), &receipt));
}

static void test_before_a_late_link_nothing_is_put_back_while_the_write_may_come(void **state) {
    (void)state;
    begin_merge();
    approve();
    drive.at += SEQUENCE_FRESH + 1;
    end_as(WRITE,
           (struct operation_result){.status = 200, .value = reading_value(span_of(ALONE(""))), .is_open = true});
    succeed(GET_SECONDARY, OTHER(""));
    assert_end(CODE_UNKNOWN_OUTCOME, OUTCOME_UNKNOWN);
    assert_true(finished()->is_partly);
    assert_non_null(finished()->what);
    assert_member(sequence_result, "stands", "[\"write\"]");
}

static void test_only_what_was_read_long_ago_is_read_again(void **state) {
    (void)state;
    struct sequence_plan plan = merging();
    begin(&plan);
    succeed(GET_PRIMARY, ALONE(P_COLOR));
    drive.at += SEQUENCE_FRESH + 1;
    succeed(GET_SECONDARY, OTHER(S_SIZE));
    approve();
    succeed(GET_PRIMARY, ALONE(P_COLOR));
    succeed(WRITE, ALONE(""));
}

static void test_dropped_before_its_word(void **state) {
    (void)state;
    begin_merge();
    tell((struct sequence_event){.kind = SEQUENCE_DROPPED});
    assert_end(CODE_CANCELLED, OUTCOME_NONE);
    assert_int_equal(sequence_receipt(&drive.sequence, NULL, 0), 0);
    tell((struct sequence_event){.kind = SEQUENCE_APPROVED});
    assert_end(CODE_CANCELLED, OUTCOME_NONE);
}

static void test_dropped_while_it_reads(void **state) {
    (void)state;
    struct sequence_plan plan = merging();
    begin(&plan);
    tell((struct sequence_event){.kind = SEQUENCE_DROPPED});
    assert_end(CODE_CANCELLED, OUTCOME_NONE);
}

static void test_dropped_later_goes_on(void **state) {
    (void)state;
    begin_merge();
    approve();
    tell((struct sequence_event){.kind = SEQUENCE_DROPPED});
    succeed(WRITE, ALONE(""));
    tell((struct sequence_event){.kind = SEQUENCE_DROPPED});
    succeed(LINK, BOTH);
    assert_end(CODE_OK, OUTCOME_NONE);
}

/* ---- refusals ---- */

static void test_a_refused_patch_leaves_nothing_to_put_back(void **state) {
    (void)state;
    begin_merge();
    approve();
    refuse(WRITE, CODE_FORBIDDEN);
    assert_end(CODE_FORBIDDEN, OUTCOME_NONE);
    assert_int_equal(finished()->step, SEQUENCE_WRITE);
    assert_member(sequence_receipt, "state", "\"not_merged\"");
    assert_member(sequence_receipt, "open", "false");
}

static void test_a_refused_link_is_put_back(void **state) {
    (void)state;
    begin_merge();
    approve();
    succeed(WRITE, ALONE(""));
    refuse(LINK, CODE_INVALID_REQUEST);
    succeed(GET_PRIMARY, ALONE(",\"user_metadata\":{\"size\":1.0}"));
    succeed(PUT_BACK, ALONE(""));
    assert_end(CODE_INVALID_REQUEST, OUTCOME_NONE);
    assert_int_equal(finished()->step, SEQUENCE_LINK);
    assert_false(finished()->is_partly);
    assert_member(sequence_result, "put_back", "[\"write\"]");
    assert_member(sequence_result, "stands", "[]");
    assert_member(sequence_receipt, "state", "\"not_merged\"");
}

static void test_what_a_key_held_before_is_put_back(void **state) {
    (void)state;
    struct sequence_plan plan = merging();
    plan.merge.choice[MERGE_USER_METADATA] = MERGE_DEEP;
    begin(&plan);
    read_both(ALONE(",\"user_metadata\":{\"a\":{\"x\":1}}"), OTHER(",\"user_metadata\":{\"a\":{\"y\":2}}"));
    approve();
    succeed(PATCH_PRIMARY "{\"user_metadata\":{\"a\":{\"x\":1,\"y\":2}}}", ALONE(""));
    refuse(LINK, CODE_INVALID_REQUEST);
    succeed(GET_PRIMARY, ALONE(",\"user_metadata\":{\"a\":{\"x\":1,\"y\":2}}"));
    succeed(PATCH_PRIMARY "{\"user_metadata\":{\"a\":{\"x\":1}}}", ALONE(""));
    assert_end(CODE_INVALID_REQUEST, OUTCOME_NONE);
    assert_member(sequence_result, "put_back", "[\"write\"]");
}

static void test_what_the_user_changed_since_is_not_put_back(void **state) {
    (void)state;
    begin_merge();
    approve();
    succeed(WRITE, ALONE(""));
    refuse(LINK, CODE_INVALID_REQUEST);
    succeed(GET_PRIMARY, ALONE(",\"user_metadata\":{\"size\":2}"));
    assert_end(CODE_INVALID_REQUEST, OUTCOME_NONE);
    assert_member(
        sequence_result, "conflicts",
        "[{\"what\":\"user_metadata\",\"key\":\"size\",\"of\":\"primary\",\"why\":\"it was changed since\"}]");
}

static void test_what_could_not_be_put_back_stands(void **state) {
    (void)state;
    begin_merge();
    approve();
    succeed(WRITE, ALONE(""));
    refuse(LINK, CODE_INVALID_REQUEST);
    succeed(GET_PRIMARY, ALONE(",\"user_metadata\":{\"size\":1.0}"));
    refuse(PUT_BACK, CODE_UNREACHABLE);
    assert_end(CODE_INVALID_REQUEST, OUTCOME_UNKNOWN);
    assert_true(finished()->is_partly);
    assert_member(sequence_result, "put_back", "[]");
    assert_member(sequence_result, "stands", "[\"write\"]");
}

static void test_the_primary_cannot_be_read_again(void **state) {
    (void)state;
    begin_merge();
    approve();
    succeed(WRITE, ALONE(""));
    refuse(LINK, CODE_INVALID_REQUEST);
    refuse(GET_PRIMARY, CODE_TIMEOUT);
    assert_end(CODE_INVALID_REQUEST, OUTCOME_UNKNOWN);
    assert_member(sequence_result, "stands", "[\"write\"]");
}

static void test_no_memory_to_put_back(void **state) {
    (void)state;
    begin_merge();
    approve();
    succeed(WRITE, ALONE(""));
    drive.is_short = true;
    refuse(LINK, CODE_INVALID_REQUEST);
    assert_end(CODE_INVALID_REQUEST, OUTCOME_UNKNOWN);
    assert_member(sequence_result, "stands", "[\"write\"]");
}

static void test_no_memory_to_compare_what_is_put_back(void **state) {
    (void)state;
    begin_merge();
    approve();
    succeed(WRITE, ALONE(""));
    refuse(LINK, CODE_INVALID_REQUEST);
    drive.is_short = true;
    succeed(GET_PRIMARY, ALONE(",\"user_metadata\":{\"size\":1.0}"));
    assert_end(CODE_INVALID_REQUEST, OUTCOME_UNKNOWN);
    assert_member(sequence_result, "stands", "[\"write\"]");
    sequence_give(&drive.sequence, NULL); /* after its end it plays no part */
    assert_end(CODE_INVALID_REQUEST, OUTCOME_UNKNOWN);
}

static void test_no_memory_before_anything_is_sent(void **state) {
    (void)state;
    struct sequence_plan plan = merging();
    begin(&plan);
    drive.is_short = true;
    read_both(ALONE(P_COLOR), OTHER(S_SIZE));
    assert_end(CODE_UNREACHABLE, OUTCOME_NONE);
    assert_false(finished()->is_partly);
    assert_false(drive.wants_approval);
}

/* ---- what may come late ---- */

static void test_nothing_is_put_back_while_the_link_may_come(void **state) {
    (void)state;
    begin_merge();
    approve();
    succeed(WRITE, ALONE(""));
    lose(LINK);
    assert_int_equal(drive.count, 0);
    assert_end(CODE_UNKNOWN_OUTCOME, OUTCOME_UNKNOWN);
    assert_member(sequence_receipt, "state", "\"unknown\"");
    assert_member(sequence_receipt, "open", "true");
    assert_member(sequence_result, "stands", "[\"write\"]");
    assert_member(sequence_result, "undo_after", "1764490200");
}

static void test_nothing_is_put_back_while_a_patch_may_come(void **state) {
    (void)state;
    begin_merge();
    approve();
    end_as(WRITE, (struct operation_result){.is_open = true, .value = reading_value(SPAN(ALONE("")))});
    refuse(LINK, CODE_INVALID_REQUEST);
    assert_int_equal(drive.count, 0);
    assert_end(CODE_UNKNOWN_OUTCOME, OUTCOME_UNKNOWN);
    assert_int_equal(finished()->result.code, CODE_INVALID_REQUEST);
    assert_member(sequence_receipt, "open", "true");
}

static void test_a_lost_patch_sends_no_link(void **state) {
    (void)state;
    begin_merge();
    approve();
    lose(WRITE);
    assert_int_equal(drive.count, 0);
    assert_end(CODE_UNKNOWN_OUTCOME, OUTCOME_UNKNOWN);
    assert_int_equal(finished()->step, SEQUENCE_WRITE);
    assert_false(finished()->is_partly);
    assert_member(sequence_receipt, "state", "\"not_merged\"");
    assert_member(sequence_receipt, "open", "true");
}

static void test_a_merge_may_be_open_too(void **state) {
    (void)state;
    begin_merge();
    approve();
    succeed(WRITE, ALONE(""));
    end_as(LINK, (struct operation_result){.is_open = true, .value = reading_value(SPAN(BOTH))});
    assert_end(CODE_OK, OUTCOME_NONE);
    assert_member(sequence_receipt, "state", "\"merged\"");
    assert_member(sequence_receipt, "open", "true");
}

static void test_another_client_linked_in_between(void **state) {
    (void)state;
    begin_merge();
    approve();
    succeed(WRITE, ALONE(""));
    end_as(LINK, (struct operation_result){.already = true, .value = reading_value(SPAN(BOTH))});
    assert_end(CODE_OK, OUTCOME_NONE);
    assert_member(sequence_receipt, "already", "true");
    assert_member(sequence_result, "already", "true");
}

static void test_receipt_has_what_the_secondary_was(void **state) {
    (void)state;
#define TOLD "\"name\":\"Ann\",\"email\":\"ann@x.test\",\"picture\":\"p\""
    struct sequence_plan plan = merging();
    begin(&plan);
    read_both(ALONE(""), OTHER("," TOLD));
    approve();
    succeed(LINK, BOTH);
    assert_member(sequence_receipt, "secondary_was", "{" TOLD "}");
    assert_member(sequence_receipt, "before", NULL);
    assert_member(sequence_receipt, "wrote", NULL);
}

/* ---- carry ---- */

#define LIST(of, what) "GET /api/v2/users/" of "/" what "?page=0&per_page=50"
#define ROLES_OF_SECONDARY LIST("google-oauth2%7C2", "roles")
#define ROLES_OF_PRIMARY LIST("auth0%7C1", "roles")
#define ORGANIZATIONS_OF_SECONDARY LIST("google-oauth2%7C2", "organizations")
#define ORGANIZATIONS_OF_PRIMARY LIST("auth0%7C1", "organizations")
#define PERMISSIONS_OF_SECONDARY LIST("google-oauth2%7C2", "permissions")
#define PERMISSIONS_OF_PRIMARY LIST("auth0%7C1", "permissions")
#define READ_X "{\"resource_server_identifier\":\"https://x\",\"permission_name\":\"read\""
#define CARRY_ROLES "POST /api/v2/users/auth0%7C1/roles {\"roles\":[\"rol_2\"]}"
#define CARRY_PERMISSIONS "POST /api/v2/users/auth0%7C1/permissions {\"permissions\":[" READ_X "}]}"

static void begin_carry(void) {
    struct sequence_plan plan = merging();
    plan.guard.carry = GUARD_ROLES | GUARD_PERMISSIONS | GUARD_ORGANIZATIONS;
    begin(&plan);
    read_both(ALONE(""), OTHER(""));
    assert_int_equal(drive.count, 3);
    succeed(ROLES_OF_SECONDARY, "[{\"id\":\"rol_1\"},{\"id\":\"rol_2\",\"name\":\"editor\"}]");
    succeed(PERMISSIONS_OF_SECONDARY, "[" READ_X ",\"description\":\"x\"}]");
    succeed(ORGANIZATIONS_OF_SECONDARY, "[{\"id\":\"org_1\"},{\"id\":\"org_2\"},{\"id\":\"org_3\"}]");
    succeed(ROLES_OF_PRIMARY, "[{\"id\":\"rol_1\"}]");
    succeed(PERMISSIONS_OF_PRIMARY, "[]");
    succeed(ORGANIZATIONS_OF_PRIMARY, "[{\"id\":\"org_2\"}]");
    approve();
}

static void test_carry_adds_what_the_primary_lacks(void **state) {
    (void)state;
    begin_carry();
    assert_member(sequence_receipt, "carried",
                  "{\"roles\":[\"rol_2\"],\"permissions\":[" READ_X "}],\"organizations\":[\"org_1\",\"org_3\"]}");
    succeed(CARRY_ROLES, "");
    succeed(CARRY_PERMISSIONS, "");
    succeed(MEMBERS_OF("org_1"), "");
    succeed(MEMBERS_OF("org_3"), "");
    succeed(LINK, BOTH);
    assert_end(CODE_OK, OUTCOME_NONE);
    assert_member(sequence_receipt, "carried",
                  "{\"roles\":[\"rol_2\"],\"permissions\":[" READ_X "}],\"organizations\":[\"org_1\",\"org_3\"]}");
    assert_member(sequence_receipt, "secondary_was",
                  "{\"roles\":[\"rol_1\",\"rol_2\"],\"permissions\":[" READ_X
                  "}],\"organizations\":[\"org_1\",\"org_2\",\"org_3\"]}");
}

static void test_to_take_back_what_was_carried_needs_no_memory(void **state) {
    (void)state;
    begin_carry();
    succeed(CARRY_ROLES, "");
    drive.is_short = true;
    refuse(CARRY_PERMISSIONS, CODE_FORBIDDEN);
    succeed("DELETE /api/v2/users/auth0%7C1/roles {\"roles\":[\"rol_2\"]}", "");
    assert_end(CODE_FORBIDDEN, OUTCOME_NONE);
}

/* Up to the last organization, and taken back as far as the roles. */
static void refuse_the_last_of_a_carry(void) {
    begin_carry();
    succeed(CARRY_ROLES, "");
    succeed(CARRY_PERMISSIONS, "");
    succeed(MEMBERS_OF("org_1"), "");
    refuse(MEMBERS_OF("org_3"), CODE_FORBIDDEN);
    succeed("DELETE /api/v2/users/auth0%7C1/roles {\"roles\":[\"rol_2\"]}", "");
}

static void test_what_was_carried_is_taken_back(void **state) {
    (void)state;
    refuse_the_last_of_a_carry();
    refuse("DELETE /api/v2/users/auth0%7C1/permissions {\"permissions\":[" READ_X "}]}", CODE_FORBIDDEN);
    succeed("DELETE /api/v2/organizations/org_1/members {\"members\":[\"auth0|1\"]}", "");
    assert_end(CODE_FORBIDDEN, OUTCOME_UNKNOWN);
    assert_int_equal(finished()->step, SEQUENCE_CARRY_ORGANIZATION);
    assert_member(sequence_result, "put_back", "[\"carry_roles\",\"carry_organization\"]");
    assert_member(sequence_result, "stands", "[\"carry_permissions\"]");
    assert_member(sequence_receipt, "carried", "{\"permissions\":[" READ_X "}]}");
}

static void test_receipt_of_a_carry_that_is_not_known(void **state) {
    (void)state;
    begin_carry();
    succeed(CARRY_ROLES, "");
    lose(CARRY_PERMISSIONS);
    assert_end(CODE_UNKNOWN_OUTCOME, OUTCOME_UNKNOWN);
    assert_member(sequence_receipt, "carried", "{\"roles\":[\"rol_2\"],\"permissions\":[" READ_X "}]}");
}

static void test_receipt_of_organizations_that_may_be_carried(void **state) {
    (void)state;
    begin_carry();
    succeed(CARRY_ROLES, "");
    succeed(CARRY_PERMISSIONS, "");
    lose(MEMBERS_OF("org_1"));
    assert_end(CODE_UNKNOWN_OUTCOME, OUTCOME_UNKNOWN);
    assert_member(sequence_receipt, "carried",
                  "{\"roles\":[\"rol_2\"],\"permissions\":[" READ_X "}],\"organizations\":[\"org_1\"]}");
    refuse_the_last_of_a_carry();
    succeed("DELETE /api/v2/users/auth0%7C1/permissions {\"permissions\":[" READ_X "}]}", "");
    refuse("DELETE /api/v2/organizations/org_1/members {\"members\":[\"auth0|1\"]}", CODE_FORBIDDEN);
    assert_end(CODE_FORBIDDEN, OUTCOME_UNKNOWN);
    assert_member(sequence_receipt, "carried", "{\"organizations\":[\"org_1\"]}");
}

static void test_name_or_picture_is_carried_with_the_patch(void **state) {
    (void)state;
    struct sequence_plan plan = merging();
    plan.guard.carry = GUARD_NAME;
    begin(&plan);
    read_both(ALONE(""), OTHER(",\"name\":\"Ann\",\"picture\":\"p\""));
    approve();
    succeed(PATCH_PRIMARY "{\"name\":\"Ann\"}", ALONE(""));
    succeed(LINK, BOTH);
    assert_end(CODE_OK, OUTCOME_NONE);
    plan.guard.carry = GUARD_PICTURE;
    begin(&plan);
    read_both(ALONE(""), OTHER(",\"name\":\"Ann\",\"picture\":\"p\""));
    approve();
    succeed(PATCH_PRIMARY "{\"picture\":\"p\"}", ALONE(""));
}

/* ---- after the link ---- */

static void test_after_the_link(void **state) {
    (void)state;
    struct sequence_plan plan = merging();
    plan.revoke = plan.reset_password = true;
    begin(&plan);
    read_both(ALONE(""), OTHER(""));
    approve();
    succeed(LINK, BOTH);
    succeed("POST /api/v2/users/auth0%7C1/revoke-access", "");
    succeed("POST /api/v2/tickets/password-change {\"user_id\":\"auth0|1\"}", "{\"ticket\":\"https://x/y#\"}");
    assert_end(CODE_OK, OUTCOME_NONE);
    assert_member(sequence_result, "tickets", "[{\"id\":\"auth0|1\",\"ticket\":\"https://x/y#\"}]");
}

#define TICKET(more) "POST /api/v2/tickets/password-change {\"user_id\":\"auth0|1\"" more "}"
#define PASSWORD_OF(id) ",\"identity\":{\"provider\":\"auth0\",\"user_id\":\"" id "\"}"
#define DATABASE(id) "{\"provider\":\"auth0\",\"user_id\":\"" id "\",\"connection\":\"Users\"}"

/* An attacker's password may be that of either identity. */
static void test_each_password_is_reset(void **state) {
    (void)state;
    struct sequence_plan plan = merging();
    plan.reset_password = true;
    begin(&plan);
    read_both(ALONE(""), OTHER(""));
    approve();
    succeed(LINK, "[" OF_PRIMARY "," OF_SECONDARY "," DATABASE("7") "," DATABASE("8") "]");
    succeed(TICKET(""), "{\"ticket\":\"https://x/1\"}");
    refuse(TICKET(PASSWORD_OF("7")), CODE_FORBIDDEN);
    succeed(TICKET(PASSWORD_OF("8")), "{\"ticket\":\"https://x/8\"}");
    assert_end(CODE_OK, OUTCOME_NONE);
    assert_member(sequence_result, "tickets",
                  "[{\"id\":\"auth0|1\",\"ticket\":\"https://x/1\"},{\"id\":\"auth0|8\",\"ticket\":\"https://x/8\"}]");
}

static void test_what_fails_after_the_link_is_a_warning(void **state) {
    (void)state;
    struct sequence_plan plan = merging();
    plan.revoke = plan.reset_password = true;
    begin(&plan);
    read_both(ALONE(""), OTHER(""));
    approve();
    succeed(LINK, BOTH);
    lose("POST /api/v2/users/auth0%7C1/revoke-access");
    refuse("POST /api/v2/tickets/password-change {\"user_id\":\"auth0|1\"}", CODE_FORBIDDEN);
    assert_end(CODE_OK, OUTCOME_NONE);
    assert_member(sequence_receipt, "open", "false");
    struct json_value warnings;
    assert_true(json_member(json_of(sequence_result), SPAN("warnings"), &warnings));
    assert_int_equal(warnings.token->size, 2);
}

/* ---- relink ---- */

#define HOLDER "email|9"
#define OF_HOLDER "{\"provider\":\"email\",\"user_id\":\"9\",\"connection\":\"email\",\"isSocial\":false}"
#define GET_HOLDER "GET /api/v2/users/email%7C9"

static void begin_relink(void) {
    struct sequence_plan plan = merging();
    plan.guard.relink.holder = SPAN(HOLDER);
    plan.guard.relink.proof = GUARD_OPERATOR;
    begin(&plan);
    succeed(GET_PRIMARY, ALONE(""));
    refuse(GET_SECONDARY, CODE_NOT_FOUND);
    succeed(GET_HOLDER, ACCOUNT(HOLDER, OF_HOLDER "," OF_SECONDARY, ""));
    approve();
}

static void test_relink_releases_and_links(void **state) {
    (void)state;
    begin_relink();
    assert_member(sequence_receipt, "holder", "\"" HOLDER "\"");
    succeed("unlink " HOLDER, "[" OF_HOLDER "]");
    succeed(LINK, BOTH);
    assert_end(CODE_OK, OUTCOME_NONE);
}

static void test_a_refused_relink_is_returned(void **state) {
    (void)state;
    begin_relink();
    succeed("unlink " HOLDER, "[" OF_HOLDER "]");
    refuse(LINK, CODE_FORBIDDEN);
    succeed("link " HOLDER " {\"provider\":\"google-oauth2\",\"user_id\":\"google-oauth2|2\"}",
            "[" OF_HOLDER "," OF_SECONDARY "]");
    assert_end(CODE_FORBIDDEN, OUTCOME_NONE);
    assert_member(sequence_result, "put_back", "[\"release\"]");
}

/* ---- the rest ---- */

static void test_nothing_changes_after_the_end(void **state) {
    (void)state;
    begin_merge();
    approve();
    succeed(WRITE, ALONE(""));
    succeed(LINK, BOTH);
    tell((struct sequence_event){.kind = SEQUENCE_ENDED, .slot = 1, .result = {.code = CODE_TIMEOUT}});
    tell((struct sequence_event){.kind = SEQUENCE_DROPPED});
    assert_end(CODE_OK, OUTCOME_NONE);
    struct sequence_plan plan = plan_of(SEQUENCE_PREVIEW);
    begin(&plan);
    read_both(ALONE(""), OTHER(""));
    tell((struct sequence_event){.kind = SEQUENCE_DROPPED});
    tell((struct sequence_event){.kind = SEQUENCE_ENDED, .result = {.attempts = 1}});
    sequence_give(&drive.sequence, NULL);
    assert_end(CODE_OK, OUTCOME_NONE);
    assert_int_equal(finished()->requests, 2);
}

static void test_each_step_has_a_name(void **state) {
    (void)state;
    for (int step = 0; step < SEQUENCE_STEPS; step++) assert_non_null(sequence_step_name((enum sequence_step)step));
}

/* So many identities would take minutes if all were gone through for each of them. */
static void test_a_profile_of_very_many_identities_costs_what_its_size_does(void **state) {
    enum { MANY = 40000 };
    static char text[MANY * 3 + 200];
    const clock_t start = clock();
    (void)state;
    const struct sequence_plan plan = plan_of(SEQUENCE_PREVIEW);
    size_t size =
        (size_t)snprintf(text, sizeof text, "{\"user_id\":\"%s\",\"identities\":[%s", SECONDARY, OF_SECONDARY);
    for (int i = 0; i < MANY; i++) size += (size_t)snprintf(text + size, sizeof text - size, ",{}");
    snprintf(text + size, sizeof text - size, "]}");
    begin(&plan);
    succeed(GET_PRIMARY, ALONE(""));
    succeed(GET_SECONDARY, text);
    assert_int_equal(finished()->code, CODE_OK);
    assert_true(text_of(sequence_result).size > 0);
    assert_true((clock() - start) / CLOCKS_PER_SEC < 30);
}

#define TEST(name) cmocka_unit_test_teardown(name, end_drive)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_preview_reads_at_once_and_changes_nothing),
        TEST(test_preview_tells_the_reasons),
        TEST(test_a_profile_that_cannot_be_read_ends_it),
        TEST(test_what_could_not_be_read_was_refused_or_not_heard),
        TEST(test_without_metadata_two_reads_and_a_link),
        TEST(test_with_metadata_a_patch_more),
        TEST(test_linked_before_changes_nothing),
        TEST(test_the_guard_refuses_before_anything_is_sent),
        TEST(test_receipt_before_anything_is_sent),
        TEST(test_receipt_of_a_merge),
        TEST(test_after_a_long_wait_both_are_read_again),
        TEST(test_what_was_edited_while_the_receipt_waited_ends_it),
        TEST(test_what_stands_against_it_by_then_ends_it),
        TEST(test_before_a_late_link_the_secondary_is_read_again),
        TEST(test_what_was_edited_before_a_late_link_puts_the_merge_back),
        TEST(test_what_refuses_before_a_late_link_puts_the_merge_back),
        TEST(test_before_a_late_link_nothing_is_put_back_while_the_write_may_come),
        TEST(test_only_what_was_read_long_ago_is_read_again),
        TEST(test_dropped_before_its_word),
        TEST(test_dropped_while_it_reads),
        TEST(test_dropped_later_goes_on),
        TEST(test_a_refused_patch_leaves_nothing_to_put_back),
        TEST(test_a_refused_link_is_put_back),
        TEST(test_what_a_key_held_before_is_put_back),
        TEST(test_what_the_user_changed_since_is_not_put_back),
        TEST(test_what_could_not_be_put_back_stands),
        TEST(test_the_primary_cannot_be_read_again),
        TEST(test_no_memory_to_put_back),
        TEST(test_no_memory_to_compare_what_is_put_back),
        TEST(test_no_memory_before_anything_is_sent),
        TEST(test_nothing_is_put_back_while_the_link_may_come),
        TEST(test_nothing_is_put_back_while_a_patch_may_come),
        TEST(test_a_lost_patch_sends_no_link),
        TEST(test_a_merge_may_be_open_too),
        TEST(test_another_client_linked_in_between),
        TEST(test_receipt_has_what_the_secondary_was),
        TEST(test_carry_adds_what_the_primary_lacks),
        TEST(test_what_was_carried_is_taken_back),
        TEST(test_to_take_back_what_was_carried_needs_no_memory),
        TEST(test_receipt_of_a_carry_that_is_not_known),
        TEST(test_receipt_of_organizations_that_may_be_carried),
        TEST(test_name_or_picture_is_carried_with_the_patch),
        TEST(test_after_the_link),
        TEST(test_each_password_is_reset),
        TEST(test_what_fails_after_the_link_is_a_warning),
        TEST(test_relink_releases_and_links),
        TEST(test_a_refused_relink_is_returned),
        TEST(test_nothing_changes_after_the_end),
        TEST(test_each_step_has_a_name),
        TEST(test_a_profile_of_very_many_identities_costs_what_its_size_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
