/* Writes text piece by piece: JSON, and paths. What does not fit into its memory it only counts, so that one function
   tells the room and fills it. Pure: the memory is the caller's. */
#ifndef AUTH0_PURE_WRITER_H
#define AUTH0_PURE_WRITER_H

#include "pure/json.h"

#pragma GCC visibility push(hidden)

struct writer {
    char *to;
    size_t room;                 /* bytes that there are; 0: the size alone is wanted */
    size_t size;                 /* larger than the room: `to` is of no use */
    bool needs_comma, is_quoted; /* its own */
};

/* Memory that suffices; NULL: there is none. */
static inline struct writer writer_to(char *to) { return (struct writer){.to = to, .room = to != NULL ? SIZE_MAX : 0}; }

static inline struct writer writer_within(char *to, size_t room) { return (struct writer){.to = to, .room = room}; }

/* The bytes as they are. */
void writer_text(struct writer *writer, struct span text);

/* A segment of a path, or a value of a query: percent-encoded, but for RFC 3986's unreserved characters. */
void writer_encoded(struct writer *writer, struct span text);

/* ---- JSON: commas are put where they belong ---- */

/* `bracket`: one of { [ and one of } ] */
void writer_open(struct writer *writer, char bracket);
void writer_close(struct writer *writer, char bracket);

/* As writer_close; but where nothing was written since the bracket, the writer is again what it was `before`. */
void writer_close_filled(struct writer *writer, char bracket, struct writer before);

/* A member's name, from the source code: it needs no escapes. */
void writer_name(struct writer *writer, const char *name);

/* A member's name as it stands in the text that was read. */
void writer_member(struct writer *writer, struct json_value name);

/* UTF-8, escaped. */
void writer_string(struct writer *writer, struct span text);
void writer_integer(struct writer *writer, int64_t number);
void writer_boolean(struct writer *writer, bool value);

/* Members whose names are from the source code. One whose value is absent is left out. */
void writer_member_text(struct writer *writer, const char *name, struct span text);
void writer_member_words(struct writer *writer, const char *name, const char *words);
void writer_member_value(struct writer *writer, const char *name, struct json_value value);
void writer_member_flag(struct writer *writer, const char *name, bool flag);

/* A value as it stands, without the white space around its pieces; an absent one is null. */
void writer_value(struct writer *writer, struct json_value value);

/* How many bytes writer_value writes; of an absent value 0. */
size_t writer_size_of(struct json_value value);

/* The text of a value as a string: a JSON text within JSON. */
void writer_quoted_value(struct writer *writer, struct json_value value);

#pragma GCC visibility pop

#endif
