/* What operation.c does after a first end that is not the last: another try, a pause, another token. */
#include "operation_drive.h"

/* ---- rate limits ---- */

static void a_429_is_repeated_whatever_the_kind(void **state) {
    (void)state;
    for (int kind = OPERATION_LINK; kind <= OPERATION_ONCE; kind++) {
        struct drive drive = begin_kind((enum operation_kind)kind, 3);
        answer(&drive, 429, "{}");
        assert_sends(&drive, OPERATION_CHANGE, 2); /* the gate of its bucket says when */
        answer(&drive, 429, "{}");
        assert_sends(&drive, OPERATION_CHANGE, 3);
        answer(&drive, 429, "{}");
        assert_refused(&drive, CODE_RATE_LIMITED, 429);
    }
}

static void a_429_that_says_too_late_is_the_end(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_LINK, 5);
    answer_retry(&drive, 429, SECONDS(48));
    assert_refused(&drive, CODE_RATE_LIMITED, 429);

    drive = begin_kind(OPERATION_LINK, 5);
    answer_retry(&drive, 429, SECONDS(48) - 1);
    assert_sends(&drive, OPERATION_CHANGE, 2);

    drive = begin_kind(OPERATION_FREE, 5);
    answer_retry(&drive, 429, SECONDS(60) - 1);
    assert_sends(&drive, OPERATION_CHANGE, 2);
}

static void what_waited_in_vain_for_its_turn_says_why(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_LINK, 5);
    answer(&drive, 429, "{}");
    end(&drive, SECONDS(47), (struct attempt_end)BY(EXPIRED, false), "");
    assert_refused(&drive, CODE_RATE_LIMITED, 429);
}

/* No gate of the API's opens for the token endpoint. */
/* The queue holds it for as long as that can help. */
static void what_was_withheld_is_not_repeated(void **state) {
    static const enum failure_code whys[] = {CODE_UNREACHABLE, CODE_TIMEOUT, CODE_RATE_LIMITED, CODE_SERVER_ERROR,
                                             CODE_UNAUTHORIZED};
    (void)state;
    for (int kind = OPERATION_LINK; kind <= OPERATION_ONCE; kind++)
        for (size_t i = 0; i < COUNT(whys); i++) {
            struct drive drive = begin_kind((enum operation_kind)kind, 5);
            end(&drive, 0, (struct attempt_end){.how = ATTEMPT_WITHHELD, .why = whys[i]}, "");
            assert_refused(&drive, whys[i], 0);
        }
}

/* A gate that opens too late, a token that comes too late, or no time at all. */
static void a_refusal_is_told_where_no_time_is_left_for_another_try(void **state) {
    static const struct attempt_end vain[] = {{.how = ATTEMPT_WITHHELD, .why = CODE_RATE_LIMITED},
                                              {.how = ATTEMPT_WITHHELD, .why = CODE_TIMEOUT},
                                              {.how = ATTEMPT_EXPIRED}};
    (void)state;
    for (size_t i = 0; i < COUNT(vain); i++) {
        struct drive drive = begin_kind(OPERATION_LINK, 5);
        answer_retry(&drive, 429, SECONDS(1));
        assert_sends(&drive, OPERATION_CHANGE, 2);
        assert_true(operation_waited_in_vain(&drive.operation, &vain[i]));
        end(&drive, 0, vain[i], "");
        assert_refused(&drive, CODE_RATE_LIMITED, 429);
    }
}

static void so_is_one_of_the_check(void **state) {
    (void)state;
    struct operation_limits limits = usual;
    limits.attempts = 3;
    struct drive drive = begin_within(IDENTITY_UNLINK, true, limits);
    answer(&drive, 503, "{}");
    wake(&drive);
    end(&drive, 0, (struct attempt_end){.how = ATTEMPT_WITHHELD, .why = CODE_RATE_LIMITED}, "");
    assert_refused(&drive, CODE_SERVER_ERROR, 503);
}

static void nothing_has_waited_in_vain_before_an_attempt_has_ended(void **state) {
    const struct attempt_end expired = {.how = ATTEMPT_EXPIRED};
    const struct attempt_end refused = {.how = ATTEMPT_WITHHELD, .why = CODE_UNAUTHORIZED};
    (void)state;
    struct drive drive = begin_kind(OPERATION_LINK, 5);
    assert_false(operation_waited_in_vain(&drive.operation, &expired));
    answer_retry(&drive, 429, SECONDS(1));
    assert_false(operation_waited_in_vain(&drive.operation, &refused)); /* which is news */
}

/* ---- a token that was refused ---- */

static void after_a_401_the_request_is_replayed_once_with_another_token(void **state) {
    (void)state;
    for (int kind = OPERATION_LINK; kind <= OPERATION_ONCE; kind++) {
        struct drive drive = begin_renewable((enum operation_kind)kind);
        assert_false(drive.action.renew);
        answer(&drive, 401, "{}");
        assert_sends(&drive, OPERATION_CHANGE, 2);
        assert_true(drive.action.renew);
        answer(&drive, 401, "{}");
        assert_refused(&drive, CODE_UNAUTHORIZED, 401);
    }
}

static void a_replay_is_no_try(void **state) {
    (void)state;
    struct drive drive = begin_renewable(OPERATION_LINK);
    answer(&drive, 401, "{}");
    for (int i = 1; i <= 5; i++) {
        assert_sends(&drive, OPERATION_CHANGE, 2 * i);
        lose(&drive);
        answer(&drive, 200, USER(ALONE));
        if (i < 5) wake(&drive);
    }
    assert_unknown(&drive, CODE_CONNECTION_LOST, 0);
}

static void reads_are_replayed_too(void **state) {
    (void)state;
    struct drive drive = begin_renewable(OPERATION_LINK);
    lose(&drive);
    answer(&drive, 401, "{}");
    assert_sends(&drive, OPERATION_READ, 3);
    assert_true(drive.action.renew);
    assert_in(&drive, OPERATION_SETTLING);
    answer(&drive, 200, USER(BOTH));
    assert_succeeded(&drive, 200);

    struct operation_plan plan = plan_of(OPERATION_UNLINK, 1);
    plan.check = plan.can_renew = true;
    drive = begin_plan(start, &plan);
    answer(&drive, 401, "{}");
    assert_sends(&drive, OPERATION_READ, 2);
    assert_in(&drive, OPERATION_CHECKING);
}

static void a_token_that_cannot_be_renewed_is_not(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_LINK, 5);
    answer(&drive, 401, "{}");
    assert_refused(&drive, CODE_UNAUTHORIZED, 401);
}

/* No token was refused: none was to be had. */
static void without_a_token_nothing_is_replayed(void **state) {
    (void)state;
    const enum failure_code codes[] = {CODE_UNAUTHORIZED, CODE_FORBIDDEN, CODE_TIMEOUT, CODE_UNREACHABLE};
    for (size_t i = 0; i < COUNT(codes); i++) {
        struct drive drive = begin_renewable(OPERATION_LINK);
        end(&drive, 0, (struct attempt_end){.how = ATTEMPT_WITHHELD, .why = codes[i]}, "");
        assert_refused(&drive, codes[i], 0);
    }
}

static void a_replay_that_comes_too_late_says_what_was_refused(void **state) {
    (void)state;
    struct drive drive = begin_renewable(OPERATION_LINK);
    end(&drive, SECONDS(48), (struct attempt_end)WITH(401, PROMISED), "{}");
    assert_refused(&drive, CODE_UNAUTHORIZED, 401);
}

/* ---- pauses ---- */

static void pauses_double_up_to_eight_seconds(void **state) {
    (void)state;
    struct operation_plan plan = plan_of(OPERATION_FREE, 10);
    plan.limits.deadline = SECONDS(600);
    struct drive drive = begin_plan(start, &plan);
    const int64_t longest[] = {250000, 500000, 1000000, 2000000, 4000000, 8000000, 8000000, 8000000};
    for (size_t i = 0; i < COUNT(longest); i++) {
        lose(&drive);
        assert_pauses(&drive, longest[i] / 2 + longest[i] / 4);
        wake(&drive);
    }
}

static void a_pause_is_spread_from_its_half_to_its_whole(void **state) {
    (void)state;
    const double randoms[] = {0, 0.25, 0.999999};
    const int64_t waits[] = {125000, 156250, 249999};
    for (size_t i = 0; i < COUNT(randoms); i++) {
        struct drive drive = begin_kind(OPERATION_FREE, 2);
        struct operation_event event = {OPERATION_ENDED, drive.now, lost, reading_body(SPAN("")), -1, randoms[i]};
        step(&drive, &event);
        assert_pauses(&drive, waits[i]);
    }
}

static void a_pause_is_as_long_as_the_tenant_says(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_FREE, 2);
    answer_retry(&drive, 503, SECONDS(7));
    assert_pauses(&drive, SECONDS(7));
    drive = begin_kind(OPERATION_FREE, 2);
    answer_retry(&drive, 503, 1000);
    assert_pauses(&drive, 187500);
}

static void a_pause_that_would_leave_no_time_is_not_begun(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_FREE, 2);
    answer_retry(&drive, 503, SECONDS(60));
    assert_refused(&drive, CODE_SERVER_ERROR, 503);
    drive = begin_kind(OPERATION_FREE, 2);
    answer_retry(&drive, 503, SECONDS(60) - 1);
    assert_pauses(&drive, SECONDS(60) - 1);
}

static void a_pause_that_ends_too_late_ends_all(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_FREE, 2);
    lose(&drive);
    drive.action.until = start + SECONDS(60);
    wake(&drive);
    assert_refused(&drive, CODE_CONNECTION_LOST, 0);
}

/* ---- cancelling ---- */

static void cancelled_in_a_pause_it_says_what_may_have_happened(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_LINK, 5);
    lose(&drive);
    answer(&drive, 200, USER(ALONE));
    cancel(&drive);
    assert_unknown(&drive, CODE_CANCELLED, 0);
    assert_seen(&drive, SEEN_NOT_LINKED);

    struct operation_plan plan = plan_of(OPERATION_UNLINK, 5);
    plan.check = true;
    drive = begin_plan(start, &plan);
    answer(&drive, 503, "");
    cancel(&drive);
    assert_refused(&drive, CODE_CANCELLED, 503);
}

static void a_cancelled_change_is_neither_repeated_nor_looked_for(void **state) {
    (void)state;
    for (int kind = OPERATION_LINK; kind <= OPERATION_ONCE; kind++) {
        struct operation_plan plan = plan_of((enum operation_kind)kind, 5);
        plan.is_change = true;
        struct drive drive = begin_plan(start, &plan);
        end(&drive, 0, cancelled, "");
        assert_unknown(&drive, CODE_CANCELLED, 0);
    }
}

static void cancelled_while_it_looks_it_is_unknown_or_was_refused(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_LINK, 5);
    lose(&drive);
    end(&drive, 0, cancelled, "");
    assert_unknown(&drive, CODE_CANCELLED, 0);

    drive = begin_kind(OPERATION_LINK, 5);
    answer(&drive, 409, "{}");
    end(&drive, 0, cancelled, "");
    assert_int_equal(finished(&drive)->code, CODE_CANCELLED);
    assert_int_equal(finished(&drive)->outcome, OUTCOME_NONE);
}

/* ---- time ---- */

static void the_settling_read_has_the_last_fifth(void **state) {
    (void)state;
    struct operation_plan plan = plan_of(OPERATION_LINK, 5);
    plan.limits.attempt = SECONDS(100);
    struct drive drive = begin_plan(start, &plan);
    end(&drive, SECONDS(48), (struct attempt_end)BY(EXPIRED, true), "");
    assert_sends(&drive, OPERATION_READ, 2);
    assert_int_equal(drive.action.end_by - start, SECONDS(60));
    answer(&drive, 200, USER(ALONE));
    assert_unknown(&drive, CODE_TIMEOUT, 0); /* no time for another try */
    assert_seen(&drive, SEEN_NOT_LINKED);
}

static void a_change_that_ends_at_the_deadline_is_not_looked_for(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_LINK, 5);
    end(&drive, SECONDS(60), lost, "");
    assert_unknown(&drive, CODE_CONNECTION_LOST, 0);
    assert_seen(&drive, SEEN_UNREADABLE);
}

static void a_free_request_may_use_the_whole_deadline(void **state) {
    (void)state;
    struct operation_plan plan = plan_of(OPERATION_FREE, 5);
    plan.limits.attempt = SECONDS(100);
    struct drive drive = begin_plan(start, &plan);
    assert_int_equal(drive.action.end_by - start, SECONDS(60));
}

/* ---- requests of other kinds ---- */

static void a_free_read_is_repeated_and_never_unknown(void **state) {
    (void)state;
    const struct attempt_end ends[] = {WITH(500, OTHER), BY(LOST, true), BY(EXPIRED, true), WITH(408, OTHER)};
    for (size_t i = 0; i < COUNT(ends); i++) {
        struct drive drive = begin_kind(OPERATION_FREE, 2);
        end(&drive, 0, ends[i], "");
        wake(&drive);
        assert_sends(&drive, OPERATION_CHANGE, 2);
        end(&drive, 0, ends[i], "");
        assert_int_equal(finished(&drive)->outcome, OUTCOME_NONE);
    }
}

/* It was sent: it is not one that waited in vain for its turn. */
static void a_free_read_that_expires_after_another_end_is_repeated(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_FREE, 3);
    answer(&drive, 503, "");
    wake(&drive);
    end(&drive, 0, (struct attempt_end)BY(EXPIRED, true), "");
    wake(&drive);
    end(&drive, 0, (struct attempt_end)BY(EXPIRED, true), "");
    assert_refused(&drive, CODE_TIMEOUT, 0);
}

static void a_free_read_of_another_body_is_not_repeated(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_FREE, 5);
    answer(&drive, 200, "[]");
    assert_refused(&drive, CODE_BAD_RESPONSE, 200);
    assert_says(&drive, "not an object");
    drive = begin_kind(OPERATION_FREE, 5);
    answer(&drive, 200, "{\"a\":1}");
    assert_succeeded(&drive, 200);
    assert_value(&drive, "{\"a\":1}");
}

static void a_free_change_is_repeated_until_its_answer_is_understood(void **state) {
    (void)state;
    struct operation_plan plan = plan_of(OPERATION_FREE, 3);
    plan.is_change = true;
    struct drive drive = begin_plan(start, &plan);
    answer(&drive, 200, "<html>");
    wake(&drive);
    lose(&drive);
    wake(&drive);
    answer(&drive, 200, "{}");
    assert_succeeded(&drive, 200);
    assert_null(drive.operation.result.fault.what);

    drive = begin_plan(start, &plan);
    lose(&drive);
    wake(&drive);
    answer(&drive, 403, "{}");
    assert_unknown(&drive, CODE_FORBIDDEN, 403);
}

static void what_may_be_carried_out_once_only_is_not_repeated(void **state) {
    (void)state;
    const struct attempt_end ends[] = {WITH(500, OTHER), WITH(200, OTHER), BY(LOST, true), BY(EXPIRED, true)};
    for (size_t i = 0; i < COUNT(ends); i++) {
        struct operation_plan plan = plan_of(OPERATION_ONCE, 5);
        plan.is_change = true;
        struct drive drive = begin_plan(start, &plan);
        end(&drive, 0, ends[i], "");
        assert_int_equal(finished(&drive)->code, CODE_UNKNOWN_OUTCOME);
        assert_int_equal(finished(&drive)->attempts, 1);
    }
}

static void nothing_that_could_not_connect_is_repeated(void **state) {
    (void)state;
    for (int kind = OPERATION_LINK; kind <= OPERATION_ONCE; kind++) {
        struct drive drive = begin_kind((enum operation_kind)kind, 5);
        end(&drive, 0, unreached, "");
        assert_refused(&drive, CODE_UNREACHABLE, 0);
    }
}

/* ---- a success that cannot be shown ---- */

static void a_success_that_cannot_be_shown_is_taken_back(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_LINK, 1);
    answer(&drive, 201, BOTH);
    operation_disown(&drive.operation, "too deep");
    assert_unknown(&drive, CODE_BAD_RESPONSE, 201);
    assert_says(&drive, "too deep");
    assert_null(drive.operation.result.value.token);

    drive = begin_kind(OPERATION_FREE, 1);
    answer(&drive, 200, "{}");
    operation_disown(&drive.operation, "too deep");
    assert_refused(&drive, CODE_BAD_RESPONSE, 200);
}

static void states_and_sights_have_names(void **state) {
    (void)state;
    assert_string_equal(operation_state_name(OPERATION_PAUSED), "paused");
    assert_null(operation_seen_name(SEEN_NOTHING));
    assert_string_equal(operation_seen_name(SEEN_LINKED_ELSEWHERE), "linked_elsewhere");
    assert_string_equal(operation_seen_name(SEEN_UNREADABLE), "unreadable");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_429_is_repeated_whatever_the_kind),
        cmocka_unit_test(a_429_that_says_too_late_is_the_end),
        cmocka_unit_test(what_waited_in_vain_for_its_turn_says_why),
        cmocka_unit_test(what_was_withheld_is_not_repeated),
        cmocka_unit_test(a_refusal_is_told_where_no_time_is_left_for_another_try),
        cmocka_unit_test(so_is_one_of_the_check),
        cmocka_unit_test(nothing_has_waited_in_vain_before_an_attempt_has_ended),
        cmocka_unit_test(after_a_401_the_request_is_replayed_once_with_another_token),
        cmocka_unit_test(a_replay_is_no_try),
        cmocka_unit_test(reads_are_replayed_too),
        cmocka_unit_test(a_token_that_cannot_be_renewed_is_not),
        cmocka_unit_test(without_a_token_nothing_is_replayed),
        cmocka_unit_test(a_replay_that_comes_too_late_says_what_was_refused),
        cmocka_unit_test(pauses_double_up_to_eight_seconds),
        cmocka_unit_test(a_pause_is_spread_from_its_half_to_its_whole),
        cmocka_unit_test(a_pause_is_as_long_as_the_tenant_says),
        cmocka_unit_test(a_pause_that_would_leave_no_time_is_not_begun),
        cmocka_unit_test(a_pause_that_ends_too_late_ends_all),
        cmocka_unit_test(cancelled_in_a_pause_it_says_what_may_have_happened),
        cmocka_unit_test(a_cancelled_change_is_neither_repeated_nor_looked_for),
        cmocka_unit_test(cancelled_while_it_looks_it_is_unknown_or_was_refused),
        cmocka_unit_test(the_settling_read_has_the_last_fifth),
        cmocka_unit_test(a_change_that_ends_at_the_deadline_is_not_looked_for),
        cmocka_unit_test(a_free_request_may_use_the_whole_deadline),
        cmocka_unit_test(a_free_read_is_repeated_and_never_unknown),
        cmocka_unit_test(a_free_read_that_expires_after_another_end_is_repeated),
        cmocka_unit_test(a_free_read_of_another_body_is_not_repeated),
        cmocka_unit_test(a_free_change_is_repeated_until_its_answer_is_understood),
        cmocka_unit_test(what_may_be_carried_out_once_only_is_not_repeated),
        cmocka_unit_test(nothing_that_could_not_connect_is_repeated),
        cmocka_unit_test(a_success_that_cannot_be_shown_is_taken_back),
        cmocka_unit_test(states_and_sights_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
