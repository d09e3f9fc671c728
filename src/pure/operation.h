/* One goal over HTTP, from its start to a result that can be believed. Pure: events in, actions out; clock and
   randomness are arguments. It decides what is sent, when again, how long it may take and what an answer means; its
   driver (the engine, the simulation) obeys. */
#ifndef AUTH0_PURE_OPERATION_H
#define AUTH0_PURE_OPERATION_H

#include "pure/answer.h"
#include "pure/attempt.h"

#include <stdint.h>

#pragma GCC visibility push(hidden)

enum operation_kind {
    OPERATION_LINK,   /* both are settled by reading the primary: sending them again blindly could undo what another */
    OPERATION_UNLINK, /* client did in between, or report a failure for what was done */
    OPERATION_FREE,   /* twice does what once does: a read, a PATCH with the same body, a request for a token */
    OPERATION_ONCE    /* never sent again once it may have been carried out: a 429 and a 401 say that it was not */
};

/* Durations and instants, in microseconds of one monotonic clock. */
struct operation_limits {
    int64_t connect;  /* until a request is sent */
    int64_t attempt;  /* one exchange */
    int64_t deadline; /* all that the operation does */
    int attempts;     /* tries of its own request; reads that settle are not counted */
};

struct operation_plan {
    enum operation_kind kind;
    struct identity_target target; /* of a link or unlink; without a provider, nothing can be settled */
    enum answer_promise promise;   /* of the other two */
    bool is_change;                /* the other two: the request may change the tenant */
    bool check;                    /* unlink: read first, and end as not_found where the identity is not there */
    bool settle;    /* link and unlink: read the primary after a lost answer, or a refusal as made before */
    bool can_renew; /* a token that the tenant refuses is fetched anew, once */
    struct operation_limits limits;
};

enum operation_state {
    OPERATION_NEW,
    OPERATION_CHECKING, /* the read before an unlink */
    OPERATION_CHANGING, /* its own request, whatever kind it is */
    OPERATION_SETTLING, /* the read that tells what became of a change */
    OPERATION_PAUSED,   /* before one of these three */
    OPERATION_FINISHED,
    OPERATION_STATES
};

/* What the last read of the primary showed. */
enum operation_seen { SEEN_NOTHING, SEEN_NOT_LINKED, SEEN_LINKED, SEEN_LINKED_ELSEWHERE, SEEN_UNREADABLE };

/* What a caller is told. */
struct operation_result {
    enum failure_code code;
    enum failure_outcome outcome;
    enum failure_code cause; /* with CODE_UNKNOWN_OUTCOME: how the last attempt ended; else CODE_OK */
    int status;              /* of the exchange that settled it; 0 where none came */
    int attempts;            /* exchanges begun, reads included */
    int64_t elapsed;
    bool already;             /* a link: the identity had been on this primary before */
    bool is_open;             /* an attempt ended unknown, and may still be carried out, however all this ended: what a
                                 read shows may be another client's */
    enum operation_seen seen; /* with CODE_UNKNOWN_OUTCOME */
    struct json_value value;  /* of a success: within the last answer's body */
    struct answer_fault
        fault; /* of a body that is not what was promised, or of a promise not kept; .what may be NULL */
};

enum operation_request { OPERATION_READ, OPERATION_CHANGE };

struct operation {
    struct operation_plan plan;
    enum operation_state state;
    int64_t started;
    struct operation_result result;

    enum operation_state next;   /* of a pause */
    struct attempt_verdict last; /* of its own request; CODE_OK: none yet */
    int last_status;
    int tries, reads; /* of its own request; of the present check or settling */
    bool is_open;     /* an attempt ended unknown: it may still be carried out, whatever a later one says */
    bool is_refusal;  /* what is being settled is a refusal, which may mean that the change has been made already */
    bool is_renewed;  /* the token was */
    bool is_lost;     /* an answer was lost: what follows goes on a new connection (is_apart) */
};

enum operation_event_kind {
    OPERATION_STARTED,
    OPERATION_ENDED,    /* the exchange that was asked for: an answer, no answer, its time over, or cancelled */
    OPERATION_WOKEN,    /* the pause is over */
    OPERATION_CANCELLED /* in a pause; an exchange that is cancelled has ended */
};

struct operation_event {
    enum operation_event_kind kind;
    int64_t now;
    struct attempt_end end;
    struct answer_body body;
    int64_t retry_after; /* microseconds; negative: not said */
    double random;       /* from 0 up to 1 */
};

enum operation_action_kind {
    OPERATION_SEND,  /* begin `request`, with operation_begun when it comes to that; end it as ATTEMPT_UNREACHED if
                        unsent at `connect_by`, as ATTEMPT_EXPIRED at `end_by`. One that comes too late to begin at
                        all (last_by) has expired unsent */
    OPERATION_PAUSE, /* WOKEN at `until` */
    OPERATION_FINISH /* `operation.result` is complete */
};

struct operation_action {
    enum operation_action_kind kind;
    enum operation_request request;
    bool renew;                 /* with another token than the one that was refused */
    bool is_apart;              /* on a new connection: the one that lost an answer may lose the next one, too */
    int64_t asked;              /* when this action came out */
    int64_t connect_by, end_by; /* if it begins then */
    int64_t last_by;            /* whenever it begins */
    int64_t until;              /* of a pause */
};

void operation_init(struct operation *operation, const struct operation_plan *plan);

/* Takes what happened, gives what to do. STARTED comes once and first, ENDED once for each SEND, WOKEN or CANCELLED
   once for each PAUSE; after FINISH nothing changes any more. */
struct operation_action operation_step(struct operation *operation, const struct operation_event *event);

/* To be asked before the step of an ENDED. True where this end brings no news: the exchange only waited for its turn,
   or for a token, after an attempt that had ended. The caller is then told how that attempt ended. */
bool operation_waited_in_vain(const struct operation *operation, const struct attempt_end *end);

/* Of a link or an unlink that failed: which of its accounts is not there, as the tenant says in `refusal`, or as its
   check found. */
enum answer_missing operation_missing(const struct operation *operation, const struct answer_refusal *refusal);

/* Takes back a success whose answer cannot be shown: a change ends as unknown_outcome, a read as bad_response. */
void operation_disown(struct operation *operation, const char *what);

/* The exchange begins: its times count from here, not from when it had to queue. The deadline does not move. */
void operation_begun(struct operation *operation, struct operation_action *action, int64_t now);

const char *operation_state_name(enum operation_state state);
const char *operation_seen_name(enum operation_seen seen); /* NULL for SEEN_NOTHING */

#pragma GCC visibility pop

#endif
