#include "json_checked.h"

#include <math.h>
#include <stdio.h>

#include "pure/numeral.h"

static const char *written(double value) {
    static char to[NUMERAL_MOST + 1];
    to[numeral_write(value, to)] = '\0';
    return to;
}

static double read_number(const char *text) { return numeral_read(span_of(text)); }

static void writes_a_double_as_javascript_does(void **state) {
    (void)state;
    const struct {
        double value;
        const char *text;
    } rows[] = {
        {0, "0"},
        {-0.0, "-0"},
        {1, "1"},
        {-7.5, "-7.5"},
        {100, "100"},
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1.0 / 3, "0.3333333333333333"},
        {12345.678, "12345.678"},
        {9007199254740993.0, "9007199254740992"},
        {123456789012345680000.0, "123456789012345680000"},
        {999999999999999900000.0, "999999999999999900000"},
        {1e21, "1e+21"},
        {-1.5e300, "-1.5e+300"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {0.00001, "0.00001"},
        {0.000001, "0.000001"},
        {-0.0000012345678901234567, "-0.0000012345678901234567"},
        {0.0000001, "1e-7"},
        {1.25e-9, "1.25e-9"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {5e-324, "5e-324"},
        {1.5e-323, "1.5e-323"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_string_equal(written(rows[i].value), rows[i].text);
        assert_true(read_number(rows[i].text) == rows[i].value);
    }
}

static void reads_other_texts_of_a_double_too(void **state) {
    (void)state;
    const struct {
        const char *text;
        double value;
    } rows[] = {
        {"1.0", 1},
        {"1.50", 1.5},
        {"1e2", 100},
        {"1E+02", 100},
        {"0.5e1", 5},
        {"-0.0", 0},
        {"100e-2", 1},
        {"0e999999", 0},
        {"1e308", 1e308},
        {"1e-400", 0},
        {"12.34e2", 1234},
        {"0.001", 0.001},
        {"1e400", INFINITY},
        {"-1e400", -INFINITY},
        {"1e99999999999999", INFINITY},
        {"1e-99999999999999", 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) assert_true(read_number(rows[i].text) == rows[i].value);
    assert_true(signbit(read_number("-0.0")) && signbit(read_number("-0")));
}

static void reads_numbers_of_any_length(void **state) {
    (void)state;
    char text[2000];
    memset(text, '0', sizeof text);
    text[0] = '1';
    memcpy(text + 1001, "e-998", 6);
    assert_true(read_number(text) == 100);
    text[1] = '.';
    memcpy(text + 1001, "e2", 3);
    assert_true(read_number(text) == 100);
    text[0] = '0';
    memcpy(text + 1000, "5e1000", 7); /* 998 zeros behind the point, and a 5 */
    assert_true(read_number(text) == 50);
    assert_true(read_number("123456789012345678901234567890123456789012345678901234567890") == 1.2345678901234568e59);
}

/* Doubles of all sizes: what is written is read as the same one, and fits. */
static void reads_what_it_writes(void **state) {
    (void)state;
    uint64_t bits = 88172645463325252U;
    for (int i = 0; i < 100000; i++) {
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        double value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value)) continue;
        const char *text = written(value);
        if (read_number(text) != value) fail_msg("%s, not %.17g", text, value);
        if (strtod(text, NULL) != value) fail_msg("%s, not %.17g", text, value);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_a_double_as_javascript_does),
        cmocka_unit_test(reads_other_texts_of_a_double_too),
        cmocka_unit_test(reads_numbers_of_any_length),
        cmocka_unit_test(reads_what_it_writes),
    };
    return cmocka_run_group_tests_name("numeral", tests, NULL, NULL);
}
