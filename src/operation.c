#include "operation.h"

void operation_init(struct operation *operation, enum identity_goal goal, const struct identity_target *target,
                    const struct operation_limits *limits, bool check) {
    *operation = (struct operation){.goal = goal, .check = check, .target = *target, .limits = *limits};
}

static int64_t earlier(int64_t a, int64_t b) { return a < b ? a : b; }

static struct operation_action finish(struct operation *operation, int64_t now, struct attempt_verdict verdict) {
    struct operation_result *result = &operation->result;
    bool unknown = verdict.outcome == OUTCOME_UNKNOWN;
    operation->state = OPERATION_FINISHED;
    result->outcome = verdict.outcome;
    result->code = unknown ? CODE_UNKNOWN_OUTCOME : verdict.code;
    result->cause = unknown ? verdict.code : CODE_OK;
    result->elapsed = now - operation->started;
    return (struct operation_action){.kind = OPERATION_FINISH};
}

static struct operation_action refuse(struct operation *operation, int64_t now, enum attempt_code code,
                                      const char *what) {
    operation->result.fault = (struct answer_fault){.what = what};
    return finish(operation, now, (struct attempt_verdict){code, OUTCOME_NONE});
}

static struct operation_action begin(struct operation *operation, int64_t now, enum operation_request request) {
    int64_t deadline = operation->started + operation->limits.deadline;
    /* A change leaves a fifth of the deadline for finding out what became of it. */
    if (request == OPERATION_CHANGE) deadline -= operation->limits.deadline / 5;
    int64_t end_by = earlier(now + operation->limits.attempt, deadline);
    if (end_by <= now) return refuse(operation, now, CODE_TIMEOUT, "the deadline left no time to send it");
    operation->state = request == OPERATION_CHANGE ? OPERATION_CHANGING : OPERATION_CHECKING;
    /* What the last answer said is no word about this exchange. */
    operation->result.status = 0;
    operation->result.identities = (struct span){NULL, 0};
    return (struct operation_action){
        .kind = OPERATION_SEND,
        .request = request,
        .asked = now,
        .last_by = deadline,
        .connect_by = earlier(now + operation->limits.connect, end_by),
        .end_by = end_by,
    };
}

/* Holds a 2xx body against what the request promised. */
static struct attempt_end judge_body(struct operation *operation, const struct operation_event *event) {
    struct operation_result *result = &operation->result;
    struct attempt_end end = event->end;
    if (end.how != ATTEMPT_ANSWERED || end.status < 200 || end.status >= 300 || end.body != ATTEMPT_BODY_PROMISED)
        return end;
    bool kept = operation->state == OPERATION_CHECKING
                    ? answer_user(event->body, &result->identities, &result->fault)
                    : answer_identities(event->body, &result->identities, &result->fault);
    end.body = kept ? ATTEMPT_BODY_PROMISED : ATTEMPT_BODY_OTHER;
    return end;
}

static struct operation_action checked(struct operation *operation, int64_t now) {
    if (answer_holds(operation->result.identities, &operation->target)) return begin(operation, now, OPERATION_CHANGE);
    return refuse(operation, now, CODE_NOT_FOUND, "the identity is not one of this user's");
}

static struct operation_action changed(struct operation *operation, int64_t now, struct attempt_verdict verdict) {
    /* The API answers 200 to the removal of an identity that it does not find so: only the body tells. */
    if (operation->goal == IDENTITY_UNLINK && answer_holds(operation->result.identities, &operation->target))
        return refuse(operation, now, CODE_CONFLICT,
                      "the tenant answered with success, but the identity is still there");
    return finish(operation, now, verdict);
}

static struct operation_action ended(struct operation *operation, const struct operation_event *event) {
    bool is_change = operation->state == OPERATION_CHANGING;
    if (event->end.status != 0) operation->result.status = event->end.status;
    struct attempt_end end = judge_body(operation, event);
    struct attempt_verdict verdict = attempt_classify(&end, is_change);
    if (verdict.code != CODE_OK) return finish(operation, event->now, verdict);
    return is_change ? changed(operation, event->now, verdict) : checked(operation, event->now);
}

void operation_disown(struct operation *operation, const char *what) {
    struct operation_result *result = &operation->result;
    result->outcome = OUTCOME_UNKNOWN;
    result->code = CODE_UNKNOWN_OUTCOME;
    result->cause = CODE_BAD_RESPONSE;
    result->identities = (struct span){NULL, 0};
    result->fault = (struct answer_fault){.what = what};
}

void operation_begun(struct operation *operation, struct operation_action *action, int64_t now) {
    int64_t waited = now - action->asked;
    operation->result.attempts++;
    action->end_by = earlier(action->end_by + waited, action->last_by);
    action->connect_by = earlier(action->connect_by + waited, action->end_by);
}

struct operation_action operation_step(struct operation *operation, const struct operation_event *event) {
    if (operation->state == OPERATION_FINISHED) return (struct operation_action){.kind = OPERATION_FINISH};
    if (event->kind == OPERATION_ENDED) return ended(operation, event);
    operation->started = event->now;
    return begin(operation, event->now, operation->check ? OPERATION_READ : OPERATION_CHANGE);
}
