/* clang-format keeps these four in their order: cmocka.h needs the other three before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pure/plan.h"

#include <stdio.h>

static char text[2000];
static struct json_token tokens[400];
static struct span spans[400];
static struct sequence_plan plan;
static struct complaint complaint;

static bool read(const char *order) {
    snprintf(text, sizeof text, "%s", order);
    struct json_reader reader = json_reader(span_of(text));
    reader.tokens = tokens;
    reader.room = sizeof tokens / sizeof tokens[0];
    assert_int_equal(json_read(&reader), JSON_WHOLE);
    /* What it held before plays no part. */
    plan = (struct sequence_plan){.at = 7, .merge = {.choice = {MERGE_DEEP, MERGE_DEEP, MERGE_DEEP, MERGE_DEEP}}};
    return plan_read(json_root(&reader), text, spans, &plan, &complaint);
}

#define ACCOUNTS "\"primary\":\"auth0|1\",\"secondary\":\"google-oauth2|2\""

static void assert_text(struct span got, const char *expected) {
    assert_int_equal(got.size, strlen(expected));
    assert_memory_equal(got.at, expected, got.size);
}

static void test_what_is_not_said_has_its_default(void **state) {
    (void)state;
    assert_true(read("{\"goal\":\"merge\"," ACCOUNTS ",\"proof\":\"operator\"}"));
    assert_int_equal(plan.goal, SEQUENCE_MERGE);
    assert_int_equal(plan.at, 7);
    assert_int_equal(plan.guard.proof, GUARD_OPERATOR);
    assert_int_equal(plan.guard.checks, GUARD_CHECKS);
    assert_int_equal(plan.guard.carry, 0);
    assert_int_equal(plan.merge.choice[MERGE_USER_METADATA], MERGE_PRIMARY_WINS);
    assert_int_equal(plan.merge.choice[MERGE_APP_METADATA], MERGE_DISCARD);
    assert_int_equal(plan.merge.choice[MERGE_NAME], MERGE_DISCARD);
    assert_int_equal(plan.merge.choice[MERGE_PICTURE], MERGE_DISCARD);
    assert_false(plan.guard.allow_unreadable || plan.guard.password_merge || plan.revoke || plan.reset_password);
    assert_null(plan.guard.relink.holder.at);
    assert_text(plan.target.provider, "google-oauth2");
    assert_text(plan.guard.secondary, "google-oauth2|2");
}

static void test_every_option_has_its_place(void **state) {
    (void)state;
    assert_true(
        read("{\"goal\":\"preview\"," ACCOUNTS ",\"proof\":\"shared_email\",\"user_metadata\":\"deep\","
             "\"app_metadata\":\"primary_wins\",\"union\":[\"a\",\"b\\u002ec\"],\"carry\":[\"roles\",\"name\"],"
             "\"checks\":[],\"trusted_connections\":[\"acme\"],\"password_merge\":true,\"unreadable\":\"allow\","
             "\"revoke\":true,\"reset_password\":true,\"streams\":true,\"connection_id\":\"con_1\","
             "\"relink\":{\"holder\":\"auth0|9\",\"proof\":\"operator\"},"
             "\"created_at\":{\"primary\":\"2020\",\"secondary\":\"2021\"}}"));
    assert_text(plan.guard.primary_created, "2020");
    assert_text(plan.guard.secondary_created, "2021");
    assert_int_equal(plan.guard.carry, GUARD_ROLES | GUARD_NAME);
    assert_int_equal(plan.guard.checks, 0);
    assert_int_equal(plan.merge.choice[MERGE_USER_METADATA], MERGE_DEEP);
    assert_int_equal(plan.merge.choice[MERGE_APP_METADATA], MERGE_PRIMARY_WINS);
    assert_int_equal(plan.merge.choice[MERGE_NAME], MERGE_PRIMARY_WINS);
    assert_int_equal(plan.merge.choice[MERGE_PICTURE], MERGE_DISCARD);
    assert_int_equal(plan.merge.united_count, 2);
    assert_text(plan.merge.united[1], "b.c");
    assert_true(plan.merge.united[1].at > text && plan.merge.united[1].at < text + sizeof text); /* over itself */
    assert_int_equal(plan.guard.trusted_count, 1);
    assert_text(plan.guard.trusted_connections[0], "acme");
    assert_text(plan.guard.relink.holder, "auth0|9");
    assert_int_equal(plan.guard.relink.proof, GUARD_OPERATOR);
    assert_text(plan.target.connection_id, "con_1");
    assert_true(plan.guard.allow_unreadable && plan.guard.password_merge && plan.revoke && plan.reset_password &&
                plan.guard.name_streams);
}

static void test_every_word_has_its_meaning(void **state) {
    (void)state;
    static const char *const goals[] = {"preview", "merge", "undo", "settle"};
    static const char *const proofs[] = {"both_authenticated", "shared_email", "operator"};
    static const char *const checks[] = {"factors", "organizations", "groups", "provisioning", "roles", "permissions"};
    char order[400];
    for (int i = 0; i < 4; i++) {
        snprintf(order, sizeof order, "{\"goal\":\"%s\"," ACCOUNTS ",\"proof\":\"operator\"}", goals[i]);
        assert_true(read(order));
        assert_int_equal(plan.goal, i);
    }
    for (int i = 0; i < 3; i++) {
        snprintf(order, sizeof order, "{\"goal\":\"merge\"," ACCOUNTS ",\"proof\":\"%s\"}", proofs[i]);
        assert_true(read(order));
        assert_int_equal(plan.guard.proof, i);
    }
    for (int i = 0; i < 6; i++) {
        snprintf(order, sizeof order, "{\"goal\":\"merge\"," ACCOUNTS ",\"proof\":\"operator\",\"checks\":[\"%s\"]}",
                 checks[i]);
        assert_true(read(order));
        assert_int_equal(plan.guard.checks, 1 << i);
    }
}

#define PROFILES(primary, secondary, at)                                                                               \
    "{\"goal\":\"merge\"," ACCOUNTS ",\"proof\":\"operator\",\"profiles\":{\"primary\":" primary                       \
    ",\"secondary\":" secondary at "}}"
#define OF_1 "{\"user_id\":\"auth0|1\"}"
#define OF_2 "{\"name\":\"N\",\"user_id\":\"google-oauth2\\u007c2\"}"

static void test_profiles_are_those_of_the_two_accounts(void **state) {
    (void)state;
    assert_true(read(PROFILES(OF_1, OF_2, ",\"at\":1764489600")));
    assert_int_equal(plan.profiles_at, 1764489600);
    assert_int_equal(plan.profiles[0].token->size, 1);
    assert_int_equal(plan.profiles[1].token->size, 2);
    assert_true(read(PROFILES(OF_1, OF_2, "")));
    assert_int_equal(plan.profiles_at, 0);
    assert_true(read(PROFILES(OF_1, OF_2, ",\"at\":12345678901234567")));
    assert_int_equal(plan.profiles_at, 0);
    assert_true(read("{\"goal\":\"merge\"," ACCOUNTS ",\"proof\":\"operator\"}"));
    assert_null(plan.profiles[0].token);
}

static void test_a_receipt_needs_no_options(void **state) {
    (void)state;
    assert_true(read("{\"goal\":\"undo\"," ACCOUNTS ",\"receipt\":{\"version\":1}}"));
    assert_int_equal(json_kind(plan.receipt), JSON_OBJECT);
}

static void test_what_cannot_be_used_is_named(void **state) {
    (void)state;
    static const char *const orders[][2] = {
        {"{\"goal\":\"mend\"," ACCOUNTS "}", "goal"},
        {"{\"goal\":\"merge\"," ACCOUNTS "}", "proof"},
        {"{\"goal\":\"merge\"," ACCOUNTS ",\"proof\":\"operator\",\"carry\":[\"factors\"]}", "carry"},
        {"{\"goal\":\"merge\"," ACCOUNTS ",\"proof\":\"operator\",\"checks\":[\"name\"]}", "checks"},
        {"{\"goal\":\"merge\"," ACCOUNTS ",\"proof\":\"operator\",\"user_metadata\":\"all\"}", "user_metadata"},
        {"{\"goal\":\"merge\"," ACCOUNTS ",\"proof\":\"operator\",\"relink\":{\"holder\":\"auth0|9\"}}", "proof"},
        {"{\"goal\":\"merge\",\"primary\":\"auth0|1\",\"secondary\":\"auth0|1\",\"proof\":\"operator\"}", "secondary"},
        {"{\"goal\":\"merge\"," ACCOUNTS ",\"proof\":\"operator\","
         "\"relink\":{\"holder\":\"..\",\"proof\":\"operator\"}}",
         "relink.holder"},
        {PROFILES(OF_2, OF_2, ""), "profiles.primary"},
        {PROFILES(OF_1, OF_1, ""), "profiles.secondary"},
        {PROFILES(OF_1, "{\"user_id\":2}", ""), "profiles.secondary"},
        {PROFILES("[]", OF_2, ""), "profiles.primary"},
        {"{\"goal\":\"merge\"," ACCOUNTS ",\"proof\":\"operator\",\"profiles\":{}}", "profiles.primary"},
    };
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        assert_false(read(orders[i][0]));
        assert_string_equal(complaint.option, orders[i][1]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_not_said_has_its_default),
        cmocka_unit_test(test_every_option_has_its_place),
        cmocka_unit_test(test_every_word_has_its_meaning),
        cmocka_unit_test(test_profiles_are_those_of_the_two_accounts),
        cmocka_unit_test(test_a_receipt_needs_no_options),
        cmocka_unit_test(test_what_cannot_be_used_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
