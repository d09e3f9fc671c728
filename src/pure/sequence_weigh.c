/* What a sequence makes of what it has read. */
#include "pure/sequence_parts.h"

static const struct json_value absent = {NULL, NULL};

static struct json_value profile(const struct sequence *sequence, enum guard_read read) {
    return sequence->input.answers[read].state == GUARD_READ ? sequence->pages[read][0] : absent;
}

bool sequence_is_judged(const struct sequence *sequence) {
    return sequence->plan.goal == SEQUENCE_PREVIEW || sequence->plan.goal == SEQUENCE_MERGE;
}

/* ---- preview and merge: the judgement ---- */

static bool is_linked_before(const struct guard_verdict *verdict) {
    return verdict->refused == 1 && verdict->findings[0].reason == REASON_ALREADY_LINKED;
}

void sequence_judge(struct sequence *sequence) {
    guard_judge(&sequence->input, &sequence->verdict);
    if (sequence->plan.goal == SEQUENCE_PREVIEW || is_linked_before(&sequence->verdict))
        sequence_finish(sequence, CODE_OK, OUTCOME_NONE, NULL);
    else if (sequence->verdict.refused > 0)
        sequence_finish(sequence, CODE_GUARDED, OUTCOME_NONE, NULL);
    else
        sequence_enter(sequence, SEQUENCE_ASKING);
}

void sequence_weigh_merge(struct sequence *sequence) {
    struct account primary, secondary;
    if (!guard_primary(&sequence->input, &primary) || !guard_secondary(&sequence->input, &secondary)) {
        sequence_judge(sequence);
        return;
    }
    unsigned carry = sequence->plan.guard.carry;
    sequence->given = sequence->plan.merge;
    sequence->given.primary = primary.profile;
    sequence->given.secondary = secondary.profile;
    sequence->given.choice[MERGE_NAME] = carry & GUARD_NAME ? MERGE_PRIMARY_WINS : MERGE_DISCARD;
    sequence->given.choice[MERGE_PICTURE] = carry & GUARD_PICTURE ? MERGE_PRIMARY_WINS : MERGE_DISCARD;
    sequence_want(sequence, SEQUENCE_MERGING, merge_room(&sequence->given));
}

/* ---- undo and settle ---- */

static const char blocked[] =
    "the primary is blocked, and the secondary would be an account without that block: unblock "
    "the primary first, if there is no reason left for the block";
static const char nowhere[] = "the secondary is neither an identity of the primary nor an account of its own";

bool sequence_may_come_late(const struct sequence *sequence) {
    return sequence->receipt.is_open && sequence->plan.at - sequence->receipt.at < SEQUENCE_LATE;
}

/* Whether an undo would let a person who is blocked sign in again. */
static bool would_unblock(const struct sequence *sequence) {
    struct account primary;
    return sequence_is_undo(sequence) && sequence->is_linked && sequence_may_have_linked(&sequence->receipt) &&
           guard_primary(&sequence->input, &primary) && account_is_blocked(&primary);
}

void sequence_weigh_receipt(struct sequence *sequence) {
    struct account secondary;
    struct json_value primary = profile(sequence, GUARD_PRIMARY);
    sequence->is_linked = sequence_is_linked(sequence, primary);
    sequence->identities = sequence_identities(primary);
    bool is_own = guard_secondary(&sequence->input, &secondary);
    if (primary.token == NULL)
        sequence_finish_by(sequence, GUARD_PRIMARY, SEQUENCE_READ, &sequence->failure);
    else if (sequence_is_undo(sequence) && !sequence->is_linked && !is_own &&
             sequence_may_have_linked(&sequence->receipt))
        sequence_finish(sequence, CODE_CONFLICT, OUTCOME_NONE, nowhere);
    else if (would_unblock(sequence))
        sequence_finish(sequence, CODE_GUARDED, OUTCOME_NONE, blocked);
    else
        sequence_begin_back(sequence);
}

void sequence_settle(struct sequence *sequence) {
    sequence->restore_given =
        (struct restore_given){sequence->before, sequence->wrote, profile(sequence, GUARD_PRIMARY)};
    if (sequence->wrote.token != NULL)
        sequence_want(sequence, SEQUENCE_COMPARING, restore_room(&sequence->restore_given));
    else
        sequence_finish(sequence, CODE_OK, OUTCOME_NONE, NULL);
}

/* ---- after the receipt has waited ---- */

static const char edited[] = "an account was changed after it had been judged: merge again";
static const char refusing[] = "an account was changed, and the guard refuses it by now: preview the merge";

/* What the patch and the receipt were made of, and whether it is the account that was judged. */
static bool is_as_judged(const struct account *was, const struct account *is) {
    return json_is_alike(was->user_metadata, is->user_metadata) && json_is_alike(was->app_metadata, is->app_metadata) &&
           json_is_alike(was->name, is->name) && json_is_alike(was->picture, is->picture) &&
           json_is_alike(was->created_at, is->created_at);
}

void sequence_weigh_again(struct sequence *sequence) {
    struct account primary, secondary;
    bool are_there = guard_primary(&sequence->input, &primary) && guard_secondary(&sequence->input, &secondary);
    guard_judge(&sequence->input, &sequence->verdict);
    if (sequence->verdict.refused > 0)
        sequence_stop(sequence, refusing);
    else if (!are_there || !is_as_judged(&sequence->judged[0], &primary) ||
             !is_as_judged(&sequence->judged[1], &secondary))
        sequence_stop(sequence, edited);
    else
        sequence_go_on(sequence);
}

static void forget(struct sequence *sequence, enum guard_read read) {
    sequence->input.answers[read].state = GUARD_UNASKED;
    sequence->input.answers[read].count = 0;
}

void sequence_forget(struct sequence *sequence) {
    forget(sequence, GUARD_PRIMARY);
    forget(sequence, GUARD_SECONDARY);
}

/* From its first change on, the primary holds what this merge writes; an identity that is moved has nothing of its own.
   */
static bool is_old(const struct sequence *sequence, enum guard_read read) {
    bool counts = sequence->done == 0 ||
                  (read == GUARD_SECONDARY && sequence->step == SEQUENCE_LINK && !sequence_moves(sequence));
    return counts && sequence->at - sequence->read_at[read] > SEQUENCE_FRESH;
}

bool sequence_is_stale(const struct sequence *sequence) {
    return !sequence->is_back && (is_old(sequence, GUARD_PRIMARY) || is_old(sequence, GUARD_SECONDARY));
}

void sequence_look_again(struct sequence *sequence) {
    (void)guard_primary(&sequence->input, &sequence->judged[0]);
    (void)guard_secondary(&sequence->input, &sequence->judged[1]);
    for (int read = GUARD_PRIMARY; read <= GUARD_SECONDARY; read++)
        if (is_old(sequence, (enum guard_read)read)) forget(sequence, (enum guard_read)read);
    sequence->is_again = true;
    sequence_enter(sequence, SEQUENCE_READING);
}
