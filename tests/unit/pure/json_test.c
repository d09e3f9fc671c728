#include "json_checked.h"

/* Values */

static void tells_the_kinds_apart(void **state) {
    (void)state;
    const struct {
        const char *text;
        enum json_kind kind;
    } rows[] = {
        {"null", JSON_NULL}, {"false", JSON_FALSE},  {"true", JSON_TRUE}, {"0", JSON_NUMBER},  {"9.5", JSON_NUMBER},
        {"-1", JSON_NUMBER}, {"\"n\"", JSON_STRING}, {"[1]", JSON_ARRAY}, {"{}", JSON_OBJECT},
    };
    for (size_t i = 0; i < COUNT(rows); i++) assert_int_equal(json_kind(checked(rows[i].text)), rows[i].kind);
    assert_int_equal(json_kind((struct json_value){NULL, NULL}), JSON_NULL);
}

static void an_integer_has_no_fraction_and_no_exponent(void **state) {
    (void)state;
    const char *integers[] = {"0", "-0", "7", "-42", "123456789012345678901234567890"};
    const char *others[] = {"1.0", "1e3", "1E3", "-0.5", "null", "true", "\"12\"", "[]", "{}"};
    for (size_t i = 0; i < COUNT(integers); i++) assert_true(json_is_integer(checked(integers[i])));
    for (size_t i = 0; i < COUNT(others); i++) assert_false(json_is_integer(checked(others[i])));
    assert_false(json_is_integer((struct json_value){NULL, NULL}));
}

static void walks_the_elements_of_an_array(void **state) {
    (void)state;
    const char *wanted[] = {"1", "\"],\\\"\"", "[2,[3]]", "{\"a\":\"}\"}", "null", "-1.5e3"};
    struct json_walk walk = json_walk(checked("[1,\"],\\\"\" , [2,[3]],{\"a\":\"}\"}\n,null,-1.5e3 ]"));
    for (size_t i = 0; i < COUNT(wanted); i++) {
        assert_true(json_next(&walk));
        assert_null(walk.name.token);
        assert_json(walk.value, wanted[i]);
    }
    assert_false(json_next(&walk));
    assert_false(json_next(&walk));
}

static void walks_the_members_of_an_object(void **state) {
    (void)state;
    const char *wanted[][2] = {{"\"a\"", "1"}, {"\":\\\\\"", "{ \"x\" : [ ] }"}, {"\"\"", "\"b\""}, {"\"a\"", "true"}};
    struct json_walk walk = json_walk(checked("{ \"a\":1, \":\\\\\" : { \"x\" : [ ] },\"\":\"b\",\t\"a\":true}"));
    for (size_t i = 0; i < COUNT(wanted); i++) {
        assert_true(json_next(&walk));
        assert_json(walk.name, wanted[i][0]);
        assert_json(walk.value, wanted[i][1]);
    }
    assert_false(json_next(&walk));
}

static void finds_nothing_to_walk_in_what_is_empty_or_no_container(void **state) {
    (void)state;
    const char *texts[] = {"[]", "[ \n]", "{}", "{ }", "\"[1]\"", "12", "null", "true"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct json_walk walk = json_walk(checked(texts[i]));
        assert_false(json_next(&walk));
    }
    struct json_walk walk = json_walk((struct json_value){NULL, NULL});
    assert_false(json_next(&walk));
}

static void finds_a_member_by_its_unescaped_name(void **state) {
    (void)state;
    struct json_value value;
    struct json_value object =
        checked("{\"user\\u005fid\":7,\"caf\\u00e9\":8,\"\\ud83d\\ude00\":9,\"\":10,\"a\\/b\":11}");
    const struct {
        const char *name, *value;
    } rows[] = {{"user_id", "7"}, {"caf\xC3\xA9", "8"}, {"\xF0\x9F\x98\x80", "9"}, {"", "10"}, {"a/b", "11"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_true(json_member(object, span_of(rows[i].name), &value));
        assert_json(value, rows[i].value);
    }
}

static void finds_the_last_of_members_of_one_name(void **state) {
    (void)state;
    struct json_value value;
    assert_true(json_member(checked("{\"a\":1,\"b\":2,\"\\u0061\":null,\"c\":3}"), SPAN("a"), &value));
    assert_json(value, "null");
}

static void finds_no_member_that_is_nested_or_absent_or_of_no_object(void **state) {
    (void)state;
    struct json_value value = checked("1");
    assert_false(json_member(checked("{\"b\":{\"a\":1},\"c\":[\"a\",1],\"aa\":2,\"A\":3}"), SPAN("a"), &value));
    assert_null(value.token);
    assert_false(json_member(checked("[\"a\",1]"), SPAN("a"), &value));
    assert_false(json_member(checked("\"a\""), SPAN("a"), &value));
    assert_false(json_member((struct json_value){NULL, NULL}, SPAN("a"), &value));
}

/* Strings */

static void compares_a_string_after_unescaping(void **state) {
    (void)state;
    const struct {
        const char *string;
        struct span text;
        bool same;
    } rows[] = {
        {"\"\"", SPAN(""), true},
        {"\"\"", {NULL, 0}, true},
        {"\"abc\"", SPAN("abc"), true},
        {"\"abc\"", SPAN("ab"), false},
        {"\"abc\"", SPAN("abcd"), false},
        {"\"\\u0061bc\"", SPAN("abc"), true},
        {"\"\\u0061bc\"", SPAN("ab"), false},
        {"\"\\u0061bc\"", SPAN("abcd"), false},
        {"\"\\u0061\"", SPAN("\\u0061"), false},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", SPAN("\"\\/\b\f\n\r\t"), true},
        {"\"a\\u0000b\"", SPAN("a\0b"), true},
        {"\"\\u00E9\\u20aC\"", SPAN("\xC3\xA9\xE2\x82\xAC"), true},
        {"\"\xC3\xA9\\u20aC\"", SPAN("\xC3\xA9\xE2\x82\xAC"), true},
        {"\"\\uD83D\\uDE00\"", SPAN("\xF0\x9F\x98\x80"), true},
        {"\"\\uDBFF\\uDFFF\"", SPAN("\xF4\x8F\xBF\xBF"), true},
        {"\"\\ud800\"", SPAN(HIGH), true},
        {"\"\\udfff\\ud800\"", SPAN(LOW HIGH), true},
        {"\"\\udfff\\udfff\"", SPAN(LOW LOW), true},
        {"\"\\ud800\\u0041\"", SPAN(HIGH "A"), true},
        {"\"\\ud800\\ue000\"", SPAN(HIGH "\xEE\x80\x80"), true},
        {"\"\\ud800\\\\ude00\"", SPAN(HIGH "\\ude00"), true},
        {"null", SPAN("null"), false},
        {"12", SPAN("2"), false},
        {"[\"a\"]", SPAN("\"a\""), false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (json_string_is(checked(rows[i].string), rows[i].text) != rows[i].same)
            fail_msg("%s and %s", rows[i].string, rows[i].text.at);
    }
}

static void writes_a_string_unescaped(void **state) {
    (void)state;
    const char *string = "\"a\\n\\u00e9\\u20ac\\ud83d\\ude00\\ud800\xC3\xA9\"";
    const char *wanted = "a\n\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80" HIGH "\xC3\xA9";
    char to[64];
    size_t size = json_string(checked(string), to, strlen(string));
    assert_span((struct span){to, size}, wanted);
    assert_int_equal(json_string(checked("\"\""), to, 0), 0);
    assert_int_equal(json_string(checked("[\"a\"]"), to, sizeof(to)), 0);
}

static void cuts_a_string_between_characters(void **state) {
    (void)state;
    /* Characters of 1, 2, 3, 4 bytes: raw, and escaped. */
    const char *strings[] = {"\"a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"", "\"\\u0061\\u00e9\\u20ac\\ud83d\\ude00\""};
    const size_t wanted[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
    for (size_t i = 0; i < COUNT(strings); i++) {
        for (size_t room = 0; room < COUNT(wanted); room++) {
            char to[16];
            memset(to, '#', sizeof(to));
            assert_int_equal(json_string(checked(strings[i]), to, room), wanted[room]);
            assert_int_equal(to[room], '#');
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_the_kinds_apart),
        cmocka_unit_test(an_integer_has_no_fraction_and_no_exponent),
        cmocka_unit_test(walks_the_elements_of_an_array),
        cmocka_unit_test(walks_the_members_of_an_object),
        cmocka_unit_test(finds_nothing_to_walk_in_what_is_empty_or_no_container),
        cmocka_unit_test(finds_a_member_by_its_unescaped_name),
        cmocka_unit_test(finds_the_last_of_members_of_one_name),
        cmocka_unit_test(finds_no_member_that_is_nested_or_absent_or_of_no_object),
        cmocka_unit_test(compares_a_string_after_unescaping),
        cmocka_unit_test(writes_a_string_unescaped),
        cmocka_unit_test(cuts_a_string_between_characters),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
