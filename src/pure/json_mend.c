/* One pass over text that json_check accepted, token by token. The recursion ends with JSON_DEPTH. */
#include "pure/json.h"

#include <stdint.h>

/* How many bytes of what was written may be looked at again for members of the same name: some milliseconds. An object
   of many thousand members, half of them null, would otherwise take quadratic time. */
enum { PATIENCE = 16 * 1024 * 1024 };

struct mend {
    const char *at, *end;
    char *to;
    struct span quoted;
    size_t patience;
};

static void mend_value(struct mend *m, bool quote);

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static void put(struct mend *m, char c) { *m->to++ = c; }

static void copy_until(struct mend *m, const char *end) {
    size_t size = (size_t)(end - m->at);
    memcpy(m->to, m->at, size);
    m->to += size;
    m->at = end;
}

/* The next token that says something. White space and separators are written anew where they are needed. */
static char next_token(struct mend *m) {
    while (*m->at == ' ' || *m->at == '\n' || *m->at == '\r' || *m->at == '\t' || *m->at == ',' || *m->at == ':')
        m->at++;
    return *m->at;
}

/* Strings */

/* Whether a \u escape of a surrogate stands here; `letters` are those that its kind has as the second digit. */
static bool is_surrogate(const char *at, const char *letters) {
    return at[0] == '\\' && at[1] == 'u' && (at[2] == 'd' || at[2] == 'D') && strchr(letters, at[3]) != NULL;
}

static void mend_escape(struct mend *m) {
    bool high = is_surrogate(m->at, "89abAB");
    bool low_follows = high && is_surrogate(m->at + 6, "cdefCDEF");
    if (low_follows) {
        copy_until(m, m->at + 12);
    } else if (high || is_surrogate(m->at, "cdefCDEF")) {
        memcpy(m->to, "\xEF\xBF\xBD", 3);
        m->to += 3;
        m->at += 6;
    } else {
        copy_until(m, m->at + 2);
    }
}

static void mend_string(struct mend *m) {
    const char *plain = m->at + 1;
    while (*plain != '"') {
        if (*plain != '\\') {
            plain++;
            continue;
        }
        copy_until(m, plain);
        mend_escape(m);
        plain = m->at;
    }
    copy_until(m, plain + 1);
}

/* Numbers */

/* Lua's numbers are doubles (lua-cjson makes doubles even where Lua has integers): exact up to 2^53. */
static bool is_beyond_exact(struct span integer) {
    struct span limit = SPAN("9007199254740992");
    struct span digits = *integer.at == '-' ? span_after(integer, 1) : integer;
    return digits.size > limit.size || (digits.size == limit.size && memcmp(digits.at, limit.at, limit.size) > 0);
}

/* The exponent after the 'e', if there is one. It stops growing where no text can be long enough to make up for it. */
static int64_t read_exponent(const char *at, const char *end) {
    const int64_t enough = INT64_MAX / 100;
    int64_t exponent = 0;
    bool negative = at < end && at[1] == '-';
    for (; at < end; at++) {
        if (is_digit(*at) && exponent < enough) exponent = exponent * 10 + (*at - '0');
    }
    return negative ? -exponent : exponent;
}

/* Compares digits, the first of which counts 10^308, with the least number that rounds to infinity: 2^1024 - 2^970,
   half way between the largest double and 2^1024. The tie goes to the even one, which is the infinite one. */
static bool is_rounded_to_infinity(const char *digit, const char *end) {
    static const char least[] =
        "1797693134862315807937289714053034150799341327100378269361737789804449682927647509466490179775872070963"
        "3028641669288791094655554785194040263065748867150582068190890200070838367627385484581771153176447573027"
        "0069855571366959622842914819860834936475292719074168444365510704342711559699508093042880177904174497792";
    for (const char *limit = least; *limit != '\0'; limit++) {
        if (digit < end && *digit == '.') digit++;
        char c = digit < end ? *digit++ : '0';
        if (c != *limit) return c > *limit;
    }
    return true;
}

/* Decided from the digits: strtod asks the locale, and needs a terminator. False for what is no number. */
static bool is_beyond_double(struct span number) {
    const char *end = number.at + number.size, *at, *first = NULL, *point = NULL;
    for (at = number.at + (*number.at == '-'); at < end && (is_digit(*at) || *at == '.'); at++) {
        if (*at == '.') {
            point = at;
        } else if (first == NULL && *at != '0') {
            first = at;
        }
    }
    if (first == NULL) return false;
    if (point == NULL) point = at;
    int64_t power = (first < point ? point - first - 1 : point - first) + read_exponent(at, end);
    return power > 308 || (power == 308 && is_rounded_to_infinity(first, at));
}

static bool is_of_scalar(char c) { return c > ' ' && c != ',' && c != ']' && c != '}'; }

/* Numbers and words. */
static void mend_scalar(struct mend *m, bool quote) {
    struct span scalar = {m->at, 0};
    while (m->at + scalar.size < m->end && is_of_scalar(m->at[scalar.size])) scalar.size++;
    bool quotes = json_is_integer(scalar) && (quote || is_beyond_exact(scalar));
    if (!quotes && is_beyond_double(scalar)) {
        memcpy(m->to, "null", 4);
        m->to += 4;
        m->at += scalar.size;
        return;
    }
    if (quotes) put(m, '"');
    copy_until(m, scalar.at + scalar.size);
    if (quotes) put(m, '"');
}

/* Containers */

/* One bit of 64 for a name, all of them where escapes may hide which name it is. */
static uint64_t name_bit(struct span name) {
    uint32_t hash = 0;
    for (size_t i = 0; i < name.size; i++) {
        if (name.at[i] == '\\') return UINT64_MAX;
        hash = hash * 33 + (unsigned char)name.at[i];
    }
    return UINT64_C(1) << (hash * UINT32_C(2654435769) >> 26);
}

/* Of several members with one name the last counts. Where that one is null and so left out, those before it would come
   back: this takes them out of the object that is being written. */
static void drop_namesakes(struct mend *m, char *object, struct span name) {
    size_t size = (size_t)(m->to - object);
    if (size > m->patience) return;
    m->patience -= size;
    *m->to = '}';
    struct json_walk walk = json_walk((struct span){object, size + 1});
    char *kept = object + 1;
    while (json_next(&walk)) {
        if (json_string_is(walk.name, name)) continue;
        if (kept > object + 1) *kept++ = ',';
        size_t member = (size_t)(walk.at - walk.name.at);
        memmove(kept, walk.name.at, member);
        kept += member;
    }
    m->to = kept;
}

/* Writes a member, or unwrites it when it turns out null. `names` are the bits of those that were written. */
static void mend_member(struct mend *m, char *object, uint64_t *names) {
    char *start = m->to;
    if (start > object + 1) put(m, ',');
    char *name_at = m->to;
    mend_string(m);
    struct span name = {name_at, (size_t)(m->to - name_at)};
    put(m, ':');
    char *value = m->to;
    (void)next_token(m);
    mend_value(m, m->quoted.at != NULL && json_string_is(name, m->quoted));
    uint64_t bit = name_bit(name);
    if (*value != 'n') {
        *names |= bit;
        return;
    }
    m->to = start;
    if (start > object + 1 && (*names & bit) != 0) {
        name.size = json_string(name, name_at, name.size);
        drop_namesakes(m, object, name);
    }
}

static void mend_object(struct mend *m) {
    char *object = m->to;
    uint64_t names = 0;
    copy_until(m, m->at + 1);
    while (next_token(m) != '}') mend_member(m, object, &names);
    copy_until(m, m->at + 1);
}

static void mend_array(struct mend *m) {
    char *array = m->to;
    copy_until(m, m->at + 1);
    while (next_token(m) != ']') {
        if (m->to > array + 1) put(m, ',');
        mend_value(m, false);
    }
    copy_until(m, m->at + 1);
}

static void mend_value(struct mend *m, bool quote) {
    switch (*m->at) {
    case '{': mend_object(m); return;
    case '[': mend_array(m); return;
    case '"': mend_string(m); return;
    default: mend_scalar(m, quote);
    }
}

size_t json_mend(struct span value, struct span quoted, char *to) {
    if (value.size == 0) return 0;
    struct mend m = {.at = value.at, .end = value.at + value.size, .to = to, .quoted = quoted, .patience = PATIENCE};
    mend_value(&m, false);
    return (size_t)(m.to - to);
}

bool json_is_mended(struct span value) {
    const char *at = value.at, *end = at + value.size;
    if (value.size == 0 || memchr(at, '\\', value.size) != NULL) return value.size == 0;
    while (at < end) {
        char c = *at++;
        if (c == '"') at = (const char *)memchr(at, '"', (size_t)(end - at)) + 1;
        if (is_digit(c) || c == 'n') return false; /* of the three words, only null has that letter */
    }
    return true;
}

/* At any moment, what was written is no longer than what was read and two bytes for each five of that:
   - brackets, colons and commas are written only for those that were read; white space is not written;
   - an escape is copied, or becomes three bytes for six; words are copied; null, four bytes, stands for a number out of
     range: a digit, the e and three digits of an exponent at least, or some three hundred digits;
   - only an integer grows, by its two quotes. Beyond 2^53 it has 16 digits. As the value of a member called `quoted` it
     was read together with the brace or comma, the two quotes and the colon before it: five bytes with its one digit.
     Each of these bytes belongs to one integer alone;
   - leaving out shortens. The brace that drop_namesakes writes for a moment stands where the member that was just left
     out had begun. */
size_t json_mend_room(size_t size) { return size + size / 5 * 2; }
