/* Text from outside, made fit for a log. */
#ifndef AUTH0_PURE_REDACT_H
#define AUTH0_PURE_REDACT_H

#include "pure/span.h"

#pragma GCC visibility push(hidden)

/* Makes text from outside fit for a log, in place: characters that a terminal obeys become spaces; every occurrence of
   a secret, and whatever looks like a JWT, becomes asterisks. */
void redact_text(char *text, const struct span *secrets, size_t count);

#pragma GCC visibility pop

#endif
