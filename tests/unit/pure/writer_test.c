/* clang-format keeps these four in their order: cmocka.h needs the other three before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pure/writer.h"
#include "support/reading.h"

typedef void filling(struct writer *writer);

/* Counted, and written: the two agree. */
static void assert_writes(filling *fill, const char *expected) {
    char text[512] = {0};
    struct writer counting = writer_to(NULL), writing = writer_to(text);
    fill(&counting);
    fill(&writing);
    assert_int_equal(counting.size, writing.size);
    text[writing.size] = '\0';
    assert_string_equal(text, expected);
}

static void fill_containers(struct writer *to) {
    writer_open(to, '{');
    writer_name(to, "a");
    writer_open(to, '[');
    writer_integer(to, 0);
    writer_integer(to, INT64_MIN);
    writer_boolean(to, true);
    writer_close(to, ']');
    writer_name(to, "b");
    writer_open(to, '{');
    writer_close(to, '}');
    writer_name(to, "c");
    writer_boolean(to, false);
    writer_close(to, '}');
}

static void test_containers(void **state) {
    (void)state;
    assert_writes(fill_containers, "{\"a\":[0,-9223372036854775808,true],\"b\":{},\"c\":false}");
}

static void fill_string(struct writer *to) { writer_string(to, SPAN("a\"b\\c\x1f\n\xc3\xa9/")); }

static void test_string(void **state) {
    (void)state;
    assert_writes(fill_string, "\"a\\\"b\\\\c\\u001F\\u000A\xc3\xa9/\"");
}

static struct json_value value;

static void fill_value(struct writer *to) { writer_value(to, value); }

static void test_value_as_it_stands(void **state) {
    (void)state;
    value = reading_value(SPAN(" { \"a\" : [ 1.0 , 1e400,true ,null,false], \"\\ud800\\/\" : { } , \"a\":[ ] } "));
    assert_writes(fill_value, "{\"a\":[1.0,1e400,true,null,false],\"\\ud800\\/\":{},\"a\":[]}");
}

static void test_absent_value(void **state) {
    (void)state;
    value = (struct json_value){NULL, NULL};
    assert_writes(fill_value, "null");
}

static void fill_members(struct writer *to) {
    writer_open(to, '{');
    writer_member_text(to, "a", SPAN("x\"y"));
    writer_member_value(to, "b", (struct json_value){NULL, NULL});
    writer_member_words(to, "c", "z");
    writer_member_value(to, "d", value);
    writer_member_flag(to, "e", false);
    writer_close(to, '}');
}

static void test_members(void **state) {
    (void)state;
    value = reading_value(SPAN("[ 1 ]"));
    assert_writes(fill_members, "{\"a\":\"x\\\"y\",\"c\":\"z\",\"d\":[1],\"e\":false}");
}

static void fill_quoted(struct writer *to) {
    writer_open(to, '[');
    writer_quoted_value(to, value);
    writer_quoted_value(to, value);
    writer_close(to, ']');
}

static void test_quoted_value(void **state) {
    (void)state;
    value = reading_value(SPAN("{\"a\":\"\\\"\\ud800\"}"));
    assert_writes(fill_quoted, "[\"{\\\"a\\\":\\\"\\\\\\\"\\\\ud800\\\"}\",\"{\\\"a\\\":\\\"\\\\\\\"\\\\ud800\\\"}\"]");
}

static void fill_encoded(struct writer *to) { writer_encoded(to, SPAN("auth0|a b/\xc3\xa9-._~")); }

static void test_encoded(void **state) {
    (void)state;
    assert_writes(fill_encoded, "auth0%7Ca%20b%2F%C3%A9-._~");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_containers),   cmocka_unit_test(test_members),
                                       cmocka_unit_test(test_string),       cmocka_unit_test(test_value_as_it_stands),
                                       cmocka_unit_test(test_absent_value), cmocka_unit_test(test_quoted_value),
                                       cmocka_unit_test(test_encoded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
