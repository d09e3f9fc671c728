/* clang-format keeps these four in their order: cmocka.h needs the other three before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pure/limits.h"

static const struct span none = {NULL, 0};

static enum pace_class class_of(enum request_method method, const char *path) {
    return limits_class(OPERATION_FREE, method, span_of(path));
}

static void a_link_writes_and_an_unlink_deletes_whatever_else_is_said(void **state) {
    (void)state;
    assert_int_equal(limits_class(OPERATION_LINK, REQUEST_GET, none), PACE_WRITE);
    assert_int_equal(limits_class(OPERATION_UNLINK, REQUEST_GET, none), PACE_DELETE);
}

static void requests_about_users_read_or_write_them(void **state) {
    (void)state;
    const char *const paths[] = {"/api/v2/users", "/api/v2/users/auth0%7C1?fields=identities", "/api/v2/users?q=x",
                                 "/api/v2/users-by-email?email=a%40b"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_int_equal(class_of(REQUEST_GET, paths[i]), PACE_READ);
        assert_int_equal(class_of(REQUEST_POST, paths[i]), PACE_WRITE);
        assert_int_equal(class_of(REQUEST_PATCH, paths[i]), PACE_WRITE);
        assert_int_equal(class_of(REQUEST_PUT, paths[i]), PACE_WRITE);
    }
}

static void a_users_organizations_are_read_from_a_bucket_of_their_own(void **state) {
    (void)state;
    assert_int_equal(class_of(REQUEST_GET, "/api/v2/users/auth0%7C1/organizations"), PACE_ORGANIZATIONS);
    assert_int_equal(class_of(REQUEST_GET, "/api/v2/users/auth0%7C1/organizations?per_page=100"), PACE_ORGANIZATIONS);
    const char *const others[] = {"/api/v2/users/auth0%7C1/organizations/x", "/api/v2/users/auth0%7C1/organizationsx",
                                  "/api/v2/users/organizations", "/api/v2/users/auth0%7C1?q=/organizations",
                                  "/api/v2/users/"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(class_of(REQUEST_GET, others[i]), PACE_READ);
}

static void an_organizations_members_are_changed_from_a_bucket_of_their_own(void **state) {
    (void)state;
    assert_int_equal(class_of(REQUEST_POST, "/api/v2/organizations/org_1/members"), PACE_MEMBERS);
    assert_int_equal(class_of(REQUEST_DELETE, "/api/v2/organizations/org_1/members"), PACE_MEMBERS);
    assert_int_equal(class_of(REQUEST_GET, "/api/v2/organizations/org_1/members"), PACE_OTHER);
    assert_int_equal(class_of(REQUEST_POST, "/api/v2/organizations/org_1/members/auth0%7C1/roles"), PACE_OTHER);
    assert_int_equal(class_of(REQUEST_DELETE, "/api/v2/organizations/org_1"), PACE_DELETE);
}

static void every_other_delete_is_one(void **state) {
    (void)state;
    assert_int_equal(class_of(REQUEST_DELETE, "/api/v2/users/auth0%7C1"), PACE_DELETE);
    assert_int_equal(class_of(REQUEST_DELETE, "/api/v2/roles/rol_1"), PACE_DELETE);
}

static void a_request_for_a_token_has_a_class_of_its_own(void **state) {
    (void)state;
    assert_int_equal(class_of(REQUEST_POST, "/oauth/token"), PACE_TOKEN);
    assert_int_equal(limits_class(OPERATION_ONCE, REQUEST_POST, SPAN("/oauth/token")), PACE_TOKEN);
}

static void everything_else_is_other(void **state) {
    (void)state;
    const char *const paths[] = {"/api/v2/roles",
                                 "/api/v2/jobs/users-exports",
                                 "/api/v2/user",
                                 "/oauth",
                                 "/userinfo",
                                 "/x/api/v2/users",
                                 "/",
                                 ""};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_int_equal(class_of(REQUEST_GET, paths[i]), PACE_OTHER);
        assert_int_equal(class_of(REQUEST_POST, paths[i]), PACE_OTHER);
    }
    assert_int_equal(limits_class(OPERATION_FREE, REQUEST_GET, none), PACE_OTHER);
}

static void the_global_limit_is_known_by_its_words(void **state) {
    (void)state;
    assert_true(limits_is_global(SPAN("{\"statusCode\":429,\"error\":\"Too Many Requests\","
                                      "\"message\":\"Global limit has been reached\"}")));
    assert_true(limits_is_global(SPAN("Global limit")));
}

static void other_words_speak_of_the_limit_of_a_class(void **state) {
    (void)state;
    const struct span bodies[] = {SPAN("{\"error\":\"too_many_requests\"}"),
                                  SPAN("Global limi"),
                                  SPAN("global limit"),
                                  SPAN("lobal limit"),
                                  SPAN(""),
                                  none};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) assert_false(limits_is_global(bodies[i]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_link_writes_and_an_unlink_deletes_whatever_else_is_said),
        cmocka_unit_test(requests_about_users_read_or_write_them),
        cmocka_unit_test(a_users_organizations_are_read_from_a_bucket_of_their_own),
        cmocka_unit_test(an_organizations_members_are_changed_from_a_bucket_of_their_own),
        cmocka_unit_test(every_other_delete_is_one),
        cmocka_unit_test(a_request_for_a_token_has_a_class_of_its_own),
        cmocka_unit_test(everything_else_is_other),
        cmocka_unit_test(the_global_limit_is_known_by_its_words),
        cmocka_unit_test(other_words_speak_of_the_limit_of_a_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
