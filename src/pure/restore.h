/* Puts back what a merge wrote into an account, three-way: each member is put back only where the account still holds
   what was written; what was changed since stays as it is. Inside objects that were merged ("deep") the same holds for
   each of their members. Pure: the memory is the caller's. */
#ifndef AUTH0_PURE_RESTORE_H
#define AUTH0_PURE_RESTORE_H

#include "pure/merge.h"

#pragma GCC visibility push(hidden)

struct restore_given {
    struct json_value before; /* struct merge's `before`, */
    struct json_value wrote;  /* and its `patch`: of these only the parts of enum merge_part count */
    struct json_value now;    /* the account as GET /api/v2/users/{id} has it now */
};

/* What becomes of one member that the merge wrote. */
enum restore_fate {
    RESTORE_PUT_BACK,  /* it still holds what was written: it gets its value from before, or is deleted */
    RESTORE_AS_BEFORE, /* it holds what it held before: there is nothing to do */
    RESTORE_MERGED,  /* an object that holds something else, of which the entries that have it `above` tell the rest */
    RESTORE_CONFLICT /* it holds neither: it stays as it is */
};

/* "put_back", "as_before", "merged", "conflict". */
const char *restore_fate_name(enum restore_fate fate);

struct restore_entry {
    enum merge_part part;
    enum restore_fate fate;
    uint32_t above;                       /* the entry of the object that it is in; MERGE_TOP at the first level */
    struct json_value name;               /* absent for name and picture */
    struct json_value before, wrote, now; /* `before` and `now` may be absent */
};

/* Spans point into the memory of restore_make. */
struct restore {
    /* The body of the PATCH that puts back, with null for what is to be deleted. Name and picture are put back by null
       too: a merge only writes them where they are not set. Empty (size 0): nothing is to be sent. An empty metadata
       object never stands in it. */
    struct span patch;
    const struct restore_entry *entries; /* in the order of `wrote`; an object's entry before those in it */
    size_t entry_count;
    size_t put_back, as_before, conflicts; /* how many entries have that fate */
};

/* Bytes of memory that restore_make needs, aligned as malloc's are. */
size_t restore_room(const struct restore_given *given);
void restore_make(const struct restore_given *given, void *memory, struct restore *restore);

/* The path of an entry, as merge_path has it. */
size_t restore_path(const struct restore *restore, const struct restore_entry *entry, char *to, size_t room);

#pragma GCC visibility pop

#endif
