/* The one part of the JSON code that trusts nothing: a pushdown automaton with one bit for each level, no recursion. */
#include "pure/json.h"

#include <stdint.h>

static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* strchr would also find the terminator. */
static bool is_one_of(char c, const char *those) { return c != '\0' && strchr(those, c) != NULL; }

static bool is_hex_digit(char c) { return is_one_of(c, "0123456789abcdefABCDEF"); }

struct scan {
    const char *at, *end;
    const char *what;
};

/* 0 at the end: nothing that the grammar asks for, and no name for a fault is lost by it. */
static char peek(const struct scan *s) { return s->at < s->end ? *s->at : '\0'; }

static bool complain(struct scan *s, const char *what) {
    s->what = s->at == s->end ? "an unexpected end" : what;
    return false;
}

static char peek_past_space(struct scan *s) {
    while (s->at < s->end && is_space(*s->at)) s->at++;
    return peek(s);
}

/* Table 3-7 of the Unicode Standard: the bounds of the second byte keep out overlong forms, surrogates, and all that is
   above U+10FFFF. */
static bool check_utf8(struct scan *s) {
    const unsigned char *at = (const unsigned char *)s->at;
    unsigned char lead = at[0];
    size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    bool good = lead >= 0xC2 && lead <= 0xF4 && (size_t)(s->end - s->at) >= size && at[1] >= low && at[1] <= high;
    for (size_t i = 2; good && i < size; i++) good = (at[i] & 0xC0) == 0x80;
    if (!good) return complain(s, "bytes that are not UTF-8");
    s->at += size;
    return true;
}

/* A surrogate without its other half is well-formed here: RFC 8259 leaves it to the reader, json_mend repairs it. */
static bool check_escape(struct scan *s) {
    s->at++;
    char c = peek(s);
    if (!is_one_of(c, "\"\\/bfnrtu")) return complain(s, "an unknown escape");
    s->at++;
    for (int digits = c == 'u' ? 4 : 0; digits > 0; digits--, s->at++) {
        if (!is_hex_digit(peek(s))) return complain(s, "an escape without four hexadecimal digits");
    }
    return true;
}

/* Most of an answer is the inside of strings. */
static bool is_plain(char c) { return (unsigned char)c >= 0x20 && (unsigned char)c < 0x80 && c != '"' && c != '\\'; }

static const char *skip_plain(const char *at, const char *end) {
    while (at < end && is_plain(*at)) at++;
    return at;
}

static bool check_string(struct scan *s) {
    for (s->at++; (s->at = skip_plain(s->at, s->end)) < s->end;) {
        unsigned char c = (unsigned char)*s->at;
        if (c == '"') {
            s->at++;
            return true;
        }
        if (c == '\\' || c >= 0x80) {
            if (!(c == '\\' ? check_escape(s) : check_utf8(s))) return false;
        } else {
            return complain(s, "a control character in a string");
        }
    }
    return complain(s, NULL);
}

static bool check_digits(struct scan *s) {
    if (!is_digit(peek(s))) return complain(s, "no digit where a number needs one");
    while (is_digit(peek(s))) s->at++;
    return true;
}

static bool check_number(struct scan *s) {
    s->at += peek(s) == '-';
    bool zero = peek(s) == '0';
    const char *first = s->at;
    if (!check_digits(s)) return false;
    if (zero && s->at - first > 1) {
        s->at = first;
        return complain(s, "a leading zero");
    }
    if (peek(s) == '.') {
        s->at++;
        if (!check_digits(s)) return false;
    }
    if (peek(s) == 'e' || peek(s) == 'E') {
        s->at++;
        s->at += peek(s) == '+' || peek(s) == '-';
        return check_digits(s);
    }
    return true;
}

static bool check_word(struct scan *s, struct span word) {
    if ((size_t)(s->end - s->at) < word.size || memcmp(s->at, word.at, word.size) != 0)
        return complain(s, "an unknown word");
    s->at += word.size;
    return true;
}

static bool check_scalar(struct scan *s) {
    char c = peek(s);
    switch (c) {
    case '"': return check_string(s);
    case 'n': return check_word(s, SPAN("null"));
    case 't': return check_word(s, SPAN("true"));
    case 'f': return check_word(s, SPAN("false"));
    default: return c == '-' || is_digit(c) ? check_number(s) : complain(s, "no value where one must stand");
    }
}

static bool check_name(struct scan *s) {
    if (peek_past_space(s) != '"') return complain(s, "no name where one must stand");
    if (!check_string(s)) return false;
    if (peek_past_space(s) != ':') return complain(s, "no colon after a name");
    s->at++;
    return true;
}

/* What is open: how many, and of what kind, innermost in the lowest bit. Instead of recursion. */
struct nest {
    int depth;
    uint64_t objects;
};

_Static_assert(JSON_DEPTH <= 64, "one bit for each level");

static bool is_in_object(const struct nest *nest) { return (nest->objects & 1) != 0; }

/* Enters a container, up to its first value; or, when it is empty, leaves it, which completes a value. */
static bool check_opening(struct scan *s, struct nest *nest, bool *complete) {
    if (nest->depth == JSON_DEPTH) return complain(s, "too deep a nesting");
    bool object = *s->at++ == '{';
    *complete = peek_past_space(s) == (object ? '}' : ']');
    if (*complete) {
        s->at++;
        return true;
    }
    nest->depth++;
    nest->objects = nest->objects << 1 | object;
    return !object || check_name(s);
}

/* After a value: leaves the containers that end here, and stands before the next value unless all are left. */
static bool check_closings(struct scan *s, struct nest *nest) {
    while (nest->depth > 0) {
        char c = peek_past_space(s);
        bool object = is_in_object(nest);
        if (c == ',') {
            s->at++;
            return !object || check_name(s);
        }
        if (c != (object ? '}' : ']'))
            return complain(s, object ? "no comma or brace after a member" : "no comma or bracket after an element");
        s->at++;
        nest->depth--;
        nest->objects >>= 1;
    }
    return true;
}

static bool check_value(struct scan *s) {
    struct nest nest = {0, 0};
    do {
        char c = peek_past_space(s);
        bool complete = true;
        if (!(c == '{' || c == '[' ? check_opening(s, &nest, &complete) : check_scalar(s))) return false;
        if (complete && !check_closings(s, &nest)) return false;
    } while (nest.depth > 0);
    return true;
}

bool json_check(struct span text, struct span *value, struct json_fault *fault) {
    const char *start = text.size > 0 ? text.at : "";
    struct scan s = {start, start + text.size, NULL};
    (void)peek_past_space(&s);
    *value = (struct span){s.at, 0};
    if (check_value(&s)) {
        value->size = (size_t)(s.at - value->at);
        (void)peek_past_space(&s);
        if (s.at == s.end) return true;
        (void)complain(&s, "something after the value");
    }
    *value = (struct span){NULL, 0};
    *fault = (struct json_fault){(size_t)(s.at - start), s.what};
    return false;
}
