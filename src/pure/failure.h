/* The words that a failure is told in. */
#ifndef AUTH0_PURE_FAILURE_H
#define AUTH0_PURE_FAILURE_H

#pragma GCC visibility push(hidden)

/* The words of `failure.code` and `failure.cause`. */
enum failure_code {
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

enum failure_outcome { OUTCOME_NONE, OUTCOME_UNKNOWN };

const char *failure_code_name(enum failure_code code);
const char *failure_outcome_name(enum failure_outcome outcome);

#pragma GCC visibility pop

#endif
