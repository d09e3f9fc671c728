/* Unpacks gzip, piece by piece. Floor 1. */
#ifndef AUTH0_INFLATER_H
#define AUTH0_INFLATER_H

#include "span.h"

#include <stdbool.h>

#pragma GCC visibility push(hidden)

struct inflater;

/* NULL where there is no memory. */
struct inflater *inflater_new(void);
void inflater_free(struct inflater *inflater);

/* Takes what it can from the front of `packed`, which it shortens, and writes at most `room` bytes; gives how many.
   False where it is no gzip, or its checksum is wrong. */
bool inflater_run(struct inflater *inflater, struct span *packed, char *to, size_t room, size_t *made);

/* Whether all that it was given makes a whole file (of one or more members). */
bool inflater_is_whole(const struct inflater *inflater);

#pragma GCC visibility pop

#endif
