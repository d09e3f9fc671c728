#include "operation_drive.h"

/* ---- one exchange ---- */

static void a_link_sends_the_change_at_once(void **state) {
    (void)state;
    struct drive drive = begin(IDENTITY_LINK, false);
    assert_sends(&drive, OPERATION_CHANGE, 1);
    assert_int_equal(drive.operation.state, OPERATION_CHANGING);
}

static void an_unlink_sends_the_change_at_once(void **state) {
    (void)state;
    struct drive drive = begin(IDENTITY_UNLINK, false);
    assert_sends(&drive, OPERATION_CHANGE, 1);
    assert_int_equal(drive.operation.state, OPERATION_CHANGING);
}

static void a_link_succeeds_with_the_identities_of_its_answer(void **state) {
    (void)state;
    const char *body = " \n" BOTH "\n";
    struct drive drive = begin(IDENTITY_LINK, false);
    answer(&drive, 201, body);
    assert_succeeded(&drive, 201);
    assert_value(&drive, BOTH);
    assert_int_equal(drive.operation.result.attempts, 1);
    assert_null(drive.operation.result.fault.what);
}

static void a_link_succeeds_with_any_status_of_success(void **state) {
    (void)state;
    const int statuses[] = {200, 201, 202, 299};
    for (size_t i = 0; i < COUNT(statuses); i++) {
        struct drive drive = begin(IDENTITY_LINK, false);
        answer(&drive, statuses[i], BOTH);
        assert_succeeded(&drive, statuses[i]);
    }
}

static void an_unlink_succeeds_when_the_identity_is_absent(void **state) {
    (void)state;
    struct drive drive = begin(IDENTITY_UNLINK, false);
    answer(&drive, 200, ALONE);
    assert_succeeded(&drive, 200);
    assert_value(&drive, ALONE);
}

static void an_unlink_that_leaves_the_identity_in_place_is_a_conflict(void **state) {
    (void)state;
    struct drive drive = begin(IDENTITY_UNLINK, false);
    answer(&drive, 200, BOTH);
    assert_refused(&drive, CODE_CONFLICT, 200);
    assert_says(&drive, "the identity is still there");
}

static void an_identity_is_still_there_in_whatever_form_it_is_shown(void **state) {
    (void)state;
    const char *rows[][2] = {
        {"google-oauth2|1150", "[" PRIMARY ",{\"provider\":\"google-oauth2\",\"user_id\":1150}]"},
        {"google-oauth2|1150", "[{\"provider\":\"google\\u002doauth2\",\"user_id\":\"\\u0031150\"}," PRIMARY "]"},
        {"samlp|acme|7", "[" PRIMARY ",{\"provider\":\"samlp\",\"user_id\":\"acme|7\"}]"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct drive drive = begin_at(start, IDENTITY_UNLINK, rows[i][0], false, &usual);
        answer(&drive, 200, rows[i][1]);
        assert_refused(&drive, CODE_CONFLICT, 200);
    }
}

static void another_identity_of_the_same_id_or_provider_may_stay(void **state) {
    (void)state;
    struct drive drive = begin(IDENTITY_UNLINK, false);
    answer(&drive, 200,
           "[{\"provider\":\"facebook\",\"user_id\":\"1150\"},{\"provider\":\"google-oauth2\",\"user_id\":\"115\"}]");
    assert_succeeded(&drive, 200);
}

/* ---- the two exchanges of a checked unlink ---- */

static void a_checked_unlink_reads_first(void **state) {
    (void)state;
    struct drive drive = begin(IDENTITY_UNLINK, true);
    assert_sends(&drive, OPERATION_READ, 1);
    assert_int_equal(drive.operation.state, OPERATION_CHECKING);
}

static void a_checked_unlink_removes_what_the_read_showed(void **state) {
    (void)state;
    struct drive drive = begin(IDENTITY_UNLINK, true);
    answer(&drive, 200, USER(BOTH));
    assert_sends(&drive, OPERATION_CHANGE, 2);
    assert_int_equal(drive.operation.state, OPERATION_CHANGING);
    answer(&drive, 200, ALONE);
    assert_succeeded(&drive, 200);
    assert_value(&drive, ALONE);
    assert_int_equal(drive.operation.result.attempts, 2);
}

static void a_checked_unlink_of_what_is_not_there_ends_as_not_found(void **state) {
    (void)state;
    struct drive drive = begin(IDENTITY_UNLINK, true);
    answer(&drive, 200, USER(ALONE));
    assert_refused(&drive, CODE_NOT_FOUND, 200);
    assert_says(&drive, "not one of this user's");
    assert_int_equal(drive.operation.result.attempts, 1);
}

static void a_checked_unlink_can_still_be_a_conflict(void **state) {
    (void)state;
    struct drive drive = begin(IDENTITY_UNLINK, true);
    answer(&drive, 200, USER(BOTH));
    answer(&drive, 200, BOTH);
    assert_refused(&drive, CODE_CONFLICT, 200);
    assert_int_equal(drive.operation.result.attempts, 2);
}

static void the_two_exchanges_promise_different_bodies(void **state) {
    (void)state;
    struct drive drive = begin(IDENTITY_UNLINK, true);
    answer(&drive, 200, BOTH);
    assert_refused(&drive, CODE_BAD_RESPONSE, 200);
    assert_says(&drive, "not a user with identities");

    drive = begin(IDENTITY_UNLINK, true);
    answer(&drive, 200, USER(BOTH));
    answer(&drive, 200, USER(ALONE));
    assert_unknown(&drive, CODE_BAD_RESPONSE, 200);
    assert_says(&drive, "not an array of identities");
}

/* ---- ends ---- */

/* What ends a change, and a read before it: `sure` is the code where nothing is left open. */
static const struct ending {
    struct attempt_end end;
    const char *body;
    enum failure_code sure;
    bool leaves_a_change_open;
} endings[] = {
    {BY(UNREACHED, false), "", CODE_UNREACHABLE, false},
    {BY(UNTRUSTED, false), "", CODE_TLS, false},
    {BY(EXPIRED, false), "", CODE_TIMEOUT, false},
    {BY(CANCELLED, false), "", CODE_CANCELLED, false},
    {BY(EXPIRED, true), "", CODE_TIMEOUT, true},
    {BY(CANCELLED, true), "", CODE_CANCELLED, true},
    {BY(LOST, true), "", CODE_CONNECTION_LOST, true},
    {{.how = ATTEMPT_LOST, .sent = true, .status = 200}, BOTH, CODE_CONNECTION_LOST, true},
    {{.how = ATTEMPT_EXPIRED, .sent = true, .status = 200}, USER(BOTH), CODE_TIMEOUT, true},
    {WITH(200, PROMISED), "", CODE_BAD_RESPONSE, true},
    {WITH(204, PROMISED), "", CODE_BAD_RESPONSE, true},
    {WITH(200, PROMISED), "<html>", CODE_BAD_RESPONSE, true},
    {WITH(200, PROMISED), "[]", CODE_BAD_RESPONSE, true},
    {WITH(200, PROMISED), USER("[]"), CODE_BAD_RESPONSE, true},
    {WITH(200, OTHER), BOTH, CODE_BAD_RESPONSE, true},
    {WITH(200, OTHER), USER(BOTH), CODE_BAD_RESPONSE, true},
    {WITH(200, TOO_LARGE), BOTH, CODE_TOO_LARGE, true},
    {WITH(200, TOO_LARGE), USER(BOTH), CODE_TOO_LARGE, true},
    {WITH(302, PROMISED), BOTH, CODE_BAD_RESPONSE, false},
    {WITH(302, PROMISED), USER(BOTH), CODE_BAD_RESPONSE, false},
    {WITH(400, PROMISED), BOTH, CODE_INVALID_REQUEST, false},
    {WITH(400, PROMISED), USER(BOTH), CODE_INVALID_REQUEST, false},
    {WITH(401, PROMISED), "Unauthorized", CODE_UNAUTHORIZED, false},
    {WITH(403, PROMISED), "", CODE_FORBIDDEN, false},
    {WITH(404, PROMISED), NOT_FOUND, CODE_NOT_FOUND, false},
    {WITH(409, PROMISED), "{}", CODE_CONFLICT, false},
    {WITH(429, PROMISED), "", CODE_RATE_LIMITED, false},
    {WITH(408, PROMISED), BOTH, CODE_SERVER_ERROR, true},
    {WITH(500, PROMISED), ALONE, CODE_SERVER_ERROR, true},
    {WITH(502, PROMISED), "<html>", CODE_SERVER_ERROR, true},
    {WITH(0, PROMISED), "", CODE_BAD_RESPONSE, true},
};

static void assert_change_ended(const struct drive *drive, const struct ending *ending, int status) {
    if (ending->leaves_a_change_open)
        assert_unknown(drive, ending->sure, status);
    else
        assert_refused(drive, ending->sure, status);
}

static void each_end_of_a_change_is_what_it_leaves_open(void **state) {
    (void)state;
    for (size_t i = 0; i < 2 * COUNT(endings); i++) {
        const struct ending *ending = &endings[i / 2];
        struct drive drive = begin(i % 2 == 0 ? IDENTITY_LINK : IDENTITY_UNLINK, false);
        end(&drive, SECONDS(3), ending->end, ending->body);
        assert_change_ended(&drive, ending, ending->end.status);
    }
}

static void a_read_that_fails_ends_all_and_leaves_nothing_open(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(endings); i++) {
        struct drive drive = begin(IDENTITY_UNLINK, true);
        end(&drive, SECONDS(3), endings[i].end, endings[i].body);
        assert_refused(&drive, endings[i].sure, endings[i].end.status);
        assert_int_equal(drive.operation.result.attempts, 1);
    }
}

static void a_change_after_a_read_ends_as_any_change(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(endings); i++) {
        int status = endings[i].end.status;
        struct drive drive = begin(IDENTITY_UNLINK, true);
        answer(&drive, 200, USER(BOTH));
        end(&drive, SECONDS(3), endings[i].end, endings[i].body);
        assert_change_ended(&drive, &endings[i], status);
    }
}

static void the_status_is_that_of_the_last_exchange(void **state) {
    (void)state;
    struct drive drive = begin(IDENTITY_UNLINK, true);
    answer(&drive, 203, USER(BOTH));
    assert_int_equal(drive.operation.result.status, 0);
    answer(&drive, 503, "");
    assert_unknown(&drive, CODE_SERVER_ERROR, 503);

    drive = begin(IDENTITY_LINK, false);
    end(&drive, 0, (struct attempt_end){.how = ATTEMPT_LOST, .sent = true}, "");
    assert_unknown(&drive, CODE_CONNECTION_LOST, 0);
}

static void a_malformed_body_is_told_with_its_place(void **state) {
    (void)state;
    struct drive drive = begin(IDENTITY_LINK, false);
    answer(&drive, 201, "[{\"provider\":]");
    assert_unknown(&drive, CODE_BAD_RESPONSE, 201);
    assert_non_null(drive.operation.result.fault.what);
    assert_true(drive.operation.result.fault.has_position);
    assert_int_equal(drive.operation.result.fault.at, 13);
}

/* What libcurl said of the connection, or the tenant of the request, tells more than "malformed". */
static void a_body_that_promised_nothing_has_no_fault(void **state) {
    (void)state;
    const struct attempt_end ends[] = {
        WITH(0, PROMISED),
        WITH(302, PROMISED),
        WITH(404, PROMISED),
        WITH(502, PROMISED),
        WITH(200, OTHER),
        WITH(200, TOO_LARGE),
        {.how = ATTEMPT_LOST, .sent = true, .status = 200},
        {.how = ATTEMPT_EXPIRED, .sent = true, .status = 200},
        {.how = ATTEMPT_CANCELLED, .sent = true, .status = 200},
    };
    for (size_t i = 0; i < 2 * COUNT(ends); i++) {
        struct drive drive = begin(IDENTITY_UNLINK, i % 2 != 0);
        end(&drive, SECONDS(1), ends[i / 2], "[{\"provider\":");
        assert_int_equal(drive.action.kind, OPERATION_FINISH);
        assert_null(drive.operation.result.fault.what);
    }
}

/* ---- time ---- */

static void assert_until(const struct drive *drive, int64_t connect_by, int64_t end_by) {
    assert_int_equal(drive->action.kind, OPERATION_SEND);
    assert_int_equal(drive->action.connect_by - start, connect_by);
    assert_int_equal(drive->action.end_by - start, end_by);
}

static void an_attempt_has_its_own_limit(void **state) {
    (void)state;
    struct drive drive = begin(IDENTITY_LINK, false);
    assert_until(&drive, SECONDS(10), SECONDS(15));
    drive = begin(IDENTITY_UNLINK, true);
    assert_until(&drive, SECONDS(10), SECONDS(15));
}

static void a_change_leaves_a_fifth_of_the_deadline(void **state) {
    (void)state;
    struct drive drive = begin_within(IDENTITY_LINK, false, LIMITS(1, 30, 20));
    assert_until(&drive, SECONDS(1), SECONDS(16));
    drive = begin_within(IDENTITY_UNLINK, false, LIMITS(1, 16, 20));
    assert_until(&drive, SECONDS(1), SECONDS(16));
}

static void a_read_may_use_the_whole_deadline(void **state) {
    (void)state;
    struct drive drive = begin_within(IDENTITY_UNLINK, true, LIMITS(1, 30, 20));
    assert_until(&drive, SECONDS(1), SECONDS(20));
}

static void connecting_takes_no_longer_than_the_attempt(void **state) {
    (void)state;
    struct drive drive = begin_within(IDENTITY_LINK, false, LIMITS(10, 4, 60));
    assert_until(&drive, SECONDS(4), SECONDS(4));
    drive = begin_within(IDENTITY_LINK, false, LIMITS(10, 15, 5));
    assert_until(&drive, SECONDS(4), SECONDS(4));
}

static void the_attempt_counts_from_its_beginning_and_the_deadline_from_the_first(void **state) {
    (void)state;
    struct drive drive = begin(IDENTITY_UNLINK, true);
    answer(&drive, 200, USER(BOTH));
    assert_until(&drive, SECONDS(11), SECONDS(16));

    drive = begin_within(IDENTITY_UNLINK, true, LIMITS(10, 15, 18));
    end(&drive, SECONDS(6), (struct attempt_end)WITH(200, PROMISED), USER(BOTH));
    assert_until(&drive, 14400000, 14400000); /* four fifths of 18 s */
}

static void a_read_that_comes_too_late_leaves_no_time_for_the_change(void **state) {
    (void)state;
    for (int64_t late = 0; late < 2; late++) {
        struct drive drive = begin(IDENTITY_UNLINK, true);
        end(&drive, SECONDS(48) + late, (struct attempt_end)WITH(200, PROMISED), USER(BOTH));
        assert_refused(&drive, CODE_TIMEOUT, 200);
        assert_says(&drive, "left no time");
        assert_int_equal(drive.operation.result.attempts, 1);
    }
    struct drive drive = begin(IDENTITY_UNLINK, true);
    end(&drive, SECONDS(48) - 1, (struct attempt_end)WITH(200, PROMISED), USER(BOTH));
    assert_sends(&drive, OPERATION_CHANGE, 2);
    assert_until(&drive, SECONDS(48), SECONDS(48));
}

static void a_late_read_that_shows_no_such_identity_is_still_believed(void **state) {
    (void)state;
    struct drive drive = begin(IDENTITY_UNLINK, true);
    end(&drive, SECONDS(59), (struct attempt_end)WITH(200, PROMISED), USER(ALONE));
    assert_refused(&drive, CODE_NOT_FOUND, 200);
}

static void a_deadline_without_time_sends_nothing(void **state) {
    (void)state;
    for (int check = 0; check < 2; check++) {
        struct drive drive = begin_within(IDENTITY_UNLINK, check, LIMITS(10, 15, 0));
        assert_refused(&drive, CODE_TIMEOUT, 0);
        assert_int_equal(drive.operation.result.attempts, 0);
    }
}

static void the_clock_may_stand_before_its_zero(void **state) {
    (void)state;
    struct drive drive = begin_at(-SECONDS(5), IDENTITY_LINK, "google-oauth2|1150", false, &usual);
    assert_int_equal(drive.action.connect_by, SECONDS(5));
    assert_int_equal(drive.action.end_by, SECONDS(10));
    answer(&drive, 201, BOTH);
    assert_int_equal(drive.operation.result.elapsed, SECONDS(1));
}

static void what_elapsed_covers_both_exchanges(void **state) {
    (void)state;
    struct drive drive = begin(IDENTITY_UNLINK, true);
    end(&drive, 250000, (struct attempt_end)WITH(200, PROMISED), USER(BOTH));
    end(&drive, 500001, (struct attempt_end)WITH(200, PROMISED), ALONE);
    assert_succeeded(&drive, 200);
    assert_int_equal(drive.operation.result.elapsed, 750001);
}

static void what_comes_after_the_end_changes_nothing(void **state) {
    (void)state;
    struct drive drive = begin(IDENTITY_UNLINK, false);
    end(&drive, 0, (struct attempt_end)BY(CANCELLED, true), "");
    struct operation_result before = drive.operation.result;
    answer(&drive, 200, BOTH);
    assert_int_equal(drive.action.kind, OPERATION_FINISH);
    assert_int_equal(drive.operation.result.code, before.code);
    assert_int_equal(drive.operation.result.attempts, before.attempts);
}

static void a_failure_has_no_identities(void **state) {
    (void)state;
    struct drive drive = begin(IDENTITY_UNLINK, true);
    answer(&drive, 200, USER(BOTH));
    end(&drive, 0, (struct attempt_end)BY(LOST, true), "");
    assert_null(drive.operation.result.value.token);
}

static void an_exchange_that_had_to_queue_has_all_its_time_within_the_deadline(void **state) {
    (void)state;
    const struct operation_plan plan = {
        .kind = OPERATION_LINK, .target = target_of(IDENTITY_LINK, "google-oauth2|1150"), .limits = LIMITS(2, 5, 20)};
    struct operation operation;
    operation_init(&operation, &plan);
    const struct operation_event started = {.kind = OPERATION_STARTED, .now = start};
    const struct operation_action asked = operation_step(&operation, &started);
    assert_int_equal(asked.last_by - start, SECONDS(16));
    assert_int_equal(operation.result.attempts, 0);

    struct operation_action action = asked;
    operation_begun(&operation, &action, start + SECONDS(9));
    assert_int_equal(action.connect_by - start, SECONDS(11));
    assert_int_equal(action.end_by - start, SECONDS(14));
    assert_int_equal(operation.result.attempts, 1);

    action = asked;
    operation_begun(&operation, &action, start + SECONDS(15));
    assert_int_equal(action.connect_by - start, SECONDS(16));
    assert_int_equal(action.end_by - start, SECONDS(16));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_link_sends_the_change_at_once),
        cmocka_unit_test(an_unlink_sends_the_change_at_once),
        cmocka_unit_test(a_link_succeeds_with_the_identities_of_its_answer),
        cmocka_unit_test(a_link_succeeds_with_any_status_of_success),
        cmocka_unit_test(an_unlink_succeeds_when_the_identity_is_absent),
        cmocka_unit_test(an_unlink_that_leaves_the_identity_in_place_is_a_conflict),
        cmocka_unit_test(an_identity_is_still_there_in_whatever_form_it_is_shown),
        cmocka_unit_test(another_identity_of_the_same_id_or_provider_may_stay),
        cmocka_unit_test(a_checked_unlink_reads_first),
        cmocka_unit_test(a_checked_unlink_removes_what_the_read_showed),
        cmocka_unit_test(a_checked_unlink_of_what_is_not_there_ends_as_not_found),
        cmocka_unit_test(a_checked_unlink_can_still_be_a_conflict),
        cmocka_unit_test(the_two_exchanges_promise_different_bodies),
        cmocka_unit_test(each_end_of_a_change_is_what_it_leaves_open),
        cmocka_unit_test(a_read_that_fails_ends_all_and_leaves_nothing_open),
        cmocka_unit_test(a_change_after_a_read_ends_as_any_change),
        cmocka_unit_test(the_status_is_that_of_the_last_exchange),
        cmocka_unit_test(a_malformed_body_is_told_with_its_place),
        cmocka_unit_test(a_body_that_promised_nothing_has_no_fault),
        cmocka_unit_test(an_attempt_has_its_own_limit),
        cmocka_unit_test(a_change_leaves_a_fifth_of_the_deadline),
        cmocka_unit_test(a_read_may_use_the_whole_deadline),
        cmocka_unit_test(connecting_takes_no_longer_than_the_attempt),
        cmocka_unit_test(the_attempt_counts_from_its_beginning_and_the_deadline_from_the_first),
        cmocka_unit_test(a_read_that_comes_too_late_leaves_no_time_for_the_change),
        cmocka_unit_test(a_late_read_that_shows_no_such_identity_is_still_believed),
        cmocka_unit_test(a_deadline_without_time_sends_nothing),
        cmocka_unit_test(the_clock_may_stand_before_its_zero),
        cmocka_unit_test(what_elapsed_covers_both_exchanges),
        cmocka_unit_test(what_comes_after_the_end_changes_nothing),
        cmocka_unit_test(a_failure_has_no_identities),
        cmocka_unit_test(an_exchange_that_had_to_queue_has_all_its_time_within_the_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
