/* Exchanges on their way, against the TLS tenant: launched for an owner, and handed back when they have ended. */
#include "unit/http/orders.h"

#include "http/network.h"
#include "os/clock.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SECOND = 1000000, MANY = 20 };

static const enum profile_http both[] = {PROFILE_HTTP_1_1, PROFILE_HTTP_2};

static struct network_times in(int64_t connect, int64_t end) {
    int64_t now_us = clock_monotonic_us();
    return (struct network_times){now_us, now_us + connect, now_us + end};
}

static struct exchange *launch(struct network *network, const struct exchange_order *order, void *owner) {
    const struct network_times times = in(20 * SECOND, 20 * SECOND);
    const char *fault = NULL;
    struct exchange *exchange = network_launch(network, order, &times, owner, &fault);
    if (exchange == NULL) fail_msg("%s", fault);
    return exchange;
}

static struct exchange *next(struct network *network) {
    for (double end = now() + 30; now() < end;) {
        network_turn(network, clock_monotonic_us());
        struct exchange *exchange = network_next(network);
        if (exchange != NULL) return exchange;
        network_wait(network, 20);
    }
    fail_msg("no exchange ends");
    return NULL;
}

static void assert_ended(const struct exchange *exchange, enum attempt_how how, bool sent, int status) {
    struct attempt_end end = exchange->end;
    if (end.how != how || end.sent != sent || end.status != status)
        fail_msg("how %d, sent %d, status %d: %s", (int)end.how, end.sent, end.status, exchange->detail);
}

/* Asks for a read, and takes what comes. */
static void read_one(struct network *network) {
    struct request request;
    const struct exchange_order order = read_order(&request, NULL);
    (void)launch(network, &order, &request);
    struct exchange *exchange = next(network);
    assert_ended(exchange, ATTEMPT_ANSWERED, true, 200);
    network_drop(network, exchange);
}

static void turn_until_sent(struct network *network, const struct exchange *exchange) {
    for (double end = now() + 30; !exchange_is_sent(exchange); network_wait(network, 10)) {
        if (now() > end) fail_msg("it is not sent");
        network_turn(network, clock_monotonic_us());
    }
}

/* ---- ends ---- */

static void each_exchange_is_handed_back_once_with_its_owner(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(both); i++) {
        tenant_reset(1);
        static struct request requests[MANY];
        bool is_told[MANY] = {false};
        const struct profile profile = to_tenant(both[i]);
        struct network *network = network_open(&profile);
        for (size_t j = 0; j < MANY; j++) {
            const struct exchange_order order = read_order(&requests[j], NULL);
            (void)launch(network, &order, &requests[j]);
        }
        for (size_t j = 0; j < MANY; j++) {
            struct exchange *exchange = next(network);
            size_t owner = (size_t)((struct request *)exchange->owner - requests);
            assert_true(owner < MANY && !is_told[owner]);
            is_told[owner] = true;
            assert_ended(exchange, ATTEMPT_ANSWERED, true, 200);
            assert_true(span_begins(buffer_span(&exchange->body), SPAN("{\"identities\":[")));
            network_drop(network, exchange);
        }
        assert_null(network_next(network));
        network_close(network);
    }
}

static void what_ended_first_is_handed_back_first(void **state) {
    (void)state;
    tenant_reset(1);
    struct request slow, fast;
    const struct profile profile = to_tenant(PROFILE_HTTP_2);
    struct network *network = network_open(&profile);
    const struct exchange_order slowly = read_order(&slow, "fault=delay;seconds=0.5"), soon = read_order(&fast, NULL);
    struct exchange *first = launch(network, &slowly, &slow), *second = launch(network, &soon, &fast);
    struct exchange *exchange = next(network);
    assert_true(exchange == second && exchange->owner == &fast);
    network_drop(network, exchange);
    exchange = next(network);
    assert_true(exchange == first && exchange->owner == &slow);
    network_drop(network, exchange);
    network_close(network);
}

static void the_next_exchange_goes_over_the_same_connection(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(both); i++) {
        const struct profile profile = to_tenant(both[i]);
        struct network *network = network_open(&profile);
        tenant_reset(1);
        for (int j = 0; j < 3; j++) read_one(network);
        struct tenant_record record = tenant_record();
        assert_int_equal(record.connections, 1);
        tenant_record_free(&record);
        network_close(network);
    }
}

static void a_body_may_be_taken(void **state) {
    (void)state;
    tenant_reset(1);
    struct request request;
    const struct profile profile = to_tenant(PROFILE_HTTP_2);
    struct network *network = network_open(&profile);
    const struct exchange_order order = read_order(&request, NULL);
    (void)launch(network, &order, &request);
    struct exchange *exchange = next(network);
    struct buffer body = exchange->body;
    exchange->body = (struct buffer){NULL, 0, 0};
    network_drop(network, exchange);
    read_one(network);
    assert_true(span_begins(buffer_span(&body), SPAN("{\"identities\":[")));
    buffer_free(&body);
    network_close(network);
}

/* ---- times ---- */

/* It is connected, and never says a word. */
static int open_silent_host(char *name, size_t room) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int host = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(host, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(host, 8), 0);
    assert_int_equal(getsockname(host, (struct sockaddr *)&address, &size), 0);
    snprintf(name, room, "127.0.0.1:%d", ntohs(address.sin_port));
    return host;
}

static void what_is_not_connected_in_time_ends_as_unreached(void **state) {
    (void)state;
    char name[32];
    struct request request;
    int host = open_silent_host(name, sizeof name);
    const struct profile profile = {.domain = name, .proxy = ""};
    struct network *network = network_open(&profile);
    const struct exchange_order order = order_to(&request, REQUEST_GET, "/", NULL, NULL);
    const struct network_times times = in(SECOND / 2, 20 * SECOND);
    const char *fault;
    assert_int_equal(network_next_timer(network), INT64_MAX);
    assert_non_null(network_launch(network, &order, &times, &request, &fault));
    network_turn(network, times.now);
    assert_int_equal(network_next_timer(network), times.connect_by);
    network_turn(network, times.connect_by - 1);
    assert_null(network_next(network));
    network_turn(network, times.connect_by);
    struct exchange *exchange = network_next(network);
    assert_non_null(exchange);
    assert_ended(exchange, ATTEMPT_UNREACHED, false, 0);
    assert_true(exchange->is_timed_out);
    assert_string_equal(exchange->detail, "no connection within connect_timeout");
    assert_int_equal(network_next_timer(network), INT64_MAX);
    network_drop(network, exchange);
    network_close(network);
    close(host);
}

static void what_is_not_answered_in_time_ends_as_expired(void **state) {
    (void)state;
    tenant_reset(1);
    struct request request;
    const struct profile profile = to_tenant(PROFILE_HTTP_2);
    struct network *network = network_open(&profile);
    const struct exchange_order order = read_order(&request, "fault=delay;seconds=20");
    const struct network_times times = in(20 * SECOND, 20 * SECOND + 7);
    const char *fault;
    struct exchange *exchange = network_launch(network, &order, &times, &request, &fault);
    assert_non_null(exchange);
    turn_until_sent(network, exchange);
    network_turn(network, times.connect_by); /* it has a connection: that time is nothing to it any more */
    assert_null(network_next(network));
    assert_int_equal(network_next_timer(network), times.end_by);
    network_turn(network, times.end_by);
    assert_ptr_equal(network_next(network), exchange);
    assert_ended(exchange, ATTEMPT_EXPIRED, true, 0);
    network_drop(network, exchange);
    network_close(network);
}

/* ---- stopping ---- */

static void one_that_is_cancelled_ends_so_and_the_others_go_on(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(both); i++) {
        tenant_reset(1);
        struct request requests[2];
        const struct profile profile = to_tenant(both[i]);
        struct network *network = network_open(&profile);
        const struct exchange_order late = read_order(&requests[0], "fault=delay;seconds=20"),
                                    later = read_order(&requests[1], "fault=delay;seconds=0.3");
        struct exchange *one = launch(network, &late, &requests[0]);
        struct exchange *other = launch(network, &later, &requests[1]);
        turn_until_sent(network, one);
        network_cancel(network, one, clock_monotonic_us());
        assert_ptr_equal(next(network), one);
        assert_ended(one, ATTEMPT_CANCELLED, true, 0);
        network_drop(network, one);
        assert_ptr_equal(next(network), other);
        assert_ended(other, ATTEMPT_ANSWERED, true, 200);
        network_drop(network, other);
        network_close(network);
    }
}

static void one_that_has_ended_is_cancelled_no_more(void **state) {
    (void)state;
    tenant_reset(1);
    struct request request;
    const struct profile profile = to_tenant(PROFILE_HTTP_2);
    struct network *network = network_open(&profile);
    const struct exchange_order order = read_order(&request, NULL);
    struct exchange *exchange = launch(network, &order, &request);
    for (double end = now() + 30; exchange->is_running && now() < end; network_wait(network, 20))
        network_turn(network, clock_monotonic_us());
    network_cancel(network, exchange, clock_monotonic_us());
    assert_ptr_equal(network_next(network), exchange);
    assert_ended(exchange, ATTEMPT_ANSWERED, true, 200);
    network_drop(network, exchange);
    assert_null(network_next(network));
    network_close(network);
}

static void of_one_that_is_forgotten_nothing_is_told(void **state) {
    (void)state;
    tenant_reset(1);
    struct request requests[3];
    const struct profile profile = to_tenant(PROFILE_HTTP_2);
    struct network *network = network_open(&profile);
    const struct exchange_order unsent = read_order(&requests[0], NULL),
                                sent = read_order(&requests[1], "fault=delay;seconds=20"),
                                cancelled = read_order(&requests[2], NULL);
    network_drop(network, launch(network, &unsent, &requests[0]));
    struct exchange *exchange = launch(network, &sent, &requests[1]);
    turn_until_sent(network, exchange);
    network_drop(network, exchange);
    exchange = launch(network, &cancelled, &requests[2]);
    network_cancel(network, exchange, clock_monotonic_us());
    network_drop(network, exchange);
    network_turn(network, clock_monotonic_us());
    assert_null(network_next(network));
    assert_int_equal(network_next_timer(network), INT64_MAX);
    read_one(network);
    network_close(network);
}

static void a_network_that_closes_takes_all_along(void **state) {
    (void)state;
    tenant_reset(1);
    struct request requests[3];
    const struct profile profile = to_tenant(PROFILE_HTTP_1_1);
    network_close(network_open(&profile)); /* libcurl and its TLS library open some for good */
    int descriptors = open_descriptors();
    struct network *network = network_open(&profile);
    read_one(network);
    const struct exchange_order slow = read_order(&requests[0], "fault=delay;seconds=20"),
                                ended = read_order(&requests[1], NULL), begun = read_order(&requests[2], NULL);
    turn_until_sent(network, launch(network, &slow, &requests[0]));
    network_cancel(network, launch(network, &ended, &requests[1]), clock_monotonic_us());
    (void)launch(network, &begun, &requests[2]);
    network_close(network);
    assert_int_equal(open_descriptors(), descriptors);
}

/* ---- what cannot be launched ---- */

static void a_proxy_that_libcurl_would_leave_out_is_a_fault(void **state) {
    (void)state;
    struct request request;
    struct profile profile = to_tenant(PROFILE_HTTP_2);
    profile.proxy = "http://user%0a:word@127.0.0.1:9";
    struct network *network = network_open(&profile);
    const struct exchange_order order = read_order(&request, NULL);
    const struct network_times times = in(SECOND, SECOND);
    const char *fault = NULL;
    assert_null(network_launch(network, &order, &times, &request, &fault));
    assert_non_null(strstr(fault, "encoded control character"));
    network_turn(network, clock_monotonic_us());
    assert_null(network_next(network));
    network_close(network);
}

/* ---- waiting ---- */

static void a_wait_ends_when_its_time_is_over(void **state) {
    (void)state;
    const struct profile profile = to_tenant(PROFILE_HTTP_2);
    struct network *network = network_open(&profile);
    network_wait(network, 10000); /* the first one ends at once */
    double began = now();
    network_wait(network, 300);
    assert_true(now() - began > 0.2 && now() - began < 5);
    network_close(network);
}

static void *wake_soon(void *network) {
    usleep(200000);
    network_wake(network);
    return NULL;
}

static void a_wait_is_ended_from_another_thread_and_from_before(void **state) {
    (void)state;
    pthread_t thread;
    const struct profile profile = to_tenant(PROFILE_HTTP_2);
    struct network *network = network_open(&profile);
    network_wait(network, 10000);
    double began = now();
    assert_int_equal(pthread_create(&thread, NULL, wake_soon, network), 0);
    network_wait(network, 10000);
    assert_true(now() - began > 0.1 && now() - began < 5);
    assert_int_equal(pthread_join(thread, NULL), 0);
    began = now();
    network_wake(network);
    network_wait(network, 10000);
    assert_true(now() - began < 5);
    network_close(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_exchange_is_handed_back_once_with_its_owner),
        cmocka_unit_test(what_ended_first_is_handed_back_first),
        cmocka_unit_test(the_next_exchange_goes_over_the_same_connection),
        cmocka_unit_test(a_body_may_be_taken),
        cmocka_unit_test(what_is_not_connected_in_time_ends_as_unreached),
        cmocka_unit_test(what_is_not_answered_in_time_ends_as_expired),
        cmocka_unit_test(one_that_is_cancelled_ends_so_and_the_others_go_on),
        cmocka_unit_test(one_that_has_ended_is_cancelled_no_more),
        cmocka_unit_test(of_one_that_is_forgotten_nothing_is_told),
        cmocka_unit_test(a_network_that_closes_takes_all_along),
        cmocka_unit_test(a_proxy_that_libcurl_would_leave_out_is_a_fault),
        cmocka_unit_test(a_wait_ends_when_its_time_is_over),
        cmocka_unit_test(a_wait_is_ended_from_another_thread_and_from_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
