/* One exchange on one handle, against the TLS tenant. */
#include "unit/http/orders.h"

#include "os/clock.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SECOND = 1000000 };

static struct sockets sockets;
static struct curl_slist resolve;

/* The profile must outlive the exchange. */
static struct exchange *open_exchange(const struct profile *profile) {
    resolve = (struct curl_slist){(char *)(uintptr_t)profile->resolve[0], NULL};
    struct exchange *exchange = exchange_new(profile, &sockets, profile->resolve[0] != NULL ? &resolve : NULL);
    assert_non_null(exchange);
    return exchange;
}

static struct attempt_end perform(struct exchange *exchange, struct exchange_order order) {
    int64_t now_us = clock_monotonic_us();
    assert_int_equal(exchange_begin(exchange, &order), CURLE_OK);
    exchange_limit(exchange, now_us, now_us + 20 * SECOND, now_us + 20 * SECOND);
    assert_false(exchange_is_sent(exchange));
    CURLcode code = curl_easy_perform(exchange->easy);
    return exchange_end(exchange, code);
}

static void assert_end(struct attempt_end end, enum attempt_how how, bool sent, int status, enum attempt_body body) {
    if (end.how != how || end.sent != sent || end.status != status || end.body != body)
        fail_msg("how %d, sent %d, status %d, body %d", (int)end.how, end.sent, end.status, (int)end.body);
}

static bool begins(const struct exchange *exchange, const char *beginning) {
    return span_begins(buffer_span(&exchange->body), span_of(beginning));
}

/* ---- answers ---- */

static void an_answer_is_told_with_its_body_headers_and_times(void **state) {
    (void)state;
    const enum profile_http both[] = {PROFILE_HTTP_1_1, PROFILE_HTTP_2};
    for (size_t i = 0; i < COUNT(both); i++) {
        tenant_reset(1);
        const struct profile profile = to_tenant(both[i]);
        struct request request;
        struct exchange *exchange = open_exchange(&profile);
        assert_end(perform(exchange, read_order(&request, NULL)), ATTEMPT_ANSWERED, true, 200, ATTEMPT_BODY_PROMISED);
        assert_true(begins(exchange, "{\"identities\":["));
        assert_true(exchange->headers.date[0] != '\0' && exchange->headers.is_over);
        assert_string_equal(exchange->detail, "");
        struct exchange_timings timings = exchange_timings(exchange);
        assert_true(timings.connect > 0 && timings.tls > timings.connect);
        assert_true(timings.first_byte > timings.tls && timings.total >= timings.first_byte);
        exchange_free(exchange);
    }
}

/* What the one before had, a method, a body, a header, is not the next one's. */
static void one_handle_carries_out_one_after_another(void **state) {
    (void)state;
    tenant_reset(2);
    const struct profile profile = to_tenant(PROFILE_HTTP_2);
    struct request request;
    struct exchange *exchange = open_exchange(&profile);
    assert_end(perform(exchange, link_order(&request, NULL)), ATTEMPT_ANSWERED, true, 201, ATTEMPT_BODY_PROMISED);
    exchange_finish(exchange);
    assert_end(perform(exchange, read_order(&request, NULL)), ATTEMPT_ANSWERED, true, 200, ATTEMPT_BODY_PROMISED);
    exchange_finish(exchange);
    assert_end(perform(exchange, order_to(&request, REQUEST_PATCH, "/api/v2/users/auth0%7Cp2",
                                          "{\"nickname\":\"second\"}", NULL)),
               ATTEMPT_ANSWERED, true, 200, ATTEMPT_BODY_PROMISED);
    exchange_finish(exchange);
    assert_end(perform(exchange, order_to(&request, REQUEST_DELETE, LINK_PATH "/google-oauth2/s1", NULL, NULL)),
               ATTEMPT_ANSWERED, true, 200, ATTEMPT_BODY_PROMISED);
    exchange_finish(exchange);
    assert_end(perform(exchange, read_order(&request, NULL)), ATTEMPT_ANSWERED, true, 200, ATTEMPT_BODY_PROMISED);
    struct tenant_record record = tenant_record();
    assert_int_equal(record.links, 1);
    assert_int_equal(record.unlinks, 1);
    assert_int_equal(record.changes, 3);
    tenant_record_free(&record);
    exchange_free(exchange);
}

/* What goes out, beginning with the request line. */
static int keep_headers(CURL *easy, curl_infotype type, char *data, size_t size, void *context) {
    (void)easy;
    return type == CURLINFO_HEADER_OUT && !buffer_append(context, (struct span){data, size});
}

static void keep_sent(const struct exchange *exchange, struct buffer *sent) {
    curl_easy_setopt(exchange->easy, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(exchange->easy, CURLOPT_DEBUGFUNCTION, keep_headers);
    curl_easy_setopt(exchange->easy, CURLOPT_DEBUGDATA, sent);
}

/* Whether or not this libcurl is one whose targets carry lines, each line goes out once. */
static void each_line_goes_out_once(void **state) {
    (void)state;
    const struct profile profile = to_tenant(PROFILE_HTTP_1_1);
    for (int carries = 0; carries < 2; carries++) {
        tenant_reset(1);
        struct request request;
        struct buffer sent = {NULL, 0, 0};
        struct exchange *exchange = open_exchange(&profile);
        keep_sent(exchange, &sent);
        exchange->carries = carries == 1;
        assert_end(perform(exchange, link_order(&request, NULL)), ATTEMPT_ANSWERED, true, 201, ATTEMPT_BODY_PROMISED);
        assert_true(span_begins(buffer_span(&sent), SPAN("POST " LINK_PATH " HTTP/1.1\r\n")));
        for (int i = 0; i < LINES; i++) {
            const char *found = memmem(sent.at, sent.size, request.lines[i], strlen(request.lines[i]));
            assert_non_null(found);
            assert_memory_equal(found - 2, "\r\n", 2);
            assert_memory_equal(found + strlen(request.lines[i]), "\r\n", 2);
            size_t behind = (size_t)(found + 1 - sent.at);
            assert_null(memmem(found + 1, sent.size - behind, request.lines[i], strlen(request.lines[i])));
        }
        assert_int_equal(span_holds(buffer_span(&sent), SPAN("\r\nX-HTTP-Version: HTTP/1.1\r\n")), carries);
        buffer_free(&sent);
        exchange_free(exchange);
    }
}

static void a_post_without_a_body_has_an_empty_one(void **state) {
    (void)state;
    tenant_reset(1);
    const struct profile profile = to_tenant(PROFILE_HTTP_1_1);
    struct request request;
    struct buffer sent = {NULL, 0, 0};
    struct exchange *exchange = open_exchange(&profile);
    keep_sent(exchange, &sent);
    struct attempt_end end = perform(exchange, order_to(&request, REQUEST_POST, LINK_PATH, NULL, NULL));
    assert_end(end, ATTEMPT_ANSWERED, true, 400, ATTEMPT_BODY_PROMISED);
    assert_true(span_begins(buffer_span(&sent), SPAN("POST " LINK_PATH " HTTP/1.1\r\n")));
    assert_true(span_holds(buffer_span(&sent), SPAN("\r\nContent-Length: 0\r\n")));
    buffer_free(&sent);
    exchange_free(exchange);
}

static void an_answer_that_is_too_large_is_read_no_further(void **state) {
    (void)state;
    tenant_reset(1);
    const struct profile profile = to_tenant(PROFILE_HTTP_2);
    struct request request;
    struct exchange *exchange = open_exchange(&profile);
    struct exchange_order order = read_order(&request, "fault=large;bytes=500000");
    order.max_response = 100000;
    assert_end(perform(exchange, order), ATTEMPT_ANSWERED, true, 200, ATTEMPT_BODY_TOO_LARGE);
    assert_true(exchange->body.size <= order.max_response);
    assert_string_equal(exchange->detail, "its body is larger than max_response");
    exchange_free(exchange);
}

static void a_body_that_cannot_be_decoded_is_another_unless_it_is_wanted_raw(void **state) {
    (void)state;
    tenant_reset(1);
    const struct profile profile = to_tenant(PROFILE_HTTP_2);
    struct request request;
    struct exchange *exchange = open_exchange(&profile);
    struct exchange_order order = read_order(&request, "fault=broken-gzip");
    assert_end(perform(exchange, order), ATTEMPT_ANSWERED, true, 200, ATTEMPT_BODY_OTHER);
    exchange_finish(exchange);
    order.is_raw = true;
    assert_end(perform(exchange, order), ATTEMPT_ANSWERED, true, 200, ATTEMPT_BODY_PROMISED);
    assert_true(begins(exchange, "\x1f\x8b"));
    exchange_free(exchange);
}

/* ---- no answer ---- */

/* A port without a listener refuses; one whose listener never accepts is connected, and never a word comes. */
static int open_host(bool listens, char *name, size_t room) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int host = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(host, (struct sockaddr *)&address, size), 0);
    if (listens) assert_int_equal(listen(host, 8), 0);
    assert_int_equal(getsockname(host, (struct sockaddr *)&address, &size), 0);
    snprintf(name, room, "127.0.0.1:%d", ntohs(address.sin_port));
    return host;
}

static void a_host_that_refuses_was_sent_nothing(void **state) {
    (void)state;
    char name[32];
    int host = open_host(false, name, sizeof name);
    const struct profile profile = {.domain = name, .proxy = ""};
    struct request request;
    struct exchange *exchange = open_exchange(&profile);
    struct attempt_end end = perform(exchange, order_to(&request, REQUEST_GET, "/", NULL, NULL));
    assert_end(end, ATTEMPT_UNREACHED, false, 0, ATTEMPT_BODY_PROMISED);
    assert_string_not_equal(exchange->detail, "");
    exchange_free(exchange);
    close(host);
}

static void a_certificate_that_is_not_trusted_was_sent_nothing(void **state) {
    (void)state;
    tenant_reset(1);
    struct profile profile = to_tenant(PROFILE_HTTP_2);
    profile.ca_file = NULL; /* the system's store does not know the tests' */
    struct request request;
    struct exchange *exchange = open_exchange(&profile);
    assert_end(perform(exchange, link_order(&request, NULL)), ATTEMPT_UNTRUSTED, false, 0, ATTEMPT_BODY_PROMISED);
    struct tenant_record record = tenant_record();
    assert_int_equal(record.links, 0);
    tenant_record_free(&record);
    exchange_free(exchange);
}

static void what_breaks_off_after_the_request_was_sent_is_lost(void **state) {
    (void)state;
    tenant_reset(1);
    const struct profile profile = to_tenant(PROFILE_HTTP_1_1);
    struct request request;
    struct exchange *exchange = open_exchange(&profile);
    assert_end(perform(exchange, read_order(&request, "fault=reset-before")), ATTEMPT_LOST, true, 0,
               ATTEMPT_BODY_PROMISED);
    exchange_finish(exchange);
    assert_end(perform(exchange, read_order(&request, "fault=truncated")), ATTEMPT_LOST, true, 200,
               ATTEMPT_BODY_PROMISED);
    exchange_free(exchange);
}

/* On a connection that was used before, libcurl would send the request once more. */
static void nothing_is_sent_a_second_time(void **state) {
    (void)state;
    const enum profile_http both[] = {PROFILE_HTTP_1_1, PROFILE_HTTP_2};
    for (size_t i = 0; i < COUNT(both); i++) {
        tenant_reset(1);
        const struct profile profile = to_tenant(both[i]);
        struct request request;
        struct exchange *exchange = open_exchange(&profile);
        assert_end(perform(exchange, read_order(&request, NULL)), ATTEMPT_ANSWERED, true, 200, ATTEMPT_BODY_PROMISED);
        exchange_finish(exchange);
        struct attempt_end end = perform(exchange, link_order(&request, "fault=reset-after;kind=fin"));
        assert_end(end, ATTEMPT_LOST, true, 0, ATTEMPT_BODY_PROMISED);
        struct tenant_record record = tenant_record();
        assert_int_equal(record.links, 1);
        tenant_record_free(&record);
        exchange_free(exchange);
    }
}

/* ---- time ---- */

static void time_that_is_over_before_anything_was_sent(void **state) {
    (void)state;
    const struct profile profile = {.domain = "127.0.0.1", .proxy = ""};
    struct request request;
    struct exchange *exchange = open_exchange(&profile);
    const struct exchange_order order = order_to(&request, REQUEST_GET, "/", NULL, NULL);
    assert_int_equal(exchange_begin(exchange, &order), CURLE_OK);
    exchange_limit(exchange, 0, 10 * SECOND, 15 * SECOND);
    assert_end(exchange_overdue(exchange, 10 * SECOND), ATTEMPT_UNREACHED, false, 0, ATTEMPT_BODY_PROMISED);
    assert_string_equal(exchange->detail, "no connection within connect_timeout");
    assert_end(exchange_overdue(exchange, 15 * SECOND), ATTEMPT_EXPIRED, false, 0, ATTEMPT_BODY_PROMISED);
    assert_string_equal(exchange->detail, "");
    assert_end(exchange_stop(exchange, ATTEMPT_CANCELLED), ATTEMPT_CANCELLED, false, 0, ATTEMPT_BODY_PROMISED);
    exchange_free(exchange);
}

/* While bytes keep coming libcurl does not return: it is stopped from within. */
static void time_that_is_over_while_an_answer_comes(void **state) {
    (void)state;
    tenant_reset(1);
    const struct profile profile = to_tenant(PROFILE_HTTP_1_1);
    struct request request;
    struct exchange *exchange = open_exchange(&profile);
    const struct exchange_order order = read_order(&request, "fault=drip;seconds=20");
    int64_t began = clock_monotonic_us();
    assert_int_equal(exchange_begin(exchange, &order), CURLE_OK);
    exchange_limit(exchange, began, began + 20 * SECOND, began + SECOND);
    CURLcode code = curl_easy_perform(exchange->easy);
    assert_int_equal(code, CURLE_ABORTED_BY_CALLBACK);
    assert_end(exchange_end(exchange, code), ATTEMPT_EXPIRED, true, 200, ATTEMPT_BODY_PROMISED);
    assert_in_range(clock_monotonic_us() - began, SECOND, 15 * SECOND);
    exchange_free(exchange);
}

static void time_that_is_over_while_a_connection_is_made(void **state) {
    (void)state;
    char name[32];
    int host = open_host(true, name, sizeof name);
    const struct profile profile = {.domain = name, .proxy = ""};
    struct request request;
    struct exchange *exchange = open_exchange(&profile);
    const struct exchange_order order = order_to(&request, REQUEST_GET, "/", NULL, NULL);
    int64_t began = clock_monotonic_us();
    assert_int_equal(exchange_begin(exchange, &order), CURLE_OK);
    exchange_limit(exchange, began, began + SECOND / 2, began + 20 * SECOND);
    struct attempt_end end = exchange_end(exchange, curl_easy_perform(exchange->easy));
    assert_end(end, ATTEMPT_UNREACHED, false, 0, ATTEMPT_BODY_PROMISED);
    assert_in_range(clock_monotonic_us() - began, SECOND / 2, 15 * SECOND);
    exchange_free(exchange);
    close(host);
}

/* ---- letting go ---- */

static void what_is_finished_points_to_nothing_of_its_order(void **state) {
    (void)state;
    tenant_reset(1);
    const struct profile profile = to_tenant(PROFILE_HTTP_2);
    struct request request;
    int owner;
    struct exchange *exchange = open_exchange(&profile);
    exchange->owner = &owner;
    (void)perform(exchange, link_order(&request, NULL));
    exchange_finish(exchange);
    assert_true(exchange->order.target == NULL && exchange->order.headers == NULL && exchange->order.body.at == NULL);
    assert_true(exchange->body.size == 0 && exchange->owner == NULL);
    memset(&request, 'x', sizeof request); /* nor does libcurl */
    exchange_free(exchange);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_told_with_its_body_headers_and_times),
        cmocka_unit_test(one_handle_carries_out_one_after_another),
        cmocka_unit_test(each_line_goes_out_once),
        cmocka_unit_test(a_post_without_a_body_has_an_empty_one),
        cmocka_unit_test(an_answer_that_is_too_large_is_read_no_further),
        cmocka_unit_test(a_body_that_cannot_be_decoded_is_another_unless_it_is_wanted_raw),
        cmocka_unit_test(a_host_that_refuses_was_sent_nothing),
        cmocka_unit_test(a_certificate_that_is_not_trusted_was_sent_nothing),
        cmocka_unit_test(what_breaks_off_after_the_request_was_sent_is_lost),
        cmocka_unit_test(nothing_is_sent_a_second_time),
        cmocka_unit_test(time_that_is_over_before_anything_was_sent),
        cmocka_unit_test(time_that_is_over_while_an_answer_comes),
        cmocka_unit_test(time_that_is_over_while_a_connection_is_made),
        cmocka_unit_test(what_is_finished_points_to_nothing_of_its_order),
    };
    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
