#include "rules.h"

/* ---- whether it may end ---- */

static bool fits(const struct call *call, int64_t now, enum operation_request request, int times, int64_t told) {
    int64_t longest = times > 5 ? SECONDS(8) : MILLISECONDS(250) << (times - 1);
    return now + (told > longest ? told : longest) < history_last_instant(call, request);
}

static bool has_time(const struct call *call, int64_t now, enum operation_request request) {
    return now < history_last_instant(call, request);
}

static bool may_be_tried_again(const struct call *call, int64_t now) {
    int tries = history_tries(call);
    return tries < call->plan.limits.attempts && fits(call, now, OPERATION_CHANGE, tries, -1);
}

/* A link ends unknown only if no read was possible until the deadline. */
static bool may_settle(const struct call *call, int64_t now, const struct step *last) {
    int64_t left = history_last_instant(call, OPERATION_READ) - now;
    bool is_page = last->end.how == ATTEMPT_ANSWERED && last->end.status / 100 == 2 && last->is_spoiled &&
                   last->end.body != ATTEMPT_BODY_TOO_LARGE;
    bool may_pass = is_page || history_is_passing(last) || history_is_unconnected(last);
    return may_pass && left > MILLISECONDS(250) && last->retry_after < left;
}

static const char *after_read(const struct call *call, int64_t now, const struct step *last) {
    bool is_check = last->state == OPERATION_CHECKING;
    int reads = history_reads(call), most = call->plan.limits.attempts < 3 ? call->plan.limits.attempts : 3;
    if (is_check && history_is_passing(last) && reads < most &&
        fits(call, now, OPERATION_READ, reads, last->retry_after))
        return "a check that failed in passing is given up";
    if (!is_check && may_settle(call, now, last)) return "another read was possible, which would tell";
    if (!history_is_good(last)) return NULL;
    if (is_check) {
        bool is_there = !history_is_wished(call, last);
        return is_there && has_time(call, now, OPERATION_CHANGE) ? "what the check has found is not removed" : NULL;
    }
    const struct step *change = last;
    while (change->request == OPERATION_READ) change--;
    bool is_settled = history_is_wished(call, last) || !history_leaves_open(call, change);
    return !is_settled && may_be_tried_again(call, now) ? "what was not done is not tried again" : NULL;
}

bool rules_is_to_be_settled(const struct call *call, const struct step *last) {
    if (!history_is_named(call) || !call->plan.settle) return false;
    if (history_leaves_open(call, last)) return true;
    if (call->verb == VERB_LINK && history_is_refused(last, 409)) return true;
    return history_is_refused(last, 400) && history_is_open(call);
}

static const char *after_change(const struct call *call, int64_t now, const struct step *last) {
    int tries = history_tries(call);
    if (history_is_refused(last, 429) && tries < call->plan.limits.attempts && has_time(call, now, OPERATION_CHANGE) &&
        now + last->retry_after < history_last_instant(call, OPERATION_CHANGE))
        return "a 429 is not repeated";
    if (rules_is_to_be_settled(call, last))
        return has_time(call, now, OPERATION_READ) ? "no read looks what became of it" : NULL;
    bool is_free = call->plan.kind == OPERATION_FREE || history_word(call, last) == CODE_RATE_LIMITED ||
                   history_is_unprocessed(last);
    bool is_passing = history_is_passing(last) || history_leaves_open(call, last);
    if (is_free && is_passing && tries < call->plan.limits.attempts &&
        fits(call, now, OPERATION_CHANGE, tries, last->retry_after))
        return "it is not repeated";
    return NULL;
}

const char *rules_reason_to_go_on(const struct call *call, int64_t now) {
    const struct step *last = history_last(call);
    if (call->is_cancelled) return NULL;
    if (last == NULL)
        return has_time(call, now, call->plan.check ? OPERATION_READ : OPERATION_CHANGE) ? "it is not begun" : NULL;
    if (history_is_refused(last, 401) && call->plan.can_renew && !history_has_renewed(call))
        return has_time(call, now, last->request) ? "the token is not renewed" : NULL;
    return last->request == OPERATION_READ ? after_read(call, now, last) : after_change(call, now, last);
}

void rules_of_end(struct sim *sim, int index) {
    const char *reason = rules_reason_to_go_on(&sim->calls[index], sim->world.now);
    if (reason != NULL) world_violation(&sim->world, "call %d ends: %s", index, reason);
    rules_of_result(sim, index);
}
