/* clang-format keeps these four in their order: cmocka.h needs the other three before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pure/streams.h"

static struct streams streams;
static int64_t now;

static int setup(void **state) {
    (void)state;
    streams_init(&streams, 100, 4, 100);
    now = 1000;
    return 0;
}

/* So many of those that are under way end at one instant. */
static void end(int count, enum attempt_how how, int running) {
    now++;
    for (int i = 0; i < count; i++) streams_ended(&streams, now, how, running - i);
}

static void answer(int count) {
    for (int i = 0; i < count; i++) end(1, ATTEMPT_ANSWERED, 50);
}

static void a_hundred_share_a_connection_and_there_are_four(void **state) {
    (void)state;
    assert_int_equal(streams.each, 100);
    assert_int_equal(streams_connections(&streams), 4);
    assert_int_equal(streams_room(&streams), 400);
    answer(1000);
    assert_int_equal(streams.each, 100);
}

static void three_deaths_leave_each_on_its_own(void **state) {
    (void)state;
    end(50, ATTEMPT_LOST, 50);
    assert_int_equal(streams.each, 12);
    assert_int_equal(streams_connections(&streams), 33);
    assert_int_equal(streams_room(&streams), 396);
    end(12, ATTEMPT_LOST, 50);
    assert_int_equal(streams.each, 3);
    end(3, ATTEMPT_LOST, 50);
    assert_int_equal(streams.each, 1);
    assert_int_equal(streams_connections(&streams), 100);
    assert_int_equal(streams_room(&streams), 100);
    end(2, ATTEMPT_LOST, 50);
    assert_int_equal(streams.each, 1);
}

static void two_that_are_lost_together_are_a_death(void **state) {
    (void)state;
    end(2, ATTEMPT_LOST, 50);
    assert_int_equal(streams.each, 1);
}

static void two_connections_that_die_at_one_instant_count_as_one(void **state) {
    (void)state;
    end(200, ATTEMPT_LOST, 400);
    assert_int_equal(streams.each, 25);
    end(50, ATTEMPT_LOST, 400);
    assert_int_equal(streams.each, 6);
}

static void one_that_is_lost_alone_says_nothing_of_the_others(void **state) {
    (void)state;
    for (int i = 0; i < 10; i++) end(1, ATTEMPT_LOST, 50);
    assert_int_equal(streams.each, 100);
}

static void other_ends_are_no_death(void **state) {
    const enum attempt_how ways[] = {ATTEMPT_EXPIRED, ATTEMPT_CANCELLED};
    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        end(50, ways[i], 50);
        assert_int_equal(streams.each, 100);
    }
}

static void twice_as_many_share_one_after_256_answers(void **state) {
    (void)state;
    end(50, ATTEMPT_LOST, 50);
    answer(255);
    assert_int_equal(streams.each, 12);
    answer(1);
    assert_int_equal(streams.each, 24);
    answer(255);
    end(1, ATTEMPT_LOST, 1); /* they are counted anew */
    answer(255);
    assert_int_equal(streams.each, 24);
    answer(1);
    assert_int_equal(streams.each, 48);
    answer(256);
    assert_int_equal(streams.each, 96);
    answer(256);
    assert_int_equal(streams.each, 100);
}

static void a_connection_closed_in_good_order_may_turn_a_few_away(void **state) {
    (void)state;
    end(3, ATTEMPT_UNPROCESSED, 50);
    end(1, ATTEMPT_UNPROCESSED, 1);
    end(9, ATTEMPT_UNPROCESSED, 20);
    assert_int_equal(streams.each, 100);
}

static void a_server_that_turns_half_of_them_away_takes_fewer(void **state) {
    (void)state;
    end(10, ATTEMPT_UNPROCESSED, 20);
    assert_int_equal(streams.each, 2);
    end(2, ATTEMPT_UNPROCESSED, 20); /* all that may share one */
    assert_int_equal(streams.each, 1);
}

static void where_connections_were_few_there_are_no_more_than_over_http_1(void **state) {
    (void)state;
    streams_init(&streams, 10, 8, 3);
    end(8, ATTEMPT_LOST, 80);
    assert_int_equal(streams.each, 2);
    assert_int_equal(streams_connections(&streams), 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_hundred_share_a_connection_and_there_are_four, setup),
        cmocka_unit_test_setup(three_deaths_leave_each_on_its_own, setup),
        cmocka_unit_test_setup(two_that_are_lost_together_are_a_death, setup),
        cmocka_unit_test_setup(two_connections_that_die_at_one_instant_count_as_one, setup),
        cmocka_unit_test_setup(one_that_is_lost_alone_says_nothing_of_the_others, setup),
        cmocka_unit_test_setup(other_ends_are_no_death, setup),
        cmocka_unit_test_setup(twice_as_many_share_one_after_256_answers, setup),
        cmocka_unit_test_setup(a_connection_closed_in_good_order_may_turn_a_few_away, setup),
        cmocka_unit_test_setup(a_server_that_turns_half_of_them_away_takes_fewer, setup),
        cmocka_unit_test_setup(where_connections_were_few_there_are_no_more_than_over_http_1, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
