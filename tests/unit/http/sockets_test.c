/* The sockets under connections, over TCP on loopback: what a look at one tells. */
#include "http/sockets.h"
#include "unit/support.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockets sockets;

/* A connection; its peer is the test's. */
struct connection {
    curl_socket_t socket;
    int peer, port;
};

static struct connection connect_one(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, own;
    const struct curl_sockaddr wish = {.family = AF_INET, .socktype = SOCK_STREAM};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    struct connection made = {.socket = sockets_open(&sockets, &wish)};
    assert_int_equal(connect(made.socket, (struct sockaddr *)&address, size), 0);
    made.peer = accept(listener, NULL, NULL);
    assert_int_equal(getsockname(made.socket, (struct sockaddr *)&own, &size), 0);
    made.port = ntohs(own.sin_port);
    close(listener);
    return made;
}

static void close_one(struct connection *connection) {
    assert_int_equal(sockets_close(&sockets, connection->socket), 0);
    if (connection->peer >= 0) close(connection->peer);
}

/* Until what the peer did is there. */
static bool is_fit_after(const struct connection *connection) {
    struct pollfd arrival = {.fd = connection->socket, .events = POLLIN};
    assert_int_equal(poll(&arrival, 1, 10000), 1);
    return sockets_is_fit(&sockets, connection->port);
}

static void say(const struct connection *connection) { assert_int_equal(write(connection->peer, "x", 1), 1); }

static void hear(const struct connection *connection) {
    char byte;
    assert_int_equal(read(connection->socket, &byte, 1), 1);
}

static void one_that_is_silent_is_fit_again_and_again(void **state) {
    (void)state;
    struct connection one = connect_one(), other = connect_one();
    for (int i = 0; i < 3; i++) {
        assert_true(sockets_is_fit(&sockets, one.port));
        assert_true(sockets_is_fit(&sockets, other.port));
        sockets_speak_http_1(&sockets, one.port);
    }
    close_one(&one);
    close_one(&other);
}

static void one_whose_peer_has_closed_is_not_fit(void **state) {
    (void)state;
    const struct linger at_once = {.l_onoff = 1};
    for (int i = 0; i < 4; i++) {
        struct connection one = connect_one();
        bool is_reset = i % 2 == 1, is_used = i / 2 == 1;
        if (is_used) assert_true(sockets_is_fit(&sockets, one.port));
        if (is_reset) setsockopt(one.peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close(one.peer);
        one.peer = -1;
        assert_false(is_fit_after(&one));
        assert_false(sockets_is_alive(&sockets, one.port));
        close_one(&one);
    }
}

#ifdef POLLRDHUP
static void nor_is_one_whose_peer_has_closed_behind_a_last_word(void **state) {
    (void)state;
    struct connection one = connect_one();
    say(&one);
    shutdown(one.peer, SHUT_WR);
    assert_false(is_fit_after(&one));
    close_one(&one);
}
#endif

static void over_http_1_nothing_may_come_between_an_answer_and_a_request(void **state) {
    (void)state;
    struct connection one = connect_one();
    say(&one); /* before its first request: of TLS */
    assert_true(is_fit_after(&one));
    sockets_speak_http_1(&sockets, one.port);
    hear(&one);
    assert_true(sockets_is_fit(&sockets, one.port));
    say(&one);
    assert_false(is_fit_after(&one));
    assert_true(sockets_is_alive(&sockets, one.port));
    close_one(&one);
}

static void over_http_2_frames_come_at_any_time(void **state) {
    (void)state;
    struct connection one = connect_one();
    assert_true(sockets_is_fit(&sockets, one.port));
    say(&one);
    assert_true(is_fit_after(&one));
    close_one(&one);
}

static void one_that_is_not_known_is_fit(void **state) {
    (void)state;
    struct connection one = connect_one();
    say(&one);
    close_one(&one);
    assert_true(sockets_is_fit(&sockets, one.port));
    assert_false(sockets_is_alive(&sockets, one.port));
    assert_true(sockets_is_fit(&sockets, 0));
    assert_true(sockets_is_fit(&sockets, -1));
    sockets_speak_http_1(&sockets, one.port);
}

static void programs_do_not_inherit_one(void **state) {
    (void)state;
    struct connection one = connect_one();
    assert_int_equal(fcntl(one.socket, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    close_one(&one);
    const struct curl_sockaddr none = {.family = -1};
    assert_int_equal(sockets_open(&sockets, &none), CURL_SOCKET_BAD);
}

static void those_that_are_left_are_forgotten(void **state) {
    (void)state;
    struct connection one = connect_one();
    sockets_free(&sockets);
    assert_int_equal(sockets.all.size, 0);
    close_one(&one);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_is_silent_is_fit_again_and_again),
        cmocka_unit_test(one_whose_peer_has_closed_is_not_fit),
#ifdef POLLRDHUP
        cmocka_unit_test(nor_is_one_whose_peer_has_closed_behind_a_last_word),
#endif
        cmocka_unit_test(over_http_1_nothing_may_come_between_an_answer_and_a_request),
        cmocka_unit_test(over_http_2_frames_come_at_any_time),
        cmocka_unit_test(one_that_is_not_known_is_fit),
        cmocka_unit_test(programs_do_not_inherit_one),
        cmocka_unit_test(those_that_are_left_are_forgotten),
    };
    sockets_init(&sockets, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
