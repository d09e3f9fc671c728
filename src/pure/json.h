/* Finds members and elements in JSON text without changing it. Pure: no I/O, no allocation.
   json_check alone decides what is malformed (RFC 8259, UTF-8, JSON_DEPTH); everything else here takes values
   of text that it accepted, of any kind: one of the wrong kind has no members, no elements, and equals no string. */
#ifndef AUTH0_PURE_JSON_H
#define AUTH0_PURE_JSON_H

#include "pure/span.h"

#pragma GCC visibility push(hidden)

enum { JSON_DEPTH = 64 };

enum json_kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json_fault {
    size_t at;        /* byte offset from the start of the text */
    const char *what; /* "a control character in a string", "an unexpected end", ...: static text */
};

/* Whether `text` is one JSON value with nothing but white space around it. `value` is then its span without that space;
   else it is absent, and `fault` is set. */
bool json_check(struct span text, struct span *value, struct json_fault *fault);

/* An absent value is JSON_NULL. */
enum json_kind json_kind(struct span value);

/* Whether a value is a number written as an integer: digits and a sign, no fraction, no exponent. */
bool json_is_integer(struct span number);

/* The member called `name` (ASCII or UTF-8, compared after unescaping). Of several, the last, as lua-cjson has it.
   Without one, `value` is absent. */
bool json_member(struct span object, struct span name, struct span *value);

/* Several members in one walk, each as json_member has it. */
struct json_wish {
    struct span name;
    struct span *value;
};
void json_find(struct span object, const struct json_wish *wishes, size_t count);

/* Walks an array or an object:
       struct json_walk walk = json_walk(container);
       while (json_next(&walk)) ... walk.name (objects; with its quotes), walk.value ... */
struct json_walk {
    const char *at, *end;
    struct span name, value;
};
struct json_walk json_walk(struct span container);
bool json_next(struct json_walk *walk);

/* Whether a string, unescaped, is `text`. */
bool json_string_is(struct span string, struct span text);

/* Writes a string, unescaped, as UTF-8: at most `room` bytes, cut between characters, not terminated. A lone surrogate
   becomes U+FFFD. Returns the bytes written. `room` = string.size always suffices. */
size_t json_string(struct span string, char *to, size_t room);

/* Writes a copy that lua-cjson decodes without loss, and without white space:
   - lone surrogates become U+FFFD;
   - integers beyond +-2^53 become strings of the same digits, and so does every integer that is the value of a member
     called `quoted` (which may be absent); other numbers that a double cannot hold become null;
   - a member whose value is null is left out (JSON null is absent in Lua), a null element stays. Where that member is
     the last of several of one name, all of them are left out (in text of many thousand members one may stay).
   Mending the copy changes nothing. `to` has json_mend_room(value.size) bytes and does not overlap `value`. Returns the
   bytes written. */
size_t json_mend(struct span value, struct span quoted, char *to);
size_t json_mend_room(size_t size);

/* Whether json_mend would leave out white space and change nothing: true only of text without numbers, nulls and
   escapes, which most answers are. */
bool json_is_mended(struct span value);

#pragma GCC visibility pop

#endif
