#include "pure/proxy.h"
#include "unit/pure/complaints.h"

static void addresses_as_libcurl_takes_them_are_good(void **state) {
    static const struct span good[] = {
        T(""),
        T("proxy.test"),
        T("proxy.test:3128"),
        T("http://proxy.test:3128/"),
        T("socks5h://[::1]:1080"),
        T("user@proxy.test"),
        T("http://user:p%40ss%23word%2F@proxy.test:3128"),
        T("HTTPS://user:pa:ss%25@proxy.test:3128/"),
    };
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        if (proxy_fault(good[i]) != NULL) fail_msg("%s: %s", good[i].at, proxy_fault(good[i]));
}

/* libcurl would take the end of the password for the host, or the host for a fragment. */
static void user_info_that_is_not_encoded_is_refused(void **state) {
    static const struct span bad[] = {
        T("http://user:p@S3cretTail#x@proxy.test:3128"),
        T("http://user:p@ss@proxy.test:3128"),
        T("http://user:p#ss@proxy.test:3128"),
        T("http://user:p/ss@proxy.test:3128"),
        T("http://user:p?ss@proxy.test:3128"),
        T("http://user:p\\ss@proxy.test:3128"),
        T("user:p#ss@proxy.test"),
        T("p://user:p://ss@proxy.test"),
        T("user:p://ss@proxy.test"),
    };
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        const char *fault = proxy_fault(bad[i]);
        if (fault == NULL) fail_msg("%s passes", bad[i].at);
        assert_non_null(strstr(fault, "percent-encode"));
    }
}

static void control_characters_are_refused_in_either_form(void **state) {
    (void)state;
    assert_non_null(strstr(proxy_fault(SPAN("http://proxy\n:1")), "control character"));
    assert_non_null(strstr(proxy_fault(SPAN("http://a b@proxy:1")), "white space"));
    assert_non_null(strstr(proxy_fault(SPAN("http://a:b%0a@proxy:1")), "encoded control"));
    assert_non_null(strstr(proxy_fault(SPAN("http://a:b%1F@proxy:1")), "encoded control"));
    assert_null(proxy_fault(SPAN("http://a:b%2")));
    assert_null(proxy_fault(SPAN("http://a:b%0")));
}

static void a_user_is_what_stands_before_the_last_at_sign(void **state) {
    (void)state;
    assert_true(proxy_has_user(SPAN("http://user:word@proxy.test")));
    assert_true(proxy_has_user(SPAN("user@proxy.test")));
    assert_true(proxy_has_user(SPAN("http://@proxy.test")));
    assert_false(proxy_has_user(SPAN("http://proxy.test")));
    assert_false(proxy_has_user(SPAN("")));
}

static void the_scheme_says_whether_it_is_encrypted(void **state) {
    (void)state;
    assert_true(proxy_is_encrypted(SPAN("https://proxy.test")));
    assert_true(proxy_is_encrypted(SPAN("HTTPS://proxy.test")));
    assert_false(proxy_is_encrypted(SPAN("http://proxy.test")));
    assert_false(proxy_is_encrypted(SPAN("socks5://proxy.test")));
    assert_false(proxy_is_encrypted(SPAN("https.test")));
    assert_false(proxy_is_encrypted(SPAN("")));
}

static void hosts_that_a_proxy_is_not_for_are_names_and_all_below_them(void **state) {
    static const struct {
        struct span domain, no_proxy;
        bool is_spared;
    } rows[] = {
        {T("acme.auth0.com"), T(""), false},
        {T("acme.auth0.com"), T("*"), true},
        {T("acme.auth0.com"), T("x.test,*"), false},
        {T("acme.auth0.com"), T("acme.auth0.com"), true},
        {T("acme.auth0.com:8443"), T("x.test, y.test ACME.auth0.COM"), true},
        {T("acme.auth0.com"), T(",,auth0.com,"), true},
        {T("acme.auth0.com"), T(".auth0.com."), true},
        {T("acme.auth0.com"), T("h0.com"), false},
        {T("acme.auth0.com"), T("."), false},
        {T("acme.auth0.com"), T("an.acme.auth0.com"), false},
        {T("acme.auth0.com"), T("auth0.com:443"), false},
        {T("127.0.0.1:8443"), T("127.0.0.1"), true},
        {T("127.0.0.1:8443"), T("0.1,127.0.0.0/8"), false},
        {T("[::1]:8443"), T("::1"), true},
        {T("[::1]:8443"), T("1"), false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (proxy_is_spared(rows[i].domain, rows[i].no_proxy) != rows[i].is_spared)
            fail_msg("%s, %s", rows[i].domain.at, rows[i].no_proxy.at);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_as_libcurl_takes_them_are_good),
        cmocka_unit_test(user_info_that_is_not_encoded_is_refused),
        cmocka_unit_test(control_characters_are_refused_in_either_form),
        cmocka_unit_test(a_user_is_what_stands_before_the_last_at_sign),
        cmocka_unit_test(the_scheme_says_whether_it_is_encrypted),
        cmocka_unit_test(hosts_that_a_proxy_is_not_for_are_names_and_all_below_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
