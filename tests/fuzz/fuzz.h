/* What the fuzz targets share. */
#ifndef AUTH0_TESTS_FUZZ_H
#define AUTH0_TESTS_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "pure/complaint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLDS(condition) ((condition) ? (void)0 : broken(#condition, __LINE__))

static inline void broken(const char *condition, int line) {
    fprintf(stderr, "line %d: %s\n", line, condition);
    abort();
}

/* Memory of just that size, so that the sanitizer sees an access beyond it. */
static inline char *allocate(size_t size) {
    char *memory = malloc(size > 0 ? size : 1);
    HOLDS(memory != NULL);
    return memory;
}

/* A copy in such memory. */
static inline struct span own(const char *at, size_t size) {
    char *copy = allocate(size);
    if (size > 0) memcpy(copy, at, size);
    return (struct span){copy, size};
}

static inline void release(struct span text) {
    union {
        const char *at;
        void *memory;
    } owned = {text.at};
    free(owned.memory);
}

static inline void check_complaint(const struct complaint *complaint) {
    size_t size = 0;
    HOLDS(complaint->option != NULL && complaint->option[0] != '\0');
    HOLDS(memchr(complaint->what, '\0', sizeof complaint->what) != NULL);
    for (; complaint->what[size] != '\0'; size++) HOLDS(complaint->what[size] >= ' ' && complaint->what[size] <= '~');
    HOLDS(size > 10 && size < sizeof complaint->what - 1);
}

#endif
