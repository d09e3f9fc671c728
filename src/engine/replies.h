/* Exchanges that the engine's holder answers, in a time that is the engine's own: it stands still while an answer is
   owed, and otherwise jumps from timer to timer. Takes the place of the network. */
#ifndef AUTH0_ENGINE_REPLIES_H
#define AUTH0_ENGINE_REPLIES_H

#include "engine/call.h"

#pragma GCC visibility push(hidden)

struct replies {
    int64_t clock;
    struct list asked, owed; /* exchanges that are to be handed out; that are answered next */
    struct heap coming;      /* replies, by when they are there */
};

/* How an exchange that was handed out ended. Its body is copied. */
struct replies_reply {
    struct attempt_end end;
    const struct headers *headers;
    struct span body;
    int64_t after; /* microseconds from now until it is there; INT64_MAX: it never comes */
};

void replies_init(struct replies *replies);

/* Begins the exchange that the call's action asks for. */
void replies_launch(struct replies *replies, struct call *call);

/* The next exchange to hand out; NULL for none. */
struct call *replies_next(struct replies *replies);

/* False where there is no memory, or the call waits for no answer. */
bool replies_reply(struct replies *replies, struct call *call, const struct replies_reply *reply);

/* Whether there is an exchange to hand out. */
bool replies_has_asked(const struct replies *replies);

/* Whether an answer is owed: time stands still. */
bool replies_is_owed(const struct replies *replies);

/* When the next exchange ends; INT64_MAX for never. */
int64_t replies_next_timer(const struct replies *replies);

/* An exchange that has ended by now, if there is one. The call's answer is complete. */
struct call *replies_end(struct replies *replies, struct attempt_end *end);

/* Lets go of a launched call. */
void replies_drop(struct replies *replies, struct call *call);

#pragma GCC visibility pop

#endif
