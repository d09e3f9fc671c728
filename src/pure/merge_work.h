/* A merge under way: within merge. */
#ifndef AUTH0_PURE_MERGE_WORK_H
#define AUTH0_PURE_MERGE_WORK_H

#include "pure/merge.h"
#include "pure/order.h"
#include "pure/writer.h"

#pragma GCC visibility push(hidden)

struct merge_work {
    const struct merge_given *given;
    enum merge_part part;
    struct order primary, secondary;
    /* Places of tokens: the primary's, and from `secondary_at` on the secondary's, which has a slot for each. A name
       that counts has its partner there, in places of the other account's own; an element of arrays that are united has
       a link of lists, and in the end whether it goes over. */
    uint32_t *slots, secondary_at;
    struct writer patch, before;
    struct merge_entry *entries;
    struct merge_fault *faults;
    size_t entry_count, fault_count;
};

/* Merges all parts: writes the members of `patch` and `before`, the entries and the faults. */
void merge_work_parts(struct merge_work *work);

#pragma GCC visibility pop

#endif
