/* Two that share one file, as two processes do. */
#include "unit/token/files.h"

#include "token/share.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const int64_t LEASE = SECONDS(30), HOUR = SECONDS(3600);

static struct token_share one, other;

static int make_both(void **state) {
    if (make_folder(state) != 0) return -1;
    return token_share_init(&one, path, &binding) && token_share_init(&other, path, &binding) ? 0 : -1;
}

static int free_both(void **state) {
    token_share_free(&one);
    token_share_free(&other);
    return remove_folder(state);
}

static struct token_share_answer ask_share(struct token_share *share, int64_t lease) {
    struct buffer text = {NULL, 0, 0};
    struct token_share_answer answer = token_share_ask(share, lease, &text);
    assert_int_equal(text.size > 0, answer.news == TOKEN_SHARE_TOKEN);
    if (text.size > 0) memcpy(token, text.at, text.size);
    token[text.size] = '\0';
    buffer_free(&text);
    return answer;
}

static void assert_told_to_fetch(struct token_share *share) {
    assert_int_equal(ask_share(share, LEASE).news, TOKEN_SHARE_FETCH);
}

static void assert_gets(struct token_share *share, const char *text) {
    struct token_share_answer answer = ask_share(share, LEASE);
    assert_int_equal(answer.news, TOKEN_SHARE_TOKEN);
    assert_string_equal(token, text);
    assert_in_range(answer.left, HOUR - SECONDS(20), HOUR);
}

static void assert_told_to_wait(struct token_share *share, int64_t most) {
    struct token_share_answer answer = ask_share(share, LEASE);
    assert_int_equal(answer.news, TOKEN_SHARE_WAIT);
    assert_in_range(answer.again, 1, most);
}

static void without_a_file_each_fetches_its_own(void **state) {
    (void)state;
    struct token_share alone;
    assert_true(token_share_init(&alone, NULL, &binding));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ask_share(&alone, LEASE).news, TOKEN_SHARE_FETCH);
        token_share_fetched(&alone, SPAN("its-own"), HOUR);
        token_share_rejected(&alone);
        token_share_failed(&alone, 0);
    }
    assert_null(token_share_warning(&alone));
    token_share_free(&alone);
}

static void while_one_fetches_the_other_waits_and_gets_the_same(void **state) {
    (void)state;
    assert_told_to_fetch(&one);
    assert_told_to_wait(&other, SECONDS(1));
    token_share_fetched(&one, SPAN("shared-token"), HOUR);
    assert_gets(&other, "shared-token");
    assert_null(token_share_warning(&one));
    assert_null(token_share_warning(&other));
}

static void one_that_asks_again_wants_a_newer_one(void **state) {
    (void)state;
    assert_told_to_fetch(&one);
    token_share_fetched(&one, SPAN("first-token"), HOUR);
    assert_gets(&other, "first-token");
    assert_told_to_fetch(&one); /* it gets old: the file's is the one that it has */
    token_share_fetched(&one, SPAN("second-token"), HOUR);
    assert_gets(&other, "second-token");
}

static void a_token_that_is_rejected_is_dropped_for_both(void **state) {
    (void)state;
    assert_told_to_fetch(&one);
    token_share_fetched(&one, SPAN("bad-token"), HOUR);
    assert_gets(&other, "bad-token");
    struct token_share third;
    assert_true(token_share_init(&third, path, &binding));
    token_share_rejected(&other);
    assert_told_to_fetch(&other);
    assert_told_to_wait(&third, SECONDS(1)); /* the bad one is not given to others */
    token_share_rejected(&one);
    assert_told_to_wait(&one, SECONDS(1));
    token_share_fetched(&other, SPAN("good-token"), HOUR);
    assert_gets(&one, "good-token");
    assert_gets(&third, "good-token");
    token_share_free(&third);
}

static void one_that_failed_lets_the_other_try(void **state) {
    (void)state;
    assert_told_to_fetch(&one);
    token_share_failed(&one, 0);
    assert_told_to_fetch(&other);
    token_share_failed(&one, 0); /* it has no lease any more: the other's stays */
    assert_told_to_wait(&one, SECONDS(1));
}

static void a_pause_that_the_tenant_asked_for_is_kept_by_both(void **state) {
    (void)state;
    assert_told_to_fetch(&one);
    token_share_failed(&one, SECONDS(60));
    struct token_share_answer answer = ask_share(&other, LEASE);
    assert_int_equal(answer.news, TOKEN_SHARE_WAIT);
    assert_in_range(answer.again, SECONDS(40), SECONDS(60));
    assert_int_equal(ask_share(&one, LEASE).news, TOKEN_SHARE_WAIT);
}

static void one_that_goes_away_ends_its_lease(void **state) {
    (void)state;
    assert_told_to_fetch(&one);
    token_share_free(&one);
    assert_told_to_fetch(&other);
    assert_true(token_share_init(&one, path, &binding));
}

static void a_lease_that_ran_out_is_the_others_who_says_so(void **state) {
    (void)state;
    assert_int_equal(ask_share(&one, 1000).news, TOKEN_SHARE_FETCH);
    usleep(20000);
    assert_told_to_fetch(&other);
    const char *warning = token_share_warning(&other);
    assert_non_null(warning);
    assert_non_null(strstr(warning, "token_file: was waiting for a token"));
    assert_null(token_share_warning(&other)); /* said once */
    token_share_fetched(&one, SPAN("late-token"), HOUR);
    token_share_fetched(&other, SPAN("other-token"), HOUR);
    /* What came late is not the file's: its holder wants no newer one than there is. */
    assert_gets(&one, "other-token");
}

static void without_the_file_work_goes_on_and_the_reason_is_said_once(void **state) {
    (void)state;
    assert_told_to_fetch(&one);
    token_share_fetched(&one, SPAN("shared-token"), HOUR);
    assert_gets(&other, "shared-token");
    assert_int_equal(chmod(path, 0644), 0);
    for (int i = 0; i < 3; i++) {
        assert_told_to_fetch(&other);
        token_share_fetched(&other, SPAN("its-own"), HOUR);
        const char *warning = token_share_warning(&other);
        if (i == 0) assert_non_null(strstr(warning, "token_file: is open to other users"));
        if (i > 0) assert_null(warning);
    }
    assert_int_equal(chmod(path, 0600), 0);
    assert_gets(&other, "shared-token");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0); /* another reason is news */
    token_share_rejected(&other);
    assert_told_to_fetch(&other);
    assert_non_null(strstr(token_share_warning(&other), "token_file: is a directory"));
    assert_int_equal(rmdir(path), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_file_each_fetches_its_own),
        cmocka_unit_test_setup_teardown(while_one_fetches_the_other_waits_and_gets_the_same, make_both, free_both),
        cmocka_unit_test_setup_teardown(one_that_asks_again_wants_a_newer_one, make_both, free_both),
        cmocka_unit_test_setup_teardown(a_token_that_is_rejected_is_dropped_for_both, make_both, free_both),
        cmocka_unit_test_setup_teardown(one_that_failed_lets_the_other_try, make_both, free_both),
        cmocka_unit_test_setup_teardown(a_pause_that_the_tenant_asked_for_is_kept_by_both, make_both, free_both),
        cmocka_unit_test_setup_teardown(one_that_goes_away_ends_its_lease, make_both, free_both),
        cmocka_unit_test_setup_teardown(a_lease_that_ran_out_is_the_others_who_says_so, make_both, free_both),
        cmocka_unit_test_setup_teardown(without_the_file_work_goes_on_and_the_reason_is_said_once, make_both,
                                        free_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
