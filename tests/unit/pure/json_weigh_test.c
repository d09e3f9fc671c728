#include "json_checked.h"

#include <stdlib.h>

/* What a text weighs that may weigh `most`; where it is more, fault_at is set. */
static size_t weighed(struct span text, size_t most, enum json_progress expected) {
    struct json_scale scale = {.most = most};
    struct json_reader reader = json_reader(text);
    reader.scale = &scale;
    reader.room = json_room(text.size);
    reader.tokens = malloc(reader.room * sizeof *reader.tokens);
    assert_int_equal(json_read(&reader), expected);
    if (expected == JSON_TOO_MANY) assert_string_equal(reader.fault, "too many values");
    free(reader.tokens);
    return scale.weight;
}

static size_t weight(const char *text) { return weighed(span_of(text), SIZE_MAX, JSON_WHOLE); }

static void weighs_more_what_takes_more_memory(void **state) {
    (void)state;
    const char *rising[] = {"[]", "[0]", "[\"a\"]", "[\"a\",\"b\"]", "{\"a\":{\"b\":[]}}", "[[],[],[],[]]"};
    for (size_t i = 1; i < COUNT(rising); i++) assert_true(weight(rising[i]) > weight(rising[i - 1]));
    assert_true(weight("[1.10]") > weight("[1]"));
    assert_true(weight("[1234567890123456]") > weight("[123456789012345]") + 16);
    assert_true(weight("{\"user_id\":1}") > weight("{\"user_no\":true}"));
}

static void weighs_a_string_once_that_stands_there_twice(void **state) {
    (void)state;
    size_t one = weight("[\"abc\",\"abc\"]"), two = weight("[\"abc\",\"abd\"]");
    assert_true(two - one > 50);
    assert_int_equal(weight("[\"abc\",\"abcd\"]"), two + 1);
    assert_int_equal(weight("[\"abcd\",\"abc\"]"), two + 1);
    assert_int_equal(weight("[\"\",\"\"]"), one - 3);
    assert_int_equal(weight("{\"abc\":\"abc\"}"), weight("{\"abc\":\"\"}") - 56);
#define LONG "\"12345678901234567890123456789012345678901\"" /* of which Lua may keep two */
    assert_int_equal(weight("[" LONG "," LONG "]"), two + 2 * (41 - 3));
}

static void an_object_pays_for_a_power_of_two_members(void **state) {
    (void)state;
    const char *texts[] = {"{\"a\":0}", "{\"a\":0,\"a\":0}", "{\"a\":0,\"a\":0,\"a\":0}",
                           "{\"a\":0,\"a\":0,\"a\":0,\"a\":0}", "{\"a\":0,\"a\":0,\"a\":0,\"a\":0,\"a\":0}"};
    const size_t places[] = {1, 2, 4, 4, 8};
    size_t first = weight(texts[0]), member = weight(texts[1]) - first, token = weight("[0,0,0]") - weight("[0,0]");
    for (size_t i = 1; i < COUNT(texts); i++)
        assert_int_equal(weight(texts[i]) - first,
                         2 * i * (token - 16) + (places[i] - 1) * (member - 2 * (token - 16)));
}

/* An answer that is shorter than this share of what it may weigh is not weighed. */
static void no_text_weighs_more_for_a_byte_than_the_heaviest(void **state) {
    (void)state;
    const char *texts[] = {"[[[[[[[[]]]]]]]]",
                           "[[],[],[],[]]",
                           "{\"\":{\"\":{\"\":{}}}}",
                           "[0.0,0.0,0.0,0.0]",
                           "[[0],[0],[0],[0]]",
                           "[{\"\":[{\"a\":0}]}]",
                           "[\"\",\"a\",\"b\",\"c\"]",
                           "0",
                           "\"\"",
                           "1.0"};
    for (size_t i = 0; i < COUNT(texts); i++) assert_true(weight(texts[i]) <= JSON_HEAVIEST * strlen(texts[i]));
}

static void reads_as_far_as_the_scale_allows(void **state) {
    (void)state;
    const char *text = "{\"a\":[1,{}],\"b\":{\"c\":null}}";
    size_t all = weight(text);
    assert_int_equal(weighed(span_of(text), all, JSON_WHOLE), all);
    weighed(span_of(text), weight("{\"a\":[1,{}],\"b\":{}}") - 1, JSON_TOO_MANY);
}

static void allows_a_multiple_of_the_text(void **state) {
    (void)state;
    assert_int_equal(json_allowance(1024), 262144);
    assert_int_equal(json_allowance(1048576), 6815744);
    assert_int_equal(json_allowance(SIZE_MAX), SIZE_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weighs_more_what_takes_more_memory),
        cmocka_unit_test(weighs_a_string_once_that_stands_there_twice),
        cmocka_unit_test(an_object_pays_for_a_power_of_two_members),
        cmocka_unit_test(no_text_weighs_more_for_a_byte_than_the_heaviest),
        cmocka_unit_test(reads_as_far_as_the_scale_allows),
        cmocka_unit_test(allows_a_multiple_of_the_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
