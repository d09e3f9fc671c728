/* Any text as a token: what is read of it was in it, and what is said about it holds no piece of it.

   The first byte says what follows (bit 0: a header, a NUL and a payload, to be encoded here; else the token's text),
   and what it is for (bits 1 to 3: the need; bits 4 and 5: a row of `clocks`). */
#include "fuzz/fuzz.h"
#include "pure/jwt.h"
#include "support/reading.h"

static const struct {
    int64_t now, leeway;
} clocks[4] = {{1700000000, 0}, {1700000000, 3600}, {INT64_MAX, INT64_MIN}, {INT64_MIN, INT64_MAX}};

static size_t encode(const uint8_t *from, size_t size, char *to) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t done = 0;
    unsigned bits = 0, count = 0;
    for (size_t i = 0; i < size; i++) {
        bits = (bits << 8 | from[i]) & 0xFFFF;
        for (count += 8; count >= 6; count -= 6) to[done++] = alphabet[bits >> (count - 6) & 63];
    }
    if (count > 0) to[done++] = alphabet[bits << (6 - count) & 63];
    return done;
}

/* ---- what was read ---- */

static void check_place(struct span claim, const char *memory, size_t room) {
    HOLDS(claim.at == NULL || (claim.at >= memory && claim.at + claim.size <= memory + room));
    HOLDS(claim.at != NULL || claim.size == 0);
}

static void check_scopes(const struct jwt *jwt) {
    struct span scope = jwt->scope;
    for (size_t from = 0, i = 0; i <= scope.size && scope.at != NULL; i++) {
        if (i < scope.size && scope.at[i] != ' ') continue;
        if (i > from) {
            HOLDS(jwt_has_scope(jwt, (struct span){scope.at + from, i - from}));
            HOLDS(i == scope.size || !jwt_has_scope(jwt, (struct span){scope.at + from, i - from + 1}));
        }
        from = i + 1;
    }
}

static void check_complaint_of(const struct complaint *complaint, const char *option) {
    check_complaint(complaint);
    HOLDS(strcmp(complaint->option, option) == 0);
}

/* What is said may depend on these alone: whether there is a subject, whether the algorithm is right, and the end. */
static struct jwt outline(const struct jwt *jwt) {
    return (struct jwt){
        .alg = span_equals(jwt->alg, SPAN("RS256")) ? jwt->alg : SPAN("none"),
        .sub = jwt->sub.size > 0 ? SPAN("x") : SPAN(""),
        .scope = jwt->scope.at != NULL ? SPAN("") : jwt->scope,
        .has_exp = jwt->has_exp,
        .exp = jwt->exp,
    };
}

static void check_judgement(const struct jwt *jwt, enum jwt_need need, int64_t now, int64_t leeway) {
    struct complaint complaint, blind;
    struct jwt outlined = outline(jwt);
    bool is_good = jwt_check_link_with(jwt, now, leeway, &complaint);
    HOLDS(jwt_check_link_with(&outlined, now, leeway, &blind) == is_good);
    HOLDS(is_good || strcmp(complaint.what, blind.what) == 0);
    if (!is_good) check_complaint_of(&complaint, "link_with");
    is_good = jwt_check_access_token(jwt, need, now, leeway, &complaint);
    if (!is_good) {
        check_complaint_of(&complaint, "token");
        HOLDS(!jwt_check_access_token(&outlined, need, now, leeway, &blind));
        HOLDS(strcmp(complaint.what, blind.what) == 0);
    }
    /* What is taken for a need is taken for any. */
    HOLDS(!is_good || jwt_check_access_token(jwt, JWT_FOR_ANYTHING, now, leeway, &complaint));
}

/* ---- against the JSON that was encoded ---- */

/* A double keeps 53 bits, and may round a fraction up. */
static void check_instant(struct json_value payload, const char *name, bool is_there, int64_t instant) {
    struct json_value value;
    bool has = json_member(payload, span_of(name), &value) && json_kind(value) == JSON_NUMBER;
    HOLDS(has == is_there);
    if (!has) return;
    char *text = allocate(value.token->size + 1);
    memcpy(text, json_bytes(value).at, value.token->size);
    text[value.token->size] = '\0';
    double number = strtod(text, NULL);
    free(text);
    if (number < 4e15 && number > -4e15) {
        HOLDS(instant - (int64_t)number <= 1 && (int64_t)number - instant <= 1);
    } else {
        HOLDS(number > 0 ? instant >= 3999999999999999 : instant <= -3999999999999999);
    }
}

static void check_string(struct json_value object, const char *name, struct span claim) {
    struct json_value value;
    bool has = json_member(object, span_of(name), &value) && json_kind(value) == JSON_STRING;
    HOLDS(has == (claim.at != NULL));
    HOLDS(!has || json_string_is(value, claim));
}

static void check_origin(struct json_value header, struct json_value payload, bool is_read, const struct jwt *jwt) {
    HOLDS(is_read == (json_kind(header) == JSON_OBJECT && json_kind(payload) == JSON_OBJECT));
    if (!is_read) return;
    check_string(header, "alg", jwt->alg);
    check_string(payload, "iss", jwt->iss);
    check_string(payload, "sub", jwt->sub);
    check_string(payload, "azp", jwt->azp);
    check_string(payload, "gty", jwt->gty);
    check_string(payload, "scope", jwt->scope);
    check_instant(payload, "exp", jwt->has_exp, jwt->exp);
    check_instant(payload, "iat", jwt->has_iat, jwt->iat);
}

static bool read_and_check(struct span text, uint8_t choice, const struct span *header, const struct span *payload) {
    size_t room = jwt_room(text);
    char *memory = allocate(room);
    struct jwt jwt;
    bool is_read = jwt_read(text, memory, &jwt);
    const struct span claims[] = {jwt.alg, jwt.iss, jwt.sub, jwt.azp, jwt.gty, jwt.scope};
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
        check_place(claims[i], memory, room);
        HOLDS(is_read || claims[i].at == NULL);
    }
    HOLDS(is_read || (!jwt.has_exp && !jwt.has_iat && !jwt.is_machine));
    check_scopes(&jwt);
    check_judgement(&jwt, (enum jwt_need)((choice >> 1 & 7) % (JWT_FOR_UPDATE + 1)), clocks[choice >> 4 & 3].now,
                    clocks[choice >> 4 & 3].leeway);
    if (header != NULL) check_origin(reading_value(*header), reading_value(*payload), is_read, &jwt);
    free(memory);
    return is_read;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) return 0;
    const uint8_t *rest = data + 1, *end = data + size;
    if ((data[0] & 1) == 0) {
        char *text = allocate(size - 1);
        memcpy(text, rest, size - 1);
        bool is_read = read_and_check((struct span){text, size - 1}, data[0], NULL, NULL);
        HOLDS(!is_read || memchr(text, '=', size - 1) == NULL);
        free(text);
        return 0;
    }
    const uint8_t *nul = rest < end ? memchr(rest, '\0', (size_t)(end - rest)) : NULL;
    if (nul == NULL) return 0;
    char *text = allocate(2 * size + 4);
    size_t done = encode(rest, (size_t)(nul - rest), text);
    text[done++] = '.';
    done += encode(nul + 1, (size_t)(end - nul - 1), text + done);
    text[done++] = '.';
    struct span header = {(const char *)rest, (size_t)(nul - rest)},
                payload = {(const char *)nul + 1, (size_t)(end - nul - 1)};
    if (done <= JWT_AT_MOST) read_and_check((struct span){text, done}, data[0], &header, &payload);
    free(text);
    return 0;
}
