/* clang-format keeps these four in their order: cmocka.h needs the other three before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pure/utf8.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The least and the greatest of each size, and what lies beside the surrogates. */
static void a_character_has_its_size(void **state) {
    (void)state;
    const struct span one[] = {SPAN("\0"), SPAN("a"), SPAN("\x7f")};
    const struct span two[] = {SPAN("\xc2\x80"), SPAN("\xdf\xbf")};
    const struct span three[] = {SPAN("\xe0\xa0\x80"), SPAN("\xed\x9f\xbf"), SPAN("\xee\x80\x80"),
                                 SPAN("\xef\xbf\xbf")};
    const struct span four[] = {SPAN("\xf0\x90\x80\x80"), SPAN("\xf4\x8f\xbf\xbf")};
    for (size_t i = 0; i < COUNT(one); i++) assert_int_equal(utf8_size(one[i]), 1);
    for (size_t i = 0; i < COUNT(two); i++) assert_int_equal(utf8_size(two[i]), 2);
    for (size_t i = 0; i < COUNT(three); i++) assert_int_equal(utf8_size(three[i]), 3);
    for (size_t i = 0; i < COUNT(four); i++) assert_int_equal(utf8_size(four[i]), 4);
}

static void what_follows_a_character_is_not_its(void **state) {
    (void)state;
    assert_int_equal(utf8_size(SPAN("a\x80")), 1);
    assert_int_equal(utf8_size(SPAN("\xc3\xa9\xff")), 2);
    assert_int_equal(utf8_size(SPAN("\xe2\x82\xac\xc3\xa9")), 3);
}

static void everything_else_begins_no_character(void **state) {
    (void)state;
    const struct span texts[] = {
        SPAN("\x80"),             /* nothing to continue */
        SPAN("\xbf"),             /* nothing to continue */
        SPAN("\xc3"),             /* cut off */
        SPAN("\xe2\x82"),         /* cut off */
        SPAN("\xf0\x9f\x98"),     /* cut off */
        SPAN("\xc3z"),            /* not continued */
        SPAN("\xe2\x82z"),        /* not continued */
        SPAN("\xe2\x82\xc3"),     /* not continued */
        SPAN("\xc0\x80"),         /* overlong */
        SPAN("\xc1\xbf"),         /* overlong */
        SPAN("\xe0\x9f\xbf"),     /* overlong */
        SPAN("\xf0\x8f\xbf\xbf"), /* overlong */
        SPAN("\xed\xa0\x80"),     /* a surrogate */
        SPAN("\xed\xbf\xbf"),     /* a surrogate */
        SPAN("\xf4\x90\x80\x80"), /* beyond U+10FFFF */
        SPAN("\xf5\x80\x80\x80"), /* beyond U+10FFFF */
        SPAN("\xff"),
    };
    for (size_t i = 0; i < COUNT(texts); i++)
        if (utf8_size(texts[i]) != 0) fail_msg("row %zu has a size", i);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_character_has_its_size),
        cmocka_unit_test(what_follows_a_character_is_not_its),
        cmocka_unit_test(everything_else_begins_no_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
