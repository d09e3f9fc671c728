/* Unpacks gzip, piece by piece. */
#ifndef AUTH0_OS_INFLATE_H
#define AUTH0_OS_INFLATE_H

#include "pure/span.h"

#include <stdbool.h>

#pragma GCC visibility push(hidden)

struct inflate;

/* NULL where there is no memory. */
struct inflate *inflate_new(void);
void inflate_free(struct inflate *inflater);

/* Takes what it can from the front of `packed`, which it shortens, and writes at most `room` bytes; gives how many.
   False where it is no gzip, or its checksum is wrong. */
bool inflate_run(struct inflate *inflater, struct span *packed, char *to, size_t room, size_t *made);

/* Whether all that it was given makes a whole file (of one or more members). */
bool inflate_is_whole(const struct inflate *inflater);

#pragma GCC visibility pop

#endif
