/* What a sequence tells its caller, as JSON. */
#include "pure/sequence_parts.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define BIT(step) ((sequence_steps)1 << (step))

enum { LONGEST_KEY = 1024, LONGEST_NAME = 256, NAMES_AT_MOST = 100 };

const char *sequence_step_name(enum sequence_step step) {
    static const char *const names[SEQUENCE_STEPS] = {
        "read",     "write",      "carry_roles",      "carry_permissions",   "carry_organization",
        "release",  "link",       "revoke",           "reset_password",      "unlink",
        "return",   "restore",    "restore_roles",    "restore_permissions", "restore_organization",
        "put_back", "take_roles", "take_permissions", "take_organization"};
    return names[step];
}

/* ---- preview and merge ---- */

static void put_names(struct writer *to, const struct sequence *sequence, const struct guard_finding *finding) {
    char name[LONGEST_NAME];
    size_t size;
    writer_name(to, "names");
    writer_open(to, '[');
    for (size_t i = 0; i < NAMES_AT_MOST && guard_named(&sequence->input, finding, i, name, sizeof name, &size); i++)
        writer_string(to, (struct span){name, size});
    writer_close(to, ']');
}

static void put_finding(struct writer *to, const struct sequence *sequence, const struct guard_finding *finding) {
    char words[GUARD_WORDS];
    guard_words(&sequence->input, finding, words);
    writer_open(to, '{');
    writer_member_words(to, "code", guard_reason_name(finding->reason));
    writer_member_words(to, "side", guard_side_name(finding->side));
    writer_member_words(to, "message", words);
    if (finding->read != GUARD_READS) writer_member_words(to, "read", guard_read_name(finding->read));
    put_names(to, sequence, finding);
    writer_close(to, '}');
}

static void put_findings(struct writer *to, const struct sequence *sequence, const char *name, bool refuses) {
    writer_name(to, name);
    writer_open(to, '[');
    for (size_t i = 0; i < sequence->verdict.count; i++)
        if (sequence->verdict.findings[i].refuses == refuses) put_finding(to, sequence, &sequence->verdict.findings[i]);
}

static void put_warning(struct writer *to, const char *code, const char *message) {
    writer_open(to, '{');
    writer_member_words(to, "code", code);
    writer_member_words(to, "side", guard_side_name(SIDE_PRIMARY));
    writer_member_words(to, "message", message);
    writer_close(to, '}');
}

static void put_judgement(struct writer *to, const struct sequence *sequence) {
    put_findings(to, sequence, "reasons", true);
    writer_close(to, ']');
    put_findings(to, sequence, "warnings", false);
    if (sequence->failed & BIT(SEQUENCE_REVOKE))
        put_warning(to, "not_revoked", "the primary's sessions and refresh tokens could not be revoked: revoke them");
    if (sequence->failed & BIT(SEQUENCE_RESET_PASSWORD))
        put_warning(to, "no_ticket", "a ticket for a new password could not be made: make one");
    writer_close(to, ']');
}

/* One thing: { what, key, of, why }. */
static void put_thing(struct writer *to, const char *what, struct span key, const char *of, const char *why) {
    writer_open(to, '{');
    writer_member_words(to, "what", what);
    if (key.size > 0) writer_member_text(to, "key", key);
    writer_member_words(to, "of", of);
    if (why != NULL) writer_member_words(to, "why", why);
    writer_close(to, '}');
}

static void put_entry(struct writer *to, const struct merge *merge, const struct merge_entry *entry, const char *why) {
    char key[LONGEST_KEY];
    put_thing(to, merge_part_name(entry->part), (struct span){key, merge_path(merge, entry, key, sizeof key)},
              guard_side_name(SIDE_SECONDARY), why);
}

static enum guard_fate fate_of(enum merge_fate fate) {
    if (merge_is_lost(fate)) return FATE_LOST;
    return fate == MERGE_HELD ? FATE_KEPT : FATE_CARRIED;
}

/* What a merge entry says is said by those in it where it was merged. */
static void put_keys(struct writer *to, const struct sequence *sequence, enum guard_fate fate) {
    for (size_t i = 0; sequence->has_merge && i < sequence->merge.entry_count; i++) {
        const struct merge_entry *entry = &sequence->merge.entries[i];
        if (entry->fate == MERGE_MERGED || fate_of(entry->fate) != fate) continue;
        put_entry(to, &sequence->merge, entry, merge_fate_name(entry->fate));
    }
}

/* `things` is a copy, since to go through it uses it up, and to read the accounts again takes longer. */
static void put_fate(struct writer *to, const struct sequence *sequence, struct guard_things things,
                     enum guard_fate fate) {
    writer_name(to, guard_fate_name(fate));
    writer_open(to, '[');
    while (guard_next_thing(&things)) {
        const struct guard_thing *thing = &things.thing;
        if (thing->fate != fate) continue;
        writer_open(to, '{');
        writer_member_words(to, "what", thing->what);
        writer_member_words(to, "of", guard_side_name(thing->of));
        writer_member_words(to, "why", thing->why);
        if (thing->count >= 0) {
            writer_name(to, "count");
            writer_integer(to, thing->count);
        }
        writer_close(to, '}');
    }
    put_keys(to, sequence, fate);
    writer_close(to, ']');
}

/* Steps, and whether those that take them back were done. */
static const struct {
    enum sequence_step step, back;
} pairs[] = {{SEQUENCE_WRITE, SEQUENCE_PUT_BACK},
             {SEQUENCE_CARRY_ROLES, SEQUENCE_TAKE_ROLES},
             {SEQUENCE_CARRY_PERMISSIONS, SEQUENCE_TAKE_PERMISSIONS},
             {SEQUENCE_CARRY_ORGANIZATION, SEQUENCE_TAKE_ORGANIZATION},
             {SEQUENCE_RELEASE, SEQUENCE_RETURN}};

/* What was taken back, or could not be. */
static void put_steps(struct writer *to, const struct sequence *sequence, const char *name, bool stands) {
    writer_name(to, name);
    writer_open(to, '[');
    for (size_t i = 0; i < COUNT(pairs); i++) {
        bool is_back = sequence->is_back && !(sequence->failed & BIT(pairs[i].back));
        if (sequence_is_done(sequence, pairs[i].step) && is_back != stands)
            writer_string(to, span_of(sequence_step_name(pairs[i].step)));
    }
    writer_close(to, ']');
}

static void put_conflicts(struct writer *to, const struct sequence *sequence);

/* Where the user sets a new password, for each that the account has. */
static void put_tickets(struct writer *to, const struct sequence *sequence) {
    struct json_value identity, ticket;
    writer_name(to, "tickets");
    writer_open(to, '[');
    for (size_t i = 0; i < SEQUENCE_TICKETS && sequence_password(sequence, i, &identity); i++) {
        char id[LONGEST_KEY];
        if (!json_member(sequence->tickets[i], SPAN("ticket"), &ticket)) continue;
        writer_open(to, '{');
        writer_member_text(to, "id", (struct span){id, account_identity_id(identity, id, sizeof id)});
        writer_member_value(to, "ticket", ticket);
        writer_close(to, '}');
    }
    writer_close(to, ']');
}

/* As the option of the same name takes it. */
static void put_created(struct writer *to, const struct sequence *sequence) {
    struct account account;
    writer_name(to, "created_at");
    writer_open(to, '{');
    if (guard_primary(&sequence->input, &account)) writer_member_value(to, "primary", account.created_at);
    if (guard_secondary(&sequence->input, &account)) writer_member_value(to, "secondary", account.created_at);
    writer_close(to, '}');
}

static void put_fates(struct writer *to, const struct sequence *sequence) {
    struct guard_things things = guard_things(&sequence->input);
    for (int fate = FATE_KEPT; fate <= FATE_NOT_KNOWN; fate++) put_fate(to, sequence, things, (enum guard_fate)fate);
}

static void put_merge(struct writer *to, const struct sequence *sequence) {
    writer_member_words(to, "proof", guard_proof_name(sequence->plan.guard.proof));
    put_created(to, sequence);
    put_judgement(to, sequence);
    if (sequence->has_merge && sequence->merge.patch.size > 0)
        writer_member_text(to, "patch_text", sequence->merge.patch);
    if (!sequence->plan.is_brief) put_fates(to, sequence);
    if (sequence->plan.goal == SEQUENCE_PREVIEW) {
        writer_member_flag(to, "already", guard_already_linked(&sequence->input));
        return;
    }
    bool is_linked = sequence->end.code == CODE_OK && !sequence_is_done(sequence, SEQUENCE_LINK);
    writer_member_flag(to, "already", is_linked || sequence->is_already);
    if (is_linked && sequence->input.answers[GUARD_PRIMARY].count > 0)
        writer_member_value(to, "identities", sequence_identities(sequence->pages[GUARD_PRIMARY][0]));
    else
        writer_member_value(to, "identities", sequence->identities);
    if (sequence->plan.reset_password) put_tickets(to, sequence);
    if (sequence->end.code == CODE_OK) return;
    put_steps(to, sequence, "put_back", false);
    put_steps(to, sequence, "stands", true);
    put_conflicts(to, sequence);
}

/* ---- undo and settle ---- */

/* The members that have a fate, of the primary. */
static void put_members(struct writer *to, const struct sequence *sequence, enum restore_fate fate, const char *why) {
    char key[LONGEST_KEY];
    for (size_t i = 0; sequence->has_restore && i < sequence->restore.entry_count; i++) {
        const struct restore_entry *entry = &sequence->restore.entries[i];
        if (entry->fate != fate) continue;
        size_t size = restore_path(&sequence->restore, entry, key, sizeof key);
        put_thing(to, merge_part_name(entry->part), (struct span){key, size}, guard_side_name(SIDE_PRIMARY), why);
    }
}

/* Of what the secondary was to have again: what it has got, what it holds something else for, what it cannot get. */
enum again { AGAIN_RESTORED, AGAIN_CONFLICT, AGAIN_LOST };

static enum again again_of(enum merge_fate fate) {
    if (fate == MERGE_UNWRITABLE) return AGAIN_LOST;
    return merge_is_lost(fate) ? AGAIN_CONFLICT : AGAIN_RESTORED;
}

static void put_again(struct writer *to, const struct sequence *sequence, enum again again, const char *why) {
    if (again == AGAIN_RESTORED && !sequence_is_done(sequence, SEQUENCE_RESTORE)) return;
    for (size_t i = 0; sequence->has_merge && i < sequence->merge.entry_count; i++) {
        const struct merge_entry *entry = &sequence->merge.entries[i];
        if (again_of(entry->fate) != again || entry->fate == MERGE_HELD || entry->fate == MERGE_MERGED) continue;
        put_entry(to, &sequence->merge, entry, why);
    }
}

static void put_conflicts(struct writer *to, const struct sequence *sequence) {
    writer_name(to, "conflicts");
    writer_open(to, '[');
    put_members(to, sequence, RESTORE_CONFLICT, "it was changed since");
    if (sequence->plan.goal == SEQUENCE_UNDO) {
        put_again(to, sequence, AGAIN_CONFLICT, "the account holds another value");
        if (sequence->is_linked && !sequence_may_have_linked(&sequence->receipt))
            put_thing(to, "identity", (struct span){NULL, 0}, guard_side_name(SIDE_PRIMARY),
                      "this merge did not link it: it is not unlinked");
        if (sequence_keeps_from_holder(sequence))
            put_thing(to, "identity", (struct span){NULL, 0}, guard_side_name(SIDE_HOLDER),
                      "it is an account with metadata of its own by now: it is not linked to its holder");
    }
    writer_close(to, ']');
}

static void put_undone_steps(struct writer *to, const struct sequence *sequence) {
    static const struct {
        const char *what;
        enum sequence_step step;
        enum guard_side of;
    } things[] = {
        {"identity", SEQUENCE_UNLINK, SIDE_PRIMARY},
        {"identity", SEQUENCE_RETURN, SIDE_HOLDER},
        {"roles", SEQUENCE_RESTORE_ROLES, SIDE_SECONDARY},
        {"permissions", SEQUENCE_RESTORE_PERMISSIONS, SIDE_SECONDARY},
        {"organizations", SEQUENCE_RESTORE_ORGANIZATION, SIDE_SECONDARY},
        {"roles", SEQUENCE_TAKE_ROLES, SIDE_PRIMARY},
        {"permissions", SEQUENCE_TAKE_PERMISSIONS, SIDE_PRIMARY},
        {"organizations", SEQUENCE_TAKE_ORGANIZATION, SIDE_PRIMARY},
    };
    for (size_t i = 0; i < COUNT(things); i++)
        if (sequence_is_done(sequence, things[i].step))
            put_thing(to, things[i].what, (struct span){NULL, 0}, guard_side_name(things[i].of), NULL);
}

/* What no request gives back, of the account that is on its own again. */
static void put_lost(struct writer *to, const struct sequence *sequence) {
    static const char *const things[] = {"sessions",
                                         "refresh_tokens",
                                         "grants",
                                         "device_credentials",
                                         "connected_accounts",
                                         "passkeys",
                                         "factors",
                                         "groups",
                                         "logs",
                                         "picture",
                                         "nickname",
                                         "created_at",
                                         "updated_at",
                                         "logins_count",
                                         "last_login",
                                         "last_ip",
                                         "last_password_reset"};
    writer_name(to, "lost");
    writer_open(to, '[');
    for (size_t i = 0; i < COUNT(things); i++)
        put_thing(to, things[i], (struct span){NULL, 0}, guard_side_name(SIDE_SECONDARY),
                  "the API has no request that gives it back");
    put_again(to, sequence, AGAIN_LOST, "the tenant takes no such key or value; it stands in the receipt");
    writer_close(to, ']');
}

static void put_undo(struct writer *to, const struct sequence *sequence) {
    writer_member_value(to, "identities", sequence->identities);
    writer_name(to, "restored");
    writer_open(to, '[');
    if (sequence_is_done(sequence, SEQUENCE_PUT_BACK)) put_members(to, sequence, RESTORE_PUT_BACK, NULL);
    put_again(to, sequence, AGAIN_RESTORED, NULL);
    put_undone_steps(to, sequence);
    writer_close(to, ']');
    put_conflicts(to, sequence);
    put_lost(to, sequence);
}

static void put_settle(struct writer *to, const struct sequence *sequence) {
    writer_member_words(to, "state", receipt_state_name(sequence_settled_state(sequence)));
    writer_member_value(to, "identities", sequence->identities);
    writer_name(to, "stands");
    writer_open(to, '[');
    put_members(to, sequence, RESTORE_PUT_BACK, NULL);
    writer_close(to, ']');
    writer_name(to, "changed");
    writer_open(to, '[');
    put_members(to, sequence, RESTORE_CONFLICT, NULL);
    writer_close(to, ']');
}

/* Until when the merge is not to be undone. */
static void put_undo_after(struct writer *to, const struct sequence *sequence) {
    bool is_judged = sequence_is_judged(sequence);
    if (is_judged ? !sequence->is_open : !sequence_may_come_late(sequence)) return;
    writer_name(to, "undo_after");
    writer_integer(to, (is_judged ? sequence->at : sequence->receipt.at) + SEQUENCE_LATE);
}

size_t sequence_result(const struct sequence *sequence, char *to, size_t room) {
    struct writer writer = writer_within(to, room);
    writer_open(&writer, '{');
    writer_member_text(&writer, "primary", sequence->plan.guard.primary);
    writer_member_text(&writer, "secondary", sequence->plan.guard.secondary);
    switch (sequence->plan.goal) {
    case SEQUENCE_PREVIEW:
    case SEQUENCE_MERGE: put_merge(&writer, sequence); break;
    case SEQUENCE_UNDO: put_undo(&writer, sequence); break;
    case SEQUENCE_SETTLE: put_settle(&writer, sequence); break;
    }
    put_undo_after(&writer, sequence);
    writer_name(&writer, "requests");
    writer_integer(&writer, sequence->end.requests);
    writer_close(&writer, '}');
    return writer.size;
}
