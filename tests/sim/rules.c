#include "rules.h"

static void broken(struct sim *sim, int index, const char *what) {
    static const char *const verbs[VERBS] = {"link", "unlink", "patch", "read", "post"};
    world_violation(&sim->world, "call %d, a %s: %s", index, verbs[sim->calls[index].verb], what);
}

/* ---- an exchange is asked for ---- */

static int64_t earlier(int64_t a, int64_t b) { return a < b ? a : b; }

static void check_times(struct sim *sim, int index) {
    const struct call *call = &sim->calls[index];
    const struct operation_action *action = &call->action;
    const struct operation_limits *limits = &call->plan.limits;
    int64_t now = sim->world.now, last = history_last_instant(call, action->request);
    if (action->last_by != last || last <= now) broken(sim, index, "is not given until its last instant");
    if (action->end_by != earlier(now + limits->attempt, last)) broken(sim, index, "has another attempt's time");
    if (action->connect_by != earlier(now + limits->connect, action->end_by))
        broken(sim, index, "has another time to connect");
}

static void check_renewal(struct sim *sim, int index, const struct step *last) {
    const struct call *call = &sim->calls[index];
    if (last == NULL || !history_is_refused(last, 401) || !call->plan.can_renew)
        broken(sim, index, "renews a token that was not refused");
    for (int i = 0; i < call->step_count - 1; i++)
        if (call->steps[i].is_renewal) broken(sim, index, "renews twice");
}

/* Whether a change before this one may have been carried out, and no read since has said otherwise. */
static bool is_blind(const struct call *call) {
    bool is_blind = false;
    for (int i = 0; i < call->step_count - 1; i++) {
        const struct step *step = &call->steps[i];
        if (history_leaves_open(call, step)) is_blind = true;
        if (step->request == OPERATION_READ && history_is_good(step)) is_blind = false;
    }
    return is_blind;
}

/* A read may be repeated where something else than the tenant answered; one that settles also where nothing did. */
static bool may_read_again(const struct step *last) {
    if (last->request != OPERATION_READ) return false;
    bool is_page = last->end.how == ATTEMPT_ANSWERED && last->end.status / 100 == 2 && last->is_spoiled &&
                   last->end.body != ATTEMPT_BODY_TOO_LARGE;
    return is_page || history_is_unconnected(last);
}

static void check_repeat(struct sim *sim, int index, const struct step *last) {
    const struct call *call = &sim->calls[index];
    bool is_own = call->action.request == OPERATION_CHANGE;
    if (is_own && history_tries(call) > call->plan.limits.attempts) broken(sim, index, "is tried too often");
    if (call->operation.state == OPERATION_CHECKING && history_reads(call) > 3) broken(sim, index, "reads too often");
    if (!is_own && !history_is_named(call)) broken(sim, index, "reads what it cannot recognise");
    if (is_own && call->verb != VERB_PATCH && is_blind(call)) broken(sim, index, "is sent again blindly");
    if (last == NULL || call->action.renew) return;
    bool is_follow_up = last->request != call->action.request;
    bool is_vague_change = call->verb == VERB_PATCH && history_leaves_open(call, last);
    bool is_limited = history_word(call, last) == CODE_RATE_LIMITED;
    if (is_follow_up || is_limited || is_vague_change || history_is_passing(last)) return;
    if (may_read_again(last)) return;
    broken(sim, index, "repeats what was refused, or could not be sent");
}

/* A 429 that says to come back when it is too late. */
static void check_prospect(struct sim *sim, int index, const struct step *last) {
    const struct call *call = &sim->calls[index];
    if (last == NULL || !history_is_refused(last, 429) || last->request != call->action.request) return;
    if (sim->world.now == last->ended && last->retry_after >= call->action.last_by - sim->world.now)
        broken(sim, index, "waits for a gate that opens too late");
}

void rules_asked(struct sim *sim, int index) {
    const struct call *call = &sim->calls[index];
    const struct step *last = call->step_count > 1 ? &call->steps[call->step_count - 2] : NULL;
    check_times(sim, index);
    if (call->action.renew) check_renewal(sim, index, last);
    check_repeat(sim, index, last);
    check_prospect(sim, index, last);
}

/* ---- it begins ---- */

static void check_patience(struct sim *sim, int index, const struct step *last) {
    const struct step *now = history_last(&sim->calls[index]);
    if (last == NULL || last->request != now->request || last->retry_after < 0) return;
    bool is_limited = history_is_refused(last, 429) || history_is_passing(last);
    if (is_limited && now->begun < last->ended + last->retry_after) broken(sim, index, "comes before Retry-After");
}

void rules_begun(struct sim *sim, int index) {
    const struct call *call = &sim->calls[index];
    const struct step *last = call->step_count > 1 ? &call->steps[call->step_count - 2] : NULL;
    const struct step *now = history_last(call);
    const struct operation_action *action = &call->action;
    check_patience(sim, index, last);
    if (now->is_renewal && last != NULL && now->generation == last->generation)
        broken(sim, index, "is replayed with the same token");
    if (action->end_by > action->last_by || action->end_by > now->begun + call->plan.limits.attempt)
        broken(sim, index, "may take longer than its attempt or its deadline");
    if (action->end_by < action->last_by && action->end_by < now->begun + call->plan.limits.attempt)
        broken(sim, index, "is not given its attempt's time");
    if (action->connect_by != earlier(now->begun + call->plan.limits.connect, action->end_by))
        broken(sim, index, "is not given its time to connect");
}

/* ---- a pause ---- */

void rules_paused(struct sim *sim, int index) {
    const struct call *call = &sim->calls[index];
    const struct step *last = history_last(call);
    bool is_read = call->operation.next != OPERATION_CHANGING;
    int times = is_read ? history_reads(call) : history_tries(call);
    int64_t longest = times > 5 ? SECONDS(8) : MILLISECONDS(250) << (times - 1);
    int64_t wait = call->action.until - sim->world.now;
    int64_t told = is_read == (last->request == OPERATION_READ) ? last->retry_after : -1;
    int64_t least = told > longest / 2 ? told : longest / 2, most = told > longest ? told : longest;
    int64_t drawn = longest / 2 + (int64_t)((double)(longest / 2) * call->random);
    int64_t left = history_last_instant(call, is_read ? OPERATION_READ : OPERATION_CHANGE) - sim->world.now;
    if (call->operation.next == OPERATION_SETTLING && left > MILLISECONDS(250)) {
        drawn = earlier(drawn, left / 2);
        least = told > drawn ? told : drawn;
    }
    if (wait < least || wait > most) broken(sim, index, "pauses too long or too short");
    if (wait != (told > drawn ? told : drawn)) broken(sim, index, "pauses otherwise than was drawn");
    if (wait >= left) broken(sim, index, "pauses until it is too late");
    if (!is_read && (call->verb == VERB_POST && history_is_open(call))) broken(sim, index, "would be sent twice");
}

/* ---- its end ---- */

void rules_finished(struct sim *sim, int index) {
    const struct call *call = &sim->calls[index];
    const struct operation_result *result = &call->operation.result;
    int begun = 0;
    for (int i = 0; i < call->step_count; i++) begun += call->steps[i].is_begun;
    world_trace(&sim->world, "call %d: %s, outcome %s, cause %s, status %d, %d exchanges", index,
                failure_code_name(result->code), failure_outcome_name(result->outcome),
                failure_code_name(result->cause), result->status, result->attempts);
    if (result->attempts != begun) broken(sim, index, "counts its exchanges wrongly");
    if (result->elapsed != sim->world.now - call->started) broken(sim, index, "tells another time");
    if (result->elapsed > call->plan.limits.deadline + sim->lateness) broken(sim, index, "ends after its deadline");
    rules_of_end(sim, index);
}

void rules_disowned(struct sim *sim, int index) {
    const struct call *call = &sim->calls[index];
    const struct operation_result *result = &call->operation.result;
    bool is_change = call->verb != VERB_READ;
    bool is_right = result->outcome == (is_change ? OUTCOME_UNKNOWN : OUTCOME_NONE) &&
                    result->code == (is_change ? CODE_UNKNOWN_OUTCOME : CODE_BAD_RESPONSE) &&
                    result->cause == (is_change ? CODE_BAD_RESPONSE : CODE_OK) && result->value.token == NULL &&
                    result->fault.what != NULL;
    if (!is_right) broken(sim, index, "is disowned otherwise than it should");
}

static void check_ledger(struct sim *sim, int index) {
    const struct call *call = &sim->calls[index];
    const struct operation_result *result = &call->operation.result;
    const struct ledger *ledger = &sim->tenant.ledgers[index];
    bool is_sure = result->outcome == OUTCOME_NONE && result->code != CODE_OK;
    if (call->stage == STAGE_NEW || call->is_dropped) return;
    if (is_sure && ledger->changes > 0) broken(sim, index, "said \"none\", and the tenant was changed");
    if (result->already && ledger->changes > 0) broken(sim, index, "said \"already\", and did it itself");
    if (call->verb == VERB_POST && ledger->changes > 1) broken(sim, index, "was carried out twice");
    if (ledger->changes > call->plan.limits.attempts) broken(sim, index, "was carried out more often than tried");
    if (call->verb != VERB_READ && call->verb != VERB_LINK && call->verb != VERB_UNLINK && result->code == CODE_OK &&
        ledger->changes == 0)
        broken(sim, index, "said it was done, and it was not");
}

void rules_of_schedule(struct sim *sim) {
    if (sim->unfinished != 0) world_violation(&sim->world, "%d calls never end", sim->unfinished);
    queue_rules_of_schedule(sim);
    rates_of_schedule(sim);
    if (sim->fetch.is_wanted) world_violation(&sim->world, "a fetch never ends");
    for (int i = 0; i < sim->call_count; i++) check_ledger(sim, i);
}
