/* Classifies the end of one HTTP attempt. Pure.
   "Sent" is decided by one hook (libcurl's PREREQ), never by an error code. */
#ifndef AUTH0_PURE_ATTEMPT_H
#define AUTH0_PURE_ATTEMPT_H

#include "pure/failure.h"

#include <stdbool.h>

#pragma GCC visibility push(hidden)

enum attempt_how {
    ATTEMPT_ANSWERED,  /* the whole answer came */
    ATTEMPT_UNREACHED, /* no connection: name not found, refused, no route, connect timeout, proxy refused */
    ATTEMPT_UNTRUSTED, /* no connection: certificate or protocol refused */
    ATTEMPT_LOST,      /* the connection ended before the whole answer had come */
    ATTEMPT_EXPIRED,   /* its time was over */
    ATTEMPT_CANCELLED,
    ATTEMPT_UNPROCESSED, /* the server says that it did not process it: REFUSED_STREAM, or after a GOAWAY's last one */
    ATTEMPT_WITHHELD /* it was not begun, for the reason `why`: no token was to be had, no gate would open in time */
};

enum attempt_body {
    ATTEMPT_BODY_PROMISED,
    ATTEMPT_BODY_OTHER,
    ATTEMPT_BODY_TOO_LARGE,
    ATTEMPT_BODY_NO_TOKEN /* of a 400: it says that what was sent as a token is none */
};

struct attempt_end {
    enum attempt_how how;
    bool sent;              /* a byte of it may have left; of one that was not processed, too */
    int status;             /* 0 where no status line came */
    enum attempt_body body; /* of an answer */
    enum failure_code why;
};

struct attempt_verdict {
    enum failure_code code;
    enum failure_outcome outcome; /* of a change, whether the tenant may have changed; of a read always none */
};

struct attempt_verdict attempt_classify(const struct attempt_end *end, bool is_change);

#pragma GCC visibility pop

#endif
