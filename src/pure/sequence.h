/* Several requests that are one goal: preview, merge, undo and settle of two accounts. Pure: events in, actions out; no
   clock, no allocation. It decides which requests are sent, in what order, what each end means, when the caller is
   asked and what is put back; its driver (the engine, the simulation) obeys. Each request is one operation
   (pure/operation).

   preview  reads both accounts and what the guard needs beside them, and judges. It changes nothing. Accounts that the
            caller has read are not read again, whatever their age.
   merge    the same, but what the caller has read counts only while it is fresh; then SEQUENCE_RECEIPT; where that
            took long, the accounts are read again, and a change of what the receipt holds ends it; then writes the
            primary (metadata, name, picture), carries (roles, permissions, organizations), releases (relink: from its
            holder), reads the secondary again where all that took long, links, and does what is to be done after.
   undo     reads, unlinks, gives the secondary back what it had, takes from the primary what the merge gave it.
   settle   reads, and tells what became of a merge.

   Promises:
   - What the merge destroys (the secondary's metadata) stands in the receipt before anything is sent.
   - After a request that was refused for certain, what went before is put back; but nothing is while a request of this
     sequence may still be carried out (operation_result.is_open): then it ends as unknown, and the receipt tells.
   - Until APPROVED, nothing is changed and DROPPED ends it. From then on it goes on to its end. An undo is approved
     when its first change is sent. */
#ifndef AUTH0_PURE_SEQUENCE_H
#define AUTH0_PURE_SEQUENCE_H

#include "pure/guard.h"
#include "pure/operation.h"
#include "pure/receipt.h"
#include "pure/request.h"
#include "pure/restore.h"

#pragma GCC visibility push(hidden)

enum sequence_goal { SEQUENCE_PREVIEW, SEQUENCE_MERGE, SEQUENCE_UNDO, SEQUENCE_SETTLE };

/* All of it is borrowed until the sequence ends. */
struct sequence_plan {
    enum sequence_goal goal;
    struct identity_target target; /* primary and secondary, of an undo and a settle those of the receipt */
    struct span domain;            /* stands in the receipt */
    int64_t at;                    /* now, UNIX seconds, as in every event */
    int64_t ends;                  /* UNIX seconds: no request begins later; 0: it is not known */
    struct guard_options guard;    /* of an undo and a settle only its `primary` and `secondary` */
    struct merge_given merge;      /* the choices for metadata, and what is united; the rest is filled in here */
    bool revoke, reset_password;   /* after the link */
    struct json_value receipt;     /* of an undo and a settle: the receipt's JSON, read */
    struct json_value profiles[2]; /* of a preview and a merge: primary and secondary, if the caller has read them; */
    int64_t profiles_at;           /* and when, in UNIX seconds; 0: it is not known */
    bool is_brief;                 /* the result of a preview or a merge does not list what becomes of each thing */
};

/* What a request is for. Those from SEQUENCE_WRITE on are changes; of these one is under way at a time. */
enum sequence_step {
    SEQUENCE_READ, /* what `read` says; several at once */
    SEQUENCE_WRITE,
    SEQUENCE_CARRY_ROLES,
    SEQUENCE_CARRY_PERMISSIONS,
    SEQUENCE_CARRY_ORGANIZATION, /* one each */
    SEQUENCE_RELEASE,            /* unlinks the identity from its holder */
    SEQUENCE_LINK,
    SEQUENCE_REVOKE,
    SEQUENCE_RESET_PASSWORD, /* one for each of the account's passwords */
    SEQUENCE_UNLINK,
    SEQUENCE_RETURN, /* relink: links the identity to its holder again */
    /* Four that give to the secondary, and after them, in the same order, four that take from the primary. */
    SEQUENCE_RESTORE,       /* the secondary's metadata, after it was unlinked */
    SEQUENCE_RESTORE_ROLES, /* those that the secondary had */
    SEQUENCE_RESTORE_PERMISSIONS,
    SEQUENCE_RESTORE_ORGANIZATION, /* one each */
    SEQUENCE_PUT_BACK,             /* what SEQUENCE_WRITE wrote on the primary */
    SEQUENCE_TAKE_ROLES,           /* what was carried */
    SEQUENCE_TAKE_PERMISSIONS,
    SEQUENCE_TAKE_ORGANIZATION, /* one each */
    SEQUENCE_STEPS
};

const char *sequence_step_name(enum sequence_step step); /* "link", "write", ...: for a message */

/* One request. What it sends is written by sequence_path and sequence_body. */
struct sequence_request {
    enum sequence_step step;
    enum guard_read read;       /* of SEQUENCE_READ */
    int slot;                   /* under which its end is told; 0 to SEQUENCE_AT_ONCE - 1 */
    enum request_method method; /* of one that is neither link nor unlink */
    struct operation_plan plan; /* without its limits, which are the caller's for each request anew, and can_renew */
    size_t index;               /* its own */
};

enum { SEQUENCE_AT_ONCE = GUARD_READS + 3 };

/* Passwords of one account that are reset. */
enum { SEQUENCE_TICKETS = 16 };

/* So long after they were read, in seconds, the accounts count as they were. */
enum { SEQUENCE_FRESH = 10 };

/* So long after its end a request whose answer was lost may still be carried out, in seconds: until then its merge is
   not undone. */
enum { SEQUENCE_LATE = 600 };

enum sequence_action_kind {
    SEQUENCE_REST,    /* nothing until an event */
    SEQUENCE_SEND,    /* begin `request`; ENDED follows */
    SEQUENCE_MEMORY,  /* `size` bytes are wanted, which stay until the sequence has ended: sequence_give */
    SEQUENCE_RECEIPT, /* show the caller the receipt (sequence_receipt); APPROVED or DROPPED follows */
    SEQUENCE_FINISH   /* `end` is complete */
};

struct sequence_action {
    enum sequence_action_kind kind;
    struct sequence_request request;
    size_t size;
};

/* How it ended. */
struct sequence_end {
    /* CODE_GUARDED: the guard refuses, or an undo comes too early: nothing was changed */
    enum failure_code code;
    enum failure_outcome outcome;   /* none: nothing was changed, or it has been put back; also with a success */
    bool has_step;                  /* a request decided it: */
    int slot;                       /* the one that was sent last under this slot, whose words the failure tells; */
    enum sequence_step step;        /* what it was for, */
    struct operation_result result; /* and how it ended */
    const char *what;               /* words where no request decided it; or NULL */
    bool is_partly;                 /* some of it stands: what could not be put back, or how far an undo came */
    int requests;                   /* exchanges, settling reads included */
};

enum sequence_event_kind {
    SEQUENCE_DELAYED,  /* another sequence has one of its accounts, and may change it before this one takes its first
                          action: what the caller has read does not count */
    SEQUENCE_ENDED,    /* the operation of `slot` */
    SEQUENCE_APPROVED, /* the receipt may be acted on */
    SEQUENCE_DROPPED /* the caller is gone. Before APPROVED the driver cancels what is under way, and the next action is
                          FINISH (cancelled): no ENDED is owed any more. Later it changes nothing */
};

struct sequence_event {
    enum sequence_event_kind kind;
    int64_t at; /* now, UNIX seconds */
    int slot;
    /* Of ENDED. Its `value`, text and tokens, must stay until the sequence has ended. */
    struct operation_result result;
};

enum sequence_phase {
    SEQUENCE_READING,
    SEQUENCE_MERGING,   /* wants memory for it */
    SEQUENCE_ASKING,    /* shows the receipt */
    SEQUENCE_WAITING,   /* for the caller's word */
    SEQUENCE_CHANGING,  /* `step` */
    SEQUENCE_LOOKING,   /* reads the account that `step` is to give something back to */
    SEQUENCE_PARSING,   /* wants memory for what is to be given back */
    SEQUENCE_COMPARING, /* and for the comparison */
    SEQUENCE_OVER
};

/* A set of steps: bit 1 << enum sequence_step. */
typedef uint32_t sequence_steps;

struct sequence {
    struct sequence_plan plan;
    enum sequence_phase phase;
    bool is_out;      /* what the phase sends or wants has been asked for */
    bool is_approved; /* it goes on to its end */
    bool is_back;     /* it gives back: an undo, or after a refusal */
    int64_t at;       /* of the last event */

    /* what is judged */
    struct guard_input input;
    struct json_value pages[GUARD_READS][GUARD_PAGES];
    struct account profiles[2]; /* of the primary's page, and the secondary's */
    guard_reads under_way;
    int64_t read_at[2]; /* when the primary's profile was read, and the secondary's */
    struct guard_verdict verdict;
    struct merge_given given; /* of the merge; of what an undo gives back to the secondary */
    struct merge merge;
    bool has_merge;
    struct account judged[2]; /* primary and secondary as they were judged, where they are read again */
    bool is_again;

    /* what is changed */
    enum sequence_step step;
    size_t index;
    sequence_steps done, failed;
    size_t organizations;                /* that were carried */
    bool is_open, is_linked, is_already; /* is_linked: of an undo and a settle, when they began */
    struct json_value identities;
    struct json_value tickets[SEQUENCE_TICKETS]; /* absent where there is none */
    struct operation_result failure;             /* of a change, before what went before is put back */

    /* what is given back */
    struct receipt receipt;
    struct json_value before, wrote, was; /* the images, read */
    struct span holder;
    struct restore_given restore_given;
    struct restore restore;
    bool has_restore;

    size_t wanted; /* bytes */
    struct sequence_end end;
};

/* The sequence may not move after this. */
void sequence_init(struct sequence *sequence, const struct sequence_plan *plan);

/* What to do now. Each action but SEQUENCE_REST is to be obeyed, and the next one asked for. SEQUENCE_RECEIPT comes
   once, and is followed by SEQUENCE_REST until the caller has answered. */
struct sequence_action sequence_next(struct sequence *sequence);

/* What happened. The actions that follow from it are fetched with sequence_next. */
void sequence_tell(struct sequence *sequence, const struct sequence_event *event);

/* What SEQUENCE_MEMORY asked for; NULL: there is none, and the sequence ends without a change that it has not made. So
   it does where there is none for what SEQUENCE_RECEIPT shows. */
void sequence_give(struct sequence *sequence, void *memory);

const struct sequence_end *sequence_end(const struct sequence *sequence);

/* These write to `to`, not terminated, and return the size; with NULL, or where that is larger than the room, they only
   tell it. */

/* The path of a request with its query, encoded: of those that are neither link nor unlink, whose paths their target
   tells. While the request is the last that was sent under its slot. */
size_t sequence_path(const struct sequence *sequence, const struct sequence_request *request, char *to);

/* Its JSON; 0: it has no body. Also of a link. */
size_t sequence_body(const struct sequence *sequence, const struct sequence_request *request, char *to);

/* The receipt, as JSON (pure/receipt). 0: there is none, because nothing was to be changed. At SEQUENCE_RECEIPT it is
   the planned one, after FINISH the one to keep in its place: also of an undo ("undone") and a settle that succeed. */
size_t sequence_receipt(const struct sequence *sequence, char *to, size_t room);

/* After FINISH, also of a failure: everything else that the caller is told, as JSON. What is a list may be empty.
   preview, merge: { "primary", "secondary", "proof", "already": true (it was linked before: nothing was changed),
       "reasons": [ { "code", "side", "message", "names": [...] } ], "warnings": the same,
       "patch_text" (absent: nothing is written), "kept", "lost", "carried", "not_known": [ { "what", "of", "why",
       "count" } ] (the four are absent if it is brief), "identities" (after a link), "tickets": [ { "id", "ticket" } ]
       (of reset_password), "put_back": [ "what" ], "stands": [ "what" ] (what was changed, and is not put back),
       "requests" }
   merge, undo, settle: "undo_after" (UNIX seconds; absent where nothing may come late any more)
   undo: { "identities", "conflicts": [ { "what", "key", "why" } ], "restored": [ { "what", "key" } ], "lost": [ ... ],
       "requests" }
   settle: { "state": as the receipt has it, "identities", "stands": [ { "what", "key" } ], "requests" } */
size_t sequence_result(const struct sequence *sequence, char *to, size_t room);

#pragma GCC visibility pop

#endif
