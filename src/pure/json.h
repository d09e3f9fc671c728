/* Reads JSON text, once, into tokens; and finds its way among these. Pure: no I/O, and the memory is the caller's.
   json_read alone decides what is malformed (RFC 8259, UTF-8, JSON_DEPTH). The rest takes values of text that it has
   read to the end, of any kind: one of the wrong kind has no members, no elements, and equals no string. */
#ifndef AUTH0_PURE_JSON_H
#define AUTH0_PURE_JSON_H

#include "pure/span.h"

#include <stdint.h>

#pragma GCC visibility push(hidden)

enum { JSON_DEPTH = 64 };

enum json_kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* A value, or a member's name, which is a string before its value. What a container holds follows it. */
struct json_token {
    union {
        uint32_t at;     /* a number, or the inside of a string: where it begins in the text */
        uint32_t inside; /* a container: the tokens in it */
    };
    uint32_t size;   /* bytes; of a container, its elements or members */
    uint16_t kind;   /* enum json_kind */
    uint16_t is_raw; /* a string without escapes; a number without fraction and exponent */
};

/* Weighs values while they are read: the bytes that they take as Lua values, by an estimate for the Lua that needs
   most, and that their tokens take. A string that stood in the text before costs nothing, since Lua keeps one of a
   kind; which ones did is known of the latest. */
enum { JSON_SEEN = 256, JSON_HEAVIEST = 64 /* bytes that a byte of text weighs at most */ };
struct json_scale {
    size_t weight, most;
    uint32_t seen[JSON_SEEN]; /* where a string begins in the text, by its hash; 0: none */
};

/* Reading: text shorter than 4 GiB, and room for tokens that may grow on the way. */
struct json_reader {
    struct span text;
    struct json_token *tokens; /* the caller's, of which the first `count` must keep their content where they move */
    size_t room, count;
    size_t most;              /* values that there may be, names of members not counted */
    uint32_t deepest;         /* containers that may stand in one another */
    struct json_scale *scale; /* NULL: values may weigh what they will */

    size_t fault_at;   /* JSON_MALFORMED, JSON_TOO_MANY: a byte offset, and */
    const char *fault; /* "a control character in a string", "an unexpected end", ...: static text */

    const char *at, *end;
    uint32_t open; /* the innermost container that is not closed, if depth > 0; its `inside` is the one around it */
    uint32_t depth;
    size_t values; /* that were read */
};

/* Without a bound on the values. Who takes more than JSON_DEPTH must not recurse. */
static inline struct json_reader json_reader(struct span text) {
    const char *at = text.at != NULL ? text.at : "";
    return (struct json_reader){
        .text = {at, text.size}, .most = SIZE_MAX, .deepest = JSON_DEPTH, .at = at, .end = at + text.size};
}

enum json_progress {
    JSON_WHOLE,     /* one value, with nothing but white space around it: the tokens are complete */
    JSON_MALFORMED, /* it is no JSON, as the fault says */
    JSON_TOO_MANY,  /* it has more values than `most`, or they weigh more than the scale's, whatever follows */
    JSON_MORE       /* it goes on with more room: at least two tokens */
};
enum json_progress json_read(struct json_reader *reader);

/* Past ASCII without controls, quotes and backslashes: to the first other byte, or to the end. */
const char *json_skip_plain(const char *at, const char *end);

/* Room that always suffices for text of so many bytes that is not malformed. */
static inline size_t json_room(size_t size) { return size / 2 + 3; }

/* What the values of an answer may weigh that has at most so many bytes: small ones take a multiple of their text in
   Lua, and an array of empty arrays thirty-six times as much. What a tenant says takes three to five times, as a rule.
   */
static inline size_t json_allowance(size_t size) {
    enum { ALWAYS = 262144 };
    size_t most = size < SIZE_MAX / 7 ? size * 6 + size / 2 : SIZE_MAX;
    return most > ALWAYS ? most : ALWAYS;
}

/* Puts a value that was read, or its beginning, on the reader's scale: the tokens from `first`, and its place in its
   container, if it is not NULL. False: it is more than the scale's `most`. */
bool json_weigh(struct json_reader *reader, size_t first, const struct json_token *container);

/* A value: of text that was read, until the tokens or the text move. */
struct json_value {
    const struct json_token *token; /* NULL: absent */
    const char *text;
};

static inline struct json_value json_root(const struct json_reader *reader) {
    return (struct json_value){reader->tokens, reader->text.at};
}

/* An absent value is JSON_NULL. */
static inline enum json_kind json_kind(struct json_value value) {
    return value.token != NULL ? (enum json_kind)value.token->kind : JSON_NULL;
}

/* Whether it is a number written as an integer: digits and a sign. */
static inline bool json_is_integer(struct json_value value) {
    return value.token != NULL && value.token->kind == JSON_NUMBER && value.token->is_raw;
}

/* The bytes of a number; of a string, those between its quotes, which may hold escapes. */
static inline struct span json_bytes(struct json_value value) {
    return (struct span){value.text + value.token->at, value.token->size};
}

/* The token after a value and all that is in it. */
static inline const struct json_token *json_after(const struct json_token *token) {
    return token + 1 + (token->kind >= JSON_ARRAY ? token->inside : 0);
}

/* Walks an array or an object:
       struct json_walk walk = json_walk(container);
       while (json_next(&walk)) ... walk.name (objects), walk.value ... */
struct json_walk {
    struct json_value name, value;
    const struct json_token *next;
    uint32_t left;
    bool has_names;
};
struct json_walk json_walk(struct json_value container);
static inline bool json_next(struct json_walk *walk) {
    if (walk->left == 0) return false;
    walk->left--;
    if (walk->has_names) walk->name.token = walk->next++;
    walk->value.token = walk->next;
    walk->next = json_after(walk->next);
    return true;
}

/* The member called `name` (ASCII or UTF-8, compared after unescaping). Of several the last, as with every reader that
   puts one after the other into a table. Without one, `value` is absent. */
bool json_member(struct json_value object, struct span name, struct json_value *value);

/* Several members in one walk, each as json_member has it. */
struct json_wish {
    struct span name;
    struct json_value *value;
};
void json_find(struct json_value object, const struct json_wish *wishes, size_t count);

/* The wish for a member of this name, the first of several. NULL: there is none. */
const struct json_wish *json_wish_for(struct json_value name, const struct json_wish *wishes, size_t count);

/* Whether a string, unescaped, is `text`. Most have no escapes, and differ in size. */
bool json_is_equal_unescaped(struct json_value string, struct span text);
static inline bool json_string_is(struct json_value string, struct span text) {
    if (json_kind(string) != JSON_STRING) return false;
    return string.token->is_raw ? span_equals(json_bytes(string), text) : json_is_equal_unescaped(string, text);
}

/* Walks a string's characters, unescaped, in UTF-8 as json_string writes them:
       struct json_characters walk = json_characters(string);
       char character[4];
       for (size_t size; (size = json_next_character(&walk, character)) > 0;) ... */
struct json_characters {
    const char *at, *end;
};
static inline struct json_characters json_characters(struct json_value string) {
    struct span raw = json_bytes(string);
    return (struct json_characters){raw.at, raw.at + raw.size};
}
size_t json_next_character(struct json_characters *walk, char to[4]);

/* Whether two values are the same text, but for white space. Absent is like absent only. */
bool json_is_alike(struct json_value a, struct json_value b);

/* Writes a string, unescaped: at most `room` bytes, cut between characters, not terminated; the bytes of the string
   suffice. It is UTF-8, but for a surrogate without its other half, which has the three bytes that UTF-8 would give it
   ("\ud800" is ED A0 80). Also over the string itself. Returns the bytes written. */
size_t json_string(struct json_value string, char *to, size_t room);

#pragma GCC visibility pop

#endif
