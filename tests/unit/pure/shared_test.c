/* clang-format keeps these four in their order: cmocka.h needs the other three before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pure/shared.h"

static uint64_t entry(uint64_t number, uint64_t place) { return number << 32 | place; }

static void of_few_numbers_those_that_come_again_leave_their_places(void **state) {
    (void)state;
    uint64_t entries[] = {entry(7, 9), entry(0, 3), entry(UINT32_MAX, 1), entry(7, 2),
                          entry(5, 4), entry(0, 8), entry(UINT32_MAX, 5), entry(7, UINT32_MAX)};
    const uint64_t places[] = {1, 2, 3, 5, 8, 9, UINT32_MAX};
    assert_int_equal(shared_find(entries, 8), 7);
    assert_memory_equal(entries, places, sizeof places);
}

static void numbers_of_their_own_leave_nothing(void **state) {
    (void)state;
    uint64_t entries[] = {entry(3, 1), entry(1, 2), entry(2, 3)};
    assert_int_equal(shared_find(entries, 3), 0);
    assert_int_equal(shared_find(entries, 1), 0);
    assert_int_equal(shared_find(NULL, 0), 0);
}

/* Numbers that differ in one digit alone, wherever that is, and many that are the same. */
static void of_many_numbers_as_well(void **state) {
    enum { COUNT = 30000 };
    (void)state;
    uint64_t *entries = test_malloc(COUNT * sizeof *entries);
    size_t wanted = 0;
    for (uint64_t i = 0; i < COUNT; i++) {
        unsigned shift = (unsigned)(i % 4) * 8;
        uint64_t number = i < 25000 ? (i / 4 % 256) << shift : i % 3 == 0 ? 0xABCDEF01 : 0x10000000 + i;
        entries[COUNT - 1 - i] = entry(number, i);
        wanted += i < 25000 || i % 3 == 0;
    }
    assert_int_equal(shared_find(entries, COUNT), wanted);
    for (size_t i = 0; i < wanted; i++)
        assert_true((i == 0 || entries[i - 1] < entries[i]) && (entries[i] < 25000 || entries[i] % 3 == 0));
    test_free(entries);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_few_numbers_those_that_come_again_leave_their_places),
        cmocka_unit_test(numbers_of_their_own_leave_nothing),
        cmocka_unit_test(of_many_numbers_as_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
