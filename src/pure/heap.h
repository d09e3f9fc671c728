/* What has the least key, of many (a pairing heap). Pure; its links stand in what it holds, so it needs no memory. To
   put one in and to see the first take the same time however many there are; to take one out grows with the logarithm.
   */
#ifndef AUTH0_PURE_HEAP_H
#define AUTH0_PURE_HEAP_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* A zeroed one is in no heap. */
struct heap_node {
    int64_t key;
    struct heap_node *child, *next, **at; /* `at`: the pointer that points to it */
};

struct heap {
    struct heap_node *first; /* NULL: it is empty */
};

/* `node` is in no heap. */
void heap_put(struct heap *heap, struct heap_node *node, int64_t key);

/* Out of the heap, if it is in it at all. */
void heap_leave(struct heap *heap, struct heap_node *node);

/* The least key; INT64_MAX where the heap is empty. */
static inline int64_t heap_least(const struct heap *heap) { return heap->first != NULL ? heap->first->key : INT64_MAX; }

#pragma GCC visibility pop

#endif
