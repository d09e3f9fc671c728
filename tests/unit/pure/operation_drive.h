/* What the tests of operation.c share: an operation, a clock, and the tenant's answers. */
#ifndef AUTH0_TESTS_OPERATION_DRIVE_H
#define AUTH0_TESTS_OPERATION_DRIVE_H

/* clang-format keeps these four in their order: cmocka.h needs the other three before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pure/operation.h"
#include "support/reading.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define PRIMARY "{\"connection\":\"Users\",\"provider\":\"auth0\",\"user_id\":\"507f\"}"
#define GOOGLE "{\"provider\":\"google-oauth2\",\"user_id\":\"1150\",\"connection\":\"google-oauth2\"}"
#define BOTH "[" PRIMARY "," GOOGLE "]"
#define ALONE "[" PRIMARY "]"
#define USER(identities) "{\"identities\":" identities "}"
#define NOT_FOUND "{\"statusCode\":404,\"error\":\"Not Found\",\"message\":\"The user does not exist.\"}"

/* How an exchange ends. */
#define BY(way, is_sent)                                                                                               \
    { .how = ATTEMPT_##way, .sent = (is_sent) }
#define WITH(code, what)                                                                                               \
    { .how = ATTEMPT_ANSWERED, .sent = true, .status = (code), .body = ATTEMPT_BODY_##what }

/* ---- a driver with a clock of its own ---- */

#define SECONDS(n) ((int64_t)(n)*1000000)

/* Monotonic clocks start anywhere. */
static const int64_t start = 1234567890123;

static const struct operation_limits usual = {SECONDS(10), SECONDS(15), SECONDS(60), 1};

#define LIMITS(connect_s, attempt_s, deadline_s)                                                                       \
    ((struct operation_limits){SECONDS(connect_s), SECONDS(attempt_s), SECONDS(deadline_s), 1})

struct drive {
    struct operation operation;
    struct operation_action action;
    int64_t now;
};

static inline struct identity_target target_of(enum identity_goal goal, const char *secondary) {
    struct identity_given given = {.primary = SPAN("auth0|507f"), .secondary = span_of(secondary)};
    struct identity_target target;
    struct complaint complaint;
    if (!identity_resolve(goal, &given, &target, &complaint)) fail_msg("%s: %s", complaint.option, complaint.what);
    return target;
}

static inline void step(struct drive *drive, const struct operation_event *event) {
    drive->action = operation_step(&drive->operation, event);
    if (drive->action.kind == OPERATION_SEND) operation_begun(&drive->operation, &drive->action, drive->now);
}

static inline struct drive begin_plan(int64_t now, const struct operation_plan *plan) {
    struct drive drive = {.now = now};
    operation_init(&drive.operation, plan);
    struct operation_event started = {.kind = OPERATION_STARTED, .now = now};
    step(&drive, &started);
    return drive;
}

static inline struct drive begin_at(int64_t now, enum identity_goal goal, const char *secondary, bool check,
                                    const struct operation_limits *limits) {
    struct operation_plan plan = {.kind = goal == IDENTITY_LINK ? OPERATION_LINK : OPERATION_UNLINK,
                                  .target = target_of(goal, secondary),
                                  .check = check,
                                  .limits = *limits};
    return begin_plan(now, &plan);
}

static inline struct drive begin(enum identity_goal goal, bool check) {
    return begin_at(start, goal, "google-oauth2|1150", check, &usual);
}

static inline struct drive begin_within(enum identity_goal goal, bool check, struct operation_limits limits) {
    return begin_at(start, goal, "google-oauth2|1150", check, &limits);
}

static inline void end(struct drive *drive, int64_t after, struct attempt_end how, const char *body) {
    drive->now += after;
    struct operation_event event = {OPERATION_ENDED, drive->now, how, reading_body(span_of(body)), -1, 0.5};
    step(drive, &event);
}

static inline void answer(struct drive *drive, int status, const char *body) {
    end(drive, SECONDS(1), (struct attempt_end){.how = ATTEMPT_ANSWERED, .sent = true, .status = status}, body);
}

static inline void assert_sends(const struct drive *drive, enum operation_request request, int attempts) {
    assert_int_equal(drive->action.kind, OPERATION_SEND);
    assert_int_equal(drive->action.request, request);
    assert_int_equal(drive->operation.result.attempts, attempts);
    assert_true(drive->action.connect_by <= drive->action.end_by);
}

static inline const struct operation_result *finished(const struct drive *drive) {
    assert_int_equal(drive->action.kind, OPERATION_FINISH);
    assert_int_equal(drive->operation.state, OPERATION_FINISHED);
    assert_true(drive->operation.result.elapsed == drive->now - start);
    return &drive->operation.result;
}

static inline void assert_succeeded(const struct drive *drive, int status) {
    const struct operation_result *result = finished(drive);
    assert_int_equal(result->code, CODE_OK);
    assert_int_equal(result->outcome, OUTCOME_NONE);
    assert_int_equal(result->cause, CODE_OK);
    assert_int_equal(result->status, status);
}

static inline void assert_refused(const struct drive *drive, enum failure_code code, int status) {
    const struct operation_result *result = finished(drive);
    assert_string_equal(failure_code_name(result->code), failure_code_name(code));
    assert_int_equal(result->outcome, OUTCOME_NONE);
    assert_int_equal(result->cause, CODE_OK);
    assert_int_equal(result->status, status);
}

static inline void assert_unknown(const struct drive *drive, enum failure_code cause, int status) {
    const struct operation_result *result = finished(drive);
    assert_int_equal(result->code, CODE_UNKNOWN_OUTCOME);
    assert_int_equal(result->outcome, OUTCOME_UNKNOWN);
    assert_string_equal(failure_code_name(result->cause), failure_code_name(cause));
    assert_int_equal(result->status, status);
}

static inline void assert_says(const struct drive *drive, const char *piece) {
    const char *what = drive->operation.result.fault.what;
    if (what == NULL || strstr(what, piece) == NULL) fail_msg("\"%s\", without \"%s\"", what ? what : "", piece);
}

/* ---- more than one try ---- */

static const struct attempt_end lost = {.how = ATTEMPT_LOST, .sent = true};
static const struct attempt_end cancelled = {.how = ATTEMPT_CANCELLED, .sent = true};
static const struct attempt_end unreached = {.how = ATTEMPT_UNREACHED};

static inline struct operation_plan plan_of(enum operation_kind kind, int attempts) {
    struct operation_plan plan = {.kind = kind, .settle = true, .limits = usual};
    plan.limits.attempts = attempts;
    if (kind == OPERATION_LINK) plan.target = target_of(IDENTITY_LINK, "google-oauth2|1150");
    if (kind == OPERATION_UNLINK) plan.target = target_of(IDENTITY_UNLINK, "google-oauth2|1150");
    plan.promise = ANSWER_OBJECT;
    return plan;
}

static inline struct drive begin_kind(enum operation_kind kind, int attempts) {
    struct operation_plan plan = plan_of(kind, attempts);
    return begin_plan(start, &plan);
}

static inline struct drive begin_renewable(enum operation_kind kind) {
    struct operation_plan plan = plan_of(kind, 5);
    plan.can_renew = true;
    return begin_plan(start, &plan);
}

/* An answer that says when to come back; negative: at once, random 0.5. */
static inline void answer_retry(struct drive *drive, int status, int64_t retry_after) {
    struct operation_event event = {.kind = OPERATION_ENDED,
                                    .now = drive->now,
                                    .end = {.how = ATTEMPT_ANSWERED, .sent = true, .status = status},
                                    .body = reading_body(SPAN("")),
                                    .retry_after = retry_after,
                                    .random = 0.5};
    step(drive, &event);
}

static inline void lose(struct drive *drive) { end(drive, SECONDS(1), lost, ""); }

static inline void wake(struct drive *drive) {
    assert_int_equal(drive->action.kind, OPERATION_PAUSE);
    drive->now = drive->action.until;
    struct operation_event event = {.kind = OPERATION_WOKEN, .now = drive->now, .retry_after = -1};
    step(drive, &event);
}

static inline void cancel(struct drive *drive) {
    struct operation_event event = {.kind = OPERATION_CANCELLED, .now = drive->now, .retry_after = -1};
    step(drive, &event);
}

static inline void assert_pauses(const struct drive *drive, int64_t wait) {
    assert_int_equal(drive->action.kind, OPERATION_PAUSE);
    assert_int_equal(drive->operation.state, OPERATION_PAUSED);
    assert_int_equal(drive->action.until - drive->now, wait);
}

static inline void assert_in(const struct drive *drive, enum operation_state state) {
    assert_string_equal(operation_state_name(drive->operation.state), operation_state_name(state));
}

static inline void assert_value(const struct drive *drive, const char *wanted) {
    assert_true(json_is_alike(drive->operation.result.value, reading_value(span_of(wanted))));
}

static inline void assert_seen(const struct drive *drive, enum operation_seen seen) {
    assert_int_equal(drive->operation.result.seen, seen);
}

#endif
