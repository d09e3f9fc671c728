#include "pure/identity.h"

#include <stdarg.h>
#include <stdio.h>

enum { LABEL_MAX = 63, HOST_MAX = 253, ADDRESS_MAX = 45, TOKEN_MAX = 16384 };

static const char providers[] =
    "ad adfs amazon aol apple auth0 auth0-oidc baidu bitbucket bitly box custom daccount dropbox dwolla email "
    "evernote evernote-sandbox exact facebook fitbit flickr github google-apps google-oauth2 instagram ip line "
    "linkedin miicard oauth1 oauth2 office365 oidc okta paypal paypal-sandbox pingfederate planningcenter renren "
    "salesforce salesforce-community salesforce-sandbox samlp sharepoint shop shopify sms soundcloud thecity "
    "thecity-sandbox thirtysevensignals twitter untappd vkontakte waad weibo windowslive wordpress yahoo yammer "
    "yandex";

/* Always false, so that a check can end with it. */
__attribute__((format(printf, 3, 4))) static bool complain(struct complaint *complaint, const char *option,
                                                           const char *format, ...) {
    va_list pieces;
    va_start(pieces, format);
    vsnprintf(complaint->what, sizeof complaint->what, format, pieces);
    va_end(pieces);
    complaint->option = option;
    return false;
}

static bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_control(char c) { return (unsigned char)c < 0x20 || c == 0x7F; }

/* Whether there is text, all of it from `set`. */
static bool is_made_of(struct span text, struct span set) {
    for (size_t i = 0; i < text.size; i++)
        if (memchr(set.at, text.at[i], set.size) == NULL) return false;
    return text.size > 0;
}

static bool is_digits(struct span text) { return is_made_of(text, SPAN("0123456789")); }

/* What stands before the first `mark`; all of it without one. */
static struct span until(struct span text, char mark) {
    const char *found = text.size > 0 ? memchr(text.at, mark, text.size) : NULL;
    return (struct span){text.at, found != NULL ? (size_t)(found - text.at) : text.size};
}

/* How many bytes at the beginning are visible ASCII. */
static size_t visible_size(struct span text) {
    size_t size = 0;
    while (size < text.size && text.at[size] > ' ' && text.at[size] <= '~') size++;
    return size;
}

/* A name for a byte that is no visible ASCII, since a log must not show it as it is. */
static const char *name_of_invisible(char c) {
    return c == '\0'       ? "a NUL byte"
           : c == '\t'     ? "a tab"
           : c == '\n'     ? "a line feed"
           : c == '\r'     ? "a carriage return"
           : c == ' '      ? "a space"
           : is_control(c) ? "a control character"
                           : "a character outside ASCII";
}

/* The size of the UTF-8 character that begins `text`; 0 when none does: cut off, overlong, a surrogate, too large. */
static size_t utf8_size(struct span text) {
    static const unsigned long smallest[] = {0, 0x80, 0x800, 0x10000};
    unsigned char lead = (unsigned char)text.at[0];
    if (lead < 0x80) return 1;
    size_t more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    if (lead < 0xC2 || lead > 0xF4 || text.size <= more) return 0;
    unsigned long code = lead & (0x3FU >> more);
    for (size_t i = 1; i <= more; i++) {
        unsigned char next = (unsigned char)text.at[i];
        if ((next & 0xC0) != 0x80) return 0;
        code = code << 6 | (next & 0x3FU);
    }
    return code < smallest[more] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF) ? 0 : more + 1;
}

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
    struct span scheme = until(domain, ':');
    if (domain.size >= scheme.size + 3 && memcmp(domain.at + scheme.size, "://", 3) == 0)
        return complain(complaint, "domain", "expected a host name such as acme.eu.auth0.com; leave out https://");
    for (size_t i = 0; i < domain.size; i++)
        for (size_t j = 0; j < sizeof pieces / sizeof *pieces; j++)
            if (domain.at[i] == pieces[j].mark)
                return complain(complaint, "domain", "expected a host name such as acme.eu.auth0.com; leave out %s",
                                pieces[j].advice);
    return true;
}

static bool check_label(struct span label, size_t before, struct complaint *complaint) {
    if (label.size == 0)
        return complain(complaint, "domain", "lacks a name next to a dot, at byte %zu; expected one on both sides",
                        before + 1);
    if (label.size > LABEL_MAX)
        return complain(complaint, "domain", "has %zu bytes between dots; expected at most %d", label.size, LABEL_MAX);
    for (size_t i = 0; i < label.size; i++) {
        bool inside = i > 0 && i < label.size - 1;
        if (!is_alphanumeric(label.at[i]) && label.at[i] != '_' && !(label.at[i] == '-' && inside))
            return complain(complaint, "domain",
                            "holds \"%c\" at byte %zu; expected letters, digits, inner hyphens, dots", label.at[i],
                            before + i + 1);
    }
    return true;
}

/* Four numbers of 0 to 255. libcurl also reads shorter and octal forms, as addresses that nobody would expect. */
static bool is_ipv4(struct span host) {
    size_t numbers = 1;
    for (struct span rest = host, number;; rest = span_after(rest, number.size + 1), numbers++) {
        number = until(rest, '.');
        bool small = number.size < 3 || (number.size == 3 && memcmp(number.at, "255", 3) <= 0);
        if (!is_digits(number) || !small || (number.size > 1 && number.at[0] == '0')) return false;
        if (number.size == rest.size) return numbers == 4;
    }
}

/* libcurl reads 0x7f000001, and 127.0.0.0x1, as an address. */
static bool is_numeric(struct span label) {
    bool is_hex = label.size > 1 && label.at[0] == '0' && (label.at[1] == 'x' || label.at[1] == 'X');
    if (!is_hex) return is_digits(label);
    return label.size == 2 || is_made_of(span_after(label, 2), SPAN("0123456789abcdefABCDEF"));
}

static bool check_host_name(struct span host, struct complaint *complaint) {
    if (host.size == 0) return complain(complaint, "domain", "expected a host name before the port");
    if (host.size > HOST_MAX)
        return complain(complaint, "domain", "has %zu bytes; expected at most %d", host.size, HOST_MAX);
    for (struct span rest = host, label;; rest = span_after(rest, label.size + 1)) {
        label = until(rest, '.');
        if (!check_label(label, (size_t)(rest.at - host.at), complaint)) return false;
        if (label.size == rest.size)
            return !is_numeric(label) || is_ipv4(host) ||
                   complain(complaint, "domain", "ends in a number; expected a name or four numbers of 0 to 255");
    }
}

/* Loosely: libcurl reads the address and refuses what this lets through. */
static bool is_ipv6(struct span text) {
    struct span before = until(text, ':');
    return text.size <= ADDRESS_MAX && is_made_of(text, SPAN("0123456789abcdefABCDEF:.")) && before.size < text.size &&
           memchr(text.at + before.size + 1, ':', text.size - before.size - 1) != NULL;
}

static bool is_port(struct span text) {
    if (text.size < 2 || text.size > 6 || text.at[0] != ':' || text.at[1] == '0' || !is_digits(span_after(text, 1)))
        return false;
    return text.size < 6 || memcmp(text.at, ":65535", 6) <= 0;
}

bool identity_check_domain(struct span domain, struct complaint *complaint) {
    if (domain.size == 0)
        return complain(complaint, "domain", "expected a host name such as acme.eu.auth0.com; it is %s",
                        domain.at == NULL ? "missing" : "empty");
    size_t visible = visible_size(domain);
    if (visible < domain.size)
        return complain(complaint, "domain", "holds %s at byte %zu; expected %s", name_of_invisible(domain.at[visible]),
                        visible + 1,
                        (unsigned char)domain.at[visible] < 0x80 ? "a host name alone" : "its ASCII form, xn--...");
    if (!check_no_url(domain, complaint)) return false;
    if (is_ipv6(domain))
        return complain(complaint, "domain", "expected an IPv6 address in brackets, such as [::1] or [::1]:8443");
    bool bracket = domain.at[0] == '[';
    struct span host = until(domain, bracket ? ']' : ':');
    if (bracket && (host.size == domain.size || !is_ipv6(span_after(host, 1))))
        return complain(complaint, "domain", "expected an IPv6 address between [ and ], such as [::1] or [::1]:8443");
    struct span port = span_after(domain, host.size + bracket);
    if (!bracket && !check_host_name(host, complaint)) return false;
    return port.size == 0 || is_port(port) ||
           complain(complaint, "domain", "expected nothing after the host, or a colon and a port of 1 to 65535");
}

bool identity_check_token(const char *option, struct span token, struct complaint *complaint) {
    if (token.size == 0)
        return complain(complaint, option, "expected a token; it is %s", token.at == NULL ? "missing" : "empty");
    if (token.size > TOKEN_MAX)
        return complain(complaint, option, "has %zu bytes; expected a token, which has at most %d", token.size,
                        TOKEN_MAX);
    size_t visible = visible_size(token);
    if (visible < token.size)
        return complain(complaint, option, "holds %s at byte %zu; expected the token alone, %s",
                        name_of_invisible(token.at[visible]), visible + 1,
                        token.at[visible] == ' ' ? "without the word Bearer" : "visible ASCII without a line break");
    return true;
}

static bool has(struct span option) { return option.at != NULL; }

/* An id goes into a path or into JSON; a log shows it. */
static bool check_text(const char *option, struct span text, struct complaint *complaint) {
    if (text.size == 0) return complain(complaint, option, "expected a text that is not empty");
    for (size_t i = 0, size; i < text.size; i += size) {
        size = utf8_size(span_after(text, i));
        if (size == 0) return complain(complaint, option, "is not UTF-8 at byte %zu; expected UTF-8 text", i + 1);
        if (is_control(text.at[i]))
            return complain(complaint, option, "holds %s at byte %zu; expected no control characters",
                            name_of_invisible(text.at[i]), i + 1);
    }
    return true;
}

/* What ends a step of a path, where somebody on the way has decoded it. */
static struct span until_slash(struct span text) {
    struct span slash = until(text, '/'), backslash = until(text, '\\');
    return slash.size < backslash.size ? slash : backslash;
}

/* On its way such a segment is read as a step up the path, encoded or not, and another resource would be changed; so is
   one between slashes, behind a front that decodes them. What were linked under that name could never be unlinked, so
   both goals refuse it. */
static bool check_segment(const char *option, struct span segment, struct complaint *complaint) {
    for (struct span rest = segment, step; rest.at != NULL; rest = span_after(rest, step.size + 1)) {
        step = until_slash(rest);
        if (span_equals(step, SPAN(".")) || span_equals(step, SPAN("..")))
            return complain(complaint, option, "expected no \".\" and no \"..\"; it would lead out of the user's path");
        if (step.size == rest.size) return true;
    }
    return true;
}

bool identity_is_known_provider(struct span provider) {
    for (struct span rest = SPAN(providers), word;; rest = span_after(rest, word.size + 1)) {
        word = until(rest, ' ');
        if (span_equals(word, provider)) return true;
        if (word.size == rest.size) return false;
    }
}

/* link_with names the account to link by itself; the API refuses it next to anything else. */
static const char *rival_of_link_with(const struct identity_given *given) {
    return has(given->secondary)       ? "secondary"
           : has(given->user_id)       ? "user_id"
           : has(given->provider)      ? "provider"
           : has(given->connection_id) ? "connection_id"
                                       : NULL;
}

/* One way of naming the accounts, one way of saying which to link, and both accounts. */
static bool check_naming(enum identity_goal goal, const struct identity_given *given, struct complaint *complaint) {
    if (goal == IDENTITY_UNLINK && has(given->link_with))
        return complain(complaint, "link_with", "is for linking alone; leave it out, and name the account to unlink");
    if (goal == IDENTITY_UNLINK && has(given->connection_id))
        return complain(complaint, "connection_id", "is for linking alone; leave it out");
    const char *ours = has(given->primary) ? "primary" : has(given->secondary) ? "secondary" : NULL;
    const char *theirs = has(given->id)         ? "id"
                         : has(given->user_id)  ? "user_id"
                         : has(given->provider) ? "provider"
                                                : NULL;
    if (ours != NULL && theirs != NULL)
        return complain(complaint, theirs,
                        "does not go with %s; expected primary and secondary, or id, provider and user_id", ours);
    const char *rival = rival_of_link_with(given);
    if (has(given->link_with) && rival != NULL)
        return complain(complaint, "link_with",
                        "does not go with %s; leave one of them out: link_with needs nothing beside it", rival);
    bool api = theirs != NULL;
    if (!has(api ? given->id : given->primary))
        return complain(complaint, api ? "id" : "primary",
                        "expected the full id of the account that stays, such as auth0|507f1f77; it is missing");
    if (!has(given->link_with) && !has(api ? given->user_id : given->secondary))
        return complain(complaint, api ? "user_id" : "secondary", "expected the id of the account to %s; it is missing",
                        goal == IDENTITY_LINK ? "link (or link_with, an ID token of that account)" : "unlink");
    return true;
}

static bool check_texts(const struct identity_given *given, struct complaint *complaint) {
    const struct {
        const char *option;
        struct span text;
    } texts[] = {
        {"primary", given->primary},   {"id", given->id},           {"secondary", given->secondary},
        {"provider", given->provider}, {"user_id", given->user_id}, {"connection_id", given->connection_id},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (has(texts[i].text) && !check_text(texts[i].option, texts[i].text, complaint)) return false;
    if (has(given->link_with) && !identity_check_token("link_with", given->link_with, complaint)) return false;
    if (has(given->provider) && memchr(given->provider.at, '|', given->provider.size) != NULL)
        return complain(complaint, "provider", "holds a \"|\"; expected what stands before it, such as google-oauth2");
    return check_segment("primary", given->primary, complaint) && check_segment("id", given->id, complaint) &&
           check_segment("provider", given->provider, complaint);
}

/* JSON carries it without quotes. */
static bool is_integer(struct span text) {
    struct span digits = text.at[0] == '-' ? span_after(text, 1) : text;
    return is_digits(digits) && (digits.at[0] != '0' || text.size == 1);
}

/* Splits at the FIRST "|", since what follows may hold more of them: "samlp|acme|7" is "acme|7" of samlp. Without a
   provider in so many words a prefix counts only when it is a known one: in "acme|7" acme is a connection. */
static bool split(const struct identity_given *given, struct identity_target *target, struct complaint *complaint) {
    bool ours = has(given->secondary);
    struct span whole = ours ? given->secondary : given->user_id;
    struct span prefix = until(whole, '|');
    bool has_prefix = prefix.size < whole.size;
    bool known = has_prefix && identity_is_known_provider(prefix);
    if (!known && ours)
        return complain(complaint, "secondary",
                        "expected a full id with a known provider, such as google-oauth2|1150; "
                        "for another provider give id, provider and user_id");
    if (!has(given->provider) && !known)
        return complain(complaint, "provider",
                        "expected the provider of user_id, such as google-oauth2: user_id begins with no known one");
    target->provider = has(given->provider) ? given->provider : prefix;
    bool same = has_prefix && span_equals(prefix, target->provider);
    if (known && !same)
        return complain(complaint, "provider",
                        "contradicts user_id, which begins with \"%.*s|\"; expected the same provider in both "
                        "(a full id begins with its provider)",
                        (int)prefix.size, prefix.at);
    target->user_id = whole;
    target->bare = same ? span_after(whole, prefix.size + 1) : whole;
    target->user_id_is_integer = !ours && given->user_id_is_integer;
    return true;
}

static bool is_primary(const struct identity_target *target) {
    struct span provider = until(target->primary, '|');
    return provider.size < target->primary.size && span_equals(provider, target->provider) &&
           span_equals(span_after(target->primary, provider.size + 1), target->bare);
}

static bool check_other(enum identity_goal goal, const struct identity_given *given,
                        const struct identity_target *target, struct complaint *complaint) {
    const char *option = has(given->secondary) ? "secondary" : "user_id";
    if (target->bare.size == 0)
        return complain(complaint, option, "ends at its \"|\"; expected the id that follows the provider");
    if (is_primary(target))
        return complain(complaint, option, "names the same account as %s; expected another one: %s",
                        has(given->id) ? "id" : "primary",
                        goal == IDENTITY_LINK ? "no account can be linked with itself"
                                              : "the main identity cannot be removed");
    return check_segment(option, target->bare, complaint);
}

bool identity_resolve(enum identity_goal goal, const struct identity_given *given, struct identity_target *target,
                      struct complaint *complaint) {
    *target = (struct identity_target){.primary = has(given->id) ? given->id : given->primary,
                                       .connection_id = given->connection_id,
                                       .link_with = given->link_with};
    if (!check_naming(goal, given, complaint) || !check_texts(given, complaint)) return false;
    if (has(given->link_with)) return true;
    if (given->user_id_is_integer && has(given->user_id) && !is_integer(given->user_id))
        return complain(complaint, "user_id", "expected a whole number in decimal digits, or a string");
    return split(given, target, complaint) && check_other(goal, given, target, complaint);
}

static char *append(char *to, struct span text) {
    memcpy(to, text.at, text.size);
    return to + text.size;
}

static char *append_encoded(char *to, struct span segment) {
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < segment.size; i++) {
        char c = segment.at[i];
        if (is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~') {
            *to++ = c;
        } else {
            *to++ = '%';
            *to++ = hex[(unsigned char)c >> 4];
            *to++ = hex[(unsigned char)c & 0xF];
        }
    }
    return to;
}

size_t identity_path_room(const struct identity_target *target) {
    size_t encoded = 3 * (target->primary.size + target->provider.size + target->bare.size);
    return sizeof "/api/v2/users//identities//" + encoded;
}

size_t identity_user_path(const struct identity_target *target, char *to) {
    return (size_t)(append_encoded(append(to, SPAN("/api/v2/users/")), target->primary) - to);
}

size_t identity_path(enum identity_goal goal, const struct identity_target *target, char *to) {
    char *end = append(to + identity_user_path(target, to), SPAN("/identities"));
    if (goal == IDENTITY_UNLINK) {
        end = append_encoded(append(end, SPAN("/")), target->provider);
        end = append_encoded(append(end, SPAN("/")), target->bare);
    }
    return (size_t)(end - to);
}
