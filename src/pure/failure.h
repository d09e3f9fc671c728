/* The words that a failure is told in. */
#ifndef AUTH0_PURE_FAILURE_H
#define AUTH0_PURE_FAILURE_H

#pragma GCC visibility push(hidden)

/* The words of `failure.code` and `failure.cause`. connection_lost: of a read, and a cause; a change that ends so is an
   unknown_outcome. unknown_outcome: a change that may have been carried out; said by an operation, never of one
   attempt. guarded: said by a sequence. */
#define FAILURE_CODES(code)                                                                                            \
    code(OK, "ok") code(UNREACHABLE, "unreachable") code(TLS, "tls") code(TIMEOUT, "timeout")                          \
        code(CANCELLED, "cancelled") code(CONNECTION_LOST, "connection_lost") code(UNKNOWN_OUTCOME, "unknown_outcome") \
            code(BAD_RESPONSE, "bad_response") code(TOO_LARGE, "too_large") code(INVALID_REQUEST, "invalid_request")   \
                code(UNAUTHORIZED, "unauthorized") code(FORBIDDEN, "forbidden") code(NOT_FOUND, "not_found")           \
                    code(CONFLICT, "conflict") code(RATE_LIMITED, "rate_limited") code(SERVER_ERROR, "server_error")   \
                        code(GUARDED, "guarded")

#define FAILURE_CODE(name, word) CODE_##name,
enum failure_code { FAILURE_CODES(FAILURE_CODE) CODES };
#undef FAILURE_CODE

enum failure_outcome { OUTCOME_NONE, OUTCOME_UNKNOWN };

const char *failure_code_name(enum failure_code code);
const char *failure_outcome_name(enum failure_outcome outcome);

#pragma GCC visibility pop

#endif
