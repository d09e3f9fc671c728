#include "pure/jwt.h"

#include "pure/json.h"
#include "pure/numeral.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* ---- base64url ---- */

/* One more than the six bits that a character stands for; 0 where it is none of the alphabet. A table: every character
   of every token is looked at twice for each call. */
static const unsigned char sextets[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['-'] = 63, ['_'] = 64};

/* A single character is left over from no byte. */
static bool is_base64url(struct span part) {
    bool is_good = part.size % 4 != 1;
    for (size_t i = 0; i < part.size; i++) is_good = is_good & (sextets[(unsigned char)part.at[i]] != 0);
    return is_good;
}

static uint32_t sextet(char c) { return sextets[(unsigned char)c] - 1U; }

/* Of text that is_base64url accepted. Bits that are left over are dropped, whatever they are: the text has one meaning
   in any case. */
static size_t decode(struct span part, char *to) {
    const char *at = part.at, *end = part.at + part.size / 4 * 4;
    char *begin = to;
    for (; at < end; at += 4, to += 3) {
        uint32_t bits = sextet(at[0]) << 18 | sextet(at[1]) << 12 | sextet(at[2]) << 6 | sextet(at[3]);
        to[0] = (char)(unsigned char)(bits >> 16);
        to[1] = (char)(unsigned char)(bits >> 8);
        to[2] = (char)(unsigned char)bits;
    }
    size_t left = part.size % 4;
    if (left > 1) *to++ = (char)(unsigned char)(sextet(at[0]) << 2 | sextet(at[1]) >> 4);
    if (left > 2) *to++ = (char)(unsigned char)(sextet(at[1]) << 4 | sextet(at[2]) >> 2);
    return (size_t)(to - begin);
}

/* ---- reading ---- */

/* What stands before the first dot, which `rest` then follows; without one, `rest` is absent. */
static struct span take_part(struct span *rest) {
    const char *dot = rest->size > 0 ? memchr(rest->at, '.', rest->size) : NULL;
    struct span part = {rest->at, dot != NULL ? (size_t)(dot - rest->at) : rest->size};
    *rest = dot != NULL ? span_after(*rest, part.size + 1) : (struct span){NULL, 0};
    return part;
}

/* With tokens in the room that is left of them. */
static bool is_object(struct span text, struct json_token **tokens, struct json_value *object) {
    struct json_reader reader = json_reader(text);
    reader.tokens = *tokens;
    reader.room = json_room(text.size);
    if (json_read(&reader) != JSON_WHOLE) return false;
    *tokens += reader.count;
    *object = json_root(&reader);
    return json_kind(*object) == JSON_OBJECT;
}

/* A claim of another kind than it must have counts as absent. */
static bool take_instant(struct json_value claim, int64_t *instant) {
    if (json_kind(claim) != JSON_NUMBER) return false;
    double seconds = numeral_read(json_bytes(claim));
    *instant = seconds >= (double)INT64_MAX ? INT64_MAX : seconds <= -(double)INT64_MAX ? -INT64_MAX : (int64_t)seconds;
    return true;
}

static bool ends_in(struct span text, struct span end) {
    return text.size >= end.size && span_equals(span_after(text, text.size - end.size), end);
}

/* Over itself: unescaped, a string is no longer than before. */
static struct span take_string(struct json_value claim, char *memory) {
    if (json_kind(claim) != JSON_STRING) return (struct span){NULL, 0};
    char *to = memory + (json_bytes(claim).at - memory);
    return (struct span){to, json_string(claim, to, claim.token->size)};
}

/* A string, or several in an array; likewise. */
static struct span take_strings(struct json_value claim, char *memory) {
    if (json_kind(claim) != JSON_ARRAY) return take_string(claim, memory);
    char *begin = NULL, *to = NULL;
    for (struct json_walk walk = json_walk(claim); json_next(&walk);) {
        if (json_kind(walk.value) != JSON_STRING) continue;
        if (begin == NULL)
            begin = to = memory + (json_bytes(walk.value).at - memory);
        else if (to > begin)
            *to++ = ' ';
        to += json_string(walk.value, to, walk.value.token->size);
    }
    return begin != NULL ? (struct span){begin, (size_t)(to - begin)} : (struct span){memory, 0};
}

static void take_claims(struct json_value header, struct json_value payload, char *memory, struct jwt *jwt) {
    struct json_value alg, iss, sub, azp, gty, scope, exp, iat, aud;
    const struct json_wish of_payload[] = {{SPAN("iss"), &iss},     {SPAN("sub"), &sub}, {SPAN("azp"), &azp},
                                           {SPAN("gty"), &gty},     {SPAN("exp"), &exp}, {SPAN("iat"), &iat},
                                           {SPAN("scope"), &scope}, {SPAN("aud"), &aud}};
    (void)json_member(header, SPAN("alg"), &alg);
    json_find(payload, of_payload, sizeof of_payload / sizeof *of_payload);
    jwt->has_exp = take_instant(exp, &jwt->exp);
    jwt->has_iat = take_instant(iat, &jwt->iat);
    jwt->alg = take_string(alg, memory);
    jwt->iss = take_string(iss, memory);
    jwt->sub = take_string(sub, memory);
    jwt->azp = take_string(azp, memory);
    jwt->gty = take_string(gty, memory);
    jwt->scope = take_string(scope, memory);
    jwt->aud = take_strings(aud, memory);
    jwt->is_machine = ends_in(jwt->sub, SPAN("@clients")) || span_equals(jwt->gty, SPAN("client-credentials"));
}

/* The tokens of both objects, and behind them their texts. */
static size_t token_room(size_t size) { return (json_room(size) + json_room(0)) * sizeof(struct json_token); }

static size_t text_room(struct span text) { return text.size / 4 * 3 + 3; }

size_t jwt_room(struct span text) {
    return text.size <= JWT_AT_MOST ? token_room(text_room(text)) + text_room(text) : 0;
}

bool jwt_read(struct span text, void *memory, struct jwt *jwt) {
    *jwt = (struct jwt){.has_exp = false};
    if (text.size > JWT_AT_MOST) return false;
    struct span rest = text, header = take_part(&rest), payload = take_part(&rest), signature = take_part(&rest);
    if (signature.at == NULL || rest.at != NULL) return false; /* two parts, or four */
    if (!is_base64url(header) || !is_base64url(payload) || !is_base64url(signature)) return false;
    struct json_token *tokens = memory;
    struct json_value of_header, of_payload;
    char *at = (char *)memory + token_room(text_room(text));
    header = (struct span){at, decode(header, at)};
    payload = (struct span){at + header.size, decode(payload, at + header.size)};
    if (!is_object(header, &tokens, &of_header) || !is_object(payload, &tokens, &of_payload)) return false;
    take_claims(of_header, of_payload, at, jwt);
    return true;
}

/* ---- judging ---- */

/* Takes a word off a list that is separated by single spaces; a word is empty between two. */
static struct span take_word(struct span *rest) {
    const char *space = memchr(rest->at, ' ', rest->size);
    struct span word = {rest->at, space != NULL ? (size_t)(space - rest->at) : rest->size};
    *rest = space != NULL ? span_after(*rest, word.size + 1) : (struct span){NULL, 0};
    return word;
}

bool jwt_has_scope(const struct jwt *jwt, struct span scope) {
    for (struct span rest = jwt->scope; rest.at != NULL && scope.size > 0;)
        if (span_equals(take_word(&rest), scope)) return true;
    return false;
}

static bool has_one_of(const struct jwt *jwt, struct span scopes) {
    while (scopes.at != NULL)
        if (jwt_has_scope(jwt, take_word(&scopes))) return true;
    return false;
}

/* Without overflow: an instant in a token may be any number. */
static int64_t seconds_between(int64_t from, int64_t to) {
    if (to <= from) return 0;
    return from < 0 && to > INT64_MAX + from ? INT64_MAX : to - from;
}

struct jwt_duration jwt_duration(int64_t seconds) {
    static const struct {
        int64_t seconds;
        const char *name;
    } units[] = {{86400, "days"}, {3600, "hours"}, {60, "minutes"}, {1, "seconds"}};
    struct jwt_duration duration;
    size_t unit = 0;
    while (units[unit].seconds > 1 && seconds / units[unit].seconds < 2) unit++;
    snprintf(duration.text, sizeof duration.text, "%" PRId64 " %s", seconds / units[unit].seconds,
             seconds == 1 ? "second" : units[unit].name);
    return duration;
}

static bool check_end(const struct jwt *jwt, const char *option, int64_t unix_now, int64_t leeway,
                      struct complaint *complaint) {
    int64_t ago = jwt->has_exp ? seconds_between(jwt->exp, unix_now) : 0;
    if (ago <= (leeway > 0 ? leeway : 0)) return true;
    return complaint_make(complaint, option,
                          "expired %s ago by this machine's clock: get one that is still valid, or set the clock",
                          jwt_duration(ago).text);
}

/* The scopes of which one is enough (API description of each endpoint), as OAuth writes them. Whether a user's token is
   used on that user's own account, and which members an update has, is the tenant's to judge. */
static const char *scopes_for(enum jwt_need need) {
    switch (need) {
    case JWT_FOR_LINK: return "update:users"; /* a user's own token links by link_with alone */
    case JWT_FOR_LINK_WITH:
    case JWT_FOR_UNLINK: return "update:users update:current_user_identities";
    case JWT_FOR_READ: return "read:users read:current_user";
    case JWT_FOR_UPDATE: return "update:users update:users_app_metadata update:current_user_metadata";
    case JWT_FOR_ANYTHING: break;
    }
    return NULL;
}

bool jwt_check_access_token(const struct jwt *jwt, enum jwt_need need, int64_t unix_now, int64_t leeway,
                            struct complaint *complaint) {
    if (!check_end(jwt, "token", unix_now, leeway, complaint)) return false;
    const char *scopes = scopes_for(need);
    if (scopes == NULL || jwt->scope.at == NULL || has_one_of(jwt, span_of(scopes))) return true;
    return complaint_make(complaint, "token", "lacks the scope that this needs; expected a token with %s%s",
                          strchr(scopes, ' ') != NULL ? "one of " : "", scopes);
}

bool jwt_check_link_with(const struct jwt *jwt, int64_t unix_now, int64_t leeway, struct complaint *complaint) {
    if (!span_equals(jwt->alg, SPAN("RS256")))
        return complaint_make(complaint, "link_with",
                              "is not signed with RS256, the only algorithm that the tenant links with; "
                              "expected an ID token of an application that is set to RS256");
    if (jwt->sub.size == 0)
        return complaint_make(complaint, "link_with",
                              "has no sub, which names the account; expected the ID token of a user");
    return check_end(jwt, "link_with", unix_now, leeway, complaint);
}
