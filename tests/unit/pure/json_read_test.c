#include "json_checked.h"

#include <stdio.h>
#include <stdlib.h>

/* `depth` times `opening`, a number, `depth` times `closing`. */
static char *nested(size_t depth, const char *opening, const char *closing) {
    char *text = calloc(depth + 1, strlen(opening) + strlen(closing) + 1);
    char *to = text;
    for (size_t i = 0; i < depth; i++, to += strlen(opening)) memcpy(to, opening, strlen(opening));
    *to++ = '1';
    for (size_t i = 0; i < depth; i++, to += strlen(closing)) memcpy(to, closing, strlen(closing));
    return text;
}

static void accepts_well_formed_text(void **state) {
    (void)state;
    const struct span good[] = {
        SPAN("null"),
        SPAN("true"),
        SPAN("false"),
        SPAN("0"),
        SPAN("-0"),
        SPAN("-0.0e-0"),
        SPAN("10"),
        SPAN("1.5"),
        SPAN("1E5"),
        SPAN("1e+05"),
        SPAN("0e999999"),
        SPAN("1e99999999999999999999"),
        SPAN("1e-99999999999999999999"),
        SPAN("123456789012345678901234567890"),
        SPAN("\"\""),
        SPAN("\"\x7F\""),
        SPAN("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\uABcd\""),
        SPAN("\"\\ud800\""),
        SPAN("\"\\udc00\\ud800\""),
        SPAN("\"\xC2\x80 \xDF\xBF\""),
        SPAN("\"\xE0\xA0\x80 \xED\x9F\xBF \xEE\x80\x80 \xEF\xBF\xBF\""),
        SPAN("\"\xF0\x90\x80\x80 \xF4\x8F\xBF\xBF\""),
        SPAN("[]"),
        SPAN("[ ]"),
        SPAN("{}"),
        SPAN("{\t}"),
        SPAN("[1,[],{},\"\",null]"),
        SPAN("{\"\":0}"),
        SPAN("{\"a\":1,\"a\":2}"),
        SPAN(" \t\r\n[ 1 , 2 ] \t\r\n"),
        SPAN("{ \"a\" : { \"b\" : [ true , false ] } , \"c\" : \"\" }"),
    };
    for (size_t i = 0; i < COUNT(good); i++) {
        struct json_reader reader;
        if (reading(good[i], &reader) != JSON_WHOLE)
            fail_msg("%s: %s at %zu", good[i].at, reader.fault, reader.fault_at);
    }
}

static void rejects_malformed_text_and_says_where_and_why(void **state) {
    (void)state;
    const char *end = "an unexpected end", *value_due = "no value where one must stand";
    const char *name_due = "no name where one must stand", *word = "an unknown word", *zero = "a leading zero";
    const char *digit = "no digit where a number needs one", *after = "something after the value";
    const char *element = "no comma or bracket after an element", *member = "no comma or brace after a member";
    const char *control = "a control character in a string", *utf8 = "bytes that are not UTF-8";
    const char *escape = "an unknown escape", *hex = "an escape without four hexadecimal digits";
    const struct {
        struct span text;
        size_t at;
        const char *what;
    } bad[] = {
        {SPAN(""), 0, end},
        {SPAN("  "), 2, end},
        {SPAN("\xEF\xBB\xBF[]"), 0, value_due},
        {SPAN("nul"), 0, word},
        {SPAN("nulL"), 0, word},
        {SPAN("True"), 0, value_due},
        {SPAN("NaN"), 0, value_due},
        {SPAN("Infinity"), 0, value_due},
        {SPAN("-Infinity"), 1, digit},
        {SPAN("nullx"), 4, after},
        {SPAN("[] []"), 3, after},
        {SPAN("{}}"), 2, after},
        {SPAN("[]\0"), 2, after},
        {SPAN("\0"), 0, value_due},
        {SPAN("'a'"), 0, value_due},
        {SPAN("// c\n1"), 0, value_due},
        {SPAN("\v1"), 0, value_due},
        {SPAN("1\f"), 1, after},
        {SPAN("01"), 0, zero},
        {SPAN("-01"), 1, zero},
        {SPAN("00"), 0, zero},
        {SPAN("+1"), 0, value_due},
        {SPAN(".5"), 0, value_due},
        {SPAN("-"), 1, end},
        {SPAN("1."), 2, end},
        {SPAN("[1.]"), 3, digit},
        {SPAN("[1.e5]"), 3, digit},
        {SPAN("1e"), 2, end},
        {SPAN("[1e+]"), 4, digit},
        {SPAN("0x10"), 1, after},
        {SPAN("1 000"), 2, after},
        {SPAN("[1,]"), 3, value_due},
        {SPAN("[,1]"), 1, value_due},
        {SPAN("[1,,2]"), 3, value_due},
        {SPAN("[1 2]"), 3, element},
        {SPAN("[1}"), 2, element},
        {SPAN("[1"), 2, end},
        {SPAN("["), 1, end},
        {SPAN("{\"a\":1,}"), 7, name_due},
        {SPAN("{,}"), 1, name_due},
        {SPAN("{a:1}"), 1, name_due},
        {SPAN("{1:1}"), 1, name_due},
        {SPAN("{\"a\" 1}"), 5, "no colon after a name"},
        {SPAN("{\"a\":}"), 5, value_due},
        {SPAN("{\"a\":1 \"b\":2}"), 7, member},
        {SPAN("{\"a\":1]"), 6, member},
        {SPAN("{\"a\":1"), 6, end},
        {SPAN("{\"a\""), 4, end},
        {SPAN("\"a"), 2, end},
        {SPAN("\"a\\"), 3, end},
        {SPAN("\"\\\""), 3, end},
        {SPAN("\"\\u12"), 5, end},
        {SPAN("\"\\x41\""), 2, escape},
        {SPAN("\"\\'\""), 2, escape},
        {SPAN("\"\\\0\""), 2, escape},
        {SPAN("\"\\U0041\""), 2, escape},
        {SPAN("\"\\u12g4\""), 5, hex},
        {SPAN("\"\\u-123\""), 3, hex},
        {SPAN("\"\\u123\""), 6, hex},
        {SPAN("\"a\nb\""), 2, control},
        {SPAN("\"\t\""), 1, control},
        {SPAN("\"\0\""), 1, control},
        {SPAN("\"\x1F\""), 1, control},
        {SPAN("\"\x80\""), 1, utf8},
        {SPAN("\"\xC0\xAF\""), 1, utf8},
        {SPAN("\"\xC1\xBF\""), 1, utf8},
        {SPAN("\"\xC2\""), 1, utf8},
        {SPAN("\"\xE0\x9F\xBF\""), 1, utf8},
        {SPAN("\"\xE2\x82\""), 1, utf8},
        {SPAN("\"\xE2\x28\xA1\""), 1, utf8},
        {SPAN("\"ab\xED\xA0\x80\""), 3, utf8},
        {SPAN("\"\xED\xBF\xBF\""), 1, utf8},
        {SPAN("\"\xF0\x8F\xBF\xBF\""), 1, utf8},
        {SPAN("\"\xF0\x9F\x98\""), 1, utf8},
        {SPAN("\"\xF4\x90\x80\x80\""), 1, utf8},
        {SPAN("\"\xF5\x80\x80\x80\""), 1, utf8},
        {SPAN("\"\xFF\""), 1, utf8},
        {SPAN("\"\xF0"), 1, utf8},
        {SPAN("{\"\xE9\":1}"), 2, utf8},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct json_reader reader;
        if (reading(bad[i].text, &reader) != JSON_MALFORMED) fail_msg("accepted: %s", bad[i].text.at);
        if (reader.fault_at != bad[i].at || strcmp(reader.fault, bad[i].what) != 0)
            fail_msg("%s: %s at %zu, not %s at %zu", bad[i].text.at, reader.fault, reader.fault_at, bad[i].what,
                     bad[i].at);
    }
}

static void takes_absent_text_for_an_empty_one(void **state) {
    (void)state;
    struct json_reader reader;
    assert_int_equal(reading((struct span){NULL, 0}, &reader), JSON_MALFORMED);
    assert_int_equal(reader.fault_at, 0);
    assert_string_equal(reader.fault, "an unexpected end");
}

/* kind:size, of containers with what is in them in brackets; '=' for what needs no second look. */
static void describe(struct json_value value, char *to) {
    static const char kinds[] = "nftdsao";
    sprintf(to + strlen(to), "%c%s%u", kinds[json_kind(value)], value.token->is_raw ? "=" : "", value.token->size);
    if (json_kind(value) < JSON_ARRAY) return;
    strcat(to, "(");
    for (struct json_walk walk = json_walk(value); json_next(&walk);) {
        if (walk.name.token != NULL) describe(walk.name, to);
        describe(walk.value, to);
    }
    strcat(to, ")");
}

static void makes_a_token_of_each_value_and_each_name(void **state) {
    (void)state;
    const char *rows[][2] = {
        {" null\n", "n=4"},
        {"[true ,false]", "a2(t=4f=5)"},
        {"[]", "a0()"},
        {"{ }", "o0()"},
        {"[[],{},[[]]]", "a3(a0()o0()a1(a0()))"},
        {"{\"a\" : -12, \"\":\"b\\n\"}", "o2(s=1d=3s=0s3)"},
        {"[1.5,1e3,-0,\"\xC3\xA9\"]", "a4(d3d3d=2s=2)"},
        {"{\"a\":{\"b\":[{\"c\":0}]},\"d\":1}", "o2(s=1o1(s=1a1(o1(s=1d=1)))s=1d=1)"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char is[200] = "";
        describe(checked(rows[i][0]), is);
        assert_string_equal(is, rows[i][1]);
    }
}

static void goes_on_with_more_room_where_it_had_none(void **state) {
    (void)state;
    const char *text = "[{\"a\":[1,{}],\"b\":{\"c\":null}},[[],\"d\"],true]";
    struct json_value whole = checked(text);
    struct json_token *tokens = NULL;
    struct json_reader reader = json_reader(span_of(text));
    int times = 0;
    for (enum json_progress progress; (progress = json_read(&reader)) != JSON_WHOLE; times++) {
        assert_int_equal(progress, JSON_MORE);
        struct json_token *more = malloc((reader.room + 2) * sizeof *more);
        memcpy(more, tokens != NULL ? tokens : more, reader.count * sizeof *more);
        free(tokens);
        reader.tokens = tokens = more;
        reader.room += 2;
    }
    assert_true(times > 5);
    assert_true(json_is_alike(json_root(&reader), whole));
    free(tokens);
}

static void reads_as_many_values_as_there_may_be(void **state) {
    (void)state;
    const struct {
        const char *text;
        size_t values, fault_at;
    } rows[] = {{" 0 ", 1, 0}, {"[]", 1, 0}, {"{\"a\":[1, 2],\"b\":{}}", 5, 12}, {"[[],[],[]]", 4, 7}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct json_token tokens[16];
        struct json_reader reader = json_reader(span_of(rows[i].text));
        reader.tokens = tokens;
        reader.room = COUNT(tokens);
        reader.most = rows[i].values;
        assert_int_equal(json_read(&reader), JSON_WHOLE);
        reader = json_reader(span_of(rows[i].text));
        reader.tokens = tokens;
        reader.room = COUNT(tokens);
        reader.most = rows[i].values - 1;
        assert_int_equal(json_read(&reader), JSON_TOO_MANY);
        assert_string_equal(reader.fault, "too many values");
        assert_int_equal(reader.fault_at, rows[i].fault_at);
    }
}

static void the_room_that_always_suffices_does(void **state) {
    (void)state;
    const char *texts[] = {"0",   "[]", "[0]", "[0,0]", "[[],[]]", "[[[[[[]]]]]]", "{\"\":0}", "{\"\":0,\"\":{}}",
                           "\"\""};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct json_token tokens[16];
        struct json_reader reader = json_reader(span_of(texts[i]));
        reader.tokens = tokens;
        reader.room = json_room(reader.text.size);
        assert_int_equal(json_read(&reader), JSON_WHOLE);
    }
}

/* Eight bytes are looked at together: each other byte at each place among them. */
static void finds_the_end_of_plain_text_wherever_it_is(void **state) {
    (void)state;
    for (size_t before = 0; before < 20; before++)
        for (size_t after = 0; after < 20; after++) {
            char text[64] = "\"";
            for (size_t i = 1; i <= before; i++) text[i] = "!#[]~ "[i % 6];
            text[1 + before] = '"';
            memset(text + 2 + before, ' ', after);
            assert_int_equal(checked(text).token->size, before);
            text[1 + before] = 0x1F;
            struct json_reader reader;
            assert_int_equal(reading(span_of(text), &reader), JSON_MALFORMED);
            assert_int_equal(reader.fault_at, 1 + before);
        }
}

/* Each prefix is a heap block of its own, so that a sanitizer sees a read beyond it. */
static void rejects_every_prefix_of_a_container(void **state) {
    (void)state;
    const char *text =
        "{\"a\\u00e9\\n\":[1.5e+3,-0,null,true,false,{\"b\":\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"},[]]}";
    for (size_t size = 0; size < strlen(text); size++) {
        char *prefix = malloc(size > 0 ? size : 1);
        memcpy(prefix, text, size);
        struct json_reader reader;
        assert_int_equal(reading((struct span){prefix, size}, &reader), JSON_MALFORMED);
        assert_true(reader.fault_at <= size);
        free(prefix);
    }
    (void)checked(text);
}

static void accepts_64_levels_and_rejects_65(void **state) {
    (void)state;
    const char *shapes[][2] = {{"[", "]"}, {"{\"a\":", "}"}, {"[{\"a\":", "}]"}};
    for (size_t i = 0; i < COUNT(shapes); i++) {
        size_t levels = i == 2 ? 2 : 1;
        char *text = nested(JSON_DEPTH / levels, shapes[i][0], shapes[i][1]);
        (void)checked(text);
        free(text);

        text = nested(JSON_DEPTH / levels + 1, shapes[i][0], shapes[i][1]);
        struct json_reader reader;
        assert_int_equal(reading(span_of(text), &reader), JSON_MALFORMED);
        assert_int_equal(reader.fault_at, JSON_DEPTH / levels * strlen(shapes[i][0]));
        assert_string_equal(reader.fault, "too deep a nesting");
        free(text);
    }
}

static void counts_an_empty_container_as_a_level(void **state) {
    (void)state;
    struct json_reader reader;
    char text[2 * JSON_DEPTH + 3] = "";
    memset(text, '[', JSON_DEPTH);
    memset(text + JSON_DEPTH, ']', JSON_DEPTH);
    (void)checked(text);
    memset(text, '[', JSON_DEPTH + 1);
    memset(text + JSON_DEPTH + 1, ']', JSON_DEPTH + 1);
    assert_int_equal(reading(span_of(text), &reader), JSON_MALFORMED);
    assert_int_equal(reader.fault_at, JSON_DEPTH);
}

static void forgets_the_levels_that_were_left(void **state) {
    (void)state;
    char text[4096] = "[";
    for (int i = 0; i < 200; i++) strcat(text, "[[]],{\"a\":{}},");
    (void)checked(strcat(text, "1]"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_well_formed_text),
        cmocka_unit_test(rejects_malformed_text_and_says_where_and_why),
        cmocka_unit_test(takes_absent_text_for_an_empty_one),
        cmocka_unit_test(makes_a_token_of_each_value_and_each_name),
        cmocka_unit_test(goes_on_with_more_room_where_it_had_none),
        cmocka_unit_test(reads_as_many_values_as_there_may_be),
        cmocka_unit_test(the_room_that_always_suffices_does),
        cmocka_unit_test(finds_the_end_of_plain_text_wherever_it_is),
        cmocka_unit_test(rejects_every_prefix_of_a_container),
        cmocka_unit_test(accepts_64_levels_and_rejects_65),
        cmocka_unit_test(counts_an_empty_container_as_a_level),
        cmocka_unit_test(forgets_the_levels_that_were_left),
    };
    return cmocka_run_group_tests_name("json_read", tests, NULL, NULL);
}
