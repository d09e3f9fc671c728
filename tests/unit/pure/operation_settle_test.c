/* What operation.c does where only a read can tell what became of a change. */
#include "operation_drive.h"

/* ---- the read that settles ---- */

static void a_lost_answer_is_looked_for_at_once(void **state) {
    (void)state;
    for (int kind = OPERATION_LINK; kind <= OPERATION_UNLINK; kind++) {
        struct drive drive = begin_kind((enum operation_kind)kind, 1);
        lose(&drive);
        assert_sends(&drive, OPERATION_READ, 2);
        assert_in(&drive, OPERATION_SETTLING);
    }
}

static void whatever_leaves_a_change_open_is_settled(void **state) {
    (void)state;
    const struct attempt_end ends[] = {BY(EXPIRED, true),   WITH(200, OTHER),    WITH(201, TOO_LARGE),
                                       WITH(408, PROMISED), WITH(500, PROMISED), WITH(502, OTHER)};
    for (size_t i = 0; i < COUNT(ends); i++) {
        struct drive drive = begin_kind(OPERATION_LINK, 1);
        end(&drive, 0, ends[i], BOTH);
        assert_in(&drive, OPERATION_SETTLING);
    }
}

static void a_definite_refusal_is_not_looked_into(void **state) {
    (void)state;
    const struct attempt_end ends[] = {WITH(302, OTHER),     WITH(400, PROMISED), WITH(401, PROMISED),
                                       WITH(403, PROMISED),  WITH(404, PROMISED), WITH(422, PROMISED),
                                       BY(UNREACHED, false), BY(UNTRUSTED, false)};
    for (size_t i = 0; i < 2 * COUNT(ends); i++) {
        struct drive drive = begin_kind(i % 2 == 0 ? OPERATION_LINK : OPERATION_UNLINK, 5);
        end(&drive, 0, ends[i / 2], "{}");
        assert_int_equal(finished(&drive)->outcome, OUTCOME_NONE);
        assert_int_equal(finished(&drive)->attempts, 1);
        assert_false(finished(&drive)->is_open);
    }
}

static void a_read_that_shows_what_was_wished_is_success(void **state) {
    (void)state;
    const char *body = USER(BOTH);
    struct drive drive = begin_kind(OPERATION_LINK, 1);
    lose(&drive);
    answer(&drive, 200, body);
    assert_succeeded(&drive, 200);
    assert_value(&drive, BOTH);
    assert_false(drive.operation.result.already); /* this call may have done it, */
    assert_true(drive.operation.result.is_open);  /* or another client's, and this one's is still to come */

    drive = begin_kind(OPERATION_UNLINK, 1);
    lose(&drive);
    answer(&drive, 200, USER(ALONE));
    assert_succeeded(&drive, 200);
}

static void what_is_settled_has_no_fault_of_the_answer_before(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_LINK, 1);
    answer(&drive, 201, "<html>");
    answer(&drive, 200, USER(BOTH));
    assert_succeeded(&drive, 200);
    assert_null(drive.operation.result.fault.what);
}

/* The tenant's success is not believed where its own answer does not show it. */
static void a_link_whose_answer_lacks_the_identity_is_open(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_LINK, 1);
    answer(&drive, 201, ALONE);
    assert_in(&drive, OPERATION_SETTLING);
    answer(&drive, 403, "{}");
    assert_unknown(&drive, CODE_BAD_RESPONSE, 201);
    assert_int_equal(drive.operation.result.seen, SEEN_UNREADABLE);

    drive = begin_kind(OPERATION_LINK, 1);
    answer(&drive, 201, ALONE);
    answer(&drive, 200, USER(ALONE));
    assert_unknown(&drive, CODE_BAD_RESPONSE, 201);
    assert_says(&drive, "without the identity");

    drive = begin_kind(OPERATION_LINK, 1);
    answer(&drive, 201, ALONE);
    answer(&drive, 200, USER(BOTH));
    assert_succeeded(&drive, 200);
}

/* A page from a proxy or a firewall is no word of the tenant's. */
static void a_settling_read_that_is_answered_with_rubbish_is_made_again(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_LINK, 1);
    lose(&drive);
    answer(&drive, 200, "{}");
    assert_in(&drive, OPERATION_PAUSED);
    wake(&drive);
    assert_in(&drive, OPERATION_SETTLING);
    answer(&drive, 200, USER(BOTH));
    assert_succeeded(&drive, 200);
}

static void a_later_attempt_has_no_fault_of_an_earlier_answer(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_LINK, 2);
    answer(&drive, 201, "<html>");
    answer(&drive, 200, USER(ALONE));
    wake(&drive);
    answer(&drive, 503, "");
    answer(&drive, 200, USER(ALONE));
    assert_unknown(&drive, CODE_SERVER_ERROR, 503);
    assert_null(drive.operation.result.fault.what);
}

static void what_waited_in_vain_says_what_was_wrong_before(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_LINK, 2);
    answer(&drive, 201, "<html>");
    answer(&drive, 200, USER(ALONE));
    wake(&drive);
    end(&drive, SECONDS(40), (struct attempt_end)BY(EXPIRED, false), "");
    assert_unknown(&drive, CODE_BAD_RESPONSE, 201);
    assert_non_null(drive.operation.result.fault.what);
}

static void the_fault_of_the_last_answer_stays_where_a_read_settled_nothing(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_LINK, 1);
    answer(&drive, 201, "<html>");
    answer(&drive, 200, USER(ALONE));
    assert_unknown(&drive, CODE_BAD_RESPONSE, 201);
    assert_non_null(drive.operation.result.fault.what);
}

static void a_read_that_does_not_show_it_permits_another_try(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_LINK, 2);
    lose(&drive);
    answer(&drive, 200, USER(ALONE));
    assert_pauses(&drive, 187500); /* from half of the first pause up to the whole of it */
    wake(&drive);
    assert_sends(&drive, OPERATION_CHANGE, 3);
    answer(&drive, 201, BOTH);
    assert_succeeded(&drive, 201);
}

static void a_read_that_does_not_show_it_proves_nothing(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_LINK, 1);
    lose(&drive);
    answer(&drive, 200, USER(ALONE));
    assert_unknown(&drive, CODE_CONNECTION_LOST, 0);
    assert_seen(&drive, SEEN_NOT_LINKED);

    drive = begin_kind(OPERATION_UNLINK, 1);
    answer(&drive, 503, "");
    answer(&drive, 200, USER(BOTH));
    assert_unknown(&drive, CODE_SERVER_ERROR, 503);
    assert_seen(&drive, SEEN_LINKED);
}

static void once_unknown_always_unknown_unless_a_read_shows_it(void **state) {
    (void)state;
    const struct attempt_end later[] = {WITH(403, PROMISED), WITH(404, PROMISED),  WITH(401, PROMISED),
                                        WITH(302, OTHER),    BY(UNREACHED, false), BY(CANCELLED, false)};
    const enum failure_code causes[] = {CODE_FORBIDDEN,    CODE_NOT_FOUND,   CODE_UNAUTHORIZED,
                                        CODE_BAD_RESPONSE, CODE_UNREACHABLE, CODE_CANCELLED};
    for (size_t i = 0; i < COUNT(later); i++) {
        struct drive drive = begin_kind(OPERATION_LINK, 5);
        lose(&drive);
        answer(&drive, 200, USER(ALONE));
        wake(&drive);
        end(&drive, 0, later[i], "{}");
        assert_unknown(&drive, causes[i], later[i].status);
        assert_seen(&drive, SEEN_NOT_LINKED);
    }
}

static void tries_are_as_many_as_the_limit_says(void **state) {
    (void)state;
    for (int attempts = 1; attempts <= 5; attempts++) {
        struct drive drive = begin_kind(OPERATION_LINK, attempts);
        for (int i = 1; i <= attempts; i++) {
            assert_sends(&drive, OPERATION_CHANGE, 2 * i - 1);
            lose(&drive);
            answer(&drive, 200, USER(ALONE));
            if (i < attempts) wake(&drive);
        }
        assert_unknown(&drive, CODE_CONNECTION_LOST, 0);
    }
}

static void without_settling_a_lost_answer_is_the_end(void **state) {
    (void)state;
    struct operation_plan plan = plan_of(OPERATION_LINK, 5);
    plan.settle = false;
    struct drive drive = begin_plan(start, &plan);
    lose(&drive);
    assert_unknown(&drive, CODE_CONNECTION_LOST, 0);
    assert_seen(&drive, SEEN_NOTHING);

    drive = begin_plan(start, &plan);
    answer(&drive, 409, "{}");
    assert_refused(&drive, CODE_CONFLICT, 409);
}

static void what_has_no_name_cannot_be_looked_for(void **state) {
    (void)state;
    struct operation_plan plan = plan_of(OPERATION_LINK, 5);
    plan.target.provider = plan.target.bare = (struct span){NULL, 0};
    plan.target.link_with = SPAN("a.jwt.of");
    struct drive drive = begin_plan(start, &plan);
    lose(&drive);
    assert_unknown(&drive, CODE_CONNECTION_LOST, 0);
    assert_seen(&drive, SEEN_UNREADABLE);
}

/* ---- a read that fails ---- */

static void a_token_that_may_not_read_leaves_it_unknown(void **state) {
    (void)state;
    const int statuses[] = {401, 403};
    for (size_t i = 0; i < COUNT(statuses); i++) {
        struct drive drive = begin_kind(OPERATION_LINK, 5);
        lose(&drive);
        answer(&drive, statuses[i], "{}");
        assert_unknown(&drive, CODE_CONNECTION_LOST, 0);
        assert_seen(&drive, SEEN_UNREADABLE);
        assert_says(&drive, "may not read the primary");
    }
}

static void a_read_that_fails_in_passing_is_tried_until_the_deadline(void **state) {
    (void)state;
    const struct attempt_end ends[] = {WITH(429, PROMISED), WITH(503, OTHER),   BY(LOST, true),
                                       BY(EXPIRED, true),   BY(EXPIRED, false), BY(UNREACHED, false),
                                       BY(UNTRUSTED, false)};
    for (size_t i = 0; i < COUNT(ends); i++) {
        struct drive drive = begin_kind(OPERATION_UNLINK, 1);
        lose(&drive);
        int reads = 1;
        for (int64_t pause = 187500; pause < 6000000; pause *= 2, reads++) {
            end(&drive, 0, ends[i], "");
            assert_pauses(&drive, pause);
            wake(&drive);
            assert_sends(&drive, OPERATION_READ, 2 + reads);
        }
        for (; drive.action.kind == OPERATION_SEND; reads++) {
            end(&drive, 0, ends[i], "");
            if (drive.action.kind == OPERATION_PAUSE) wake(&drive);
        }
        assert_unknown(&drive, CODE_CONNECTION_LOST, 0);
        assert_seen(&drive, SEEN_UNREADABLE);
        assert_says(&drive, "could not be read");
        assert_true(drive.now > start + SECONDS(60) - 250000);
        assert_true(reads < 32);
    }
}

/* Without the bound it would pause for 6 s, of which 3 are left. */
static void a_pause_before_a_read_leaves_time_for_it(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_LINK, 1);
    lose(&drive);
    for (int i = 0; i < 5; i++) {
        end(&drive, 0, (struct attempt_end)BY(LOST, true), "");
        wake(&drive);
    }
    drive.now = start + SECONDS(57);
    end(&drive, 0, (struct attempt_end)BY(LOST, true), "");
    assert_pauses(&drive, SECONDS(3) / 2);
    wake(&drive);
    answer(&drive, 200, USER(BOTH));
    assert_succeeded(&drive, 200);
}

static void each_settling_begins_its_pauses_anew(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_LINK, 2);
    for (int i = 0; i < 2; i++) {
        lose(&drive);
        for (int64_t pause = 187500; pause < 6000000; pause *= 2) {
            end(&drive, 0, (struct attempt_end)WITH(503, OTHER), "");
            assert_pauses(&drive, pause);
            wake(&drive);
        }
        answer(&drive, 200, USER(ALONE));
        if (i == 0) wake(&drive);
    }
    assert_unknown(&drive, CODE_CONNECTION_LOST, 0);
    assert_int_equal(drive.operation.result.attempts, 14);
}

static void a_read_that_would_come_too_late_is_not_waited_for(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_LINK, 1);
    lose(&drive);
    answer_retry(&drive, 503, SECONDS(59));
    assert_unknown(&drive, CODE_CONNECTION_LOST, 0);
    assert_says(&drive, "could not be read");
}

static void a_check_that_fails_in_passing_is_repeated_within_the_attempts(void **state) {
    (void)state;
    for (int attempts = 1; attempts <= 5; attempts++) {
        struct operation_plan plan = plan_of(OPERATION_UNLINK, attempts);
        plan.check = true;
        struct drive drive = begin_plan(start, &plan);
        int reads = attempts < 3 ? attempts : 3;
        for (int i = 1; i <= reads; i++) {
            assert_sends(&drive, OPERATION_READ, i);
            answer(&drive, 503, "");
            if (i < reads) wake(&drive);
        }
        assert_refused(&drive, CODE_SERVER_ERROR, 503);
    }
}

static void a_check_that_succeeds_at_last_is_followed_by_the_change(void **state) {
    (void)state;
    struct operation_plan plan = plan_of(OPERATION_UNLINK, 2);
    plan.check = true;
    struct drive drive = begin_plan(start, &plan);
    answer(&drive, 503, "");
    wake(&drive);
    assert_in(&drive, OPERATION_CHECKING);
    answer(&drive, 200, USER(BOTH));
    assert_sends(&drive, OPERATION_CHANGE, 3);
    end(&drive, 0, unreached, "");
    assert_refused(&drive, CODE_UNREACHABLE, 0);
}

/* ---- refusals that may mean that it is done ---- */

static void a_conflict_over_what_is_here_already_is_success(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_LINK, 1);
    answer(&drive, 409, "{}");
    assert_sends(&drive, OPERATION_READ, 2);
    answer(&drive, 200, USER(BOTH));
    assert_succeeded(&drive, 200);
    assert_true(drive.operation.result.already);
}

static void a_conflict_on_a_repeat_is_success_that_this_call_may_have_made(void **state) {
    (void)state;
    const int statuses[] = {409, 400};
    for (size_t i = 0; i < COUNT(statuses); i++) {
        struct drive drive = begin_kind(OPERATION_LINK, 5);
        lose(&drive);
        answer(&drive, 200, USER(ALONE));
        wake(&drive);
        answer(&drive, statuses[i], "{}");
        assert_in(&drive, OPERATION_SETTLING);
        answer(&drive, 200, USER(BOTH));
        assert_succeeded(&drive, 200);
        assert_false(drive.operation.result.already);
    }
}

static void a_conflict_over_what_is_elsewhere_stays_one(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_LINK, 5);
    answer(&drive, 409, "{}");
    answer(&drive, 200, USER(ALONE));
    assert_refused(&drive, CODE_CONFLICT, 409);
    assert_false(drive.operation.result.already);

    drive = begin_kind(OPERATION_LINK, 5);
    lose(&drive);
    answer(&drive, 200, USER(ALONE));
    wake(&drive);
    answer(&drive, 409, "{}");
    answer(&drive, 200, USER(ALONE));
    assert_unknown(&drive, CODE_CONFLICT, 409);
    assert_seen(&drive, SEEN_LINKED_ELSEWHERE);
}

static void a_conflict_that_cannot_be_looked_into_stays_one(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_LINK, 5);
    answer(&drive, 409, "{}");
    answer(&drive, 403, "{}");
    assert_refused(&drive, CODE_CONFLICT, 409);
    assert_null(drive.operation.result.fault.what);
}

static void an_unlink_is_not_settled_for_a_conflict_and_for_a_400_on_a_repeat_only(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_UNLINK, 5);
    answer(&drive, 409, "{}");
    assert_refused(&drive, CODE_CONFLICT, 409);

    drive = begin_kind(OPERATION_UNLINK, 5);
    lose(&drive);
    answer(&drive, 200, USER(BOTH));
    wake(&drive);
    answer(&drive, 400, "{}");
    answer(&drive, 200, USER(ALONE));
    assert_succeeded(&drive, 200);
}

static void an_unlink_without_effect_after_a_lost_one_is_unknown(void **state) {
    (void)state;
    struct drive drive = begin_kind(OPERATION_UNLINK, 5);
    lose(&drive);
    answer(&drive, 200, USER(BOTH));
    wake(&drive);
    answer(&drive, 200, BOTH);
    assert_unknown(&drive, CODE_CONFLICT, 200);
    assert_seen(&drive, SEEN_LINKED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_answer_is_looked_for_at_once),
        cmocka_unit_test(a_link_whose_answer_lacks_the_identity_is_open),
        cmocka_unit_test(a_settling_read_that_is_answered_with_rubbish_is_made_again),
        cmocka_unit_test(whatever_leaves_a_change_open_is_settled),
        cmocka_unit_test(a_definite_refusal_is_not_looked_into),
        cmocka_unit_test(a_read_that_shows_what_was_wished_is_success),
        cmocka_unit_test(what_is_settled_has_no_fault_of_the_answer_before),
        cmocka_unit_test(a_later_attempt_has_no_fault_of_an_earlier_answer),
        cmocka_unit_test(what_waited_in_vain_says_what_was_wrong_before),
        cmocka_unit_test(the_fault_of_the_last_answer_stays_where_a_read_settled_nothing),
        cmocka_unit_test(a_read_that_does_not_show_it_permits_another_try),
        cmocka_unit_test(a_read_that_does_not_show_it_proves_nothing),
        cmocka_unit_test(once_unknown_always_unknown_unless_a_read_shows_it),
        cmocka_unit_test(tries_are_as_many_as_the_limit_says),
        cmocka_unit_test(without_settling_a_lost_answer_is_the_end),
        cmocka_unit_test(what_has_no_name_cannot_be_looked_for),
        cmocka_unit_test(a_token_that_may_not_read_leaves_it_unknown),
        cmocka_unit_test(a_read_that_fails_in_passing_is_tried_until_the_deadline),
        cmocka_unit_test(a_pause_before_a_read_leaves_time_for_it),
        cmocka_unit_test(each_settling_begins_its_pauses_anew),
        cmocka_unit_test(a_read_that_would_come_too_late_is_not_waited_for),
        cmocka_unit_test(a_check_that_fails_in_passing_is_repeated_within_the_attempts),
        cmocka_unit_test(a_check_that_succeeds_at_last_is_followed_by_the_change),
        cmocka_unit_test(a_conflict_over_what_is_here_already_is_success),
        cmocka_unit_test(a_conflict_on_a_repeat_is_success_that_this_call_may_have_made),
        cmocka_unit_test(a_conflict_over_what_is_elsewhere_stays_one),
        cmocka_unit_test(a_conflict_that_cannot_be_looked_into_stays_one),
        cmocka_unit_test(an_unlink_is_not_settled_for_a_conflict_and_for_a_400_on_a_repeat_only),
        cmocka_unit_test(an_unlink_without_effect_after_a_lost_one_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
