/* What json_read accepts and makes of a text, held against a reader that is as short as the grammar, and against itself
   with room for two tokens at a time. What it rejects has a fault within the text. */
#include "fuzz/fuzz.h"
#include "pure/json.h"
#include "pure/numeral.h"
#include "pure/utf8.h"

#include <math.h>

/* ---- a second opinion: NULL where the text is no JSON, else where the value ends ---- */

static const char *plain_value(const char *at, const char *end, int depth);

static const char *plain_space(const char *at, const char *end) {
    while (at < end && memchr(" \t\r\n", *at, 4) != NULL) at++;
    return at;
}

static const char *plain_string(const char *at, const char *end) {
    if (at == end || *at != '"') return NULL;
    for (at++; at < end && *at != '"';) {
        if ((unsigned char)*at < ' ') return NULL;
        if (*at != '\\') {
            size_t size = utf8_size((struct span){at, (size_t)(end - at)});
            if (size == 0) return NULL;
            at += size;
            continue;
        }
        if (end - at < 2 || memchr("\"\\/bfnrtu", at[1], 9) == NULL) return NULL;
        size_t digits = at[1] == 'u' ? 4 : 0;
        if ((size_t)(end - at) < 2 + digits) return NULL;
        if (!span_is_made_of((struct span){at + 2, digits}, SPAN("0123456789abcdefABCDEF")) && digits > 0) return NULL;
        at += 2 + digits;
    }
    return at < end ? at + 1 : NULL;
}

static const char *plain_digits(const char *at, const char *end) {
    const char *first = at;
    while (at < end && *at >= '0' && *at <= '9') at++;
    return at > first ? at : NULL;
}

static const char *plain_number(const char *at, const char *end) {
    if (at < end && *at == '-') at++;
    const char *first = at;
    if ((at = plain_digits(at, end)) == NULL || (*first == '0' && at - first > 1)) return NULL;
    if (at < end && *at == '.' && (at = plain_digits(at + 1, end)) == NULL) return NULL;
    if (at == end || (*at | 0x20) != 'e') return at;
    at++;
    return plain_digits(at + (at < end && (*at == '+' || *at == '-')), end);
}

static const char *plain_container(const char *at, const char *end, int depth) {
    char closing = *at == '{' ? '}' : ']';
    if (depth == JSON_DEPTH) return NULL;
    at = plain_space(at + 1, end);
    if (at < end && *at == closing) return at + 1;
    for (;; at++) {
        if (closing == '}') {
            if ((at = plain_string(plain_space(at, end), end)) == NULL) return NULL;
            at = plain_space(at, end);
            if (at == end || *at++ != ':') return NULL;
        }
        if ((at = plain_value(plain_space(at, end), end, depth + 1)) == NULL) return NULL;
        at = plain_space(at, end);
        if (at == end) return NULL;
        if (*at == closing) return at + 1;
        if (*at != ',') return NULL;
    }
}

static const char *plain_value(const char *at, const char *end, int depth) {
    static const struct span words[] = {{"null", 4}, {"true", 4}, {"false", 5}};
    if (at == end) return NULL;
    if (*at == '{' || *at == '[') return plain_container(at, end, depth);
    if (*at == '"') return plain_string(at, end);
    for (size_t i = 0; i < 3; i++)
        if ((size_t)(end - at) >= words[i].size && memcmp(at, words[i].at, words[i].size) == 0)
            return at + words[i].size;
    return plain_number(at, end);
}

static bool is_json(struct span text) {
    const char *at = text.at, *end = at + text.size;
    at = plain_value(plain_space(at, end), end, 0);
    return at != NULL && plain_space(at, end) == end;
}

/* ---- what it makes of it ---- */

/* In blocks of just the size that is needed, for the sanitizer's sake. */
static enum json_progress read_all(struct json_reader *reader, size_t step) {
    struct json_token *tokens = NULL;
    enum json_progress progress;
    while ((progress = json_read(reader)) == JSON_MORE) {
        size_t room = reader->room + step;
        HOLDS(reader->room - reader->count < 2);
        tokens = (void *)allocate(room * sizeof *tokens);
        if (reader->count > 0) memcpy(tokens, reader->tokens, reader->count * sizeof *tokens);
        free(reader->tokens);
        reader->tokens = tokens;
        reader->room = room;
    }
    return progress;
}

static void expect_string(struct json_value string, struct span text) {
    struct span bytes = json_bytes(string);
    HOLDS(bytes.at > text.at && bytes.at[-1] == '"' && bytes.at[bytes.size] == '"');
    HOLDS(string.token->is_raw == (bytes.size == 0 || memchr(bytes.at, '\\', bytes.size) == NULL));
    char *to = allocate(bytes.size);
    struct span unescaped = {to, json_string(string, to, bytes.size)};
    HOLDS(unescaped.size <= bytes.size);
    HOLDS(json_string_is(string, unescaped));
    HOLDS(unescaped.size == 0 || json_string(string, to, unescaped.size - 1) < unescaped.size);
    free(to);
}

/* The C library's opinion: the locale is "C" here. */
static void expect_number(struct json_value number, struct span text) {
    struct span digits = json_bytes(number);
    char *copy = allocate(digits.size + 1), *end, again[NUMERAL_MOST];
    memcpy(copy, digits.at, digits.size);
    copy[digits.size] = '\0';
    HOLDS(digits.at >= text.at && plain_number(digits.at, digits.at + digits.size) == digits.at + digits.size);
    HOLDS(number.token->is_raw == (strpbrk(copy, ".eE") == NULL));
    double wanted = strtod(copy, &end), value = numeral_read(digits);
    HOLDS(*end == '\0');
    HOLDS(digits.size > 40 || memcmp(&value, &wanted, sizeof value) == 0);
    if (isfinite(value)) {
        size_t size = numeral_write(value, again);
        HOLDS(size <= NUMERAL_MOST);
        wanted = numeral_read((struct span){again, size});
        HOLDS(memcmp(&value, &wanted, sizeof value) == 0);
    }
    free(copy);
}

static void expect_value(struct json_value value, struct span text);

static void expect_container(struct json_value container, struct span text) {
    uint32_t count = 0;
    const struct json_token *next = container.token + 1;
    for (struct json_walk walk = json_walk(container); json_next(&walk); count++) {
        HOLDS((walk.name.token != NULL) == (json_kind(container) == JSON_OBJECT));
        if (walk.name.token != NULL) {
            HOLDS(walk.name.token == next++ && json_kind(walk.name) == JSON_STRING);
            expect_string(walk.name, text);
        }
        HOLDS(walk.value.token == next);
        expect_value(walk.value, text);
        next = json_after(next);
    }
    HOLDS(count == container.token->size && next == json_after(container.token));
}

static void expect_value(struct json_value value, struct span text) {
    switch (json_kind(value)) {
    case JSON_NULL: HOLDS(span_equals(json_bytes(value), SPAN("null"))); return;
    case JSON_FALSE: HOLDS(span_equals(json_bytes(value), SPAN("false"))); return;
    case JSON_TRUE: HOLDS(span_equals(json_bytes(value), SPAN("true"))); return;
    case JSON_NUMBER: expect_number(value, text); return;
    case JSON_STRING: expect_string(value, text); return;
    case JSON_ARRAY:
    case JSON_OBJECT: expect_container(value, text);
    }
}

/* Each member is found by its name; of several of one name, the last. */
static void expect_members(struct json_value object) {
    for (struct json_walk walk = json_walk(object); json_next(&walk);) {
        struct json_value found;
        char *to = allocate(walk.name.token != NULL ? walk.name.token->size : 0);
        struct span name = {to, json_string(walk.name, to, walk.name.token != NULL ? walk.name.token->size : 0)};
        HOLDS(json_member(object, name, &found) == (walk.name.token != NULL));
        HOLDS(walk.name.token == NULL || found.token >= walk.value.token);
        free(to);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct span text = own((const char *)data, size);
    struct json_reader reader = json_reader(text), slow = json_reader(text);
    enum json_progress progress = read_all(&reader, json_room(size));
    HOLDS((progress == JSON_WHOLE) == is_json(text));
    HOLDS(read_all(&slow, 2) == progress && slow.count == reader.count);
    if (progress == JSON_WHOLE) {
        HOLDS(reader.room == json_room(size));
        HOLDS(memcmp(reader.tokens, slow.tokens, reader.count * sizeof *reader.tokens) == 0);
        HOLDS(json_after(reader.tokens) == reader.tokens + reader.count);
        expect_value(json_root(&reader), text);
        expect_members(json_root(&reader));
    } else {
        HOLDS(reader.fault_at <= size && reader.fault != NULL);
        HOLDS(slow.fault_at == reader.fault_at && slow.fault == reader.fault);
    }
    free(reader.tokens);
    free(slow.tokens);
    release(text);
    return 0;
}
