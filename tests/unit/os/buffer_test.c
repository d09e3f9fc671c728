#include "unit/support.h"

#include "os/buffer.h"

static void keeps_what_was_appended_however_often_it_grows(void **state) {
    (void)state;
    struct buffer buffer = {NULL, 0, 0};
    for (int i = 0; i < 5000; i++) {
        char letter = (char)('a' + i % 26);
        assert_true(buffer_append(&buffer, (struct span){&letter, 1}));
    }
    assert_int_equal(buffer.size, 5000);
    for (int i = 0; i < 5000; i++) assert_int_equal(buffer.at[i], 'a' + i % 26);
    buffer_free(&buffer);
}

static void what_was_reserved_is_filled_without_moving(void **state) {
    (void)state;
    struct buffer buffer = {NULL, 0, 0};
    assert_true(buffer_reserve(&buffer, 4096));
    const char *at = buffer.at;
    for (int i = 0; i < 512; i++) assert_true(buffer_append(&buffer, SPAN("01234567")));
    assert_ptr_equal(buffer.at, at);
    buffer_free(&buffer);
}

static void nothing_is_appended_to_a_fresh_buffer(void **state) {
    (void)state;
    struct buffer buffer = {NULL, 0, 0};
    assert_true(buffer_append(&buffer, (struct span){NULL, 0}));
    assert_int_equal(buffer_span(&buffer).size, 0);
    buffer_clear(&buffer);
    buffer_free(&buffer);
}

static void more_than_there_is_fails_and_changes_nothing(void **state) {
    (void)state;
    struct buffer buffer = {NULL, 0, 0};
    assert_true(buffer_append(&buffer, SPAN("kept")));
    assert_false(buffer_reserve(&buffer, (size_t)-1));
    assert_false(buffer_reserve(&buffer, (size_t)-1 / 2));
    assert_true(span_equals(buffer_span(&buffer), SPAN("kept")));
    buffer_free(&buffer);
}

static void clearing_wipes_and_keeps_the_memory(void **state) {
    (void)state;
    struct buffer buffer = {NULL, 0, 0};
    assert_true(buffer_append(&buffer, SPAN("a token")));
    const char *at = buffer.at;
    size_t room = buffer.room;
    buffer_clear(&buffer);
    assert_int_equal(buffer.size, 0);
    assert_int_equal(buffer.room, room);
    for (size_t i = 0; i < sizeof "a token" - 1; i++) assert_int_equal(at[i], 0);
    buffer_free(&buffer);
}

static void freeing_twice_is_safe(void **state) {
    (void)state;
    struct buffer buffer = {NULL, 0, 0};
    assert_true(buffer_append(&buffer, SPAN("x")));
    buffer_free(&buffer);
    assert_null(buffer.at);
    assert_int_equal(buffer.room, 0);
    buffer_free(&buffer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_was_appended_however_often_it_grows),
        cmocka_unit_test(what_was_reserved_is_filled_without_moving),
        cmocka_unit_test(nothing_is_appended_to_a_fresh_buffer),
        cmocka_unit_test(more_than_there_is_fails_and_changes_nothing),
        cmocka_unit_test(clearing_wipes_and_keeps_the_memory),
        cmocka_unit_test(freeing_twice_is_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
