#include "unit/support.h"

#include "token/memo.h"

/* {"alg":"RS256"}.{"sub":"auth0|1","exp":5} and {"alg":"RS256"}.{"sub":"auth0|2"} */
#define HEADER "eyJhbGciOiJSUzI1NiJ9"
static const struct span one = {HEADER ".eyJzdWIiOiJhdXRoMHwxIiwiZXhwIjo1fQ.c2ln", 60};
static const struct span two = {HEADER ".eyJzdWIiOiJhdXRoMHwyIn0.c2ln", 49};

static void assert_sub(struct token_memo *memo, struct span token, const char *sub) {
    const struct jwt *jwt = NULL;
    assert_true(token_memo_read(memo, token, &jwt));
    assert_non_null(jwt);
    assert_true(span_equals(jwt->sub, span_of(sub)));
    assert_true(token_memo_knows(memo, token));
}

static void each_token_says_its_own(void **state) {
    struct token_memo memo = {.secrets = NULL};
    (void)state;
    assert_false(token_memo_knows(&memo, one));
    for (int round = 0; round < 2; round++) {
        assert_sub(&memo, one, "auth0|1");
        assert_sub(&memo, one, "auth0|1");
        assert_true(memo.jwt.has_exp);
        assert_sub(&memo, two, "auth0|2");
        assert_false(memo.jwt.has_exp);
        assert_false(token_memo_knows(&memo, one));
    }
    token_memo_free(&memo);
    assert_false(token_memo_knows(&memo, two));
}

static void an_opaque_token_says_nothing(void **state) {
    struct token_memo memo = {.secrets = NULL};
    const struct jwt *jwt = NULL;
    (void)state;
    for (int round = 0; round < 2; round++) {
        assert_sub(&memo, one, "auth0|1");
        for (int again = 0; again < 2; again++) {
            assert_true(token_memo_read(&memo, SPAN("opaque"), &jwt));
            assert_null(jwt);
        }
        assert_true(token_memo_knows(&memo, SPAN("opaque")));
    }
    token_memo_free(&memo);
}

/* A beginning, or a longer one, is another token. */
static void a_token_is_known_by_all_of_its_bytes(void **state) {
    struct token_memo memo = {.secrets = NULL};
    (void)state;
    assert_sub(&memo, two, "auth0|2");
    assert_false(token_memo_knows(&memo, (struct span){two.at, two.size - 1}));
    assert_false(token_memo_knows(&memo, SPAN(HEADER ".eyJzdWIiOiJhdXRoMHwyIn0.c2lnx")));
    assert_false(token_memo_knows(&memo, (struct span){NULL, 0}));
    token_memo_free(&memo);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_token_says_its_own),
        cmocka_unit_test(an_opaque_token_says_nothing),
        cmocka_unit_test(a_token_is_known_by_all_of_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
