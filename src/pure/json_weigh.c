/* What JSON takes as Lua values: measured on Lua 5.1 with glibc's allocator, which need most. */
#include "pure/json.h"

enum {
    TOKEN = 20, /* while its buffer grows it may stand there twice */
    TABLE = 80,
    FIRST = 16,   /* of a table: its block for elements or members, beside their places */
    ELEMENT = 16, /* a place in an array */
    MEMBER = 40,  /* a place in an object, whose number is a power of two */
    TEXT = 56,    /* beside its bytes, as for the two below */
    DIGITS = 96,  /* a number that a Lua number would change */
    COPY = 48,    /* a text whose escapes are undone elsewhere, of more than: */
    SHORT = 512,
    SHARED = 40, /* bytes of a string of which every Lua keeps one */
    EXACT = 15   /* digits that every Lua number keeps */
};

static size_t hash(const char *at, size_t size) {
    const unsigned char *bytes = (const unsigned char *)at;
    if (size == 0) return 0;
    size_t first = bytes[0], third = bytes[size / 3], half = bytes[size / 2], last = bytes[size - 1];
    return (size * 31 + first * 7 + third * 13 + half * 61 + last * 101) % JSON_SEEN;
}

/* An equal one is followed by its closing quote, as this one is: none that is longer begins like it. */
static bool is_known(struct json_scale *scale, const char *text, const struct json_token *string) {
    uint32_t *place = &scale->seen[hash(text + string->at, string->size)], earlier = *place;
    *place = string->at;
    return earlier != 0 && memcmp(text + earlier, text + string->at, string->size) == 0 &&
           text[earlier + string->size] == '"';
}

static size_t weight_of_string(struct json_scale *scale, const char *text, const struct json_token *string) {
    if (string->size <= SHARED && is_known(scale, text, string)) return 0;
    return TEXT + string->size + (!string->is_raw && string->size > SHORT ? COPY + string->size : 0);
}

/* A user_id is given as text: a name before it is as long as that. */
static size_t weight_of_number(const struct json_token *number) {
    if (!number->is_raw || number->size > EXACT) return DIGITS + number->size;
    return number[-1].kind == JSON_STRING && number[-1].size == sizeof "user_id" - 1 ? TEXT : 0;
}

static size_t weight_of(const struct json_reader *r, const struct json_token *token) {
    switch ((enum json_kind)token->kind) {
    case JSON_NULL:
    case JSON_FALSE:
    case JSON_TRUE: break;
    case JSON_NUMBER: return TOKEN + (token > r->tokens ? weight_of_number(token) : 0);
    case JSON_STRING: return TOKEN + weight_of_string(r->scale, r->text.at, token);
    case JSON_ARRAY:
    case JSON_OBJECT: return TOKEN + TABLE;
    }
    return TOKEN;
}

/* Of the last of a container's values. */
static size_t weight_of_place(const struct json_token *container) {
    size_t before = container->size - 1;
    bool is_object = container->kind == JSON_OBJECT, doubles = (before & (before - 1)) == 0;
    size_t places = !is_object || before == 0 ? 1 : doubles ? before : 0;
    return places * (is_object ? MEMBER : ELEMENT) + (before == 0 ? FIRST : 0);
}

bool json_weigh(struct json_reader *r, size_t first, const struct json_token *container) {
    for (; first < r->count; first++) r->scale->weight += weight_of(r, &r->tokens[first]);
    if (container != NULL) r->scale->weight += weight_of_place(container);
    return r->scale->weight <= r->scale->most;
}
