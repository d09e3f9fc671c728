#include "pure/canon.h"

#include "json_checked.h"

/* The text of a value, which is measured as it is written. */
static size_t canonical(const char *text, char to[256]) {
    struct json_value value = checked(text);
    uint32_t slots[64];
    assert_true(order_room(value) <= COUNT(slots));
    struct order order = order_make(value, slots);
    struct writer counted = writer_to(NULL), writer = writer_to(to);
    canon_write(&counted, &order, value);
    assert_true(counted.size < 256);
    canon_write(&writer, &order, value);
    assert_int_equal(writer.size, counted.size);
    return writer.size;
}

static void assert_canonical(const char *text, const char *wanted) {
    char to[256];
    size_t size = canonical(text, to);
    assert_span((struct span){to, size}, wanted);
}

static void numbers_are_digits_and_a_power(void **state) {
    (void)state;
    assert_canonical("0", ".e0");
    assert_canonical("-0.0e9", ".e0");
    assert_canonical("1", ".1e1");
    assert_canonical("-10.50", "-.105e2");
    assert_canonical("1050e-2", ".105e2");
    assert_canonical("0.00012", ".12e-3");
    assert_canonical("12345678901234567890.5", ".123456789012345678905e20");
    assert_canonical("1e999999999999999999999", "1e999999999999999999999");
}

static void strings_lose_their_escapes(void **state) {
    (void)state;
    assert_canonical("\"\\u0061\\/\\n\"", "\"a/\n\"");
    assert_canonical("\"\\\"\\\\\"", "\"\\\"\\\\\"");
    assert_canonical("\"\\ud83d\\ude00\"", "\"\xF0\x9F\x98\x80\"");
    assert_canonical("\"\\ud800\"", "\"" HIGH "\"");
}

static void members_are_sorted_and_of_one_name_the_last_stays(void **state) {
    (void)state;
    assert_canonical(" { \"b\" : 1 , \"a\" : [ ] , \"\\u0062\" : { } } ", "{\"a\":[],\"b\":{},}");
    assert_canonical("[true, [false], null]", "[true,[false,],null,]");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_digits_and_a_power),
        cmocka_unit_test(strings_lose_their_escapes),
        cmocka_unit_test(members_are_sorted_and_of_one_name_the_last_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
