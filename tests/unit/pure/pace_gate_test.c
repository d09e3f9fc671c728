/* Where a gate decides: the limits of what it believes, and the exact instants. What these come to over many exchanges
   is pace_test.c's. */
#include "pace_drive.h"

static struct pace_gate *gate_of(struct drive *drive) { return &drive->pace.gates[PACE_WRITE]; }

static void assert_waits_for(const struct drive *drive, double wait) {
    assert_waits(drive, PACE_WRITE, wait - 0.0001, wait + 0.0001);
}

/* To the very instant at which one may begin. */
static void wait_to_begin(struct drive *drive) {
    for (int asked = 0; asked < 1000 && !is_ready(drive, PACE_WRITE); asked++)
        drive->now = pace_ready(&drive->pace, PACE_WRITE, drive->now);
    assert_true(is_ready(drive, PACE_WRITE));
}

static struct pace_answer refuses_silently(double retry_after) {
    return (struct pace_answer){.date = -1, .is_refused = true, .retry_after = retry_after};
}

static void refuse_often(struct drive *drive, int times) {
    for (int i = 0; i < times; i++) {
        wait_to_begin(drive);
        exchange(drive, PACE_WRITE, refuses_silently(0));
    }
    wait_to_begin(drive);
}

/* ---- options ---- */

static void options_are_kept_within_bounds(void **state) {
    (void)state;
    assert_true(drive_with(5, 0).pace.options.reserve == 1);
    assert_true(drive_with(-1, 0).pace.options.reserve == 0);
    assert_true(drive_with(0, 1e-300).pace.options.rate == 1e-6);
    assert_true(drive_with(0, 0.5).pace.options.rate == 0.5);
    assert_true(drive_with(0, 1e300).pace.options.rate == 1e6);
}

static void without_a_rate_nothing_falls_due(void **state) {
    (void)state;
    struct drive drive = drive_new();
    exchange(&drive, PACE_WRITE, says_nothing());
    assert_true(drive.pace.rate_at == INT64_MIN);
}

static void a_fixed_rate_makes_up_for_a_tenth_of_a_second(void **state) {
    (void)state;
    struct drive drive = drive_with(0, 20);
    exchange(&drive, PACE_WRITE, says_nothing());
    drive.now += SECONDS(60);
    assert_int_equal(begin_all(&drive, PACE_WRITE), 3);
    assert_waits_for(&drive, 0.05);
}

/* ---- what is believed ---- */

/* Also before the clock's zero. */
static void every_answer_counts(void **state) {
    (void)state;
    struct drive drive = drive_new();
    drive.now = -SECONDS(100);
    exchange(&drive, PACE_WRITE, says(&drive, 50, 40));
    assert_true(is_ready(&drive, PACE_WRITE));
    exchange(&drive, PACE_WRITE, says(&drive, 50, 0));
    assert_false(is_ready(&drive, PACE_WRITE));
}

static void a_limit_is_believed_up_to_a_thousand_million(void **state) {
    (void)state;
    const int64_t good[] = {1, 2, 1000000000}, bad[] = {0, -1, INT64_MIN, 1000000001, INT64_MAX};
    for (size_t i = 0; i < COUNT(good); i++) {
        struct drive drive = drive_new();
        exchange(&drive, PACE_WRITE, says(&drive, good[i], 0));
        assert_int_equal(gate_of(&drive)->bucket.limit, good[i]);
        assert_state(&drive, PACE_WRITE, PACE_WAITING);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct drive drive = drive_new();
        exchange(&drive, PACE_WRITE, says(&drive, bad[i], 0));
        assert_state(&drive, PACE_WRITE, PACE_FREE);
    }
}

static void a_limit_that_was_not_read_whole_is_none(void **state) {
    (void)state;
    struct drive drive = drive_new();
    struct pace_answer answer = says(&drive, 50, 0);
    answer.has_limit = false;
    exchange(&drive, PACE_WRITE, answer);
    assert_state(&drive, PACE_WRITE, PACE_FREE);
}

static void dates_are_believed_until_the_year_5138(void **state) {
    (void)state;
    const int64_t end = INT64_C(100000000000);
    const struct {
        int64_t date, reset;
        double wait;
    } rows[] = {
        {1, 31, 30.05},     {0, 30, 1},         {-5, 25, 1},     {end - 31, end - 1, 30.05},
        {end - 30, end, 1}, {end, end + 30, 1}, {date, date, 1}, {date, date + 1, 1.05},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct drive drive = drive_new();
        struct pace_answer answer = says(&drive, 50, 0);
        answer.date = rows[i].date;
        answer.reset = rows[i].reset;
        exchange(&drive, PACE_WRITE, answer);
        assert_waits_for(&drive, rows[i].wait);
        assert_true(drive.pace.clock.is_known == (rows[i].date > 0 && rows[i].date < end));
    }
}

static void only_a_global_refusal_tells_of_another_bucket(void **state) {
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct drive drive = drive_new();
        struct pace_answer answer = says(&drive, 20, 10);
        answer.is_refused = i / 2 == 1;
        answer.is_global = i % 2 == 1;
        exchange(&drive, PACE_WRITE, answer);
        assert_int_equal(gate_of(&drive)->bucket.limit, i == 3 ? 0 : 20);
    }
}

/* Whatever it says remains. One has come until the next answer, or almost two. */
static void nothing_remains_at_a_refusal(void **state) {
    (void)state;
    struct drive drive = drive_new();
    exchange(&drive, PACE_WRITE, says(&drive, 50, 0));
    drive.now = start + SECONDS(0.2);
    struct pace_answer answer = says(&drive, 50, 10);
    answer.is_refused = true;
    answer.retry_after = 0;
    exchange(&drive, PACE_WRITE, answer);
    drive.now = start + SECONDS(0.4);
    exchange(&drive, PACE_WRITE, says(&drive, 50, 0));
    double most = gate_of(&drive)->bucket.drip_most;
    assert_true(most > 1.9 / 0.2 && most < 2.1 / 0.2);
}

static void an_end_before_its_begin_overtakes_nothing(void **state) {
    (void)state;
    struct drive drive = drive_new();
    struct pace_answer answer = says(&drive, 50, 40);
    pace_begin(&drive.pace, PACE_WRITE, drive.now);
    pace_end(&drive.pace, PACE_WRITE, drive.now + SECONDS(10), drive.now, &answer, 0);
    exchange(&drive, PACE_WRITE, says(&drive, 50, 0));
    assert_false(is_ready(&drive, PACE_WRITE));
}

static void twenty_answers_in_a_row_take_the_limit_away(void **state) {
    (void)state;
    struct drive drive = drive_new();
    for (int turn = 0; turn < 3; turn++) {
        exchange(&drive, PACE_WRITE, says(&drive, 50, 0));
        for (int i = 0; i < 19; i++) exchange(&drive, PACE_WRITE, says_nothing());
        assert_int_equal(gate_of(&drive)->bucket.limit, 50);
    }
    exchange(&drive, PACE_WRITE, says_nothing());
    assert_int_equal(gate_of(&drive)->bucket.limit, 0);
    assert_state(&drive, PACE_WRITE, PACE_FREE);
}

/* ---- how many at once ---- */

/* Seven others may have begun at the same time; those that are not there are soon seen not to be. */
static void the_first_answer_lets_a_share_of_what_is_left_be_under_way(void **state) {
    (void)state;
    struct drive drive = drive_new();
    exchange(&drive, PACE_WRITE, says(&drive, 1000, 999));
    struct drive copy = drive;
    assert_in_range(begin_all(&copy, PACE_WRITE), 999 / 10, 999 / 8);
    for (int i = 2; i <= 40; i++) exchange(&drive, PACE_WRITE, says(&drive, 1000, 1000 - i));
    assert_in_range(begin_all(&drive, PACE_WRITE), 960 / 3, 960 / 2);
}

/* Others may have taken as many as are under way. */
static void half_of_what_is_left_is_under_way(void **state) {
    (void)state;
    struct drive drive = drive_new();
    for (int i = 0; i < 30; i++) exchange(&drive, PACE_WRITE, says(&drive, 100, 73 - i));
    assert_int_equal(begin_all(&drive, PACE_WRITE), (44 - 3) / 2 + 1);
}

/* Five, as the first answer has it; and four while it is not known how the bucket fills. */
static void four_are_left_for_each_other(void **state) {
    (void)state;
    for (int more = 0; more <= 1; more++) {
        struct drive drive = drive_new();
        exchange(&drive, PACE_WRITE, says(&drive, 1000, 5 * 4 + 4 + more));
        assert_int_equal(begin_all(&drive, PACE_WRITE), more);
    }
}

static void a_hundred_answers_are_kept_in_mind(void **state) {
    (void)state;
    struct drive drive = drive_new();
    for (int i = 0; i < 2000; i++) exchange(&drive, PACE_WRITE, says(&drive, 1000, 800));
    assert_in_range(1000 * gate_of(&drive)->ours, 99900, 100100);
}

/* A tenth of it in a twentieth of a second. */
static void how_fast_others_take_is_forgotten(void **state) {
    (void)state;
    struct drive drive = drive_new();
    for (int i = 0; i < 2; i++) exchange(&drive, PACE_WRITE, says(&drive, 1000, 900 - 20 * i));
    double rate = gate_of(&drive)->others_rate;
    exchange(&drive, PACE_WRITE, says(&drive, 1000, 879));
    assert_in_range(1000 * gate_of(&drive)->others_rate, 899 * rate, 901 * rate);
}

/* After `seconds`, how many may begin of 860, where 19 others went in each of the last two 50 ms. */
static int begin_after(double seconds) {
    struct drive drive = drive_new();
    for (int i = 0; i < 3; i++) exchange(&drive, PACE_WRITE, says(&drive, 1000, 900 - 20 * i));
    drive.now += SECONDS(seconds);
    return begin_all(&drive, PACE_WRITE);
}

/* Eleven share the level; in 0.4 s others take 152 of it. Of what was told a second ago nothing is known. */
static void what_others_take_meanwhile_is_left(void **state) {
    (void)state;
    int at_once = begin_after(0), later = begin_after(0.4);
    assert_in_range(at_once - later, 152 / 13, 152 / 11);
    assert_in_range(begin_after(0.96), at_once, at_once + 3);
}

/* Seconds until a look, where `remaining` are left of 200, and the reset is `reset` seconds ahead. */
static double look_beside(double reserve, int64_t remaining, int64_t reset, double others, double random) {
    struct drive drive = drive_with(reserve, 0);
    drive.random = random;
    struct pace_answer answer = says(&drive, 200, remaining);
    answer.reset = answer.date + reset;
    gate_of(&drive)->others = others;
    exchange(&drive, PACE_WRITE, answer);
    return wait_of(&drive, PACE_WRITE);
}

static double look_after(int64_t remaining, int64_t reset, double others, double random) {
    return look_beside(0.10, remaining, reset, others, random);
}

/* By the reset, others may have all that they want, and what comes in would go unused until then. Where it comes once a
   minute, each look would be one of the reserve. */
static void others_are_looked_for_before_the_reset(void **state) {
    (void)state;
    enum { FEW = 3, NONE = 0, SOME = 14 };

    assert_in_range(1000 * look_after(4, 1, SOME, 0), 500, 501);
    assert_in_range(1000 * look_after(4, 1, SOME, 0.5), 750, 751);
    assert_in_range(1000 * look_after(4, 2, SOME, 0), 500, 501);
    assert_in_range(1000 * look_after(4, 3, SOME, 0), 2999, 3060);
    assert_in_range(1000 * look_after(FEW, 1, SOME, 0), 999, 1060);
    assert_in_range(1000 * look_after(4, 1, NONE, 0.5), 999, 1060);
    assert_in_range(1000 * look_beside(0.5, 4, 1, SOME, 0), 999, 1060);
}

/* A client that knows of no others, where tokens seem to come at the tops of seconds: three are above the reserve. */
static struct drive before_the_last(double reserve) {
    struct drive drive = drive_with(reserve, 0);
    gate_of(&drive)->others = 0;
    exchange(&drive, PACE_WRITE, says(&drive, 50, 3 + (int64_t)(50 * reserve)));
    gate_of(&drive)->bucket.jump = 45;
    gate_of(&drive)->bucket.drip_most = 1;
    return drive;
}

/* They may come evenly, and others may have taken them until now. */
static void the_last_of_what_comes_at_the_top_waits(void **state) {
    (void)state;
    struct drive drive = before_the_last(0.5);
    assert_int_equal(begin_all(&drive, PACE_WRITE), 2);
    assert_int_equal(pace_ready(&drive.pace, PACE_WRITE, drive.now), drive.now + SECONDS(0.5));
    drive.now += SECONDS(0.5);
    assert_int_equal(begin_all(&drive, PACE_WRITE), 1);
}

static void the_last_of_few_does_not_wait(void **state) {
    (void)state;
    struct drive drive = before_the_last(0.52);
    assert_int_equal(begin_all(&drive, PACE_WRITE), 3);
    drive = before_the_last(0.4);
    gate_of(&drive)->caution = 3; /* of which 4.5 are left */
    assert_int_equal(begin_all(&drive, PACE_WRITE), 0);
    drive = before_the_last(0.46);
    gate_of(&drive)->caution = 2;
    gate_of(&drive)->bucket.level += 3;
    assert_int_equal(begin_all(&drive, PACE_WRITE), 3);
}

/* Between two tops there is nothing to see. */
static void others_are_looked_for_at_the_top(void **state) {
    (void)state;
    struct drive drive = before_the_last(0.1);
    gate_of(&drive)->others = 3 * gate_of(&drive)->ours;
    struct pace_answer answer = says(&drive, 50, 5);
    pace_end(&drive.pace, PACE_WRITE, drive.now, drive.now, &answer, 0);
    assert_waits(&drive, PACE_WRITE, 0.94, 1.06);
}

/* None was seen, but something took what was left. */
static void refusals_let_fewer_be_under_way(void **state) {
    (void)state;
    struct drive drive = drive_new();
    for (int i = 0; i < 40; i++) exchange(&drive, PACE_WRITE, says(&drive, 1000, 800));
    refuse_often(&drive, 3);
    exchange(&drive, PACE_WRITE, says(&drive, 1000, 800));
    assert_in_range(begin_all(&drive, PACE_WRITE), 800 / 6, 800 / 4);
}

/* One other is enough for it. */
static void the_next_look_is_put_off_where_there_is_another(void **state) {
    (void)state;
    struct drive drive = drive_new();
    for (int i = 0; i < 200; i++) exchange(&drive, PACE_WRITE, says(&drive, 1000, 440 - i * 11 / 5));
    struct drive copy = drive;
    copy.random = 0.8;
    exchange(&drive, PACE_WRITE, says(&drive, 1000, 0));
    exchange(&copy, PACE_WRITE, says(&copy, 1000, 0));
    assert_in_range(1000 * (wait_of(&copy, PACE_WRITE) - wait_of(&drive, PACE_WRITE)), 399, 401);
}

/* Answers that take long are none. */
static void only_a_pause_makes_one_go_ahead(void **state) {
    (void)state;
    struct drive drive = drive_new();
    for (int i = 1; i <= 30; i++) exchange(&drive, PACE_WRITE, says(&drive, 100, 100 - i));
    struct drive slow = drive;
    pace_begin(&slow.pace, PACE_WRITE, slow.now);
    slow.now += SECONDS(6);
    drive.now += SECONDS(6);
    assert_int_equal(begin_all(&drive, PACE_WRITE), 1);
    assert_true(begin_all(&slow, PACE_WRITE) > 10);
}

/* Else it would never open. */
static void caution_leaves_a_small_bucket_usable(void **state) {
    (void)state;
    struct drive drive = drive_new();
    refuse_often(&drive, 3);
    exchange(&drive, PACE_WRITE, says(&drive, 5, 5));
    assert_true(gate_of(&drive)->caution > 2.9);
    assert_true(is_ready(&drive, PACE_WRITE));
}

/* The reserve leaves little, and what is kept for others is more than that. */
static void a_full_bucket_is_usable_beside_a_large_reserve(void **state) {
    (void)state;
    static const double fills[][2] = {{5, 0}, {0, 5}}; /* drip, jump */
    for (size_t i = 0; i < COUNT(fills); i++) {
        struct drive drive = drive_with(0.5, 0);
        refuse_often(&drive, 3);
        exchange(&drive, PACE_WRITE, says(&drive, 10, 10));
        struct bucket *bucket = &gate_of(&drive)->bucket;
        bucket->drip = fills[i][0];
        bucket->jump = bucket->drip_most = fills[i][1];
        assert_in_range(wait_of(&drive, PACE_WRITE) * 1e6, 0, 450000);
    }
}

static void caution_rises_and_falls(void **state) {
    (void)state;
    struct drive drive = drive_with(0.1, 0);
    refuse_often(&drive, 1);
    assert_true(gate_of(&drive)->caution == 1);
    for (int i = 0; i < 4; i++) exchange(&drive, PACE_WRITE, says(&drive, 50, 4));
    assert_true(gate_of(&drive)->caution == 2);
    for (int i = 0; i < 5; i++) exchange(&drive, PACE_WRITE, says(&drive, 50, 4));
    assert_true(gate_of(&drive)->caution == 3);
    exchange(&drive, PACE_WRITE, says(&drive, 50, 5));
    assert_true(gate_of(&drive)->caution < 3);
    for (int i = 0; i < 1000; i++) exchange(&drive, PACE_WRITE, says(&drive, 50, 5));
    assert_true(gate_of(&drive)->caution < 0.5 && gate_of(&drive)->caution > 0.3);
    refuse_often(&drive, 5);
    assert_true(gate_of(&drive)->caution == 3);
}

/* ---- looking how the bucket stands ---- */

static void the_last_ones_go_one_by_one(void **state) {
    (void)state;
    struct drive drive = drive_new();
    for (int left = 37; left >= 6; left--) exchange(&drive, PACE_WRITE, says(&drive, 50, left));
    for (int i = 0; i < 2; i++) {
        assert_true(is_ready(&drive, PACE_WRITE));
        pace_begin(&drive.pace, PACE_WRITE, drive.now);
    }
    /* There was just enough for the second; now there is not. */
    const double gaps[] = {0.05, 0.1, 0.2, 0.4};
    for (size_t i = 0; i < 2; i++) {
        assert_waits_for(&drive, gaps[i]);
        wait_to_begin(&drive);
        pace_begin(&drive.pace, PACE_WRITE, drive.now);
    }
}

/* One that could not wait begins before. */
static void a_probe_waits_for_the_reset_whatever_begins_before(void **state) {
    (void)state;
    struct drive drive = drive_new();
    struct pace_answer answer = says(&drive, 50, 0);
    answer.reset = answer.date + 30;
    exchange(&drive, PACE_WRITE, answer);
    pace_begin(&drive.pace, PACE_WRITE, drive.now);
    assert_waits_for(&drive, 30.05);
}

/* The answer was on its way for longer than the reset was ahead. */
static void a_reset_that_is_over_is_not_waited_for(void **state) {
    (void)state;
    struct drive drive = drive_new();
    exchange(&drive, PACE_WRITE, says(&drive, 50, 0));
    struct pace_answer answer = says(&drive, 50, 0);
    int64_t begun = drive.now;
    pace_begin(&drive.pace, PACE_WRITE, begun);
    drive.now += SECONDS(3);
    pace_end(&drive.pace, PACE_WRITE, begun, drive.now, &answer, 0);
    assert_waits(&drive, PACE_WRITE, 0.049, 0.051);
}

static void exhaust_until(struct drive *drive, int64_t seconds) {
    struct pace_answer answer = says(drive, 50, 0);
    answer.reset = answer.date + seconds;
    exchange(drive, PACE_WRITE, answer);
}

/* Then it is rounded down, and one second is added. */
static void a_refusal_at_the_reset_is_learned_from(void **state) {
    (void)state;
    for (int is_probe = 0; is_probe < 2; is_probe++) {
        struct drive drive = drive_new();
        exhaust_until(&drive, 3);
        assert_waits_for(&drive, 3.05);
        if (is_probe) wait_to_begin(&drive);
        exchange(&drive, PACE_WRITE, refuses_silently(0));
        wait_to_begin(&drive);
        drive.pace.clock = (struct bucket_clock){0};
        exhaust_until(&drive, 3);
        assert_waits_for(&drive, is_probe ? 4.05 : 3.05);
    }
}

/* ---- refusals ---- */

static double closed_for(struct drive *drive, enum pace_class class, struct pace_answer answer, double random) {
    drive->random = random;
    exchange(drive, class, answer);
    assert_state(drive, class, PACE_CLOSED);
    return (double)(drive->pace.gates[class].closed_until - drive->now) / 1e6;
}

static void the_spread_is_a_tenth_of_the_wait(void **state) {
    (void)state;
    const struct {
        double retry_after, random, wait;
    } rows[] = {
        {30, 0, 30.05},       {30, 1, 33.05}, {30, 5, 33.05}, {30, -1, 30.05}, {1, 1, 1.25},  {86400, 1, 86430.05},
        {90000, 0, 86400.05}, {0, 0, 0.05},   {0.5, 0, 0.55}, {-1, 0, 4.05},   {-9, 0, 4.05},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct drive drive = drive_new();
        struct pace_answer answer = refuses(&drive, rows[i].retry_after);
        answer.reset = answer.date + 4;
        double wait = closed_for(&drive, PACE_WRITE, answer, rows[i].random);
        if (wait < rows[i].wait - 0.001 || wait > rows[i].wait + 0.001)
            fail_msg("row %zu: closed for %.3f s, not %.3f s", i, wait, rows[i].wait);
    }
}

static void a_reset_is_believed_for_minutes_and_a_tokens_for_hours(void **state) {
    (void)state;
    const struct {
        enum pace_class class;
        int64_t reset;
        double wait;
    } rows[] = {
        {PACE_WRITE, 119, 119.05},
        {PACE_WRITE, 5000, 120.05},
        {PACE_TOKEN, 7199, 7199.05},
        {PACE_TOKEN, 9000, 7200.05},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct drive drive = drive_new();
        struct pace_answer answer = refuses(&drive, -1);
        answer.reset = answer.date + rows[i].reset;
        double wait = closed_for(&drive, rows[i].class, answer, 0);
        assert_true(wait > rows[i].wait - 0.001 && wait < rows[i].wait + 0.001);
    }
}

/* One that begins as soon as it opens is another refusal; a success before it is the end of them. */
static void refusals_count_from_the_last_success(void **state) {
    (void)state;
    struct drive drive = drive_new();
    const double waits[] = {0.05, 1.05, 2.05, 4.05};
    for (int turn = 0; turn < 2; turn++) {
        for (size_t i = 0; i < COUNT(waits); i++) {
            double wait = closed_for(&drive, PACE_WRITE, refuses_silently(0), 0);
            assert_true(wait > waits[i] - 0.001 && wait < waits[i] + 0.001);
            wait_to_begin(&drive);
            assert_true(drive.now == gate_of(&drive)->closed_until);
            assert_state(&drive, PACE_WRITE, PACE_COLD);
        }
        exchange(&drive, PACE_WRITE, says_nothing());
        assert_state(&drive, PACE_WRITE, PACE_FREE);
        assert_int_equal(gate_of(&drive)->refusals, 0);
    }
}

static void many_refusals_are_no_longer_than_a_minute(void **state) {
    (void)state;
    struct drive drive = drive_new();
    refuse_often(&drive, 200);
    double wait = closed_for(&drive, PACE_WRITE, refuses_silently(0), 0);
    assert_true(wait > 64 && wait < 65);
}

/* Where no limit is told, too. */
static void one_goes_ahead_after_a_refusal(void **state) {
    (void)state;
    struct drive drive = drive_new();
    for (int i = 0; i < 10; i++) exchange(&drive, PACE_WRITE, says_nothing());
    exchange(&drive, PACE_WRITE, refuses_silently(3));
    wait_to_begin(&drive);
    assert_state(&drive, PACE_WRITE, PACE_COLD);
    assert_int_equal(begin_all(&drive, PACE_WRITE), 1);
}

/* A reset that has come, or that cannot be held against the answer's own Date, is no word about a wait. */
static void a_wait_is_told_only_where_the_tenant_said_how_long(void **state) {
    (void)state;
    const struct {
        double retry_after;
        int64_t date, reset;
        double told;
    } rows[] = {
        {7, date, date + 30, 7}, {0, date, date + 30, 0},   {-1, date, date + 30, 30}, {-1, date, date + 1, 1},
        {-1, date, date, -1},    {-1, date, date - 30, -1}, {-1, -1, date + 30, -1},   {-1, date, -1, -1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct pace_answer answer = {
            .date = rows[i].date, .reset = rows[i].reset, .is_refused = true, .retry_after = rows[i].retry_after};
        double told = pace_wait_told(&answer);
        if (told != rows[i].told) fail_msg("row %zu: %g s are told, not %g s", i, told, rows[i].told);
    }
}

static void a_shorter_refusal_does_not_open_earlier(void **state) {
    (void)state;
    struct drive drive = drive_new();
    int64_t begun = drive.now;
    for (int i = 0; i < 2; i++) pace_begin(&drive.pace, PACE_WRITE, begun);
    drive.now += 50000;
    struct pace_answer longer = refuses_silently(30), shorter = refuses_silently(2);
    pace_end(&drive.pace, PACE_WRITE, begun, drive.now, &longer, 0);
    pace_end(&drive.pace, PACE_WRITE, begun, drive.now, &shorter, 0);
    assert_waits_for(&drive, 30.05);
    assert_int_equal(gate_of(&drive)->refusals, 1);
}

static void only_a_global_refusal_closes_the_others(void **state) {
    (void)state;
    const struct {
        enum pace_class class;
        bool is_global, is_closing;
    } rows[] = {
        {PACE_WRITE, false, false},
        {PACE_WRITE, true, true},
        {PACE_TOKEN, true, false},
        {PACE_TOKEN, false, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct drive drive = drive_new();
        struct pace_answer answer = refuses(&drive, 5);
        answer.is_global = rows[i].is_global;
        exchange(&drive, rows[i].class, answer);
        for (int class = 0; class < PACE_CLASSES; class ++) {
            bool is_closed = class == (int)rows[i].class || (rows[i].is_closing && class != PACE_TOKEN);
            assert_state(&drive, (enum pace_class) class, is_closed ? PACE_CLOSED : PACE_COLD);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_kept_within_bounds),
        cmocka_unit_test(without_a_rate_nothing_falls_due),
        cmocka_unit_test(a_fixed_rate_makes_up_for_a_tenth_of_a_second),
        cmocka_unit_test(every_answer_counts),
        cmocka_unit_test(a_limit_is_believed_up_to_a_thousand_million),
        cmocka_unit_test(a_limit_that_was_not_read_whole_is_none),
        cmocka_unit_test(dates_are_believed_until_the_year_5138),
        cmocka_unit_test(only_a_global_refusal_tells_of_another_bucket),
        cmocka_unit_test(nothing_remains_at_a_refusal),
        cmocka_unit_test(an_end_before_its_begin_overtakes_nothing),
        cmocka_unit_test(twenty_answers_in_a_row_take_the_limit_away),
        cmocka_unit_test(the_first_answer_lets_a_share_of_what_is_left_be_under_way),
        cmocka_unit_test(others_are_looked_for_before_the_reset),
        cmocka_unit_test(the_last_of_what_comes_at_the_top_waits),
        cmocka_unit_test(the_last_of_few_does_not_wait),
        cmocka_unit_test(others_are_looked_for_at_the_top),
        cmocka_unit_test(how_fast_others_take_is_forgotten),
        cmocka_unit_test(what_others_take_meanwhile_is_left),
        cmocka_unit_test(four_are_left_for_each_other),
        cmocka_unit_test(a_hundred_answers_are_kept_in_mind),
        cmocka_unit_test(refusals_let_fewer_be_under_way),
        cmocka_unit_test(the_next_look_is_put_off_where_there_is_another),
        cmocka_unit_test(half_of_what_is_left_is_under_way),
        cmocka_unit_test(only_a_pause_makes_one_go_ahead),
        cmocka_unit_test(caution_leaves_a_small_bucket_usable),
        cmocka_unit_test(a_full_bucket_is_usable_beside_a_large_reserve),
        cmocka_unit_test(caution_rises_and_falls),
        cmocka_unit_test(the_last_ones_go_one_by_one),
        cmocka_unit_test(a_probe_waits_for_the_reset_whatever_begins_before),
        cmocka_unit_test(a_reset_that_is_over_is_not_waited_for),
        cmocka_unit_test(a_refusal_at_the_reset_is_learned_from),
        cmocka_unit_test(the_spread_is_a_tenth_of_the_wait),
        cmocka_unit_test(a_reset_is_believed_for_minutes_and_a_tokens_for_hours),
        cmocka_unit_test(refusals_count_from_the_last_success),
        cmocka_unit_test(many_refusals_are_no_longer_than_a_minute),
        cmocka_unit_test(one_goes_ahead_after_a_refusal),
        cmocka_unit_test(a_wait_is_told_only_where_the_tenant_said_how_long),
        cmocka_unit_test(a_shorter_refusal_does_not_open_earlier),
        cmocka_unit_test(only_a_global_refusal_closes_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
