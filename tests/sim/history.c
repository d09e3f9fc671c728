#include "rules.h"

static bool is_answered(const struct step *step) { return step->end.how == ATTEMPT_ANSWERED; }

bool history_is_good(const struct step *step) {
    return is_answered(step) && step->end.status >= 200 && step->end.status < 300 && !step->is_spoiled;
}

bool history_is_refused(const struct step *step, int status) { return is_answered(step) && step->end.status == status; }

static bool is_vague(const struct step *step) {
    return is_answered(step) && (step->end.status == 408 || step->end.status >= 500);
}

bool history_is_unprocessed(const struct step *step) { return step->end.how == ATTEMPT_UNPROCESSED; }

bool history_has_lost_answer(const struct call *call) {
    for (int i = 0; i < call->step_count; i++) {
        const struct attempt_end *end = &call->steps[i].end;
        bool is_silent = end->how == ATTEMPT_LOST || end->how == ATTEMPT_EXPIRED;
        if (is_silent && end->sent) return true;
    }
    return false;
}

/* It may go better next time; not what could not be sent. */
bool history_is_passing(const struct step *step) {
    bool is_silent = step->end.how == ATTEMPT_LOST || step->end.how == ATTEMPT_EXPIRED;
    if (history_is_unprocessed(step)) return true;
    return (is_silent && step->end.sent) || is_vague(step) || history_is_refused(step, 429);
}

/* A read that settles, and for which there was no connection, follows a change for which there was one. */
bool history_is_unconnected(const struct step *step) {
    bool is_unsent =
        step->end.how == ATTEMPT_UNREACHED || step->end.how == ATTEMPT_UNTRUSTED || step->end.how == ATTEMPT_EXPIRED;
    return is_unsent && step->state == OPERATION_SETTLING;
}

/* A success whose own answer does not show the identity is none. */
bool history_is_hollow(const struct call *call, const struct step *step) {
    bool is_link = call->verb == VERB_LINK && step->request == OPERATION_CHANGE && history_is_named(call);
    return is_link && history_is_good(step) && !history_is_wished(call, step);
}

/* It may have been carried out, now or later: anything but the tenant's clear word. */
bool history_leaves_open(const struct call *call, const struct step *step) {
    if (step->request == OPERATION_READ || call->verb == VERB_READ || !step->end.sent) return false;
    if (history_is_unprocessed(step)) return false;
    if (!is_answered(step)) return true;
    bool is_clear = step->end.status >= 300 && step->end.status < 500 && step->end.status != 408;
    return !is_clear && (!history_is_good(step) || history_is_hollow(call, step));
}

bool history_is_open(const struct call *call) {
    for (int i = 0; i < call->step_count; i++)
        if (history_leaves_open(call, &call->steps[i])) return true;
    return false;
}

bool history_is_named(const struct call *call) {
    return (call->verb == VERB_LINK || call->verb == VERB_UNLINK) && call->plan.target.provider.at != NULL;
}

bool history_is_wished(const struct call *call, const struct step *read) {
    return (read->homes.of[call->secondary] == call->account) == (call->verb == VERB_LINK);
}

static enum failure_code word_of_status(const struct step *step) {
    int status = step->end.status;
    if (status >= 200 && status < 300)
        return !step->is_spoiled                          ? CODE_OK
               : step->end.body == ATTEMPT_BODY_TOO_LARGE ? CODE_TOO_LARGE
                                                          : CODE_BAD_RESPONSE;
    switch (status) {
    case 401: return CODE_UNAUTHORIZED;
    case 403: return CODE_FORBIDDEN;
    case 404: return CODE_NOT_FOUND;
    case 409: return CODE_CONFLICT;
    case 429: return CODE_RATE_LIMITED;
    default: break;
    }
    if (is_vague(step)) return CODE_SERVER_ERROR;
    return status >= 400 ? CODE_INVALID_REQUEST : CODE_BAD_RESPONSE;
}

enum failure_code history_word(const struct call *call, const struct step *step) {
    static const enum failure_code silent[] = {
        [ATTEMPT_UNREACHED] = CODE_UNREACHABLE, [ATTEMPT_UNTRUSTED] = CODE_TLS,
        [ATTEMPT_LOST] = CODE_CONNECTION_LOST,  [ATTEMPT_UNPROCESSED] = CODE_CONNECTION_LOST,
        [ATTEMPT_EXPIRED] = CODE_TIMEOUT,       [ATTEMPT_CANCELLED] = CODE_CANCELLED};
    if (step->end.how == ATTEMPT_WITHHELD) return step->end.why;
    if (!is_answered(step)) return silent[step->end.how];
    bool is_unlink = call->verb == VERB_UNLINK && step->request == OPERATION_CHANGE;
    if (is_unlink && history_is_good(step) && !history_is_wished(call, step)) return CODE_CONFLICT;
    return history_is_hollow(call, step) ? CODE_BAD_RESPONSE : word_of_status(step);
}

const struct step *history_last(const struct call *call) {
    return call->step_count > 0 ? &call->steps[call->step_count - 1] : NULL;
}

int history_tries(const struct call *call) {
    int tries = 0;
    for (int i = 0; i < call->step_count; i++)
        tries += call->steps[i].request == OPERATION_CHANGE && !call->steps[i].is_renewal;
    return tries;
}

int history_reads(const struct call *call) {
    int reads = 0;
    for (int i = call->step_count - 1; i >= 0 && call->steps[i].request == OPERATION_READ; i--)
        reads += !call->steps[i].is_renewal;
    return reads;
}

bool history_has_renewed(const struct call *call) {
    for (int i = 0; i < call->step_count; i++)
        if (call->steps[i].is_renewal) return true;
    return false;
}

/* Of a change, four fifths of the deadline where a read may have to settle it. */
int64_t history_last_instant(const struct call *call, enum operation_request request) {
    int64_t deadline = call->plan.limits.deadline;
    bool is_linking = call->verb == VERB_LINK || call->verb == VERB_UNLINK;
    if (request == OPERATION_CHANGE && is_linking) deadline -= deadline / 5;
    return call->started + deadline;
}
