#include "pure/domain.h"

enum { LABEL_MAX = 63, HOST_MAX = 253, ADDRESS_MAX = 45 };

static bool check_no_url(struct span domain, struct complaint *complaint) {
    static const struct {
        char mark;
        const char *advice;
    } pieces[] = {
        {'@', "the user name and password before the @"},
        {'?', "the query (? and all after it)"},
        {'#', "the fragment (# and all after it)"},
        {'/', "the path (/ and all after it)"},
        {'\\', "the backslash"},
    };
    struct span scheme = span_until(domain, ':');
    if (domain.size >= scheme.size + 3 && memcmp(domain.at + scheme.size, "://", 3) == 0)
        return complaint_make(complaint, "domain",
                              "expected a host name such as acme.eu.auth0.com; leave out https://");
    for (size_t i = 0; i < domain.size; i++)
        for (size_t j = 0; j < sizeof pieces / sizeof *pieces; j++)
            if (domain.at[i] == pieces[j].mark)
                return complaint_make(complaint, "domain",
                                      "expected a host name such as acme.eu.auth0.com; leave out %s", pieces[j].advice);
    return true;
}

static bool check_label(struct span label, size_t before, struct complaint *complaint) {
    if (label.size == 0)
        return complaint_make(complaint, "domain",
                              "lacks a name next to a dot, at byte %zu; expected one on both sides", before + 1);
    if (label.size > LABEL_MAX)
        return complaint_make(complaint, "domain", "has %zu bytes between dots; expected at most %d", label.size,
                              LABEL_MAX);
    for (size_t i = 0; i < label.size; i++) {
        bool inside = i > 0 && i < label.size - 1;
        if (!span_is_alphanumeric(label.at[i]) && label.at[i] != '_' && !(label.at[i] == '-' && inside))
            return complaint_make(complaint, "domain",
                                  "holds \"%c\" at byte %zu; expected letters, digits, inner hyphens, dots",
                                  label.at[i], before + i + 1);
    }
    return true;
}

/* Four numbers of 0 to 255. libcurl also reads shorter and octal forms, as addresses that a reader would not expect. */
static bool is_ipv4(struct span host) {
    size_t numbers = 1;
    for (struct span rest = host, number;; rest = span_after(rest, number.size + 1), numbers++) {
        number = span_until(rest, '.');
        bool small = number.size < 3 || (number.size == 3 && memcmp(number.at, "255", 3) <= 0);
        if (!span_is_digits(number) || !small || (number.size > 1 && number.at[0] == '0')) return false;
        if (number.size == rest.size) return numbers == 4;
    }
}

/* libcurl reads 0x7f000001, and 127.0.0.0x1, as an address. */
static bool is_numeric(struct span label) {
    bool is_hex = label.size > 1 && label.at[0] == '0' && (label.at[1] == 'x' || label.at[1] == 'X');
    if (!is_hex) return span_is_digits(label);
    return label.size == 2 || span_is_made_of(span_after(label, 2), SPAN("0123456789abcdefABCDEF"));
}

static bool check_host_name(struct span host, struct complaint *complaint) {
    if (host.size == 0) return complaint_make(complaint, "domain", "expected a host name before the port");
    if (host.size > HOST_MAX)
        return complaint_make(complaint, "domain", "has %zu bytes; expected at most %d", host.size, HOST_MAX);
    for (struct span rest = host, label;; rest = span_after(rest, label.size + 1)) {
        label = span_until(rest, '.');
        if (!check_label(label, (size_t)(rest.at - host.at), complaint)) return false;
        if (label.size == rest.size)
            return !is_numeric(label) || is_ipv4(host) ||
                   complaint_make(complaint, "domain", "ends in a number; expected a name or four numbers of 0 to 255");
    }
}

/* Loosely: libcurl reads the address and refuses what this lets through. */
static bool is_ipv6(struct span text) {
    struct span before = span_until(text, ':');
    return text.size <= ADDRESS_MAX && span_is_made_of(text, SPAN("0123456789abcdefABCDEF:.")) &&
           before.size < text.size && memchr(text.at + before.size + 1, ':', text.size - before.size - 1) != NULL;
}

static bool is_port(struct span text) {
    if (text.size < 2 || text.size > 6 || text.at[0] != ':' || text.at[1] == '0' ||
        !span_is_digits(span_after(text, 1)))
        return false;
    return text.size < 6 || memcmp(text.at, ":65535", 6) <= 0;
}

bool domain_check(struct span domain, struct complaint *complaint) {
    if (domain.size == 0)
        return complaint_make(complaint, "domain", "expected a host name such as acme.eu.auth0.com; it is %s",
                              domain.at == NULL ? "missing" : "empty");
    size_t visible = span_visible(domain);
    if (visible < domain.size)
        return complaint_make(
            complaint, "domain", "holds %s at byte %zu; expected %s", complaint_name_of(domain.at[visible]),
            visible + 1, (unsigned char)domain.at[visible] < 0x80 ? "a host name alone" : "its ASCII form, xn--...");
    if (!check_no_url(domain, complaint)) return false;
    if (is_ipv6(domain))
        return complaint_make(complaint, "domain", "expected an IPv6 address in brackets, such as [::1] or [::1]:8443");
    bool bracket = domain.at[0] == '[';
    struct span host = span_until(domain, bracket ? ']' : ':');
    if (bracket && (host.size == domain.size || !is_ipv6(span_after(host, 1))))
        return complaint_make(complaint, "domain",
                              "expected an IPv6 address between [ and ], such as [::1] or [::1]:8443");
    struct span port = span_after(domain, host.size + bracket);
    if (!bracket && !check_host_name(host, complaint)) return false;
    return port.size == 0 || is_port(port) ||
           complaint_make(complaint, "domain", "expected nothing after the host, or a colon and a port of 1 to 65535");
}
