/* The exchanges of one transport profile that are on their way: a libcurl multi, and who may go next.
   It never calls up: an end is fetched with network_next. */
#ifndef AUTH0_HTTP_NETWORK_H
#define AUTH0_HTTP_NETWORK_H

#include "engine/call.h"

#pragma GCC visibility push(hidden)

struct network;

struct network_end {
    struct call *call;
    struct attempt_end end;
    bool speaks_for_all; /* the one that went ahead could not connect: nor can those that wait */
    bool is_timed_out;   /* with speaks_for_all: in the time that it gave itself */
};

/* `profile` must outlive it. NULL where there is no memory, or libcurl fails to start. */
struct network *network_open(const struct profile *profile);

/* Closes every connection; calls that are under way are let go, and tell nothing. */
void network_close(struct network *network);

/* Whether another call may be launched. While nobody knows whether the tenant is there, one goes ahead; the others
   follow as soon as its connection stands. */
bool network_has_room(struct network *network, int64_t now);

/* Begins the exchange that the call's action asks for. False where libcurl cannot: `detail` of the call says why. */
bool network_launch(struct network *network, struct call *call, int64_t now);

/* Sends and receives what can be, and ends what has ended or whose time is over. */
void network_turn(struct network *network, int64_t now);

/* The next end, if there is one. The call's answer, times and words are complete. */
bool network_next(struct network *network, struct network_end *end);

/* Waits for the network, at most `wait_ms`; a signal ends it. */
void network_wait(struct network *network, int wait_ms);

/* Ends the wait of the thread that waits, or the next wait at once. Any thread. */
void network_wake(struct network *network);

/* The instant at which network_turn has something to end; INT64_MAX for none. */
int64_t network_next_timer(const struct network *network);

/* Ends a launched call as cancelled; its end follows. */
void network_cancel(struct network *network, struct call *call, int64_t now);

/* Lets go of a launched call, without a word. */
void network_forget(struct network *network, struct call *call);

#pragma GCC visibility pop

#endif
