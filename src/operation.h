/* One goal over HTTP, from its start to a result that can be believed. Ground floor: events in, actions out; the clock
   is an argument. It decides what is sent, how long it may take and what an answer means; whoever drives it (the
   engine, a simulation) obeys. */
#ifndef AUTH0_OPERATION_H
#define AUTH0_OPERATION_H

#include "answer.h"
#include "attempt.h"

#include <stdint.h>

#pragma GCC visibility push(hidden)

/* Durations and instants, in microseconds of one monotonic clock. */
struct operation_limits {
    int64_t connect;  /* until a request is sent */
    int64_t attempt;  /* one exchange */
    int64_t deadline; /* all that the operation does */
};

enum operation_state { OPERATION_NEW, OPERATION_CHECKING, OPERATION_CHANGING, OPERATION_FINISHED };

/* What a caller is told. */
struct operation_result {
    enum attempt_code code;
    enum attempt_outcome outcome;
    enum attempt_code cause; /* with CODE_UNKNOWN_OUTCOME: how the last attempt ended; else CODE_OK */
    int status;              /* of the last exchange; 0 where none came */
    int attempts;            /* exchanges begun */
    int64_t elapsed;
    struct span identities; /* of a success: within the last answer's body */
    struct answer_fault
        fault; /* of a body that is not what was promised, or of a promise not kept; .what may be NULL */
};

struct operation {
    enum identity_goal goal;
    bool check; /* unlink: read first, and end as not_found where the identity is not there */
    struct identity_target target;
    struct operation_limits limits;
    enum operation_state state;
    int64_t started;
    struct operation_result result;
};

enum operation_event_kind {
    OPERATION_STARTED,
    OPERATION_ENDED /* the exchange that was asked for: an answer, no answer, its time over, or cancelled */
};

struct operation_event {
    enum operation_event_kind kind;
    int64_t now;
    struct attempt_end end;
    struct span body;
};

enum operation_request { OPERATION_READ, OPERATION_CHANGE };

enum operation_action_kind {
    OPERATION_SEND,  /* begin `request`, with operation_begun when it comes to that; end it as ATTEMPT_UNREACHED if
                        unsent at `connect_by`, as ATTEMPT_EXPIRED at `end_by` */
    OPERATION_FINISH /* `operation.result` is complete */
};

struct operation_action {
    enum operation_action_kind kind;
    enum operation_request request;
    int64_t asked;              /* when this action came out */
    int64_t connect_by, end_by; /* if it begins then */
    int64_t last_by;            /* whenever it begins */
};

void operation_init(struct operation *operation, enum identity_goal goal, const struct identity_target *target,
                    const struct operation_limits *limits, bool check);

/* Takes what happened, gives what to do. STARTED comes once and first, ENDED once for each SEND; after FINISH nothing
   changes any more. */
struct operation_action operation_step(struct operation *operation, const struct operation_event *event);

/* Takes back a success whose answer cannot be shown: it may have been made, and nobody can vouch for it. */
void operation_disown(struct operation *operation, const char *what);

/* The exchange begins: its times count from here, not from when it had to queue. The deadline does not move. */
void operation_begun(struct operation *operation, struct operation_action *action, int64_t now);

#pragma GCC visibility pop

#endif
