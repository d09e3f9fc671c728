#include "pure/identity.h"

#include "pure/utf8.h"
#include "pure/writer.h"

enum { TOKEN_MAX = 16384 };

/* A space before and after each. */
static const char providers[] =
    " ad adfs amazon aol apple auth0 auth0-oidc baidu bitbucket bitly box custom daccount dropbox dwolla email "
    "evernote evernote-sandbox exact facebook fitbit flickr github google-apps google-oauth2 instagram ip line "
    "linkedin miicard oauth1 oauth2 office365 oidc okta paypal paypal-sandbox pingfederate planningcenter "
    "renren salesforce salesforce-community salesforce-sandbox samlp sharepoint shop shopify sms soundcloud "
    "thecity thecity-sandbox thirtysevensignals twitter untappd vkontakte waad weibo windowslive wordpress "
    "yahoo yammer yandex ";

static bool is_control(char c) { return (unsigned char)c < 0x20 || c == 0x7F; }

/* Auth0 makes client secrets of 64 characters; an access token for the Management API is a JWT, which has dots. */
static bool is_client_secret(struct span token) {
    enum { SECRET_SIZE = 64 };
    bool has_lower = false, has_upper = false, has_digit = false;
    for (size_t i = 0; i < token.size; i++) {
        char c = token.at[i];
        if (!span_is_alphanumeric(c) && c != '-' && c != '_') return false;
        has_lower = has_lower || (c >= 'a' && c <= 'z');
        has_upper = has_upper || (c >= 'A' && c <= 'Z');
        has_digit = has_digit || (c >= '0' && c <= '9');
    }
    return token.size == SECRET_SIZE && has_lower && has_upper && has_digit;
}

bool identity_check_token(const char *option, struct span token, struct complaint *complaint) {
    if (token.size == 0)
        return complaint_make(complaint, option, "expected a token; it is %s", token.at == NULL ? "missing" : "empty");
    if (token.size > TOKEN_MAX)
        return complaint_make(complaint, option, "has %zu bytes; expected a token, which has at most %d", token.size,
                              TOKEN_MAX);
    if (token.at[0] == '{' || token.at[0] == '[')
        return complaint_make(complaint, option,
                              "is JSON, such as the token endpoint's whole answer; expected the token alone, the value "
                              "of its access_token");
    if (token.at[0] == '"' || token.at[0] == '\'')
        return complaint_make(complaint, option,
                              "begins with a quotation mark; expected the token alone, without quotes");
    if (is_client_secret(token))
        return complaint_make(complaint, option,
                              "has the form of a client secret, and is no token; give that to auth0.tenant, as "
                              "client_secret with client_id");
    size_t visible = span_visible(token);
    if (visible < token.size)
        return complaint_make(complaint, option, "holds %s at byte %zu; expected the token alone, %s",
                              complaint_name_of(token.at[visible]), visible + 1,
                              token.at[visible] == ' ' ? "without the word Bearer"
                                                       : "visible ASCII without a line break");
    return true;
}

static bool has(struct span option) { return option.at != NULL; }

/* An id goes into a path or into JSON; a log shows it. */
static bool check_text(const char *option, struct span text, struct complaint *complaint) {
    if (text.size == 0) return complaint_make(complaint, option, "expected a text that is not empty");
    for (size_t i = span_visible(text), size; i < text.size; i += size) {
        size = utf8_size(span_after(text, i));
        if (size == 0) return complaint_make(complaint, option, "is not UTF-8 at byte %zu; expected UTF-8 text", i + 1);
        if (is_control(text.at[i]))
            return complaint_make(complaint, option, "holds %s at byte %zu; expected no control characters",
                                  complaint_name_of(text.at[i]), i + 1);
    }
    return true;
}

/* What ends a step of a path, where a proxy on the way has decoded it. */
static struct span until_slash(struct span text) {
    struct span slash = span_until(text, '/'), backslash = span_until(text, '\\');
    return slash.size < backslash.size ? slash : backslash;
}

/* On its way such a segment is read as a step up the path, encoded or not, and another resource would be changed; so is
   one between slashes, behind a front that decodes them. What were linked under that name could never be unlinked, so
   both goals refuse it. */
static bool check_segment(const char *option, struct span segment, struct complaint *complaint) {
    for (struct span rest = segment, step; rest.at != NULL; rest = span_after(rest, step.size + 1)) {
        step = until_slash(rest);
        if (span_equals(step, SPAN(".")) || span_equals(step, SPAN("..")))
            return complaint_make(complaint, option,
                                  "expected no \".\" and no \"..\"; it would lead out of the user's path");
        if (step.size == rest.size) return true;
    }
    return true;
}

/* Auth0 puts the provider before every id, and takes none without: 400, invalid_uri. */
static bool check_full(const char *option, struct span id, struct complaint *complaint) {
    struct span prefix = span_until(id, '|');
    if (prefix.size == 0 || prefix.size == id.size)
        return complaint_make(complaint, option,
                              "expected a full id, such as auth0|507f1f77: the provider, a \"|\", and the provider's "
                              "own id");
    if (prefix.size + 1 == id.size)
        return complaint_make(complaint, option, "ends at its \"|\"; expected the id that follows the provider");
    return true;
}

bool identity_check_step(const char *option, struct span id, struct complaint *complaint) {
    return check_text(option, id, complaint) && check_segment(option, id, complaint);
}

bool identity_check_account(const char *option, struct span id, struct complaint *complaint) {
    return identity_check_step(option, id, complaint) && check_full(option, id, complaint);
}

bool identity_is_known_provider(struct span provider) {
    const char *end = providers + sizeof providers - 1;
    if (provider.size == 0 || span_visible(provider) < provider.size) return false;
    for (const char *at = providers; (at = memmem(at, (size_t)(end - at), provider.at, provider.size)) != NULL; at++)
        if (at[-1] == ' ' && at[provider.size] == ' ') return true;
    return false;
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
        return complaint_make(complaint, "link_with",
                              "is for linking alone; leave it out, and name the account to unlink");
    if (goal == IDENTITY_UNLINK && has(given->connection_id))
        return complaint_make(complaint, "connection_id", "is for linking alone; leave it out");
    const char *ours = has(given->primary) ? "primary" : has(given->secondary) ? "secondary" : NULL;
    const char *theirs = has(given->id)         ? "id"
                         : has(given->user_id)  ? "user_id"
                         : has(given->provider) ? "provider"
                                                : NULL;
    if (ours != NULL && theirs != NULL)
        return complaint_make(complaint, theirs,
                              "does not go with %s; expected primary and secondary, or id, provider and user_id", ours);
    const char *rival = rival_of_link_with(given);
    if (has(given->link_with) && rival != NULL)
        return complaint_make(complaint, "link_with",
                              "does not go with %s; leave one of them out: link_with needs nothing beside it", rival);
    bool api = theirs != NULL;
    if (!has(api ? given->id : given->primary))
        return complaint_make(
            complaint, api ? "id" : "primary",
            "expected the full id of the account that stays, such as auth0|507f1f77; it is missing (only "
            "a user's own token, a JWT, can say it instead)");
    if (!has(given->link_with) && !has(api ? given->user_id : given->secondary))
        return complaint_make(complaint, api ? "user_id" : "secondary",
                              "expected the id of the account to %s; it is missing",
                              goal == IDENTITY_LINK ? "link (or link_with, an ID token of that account)" : "unlink");
    return true;
}

static bool check_texts(const struct identity_given *given, struct complaint *complaint) {
    const struct {
        const char *option;
        struct span text;
    } texts[] = {
        {"secondary", given->secondary},
        {"provider", given->provider},
        {"user_id", given->user_id},
        {"connection_id", given->connection_id},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (has(texts[i].text) && !check_text(texts[i].option, texts[i].text, complaint)) return false;
    if (has(given->link_with) && !identity_check_token("link_with", given->link_with, complaint)) return false;
    if (has(given->provider) && memchr(given->provider.at, '|', given->provider.size) != NULL)
        return complaint_make(complaint, "provider",
                              "holds a \"|\"; expected what stands before it, such as google-oauth2");
    return check_segment("provider", given->provider, complaint);
}

static bool check_primary(const struct identity_given *given, struct complaint *complaint) {
    bool ours = has(given->primary);
    return identity_check_account(ours ? "primary" : "id", ours ? given->primary : given->id, complaint);
}

/* JSON carries it without quotes. */
static bool is_integer(struct span text) {
    struct span digits = text.at[0] == '-' ? span_after(text, 1) : text;
    return span_is_digits(digits) && (digits.at[0] != '0' || text.size == 1);
}

struct identity_target identity_sent(const struct identity_given *given) {
    if (has(given->link_with)) return (struct identity_target){.link_with = given->link_with};
    bool ours = has(given->secondary);
    struct span whole = ours ? given->secondary : given->user_id;
    return (struct identity_target){.provider = has(given->provider) ? given->provider : span_until(whole, '|'),
                                    .user_id = whole,
                                    .connection_id = given->connection_id,
                                    .user_id_is_integer = !ours && given->user_id_is_integer};
}

/* Splits at the FIRST "|", since what follows may hold more of them: "samlp|acme|7" is "acme|7" of samlp. Without a
   provider in so many words a prefix counts only when it is a known one: in "acme|7" acme is a connection. */
static bool split(const struct identity_given *given, const char *name, struct identity_target *target,
                  struct complaint *complaint) {
    bool ours = has(given->secondary);
    const struct identity_target sent = identity_sent(given);
    struct span whole = sent.user_id, prefix = span_until(whole, '|');
    bool has_prefix = prefix.size < whole.size;
    bool known = has_prefix && identity_is_known_provider(prefix);
    if (!known && ours)
        return complaint_make(complaint, "secondary",
                              "expected a full id with a known provider, such as google-oauth2|1150; "
                              "for another provider give id, provider and user_id");
    if (!has(given->provider) && !known)
        return complaint_make(
            complaint, "provider",
            "expected the provider of the account, such as google-oauth2: %s begins with no known one", name);
    target->provider = sent.provider;
    bool same = has_prefix && span_equals(prefix, target->provider);
    if (known && !same)
        return complaint_make(complaint, "provider",
                              "contradicts %s, which begins with \"%.*s|\"; expected the same provider in both "
                              "(a full id begins with its provider)",
                              name, (int)prefix.size, prefix.at);
    target->user_id = whole;
    target->bare = same ? span_after(whole, prefix.size + 1) : whole;
    target->user_id_is_integer = sent.user_id_is_integer;
    return true;
}

static bool is_primary(const struct identity_target *target) {
    struct span provider = span_until(target->primary, '|');
    return provider.size < target->primary.size && span_equals(provider, target->provider) &&
           span_equals(span_after(target->primary, provider.size + 1), target->bare);
}

static bool check_bare(const char *name, const struct identity_target *target, struct complaint *complaint) {
    if (target->bare.size == 0)
        return complaint_make(complaint, name, "ends at its \"|\"; expected the id that follows the provider");
    return check_segment(name, target->bare, complaint);
}

static bool check_other(enum identity_goal goal, const struct identity_given *given, const char *name,
                        const struct identity_target *target, struct complaint *complaint) {
    if (is_primary(target))
        return complaint_make(complaint, name, "names the same account as %s; expected another one: %s",
                              has(given->id) ? "id" : "primary",
                              goal == IDENTITY_LINK ? "no account can be linked with itself"
                                                    : "the main identity cannot be removed");
    return check_bare(name, target, complaint);
}

bool identity_resolve(enum identity_goal goal, const struct identity_given *given, struct identity_target *target,
                      struct complaint *complaint) {
    *target = (struct identity_target){.primary = has(given->id) ? given->id : given->primary,
                                       .connection_id = given->connection_id,
                                       .link_with = given->link_with};
    if (!check_naming(goal, given, complaint) || !check_primary(given, complaint) || !check_texts(given, complaint))
        return false;
    if (has(given->link_with)) return true;
    if (given->user_id_is_integer && has(given->user_id) && !is_integer(given->user_id))
        return complaint_make(complaint, "user_id", "expected a whole number in decimal digits, or a string");
    const char *name = has(given->secondary) ? "secondary" : "user_id";
    return split(given, name, target, complaint) && check_other(goal, given, name, target, complaint);
}

bool identity_check(struct span id, struct span provider, struct complaint *complaint) {
    const struct identity_given given = {.provider = provider, .user_id = id};
    struct identity_target target = {.primary = {NULL, 0}};
    if (!check_text("id", id, complaint) || !check_texts(&given, complaint)) return false;
    if (!has(provider) && !check_full("id", id, complaint)) return false;
    return split(&given, "id", &target, complaint) && check_bare("id", &target, complaint);
}

size_t identity_path_room(const struct identity_target *target) {
    size_t encoded = 3 * (target->primary.size + target->provider.size + target->bare.size);
    return sizeof "/api/v2/users//identities//" + encoded;
}

size_t identity_user_path(const struct identity_target *target, char *to) {
    struct writer path = writer_to(to);
    writer_text(&path, SPAN("/api/v2/users/"));
    writer_encoded(&path, target->primary);
    return path.size;
}

size_t identity_path_below(enum identity_goal goal, const struct identity_target *target, char *to) {
    struct writer path = writer_to(to);
    writer_text(&path, SPAN("/identities"));
    if (goal == IDENTITY_UNLINK) {
        writer_text(&path, SPAN("/"));
        writer_encoded(&path, target->provider);
        writer_text(&path, SPAN("/"));
        writer_encoded(&path, target->bare);
    }
    return path.size;
}
