#include "pure/claims.h"
#include "unit/pure/complaints.h"

static const int64_t NOON = 1700000000, HOUR = 3600;

/* Tokens as jwt_read gives them, of which nothing more is said than a test is about. */
static const struct jwt users = {.sub = T("auth0|1")};
static const struct jwt machines = {.sub = T("x7@clients"), .is_machine = true};
static const struct jwt secondarys = {.alg = T("RS256"), .sub = T("google-oauth2|2")};

static const struct identity_given by_ids = {.primary = T("auth0|1"), .secondary = T("google-oauth2|2")};
static const struct identity_given by_link_with = {.primary = T("auth0|1"), .link_with = T("a.b.c")};

static struct claims_use use_of(enum operation_kind kind) {
    return (struct claims_use){.kind = kind, .check_scopes = true, .unix_now = NOON};
}

static void assert_text(struct span actual, const char *expected) {
    assert_true(span_equals(actual, span_of(expected)) && actual.at != NULL);
}

/* ---- whose account ---- */

static void a_users_token_names_the_primary(void **state) {
    (void)state;
    const struct claims claims = {.token = &users};
    struct identity_given given = {.secondary = SPAN("google-oauth2|2")};
    claims_complete(&claims, &given);
    assert_text(given.primary, "auth0|1");
    assert_null(given.id.at);
}

static void it_does_so_under_the_name_that_goes_with_the_others(void **state) {
    (void)state;
    const struct claims claims = {.token = &users};
    struct identity_given given = {.provider = SPAN("google-oauth2"), .user_id = SPAN("2")};
    claims_complete(&claims, &given);
    assert_text(given.id, "auth0|1");
    assert_null(given.primary.at);
    given = (struct identity_given){.user_id = SPAN("2")};
    claims_complete(&claims, &given);
    assert_text(given.id, "auth0|1");
}

static void what_the_caller_gave_stands(void **state) {
    (void)state;
    const struct claims claims = {.token = &users};
    struct identity_given given = {.primary = SPAN("auth0|7")};
    claims_complete(&claims, &given);
    assert_text(given.primary, "auth0|7");
    given = (struct identity_given){.id = SPAN("auth0|8"), .provider = SPAN("google-oauth2")};
    claims_complete(&claims, &given);
    assert_text(given.id, "auth0|8");
    given = (struct identity_given){.id = SPAN("")}; /* an empty one was given, too: it is refused later */
    claims_complete(&claims, &given);
    assert_true(given.id.at != NULL && given.id.size == 0 && given.primary.at == NULL);
}

static void no_other_token_names_a_primary(void **state) {
    (void)state;
    const struct jwt nameless = {.alg = SPAN("RS256")};
    const struct claims claims[] = {{.token = NULL}, {.token = &machines}, {.token = &nameless}};
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
        struct identity_given given = {.secondary = SPAN("google-oauth2|2")};
        claims_complete(&claims[i], &given);
        assert_true(given.primary.at == NULL && given.id.at == NULL);
    }
}

/* ---- what is refused ---- */

static void assert_refused(struct claims claims, struct identity_given given, struct claims_use use,
                           enum failure_code code, const char *option, const char *words) {
    struct complaint complaint = {"", ""};
    assert_int_equal(claims_refuse(&claims, &given, use, &complaint), code);
    assert_string_equal(complaint.option, option);
    if (strstr(complaint.what, words) == NULL) fail_msg("\"%s\" has no \"%s\"", complaint.what, words);
}

static void assert_allowed(struct claims claims, struct identity_given given, struct claims_use use) {
    struct complaint complaint = {"", ""};
    assert_int_equal(claims_refuse(&claims, &given, use, &complaint), CODE_OK);
}

static void what_cannot_be_looked_into_is_not_refused(void **state) {
    (void)state;
    assert_allowed((struct claims){.token = NULL}, by_ids, use_of(OPERATION_LINK));
}

static void a_token_that_expired_long_ago_is_unauthorized(void **state) {
    (void)state;
    const struct jwt old = {.has_exp = true, .exp = NOON - 3 * HOUR};
    for (int kind = OPERATION_LINK; kind <= OPERATION_ONCE; kind++)
        assert_refused((struct claims){.token = &old}, by_ids, use_of((enum operation_kind)kind), CODE_UNAUTHORIZED,
                       "token", "expired 3 hours ago");
}

/* A machine's clock is wrong by an hour where a time zone is. */
static void one_that_may_only_seem_to_have_expired_is_sent(void **state) {
    (void)state;
    const struct jwt hour = {.has_exp = true, .exp = NOON - HOUR}, more = {.has_exp = true, .exp = NOON - HOUR - 61};
    assert_allowed((struct claims){.token = &hour}, by_ids, use_of(OPERATION_LINK));
    assert_refused((struct claims){.token = &more}, by_ids, use_of(OPERATION_LINK), CODE_UNAUTHORIZED, "token",
                   "expired");
}

static void nothing_has_expired_where_the_time_is_not_known(void **state) {
    (void)state;
    const struct jwt old = {.alg = SPAN("RS256"), .sub = SPAN("a|2"), .has_exp = true, .exp = INT64_MIN};
    struct claims_use use = use_of(OPERATION_LINK);
    use.unix_now = INT64_MIN;
    assert_allowed((struct claims){.token = &old, .has_link_with = true, .link_with = old}, by_link_with, use);
}

static void a_token_without_the_scope_is_forbidden(void **state) {
    (void)state;
    const struct jwt reader = {.scope = SPAN("read:users")};
    const struct jwt own = {.scope = SPAN("update:current_user_identities")};
    const struct claims readers = {.token = &reader};
    struct claims owns = {.token = &own};
    assert_refused(readers, by_ids, use_of(OPERATION_LINK), CODE_FORBIDDEN, "token", "update:users");
    assert_refused(readers, by_ids, use_of(OPERATION_UNLINK), CODE_FORBIDDEN, "token", "update:users");
    assert_refused(readers, by_link_with, use_of(OPERATION_LINK), CODE_FORBIDDEN, "token", "update:users");
    /* A user links the account that an ID token shows, and unlinks; by ids only an application links. */
    assert_refused(owns, by_ids, use_of(OPERATION_LINK), CODE_FORBIDDEN, "token", "update:users");
    assert_allowed(owns, by_ids, use_of(OPERATION_UNLINK));
    owns.has_link_with = true;
    owns.link_with = secondarys;
    assert_allowed(owns, by_link_with, use_of(OPERATION_LINK));
}

static void scopes_are_not_checked_where_the_need_is_not_known_or_the_caller_says_so(void **state) {
    (void)state;
    const struct jwt reader = {.scope = SPAN("read:users")};
    struct claims_use use = use_of(OPERATION_LINK);
    assert_allowed((struct claims){.token = &reader}, by_ids, use_of(OPERATION_FREE));
    assert_allowed((struct claims){.token = &reader}, by_ids, use_of(OPERATION_ONCE));
    use.check_scopes = false;
    assert_allowed((struct claims){.token = &reader}, by_ids, use);
}

static void an_expired_token_is_told_before_a_scope_that_it_lacks(void **state) {
    (void)state;
    const struct jwt old = {.has_exp = true, .exp = NOON - 3 * HOUR, .scope = SPAN("read:users")};
    assert_refused((struct claims){.token = &old}, by_ids, use_of(OPERATION_LINK), CODE_UNAUTHORIZED, "token",
                   "expired");
}

static void a_link_with_that_the_tenant_can_only_refuse_is_an_invalid_request(void **state) {
    (void)state;
    struct jwt of_secret = secondarys, nameless = secondarys, old = secondarys;
    of_secret.alg = SPAN("HS256");
    nameless.sub = SPAN("");
    old.has_exp = true;
    old.exp = NOON - 3 * HOUR;
    struct claims_use use = use_of(OPERATION_LINK);
    assert_refused((struct claims){.has_link_with = false}, by_link_with, use, CODE_INVALID_REQUEST, "link_with",
                   "is no JWT");
    assert_refused((struct claims){.has_link_with = true, .link_with = of_secret}, by_link_with, use,
                   CODE_INVALID_REQUEST, "link_with", "RS256");
    assert_refused((struct claims){.has_link_with = true, .link_with = nameless}, by_link_with, use,
                   CODE_INVALID_REQUEST, "link_with", "has no sub");
    assert_refused((struct claims){.has_link_with = true, .link_with = old}, by_link_with, use, CODE_INVALID_REQUEST,
                   "link_with", "expired");
    assert_allowed((struct claims){.has_link_with = true, .link_with = secondarys}, by_link_with, use);
}

static void an_account_is_not_linked_with_itself(void **state) {
    (void)state;
    const struct claims claims = {.has_link_with = true, .link_with = secondarys};
    const struct identity_given primary = {.primary = secondarys.sub, .link_with = SPAN("a.b.c")};
    const struct identity_given id = {.id = secondarys.sub, .link_with = SPAN("a.b.c")};
    assert_refused(claims, primary, use_of(OPERATION_LINK), CODE_INVALID_REQUEST, "link_with", "the primary account");
    assert_refused(claims, id, use_of(OPERATION_LINK), CODE_INVALID_REQUEST, "link_with", "the primary account");
}

static void a_token_that_is_refused_is_told_before_a_link_with(void **state) {
    (void)state;
    const struct jwt reader = {.scope = SPAN("read:users")};
    assert_refused((struct claims){.token = &reader}, by_link_with, use_of(OPERATION_LINK), CODE_FORBIDDEN, "token",
                   "update:users");
}

/* ---- which account a lost answer is settled by ---- */

static void link_with_names_the_account(void **state) {
    (void)state;
    const struct claims claims = {.has_link_with = true, .link_with = {.sub = SPAN("samlp|acme|7")}};
    struct identity_target target = {.primary = SPAN("auth0|1"), .link_with = SPAN("a.b.c")};
    claims_name(&claims, &target);
    assert_text(target.provider, "samlp");
    assert_text(target.user_id, "acme|7");
    assert_text(target.bare, "acme|7");
}

static void a_target_that_has_a_name_keeps_it(void **state) {
    (void)state;
    const struct claims claims = {.has_link_with = true, .link_with = secondarys};
    struct identity_target target = {.provider = SPAN("auth0"), .user_id = SPAN("auth0|2"), .bare = SPAN("2")};
    claims_name(&claims, &target);
    assert_text(target.provider, "auth0");
    assert_text(target.user_id, "auth0|2");
    assert_text(target.bare, "2");
}

static void what_names_no_account_leaves_the_target_without_one(void **state) {
    (void)state;
    const struct span subs[] = {SPAN("x7@clients"), SPAN("|7"), SPAN(""), {NULL, 0}};
    for (size_t i = 0; i < sizeof subs / sizeof *subs; i++) {
        const struct claims claims = {.has_link_with = true, .link_with = {.sub = subs[i]}};
        struct identity_target target = {.primary = SPAN("auth0|1")};
        claims_name(&claims, &target);
        assert_null(target.provider.at);
    }
    const struct claims unread = {.has_link_with = false, .link_with = secondarys};
    struct identity_target target = {.primary = SPAN("auth0|1")};
    claims_name(&unread, &target);
    assert_null(target.provider.at);
}

/* ---- why it was refused ---- */

static void assert_words(const struct jwt *token, int64_t date, int64_t unix_now, const char *expected) {
    const struct claims_place place = {SPAN("acme.test:8443"), date, unix_now};
    char words[CLAIMS_WORDS];
    claims_explain(token, &place, words);
    assert_string_equal(words, expected);
}

static void a_token_that_is_no_jwt_is_told(void **state) {
    (void)state;
    assert_words(NULL, -1, INT64_MIN, "it is no JWT, as access tokens for the Management API are");
}

static void it_expired_by_the_tenants_clock_where_that_is_known(void **state) {
    const struct jwt token = {.has_exp = true, .exp = NOON};
    (void)state;
    assert_words(&token, NOON + 2 * HOUR, NOON + 2 * HOUR, "it expired 2 hours ago by the tenant's clock");
    assert_words(&token, NOON, NOON, "it expired 0 seconds ago by the tenant's clock");
    assert_words(&token, NOON - 1, NOON - 1, "");
    assert_words(&token, -1, NOON + 2 * HOUR, "it expired 2 hours ago by this machine's clock");
    assert_words(&token, -1, INT64_MIN, "");
    assert_words(&token, NOON + 90, INT64_MIN, "it expired 90 seconds ago by the tenant's clock");
}

static void a_clock_that_is_off_is_told(void **state) {
    const struct jwt token = {.has_exp = true, .exp = NOON};
    (void)state;
    assert_words(&token, NOON - HOUR, NOON + HOUR, "this machine's clock is 2 hours ahead of the tenant's");
    assert_words(&token, NOON - HOUR, NOON - 4 * HOUR, "this machine's clock is 3 hours behind the tenant's");
    assert_words(&token, NOON - HOUR, NOON - HOUR + 60, "");
    assert_words(
        &token, NOON + HOUR, NOON - HOUR,
        "it expired 60 minutes ago by the tenant's clock; this machine's clock is 2 hours behind the tenant's");
}

static void an_audience_that_is_not_the_tenants_is_told(void **state) {
    static const struct span good[] = {T("https://acme.test/api/v2/"), T("https://acme.test:8443/api/v2/"),
                                       T("x https://acme.test/api/v2/ y")};
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) assert_words(&(struct jwt){.aud = good[i]}, NOON, NOON, "");
    assert_words(&(struct jwt){.aud = SPAN("https://other.test/api/v2/ x")}, NOON, NOON,
                 "its aud is \"https://other.test/api/v2/\"");
    assert_words(&(struct jwt){.aud = SPAN("https://acme.test/api/v2")}, NOON, NOON,
                 "its aud is \"https://acme.test/api/v2\"");
    assert_words(&(struct jwt){.aud = SPAN("a\nb")}, NOON, NOON, "its aud is not this domain's");
    assert_words(&(struct jwt){.aud = SPAN("")}, NOON, NOON, "its aud is \"\"");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_users_token_names_the_primary),
        cmocka_unit_test(it_does_so_under_the_name_that_goes_with_the_others),
        cmocka_unit_test(what_the_caller_gave_stands),
        cmocka_unit_test(no_other_token_names_a_primary),
        cmocka_unit_test(what_cannot_be_looked_into_is_not_refused),
        cmocka_unit_test(a_token_that_is_no_jwt_is_told),
        cmocka_unit_test(it_expired_by_the_tenants_clock_where_that_is_known),
        cmocka_unit_test(a_clock_that_is_off_is_told),
        cmocka_unit_test(an_audience_that_is_not_the_tenants_is_told),
        cmocka_unit_test(a_token_that_expired_long_ago_is_unauthorized),
        cmocka_unit_test(one_that_may_only_seem_to_have_expired_is_sent),
        cmocka_unit_test(nothing_has_expired_where_the_time_is_not_known),
        cmocka_unit_test(a_token_without_the_scope_is_forbidden),
        cmocka_unit_test(scopes_are_not_checked_where_the_need_is_not_known_or_the_caller_says_so),
        cmocka_unit_test(an_expired_token_is_told_before_a_scope_that_it_lacks),
        cmocka_unit_test(a_link_with_that_the_tenant_can_only_refuse_is_an_invalid_request),
        cmocka_unit_test(an_account_is_not_linked_with_itself),
        cmocka_unit_test(a_token_that_is_refused_is_told_before_a_link_with),
        cmocka_unit_test(link_with_names_the_account),
        cmocka_unit_test(a_target_that_has_a_name_keeps_it),
        cmocka_unit_test(what_names_no_account_leaves_the_target_without_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
