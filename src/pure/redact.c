#include "pure/redact.h"

#include "pure/utf8.h"

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

/* How many bytes of a character that a terminal obeys rather than shows begin here: controls of ASCII and of Latin-1
   (U+0080 to U+009F), line ends and changes of direction (U+061C, U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069).
   */
static size_t control_size(const char *at) {
    const unsigned char *byte = (const unsigned char *)at;
    if (byte[0] < 0x20 || byte[0] == 0x7f) return 1;
    if (byte[0] == 0xc2 && byte[1] < 0xa0) return 2;
    if (byte[0] == 0xd8 && byte[1] == 0x9c) return 2;
    if (byte[0] != 0xe2) return 0;
    bool is_direction = byte[1] == 0x81 && byte[2] >= 0xa6 && byte[2] <= 0xa9;
    bool is_line_end = byte[1] == 0x80 && (byte[2] == 0x8e || byte[2] == 0x8f || (byte[2] >= 0xa8 && byte[2] <= 0xae));
    return is_direction || is_line_end ? 3 : 0;
}

/* Past letters, digits and the like, which are nearly all of any text. */
static char *skip_plain(char *at) {
    while (*at >= ' ' && *at <= '~') at++;
    return at;
}

void redact_text(char *text, const struct span *secrets, size_t count) {
    const char *end = text + strlen(text);
    for (char *at = skip_plain(text); at < end; at = skip_plain(at)) {
        size_t size = utf8_size((struct span){at, (size_t)(end - at)}), control = size == 0 ? 1 : control_size(at);
        memset(at, ' ', control);
        at += control > 0 ? control : size;
    }
    for (size_t i = 0; i < count; i++) blank_secret(text, secrets[i]);
    blank_jwts(text);
}
