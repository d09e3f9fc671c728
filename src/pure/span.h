/* A piece of somebody else's text: not owned, not terminated. The one way src/pure passes text about. */
#ifndef AUTH0_PURE_SPAN_H
#define AUTH0_PURE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
    const char *at; /* NULL: absent */
    size_t size;
};

#define SPAN(literal) ((struct span){(literal), sizeof(literal) - 1})

static inline bool span_equals(struct span a, struct span b) {
    return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

static inline struct span span_of(const char *text) { return (struct span){text, text != NULL ? strlen(text) : 0}; }

/* What follows the first `skip` bytes. */
static inline struct span span_after(struct span text, size_t skip) {
    return (struct span){text.at + skip, text.size - skip};
}

#endif
