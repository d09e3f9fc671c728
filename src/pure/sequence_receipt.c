/* The receipt that a sequence gives its caller. */
#include "pure/sequence_parts.h"

static bool is_over(const struct sequence *sequence) { return sequence->phase == SEQUENCE_OVER; }

static enum receipt_state state_of(const struct sequence *sequence) {
    if (!is_over(sequence)) return RECEIPT_PLANNED;
    if (sequence_is_done(sequence, SEQUENCE_LINK)) return RECEIPT_MERGED;
    bool is_unknown = sequence->end.step == SEQUENCE_LINK && sequence->end.result.outcome == OUTCOME_UNKNOWN;
    return is_unknown ? RECEIPT_UNKNOWN : RECEIPT_NOT_MERGED;
}

static void put_secondary(struct writer *to, const struct sequence *sequence, const struct account *secondary) {
    const struct identity_target *target = &sequence->plan.target;
    writer_name(to, "secondary");
    writer_open(to, '{');
    writer_member_text(to, "id", sequence->plan.guard.secondary);
    writer_member_text(to, "provider", target->provider);
    writer_member_text(to, "user_id", target->bare);
    writer_member_value(to, "connection", secondary->connection);
    writer_close(to, '}');
}

static void put_image(struct writer *to, const char *name, struct json_value metadata) {
    if (json_kind(metadata) != JSON_OBJECT) return;
    writer_name(to, name);
    writer_quoted_value(to, metadata);
}

/* All that the secondary has of it, where that is known. */
static void put_had(struct writer *to, const struct sequence *sequence, enum receipt_list list) {
    struct sequence_entries entries = sequence_all_entries(sequence, list);
    if (entries.walk.answer == NULL) return;
    writer_name(to, receipt_list_name(list));
    sequence_put_entries(to, &entries, list);
}

static void put_was(struct writer *to, const struct sequence *sequence, const struct account *secondary) {
    writer_name(to, "secondary_was");
    writer_open(to, '{');
    put_image(to, "user_metadata", secondary->user_metadata);
    put_image(to, "app_metadata", secondary->app_metadata);
    writer_member_value(to, "name", secondary->name);
    writer_member_value(to, "email", secondary->email);
    writer_member_value(to, "picture", secondary->picture);
    for (int list = 0; list < RECEIPT_LISTS; list++) put_had(to, sequence, (enum receipt_list)list);
    writer_close(to, '}');
}

/* Whether a step is to be taken, or, after the end, was or may have been, and was not taken back. */
static bool is_carried(const struct sequence *sequence, enum sequence_step carry, enum sequence_step take) {
    bool is_taken = sequence->is_back && !(sequence->failed & ((sequence_steps)1 << take));
    bool was_last = sequence->is_open && sequence->end.step == carry;
    return !is_over(sequence) || (sequence_is_done(sequence, carry) && !is_taken) || was_last;
}

static void put_carried(struct writer *to, const struct sequence *sequence) {
    static const enum sequence_step carries[] = {SEQUENCE_CARRY_ROLES, SEQUENCE_CARRY_PERMISSIONS,
                                                 SEQUENCE_CARRY_ORGANIZATION};
    static const enum sequence_step takes[] = {SEQUENCE_TAKE_ROLES, SEQUENCE_TAKE_PERMISSIONS,
                                               SEQUENCE_TAKE_ORGANIZATION};
    writer_name(to, "carried");
    writer_open(to, '{');
    for (int list = 0; list < RECEIPT_LISTS; list++) {
        struct sequence_entries entries = sequence_entries(sequence, carries[list]);
        if (entries.lacking == NULL || !is_carried(sequence, carries[list], takes[list])) continue;
        if (is_over(sequence) && list == RECEIPT_ORGANIZATIONS)
            entries.most = sequence->organizations + (sequence->is_open && sequence->end.step == carries[list]);
        writer_name(to, receipt_list_name((enum receipt_list)list));
        sequence_put_entries(to, &entries, (enum receipt_list)list);
    }
    writer_close(to, '}');
}

/* From when on it is counted whether a request may still come. Of a planned merge that is when its last may begin: its
   process may be at it until then, without the reader of the receipt. */
static int64_t time_of(const struct sequence *sequence) {
    int64_t ends = sequence->plan.ends;
    return !is_over(sequence) && ends > sequence->at ? ends : sequence->at;
}

static void put_merge_receipt(struct writer *to, const struct sequence *sequence) {
    const struct sequence_plan *plan = &sequence->plan;
    struct account secondary;
    enum receipt_state state = state_of(sequence);
    (void)guard_secondary(&sequence->input, &secondary);
    if (sequence->is_again) secondary = sequence->judged[1]; /* whose metadata the merge is made of */
    writer_open(to, '{');
    writer_name(to, "version");
    writer_integer(to, RECEIPT_VERSION);
    writer_member_text(to, "domain", plan->domain);
    writer_member_text(to, "primary", plan->guard.primary);
    put_secondary(to, sequence, &secondary);
    writer_name(to, "at");
    writer_integer(to, time_of(sequence));
    writer_member_words(to, "proof", guard_proof_name(plan->guard.proof));
    if (sequence->merge.patch.size > 0) {
        writer_member_text(to, "before", sequence->merge.before);
        writer_member_text(to, "wrote", sequence->merge.patch);
    }
    put_was(to, sequence, &secondary);
    put_carried(to, sequence);
    if (sequence_moves(sequence)) writer_member_text(to, "holder", plan->guard.relink.holder);
    writer_member_words(to, "state", receipt_state_name(state));
    writer_member_flag(to, "open", state == RECEIPT_PLANNED || sequence->is_open);
    writer_member_flag(to, "already", sequence->is_already);
    writer_close(to, '}');
}

/* What was not known is what is seen now. */
enum receipt_state sequence_settled_state(const struct sequence *sequence) {
    enum receipt_state state = sequence->receipt.state;
    if (sequence->plan.goal == SEQUENCE_UNDO) return RECEIPT_UNDONE;
    if (state != RECEIPT_PLANNED && state != RECEIPT_UNKNOWN) return state;
    if (sequence->is_linked) return RECEIPT_MERGED;
    return sequence_may_come_late(sequence) ? RECEIPT_UNKNOWN : RECEIPT_NOT_MERGED;
}

/* The receipt that was given, with what is known now. */
static void put_settled_receipt(struct writer *to, const struct sequence *sequence) {
    writer_open(to, '{');
    for (struct json_walk walk = json_walk(sequence->receipt.whole); json_next(&walk);) {
        if (json_string_is(walk.name, SPAN("state")) || json_string_is(walk.name, SPAN("open"))) continue;
        writer_value(to, walk.name);
        writer_text(to, SPAN(":"));
        to->needs_comma = false;
        writer_value(to, walk.value);
    }
    writer_member_words(to, "state", receipt_state_name(sequence_settled_state(sequence)));
    writer_member_flag(to, "open", sequence_may_come_late(sequence));
    writer_close(to, '}');
}

size_t sequence_receipt(const struct sequence *sequence, char *to, size_t room) {
    struct writer writer = writer_within(to, room);
    bool is_merge = sequence->plan.goal == SEQUENCE_MERGE;
    if (is_merge && (sequence->is_approved || sequence->phase == SEQUENCE_WAITING))
        put_merge_receipt(&writer, sequence);
    else if (sequence->receipt.whole.token != NULL && is_over(sequence) && sequence->end.code == CODE_OK)
        put_settled_receipt(&writer, sequence);
    return writer.size;
}
