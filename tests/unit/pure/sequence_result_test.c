/* What a sequence tells its caller, member by member. */
#include "sequence_drive.h"

/* The names of what a member lists, each with its key: "roles user_metadata.a.x". */
static void assert_things(const char *name, const char *expected) {
    char got[TEXT] = "";
    struct json_value list, what, key;
    size_t size = 0;
    assert_true(json_member(json_of(sequence_result), span_of(name), &list));
    for (struct json_walk walk = json_walk(list); json_next(&walk);) {
        assert_true(json_member(walk.value, SPAN("what"), &what));
        bool has_key = json_member(walk.value, SPAN("key"), &key);
        size += (size_t)snprintf(got + size, sizeof got - size, "%s%.*s%s%.*s", size > 0 ? " " : "",
                                 (int)json_bytes(what).size, json_bytes(what).at, has_key ? "." : "",
                                 has_key ? (int)json_bytes(key).size : 0, has_key ? json_bytes(key).at : "");
    }
    assert_string_equal(got, expected);
}

#define ORGANIZATIONS(page) GET_SECONDARY "/organizations?page=" page "&per_page=50"
#define ROLES GET_SECONDARY "/roles?page=0&per_page=50"
#define BLOCKED                                                                                                        \
    ",\"created_at\":\"2025\",\"blocked\":true,\"user_metadata\":{\"a\":{\"y\":1,\"x\":2},\"same\":1,\"n\":1}"

static void begin_preview(unsigned checks, const char *secondary) {
    struct sequence_plan plan = plan_of(SEQUENCE_PREVIEW);
    plan.guard.checks = checks;
    plan.merge.choice[MERGE_USER_METADATA] = MERGE_DEEP;
    begin(&plan);
    succeed(GET_PRIMARY, ALONE(",\"created_at\":\"2024\",\"user_metadata\":{\"a\":{\"x\":1},\"same\":1}"));
    succeed(GET_SECONDARY, secondary);
}

static void test_a_preview(void **state) {
    (void)state;
    begin_preview(GUARD_ORGANIZATIONS | GUARD_ROLES, OTHER(BLOCKED));
    succeed(ORGANIZATIONS("0"), "[{\"id\":\"org_1\",\"name\":\"one\"},{\"id\":\"org_2\",\"name\":\"two\"}]");
    refuse(ROLES, CODE_FORBIDDEN);
    succeed(GET_PRIMARY "/organizations?page=0&per_page=50", "[]");
    assert_member(sequence_result, "primary", "\"auth0|1\"");
    assert_member(sequence_result, "secondary", "\"google-oauth2|2\"");
    assert_member(sequence_result, "proof", "\"operator\"");
    assert_member(sequence_result, "created_at", "{\"primary\":\"2024\",\"secondary\":\"2025\"}");
    assert_member(sequence_result, "already", "false");
    assert_member(sequence_result, "warnings", "[]");
    assert_member(
        sequence_result, "reasons",
        "[{\"code\":\"blocked\",\"side\":\"secondary\",\"message\":\"the secondary, google-oauth2|2, is blocked, and a "
        "merge could open it again: unblock it first, if there is no reason left for the block\",\"names\":[]},"
        "{\"code\":\"organizations_lost\",\"side\":\"secondary\",\"message\":\"the secondary, google-oauth2|2, is in "
        "organizations that the primary is not in (org_1, org_2): carry them (carry = { \\\"organizations\\\" }), or "
        "let the account leave them first\",\"names\":[\"org_1\",\"org_2\"]},"
        "{\"code\":\"unreadable\",\"side\":\"secondary\",\"message\":\"the roles of the secondary, google-oauth2|2, "
        "could not be read: the token needs read:users and read:roles. Or leave \\\"roles\\\" out of checks, or say "
        "unreadable = \\\"allow\\\"\",\"read\":\"roles\",\"names\":[]}]");
    assert_things("kept", "id profile user_metadata roles permissions organizations groups factors sign_in profile "
                          "user_metadata.same");
    assert_things("lost", "id user_metadata user_metadata.a.x");
    assert_things("carried", "user_metadata user_metadata.a.y user_metadata.n");
    assert_things("not_known", "roles permissions organizations groups factors passkeys blocked sessions "
                               "refresh_tokens grants device_credentials connected_accounts logs");
}

static size_t put_page(char *to, size_t room, int first, int count) {
    size_t size = (size_t)snprintf(to, room, "[");
    for (int i = first; i < first + count; i++)
        size += (size_t)snprintf(to + size, room - size, "%s{\"id\":\"org_%d\"}", i > first ? "," : "", i);
    return size + (size_t)snprintf(to + size, room - size, "]");
}

static void test_a_reason_names_a_hundred_at_most(void **state) {
    (void)state;
    char page[TEXT];
    begin_preview(GUARD_ORGANIZATIONS, OTHER(""));
    (void)put_page(page, sizeof page, 1, 50);
    succeed(ORGANIZATIONS("0"), page);
    (void)put_page(page, sizeof page, 51, 50);
    succeed(ORGANIZATIONS("1"), page);
    (void)put_page(page, sizeof page, 101, 2);
    succeed(ORGANIZATIONS("2"), page);
    succeed(GET_PRIMARY "/organizations?page=0&per_page=50", "[]");
    struct json_value reasons, names;
    assert_true(json_member(json_of(sequence_result), SPAN("reasons"), &reasons));
    struct json_walk walk = json_walk(reasons);
    assert_true(json_next(&walk));
    assert_true(json_member(walk.value, SPAN("names"), &names));
    assert_int_equal(names.token->size, 100);
}

/* Whatever a tenant has, what is told of it is bounded. */
static void test_long_names_and_keys_are_cut(void **state) {
    (void)state;
    enum { LONG = 1500, KEY = 1024, NAME = 256 };
    char text[LONG + 1], secondary[TEXT];
    struct json_value list, names, key;
    memset(text, 'x', LONG);
    text[LONG] = '\0';
    snprintf(secondary, sizeof secondary,
             "{\"user_id\":\"" SECONDARY "\",\"identities\":[" OF_SECONDARY
             ",{\"provider\":\"samlp\",\"user_id\":\"%s\"}],\"user_metadata\":{\"%s\":1}}",
             text, text);
    begin_preview(0, secondary);
    struct json_value result = json_of(sequence_result);
    assert_true(json_member(result, SPAN("reasons"), &list));
    struct json_walk walk = json_walk(list);
    assert_true(json_next(&walk));
    assert_true(json_member(walk.value, SPAN("names"), &names));
    walk = json_walk(names);
    assert_true(json_next(&walk));
    assert_int_equal(json_bytes(walk.value).size, NAME);
    assert_true(json_member(result, SPAN("carried"), &list));
    for (walk = json_walk(list); json_next(&walk);)
        if (json_member(walk.value, SPAN("key"), &key)) assert_int_equal(json_bytes(key).size, KEY);
}

static void test_a_merge_whose_last_steps_failed(void **state) {
    (void)state;
    struct sequence_plan plan = plan_of(SEQUENCE_MERGE);
    plan.revoke = plan.reset_password = true;
    begin(&plan);
    succeed(GET_PRIMARY, ALONE(""));
    succeed(GET_SECONDARY, OTHER(""));
    approve();
    succeed(LINK, BOTH);
    refuse("POST /api/v2/users/auth0%7C1/revoke-access", CODE_FORBIDDEN);
    refuse("POST /api/v2/tickets/password-change {\"user_id\":\"auth0|1\"}", CODE_FORBIDDEN);
    assert_member(sequence_result, "warnings",
                  "[{\"code\":\"not_revoked\",\"side\":\"primary\",\"message\":\"the primary's sessions and refresh "
                  "tokens could not be revoked: revoke them\"},{\"code\":\"no_ticket\",\"side\":\"primary\","
                  "\"message\":\"a ticket for a new password could not be made: make one\"}]");
    assert_member(sequence_result, "tickets", "[]");
    assert_member(sequence_result, "put_back", NULL);
    assert_member(sequence_result, "conflicts", NULL);
}

#define RECEIPT(was)                                                                                                   \
    "{\"version\":1,\"domain\":\"acme.auth0.com\",\"primary\":\"auth0|1\",\"secondary\":{\"id\":\"google-oauth2|2\","  \
    "\"provider\":\"google-oauth2\",\"user_id\":\"2\"},\"at\":1764480000,\"proof\":\"operator\","                      \
    "\"secondary_was\":{" was "},\"state\":\"merged\",\"open\":false,\"already\":false}"

static void begin_undo(const char *receipt) {
    struct sequence_plan plan = plan_of(SEQUENCE_UNDO);
    plan.receipt = reading_value(span_of(receipt));
    begin(&plan);
    succeed(GET_PRIMARY, LINKED(""));
    succeed(UNLINK, "[" OF_PRIMARY "]");
}

#define GONE                                                                                                           \
    "sessions refresh_tokens grants device_credentials connected_accounts passkeys factors groups logs picture "       \
    "nickname created_at updated_at logins_count last_login last_ip last_password_reset"

static void test_an_undo(void **state) {
    (void)state;
    begin_undo(RECEIPT("\"user_metadata\":\"{\\\"size\\\":1,\\\"k\\\":2,\\\"a.b\\\":3,\\\"d\\\":{\\\"e\\\":1}}\","
                       "\"roles\":[\"rol_1\"]"));
    succeed(GET_SECONDARY, OTHER(",\"user_metadata\":{\"k\":2,\"d\":{\"f\":1}}"));
    succeed(PATCH_SECONDARY "{\"user_metadata\":{\"size\":1}}", OTHER(""));
    succeed("POST /api/v2/users/google-oauth2%7C2/roles {\"roles\":[\"rol_1\"]}", "");
    assert_end(CODE_OK, OUTCOME_NONE);
    assert_things("restored", "user_metadata.size identity roles");
    assert_things("conflicts", "user_metadata.d");
    assert_things("lost", GONE " user_metadata.a.b");
}

static void test_an_undo_that_had_nothing_to_give_back(void **state) {
    (void)state;
    begin_undo(RECEIPT("\"user_metadata\":\"{\\\"k\\\":2}\""));
    succeed(GET_SECONDARY, OTHER(",\"user_metadata\":{\"k\":3}"));
    assert_end(CODE_OK, OUTCOME_NONE);
    assert_things("restored", "identity");
    assert_things("conflicts", "user_metadata.k");
    assert_things("lost", GONE);
}

#define TEST(name) cmocka_unit_test_teardown(name, end_drive)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_a_preview),
        TEST(test_a_reason_names_a_hundred_at_most),
        TEST(test_long_names_and_keys_are_cut),
        TEST(test_a_merge_whose_last_steps_failed),
        TEST(test_an_undo),
        TEST(test_an_undo_that_had_nothing_to_give_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
