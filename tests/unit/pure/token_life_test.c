/* clang-format keeps these four in their order: cmocka.h needs the other three before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "pure/token_life.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define SECONDS(n) ((int64_t)((double)(n)*1e6))
#define HOURS(n) SECONDS(3600 * (n))

/* Monotonic clocks start anywhere. */
static const int64_t start = 1234567890123;

/* ---- a driver with a clock of its own ---- */

struct drive {
    struct token_life life;
    int64_t now;
};

static struct drive new_drive(void) {
    struct drive drive = {.now = start};
    token_life_init(&drive.life, false);
    return drive;
}

static struct token_life_answer ask(struct drive *drive) { return token_life_ask(&drive->life, drive->now); }

static void assert_answer(struct token_life_answer answer, enum token_life_verdict verdict, bool fetch) {
    assert_int_equal(answer.verdict, verdict);
    assert_int_equal(answer.fetch, fetch);
}

static void assert_asked(struct drive *drive, enum token_life_verdict verdict, bool fetch) {
    assert_answer(ask(drive), verdict, fetch);
}

static void assert_state(const struct drive *drive, enum token_life_state state) {
    assert_string_equal(token_life_state_name(drive->life.state), token_life_state_name(state));
}

static void fetched(struct drive *drive, int64_t lifetime) { token_life_fetched(&drive->life, drive->now, lifetime); }

static void failed(struct drive *drive, int64_t retry_after, double random) {
    token_life_failed(&drive->life, drive->now, false, retry_after, random);
}

static void refused(struct drive *drive) { token_life_failed(&drive->life, drive->now, true, -1, 0); }

static void rejected(struct drive *drive) { token_life_rejected(&drive->life, drive->now, drive->life.generation); }

/* Ready, with a token of an hour: refreshed 5 minutes before its end. */
static struct drive ready_drive(void) {
    struct drive drive = new_drive();
    assert_asked(&drive, TOKEN_LIFE_FETCH, true);
    fetched(&drive, HOURS(1));
    return drive;
}

static struct drive refreshing_drive(void) {
    struct drive drive = ready_drive();
    drive.now += SECONDS(3600 - 300);
    assert_asked(&drive, TOKEN_LIFE_USE, true);
    return drive;
}

static struct drive failed_drive(void) {
    struct drive drive = new_drive();
    assert_asked(&drive, TOKEN_LIFE_FETCH, true);
    failed(&drive, -1, 0);
    return drive;
}

static struct drive drive_in(enum token_life_state state) {
    struct drive drive = new_drive();
    switch (state) {
    case TOKEN_LIFE_FIXED: token_life_init(&drive.life, true); break;
    case TOKEN_LIFE_FETCHING: (void)ask(&drive); break;
    case TOKEN_LIFE_READY: drive = ready_drive(); break;
    case TOKEN_LIFE_REFRESHING: drive = refreshing_drive(); break;
    case TOKEN_LIFE_FAILED: drive = failed_drive(); break;
    default: break;
    }
    assert_state(&drive, state);
    return drive;
}

/* ---- the table ---- */

#define STAYS TOKEN_LIFE_STATES

/* Every pair, written once more: what the table should say. */
static const enum token_life_state expected[TOKEN_LIFE_STATES][TOKEN_LIFE_EVENTS] = {
    /* asked, asked late, asked in a pause, expired, fetched, not fetched, rejected */
    [TOKEN_LIFE_FIXED] = {STAYS, STAYS, STAYS, STAYS, STAYS, STAYS, STAYS},
    [TOKEN_LIFE_NONE] = {TOKEN_LIFE_FETCHING, TOKEN_LIFE_FETCHING, TOKEN_LIFE_FAILED, STAYS, TOKEN_LIFE_READY, STAYS,
                         STAYS},
    [TOKEN_LIFE_FETCHING] = {STAYS, STAYS, STAYS, STAYS, TOKEN_LIFE_READY, TOKEN_LIFE_FAILED, STAYS},
    [TOKEN_LIFE_READY] = {STAYS, TOKEN_LIFE_REFRESHING, STAYS, TOKEN_LIFE_NONE, TOKEN_LIFE_READY, STAYS,
                          TOKEN_LIFE_NONE},
    [TOKEN_LIFE_REFRESHING] = {STAYS, STAYS, STAYS, TOKEN_LIFE_FETCHING, TOKEN_LIFE_READY, TOKEN_LIFE_READY,
                               TOKEN_LIFE_FETCHING},
    [TOKEN_LIFE_FAILED] = {TOKEN_LIFE_FETCHING, TOKEN_LIFE_FETCHING, STAYS, STAYS, TOKEN_LIFE_READY, STAYS, STAYS},
};

static void the_table_says_of_every_pair_where_it_leads(void **unused) {
    (void)unused;
    for (int state = 0; state < TOKEN_LIFE_STATES; state++)
        for (int event = 0; event < TOKEN_LIFE_EVENTS; event++) {
            enum token_life_state next, meant = expected[state][event];
            bool says = token_life_next((enum token_life_state)state, (enum token_life_event)event, &next);
            if (says != (meant != STAYS) || next != (says ? meant : (enum token_life_state)state))
                fail_msg("%s, %s", token_life_state_name((enum token_life_state)state),
                         token_life_event_name((enum token_life_event)event));
        }
}

/* Makes the event happen as a caller would. False where a caller cannot. */
static bool bring_about(struct drive *drive, enum token_life_event event) {
    struct token_life *life = &drive->life;
    bool has_token = life->state == TOKEN_LIFE_READY || life->state == TOKEN_LIFE_REFRESHING;
    switch (event) {
    case TOKEN_LIFE_ASKED:
        if (life->state == TOKEN_LIFE_REFRESHING) return false; /* it is late already */
        if (life->state == TOKEN_LIFE_FAILED) drive->now = life->retry_at;
        (void)ask(drive);
        return true;
    case TOKEN_LIFE_ASKED_LATE:
        if (!has_token) return false;
        drive->now = life->refresh_at;
        (void)ask(drive);
        return true;
    case TOKEN_LIFE_ASKED_IN_PAUSE:
        if (life->state == TOKEN_LIFE_NONE) {
            /* A second token in a row that is rejected. */
            for (int i = 0; i < 2; i++) {
                (void)ask(drive);
                fetched(drive, HOURS(1));
                rejected(drive);
            }
            assert_state(drive, TOKEN_LIFE_NONE);
        } else if (life->state == TOKEN_LIFE_READY) {
            drive->now = life->refresh_at;
            (void)ask(drive);
            failed(drive, -1, 0);
            assert_state(drive, TOKEN_LIFE_READY);
        } else if (life->state != TOKEN_LIFE_FAILED) {
            return false;
        }
        (void)ask(drive);
        return true;
    case TOKEN_LIFE_EXPIRED:
        if (!has_token) return false;
        drive->now = life->expires_at;
        rejected(drive); /* of a token that has expired: it is only noticed */
        return true;
    case TOKEN_LIFE_FETCHED: fetched(drive, HOURS(1)); return true;
    case TOKEN_LIFE_NOT_FETCHED: failed(drive, -1, 0); return true;
    case TOKEN_LIFE_REJECTED: rejected(drive); return true;
    default: return false;
    }
}

static void every_pair_that_a_caller_can_make_does_what_the_table_says(void **unused) {
    (void)unused;
    int pairs = 0;
    for (int state = 0; state < TOKEN_LIFE_STATES; state++)
        for (int event = 0; event < TOKEN_LIFE_EVENTS; event++) {
            struct drive drive = drive_in((enum token_life_state)state);
            if (!bring_about(&drive, (enum token_life_event)event)) continue;
            enum token_life_state meant = expected[state][event];
            if (drive.life.state != (meant == STAYS ? (enum token_life_state)state : meant))
                fail_msg("%s, %s: %s", token_life_state_name((enum token_life_state)state),
                         token_life_event_name((enum token_life_event)event), token_life_state_name(drive.life.state));
            pairs++;
        }
    assert_int_equal(pairs, 30);
}

static void each_state_and_event_has_a_name_of_its_own(void **unused) {
    const char *names[(int)TOKEN_LIFE_STATES + (int)TOKEN_LIFE_EVENTS];
    size_t count = 0;
    (void)unused;
    for (int i = 0; i < TOKEN_LIFE_STATES; i++) names[count++] = token_life_state_name((enum token_life_state)i);
    for (int i = 0; i < TOKEN_LIFE_EVENTS; i++) names[count++] = token_life_event_name((enum token_life_event)i);
    for (size_t i = 0; i < count; i++) {
        assert_non_null(names[i]);
        assert_int_equal(strspn(names[i], "abcdefghijklmnopqrstuvwxyz_"), strlen(names[i]));
        for (size_t j = 0; j < i; j++) assert_string_not_equal(names[i], names[j]);
    }
}

/* ---- one fetch ---- */

static void nothing_is_fetched_before_somebody_asks(void **unused) {
    struct drive drive = new_drive();
    (void)unused;
    assert_state(&drive, TOKEN_LIFE_NONE);
    assert_int_equal(drive.life.generation, 0);
}

static void the_first_to_ask_fetches_and_all_wait(void **unused) {
    struct drive drive = new_drive();
    (void)unused;
    struct token_life_answer answer = ask(&drive);
    assert_answer(answer, TOKEN_LIFE_FETCH, true);
    assert_true(answer.until == INT64_MAX);
    for (int i = 0; i < 3; i++) {
        drive.now += SECONDS(100);
        answer = ask(&drive);
        assert_answer(answer, TOKEN_LIFE_WAIT, false);
        assert_true(answer.until == INT64_MAX);
    }
    fetched(&drive, HOURS(1));
    answer = ask(&drive);
    assert_answer(answer, TOKEN_LIFE_USE, false);
    assert_true(answer.until == drive.now + HOURS(1));
    assert_int_equal(drive.life.generation, 1);
}

static void a_fixed_token_is_used_whatever_happens(void **unused) {
    struct drive drive = drive_in(TOKEN_LIFE_FIXED);
    (void)unused;
    for (int event = 0; event < TOKEN_LIFE_EVENTS; event++) {
        (void)bring_about(&drive, (enum token_life_event)event);
        struct token_life_answer answer = ask(&drive);
        assert_answer(answer, TOKEN_LIFE_USE, false);
        assert_true(answer.until == INT64_MAX);
        drive.now = INT64_MAX - event;
    }
    assert_int_equal(drive.life.generation, 0);
}

/* ---- lifetimes ---- */

static void lives_as_long_as_was_said_within_reason(void **unused) {
    static const struct {
        int64_t said, refreshed, expired;
    } rows[] = {
        {HOURS(24), HOURS(24) - SECONDS(300), HOURS(24)},
        {SECONDS(3000), SECONDS(2700), SECONDS(3000)},
        {SECONDS(600), SECONDS(540), SECONDS(600)},
        {SECONDS(10), SECONDS(9), SECONDS(10)},
        {SECONDS(9), SECONDS(9), SECONDS(10)},
        {1, SECONDS(9), SECONDS(10)},
        {0, HOURS(24) - SECONDS(300), HOURS(24)},
        {-1, HOURS(24) - SECONDS(300), HOURS(24)},
        {INT64_MIN, HOURS(24) - SECONDS(300), HOURS(24)},
        {HOURS(720), HOURS(720) - SECONDS(300), HOURS(720)},
        {HOURS(720) + 1, HOURS(720) - SECONDS(300), HOURS(720)},
        {INT64_MAX, HOURS(720) - SECONDS(300), HOURS(720)},
    };
    (void)unused;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct drive drive = new_drive();
        (void)ask(&drive);
        fetched(&drive, rows[i].said);
        assert_true(drive.life.fetched_at == start);
        drive.now = start + rows[i].refreshed - 1;
        assert_asked(&drive, TOKEN_LIFE_USE, false);
        drive.now = start + rows[i].refreshed;
        assert_asked(&drive, TOKEN_LIFE_USE, true);
        drive.now = start + rows[i].expired - 1;
        assert_asked(&drive, TOKEN_LIFE_USE, false);
        drive.now = start + rows[i].expired;
        assert_asked(&drive, TOKEN_LIFE_WAIT, false);
    }
}

static void any_clock_will_do(void **unused) {
    static const int64_t clocks[] = {INT64_MIN, -1, 0, 1, INT64_MAX - SECONDS(100)};
    (void)unused;
    for (size_t i = 0; i < COUNT(clocks); i++) {
        struct drive drive = new_drive();
        drive.now = clocks[i];
        assert_asked(&drive, TOKEN_LIFE_FETCH, true);
        failed(&drive, INT64_MAX, 1);
        assert_asked(&drive, TOKEN_LIFE_WAIT, false);
        fetched(&drive, INT64_MAX);
        assert_asked(&drive, TOKEN_LIFE_USE, false);
        rejected(&drive);
        assert_asked(&drive, TOKEN_LIFE_FETCH, true);
    }
}

static void what_nobody_uses_is_not_renewed(void **unused) {
    struct drive drive = ready_drive();
    (void)unused;
    drive.now += HOURS(100);
    assert_asked(&drive, TOKEN_LIFE_FETCH, true);
}

static void the_old_token_is_used_until_the_new_one_is_there(void **unused) {
    struct drive drive = refreshing_drive();
    (void)unused;
    assert_asked(&drive, TOKEN_LIFE_USE, false);
    assert_int_equal(drive.life.generation, 1);
    fetched(&drive, HOURS(1));
    struct token_life_answer answer = ask(&drive);
    assert_answer(answer, TOKEN_LIFE_USE, false);
    assert_true(answer.until == drive.now + HOURS(1));
    assert_int_equal(drive.life.generation, 2);
}

static void a_token_that_comes_from_elsewhere_is_taken(void **unused) {
    struct drive drive = failed_drive();
    (void)unused;
    assert_asked(&drive, TOKEN_LIFE_WAIT, false);
    fetched(&drive, HOURS(1));
    assert_asked(&drive, TOKEN_LIFE_USE, false);
    assert_int_equal(drive.life.failure, TOKEN_LIFE_WELL);
}

/* ---- fetches that fail ---- */

static void failures_are_followed_by_longer_and_longer_pauses(void **unused) {
    static const double longest[] = {1, 2, 4, 8, 16, 30, 30, 30};
    (void)unused;
    for (int i = 0; i < 3; i++) {
        struct drive drive = new_drive();
        double random = (double[]){0, 0.5, 1}[i];
        for (size_t j = 0; j < COUNT(longest); j++) {
            assert_asked(&drive, TOKEN_LIFE_FETCH, true);
            drive.now += SECONDS(7);
            failed(&drive, -1, random);
            int64_t pause = SECONDS(longest[j] / 2 * (1 + random));
            struct token_life_answer answer = ask(&drive);
            assert_answer(answer, TOKEN_LIFE_WAIT, false);
            assert_true(answer.until == drive.now + pause);
            drive.now += pause - 1;
            assert_asked(&drive, TOKEN_LIFE_WAIT, false);
            drive.now += 1;
        }
        assert_asked(&drive, TOKEN_LIFE_FETCH, true);
        fetched(&drive, HOURS(1));
        drive.now += HOURS(1);
        assert_asked(&drive, TOKEN_LIFE_FETCH, true);
        failed(&drive, -1, 0);
        assert_true(ask(&drive).until == drive.now + SECONDS(0.5));
    }
}

static void waits_as_long_as_the_tenant_says(void **unused) {
    static const struct {
        int64_t retry_after;
        double random;
        int64_t pause;
    } rows[] = {
        {0, 0, SECONDS(0.5)},
        {0, 1, SECONDS(1)},
        {SECONDS(0.5), 0, SECONDS(0.5)},
        {SECONDS(20), 0, SECONDS(20)},
        {SECONDS(20), 0.5, SECONDS(21)},
        {HOURS(3), 0, HOURS(3)},
        {HOURS(3), 0.5, HOURS(3) + SECONDS(15)},
        {HOURS(24), 1, HOURS(24) + SECONDS(30)},
        {HOURS(25), 1, HOURS(24) + SECONDS(30)},
        {INT64_MAX, 0, HOURS(24)},
        {-1, 0, SECONDS(0.5)},
        {INT64_MIN, 0, SECONDS(0.5)},
        {-1, -7, SECONDS(0.5)},
        {-1, 7, SECONDS(1)},
        {-1, HUGE_VAL, SECONDS(1)},
        {-1, NAN, SECONDS(0.5)},
    };
    (void)unused;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct drive drive = drive_in(TOKEN_LIFE_FETCHING);
        failed(&drive, rows[i].retry_after, rows[i].random);
        struct token_life_answer answer = ask(&drive);
        assert_answer(answer, TOKEN_LIFE_WAIT, false);
        if (answer.until != drive.now + rows[i].pause) fail_msg("row %zu", i);
    }
}

static void a_valid_token_outlives_a_refresh_that_failed(void **unused) {
    struct drive drive = refreshing_drive();
    int64_t expires_at = drive.life.expires_at;
    (void)unused;
    failed(&drive, -1, 0);
    struct token_life_answer answer = ask(&drive);
    assert_answer(answer, TOKEN_LIFE_USE, false);
    assert_true(answer.until == expires_at);
    drive.now += SECONDS(0.5);
    assert_asked(&drive, TOKEN_LIFE_USE, true);
    refused(&drive);
    assert_asked(&drive, TOKEN_LIFE_USE, false);
}

static void when_it_ends_in_a_pause_the_pause_goes_on(void **unused) {
    struct drive drive = refreshing_drive();
    int64_t retry_at = drive.now + HOURS(2);
    (void)unused;
    failed(&drive, HOURS(2), 0);
    drive.now = drive.life.expires_at;
    struct token_life_answer answer = ask(&drive);
    assert_answer(answer, TOKEN_LIFE_WAIT, false);
    assert_true(answer.until == retry_at);
    drive.now = retry_at;
    assert_asked(&drive, TOKEN_LIFE_FETCH, true);
}

static void a_refusal_fails_all_that_ask_until_the_pause_is_over(void **unused) {
    struct drive drive = drive_in(TOKEN_LIFE_FETCHING);
    (void)unused;
    refused(&drive);
    for (int i = 0; i < 3; i++) {
        struct token_life_answer answer = ask(&drive);
        assert_answer(answer, TOKEN_LIFE_REFUSE, false);
        assert_true(answer.until == drive.now + SECONDS(0.5));
        assert_int_equal(drive.life.failure, TOKEN_LIFE_DENIED);
    }
    drive.now += SECONDS(0.5);
    assert_asked(&drive, TOKEN_LIFE_FETCH, true);
    assert_asked(&drive, TOKEN_LIFE_WAIT, false);
    fetched(&drive, HOURS(1)); /* the secret is right again */
    assert_asked(&drive, TOKEN_LIFE_USE, false);
}

static void a_failure_that_may_pass_after_a_refusal_is_waited_for(void **unused) {
    struct drive drive = drive_in(TOKEN_LIFE_FETCHING);
    (void)unused;
    refused(&drive);
    drive.now += SECONDS(0.5);
    assert_asked(&drive, TOKEN_LIFE_FETCH, true);
    failed(&drive, -1, 0);
    struct token_life_answer answer = ask(&drive);
    assert_answer(answer, TOKEN_LIFE_WAIT, false);
    assert_true(answer.until == drive.now + SECONDS(1));
}

static void an_end_of_a_fetch_that_nobody_began_is_no_failure(void **unused) {
    static const enum token_life_state states[] = {TOKEN_LIFE_FIXED, TOKEN_LIFE_NONE, TOKEN_LIFE_READY};
    (void)unused;
    for (size_t i = 0; i < COUNT(states); i++) {
        struct drive drive = drive_in(states[i]);
        failed(&drive, HOURS(1), 0);
        assert_int_equal(drive.life.failures, 0);
        assert_true(drive.life.retry_at == INT64_MIN || states[i] == TOKEN_LIFE_FIXED);
    }
}

/* ---- tokens that are rejected ---- */

static void a_rejected_token_is_dropped_and_fetched_once(void **unused) {
    struct drive drive = ready_drive();
    (void)unused;
    /* Many requests were on their way with it. */
    for (int i = 0; i < 50; i++) token_life_rejected(&drive.life, drive.now, 1);
    assert_asked(&drive, TOKEN_LIFE_FETCH, true);
    for (int i = 0; i < 50; i++) token_life_rejected(&drive.life, drive.now, 1);
    assert_asked(&drive, TOKEN_LIFE_WAIT, false);
    fetched(&drive, HOURS(1));
    for (int i = 0; i < 50; i++) token_life_rejected(&drive.life, drive.now, 1);
    assert_asked(&drive, TOKEN_LIFE_USE, false);
    assert_int_equal(drive.life.generation, 2);
    assert_int_equal(drive.life.rejections, 1);
}

static void a_generation_that_was_never_there_changes_nothing(void **unused) {
    struct drive drive = ready_drive();
    (void)unused;
    token_life_rejected(&drive.life, drive.now, 0);
    token_life_rejected(&drive.life, drive.now, 2);
    assert_asked(&drive, TOKEN_LIFE_USE, false);
    assert_int_equal(drive.life.rejections, 0);
}

static void a_401_to_a_token_at_its_end_is_no_rejection(void **unused) {
    struct drive drive = ready_drive();
    (void)unused;
    drive.now = drive.life.expires_at;
    rejected(&drive);
    assert_int_equal(drive.life.rejections, 0);
    assert_asked(&drive, TOKEN_LIFE_FETCH, true);
}

static void rejected_while_the_next_is_fetched_it_is_no_more_used(void **unused) {
    struct drive drive = refreshing_drive();
    (void)unused;
    rejected(&drive);
    assert_asked(&drive, TOKEN_LIFE_WAIT, false);
    failed(&drive, -1, 0);
    assert_asked(&drive, TOKEN_LIFE_WAIT, false);
    drive.now += SECONDS(0.5);
    assert_asked(&drive, TOKEN_LIFE_FETCH, true);
    fetched(&drive, HOURS(1));
    assert_asked(&drive, TOKEN_LIFE_USE, false);
}

static void a_rejection_after_a_refresh_that_failed_keeps_the_pause(void **unused) {
    struct drive drive = refreshing_drive();
    (void)unused;
    failed(&drive, HOURS(1), 0);
    int64_t retry_at = drive.now + HOURS(1);
    rejected(&drive);
    struct token_life_answer answer = ask(&drive);
    assert_answer(answer, TOKEN_LIFE_WAIT, false);
    assert_true(answer.until == retry_at);
}

static void token_source_that_are_all_rejected_are_fetched_ever_less(void **unused) {
    static const int pauses[] = {0, 1, 2, 4, 8, 16, 30, 30, 30};
    struct drive drive = new_drive();
    (void)unused;
    assert_asked(&drive, TOKEN_LIFE_FETCH, true);
    for (size_t i = 0; i < COUNT(pauses); i++) {
        fetched(&drive, HOURS(1));
        assert_asked(&drive, TOKEN_LIFE_USE, false);
        drive.now += SECONDS(59);
        rejected(&drive);
        if (pauses[i] > 0) {
            struct token_life_answer answer = ask(&drive);
            assert_answer(answer, TOKEN_LIFE_REFUSE, false);
            assert_true(answer.until == drive.now + SECONDS(pauses[i]));
            assert_int_equal(drive.life.failure, TOKEN_LIFE_UNACCEPTED);
            drive.now = answer.until;
        }
        assert_asked(&drive, TOKEN_LIFE_FETCH, true);
    }
}

static void a_rejection_cuts_no_pause_short(void **unused) {
    struct drive drive = ready_drive();
    (void)unused;
    rejected(&drive);
    assert_asked(&drive, TOKEN_LIFE_FETCH, true);
    fetched(&drive, SECONDS(10));
    drive.now += SECONDS(9);
    assert_asked(&drive, TOKEN_LIFE_USE, true);
    failed(&drive, HOURS(1), 0);
    int64_t retry_at = drive.now + HOURS(1);
    rejected(&drive);
    assert_true(ask(&drive).until == retry_at);
}

static void an_hour_of_rejections_costs_few_fetches(void **unused) {
    struct drive drive = new_drive();
    int fetches = 0;
    (void)unused;
    for (; drive.now < start + HOURS(1); drive.now += SECONDS(0.01)) {
        struct token_life_answer answer = ask(&drive);
        if (answer.fetch) {
            fetches++;
            fetched(&drive, HOURS(24));
        } else if (answer.verdict == TOKEN_LIFE_USE) {
            rejected(&drive);
        }
    }
    assert_in_range(fetches, 120, 126);
}

static void rejections_far_apart_are_not_in_a_row(void **unused) {
    struct drive drive = ready_drive();
    (void)unused;
    rejected(&drive);
    for (int i = 0; i < 5; i++) {
        assert_asked(&drive, TOKEN_LIFE_FETCH, true);
        fetched(&drive, HOURS(1));
        drive.now += SECONDS(60);
        rejected(&drive);
        assert_int_equal(drive.life.rejections, 1);
    }
}

static void a_token_that_served_ends_the_row(void **unused) {
    struct drive drive = ready_drive();
    (void)unused;
    rejected(&drive);
    assert_asked(&drive, TOKEN_LIFE_FETCH, true);
    fetched(&drive, HOURS(1));
    drive.now += HOURS(1);
    assert_asked(&drive, TOKEN_LIFE_FETCH, true);
    fetched(&drive, HOURS(1));
    rejected(&drive);
    assert_asked(&drive, TOKEN_LIFE_FETCH, true);
}

/* ---- the token endpoint's status ---- */

static void a_refusal_is_a_4xx_that_time_does_not_heal(void **unused) {
    static const int final[] = {400, 401, 402, 403, 404, 405, 410, 422, 499};
    static const int passing[] = {0, 200, 204, 301, 399, 408, 425, 429, 500, 502, 503, 504, 524, 599, -1};
    (void)unused;
    for (size_t i = 0; i < COUNT(final); i++) assert_true(token_life_is_final(final[i]));
    for (size_t i = 0; i < COUNT(passing); i++) assert_false(token_life_is_final(passing[i]));
}

/* ---- any order ---- */

static uint32_t draw(uint64_t *seed) {
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

/* What a driver sees of the world, beside the credential: the truth that answers are held against. */
struct world {
    struct drive drive;
    bool is_fetching;
    unsigned rejected;  /* the last generation that was */
    int64_t not_before; /* a pause that was promised */
};

static void ask_and_check(struct world *world) {
    struct token_life_answer answer = ask(&world->drive);
    const struct token_life *life = &world->drive.life;
    if (answer.fetch) {
        assert_false(world->is_fetching);
        assert_true(world->drive.now >= world->not_before);
        world->is_fetching = true;
    }
    switch (answer.verdict) {
    case TOKEN_LIFE_USE:
        assert_true(life->generation > world->rejected);
        assert_true(answer.until > world->drive.now && answer.until == life->expires_at);
        break;
    case TOKEN_LIFE_FETCH: assert_true(answer.fetch); break;
    case TOKEN_LIFE_WAIT:
        assert_false(answer.fetch);
        assert_true(answer.until > world->drive.now);
        assert_int_equal(world->is_fetching, answer.until == INT64_MAX);
        break;
    case TOKEN_LIFE_REFUSE:
        assert_false(world->is_fetching);
        assert_true(answer.until > world->drive.now && answer.until == life->retry_at);
        assert_true(life->failure == TOKEN_LIFE_DENIED || life->failure == TOKEN_LIFE_UNACCEPTED);
        break;
    }
}

static void end_fetch(struct world *world, uint64_t *seed) {
    if (!world->is_fetching) return;
    world->is_fetching = false;
    if (draw(seed) % 2 == 0) {
        unsigned generation = world->drive.life.generation;
        fetched(&world->drive, (int64_t)draw(seed) % HOURS(1));
        assert_int_equal(world->drive.life.generation, generation + 1);
        world->not_before = INT64_MIN;
    } else {
        int64_t retry_after = draw(seed) % 4 == 0 ? (int64_t)draw(seed) : -1;
        token_life_failed(&world->drive.life, world->drive.now, draw(seed) % 4 == 0, retry_after,
                          draw(seed) / 2147483648.0);
        world->not_before = world->drive.now + (retry_after > SECONDS(0.5) ? retry_after : SECONDS(0.5));
    }
}

static void reject(struct world *world, uint64_t *seed) {
    unsigned generation = world->drive.life.generation;
    if (draw(seed) % 4 == 0) generation -= draw(seed) % 3;
    if (generation == 0 || generation > world->drive.life.generation) return;
    token_life_rejected(&world->drive.life, world->drive.now, generation);
    if (generation > world->rejected) world->rejected = generation;
}

static void no_order_of_events_breaks_a_promise(void **unused) {
    int reached[TOKEN_LIFE_STATES] = {0};
    (void)unused;
    for (uint64_t run = 1; run <= 500; run++) {
        struct world world = {.drive = new_drive(), .not_before = INT64_MIN};
        uint64_t seed = run;
        for (int i = 0; i < 2000; i++) {
            uint32_t choice = draw(&seed) % 64;
            if (choice < 40)
                ask_and_check(&world);
            else if (choice < 56)
                end_fetch(&world, &seed);
            else if (choice < 58)
                reject(&world, &seed);
            world.drive.now += (int64_t)(draw(&seed) % (draw(&seed) % 20 == 0 ? SECONDS(1000) : SECONDS(1)));
            reached[world.drive.life.state]++;
        }
    }
    for (int state = TOKEN_LIFE_NONE; state < TOKEN_LIFE_STATES; state++)
        if (reached[state] < 1000) fail_msg("hardly ever %s", token_life_state_name((enum token_life_state)state));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_says_of_every_pair_where_it_leads),
        cmocka_unit_test(every_pair_that_a_caller_can_make_does_what_the_table_says),
        cmocka_unit_test(each_state_and_event_has_a_name_of_its_own),
        cmocka_unit_test(nothing_is_fetched_before_somebody_asks),
        cmocka_unit_test(the_first_to_ask_fetches_and_all_wait),
        cmocka_unit_test(a_fixed_token_is_used_whatever_happens),
        cmocka_unit_test(lives_as_long_as_was_said_within_reason),
        cmocka_unit_test(any_clock_will_do),
        cmocka_unit_test(what_nobody_uses_is_not_renewed),
        cmocka_unit_test(the_old_token_is_used_until_the_new_one_is_there),
        cmocka_unit_test(a_token_that_comes_from_elsewhere_is_taken),
        cmocka_unit_test(failures_are_followed_by_longer_and_longer_pauses),
        cmocka_unit_test(waits_as_long_as_the_tenant_says),
        cmocka_unit_test(a_valid_token_outlives_a_refresh_that_failed),
        cmocka_unit_test(when_it_ends_in_a_pause_the_pause_goes_on),
        cmocka_unit_test(a_refusal_fails_all_that_ask_until_the_pause_is_over),
        cmocka_unit_test(a_failure_that_may_pass_after_a_refusal_is_waited_for),
        cmocka_unit_test(an_end_of_a_fetch_that_nobody_began_is_no_failure),
        cmocka_unit_test(a_rejected_token_is_dropped_and_fetched_once),
        cmocka_unit_test(a_generation_that_was_never_there_changes_nothing),
        cmocka_unit_test(a_401_to_a_token_at_its_end_is_no_rejection),
        cmocka_unit_test(rejected_while_the_next_is_fetched_it_is_no_more_used),
        cmocka_unit_test(a_rejection_after_a_refresh_that_failed_keeps_the_pause),
        cmocka_unit_test(token_source_that_are_all_rejected_are_fetched_ever_less),
        cmocka_unit_test(a_rejection_cuts_no_pause_short),
        cmocka_unit_test(an_hour_of_rejections_costs_few_fetches),
        cmocka_unit_test(rejections_far_apart_are_not_in_a_row),
        cmocka_unit_test(a_token_that_served_ends_the_row),
        cmocka_unit_test(a_refusal_is_a_4xx_that_time_does_not_heal),
        cmocka_unit_test(no_order_of_events_breaks_a_promise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
