/* What the tests of pace.c share: a pace, a clock, and the tenant's answers. */
#ifndef AUTH0_TESTS_PACE_DRIVE_H
#define AUTH0_TESTS_PACE_DRIVE_H

/* clang-format keeps these four in their order: cmocka.h needs the other three before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pace_buckets.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const int64_t start = INT64_C(1234567890123);
static const int64_t date = 1700000000;

struct drive {
    struct pace pace;
    int64_t now;
    double random;
};

static inline struct drive drive_with(double reserve, double rate) {
    struct drive drive = {.now = start};
    struct pace_options options = {.reserve = reserve, .rate = rate};
    pace_init(&drive.pace, &options);
    return drive;
}

static inline struct drive drive_new(void) { return drive_with(0, 0); }

static inline bool is_ready(const struct drive *drive, enum pace_class class) {
    return pace_ready(&drive->pace, class, drive->now) <= drive->now;
}

/* How many may begin now. */
static inline int begin_all(struct drive *drive, enum pace_class class) {
    int count = 0;
    for (; count < 1000 && is_ready(drive, class); count++) pace_begin(&drive->pace, class, drive->now);
    return count;
}

static inline struct pace_answer says(const struct drive *drive, int64_t limit, int64_t remaining) {
    int64_t shown = date + (drive->now - start) / 1000000;
    return (struct pace_answer){.has_limit = true,
                                .limit = limit,
                                .remaining = remaining,
                                .reset = shown + 1,
                                .date = shown,
                                .retry_after = -1};
}

static inline struct pace_answer says_nothing(void) { return (struct pace_answer){.date = date, .retry_after = -1}; }

static inline struct pace_answer refuses(const struct drive *drive, double retry_after) {
    struct pace_answer answer = says(drive, 50, 0);
    answer.is_refused = true;
    answer.retry_after = retry_after;
    return answer;
}

/* One exchange of 50 ms. */
static inline void exchange(struct drive *drive, enum pace_class class, struct pace_answer answer) {
    int64_t begun = drive->now;
    pace_begin(&drive->pace, class, begun);
    drive->now += 50000;
    pace_end(&drive->pace, class, begun, drive->now, &answer, drive->random);
}

static inline void assert_state(const struct drive *drive, enum pace_class class, enum pace_state state) {
    assert_string_equal(pace_state_name(pace_state(&drive->pace, class, drive->now)), pace_state_name(state));
}

/* Seconds until an exchange may begin, when a driver asks as it is told. */
static inline double wait_of(const struct drive *drive, enum pace_class class) {
    struct drive copy = *drive;
    for (int asked = 0; asked < 1000 && !is_ready(&copy, class); asked++)
        copy.now = pace_ready(&copy.pace, class, copy.now);
    assert_true(is_ready(&copy, class));
    return (double)(copy.now - drive->now) / 1e6;
}

static inline void assert_waits(const struct drive *drive, enum pace_class class, double least, double most) {
    double wait = wait_of(drive, class);
    if (wait < least || wait > most) fail_msg("waits %.3f s, not %.3f to %.3f s", wait, least, most);
}

#endif
