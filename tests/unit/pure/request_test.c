/* clang-format keeps these four in their order: cmocka.h needs the other three before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pure/request.h"

static void a_method_is_read_by_the_name_that_it_has(void **state) {
    (void)state;
    for (int i = 0; i < REQUEST_METHODS; i++) {
        enum request_method method = REQUEST_METHODS;
        assert_true(request_method_read(span_of(request_method_name((enum request_method)i)), &method));
        assert_int_equal(method, i);
    }
    assert_string_equal(request_method_name(REQUEST_GET), "GET");
    assert_string_equal(request_method_name(REQUEST_POST), "POST");
    assert_string_equal(request_method_name(REQUEST_DELETE), "DELETE");
    assert_string_equal(request_method_name(REQUEST_PATCH), "PATCH");
    assert_string_equal(request_method_name(REQUEST_PUT), "PUT");
}

/* Names of methods are case-sensitive: RFC 9110, 9.1. */
static void another_name_leaves_the_method_as_it_was(void **state) {
    (void)state;
    const struct span others[] = {SPAN("get"), SPAN("GETS"), SPAN("HEAD"), SPAN(""), {NULL, 0}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        enum request_method method = REQUEST_PUT;
        assert_false(request_method_read(others[i], &method));
        assert_int_equal(method, REQUEST_PUT);
    }
}

static void only_a_get_changes_nothing(void **state) {
    (void)state;
    for (int method = 0; method < REQUEST_METHODS; method++)
        assert_true(request_is_change((enum request_method)method) == (method != REQUEST_GET));
}

static void what_is_idempotent_by_the_rfc_may_be_repeated_whatever_the_caller_says(void **state) {
    (void)state;
    const enum request_method idempotent[] = {REQUEST_GET, REQUEST_PUT, REQUEST_DELETE};
    for (size_t i = 0; i < sizeof idempotent / sizeof *idempotent; i++) {
        assert_int_equal(request_kind(idempotent[i], false), OPERATION_FREE);
        assert_int_equal(request_kind(idempotent[i], true), OPERATION_FREE);
    }
}

static void a_post_and_a_patch_are_repeated_on_the_word_of_the_caller_alone(void **state) {
    (void)state;
    const enum request_method others[] = {REQUEST_POST, REQUEST_PATCH};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_int_equal(request_kind(others[i], false), OPERATION_ONCE);
        assert_int_equal(request_kind(others[i], true), OPERATION_FREE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_method_is_read_by_the_name_that_it_has),
        cmocka_unit_test(another_name_leaves_the_method_as_it_was),
        cmocka_unit_test(only_a_get_changes_nothing),
        cmocka_unit_test(what_is_idempotent_by_the_rfc_may_be_repeated_whatever_the_caller_says),
        cmocka_unit_test(a_post_and_a_patch_are_repeated_on_the_word_of_the_caller_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
