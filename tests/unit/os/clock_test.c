#include "unit/support.h"

#include "os/clock.h"

#include <unistd.h>

static int64_t microseconds(struct timespec time) { return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000; }

/* What the system's own reading is, before and after. */
static void assert_reads(int64_t (*read_us)(void), clockid_t clock) {
    struct timespec before, after;
    assert_int_equal(clock_gettime(clock, &before), 0);
    int64_t read = read_us();
    assert_int_equal(clock_gettime(clock, &after), 0);
    assert_in_range(read, microseconds(before), microseconds(after));
}

static void each_reads_its_clock_in_microseconds(void **state) {
    (void)state;
    assert_reads(clock_monotonic_us, CLOCK_MONOTONIC);
    assert_reads(clock_unix_us, CLOCK_REALTIME);
#ifdef CLOCK_BOOTTIME
    assert_reads(clock_boot_us, CLOCK_BOOTTIME);
#endif
}

static void two_of_them_never_go_back(void **state) {
    (void)state;
    int64_t monotonic = clock_monotonic_us(), boot = clock_boot_us();
    for (int i = 0; i < 20; i++) {
        int64_t next_monotonic = clock_monotonic_us(), next_boot = clock_boot_us();
        assert_true(next_monotonic >= monotonic && next_boot >= boot);
        monotonic = next_monotonic;
        boot = next_boot;
        usleep(100);
    }
}

static void an_instant_lies_that_many_seconds_ahead(void **state) {
    (void)state;
    int64_t before = clock_unix_us(), instant = microseconds(clock_after(2)), after = clock_unix_us();
    assert_in_range(instant, before + 2000000, after + 2000000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_reads_its_clock_in_microseconds),
        cmocka_unit_test(two_of_them_never_go_back),
        cmocka_unit_test(an_instant_lies_that_many_seconds_ahead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
