#include "unit/pure/complaints.h"

static void it_names_the_option_and_says_what_is_wrong(void **state) {
    (void)state;
    struct complaint complaint;
    assert_false(complaint_make(&complaint, "domain", "has %d bytes; expected at most %s", 254, "253"));
    assert_string_equal(complaint.option, "domain");
    assert_string_equal(complaint.what, "has 254 bytes; expected at most 253");
}

static void words_beyond_the_room_are_cut(void **state) {
    (void)state;
    struct complaint complaint;
    char words[2 * sizeof complaint.what];
    memset(words, 'x', sizeof words - 1);
    words[sizeof words - 1] = '\0';
    assert_false(complaint_make(&complaint, "token", "%s", words));
    assert_int_equal(strlen(complaint.what), sizeof complaint.what - 1);
}

static void a_byte_that_a_log_must_not_show_has_a_name(void **state) {
    (void)state;
    assert_string_equal(complaint_name_of('\0'), "a NUL byte");
    assert_string_equal(complaint_name_of('\t'), "a tab");
    assert_string_equal(complaint_name_of('\n'), "a line feed");
    assert_string_equal(complaint_name_of('\r'), "a carriage return");
    assert_string_equal(complaint_name_of(' '), "a space");
    assert_string_equal(complaint_name_of('\x1b'), "a control character");
    assert_string_equal(complaint_name_of('\x7f'), "a control character");
    assert_string_equal(complaint_name_of('\x80'), "a character outside ASCII");
    assert_string_equal(complaint_name_of('\xff'), "a character outside ASCII");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_names_the_option_and_says_what_is_wrong),
        cmocka_unit_test(words_beyond_the_room_are_cut),
        cmocka_unit_test(a_byte_that_a_log_must_not_show_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
