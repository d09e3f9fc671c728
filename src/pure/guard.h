/* Whether two accounts may be merged: every reason against it at once, what is only a warning, and what becomes of each
   thing that the secondary has. Also which reads are needed for that. Pure: the answers are the caller's, already read
   by json_read.

   How a sequence uses it:
       while ((wanted = guard_wanted(&input)) != 0) ... send the lowest of these reads, put its answer into `input` ...
       guard_judge(&input, &verdict);
   guard_wanted asks for the profiles and the secondary's lists first, and then for what these make necessary, page by
   page; so an account without organizations costs no look at the other's. */
#ifndef AUTH0_PURE_GUARD_H
#define AUTH0_PURE_GUARD_H

#include "pure/account.h"
#include "pure/merge.h"

#pragma GCC visibility push(hidden)

/* ---- what is read ---- */

enum guard_read {
    GUARD_PRIMARY,           /* GET /api/v2/users/{primary} */
    GUARD_SECONDARY,         /* GET /api/v2/users/{secondary} */
    GUARD_HOLDER,            /* the accounts that hold the secondary as an identity: see guard_holder_query. With
                                      `relink.holder`, GET /api/v2/users/{holder} */
    GUARD_SECONDARY_FACTORS, /* GET /api/v2/users/{id}/authentication-methods, read:authentication_methods */
    GUARD_PRIMARY_FACTORS,
    GUARD_SECONDARY_ORGANIZATIONS, /* GET /api/v2/users/{id}/organizations, read:organizations */
    GUARD_PRIMARY_ORGANIZATIONS,
    GUARD_SECONDARY_GROUPS, /* GET /api/v2/users/{id}/groups, read:groups */
    GUARD_PRIMARY_GROUPS,
    GUARD_SECONDARY_ROLES, /* GET /api/v2/users/{id}/roles, read:users and read:roles */
    GUARD_PRIMARY_ROLES,
    GUARD_SECONDARY_PERMISSIONS, /* GET /api/v2/users/{id}/permissions, read:users */
    GUARD_PRIMARY_PERMISSIONS,
    GUARD_CONNECTION, /* GET /api/v2/connections?name={the secondary's connection}, read:connections */
    GUARD_SCIM,       /* GET /api/v2/connections/{guard_connection_id}/scim-configuration,
                                      read:scim_config; 404: there is none */
    GUARD_DIRECTORY,  /* GET /api/v2/connections/{guard_connection_id}/directory-provisioning,
                                      read:directory_provisionings; 404: there is none */
    GUARD_STREAMS,    /* GET /api/v2/event-streams, read:event_streams: who hears of `user.deleted` */
    GUARD_READS
};

/* A set of reads: bit 1 << enum guard_read. */
typedef uint32_t guard_reads;

enum guard_state {
    GUARD_UNASKED,   /* not read yet */
    GUARD_READ,      /* 200 */
    GUARD_ABSENT,    /* 404 */
    GUARD_UNREADABLE /* anything else: 401, 403, no answer, an answer that is not what was promised */
};

/* Pages that are read of a list: `page` = how many of them there are already, from 0. A list ends with a page that has
   fewer entries than this, and groups (`from`, `take`) with one that names no `next`. A list with more pages is
   unreadable: these suffice for the 1,000 permissions that an account may have. */
enum { GUARD_PER_PAGE = 50, GUARD_PAGES = 21 };

/* The answers of one read. A profile is one page. One page that is unreadable makes the list unreadable, whatever its
   first pages said. */
struct guard_answer {
    enum guard_state state;
    bool is_unheard; /* of GUARD_UNREADABLE: the token was not refused; there was no answer, or none that can be used */
    const struct json_value *pages;
    size_t count;
    const struct account *account; /* of a profile: what account_read makes of its page; NULL: it is read when needed */
};

/* ---- what the caller chose ---- */

enum guard_proof { GUARD_BOTH_AUTHENTICATED, GUARD_SHARED_EMAIL, GUARD_OPERATOR, GUARD_PROOFS };

/* What can be read beside the profiles, and what can be carried, are sets of these. */
enum guard_part {
    GUARD_FACTORS = 1 << 0,
    GUARD_ORGANIZATIONS = 1 << 1,
    GUARD_GROUPS = 1 << 2,
    GUARD_PROVISIONING = 1 << 3,
    GUARD_ROLES = 1 << 4,
    GUARD_PERMISSIONS = 1 << 5,
    GUARD_NAME = 1 << 6,   /* carry only */
    GUARD_PICTURE = 1 << 7 /* carry only */
};
enum {
    GUARD_CHECKS =
        GUARD_FACTORS | GUARD_ORGANIZATIONS | GUARD_GROUPS | GUARD_PROVISIONING | GUARD_ROLES | GUARD_PERMISSIONS,
    GUARD_CARRIED = GUARD_ORGANIZATIONS | GUARD_ROLES | GUARD_PERMISSIONS | GUARD_NAME | GUARD_PICTURE
};

/* An identity that is another account's moves only to whom the caller names, with a proof of its own: of the holder and
   the primary. */
struct guard_relink {
    struct span holder; /* absent: nothing is moved */
    enum guard_proof proof;
};

struct guard_options {
    struct span primary, secondary; /* full ids, as they were given */
    enum guard_proof proof;
    const struct span *trusted_connections;
    size_t trusted_count;
    bool password_merge;
    bool allow_unreadable; /* what cannot be read is a warning */
    unsigned checks;       /* of GUARD_CHECKS; what is carried is read whether it is in this set or not */
    unsigned carry;        /* of GUARD_CARRIED */
    bool name_streams;     /* a preview: say who hears of the secondary's end */
    /* Their `created_at`, as a preview showed it: an account that was deleted and made again has the same id, and
       another time. Absent: it is not compared. */
    struct span primary_created, secondary_created;
    struct guard_relink relink;
};

struct guard_input {
    struct guard_options options;
    struct guard_answer answers[GUARD_READS];
    const struct merge *merged; /* made of the two profiles; NULL: they are not both there */
};

/* ---- which reads ---- */

/* The reads that the judgement still lacks, given those that are there: a set, 0 when it is complete. A read that is
   GUARD_READ stands in it again while its last page is full. */
guard_reads guard_wanted(const struct guard_input *input);

/* Whether a page of a list has the entries that the read promises, each with its id, and a `next` that can be followed.
   One that is not taken makes the list unreadable. */
bool guard_takes(enum guard_read read, struct json_value page);

/* "profile", "second factors", "SCIM configuration", ...: for a message. */
const char *guard_read_name(enum guard_read read);

/* The id that stands in the paths of GUARD_SCIM and GUARD_DIRECTORY, a JSON string within the answer of
   GUARD_CONNECTION. Absent where that has no connection of the secondary's name. */
struct json_value guard_connection_id(const struct guard_input *input);

/* The query of GUARD_HOLDER without `relink.holder`, not encoded: identities.provider:"..." AND
   identities.user_id:"...", for /api/v2/users?q=...&search_engine=v3. Returns its size, or 0 where `room` does not
   suffice. The search lags behind by minutes, so that what it does not show proves nothing. */
size_t guard_holder_query(const struct guard_input *input, char *to, size_t room);

/* The account that holds the secondary as one of its identities. False: none is known. */
bool guard_holder(const struct guard_input *input, struct account *holder);

/* The two profiles. False: it was not read, or does not exist. Where a relink moves an identity, the secondary is this
   identity (account_of_identity). */
bool guard_primary(const struct guard_input *input, struct account *account);
bool guard_secondary(const struct guard_input *input, struct account *account);

/* What an answer is worth: GUARD_UNASKED while a page of a list is to come, GUARD_UNREADABLE where a value is not what
   it should be. Of a connection, GUARD_READ says that its id is known. */
enum guard_state guard_state_of(const struct guard_input *input, enum guard_read read);

/* Whether guard_state_of is GUARD_UNASKED, without a look at what a single answer holds. */
bool guard_is_unasked(const struct guard_input *input, enum guard_read read);

/* The reads that count for the judgement, whether they are there or not. */
guard_reads guard_relevant(const struct guard_input *input);

/* Whether the primary has the secondary's identity already. */
bool guard_already_linked(const struct guard_input *input);

/* Whether an account (of GUARD_SECONDARY_FACTORS or GUARD_PRIMARY_FACTORS) was seen to have a second factor: by the
   list, or by its profile's `multifactor`, which counts for a primary only where no list is asked for. What is not of
   the form that the API promises, and an entry of a type that is not known, counts for the secondary alone. */
bool guard_has_factors(const struct guard_input *input, enum guard_read factors);

/* The entries of a list that was read, over all its pages:
       struct guard_walk walk = guard_walk(input, GUARD_PRIMARY_ROLES);
       while (guard_next(&walk)) ... walk.value ... */
struct guard_walk {
    struct json_value value;
    const struct guard_answer *answer;
    size_t page;
    struct json_walk entries;
};
struct guard_walk guard_walk(const struct guard_input *input, enum guard_read read);
bool guard_next(struct guard_walk *walk);

/* The organizations, roles or permissions (the secondary's read) that the primary lacks: what a link loses, or what is
   carried. None where one of the two lists could not be read.
       struct guard_walk walk = guard_missing(input, GUARD_SECONDARY_ROLES);
       while (guard_next_missing(input, GUARD_SECONDARY_ROLES, &walk)) ... walk.value ... */
struct guard_walk guard_missing(const struct guard_input *input, enum guard_read secondarys);
bool guard_next_missing(const struct guard_input *input, enum guard_read secondarys, struct guard_walk *walk);

/* ---- the judgement ---- */

/* clang-format off */
/* Those that refuse, and after them those that only warn. One that refuses warns where the caller allows it. */
#define GUARD_REASONS(reason) \
    reason(SAME_ACCOUNT, "same_account") \
    reason(ALREADY_LINKED, "already_linked") \
    reason(NO_ACCOUNT, "no_account") \
    reason(RECREATED, "recreated") \
    reason(HELD, "held_by_another") \
    reason(BLOCKED, "blocked") \
    reason(HAS_SECONDARIES, "has_secondaries") \
    reason(PROVISIONED, "provisioned") \
    reason(WEAKER_FACTORS, "weaker_factors") \
    reason(ORGANIZATIONS_LOST, "organizations_lost") \
    reason(GROUPS_LOST, "groups_lost") \
    reason(TOO_LARGE, "too_large") \
    reason(RESERVED_KEY, "reserved_key") \
    reason(FORBIDDEN_KEY, "forbidden_key") \
    reason(TOO_MANY_ROLES, "too_many_roles") \
    reason(TOO_MANY_PERMISSIONS, "too_many_permissions") \
    reason(EMAIL_NOT_VERIFIED, "email_not_verified") \
    reason(EMAILS_DIFFER, "emails_differ") \
    reason(CONNECTION_NOT_TRUSTED, "connection_not_trusted") \
    reason(PASSWORD_ACCOUNT, "password_account") \
    reason(UNREADABLE, "unreadable") \
    reason(NEAR_LIMIT, "near_limit") \
    reason(NEVER_LOGGED_IN, "never_logged_in") \
    reason(NOT_HELD, "not_held") \
    reason(STREAMS_LISTEN, "streams_listen")
/* clang-format on */

#define GUARD_REASON(name, code) REASON_##name,
enum guard_reason { GUARD_REASONS(GUARD_REASON) GUARD_REASON_KINDS };
#undef GUARD_REASON

enum guard_side { SIDE_PRIMARY, SIDE_SECONDARY, SIDE_BOTH, SIDE_HOLDER };

struct guard_finding {
    enum guard_reason reason;
    enum guard_side side;
    enum guard_read read; /* of REASON_UNREADABLE; else GUARD_READS */
    bool refuses;         /* false: a warning */
};

/* Each reason at most once a side, "unreadable" once a read. */
enum { GUARD_FINDINGS = GUARD_REASON_KINDS * 4 + GUARD_READS };

struct guard_verdict {
    size_t count;   /* findings, those that refuse first */
    size_t refused; /* of these; 0: the merge may go on */
    struct guard_finding findings[GUARD_FINDINGS];
};

/* Everything that stands against the merge, from what is in `input`. A read that guard_wanted asks for and that is not
   there counts as unreadable: so that nothing passes because it was forgotten. What is read of an account counts only
   where it is the account that was asked for. The two profiles, and the holder's where a relink names it, are needed
   whatever `allow_unreadable` says. */
void guard_judge(const struct guard_input *input, struct guard_verdict *verdict);

const char *guard_reason_name(enum guard_reason reason); /* snake_case */
const char *guard_side_name(enum guard_side side);       /* "primary", "secondary", "both", "holder" */
const char *guard_proof_name(enum guard_proof proof);

/* A sentence that says what, where and what to do, fit for a log and terminated. Of long lists it names the first. */
enum { GUARD_WORDS = 600 };
void guard_words(const struct guard_input *input, const struct guard_finding *finding, char words[GUARD_WORDS]);

/* What a finding names, from `index` 0: the secondary's identities, organizations, groups (their ids), the holder, the
   event streams, the key. Writes it unescaped, not terminated, cut to `room`. False: there are not so many. */
bool guard_named(const struct guard_input *input, const struct guard_finding *finding, size_t index, char *to,
                 size_t room, size_t *size);

/* ---- what becomes of what the two accounts have ---- */

enum guard_fate { FATE_KEPT, FATE_LOST, FATE_CARRIED, FATE_NOT_KNOWN };

struct guard_thing {
    const char *what;     /* "user_metadata", "roles", "sessions", ...: static text */
    enum guard_side of;   /* primary or secondary */
    enum guard_fate fate; /* FATE_NOT_KNOWN is documented nowhere: count it as lost */
    const char *why;      /* half a sentence, static text: "stands in profileData of the new identity" */
    long count;           /* of a list or a set of keys, what the account was seen to have; -1: not seen */
};

/* Walks the things that accounts have, without those that the account was seen not to have:
       struct guard_things things = guard_things(input);
       while (guard_next_thing(&things)) ... things.thing ... */
struct guard_things {
    struct guard_thing thing;
    const struct guard_input *input;
    struct account accounts[2]; /* primary and secondary, each where it is known */
    bool is_known[2];
    size_t place;
};
struct guard_things guard_things(const struct guard_input *input);
bool guard_next_thing(struct guard_things *things);
const char *guard_fate_name(enum guard_fate fate); /* "kept", "lost", "carried", "not_known" */

#pragma GCC visibility pop

#endif
