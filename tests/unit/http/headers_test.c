#include "unit/support.h"

#include "http/headers.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t date_of(const char *value) {
    struct headers headers = {.bytes = 0};
    char line[128];
    snprintf(line, sizeof line, "Date: %s\r\n", value);
    assert_true(headers_take(&headers, (struct span){line, strlen(line)}));
    return headers_pace(&headers).date;
}

static void a_date_is_read_as_libcurl_reads_it(void **state) {
    (void)state;
    for (time_t then = 0; then < 7289654400; then += 86400 * 3 + 3671) { /* to 2200 */
        struct tm parts;
        char text[64];
        gmtime_r(&then, &parts);
        strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
        assert_int_equal(date_of(text), then);
        assert_int_equal(date_of(text), curl_getdate(text, NULL));
    }
}

static void another_form_is_left_to_libcurl(void **state) {
    static const char *const texts[] = {
        "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",      "Sun, 06 Nov 1994 08:49:37 +0100",
        "Sun, 06 Nox 1994 08:49:37 GMT",  "Sun, 32 Nov 1994 08:49:37 GMT", "tomorrow",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(date_of(texts[i]), curl_getdate(texts[i], NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_date_is_read_as_libcurl_reads_it),
        cmocka_unit_test(another_form_is_left_to_libcurl),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
