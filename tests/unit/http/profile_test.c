#include "unit/support.h"

#include <stdlib.h>

static struct profile everything(void) {
    return (struct profile){.domain = "acme.eu.auth0.com",
                            .proxy = "http://user:password@proxy.test:3128",
                            .no_proxy = "localhost,.test",
                            .proxy_ca_file = "/ca/proxy.pem",
                            .ca_file = "/ca/file.pem",
                            .ca_path = "/ca/path",
                            .client_cert = "/client.pem",
                            .client_key = "/client.key",
                            .resolve = {"acme.eu.auth0.com:443:127.0.0.1", "acme.eu.auth0.com:444:127.0.0.1"},
                            .http = PROFILE_HTTP_1_1};
}

static struct buffer pack(struct profile profile) {
    struct buffer key = {NULL, 0, 0};
    assert_true(profile_pack(&profile, &key));
    return key;
}

static bool have_one_key(struct profile a, struct profile b) {
    struct buffer first = pack(a), second = pack(b);
    bool is_same = span_equals(buffer_span(&first), buffer_span(&second));
    buffer_free(&first);
    buffer_free(&second);
    return is_same;
}

static void assert_text(const char *is, const char *wanted) {
    if (wanted == NULL) {
        assert_null(is);
    } else {
        assert_non_null(is);
        assert_string_equal(is, wanted);
    }
}

static void assert_round_trip(struct profile profile) {
    struct buffer key = pack(profile);
    struct profile back = {.domain = "something else"};
    profile_unpack(key.at, &back);
    assert_int_equal(back.http, profile.http);
    assert_text(back.domain, profile.domain);
    assert_text(back.proxy, profile.proxy);
    assert_text(back.no_proxy, profile.no_proxy);
    assert_text(back.proxy_ca_file, profile.proxy_ca_file);
    assert_text(back.ca_file, profile.ca_file);
    assert_text(back.ca_path, profile.ca_path);
    assert_text(back.client_cert, profile.client_cert);
    assert_text(back.client_key, profile.client_key);
    for (size_t i = 0; i <= PROFILE_RESOLVES; i++) {
        assert_text(back.resolve[i], profile.resolve[i]);
        if (profile.resolve[i] == NULL) break;
    }
    buffer_free(&key);
}

static void every_field_comes_back(void **state) {
    (void)state;
    assert_round_trip(everything());
    assert_round_trip((struct profile){.domain = "acme.eu.auth0.com"});
}

static void an_empty_text_is_not_an_absent_one(void **state) {
    (void)state;
    struct profile profile = {.domain = "acme.eu.auth0.com", .proxy = ""};
    assert_round_trip(profile);
    assert_false(have_one_key(profile, (struct profile){.domain = "acme.eu.auth0.com"}));
}

static void as_many_resolves_as_fit_come_back(void **state) {
    (void)state;
    struct profile profile = everything();
    for (size_t i = 0; i < PROFILE_RESOLVES; i++) profile.resolve[i] = i % 2 == 0 ? "a.test:1:::1" : "";
    assert_round_trip(profile);
}

static void one_profile_has_one_key(void **state) {
    (void)state;
    char domain[] = "acme.eu.auth0.com"; /* other memory, the same text */
    struct profile profile = everything();
    profile.domain = domain;
    assert_true(have_one_key(profile, everything()));
}

static void profiles_that_differ_in_one_field_have_different_keys(void **state) {
    (void)state;
    struct profile others[19];
    for (size_t i = 0; i < COUNT(others); i++) others[i] = everything();
    others[0].domain = "acme.us.auth0.com";
    others[1].proxy = "http://proxy.test:3128";
    others[2].proxy = NULL;
    others[3].ca_file = "/ca/other.pem";
    others[4].ca_file = NULL;
    others[5].ca_path = "/ca/other";
    others[6].ca_path = NULL;
    others[7].client_cert = "/other.pem";
    others[8].client_cert = NULL;
    others[9].client_key = "/other.key";
    others[10].client_key = NULL;
    others[11].resolve[0] = "acme.eu.auth0.com:443:127.0.0.2";
    others[12].resolve[1] = NULL;
    others[13].resolve[2] = "acme.eu.auth0.com:445:127.0.0.1";
    others[14].http = PROFILE_HTTP_2;
    others[16].no_proxy = NULL;
    others[15].resolve[0] = others[15].resolve[1];
    others[17].proxy_ca_file = "/ca/other.pem";
    others[18].proxy_ca_file = NULL;
    for (size_t i = 0; i < COUNT(others); i++)
        if (have_one_key(others[i], everything())) fail_msg("profile %zu has the key of another one", i);
}

/* The ends of two neighbours must not be able to change places. */
static void texts_do_not_run_into_each_other(void **state) {
    (void)state;
    struct profile a = {.domain = "d", .ca_file = "x+", .ca_path = "y"};
    struct profile b = {.domain = "d", .ca_file = "x", .ca_path = "+y"};
    struct profile c = {.domain = "d", .ca_file = "x"};
    struct profile d = {.domain = "d", .ca_path = "x"};
    assert_false(have_one_key(a, b));
    assert_false(have_one_key(c, d));
}

static void every_option_is_one_that_libcurl_takes(void **state) {
    (void)state;
    struct profile profile = everything();
    CURL *easy = curl_easy_init();
    assert_int_equal(profile_apply(&profile, easy), CURLE_OK);
    assert_int_equal(profile_apply(&(struct profile){.domain = "acme.eu.auth0.com"}, easy), CURLE_OK);
    curl_easy_cleanup(easy);
}

/* ---- the environment ---- */

static int forget_environment(void **state) {
    static const char *const names[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"};
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) unsetenv(names[i]);
    return 0;
}

static void assert_settled(struct profile profile, const char *proxy, const char *no_proxy) {
    struct buffer memory = {NULL, 0, 0};
    assert_true(profile_settle(&profile, &memory));
    assert_string_equal(profile.proxy, proxy);
    assert_string_equal(profile.no_proxy, no_proxy);
    buffer_free(&memory);
}

static void what_is_not_said_is_the_environments(void **state) {
    (void)state;
    const struct profile profile = {.domain = "acme.eu.auth0.com"};
    assert_settled(profile, "", "");
    setenv("ALL_PROXY", "http://4.test", 1);
    setenv("NO_PROXY", "b", 1);
    assert_settled(profile, "http://4.test", "b");
    setenv("all_proxy", "http://3.test", 1);
    setenv("no_proxy", "a", 1);
    assert_settled(profile, "http://3.test", "a");
    setenv("HTTPS_PROXY", "http://2.test", 1);
    assert_settled(profile, "http://2.test", "a");
    setenv("https_proxy", "", 1);
    assert_settled(profile, "http://2.test", "a");
    setenv("https_proxy", "http://1.test", 1);
    assert_settled(profile, "http://1.test", "a");
    assert_settled((struct profile){.proxy = ""}, "", "a");
    assert_settled(everything(), everything().proxy, everything().no_proxy);
}

static void a_proxy_that_cannot_be_used_is_none_for_a_host_that_it_is_not_for(void **state) {
    (void)state;
    const struct profile profile = {.domain = "acme.eu.auth0.com"};
    setenv("https_proxy", "http://user:p@ss@proxy.test", 1);
    setenv("no_proxy", "other.test", 1);
    assert_settled(profile, "http://user:p@ss@proxy.test", "other.test");
    setenv("no_proxy", "other.test, auth0.com", 1);
    assert_settled(profile, "", "other.test, auth0.com");
    setenv("https_proxy", "http://proxy.test", 1);
    assert_settled(profile, "http://proxy.test", "other.test, auth0.com");
}

static void it_stays_as_it_was_read(void **state) {
    (void)state;
    struct profile profile = {.domain = "acme.eu.auth0.com"};
    struct buffer memory = {NULL, 0, 0};
    char long_proxy[2000] = "http://";
    memset(long_proxy + 7, 'x', sizeof long_proxy - 8);
    setenv("https_proxy", long_proxy, 1);
    setenv("no_proxy", "a", 1);
    assert_true(profile_settle(&profile, &memory));
    (void)forget_environment(NULL);
    assert_string_equal(profile.proxy, long_proxy);
    assert_string_equal(profile.no_proxy, "a");
    buffer_free(&memory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_comes_back),
        cmocka_unit_test(an_empty_text_is_not_an_absent_one),
        cmocka_unit_test(as_many_resolves_as_fit_come_back),
        cmocka_unit_test(one_profile_has_one_key),
        cmocka_unit_test(profiles_that_differ_in_one_field_have_different_keys),
        cmocka_unit_test(texts_do_not_run_into_each_other),
        cmocka_unit_test(every_option_is_one_that_libcurl_takes),
        cmocka_unit_test_setup(what_is_not_said_is_the_environments, forget_environment),
        cmocka_unit_test_setup(a_proxy_that_cannot_be_used_is_none_for_a_host_that_it_is_not_for, forget_environment),
        cmocka_unit_test_setup(it_stays_as_it_was_read, forget_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
