#include "unit/support.h"

#include "token/record.h"

#include <stdlib.h>

enum { SECOND = 1000000 };

static const struct token_binding binding = {.domain = {"acme.eu.auth0.com", 17},
                                             .client_id = {"client", 6},
                                             .audience = {"https://acme.eu.auth0.com/api/v2/", 33}};

static const struct token_record usual = {.lease = 0x1122334455667788,
                                          .lease_from = 5000 * (int64_t)SECOND,
                                          .lease_until = 5030 * (int64_t)SECOND,
                                          .generation = 0xfedcba9876543210,
                                          .lifetime = 86400 * (int64_t)SECOND,
                                          .stored = {1700000000 * (int64_t)SECOND, 4000 * (int64_t)SECOND},
                                          .token = {"eyJhbGciOiJSUzI1NiJ9.e30.c2ln", 29}};

static unsigned char identity[TOKEN_RECORD_IDENTITY];

static int make_identity(void **state) {
    (void)state;
    return token_record_identity(&binding, identity) ? 0 : -1;
}

/* The bytes of a file, in a block of just that size. */
static unsigned char *pack(const struct token_record *record, size_t *size) {
    static unsigned char all[TOKEN_RECORD_MOST];
    assert_true(token_record_pack_head(identity, record, all));
    assert_true(token_record_pack_body(record, all + TOKEN_RECORD_HEAD, size));
    *size += TOKEN_RECORD_HEAD;
    unsigned char *bytes = malloc(*size);
    assert_non_null(bytes);
    return memcpy(bytes, all, *size);
}

static bool have_one_lease(const struct token_record *a, const struct token_record *b) {
    return a->lease == b->lease && a->lease_from == b->lease_from && a->lease_until == b->lease_until;
}

static bool have_one_token(const struct token_record *a, const struct token_record *b) {
    return a->generation == b->generation && a->lifetime == b->lifetime && a->stored.unix_time == b->stored.unix_time &&
           a->stored.boot_time == b->stored.boot_time && span_equals(a->token, b->token);
}

static const struct token_record nothing = {.lease = 0};

/* ---- whose it is ---- */

static void assert_another(struct token_binding other) {
    unsigned char its[TOKEN_RECORD_IDENTITY];
    assert_true(token_record_identity(&other, its));
    assert_memory_not_equal(its, identity, sizeof its);
    struct token_record record;
    assert_int_equal(token_record_read(identity, its, sizeof its, &record), TOKEN_RECORD_OTHERS);
}

static void another_domain_client_or_audience_is_another_ones(void **state) {
    (void)state;
    struct token_binding other = binding;
    other.domain = SPAN("ACME.eu.auth0.com");
    assert_another(other);
    other = binding;
    other.client_id = SPAN("clien");
    assert_another(other);
    other = binding;
    other.audience = SPAN("https://acme.eu.auth0.com/api/v2");
    assert_another(other);
}

static void no_text_runs_into_the_next(void **state) {
    (void)state;
    unsigned char one[TOKEN_RECORD_IDENTITY], other[TOKEN_RECORD_IDENTITY];
    const struct token_binding pairs[][2] = {
        {{SPAN("ab"), SPAN("c"), SPAN("d")}, {SPAN("a"), SPAN("bc"), SPAN("d")}},
        {{SPAN("a"), SPAN("b\0\0\0\0\0\0\0\0c"), SPAN("d")}, {SPAN("a"), SPAN("b"), SPAN("c\0\0\0\0\0\0\0\0d")}},
    };
    for (size_t i = 0; i < COUNT(pairs); i++) {
        assert_true(token_record_identity(&pairs[i][0], one) && token_record_identity(&pairs[i][1], other));
        assert_memory_not_equal(one, other, sizeof one);
    }
}

static void other_bytes_are_no_record(void **state) {
    (void)state;
    struct token_record record;
    static const unsigned char text[] = "#!/bin/sh\nexit 0\n", almost[] = "auth0tk2";
    assert_int_equal(token_record_read(identity, text, sizeof text, &record), TOKEN_RECORD_NO_RECORD);
    assert_int_equal(token_record_read(identity, almost, 8, &record), TOKEN_RECORD_NO_RECORD);
    assert_int_equal(token_record_read(identity, text, 1, &record), TOKEN_RECORD_NO_RECORD);
    assert_int_equal(token_record_read(identity, text, 0, &record), TOKEN_RECORD_OURS); /* one that was just made */
}

/* ---- bytes ---- */

static void what_is_written_is_read(void **state) {
    (void)state;
    struct token_record record;
    size_t size;
    unsigned char *bytes = pack(&usual, &size);
    assert_int_equal(token_record_read(identity, bytes, size, &record), TOKEN_RECORD_OURS);
    assert_true(have_one_lease(&record, &usual) && have_one_token(&record, &usual));
    assert_true((const unsigned char *)record.token.at > bytes &&
                (const unsigned char *)record.token.at < bytes + size);
    free(bytes);
}

static void the_longest_token_has_room(void **state) {
    (void)state;
    static char text[TOKEN_RECORD_TOKEN];
    memset(text, 't', sizeof text);
    struct token_record longest = usual, record;
    longest.token = (struct span){text, sizeof text};
    size_t size;
    unsigned char *bytes = pack(&longest, &size);
    assert_int_equal(size, TOKEN_RECORD_MOST);
    assert_int_equal(token_record_read(identity, bytes, size, &record), TOKEN_RECORD_OURS);
    assert_true(have_one_token(&record, &longest));
    free(bytes);
}

/* A file is ours, then comes the lease, then the token; each is there whole, or absent. */
static void a_file_that_is_cut_has_what_is_whole(void **state) {
    (void)state;
    size_t size;
    unsigned char *bytes = pack(&usual, &size);
    for (size_t cut = 0; cut < size; cut++) {
        struct token_record record;
        unsigned char *piece = malloc(cut + 1);
        assert_non_null(piece);
        memcpy(piece, bytes, cut);
        assert_int_equal(token_record_read(identity, piece, cut, &record), TOKEN_RECORD_OURS);
        assert_true(have_one_lease(&record, cut >= TOKEN_RECORD_HEAD ? &usual : &nothing));
        assert_true(have_one_token(&record, &nothing));
        free(piece);
    }
    free(bytes);
}

static void a_byte_that_is_wrong_costs_its_part_and_no_other(void **state) {
    (void)state;
    size_t size;
    unsigned char *bytes = pack(&usual, &size);
    for (size_t at = 0; at < size; at++)
        for (int bit = 0; bit < 8; bit++) {
            struct token_record record;
            bytes[at] ^= (unsigned char)(1 << bit);
            enum token_record_owner owner = token_record_read(identity, bytes, size, &record);
            bytes[at] ^= (unsigned char)(1 << bit);
            if (at < TOKEN_RECORD_IDENTITY) {
                assert_int_equal(owner, at < 8 ? TOKEN_RECORD_NO_RECORD : TOKEN_RECORD_OTHERS);
                continue;
            }
            assert_int_equal(owner, TOKEN_RECORD_OURS);
            assert_true(have_one_lease(&record, at < TOKEN_RECORD_HEAD ? &nothing : &usual));
            assert_true(have_one_token(&record, at < TOKEN_RECORD_HEAD ? &usual : &nothing));
        }
    free(bytes);
}

/* Sealed, and still not believed: it would go into a header, or into arithmetic. */
static void what_could_be_no_token_counts_as_absent(void **state) {
    (void)state;
    struct token_record bad[] = {usual, usual, usual, usual, usual};
    bad[0].token = SPAN("two\r\nlines");
    bad[1].token = SPAN("");
    bad[2].lifetime = -1;
    bad[3].stored.unix_time = -1;
    bad[4].stored.boot_time = INT64_MIN;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct token_record record;
        size_t size;
        unsigned char *bytes = pack(&bad[i], &size);
        assert_int_equal(token_record_read(identity, bytes, size, &record), TOKEN_RECORD_OURS);
        assert_true(have_one_lease(&record, &usual) && have_one_token(&record, &nothing));
        free(bytes);
    }
}

/* ---- time ---- */

static int64_t left_after(int64_t unix_seconds, int64_t boot_seconds) {
    struct token_now now = usual.stored;
    now.unix_time += unix_seconds * SECOND;
    now.boot_time += boot_seconds * SECOND;
    return token_record_left(&usual, now) / SECOND;
}

static void a_token_gets_old_by_the_clock_that_says_more(void **state) {
    (void)state;
    assert_int_equal(left_after(0, 0), 86400);
    assert_int_equal(left_after(100, 100), 86300);
    assert_int_equal(left_after(100, 50), 86300);
    assert_int_equal(left_after(-1000, 50), 86350);    /* the time was set back */
    assert_int_equal(left_after(100, -3000), 86300);   /* a boot began a new count */
    assert_int_equal(left_after(-1000, -3000), 86400); /* never more than it had */
    assert_int_equal(left_after(86399, 0), 1);
    assert_int_equal(left_after(86400, 0), 0);
    assert_int_equal(left_after(0, 1000000), 0);
}

static void without_a_generation_there_is_no_token(void **state) {
    (void)state;
    struct token_record record = usual;
    record.generation = 0;
    assert_int_equal(token_record_left(&record, usual.stored), 0);
}

static int64_t lease_left(int64_t from, int64_t until, int64_t now) {
    const struct token_record record = {.lease = 7, .lease_from = from * SECOND, .lease_until = until * SECOND};
    return token_record_lease_left(&record, (struct token_now){0, now * SECOND}) / SECOND;
}

static void a_lease_ends_by_the_clock_that_cannot_be_set(void **state) {
    (void)state;
    assert_int_equal(lease_left(100, 130, 100), 30);
    assert_int_equal(lease_left(100, 130, 129), 1);
    assert_int_equal(lease_left(100, 130, 130), 0);
    assert_int_equal(lease_left(100, 130, 97), 30); /* the asker had looked at the clock before */
}

static void a_lease_that_cannot_be_is_none(void **state) {
    (void)state;
    assert_int_equal(lease_left(100, 130, 90), 0);  /* of before a boot */
    assert_int_equal(lease_left(100, 100, 99), 0);  /* it ends when it begins */
    assert_int_equal(lease_left(130, 100, 99), 0);  /* or before */
    assert_int_equal(lease_left(-1, 30, 1), 0);     /* no clock shows that */
    assert_int_equal(lease_left(100, 701, 100), 0); /* it lasts too long */
    assert_int_equal(lease_left(100, 700, 100), 600);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_domain_client_or_audience_is_another_ones),
        cmocka_unit_test(no_text_runs_into_the_next),
        cmocka_unit_test(other_bytes_are_no_record),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(the_longest_token_has_room),
        cmocka_unit_test(a_file_that_is_cut_has_what_is_whole),
        cmocka_unit_test(a_byte_that_is_wrong_costs_its_part_and_no_other),
        cmocka_unit_test(what_could_be_no_token_counts_as_absent),
        cmocka_unit_test(a_token_gets_old_by_the_clock_that_says_more),
        cmocka_unit_test(without_a_generation_there_is_no_token),
        cmocka_unit_test(a_lease_ends_by_the_clock_that_cannot_be_set),
        cmocka_unit_test(a_lease_that_cannot_be_is_none),
    };
    return cmocka_run_group_tests(tests, make_identity, NULL);
}
