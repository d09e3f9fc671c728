/* clang-format keeps these four in their order: cmocka.h needs the other three before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "support/reading.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define FULL "{\"connection\":\"c\",\"provider\":\"auth0\",\"user_id\":\"507f\",\"isSocial\":false,\"profileData\":{}}"
#define GOOGLE "{\"provider\":\"google-oauth2\",\"user_id\":\"1150\"}"
#define SAML "{\"provider\":\"samlp\",\"user_id\":\"acme|7\"}"

#define TOKEN "opaque-token-0123456789"

/* ---- the promises ---- */

static bool keeps(enum answer_promise promise, struct span body, struct json_value *value, struct answer_fault *fault) {
    struct answer_body read = reading_body(body);
    return answer_keeps(promise, &read, value, fault);
}

static const char *why_not(bool is_user, struct span body, struct json_value *identities) {
    struct answer_fault fault = {.what = "no reason"};
    bool kept = keeps(is_user ? ANSWER_USER_IDENTITIES : ANSWER_IDENTITIES, body, identities, &fault);
    return kept ? NULL : fault.what;
}

static struct json_value identities_of(const char *body) {
    struct json_value identities;
    const char *what = why_not(false, span_of(body), &identities);
    if (what != NULL) fail_msg("%s: %s", body, what);
    return identities;
}

static void an_array_of_identities_keeps_the_promise(void **state) {
    (void)state;
    const char *bodies[] = {
        "[" FULL "]",
        "[" FULL "," GOOGLE "," SAML "]",
        "[{\"provider\":\"auth0\",\"user_id\":1150}]",
        "[{\"provider\":\"auth0\",\"user_id\":-1}]",
        "[{\"provider\":\"auth0\",\"user_id\":115015401343387192604115015401343387192604}]",
        "[{\"provider\":\"\",\"user_id\":\"\"}]",
        "[{\"provider\":\"auth0\",\"user_id\":\"a\",\"access_token\":null,\"new\":[{\"x\":1.5e400}]}]",
        "[{\"user_\\u0069d\":\"a\",\"\\u0070rovider\":\"auth0\"}]",
    };
    for (size_t i = 0; i < COUNT(bodies); i++)
        assert_true(json_is_alike(identities_of(bodies[i]), reading_value(span_of(bodies[i]))));
}

/* What is no array of identities, and a piece of the reason. */
static const char *const broken_promises[][2] = {
    {"{}", "not an array"},
    {FULL, "not an array"},
    {"null", "not an array"},
    {"\"[]\"", "not an array"},
    {"0", "not an array"},
    {"[]", "empty"},
    {"[ \n ]", "empty"},
    {"[null]", "not an object"},
    {"[[" FULL "]]", "not an object"},
    {"[" FULL ",\"auth0|507f\"]", "not an object"},
    {"[{}]", "no provider"},
    {"[{\"user_id\":\"a\"}]", "no provider"},
    {"[{\"provider\":null,\"user_id\":\"a\"}]", "no provider"},
    {"[{\"provider\":7,\"user_id\":\"a\"}]", "no provider"},
    {"[{\"provider\":[\"auth0\"],\"user_id\":\"a\"}]", "no provider"},
    {"[{\"Provider\":\"auth0\",\"user_id\":\"a\"}]", "no provider"},
    {"[{\"provider\":\"auth0\"}]", "no user_id"},
    {"[{\"provider\":\"auth0\",\"user_id\":null}]", "no user_id"},
    {"[{\"provider\":\"auth0\",\"user_id\":true}]", "no user_id"},
    {"[{\"provider\":\"auth0\",\"user_id\":1.0}]", "no user_id"},
    {"[{\"provider\":\"auth0\",\"user_id\":1e3}]", "no user_id"},
    {"[{\"provider\":\"auth0\",\"user_id\":{}}]", "no user_id"},
    {"[{\"provider\":\"auth0\",\"user_id\":[\"a\"]}]", "no user_id"},
    {"[" FULL "," GOOGLE ",{\"provider\":\"auth0\",\"profileData\":{\"user_id\":\"a\"}}]", "no user_id"},
};

static void every_other_json_breaks_the_promise_for_a_reason_of_its_own(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(broken_promises); i++) {
        const char *body = broken_promises[i][0], *reason = broken_promises[i][1];
        struct json_value identities;
        struct answer_fault fault = {.what = "", .has_position = true};
        if (keeps(ANSWER_IDENTITIES, span_of(body), &identities, &fault)) fail_msg("%s was accepted", body);
        if (strstr(fault.what, reason) == NULL) fail_msg("%s: \"%s\", not \"%s\"", body, fault.what, reason);
        assert_false(fault.has_position);
    }
}

static void a_user_promises_such_an_array_under_its_name(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(broken_promises); i++) {
        char body[400];
        struct json_value identities;
        snprintf(body, sizeof body, "{\"identities\":%s}", broken_promises[i][0]);
        const char *what = why_not(true, span_of(body), &identities);
        if (what == NULL || strstr(what, broken_promises[i][1]) == NULL) fail_msg("%s: \"%s\"", body, what ? what : "");
    }
    const char *body = "{\"user_id\":\"auth0|507f\",\"identities\": [" FULL "," GOOGLE "] ,\"x\":[1]}";
    struct json_value identities;
    assert_null(why_not(true, span_of(body), &identities));
    assert_true(json_is_alike(identities, reading_value(SPAN("[" FULL "," GOOGLE "]"))));
}

static void what_is_no_user_breaks_the_promise_of_one(void **state) {
    (void)state;
    const char *bodies[] = {"{}", "[" FULL "]", "[]", "null", "\"identities\"", "{\"Identities\":[" FULL "]}"};
    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct json_value identities;
        const char *what = why_not(true, span_of(bodies[i]), &identities);
        if (what == NULL || strstr(what, "not a user") == NULL) fail_msg("%s: \"%s\"", bodies[i], what ? what : "");
    }
}

static void an_empty_body_is_called_so(void **state) {
    (void)state;
    struct json_value identities;
    assert_string_equal(why_not(false, SPAN(""), &identities), "the body is empty");
    assert_string_equal(why_not(true, (struct span){NULL, 0}, &identities), "the body is empty");
}

static void a_malformed_body_is_told_with_its_place(void **state) {
    (void)state;
    static const struct {
        struct span body;
        size_t at;
    } rows[] = {
        {{"<html>", 6}, 0},
        {{"[" FULL ",]", sizeof FULL + 2}, sizeof FULL + 1},
        {{"[" FULL, sizeof FULL}, sizeof FULL},
        {{"[" FULL "]\0", sizeof FULL + 2}, sizeof FULL + 1},
        {{"  ", 2}, 2},
    };
    for (size_t i = 0; i < 2 * COUNT(rows); i++) {
        struct json_value identities;
        struct answer_fault fault = {.what = NULL};
        struct span body = rows[i / 2].body;
        assert_false(keeps(i % 2 ? ANSWER_USER_IDENTITIES : ANSWER_IDENTITIES, body, &identities, &fault));
        assert_non_null(fault.what);
        assert_true(fault.has_position);
        assert_int_equal(fault.at, rows[i / 2].at);
    }
}

/* As in the table that Lua gets. */
static void of_members_with_one_name_the_last_counts(void **state) {
    (void)state;
    struct json_value identities;
    assert_null(
        why_not(false, SPAN("[{\"provider\":1,\"provider\":\"a\",\"user_id\":null,\"user_id\":\"b\"}]"), &identities));
    assert_non_null(why_not(false, SPAN("[{\"provider\":\"a\",\"user_id\":\"b\",\"user_id\":null}]"), &identities));
    assert_non_null(why_not(false, SPAN("[{\"provider\":\"a\",\"provider\":7,\"user_id\":\"b\"}]"), &identities));
    assert_null(why_not(true, SPAN("{\"identities\":[],\"identities\":[" FULL "]}"), &identities));
    assert_non_null(why_not(true, SPAN("{\"identities\":[" FULL "],\"identities\":[]}"), &identities));
}

/* ---- whether an identity is there ---- */

static bool holds(const char *body, const char *provider, const char *bare) {
    struct identity_target target = {.provider = span_of(provider), .bare = span_of(bare)};
    return answer_holds(identities_of(body), &target);
}

static void an_identity_is_known_by_provider_and_id(void **state) {
    (void)state;
    const char *body = "[" FULL "," GOOGLE "," SAML "]";
    assert_true(holds(body, "auth0", "507f"));
    assert_true(holds(body, "google-oauth2", "1150"));
    assert_true(holds(body, "samlp", "acme|7"));
    assert_false(holds(body, "auth0", "1150"));
    assert_false(holds(body, "google-oauth2", "507f"));
    assert_false(holds(body, "samlp", "7"));
    assert_false(holds(body, "samlp", "acme"));
    assert_false(holds(body, "samlp|acme", "7"));
    assert_false(holds(body, "google-oauth2", "115"));
    assert_false(holds(body, "google-oauth2", "11500"));
    assert_false(holds(body, "google-oauth", "1150"));
    assert_false(holds(body, "AUTH0", "507f"));
    assert_false(holds(body, "auth0", "507F"));
}

static void the_id_of_three_parts_keeps_its_last_two(void **state) {
    (void)state;
    struct identity_given given = {.primary = SPAN("auth0|507f"), .secondary = SPAN("samlp|acme|7")};
    struct identity_target target;
    struct complaint complaint;
    assert_true(identity_resolve(IDENTITY_UNLINK, &given, &target, &complaint));
    assert_true(answer_holds(identities_of("[" FULL "," SAML "]"), &target));
    assert_false(answer_holds(identities_of("[" FULL ",{\"provider\":\"samlp\",\"user_id\":\"7\"}]"), &target));
    /* The API takes an id with its provider as well: shown so, it is still there. */
    assert_true(answer_holds(identities_of("[{\"provider\":\"samlp\",\"user_id\":\"samlp|acme|7\"}]"), &target));
    assert_false(answer_holds(identities_of("[{\"provider\":\"samlp\",\"user_id\":\"saml|acme|7\"}]"), &target));
    assert_false(answer_holds(identities_of("[{\"provider\":\"samlp\",\"user_id\":\"samlp-acme|7\"}]"), &target));
}

static void an_id_that_is_a_number_is_its_digits(void **state) {
    (void)state;
    const char *body = "[{\"provider\":\"google-oauth2\",\"user_id\": 115015401343387192604 }]";
    assert_true(holds(body, "google-oauth2", "115015401343387192604"));
    assert_false(holds(body, "google-oauth2", "115015401343387192605"));
    assert_false(holds(body, "google-oauth2", "115015401343387200000"));
    const char *rounded = "[{\"provider\":\"google-oauth2\",\"user_id\":115015401343387200000}]";
    assert_true(holds(rounded, "google-oauth2", "115015401343387192604"));
    assert_false(holds(rounded, "google-oauth2", "115015401343397192604"));
    assert_false(holds(rounded, "google-oauth2", "11501540134338719260"));
    assert_false(holds(body, "google-oauth2", "11501540134338719260"));
    assert_false(holds("[{\"provider\":\"a\",\"user_id\":7}]", "a", "07"));
    assert_true(holds("[{\"provider\":\"a\",\"user_id\":-7}]", "a", "-7"));
}

static void a_name_is_the_same_with_and_without_escapes(void **state) {
    (void)state;
    const char *body = "[{\"provider\":\"\\u0061uth0\",\"user_\\u0069d\":\"a\\/b\\u00e9\\ud83d\\ude00\\\"\"}]";
    assert_true(holds(body, "auth0", "a/b\xC3\xA9\xF0\x9F\x98\x80\""));
    assert_false(holds(body, "auth0", "a/b\xC3\xA9\xF0\x9F\x98\x80"));
    assert_false(holds("[{\"provider\":\"auth0\",\"user_id\":\"a\\u0000b\"}]", "auth0", "a"));
}

static void an_identity_is_known_by_its_last_members(void **state) {
    (void)state;
    const char *body = "[{\"provider\":\"x\",\"user_id\":\"1\",\"provider\":\"y\",\"user_id\":2}]";
    assert_true(holds(body, "y", "2"));
    assert_false(holds(body, "x", "1"));
    assert_false(holds(body, "y", "1"));
}

static void what_stands_inside_an_identity_is_none(void **state) {
    (void)state;
    const char *body = "[{\"provider\":\"a\",\"user_id\":\"1\",\"profileData\":" GOOGLE ",\"old\":[" GOOGLE "]}]";
    assert_false(holds(body, "google-oauth2", "1150"));
}

static void one_broken_identity_does_not_hide_the_next(void **state) {
    (void)state;
    struct identity_target target = {.provider = SPAN("google-oauth2"), .bare = SPAN("1150")};
    assert_true(answer_holds(reading_value(SPAN("[7,{},{\"provider\":\"google-oauth2\"}," GOOGLE "]")), &target));
    assert_false(answer_holds(reading_value(SPAN("[]")), &target));
    assert_false(answer_holds((struct json_value){NULL, NULL}, &target));
}

/* ---- a refusal's words ---- */

static struct answer_refusal refusal_of(struct span body) {
    const struct span secrets[] = {SPAN(TOKEN), {NULL, 0}};
    struct answer_refusal refusal;
    memset(&refusal, 'x', sizeof refusal);
    answer_refusal(reading_value(body), secrets, COUNT(secrets), &refusal);
    return refusal;
}

static void assert_refusal(struct span body, const char *error, const char *error_code, const char *description) {
    struct answer_refusal refusal = refusal_of(body);
    assert_string_equal(refusal.error, error);
    assert_string_equal(refusal.error_code, error_code);
    assert_string_equal(refusal.description, description);
}

static void the_management_apis_form_is_read(void **state) {
    (void)state;
    assert_refusal(SPAN("{\"statusCode\":404,\"error\":\"Not Found\",\"message\":\"The user does not exist.\","
                        "\"errorCode\":\"inexistent_user\"}"),
                   "Not Found", "inexistent_user", "The user does not exist.");
    assert_refusal(SPAN("{\"statusCode\":401,\"error\":\"Unauthorized\",\"message\":\"Invalid token\","
                        "\"attributes\":{\"error\":\"Invalid token\"}}"),
                   "Unauthorized", "", "Invalid token");
}

static void the_form_of_oauth_is_read(void **state) {
    (void)state;
    assert_refusal(SPAN("{\"error\":\"access_denied\",\"error_description\":\"Global limit has been reached\"}"),
                   "access_denied", "", "Global limit has been reached");
    assert_refusal(SPAN("{\"message\":\"short\",\"error_description\":\"much longer\"}"), "", "", "short");
    assert_refusal(SPAN("{\"message\":null,\"error_description\":\"d\"}"), "", "", "d");
}

static void what_is_no_refusal_has_no_words(void **state) {
    (void)state;
    const char *bodies[] = {
        "",     "Unauthorized", "<html>error</html>",     "[{\"error\":\"x\"}]", "\"error\"",
        "null", "{}",           "{\"error\":\"x\",\"mes", "{\"Error\":\"x\"}",   "{\"error\":7,\"message\":[\"x\"]}",
    };
    for (size_t i = 0; i < COUNT(bodies); i++) assert_refusal(span_of(bodies[i]), "", "", "");
    assert_refusal((struct span){NULL, 0}, "", "", "");
}

static void control_characters_become_spaces(void **state) {
    (void)state;
    assert_refusal(SPAN("{\"error\":\"a\\r\\nb\\tc\\u001b[31m\\u007f\",\"message\":\"\\b\\f\\u0001\"}"), "a  b c [31m ",
                   "", "   ");
}

static void a_text_ends_at_a_nul_in_it(void **state) {
    (void)state;
    assert_refusal(SPAN("{\"error\":\"a\\u0000" TOKEN "\",\"message\":\"\\u0000b\",\"errorCode\":\"c\\u0000\"}"), "a",
                   "c", "");
}

static void half_a_surrogate_pair_is_blanked(void **state) {
    (void)state;
    assert_refusal(SPAN("{\"error\":\"\\ud83d\\ude00\",\"message\":\"a\\ud83db\"}"), "\xF0\x9F\x98\x80", "", "a   b");
}

/* ---- secrets ---- */

static void every_occurrence_of_a_secret_is_blanked(void **state) {
    (void)state;
    const char *stars = "***********************";
    assert_int_equal(strlen(stars), sizeof TOKEN - 1);
    struct answer_refusal refusal = refusal_of(
        SPAN("{\"error\":\"" TOKEN "\",\"errorCode\":\"x" TOKEN "\",\"message\":\"" TOKEN TOKEN ", " TOKEN "\"}"));
    char wanted[128];
    assert_string_equal(refusal.error, stars);
    snprintf(wanted, sizeof wanted, "x%s", stars);
    assert_string_equal(refusal.error_code, wanted);
    snprintf(wanted, sizeof wanted, "%s%s, %s", stars, stars, stars);
    assert_string_equal(refusal.description, wanted);
}

static void a_secret_is_found_behind_escapes(void **state) {
    (void)state;
    struct answer_refusal refusal =
        refusal_of(SPAN("{\"message\":\"bad: \\u006fpaque-token-0123456\\u00378\\u0039.\"}"));
    assert_string_equal(refusal.description, "bad: ***********************.");
}

static void a_secret_that_a_cut_would_leave_half_of_is_blanked(void **state) {
    (void)state;
    char body[700], text[512];
    for (size_t before = 360; before < 400; before++) {
        memset(text, 'x', before);
        text[before] = '\0';
        snprintf(body, sizeof body, "{\"message\":\"%s" TOKEN "\"}", text);
        struct answer_refusal refusal = refusal_of(span_of(body));
        assert_int_equal(strspn(refusal.description, "x"), before < 399 ? before : 399);
        assert_int_equal(strspn(refusal.description, "x*"), strlen(refusal.description));
    }
}

/* ---- cutting ---- */

static struct answer_refusal refusal_of_repeated(const char *first, const char *piece, size_t count) {
    static char body[32768];
    size_t size = (size_t)snprintf(body, sizeof body, "{\"message\":\"%s", first);
    for (size_t i = 0; i < count; i++) size += (size_t)snprintf(body + size, sizeof body - size, "%s", piece);
    size += (size_t)snprintf(body + size, sizeof body - size, "\"}");
    assert_true(size < sizeof body);
    return refusal_of((struct span){body, size});
}

static void a_text_is_cut_to_its_room(void **state) {
    (void)state;
    const size_t counts[][2] = {{398, 398}, {399, 399}, {400, 399}, {4094, 399}, {4095, 399}, {4096, 399}, {9000, 399}};
    for (size_t i = 0; i < COUNT(counts); i++) {
        struct answer_refusal refusal = refusal_of_repeated("", "x", counts[i][0]);
        assert_int_equal(strlen(refusal.description), counts[i][1]);
    }
    char body[256], word[100];
    memset(word, 'y', sizeof word);
    word[sizeof word - 1] = '\0';
    snprintf(body, sizeof body, "{\"error\":\"%s\",\"errorCode\":\"%.64s\"}", word, word);
    struct answer_refusal refusal = refusal_of(span_of(body));
    assert_int_equal(strlen(refusal.error), 63);
    assert_int_equal(strlen(refusal.error_code), 63);
}

/* Wherever the cut falls: each size of character, at each distance from the end. */
static void a_cut_falls_between_characters(void **state) {
    (void)state;
    const char *characters[] = {"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\\u20ac", "\\ud83d\\ude00"};
    const size_t sizes[] = {2, 3, 4, 3, 4};
    const size_t counts[] = {110, 220, 2200};
    for (size_t i = 0; i < COUNT(characters); i++)
        for (size_t shift = 0; shift < sizes[i]; shift++)
            for (size_t j = 0; j < COUNT(counts); j++) {
                const char *first = &"abc"[3 - shift];
                size_t whole = shift + counts[j] * sizes[i], most = shift + (399 - shift) / sizes[i] * sizes[i];
                struct answer_refusal refusal = refusal_of_repeated(first, characters[i], counts[j]);
                assert_int_equal(strlen(refusal.description), whole < most ? whole : most);
            }
}

static void c1_controls_become_spaces(void **state) {
    (void)state; /* U+009B is CSI, U+0085 a line end */
    assert_refusal(SPAN("{\"error\":\"a\\u009b31mb\\u0085c\"}"), "a  31mb  c", "", "");
}

static void an_empty_message_does_not_hide_a_description(void **state) {
    (void)state;
    assert_refusal(SPAN("{\"message\":\"\",\"error_description\":\"d\"}"), "", "", "d");
}

static void a_secret_longer_than_what_is_read_is_blanked(void **state) {
    (void)state;
    static char secret[5001], body[5100];
    memset(secret, 'k', 5000);
    size_t size = (size_t)snprintf(body, sizeof body, "{\"message\":\"bad %s\"}", secret);
    const struct span secrets[] = {{secret, 5000}};
    struct answer_refusal refusal;
    answer_refusal(reading_value((struct span){body, size}), secrets, 1, &refusal);
    assert_null(strchr(refusal.description, 'k'));
}

/* ---- what is not the API's ---- */

static bool is_foreign(const char *body, const char *content_type) {
    struct answer_body read = reading_body(span_of(body));
    return answer_is_foreign(&read, span_of(content_type));
}

static void what_is_no_json_by_its_type_or_its_looks_is_foreign(void **state) {
    (void)state;
    assert_true(is_foreign("<html></html>", "text/html; charset=UTF-8"));
    assert_true(is_foreign(" \n<!DOCTYPE html>", "application/json"));
    assert_true(is_foreign("error code: 1020", "text/plain"));
    assert_true(is_foreign("error code: 1020", ""));
    assert_false(is_foreign("{cut", "text/html"));
    assert_false(is_foreign("[{\"provider\":\"goo", "application/json; charset=utf-8"));
    assert_false(is_foreign("[{\"provider\":\"goo", "application/problem+JSON"));
    assert_false(is_foreign("[{\"provider\":\"goo", ""));
    assert_false(is_foreign("{}", "text/html"));
    assert_false(is_foreign("\"Unauthorized\"", "text/plain"));
    assert_false(is_foreign("", "text/html"));
    assert_false(is_foreign(" \r\n", "text/html"));
}

static void assert_page(const char *body, const char *expected) {
    const struct span secrets[] = {SPAN("s3cr3t-t0k3n")};
    struct answer_refusal refusal;
    answer_page(span_of(body), secrets, 1, &refusal);
    assert_string_equal(refusal.description, expected);
    assert_string_equal(refusal.error, "");
}

static void a_page_says_its_title_and_a_text_itself(void **state) {
    (void)state;
    assert_page("<html><head><TITLE lang=\"en\">\n Sign in </TITLE>", "Sign in");
    assert_page("<title>Sign in", "Sign in");
    assert_page("<title>", "");
    assert_page("<title", "");
    assert_page("<html><body>no</body></html>", "");
    assert_page(" error code: 1020\n", "error code: 1020");
    assert_page("a\x1b[31mb", "a [31mb");
    assert_page("no s3cr3t-t0k3n here", "no ************ here");
    assert_page("", "");
    assert_page("\xff", "");
}

static void a_page_is_cut_to_its_room(void **state) {
    static char text[70000];
    struct answer_refusal refusal;
    (void)state;
    memset(text, 'x', sizeof text - 1);
    answer_page(span_of(text), NULL, 0, &refusal);
    assert_int_equal(strlen(refusal.description), sizeof refusal.description - 1);
}

static void a_400_may_say_that_there_is_no_token(void **state) {
    (void)state;
    assert_true(answer_finds_no_token(reading_value(SPAN("{\"errorCode\":\"Bearer\"}"))));
    assert_true(answer_finds_no_token(
        reading_value(SPAN("{\"message\":\"Bad HTTP authentication header format\",\"errorCode\":7}"))));
    assert_false(answer_finds_no_token(reading_value(SPAN("{\"message\":\"Bearer\"}"))));
    assert_false(answer_finds_no_token(reading_value(SPAN("[]"))));
    assert_false(answer_finds_no_token((struct json_value){NULL, NULL}));
}

static void a_refusal_names_the_account_that_is_missing(void **state) {
    const struct answer_refusal none = {"", "", ""}, code = {"", "inexistent_user", ""};
    const struct answer_refusal primary = {"", "", "The user does not exist."};
    const struct answer_refusal secondary = {"", "", "Provided secondary account not found."};
    const struct answer_refusal phantom = {"", "", "Linking to an inexistent identity is not allowed."};
    (void)state;
    assert_int_equal(answer_missing(404, &none), MISSING_PRIMARY);
    assert_int_equal(answer_missing(400, &primary), MISSING_PRIMARY);
    assert_int_equal(answer_missing(400, &code), MISSING_PRIMARY);
    assert_int_equal(answer_missing(400, &secondary), MISSING_SECONDARY);
    assert_int_equal(answer_missing(400, &phantom), MISSING_SECONDARY);
    assert_int_equal(answer_missing(404, &secondary), MISSING_SECONDARY);
    assert_int_equal(answer_missing(400, &none), MISSING_NOTHING);
    assert_int_equal(answer_missing(403, &primary), MISSING_NOTHING);
    assert_int_equal(answer_missing(0, &none), MISSING_NOTHING);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_array_of_identities_keeps_the_promise),
        cmocka_unit_test(every_other_json_breaks_the_promise_for_a_reason_of_its_own),
        cmocka_unit_test(a_user_promises_such_an_array_under_its_name),
        cmocka_unit_test(what_is_no_user_breaks_the_promise_of_one),
        cmocka_unit_test(an_empty_body_is_called_so),
        cmocka_unit_test(a_malformed_body_is_told_with_its_place),
        cmocka_unit_test(of_members_with_one_name_the_last_counts),
        cmocka_unit_test(an_identity_is_known_by_provider_and_id),
        cmocka_unit_test(the_id_of_three_parts_keeps_its_last_two),
        cmocka_unit_test(an_id_that_is_a_number_is_its_digits),
        cmocka_unit_test(a_name_is_the_same_with_and_without_escapes),
        cmocka_unit_test(an_identity_is_known_by_its_last_members),
        cmocka_unit_test(what_stands_inside_an_identity_is_none),
        cmocka_unit_test(one_broken_identity_does_not_hide_the_next),
        cmocka_unit_test(the_management_apis_form_is_read),
        cmocka_unit_test(the_form_of_oauth_is_read),
        cmocka_unit_test(what_is_no_refusal_has_no_words),
        cmocka_unit_test(what_is_no_json_by_its_type_or_its_looks_is_foreign),
        cmocka_unit_test(a_page_says_its_title_and_a_text_itself),
        cmocka_unit_test(a_page_is_cut_to_its_room),
        cmocka_unit_test(a_400_may_say_that_there_is_no_token),
        cmocka_unit_test(a_refusal_names_the_account_that_is_missing),
        cmocka_unit_test(control_characters_become_spaces),
        cmocka_unit_test(a_text_ends_at_a_nul_in_it),
        cmocka_unit_test(half_a_surrogate_pair_is_blanked),
        cmocka_unit_test(every_occurrence_of_a_secret_is_blanked),
        cmocka_unit_test(a_secret_is_found_behind_escapes),
        cmocka_unit_test(a_secret_that_a_cut_would_leave_half_of_is_blanked),
        cmocka_unit_test(a_text_is_cut_to_its_room),
        cmocka_unit_test(a_cut_falls_between_characters),
        cmocka_unit_test(c1_controls_become_spaces),
        cmocka_unit_test(an_empty_message_does_not_hide_a_description),
        cmocka_unit_test(a_secret_longer_than_what_is_read_is_blanked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
