/* clang-format keeps these four in their order: cmocka.h needs the other three before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "pure/failure.h"

static void each_code_has_a_word_of_its_own(void **state) {
    (void)state;
    for (int code = 0; code < CODES; code++) {
        const char *name = failure_code_name((enum failure_code)code);
        assert_non_null(name);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
        for (int other = 0; other < code; other++)
            assert_string_not_equal(name, failure_code_name((enum failure_code)other));
    }
}

/* The words are the interface: programs compare with them. */
static void the_words_are_those_that_were_published(void **state) {
    (void)state;
    static const char *const words[CODES] = {
        [CODE_OK] = "ok",
        [CODE_UNREACHABLE] = "unreachable",
        [CODE_TLS] = "tls",
        [CODE_TIMEOUT] = "timeout",
        [CODE_CANCELLED] = "cancelled",
        [CODE_CONNECTION_LOST] = "connection_lost",
        [CODE_UNKNOWN_OUTCOME] = "unknown_outcome",
        [CODE_BAD_RESPONSE] = "bad_response",
        [CODE_TOO_LARGE] = "too_large",
        [CODE_INVALID_REQUEST] = "invalid_request",
        [CODE_UNAUTHORIZED] = "unauthorized",
        [CODE_FORBIDDEN] = "forbidden",
        [CODE_NOT_FOUND] = "not_found",
        [CODE_CONFLICT] = "conflict",
        [CODE_RATE_LIMITED] = "rate_limited",
        [CODE_SERVER_ERROR] = "server_error",
        [CODE_GUARDED] = "guarded",
    };
    for (int code = 0; code < CODES; code++)
        assert_string_equal(failure_code_name((enum failure_code)code), words[code]);
    assert_string_equal(failure_outcome_name(OUTCOME_NONE), "none");
    assert_string_equal(failure_outcome_name(OUTCOME_UNKNOWN), "unknown");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_code_has_a_word_of_its_own),
        cmocka_unit_test(the_words_are_those_that_were_published),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
