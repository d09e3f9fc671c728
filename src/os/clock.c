#include "os/clock.h"

#include <unistd.h>

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

#if defined(_POSIX_THREAD_CPUTIME) && _POSIX_THREAD_CPUTIME >= 0
clockid_t clock_of_this_thread(void) {
    clockid_t clock = CLOCK_REALTIME;
    return pthread_getcpuclockid(pthread_self(), &clock) == 0 ? clock : CLOCK_REALTIME;
}

int64_t clock_worked_us(clockid_t thread) { return thread == CLOCK_REALTIME ? 0 : read_clock(thread); }
#else /* macOS: a thread reads its own alone */
clockid_t clock_of_this_thread(void) { return CLOCK_REALTIME; }

int64_t clock_worked_us(clockid_t thread) {
    (void)thread;
    return 0;
}
#endif

struct timespec clock_after(int seconds) {
    struct timespec instant;
    clock_gettime(CLOCK_REALTIME, &instant);
    instant.tv_sec += seconds;
    return instant;
}

#ifdef __APPLE__ /* has no pthread_condattr_setclock */
#define CONDITION_CLOCK CLOCK_REALTIME
#else
#define CONDITION_CLOCK CLOCK_MONOTONIC
#endif

void clock_condition_init(pthread_cond_t *condition) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
#ifndef __APPLE__
    pthread_condattr_setclock(&attributes, CONDITION_CLOCK);
#endif
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

struct timespec clock_condition_after(int milliseconds) {
    struct timespec instant;
    clock_gettime(CONDITION_CLOCK, &instant);
    long nanoseconds = instant.tv_nsec + milliseconds % 1000 * 1000000L;
    instant.tv_sec += milliseconds / 1000 + nanoseconds / 1000000000;
    instant.tv_nsec = nanoseconds % 1000000000;
    return instant;
}
