#include "pure/identity.h"
#include "unit/pure/complaints.h"

#define OURS(primary_id, secondary_id)                                                                                 \
    { .primary = T(primary_id), .secondary = T(secondary_id) }
#define API(primary_id, provider_name, secondary_id)                                                                   \
    { .id = T(primary_id), .provider = T(provider_name), .user_id = T(secondary_id) }
#define API_FULL(primary_id, secondary_id)                                                                             \
    { .id = T(primary_id), .user_id = T(secondary_id) }
#define NUMBER(primary_id, provider_name, digits)                                                                      \
    { .id = T(primary_id), .provider = T(provider_name), .user_id = T(digits), .user_id_is_integer = true }

static void assert_span(struct span actual, struct span expected, const char *label) {
    if (!span_equals(actual, expected) || (actual.at == NULL) != (expected.at == NULL))
        fail_msg("%s: got \"%.*s\", expected \"%.*s\"", label, (int)actual.size, actual.at != NULL ? actual.at : "",
                 (int)expected.size, expected.at != NULL ? expected.at : "");
}

/* ---- providers ---- */

static const char *const current =
    "ad adfs amazon apple dropbox bitbucket auth0-oidc auth0 baidu bitly box custom daccount dwolla email "
    "evernote-sandbox evernote exact facebook fitbit github google-apps google-oauth2 instagram ip line linkedin "
    "oauth1 oauth2 office365 oidc okta paypal paypal-sandbox pingfederate planningcenter salesforce-community "
    "salesforce-sandbox salesforce samlp sharepoint shopify shop sms soundcloud thirtysevensignals twitter untappd "
    "vkontakte waad weibo windowslive wordpress yahoo yandex";
static const char *const older = "aol flickr miicard renren thecity thecity-sandbox yammer";

static size_t assert_words_are_known(const char *words) {
    size_t count = 0;
    for (const char *at = words; *at != '\0'; count++) {
        struct span word = {at, strcspn(at, " ")};
        if (!identity_is_known_provider(word)) fail_msg("%.*s is not known", (int)word.size, word.at);
        at += word.size;
        at += *at == ' ';
    }
    return count;
}

static void every_published_provider_is_known(void **state) {
    (void)state;
    assert_int_equal(assert_words_are_known(current), 55);
    assert_int_equal(assert_words_are_known(older), 7);
}

static void other_words_are_no_known_providers(void **state) {
    static const struct span words[] = {
        {NULL, 0}, T(""),        T(" "),       T("discord"),       T("Auth0"), T("auth"),   T("auth0-"),
        T("a"),    T("yandex "), T("ad adfs"), T("yammer yandex"), T("ad\0"),  T("google"), T("samlp|"),
    };
    (void)state;
    for (size_t i = 0; i < COUNT(words); i++)
        if (identity_is_known_provider(words[i])) fail_msg("\"%.*s\" is known", (int)words[i].size, words[i].at);
}

/* ---- token ---- */

static void a_token_is_visible_ascii(void **state) {
    struct complaint complaint;
    (void)state;
    assert_true(identity_check_token("token", SPAN("eyJhbGciOiJSUzI1NiJ9.e30.c2ln-_"), &complaint));
    assert_true(identity_check_token("token", SPAN("!~"), &complaint));
    assert_true(identity_check_token("token", SPAN("x"), &complaint));
}

static void a_bad_token_is_told_by_kind_and_place_and_never_shown(void **state) {
    static const struct {
        struct span token;
        const char *piece;
    } bad[] = {
        {{NULL, 0}, "it is missing"},
        {T(""), "it is empty"},
        {T("hushsecret\n"), "holds a line feed at byte 11"},
        {T("hushsecret\r\nX-Evil: 1"), "holds a carriage return at byte 11"},
        {T("hush\0secret"), "holds a NUL byte at byte 5"},
        {T("hush\tsecret"), "holds a tab at byte 5"},
        {T("hush\x01secret"), "holds a control character at byte 5"},
        {T("hush\x7fsecret"), "holds a control character at byte 5"},
        {T("hush\xc3\xa9secret"), "holds a character outside ASCII at byte 5"},
        {T("Bearer hushsecret"), "holds a space at byte 7; expected the token alone, without the word Bearer"},
        {T(" hushsecret"), "holds a space at byte 1"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct complaint complaint = {0};
        assert_false(identity_check_token("token", bad[i].token, &complaint));
        assert_complaint(&complaint, "token", bad[i].piece, bad[i].piece);
        assert_null(strstr(complaint.what, "hush"));
        assert_null(strstr(complaint.what, "secret"));
        assert_false(identity_check_token("link_with", bad[i].token, &complaint));
        assert_string_equal(complaint.option, "link_with");
    }
}

/* ---- resolve: what is accepted ---- */

enum { LINK = 1, UNLINK = 2, BOTH = 3 };

struct accepted {
    int goals;
    struct identity_given given;
    struct span provider, bare;
};

static void resolve_accepts(const struct accepted *rows, size_t count) {
    for (size_t i = 0; i < count; i++)
        for (int goal = 0; goal < 2; goal++) {
            const struct identity_given *given = &rows[i].given;
            struct identity_target target;
            struct complaint complaint = {0};
            char label[40];
            if ((rows[i].goals & 1 << goal) == 0) continue;
            snprintf(label, sizeof label, "row %zu, %s", i, goal == IDENTITY_LINK ? "link" : "unlink");
            if (!identity_resolve((enum identity_goal)goal, given, &target, &complaint))
                fail_msg("%s: %s: %s", label, complaint.option, complaint.what);
            assert_span(target.primary, given->id.at != NULL ? given->id : given->primary, label);
            assert_span(target.provider, rows[i].provider, label);
            assert_span(target.user_id, given->user_id.at != NULL ? given->user_id : given->secondary, label);
            assert_span(target.bare, rows[i].bare, label);
            assert_span(target.connection_id, given->connection_id, label);
            assert_span(target.link_with, given->link_with, label);
            assert_int_equal(target.user_id_is_integer, given->user_id_is_integer && given->user_id.at != NULL);
        }
}

/* A full id under our name, and the same under the API's user_id without provider. */
static void a_full_id_splits_at_the_first_bar(void **state) {
    static const struct {
        struct span whole, provider, bare;
    } ids[] = {
        {T("auth0|63d17c6b77d74b740960460a"), T("auth0"), T("63d17c6b77d74b740960460a")},
        {T("google-oauth2|115015401343387192604"), T("google-oauth2"), T("115015401343387192604")},
        {T("sms|560ebaeef609ee1adaa7c551"), T("sms"), T("560ebaeef609ee1adaa7c551")},
        {T("email|560ebaeef609ee1adaa7c551"), T("email"), T("560ebaeef609ee1adaa7c551")},
        {T("samlp|samling|123456"), T("samlp"), T("samling|123456")},
        {T("samlp|NeoLink|40813347"), T("samlp"), T("NeoLink|40813347")},
        {T("adfs|john@fabrikam.com"), T("adfs"), T("john@fabrikam.com")},
        {T("office365|1003bffd8@MicrosoftOnline.com"), T("office365"), T("1003bffd8@MicrosoftOnline.com")},
        {T("windowslive|4cf0a30169d55031"), T("windowslive"), T("4cf0a30169d55031")},
        {T("oauth2|discord|123"), T("oauth2"), T("discord|123")},
        {T("auth0|MyConn|x"), T("auth0"), T("MyConn|x")},
        {T("auth0|a@b.c"), T("auth0"), T("a@b.c")},
        {T("oauth2|siwe|eip155%3A5%3A0x9c"), T("oauth2"), T("siwe|eip155%3A5%3A0x9c")},
        {T("samlp|acme|7"), T("samlp"), T("acme|7")},
        {T("yammer|7"), T("yammer"), T("7")},
        {T("auth0|..."), T("auth0"), T("...")},
        {T("auth0|..a/b.."), T("auth0"), T("..a/b..")},
        {T("samlp||"), T("samlp"), T("|")},
        {T("auth0|auth0|7"), T("auth0"), T("auth0|7")},
        {T("custom|\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), T("custom"), T("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(ids); i++) {
        const struct accepted rows[] = {
            {BOTH, {.primary = T("auth0|p"), .secondary = ids[i].whole}, ids[i].provider, ids[i].bare},
            {BOTH, {.id = T("auth0|p"), .user_id = ids[i].whole}, ids[i].provider, ids[i].bare},
            {BOTH,
             {.id = T("auth0|p"), .provider = ids[i].provider, .user_id = ids[i].whole},
             ids[i].provider,
             ids[i].bare},
        };
        resolve_accepts(rows, COUNT(rows));
    }
}
static void a_provider_in_so_many_words_is_taken_at_its_word(void **state) {
    static const struct accepted rows[] = {
        {BOTH, API("auth0|p", "google-oauth2", "115"), T("google-oauth2"), T("115")},
        /* acme is a connection: it belongs to the id */
        {BOTH, API("auth0|p", "samlp", "acme|7"), T("samlp"), T("acme|7")},
        /* an unknown one, with its own prefix, without, and with another that is unknown too */
        {BOTH, API("auth0|p", "newcomer", "newcomer|7"), T("newcomer"), T("7")},
        {BOTH, API("auth0|p", "newcomer", "7"), T("newcomer"), T("7")},
        {BOTH, API("auth0|p", "newcomer", "acme|7"), T("newcomer"), T("acme|7")},
        /* a nameless prefix is no provider */
        {BOTH, API("auth0|p", "samlp", "|7"), T("samlp"), T("|7")},
        {BOTH, API("auth0|p", "\xc3\xbc/%", "7"), T("\xc3\xbc/%"), T("7")},
        /* a connection that is called like a provider */
        {BOTH, API("auth0|p", "oauth2", "oauth2|line|7"), T("oauth2"), T("line|7")},
        /* one prefix goes, not two */
        {BOTH, API("auth0|7", "auth0", "auth0|auth0|7"), T("auth0"), T("auth0|7")},
    };
    (void)state;
    resolve_accepts(rows, COUNT(rows));
}

static void a_number_is_a_user_id_of_a_given_provider(void **state) {
    static const struct accepted rows[] = {
        {BOTH, NUMBER("auth0|p", "custom", "9007199254740993"), T("custom"), T("9007199254740993")},
        {BOTH, NUMBER("auth0|p", "custom", "0"), T("custom"), T("0")},
        {BOTH, NUMBER("auth0|p", "custom", "-7"), T("custom"), T("-7")},
    };
    (void)state;
    resolve_accepts(rows, COUNT(rows));
}

static void a_primary_needs_a_provider_and_no_known_one(void **state) {
    static const struct accepted rows[] = {
        {BOTH, OURS("legacy|4 2", "sms|7"), T("sms"), T("7")},
        {BOTH, OURS("newcomer|1", "sms|7"), T("sms"), T("7")},
        {BOTH, OURS("newcomer||", "sms|7"), T("sms"), T("7")},
        {BOTH, OURS("...|...", "sms|7"), T("sms"), T("7")},
        {BOTH, OURS("..x/y|1", "sms|7"), T("sms"), T("7")},
        /* neighbours of "the same account" */
        {BOTH, OURS("sms|70", "sms|7"), T("sms"), T("7")},
        {BOTH, OURS("sms|7", "email|7"), T("email"), T("7")},
        {BOTH, OURS("auth0|ab", "auth0|aB"), T("auth0"), T("aB")},
    };
    (void)state;
    resolve_accepts(rows, COUNT(rows));
}

static void link_with_and_connection_id_go_with_both_namings(void **state) {
    static const struct accepted rows[] = {
        {LINK, {.primary = T("auth0|p"), .link_with = T("a.b.c")}, {NULL, 0}, {NULL, 0}},
        {LINK, {.id = T("auth0|p"), .link_with = T("a.b.c")}, {NULL, 0}, {NULL, 0}},
        {LINK,
         {.primary = T("auth0|p"), .secondary = T("auth0|7"), .connection_id = T("con_0123456789abcdef")},
         T("auth0"),
         T("7")},
        {LINK,
         {.id = T("auth0|p"), .user_id = T("auth0|7"), .connection_id = T("no usual form: \xe2\x82\xac")},
         T("auth0"),
         T("7")},
    };
    (void)state;
    resolve_accepts(rows, COUNT(rows));
}

/* ---- resolve: what is refused ---- */

struct refused {
    int goals;
    struct identity_given given;
    const char *option, *piece;
};

static void resolve_refuses(const struct refused *rows, size_t count) {
    for (size_t i = 0; i < count; i++)
        for (int goal = 0; goal < 2; goal++) {
            struct identity_target target;
            struct complaint complaint = {0};
            char label[40];
            if ((rows[i].goals & 1 << goal) == 0) continue;
            snprintf(label, sizeof label, "row %zu, %s", i, goal == IDENTITY_LINK ? "link" : "unlink");
            if (identity_resolve((enum identity_goal)goal, &rows[i].given, &target, &complaint))
                fail_msg("%s is accepted", label);
            assert_complaint(&complaint, rows[i].option, rows[i].piece, label);
        }
}

static void a_mixture_of_the_two_namings_is_refused(void **state) {
    static const struct refused rows[] = {
        {BOTH, {.primary = T("auth0|p"), .id = T("auth0|p"), .secondary = T("sms|7")}, "id", "primary"},
        {BOTH, {.primary = T("auth0|p"), .provider = T("sms"), .user_id = T("7")}, "user_id", "primary"},
        {BOTH, {.id = T("auth0|p"), .secondary = T("sms|7")}, "id", "secondary"},
        {BOTH, {.primary = T("auth0|p"), .secondary = T("sms|7"), .provider = T("sms")}, "provider", "primary"},
        {BOTH, {.secondary = T("sms|7"), .user_id = T("7")}, "user_id", "secondary"},
        {LINK, {.primary = T("auth0|p"), .id = T("auth0|p"), .link_with = T("a.b.c")}, "id", "primary"},
    };
    (void)state;
    resolve_refuses(rows, COUNT(rows));
}

static void both_ways_of_linking_at_once_are_refused(void **state) {
    static const struct refused rows[] = {
        {LINK,
         {.primary = T("auth0|p"), .secondary = T("sms|7"), .link_with = T("a.b.c")},
         "link_with",
         "does not go with secondary"},
        {LINK,
         {.id = T("auth0|p"), .user_id = T("sms|7"), .link_with = T("a.b.c")},
         "link_with",
         "does not go with user_id"},
        {LINK,
         {.id = T("auth0|p"), .provider = T("sms"), .link_with = T("a.b.c")},
         "link_with",
         "does not go with provider"},
        {LINK,
         {.primary = T("auth0|p"), .connection_id = T("con_0123456789abcdef"), .link_with = T("a.b.c")},
         "link_with",
         "does not go with connection_id"},
    };
    (void)state;
    resolve_refuses(rows, COUNT(rows));
}

static void what_is_missing_is_named(void **state) {
    static const struct refused rows[] = {
        {BOTH, {.primary = {NULL, 0}}, "primary", "it is missing"},
        {BOTH, {.secondary = T("sms|7")}, "primary", "it is missing"},
        {LINK, {.link_with = T("a.b.c")}, "primary", "it is missing"},
        {LINK, {.connection_id = T("con_0123456789abcdef")}, "primary", "it is missing"},
        {LINK, {.primary = T("auth0|p")}, "secondary", "to link (or link_with"},
        {UNLINK, {.primary = T("auth0|p")}, "secondary", "to unlink; it is missing"},
        {BOTH, {.user_id = T("sms|7")}, "id", "it is missing"},
        {BOTH, {.provider = T("sms"), .user_id = T("7")}, "id", "it is missing"},
        {BOTH, {.provider = T("sms")}, "id", "it is missing"},
        {LINK, {.id = T("auth0|p")}, "user_id", "to link (or link_with"},
        {UNLINK, {.id = T("auth0|p")}, "user_id", "to unlink; it is missing"},
        {BOTH, {.id = T("auth0|p"), .provider = T("sms")}, "user_id", "it is missing"},
        {BOTH, API_FULL("auth0|p", "7"), "provider", "user_id begins with no known one"},
        {BOTH, {.id = T("auth0|p"), .user_id = T("7"), .user_id_is_integer = true}, "provider", "user_id begins"},
    };
    (void)state;
    resolve_refuses(rows, COUNT(rows));
}

static void what_only_linking_has_is_refused_by_unlink(void **state) {
    static const struct refused rows[] = {
        {UNLINK, {.primary = T("auth0|p"), .link_with = T("a.b.c")}, "link_with", "for linking alone"},
        {UNLINK,
         {.primary = T("auth0|p"), .secondary = T("auth0|7"), .connection_id = T("con_0123456789abcdef")},
         "connection_id",
         "for linking alone"},
    };
    (void)state;
    resolve_refuses(rows, COUNT(rows));
}

static void a_secondary_without_a_known_provider_is_refused(void **state) {
    static const struct refused rows[] = {
        {BOTH, OURS("auth0|p", "115"), "secondary", "give id, provider and user_id"},
        {BOTH, OURS("auth0|p", "acme|7"), "secondary", "give id, provider and user_id"},
        {BOTH, OURS("auth0|p", "|7"), "secondary", "expected a full id"},
        {BOTH, OURS("auth0|p", "Auth0|7"), "secondary", "expected a full id"},
        {BOTH, API_FULL("auth0|p", "acme|7"), "provider", "begins with no known one"},
        {BOTH, API_FULL("auth0|p", "|7"), "provider", "begins with no known one"},
    };
    (void)state;
    resolve_refuses(rows, COUNT(rows));
}

static void a_primary_without_a_provider_or_with_nothing_behind_it_is_refused(void **state) {
    static const struct refused rows[] = {
        {BOTH, OURS("legacy 42", "sms|7"), "primary", "expected a full id, such as auth0|507f1f77"},
        {BOTH, OURS("|", "sms|7"), "primary", "expected a full id"},
        {BOTH, OURS("|7", "sms|7"), "primary", "expected a full id"},
        {BOTH, OURS("auth0|", "sms|7"), "primary", "ends at its \"|\""},
        {BOTH, API("63d1", "sms", "7"), "id", "expected a full id"},
        {BOTH, API_FULL("newcomer|", "sms|7"), "id", "ends at its \"|\""},
        {LINK, {.primary = T("63d1"), .link_with = T("a.b.c")}, "primary", "expected a full id"},
    };
    (void)state;
    resolve_refuses(rows, COUNT(rows));
}

/* What passes alone can be the primary, and the secondary; with a provider, the user_id. */
static void an_id_is_checked_without_its_counterpart(void **state) {
    static const struct {
        struct span id, provider;
        const char *option, *piece;
    } rows[] = {
        {T("auth0|63d1"), {NULL, 0}, NULL, NULL},
        {T("samlp|acme|7"), {NULL, 0}, NULL, NULL},
        {T("115"), T("google-oauth2"), NULL, NULL},
        {T("google-oauth2|115"), T("google-oauth2"), NULL, NULL},
        {T("newcomer|7"), T("newcomer"), NULL, NULL},
        {T("acme|7"), T("samlp"), NULL, NULL},
        {T(""), {NULL, 0}, "id", "not empty"},
        {T("115"), {NULL, 0}, "id", "expected a full id"},
        {T("|7"), {NULL, 0}, "id", "expected a full id"},
        {T("auth0|"), {NULL, 0}, "id", "ends at its \"|\""},
        {T("auth0|"), T("auth0"), "id", "ends at its \"|\""},
        {T("newcomer|7"), {NULL, 0}, "provider", "id begins with no known one"},
        {T("auth0|7"), T("sms"), "provider", "contradicts id"},
        {T("auth0|7\r"), {NULL, 0}, "id", "a carriage return at byte 8"},
        {T("sms|\xff"), T("sms"), "id", "not UTF-8"},
        {T("7"), T(""), "provider", "not empty"},
        {T("7"), T("s|"), "provider", "holds a \"|\""},
        {T("auth0|.."), {NULL, 0}, "id", "user's path"},
        {T("7"), T(".."), "provider", "user's path"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct complaint complaint = {0};
        bool good = identity_check(rows[i].id, rows[i].provider, &complaint);
        if (good != (rows[i].option == NULL)) fail_msg("row %zu: %s", i, complaint.what);
        if (!good) assert_complaint(&complaint, rows[i].option, rows[i].piece, rows[i].piece);
    }
}

static void a_provider_that_contradicts_a_known_prefix_is_refused(void **state) {
    static const struct refused rows[] = {
        {BOTH, API("auth0|p", "google-oauth2", "auth0|7"), "provider", "begins with \"auth0|\""},
        {BOTH, API("auth0|p", "newcomer", "samlp|acme|7"), "provider", "begins with \"samlp|\""},
        {BOTH, API("auth0|p", "oauth2", "line|7"), "provider", "a full id begins with its provider"},
    };
    (void)state;
    resolve_refuses(rows, COUNT(rows));
}

static void a_provider_is_a_word_without_a_bar(void **state) {
    static const struct refused rows[] = {
        {BOTH, API("auth0|p", "sms|7", "7"), "provider", "holds a \"|\""},
        {BOTH, API("auth0|p", "|", "7"), "provider", "holds a \"|\""},
        {BOTH, API("auth0|p", "", "7"), "provider", "not empty"},
        {BOTH, API("auth0|p", "s\nms", "7"), "provider", "a line feed"},
        {BOTH, API("auth0|p", "s\xff", "7"), "provider", "not UTF-8"},
    };
    (void)state;
    resolve_refuses(rows, COUNT(rows));
}

static void a_dot_segment_is_refused_everywhere(void **state) {
    static const struct refused rows[] = {
        {BOTH, OURS(".", "sms|7"), "primary", "out of the user's path"},
        {BOTH, OURS("..", "sms|7"), "primary", "out of the user's path"},
        {LINK, {.primary = T(".."), .link_with = T("a.b.c")}, "primary", "out of the user's path"},
        {BOTH, API_FULL("..", "sms|7"), "id", "out of the user's path"},
        {BOTH, OURS("auth0|p", "auth0|."), "secondary", "out of the user's path"},
        {BOTH, OURS("auth0|p", "auth0|.."), "secondary", "out of the user's path"},
        {BOTH, API_FULL("auth0|p", "auth0|.."), "user_id", "out of the user's path"},
        {BOTH, API("auth0|p", "sms", ".."), "user_id", "user's path"},
        {BOTH, API("auth0|p", "sms", "sms|.."), "user_id", "user's path"},
        {BOTH, OURS("../x", "sms|7"), "primary", "user's path"},
        {BOTH, OURS("auth0|a/..", "sms|7"), "primary", "user's path"},
        {BOTH, OURS("auth0|p", "samlp|a/../../../clients/K"), "secondary", "user's path"},
        {BOTH, OURS("auth0|p", "samlp|a\\..\\b"), "secondary", "user's path"},
        {BOTH, API("auth0|p", "sms", "a/./b"), "user_id", "user's path"},
        {BOTH, API("auth0|p", ".", "7"), "provider", "user's path"},
        {BOTH, API("auth0|p", "..", "7"), "provider", "user's path"},
    };
    (void)state;
    resolve_refuses(rows, COUNT(rows));
}

static void an_id_that_is_empty_or_ends_at_its_bar_is_refused(void **state) {
    static const struct refused rows[] = {
        {BOTH, OURS("", "sms|7"), "primary", "not empty"},
        {BOTH, OURS("auth0|p", ""), "secondary", "not empty"},
        {BOTH, API_FULL("", "sms|7"), "id", "not empty"},
        {BOTH, API("auth0|p", "sms", ""), "user_id", "not empty"},
        {LINK,
         {.primary = T("auth0|p"), .secondary = T("auth0|7"), .connection_id = T("")},
         "connection_id",
         "not empty"},
        {LINK, {.primary = T("auth0|p"), .link_with = T("")}, "link_with", "it is empty"},
        {BOTH, OURS("auth0|p", "google-oauth2|"), "secondary", "ends at its \"|\""},
        {BOTH, API("auth0|p", "sms", "sms|"), "user_id", "ends at its"},
    };
    (void)state;
    resolve_refuses(rows, COUNT(rows));
}

static void control_characters_are_refused_in_every_text(void **state) {
    static const struct refused rows[] = {
        {BOTH, OURS("auth0|p\n", "sms|7"), "primary", "a line feed at byte 8"},
        {BOTH, OURS("auth0|p", "sms|7\0"), "secondary", "a NUL byte at byte 6"},
        {BOTH, API_FULL("\x1b[2J", "sms|7"), "id", "a control character at byte 1"},
        {BOTH, API_FULL("auth0|p", "sms|\x7f"), "user_id", "a control character at byte 5"},
        {LINK,
         {.primary = T("auth0|p"), .secondary = T("auth0|7"), .connection_id = T("con_\t")},
         "connection_id",
         "a tab at byte 5"},
        {LINK, {.primary = T("auth0|p"), .link_with = T("a.b.c\r\n")}, "link_with", "a carriage return at byte 6"},
    };
    (void)state;
    resolve_refuses(rows, COUNT(rows));
}

static void what_is_not_utf8_is_refused(void **state) {
    static const struct refused rows[] = {
        {BOTH, {.primary = T("auth0|p"), .secondary = T("sms|\x80")}, "secondary", "is not UTF-8 at byte 5"},
        {BOTH, {.primary = T("sms|\xc3"), .secondary = T("sms|7")}, "primary", "is not UTF-8 at byte 5"},
        {BOTH, {.primary = T("auth0|p"), .secondary = T("sms|\xc3\xa9\xff")}, "secondary", "is not UTF-8 at byte 7"},
    };
    (void)state;
    resolve_refuses(rows, COUNT(rows));
}

static void ids_of_all_of_utf8_are_accepted(void **state) {
    static const struct accepted row = {
        BOTH,
        {.primary = T("auth0|\xf4\x8f\xbf\xbf"), .secondary = T("sms|\xc2\xa0\xe2\x82\xac")},
        T("sms"),
        T("\xc2\xa0\xe2\x82\xac")};
    (void)state;
    resolve_accepts(&row, 1);
}

static void an_account_with_itself_is_refused(void **state) {
    static const struct refused rows[] = {
        {LINK, OURS("sms|7", "sms|7"), "secondary", "be linked with itself"},
        {UNLINK, OURS("sms|7", "sms|7"), "secondary", "main identity cannot be removed"},
        {BOTH, OURS("sms|7", "sms|7"), "secondary", "same account as primary"},
        {BOTH, API("sms|7", "sms", "7"), "user_id", "same account as id"},
        {BOTH, API("sms|7", "sms", "sms|7"), "user_id", "as id"},
        {BOTH, API_FULL("sms|7", "sms|7"), "user_id", "same account as id"},
        {BOTH, API("samlp|acme|7", "samlp", "acme|7"), "user_id", "as id"},
        {BOTH, NUMBER("custom|7", "custom", "7"), "user_id", "same account as id"},
    };
    (void)state;
    resolve_refuses(rows, COUNT(rows));
}

static void a_text_under_another_name_is_no_number(void **state) {
    static const struct accepted rows[] = {
        {BOTH, {.primary = T("auth0|p"), .secondary = T("sms|7"), .user_id_is_integer = true}, T("sms"), T("7")},
        {LINK, {.id = T("auth0|p"), .link_with = T("a.b.c"), .user_id_is_integer = true}, {NULL, 0}, {NULL, 0}},
    };
    (void)state;
    resolve_accepts(rows, COUNT(rows));
}

static void what_is_no_whole_number_is_never_written_without_quotes(void **state) {
    static const struct span texts[] = {
        T("7.5"), T("1e9"), T("007"), T("-"), T("--7"), T("-0"), T("7,\"x\":1"), T("custom|7"),
    };
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        const struct refused row = {
            BOTH,
            {.id = T("auth0|p"), .provider = T("custom"), .user_id = texts[i], .user_id_is_integer = true},
            "user_id",
            "expected a whole number"};
        resolve_refuses(&row, 1);
    }
}

static void a_token_stands_in_no_complaint(void **state) {
    static const struct identity_given given[] = {
        {.link_with = T("hush.secret.token")},
        {.primary = T("auth0|p"), .secondary = T("sms|7"), .link_with = T("hush.secret.token")},
        {.primary = T("auth0|p"), .link_with = T("hush.secret.token\n")},
        OURS("auth0|p", "hush.secret.token"),
        API_FULL("auth0|p", "hush.secret.token"),
    };
    (void)state;
    for (size_t i = 0; i < COUNT(given); i++)
        for (int goal = 0; goal < 2; goal++) {
            struct identity_target target;
            struct complaint complaint;
            assert_false(identity_resolve((enum identity_goal)goal, &given[i], &target, &complaint));
            assert_fit_for_a_log(&complaint);
            assert_null(strstr(complaint.what, "hush"));
        }
}

/* ---- path ---- */

static size_t write_path(enum identity_goal goal, const struct identity_target *target, char *to) {
    size_t size = identity_user_path(target, to);
    return size + identity_path_below(goal, target, to + size);
}

static void a_path_is_percent_encoded_exactly_once(void **state) {
    static const struct {
        struct identity_given given;
        const char *link, *unlink;
    } rows[] = {
        {OURS("auth0|63d1", "google-oauth2|1150"), "/api/v2/users/auth0%7C63d1/identities",
         "/api/v2/users/auth0%7C63d1/identities/google-oauth2/1150"},
        {OURS("auth0|a@b.c", "samlp|acme|7"), "/api/v2/users/auth0%7Ca%40b.c/identities",
         "/api/v2/users/auth0%7Ca%40b.c/identities/samlp/acme%7C7"},
        {OURS("oauth2|siwe|eip155%3A5", "oauth2|siwe|eip155%3A6"),
         "/api/v2/users/oauth2%7Csiwe%7Ceip155%253A5/identities",
         "/api/v2/users/oauth2%7Csiwe%7Ceip155%253A5/identities/oauth2/siwe%7Ceip155%253A6"},
        {OURS("..a/x|1", "auth0|a/...\\b"), "/api/v2/users/..a%2Fx%7C1/identities",
         "/api/v2/users/..a%2Fx%7C1/identities/auth0/a%2F...%5Cb"},
        {OURS("AZaz09|-._~", "custom|\xc3\xa9\xf0\x9f\x98\x80"), "/api/v2/users/AZaz09%7C-._~/identities",
         "/api/v2/users/AZaz09%7C-._~/identities/custom/%C3%A9%F0%9F%98%80"},
        {OURS(" !\"#$%&'()*+,/:;<=>?@[\\]^`{|}", "custom|+ ?#"),
         "/api/v2/users/"
         "%20%21%22%23%24%25%26%27%28%29%2A%2B%2C%2F%3A%3B%3C%3D%3E%3F%40%5B%5C%5D%5E%60%7B%7C%7D/identities",
         "/api/v2/users/"
         "%20%21%22%23%24%25%26%27%28%29%2A%2B%2C%2F%3A%3B%3C%3D%3E%3F%40%5B%5C%5D%5E%60%7B%7C%7D/identities"
         "/custom/%2B%20%3F%23"},
        {API("auth0|p", "new comer", "new comer|7"), "/api/v2/users/auth0%7Cp/identities",
         "/api/v2/users/auth0%7Cp/identities/new%20comer/7"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        for (int goal = 0; goal < 2; goal++) {
            struct identity_target target;
            struct complaint complaint;
            char path[400];
            assert_true(identity_resolve((enum identity_goal)goal, &rows[i].given, &target, &complaint));
            assert_in_range(identity_path_room(&target), 1, sizeof path);
            size_t size = write_path((enum identity_goal)goal, &target, path);
            assert_in_range(size, 1, identity_path_room(&target));
            assert_span((struct span){path, size}, span_of(goal == IDENTITY_LINK ? rows[i].link : rows[i].unlink),
                        "path");
        }
}

static void a_users_own_path_is_where_its_identities_are(void **state) {
    const struct identity_target target = {.primary = T("auth0|a/../b%")};
    char path[100];
    (void)state;
    assert_in_range(identity_path_room(&target), 1, sizeof path);
    size_t size = identity_user_path(&target, path);
    assert_span((struct span){path, size}, SPAN("/api/v2/users/auth0%7Ca%2F..%2Fb%25"), "path");
}

static void a_path_needs_no_second_account_to_link_by_token(void **state) {
    const struct identity_given given = {.primary = T("auth0|p"), .link_with = T("a.b.c")};
    struct identity_target target;
    struct complaint complaint;
    char path[100];
    (void)state;
    assert_true(identity_resolve(IDENTITY_LINK, &given, &target, &complaint));
    assert_in_range(identity_path_room(&target), 1, sizeof path);
    size_t size = write_path(IDENTITY_LINK, &target, path);
    assert_span((struct span){path, size}, SPAN("/api/v2/users/auth0%7Cp/identities"), "path");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_published_provider_is_known),
        cmocka_unit_test(other_words_are_no_known_providers),
        cmocka_unit_test(a_token_is_visible_ascii),
        cmocka_unit_test(a_bad_token_is_told_by_kind_and_place_and_never_shown),
        cmocka_unit_test(a_full_id_splits_at_the_first_bar),
        cmocka_unit_test(a_provider_in_so_many_words_is_taken_at_its_word),
        cmocka_unit_test(a_number_is_a_user_id_of_a_given_provider),
        cmocka_unit_test(a_primary_needs_a_provider_and_no_known_one),
        cmocka_unit_test(link_with_and_connection_id_go_with_both_namings),
        cmocka_unit_test(a_mixture_of_the_two_namings_is_refused),
        cmocka_unit_test(both_ways_of_linking_at_once_are_refused),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(what_only_linking_has_is_refused_by_unlink),
        cmocka_unit_test(a_secondary_without_a_known_provider_is_refused),
        cmocka_unit_test(a_primary_without_a_provider_or_with_nothing_behind_it_is_refused),
        cmocka_unit_test(an_id_is_checked_without_its_counterpart),
        cmocka_unit_test(a_provider_that_contradicts_a_known_prefix_is_refused),
        cmocka_unit_test(a_provider_is_a_word_without_a_bar),
        cmocka_unit_test(a_dot_segment_is_refused_everywhere),
        cmocka_unit_test(an_id_that_is_empty_or_ends_at_its_bar_is_refused),
        cmocka_unit_test(control_characters_are_refused_in_every_text),
        cmocka_unit_test(what_is_not_utf8_is_refused),
        cmocka_unit_test(ids_of_all_of_utf8_are_accepted),
        cmocka_unit_test(an_account_with_itself_is_refused),
        cmocka_unit_test(a_text_under_another_name_is_no_number),
        cmocka_unit_test(what_is_no_whole_number_is_never_written_without_quotes),
        cmocka_unit_test(a_token_stands_in_no_complaint),
        cmocka_unit_test(a_path_is_percent_encoded_exactly_once),
        cmocka_unit_test(a_users_own_path_is_where_its_identities_are),
        cmocka_unit_test(a_path_needs_no_second_account_to_link_by_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
