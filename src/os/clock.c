#include "os/clock.h"

static int64_t read_clock(clockid_t clock) {
    struct timespec time = {0, 0};
    if (clock_gettime(clock, &time) != 0 || time.tv_sec < 0) return 0;
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

int64_t clock_monotonic_us(void) { return read_clock(CLOCK_MONOTONIC); }

int64_t clock_boot_us(void) {
#ifdef CLOCK_BOOTTIME
    return read_clock(CLOCK_BOOTTIME);
#else
    return read_clock(CLOCK_MONOTONIC);
#endif
}

int64_t clock_unix_us(void) { return read_clock(CLOCK_REALTIME); }

struct timespec clock_after(int seconds) {
    struct timespec instant;
    clock_gettime(CLOCK_REALTIME, &instant);
    instant.tv_sec += seconds;
    return instant;
}
