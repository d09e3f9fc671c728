#include "pure/operation.h"

/* A check that fails for a reason that may pass is tried this often. A read that settles is tried until the deadline.
   */
enum { CHECKS_AT_MOST = 3 };

/* Pauses before another try, in microseconds: exponential backoff with jitter, so that many calls do not come back at
   once. */
enum { PAUSE_FIRST = 250000, PAUSE_LONGEST = 8000000 };

void operation_init(struct operation *operation, const struct operation_plan *plan) {
    *operation = (struct operation){.plan = *plan};
}

static bool is_settled_by_reading(const struct operation *operation) {
    return operation->plan.kind == OPERATION_LINK || operation->plan.kind == OPERATION_UNLINK;
}

static bool is_change(const struct operation *operation) {
    return is_settled_by_reading(operation) || operation->plan.is_change;
}

static int64_t earlier(int64_t a, int64_t b) { return a < b ? a : b; }

/* ---- finishing ---- */

static struct operation_action finish(struct operation *operation, int64_t now, struct attempt_verdict verdict) {
    struct operation_result *result = &operation->result;
    bool unknown = verdict.outcome == OUTCOME_UNKNOWN;
    operation->state = OPERATION_FINISHED;
    result->outcome = verdict.outcome;
    result->code = unknown ? CODE_UNKNOWN_OUTCOME : verdict.code;
    result->cause = unknown ? verdict.code : CODE_OK;
    result->elapsed = now - operation->started;
    result->is_open = operation->is_open;
    if (result->code == CODE_OK)
        result->fault = (struct answer_fault){.what = NULL}; /* an earlier answer may have left one */
    else
        result->value = (struct json_value){NULL, NULL};
    return (struct operation_action){.kind = OPERATION_FINISH};
}

static struct operation_action refuse(struct operation *operation, int64_t now, enum failure_code code,
                                      const char *what) {
    operation->result.fault = (struct answer_fault){.what = what};
    return finish(operation, now, (struct attempt_verdict){code, OUTCOME_NONE});
}

/* Ends as the last attempt did. But if any attempt ended unknown, the call does: that request can still be carried out
   later. */
static struct operation_action give_up(struct operation *operation, int64_t now) {
    struct attempt_verdict verdict = operation->last;
    if (operation->is_open) verdict.outcome = OUTCOME_UNKNOWN;
    operation->result.status = operation->last_status;
    return finish(operation, now, verdict);
}

/* ---- sending and pausing ---- */

/* A change leaves a fifth of the deadline for finding out what became of it. */
static int64_t last_instant(const struct operation *operation, enum operation_state state) {
    int64_t deadline = operation->started + operation->plan.limits.deadline;
    bool leaves_a_fifth = state == OPERATION_CHANGING && is_settled_by_reading(operation);
    return leaves_a_fifth ? deadline - operation->plan.limits.deadline / 5 : deadline;
}

static const char *why_unreadable(enum failure_code code) {
    if (code == CODE_FORBIDDEN || code == CODE_UNAUTHORIZED)
        return "the token may not read the primary (read:users), which would tell what became of it";
    return "the primary could not be read, which would tell what became of it";
}

static struct operation_action out_of_time(struct operation *operation, int64_t now, enum operation_state state) {
    if (state == OPERATION_SETTLING && operation->is_open)
        operation->result.fault = (struct answer_fault){.what = why_unreadable(CODE_TIMEOUT)};
    if (operation->last.code != CODE_OK) return give_up(operation, now);
    return refuse(operation, now, CODE_TIMEOUT, "the deadline left no time to send it");
}

/* Asks for the exchange of a state. */
static struct operation_action begin(struct operation *operation, int64_t now, enum operation_state state) {
    int64_t last_by = last_instant(operation, state);
    int64_t end_by = earlier(now + operation->plan.limits.attempt, last_by);
    if (end_by <= now) return out_of_time(operation, now, state);
    operation->state = state;
    *(state == OPERATION_CHANGING ? &operation->tries : &operation->reads) += 1;
    /* The last answer says nothing about this exchange. */
    operation->result.status = 0;
    operation->result.value = (struct json_value){NULL, NULL};
    return (struct operation_action){
        .kind = OPERATION_SEND,
        .request = state == OPERATION_CHANGING ? OPERATION_CHANGE : OPERATION_READ,
        .is_apart = operation->is_lost,
        .asked = now,
        .last_by = last_by,
        .connect_by = earlier(now + operation->plan.limits.connect, end_by),
        .end_by = end_by,
    };
}

/* Sends the same exchange with a new token; that does not count as another try. */
static struct operation_action renew(struct operation *operation, int64_t now, struct attempt_verdict verdict) {
    operation->is_renewed = true;
    *(operation->state == OPERATION_CHANGING ? &operation->tries : &operation->reads) -= 1;
    /* Where no time is left to send it again, the call ends with this refusal; a settling read leaves the change's end.
       */
    if (operation->state != OPERATION_SETTLING) {
        operation->last = verdict;
        operation->last_status = operation->result.status;
    }
    struct operation_action action = begin(operation, now, operation->state);
    action.renew = true;
    return action;
}

static int64_t pause_before(int tries, double random) {
    int64_t longest = PAUSE_FIRST;
    for (int i = 1; i < tries && longest < PAUSE_LONGEST; i++) longest *= 2;
    longest = earlier(longest, PAUSE_LONGEST);
    int64_t half = longest / 2;
    return half + (int64_t)((double)half * random);
}

/* There is no pause where the deadline would leave no time for the next try: an answer now is better than the same
   answer later. A read that settles shortens its pause to half of the time that is left, unless almost none is left. */
static struct operation_action pause(struct operation *operation, const struct operation_event *event,
                                     enum operation_state next, int tries) {
    int64_t left = last_instant(operation, next) - event->now;
    int64_t wait = pause_before(tries, event->random);
    if (next == OPERATION_SETTLING && left > PAUSE_FIRST) wait = earlier(wait, left / 2);
    if (event->retry_after > wait) wait = event->retry_after;
    if (wait >= left) return give_up(operation, event->now);
    operation->state = OPERATION_PAUSED;
    operation->next = next;
    return (struct operation_action){.kind = OPERATION_PAUSE, .until = event->now + wait};
}

/* ---- what an end means ---- */

static bool answer_keeps_promise(struct operation *operation, const struct answer_body *body) {
    struct operation_result *result = &operation->result;
    enum answer_promise promise = operation->plan.promise;
    if (operation->state != OPERATION_CHANGING)
        promise = ANSWER_USER_IDENTITIES;
    else if (is_settled_by_reading(operation))
        promise = ANSWER_IDENTITIES;
    struct answer_fault of_a_read;
    bool settles = operation->state == OPERATION_SETTLING;
    return answer_keeps(promise, body, &result->value, settles ? &of_a_read : &result->fault);
}

/* Checks whether a 2xx body is what the request promised, and whether a 400 says that the token is none. */
static struct attempt_end judge_body(struct operation *operation, const struct operation_event *event) {
    struct attempt_end end = event->end;
    if (end.how == ATTEMPT_ANSWERED && end.status == 400 && answer_finds_no_token(event->body.value))
        end.body = ATTEMPT_BODY_NO_TOKEN;
    if (end.how != ATTEMPT_ANSWERED || end.status < 200 || end.status >= 300 || end.body != ATTEMPT_BODY_PROMISED)
        return end;
    if (!answer_keeps_promise(operation, &event->body))
        end.body = event->body.fault.is_too_large ? ATTEMPT_BODY_TOO_LARGE : ATTEMPT_BODY_OTHER;
    return end;
}

/* Whether the tenant refused the token, and another one may be fetched. Where no token could be had there is nothing to
   renew. */
static bool may_renew(const struct operation *operation, const struct attempt_end *end,
                      struct attempt_verdict verdict) {
    bool is_refused = end->how == ATTEMPT_ANSWERED && end->status == 401 && verdict.code == CODE_UNAUTHORIZED;
    return is_refused && operation->plan.can_renew && !operation->is_renewed;
}

/* An end that says nothing about the request itself, and that another try may not meet. An attempt that could not
   connect is not one: the call tells that at once. */
static bool is_passing(const struct attempt_end *end, struct attempt_verdict verdict) {
    if (end->how == ATTEMPT_WITHHELD) return false; /* it would wait as long again */
    switch (verdict.code) {
    case CODE_RATE_LIMITED:
    case CODE_SERVER_ERROR:
    case CODE_CONNECTION_LOST: return true;
    case CODE_TIMEOUT: return end->sent;
    default: return false;
    }
}

bool operation_waited_in_vain(const struct operation *operation, const struct attempt_end *end) {
    bool is_withheld = end->how == ATTEMPT_WITHHELD && (end->why == CODE_TIMEOUT || end->why == CODE_RATE_LIMITED);
    bool is_late = end->how == ATTEMPT_EXPIRED || is_withheld;
    return is_late && !end->sent && operation->last.code != CODE_OK && operation->state != OPERATION_SETTLING;
}

/* ---- the reads ---- */

/* A 2xx page that is not the API's comes from a server between us and the tenant, which may not answer the next time. A
   refusal and a redirect would come again. */
static bool is_worth_reading_again(const struct attempt_end *end, struct attempt_verdict verdict) {
    return is_passing(end, verdict) || (verdict.code == CODE_BAD_RESPONSE && end->status / 100 == 2);
}

static bool checks_left(const struct operation *operation) {
    int most = operation->plan.limits.attempts;
    return operation->reads < (most < CHECKS_AT_MOST ? most : CHECKS_AT_MOST);
}

static struct operation_action check_ended(struct operation *operation, const struct operation_event *event,
                                           struct attempt_verdict verdict) {
    if (operation_waited_in_vain(operation, &event->end)) return give_up(operation, event->now);
    operation->last = verdict;
    operation->last_status = operation->result.status;
    if (verdict.code == CODE_OK)
        return answer_holds(operation->result.value, &operation->plan.target)
                   ? begin(operation, event->now, OPERATION_CHANGING)
                   : refuse(operation, event->now, CODE_NOT_FOUND, "the identity is not one of this user's");
    if (is_worth_reading_again(&event->end, verdict) && checks_left(operation))
        return pause(operation, event, OPERATION_CHECKING, operation->reads);
    return finish(operation, event->now, verdict);
}

static bool is_wished(const struct operation *operation, bool is_held) {
    return is_held == (operation->plan.kind == OPERATION_LINK);
}

static struct operation_action read_shows(struct operation *operation, const struct operation_event *event,
                                          bool is_held) {
    struct operation_result *result = &operation->result;
    if (is_wished(operation, is_held)) {
        result->already = operation->is_refusal && !operation->is_open;
        return finish(operation, event->now, (struct attempt_verdict){CODE_OK, OUTCOME_NONE});
    }
    if (operation->plan.kind == OPERATION_UNLINK)
        result->seen = SEEN_LINKED;
    else
        result->seen = operation->last.code == CODE_CONFLICT ? SEEN_LINKED_ELSEWHERE : SEEN_NOT_LINKED;
    /* The change was not made, or not yet: another try is permitted, but "none" is not proven. */
    if (!operation->is_refusal && operation->tries < operation->plan.limits.attempts)
        return pause(operation, event, OPERATION_CHANGING, operation->tries);
    return give_up(operation, event->now);
}

/* Whether the read may succeed later. A failure to connect passes as well: the change was sent, so there was a
   connection. */
static bool is_worth_settling_again(const struct attempt_end *end, struct attempt_verdict verdict) {
    bool is_unconnected = end->how == ATTEMPT_UNREACHED || end->how == ATTEMPT_UNTRUSTED || end->how == ATTEMPT_EXPIRED;
    return is_unconnected || is_worth_reading_again(end, verdict);
}

static struct operation_action settle_ended(struct operation *operation, const struct operation_event *event,
                                            struct attempt_verdict verdict) {
    if (verdict.code == CODE_OK)
        return read_shows(operation, event, answer_holds(operation->result.value, &operation->plan.target));
    if (verdict.code == CODE_CANCELLED) operation->last = verdict;
    struct operation_action action = is_worth_settling_again(&event->end, verdict)
                                         ? pause(operation, event, OPERATION_SETTLING, operation->reads)
                                         : give_up(operation, event->now);
    /* Where a refusal was to be settled, the refusal's own words are told. */
    if (action.kind == OPERATION_FINISH)
        operation->result.fault =
            (struct answer_fault){.what = operation->is_open ? why_unreadable(verdict.code) : NULL};
    return action;
}

static struct operation_action settle(struct operation *operation, int64_t now, bool is_refusal) {
    operation->is_refusal = is_refusal;
    operation->reads = 0;
    operation->result.seen = SEEN_UNREADABLE; /* until a read shows something */
    if (operation->plan.target.provider.at != NULL) return begin(operation, now, OPERATION_SETTLING);
    return give_up(operation, now);
}

/* ---- its own request ---- */

/* Whether a refusal may mean that the change has been made already: by an earlier attempt, or by another client. */
static bool may_be_done(const struct operation *operation, struct attempt_verdict verdict) {
    if (operation->plan.kind == OPERATION_LINK && verdict.code == CODE_CONFLICT) return true;
    return operation->is_open && operation->result.status == 400;
}

static bool may_repeat(const struct operation *operation, const struct attempt_end *end,
                       struct attempt_verdict verdict) {
    if (operation->tries >= operation->plan.limits.attempts || end->how == ATTEMPT_WITHHELD) return false;
    if (verdict.code == CODE_RATE_LIMITED || end->how == ATTEMPT_UNPROCESSED) return true; /* it was not carried out */
    if (operation->plan.kind != OPERATION_FREE) return false;
    return is_passing(end, verdict) || (verdict.outcome == OUTCOME_UNKNOWN && verdict.code != CODE_CANCELLED);
}

/* After a 429 the gate of the rate bucket says when it is sent; the gate opens no earlier than the tenant said. */
static struct operation_action repeat(struct operation *operation, const struct operation_event *event,
                                      struct attempt_verdict verdict) {
    bool has_gate = verdict.code == CODE_RATE_LIMITED;
    if (!has_gate) return pause(operation, event, OPERATION_CHANGING, operation->tries);
    int64_t left = last_instant(operation, OPERATION_CHANGING) - event->now;
    return event->retry_after < left ? begin(operation, event->now, OPERATION_CHANGING)
                                     : give_up(operation, event->now);
}

static struct operation_action change_failed(struct operation *operation, const struct operation_event *event,
                                             struct attempt_verdict verdict) {
    if (operation_waited_in_vain(operation, &event->end)) return give_up(operation, event->now);
    operation->last = verdict;
    operation->last_status = operation->result.status;
    operation->is_open = operation->is_open || verdict.outcome == OUTCOME_UNKNOWN;
    if (may_repeat(operation, &event->end, verdict)) return repeat(operation, event, verdict);
    if (is_settled_by_reading(operation) && operation->plan.settle && verdict.code != CODE_CANCELLED) {
        if (verdict.outcome == OUTCOME_UNKNOWN) return settle(operation, event->now, false);
        if (may_be_done(operation, verdict)) return settle(operation, event->now, true);
    }
    return give_up(operation, event->now);
}

/* The API answers 200 even where it did not find the identity that was to be removed: only the body tells. */
static struct operation_action still_there(struct operation *operation, int64_t now) {
    operation->result.fault.what = "the tenant answered with success, but the identity is still there";
    operation->result.seen = SEEN_LINKED;
    operation->last = (struct attempt_verdict){CODE_CONFLICT, OUTCOME_NONE};
    operation->last_status = operation->result.status;
    return give_up(operation, now);
}

static struct operation_action change_ended(struct operation *operation, const struct operation_event *event,
                                            struct attempt_verdict verdict) {
    if (verdict.code != CODE_OK) return change_failed(operation, event, verdict);
    bool is_known = is_settled_by_reading(operation) && operation->plan.target.provider.at != NULL;
    if (!is_known || is_wished(operation, answer_holds(operation->result.value, &operation->plan.target)))
        return finish(operation, event->now, verdict);
    if (operation->plan.kind == OPERATION_UNLINK) return still_there(operation, event->now);
    operation->result.fault.what = "the tenant answered with success, but without the identity";
    return change_failed(operation, event, (struct attempt_verdict){CODE_BAD_RESPONSE, OUTCOME_UNKNOWN});
}

/* ---- events ---- */

static struct operation_action ended(struct operation *operation, const struct operation_event *event) {
    bool is_own = operation->state == OPERATION_CHANGING;
    operation->result.status = event->end.status;
    bool has_no_answer = event->end.how == ATTEMPT_LOST || event->end.how == ATTEMPT_EXPIRED;
    if (has_no_answer && event->end.sent) operation->is_lost = true;
    /* A fault of an earlier answer is not told of this one, nor is a fault of a settling read. */
    bool is_told_before = operation->state == OPERATION_SETTLING || operation_waited_in_vain(operation, &event->end);
    if (!is_told_before) operation->result.fault = (struct answer_fault){.what = NULL};
    struct attempt_end end = judge_body(operation, event);
    struct attempt_verdict verdict = attempt_classify(&end, is_own && is_change(operation));
    if (may_renew(operation, &end, verdict)) return renew(operation, event->now, verdict);
    if (is_own) return change_ended(operation, event, verdict);
    return operation->state == OPERATION_CHECKING ? check_ended(operation, event, verdict)
                                                  : settle_ended(operation, event, verdict);
}

static struct operation_action cancelled(struct operation *operation, int64_t now) {
    operation->last = (struct attempt_verdict){CODE_CANCELLED, OUTCOME_NONE};
    return give_up(operation, now);
}

struct operation_action operation_step(struct operation *operation, const struct operation_event *event) {
    if (operation->state == OPERATION_FINISHED) return (struct operation_action){.kind = OPERATION_FINISH};
    switch (event->kind) {
    case OPERATION_ENDED: return ended(operation, event);
    case OPERATION_WOKEN: return begin(operation, event->now, operation->next);
    case OPERATION_CANCELLED: return cancelled(operation, event->now);
    case OPERATION_STARTED: break;
    }
    operation->started = event->now;
    return begin(operation, event->now, operation->plan.check ? OPERATION_CHECKING : OPERATION_CHANGING);
}

void operation_begun(struct operation *operation, struct operation_action *action, int64_t now) {
    int64_t waited = now - action->asked;
    operation->result.attempts++;
    action->end_by = earlier(action->end_by + waited, action->last_by);
    action->connect_by = earlier(action->connect_by + waited, action->end_by);
}

enum answer_missing operation_missing(const struct operation *operation, const struct answer_refusal *refusal) {
    const struct operation_result *result = &operation->result;
    bool is_refused = result->code == CODE_NOT_FOUND || result->code == CODE_INVALID_REQUEST;
    if (!is_settled_by_reading(operation) || !is_refused) return MISSING_NOTHING;
    if (result->code == CODE_NOT_FOUND && result->status == 200) return MISSING_SECONDARY;
    return answer_missing(result->status, refusal);
}

void operation_disown(struct operation *operation, const char *what) {
    struct operation_result *result = &operation->result;
    bool unknown = is_change(operation);
    result->outcome = unknown ? OUTCOME_UNKNOWN : OUTCOME_NONE;
    result->code = unknown ? CODE_UNKNOWN_OUTCOME : CODE_BAD_RESPONSE;
    result->cause = unknown ? CODE_BAD_RESPONSE : CODE_OK;
    result->value = (struct json_value){NULL, NULL};
    result->fault = (struct answer_fault){.what = what};
}

/* ---- names ---- */

const char *operation_state_name(enum operation_state state) {
    static const char *const names[OPERATION_STATES] = {"new",      "checking", "changing",
                                                        "settling", "paused",   "finished"};
    return names[state];
}

const char *operation_seen_name(enum operation_seen seen) {
    static const char *const names[] = {NULL, "not_linked", "linked", "linked_elsewhere", "unreadable"};
    return names[seen];
}
