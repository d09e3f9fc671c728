/* Classifies the end of one HTTP attempt. Pure.
   "Sent" is decided by one hook (libcurl's PREREQ), never by an error code. */
#ifndef AUTH0_PURE_ATTEMPT_H
#define AUTH0_PURE_ATTEMPT_H

#include <stdbool.h>

#pragma GCC visibility push(hidden)

enum attempt_how {
    ATTEMPT_ANSWERED,  /* the whole answer came */
    ATTEMPT_UNREACHED, /* no connection: name not found, refused, no route, connect timeout, proxy refused */
    ATTEMPT_UNTRUSTED, /* no connection: certificate or protocol refused */
    ATTEMPT_LOST,      /* the connection ended before the whole answer had come */
    ATTEMPT_EXPIRED,   /* its time was over */
    ATTEMPT_CANCELLED,
    ATTEMPT_WITHHELD /* it was not begun, for the reason `why`: no token was to be had, no gate would open in time */
};

/* The words of `failure.code` and `failure.cause`. */
enum attempt_code {
    CODE_OK,
    CODE_UNREACHABLE,
    CODE_TLS,
    CODE_TIMEOUT,
    CODE_CANCELLED,
    CODE_CONNECTION_LOST, /* of a read, and a cause: a change that ends so is an unknown_outcome */
    CODE_UNKNOWN_OUTCOME, /* a change that may have been carried out: said by an operation, never of one attempt */
    CODE_BAD_RESPONSE,
    CODE_TOO_LARGE,
    CODE_INVALID_REQUEST,
    CODE_UNAUTHORIZED,
    CODE_FORBIDDEN,
    CODE_NOT_FOUND,
    CODE_CONFLICT,
    CODE_RATE_LIMITED,
    CODE_SERVER_ERROR,
    CODES
};

enum attempt_body { ATTEMPT_BODY_PROMISED, ATTEMPT_BODY_OTHER, ATTEMPT_BODY_TOO_LARGE };

struct attempt_end {
    enum attempt_how how;
    bool sent;
    int status;             /* 0 where no status line came */
    enum attempt_body body; /* of an answer */
    enum attempt_code why;
};

enum attempt_outcome { OUTCOME_NONE, OUTCOME_UNKNOWN };

struct attempt_verdict {
    enum attempt_code code;
    enum attempt_outcome outcome; /* of a change, whether the tenant may have changed; of a read always none */
};

struct attempt_verdict attempt_classify(const struct attempt_end *end, bool is_change);

const char *attempt_code_name(enum attempt_code code);
const char *attempt_outcome_name(enum attempt_outcome outcome);

#pragma GCC visibility pop

#endif
