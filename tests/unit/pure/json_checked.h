/* What the tests of the JSON code share. */
#ifndef AUTH0_TESTS_JSON_CHECKED_H
#define AUTH0_TESTS_JSON_CHECKED_H

/* clang-format keeps these four in their order: cmocka.h needs the other three before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/reading.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define HIGH "\xED\xA0\x80" /* U+D800 */
#define LOW "\xED\xBF\xBF"  /* U+DFFF */

static inline struct json_value checked(const char *text) {
    struct json_reader reader;
    if (reading(span_of(text), &reader) != JSON_WHOLE) fail_msg("%s: %s at %zu", text, reader.fault, reader.fault_at);
    return json_root(&reader);
}

static inline void assert_json(struct json_value is, const char *wanted) {
    assert_true(json_is_alike(is, checked(wanted)));
}

static inline void assert_span(struct span is, const char *wanted) {
    if (!span_equals(is, span_of(wanted)))
        fail_msg("%.*s, not %s", (int)is.size, is.at != NULL ? is.at : "(absent)", wanted);
}

#endif
