/* What the tests of the JSON code share. */
#ifndef AUTH0_TESTS_JSON_CHECKED_H
#define AUTH0_TESTS_JSON_CHECKED_H

/* clang-format keeps these four in their order: cmocka.h needs the other three before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pure/json.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define REPLACEMENT "\xEF\xBF\xBD"

static inline struct span checked(const char *text) {
    struct span value;
    struct json_fault fault = {0, "no fault"};
    if (!json_check(span_of(text), &value, &fault)) fail_msg("%s: %s at %zu", text, fault.what, fault.at);
    return value;
}

static inline void assert_span(struct span is, const char *wanted) {
    if (!span_equals(is, span_of(wanted)))
        fail_msg("%.*s, not %s", (int)is.size, is.at != NULL ? is.at : "(absent)", wanted);
}

#endif
