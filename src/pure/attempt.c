#include "pure/attempt.h"

/* The tenant's word, where it gave one. */
static struct attempt_verdict classify_status(int status, enum attempt_body body) {
    if (status >= 200 && status < 300) {
        if (body == ATTEMPT_BODY_PROMISED) return (struct attempt_verdict){CODE_OK, OUTCOME_NONE};
        if (body == ATTEMPT_BODY_TOO_LARGE) return (struct attempt_verdict){CODE_TOO_LARGE, OUTCOME_UNKNOWN};
        return (struct attempt_verdict){CODE_BAD_RESPONSE, OUTCOME_UNKNOWN};
    }
    /* 408: the edge or the tenant gave up waiting, and does not say what became of the request. */
    if (status == 408 || status >= 500) return (struct attempt_verdict){CODE_SERVER_ERROR, OUTCOME_UNKNOWN};
    if (status >= 300 && status < 400) return (struct attempt_verdict){CODE_BAD_RESPONSE, OUTCOME_NONE};
    if (status == 400 && body == ATTEMPT_BODY_NO_TOKEN)
        return (struct attempt_verdict){CODE_UNAUTHORIZED, OUTCOME_NONE};
    switch (status) {
    case 401: return (struct attempt_verdict){CODE_UNAUTHORIZED, OUTCOME_NONE};
    case 403: return (struct attempt_verdict){CODE_FORBIDDEN, OUTCOME_NONE};
    case 404: return (struct attempt_verdict){CODE_NOT_FOUND, OUTCOME_NONE};
    case 409: return (struct attempt_verdict){CODE_CONFLICT, OUTCOME_NONE};
    case 429: return (struct attempt_verdict){CODE_RATE_LIMITED, OUTCOME_NONE};
    default: break;
    }
    if (status >= 400) return (struct attempt_verdict){CODE_INVALID_REQUEST, OUTCOME_NONE};
    return (struct attempt_verdict){CODE_BAD_RESPONSE, OUTCOME_UNKNOWN}; /* no final status of HTTP */
}

static struct attempt_verdict classify_silence(const struct attempt_end *end) {
    enum failure_outcome outcome = end->sent ? OUTCOME_UNKNOWN : OUTCOME_NONE;
    if (end->how == ATTEMPT_WITHHELD) return (struct attempt_verdict){end->why, OUTCOME_NONE};
    if (end->how == ATTEMPT_UNPROCESSED) return (struct attempt_verdict){CODE_CONNECTION_LOST, OUTCOME_NONE};
    if (end->how == ATTEMPT_EXPIRED) return (struct attempt_verdict){CODE_TIMEOUT, outcome};
    if (end->how == ATTEMPT_CANCELLED) return (struct attempt_verdict){CODE_CANCELLED, outcome};
    if (end->sent) return (struct attempt_verdict){CODE_CONNECTION_LOST, outcome};
    if (end->how == ATTEMPT_UNTRUSTED) return (struct attempt_verdict){CODE_TLS, outcome};
    return (struct attempt_verdict){CODE_UNREACHABLE, outcome};
}

struct attempt_verdict attempt_classify(const struct attempt_end *end, bool is_change) {
    struct attempt_verdict verdict =
        end->how == ATTEMPT_ANSWERED ? classify_status(end->status, end->body) : classify_silence(end);
    if (!is_change) verdict.outcome = OUTCOME_NONE;
    return verdict;
}
