#include "pure/listed.h"

#include "json_checked.h"

static void assert_read(const char *text, const char *id, const char *email, uint32_t identities) {
    struct listed listed;
    assert_null(listed_read(checked(text), &listed));
    assert_span(json_bytes(listed.id), id);
    if (email == NULL)
        assert_null(listed.email.token);
    else
        assert_span(json_bytes(listed.email), email);
    assert_int_equal(listed.identities, identities);
}

static void an_account_has_an_id_and_may_have_the_rest(void **state) {
    (void)state;
    assert_read("{\"user_id\":\"a\",\"email\":\"b\",\"identities\":[1,{}]}", "a", "b", 2);
    assert_read("{\"user_id\":\"a\"}", "a", NULL, 0);
    assert_read("{\"user_id\":\"a\",\"email\":null,\"identities\":{}}", "a", NULL, 0);
    assert_read("{\"user_id\":\"a\",\"email\":\"b\",\"email\":7}", "a", NULL, 0);
    assert_read("{\"user_id\":7,\"user_id\":\"a\",\"email\":\"\"}", "a", "", 0);
}

static void assert_none(const char *text, const char *why) {
    struct listed listed;
    assert_string_equal(listed_read(checked(text), &listed), why);
}

static void what_has_no_id_is_none(void **state) {
    (void)state;
    assert_none("[]", "the line is no JSON object");
    assert_none("{\"id\":\"a\"}", "the account has no user_id");
    assert_none("{\"user_id\":null}", "the account's user_id is no string");
    assert_none("{\"user_id\":\"a\",\"user_id\":{}}", "the account's user_id is no string");
    assert_none("{\"user_id\":\"\"}", "the account's user_id is empty");
}

static void only_the_letters_of_ascii_are_made_small(void **state) {
    (void)state;
    char address[] = "AZaz@[`{09\xC3\x84\xE2\x84\xAA.+";
    listed_fold(address, sizeof address - 1);
    assert_string_equal(address, "azaz@[`{09\xC3\x84\xE2\x84\xAA.+");
}

/* Of the algorithm's authors. */
static void a_hash_is_that_of_fnv_1a(void **state) {
    (void)state;
    assert_true(listed_hash(SPAN("")) == 0xCBF29CE484222325);
    assert_true(listed_hash(SPAN("a")) == 0xAF63DC4C8601EC8C);
    assert_true(listed_hash(SPAN("foobar")) == 0x85944171F73967E8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_account_has_an_id_and_may_have_the_rest),
        cmocka_unit_test(what_has_no_id_is_none),
        cmocka_unit_test(only_the_letters_of_ascii_are_made_small),
        cmocka_unit_test(a_hash_is_that_of_fnv_1a),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
