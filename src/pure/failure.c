#include "pure/failure.h"

const char *failure_code_name(enum failure_code code) {
#define NAME(name, word) word,
    static const char *const names[CODES] = {FAILURE_CODES(NAME)};
#undef NAME
    return names[code];
}

const char *failure_outcome_name(enum failure_outcome outcome) {
    return outcome == OUTCOME_UNKNOWN ? "unknown" : "none";
}
