#include "operation_drive.h"

/* ---- what follows a lost answer goes on another connection ---- */

static void end_as(struct drive *drive, struct attempt_end how) { end(drive, 0, how, ""); }

static void a_read_that_settles_is_apart_from_what_lost_the_answer(void **state) {
    (void)state;
    const struct attempt_end ends[] = {BY(LOST, true), BY(EXPIRED, true)};
    for (size_t i = 0; i < COUNT(ends); i++) {
        struct drive drive = begin_kind(OPERATION_LINK, 2);
        assert_false(drive.action.is_apart);
        end_as(&drive, ends[i]);
        assert_sends(&drive, OPERATION_READ, 2);
        assert_true(drive.action.is_apart);
        answer(&drive, 200, USER(ALONE));
        wake(&drive);
        assert_sends(&drive, OPERATION_CHANGE, 3);
        assert_true(drive.action.is_apart);
    }
}

static void a_read_after_an_answer_may_share_a_connection(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_LINK, 1);
    answer(&drive, 503, "");
    assert_sends(&drive, OPERATION_READ, 2);
    assert_false(drive.action.is_apart);
}

static void what_was_not_sent_lost_nothing(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_LINK, 1);
    answer(&drive, 409, "{}");
    end_as(&drive, (struct attempt_end)BY(UNREACHED, false));
    wake(&drive);
    assert_false(drive.action.is_apart);
}

/* ---- what the server says it did not process ---- */

static void what_was_not_processed_is_sent_again_without_a_read(void **state) {
    (void)state;
    const enum operation_kind kinds[] = {OPERATION_LINK, OPERATION_UNLINK, OPERATION_FREE, OPERATION_ONCE};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct drive drive = begin_kind(kinds[i], 2);
        end_as(&drive, (struct attempt_end)BY(UNPROCESSED, true));
        wake(&drive);
        assert_sends(&drive, OPERATION_CHANGE, 2);
        assert_false(drive.action.is_apart);
    }
}

static void what_is_never_processed_changed_nothing(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_LINK, 2);
    end_as(&drive, (struct attempt_end)BY(UNPROCESSED, true));
    wake(&drive);
    end_as(&drive, (struct attempt_end)BY(UNPROCESSED, true));
    assert_refused(&drive, CODE_CONNECTION_LOST, 0);
}

static void a_read_that_was_not_processed_is_tried_again(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_LINK, 1);
    end_as(&drive, (struct attempt_end)BY(LOST, true));
    end_as(&drive, (struct attempt_end)BY(UNPROCESSED, true));
    wake(&drive);
    answer(&drive, 200, USER(BOTH));
    assert_succeeded(&drive, 200);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_read_that_settles_is_apart_from_what_lost_the_answer),
        cmocka_unit_test(a_read_after_an_answer_may_share_a_connection),
        cmocka_unit_test(what_was_not_sent_lost_nothing),
        cmocka_unit_test(what_was_not_processed_is_sent_again_without_a_read),
        cmocka_unit_test(what_is_never_processed_changed_nothing),
        cmocka_unit_test(a_read_that_was_not_processed_is_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
