/* Among tokens that json_read has made. All of it relies on text that it accepted: an escape is whole. */
#include "pure/json.h"

struct json_walk json_walk(struct json_value container) {
    if (json_kind(container) < JSON_ARRAY) return (struct json_walk){.left = 0};
    return (struct json_walk){.name = {NULL, container.text},
                              .value = {NULL, container.text},
                              .next = container.token + 1,
                              .left = container.token->size,
                              .has_names = container.token->kind == JSON_OBJECT};
}

/* Most names differ in size or in their first byte, and that is seen first. */
static bool is_name(struct span raw, struct span wanted) {
    return raw.size == wanted.size && (raw.size == 0 || raw.at[0] == wanted.at[0]) && span_equals(raw, wanted);
}

const struct json_wish *json_wish_for(struct json_value name, const struct json_wish *wishes, size_t count) {
    if (json_kind(name) != JSON_STRING) return NULL;
    struct span raw = json_bytes(name);
    for (const struct json_wish *wish = wishes; wish < wishes + count; wish++)
        if (name.token->is_raw ? is_name(raw, wish->name) : json_string_is(name, wish->name)) return wish;
    return NULL;
}

void json_find(struct json_value object, const struct json_wish *wishes, size_t count) {
    for (size_t i = 0; i < count; i++) *wishes[i].value = (struct json_value){NULL, NULL};
    if (json_kind(object) != JSON_OBJECT) return;
    for (struct json_walk walk = json_walk(object); json_next(&walk);) {
        const struct json_wish *wish = json_wish_for(walk.name, wishes, count);
        if (wish != NULL) *wish->value = walk.value;
    }
}

bool json_member(struct json_value object, struct span name, struct json_value *value) {
    json_find(object, &(struct json_wish){name, value}, 1);
    return value->token != NULL;
}

bool json_is_alike(struct json_value a, struct json_value b) {
    if (a.token == NULL || b.token == NULL) return a.token == b.token;
    for (const struct json_token *end = json_after(a.token); a.token < end; a.token++, b.token++) {
        if (json_kind(a) != json_kind(b) || a.token->size != b.token->size) return false;
        if (json_kind(a) < JSON_ARRAY ? !span_equals(json_bytes(a), json_bytes(b)) : a.token->inside != b.token->inside)
            return false;
    }
    return true;
}

/* ---- strings ---- */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

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

/* The \u escape at `at`, or the two that make a pair. What follows an escape can be looked at without asking for the
   end: a closing quote comes first. */
static const char *read_unicode(const char *at, uint32_t *code) {
    uint32_t first = read_hex(at + 2);
    bool is_high = first >= 0xD800 && first <= 0xDBFF;
    uint32_t second = is_high && at[6] == '\\' && at[7] == 'u' ? read_hex(at + 8) : 0;
    bool is_pair = second >= 0xDC00 && second <= 0xDFFF;
    *code = is_pair ? 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00) : first;
    return at + (is_pair ? 12 : 6);
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

size_t json_next_character(struct json_characters *walk, char to[4]) {
    size_t size = 0;
    if (walk->at < walk->end) walk->at = read_character(walk->at, to, &size);
    return size;
}

bool json_is_equal_unescaped(struct json_value string, struct span text) {
    struct json_characters walk = json_characters(string);
    char character[4];
    size_t done = 0;
    for (size_t size; (size = json_next_character(&walk, character)) > 0; done += size)
        if (size > text.size - done || memcmp(character, text.at + done, size) != 0) return false;
    return done == text.size;
}

/* Also in place: a character is read whole before it is written, and never grows. */
size_t json_string(struct json_value string, char *to, size_t room) {
    if (json_kind(string) != JSON_STRING) return 0;
    struct span raw = json_bytes(string);
    size_t done = 0;
    if (raw.size <= room && string.token->is_raw) {
        if (raw.size > 0) memmove(to, raw.at, raw.size); /* `to` may be absent where there is no room */
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
