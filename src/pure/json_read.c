/* The one part of the JSON code that trusts nothing: a pushdown automaton, no recursion. What is open is kept in the
   tokens: an open container's `inside` says which one it is in. */
#include "pure/json.h"

static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* strchr would also find the terminator. */
static bool is_one_of(char c, const char *those) { return c != '\0' && strchr(those, c) != NULL; }

/* 0 at the end: nothing that the grammar asks for, and no name for a fault is lost by it. */
static char peek(const struct json_reader *r) { return r->at < r->end ? *r->at : '\0'; }

static bool complain(struct json_reader *r, const char *what) {
    r->fault = r->at == r->end ? "an unexpected end" : what;
    r->fault_at = (size_t)(r->at - r->text.at);
    return false;
}

static char peek_past_space(struct json_reader *r) {
    while (r->at < r->end && is_space(*r->at)) r->at++;
    return peek(r);
}

/* What stands from `first` to here. */
static void add(struct json_reader *r, enum json_kind kind, const char *first, bool is_raw) {
    r->tokens[r->count++] =
        (struct json_token){{(uint32_t)(first - r->text.at)}, (uint32_t)(r->at - first), (uint16_t)kind, is_raw};
}

/* Table 3-7 of the Unicode Standard: the bounds of the second byte keep out overlong forms, surrogates, and all that is
   above U+10FFFF. */
static bool read_utf8(struct json_reader *r) {
    const unsigned char *at = (const unsigned char *)r->at;
    unsigned char lead = at[0];
    size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    bool good = lead >= 0xC2 && lead <= 0xF4 && (size_t)(r->end - r->at) >= size && at[1] >= low && at[1] <= high;
    for (size_t i = 2; good && i < size; i++) good = (at[i] & 0xC0) == 0x80;
    if (!good) return complain(r, "bytes that are not UTF-8");
    r->at += size;
    return true;
}

/* A surrogate without its other half is well-formed here: RFC 8259 leaves it to the reader. */
static bool read_escape(struct json_reader *r) {
    r->at++;
    char c = peek(r);
    if (!is_one_of(c, "\"\\/bfnrtu")) return complain(r, "an unknown escape");
    r->at++;
    for (int digits = c == 'u' ? 4 : 0; digits > 0; digits--, r->at++)
        if (!is_one_of(peek(r), "0123456789abcdefABCDEF"))
            return complain(r, "an escape without four hexadecimal digits");
    return true;
}

/* Most of an answer is the inside of strings. */
static bool is_plain(char c) { return (unsigned char)c >= 0x20 && (unsigned char)c < 0x80 && c != '"' && c != '\\'; }

/* Of eight bytes at a time, the high bits of those that are anything else. Subtracting sets it in a byte that is too
   small; what it borrows from the next one, in the direction of the higher bits, may set it there too. */
static uint64_t find_odd(const char *at) {
    const uint64_t ones = UINT64_MAX / 0xFF;
    uint64_t bytes;
    memcpy(&bytes, at, sizeof bytes);
    return (((bytes ^ ones * '"') - ones) | ((bytes ^ ones * '\\') - ones) | (bytes - ones * ' ') | bytes) &
           ones * 0x80;
}

const char *json_skip_plain(const char *at, const char *end) {
    for (uint64_t odd; end - at >= 8; at += 8) {
        if ((odd = find_odd(at)) == 0) continue;
#if defined(__GNUC__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        return at + __builtin_ctzll(odd) / 8;
#endif
        break;
    }
    while (at < end && is_plain(*at)) at++;
    return at;
}

static bool read_string(struct json_reader *r) {
    const char *first = ++r->at;
    bool is_raw = true;
    while ((r->at = json_skip_plain(r->at, r->end)) < r->end) {
        char c = *r->at;
        if (c == '"') {
            add(r, JSON_STRING, first, is_raw);
            r->at++;
            return true;
        }
        if ((unsigned char)c < ' ') return complain(r, "a control character in a string");
        is_raw = is_raw && c != '\\';
        if (!(c == '\\' ? read_escape(r) : read_utf8(r))) return false;
    }
    return complain(r, NULL);
}

static bool read_digits(struct json_reader *r) {
    if (!is_digit(peek(r))) return complain(r, "no digit where a number needs one");
    while (is_digit(peek(r))) r->at++;
    return true;
}

static bool read_fraction(struct json_reader *r) {
    if (peek(r) != '.') return true;
    r->at++;
    return read_digits(r);
}

static bool read_exponent(struct json_reader *r) {
    if (peek(r) != 'e' && peek(r) != 'E') return true;
    r->at++;
    r->at += peek(r) == '+' || peek(r) == '-';
    return read_digits(r);
}

static bool read_number(struct json_reader *r) {
    const char *first = r->at;
    r->at += peek(r) == '-';
    const char *digits = r->at;
    if (!read_digits(r)) return false;
    if (*digits == '0' && r->at - digits > 1) {
        r->at = digits;
        return complain(r, "a leading zero");
    }
    const char *rest = r->at;
    if (!read_fraction(r) || !read_exponent(r)) return false;
    add(r, JSON_NUMBER, first, r->at == rest);
    return true;
}

static bool read_word(struct json_reader *r, struct span word, enum json_kind kind) {
    if ((size_t)(r->end - r->at) < word.size || memcmp(r->at, word.at, word.size) != 0)
        return complain(r, "an unknown word");
    const char *first = r->at;
    r->at += word.size;
    add(r, kind, first, true);
    return true;
}

static bool read_scalar(struct json_reader *r) {
    char c = peek(r);
    switch (c) {
    case '"': return read_string(r);
    case 'n': return read_word(r, SPAN("null"), JSON_NULL);
    case 't': return read_word(r, SPAN("true"), JSON_TRUE);
    case 'f': return read_word(r, SPAN("false"), JSON_FALSE);
    default: return c == '-' || is_digit(c) ? read_number(r) : complain(r, "no value where one must stand");
    }
}

static bool is_in_object(const struct json_reader *r) { return r->depth > 0 && r->tokens[r->open].kind == JSON_OBJECT; }

/* Leaves the innermost container at its closing bracket. */
static void close_container(struct json_reader *r) {
    struct json_token *container = &r->tokens[r->open];
    uint32_t around = container->inside;
    container->inside = (uint32_t)r->count - 1 - r->open;
    r->open = around;
    r->depth--;
    r->at++;
}

/* Enters a container, up to what is first in it; or, when it is empty, leaves it, which completes a value. */
static bool open_container(struct json_reader *r, bool *is_complete) {
    if (r->depth == r->deepest) return complain(r, "too deep a nesting");
    enum json_kind kind = *r->at == '{' ? JSON_OBJECT : JSON_ARRAY;
    add(r, kind, r->at, false);
    struct json_token *container = &r->tokens[r->count - 1];
    container->inside = r->open;
    r->open = (uint32_t)r->count - 1;
    r->depth++;
    r->at++;
    *is_complete = peek_past_space(r) == (kind == JSON_OBJECT ? '}' : ']');
    if (*is_complete) close_container(r);
    return true;
}

/* After a value: leaves the containers that end here, and stands before the next member or element unless all are
   left. */
static bool read_closings(struct json_reader *r) {
    while (r->depth > 0) {
        char c = peek_past_space(r);
        bool is_object = is_in_object(r);
        if (c == ',') {
            r->at++;
            return true;
        }
        if (c != (is_object ? '}' : ']'))
            return complain(r, is_object ? "no comma or brace after a member" : "no comma or bracket after an element");
        close_container(r);
    }
    return true;
}

static bool read_name(struct json_reader *r) {
    if (peek_past_space(r) != '"') return complain(r, "no name where one must stand");
    if (!read_string(r)) return false;
    if (peek_past_space(r) != ':') return complain(r, "no colon after a name");
    r->at++;
    return true;
}

static bool read_value(struct json_reader *r) {
    bool is_complete = true;
    char c = peek_past_space(r);
    if (r->depth > 0) r->tokens[r->open].size++;
    return (c == '{' || c == '[' ? open_container(r, &is_complete) : read_scalar(r)) &&
           (!is_complete || read_closings(r));
}

static enum json_progress too_many(struct json_reader *r) {
    (void)complain(r, "too many values");
    return JSON_TOO_MANY;
}

enum json_progress json_read(struct json_reader *r) {
    do {
        if (r->room - r->count < 2) return JSON_MORE;
        const size_t first = r->count;
        const struct json_token *container = r->depth > 0 ? &r->tokens[r->open] : NULL;
        if (r->values++ == r->most) return too_many(r);
        if ((is_in_object(r) && !read_name(r)) || !read_value(r)) return JSON_MALFORMED;
        if (r->scale != NULL && !json_weigh(r, first, container)) return too_many(r);
    } while (r->depth > 0);
    (void)peek_past_space(r);
    if (r->at == r->end) return JSON_WHOLE;
    (void)complain(r, "something after the value");
    return JSON_MALFORMED;
}
