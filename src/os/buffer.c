#include "os/buffer.h"

#include <stdio.h>
#include <stdlib.h>

/* Through a volatile pointer: the compiler cannot know that it is memset, so cannot drop it. explicit_bzero is not
   everywhere. */
static void *(*volatile const set_memory)(void *, int, size_t) = memset;

void buffer_wipe(void *memory, size_t size) {
    if (size > 0) set_memory(memory, 0, size);
}

enum { LEAST = 256 };

bool buffer_reserve(struct buffer *buffer, size_t more) {
    if (more <= buffer->room - buffer->size) return true;
    size_t room = buffer->room;
    if (room == 0) room = more > LEAST ? more : LEAST; /* who knows at first how much it is, wants no more */
    while (room - buffer->size < more) {
        if (room > (size_t)-1 / 2) return false;
        room *= 2;
    }
    char *at = malloc(room); /* not realloc, which may leave an unwiped copy behind */
    if (at == NULL) return false;
    if (buffer->size > 0) memcpy(at, buffer->at, buffer->size);
    buffer_wipe(buffer->at, buffer->size);
    free(buffer->at);
    buffer->at = at;
    buffer->room = room;
    return true;
}

bool buffer_append(struct buffer *buffer, struct span text) {
    if (!buffer_reserve(buffer, text.size)) return false;
    if (text.size > 0) memcpy(buffer->at + buffer->size, text.at, text.size);
    buffer->size += text.size;
    return true;
}

bool buffer_append_json(struct buffer *buffer, struct span text) {
    bool is_good = buffer_append(buffer, SPAN("\""));
    for (size_t i = 0; i < text.size && is_good; i++) {
        unsigned char c = (unsigned char)text.at[i];
        char escape[8];
        if (c >= ' ' && c != '"' && c != '\\') {
            is_good = buffer_append(buffer, (struct span){text.at + i, 1});
        } else {
            snprintf(escape, sizeof escape, "\\u%04x", c);
            is_good = buffer_append(buffer, span_of(escape));
        }
    }
    return is_good && buffer_append(buffer, SPAN("\""));
}

void buffer_clear(struct buffer *buffer) {
    buffer_wipe(buffer->at, buffer->size);
    buffer->size = 0;
}

void buffer_free(struct buffer *buffer) {
    buffer_clear(buffer);
    free(buffer->at);
    *buffer = (struct buffer){NULL, 0, 0};
}
