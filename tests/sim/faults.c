#include "faults.h"

#include <stddef.h>

long fault_counts[FAULTS];

#define PAGE "<html><head><title>502</title></head><body>Bad gateway</body></html>"
#define REFUSAL "{\"statusCode\":400,\"error\":\"Refused\",\"message\":\"The fault that was asked for.\"}"

static const struct fault_shape shapes[FAULTS] = {
    [FAULT_NONE] = {"none", ARRIVES, COMMITS, ENDS_ANSWERED, false, 0, NULL},
    [FAULT_REFUSED] = {"connection refused", NEVER_ARRIVES, COMMITS_NOT, ENDS_LOST, false, 0, NULL},
    [FAULT_TLS] = {"certificate refused", NEVER_ARRIVES, COMMITS_NOT, ENDS_LOST, false, 0, NULL},
    [FAULT_CONNECT_HANGS] = {"connect hangs", NEVER_ARRIVES, COMMITS_NOT, ENDS_NEVER, false, 0, NULL},
    [FAULT_CUT_OFF] = {"never arrives", NEVER_ARRIVES, COMMITS_NOT, ENDS_LOST, false, 0, NULL},
    [FAULT_UNPROCESSED] = {"stream refused", NEVER_ARRIVES, COMMITS_NOT, ENDS_UNPROCESSED, false, 0, NULL},
    [FAULT_GOAWAY] = {"GOAWAY", NEVER_ARRIVES, COMMITS_NOT, ENDS_UNPROCESSED, false, 0, NULL},
    [FAULT_RESET_BEFORE] = {"reset before", ARRIVES, COMMITS_NOT, ENDS_LOST, false, 0, NULL},
    [FAULT_RESET_AFTER] = {"reset after", ARRIVES, COMMITS, ENDS_LOST, false, 0, NULL},
    [FAULT_RESET_LATE] = {"reset, late commit", ARRIVES, COMMITS_LATE, ENDS_LOST, false, 0, NULL},
    [FAULT_SILENT] = {"silent", ARRIVES, COMMITS_NOT, ENDS_NEVER, false, 0, NULL},
    [FAULT_SILENT_LATE] = {"silent, late commit", ARRIVES, COMMITS_LATE, ENDS_NEVER, false, 0, NULL},
    [FAULT_SLOW] = {"slow", ARRIVES, COMMITS, ENDS_ANSWERED, true, 0, NULL},
    [FAULT_SLOW_LATE] = {"slow, late commit", ARRIVES, COMMITS_WITH_ANSWER, ENDS_ANSWERED, true, 0, NULL},
    [FAULT_TRUNCATED] = {"truncated", ARRIVES, COMMITS, ENDS_LOST, false, 0, NULL},
    [FAULT_STATUS] = {"5xx or 408 before", ARRIVES, COMMITS_NOT, ENDS_ANSWERED, false, -1, REFUSAL},
    [FAULT_STATUS_AFTER] = {"5xx or 408 after", ARRIVES, COMMITS, ENDS_ANSWERED, false, -1, REFUSAL},
    [FAULT_STATUS_LATE] = {"5xx or 408, late commit", ARRIVES, COMMITS_LATE, ENDS_ANSWERED, false, -1, REFUSAL},
    [FAULT_HTML] = {"html before", ARRIVES, COMMITS_NOT, ENDS_ANSWERED, false, 502, PAGE},
    [FAULT_HTML_AFTER] = {"html after", ARRIVES, COMMITS, ENDS_ANSWERED, false, 502, PAGE},
    [FAULT_HTML_SUCCESS] = {"html as success", ARRIVES, COMMITS, ENDS_ANSWERED, false, 200, PAGE},
    [FAULT_EMPTY] = {"empty", ARRIVES, COMMITS, ENDS_ANSWERED, false, 200, ""},
    [FAULT_NOT_ARRAY] = {"another shape", ARRIVES, COMMITS, ENDS_ANSWERED, false, 200, "\"identities\""},
    [FAULT_WRONG_TYPES] = {"wrong types", ARRIVES, COMMITS, ENDS_ANSWERED, false, 200, "[1,2,3]"},
    [FAULT_BROKEN_JSON] = {"broken json", ARRIVES, COMMITS, ENDS_ANSWERED, false, 200, "[{\"provider\":\"goo"},
    [FAULT_BROKEN_GZIP] = {"broken gzip", ARRIVES, COMMITS, ENDS_ANSWERED, false, 200, "\037\213\010"},
    [FAULT_LARGE] = {"large", ARRIVES, COMMITS, ENDS_ANSWERED, false, 0, NULL},
    [FAULT_REDIRECT] = {"redirect", ARRIVES, COMMITS_NOT, ENDS_ANSWERED, false, 302, ""},
    [FAULT_INVALID] = {"400", ARRIVES, COMMITS_NOT, ENDS_ANSWERED, false, 400, REFUSAL},
    [FAULT_FORBIDDEN] = {"403", ARRIVES, COMMITS_NOT, ENDS_ANSWERED, false, 403, REFUSAL},
    [FAULT_NOT_FOUND] = {"404", ARRIVES, COMMITS_NOT, ENDS_ANSWERED, false, 404, REFUSAL},
    [FAULT_CONFLICT] = {"409", ARRIVES, COMMITS_NOT, ENDS_ANSWERED, false, 409, REFUSAL},
    [FAULT_OTHER_4XX] = {"413", ARRIVES, COMMITS_NOT, ENDS_ANSWERED, false, 413, REFUSAL},
    [FAULT_LIMITED] = {"429 with Retry-After", ARRIVES, COMMITS_NOT, ENDS_ANSWERED, false, 429, REFUSAL},
    [FAULT_LIMITED_BARE] = {"429 without a word", ARRIVES, COMMITS_NOT, ENDS_ANSWERED, false, 429, ""},
    [FAULT_LIMITED_LONG] = {"429 for an hour", ARRIVES, COMMITS_NOT, ENDS_ANSWERED, false, 429, REFUSAL},
    [FAULT_UNAVAILABLE] = {"503 with Retry-After", ARRIVES, COMMITS_NOT, ENDS_ANSWERED, false, 503, REFUSAL},
    [FAULT_REVOKED] = {"token revoked", ARRIVES, COMMITS, ENDS_ANSWERED, false, 0, NULL},
    [FAULT_NO_EFFECT] = {"no effect", ARRIVES, COMMITS_NOT, ENDS_ANSWERED, false, 0, NULL},
    [FAULT_NO_HEADERS] = {"no rate headers", ARRIVES, COMMITS, ENDS_ANSWERED, false, 0, NULL},
    [FAULT_ODD_STATUS] = {"no final status", ARRIVES, COMMITS, ENDS_ANSWERED, false, 199, ""},
};

const struct fault_shape *fault_shape(enum fault fault) { return &shapes[fault]; }

enum fault fault_draw(struct dice *dice, int percent) {
    return dice_chance(dice, percent) ? (enum fault)dice_int(dice, FAULT_NONE + 1, FAULTS - 1) : FAULT_NONE;
}
