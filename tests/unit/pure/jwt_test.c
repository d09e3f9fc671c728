/* clang-format keeps these four in their order: cmocka.h needs the other three before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "pure/jwt.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define RS256 "{\"alg\":\"RS256\",\"typ\":\"JWT\"}"

/* ---- tokens ---- */

static size_t encode(struct span part, char *to) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t done = 0;
    unsigned bits = 0, count = 0;
    for (size_t i = 0; i < part.size; i++) {
        bits = bits << 8 | (unsigned char)part.at[i];
        for (count += 8; count >= 6; count -= 6) to[done++] = alphabet[bits >> (count - 6) & 63];
        bits &= 0xFF;
    }
    if (count > 0) to[done++] = alphabet[bits << (6 - count) & 63];
    return done;
}

/* A token, what was read of it, and memory of the very size that was asked for, so that a sanitizer sees what is
   beyond it. */
struct token {
    bool is_read;
    struct jwt jwt;
    char *memory;
};

static struct token read_text(struct span text) {
    struct token token;
    memset(&token.jwt, 0xA5, sizeof token.jwt);
    char *copy = malloc(text.size + (text.size == 0));
    token.memory = malloc(jwt_room(text) + (jwt_room(text) == 0));
    assert_non_null(copy);
    assert_non_null(token.memory);
    if (text.size > 0) memcpy(copy, text.at, text.size);
    token.is_read = jwt_read((struct span){copy, text.size}, token.memory, &token.jwt);
    free(copy);
    return token;
}

static struct token read_parts(struct span header, struct span payload) {
    static char text[2 * JWT_AT_MOST];
    size_t size = encode(header, text);
    text[size++] = '.';
    size += encode(payload, text + size);
    memcpy(text + size, ".c2ln", 5);
    return read_text((struct span){text, size + 5});
}

static struct token read_claims(const char *payload) { return read_parts(SPAN(RS256), span_of(payload)); }

static void assert_span(struct span actual, struct span expected, const char *label) {
    if (!span_equals(actual, expected) || (actual.at == NULL) != (expected.at == NULL))
        fail_msg("%s: got \"%.*s\", expected \"%.*s\"", label, (int)actual.size, actual.at != NULL ? actual.at : "",
                 (int)expected.size, expected.at != NULL ? expected.at : "");
}

static void assert_has_nothing(const struct jwt *jwt, const char *label) {
    const struct span spans[] = {jwt->alg, jwt->iss, jwt->sub, jwt->azp, jwt->gty, jwt->scope};
    for (size_t i = 0; i < COUNT(spans); i++) assert_span(spans[i], (struct span){NULL, 0}, label);
    assert_false(jwt->has_exp || jwt->has_iat || jwt->is_machine);
}

/* ---- what is a JWT ---- */

static void reads_the_claims_of_a_machine(void **state) {
    (void)state;
    struct token token = read_claims("{\"iss\":\"https://acme.eu.auth0.com/\",\"sub\":\"x7@clients\",\"azp\":\"x7\","
                                     "\"iat\":1700000000,\"exp\":1700086400,\"scope\":\"read:users update:users\","
                                     "\"gty\":\"client-credentials\",\"aud\":\"https://acme.eu.auth0.com/api/v2/\"}");
    assert_true(token.is_read);
    assert_span(token.jwt.alg, SPAN("RS256"), "alg");
    assert_span(token.jwt.iss, SPAN("https://acme.eu.auth0.com/"), "iss");
    assert_span(token.jwt.sub, SPAN("x7@clients"), "sub");
    assert_span(token.jwt.azp, SPAN("x7"), "azp");
    assert_span(token.jwt.aud, SPAN("https://acme.eu.auth0.com/api/v2/"), "aud");
    assert_span(token.jwt.gty, SPAN("client-credentials"), "gty");
    assert_span(token.jwt.scope, SPAN("read:users update:users"), "scope");
    assert_true(token.jwt.has_exp && token.jwt.has_iat && token.jwt.is_machine);
    assert_int_equal(token.jwt.iat, 1700000000);
    assert_int_equal(token.jwt.exp, 1700086400);
    free(token.memory);
}

/* The example of RFC 7515, A.1: its header has a line break, and all of it was encoded by others. */
static void reads_the_example_of_the_rfc(void **state) {
    (void)state;
    struct token token =
        read_text(SPAN("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkz"
                       "ODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1"
                       "p1r_wW1gFWFOEjXk"));
    assert_true(token.is_read);
    assert_span(token.jwt.alg, SPAN("HS256"), "alg");
    assert_span(token.jwt.iss, SPAN("joe"), "iss");
    assert_int_equal(token.jwt.exp, 1300819380);
    assert_span(token.jwt.sub, (struct span){NULL, 0}, "sub");
    free(token.memory);
}

static void what_has_no_claims_is_a_token_all_the_same(void **state) {
    (void)state;
    struct token token = read_text(SPAN("e30.e30."));
    assert_true(token.is_read);
    assert_has_nothing(&token.jwt, "e30.e30.");
    free(token.memory);
}

static void other_text_is_none_and_gives_nothing(void **state) {
    static const char *const texts[] = {
        "",
        ".",
        "..",
        "...",
        "opaque",
        "e30",
        "e30.e30",
        "e30..c2ln",
        ".e30.c2ln",
        "e30.e30.c2ln.",
        "e30.e30.c2ln.c2ln.c2ln", /* encrypted: five parts */
        "e30=.e30=.c2ln",         /* padded */
        "e30.e30=.c2ln",
        "e30.e30.c2lnYQ==",
        "e30.e30.c2ln\n",
        " e30.e30.c2ln",
        "Bearer e30.e30.c2ln",
        "e30.e3 0.c2ln",
        "e30.e30.c2+n", /* base64, which is not base64url */
        "e30.e30.c2/n",
        "e30.e30.c", /* a character left over */
        "e30.e30.c2lnc",
        "e30.e.c2ln",
        "e30gA.e30.c2ln",
        "e30.e30gA.c2ln",
        "e30.e30.\xc3\xa4",
        "W10.e30.c2ln",     /* [] */
        "e30.W10.c2ln",     /* [] */
        "e30.bnVsbA.c2ln",  /* null */
        "e30.eyJ9.c2ln",    /* {"} */
        "e30.e30w.c2ln",    /* {}0 */
        "e30.AAAA.c2ln",    /* NULs */
        "e30.77u_e30.c2ln", /* a byte order mark */
    };
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct token token = read_text(span_of(texts[i]));
        if (token.is_read) fail_msg("\"%s\" is no JWT", texts[i]);
        assert_has_nothing(&token.jwt, texts[i]);
        free(token.memory);
    }
    struct jwt jwt;
    assert_false(jwt_read((struct span){NULL, 0}, NULL, &jwt));
}

static void bits_that_are_left_over_change_nothing(void **state) {
    (void)state;
    static const char *const texts[] = {"e31.e30.", "e30.e33.", "e32.e31.Zh"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct token token = read_text(span_of(texts[i]));
        assert_true(token.is_read);
        free(token.memory);
    }
}

static void every_byte_of_the_alphabet_is_decoded(void **state) {
    (void)state;
    char value[192], payload[256];
    size_t size = 0;
    for (int i = 0x20; i < 0x7F; i++)
        if (i != '"' && i != '\\') value[size++] = (char)i;
    memcpy(value + size, "\xC3\xBF\xC3\xBE\xE0\xBF\xBF\xF4\x8F\xBF\xBF", 11); /* the high sextets */
    size += 11;
    value[size] = '\0';
    for (int shift = 0; shift < 3; shift++) {
        snprintf(payload, sizeof payload, "{%.*s\"sub\":\"%s\"}", shift, "  ", value);
        struct token token = read_claims(payload);
        assert_true(token.is_read);
        assert_span(token.jwt.sub, (struct span){value, size}, "sub");
        free(token.memory);
    }
}

/* Of `size` bytes in all; the signature fills up. */
static struct token read_sized(size_t size) {
    static char text[2 * JWT_AT_MOST];
    memset(text, 'A', sizeof text);
    memcpy(text, "e30.eyB9.", 9); /* so that nothing but its size is wrong with the one that is too long */
    return read_text((struct span){text, size});
}

static void a_token_has_at_most_16384_bytes(void **state) {
    (void)state;
    struct token longest = read_sized(JWT_AT_MOST), longer = read_sized(JWT_AT_MOST + 1);
    assert_true(longest.is_read);
    assert_false(longer.is_read);
    assert_has_nothing(&longer.jwt, "too long");
    assert_int_equal(jwt_room((struct span){"", JWT_AT_MOST + 1}), 0);
    assert_int_equal(jwt_room((struct span){"", SIZE_MAX}), 0);
    free(longest.memory);
    free(longer.memory);
}

static void a_payload_of_any_size_has_room(void **state) {
    (void)state;
    static char payload[9000];
    for (size_t size = 2; size < sizeof payload; size = size < 80 ? size + 1 : size * 3 + 1) {
        memset(payload, ' ', size);
        payload[0] = '{';
        payload[size - 1] = '}';
        struct token token = read_parts(SPAN("{}"), (struct span){payload, size});
        assert_true(token.is_read);
        free(token.memory);
    }
}

/* ---- claims ---- */

static void a_claim_of_another_type_is_absent(void **state) {
    static const char *const values[] = {"null", "true", "[\"update:users\"]", "{\"a\":\"b\"}", "7"};
    (void)state;
    for (size_t i = 0; i < COUNT(values); i++) {
        char payload[256];
        snprintf(payload, sizeof payload, "{\"iss\":%s,\"sub\":%s,\"azp\":%s,\"gty\":%s,\"scope\":%s,\"exp\":\"1\"}",
                 values[i], values[i], values[i], values[i], values[i]);
        struct token token = read_parts(SPAN("{\"alg\":256}"), span_of(payload));
        assert_true(token.is_read);
        assert_has_nothing(&token.jwt, payload);
        free(token.memory);
    }
}

static void of_several_of_a_name_the_last_counts(void **state) {
    (void)state;
    struct token token = read_claims("{\"sub\":\"a\",\"sub\":\"b\",\"exp\":1,\"s\\u0075b\":\"c\",\"exp\":2,"
                                     "\"iss\":\"x\",\"iss\":null,\"iat\":3,\"iat\":\"4\"}");
    assert_span(token.jwt.sub, SPAN("c"), "sub");
    assert_int_equal(token.jwt.exp, 2);
    assert_span(token.jwt.iss, (struct span){NULL, 0}, "iss");
    assert_false(token.jwt.has_iat);
    free(token.memory);
}

static void members_of_members_are_no_claims(void **state) {
    (void)state;
    struct token token =
        read_claims("{\"a\":{\"sub\":\"x\",\"exp\":1},\"b\":[\"sub\",\"scope\"],\"c\":\"\\\"sub\\\":\"}");
    assert_true(token.is_read);
    token.jwt.alg = (struct span){NULL, 0};
    assert_has_nothing(&token.jwt, "nested");
    free(token.memory);
}

static void strings_are_unescaped(void **state) {
    (void)state;
    struct token token = read_parts(SPAN("{\"alg\":\"\\u0052S256\"}"),
                                    SPAN("{\"scope\":\"a\\u0020b\",\"sub\":\"x\\u0000y\\\"\\\\\\/\",\"azp\":\"\","
                                         "\"gty\":\"\\ud83d\\ude00\",\"iss\":\"\\ud800\\n\"}"));
    assert_span(token.jwt.alg, SPAN("RS256"), "alg");
    assert_span(token.jwt.scope, SPAN("a b"), "scope");
    assert_span(token.jwt.sub, SPAN("x\0y\"\\/"), "sub");
    assert_span(token.jwt.azp, SPAN(""), "azp");
    assert_span(token.jwt.gty, SPAN("\xF0\x9F\x98\x80"), "gty");
    assert_span(token.jwt.iss, SPAN("\xED\xA0\x80\n"), "iss");
    free(token.memory);
}

static void text_that_is_no_utf8_is_no_jwt(void **state) {
    (void)state;
    static const char *const payloads[] = {"{\"sub\":\"\xFF\"}", "{\"sub\":\"\xC0\x80\"}", "{\"sub\":\"\xED\xA0\x80\"}",
                                           "{\"sub\":\"\x01\"}"};
    for (size_t i = 0; i < COUNT(payloads); i++) {
        struct token token = read_claims(payloads[i]);
        assert_false(token.is_read);
        free(token.memory);
    }
    struct token token = read_parts(SPAN(RS256), SPAN("{\"sub\":\"a\0b\"}"));
    assert_false(token.is_read);
    free(token.memory);
}

static void instants_are_whole_seconds(void **state) {
    static const struct {
        const char *number;
        int64_t seconds;
    } rows[] = {
        {"0", 0},
        {"-0", 0},
        {"1700000000", 1700000000},
        {"1700000000.999", 1700000000},
        {"-1.9", -1},
        {"-5", -5},
        {"1e9", 1000000000},
        {"1E+9", 1000000000},
        {"1.7e9", 1700000000},
        {"1.23456e3", 1234},
        {"17000000000e-1", 1700000000},
        {"123e-3", 0},
        {"0.0017e12", 1700000000},
        {"0e999999999999999999999", 0},
        {"0.0e5", 0},
        {"10e0", 10},
        {"9223372036854775807", INT64_MAX},
        {"9223372036854775808", INT64_MAX},
        {"922337203685477580.7e1", INT64_MAX},
        {"99999999999999999999999999", INT64_MAX},
        {"1e19", INT64_MAX},
        {"1e400", INT64_MAX},
        {"1e99999999999999999999999", INT64_MAX},
        {"-1e400", -INT64_MAX},
        {"1e-400", 0},
        {"1e-99999999999999999999999", 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char payload[128];
        snprintf(payload, sizeof payload, "{\"iat\": %s ,\"exp\":%s}", rows[i].number, rows[i].number);
        struct token token = read_claims(payload);
        assert_true(token.jwt.has_exp && token.jwt.has_iat);
        if (token.jwt.exp != rows[i].seconds || token.jwt.iat != rows[i].seconds)
            fail_msg("%s: got %jd", rows[i].number, (intmax_t)token.jwt.exp);
        free(token.memory);
    }
}

/* A one behind ten thousand zeros, and the exponent that brings it before the point. */
static void an_exponent_may_be_as_long_as_a_token(void **state) {
    (void)state;
    static char payload[11000];
    size_t size = (size_t)snprintf(payload, sizeof payload, "{\"exp\":0.");
    memset(payload + size, '0', 10000);
    snprintf(payload + size + 10000, sizeof payload - size - 10000, "1e10004}");
    struct token token = read_claims(payload);
    assert_int_equal(token.jwt.exp, 1000);
    free(token.memory);
}

static void a_machine_is_known_by_its_sub_or_its_grant(void **state) {
    static const struct {
        const char *payload;
        bool is_machine;
    } rows[] = {
        {"{\"sub\":\"x@clients\"}", true},
        {"{\"sub\":\"@clients\"}", true},
        {"{\"gty\":\"client-credentials\"}", true},
        {"{\"sub\":\"auth0|1\",\"gty\":\"client-credentials\"}", true},
        {"{\"sub\":\"auth0|1\",\"gty\":\"password\"}", false},
        {"{\"sub\":\"clients\"}", false},
        {"{\"sub\":\"x@clients \"}", false},
        {"{}", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct token token = read_claims(rows[i].payload);
        if (token.jwt.is_machine != rows[i].is_machine) fail_msg("%s", rows[i].payload);
        free(token.memory);
    }
}

/* ---- scopes ---- */

static void a_scope_is_a_whole_word_of_the_list(void **state) {
    struct jwt jwt = {.scope = SPAN("read:users  update:users_app_metadata x")};
    (void)state;
    assert_true(jwt_has_scope(&jwt, SPAN("read:users")));
    assert_true(jwt_has_scope(&jwt, SPAN("update:users_app_metadata")));
    assert_true(jwt_has_scope(&jwt, SPAN("x")));
    assert_false(jwt_has_scope(&jwt, SPAN("update:users")));
    assert_false(jwt_has_scope(&jwt, SPAN("read:user")));
    assert_false(jwt_has_scope(&jwt, SPAN("READ:USERS")));
    assert_false(jwt_has_scope(&jwt, SPAN("")));
    jwt.scope = SPAN("");
    assert_false(jwt_has_scope(&jwt, SPAN("x")));
    jwt.scope = (struct span){NULL, 0};
    assert_false(jwt_has_scope(&jwt, SPAN("x")));
}

static const enum jwt_need needs[] = {JWT_FOR_LINK, JWT_FOR_LINK_WITH, JWT_FOR_UNLINK, JWT_FOR_READ, JWT_FOR_UPDATE};

static void assert_complaint(const struct complaint *complaint, const char *option, const char *what) {
    assert_string_equal(complaint->option, option);
    assert_string_equal(complaint->what, what);
    for (const char *c = complaint->what; *c != '\0'; c++) assert_in_range(*c, ' ', '~');
}

static bool suffices(const char *scope, enum jwt_need need) {
    struct jwt jwt = {.scope = span_of(scope)};
    struct complaint complaint;
    return jwt_check_access_token(&jwt, need, 0, 0, &complaint);
}

static void each_need_has_scopes_that_suffice(void **state) {
    /* In the order of `needs`. */
    static const struct {
        const char *scope;
        bool suffices[COUNT(needs)];
    } rows[] = {
        {"update:users", {true, true, true, false, true}},
        {"update:current_user_identities", {false, true, true, false, false}},
        {"read:users", {false, false, false, true, false}},
        {"read:current_user", {false, false, false, true, false}},
        {"update:users_app_metadata", {false, false, false, false, true}},
        {"update:current_user_metadata", {false, false, false, false, true}},
        {"create:users delete:users", {false, false, false, false, false}},
        {"openid update:users", {true, true, true, false, true}},
        {"", {false, false, false, false, false}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t j = 0; j < COUNT(needs); j++)
            if (suffices(rows[i].scope, needs[j]) != rows[i].suffices[j])
                fail_msg("\"%s\" for need %d", rows[i].scope, (int)needs[j]);
}

static void nothing_is_said_about_scopes_that_are_not_known_or_not_needed(void **state) {
    struct jwt unknown = {.has_exp = false}, empty = {.scope = SPAN("")};
    struct complaint complaint;
    (void)state;
    for (size_t i = 0; i < COUNT(needs); i++) assert_true(jwt_check_access_token(&unknown, needs[i], 0, 0, &complaint));
    assert_true(jwt_check_access_token(&empty, JWT_FOR_ANYTHING, 0, 0, &complaint));
}

static void the_complaint_names_the_scopes_that_it_takes(void **state) {
    struct jwt jwt = {.scope = SPAN("read:clients")};
    struct complaint complaint;
    (void)state;
    assert_false(jwt_check_access_token(&jwt, JWT_FOR_LINK, 0, 0, &complaint));
    assert_complaint(&complaint, "token", "lacks the scope that this needs; expected a token with update:users");
    assert_false(jwt_check_access_token(&jwt, JWT_FOR_UPDATE, 0, 0, &complaint));
    assert_complaint(&complaint, "token",
                     "lacks the scope that this needs; expected a token with one of update:users "
                     "update:users_app_metadata update:current_user_metadata");
}

/* ---- the end ---- */

static void says_how_long_ago_it_expired(void **state) {
    static const struct {
        int64_t exp, now, leeway;
        const char *ago; /* NULL: taken */
    } rows[] = {
        {1000, 999, 0, NULL},
        {1000, 1000, 0, NULL},
        {1000, 1001, 0, "1 second"},
        {1000, 1002, 0, "2 seconds"},
        {1000, 1119, 0, "119 seconds"},
        {1000, 1120, 0, "2 minutes"},
        {1000, 1000 + 7199, 0, "119 minutes"},
        {1000, 1000 + 7200, 0, "2 hours"},
        {1000, 1000 + 2 * 86400 - 1, 0, "47 hours"},
        {1000, 1000 + 2 * 86400, 0, "2 days"},
        {1000, 1060, 60, NULL},
        {1000, 1061, 60, "61 seconds"},
        {1000, 1001, -5, "1 second"},
        {1000, 1000, -5, NULL},
        {1000, 1001, INT64_MIN, "1 second"},
        {1000, INT64_MAX, INT64_MAX, NULL},
        {INT64_MAX, INT64_MAX, 0, NULL},
        {INT64_MAX, INT64_MIN, 0, NULL},
        {INT64_MIN, INT64_MAX, 3600, "106751991167300 days"},
        {-INT64_MAX, 1, 0, "106751991167300 days"},
        {-10, -5, 0, "5 seconds"},
        {-10, -20, 0, NULL},
        {INT64_MIN, INT64_MIN, 0, NULL},
        {0, 1700000000, 3600, "19675 days"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct jwt jwt = {.alg = SPAN("RS256"), .sub = SPAN("a|1"), .has_exp = true, .exp = rows[i].exp};
        struct complaint access, link_with;
        bool is_good = jwt_check_access_token(&jwt, JWT_FOR_LINK, rows[i].now, rows[i].leeway, &access);
        assert_int_equal(jwt_check_link_with(&jwt, rows[i].now, rows[i].leeway, &link_with), is_good);
        if (is_good != (rows[i].ago == NULL)) fail_msg("row %zu", i);
        if (is_good) continue;
        char what[240];
        snprintf(what, sizeof what,
                 "expired %s ago by this machine's clock: get one that is still valid, or set the clock", rows[i].ago);
        assert_complaint(&access, "token", what);
        assert_complaint(&link_with, "link_with", what);
    }
}

static void without_an_end_nothing_is_certain(void **state) {
    struct jwt jwt = {.alg = SPAN("RS256"), .sub = SPAN("a|1"), .exp = -1};
    struct complaint complaint;
    (void)state;
    assert_true(jwt_check_access_token(&jwt, JWT_FOR_LINK, INT64_MAX, 0, &complaint));
    assert_true(jwt_check_link_with(&jwt, INT64_MAX, 0, &complaint));
}

/* ---- link_with ---- */

static void link_with_needs_rs256(void **state) {
    static const struct span algs[] = {{NULL, 0}, {"", 0}, {"HS256", 5}, {"RS384", 5}, {"rs256", 5}, {"RS256 ", 6}};
    (void)state;
    for (size_t i = 0; i < COUNT(algs); i++) {
        struct jwt jwt = {.alg = algs[i], .sub = SPAN("a|1")};
        struct complaint complaint;
        assert_false(jwt_check_link_with(&jwt, 0, 0, &complaint));
        assert_complaint(&complaint, "link_with",
                         "is not signed with RS256, the only algorithm that the tenant links with; "
                         "expected an ID token of an application that is set to RS256");
    }
}

static void link_with_names_a_user(void **state) {
    static const struct span subs[] = {{NULL, 0}, {"", 0}};
    (void)state;
    for (size_t i = 0; i < COUNT(subs); i++) {
        struct jwt jwt = {.alg = SPAN("RS256"), .sub = subs[i]};
        struct complaint complaint;
        assert_false(jwt_check_link_with(&jwt, 0, 0, &complaint));
        assert_complaint(&complaint, "link_with",
                         "has no sub, which names the account; expected the ID token of a user");
    }
}

static void several_audiences_are_told_with_a_space_between_two(void **state) {
    static const struct {
        const char *aud, *read;
    } rows[] = {
        {"[\"a\",\"https:\\/\\/b\\/\",\"c\"]", "a https://b/ c"},
        {"[]", ""},
        {"[1,\"a\",{\"x\":[\"y\"]},\"b\"]", "a b"},
        {"[\"\",\"\"]", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char payload[200];
        snprintf(payload, sizeof payload, "{\"aud\":%s,\"sub\":\"s\"}", rows[i].aud);
        struct token token = read_claims(payload);
        assert_true(token.is_read);
        assert_span(token.jwt.aud, span_of(rows[i].read), "aud");
        assert_span(token.jwt.sub, SPAN("s"), "sub");
        free(token.memory);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_audiences_are_told_with_a_space_between_two),
        cmocka_unit_test(reads_the_claims_of_a_machine),
        cmocka_unit_test(reads_the_example_of_the_rfc),
        cmocka_unit_test(what_has_no_claims_is_a_token_all_the_same),
        cmocka_unit_test(other_text_is_none_and_gives_nothing),
        cmocka_unit_test(bits_that_are_left_over_change_nothing),
        cmocka_unit_test(every_byte_of_the_alphabet_is_decoded),
        cmocka_unit_test(a_token_has_at_most_16384_bytes),
        cmocka_unit_test(a_payload_of_any_size_has_room),
        cmocka_unit_test(a_claim_of_another_type_is_absent),
        cmocka_unit_test(of_several_of_a_name_the_last_counts),
        cmocka_unit_test(members_of_members_are_no_claims),
        cmocka_unit_test(strings_are_unescaped),
        cmocka_unit_test(text_that_is_no_utf8_is_no_jwt),
        cmocka_unit_test(instants_are_whole_seconds),
        cmocka_unit_test(an_exponent_may_be_as_long_as_a_token),
        cmocka_unit_test(a_machine_is_known_by_its_sub_or_its_grant),
        cmocka_unit_test(a_scope_is_a_whole_word_of_the_list),
        cmocka_unit_test(each_need_has_scopes_that_suffice),
        cmocka_unit_test(nothing_is_said_about_scopes_that_are_not_known_or_not_needed),
        cmocka_unit_test(the_complaint_names_the_scopes_that_it_takes),
        cmocka_unit_test(says_how_long_ago_it_expired),
        cmocka_unit_test(without_an_end_nothing_is_certain),
        cmocka_unit_test(link_with_needs_rs256),
        cmocka_unit_test(link_with_names_a_user),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
