/* clang-format keeps these four in their order: cmocka.h needs the other three before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pure/turns.h"

static struct turns turns;
static struct turn all[6];

static void enter(int index, const char *a, const char *b, const char *c) {
    turns_enter(&turns, &all[index], (struct span[]){span_of(a), span_of(b), span_of(c)});
}

/* These, in this order, have their turn now. */
static void assert_begin(const char *expected) {
    char got[8] = {0};
    struct turn *turn;
    for (size_t i = 0; (turn = turns_next(&turns)) != NULL; i++) got[i] = (char)('0' + (turn - all));
    assert_string_equal(got, expected);
}

static int begin(void **state) {
    (void)state;
    turns_init(&turns);
    return 0;
}

static void test_strangers_do_not_wait(void **state) {
    (void)state;
    enter(0, "auth0|1", "auth0|2", NULL);
    enter(1, "auth0|3", "auth0|4", NULL);
    assert_begin("01");
}

static void test_one_primary_one_after_another(void **state) {
    (void)state;
    enter(0, "a", "b", NULL);
    enter(1, "a", "c", NULL);
    enter(2, "a", "d", NULL);
    assert_begin("0");
    turns_leave(&turns, &all[0]);
    assert_begin("1");
    turns_leave(&turns, &all[1]);
    assert_begin("2");
}

static void test_both_ways(void **state) {
    (void)state;
    enter(0, "a", "b", NULL);
    enter(1, "b", "a", NULL);
    assert_begin("0");
    turns_leave(&turns, &all[0]);
    assert_begin("1");
}

static void test_chain(void **state) {
    (void)state;
    enter(0, "a", "b", NULL);
    enter(1, "b", "c", NULL);
    enter(2, "c", "d", NULL); /* waits for 1, which waits for 0 */
    enter(3, "d", "e", "f");
    enter(4, "x", "y", NULL);
    assert_begin("04");
    turns_leave(&turns, &all[0]);
    assert_begin("1");
    turns_leave(&turns, &all[1]);
    assert_begin("2");
    turns_leave(&turns, &all[2]);
    assert_begin("3");
}

static void test_waits_for_each_of_its_accounts(void **state) {
    (void)state;
    enter(0, "a", "b", NULL);
    enter(1, "c", "d", NULL);
    enter(2, "b", "d", NULL);
    assert_begin("01");
    turns_leave(&turns, &all[1]);
    assert_begin("");
    turns_leave(&turns, &all[0]);
    assert_begin("2");
}

static void test_one_that_waits_may_leave(void **state) {
    (void)state;
    enter(0, "a", "b", NULL);
    enter(1, "b", "c", NULL);
    enter(2, "c", "d", NULL);
    assert_begin("0");
    turns_leave(&turns, &all[1]);
    assert_begin("2");
    turns_leave(&turns, &all[0]);
    assert_begin("");
}

static void test_one_in_the_middle_leaves_no_gap(void **state) {
    (void)state;
    enter(0, "a", "b", NULL);
    enter(1, "a", "c", NULL);
    enter(2, "a", "d", NULL);
    assert_begin("0");
    turns_leave(&turns, &all[1]);
    assert_begin("");
    turns_leave(&turns, &all[0]);
    assert_begin("2");
}

static void test_leaves_before_it_was_told(void **state) {
    (void)state;
    enter(0, "a", "b", NULL);
    enter(1, "a", "c", NULL);
    turns_leave(&turns, &all[0]);
    assert_begin("1");
}

static void test_twice_the_same(void **state) {
    (void)state;
    enter(0, "a", "a", "a");
    enter(1, "a", NULL, "b");
    assert_begin("0");
    turns_leave(&turns, &all[0]);
    assert_begin("1");
    turns_leave(&turns, &all[1]);
    assert_begin("");
}

static void test_shared_twice_is_told_once(void **state) {
    (void)state;
    enter(0, "a", "b", NULL);
    enter(1, "a", "b", NULL);
    assert_begin("0");
    turns_leave(&turns, &all[0]);
    assert_begin("1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_strangers_do_not_wait, begin),
        cmocka_unit_test_setup(test_one_primary_one_after_another, begin),
        cmocka_unit_test_setup(test_both_ways, begin),
        cmocka_unit_test_setup(test_chain, begin),
        cmocka_unit_test_setup(test_waits_for_each_of_its_accounts, begin),
        cmocka_unit_test_setup(test_one_that_waits_may_leave, begin),
        cmocka_unit_test_setup(test_one_in_the_middle_leaves_no_gap, begin),
        cmocka_unit_test_setup(test_leaves_before_it_was_told, begin),
        cmocka_unit_test_setup(test_twice_the_same, begin),
        cmocka_unit_test_setup(test_shared_twice_is_told_once, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
