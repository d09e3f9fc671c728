/* JSON that tests have at hand, read: its tokens come from one pool, and last until as many more were read. */
#ifndef AUTH0_TESTS_READING_H
#define AUTH0_TESTS_READING_H

#include "pure/answer.h"

#include <stdlib.h>

enum { READING_POOL = 1 << 17 };

static inline enum json_progress reading(struct span text, struct json_reader *reader) {
    static struct json_token pool[READING_POOL];
    static size_t used;
    *reader = json_reader(text);
    reader->room = text.size + 3; /* a bracket that is not closed is a token too */
    if (reader->room > READING_POOL) abort();
    if (used + reader->room > READING_POOL) used = 0;
    reader->tokens = &pool[used];
    enum json_progress progress = json_read(reader);
    used += reader->count;
    return progress;
}

/* Absent where it is no JSON. */
static inline struct json_value reading_value(struct span text) {
    struct json_reader reader;
    return reading(text, &reader) == JSON_WHOLE ? json_root(&reader) : (struct json_value){NULL, NULL};
}

static inline struct answer_body reading_body(struct span text) {
    struct json_reader reader;
    enum json_progress progress = reading(text, &reader);
    return answer_body(&reader, progress);
}

#endif
