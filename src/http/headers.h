/* What an answer's headers say. Dates of other forms than the usual one are libcurl's to read. */
#ifndef AUTH0_HTTP_HEADERS_H
#define AUTH0_HTTP_HEADERS_H

#include "pure/pace.h"
#include "pure/span.h"

#pragma GCC visibility push(hidden)

enum { HEADERS_AT_MOST = 64 * 1024 }; /* an answer has one or two KiB; libcurl itself would go on to 300 */

struct headers {
    char request_id[64];
    char date[64], retry_after[64];           /* as they came */
    char limit[24], remaining[24], reset[24]; /* x-ratelimit-*, likewise */
    char content_range[64], etag[80];         /* of a part of a file */
    char content_type[80];
    size_t bytes;      /* of all lines */
    bool is_over;      /* the last line was empty */
    bool is_coded;     /* the body is */
    bool is_overcoded; /* in more layers than gzip alone, or otherwise: libcurl would undo up to five of them in one go,
                          and a few kilobytes keep it busy for hours, past every deadline */
};

/* Takes a line ("name: value", or a status line) for what it says. False once there are more than HEADERS_AT_MOST bytes
   of them. */
bool headers_take(struct headers *headers, struct span line);

/* Retry-After in seconds, from the answer's own Date, both of its forms; negative where the tenant did not say. */
double headers_retry_after(const struct headers *headers);

/* The answer's own Date, UNIX seconds; -1: it has none that can be read. */
int64_t headers_date(const struct headers *headers);

/* What they say to the pace of what follows. */
struct pace_answer headers_pace(const struct headers *headers);

#pragma GCC visibility pop

#endif
