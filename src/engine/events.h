/* What an engine tells besides results, never a secret: a bounded queue, which counts what it lacked room for. */
#ifndef AUTH0_ENGINE_EVENTS_H
#define AUTH0_ENGINE_EVENTS_H

#include "engine/call.h"

#pragma GCC visibility push(hidden)

enum event_kind {
    EVENT_REQUEST, /* an exchange ended */
    EVENT_RETRY,   /* its call tries again, after `wait` */
    EVENT_WAIT,    /* a call waits for the gate of its rate bucket, or for a token, at least `wait` */
    EVENT_TOKEN,   /* a token came, was refused, or could not be had */
    EVENT_SETTLE,  /* a read told what became of a change */
    EVENT_KINDS
};

struct event {
    enum event_kind kind;
    int id; /* of the call; 0: the engine's own */
    enum request_method method;
    enum pace_class bucket; /* of EVENT_REQUEST; of EVENT_WAIT, what it waits for */
    enum failure_code code; /* how the exchange, or the try, ended */
    enum operation_seen seen;
    int status, attempts;
    int64_t wait; /* microseconds */
    struct exchange_timings timings;
    int64_t date; /* UNIX seconds by the tenant's clock, where the answer says it; else not above 0 */
    char request_id[64];
    char correlation_id[65];
    char detail[160];
};

enum { EVENTS_KEPT = 256 };

struct events {
    bool is_wanted;
    size_t first, count;
    unsigned long dropped;
    struct event *ring; /* EVENTS_KEPT of them; NULL: there was none yet */
};

/* About a call; what is not said is zero. */
void events_add(struct events *events, const struct call *call, struct event event);

/* False where there is none. */
bool events_next(struct events *events, struct event *event);

void events_free(struct events *events);

const char *events_kind_name(enum event_kind kind);

#pragma GCC visibility pop

#endif
