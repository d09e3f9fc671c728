/* The changes of a sequence, forward and back: which comes next, and what the end of one means. */
#include "pure/sequence_parts.h"

#define BIT(step) ((sequence_steps)1 << (step))

/* ---- changes: which comes next ---- */

/* All has been done that was to be. If a merge puts back, its end was set when it was refused. */
static void finish_changes(struct sequence *sequence) {
    if (!sequence->is_back || (sequence_is_undo(sequence) && sequence->failed == 0)) {
        sequence_finish(sequence, CODE_OK, OUTCOME_NONE, NULL);
        return;
    }
    bool is_partly = sequence_is_undo(sequence) ? sequence->done != 0 : sequence->failed != 0;
    if (sequence_is_undo(sequence))
        sequence_finish_by(sequence, SEQUENCE_BACKWARD, sequence->end.step, &sequence->failure);
    sequence->phase = SEQUENCE_OVER;
    sequence->end.is_partly = is_partly;
    if (is_partly) sequence->end.outcome = OUTCOME_UNKNOWN;
}

/* To the next step that is needed, this one included. */
void sequence_go_on(struct sequence *sequence) {
    enum sequence_step last = sequence->is_back ? SEQUENCE_TAKE_ORGANIZATION : SEQUENCE_RESET_PASSWORD;
    for (; sequence->step <= last; sequence->step++, sequence->index = 0) {
        if (!sequence_needs(sequence)) continue;
        bool looks = sequence->step == SEQUENCE_RESTORE || sequence->step == SEQUENCE_PUT_BACK;
        if (sequence_is_stale(sequence))
            sequence_look_again(sequence);
        else
            sequence_enter(sequence, looks ? SEQUENCE_LOOKING : SEQUENCE_CHANGING);
        return;
    }
    finish_changes(sequence);
}

static void skip(struct sequence *sequence) {
    sequence->step++;
    sequence->index = 0;
    sequence_go_on(sequence);
}

static bool is_one_of_several(enum sequence_step step) {
    return step == SEQUENCE_CARRY_ORGANIZATION || step == SEQUENCE_TAKE_ORGANIZATION ||
           step == SEQUENCE_RESTORE_ORGANIZATION || step == SEQUENCE_RESET_PASSWORD;
}

/* ---- putting back, and undo ---- */

/* Turns to the steps back. All of them stand behind the present step, so the search goes on from there. */
void sequence_begin_back(struct sequence *sequence) {
    sequence->is_back = true;
    size_t room = sequence_images_room(sequence);
    if (room > 0)
        sequence_want(sequence, SEQUENCE_PARSING, room);
    else
        sequence_go_on(sequence);
}

/* The end of the merge is set. What it has changed is put back, unless a request may still be carried out. */
static void put_back(struct sequence *sequence) {
    if (sequence->is_open || sequence->end.outcome == OUTCOME_UNKNOWN) {
        sequence->end.is_partly = sequence->done != 0;
        sequence->end.code = CODE_UNKNOWN_OUTCOME;
        sequence->end.outcome = OUTCOME_UNKNOWN;
    } else if (sequence->done != 0) {
        sequence_begin_back(sequence);
    }
}

void sequence_refuse(struct sequence *sequence, int slot, enum sequence_step step,
                     const struct operation_result *result) {
    sequence_finish_by(sequence, slot, step, result);
    put_back(sequence);
}

void sequence_stop(struct sequence *sequence, const char *what) {
    sequence_finish(sequence, CODE_GUARDED, OUTCOME_NONE, what);
    put_back(sequence);
}

/* A step back that could not be taken. An undo goes on too, and fails in the end as its first such step did. */
static void back_failed(struct sequence *sequence, const struct operation_result *result) {
    if (sequence_is_undo(sequence) && sequence->failed == 0) {
        sequence->failure = *result;
        sequence->end.step = sequence->step;
    }
    sequence->failed |= BIT(sequence->step);
    if (sequence_is_undo(sequence) && sequence->step < SEQUENCE_RESTORE)
        finish_changes(sequence);
    else
        skip(sequence);
}

/* ---- ends of requests ---- */

void sequence_end_look(struct sequence *sequence, const struct operation_result *result) {
    if (result->code != CODE_OK) {
        back_failed(sequence, result);
    } else if (sequence->step == SEQUENCE_RESTORE) {
        sequence->given = (struct merge_given){
            .primary = result->value,
            .secondary = sequence->was,
            .choice = {[MERGE_USER_METADATA] = MERGE_PRIMARY_WINS, [MERGE_APP_METADATA] = MERGE_PRIMARY_WINS},
            .leaves_faults = true};
        sequence_want(sequence, SEQUENCE_COMPARING, merge_room(&sequence->given));
    } else {
        sequence->restore_given = (struct restore_given){sequence->before, sequence->wrote, result->value};
        sequence_want(sequence, SEQUENCE_COMPARING, restore_room(&sequence->restore_given));
    }
}

static void keep_answer(struct sequence *sequence, const struct operation_result *result) {
    switch (sequence->step) {
    case SEQUENCE_LINK:
        sequence->is_already = result->already;
        sequence->identities = result->value;
        break;
    case SEQUENCE_UNLINK: sequence->identities = result->value; break;
    case SEQUENCE_RESET_PASSWORD: sequence->tickets[sequence->index] = result->value; break;
    default: break;
    }
}

static bool is_after_link(enum sequence_step step) {
    return step == SEQUENCE_REVOKE || step == SEQUENCE_RESET_PASSWORD;
}

void sequence_end_change(struct sequence *sequence, const struct operation_result *result) {
    enum sequence_step step = sequence->step;
    bool is_done = result->code == CODE_OK;
    /* What comes late after the link changes nothing that could be put back. */
    if (!sequence->is_back && !is_after_link(step)) sequence->is_open = sequence->is_open || result->is_open;
    if (is_done) {
        sequence->done |= BIT(step);
        keep_answer(sequence, result);
        if (step == SEQUENCE_CARRY_ORGANIZATION) sequence->organizations++;
        sequence->index++;
        if (is_one_of_several(step))
            sequence_go_on(sequence);
        else
            skip(sequence);
    } else if (is_after_link(step)) {
        sequence->failed |= BIT(step);
        sequence->index++;
        if (is_one_of_several(step))
            sequence_go_on(sequence);
        else
            skip(sequence);
    } else if (sequence->is_back) {
        back_failed(sequence, result);
    } else {
        sequence_refuse(sequence, SEQUENCE_FORWARD, step, result);
    }
}

/* ---- memory ---- */

void sequence_compare(struct sequence *sequence, void *memory) {
    bool is_restore = sequence->step == SEQUENCE_RESTORE;
    if (is_restore) {
        merge_make(&sequence->given, memory, &sequence->merge);
        sequence->has_merge = true;
    } else {
        restore_make(&sequence->restore_given, memory, &sequence->restore);
        sequence->has_restore = true;
    }
    if (sequence->plan.goal == SEQUENCE_SETTLE)
        sequence_finish(sequence, CODE_OK, OUTCOME_NONE, NULL);
    else if ((is_restore ? sequence->merge.patch.size : sequence->restore.patch.size) > 0)
        sequence_enter(sequence, SEQUENCE_CHANGING);
    else
        skip(sequence);
}
