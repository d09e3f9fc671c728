#include "json_checked.h"

#include <stdio.h>
#include <stdlib.h>

/* Which json_is_mended has promised. */
static void assert_mended_but_for_space(struct span value, struct span mended) {
    size_t at = 0;
    bool in_string = false;
    for (size_t i = 0; i < value.size; i++) {
        char c = value.at[i];
        in_string ^= c == '"'; /* there are no escapes */
        if (!in_string && strchr(" \t\r\n", c) != NULL) continue;
        assert_true(at < mended.size && mended.at[at] == c);
        at++;
    }
    assert_int_equal(at, mended.size);
}

/* In a heap block of exactly the room that is promised. */
static void assert_mended(const char *text, struct span quoted, const char *wanted) {
    struct span value = checked(text);
    size_t room = json_mend_room(value.size);
    char *once = malloc(room);
    struct span mended = {once, json_mend(value, quoted, once)};
    if (!span_equals(mended, span_of(wanted)))
        fail_msg("%s becomes %.*s, not %s", text, (int)mended.size, mended.at, wanted);
    assert_true(mended.size <= room);
    if (json_is_mended(value)) assert_mended_but_for_space(value, mended);

    char *twice = malloc(json_mend_room(mended.size));
    struct span again = {twice, json_mend(mended, quoted, twice)};
    assert_true(span_equals(again, mended));
    free(once);
    free(twice);
}

static void mends_to_the_same_values_without_white_space(void **state) {
    (void)state;
    const char *rows[][2] = {
        {"true", "true"},
        {" [ ] ", "[]"},
        {"{\n}", "{}"},
        {" [ 1 , \"a b\" ,\t[ ] ,{ } ] ", "[1,\"a b\",[],{}]"},
        {"{ \"a\" : [ false , { \"b\\u005f\" : -0.5e-3 } ] , \"c\" : \" : , \" }",
         "{\"a\":[false,{\"b\\u005f\":-0.5e-3}],\"c\":\" : , \"}"},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\u00e9\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\u00e9\""},
        {"{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":1,\"b\":2,\"a\":3}"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) assert_mended(rows[i][0], SPAN("user_id"), rows[i][1]);
}

static void assert_mended_by_itself(const char *text) {
    struct span value = checked(text);
    char *to = malloc(json_mend_room(value.size));
    assert_mended_but_for_space(value, (struct span){to, json_mend(value, SPAN("user_id"), to)});
    free(to);
}

static void knows_what_needs_no_mending(void **state) {
    (void)state;
    const char *as_it_is[] = {"\"\"",         "true", "[false, true]",        "{\"a null\" : \"1, null and 2\"}",
                              "\"\xC3\xA9\"", "[]",   "{ \"n\": [{}, \"\"] }"};
    const char *to_mend[] = {"null", "0", "-1", "[null]", "{\"a\":null}", "[\"\", 12]", "\"\\ud800\"", "\"\\n\""};
    for (size_t i = 0; i < COUNT(as_it_is); i++) {
        assert_true(json_is_mended(checked(as_it_is[i])));
        assert_mended_by_itself(as_it_is[i]);
    }
    for (size_t i = 0; i < COUNT(to_mend); i++) assert_false(json_is_mended(checked(to_mend[i])));
    assert_true(json_is_mended((struct span){NULL, 0}));
}

static void mends_lone_surrogates_and_leaves_pairs(void **state) {
    (void)state;
    const char *rows[][2] = {
        {"\"\\ud83d\\ude00\"", "\"\\ud83d\\ude00\""},
        {"\"\\uD83D\\uDE00\\uDBFF\\uDC00\"", "\"\\uD83D\\uDE00\\uDBFF\\uDC00\""},
        {"\"\\ud83d\"", "\"" REPLACEMENT "\""},
        {"\"\\uDFFF\"", "\"" REPLACEMENT "\""},
        {"\"a\\ud83dz\"", "\"a" REPLACEMENT "z\""},
        {"\"\\ud83d\\ud83d\\ude00\"", "\"" REPLACEMENT "\\ud83d\\ude00\""},
        {"\"\\ude00\\ud83d\"", "\"" REPLACEMENT REPLACEMENT "\""},
        {"\"\\ud83d\\n\"", "\"" REPLACEMENT "\\n\""},
        {"\"\\ud83d\\\\ude00\"", "\"" REPLACEMENT "\\\\ude00\""},
        {"\"\\\\ud83d\"", "\"\\\\ud83d\""},
        {"\"\\ud7ff\\ue000\"", "\"\\ud7ff\\ue000\""},
        {"{\"\\udc00\":\"\\ud800\"}", "{\"" REPLACEMENT "\":\"" REPLACEMENT "\"}"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) assert_mended(rows[i][0], SPAN("user_id"), rows[i][1]);
}

static void mends_integers_beyond_two_to_the_53(void **state) {
    (void)state;
    const char *rows[][2] = {
        {"9007199254740991", "9007199254740991"},
        {"9007199254740992", "9007199254740992"},
        {"-9007199254740992", "-9007199254740992"},
        {"9007199254740993", "\"9007199254740993\""},
        {"-9007199254740993", "\"-9007199254740993\""},
        {"[10000000000000000,1]", "[\"10000000000000000\",1]"},
        {"{\"n\":115015401343387192604}", "{\"n\":\"115015401343387192604\"}"},
        {"9007199254740993.0", "9007199254740993.0"},
        {"1e300", "1e300"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) assert_mended(rows[i][0], SPAN("user_id"), rows[i][1]);
    char digits[403] = "";
    memset(digits, '7', 400);
    char wanted[405];
    (void)snprintf(wanted, sizeof(wanted), "\"%s\"", digits);
    assert_mended(digits, SPAN("user_id"), wanted);
}

static void mends_every_integer_of_the_quoted_member(void **state) {
    (void)state;
    const char *rows[][2] = {
        {"{\"user_id\":7,\"id\":8}", "{\"user_id\":\"7\",\"id\":8}"},
        {"{\"user\\u005fid\":-0}", "{\"user\\u005fid\":\"-0\"}"},
        {"{\"user_id\":\"7\"}", "{\"user_id\":\"7\"}"},
        {"{\"user_id\":7.0}", "{\"user_id\":7.0}"},
        {"{\"user_id\":true}", "{\"user_id\":true}"},
        {"{\"user_id\":null}", "{}"},
        {"{\"user_id\":[7,{\"user_id\":7}]}", "{\"user_id\":[7,{\"user_id\":\"7\"}]}"},
        {"[{\"user_id\":7},{\"user_id\":115015401343387192604}]",
         "[{\"user_id\":\"7\"},{\"user_id\":\"115015401343387192604\"}]"},
        {"[\"user_id\",7]", "[\"user_id\",7]"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) assert_mended(rows[i][0], SPAN("user_id"), rows[i][1]);
}

static void mends_no_small_integer_where_no_member_is_quoted(void **state) {
    (void)state;
    assert_mended("{\"\":7,\"user_id\":8}", (struct span){NULL, 0}, "{\"\":7,\"user_id\":8}");
    assert_mended("{\"\":7,\"user_id\":8}", SPAN(""), "{\"\":\"7\",\"user_id\":8}");
}

static void leaves_out_null_members_and_keeps_null_elements(void **state) {
    (void)state;
    const char *rows[][2] = {
        {"null", "null"},
        {"[null,null]", "[null,null]"},
        {"{\"a\":null}", "{}"},
        {"{\"a\":null,\"b\":1}", "{\"b\":1}"},
        {"{\"a\":1,\"b\":null}", "{\"a\":1}"},
        {"{\"a\":1,\"b\":null,\"c\":2}", "{\"a\":1,\"c\":2}"},
        {"{\"a\":null,\"b\":null,\"c\":2}", "{\"c\":2}"},
        {"{\"a\":{\"b\":null},\"c\":[{\"d\":null}]}", "{\"a\":{},\"c\":[{}]}"},
        {"{\"a\":\"null\",\"b\":[null]}", "{\"a\":\"null\",\"b\":[null]}"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) assert_mended(rows[i][0], SPAN("user_id"), rows[i][1]);
}

static void a_null_that_comes_last_hides_members_of_its_name(void **state) {
    (void)state;
    const char *rows[][2] = {
        {"{\"a\":true,\"a\":null}", "{}"},
        {"{\"a\":null,\"a\":true}", "{\"a\":true}"},
        {"{\"a\":1,\"a\":null,\"a\":2}", "{\"a\":2}"},
        {"{\"a\":1,\"a\":null,\"a\":null}", "{}"},
        {"{\"a\":1,\"a\":null,\"a\":null,\"b\":3,\"b\":null,\"c\":4}", "{\"c\":4}"},
        {"{\"a\":1,\"b\":2,\"a\":3,\"c\":4,\"a\":null,\"d\":5}", "{\"b\":2,\"c\":4,\"d\":5}"},
        {"{\"b\":2,\"a\":[{\"a\":1}],\"a\":null}", "{\"b\":2}"},
        {"{\"b\":{\"a\":1},\"a\":null}", "{\"b\":{\"a\":1}}"},
        {"{\"a\":1,\"x\":{\"a\":null},\"b\":2}", "{\"a\":1,\"x\":{},\"b\":2}"},
        {"{\"\\u0061\":1,\"b\":2,\"a\":null}", "{\"b\":2}"},
        {"{\"a\":1,\"b\":2,\"\\u0061\":null}", "{\"b\":2}"},
        {"{\"\\ud800\":1,\"\\udfff\":null}", "{}"},
        {"{\"a\":1,\"a\":1e999}", "{}"},
        {"{\"a\":9007199254740993,\"b\":\"c\",\"a\":null}", "{\"b\":\"c\"}"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) assert_mended(rows[i][0], SPAN("user_id"), rows[i][1]);
}

static char *repeat(char *to, char c, size_t count) {
    memset(to, c, count);
    return to + count;
}

static void mends_numbers_that_a_double_cannot_hold(void **state) {
    (void)state;
    const char *beyond[] = {
        "1e309",
        "1E+309",
        "-1e309",
        "1e99999999999999999999",
        "-1e9223372036854775808",
        "0.1e310",
        "1.7976931348623159e308",
        "17976931348623159e292",
        "0.00017976931348623159e312",
        /* 2^1024 - 2^970, which rounds to infinity */
        "1.79769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977587207"
        "0963302864166928879109465555478519404026306574886715058206819089020007083836762738548458177115317644"
        "7573027006985557136695962284291481986083493647529271907416844436551070434271155969950809304288017790"
        "4174497792e308",
    };
    const char *within[] = {
        "1e308",
        "-1e308",
        "0e999999",
        "-0.000e99999999999999999999",
        "1e-99999999999999999999",
        "1e-9223372036854775809",
        "5e-324",
        "0.1e309",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.797693134862315807e308",
        /* and the largest integer that does not */
        "1.79769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977587207"
        "0963302864166928879109465555478519404026306574886715058206819089020007083836762738548458177115317644"
        "7573027006985557136695962284291481986083493647529271907416844436551070434271155969950809304288017790"
        "4174497791999e308",
    };
    for (size_t i = 0; i < COUNT(beyond); i++) assert_mended(beyond[i], SPAN("user_id"), "null");
    for (size_t i = 0; i < COUNT(within); i++) assert_mended(within[i], SPAN("user_id"), within[i]);
    assert_mended("[1,-1e400,2]", SPAN("user_id"), "[1,null,2]");
    assert_mended("{\"a\":1,\"b\":1e400,\"c\":2}", SPAN("user_id"), "{\"a\":1,\"c\":2}");
}

static void weighs_long_digits_against_the_exponent(void **state) {
    (void)state;
    char text[2000] = "";
    memcpy(repeat(repeat(text, '1', 1), '0', 1000), "e-693", 6); /* 10^307 */
    assert_mended(text, SPAN("user_id"), text);
    memcpy(repeat(repeat(text, '1', 1), '0', 1000), "e-691", 6); /* 10^309 */
    assert_mended(text, SPAN("user_id"), "null");
    memcpy(repeat(repeat(text, '9', 309), '.', 1), "5", 2); /* almost 10^309 */
    assert_mended(text, SPAN("user_id"), "null");
    memcpy(repeat(repeat(text, '9', 308), '.', 1), "5", 2); /* almost 10^308 */
    assert_mended(text, SPAN("user_id"), text);

    memcpy(repeat(repeat(repeat(text, '0', 1), '.', 1), '0', 1000), "1e1309", 7); /* 10^308 */
    assert_mended(text, SPAN("user_id"), text);
    memcpy(repeat(repeat(repeat(text, '0', 1), '.', 1), '0', 1000), "1e1310", 7); /* 10^309 */
    assert_mended(text, SPAN("user_id"), "null");
}

/* What grows most: the shortest members and elements that are quoted. */
static void stays_within_the_room_it_asks_for(void **state) {
    (void)state;
    const struct {
        const char *opening, *item, *closing;
        struct span quoted;
    } rows[] = {
        {"{", "\"\":1", "}", SPAN("")},
        {"{", "\"a\":1", "}", SPAN("a")},
        {"[", "9007199254740993", "]", SPAN("user_id")},
        {"[", "{\"\":1}", "]", SPAN("")},
        {"[", "1e309", "]", SPAN("user_id")},
        {"[", "\"\\ud800\"", "]", SPAN("user_id")},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t count = 1; count <= 40; count++) {
            char text[1024];
            size_t size = (size_t)snprintf(text, sizeof(text), "%s", rows[i].opening);
            for (size_t j = 0; j < count; j++)
                size += (size_t)snprintf(text + size, sizeof(text) - size, "%s%s", j > 0 ? "," : "", rows[i].item);
            size += (size_t)snprintf(text + size, sizeof(text) - size, "%s", rows[i].closing);
            size_t room = json_mend_room(size);
            char *to = malloc(room);
            assert_true(json_mend(checked(text), rows[i].quoted, to) <= room);
            free(to);
        }
    }
    assert_int_equal(json_mend_room(0), 0);
    assert_int_equal(json_mend((struct span){NULL, 0}, SPAN("user_id"), NULL), 0);
}

/* More members than the search for namesakes has patience for. */
static void leaves_out_the_nulls_of_a_huge_object(void **state) {
    (void)state;
    enum { PAIRS = 20000, MEMBER = 32 };
    char *text = malloc(2 * PAIRS * MEMBER), *to = text;
    for (int i = 0; i < PAIRS; i++) to += sprintf(to, "%s\"a%05d\":1,\"n%05d\":null", i > 0 ? "," : "{", i, i);
    memcpy(to, "}", 2);
    struct span value = checked(text);
    char *mended = malloc(json_mend_room(value.size));
    assert_int_equal(json_mend(value, SPAN("user_id"), mended), PAIRS * strlen("\"a00000\":1,") + 1);
    free(mended);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mends_to_the_same_values_without_white_space),
        cmocka_unit_test(knows_what_needs_no_mending),
        cmocka_unit_test(mends_lone_surrogates_and_leaves_pairs),
        cmocka_unit_test(mends_integers_beyond_two_to_the_53),
        cmocka_unit_test(mends_every_integer_of_the_quoted_member),
        cmocka_unit_test(mends_no_small_integer_where_no_member_is_quoted),
        cmocka_unit_test(leaves_out_null_members_and_keeps_null_elements),
        cmocka_unit_test(a_null_that_comes_last_hides_members_of_its_name),
        cmocka_unit_test(mends_numbers_that_a_double_cannot_hold),
        cmocka_unit_test(weighs_long_digits_against_the_exponent),
        cmocka_unit_test(stays_within_the_room_it_asks_for),
        cmocka_unit_test(leaves_out_the_nulls_of_a_huge_object),
    };
    return cmocka_run_group_tests_name("json_mend", tests, NULL, NULL);
}
