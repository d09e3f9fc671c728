/* What the tests of options share: spans that are constants, and a look at a complaint. */
#ifndef AUTH0_TESTS_COMPLAINTS_H
#define AUTH0_TESTS_COMPLAINTS_H

/* clang-format keeps these four in their order: cmocka.h needs the other three before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "pure/complaint.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A span as a constant initialiser, which SPAN's compound literal is not. */
#define T(literal)                                                                                                     \
    { (literal), sizeof(literal) - 1 }

/* A log line: it ends, and holds nothing that a terminal obeys. */
static inline void assert_fit_for_a_log(const struct complaint *complaint) {
    assert_non_null(memchr(complaint->what, '\0', sizeof complaint->what));
    assert_in_range(strlen(complaint->what), 10, sizeof complaint->what - 2);
    for (const char *c = complaint->what; *c != '\0'; c++) assert_in_range(*c, ' ', '~');
}

static inline void assert_complaint(const struct complaint *complaint, const char *option, const char *piece,
                                    const char *label) {
    assert_fit_for_a_log(complaint);
    if (strcmp(complaint->option, option) != 0 || strstr(complaint->what, piece) == NULL)
        fail_msg("%s: got \"%s: %s\", expected \"%s: ...%s...\"", label, complaint->option, complaint->what, option,
                 piece);
}

#endif
