/* Walks and strings. All of it relies on text that json_check accepted: a string ends, an escape is whole. */
#include "pure/json.h"

#include <stdint.h>

static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Over white space and the separators, whose places are known to be right. */
static const char *skip_gap(const char *at, const char *end) {
    while (at < end && (is_space(*at) || *at == ',' || *at == ':')) at++;
    return at;
}

/* Whether an odd number of backslashes stands before a quote: it is part of the string then. */
static bool is_escaped(const char *quote) {
    const char *at = quote;
    while (at[-1] == '\\') at--; /* the string's own quote stops it */
    return (quote - at) % 2 == 1;
}

/* By memchr: a walk does little else than to look for the ends of strings. */
static const char *skip_string(const char *at, const char *end) {
    const char *quote = at;
    do {
        quote = memchr(quote + 1, '"', (size_t)(end - quote - 1));
    } while (is_escaped(quote));
    return quote + 1;
}

static const char *skip_container(const char *at, const char *end) {
    size_t depth = 0;
    do {
        if (*at == '"') {
            at = skip_string(at, end);
            continue;
        }
        depth += *at == '{' || *at == '[';
        depth -= *at == '}' || *at == ']';
        at++;
    } while (depth > 0);
    return at;
}

static const char *skip_scalar(const char *at, const char *end) {
    while (at < end && !is_space(*at) && *at != ',' && *at != ']' && *at != '}') at++;
    return at;
}

static const char *skip_value(const char *at, const char *end) {
    if (*at == '"') return skip_string(at, end);
    return *at == '{' || *at == '[' ? skip_container(at, end) : skip_scalar(at, end);
}

enum json_kind json_kind(struct span value) {
    switch (value.size > 0 ? *value.at : 'n') {
    case 'n': return JSON_NULL;
    case 'f': return JSON_FALSE;
    case 't': return JSON_TRUE;
    case '"': return JSON_STRING;
    case '[': return JSON_ARRAY;
    case '{': return JSON_OBJECT;
    default: return JSON_NUMBER;
    }
}

bool json_is_integer(struct span number) {
    size_t i = number.size > 0 && number.at[0] == '-';
    bool any = i < number.size;
    while (i < number.size && is_digit(number.at[i])) i++;
    return any && i == number.size;
}

struct json_walk json_walk(struct span container) {
    struct json_walk walk = {.at = NULL};
    if (json_kind(container) >= JSON_ARRAY) {
        walk.at = container.at + 1;
        walk.end = container.at + container.size - 1;
    }
    return walk;
}

/* The end is the closing bracket, which tells what is walked. */
bool json_next(struct json_walk *walk) {
    walk->at = skip_gap(walk->at, walk->end);
    if (walk->at == walk->end) return false;
    if (*walk->end == '}') {
        walk->name.at = walk->at;
        walk->at = skip_string(walk->at, walk->end);
        walk->name.size = (size_t)(walk->at - walk->name.at);
        walk->at = skip_gap(walk->at, walk->end);
    }
    walk->value.at = walk->at;
    walk->at = skip_value(walk->at, walk->end);
    walk->value.size = (size_t)(walk->at - walk->value.at);
    return true;
}

void json_find(struct span object, const struct json_wish *wishes, size_t count) {
    for (size_t i = 0; i < count; i++) *wishes[i].value = (struct span){NULL, 0};
    for (struct json_walk walk = json_walk(object); json_next(&walk);)
        for (size_t i = 0; i < count; i++)
            if (json_string_is(walk.name, wishes[i].name)) *wishes[i].value = walk.value;
}

bool json_member(struct span object, struct span name, struct span *value) {
    json_find(object, &(struct json_wish){name, value}, 1);
    return value->at != NULL;
}

/* Strings */

/* A character's bytes, by its first one. */
static size_t utf8_size(unsigned char lead) { return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4; }

static uint32_t read_hex(const char *at) {
    uint32_t code = 0;
    for (size_t i = 0; i < 4; i++) {
        uint32_t letter = (uint32_t)(at[i] | 0x20) - 'a' + 10;
        code = code << 4 | (is_digit(at[i]) ? (uint32_t)(at[i] - '0') : letter);
    }
    return code;
}

static size_t write_utf8(uint32_t code, char *to) {
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    size_t size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--, code >>= 6) to[i] = (char)(0x80 | (code & 0x3F));
    to[0] = (char)(0xF00 >> size | code);
    return size;
}

/* The \u escape at `at`, or the two that make a pair; U+FFFD for half of one. What follows an escape can be looked at
   without asking for the end: a closing quote comes first. */
static const char *read_unicode(const char *at, uint32_t *code) {
    uint32_t first = read_hex(at + 2);
    uint32_t second = at[6] == '\\' && at[7] == 'u' ? read_hex(at + 8) : 0;
    if (first >= 0xD800 && first <= 0xDBFF && second >= 0xDC00 && second <= 0xDFFF) {
        *code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        return at + 12;
    }
    *code = first >= 0xD800 && first <= 0xDFFF ? 0xFFFD : first;
    return at + 6;
}

static const char *read_escape(const char *at, uint32_t *code) {
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    if (at[1] == 'u') return read_unicode(at, code);
    *code = (uint32_t)meanings[strchr(letters, at[1]) - letters];
    return at + 2;
}

/* One character, unescaped; returns where the next one starts. */
static const char *read_character(const char *at, char to[4], size_t *size) {
    if (*at == '\\') {
        uint32_t code;
        at = read_escape(at, &code);
        *size = write_utf8(code, to);
        return at;
    }
    *size = utf8_size((unsigned char)*at);
    memcpy(to, at, *size);
    return at + *size;
}

/* What stands between the quotes. */
static struct span inside(struct span string) { return (struct span){string.at + 1, string.size - 2}; }

bool json_string_is(struct span string, struct span text) {
    if (string.size < 2 || *string.at != '"') return false;
    struct span raw = inside(string);
    if (raw.size < text.size) return false;                                          /* unescaping never lengthens */
    if (text.size > 0 && raw.at[0] != text.at[0] && raw.at[0] != '\\') return false; /* most differ at once */
    if (memchr(raw.at, '\\', raw.size) == NULL) return span_equals(raw, text);
    size_t done = 0;
    for (const char *at = raw.at, *end = raw.at + raw.size; at < end;) {
        char character[4];
        size_t size;
        at = read_character(at, character, &size);
        if (size > text.size - done || memcmp(character, text.at + done, size) != 0) return false;
        done += size;
    }
    return done == text.size;
}

/* Also in place: a character is read whole before it is written, and never grows. */
size_t json_string(struct span string, char *to, size_t room) {
    if (json_kind(string) != JSON_STRING) return 0;
    struct span raw = inside(string);
    size_t done = 0;
    if (raw.size <= room && memchr(raw.at, '\\', raw.size) == NULL) {
        memmove(to, raw.at, raw.size);
        return raw.size;
    }
    for (const char *at = raw.at, *end = raw.at + raw.size; at < end;) {
        char character[4];
        size_t size;
        at = read_character(at, character, &size);
        if (size > room - done) break;
        memcpy(to + done, character, size);
        done += size;
    }
    return done;
}
