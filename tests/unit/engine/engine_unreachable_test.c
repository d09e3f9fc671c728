/* The engine where no server answers: a port without a listener, and a listener that never says a word. */
#include "unit/support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BURST = 64, PATIENCE = 60 };

static const enum profile_http both[] = {PROFILE_HTTP_1_1, PROFILE_HTTP_2};

struct host {
    int socket;
    char domain[32];
};

/* Bound, so that no other process gets the port; without listen() every connection is refused. */
static struct host open_host(bool listens) {
    struct host host = {.socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    assert_true(host.socket >= 0);
    assert_int_equal(bind(host.socket, (struct sockaddr *)&address, size), 0);
    if (listens) assert_int_equal(listen(host.socket, 2 * BURST), 0);
    assert_int_equal(getsockname(host.socket, (struct sockaddr *)&address, &size), 0);
    snprintf(host.domain, sizeof host.domain, "127.0.0.1:%d", ntohs(address.sin_port));
    return host;
}

static int connections_made(const struct host *host) {
    int count = 0;
    for (int peer; (peer = accept(host->socket, NULL, NULL)) >= 0; count++) close(peer);
    assert_int_equal(errno, EAGAIN);
    return count;
}

static struct engine *open_engine_for(const struct host *host, enum profile_http http) {
    return open_engine((struct profile){.domain = host->domain, .proxy = "", .http = http});
}

static struct call *submit_burst(struct engine *engine, struct wish wish) {
    struct call *calls = prepare_all(BURST, wish);
    for (size_t i = 0; i < BURST; i++) engine_submit(engine, &calls[i]);
    return calls;
}

static void a_refused_connection_is_told_to_all_that_wait_for_it_at_once(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(both); i++) {
        struct host host = open_host(false);
        struct engine *engine = open_engine_for(&host, both[i]);
        struct call *calls = submit_burst(engine, (struct wish){.goal = IDENTITY_LINK, .domain = host.domain});
        turn_until_stage(engine, &calls[0], CALL_DONE);
        struct engine_record record;
        for (size_t told = 0; told < BURST; told++)
            assert_true(engine_next(engine, &record)); /* without another turn */
        for (size_t j = 0; j < BURST; j++) {
            assert_told(&calls[j], CODE_UNREACHABLE, OUTCOME_NONE);
            assert_true(calls[j].detail[0] != '\0');
        }
        engine_close(engine);
        release_all(calls, BURST);
        close(host.socket);
    }
}

static void a_host_that_hangs_costs_all_callers_one_connect_timeout(void **state) {
    (void)state;
    const int connect_ms = 400;
    for (size_t i = 0; i < COUNT(both); i++) {
        struct host host = open_host(true);
        struct engine *engine = open_engine_for(&host, both[i]);
        double begin = now();
        struct call *calls =
            submit_burst(engine, (struct wish){.goal = IDENTITY_LINK, .domain = host.domain, .connect_ms = connect_ms});
        turn_until_told(engine, calls, BURST, PATIENCE);
        assert_true(now() - begin < BURST * connect_ms / 2e3); /* one after another it were twice that */
        for (size_t j = 0; j < BURST; j++) assert_told(&calls[j], CODE_UNREACHABLE, OUTCOME_NONE);
        assert_int_equal(connections_made(&host), 1); /* the leader's */
        engine_close(engine);
        release_all(calls, BURST);
        close(host.socket);
    }
}

static void after_a_failure_the_next_call_tries_again(void **state) {
    (void)state;
    struct host host = open_host(true);
    struct engine *engine = open_engine_for(&host, PROFILE_HTTP_2);
    struct call call = {.stage = CALL_NEW};
    for (int i = 1; i <= 3; i++) {
        prepare(&call, 1, (struct wish){.goal = IDENTITY_LINK, .domain = host.domain, .connect_ms = 50});
        engine_submit(engine, &call);
        turn_until_told(engine, &call, 1, PATIENCE);
        assert_told(&call, CODE_UNREACHABLE, OUTCOME_NONE);
        assert_int_equal(connections_made(&host), 1);
        call_release(&call);
    }
    engine_close(engine);
    close(host.socket);
}

static void a_deadline_that_passes_in_the_queue_ends_its_call_alone(void **state) {
    (void)state;
    struct host host = open_host(true);
    struct engine *engine = open_engine_for(&host, PROFILE_HTTP_2);
    struct call *calls = prepare_all(2, (struct wish){.goal = IDENTITY_LINK, .domain = host.domain});
    struct call hurried = {.stage = CALL_NEW};
    prepare(&hurried, 3, (struct wish){.goal = IDENTITY_LINK, .domain = host.domain, .deadline_ms = 200});
    engine_submit(engine, &calls[0]);
    engine_submit(engine, &calls[1]);
    engine_submit(engine, &hurried);
    turn_until_told(engine, &hurried, 1, PATIENCE);
    assert_told(&hurried, CODE_TIMEOUT, OUTCOME_NONE);
    assert_int_equal(calls[0].stage, CALL_RUNNING);
    assert_int_equal(calls[1].stage, CALL_QUEUED);
    assert_int_equal(connections_made(&host), 1);
    engine_close(engine);
    release_all(calls, 2);
    call_release(&hurried);
    close(host.socket);
}

static void a_call_that_is_cancelled_before_it_was_sent_has_changed_nothing(void **state) {
    (void)state;
    struct host host = open_host(true);
    struct engine *engine = open_engine_for(&host, PROFILE_HTTP_2);
    struct call call = {.stage = CALL_NEW};
    prepare(&call, 1, (struct wish){.goal = IDENTITY_LINK, .domain = host.domain});
    engine_submit(engine, &call);
    for (int i = 0; i < 5; i++) engine_turn(engine, 10);
    assert_int_equal(call.stage, CALL_RUNNING);
    engine_cancel(engine, &call);
    turn_until_told(engine, &call, 1, PATIENCE);
    assert_told(&call, CODE_CANCELLED, OUTCOME_NONE);
    engine_close(engine);
    call_release(&call);
    close(host.socket);
}

/* What waits behind a leader that goes away must not wait for ever. */
static void when_the_leader_is_taken_back_the_next_one_goes(void **state) {
    (void)state;
    for (int is_cancelled = 0; is_cancelled <= 1; is_cancelled++) {
        struct host host = open_host(true);
        struct engine *engine = open_engine_for(&host, PROFILE_HTTP_2);
        struct call *calls = prepare_all(2, (struct wish){.goal = IDENTITY_LINK, .domain = host.domain});
        engine_submit(engine, &calls[0]);
        engine_submit(engine, &calls[1]);
        engine_turn(engine, 0);
        assert_int_equal(calls[0].stage, CALL_RUNNING);
        if (is_cancelled)
            engine_cancel(engine, &calls[0]);
        else
            engine_drop(&calls[0]);
        turn_until_stage(engine, &calls[1], CALL_RUNNING);
        engine_close(engine);
        release_all(calls, 2);
        close(host.socket);
    }
}

static void closing_waits_for_nobody_and_leaves_no_descriptor(void **state) {
    (void)state;
    struct host host = open_host(true);
    int before = open_descriptors();
    struct engine *engine = open_engine_for(&host, PROFILE_HTTP_2);
    struct call *calls = submit_burst(engine, (struct wish){.goal = IDENTITY_LINK, .domain = host.domain});
    for (int i = 0; i < 5; i++) engine_turn(engine, 10);
    assert_true(open_descriptors() > before);
    double begin = now();
    engine_close(engine);
    assert_true(now() - begin < 5); /* connect_timeout is 10 s */
    assert_int_equal(open_descriptors(), before);
    for (size_t i = 0; i < BURST; i++) assert_int_equal(calls[i].stage, CALL_NEW);
    release_all(calls, BURST);
    close(host.socket);
}

static void an_engine_without_work_waits_no_longer_than_it_is_told(void **state) {
    (void)state;
    struct host host = open_host(false);
    struct engine *engine = open_engine_for(&host, PROFILE_HTTP_2);
    struct engine_record record;
    double begin = now();
    engine_turn(engine, 0);
    engine_turn(engine, 10);
    assert_true(now() - begin < 5);
    assert_false(engine_next(engine, &record));
    engine_close(engine);
    close(host.socket);
}

/* What the first engine of a process opens and keeps is libcurl's and the TLS library's. */
static int warm_up(void **state) {
    struct host host = open_host(false);
    (void)state;
    engine_close(open_engine_for(&host, PROFILE_HTTP_2));
    close(host.socket);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_connection_is_told_to_all_that_wait_for_it_at_once),
        cmocka_unit_test(a_host_that_hangs_costs_all_callers_one_connect_timeout),
        cmocka_unit_test(after_a_failure_the_next_call_tries_again),
        cmocka_unit_test(a_deadline_that_passes_in_the_queue_ends_its_call_alone),
        cmocka_unit_test(a_call_that_is_cancelled_before_it_was_sent_has_changed_nothing),
        cmocka_unit_test(when_the_leader_is_taken_back_the_next_one_goes),
        cmocka_unit_test(closing_waits_for_nobody_and_leaves_no_descriptor),
        cmocka_unit_test(an_engine_without_work_waits_no_longer_than_it_is_told),
    };
    return cmocka_run_group_tests(tests, warm_up, NULL);
}
