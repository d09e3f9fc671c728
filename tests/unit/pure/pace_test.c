#include <math.h>
#include <stdio.h>

#include "pace_drive.h"

/* ---- shares of a bucket ---- */

/* What a run is compared with is a client that knows the bucket and takes each token when it comes.

   With a reserve of a tenth, floor(limit / 10) tokens are never taken. Of 100 tokens and 50 a second, ten are 0.2 s of
   18.05 s: 98.9 % at best, and "of the rest" is what there is to judge. A bucket of 50 that fills with 50 at the top of
   each second loses five of them every second: 90 % at best.

   Where tokens come at the top of a second, a share is a matter of whole seconds, and the first one is over before it
   is known how the bucket fills. Where 50 of 50 come, what is not spent within the second is lost.

   Processes on one machine, near the tenant: they start within a tenth of a second, answers come in a millisecond or
   two, and a process looks at them when it has its turn.

   Processes that share a bucket find it emptier than they left it, and are refused at times, all the more where nothing
   is reserved; where the reset says when the bucket is full, each refusal closes a process for as long as it takes to
   fill it. */
#define NEXT .is_full = false
#define FULL .is_full = true
#define EVENLY(burst, per_second) .bucket = {burst, per_second, 0}
#define AT_TOPS(burst, per_second) .bucket = {burst, per_second, SECONDS(1)}
#define AT_MINUTES(burst, per_minute) .bucket = {burst, (per_minute) / 60.0, SECONDS(60)}
#define TENTH .reserve = 0.10
#define HALF .reserve = 0.5
#define AHEAD .skew = 3600
#define BEHIND .skew = -3600
#define FLOOR .is_floor = true
#define RETRY_AFTER .is_retry_after = true
#define TWO .clients = 2, .exchanges = 500
#define FOUR .clients = 4, .exchanges = 250
#define EIGHT .clients = 8, .exchanges = 125
#define CLASSES .classes = 2
#define BUSY .way = 0.0003, .work = 0.0005, .spread = 0.05, .turn = 0.05
#define SWIFT .way = 0.0003, .work = 0.0005, .spread = 0.2, .turn = 0.002
#define NEAR .way = 0.0003, .work = 0.001, .spread = 0.1, .turn = 0.015

static struct share {
    const char *name;
    double share, rest; /* on average at least: per cent of what the bucket allows, of what the reserve leaves of it */
    double refused;     /* on average at most: per cent of the calls */
    struct run_options options;
} shares[] = {
    {"100 & 50/s", 99, 99, 0.1, {EVENLY(100, 50), NEXT, AHEAD}},
    {"100 & 50/s, full", 99, 99, 0.1, {EVENLY(100, 50), FULL, BEHIND}},
    {"100 & 50/s, full, floor", 99, 99, 0.1, {EVENLY(100, 50), FULL, FLOOR}},
    {"100 & 50/s, reserve", 97.9, 99, 0.1, {EVENLY(100, 50), NEXT, TENTH}},
    {"100 & 50/s, full, reserve", 97.9, 99, 0.1, {EVENLY(100, 50), FULL, TENTH}},
    {"50 & 50/s", 98.5, 98.5, 0.1, {EVENLY(50, 50), NEXT, BEHIND}},
    {"50 & 50/s, floor", 98.5, 98.5, 0.1, {EVENLY(50, 50), NEXT, FLOOR}},
    {"50 & 50/s, full", 98.5, 98.5, 0.1, {EVENLY(50, 50), FULL, AHEAD}},
    {"50 & 50/s, reserve", 98, 98.5, 0.1, {EVENLY(50, 50), NEXT, TENTH}},
    {"50 & 50/s, full, reserve", 98, 98.5, 0.1, {EVENLY(50, 50), FULL, TENTH}},
    {"15 & 15/s, half", 94, 97, 0.1, {EVENLY(15, 15), NEXT, HALF}},
    {"15 & 15/s, half, full", 94, 97, 0.1, {EVENLY(15, 15), FULL, HALF}},
    {"50 & 50/s, no Date", 94, 94, 0.5, {EVENLY(50, 50), NEXT, .is_dateless = true}},
    {"50 & 16.67/s", 99, 99, 0.1, {EVENLY(50, 16.67), NEXT, AHEAD}},
    {"50 & 16.67/s, full", 99, 99, 0.1, {EVENLY(50, 16.67), FULL, BEHIND}},
    {"50 & 16.67/s, full, floor", 99, 99, 0.1, {EVENLY(50, 16.67), FULL, FLOOR}},
    {"50 & 16.67/s, reserve", 98.5, 99, 0.1, {EVENLY(50, 16.67), NEXT, TENTH}},
    {"50 & 16.67/s, full, reserve", 98.5, 99, 0.1, {EVENLY(50, 16.67), FULL, TENTH}},
    {"50 & 16.67/s, retry-after", 99, 99, 0.1, {EVENLY(50, 16.67), NEXT, RETRY_AFTER}},
    {"50 & 16.67/s, 1 % of answers lost", 98.5, 98.5, 0.1, {EVENLY(50, 16.67), NEXT, .lost = 0.01}},
    {"40 & 500/min", 99, 99, 0.1, {EVENLY(40, 500 / 60.0), NEXT}},
    {"40 & 500/min, full", 99, 99, 0.1, {EVENLY(40, 500 / 60.0), FULL}},
    {"40 & 500/min, reserve", 98.5, 99, 0.1, {EVENLY(40, 500 / 60.0), NEXT, TENTH}},
    {"20 & 200/min", 99, 99, 0.1, {EVENLY(20, 200 / 60.0), NEXT}},
    {"20 & 200/min, full", 98.5, 98.5, 0.1, {EVENLY(20, 200 / 60.0), FULL}},
    {"10 & 150/min", 99, 99, 0.1, {EVENLY(10, 2.5), NEXT}},
    {"10 & 150/min, full, floor", 97, 97, 0.3, {EVENLY(10, 2.5), FULL, FLOOR}},
    {"40 & 1 in 2 s, floor", 98, 98, 0.5, {EVENLY(40, 0.5), NEXT, FLOOR, .exchanges = 300}},
    {"2 & 2 at tops", 99, 99, 0.1, {AT_TOPS(2, 2), NEXT, AHEAD}},
    {"2 & 2 at tops, full, floor", 99, 99, 0.1, {AT_TOPS(2, 2), FULL, FLOOR}},
    {"10 & 2 at tops", 99, 99, 0.1, {AT_TOPS(10, 2), NEXT, BEHIND}},
    {"10 & 2 at tops, full", 98, 98, 0.1, {AT_TOPS(10, 2), FULL, FLOOR}},
    {"50 & 16 at tops", 98, 98, 0.1, {AT_TOPS(50, 16), NEXT, AHEAD, .exchanges = 970}},
    {"50 & 16 at tops, full", 98, 98, 0.1, {AT_TOPS(50, 16), FULL, BEHIND, .exchanges = 970}},
    {"50 & 16 at tops, reserve", 97, 98.5, 0.1, {AT_TOPS(50, 16), NEXT, TENTH, .exchanges = 970}},
    {"100 & 50 at tops", 97, 97, 0.1, {AT_TOPS(100, 50), NEXT, .exchanges = 975}},
    {"50 & 50 at tops", 91, 91, 0.1, {AT_TOPS(50, 50), NEXT, .exchanges = 975}},
    {"50 & 50 at tops, reserve", 82, 91, 0.1, {AT_TOPS(50, 50), NEXT, TENTH, .exchanges = 975}},
    {"100 a minute at its top", 97, 97, 0.1, {AT_MINUTES(100, 100), NEXT, .exchanges = 980}},
    {"40 a minute at its top", 97, 97, 0.1, {AT_MINUTES(40, 500), NEXT, AHEAD, .exchanges = 980}},
    {"40 a minute at its top, reserve", 86, 95, 0.1, {AT_MINUTES(40, 500), FULL, TENTH, .exchanges = 980}},

    {"100 & 50/s, a third is taken", 98, 98, 0.5, {EVENLY(100, 50), NEXT, .competitor = 16.7}},
    {"50 & 50/s, a third is taken", 98, 98, 0.5, {EVENLY(50, 50), FULL, .competitor = 16.7}},
    {"50 & 16.67/s, a third is taken", 98, 98, 0.5, {EVENLY(50, 16.67), NEXT, .competitor = 5.56}},
    {"50 & 16.67/s, a third, reserve", 97, 98, 0.1, {EVENLY(50, 16.67), FULL, TENTH, .competitor = 5.56}},
    {"40 & 500/min, a third is taken", 98, 98, 0.5, {EVENLY(40, 500 / 60.0), NEXT, .competitor = 2.78}},
    {"50 & 16 at tops, a third is taken", 98, 98, 0.5, {AT_TOPS(50, 16), NEXT, .competitor = 5.33}},
    {"50 & 50 at tops, a third, reserve", 90, 93, 0.4, {AT_TOPS(50, 50), NEXT, TENTH, .competitor = 16}},
    {"50 & 50 at tops, half, a third is taken", 38, 50, 0.1, {AT_TOPS(50, 50), NEXT, HALF, .competitor = 16}},
    {"20 & 20 at tops, half, a third is taken", 30, 50, 0.1, {AT_TOPS(20, 20), NEXT, HALF, .competitor = 6.67}},
    {"100 & 50/s, two processes", 98, 98, 1, {EVENLY(100, 50), NEXT, TWO}},
    {"50 & 50/s, two processes", 98, 98, 1, {EVENLY(50, 50), NEXT, TWO}},
    {"50 & 16.67/s, two processes", 97.5, 97.5, 1, {EVENLY(50, 16.67), NEXT, TWO}},
    {"50 & 16.67/s, full, two processes", 86, 86, 1, {EVENLY(50, 16.67), FULL, TWO}},
    {"50 & 16.67/s, reserve, two processes", 97, 97, 1, {EVENLY(50, 16.67), NEXT, TENTH, TWO}},
    {"5 & 5/s, two processes", 97, 97, 1, {EVENLY(5, 5), NEXT, TWO}},
    {"40 & 500/min, two processes", 98, 98, 1, {EVENLY(40, 500 / 60.0), NEXT, TWO}},
    {"50 & 16 at tops, two processes", 96, 96, 1.2, {AT_TOPS(50, 16), NEXT, TWO}},
    {"100 & 50/s, four processes", 98, 98, 0.5, {EVENLY(100, 50), NEXT, FOUR}},
    {"100 & 50/s, reserve, four processes", 97, 97, 0.1, {EVENLY(100, 50), NEXT, TENTH, FOUR}},
    {"50 & 16.67/s, reserve, four processes", 97, 97, 0.1, {EVENLY(50, 16.67), NEXT, TENTH, FOUR}},
    {"100 & 50/s, reserve, eight processes", 96, 97, 0.5, {EVENLY(100, 50), NEXT, TENTH, EIGHT}},
    {"50 & 50/s, reserve, eight processes", 93, 94, 0.5, {EVENLY(50, 50), NEXT, TENTH, EIGHT}},
    {"50 & 16.67/s, reserve, eight processes", 97, 97, 0.5, {EVENLY(50, 16.67), NEXT, TENTH, EIGHT}},
    {"50 & 16 at tops, reserve, eight processes", 96, 97, 0.5, {AT_TOPS(50, 16), NEXT, TENTH, EIGHT}},
    {"100 & 50/s, near, four processes", 97, 97, 0.5, {EVENLY(100, 50), NEXT, NEAR, FOUR}},
    {"100 & 50/s, near, reserve, four processes", 97, 97, 0.5, {EVENLY(100, 50), NEXT, NEAR, TENTH, FOUR}},
    {"50 & 50/s, near, four processes", 97, 97, 0.5, {EVENLY(50, 50), NEXT, NEAR, FOUR}},
    {"50 & 50/s, near, reserve, four processes", 97, 97, 0.5, {EVENLY(50, 50), NEXT, NEAR, TENTH, FOUR}},
    {"50 & 16.67/s, near, four processes", 97, 97, 0.5, {EVENLY(50, 16.67), NEXT, NEAR, FOUR}},
    {"50 & 16.67/s, near, reserve, four processes", 97, 97, 0.5, {EVENLY(50, 16.67), NEXT, NEAR, TENTH, FOUR}},
    {"100 & 50/s, near, eight processes", 97, 97, 0.5, {EVENLY(100, 50), NEXT, NEAR, EIGHT}},
    {"100 & 50/s, near, reserve, eight processes", 97, 97, 0.5, {EVENLY(100, 50), NEXT, NEAR, TENTH, EIGHT}},
    {"50 & 50/s, near, eight processes", 97, 97, 0.5, {EVENLY(50, 50), NEXT, NEAR, EIGHT}},
    {"50 & 50/s, near, reserve, eight processes", 97, 97, 0.5, {EVENLY(50, 50), NEXT, NEAR, TENTH, EIGHT}},
    {"50 & 16.67/s, near, eight processes", 97, 97, 0.5, {EVENLY(50, 16.67), NEXT, NEAR, EIGHT}},
    {"50 & 16.67/s, near, reserve, eight processes", 97, 97, 0.5, {EVENLY(50, 16.67), NEXT, NEAR, TENTH, EIGHT}},
    {"100 & 50/s, swift, reserve, four processes", 98, 98.5, 0.1, {EVENLY(100, 50), NEXT, SWIFT, TENTH, FOUR}},
    {"100 & 50/s, swift, reserve, eight processes", 98, 98.5, 0.1, {EVENLY(100, 50), NEXT, SWIFT, TENTH, EIGHT}},
    {"50 & 50/s, swift, four processes", 98, 98, 0.3, {EVENLY(50, 50), NEXT, SWIFT, FOUR}},
    {"50 & 50/s, swift, reserve, four processes", 98, 98.5, 0.1, {EVENLY(50, 50), NEXT, SWIFT, TENTH, FOUR}},
    {"50 & 50/s, swift, eight processes", 98, 98, 0.3, {EVENLY(50, 50), NEXT, SWIFT, EIGHT}},
    {"50 & 50/s, swift, reserve, eight processes", 98, 98.5, 0.1, {EVENLY(50, 50), NEXT, SWIFT, TENTH, EIGHT}},
    {"100 & 50/s, busy, eight processes", 97, 97, 0.2, {EVENLY(100, 50), NEXT, BUSY, EIGHT}},
    {"100 & 50/s, busy, reserve, eight processes", 96, 97, 0.2, {EVENLY(100, 50), NEXT, BUSY, TENTH, EIGHT}},
    {"50 & 16.67/s, two classes", 97.5, 97.5, 1, {EVENLY(50, 16.67), NEXT, CLASSES}},
    {"50 & 16 at tops, two classes", 96, 96, 1.2, {AT_TOPS(50, 16), NEXT, CLASSES}},
};

#define SEEDS 10

struct measured {
    double share, worst, rest, refused, most_refused, below, others_refused;
};

static void measure(const struct run_options *options, unsigned seed, struct measured *measured) {
    static struct run run;
    struct run_options seeded = *options;
    seeded.seed = seed * 7919;
    struct run_result result = run_all(&run, &seeded);
    assert_int_equal(result.done, seeded.exchanges / seeded.classes * seeded.classes * seeded.clients);
    double share = 100 * run_ideal(&seeded, 0) / result.time;
    double kept = (double)(int64_t)(seeded.bucket.burst * seeded.reserve);
    double refused = 100.0 * result.refused / result.calls;
    measured->share += share / SEEDS;
    measured->worst = share < measured->worst ? share : measured->worst;
    measured->rest += 100 * run_ideal(&seeded, kept) / result.time / SEEDS;
    measured->refused += refused / SEEDS;
    measured->most_refused = refused > measured->most_refused ? refused : measured->most_refused;
    measured->below += 100.0 * result.below / result.calls / SEEDS;
    if (result.others > 0) measured->others_refused += 100.0 * result.others_refused / result.others / SEEDS;
}

static void it_gets_its_share_of_a_bucket(void **state) {
    (void)state;
    int faults = 0;
    print_message("%-38s %14s %8s %14s %8s %8s\n", "a bucket of burst & rate", "share %  worst", "of rest",
                  "429 %   worst", "below %", "others %");
    for (size_t i = 0; i < COUNT(shares); i++) {
        const struct share *row = &shares[i];
        struct run_options options = row->options;
        struct measured is = {.worst = INFINITY};
        if (options.clients == 0) options.clients = 1;
        if (options.classes == 0) options.classes = 1;
        if (options.exchanges == 0) options.exchanges = 1000;
        for (unsigned seed = 1; seed <= SEEDS; seed++) measure(&options, seed, &is);
        bool is_good = is.share >= row->share && is.rest >= row->rest && is.refused <= row->refused;
        bool is_alone = options.clients * options.classes == 1 && options.competitor == 0;
        if (is.below > (is_alone ? 0.1 : options.clients < 8 ? 3 : 6)) is_good = false;
        print_message("%-38s %7.2f %6.2f %8.2f %7.2f %6.2f %8.2f %8.2f%s\n", row->name, is.share, is.worst, is.rest,
                      is.refused, is.most_refused, is.below, is.others_refused, is_good ? "" : "  <- not good enough");
        faults += !is_good;
    }
    if (faults > 0) fail_msg("%d of %zu buckets", faults, COUNT(shares));
}

/* Recorded answers say limit 50 and remaining 49 whatever one does: nothing is limited, and nothing must be held up. */
static void a_bucket_that_counts_nothing_does_not_hold_up(void **state) {
    (void)state;
    static struct run run;
    struct run_options options = {EVENLY(50, 1e6), NEXT, .clients = 1, .classes = 1, .exchanges = 4000, .seed = 1};
    struct run_result result = run_all(&run, &options);
    double bare = options.exchanges / 50.0 * 0.05;
    print_message("4,000 in %.2f s, without a pace in %.2f s\n", result.time, bare);
    assert_true(result.time < bare + 0.6);
}

/* ---- one gate ---- */

static void a_cold_start_lets_one_go_ahead(void **state) {
    (void)state;
    struct drive drive = drive_new();
    assert_state(&drive, PACE_WRITE, PACE_COLD);
    assert_int_equal(begin_all(&drive, PACE_WRITE), 1);
    assert_state(&drive, PACE_WRITE, PACE_COLD);
    assert_int_equal(begin_all(&drive, PACE_READ), 1);
    pace_take_back(&drive.pace, PACE_WRITE, start, drive.now);
    assert_int_equal(begin_all(&drive, PACE_WRITE), 1);
}

/* Its request may still arrive, and be counted. */
static void what_is_lost_keeps_its_place_until_it_has_surely_been_counted(void **state) {
    (void)state;
    struct drive drive = drive_new();
    for (int i = 0; i < 2; i++) {
        assert_int_equal(begin_all(&drive, PACE_WRITE), 1);
        pace_end(&drive.pace, PACE_WRITE, start, drive.now, NULL, 0);
    }
    assert_int_equal(begin_all(&drive, PACE_WRITE), 0);
    drive.now = pace_ready(&drive.pace, PACE_WRITE, drive.now);
    drive.now = pace_ready(&drive.pace, PACE_WRITE, drive.now);
    assert_in_range(drive.now, start + SECONDS(1), start + SECONDS(2));
    assert_int_equal(begin_all(&drive, PACE_WRITE), 1);
}

static void answers_without_headers_open_it_for_all(void **state) {
    (void)state;
    struct drive drive = drive_new();
    exchange(&drive, PACE_WRITE, says_nothing());
    assert_state(&drive, PACE_WRITE, PACE_FREE);
    assert_int_equal(begin_all(&drive, PACE_WRITE), 1000);
    assert_state(&drive, PACE_READ, PACE_COLD);
}

static void headers_that_cease_open_it_for_all(void **state) {
    (void)state;
    struct drive drive = drive_new();
    exchange(&drive, PACE_WRITE, says(&drive, 50, 0));
    assert_state(&drive, PACE_WRITE, PACE_WAITING);
    for (int i = 0; i < 20; i++) {
        drive.now += SECONDS(wait_of(&drive, PACE_WRITE));
        exchange(&drive, PACE_WRITE, says_nothing());
    }
    assert_state(&drive, PACE_WRITE, PACE_FREE);
}

static void no_more_begin_than_remain(void **state) {
    (void)state;
    for (int64_t remaining = 0; remaining < 50; remaining++) {
        struct drive drive = drive_new();
        exchange(&drive, PACE_WRITE, says(&drive, 50, remaining));
        assert_true(begin_all(&drive, PACE_WRITE) <= remaining);
    }
}

/* Eight may see the same level, and take of it at the same moment. */
static void a_client_takes_an_eighth_until_it_has_long_been_alone(void **state) {
    (void)state;
    struct drive drive = drive_new();
    for (int i = 0; i < 10; i++) exchange(&drive, PACE_WRITE, says(&drive, 1000, 800));
    struct drive copy = drive;
    assert_in_range(begin_all(&copy, PACE_WRITE), 50, 100);
    for (int i = 0; i < 30; i++) exchange(&drive, PACE_WRITE, says(&drive, 1000, 800));
    assert_in_range(begin_all(&drive, PACE_WRITE), 200, 800);
}

/* A little more than half of what is taken is taken by others. */
static void few_others_count_as_many(void **state) {
    (void)state;
    struct drive drive = drive_new();
    for (int i = 0; i < 200; i++) exchange(&drive, PACE_WRITE, says(&drive, 1000, 999 - i * 11 / 5));
    assert_in_range(begin_all(&drive, PACE_WRITE), 50, 125);
}

static void those_that_wait_for_one_reset_look_at_different_instants(void **state) {
    (void)state;
    for (int i = 0; i <= 10; i++) {
        struct drive drive = drive_new();
        drive.random = i / 10.0;
        exchange(&drive, PACE_WRITE, says(&drive, 50, 0));
        assert_waits(&drive, PACE_WRITE, 1.04 + i * 0.05, 1.06 + i * 0.05);
    }
}

static void the_reserve_is_left(void **state) {
    (void)state;
    /* `others`: for those that may have come as well. */
    const struct { int64_t limit, kept, others; } rows[] = {{2, 0, 0}, {9, 0, 1}, {10, 1, 2}, {50, 5, 5}, {100, 10, 5}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct drive drive = drive_with(0.10, 0);
        exchange(&drive, PACE_WRITE, says(&drive, rows[i].limit, rows[i].kept + rows[i].others));
        double look = rows[i].kept + rows[i].others < 4 ? 1 : 0.5;
        assert_waits(&drive, PACE_WRITE, look, look + 0.1);
        drive = drive_with(0.10, 0);
        exchange(&drive, PACE_WRITE, says(&drive, rows[i].limit, rows[i].kept + rows[i].others + 1));
        assert_waits(&drive, PACE_WRITE, 0, 0.05); /* the last ones one by one */
    }
}

static void an_empty_bucket_is_asked_again_at_its_reset(void **state) {
    (void)state;
    for (int64_t after = 1; after <= 60; after++) {
        struct drive drive = drive_new();
        struct pace_answer answer = says(&drive, 50, 0);
        answer.reset = answer.date + after;
        exchange(&drive, PACE_WRITE, answer);
        /* The answer's second may have begun just then. */
        assert_waits(&drive, PACE_WRITE, (double)after, (double)after + 0.1);
    }
}

static void a_reset_that_makes_no_sense_costs_no_more_than_minutes(void **state) {
    (void)state;
    const int64_t resets[] = {0, -1, INT64_MIN, INT64_MAX, 1, date - 1, date, date + 90 * 86400, date * 1000};
    for (size_t i = 0; i < COUNT(resets); i++) {
        struct drive drive = drive_new();
        struct pace_answer answer = says(&drive, 50, 0);
        answer.reset = resets[i];
        exchange(&drive, PACE_WRITE, answer);
        assert_waits(&drive, PACE_WRITE, 0.9, 121);
    }
}

static void the_tenants_clock_counts_not_ours(void **state) {
    (void)state;
    const int64_t skews[] = {-3600, 3600, 86400 * 365};
    for (size_t i = 0; i < COUNT(skews); i++) {
        struct drive drive = drive_new();
        struct pace_answer answer = says(&drive, 50, 0);
        answer.date += skews[i];
        answer.reset += skews[i] + 4;
        exchange(&drive, PACE_WRITE, answer);
        assert_waits(&drive, PACE_WRITE, 5, 5.1);
    }
}

static void a_clock_that_is_set_is_followed(void **state) {
    (void)state;
    struct drive drive = drive_new();
    for (int i = 1; i <= 10; i++) exchange(&drive, PACE_WRITE, says(&drive, 50, 50 - i));
    struct pace_answer answer = says(&drive, 50, 0);
    answer.date -= 3600;
    answer.reset -= 3600;
    exchange(&drive, PACE_WRITE, answer);
    assert_waits(&drive, PACE_WRITE, 0.9, 1.2);
}

static void an_answer_that_was_overtaken_changes_nothing(void **state) {
    (void)state;
    struct drive drive = drive_new();
    exchange(&drive, PACE_WRITE, says(&drive, 50, 40));
    int64_t older = drive.now, newer = older + 10000;
    pace_begin(&drive.pace, PACE_WRITE, older);
    drive.now = newer;
    pace_begin(&drive.pace, PACE_WRITE, newer);
    drive.now += 50000;
    struct pace_answer low = says(&drive, 50, 0), high = says(&drive, 50, 39);
    pace_end(&drive.pace, PACE_WRITE, newer, drive.now, &low, 0);
    assert_false(is_ready(&drive, PACE_WRITE));
    pace_end(&drive.pace, PACE_WRITE, older, drive.now, &high, 0);
    assert_false(is_ready(&drive, PACE_WRITE));
}

static void answers_of_one_moment_count_by_the_lowest(void **state) {
    (void)state;
    struct drive drive = drive_new();
    exchange(&drive, PACE_WRITE, says(&drive, 50, 3));
    pace_begin(&drive.pace, PACE_WRITE, drive.now);
    pace_begin(&drive.pace, PACE_WRITE, drive.now);
    int64_t begun = drive.now;
    drive.now += 50000;
    struct pace_answer low = says(&drive, 50, 0), high = says(&drive, 50, 1);
    pace_end(&drive.pace, PACE_WRITE, begun, drive.now, &low, 0);
    pace_end(&drive.pace, PACE_WRITE, begun, drive.now, &high, 0);
    assert_false(is_ready(&drive, PACE_WRITE));
}

static void exchanges_that_hang_hold_up_for_seconds_only(void **state) {
    (void)state;
    struct drive drive = drive_new();
    for (int i = 0; i < 30; i++) exchange(&drive, PACE_WRITE, says(&drive, 50, 49));
    int hanging = begin_all(&drive, PACE_WRITE);
    assert_true(hanging > 10);
    drive.now += SECONDS(3);
    int64_t begun = drive.now;
    pace_begin(&drive.pace, PACE_WRITE, begun);
    drive.now += 50000;
    struct pace_answer answer = says(&drive, 50, 40);
    pace_end(&drive.pace, PACE_WRITE, begun, drive.now, &answer, 0);
    assert_in_range(begin_all(&drive, PACE_WRITE), 3, 40);
}

static void after_a_pause_few_go_ahead(void **state) {
    (void)state;
    struct drive drive = drive_new();
    for (int i = 1; i <= 30; i++) exchange(&drive, PACE_WRITE, says(&drive, 100, 100 - i));
    struct drive later = drive;
    assert_true(begin_all(&drive, PACE_WRITE) > 10);
    later.now += SECONDS(10);
    assert_true(begin_all(&later, PACE_WRITE) <= 2);
}

/* ---- a bucket that fills at the tops of seconds ---- */

/* Empty; the tenant's clock shows `date` at `start`. */
static struct bucket stepped_bucket(struct bucket_clock *clock) {
    struct bucket bucket;
    bucket_init(&bucket);
    *clock = (struct bucket_clock){true, date * 1000000 - start, date * 1000000 - start + 1000, start};
    bucket.limit = 50;
    bucket.jump = 16;
    bucket.drip_most = 0;
    bucket.at = start;
    bucket.second = date;
    return bucket;
}

static void one_is_tried_at_the_top(void **state) {
    (void)state;
    struct bucket_clock clock;
    struct bucket bucket = stepped_bucket(&clock);
    assert_true(bucket_level(&bucket, &clock, start + 999999) < 1);
    assert_true(bucket_when(&bucket, &clock, 1, start) == start + SECONDS(1));
    assert_true(bucket_level(&bucket, &clock, start + SECONDS(1)) >= 1);
    assert_true(bucket_level(&bucket, &clock, start + SECONDS(5)) < 2);
}

/* The answer says that nothing is left: that was before. */
static void an_answer_from_before_the_top_takes_nothing_of_it(void **state) {
    (void)state;
    struct bucket_clock clock;
    struct bucket bucket = stepped_bucket(&clock);
    bucket.level = 1;
    int64_t begun = start + SECONDS(0.9), now = start + SECONDS(1.1);
    bucket_begin(&bucket, &clock, begun);
    struct bucket_reading reading = {.limit = 50, .remaining = 0, .date = date};
    bucket_end(&bucket, &clock, begun, now, &reading);
    assert_true(bucket_level(&bucket, &clock, now) >= 1);
}

static void what_comes_once_a_minute_is_not_taken_for_tops(void **state) {
    (void)state;
    struct drive drive = drive_new();
    for (int64_t remaining = 2; remaining >= 0; remaining--) exchange(&drive, PACE_WRITE, says(&drive, 100, remaining));
    drive.now += SECONDS(45);
    exchange(&drive, PACE_WRITE, says(&drive, 100, 98));
    exchange(&drive, PACE_WRITE, says(&drive, 100, 97));
    assert_true(drive.pace.gates[PACE_WRITE].bucket.jump == 0);
    drive.now += SECONDS(1);
    exchange(&drive, PACE_WRITE, says(&drive, 100, 90 + 8));
    assert_true(drive.pace.gates[PACE_WRITE].bucket.jump >= 1);
}

static void what_was_taken_by_others_may_come_again(void **state) {
    (void)state;
    struct drive drive = drive_new();
    const struct bucket *bucket = &drive.pace.gates[PACE_WRITE].bucket;
    for (int i = 0; i < 15; i++) exchange(&drive, PACE_WRITE, says(&drive, 50, 40 - i));
    assert_true(bucket->drip == 0 && bucket->drip_most < 5);
    drive.now = start + SECONDS(1);
    for (int i = 0; i < 15; i++) exchange(&drive, PACE_WRITE, says(&drive, 50, 40));
    assert_true(bucket->drip > 15 && bucket->drip <= bucket->drip_most);
}

static void tops_come_again_when_the_clock_was_set_back(void **state) {
    (void)state;
    struct bucket_clock clock;
    struct bucket bucket = stepped_bucket(&clock);
    clock.least -= SECONDS(3600);
    clock.most -= SECONDS(3600);
    bucket_begin(&bucket, &clock, start + SECONDS(0.5));
    assert_true(bucket_level(&bucket, &clock, start + SECONDS(2)) >
                bucket_level(&bucket, &clock, start + SECONDS(0.9)));
}

/* ---- what is under way ---- */

static void what_hangs_does_not_make_the_young_seem_ended(void **state) {
    (void)state;
    struct bucket_clock clock;
    struct bucket bucket = stepped_bucket(&clock);
    bucket_begin(&bucket, &clock, start);
    bucket_begin(&bucket, &clock, start + SECONDS(5));
    assert_int_equal(bucket_uncounted(&bucket, start + SECONDS(5)), 1);
    bucket_begin(&bucket, &clock, start + SECONDS(6.5));
    assert_int_equal(bucket_uncounted(&bucket, start + SECONDS(6.5)), 2);
    bucket_end(&bucket, &clock, start, start + SECONDS(6.6), NULL);
    assert_int_equal(bucket_uncounted(&bucket, start + SECONDS(6.6)), 2);
    bucket_end(&bucket, &clock, start + SECONDS(5), start + SECONDS(6.6), NULL);
    assert_int_equal(bucket_uncounted(&bucket, start + SECONDS(6.6)), 1);
    bucket_end(&bucket, &clock, start + SECONDS(6.5), start + SECONDS(6.6), NULL);
    assert_int_equal(bucket_uncounted(&bucket, start + SECONDS(6.6)), 0);
    assert_int_equal(bucket.in_flight, 0);
}

/* ---- refusals ---- */

static void a_refusal_closes_until_retry_after(void **state) {
    (void)state;
    struct drive drive = drive_new();
    exchange(&drive, PACE_WRITE, refuses(&drive, 7));
    assert_state(&drive, PACE_WRITE, PACE_CLOSED);
    assert_waits(&drive, PACE_WRITE, 7, 8);
    assert_state(&drive, PACE_READ, PACE_COLD);
}

static void a_refusal_closes_until_the_reset(void **state) {
    (void)state;
    struct drive drive = drive_new();
    struct pace_answer answer = refuses(&drive, -1);
    answer.reset = answer.date + 30;
    exchange(&drive, PACE_WRITE, answer);
    assert_waits(&drive, PACE_WRITE, 30, 34);
}

static void a_refusal_without_a_word_closes_longer_each_time(void **state) {
    (void)state;
    struct drive drive = drive_new();
    const double waits[] = {1, 1, 2, 4, 8, 16, 32, 64, 64};
    for (size_t i = 0; i < COUNT(waits); i++) {
        struct pace_answer answer = {.date = -1, .is_refused = true, .retry_after = -1};
        exchange(&drive, PACE_WRITE, answer);
        assert_waits(&drive, PACE_WRITE, waits[i], waits[i] * 1.2 + 0.3);
        drive.now += SECONDS(wait_of(&drive, PACE_WRITE)) + 1;
    }
    exchange(&drive, PACE_WRITE, says_nothing());
    assert_state(&drive, PACE_WRITE, PACE_FREE);
}

static void a_herd_does_not_come_back_at_once(void **state) {
    (void)state;
    double last = 0;
    for (int i = 0; i < 10; i++) {
        struct drive drive = drive_new();
        drive.random = i / 10.0;
        exchange(&drive, PACE_WRITE, refuses(&drive, 30));
        double wait = wait_of(&drive, PACE_WRITE);
        assert_true(wait > last + 0.1);
        last = wait;
    }
}

/* Whatever was known of the bucket before. */
static void one_looks_when_it_opens_again(void **state) {
    (void)state;
    const bool says_limit[] = {true, false};
    for (size_t i = 0; i < COUNT(says_limit); i++) {
        struct drive drive = drive_new();
        for (int k = 0; k < 10; k++) exchange(&drive, PACE_WRITE, says(&drive, 50, 40));
        struct pace_answer answer = refuses(&drive, 3);
        answer.has_limit = says_limit[i];
        int64_t late = drive.now;
        pace_begin(&drive.pace, PACE_WRITE, late);
        exchange(&drive, PACE_WRITE, answer);
        drive.now += SECONDS(1);
        answer = says(&drive, 50, 0);
        pace_end(&drive.pace, PACE_WRITE, late, drive.now, &answer, 0);
        drive.now += SECONDS(wait_of(&drive, PACE_WRITE)) + 1;
        assert_int_equal(begin_all(&drive, PACE_WRITE), 1);
    }
}

static void a_global_refusal_closes_the_api(void **state) {
    (void)state;
    struct drive drive = drive_new();
    struct pace_answer answer = refuses(&drive, 5);
    answer.is_global = true;
    exchange(&drive, PACE_READ, says(&drive, 50, 40));
    exchange(&drive, PACE_DELETE, answer);
    for (int class = 0; class < PACE_TOKEN; class ++) assert_state(&drive, (enum pace_class) class, PACE_CLOSED);
    assert_state(&drive, PACE_TOKEN, PACE_COLD);
}

static void a_global_refusal_tells_of_another_bucket(void **state) {
    (void)state;
    struct drive drive = drive_new();
    struct pace_answer answer = refuses(&drive, 5);
    answer.is_global = true;
    exchange(&drive, PACE_WRITE, says(&drive, 20, 10));
    exchange(&drive, PACE_WRITE, answer);
    assert_int_equal(drive.pace.gates[PACE_WRITE].bucket.limit, 20);
}

static void the_token_endpoint_and_the_api_do_not_close_each_other(void **state) {
    (void)state;
    struct drive drive = drive_new();
    struct pace_answer answer = refuses(&drive, 2 * 3600);
    answer.is_global = true;
    exchange(&drive, PACE_TOKEN, answer);
    assert_waits(&drive, PACE_TOKEN, 7200, 7300);
    for (int class = 0; class < PACE_TOKEN; class ++) assert_state(&drive, (enum pace_class) class, PACE_COLD);
}

static void the_longest_waits_are_bounded(void **state) {
    (void)state;
    const double waits[] = {1e300, INFINITY, 90 * 86400.0};
    for (size_t i = 0; i < COUNT(waits); i++) {
        struct drive drive = drive_new();
        exchange(&drive, PACE_TOKEN, refuses(&drive, waits[i]));
        assert_waits(&drive, PACE_TOKEN, 86400, 86500);
    }
    struct drive drive = drive_new();
    exchange(&drive, PACE_WRITE, refuses(&drive, NAN));
    assert_waits(&drive, PACE_WRITE, 0.9, 1.5);
}

static void an_old_success_does_not_open_it(void **state) {
    (void)state;
    struct drive drive = drive_new();
    int64_t begun = drive.now;
    for (int i = 0; i < 2; i++) pace_begin(&drive.pace, PACE_WRITE, begun);
    drive.now += 50000;
    struct pace_answer refused = refuses(&drive, 5), passed = says(&drive, 50, 40);
    pace_end(&drive.pace, PACE_WRITE, begun, drive.now, &refused, 0);
    pace_end(&drive.pace, PACE_WRITE, begun, drive.now, &passed, 0);
    assert_state(&drive, PACE_WRITE, PACE_CLOSED);
    assert_waits(&drive, PACE_WRITE, 5, 6);
    assert_int_equal(drive.pace.gates[PACE_WRITE].refusals, 1);
}

/* ---- a fixed rate ---- */

static void a_fixed_rate_holds_over_all_classes_but_the_tokens(void **state) {
    (void)state;
    struct drive drive = drive_with(0, 20);
    int64_t end = drive.now + SECONDS(10);
    for (int class = 0; class < PACE_TOKEN; class ++) exchange(&drive, (enum pace_class) class, says_nothing());
    int count = PACE_TOKEN;
    while (drive.now < end) {
        enum pace_class class = (enum pace_class)(count % PACE_TOKEN);
        int64_t at = pace_ready(&drive.pace, class, drive.now);
        if (at > drive.now) {
            assert_state(&drive, class, PACE_WAITING);
            drive.now = at + 7000; /* timers are late */
            continue;
        }
        pace_begin(&drive.pace, class, drive.now);
        count++;
    }
    assert_in_range(count, 195, 205);
    exchange(&drive, PACE_TOKEN, says_nothing());
    assert_int_equal(begin_all(&drive, PACE_TOKEN), 1000);
}

static void a_fixed_rate_is_no_way_around_the_headers(void **state) {
    (void)state;
    struct drive drive = drive_with(0, 1000);
    exchange(&drive, PACE_WRITE, says(&drive, 50, 0));
    assert_waits(&drive, PACE_WRITE, 0.9, 1.2);
    exchange(&drive, PACE_WRITE, refuses(&drive, 5));
    assert_waits(&drive, PACE_WRITE, 5, 6);
}

/* ---- anything at all ---- */

static uint64_t seed;

static uint64_t any(uint64_t below) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (seed >> 33) % below;
}

static int64_t any_number(int64_t likely) {
    const int64_t odd[] = {0, -1, 1, INT64_MIN, INT64_MAX, date, date + 1000000, -date, 1000000000, 1000000001};
    return any(4) == 0 ? odd[any(COUNT(odd))] : likely;
}

static double any_seconds(void) {
    const double odd[] = {-1, 0, 1, 0.5, NAN, INFINITY, -INFINITY, 1e300, 3600};
    return odd[any(COUNT(odd))];
}

static struct pace_answer any_answer(const struct drive *drive) {
    int64_t shown = date + (drive->now - start) / 1000000;
    return (struct pace_answer){.has_limit = any(8) != 0,
                                .limit = any_number(50),
                                .remaining = any_number((int64_t)any(50)),
                                .reset = any_number(shown + 1),
                                .date = any_number(shown),
                                .is_refused = any(16) == 0,
                                .is_global = any(3) == 0,
                                .retry_after = any_seconds()};
}

static void nonsense_never_closes_it_for_good(void **state) {
    (void)state;
    for (seed = 0; seed < 300; seed++) {
        struct drive drive = drive_with(any_seconds(), any(2) == 0 ? 0 : any_seconds());
        if (drive.pace.options.rate > 0 && drive.pace.options.rate < 0.1) continue;
        for (int i = 0; i < 200; i++) {
            enum pace_class class = (enum pace_class)any(PACE_CLASSES);
            double wait = wait_of(&drive, class);
            assert_true(wait <= 86400 + 31);
            drive.now += SECONDS(wait);
            int64_t begun = drive.now;
            pace_begin(&drive.pace, class, begun);
            drive.now += (int64_t)any(200000);
            struct pace_answer answer = any_answer(&drive);
            pace_end(&drive.pace, class, any(50) == 0 ? any_number(begun) : begun, drive.now,
                     any(10) == 0 ? NULL : &answer, any_seconds());
            const struct bucket *bucket = &drive.pace.gates[class].bucket;
            assert_true(bucket->drip >= 0 && bucket->drip <= bucket->drip_most && bucket->jump >= 0);
        }
    }
}

static void states_have_names(void **state) {
    (void)state;
    const char *names[] = {"cold", "free", "open", "waiting", "closed"};
    assert_int_equal(COUNT(names), PACE_STATES);
    for (int i = 0; i < PACE_STATES; i++) assert_string_equal(pace_state_name((enum pace_state)i), names[i]);
}

static void options_have_defaults(void **state) {
    (void)state;
    struct pace pace;
    pace_init(&pace, NULL);
    assert_true(pace.options.reserve == 0.10 && pace.options.rate == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_gets_its_share_of_a_bucket),
        cmocka_unit_test(a_bucket_that_counts_nothing_does_not_hold_up),
        cmocka_unit_test(a_cold_start_lets_one_go_ahead),
        cmocka_unit_test(what_is_lost_keeps_its_place_until_it_has_surely_been_counted),
        cmocka_unit_test(answers_without_headers_open_it_for_all),
        cmocka_unit_test(headers_that_cease_open_it_for_all),
        cmocka_unit_test(no_more_begin_than_remain),
        cmocka_unit_test(a_client_takes_an_eighth_until_it_has_long_been_alone),
        cmocka_unit_test(few_others_count_as_many),
        cmocka_unit_test(those_that_wait_for_one_reset_look_at_different_instants),
        cmocka_unit_test(the_reserve_is_left),
        cmocka_unit_test(an_empty_bucket_is_asked_again_at_its_reset),
        cmocka_unit_test(a_reset_that_makes_no_sense_costs_no_more_than_minutes),
        cmocka_unit_test(the_tenants_clock_counts_not_ours),
        cmocka_unit_test(a_clock_that_is_set_is_followed),
        cmocka_unit_test(an_answer_that_was_overtaken_changes_nothing),
        cmocka_unit_test(answers_of_one_moment_count_by_the_lowest),
        cmocka_unit_test(exchanges_that_hang_hold_up_for_seconds_only),
        cmocka_unit_test(after_a_pause_few_go_ahead),
        cmocka_unit_test(one_is_tried_at_the_top),
        cmocka_unit_test(an_answer_from_before_the_top_takes_nothing_of_it),
        cmocka_unit_test(what_comes_once_a_minute_is_not_taken_for_tops),
        cmocka_unit_test(what_was_taken_by_others_may_come_again),
        cmocka_unit_test(tops_come_again_when_the_clock_was_set_back),
        cmocka_unit_test(what_hangs_does_not_make_the_young_seem_ended),
        cmocka_unit_test(a_refusal_closes_until_retry_after),
        cmocka_unit_test(a_refusal_closes_until_the_reset),
        cmocka_unit_test(a_refusal_without_a_word_closes_longer_each_time),
        cmocka_unit_test(a_herd_does_not_come_back_at_once),
        cmocka_unit_test(one_looks_when_it_opens_again),
        cmocka_unit_test(a_global_refusal_closes_the_api),
        cmocka_unit_test(a_global_refusal_tells_of_another_bucket),
        cmocka_unit_test(the_token_endpoint_and_the_api_do_not_close_each_other),
        cmocka_unit_test(the_longest_waits_are_bounded),
        cmocka_unit_test(an_old_success_does_not_open_it),
        cmocka_unit_test(a_fixed_rate_holds_over_all_classes_but_the_tokens),
        cmocka_unit_test(a_fixed_rate_is_no_way_around_the_headers),
        cmocka_unit_test(nonsense_never_closes_it_for_good),
        cmocka_unit_test(states_have_names),
        cmocka_unit_test(options_have_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
