/* Bytes that grow up to a limit, and are wiped before they go back to the allocator: they may hold a token. */
#ifndef AUTH0_OS_BUFFER_H
#define AUTH0_OS_BUFFER_H

#include "pure/span.h"

#pragma GCC visibility push(hidden)

struct buffer {
    char *at;
    size_t size, room;
};

/* Both return false, and change nothing, where there is no memory. */
bool buffer_reserve(struct buffer *buffer, size_t more);
bool buffer_append(struct buffer *buffer, struct span text);

/* Appends a JSON string: in quotes, and escaped. What was written of it stays where memory runs out. */
bool buffer_append_json(struct buffer *buffer, struct span text);

/* Forgets the content, keeps the memory. */
void buffer_clear(struct buffer *buffer);
void buffer_free(struct buffer *buffer);

static inline struct span buffer_span(const struct buffer *buffer) { return (struct span){buffer->at, buffer->size}; }

/* memset that the compiler does not leave out. */
void buffer_wipe(void *memory, size_t size);

#pragma GCC visibility pop

#endif
