/* What is wrong with an option, in words for its caller. */
#ifndef AUTH0_PURE_COMPLAINT_H
#define AUTH0_PURE_COMPLAINT_H

#include "pure/span.h"

#pragma GCC visibility push(hidden)

/* Why an option cannot be used: the name of the one to look at, and what follows "<option>: ", which says what is wrong
   and what to do. Visible ASCII and spaces, never a piece of a token. Bytes count from 1. Written only where a check
   fails. */
struct complaint {
    const char *option;
    char what[240];
};

/* Writes it. Always false, so that a check can end with it. */
__attribute__((format(printf, 3, 4))) bool complaint_make(struct complaint *complaint, const char *option,
                                                          const char *format, ...);

/* A name for a byte that is no visible ASCII, since a log must not show it as it is. */
const char *complaint_name_of(char invisible);

#pragma GCC visibility pop

#endif
