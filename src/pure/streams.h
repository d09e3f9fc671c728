/* How many exchanges (streams) may share a connection over HTTP/2. Pure.
   When a connection dies, every exchange on it loses its answer, and each lost answer of a change costs a read. After a
   connection died with several exchanges, fewer of them share one, at least one each; after every few hundred answers
   without a loss, twice as many as before. */
#ifndef AUTH0_PURE_STREAMS_H
#define AUTH0_PURE_STREAMS_H

#include "pure/attempt.h"

#include <stdint.h>

#pragma GCC visibility push(hidden)

struct streams {
    int most, each;        /* exchanges that may share a connection: at most, and now */
    int connections, many; /* connections that there may be: with `most` on each, and with one on each */
    int answered;          /* exchanges since the last one that was lost */

    /* of the last instant at which an exchange was lost or was not processed */
    int64_t at;
    int before, running;   /* `each`, and how many were under way, before that instant */
    int lost, unprocessed; /* how many then: ATTEMPT_LOST, and ATTEMPT_UNPROCESSED */
};

void streams_init(struct streams *streams, int most, int connections, int many);

/* How many connections there may be, and how many exchanges may be under way on all of them. */
int streams_connections(const struct streams *streams);
int streams_room(const struct streams *streams);

/* An exchange that was sent has ended; `running` were under way with it. Those that end at one instant are taken to
   have been on one connection. */
void streams_ended(struct streams *streams, int64_t now, enum attempt_how how, int running);

#pragma GCC visibility pop

#endif
