/* A source asks for a request, and is told how it ended: nothing here goes over a network. */
#include "unit/token/files.h"

#include "support/reading.h"
#include "token/source.h"

#include <stdio.h>
#include <stdlib.h>

#define TOKEN_ANSWER "{\"access_token\":\"fetched-token\",\"expires_in\":86400,\"token_type\":\"Bearer\"}"

/* {"alg":"none"}.{"iat":1700000000,"exp":1700003600}, an hour */
#define HOURLY "eyJhbGciOiJub25lIn0.eyJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMzYwMH0."

static const int64_t NOW = SECONDS(1000);

static struct token_source_config config_of(enum token_source_kind kind) {
    return (struct token_source_config){
        .source = kind,
        .token = kind == TOKEN_SOURCE_GIVEN ? SPAN("given-token") : (struct span){NULL, 0},
        .client_id = SPAN("client"),
        .client_secret = SPAN("hush-hush-secret"),
        .domain = SPAN("acme.eu.auth0.com"),
        .audience = SPAN("https://acme.eu.auth0.com/api/v2/"),
        .user_agent = SPAN("agent/1"),
        .telemetry = SPAN("telemetry"),
        .limits = {.connect = SECONDS(10), .attempt = SECONDS(15), .deadline = SECONDS(60), .attempts = 5},
    };
}

static struct token_source *make(const struct token_source_config *config) {
    const char *fault;
    struct token_source *tokens = token_source_new(config, &fault);
    if (tokens == NULL) fail_msg("%s", fault);
    return tokens;
}

static struct token_source *source_of(enum token_source_kind kind) {
    const struct token_source_config config = config_of(kind);
    return make(&config);
}

/* ---- what a source says ---- */

static void assert_usable(struct token_source *tokens, int64_t now, const char *text) {
    unsigned generation;
    assert_int_equal(token_source_ask(tokens, now).verdict, TOKEN_LIFE_USE);
    assert_true(span_equals(token_source_text(tokens, &generation), span_of(text)));
}

static void assert_waits(struct token_source *tokens, int64_t now, int64_t least, int64_t most) {
    struct token_source_answer answer = token_source_ask(tokens, now);
    assert_int_equal(answer.verdict, TOKEN_LIFE_WAIT);
    assert_in_range(answer.until, least, most);
}

static void assert_refused(struct token_source *tokens, int64_t now, enum failure_code why, const char *words) {
    struct token_source_answer answer = token_source_ask(tokens, now);
    assert_int_equal(answer.verdict, TOKEN_LIFE_REFUSE);
    assert_int_equal(answer.why, why);
    assert_int_equal(token_source_why(tokens), why);
    if (strstr(token_source_detail(tokens), words) == NULL)
        fail_msg("\"%s\" has no \"%s\"", token_source_detail(tokens), words);
}

/* The request that it asks for, and no second one. */
static struct token_source_request request_of(struct token_source *tokens, int64_t now) {
    struct token_source_request request = {.method = REQUEST_GET}, second;
    assert_waits(tokens, now, INT64_MAX, INT64_MAX);
    assert_true(token_source_request(tokens, &request));
    assert_false(token_source_request(tokens, &second));
    assert_waits(tokens, now, INT64_MAX, INT64_MAX);
    assert_false(token_source_request(tokens, &second));
    return request;
}

static void answer(struct token_source *tokens, int64_t now, const char *body) {
    const struct operation_result result = {.code = CODE_OK, .status = 200, .value = reading_value(span_of(body))};
    const struct answer_refusal refusal = {"", "", ""};
    const struct token_source_end end = {&result, &refusal, "", -1, -1};
    token_source_ended(tokens, now, 0.5, &end);
}

static void refuse(struct token_source *tokens, int64_t now, enum failure_code code, int status, double retry_after) {
    const struct operation_result result = {.code = code, .status = status};
    const struct answer_refusal refusal = {"access_denied", "", "the tenant's own words"};
    const struct answer_refusal none = {"", "", ""};
    const struct token_source_end end = {&result, status != 0 ? &refusal : &none, "libcurl's words", retry_after, -1};
    token_source_ended(tokens, now, 0.5, &end);
}

static void assert_member(struct span body, const char *name, const char *text) {
    struct json_value value;
    if (!json_member(reading_value(body), span_of(name), &value) || !json_string_is(value, span_of(text)))
        fail_msg("%s is not %s in %.*s", name, text, (int)body.size, body.at);
}

/* ---- a string of the caller's ---- */

static void a_string_is_used_as_it_is_whatever_the_tenant_says(void **state) {
    (void)state;
    struct token_source *tokens = source_of(TOKEN_SOURCE_GIVEN);
    struct token_source_request request;
    assert_true(span_equals(token_source_own(tokens), SPAN("given-token")));
    assert_usable(tokens, NOW, "given-token");
    token_source_rejected(tokens, NOW, 0);
    assert_usable(tokens, NOW + SECONDS(1000000), "given-token");
    assert_false(token_source_request(tokens, &request) || token_source_is_asking(tokens));
    token_source_free(tokens);
}

/* ---- a client's secret ---- */

static void a_request_says_all_that_it_takes(void **state) {
    (void)state;
    struct token_source *tokens = source_of(TOKEN_SOURCE_CLIENT_SECRET);
    assert_null(token_source_own(tokens).at);
    struct token_source_request request = request_of(tokens, NOW);
    assert_int_equal(request.method, REQUEST_POST);
    assert_true(span_equals(request.domain, SPAN("acme.eu.auth0.com")));
    assert_true(span_equals(request.path, SPAN("/oauth/token")));
    assert_true(span_equals(request.user_agent, SPAN("agent/1")) && span_equals(request.telemetry, SPAN("telemetry")));
    assert_member(request.body, "grant_type", "client_credentials");
    assert_member(request.body, "client_id", "client");
    assert_member(request.body, "client_secret", "hush-hush-secret");
    assert_member(request.body, "audience", "https://acme.eu.auth0.com/api/v2/");
    assert_true(span_equals(request.proof, SPAN("hush-hush-secret")) && request.last_token.size == 0);
    assert_int_equal(request.promise, ANSWER_OBJECT);
    assert_true(request.limits.deadline == SECONDS(60) && request.limits.attempts == 5);
    assert_true(request.max_response >= 16384); /* the longest token */
    token_source_free(tokens);
}

static void quotes_in_a_secret_do_not_end_it(void **state) {
    (void)state;
    struct token_source_config config = config_of(TOKEN_SOURCE_CLIENT_SECRET);
    config.client_secret = SPAN("a\",\"grant_type\":\"x\\");
    struct token_source *tokens = make(&config);
    struct token_source_request request = request_of(tokens, NOW);
    assert_member(request.body, "client_secret", "a\",\"grant_type\":\"x\\");
    assert_member(request.body, "grant_type", "client_credentials");
    token_source_free(tokens);
}

static void its_answer_is_the_token(void **state) {
    (void)state;
    struct token_source *tokens = source_of(TOKEN_SOURCE_CLIENT_SECRET);
    (void)request_of(tokens, NOW);
    answer(tokens, NOW, TOKEN_ANSWER);
    assert_usable(tokens, NOW, "fetched-token");
    assert_int_equal(token_source_why(tokens), CODE_OK);
    assert_string_equal(token_source_detail(tokens), "");
    assert_usable(tokens, NOW + SECONDS(86399), "fetched-token");
    assert_waits(tokens, NOW + SECONDS(86401), INT64_MAX, INT64_MAX); /* for the next one */
    token_source_free(tokens);
}

/* The token that goes is kept out of what is told about the request for the next. */
static void a_token_is_renewed_before_it_ends(void **state) {
    (void)state;
    struct token_source *tokens = source_of(TOKEN_SOURCE_CLIENT_SECRET);
    struct token_source_request request;
    (void)request_of(tokens, NOW);
    answer(tokens, NOW, TOKEN_ANSWER);
    assert_usable(tokens, NOW + SECONDS(86399), "fetched-token");
    assert_true(token_source_request(tokens, &request));
    assert_true(span_equals(request.last_token, SPAN("fetched-token")));
    answer(tokens, NOW + SECONDS(86399), "{\"access_token\":\"next-token\"}");
    assert_usable(tokens, NOW + SECONDS(86399), "next-token");
    token_source_free(tokens);
}

static void assert_valid_for(const char *body, int64_t seconds) {
    struct token_source *tokens = source_of(TOKEN_SOURCE_CLIENT_SECRET);
    (void)request_of(tokens, NOW);
    answer(tokens, NOW, body);
    assert_int_equal(token_source_ask(tokens, NOW).until - NOW, SECONDS(seconds));
    token_source_free(tokens);
}

static void what_an_answer_does_not_say_the_token_may(void **state) {
    (void)state;
    assert_valid_for("{\"access_token\":\"" HOURLY "\",\"expires_in\":7200}", 7200);
    assert_valid_for("{\"access_token\":\"" HOURLY "\"}", 3600);
    assert_valid_for("{\"access_token\":\"" HOURLY "\",\"expires_in\":\"7200\"}", 3600);
    assert_valid_for("{\"access_token\":\"" HOURLY "\",\"expires_in\":-1}", 3600);
    assert_valid_for("{\"access_token\":\"" HOURLY "\",\"expires_in\":1e99}", 3600);
    assert_valid_for("{\"access_token\":\"opaque\"}", 86400);
    assert_valid_for("{\"access_token\":\"opaque\",\"expires_in\":3600}", 3600);
}

static void an_answer_without_a_token_is_a_bad_response(void **state) {
    (void)state;
    const char *const bodies[] = {"{}", "{\"access_token\":7}", "{\"access_token\":\"\"}",
                                  "{\"access_token\":\"two\\nlines\"}", "{\"accessToken\":\"x\"}"};
    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct token_source *tokens = source_of(TOKEN_SOURCE_CLIENT_SECRET);
        (void)request_of(tokens, NOW);
        answer(tokens, NOW, bodies[i]);
        assert_int_equal(token_source_why(tokens), CODE_BAD_RESPONSE);
        assert_string_equal(token_source_detail(tokens), "no token: the answer has no access_token");
        assert_waits(tokens, NOW, NOW + 500000, NOW + SECONDS(1));
        token_source_free(tokens);
    }
}

static void a_refusal_for_good_is_told_in_the_tenants_words(void **state) {
    (void)state;
    struct token_source *tokens = source_of(TOKEN_SOURCE_CLIENT_SECRET);
    (void)request_of(tokens, NOW);
    refuse(tokens, NOW, CODE_UNAUTHORIZED, 401, -1);
    assert_refused(tokens, NOW, CODE_UNAUTHORIZED, "no token: unauthorized: the tenant's own words");
    token_source_free(tokens);
}

static void what_may_pass_is_tried_again(void **state) {
    (void)state;
    struct token_source *tokens = source_of(TOKEN_SOURCE_CLIENT_SECRET);
    (void)request_of(tokens, NOW);
    refuse(tokens, NOW, CODE_UNREACHABLE, 0, -1);
    assert_waits(tokens, NOW, NOW + 500000, NOW + SECONDS(1));
    assert_string_equal(token_source_detail(tokens), "no token: unreachable: libcurl's words");
    (void)request_of(tokens, NOW + SECONDS(1));
    answer(tokens, NOW + SECONDS(1), TOKEN_ANSWER);
    assert_usable(tokens, NOW + SECONDS(1), "fetched-token");
    token_source_free(tokens);
}

static void a_retry_after_is_kept(void **state) {
    (void)state;
    struct token_source *tokens = source_of(TOKEN_SOURCE_CLIENT_SECRET);
    (void)request_of(tokens, NOW);
    refuse(tokens, NOW, CODE_RATE_LIMITED, 429, 20.5);
    assert_waits(tokens, NOW, NOW + 20500000, NOW + SECONDS(23));
    token_source_free(tokens);
}

static void a_request_that_could_not_be_made_has_failed(void **state) {
    (void)state;
    struct token_source *tokens = source_of(TOKEN_SOURCE_CLIENT_SECRET);
    (void)request_of(tokens, NOW);
    token_source_failed(tokens, NOW, 0.5, "not enough memory");
    assert_refused(tokens, NOW, CODE_UNAUTHORIZED, "no token: not enough memory");
    (void)request_of(tokens, NOW + SECONDS(60));
    token_source_free(tokens);
}

static void a_token_that_is_rejected_is_fetched_anew_once(void **state) {
    (void)state;
    unsigned generation;
    struct token_source *tokens = source_of(TOKEN_SOURCE_CLIENT_SECRET);
    (void)request_of(tokens, NOW);
    answer(tokens, NOW, TOKEN_ANSWER);
    (void)token_source_text(tokens, &generation);
    token_source_rejected(tokens, NOW, generation);
    (void)request_of(tokens, NOW);
    answer(tokens, NOW, "{\"access_token\":\"next-token\"}");
    token_source_rejected(tokens, NOW, generation); /* of the one before: no news */
    assert_usable(tokens, NOW, "next-token");
    assert_int_equal(token_source_why(tokens), CODE_OK);
    (void)token_source_text(tokens, &generation);
    token_source_rejected(tokens, NOW, generation);
    assert_refused(tokens, NOW, CODE_UNAUTHORIZED, "the tenant does not accept those that it gave");
    token_source_free(tokens);
}

/* ---- a client's key ---- */

static struct buffer read_key(const char *name) {
    char file_name[4096];
    struct buffer pem = {NULL, 0, 0};
    const char *folder = getenv("AUTH0_KEYS");
    if (folder == NULL) fail_msg("AUTH0_KEYS is not set: run this by tests/unit/keys");
    snprintf(file_name, sizeof file_name, "%s/%s", folder, name);
    FILE *file = fopen(file_name, "re");
    assert_non_null(file);
    assert_true(buffer_reserve(&pem, 65536));
    pem.size = fread(pem.at, 1, 65536, file);
    fclose(file);
    return pem;
}

static void a_key_signs_an_assertion_in_the_place_of_the_secret(void **state) {
    (void)state;
    struct buffer pem = read_key("pkcs8.pem");
    struct token_source_config config = config_of(TOKEN_SOURCE_CLIENT_KEY);
    config.client_key = buffer_span(&pem);
    struct token_source *tokens = make(&config);
    struct token_source_request request = request_of(tokens, NOW);
    struct json_value assertion;
    assert_member(request.body, "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    assert_false(json_member(reading_value(request.body), SPAN("client_secret"), &assertion));
    assert_true(json_member(reading_value(request.body), SPAN("client_assertion"), &assertion));
    assert_true(request.proof.size > 100 && json_string_is(assertion, request.proof));
    token_source_free(tokens);
    buffer_free(&pem);
}

static void each_request_has_an_assertion_of_its_own(void **state) {
    (void)state;
    char first[TOKEN_ASSERTION_MOST];
    struct buffer pem = read_key("pkcs8.pem");
    struct token_source_config config = config_of(TOKEN_SOURCE_CLIENT_KEY);
    config.client_key = buffer_span(&pem);
    struct token_source *tokens = make(&config);
    struct token_source_request request = request_of(tokens, NOW);
    size_t size = request.proof.size;
    memcpy(first, request.proof.at, size);
    refuse(tokens, NOW, CODE_UNREACHABLE, 0, -1);
    request = request_of(tokens, NOW + SECONDS(1));
    assert_false(span_equals(request.proof, (struct span){first, size}));
    token_source_free(tokens);
    buffer_free(&pem);
}

static void a_key_that_cannot_sign_is_told_at_once(void **state) {
    (void)state;
    const char *const names[] = {"public.pem", "encrypted_pkcs8.pem", "small.pem"};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct buffer pem = read_key(names[i]);
        struct token_source_config config = config_of(TOKEN_SOURCE_CLIENT_KEY);
        config.client_key = buffer_span(&pem);
        const char *fault = NULL;
        assert_null(token_source_new(&config, &fault));
        assert_non_null(fault);
        assert_null(strstr(fault, "memory"));
        buffer_free(&pem);
    }
}

/* ---- the caller's function ---- */

static void a_function_is_asked_once_and_its_answer_is_the_token(void **state) {
    (void)state;
    struct token_source *tokens = source_of(TOKEN_SOURCE_FUNCTION);
    struct token_source_request request;
    assert_false(token_source_is_asking(tokens));
    assert_waits(tokens, NOW, INT64_MAX, INT64_MAX);
    assert_true(token_source_is_asking(tokens));
    assert_false(token_source_is_asking(tokens));
    assert_false(token_source_request(tokens, &request));
    assert_int_equal(token_source_patience(tokens), SECONDS(15));
    token_source_given(tokens, NOW, SPAN("its-token"), SECONDS(60));
    assert_usable(tokens, NOW, "its-token");
    assert_int_equal(token_source_ask(tokens, NOW).until, NOW + SECONDS(60));
    token_source_free(tokens);
}

static void what_it_returns_must_be_able_to_be_a_token(void **state) {
    (void)state;
    struct token_source *tokens = source_of(TOKEN_SOURCE_FUNCTION);
    assert_waits(tokens, NOW, INT64_MAX, INT64_MAX);
    token_source_given(tokens, NOW, SPAN("Bearer its-token"), 0);
    assert_refused(tokens, NOW, CODE_UNAUTHORIZED, "what the token function returned cannot be one");
    token_source_free(tokens);
}

static void its_failure_is_told_fit_for_a_log(void **state) {
    (void)state;
    struct token_source *tokens = source_of(TOKEN_SOURCE_FUNCTION);
    assert_waits(tokens, NOW, INT64_MAX, INT64_MAX);
    token_source_failed(tokens, NOW, 0.5, "vault\nsaid " HOURLY);
    assert_refused(tokens, NOW, CODE_UNAUTHORIZED, "no token: vault said ***");
    assert_null(strstr(token_source_detail(tokens), "eyJ"));
    token_source_free(tokens);
}

/* ---- a file ---- */

static void a_source_with_a_file_gets_what_another_fetched(void **state) {
    (void)state;
    struct token_source_config config = config_of(TOKEN_SOURCE_CLIENT_SECRET);
    config.file = path;
    struct token_source *one = make(&config), *other = make(&config);
    struct token_source_request request;
    (void)request_of(one, NOW);
    assert_waits(other, NOW, NOW + 1, NOW + SECONDS(1));
    assert_false(token_source_request(other, &request));
    answer(one, NOW, TOKEN_ANSWER);
    assert_usable(other, NOW + SECONDS(1), "fetched-token");
    assert_false(token_source_request(other, &request));
    assert_int_equal(token_source_why(other), CODE_OK);
    token_source_free(one);
    token_source_free(other);
}

static void a_file_that_cannot_be_used_is_a_warning(void **state) {
    (void)state;
    struct token_source_config config = config_of(TOKEN_SOURCE_CLIENT_SECRET);
    config.file = "/dev/null/token";
    struct token_source *tokens = make(&config);
    assert_null(token_source_warning(tokens));
    (void)request_of(tokens, NOW);
    assert_non_null(strstr(token_source_warning(tokens), "token_file: cannot be opened"));
    assert_null(token_source_warning(tokens));
    answer(tokens, NOW, TOKEN_ANSWER);
    assert_usable(tokens, NOW, "fetched-token");
    token_source_free(tokens);
}

static void the_pause_of_another_is_a_reason_to_refuse_who_cannot_wait(void **state) {
    (void)state;
    struct token_source_config config = config_of(TOKEN_SOURCE_CLIENT_SECRET);
    config.file = path;
    struct token_source *one = make(&config), *other = make(&config);
    (void)request_of(one, NOW);
    refuse(one, NOW, CODE_RATE_LIMITED, 429, 30);
    struct token_source_answer answered = token_source_ask(other, NOW);
    assert_int_equal(answered.verdict, TOKEN_LIFE_WAIT);
    assert_in_range(answered.until, NOW + SECONDS(20), NOW + SECONDS(30));
    assert_int_equal(answered.why, CODE_RATE_LIMITED);
    assert_non_null(strstr(token_source_detail(other), "another process was told to wait"));
    token_source_free(one);
    token_source_free(other);
}

static void nothing_is_freed_of_nothing(void **state) {
    (void)state;
    token_source_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_string_is_used_as_it_is_whatever_the_tenant_says),
        cmocka_unit_test(a_request_says_all_that_it_takes),
        cmocka_unit_test(quotes_in_a_secret_do_not_end_it),
        cmocka_unit_test(its_answer_is_the_token),
        cmocka_unit_test(a_token_is_renewed_before_it_ends),
        cmocka_unit_test(what_an_answer_does_not_say_the_token_may),
        cmocka_unit_test(an_answer_without_a_token_is_a_bad_response),
        cmocka_unit_test(a_refusal_for_good_is_told_in_the_tenants_words),
        cmocka_unit_test(what_may_pass_is_tried_again),
        cmocka_unit_test(a_retry_after_is_kept),
        cmocka_unit_test(a_request_that_could_not_be_made_has_failed),
        cmocka_unit_test(a_token_that_is_rejected_is_fetched_anew_once),
        cmocka_unit_test(a_key_signs_an_assertion_in_the_place_of_the_secret),
        cmocka_unit_test(each_request_has_an_assertion_of_its_own),
        cmocka_unit_test(a_key_that_cannot_sign_is_told_at_once),
        cmocka_unit_test(a_function_is_asked_once_and_its_answer_is_the_token),
        cmocka_unit_test(what_it_returns_must_be_able_to_be_a_token),
        cmocka_unit_test(its_failure_is_told_fit_for_a_log),
        cmocka_unit_test_setup_teardown(a_source_with_a_file_gets_what_another_fetched, make_folder, remove_folder),
        cmocka_unit_test(a_file_that_cannot_be_used_is_a_warning),
        cmocka_unit_test_setup_teardown(the_pause_of_another_is_a_reason_to_refuse_who_cannot_wait, make_folder,
                                        remove_folder),
        cmocka_unit_test(nothing_is_freed_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
