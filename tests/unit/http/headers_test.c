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

static struct headers taken_of(const char *const *lines, size_t count) {
    struct headers headers = {.bytes = 0};
    for (size_t i = 0; i < count; i++) assert_true(headers_take(&headers, span_of(lines[i])));
    return headers;
}

static void a_line_is_known_by_its_whole_name_in_any_case(void **state) {
    static const char *const lines[] = {
        "HTTP/1.1 429 \r\n",
        "Date: d\r\n",
        "retry-AFTER:\tr \r\n",
        "ETag: e\r\n",
        "Content-Range: c\r\n",
        "X-RateLimit-Limit: 1\r\n",
        "x-ratelimit-remaining: 2\r\n",
        "X-RATELIMIT-RESET: 3\r\n",
        "Content-Encoding: gzip\r\n",
        "OT-Baggage-Auth0-Request-Id: i\r\n",
        "Dates: x\r\n",
        "Retry: x\r\n",
        "etags: x\r\n",
        "content-ranges: x\r\n",
        "xx-ratelimit-limit: x\r\n",
        ": x\r\n",
        "\r\n",
    };
    (void)state;
    struct headers headers = taken_of(lines, COUNT(lines));
    assert_string_equal(headers.date, "d");
    assert_string_equal(headers.retry_after, "r");
    assert_string_equal(headers.etag, "e");
    assert_string_equal(headers.content_range, "c");
    assert_string_equal(headers.limit, "1");
    assert_string_equal(headers.remaining, "2");
    assert_string_equal(headers.reset, "3");
    assert_string_equal(headers.request_id, "i");
    assert_true(headers.is_coded && !headers.is_overcoded && headers.is_over);
}

static void the_tenants_own_request_id_goes_before_others(void **state) {
    static const char *const lines[] = {"cf-ray: 1\r\n", "x-auth0-requestid: 2\r\n",
                                        "ot-baggage-auth0-request-id: 3\r\n", "CF-Ray: 4\r\n"};
    static const char *const ids[] = {"1", "1", "3", "3"};
    (void)state;
    for (size_t i = 0; i < COUNT(lines); i++) assert_string_equal(taken_of(lines, i + 1).request_id, ids[i]);
    assert_string_equal(taken_of(lines + 1, 1).request_id, "2");
}

static void codings_that_were_not_asked_for_are_noticed(void **state) {
    static const char *const good[] = {"Transfer-Encoding: chunked\r\n", "content-encoding: identity\r\n"};
    static const char *const bad[] = {"Transfer-Encoding: gzip\r\n", "Content-Encoding: br\r\n"};
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) assert_false(taken_of(good + i, 1).is_overcoded);
    for (size_t i = 0; i < COUNT(bad); i++) assert_true(taken_of(bad + i, 1).is_overcoded);
}

static void a_status_line_after_an_empty_one_starts_again_and_no_other(void **state) {
    static const char *const interim[] = {"HTTP/1.1 103 \r\n", "ETag: e\r\n", "\r\n", "HTTP/1.1 200 \r\n"};
    static const char *const hidden[] = {"HTTP/1.1 200 \r\n", "ETag: e\r\n", "HTTP/1.1 200 \r\n"};
    (void)state;
    assert_string_equal(taken_of(interim, COUNT(interim)).etag, "");
    assert_string_equal(taken_of(hidden, COUNT(hidden)).etag, "e");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_date_is_read_as_libcurl_reads_it),
        cmocka_unit_test(another_form_is_left_to_libcurl),
        cmocka_unit_test(a_line_is_known_by_its_whole_name_in_any_case),
        cmocka_unit_test(the_tenants_own_request_id_goes_before_others),
        cmocka_unit_test(codings_that_were_not_asked_for_are_noticed),
        cmocka_unit_test(a_status_line_after_an_empty_one_starts_again_and_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
