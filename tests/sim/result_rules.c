#include "rules.h"

#include <string.h>

static void broken(struct sim *sim, int index, const char *what) {
    const struct operation_result *result = &sim->calls[index].operation.result;
    world_violation(&sim->world, "call %d (kind %d) ends as %s, cause %s, status %d: %s", index,
                    (int)sim->calls[index].verb, failure_code_name(result->code), failure_code_name(result->cause),
                    result->status, what);
}

static bool is_already(const struct call *call, const struct step *last) {
    if (call->verb != VERB_LINK || last->request != OPERATION_READ || history_is_open(call)) return false;
    while (last->request == OPERATION_READ) last--;
    return history_is_refused(last, 409);
}

static void check_success(struct sim *sim, int index) {
    const struct call *call = &sim->calls[index];
    const struct operation_result *result = &call->operation.result;
    const struct step *last = history_last(call);
    bool is_linking = call->verb == VERB_LINK || call->verb == VERB_UNLINK;
    if (last == NULL || !history_is_good(last) || last->state == OPERATION_CHECKING) {
        broken(sim, index, "nothing says so");
        return;
    }
    if (is_linking && !history_is_wished(call, last)) broken(sim, index, "the tenant shows otherwise");
    if (result->outcome != OUTCOME_NONE || result->cause != CODE_OK || result->fault.what != NULL)
        broken(sim, index, "a success has no cause and no fault");
    if (result->status != last->end.status) broken(sim, index, "the status is another's");
    if (result->already != is_already(call, last)) broken(sim, index, "\"already\" is wrong");
    if (result->value.token == NULL && call->verb != VERB_POST) broken(sim, index, "it has no value");
}

static bool is_late(const struct step *step) {
    if (step->end.how == ATTEMPT_WITHHELD) return step->end.why == CODE_TIMEOUT || step->end.why == CODE_RATE_LIMITED;
    return step->end.how == ATTEMPT_EXPIRED && !step->end.sent;
}

/* What it ends as, if not by a cancel: the last end of its own request, or of its check, but one that waited in vain
   after another. A check that found what it looked for says nothing. */
static const struct step *decisive(const struct call *call) {
    const struct step *late = NULL;
    for (int i = call->step_count - 1; i >= 0; i--) {
        const struct step *step = &call->steps[i];
        if (step->state == OPERATION_SETTLING) continue;
        bool says_nothing = step->state == OPERATION_CHECKING && history_is_good(step);
        if (!is_late(step)) return says_nothing && late != NULL ? late : step;
        if (late == NULL) late = step;
    }
    return late;
}

static enum failure_code expected_code(const struct call *call, const struct step *step) {
    if (call->is_cancelled) return CODE_CANCELLED;
    if (step == NULL) return CODE_TIMEOUT;
    if (step->state != OPERATION_CHECKING) return history_word(call, step);
    if (!history_is_good(step)) return history_word(call, step);
    return history_is_wished(call, step) ? CODE_NOT_FOUND : CODE_TIMEOUT;
}

static bool is_without_effect(const struct call *call, const struct step *step) {
    return call->verb == VERB_UNLINK && step->request == OPERATION_CHANGE && history_is_good(step) &&
           !history_is_wished(call, step);
}

static void check_seen(struct sim *sim, int index) {
    const struct call *call = &sim->calls[index];
    const struct step *last = history_last(call);
    enum operation_seen seen = call->operation.result.seen;
    if (last != NULL && is_without_effect(call, last) && seen != SEEN_LINKED) broken(sim, index, "it saw it linked");
    if (last == NULL || last->state != OPERATION_SETTLING) return;
    enum operation_seen expected = SEEN_UNREADABLE;
    if (history_is_good(last)) {
        const struct step *change = last;
        while (change->request == OPERATION_READ) change--;
        expected = call->verb == VERB_UNLINK         ? SEEN_LINKED
                   : history_is_refused(change, 409) ? SEEN_LINKED_ELSEWHERE
                                                     : SEEN_NOT_LINKED;
    }
    if (seen != expected) broken(sim, index, "last_seen is wrong");
}

/* ---- the words of what was wrong ---- */

/* The body was held against what was promised, and found wanting; what the transport refused has words of its own. */
static bool is_found_wanting(const struct step *step) {
    return step->is_spoiled && step->end.body == ATTEMPT_BODY_PROMISED;
}

static bool has_words(const struct call *call, const struct step *step) {
    const struct step *last = history_last(call);
    if (step == NULL || (step->state == OPERATION_CHECKING && history_is_good(step))) return true;
    if (last->state == OPERATION_SETTLING && !history_is_good(last)) return history_is_open(call);
    /* There was no time to look. */
    if (last->request == OPERATION_CHANGE && rules_is_to_be_settled(call, last) && history_is_open(call)) return true;
    return is_found_wanting(step) || is_without_effect(call, step) || history_is_hollow(call, step);
}

static void check_words(struct sim *sim, int index, const struct step *step) {
    const struct call *call = &sim->calls[index];
    const struct step *last = history_last(call);
    const char *what = call->operation.result.fault.what;
    if (call->is_cancelled || (last != NULL && last->state == OPERATION_SETTLING && !last->is_begun)) return;
    if ((what != NULL) != has_words(call, step)) broken(sim, index, "the words are another's, or missing");
    if (what == NULL || last == NULL || last->state != OPERATION_SETTLING || history_is_good(last)) return;
    if (history_is_refused(last, 401) && call->plan.can_renew && !history_has_renewed(call)) return; /* no time */
    bool is_forbidden = history_is_refused(last, 401) || history_is_refused(last, 403);
    if (is_forbidden != (strstr(what, "may not read") != NULL)) broken(sim, index, "why it is unreadable is wrong");
}

static void check_failure(struct sim *sim, int index) {
    const struct call *call = &sim->calls[index];
    const struct operation_result *result = &call->operation.result;
    const struct step *step = decisive(call);
    bool is_unknown = history_is_open(call);
    enum failure_code word = expected_code(call, step);
    if ((result->outcome == OUTCOME_UNKNOWN) != is_unknown) broken(sim, index, "the outcome is wrong");
    if (result->code != (is_unknown ? CODE_UNKNOWN_OUTCOME : word)) broken(sim, index, "the code is wrong");
    if (result->cause != (is_unknown ? word : CODE_OK)) broken(sim, index, "the cause is wrong");
    if (result->status != (step != NULL ? step->end.status : 0)) broken(sim, index, "the status is another's");
    if (result->value.token != NULL) broken(sim, index, "a failure has a value");
    if (result->already) broken(sim, index, "a failure is done already");
    check_seen(sim, index);
    check_words(sim, index, step);
}

void rules_of_result(struct sim *sim, int index) {
    if (sim->calls[index].operation.result.code == CODE_OK)
        check_success(sim, index);
    else
        check_failure(sim, index);
}
