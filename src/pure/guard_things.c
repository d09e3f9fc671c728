/* What a link does to each thing that the two accounts have. The documentation says little of it: what it does not say
   is not known. */
#include "pure/guard.h"

const char *guard_fate_name(enum guard_fate fate) {
    static const char *const names[] = {"kept", "lost", "carried", "not_known"};
    return names[fate];
}

/* Where an account shows whether it has the thing, and how much of it. */
enum source { UNSEEN, ALWAYS, BLOCK, SECONDARIES, DIRECTORY, METADATA, GONE_METADATA, VALUE, LIST, PASSKEYS };

struct row {
    const char *what;
    enum guard_side of;
    enum source source;
    int which; /* of metadata and values: enum merge_part; of a list: enum guard_read */
    enum guard_fate fate;
    const char *why;
    unsigned part; /* that `carry` may name */
    const char *why_carried;
};

#define OF_PRIMARY "bound to the primary's id, which stays"
#define OF_OLD_ID "bound to the secondary's id, which goes; not documented"

static const struct row rows[] = {
    {"id", SIDE_PRIMARY, ALWAYS, 0, FATE_KEPT, "it stays the account's id, and the `sub` of tokens", 0, NULL},
    {"profile", SIDE_PRIMARY, ALWAYS, 0, FATE_KEPT, "the primary's own attributes stay", 0, NULL},
    {"user_metadata", SIDE_PRIMARY, METADATA, MERGE_USER_METADATA, FATE_KEPT,
     "a merge adds to it, and takes nothing away", 0, NULL},
    {"app_metadata", SIDE_PRIMARY, METADATA, MERGE_APP_METADATA, FATE_KEPT,
     "a merge adds to it, and takes nothing away", 0, NULL},
    {"roles", SIDE_PRIMARY, UNSEEN, 0, FATE_KEPT, OF_PRIMARY, 0, NULL},
    {"permissions", SIDE_PRIMARY, UNSEEN, 0, FATE_KEPT, OF_PRIMARY, 0, NULL},
    {"organizations", SIDE_PRIMARY, UNSEEN, 0, FATE_KEPT, OF_PRIMARY, 0, NULL},
    {"groups", SIDE_PRIMARY, UNSEEN, 0, FATE_KEPT, OF_PRIMARY, 0, NULL},
    {"factors", SIDE_PRIMARY, UNSEEN, 0, FATE_KEPT, OF_PRIMARY, 0, NULL},
    {"id", SIDE_SECONDARY, ALWAYS, 0, FATE_LOST, "a read by it finds nothing; sign-ins get the primary's `sub`", 0,
     NULL},
    {"sign_in", SIDE_SECONDARY, ALWAYS, 0, FATE_KEPT, "its identity becomes one of the primary's", 0, NULL},
    {"profile", SIDE_SECONDARY, ALWAYS, 0, FATE_KEPT, "in profileData of the new identity", 0, NULL},
    {"name", SIDE_SECONDARY, VALUE, MERGE_NAME, FATE_CARRIED, "the primary has none", GUARD_NAME, NULL},
    {"picture", SIDE_SECONDARY, VALUE, MERGE_PICTURE, FATE_CARRIED, "the primary has none", GUARD_PICTURE, NULL},
    {"user_metadata", SIDE_SECONDARY, METADATA, MERGE_USER_METADATA, FATE_CARRIED, "the primary holds it afterwards", 0,
     NULL},
    {"user_metadata", SIDE_SECONDARY, GONE_METADATA, MERGE_USER_METADATA, FATE_LOST,
     "gone for good, but for the receipt", 0, NULL},
    {"app_metadata", SIDE_SECONDARY, METADATA, MERGE_APP_METADATA, FATE_CARRIED, "the primary holds it afterwards", 0,
     NULL},
    {"app_metadata", SIDE_SECONDARY, GONE_METADATA, MERGE_APP_METADATA, FATE_LOST, "gone for good, but for the receipt",
     0, NULL},
    {"roles", SIDE_SECONDARY, LIST, GUARD_SECONDARY_ROLES, FATE_NOT_KNOWN, OF_OLD_ID, GUARD_ROLES,
     "given to the primary"},
    {"permissions", SIDE_SECONDARY, LIST, GUARD_SECONDARY_PERMISSIONS, FATE_NOT_KNOWN, OF_OLD_ID, GUARD_PERMISSIONS,
     "given to the primary"},
    {"organizations", SIDE_SECONDARY, LIST, GUARD_SECONDARY_ORGANIZATIONS, FATE_NOT_KNOWN, OF_OLD_ID,
     GUARD_ORGANIZATIONS, "the primary is made a member"},
    {"groups", SIDE_SECONDARY, LIST, GUARD_SECONDARY_GROUPS, FATE_NOT_KNOWN,
     "not documented, and the API cannot add a member to a group", 0, NULL},
    {"factors", SIDE_SECONDARY, LIST, GUARD_SECONDARY_FACTORS, FATE_NOT_KNOWN,
     "probably not moved, says Auth0's staff: the user enrolls again", 0, NULL},
    {"passkeys", SIDE_SECONDARY, PASSKEYS, GUARD_SECONDARY_FACTORS, FATE_NOT_KNOWN, "not documented", 0, NULL},
    {"secondaries", SIDE_SECONDARY, SECONDARIES, 0, FATE_NOT_KNOWN, "not documented: unlink them first", 0, NULL},
    {"blocked", SIDE_SECONDARY, BLOCK, 0, FATE_NOT_KNOWN, "not documented; the person may be able to sign in again", 0,
     NULL},
    {"scim_id", SIDE_SECONDARY, DIRECTORY, 0, FATE_LOST, "the directory knows it by its id, which goes", 0, NULL},
    {"sessions", SIDE_SECONDARY, UNSEEN, 0, FATE_NOT_KNOWN, OF_OLD_ID, 0, NULL},
    {"refresh_tokens", SIDE_SECONDARY, UNSEEN, 0, FATE_NOT_KNOWN, OF_OLD_ID, 0, NULL},
    {"grants", SIDE_SECONDARY, UNSEEN, 0, FATE_NOT_KNOWN, OF_OLD_ID, 0, NULL},
    {"device_credentials", SIDE_SECONDARY, UNSEEN, 0, FATE_NOT_KNOWN, OF_OLD_ID, 0, NULL},
    {"connected_accounts", SIDE_SECONDARY, UNSEEN, 0, FATE_NOT_KNOWN, OF_OLD_ID, 0, NULL},
    {"logs", SIDE_SECONDARY, UNSEEN, 0, FATE_NOT_KNOWN, "they name the secondary's id; not documented", 0, NULL},
};

enum { NOT_SEEN = -1 };

/* The secondary's first-level keys of a part that the merge keeps, or loses. Of an object that is merged, what is lost
   stands in the entries below it: it counts as both. */
static bool has_lost_below(const struct merge *merged, size_t entry) {
    for (size_t i = entry + 1; i < merged->entry_count; i++) {
        uint32_t above = merged->entries[i].above;
        while (above != MERGE_TOP && above > entry) above = merged->entries[above].above;
        if (above != entry) return false;
        if (merge_is_lost(merged->entries[i].fate)) return true;
    }
    return false;
}

static long count_keys(const struct merge *merged, int part, bool lost) {
    long count = 0;
    for (size_t i = 0; merged != NULL && i < merged->entry_count; i++) {
        const struct merge_entry *entry = &merged->entries[i];
        if ((int)entry->part != part || entry->above != MERGE_TOP) continue;
        bool is_lost = merge_is_lost(entry->fate);
        count += lost ? is_lost || has_lost_below(merged, i) : !is_lost;
    }
    return count;
}

static long count_members(struct json_value object) {
    return json_kind(object) == JSON_OBJECT ? (long)object.token->size : 0;
}

/* Passkeys and passwords stand in the list of authentication methods, and are no second factors. */
static bool is_of(struct json_value entry, const struct row *row) {
    struct json_value type;
    json_member(entry, SPAN("type"), &type);
    bool is_passkey = json_string_is(type, SPAN("passkey")), is_password = json_string_is(type, SPAN("password"));
    return row->source == PASSKEYS ? is_passkey
                                   : row->which != GUARD_SECONDARY_FACTORS || (!is_passkey && !is_password);
}

static long count_entries(const struct guard_input *input, const struct row *row) {
    long count = 0;
    if (guard_state_of(input, (enum guard_read)row->which) != GUARD_READ) return NOT_SEEN;
    for (struct guard_walk walk = guard_walk(input, (enum guard_read)row->which); guard_next(&walk);)
        if (is_of(walk.value, row)) count++;
    return count;
}

static long count_of(const struct guard_input *input, const struct account *account, const struct row *row) {
    bool is_primarys = row->of == SIDE_PRIMARY, is_user = row->which == MERGE_USER_METADATA;
    switch (row->source) {
    case UNSEEN: return NOT_SEEN;
    case ALWAYS: return 1;
    case BLOCK: return account_is_blocked(account);
    case SECONDARIES: return (long)account_count_linked(account);
    case DIRECTORY:
        return guard_state_of(input, GUARD_SCIM) == GUARD_READ || guard_state_of(input, GUARD_DIRECTORY) == GUARD_READ;
    case METADATA:
        if (is_primarys) return count_members(is_user ? account->user_metadata : account->app_metadata);
        return count_keys(input->merged, row->which, false);
    case GONE_METADATA: return count_keys(input->merged, row->which, true);
    case VALUE: return input->options.carry & row->part ? count_keys(input->merged, row->which, false) : 0;
    case LIST:
    case PASSKEYS: break;
    }
    return count_entries(input, row);
}

/* An identity that is moved leaves its account, and what belongs to it, where they are. */
static bool is_of_identity(const struct row *row) { return row->source == ALWAYS && row->fate == FATE_KEPT; }

static bool is_row(const struct guard_things *things, const struct row *row, long *count) {
    const struct account *account = &things->accounts[row->of];
    if (!things->is_known[row->of] || (account->id.token == NULL && !is_of_identity(row))) return false;
    *count = count_of(things->input, account, row);
    return *count != 0;
}

/* Whether what is carried is known: the secondary's list, and, where that has entries, the primary's. */
static bool can_carry(const struct guard_input *input, const struct row *row) {
    enum guard_read secondarys = (enum guard_read)row->which;
    struct guard_walk walk = guard_walk(input, secondarys);
    return guard_state_of(input, secondarys) == GUARD_READ &&
           (!guard_next(&walk) || guard_state_of(input, (enum guard_read)(secondarys + 1)) == GUARD_READ);
}

struct guard_things guard_things(const struct guard_input *input) {
    struct guard_things things = {.input = input};
    things.is_known[SIDE_PRIMARY] = guard_primary(input, &things.accounts[SIDE_PRIMARY]);
    things.is_known[SIDE_SECONDARY] = guard_secondary(input, &things.accounts[SIDE_SECONDARY]);
    return things;
}

bool guard_next_thing(struct guard_things *things) {
    const struct guard_input *input = things->input;
    while (things->place < sizeof rows / sizeof *rows) {
        const struct row *row = &rows[things->place++];
        long count;
        if (!is_row(things, row, &count)) continue;
        bool is_wanted = row->why_carried != NULL && (input->options.carry & row->part);
        bool is_carried = is_wanted && can_carry(input, row);
        things->thing = (struct guard_thing){.what = row->what,
                                             .of = row->of,
                                             .fate = is_carried ? FATE_CARRIED : row->fate,
                                             .why = is_carried  ? row->why_carried
                                                    : is_wanted ? "not carried: it could not be read"
                                                                : row->why,
                                             .count = count};
        return true;
    }
    return false;
}
