/* Text from outside, made fit for a log. */
#ifndef AUTH0_PURE_REDACT_H
#define AUTH0_PURE_REDACT_H

#include "pure/span.h"

#pragma GCC visibility push(hidden)

enum { REDACT_AT_MOST = 4096 }; /* bytes of a text, with its end; the rest is cut */

/* Makes text from outside fit for a log, in place: characters that a terminal obeys become spaces, and those that are
   not seen go; every occurrence of a secret, and whatever looks like a JWT, becomes asterisks. A secret is also found
   where blanks, controls or invisible characters stand between its pieces; a JWT, where they are no blanks: without
   these, words after it would look as if they were of it. */
void redact_text(char *text, const struct span *secrets, size_t count);

#pragma GCC visibility pop

#endif
