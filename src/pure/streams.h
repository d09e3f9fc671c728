/* How many exchanges may share a connection over HTTP/2. Pure.
   A connection that dies takes all with it that are under way on it, and each of them costs a read. So after such a
   death fewer share one, down to none; and twice as many each time that a few hundred have been answered since. */
#ifndef AUTH0_PURE_STREAMS_H
#define AUTH0_PURE_STREAMS_H

#include "pure/attempt.h"

#include <stdint.h>

#pragma GCC visibility push(hidden)

struct streams {
    int most, each;        /* that share a connection: at most, and now */
    int connections, many; /* as long as they hold; and where none is shared */
    int answered;          /* since the last that was lost */

    /* of the last instant at which something was lost */
    int64_t at;
    int before, running; /* `each`, and what was under way, before it */
    int lost, unprocessed;
};

void streams_init(struct streams *streams, int most, int connections, int many);

/* The connections that there may be, and what may be under way on all of them. */
int streams_connections(const struct streams *streams);
int streams_room(const struct streams *streams);

/* An exchange that was sent has ended; `running` were under way with it. Those that end at one instant are taken to
   have been on one connection. */
void streams_ended(struct streams *streams, int64_t now, enum attempt_how how, int running);

#pragma GCC visibility pop

#endif
