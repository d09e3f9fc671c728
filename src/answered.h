/* Exchanges that whoever holds the engine answers, in a time that is the engine's own: it stands still while somebody
   owes an answer, and jumps from timer to timer else. Takes the place of the network. Floor 1. */
#ifndef AUTH0_ANSWERED_H
#define AUTH0_ANSWERED_H

#include "call_list.h"

#pragma GCC visibility push(hidden)

struct answered {
    int64_t clock;
    struct call_list asked, waiting;
};

/* How an exchange that was handed out ended. Its body is copied. */
struct answered_reply {
    struct attempt_end end;
    const struct headers *headers;
    struct span body;
    int64_t after; /* microseconds from now until it is there; INT64_MAX: it never comes */
};

void answered_init(struct answered *answered);

/* Begins the exchange that the call's action asks for. */
void answered_launch(struct answered *answered, struct call *call);

/* The next exchange to hand out; NULL for none. */
struct call *answered_next(struct answered *answered);

/* False where there is no memory, or the call waits for no answer. */
bool answered_reply(struct answered *answered, struct call *call, const struct answered_reply *reply);

/* Whether somebody owes an answer: time stands still. */
bool answered_is_owed(const struct answered *answered);

/* When the next exchange ends; INT64_MAX for never. */
int64_t answered_next_timer(const struct answered *answered);

/* An exchange that has ended by now, if there is one. The call's answer is complete. */
struct call *answered_end(struct answered *answered, struct attempt_end *end);

/* Lets go of a launched call. */
void answered_forget(struct answered *answered, struct call *call);

#pragma GCC visibility pop

#endif
