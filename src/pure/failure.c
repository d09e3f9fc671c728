#include "pure/failure.h"

const char *failure_code_name(enum failure_code code) {
    static const char *const names[CODES] = {
        [CODE_OK] = "ok",
        [CODE_UNREACHABLE] = "unreachable",
        [CODE_TLS] = "tls",
        [CODE_TIMEOUT] = "timeout",
        [CODE_CANCELLED] = "cancelled",
        [CODE_CONNECTION_LOST] = "connection_lost",
        [CODE_UNKNOWN_OUTCOME] = "unknown_outcome",
        [CODE_BAD_RESPONSE] = "bad_response",
        [CODE_TOO_LARGE] = "too_large",
        [CODE_INVALID_REQUEST] = "invalid_request",
        [CODE_UNAUTHORIZED] = "unauthorized",
        [CODE_FORBIDDEN] = "forbidden",
        [CODE_NOT_FOUND] = "not_found",
        [CODE_CONFLICT] = "conflict",
        [CODE_RATE_LIMITED] = "rate_limited",
        [CODE_SERVER_ERROR] = "server_error",
    };
    return names[code];
}

const char *failure_outcome_name(enum failure_outcome outcome) {
    return outcome == OUTCOME_UNKNOWN ? "unknown" : "none";
}
