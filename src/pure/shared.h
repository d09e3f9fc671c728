/* Which of many numbers come more than once. Pure: the memory is the caller's. */
#ifndef AUTH0_PURE_SHARED_H
#define AUTH0_PURE_SHARED_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* Each entry is a number, in its upper half, and a place, in its lower. Leaves at the front the places of all whose
   number another one has, the lowest first, and returns how many there are; the rest is lost. In place, and in time
   that grows with the count alone. */
size_t shared_find(uint64_t *entries, size_t count);

#pragma GCC visibility pop

#endif
