/* The exchanges of one transport profile that are under way: a libcurl multi. It begins what it is told to, and never
   calls back: an end is fetched with network_next. */
#ifndef AUTH0_HTTP_NETWORK_H
#define AUTH0_HTTP_NETWORK_H

#include "http/exchange.h"

#pragma GCC visibility push(hidden)

struct network;

/* Instants of the monotonic clock, microseconds: now, and those of exchange_limit. */
struct network_times {
    int64_t now, connect_by, end_by;
};

/* `profile` must outlive it. NULL where there is no memory, or libcurl fails to start. */
struct network *network_open(const struct profile *profile);

/* Closes every connection; exchanges that are under way are let go, and tell nothing. */
void network_close(struct network *network);

/* How many connections there may be at once; 0: as many as there are exchanges. How many exchanges may share one; 0: as
   many as the server allows. */
void network_limit(struct network *network, int connections, int streams);

/* Begins an exchange; network_next returns `owner` with its end. NULL where libcurl cannot: `fault` says why. */
struct exchange *network_launch(struct network *network, const struct exchange_order *order,
                                const struct network_times *times, void *owner, const char **fault);

/* Sends and receives what can be, and ends what has ended or whose time is over. */
void network_turn(struct network *network, int64_t now);

/* The next exchange that has ended, with its owner, end, body, headers, times and words; NULL for none. The caller
   gives it back with network_drop, and may take its body: any other buffer does as well. */
struct exchange *network_next(struct network *network);

/* Waits for the network, at most `wait_ms`; a signal ends it. */
void network_wait(struct network *network, int wait_ms);

/* Ends the wait of the thread that waits, or the next wait at once. Any thread. */
void network_wake(struct network *network);

/* The instant at which network_turn has something to end; INT64_MAX for none. */
int64_t network_next_timer(const struct network *network);

/* Ends a launched exchange as cancelled; its end follows. */
void network_cancel(struct network *network, struct exchange *exchange, int64_t now);

/* Lets go of a launched exchange, without a word. */
void network_drop(struct network *network, struct exchange *exchange);

#pragma GCC visibility pop

#endif
