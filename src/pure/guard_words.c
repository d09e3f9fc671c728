/* What a guard says: the names of its findings, and a sentence for each. */
#include "pure/guard.h"
#include "pure/redact.h"

#include <stdarg.h>
#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

const char *guard_reason_name(enum guard_reason reason) {
#define CODE(name, code) code,
    static const char *const codes[GUARD_REASON_KINDS] = {GUARD_REASONS(CODE)};
#undef CODE
    return codes[reason];
}

const char *guard_side_name(enum guard_side side) {
    static const char *const names[] = {"primary", "secondary", "both", "holder"};
    return names[side];
}

const char *guard_proof_name(enum guard_proof proof) {
    static const char *const names[GUARD_PROOFS] = {"both_authenticated", "shared_email", "operator"};
    return names[proof];
}

/* What each read is called, what it needs, and which of `checks` it belongs to. */
static const struct {
    const char *name, *scopes, *check;
    unsigned part; /* that may be carried */
} reads[GUARD_READS] = {
    [GUARD_PRIMARY] = {"profile", "read:users", NULL, 0},
    [GUARD_SECONDARY] = {"profile", "read:users", NULL, 0},
    [GUARD_HOLDER] = {"profile", "read:users", NULL, 0},
    [GUARD_SECONDARY_FACTORS] = {"second factors", "read:authentication_methods", "factors", 0},
    [GUARD_PRIMARY_FACTORS] = {"second factors", "read:authentication_methods", "factors", 0},
    [GUARD_SECONDARY_ORGANIZATIONS] = {"organizations", "read:organizations", "organizations", GUARD_ORGANIZATIONS},
    [GUARD_PRIMARY_ORGANIZATIONS] = {"organizations", "read:organizations", "organizations", GUARD_ORGANIZATIONS},
    [GUARD_SECONDARY_GROUPS] = {"groups", "read:groups", "groups", 0},
    [GUARD_PRIMARY_GROUPS] = {"groups", "read:groups", "groups", 0},
    [GUARD_SECONDARY_ROLES] = {"roles", "read:users and read:roles", "roles", GUARD_ROLES},
    [GUARD_PRIMARY_ROLES] = {"roles", "read:users and read:roles", "roles", GUARD_ROLES},
    [GUARD_SECONDARY_PERMISSIONS] = {"permissions", "read:users", "permissions", GUARD_PERMISSIONS},
    [GUARD_PRIMARY_PERMISSIONS] = {"permissions", "read:users", "permissions", GUARD_PERMISSIONS},
    [GUARD_CONNECTION] = {"connection", "read:connections", "provisioning", 0},
    [GUARD_SCIM] = {"SCIM configuration", "read:scim_config", "provisioning", 0},
    [GUARD_DIRECTORY] = {"directory provisioning", "read:directory_provisionings", "provisioning", 0},
    [GUARD_STREAMS] = {"event streams", "read:event_streams", NULL, 0},
};

const char *guard_read_name(enum guard_read read) { return reads[read].name; }

/* ---- names ---- */

/* One name, as a JSON string or as it is. */
static size_t write_value(struct json_value value, char *to, size_t room) {
    if (json_kind(value) == JSON_STRING) return json_string(value, to, room);
    struct span digits = json_kind(value) == JSON_NUMBER ? json_bytes(value) : SPAN("");
    size_t size = digits.size < room ? digits.size : room;
    memcpy(to, digits.at, size);
    return size;
}

static struct json_value member(struct json_value object, struct span name) {
    struct json_value value;
    json_member(object, name, &value);
    return value;
}

/* Whether a stream that is not switched off hears of accounts that end. */
static bool listens(struct json_value stream) {
    if (json_string_is(member(stream, SPAN("status")), SPAN("disabled"))) return false;
    for (struct json_walk walk = json_walk(member(stream, SPAN("subscriptions"))); json_next(&walk);)
        if (json_string_is(member(walk.value, SPAN("event_type")), SPAN("user.deleted"))) return true;
    return false;
}

/* These find the name of an index, which is less by each that they pass: of one that is never reached, by their count.
   */
static bool stream_at(const struct guard_input *input, size_t *index, struct json_value *name) {
    for (struct guard_walk walk = guard_walk(input, GUARD_STREAMS); guard_next(&walk);) {
        if (!listens(walk.value) || (*index)-- > 0) continue;
        *name = member(walk.value, SPAN("name"));
        if (json_kind(*name) != JSON_STRING) *name = member(walk.value, SPAN("id"));
        return true;
    }
    return false;
}

static bool fault_at(const struct guard_input *input, bool is_reserved, size_t *index, struct json_value *name) {
    const struct merge *merged = input->merged;
    for (size_t i = 0; merged != NULL && i < merged->fault_count; i++) {
        if (merged->faults[i].is_reserved != is_reserved || (*index)-- > 0) continue;
        *name = merged->faults[i].name;
        return true;
    }
    return false;
}

static bool missing_at(const struct guard_input *input, enum guard_read secondarys, size_t *index,
                       struct json_value *name) {
    struct guard_walk walk = guard_missing(input, secondarys);
    while (guard_next_missing(input, secondarys, &walk)) {
        if ((*index)-- > 0) continue;
        *name = member(walk.value, SPAN("id"));
        return true;
    }
    return false;
}

static bool account_at(const struct guard_input *input, enum guard_side side, struct account *account) {
    if (side == SIDE_HOLDER) return guard_holder(input, account);
    return side == SIDE_PRIMARY ? guard_primary(input, account) : guard_secondary(input, account);
}

static bool linked_at(const struct guard_input *input, size_t *index, struct json_value *identity) {
    struct account account;
    if (!guard_secondary(input, &account)) return false;
    bool is_there = account_linked(&account, *index, identity);
    if (!is_there) *index -= account_count_linked(&account);
    return is_there;
}

static bool single(const struct guard_input *input, const struct guard_finding *finding, size_t *index,
                   struct json_value *name) {
    struct account account;
    enum guard_side side = finding->reason == REASON_HELD ? SIDE_HOLDER : finding->side;
    if (!account_at(input, side, &account)) return false;
    *name = finding->reason == REASON_HELD ? account.id : account.connection;
    return name->token != NULL && (*index)-- == 0;
}

static bool name_at(const struct guard_input *input, const struct guard_finding *finding, size_t *index,
                    struct json_value *name) {
    switch (finding->reason) {
    case REASON_HAS_SECONDARIES: return linked_at(input, index, name);
    case REASON_ORGANIZATIONS_LOST: return missing_at(input, GUARD_SECONDARY_ORGANIZATIONS, index, name);
    case REASON_GROUPS_LOST: return missing_at(input, GUARD_SECONDARY_GROUPS, index, name);
    case REASON_RESERVED_KEY: return fault_at(input, true, index, name);
    case REASON_FORBIDDEN_KEY: return fault_at(input, false, index, name);
    case REASON_STREAMS_LISTEN: return stream_at(input, index, name);
    case REASON_HELD:
    case REASON_PROVISIONED:
    case REASON_CONNECTION_NOT_TRUSTED: return single(input, finding, index, name);
    default: return false;
    }
}

bool guard_named(const struct guard_input *input, const struct guard_finding *finding, size_t index, char *to,
                 size_t room, size_t *size) {
    struct json_value name;
    if (!name_at(input, finding, &index, &name)) return false;
    bool is_identity = finding->reason == REASON_HAS_SECONDARIES;
    *size = is_identity ? account_identity_id(name, to, room) : write_value(name, to, room);
    return true;
}

static size_t count_names(const struct guard_input *input, const struct guard_finding *finding) {
    struct json_value name;
    size_t left = SIZE_MAX;
    (void)name_at(input, finding, &left, &name);
    return SIZE_MAX - left;
}

/* ---- sentences ---- */

struct text {
    char *at;
    size_t size;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *text, const char *format, ...) {
    va_list pieces;
    va_start(pieces, format);
    int size = vsnprintf(text->at + text->size, GUARD_WORDS - text->size, format, pieces);
    va_end(pieces);
    text->size += size > 0 ? (size_t)size : 0;
    if (text->size >= GUARD_WORDS) text->size = GUARD_WORDS - 1;
}

enum { NAME_ROOM = 80, NAMES_AT_MOST = 3 };

/* " (org_1, org_2, org_3 and 4 more)", or nothing. */
static void put_names(struct text *text, const struct guard_input *input, const struct guard_finding *finding) {
    char name[NAME_ROOM];
    size_t size, count = count_names(input, finding);
    for (size_t i = 0; i < NAMES_AT_MOST && guard_named(input, finding, i, name, sizeof name, &size); i++)
        put(text, "%s%.*s", i > 0 ? ", " : " (", (int)size, name);
    if (count > NAMES_AT_MOST) put(text, " and %zu more", count - NAMES_AT_MOST);
    if (count > 0) put(text, ")");
}

/* Cut between characters. */
static struct span cut(struct span id) {
    if (id.size <= NAME_ROOM) return id;
    size_t size = NAME_ROOM;
    while (size > 0 && ((unsigned char)id.at[size] & 0xC0) == 0x80) size--;
    return (struct span){id.at, size};
}

/* "the primary, auth0|1," */
static void put_subject(struct text *text, const struct guard_input *input, enum guard_side side) {
    struct account holder;
    char id[NAME_ROOM];
    struct span named = side == SIDE_PRIMARY ? input->options.primary : input->options.secondary;
    if (side == SIDE_HOLDER) {
        bool is_known = guard_holder(input, &holder);
        named = is_known ? (struct span){id, json_string(holder.id, id, sizeof id)} : input->options.relink.holder;
    }
    named = cut(named);
    put(text, "the %s, %.*s,", guard_side_name(side), (int)named.size, named.at);
}

/* For each reason: what stands between the subject and the names, and what follows them. A reason of both accounts is
   told of the secondary. */
static const struct {
    const char *before, *after;
} sentences[GUARD_REASON_KINDS] = {
    [REASON_SAME_ACCOUNT] = {"is given as the primary, too", ": give two accounts"},
    [REASON_ALREADY_LINKED] = {"is an identity of the primary already", ": there is nothing left to merge"},
    [REASON_NO_ACCOUNT] = {"is no account of the tenant",
                           ": look up whether its id is right, and whether it was deleted or linked meanwhile"},
    [REASON_RECREATED] = {"was created at another time than created_at says",
                          ": it was deleted and made again, perhaps by another person; look at it again"},
    [REASON_HELD] = {"is an identity of another account", ": merge that account instead, or, where you have proof that "
                                                          "it is the same person's, move the identity with relink"},
    [REASON_BLOCKED] = {"is blocked", ", and a merge could open it again: unblock it first, if there is no reason left "
                                      "for the block"},
    [REASON_HAS_SECONDARIES] = {"has linked identities of its own",
                                ", and it is not documented what becomes of them: unlink them first, and merge each "
                                "one"},
    [REASON_PROVISIONED] = {"comes from a connection that a directory provisions",
                            ": make this account the primary, or the directory loses it"},
    [REASON_WEAKER_FACTORS] = {"has no second factor, and the secondary has one",
                               ": let the user enroll one with the primary first"},
    [REASON_ORGANIZATIONS_LOST] = {"is in organizations that the primary is not in",
                                   ": carry them (carry = { \"organizations\" }), or let the account leave them first"},
    [REASON_GROUPS_LOST] = {"is in groups that the primary is not in",
                            ", and the API cannot add a member to a group: change the groups at their source first"},
    [REASON_TOO_LARGE] = {"would have a profile above the tenant's limit of 10 KB",
                          ": let less metadata go over, or remove some first"},
    [REASON_RESERVED_KEY] = {"would get keys in app_metadata that the tenant keeps for itself",
                             ": rename them at the secondary first, or discard app_metadata"},
    [REASON_FORBIDDEN_KEY] = {"would get metadata keys with a period or a dollar sign, which the tenant refuses",
                              ": rename them first, or discard that metadata"},
    [REASON_TOO_MANY_ROLES] = {"would have more than 50 roles, the tenant's limit", ": remove some, or carry none"},
    [REASON_TOO_MANY_PERMISSIONS] = {"would have more than 1,000 permissions, the tenant's limit",
                                     ": remove some, or carry none"},
    [REASON_EMAIL_NOT_VERIFIED] = {"has no verified e-mail address (email_verified is not the boolean true)",
                                   ": a shared address is no proof then; authenticate the user on both accounts"},
    [REASON_EMAILS_DIFFER] = {"has another e-mail address than the primary, or none",
                              ": there is no shared address; authenticate the user on both accounts"},
    [REASON_CONNECTION_NOT_TRUSTED] = {"comes from a connection that is not among trusted_connections",
                                       ": many connections call every address verified; name it there only if it "
                                       "verifies addresses itself"},
    [REASON_PASSWORD_ACCOUNT] = {"has a password, which may be that of an attacker who registered with this address",
                                 ": authenticate the user on both accounts, or say password_merge = true, with "
                                 "after_link to end sessions and ask for a new password"},
    [REASON_NEAR_LIMIT] = {"would have a profile above 8 KB", ": the tenant's limit is 10 KB"},
    [REASON_NEVER_LOGGED_IN] = {"has never signed in (its logins_count is 0)",
                                ", though the proof says that the user has authenticated on it: look at the proof "
                                "again"},
    [REASON_NOT_HELD] = {"is an account of its own", ": relink moved nothing"},
    [REASON_STREAMS_LISTEN] = {"will be reported as deleted (user.deleted) to event streams",
                               ": make sure that what listens there does not delete the person's data"},
};

/* "the roles of the primary, auth0|1," */
static void put_read(struct text *text, const struct guard_input *input, const struct guard_finding *finding) {
    enum guard_read read = finding->read;
    struct guard_finding connection = {.reason = REASON_PROVISIONED, .side = SIDE_SECONDARY};
    struct span secondary = cut(input->options.secondary);
    bool is_search = read == GUARD_HOLDER && input->options.relink.holder.at == NULL;
    if (read == GUARD_STREAMS)
        put(text, "the event streams of the tenant could not be read, and which of them hear of the secondary's end "
                  "is not known");
    else if (is_search)
        put(text, "a search for the account that holds %.*s failed, and whether there is one is not known",
            (int)secondary.size, secondary.at);
    else if (read == GUARD_SCIM || read == GUARD_DIRECTORY || read == GUARD_CONNECTION) {
        put(text, "the %s of the secondary%s", reads[read].name, read == GUARD_CONNECTION ? "" : "'s connection");
        put_names(text, input, &connection);
        put(text, " could not be read");
    } else {
        put(text, "the %s of ", reads[read].name);
        put_subject(text, input, finding->side);
        put(text, " could not be read");
    }
}

static void put_unreadable(struct text *text, const struct guard_input *input, const struct guard_finding *finding) {
    enum guard_read read = finding->read;
    const struct guard_answer *answer = &input->answers[read];
    const char *check = reads[read].check;
    bool is_odd = answer->state == GUARD_READ && guard_state_of(input, read) == GUARD_UNREADABLE;
    put_read(text, input, finding);
    put(text,
        answer->is_unheard || is_odd ? ": there was no answer that can be used; ask again, with a token that has %s"
                                     : ": the token needs %s",
        reads[read].scopes);
    if (check == NULL || !finding->refuses) return;
    bool is_carried = (input->options.carry & reads[read].part) != 0;
    put(text, ". Or leave \"%s\" out of checks%s, or say unreadable = \"allow\"", check,
        is_carried ? " and carry" : "");
}

void guard_words(const struct guard_input *input, const struct guard_finding *finding, char words[GUARD_WORDS]) {
    struct text text = {words, 0};
    words[0] = '\0';
    if (finding->reason == REASON_UNREADABLE)
        put_unreadable(&text, input, finding);
    else {
        put_subject(&text, input, finding->side == SIDE_BOTH ? SIDE_SECONDARY : finding->side);
        put(&text, " %s", sentences[finding->reason].before);
        put_names(&text, input, finding);
        put(&text, "%s", sentences[finding->reason].after);
    }
    redact_text(words, NULL, 0);
}
