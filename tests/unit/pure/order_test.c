#include "pure/order.h"

#include "json_checked.h"

static int compare(const char *one, const char *other) {
    struct json_value a = checked(one), b = checked(other);
    uint32_t slots_a[64], slots_b[64];
    assert_true(order_room(a) <= COUNT(slots_a) && order_room(b) <= COUNT(slots_b));
    struct order in_a = order_make(a, slots_a), in_b = order_make(b, slots_b);
    int order = order_compare(&in_a, a, &in_b, b), reverse = order_compare(&in_b, b, &in_a, a);
    assert_int_equal(order<0, reverse> 0);
    assert_int_equal(order > 0, reverse < 0);
    return order;
}

static void assert_equal(const char *const *texts, size_t count) {
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            if (compare(texts[i], texts[j]) != 0) fail_msg("%s is not %s", texts[i], texts[j]);
}

/* Each differs from each, and the order has no ring: sorted by it, each is smaller than all that follow. */
static void assert_ordered(const char **texts, size_t count) {
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++)
            if (compare(texts[j], texts[i]) < 0) {
                const char *smaller = texts[j];
                texts[j] = texts[i];
                texts[i] = smaller;
            }
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++)
            if (compare(texts[i], texts[j]) >= 0) fail_msg("%s is not before %s", texts[i], texts[j]);
}

static void numbers_are_equal_that_are_the_same_decimal_number(void **state) {
    (void)state;
    const char *one[] = {"1", "1.0", "10e-1", "0.1e1", "0.001E+3", "1e0", "1.000e-0", "1e000000000000000000000"};
    const char *zero[] = {"0", "-0", "0.0", "0e5", "-0.00e-7", "0e99999999999999999999"};
    const char *much[] = {"120e30", "1.2E32", "120000000000000000000000000000000", "0.12e33",
                          "120000000000000000000000000000000.00"};
    const char *tiny[] = {"-0.00012", "-1.2e-4", "-12E-5"};
    assert_equal(one, COUNT(one));
    assert_equal(zero, COUNT(zero));
    assert_equal(much, COUNT(much));
    assert_equal(tiny, COUNT(tiny));
}

static void no_number_is_rounded(void **state) {
    (void)state;
    const char *numbers[] = {"1",
                             "-1",
                             "0",
                             "10",
                             "1.1",
                             "0.1",
                             "12",
                             "123456789012345678901234567890",
                             "123456789012345678901234567891",
                             "1234567890123456789012345678901",
                             "1e400",
                             "1e401",
                             "-1e400",
                             "1e-400",
                             "0.1000000000000000000000000000001",
                             "9007199254740992",
                             "9007199254740993",
                             "1e99999999999999999",
                             "1e999999999999999999",
                             "10e99999999999999999",
                             "1e-999999999999999999999",
                             "1e999999999999999999999"};
    assert_ordered(numbers, COUNT(numbers));
}

static void strings_are_equal_that_are_the_same_unescaped(void **state) {
    (void)state;
    const char *letters[] = {"\"a\\u0062\"", "\"ab\"", "\"\\u0061\\u0062\""};
    const char *faces[] = {"\"\\ud83d\\ude00\"", "\"\xF0\x9F\x98\x80\"", "\"\\uD83D\\uDE00\""};
    const char *halves[] = {"\"\\ud800\"", "\"\\uD800\""};
    const char *others[] = {"\"\"",        "\"\\u0000\"", "\"a\"",        "\"a\\u0000\"",       "\"ab\"",
                            "\"\\ud800\"", "\"\\udc00\"", "\"\xC3\xA9\"", "\"\\ud83d\\ude00\"", "\"e\\u0301\"",
                            "\"\\u0001\""};
    assert_equal(letters, COUNT(letters));
    assert_equal(faces, COUNT(faces));
    assert_equal(halves, COUNT(halves));
    assert_ordered(others, COUNT(others));
}

static void arrays_and_objects_are_equal_by_what_is_in_them(void **state) {
    (void)state;
    const char *objects[] = {"{\"a\":1,\"b\":[2,{}]}", "{\"b\":[2.0,{}],\"a\":1}",
                             "{\"b\":0,\"a\":1,\"\\u0062\":[2,{}]}"};
    const char *others[] = {"[]",           "[1]",       "[1,2]",     "[2,1]",     "[[]]",
                            "{}",           "{\"a\":1}", "{\"a\":2}", "{\"b\":1}", "{\"a\":1,\"b\":1}",
                            "{\"a\":null}", "null",      "true",      "false",     "0",
                            "\"\"",         "[{}]",      "[null]"};
    assert_equal(objects, COUNT(objects));
    assert_ordered(others, COUNT(others));
}

static void an_absent_value_is_equal_to_an_absent_one_only(void **state) {
    (void)state;
    uint32_t slot = 7;
    struct json_value none = {NULL, NULL}, null = checked("null");
    assert_int_equal(order_room(none), 0);
    struct order of_none = order_make(none, NULL), of_null = order_make(null, &slot);
    assert_int_equal(order_compare(&of_none, none, &of_none, none), 0);
    assert_true(order_compare(&of_none, none, &of_null, null) < 0);
    assert_true(order_compare(&of_null, null, &of_none, none) > 0);
}

/* Names of `a` that count, each with the place of its partner in `b`. */
static void assert_pairs(const char *a, const char *b, const char *wanted) {
    struct json_value of_a = checked(a), of_b = checked(b);
    uint32_t slots_a[64], slots_b[64], partners[64];
    struct order in_a = order_make(of_a, slots_a), in_b = order_make(of_b, slots_b);
    char is[64] = "";
    order_pair(&in_a, of_a, &in_b, of_b, partners);
    for (struct json_walk walk = json_walk(of_a); json_next(&walk);) {
        char *end = is + strlen(is);
        bool counts = order_counts(&in_a, walk.name);
        end[0] = counts ? (char)('0' + partners[walk.name.token - of_a.token]) : '-';
        end[1] = '\0';
    }
    assert_string_equal(is, wanted);
}

static void members_find_their_partners_by_name(void **state) {
    (void)state;
    assert_pairs("{\"c\":1,\"a\":2,\"b\":3}", "{\"a\":1,\"d\":2,\"c\":3}", "510");
    assert_pairs("{\"a\":1,\"a\":2}", "{\"x\":0,\"\\u0061\":1}", "-3");
    assert_pairs("{\"a\":1}", "{\"a\":2,\"a\":3}", "3");
    assert_pairs("{\"a\":1}", "{}", "0");
    assert_pairs("{\"a\":1}", "[\"a\"]", "0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_equal_that_are_the_same_decimal_number),
        cmocka_unit_test(no_number_is_rounded),
        cmocka_unit_test(strings_are_equal_that_are_the_same_unescaped),
        cmocka_unit_test(arrays_and_objects_are_equal_by_what_is_in_them),
        cmocka_unit_test(an_absent_value_is_equal_to_an_absent_one_only),
        cmocka_unit_test(members_find_their_partners_by_name),
    };
    return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
