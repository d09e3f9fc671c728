/* Writing where the reader is gone, in a process that does with SIGPIPE what the system does: end. */
#include "unit/http/orders.h"

#include "http/pipe_guard.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* The signal that ends a child which does this; 0 where it comes to its own end. */
static int signal_of(void (*deed)(void)) {
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGPIPE, SIG_DFL);
        deed();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

/* ---- libcurl with its TLS library ---- */

static void perform(struct exchange *exchange, struct exchange_order order, enum attempt_how how) {
    assert_int_equal(exchange_begin(exchange, &order), CURLE_OK);
    exchange_limit(exchange, 0, INT64_MAX, INT64_MAX);
    struct pipe_guard guard = pipe_guard_begin();
    CURLcode code = curl_easy_perform(exchange->easy);
    pipe_guard_end(&guard);
    if (exchange_end(exchange, code).how != how) _exit(1);
}

static struct sockets sockets;

/* Where libcurl cannot be kept from it, it sends a read once more, on another connection. */
static const enum attempt_how how_it_ends = CURL_HAS_PREREQ ? ATTEMPT_LOST : ATTEMPT_ANSWERED;

/* A handle whose connection stands, as far as it knows: what it writes there meets EPIPE. */
static struct exchange *open_broken(curl_socket_t *broken) {
    static struct profile profile;
    static struct curl_slist resolve;
    static struct request request;
    int ends[2];
    profile = to_tenant(PROFILE_HTTP_1_1);
    resolve = (struct curl_slist){(char *)(uintptr_t)profile.resolve[0], NULL};
    struct exchange *exchange = exchange_new(&profile, &sockets, &resolve);
    perform(exchange, read_order(&request, NULL), ATTEMPT_ANSWERED);
    if (curl_easy_getinfo(exchange->easy, CURLINFO_ACTIVESOCKET, broken) != CURLE_OK) _exit(1);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) != 0 || shutdown(ends[0], SHUT_WR) != 0) _exit(1);
    if (dup2(ends[0], *broken) != *broken) _exit(1); /* the tenant's end would be seen before anything is written */
    return exchange;
}

static void write_by_hand(void) {
    curl_socket_t broken;
    (void)open_broken(&broken);
    if (write(broken, "x", 1) < 0) _exit(1);
}

static void send_a_request(void) {
    curl_socket_t broken;
    struct request request;
    struct exchange *exchange = open_broken(&broken);
    perform(exchange, read_order(&request, NULL), how_it_ends);
}

/* TLS ends with a word to the peer. */
static void close_a_connection(void) {
    curl_socket_t broken;
    struct exchange *exchange = open_broken(&broken);
    struct pipe_guard guard = pipe_guard_begin();
    exchange_free(exchange);
    pipe_guard_end(&guard);
}

static void what_libcurl_writes_ends_no_process(void **state) {
    (void)state;
    tenant_reset(1);
    assert_int_equal(signal_of(write_by_hand), SIGPIPE);
    assert_int_equal(signal_of(send_a_request), 0);
    assert_int_equal(signal_of(close_a_connection), 0);
}

/* ---- the guard ---- */

static void break_a_pipe(void) {
    int ends[2];
    if (pipe(ends) != 0 || close(ends[0]) != 0) _exit(1);
    if (write(ends[1], "x", 1) >= 0) _exit(1);
}

static void break_a_guarded_pipe(void) {
    struct pipe_guard guard = pipe_guard_begin();
    break_a_pipe();
    pipe_guard_end(&guard);
}

/* One that was there before, blocked by the program, is the program's. */
static void break_a_guarded_pipe_after_another(void) {
    sigset_t pipe, pending;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigprocmask(SIG_BLOCK, &pipe, NULL);
    break_a_pipe();
    break_a_guarded_pipe();
    if (sigpending(&pending) != 0 || !sigismember(&pending, SIGPIPE)) _exit(1);
}

static void a_guard_that_is_needed_swallows_its_own_signal_alone(void **state) {
    (void)state;
    struct pipe_guard guard = pipe_guard_begin();
    pipe_guard_end(&guard);
    assert_int_equal(signal_of(break_a_pipe), SIGPIPE);
    assert_int_equal(signal_of(break_a_guarded_pipe), guard.is_needed ? 0 : SIGPIPE);
    assert_int_equal(signal_of(break_a_guarded_pipe_after_another), 0);
#ifdef AUTH0_PRETEND_CURL
    assert_true(guard.is_needed);
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_libcurl_writes_ends_no_process),
        cmocka_unit_test(a_guard_that_is_needed_swallows_its_own_signal_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
