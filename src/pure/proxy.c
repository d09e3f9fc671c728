#include "pure/proxy.h"

static bool is_hexadecimal(char c) { return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }

/* Of a user's name or a password that decodes to one, libcurl makes no proxy at all, and connects without a word. */
static bool has_encoded_control(struct span proxy) {
    for (size_t i = 0; i + 2 < proxy.size; i++)
        if (proxy.at[i] == '%' && (proxy.at[i + 1] == '0' || proxy.at[i + 1] == '1') && is_hexadecimal(proxy.at[i + 2]))
            return true;
    return false;
}

static bool has_blank_or_control(struct span proxy) {
    for (size_t i = 0; i < proxy.size; i++)
        if ((unsigned char)proxy.at[i] <= ' ' || proxy.at[i] == 0x7f) return true;
    return false;
}

/* 0 without one. */
static size_t scheme_size(struct span proxy) {
    size_t size = 0;
    while (size < proxy.size && span_is_alphanumeric(proxy.at[size])) size++;
    return span_begins(span_after(proxy, size), SPAN("://")) ? size : 0;
}

/* What stands before the last "@"; absent without one. */
static struct span user_of(struct span proxy) {
    size_t scheme = scheme_size(proxy);
    struct span rest = scheme > 0 ? span_after(proxy, scheme + 3) : proxy;
    for (size_t size = rest.size; size > 0; size--)
        if (rest.at[size - 1] == '@') return (struct span){rest.at, size - 1};
    return (struct span){NULL, 0};
}

bool proxy_has_user(struct span proxy) { return user_of(proxy).at != NULL; }

bool proxy_is_encrypted(struct span proxy) {
    static const char https[] = "https";
    if (scheme_size(proxy) != sizeof https - 1) return false;
    for (size_t i = 0; i < sizeof https - 1; i++)
        if ((proxy.at[i] | 0x20) != https[i]) return false;
    return true;
}

const char *proxy_fault(struct span proxy) {
    struct span user = user_of(proxy);
    if (has_blank_or_control(proxy)) return "the proxy's address holds white space or a control character";
    if (has_encoded_control(proxy))
        return "the proxy's address holds an encoded control character: a % of a password is written %25";
    for (size_t i = 0; i < user.size; i++)
        if (strchr("@#?/\\", user.at[i]) != NULL) /* a NUL is a control character */
            return "the proxy's user name or password holds an @, #, ?, / or \\ as it is: percent-encode them, as %40, "
                   "%23, %3F, %2F and %5C";
    return NULL;
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c; }

static bool is_same(struct span a, struct span b) {
    for (size_t i = 0; i < a.size && a.size == b.size; i++)
        if (lower(a.at[i]) != lower(b.at[i])) return false;
    return a.size == b.size;
}

static struct span host_of(struct span domain) {
    if (span_begins(domain, SPAN("["))) return span_until(span_after(domain, 1), ']');
    return span_until(domain, ':');
}

static bool is_address(struct span host) {
    return span_is_made_of(host, SPAN("0123456789.")) || span_until(host, ':').size < host.size;
}

/* A name counts with a dot at its beginning, its end or without. */
static bool spares(struct span name, struct span host) {
    if (span_begins(name, SPAN("."))) name = span_after(name, 1);
    if (name.size > 0 && name.at[name.size - 1] == '.') name.size--;
    if (name.size == 0 || name.size > host.size) return false;
    size_t below = host.size - name.size;
    bool is_whole = below == 0 || (!is_address(host) && host.at[below - 1] == '.');
    return is_whole && is_same(name, span_after(host, below));
}

bool proxy_is_spared(struct span domain, struct span no_proxy) {
    struct span host = host_of(domain);
    if (span_equals(no_proxy, SPAN("*"))) return true;
    while (no_proxy.size > 0) {
        struct span entry = span_until(no_proxy, ','), name = span_until(entry, ' ');
        if (spares(name, host)) return true;
        no_proxy = span_after(no_proxy, name.size < no_proxy.size ? name.size + 1 : name.size);
    }
    return false;
}
