/* UTF-8, as RFC 3629 has it. */
#ifndef AUTH0_PURE_UTF8_H
#define AUTH0_PURE_UTF8_H

#include "pure/span.h"

#pragma GCC visibility push(hidden)

/* The size of the character that begins `text`, which is not empty; 0 where none does: cut off, overlong, a surrogate,
   too large. */
size_t utf8_size(struct span text);

/* Whether all of it is such characters. */
bool utf8_is(struct span text);

#pragma GCC visibility pop

#endif
