/* Which steps of a sequence are needed. */
#include "pure/sequence_parts.h"

#define BIT(step) ((sequence_steps)1 << (step))

/* A relink that moves an identity: whose it was. */
static bool moves(const struct sequence *sequence) {
    return sequence_is_undo(sequence) ? sequence->holder.at != NULL : sequence_moves(sequence);
}

static bool has_entry(const struct sequence *sequence, enum sequence_step step) {
    struct json_value entry;
    struct sequence_entries entries = sequence_entries(sequence, step);
    for (size_t i = 0; sequence_next_entry(&entries, &entry); i++)
        if (i == sequence->index) return true;
    return false;
}

/* Whether the step that a merge has taken is to be taken back; of an undo, whether the receipt speaks of it. */
static bool was_carried(const struct sequence *sequence, enum sequence_step carry, enum sequence_step take) {
    return (sequence_is_undo(sequence) || (sequence->done & BIT(carry))) && has_entry(sequence, take);
}

static bool is_on_its_own(const struct sequence *sequence) {
    return !sequence->is_linked || (sequence->done & BIT(SEQUENCE_UNLINK));
}

static bool is_empty(struct json_value metadata) {
    return metadata.token == NULL || json_kind(metadata) == JSON_NULL ||
           (json_kind(metadata) == JSON_OBJECT && metadata.token->size == 0);
}

bool sequence_keeps_from_holder(const struct sequence *sequence) {
    struct account secondary;
    return sequence_is_undo(sequence) && moves(sequence) && !sequence->is_linked &&
           (!guard_secondary(&sequence->input, &secondary) || !is_empty(secondary.user_metadata) ||
            !is_empty(secondary.app_metadata));
}

bool sequence_password(const struct sequence *sequence, size_t index, struct json_value *identity) {
    for (struct json_walk walk = json_walk(sequence->identities); json_next(&walk);) {
        struct account account = account_of_identity(walk.value);
        if (!account_has_password(&account) || index-- > 0) continue;
        *identity = walk.value;
        return true;
    }
    return false;
}

static bool is_ticket_needed(const struct sequence *sequence) {
    struct json_value identity;
    return sequence->plan.reset_password && sequence->index < SEQUENCE_TICKETS &&
           sequence_password(sequence, sequence->index, &identity);
}

static bool is_forward_needed(const struct sequence *sequence) {
    switch (sequence->step) {
    case SEQUENCE_WRITE: return sequence->merge.patch.size > 0;
    case SEQUENCE_CARRY_ROLES:
    case SEQUENCE_CARRY_PERMISSIONS:
    case SEQUENCE_CARRY_ORGANIZATION: return has_entry(sequence, sequence->step);
    case SEQUENCE_RELEASE: return moves(sequence);
    case SEQUENCE_REVOKE: return sequence->plan.revoke;
    case SEQUENCE_RESET_PASSWORD: return is_ticket_needed(sequence);
    default: return true;
    }
}

static bool is_back_needed(const struct sequence *sequence) {
    bool may_have_linked = sequence_is_undo(sequence) && sequence_may_have_linked(&sequence->receipt);
    bool restores = may_have_linked && is_on_its_own(sequence) && !moves(sequence);
    switch (sequence->step) {
    case SEQUENCE_UNLINK: return may_have_linked && sequence->is_linked;
    case SEQUENCE_RETURN:
        return moves(sequence) &&
               (sequence_is_undo(sequence) ? is_on_its_own(sequence) && !sequence_keeps_from_holder(sequence)
                                           : (sequence->done & BIT(SEQUENCE_RELEASE)) != 0);
    case SEQUENCE_RESTORE: return restores && sequence->was.token != NULL;
    case SEQUENCE_RESTORE_ROLES:
    case SEQUENCE_RESTORE_PERMISSIONS:
    case SEQUENCE_RESTORE_ORGANIZATION: return restores && has_entry(sequence, sequence->step);
    case SEQUENCE_PUT_BACK: return sequence->wrote.token != NULL;
    case SEQUENCE_TAKE_ROLES: return was_carried(sequence, SEQUENCE_CARRY_ROLES, SEQUENCE_TAKE_ROLES);
    case SEQUENCE_TAKE_PERMISSIONS: return was_carried(sequence, SEQUENCE_CARRY_PERMISSIONS, SEQUENCE_TAKE_PERMISSIONS);
    case SEQUENCE_TAKE_ORGANIZATION:
        return was_carried(sequence, SEQUENCE_CARRY_ORGANIZATION, SEQUENCE_TAKE_ORGANIZATION);
    default: return false;
    }
}

bool sequence_may_have_linked(const struct receipt *receipt) {
    return receipt->state != RECEIPT_NOT_MERGED && !receipt->is_already;
}

/* What the secondary could not be given stays with the primary. */
static bool is_owed(const struct sequence *sequence) {
    const unsigned apart = SEQUENCE_PUT_BACK - SEQUENCE_RESTORE;
    return sequence->step >= SEQUENCE_PUT_BACK && (sequence->failed & BIT(sequence->step - apart));
}

bool sequence_needs(const struct sequence *sequence) {
    return sequence->is_back ? is_back_needed(sequence) && !is_owed(sequence) : is_forward_needed(sequence);
}
