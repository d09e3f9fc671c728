#include "pure/domain.h"
#include "unit/pure/complaints.h"

#define SIXTY_TWO "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz"
#define SIXTY_THREE SIXTY_TWO "0"
#define HOST_253                                                                                                       \
    SIXTY_THREE "." SIXTY_THREE "." SIXTY_THREE ".abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxy"

static void hosts_and_addresses_with_an_optional_port_are_domains(void **state) {
    static const struct span good[] = {
        T("acme.eu.auth0.com"),
        T("login.acme.example"),
        T("localhost"),
        T("localhost:8443"),
        T("a"),
        T("ACME.Auth0.COM"),
        T("xn--bcher-kva.example"),
        T("my_tenant.eu.auth0.com"),
        T("a-b--c.example:1"),
        T("1.example"),
        T("3com.example"),
        T("127.0.0.1"),
        T("127.0.0.1:65535"),
        T("255.255.255.255"),
        T("0.0.0.0:9"),
        T("[::1]"),
        T("[::1]:8443"),
        T("[2001:DB8::7]:443"),
        T("[::ffff:127.0.0.1]:443"),
        T(SIXTY_THREE ".example"),
        T(HOST_253 ":65535"),
    };
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        struct complaint complaint = {0};
        if (!domain_check(good[i], &complaint)) fail_msg("%s: %s", good[i].at, complaint.what);
    }
}

static const struct {
    struct span domain;
    const char *piece;
} bad_domains[] = {
    {{NULL, 0}, "it is missing"},
    {T(""), "it is empty"},
    {T("https://acme.eu.auth0.com"), "leave out https://"},
    {T("HTTP://acme.eu.auth0.com/"), "leave out https://"},
    {T("acme.eu.auth0.com/"), "leave out the path"},
    {T("acme.eu.auth0.com/api/v2/?a@b"), "leave out the path"},
    {T("//acme.eu.auth0.com"), "leave out the path"},
    {T("user:word@acme.eu.auth0.com"), "leave out the user name and password"},
    {T("@acme.eu.auth0.com"), "leave out the user name and password"},
    {T("acme.eu.auth0.com?x=1/2"), "leave out the query"},
    {T("acme.eu.auth0.com#top"), "leave out the fragment"},
    {T("acme.eu.auth0.com\\@evil.example"), "leave out the backslash"},
    {T(" acme.eu.auth0.com"), "holds a space at byte 1"},
    {T("acme.eu.auth0.com "), "holds a space at byte 18"},
    {T("acme\t.example"), "holds a tab at byte 5"},
    {T("acme.example\n"), "holds a line feed at byte 13"},
    {T("acme.example\r\nX: y"), "holds a carriage return at byte 13"},
    {T("acme.example\0.evil"), "holds a NUL byte at byte 13"},
    {T("acme\x1b[31m.example"), "holds a control character at byte 5"},
    {T("acme\x7f.example"), "holds a control character at byte 5"},
    {T("b\xc3\xbcrger.example"), "xn--"},
    {T("acme\xff.example"), "holds a character outside ASCII at byte 5"},
    {T("."), "lacks a name next to a dot, at byte 1"},
    {T(".acme.example"), "lacks a name next to a dot, at byte 1"},
    {T("acme..example"), "lacks a name next to a dot, at byte 6"},
    {T("acme.example."), "lacks a name next to a dot, at byte 14"},
    {T("..:443"), "lacks a name next to a dot"},
    {T("-acme.example"), "holds \"-\" at byte 1"},
    {T("acme-.example"), "holds \"-\" at byte 5"},
    {T("acme.example-"), "holds \"-\" at byte 13"},
    {T("-"), "holds \"-\" at byte 1"},
    {T("*.eu.auth0.com"), "holds \"*\" at byte 1"},
    {T("acme.eu.auth0.com,evil"), "holds \",\" at byte 18"},
    {T("%61cme.example"), "holds \"%\" at byte 1"},
    {T("acme.exa|mple"), "holds \"|\" at byte 9"},
    {T(SIXTY_THREE "x.example"), "has 64 bytes between dots"},
    {T(SIXTY_THREE "." SIXTY_THREE "." SIXTY_THREE "." SIXTY_TWO), "has 254 bytes; expected at most 253"},
    {T(":443"), "expected a host name before the port"},
    {T("acme.example:"), "a port of 1 to 65535"},
    {T("acme.example:0"), "a port of 1 to 65535"},
    {T("acme.example:0443"), "a port of 1 to 65535"},
    {T("acme.example:65536"), "a port of 1 to 65535"},
    {T("acme.example:99999"), "a port of 1 to 65535"},
    {T("acme.example:100000"), "a port of 1 to 65535"},
    {T("acme.example:44x"), "a port of 1 to 65535"},
    {T("acme.example:-1"), "a port of 1 to 65535"},
    {T("acme.example:+1"), "a port of 1 to 65535"},
    {T("acme.example:443:443"), "a port of 1 to 65535"},
    {T("[::1]8443"), "a port of 1 to 65535"},
    {T("[::1]:"), "a port of 1 to 65535"},
    {T("256.0.0.1"), "four numbers of 0 to 255"},
    {T("127.1"), "four numbers of 0 to 255"},
    {T("0x7f000001"), "four numbers of 0 to 255"},
    {T("127.0.0.0x1"), "four numbers of 0 to 255"},
    {T("2130706433"), "four numbers of 0 to 255"},
    {T("127.0.0.01"), "four numbers of 0 to 255"},
    {T("1.2.3.4.5:443"), "four numbers of 0 to 255"},
    {T("acme.127"), "four numbers of 0 to 255"},
    {T("::1"), "in brackets"},
    {T("2001:db8::7"), "in brackets"},
    {T("["), "between [ and ]"},
    {T("[]"), "between [ and ]"},
    {T("[::1"), "between [ and ]"},
    {T("[1:2]"), "between [ and ]"},
    {T("[fe80::1%25eth0]"), "between [ and ]"},
    {T("[acme.example]:443"), "between [ and ]"},
    {T("[0000:0000:0000:0000:0000:0000:0000:0000:0000:00]"), "between [ and ]"},
    {T("acme]"), "holds \"]\" at byte 5"},
};

static void each_bad_form_of_a_domain_has_its_own_sentence(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(bad_domains); i++) {
        struct complaint complaint = {0};
        char label[40];
        snprintf(label, sizeof label, "row %zu", i);
        if (domain_check(bad_domains[i].domain, &complaint))
            fail_msg("\"%.*s\" is accepted", (int)bad_domains[i].domain.size, bad_domains[i].domain.at);
        assert_complaint(&complaint, "domain", bad_domains[i].piece, label);
    }
}

static void a_domain_with_a_password_is_not_repeated(void **state) {
    struct complaint complaint;
    (void)state;
    assert_false(domain_check(SPAN("joe:hunter2@acme.example"), &complaint));
    assert_null(strstr(complaint.what, "hunter2"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_and_addresses_with_an_optional_port_are_domains),
        cmocka_unit_test(each_bad_form_of_a_domain_has_its_own_sentence),
        cmocka_unit_test(a_domain_with_a_password_is_not_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
