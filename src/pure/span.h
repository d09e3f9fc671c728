/* A piece of text that is borrowed: not owned, not terminated. The one way src/pure passes text about. */
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

static inline bool span_begins(struct span text, struct span beginning) {
    return text.size >= beginning.size && memcmp(text.at, beginning.at, beginning.size) == 0;
}

static inline bool span_holds(struct span text, struct span piece) {
    for (size_t i = 0; i + piece.size <= text.size; i++)
        if (memcmp(text.at + i, piece.at, piece.size) == 0) return true;
    return false;
}

/* Of ASCII, whatever the locale. */
static inline bool span_is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Whether there is text, all of it from `set`. */
static inline bool span_is_made_of(struct span text, struct span set) {
    for (size_t i = 0; i < text.size; i++)
        if (memchr(set.at, text.at[i], set.size) == NULL) return false;
    return text.size > 0;
}

static inline bool span_is_digits(struct span text) { return span_is_made_of(text, SPAN("0123456789")); }

/* What stands before the first `mark`; all of it without one. */
static inline struct span span_until(struct span text, char mark) {
    const char *found = text.size > 0 ? memchr(text.at, mark, text.size) : NULL;
    return (struct span){text.at, found != NULL ? (size_t)(found - text.at) : text.size};
}

/* How many bytes at the beginning are visible ASCII. */
static inline size_t span_visible(struct span text) {
    size_t size = 0;
    while (size < text.size && text.at[size] > ' ' && text.at[size] <= '~') size++;
    return size;
}

#endif
