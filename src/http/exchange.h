/* One request and its answer on one libcurl easy handle. Knows when a request counts as sent, and what an end was.
   */
#ifndef AUTH0_HTTP_EXCHANGE_H
#define AUTH0_HTTP_EXCHANGE_H

#include "http/headers.h"
#include "http/profile.h"
#include "http/sockets.h"
#include "pure/attempt.h"
#include "pure/heap.h"
#include "pure/list.h"
#include "pure/request.h"

#include <stdint.h>

#pragma GCC visibility push(hidden)

/* What to send. Nothing of it is copied: it must outlive the exchange. */
struct exchange_order {
    enum request_method method;
    const char *target; /* path and query, encoded: they go out as they are, to the profile's domain */
    struct curl_slist *headers;
    struct span body; /* absent: none */
    size_t max_response;
    bool is_raw;   /* the answer's body is a part of a file as it stands. That of another GET may come as gzip, and is
                    decoded; no other */
    bool is_apart; /* on a new connection (CURLOPT_FRESH_CONNECT) */
};

/* Seconds since the exchange began; connection phases are next to 0 on a reused connection. */
struct exchange_timings {
    double dns, connect, tls, first_byte, total;
};

struct exchange {
    CURL *easy;
    const struct profile *profile;
    struct sockets *sockets;
    CURLU *origin;    /* the profile's, which libcurl would else read and write anew for each request */
    struct list link; /* in one of the network's lists */
    struct heap_node timer;
    void *owner;
    struct attempt_end end; /* once it has ended; so are the next two */
    bool is_timed_out;      /* the time that it had to connect is over */
    int http;               /* the version that was spoken; 0: not known */
    struct exchange_order order;
    int64_t connect_by, end_by;
    bool is_running;
    bool carries;    /* the target carries the order's header lines; else they are libcurl's list */
    bool takes_gzip; /* what the handle asks for */
    bool is_spread;  /* as the handle is set; see exchange_spread */
    bool is_fresh;   /* likewise: a connection of its own */
    bool is_http_1;  /* likewise */
    bool sent;
    bool is_unfit;            /* it was not sent: the connection had ended before, or had answered already */
    int local_port;           /* of the connection that it was to be sent on */
    unsigned asked;           /* how often libcurl has, whether to go on */
    bool is_overdue;          /* its time was over while libcurl was at work */
    unsigned shut_before;     /* how many of its network's sockets had been shut down when it began */
    bool is_shut;             /* one was meanwhile, since the peer sends without end */
    bool repeats_unprocessed; /* the handle wants to send again what was not processed, and little else */
    bool is_repeat_refused;   /* libcurl wanted to send it a second time */
    bool is_unprocessed;      /* because the server says that it did not process it */
    bool is_stream_refused;   /* and its connection was alive: the stream alone was refused */
    int refusals_before;      /* the network's, when it began */
    const char *too_large;    /* what of the answer is; NULL: nothing */
    struct headers headers;
    struct buffer body;
    char detail[CURL_ERROR_SIZE]; /* libcurl's words for a failure */
};

/* `profile` and `sockets` must outlive it, and these the connections that it leaves. NULL where there is no memory, or
   libcurl lacks what we need. */
struct exchange *exchange_new(const struct profile *profile, struct sockets *sockets, struct curl_slist *resolve);
void exchange_free(struct exchange *exchange);

/* Prepares the handle for an order; the caller adds it to a multi. */
CURLcode exchange_begin(struct exchange *exchange, const struct exchange_order *order);

/* Whether libcurl opens a further connection at once where all open ones are full (CURLOPT_PIPEWAIT off). Else it waits
   for the one that it is opening, so that where few exchanges share a connection, connections would be opened one after
   another. */
CURLcode exchange_spread(struct exchange *exchange, bool is_spread);

/* Prepares the handle again, for the same order, after an end that was `is_unfit`: it goes out on a connection of its
   own. */
CURLcode exchange_begin_afresh(struct exchange *exchange);

/* Instants of the monotonic clock, microseconds: unsent at `connect_by`, or not ended at `end_by`, its time is over. */
void exchange_limit(struct exchange *exchange, int64_t now, int64_t connect_by, int64_t end_by);

/* Whether a byte of the request may have left. */
bool exchange_is_sent(const struct exchange *exchange);

/* An end that is ours, before libcurl has one: its time is over, or it is cancelled. */
struct attempt_end exchange_stop(const struct exchange *exchange, enum attempt_how how);

/* Its time is over: as expired; unsent, and only the time to connect, as unreached. */
struct attempt_end exchange_overdue(struct exchange *exchange, int64_t now);

/* How it ended by libcurl's account. ATTEMPT_BODY_PROMISED means no more than: there is a body to look at. */
struct attempt_end exchange_end(struct exchange *exchange, CURLcode code);

struct exchange_timings exchange_timings(const struct exchange *exchange);

/* Lets go of everything that the order lent. */
void exchange_finish(struct exchange *exchange);

#pragma GCC visibility pop

#endif
