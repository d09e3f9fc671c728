/* What of an exchange a server reads, to the byte: a socket of this process takes the place of a tenant. */
#include "unit/support.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 8192 };

struct server {
    int listener, peer;
    char domain[DOMAIN_ROOM], request[MOST];
    size_t size;
};

static void open_server(struct server *server) {
    *server = (struct server){.peer = -1};
    server->listener = listen_here(server->domain);
}

/* True once the request's head has come. */
static bool serve(struct server *server) {
    if (server->peer < 0) server->peer = accept(server->listener, NULL, NULL);
    ssize_t count = recv(server->peer, server->request + server->size, MOST - 1 - server->size, MSG_DONTWAIT);
    if (count > 0) server->size += (size_t)count;
    return strstr(server->request, "\r\n\r\n") != NULL;
}

static void close_server(struct server *server) {
    close(server->peer);
    close(server->listener);
}

static struct sockets sockets;

static struct exchange *open_exchange(const struct server *server) {
    static struct profile profile;
    profile = (struct profile){.domain = server->domain, .proxy = "", .http = PROFILE_HTTP_1_1};
    return open_plain(&profile, &sockets);
}

/* The head of the request that such an order makes, on a handle that has had another one; it lasts until the next. */
static const char *sent_after(const struct exchange_order *before, struct exchange_order order) {
    static struct server server;
    int running = 1;
    open_server(&server);
    struct exchange *exchange = open_exchange(&server);
    CURLM *multi = curl_multi_init();
    if (before != NULL) {
        assert_int_equal(exchange_begin(exchange, before), CURLE_OK);
        exchange_finish(exchange);
    }
    assert_int_equal(exchange_begin(exchange, &order), CURLE_OK);
    curl_multi_add_handle(multi, exchange->easy);
    for (double end = now() + 20; running > 0 && !serve(&server) && now() < end;) {
        curl_multi_perform(multi, &running);
        curl_multi_poll(multi, NULL, 0, 10, NULL);
    }
    curl_multi_remove_handle(multi, exchange->easy);
    exchange_free(exchange);
    curl_multi_cleanup(multi);
    close_server(&server);
    return server.request;
}

static const char *sent_for(struct exchange_order order) { return sent_after(NULL, order); }

static void assert_begins(const char *text, const char *beginning) {
    char found[MOST];
    snprintf(found, sizeof found, "%.*s", (int)strlen(beginning), text);
    assert_string_equal(found, beginning);
}

static void a_target_goes_out_as_it_is(void **state) {
    static const char *const targets[] = {
        "/api/v2/users/auth0%7C1?fields=identities",
        "/api/v2/users/../clients",
        "/api/v2/users/./x/..",
        "/..",
        "/api/v2/users/%2e%2E/x",
        "//elsewhere.test/x",
        "/a//b?c=/../d",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(targets); i++) {
        char line[128];
        snprintf(line, sizeof line, "GET %s HTTP/1.1\r\nX-HTTP-Version: HTTP/1.1\r\nHost: 127.0.0.1:", targets[i]);
        assert_begins(sent_for((struct exchange_order){.target = targets[i]}), line);
    }
}

static void no_address_is_refused_in_words_of_libcurl(void **state) {
    (void)state;
    const struct profile profile = {.domain = "[1:2]", .proxy = "", .http = PROFILE_HTTP_1_1};
    struct exchange *exchange = exchange_new(&profile, &sockets, NULL);
    assert_non_null(exchange);
    assert_int_equal(exchange_begin(exchange, &(struct exchange_order){.target = "/"}), CURLE_OK);
    assert_int_equal(exchange_end(exchange, curl_easy_perform(exchange->easy)).how, ATTEMPT_UNREACHED);
    assert_begins(exchange->detail, "URL "); /* "URL using bad/illegal format", "URL rejected: ..." */
    exchange_free(exchange);
}

static bool asks_for_gzip(const char *request) { return strstr(request, "\r\nAccept-Encoding: gzip\r\n") != NULL; }

static void reads_alone_ask_for_gzip(void **state) {
    (void)state;
    const struct exchange_order read = {.target = "/"}, part = {.target = "/", .is_raw = true},
                                change = {.method = REQUEST_DELETE, .target = "/"},
                                post = {.method = REQUEST_POST, .target = "/", .body = SPAN("{}")};
    assert_true(asks_for_gzip(sent_for(read)));
    assert_true(asks_for_gzip(sent_after(&post, read)));
    const struct exchange_order *others[] = {&part, &change, &post};
    for (size_t i = 0; i < COUNT(others); i++) {
        assert_null(strstr(sent_for(*others[i]), "Accept-Encoding"));
        assert_null(strstr(sent_after(&read, *others[i]), "Accept-Encoding"));
    }
}

/* Larger ones get the header that suppresses it from engine/call. */
static void no_body_of_a_kibibyte_waits_for_a_100(void **state) {
    (void)state;
    static char body[1024];
    memset(body, ' ', sizeof body);
    const struct exchange_order order = {.method = REQUEST_POST, .target = "/", .body = {body, sizeof body}};
    assert_null(strstr(sent_for(order), "Expect"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_target_goes_out_as_it_is),
        cmocka_unit_test(no_address_is_refused_in_words_of_libcurl),
        cmocka_unit_test(reads_alone_ask_for_gzip),
        cmocka_unit_test(no_body_of_a_kibibyte_waits_for_a_100),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
