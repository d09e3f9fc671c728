/* Sorts what is numbered from 1 on, in place, without memory of its own: a linked list. */
#ifndef AUTH0_PURE_SORT_H
#define AUTH0_PURE_SORT_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

struct sort {
    uint32_t *next; /* a slot for each number: the one after it, 0 at the end */
    int (*compare)(const void *context, uint32_t a, uint32_t b);
    const void *context;
};

/* Sorts a list of so many; equal ones keep their order. Returns the first, 0 of an empty list. */
uint32_t sort_list(const struct sort *sort, uint32_t first, size_t count);

#pragma GCC visibility pop

#endif
