#include "pure/redact.h"

#include "pure/utf8.h"

#include <stdint.h>

static bool is_token_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
}

static void blank(char *from, size_t size) { memset(from, '*', size); }

/* A tenant that quotes a token it was sent quotes a JWT as a rule: base64url of `{"`, and long. */
static void blank_jwts(char *text) {
    for (char *at = text; (at = strstr(at, "eyJ")) != NULL;) {
        size_t size = 3;
        while (is_token_character(at[size])) size++;
        if (size > 16) blank(at, size);
        at += size;
    }
}

/* Shorter secrets are none, but letters of other words; a shorter piece of one says nothing. */
enum { SECRET_AT_LEAST = 8, PIECE_AT_LEAST = 12 };

/* How far two texts are the same. */
static size_t common_size(const char *text, struct span other) {
    size_t size = 0;
    while (size < other.size && text[size] != '\0' && text[size] == other.at[size]) size++;
    return size;
}

/* Whether the next `least` bytes of the text stand anywhere in the secret; or all that is left of it at its beginning:
   the text itself may have been cut. */
static bool is_of_secret(const char *text, size_t left, struct span secret, size_t least) {
    if (left >= least) return memmem(secret.at, secret.size, text, least) != NULL;
    return left >= SECRET_AT_LEAST && common_size(text, secret) == left;
}

/* At how many bytes from here on no piece can begin: each would hold the probe, which the secret lacks. This saves most
   of the searches, and finds the same. */
static size_t count_clear(const char *text, struct span secret, size_t least) {
    enum { PROBE = SECRET_AT_LEAST };
    size_t at = least - PROBE;
    return memmem(secret.at, secret.size, text + at, PROBE) == NULL ? at + 1 : 0;
}

/* Whole, or a piece: a tenant may have cut what it quotes, at either end. Every byte that is of any piece goes. One
   search for each byte: who looked for the longest piece would be at work for seconds where a long secret repeats
   itself, and the text almost does. */
static void blank_secret(char *text, struct span secret) {
    if (secret.size < SECRET_AT_LEAST) return;
    size_t least = secret.size < PIECE_AT_LEAST ? secret.size : PIECE_AT_LEAST, covered = 0;
    for (size_t left = strlen(text), clear = 0; left > 0; text++, left--) {
        if (clear == 0 && left >= least) clear = count_clear(text, secret, least);
        if (clear > 0)
            clear--;
        else if (is_of_secret(text, left, secret, least))
            covered = left < least ? left : least;
        if (covered == 0) continue;
        blank(text, 1);
        covered--;
    }
}

/* ---- what is not to be seen, or obeyed ---- */

/* While secrets are looked for: where a character stood that a terminal obeys. */
enum { GAP = '\1' };

enum look { PLAIN, BLANK, OBEYED, INVISIBLE };

static const struct {
    uint32_t first, last;
    enum look look;
} ranges[] = {
    {0x00, 0x08, OBEYED},          {0x09, 0x0d, BLANK},      {0x0e, 0x1f, OBEYED},        {0x7f, 0x84, OBEYED},
    {0x85, 0x85, BLANK},           {0x86, 0x9f, OBEYED},     {0xa0, 0xa0, BLANK},         {0xad, 0xad, INVISIBLE},
    {0x034f, 0x034f, INVISIBLE},   {0x061c, 0x061c, OBEYED}, {0x180e, 0x180e, INVISIBLE}, {0x2000, 0x200a, BLANK},
    {0x200b, 0x200d, INVISIBLE},   {0x200e, 0x200f, OBEYED}, {0x2028, 0x2029, BLANK},     {0x202a, 0x202e, OBEYED},
    {0x202f, 0x202f, BLANK},       {0x205f, 0x205f, BLANK},  {0x2060, 0x2065, INVISIBLE}, {0x2066, 0x2069, OBEYED},
    {0x206a, 0x206f, INVISIBLE},   {0x3000, 0x3000, BLANK},  {0xfe00, 0xfe0f, INVISIBLE}, {0xfeff, 0xfeff, INVISIBLE},
    {0xe0000, 0xe0fff, INVISIBLE},
};

static enum look look_of(uint32_t code) {
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges && ranges[i].first <= code; i++)
        if (code <= ranges[i].last) return ranges[i].look;
    return PLAIN;
}

static uint32_t code_of(const char *at, size_t size) {
    static const unsigned char lead[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t code = (unsigned char)at[0] & lead[size];
    for (size_t i = 1; i < size; i++) code = code << 6 | ((unsigned char)at[i] & 0x3f);
    return code;
}

/* Past letters, digits and the like, which are nearly all of any text. */
static char *skip_plain(char *at) {
    while (*at >= ' ' && *at <= '~') at++;
    return at;
}

/* In place, and each byte of what is obeyed or blank is one again. Bytes that are no UTF-8 count as obeyed. */
static void take_out(char *text) {
    char *to = skip_plain(text);
    const char *end = to + strlen(to), *at = to;
    while (at < end) {
        size_t size = utf8_size((struct span){at, (size_t)(end - at)});
        enum look look = size > 0 ? look_of(code_of(at, size)) : OBEYED;
        if (size == 0) size = 1;
        if (look == PLAIN) memmove(to, at, size);
        if (look == BLANK || look == OBEYED) memset(to, look == BLANK ? ' ' : GAP, size);
        if (look != INVISIBLE) to += size;
        at += size;
    }
    memset(to, '\0', (size_t)(end - to)); /* a piece of a secret may stand there */
}

/* Blanks what is found in the text without these characters. */
static void blank_across(char *text, struct span between, const struct span *secrets, size_t count) {
    char joined[REDACT_AT_MOST] = "";
    size_t size = 0;
    for (const char *at = text; *at != '\0'; at++)
        if (memchr(between.at, *at, between.size) == NULL) joined[size++] = *at;
    joined[size] = '\0';
    for (size_t i = 0; i < count; i++) blank_secret(joined, secrets[i]);
    if (count == 0) blank_jwts(joined);
    for (char *at = text, *from = joined; *at != '\0'; at++)
        if (memchr(between.at, *at, between.size) == NULL) *at = *from++;
}

void redact_text(char *text, const struct span *secrets, size_t count) {
    if (strnlen(text, REDACT_AT_MOST) == REDACT_AT_MOST) text[REDACT_AT_MOST - 1] = '\0';
    take_out(text);
    bool has_gap = strchr(text, GAP) != NULL, has_blank = has_gap || strchr(text, ' ') != NULL;
    /* JWTs are looked for where no secret is blanked yet: one that shares a piece with a secret would not look like a
       JWT any more, and the rest of it would stay. */
    char jwts[REDACT_AT_MOST];
    size_t size = strlen(text);
    memcpy(jwts, text, size + 1);
    if (has_gap) blank_across(jwts, SPAN("\1"), NULL, 0);
    blank_jwts(jwts);
    if (has_blank && count > 0) blank_across(text, SPAN(" \1"), secrets, count);
    for (char *gap = text; (gap = strchr(gap, GAP)) != NULL;) *gap = ' ';
    for (size_t i = 0; i < count; i++) blank_secret(text, secrets[i]);
    for (size_t i = 0; i < size; i++)
        if (jwts[i] == '*') text[i] = '*';
}
