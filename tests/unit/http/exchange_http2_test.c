/* How an exchange over HTTP/2 ends: a socket of this process takes the place of a tenant. */
#include "unit/support.h"

#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 8192, PREFACE = 24, HEAD = 9 };

/* Types of frames, and reasons to end a stream. */
enum { DATA = 0, HEADERS = 1, RST_STREAM = 3, SETTINGS = 4, GOAWAY = 7 };
enum { REFUSED_STREAM = 7, CANCEL = 8, HTTP_1_1_REQUIRED = 13 };
enum { END_STREAM = 1, END_HEADERS = 4 };

struct server {
    int listener, peer;
    char domain[DOMAIN_ROOM];
    unsigned char bytes[MOST];
    size_t size;
};

static void open_server(struct server *server) {
    *server = (struct server){.peer = -1};
    server->listener = listen_here(server->domain);
}

static void send_frame(const struct server *server, int type, int flags, int stream, const char *at, size_t size) {
    unsigned char frame[HEAD + 64] = {0, 0, (unsigned char)size,  (unsigned char)type, (unsigned char)flags, 0,
                                      0, 0, (unsigned char)stream};
    memcpy(frame + HEAD, at, size);
    assert_int_equal(send(server->peer, frame, HEAD + size, MSG_NOSIGNAL), (ssize_t)(HEAD + size));
}

static void send_reset(const struct server *server, char reason) {
    const char bytes[] = {0, 0, 0, reason};
    send_frame(server, RST_STREAM, 0, 1, bytes, sizeof bytes);
}

/* Whether the request has come, which is the first stream. */
static bool has_request(struct server *server) {
    if (server->peer < 0) server->peer = accept(server->listener, NULL, NULL);
    ssize_t count = recv(server->peer, server->bytes + server->size, MOST - server->size, MSG_DONTWAIT);
    if (count > 0) server->size += (size_t)count;
    for (size_t at = PREFACE; at + HEAD <= server->size;) {
        const unsigned char *head = server->bytes + at;
        if (head[3] == HEADERS) return true;
        at += HEAD + ((size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2]);
    }
    return false;
}

static struct sockets sockets;

static struct exchange *open_exchange(const struct server *server) {
    static struct profile profile;
    profile = (struct profile){.domain = server->domain, .proxy = "", .http = PROFILE_HTTP_2};
    struct exchange *exchange = open_plain(&profile, &sockets);
    curl_easy_setopt(exchange->easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE);
    return exchange;
}

/* What the server does when it has the request. */
struct behaviour {
    bool begins; /* to answer: a status, and half of a body */
    bool waits;  /* until that has been read */
    bool goes;   /* GOAWAY, which leaves the request out */
    char reason; /* of a reset, or */
};

static void answer(const struct server *server, CURLM *multi, const struct behaviour *behaviour) {
    int running;
    send_frame(server, SETTINGS, 0, 0, "", 0);
    if (behaviour->begins) {
        send_frame(server, HEADERS, END_HEADERS, 1, "\x88", 1); /* :status 200 */
        send_frame(server, DATA, 0, 1, "[{", 2);
    }
    for (int i = 0; behaviour->waits && i < 10; i++) {
        curl_multi_perform(multi, &running);
        curl_multi_poll(multi, NULL, 0, 10, NULL);
    }
    if (behaviour->goes)
        send_frame(server, GOAWAY, 0, 0, "\0\0\0\0\0\0\0\0", 8);
    else
        send_reset(server, behaviour->reason);
}

static struct attempt_end end_of(struct behaviour behaviour, bool *tells_unprocessed) {
    struct server server;
    int running = 1, left;
    bool is_answered = false;
    open_server(&server);
    struct exchange *exchange = open_exchange(&server);
    CURLM *multi = curl_multi_init();
    *tells_unprocessed = exchange->repeats_unprocessed;
    const struct exchange_order order = {.method = REQUEST_DELETE, .target = "/", .max_response = 1024};
    assert_int_equal(exchange_begin(exchange, &order), CURLE_OK);
    curl_multi_add_handle(multi, exchange->easy);
    for (double until = now() + 20; running > 0 && now() < until;) {
        curl_multi_perform(multi, &running);
        if (!is_answered && has_request(&server)) {
            answer(&server, multi, &behaviour);
            is_answered = true;
        }
        curl_multi_poll(multi, NULL, 0, 10, NULL);
    }
    const CURLMsg *message = curl_multi_info_read(multi, &left);
    assert_non_null(message);
    struct attempt_end end = exchange_end(exchange, message->data.result);
    assert_true(end.sent);
    curl_multi_remove_handle(multi, exchange->easy);
    curl_multi_cleanup(multi);
    exchange_free(exchange);
    close(server.peer);
    close(server.listener);
    return end;
}

static void assert_ends(struct behaviour behaviour, enum attempt_how how) {
    bool tells_unprocessed;
    struct attempt_end end = end_of(behaviour, &tells_unprocessed);
    if (how == ATTEMPT_UNPROCESSED && !tells_unprocessed) how = ATTEMPT_LOST;
    if (end.how != how)
        fail_msg("reason %d, %d: %d, not %d", behaviour.reason, behaviour.begins, (int)end.how, (int)how);
}

static void what_a_server_refuses_was_not_processed(void **state) {
    (void)state;
    assert_ends((struct behaviour){.reason = REFUSED_STREAM}, ATTEMPT_UNPROCESSED);
}

static void what_a_server_resets_may_have_been(void **state) {
    (void)state;
    assert_ends((struct behaviour){.reason = CANCEL}, ATTEMPT_LOST);
}

static void what_a_server_wants_over_http_1_may_have_been(void **state) {
    (void)state;
    assert_ends((struct behaviour){.reason = HTTP_1_1_REQUIRED}, ATTEMPT_LOST);
}

static void what_a_server_began_to_answer_was_processed(void **state) {
    static const char reasons[] = {REFUSED_STREAM, CANCEL, HTTP_1_1_REQUIRED};
    (void)state;
    for (size_t i = 0; i < COUNT(reasons); i++)
        assert_ends((struct behaviour){.begins = true, .waits = true, .reason = reasons[i]}, ATTEMPT_LOST);
    assert_ends((struct behaviour){.begins = true, .reason = HTTP_1_1_REQUIRED}, ATTEMPT_LOST);
    assert_ends((struct behaviour){.begins = true, .waits = true, .goes = true}, ATTEMPT_LOST);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_server_refuses_was_not_processed),
        cmocka_unit_test(what_a_server_resets_may_have_been),
        cmocka_unit_test(what_a_server_wants_over_http_1_may_have_been),
        cmocka_unit_test(what_a_server_began_to_answer_was_processed),
    };
    if ((curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_HTTP2) == 0) return 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
