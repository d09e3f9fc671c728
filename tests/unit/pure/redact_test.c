/* clang-format keeps these four in their order: cmocka.h needs the other three before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pure/redact.h"

#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define TOKEN "opaque-token-0123456789"
#define JWT "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhdXRoMHw1MDdmIn0.c2lnbmF0dXJl_-"

/* ---- what a terminal would obey ---- */

static void every_ascii_control_character_becomes_a_space(void **state) {
    (void)state;
    for (char c = 1; c > 0; c = c < 0x7f ? (char)(c + 1) : 0) {
        char text[] = {'a', c, 'b', '\0'};
        redact_text(text, NULL, 0);
        assert_int_equal(text[1], c < ' ' || c == 0x7f ? ' ' : c);
        assert_int_equal(text[0] + text[2], 'a' + 'b');
    }
}

static void bytes_that_are_no_utf8_become_spaces(void **state) {
    (void)state;
    char text[] = "A\x9b"
                  "31m\xff\xc3(\xe2\x82 \xed\xa0\x80 \xd8\x9c \xc3\xa9\xc3";
    redact_text(text, NULL, 0);
    assert_string_equal(text, "A 31m  (          \xc3\xa9 ");
}

/* ---- secrets ---- */

static void each_of_several_secrets_is_blanked(void **state) {
    (void)state;
    const struct span secrets[] = {SPAN("first-secret"), {NULL, 0}, SPAN("second-secret")};
    char text[] = "first-secret second-secret first-secret";
    redact_text(text, secrets, COUNT(secrets));
    assert_string_equal(text, "************ ************* ************");
}

static void a_word_of_less_than_eight_letters_is_no_secret(void **state) {
    (void)state;
    const struct span secrets[] = {SPAN("invalid"), SPAN(""), SPAN("12345678")};
    char text[] = "invalid token 1234567 12345678";
    redact_text(text, secrets, COUNT(secrets));
    assert_string_equal(text, "invalid token 1234567 ********");
}

static void a_piece_of_a_secret_is_blanked_wherever_it_was_cut(void **state) {
    (void)state;
    const struct span secrets[] = {SPAN(TOKEN)};
    char text[] = "Bad opaque-token-012..., ...token-0123456789; opaque- (en-0123)";
    redact_text(text, secrets, COUNT(secrets));
    assert_string_equal(text, "Bad ****************..., ...****************; opaque- (en-0123)");
}

static void pieces_of_a_secret_that_overlap_are_blanked_both(void **state) {
    (void)state;
    const struct span secrets[] = {SPAN("abcdefghijkl-fghijklmnopq")};
    char text[] = "(abcdefghijklmnopq)";
    redact_text(text, secrets, COUNT(secrets));
    assert_string_equal(text, "(*****************)");
}

/* Without a shortcut: each byte that is of a piece of 12, of a shorter secret, or of what is left of the text where the
   secret begins with that. */
static void blank_plainly(const char *text, struct span secret, char *blanked) {
    size_t size = strlen(text), least = secret.size < 12 ? secret.size : 12;
    strcpy(blanked, text);
    for (size_t at = 0; at < size; at++) {
        size_t left = size - at, length = left < least ? left : least;
        bool is_cut = left < least && left >= 8 && memcmp(secret.at, text + at, left) == 0;
        bool is_piece = left >= least && memmem(secret.at, secret.size, text + at, least) != NULL;
        if (is_cut || is_piece) memset(blanked + at, '*', length);
    }
}

static void every_piece_is_found_and_nothing_else(void **state) {
    (void)state;
    unsigned random = 1;
    size_t found = 0;
    for (int round = 0; round < 50000; round++) {
        char secret[40], text[64], wanted[sizeof text];
        size_t sizes[2] = {8 + (random >> 8) % 32, 1 + (random >> 16) % 60};
        for (size_t i = 0; i < sizes[0] + sizes[1]; i++) {
            random = random * 1103515245u + 12345u;
            char letter = (random >> 16) % 8 == 0 ? 'b' : 'a';
            if (i < sizes[0])
                secret[i] = letter;
            else
                text[i - sizes[0]] = letter;
        }
        text[sizes[1]] = '\0';
        const struct span secrets[] = {{secret, sizes[0]}};
        blank_plainly(text, secrets[0], wanted);
        redact_text(text, secrets, 1);
        assert_string_equal(text, wanted);
        found += strchr(text, '*') != NULL;
    }
    assert_in_range(found, 10000, 40000);
}

/* It would take seconds to look for the longest piece at each of them. */
static void what_is_nearly_a_piece_of_a_long_secret_stays(void **state) {
    (void)state;
    static char secret[16384], text[4096], same[sizeof text];
    const struct span secrets[] = {{secret, sizeof secret}};
    memset(secret, 'a', sizeof secret);
    memset(text, 'a', sizeof text - 1);
    for (size_t i = 11; i < sizeof text - 1; i += 12) text[i] = 'b';
    text[sizeof text - 4] = 'b';
    memcpy(same, text, sizeof text);
    redact_text(text, secrets, COUNT(secrets));
    assert_string_equal(text, same);
}

/* Each piece alone is too short to be one of a secret. */
static void pieces_of_a_secret_are_joined_before_it_is_looked_for(void **state) {
    (void)state;
    const char *const between[] = {" ",
                                   "   ",
                                   "\n",
                                   "\x1b",
                                   "\t \r\n",
                                   "\xc2\xad",
                                   "\xe2\x80\x8b",
                                   "\xe2\x80\x8d",
                                   "\xe2\x81\xa0",
                                   "\xef\xbb\xbf",
                                   "\xe2\x80\xae",
                                   "\xc2\x85",
                                   "\xe3\x80\x80",
                                   "\xf3\xa0\x81\x81",
                                   "\xff",
                                   " \xe2\x80\x8b\x01"};
    const struct span secrets[] = {SPAN(JWT), SPAN(TOKEN)};
    for (size_t i = 0; i < COUNT(between); i++)
        for (size_t piece = 1; piece <= 11; piece++) {
            char text[1024] = "Bad ", *to = text + 4;
            for (size_t at = 0; at < sizeof TOKEN - 1; at += piece)
                to += sprintf(to, "%.*s%s", (int)piece, &TOKEN[at], between[i]);
            strcpy(to, " is no token");
            redact_text(text, secrets, COUNT(secrets));
            assert_null(strpbrk(text + 4, "pqu0123456789")); /* letters that "is no token" lacks */
            assert_non_null(strstr(text, "is no token"));
        }
}

static void what_is_not_seen_goes_and_leaves_nothing_behind(void **state) {
    (void)state;
    char text[] = "a\xe2\x80\x8b"
                  "b\xc2\xad\xef\xbb\xbf"
                  "c\xe2\x80\x8d!";
    redact_text(text, NULL, 0);
    assert_string_equal(text, "abc!");
    for (size_t i = 4; i < sizeof text; i++) assert_int_equal(text[i], '\0');
}

static void text_is_cut_where_it_is_too_long(void **state) {
    (void)state;
    static char text[REDACT_AT_MOST + 100];
    memset(text, 'a', sizeof text - 1);
    redact_text(text, NULL, 0);
    assert_int_equal(strlen(text), REDACT_AT_MOST - 1);
}

/* ---- tokens that look like one ---- */

static void what_looks_like_a_jwt_is_blanked(void **state) {
    (void)state;
    char text[] = "the token " JWT " of x" JWT "! is eyJ, not (" JWT ")";
    redact_text(text, NULL, 0);
    assert_null(strstr(text, "eyJh"));
    assert_null(strstr(text, "c2ln"));
    assert_ptr_equal(strstr(text, "the token *****"), text);
    assert_non_null(strstr(text, "* of x*"));
    assert_non_null(strstr(text, "*! is eyJ, not (*"));
    assert_int_equal(text[sizeof text - 2], ')');
}

/* Tokens of one tenant share pieces: what is blanked of them must not hide that the rest is a JWT's. */
static void a_jwt_that_shares_pieces_with_a_secret_is_blanked_whole(void **state) {
    (void)state;
    const struct span secrets[] = {SPAN("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhdXRoMHw1MDdm.another-signature")};
    char text[] = "a " JWT " b eyJhbGciOiJSUzI1NiJ9.\001eyJzdWIiOiJhdXRoMHw1MDdm.mine";
    redact_text(text, secrets, COUNT(secrets));
    assert_int_equal(strspn(text, "ab* "), strlen(text));
}

static void a_run_of_more_than_sixteen_characters_looks_like_a_jwt(void **state) {
    (void)state;
    char text[] = "eyJ3456789abcdef eyJ3456789abcdefg eyJ345-_.ABCXYZ09 eyJ3456789abcde+g eyJ";
    redact_text(text, NULL, 0);
    assert_string_equal(text, "eyJ3456789abcdef ***************** ***************** eyJ3456789abcde+g eyJ");
}

static void what_looks_like_a_jwt_is_found_through_what_is_not_seen_but_not_through_blanks(void **state) {
    (void)state;
    char text[] = "the eyJhbGci\xe2\x80\x8bOiJSUzI1\x01NiJ9.eyJz and a survey Judge who is reading";
    redact_text(text, NULL, 0);
    assert_string_equal(text, "the **************** ********* and a survey Judge who is reading");
}

/* ---- the rest ---- */

static void clean_text_is_left_as_it_is(void **state) {
    (void)state;
    const struct span secrets[] = {SPAN(TOKEN)};
    char text[] = "The user does not exist. \xC3\xA9\xF0\x9F\x98\x80 ~ opaque-toke ok";
    const char *same = "The user does not exist. \xC3\xA9\xF0\x9F\x98\x80 ~ opaque-toke ok";
    redact_text(text, secrets, COUNT(secrets));
    assert_string_equal(text, same);
    text[0] = '\0';
    redact_text(text, secrets, COUNT(secrets));
    assert_string_equal(text, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_ascii_control_character_becomes_a_space),
        cmocka_unit_test(bytes_that_are_no_utf8_become_spaces),
        cmocka_unit_test(each_of_several_secrets_is_blanked),
        cmocka_unit_test(a_word_of_less_than_eight_letters_is_no_secret),
        cmocka_unit_test(a_piece_of_a_secret_is_blanked_wherever_it_was_cut),
        cmocka_unit_test(pieces_of_a_secret_that_overlap_are_blanked_both),
        cmocka_unit_test(every_piece_is_found_and_nothing_else),
        cmocka_unit_test(what_is_nearly_a_piece_of_a_long_secret_stays),
        cmocka_unit_test(pieces_of_a_secret_are_joined_before_it_is_looked_for),
        cmocka_unit_test(what_is_not_seen_goes_and_leaves_nothing_behind),
        cmocka_unit_test(text_is_cut_where_it_is_too_long),
        cmocka_unit_test(what_looks_like_a_jwt_is_blanked),
        cmocka_unit_test(what_looks_like_a_jwt_is_found_through_what_is_not_seen_but_not_through_blanks),
        cmocka_unit_test(a_jwt_that_shares_pieces_with_a_secret_is_blanked_whole),
        cmocka_unit_test(a_run_of_more_than_sixteen_characters_looks_like_a_jwt),
        cmocka_unit_test(clean_text_is_left_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
