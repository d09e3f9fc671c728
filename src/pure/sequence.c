/* What comes next in a sequence. What it makes of its reads is in sequence_weigh.c, what of its changes in
   sequence_change.c, which steps are needed in sequence_needs.c, what its requests say in sequence_request.c, what the
   caller is told in sequence_result.c and sequence_receipt.c. */
#include "pure/sequence_parts.h"

/* ---- ends ---- */

void sequence_finish(struct sequence *sequence, enum failure_code code, enum failure_outcome outcome,
                     const char *what) {
    sequence->phase = SEQUENCE_OVER;
    sequence->end.code = code;
    sequence->end.outcome = outcome;
    sequence->end.what = what;
}

/* As a request ended. */
void sequence_finish_by(struct sequence *sequence, int slot, enum sequence_step step,
                        const struct operation_result *result) {
    sequence_finish(sequence, result->code, result->outcome, NULL);
    sequence->end.has_step = true;
    sequence->end.slot = slot;
    sequence->end.step = step;
    sequence->end.result = *result;
}

void sequence_enter(struct sequence *sequence, enum sequence_phase phase) {
    sequence->phase = phase;
    sequence->is_out = false;
}

void sequence_want(struct sequence *sequence, enum sequence_phase phase, size_t size) {
    sequence_enter(sequence, phase);
    sequence->wanted = size;
}

/* ---- the reads ---- */

/* Whether the secondary of a receipt is to be read. While it is an identity of the primary, an undo learns nothing from
   it. */
static bool is_secondary_wanted(const struct sequence *sequence) {
    if (!sequence_is_undo(sequence)) return true;
    return sequence->input.answers[GUARD_PRIMARY].state == GUARD_READ &&
           !sequence_is_linked(sequence, sequence->pages[GUARD_PRIMARY][0]);
}

static guard_reads reads_wanted(const struct sequence *sequence) {
    const struct guard_answer *answers = sequence->input.answers;
    guard_reads wanted = 0;
    if (sequence_is_judged(sequence)) return guard_wanted(&sequence->input) & ~sequence->under_way;
    if (answers[GUARD_PRIMARY].state == GUARD_UNASKED) wanted |= (guard_reads)1 << GUARD_PRIMARY;
    if (answers[GUARD_SECONDARY].state == GUARD_UNASKED && is_secondary_wanted(sequence))
        wanted |= (guard_reads)1 << GUARD_SECONDARY;
    return wanted & ~sequence->under_way;
}

/* ---- ends of requests ---- */

/* A profile is read once for all that the guard wants to know of it. */
static void keep_profile(struct sequence *sequence, enum guard_read read, int64_t at) {
    sequence->read_at[read] = at;
    (void)account_read(sequence->pages[read][0], &sequence->profiles[read]);
    sequence->input.answers[read].account = &sequence->profiles[read];
}

static void read_ended(struct sequence *sequence, const struct sequence_event *event) {
    enum guard_read read = (enum guard_read)event->slot;
    struct guard_answer *answer = &sequence->input.answers[read];
    enum failure_code code = event->result.code;
    sequence->under_way &= ~((guard_reads)1 << read);
    if (code == CODE_OK && answer->count < GUARD_PAGES && guard_takes(read, event->result.value)) {
        sequence->pages[read][answer->count++] = event->result.value;
        answer->state = GUARD_READ;
    } else {
        answer->state = code == CODE_NOT_FOUND ? GUARD_ABSENT : GUARD_UNREADABLE;
        answer->is_unheard = code != CODE_FORBIDDEN && code != CODE_UNAUTHORIZED;
    }
    bool is_profile = read == GUARD_PRIMARY || read == GUARD_SECONDARY;
    if (is_profile && answer->state == GUARD_UNREADABLE) {
        sequence_refuse(sequence, event->slot, SEQUENCE_READ, &event->result);
        return;
    }
    if (read == GUARD_PRIMARY) sequence->failure = event->result;
    if (is_profile) keep_profile(sequence, read, event->at);
}

static void ended(struct sequence *sequence, const struct sequence_event *event) {
    sequence->end.requests += event->result.attempts;
    switch (sequence->phase) {
    case SEQUENCE_READING: read_ended(sequence, event); break;
    case SEQUENCE_LOOKING: sequence_end_look(sequence, &event->result); break;
    case SEQUENCE_CHANGING: sequence_end_change(sequence, &event->result); break;
    default: break;
    }
}

static void dropped(struct sequence *sequence) {
    if (!sequence->is_approved) sequence_finish(sequence, CODE_CANCELLED, OUTCOME_NONE, NULL);
}

static void approved(struct sequence *sequence) {
    if (sequence->phase != SEQUENCE_WAITING) return;
    sequence->is_approved = true;
    sequence->step = SEQUENCE_WRITE;
    sequence_go_on(sequence);
}

void sequence_tell(struct sequence *sequence, const struct sequence_event *event) {
    if (sequence->phase == SEQUENCE_OVER) return;
    sequence->at = event->at;
    switch (event->kind) {
    case SEQUENCE_ENDED: ended(sequence, event); break;
    case SEQUENCE_APPROVED: approved(sequence); break;
    case SEQUENCE_DROPPED: dropped(sequence); break;
    case SEQUENCE_DELAYED: sequence_forget(sequence); break;
    }
}

/* ---- memory ---- */

/* After a refusal, all else is put back that can be. */
static void no_memory(struct sequence *sequence) {
    if (sequence->is_back && sequence->plan.goal == SEQUENCE_MERGE) {
        sequence->failed |= (sequence_steps)1 << SEQUENCE_PUT_BACK;
        if (sequence->phase == SEQUENCE_COMPARING) sequence->step++;
        sequence_go_on(sequence);
        return;
    }
    sequence_finish(sequence, CODE_UNREACHABLE, sequence->done != 0 ? OUTCOME_UNKNOWN : OUTCOME_NONE,
                    "not enough memory");
    sequence->end.is_partly = sequence->done != 0;
}

static void merging(struct sequence *sequence, void *memory) {
    merge_make(&sequence->given, memory, &sequence->merge);
    sequence->has_merge = true;
    sequence->input.merged = &sequence->merge;
    sequence_judge(sequence);
}

static void parsing(struct sequence *sequence, void *memory) {
    const char *fault = sequence_read_images(sequence, memory);
    if (fault != NULL)
        sequence_finish(sequence, CODE_INVALID_REQUEST, OUTCOME_NONE, fault);
    else if (sequence->plan.goal == SEQUENCE_SETTLE)
        sequence_settle(sequence);
    else
        sequence_go_on(sequence);
}

void sequence_give(struct sequence *sequence, void *memory) {
    if (sequence->phase == SEQUENCE_OVER) return;
    if (memory == NULL)
        no_memory(sequence);
    else if (sequence->phase == SEQUENCE_MERGING)
        merging(sequence, memory);
    else if (sequence->phase == SEQUENCE_PARSING)
        parsing(sequence, memory);
    else if (sequence->phase == SEQUENCE_COMPARING)
        sequence_compare(sequence, memory);
}

/* ---- actions ---- */

static struct sequence_action rest(void) { return (struct sequence_action){.kind = SEQUENCE_REST}; }

static struct sequence_action send(struct sequence *sequence, struct sequence_request request) {
    sequence_plan_request(sequence, &request);
    return (struct sequence_action){.kind = SEQUENCE_SEND, .request = request};
}

static struct sequence_action next_read(struct sequence *sequence, guard_reads wanted) {
    int read = 0;
    if (wanted == 0) return rest();
    while (!(wanted >> read & 1)) read++;
    sequence->under_way |= (guard_reads)1 << read;
    return send(sequence,
                (struct sequence_request){.step = SEQUENCE_READ, .read = (enum guard_read)read, .slot = read});
}

static struct sequence_action next_change(struct sequence *sequence) {
    bool is_look = sequence->phase == SEQUENCE_LOOKING;
    struct sequence_request request = {.step = is_look ? SEQUENCE_READ : sequence->step,
                                       .read = sequence->step == SEQUENCE_RESTORE ? GUARD_SECONDARY : GUARD_PRIMARY,
                                       .slot = !sequence->is_back      ? SEQUENCE_FORWARD
                                               : sequence->failed == 0 ? SEQUENCE_BACKWARD
                                                                       : SEQUENCE_ONWARD,
                                       .index = sequence->index};
    if (!is_look) sequence->is_approved = true;
    return send(sequence, request);
}

/* All has been read that was wanted. */
static void weigh(struct sequence *sequence) {
    if (sequence->is_again)
        sequence_weigh_again(sequence);
    else if (sequence_is_judged(sequence))
        sequence_weigh_merge(sequence);
    else
        sequence_weigh_receipt(sequence);
}

struct sequence_action sequence_next(struct sequence *sequence) {
    if (sequence->phase == SEQUENCE_READING) {
        guard_reads wanted = reads_wanted(sequence);
        if (wanted != 0 || sequence->under_way != 0) return next_read(sequence, wanted);
        weigh(sequence);
    }
    bool is_out = sequence->is_out;
    if (sequence->phase == SEQUENCE_OVER) return (struct sequence_action){.kind = SEQUENCE_FINISH};
    if (is_out || sequence->phase == SEQUENCE_WAITING) return rest();
    sequence->is_out = true;
    switch (sequence->phase) {
    case SEQUENCE_ASKING: sequence->phase = SEQUENCE_WAITING; return (struct sequence_action){.kind = SEQUENCE_RECEIPT};
    case SEQUENCE_LOOKING:
    case SEQUENCE_CHANGING: return next_change(sequence);
    default: return (struct sequence_action){.kind = SEQUENCE_MEMORY, .size = sequence->wanted};
    }
}

const struct sequence_end *sequence_end(const struct sequence *sequence) { return &sequence->end; }

/* ---- the beginning ---- */

static const char too_early[] = "a request of this merge may still be carried out";
static const char undone[] = "the receipt has been undone before; what was linked since has one of its own";

/* What the caller has read is what a read of the sequence's own would have shown then. A merge takes it only as long as
   it would take that. */
static void take_profiles(struct sequence *sequence) {
    const struct sequence_plan *plan = &sequence->plan;
    int64_t age = plan->at - plan->profiles_at;
    bool is_fresh = age >= 0 && age <= SEQUENCE_FRESH;
    if (plan->profiles[GUARD_PRIMARY].token == NULL || (plan->goal == SEQUENCE_MERGE && !is_fresh)) return;
    for (int read = GUARD_PRIMARY; read <= GUARD_SECONDARY; read++) {
        sequence->pages[read][0] = plan->profiles[read];
        sequence->input.answers[read].state = GUARD_READ;
        sequence->input.answers[read].count = 1;
        keep_profile(sequence, (enum guard_read)read, plan->profiles_at);
    }
}

void sequence_init(struct sequence *sequence, const struct sequence_plan *plan) {
    memset(sequence, 0, sizeof *sequence);
    sequence->plan = *plan;
    sequence->at = plan->at;
    sequence->input.options = plan->guard;
    for (int read = 0; read < GUARD_READS; read++) sequence->input.answers[read].pages = sequence->pages[read];
    if (sequence_is_judged(sequence)) {
        take_profiles(sequence);
        return;
    }
    const char *fault = sequence_read_receipt(sequence);
    if (fault != NULL)
        sequence_finish(sequence, CODE_INVALID_REQUEST, OUTCOME_NONE, fault);
    else if (sequence_is_undo(sequence) && sequence->receipt.state == RECEIPT_UNDONE)
        sequence_finish(sequence, CODE_GUARDED, OUTCOME_NONE, undone);
    else if (sequence_is_undo(sequence) && sequence_may_come_late(sequence))
        sequence_finish(sequence, CODE_GUARDED, OUTCOME_NONE, too_early);
}
