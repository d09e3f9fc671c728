#include "unit/support.h"

#include "os/clock.h"
#include "os/watch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef getsockopt
/* In the place of the system's, where a variant of this test says so: nothing counts what arrives. */
int getsockopt(int descriptor, int level, int name, void *value, socklen_t *size) {
    (void)descriptor, (void)level, (void)name, (void)value, (void)size;
    errno = ENOPROTOOPT;
    return -1;
}
#endif

/* Two ends of a connection over loopback. */
struct line {
    int near, far;
    pthread_t flooder;
    atomic_bool is_over;
};

static struct line connect_line(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct line line = {.near = socket(AF_INET, SOCK_STREAM, 0)};
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(connect(line.near, (struct sockaddr *)&address, size), 0);
    line.far = accept(listener, NULL, NULL);
    assert_true(line.far >= 0);
    close(listener);
    return line;
}

static void *flood(void *context) {
    struct line *line = context;
    static const char bytes[4096];
    while (!line->is_over && send(line->far, bytes, sizeof bytes, MSG_NOSIGNAL) > 0) continue;
    return NULL;
}

static void begin_flood(struct line *line) { assert_int_equal(pthread_create(&line->flooder, NULL, flood, line), 0); }

static void end_flood(struct line *line) {
    line->is_over = true;
    (void)shutdown(line->far, SHUT_RDWR);
    (void)pthread_join(line->flooder, NULL);
    close(line->far);
}

static bool read_some(const struct line *line) {
    char bytes[1024];
    return recv(line->near, bytes, sizeof bytes, 0) > 0;
}

static int64_t worked(void) { return clock_worked_us(clock_of_this_thread()); }

/* Where nothing ends it, it takes three seconds. */
enum { ENDED_BY = 2500000 };

/* Reads as long as bytes come, for three seconds at most of those in which it has a processor. */
static int64_t read_all(const struct line *line) {
    int64_t begun = worked();
    while (read_some(line) && worked() - begun < 3000000) continue;
    return worked() - begun;
}

/* What the first takes at least. */
enum { FIRST = WATCH_LOOK_MS * WATCH_LOOKS / 2 * 1000 };

static void open_on(struct watch *watch, const struct line *line) {
    assert_true(watch_open(watch));
    watch_add(watch, line->near);
}

static void close_on(struct watch *watch, struct line *line) {
    assert_int_equal(watch_close(watch, line->near), 0);
    end_flood(line);
}

/* Whose opening failed: this comes first, before anything of it was made. */
static void what_was_not_opened_may_work_and_end(void **state) {
    struct watch watch = {.count = 0};
    (void)state;
    watch_begin(&watch);
    usleep(2 * WATCH_LOOK_MS * 1000);
    assert_false(watch_end(&watch));
    watch_free(&watch);
}

static void work_that_reads_all_the_time_is_ended_and_nothing_else_is_touched(void **state) {
    struct line line = connect_line(), other = connect_line();
    struct watch watch;
    (void)state;
    open_on(&watch, &line);
    watch_add(&watch, other.near);
    begin_flood(&line);
    begin_flood(&other);
    watch_begin(&watch);
    assert_in_range(read_all(&line), FIRST, ENDED_BY);
    assert_true(watch_end(&watch));
    watch_begin(&watch);
    assert_true(read_some(&other));
    assert_false(watch_end(&watch));
    close_on(&watch, &line);
    close_on(&watch, &other);
    watch_free(&watch);
}

static void the_next_that_does_so_a_moment_later_is_ended_sooner(void **state) {
    struct watch watch;
    int64_t least = INT64_MAX;
    (void)state;
    assert_true(watch_open(&watch));
    for (int i = 0; i < 20 && least >= FIRST; i++) {
        struct line line = connect_line();
        watch_add(&watch, line.near);
        begin_flood(&line);
        usleep((useconds_t)i * 1000); /* some look will come soon after the beginning */
        watch_begin(&watch);
        int64_t took = read_all(&line);
        bool has_shut = watch_end(&watch);
        close_on(&watch, &line);
        assert_true(has_shut);
        if (i > 0 && took < least) least = took;
    }
    watch_free(&watch);
    assert_in_range(least, 0, FIRST - 1);
}

static void work_that_comes_back_goes_on(void **state) {
    struct line line = connect_line();
    struct watch watch;
    (void)state;
    open_on(&watch, &line);
    begin_flood(&line);
    for (int64_t begun = clock_monotonic_us(); clock_monotonic_us() - begun < 500000;) {
        watch_begin(&watch);
        for (int i = 0; i < 10; i++) assert_true(read_some(&line));
        assert_false(watch_end(&watch));
    }
    close_on(&watch, &line);
    watch_free(&watch);
}

static void work_that_takes_long_and_reads_nothing_goes_on(void **state) {
    struct line line = connect_line();
    struct watch watch;
    (void)state;
    open_on(&watch, &line);
    begin_flood(&line);
    usleep(100000); /* until there is no room for more */
    watch_begin(&watch);
    usleep(500000);
    assert_true(read_some(&line));
    assert_false(watch_end(&watch));
    close_on(&watch, &line);
    watch_free(&watch);
}

/* The same, for twenty seconds at most, and hears something in between. */
static int64_t read_and_hear(struct watch *watch, const struct line *line) {
    int64_t begun = worked();
    for (; read_some(line) && worked() - begun < 20000000; watch_hear(watch)) continue;
    return worked() - begun;
}

static void what_is_heard_meanwhile_gives_it_ten_times_as_long(void **state) {
    struct line line = connect_line();
    struct watch watch;
    (void)state;
    open_on(&watch, &line);
    begin_flood(&line);
    watch_begin(&watch);
    assert_in_range(read_and_hear(&watch, &line), WATCH_LOOK_MS * WATCH_LOOKS_HEARD / 2 * 1000, 19000000);
    assert_true(watch_end(&watch));
    close_on(&watch, &line);
    watch_free(&watch);
}

static void work_for(int64_t us) {
    for (int64_t end = worked() + us; worked() < end;) continue;
}

static void work_that_reads_little_goes_on(void **state) {
    struct line line = connect_line();
    struct watch watch;
    (void)state;
    open_on(&watch, &line);
    begin_flood(&line);
    watch_begin(&watch);
    for (int i = 0; i < WATCH_BYTES / 1024 - 1; i++, work_for(20000)) assert_true(read_some(&line));
    assert_false(watch_end(&watch));
    close_on(&watch, &line);
    watch_free(&watch);
}

/* As where other processes have the processor: here it sleeps meanwhile. */
static void work_that_is_kept_waiting_goes_on(void **state) {
    struct line line = connect_line();
    struct watch watch;
    (void)state;
    open_on(&watch, &line);
    begin_flood(&line);
    watch_begin(&watch);
    for (int i = 0; i < 4 * WATCH_BYTES / 1024; i++, usleep(10000)) assert_true(read_some(&line));
    assert_false(watch_end(&watch));
    close_on(&watch, &line);
    watch_free(&watch);
}

static void wait_for_rest(void) {
    for (int i = 0; i < 300 && !watch_is_resting; i++) usleep(10000);
    assert_true(watch_is_resting);
}

/* It is over before the thread is awake. */
static void it_rests_again_after_a_moments_work(void **state) {
    struct watch watch;
    (void)state;
    assert_true(watch_open(&watch));
    for (int i = 0; i < 3; i++) {
        watch_begin(&watch);
        assert_false(watch_end(&watch));
        wait_for_rest();
    }
    watch_free(&watch);
}

static void it_looks_again_when_it_has_rested(void **state) {
    struct line line = connect_line();
    struct watch watch;
    (void)state;
    open_on(&watch, &line);
    watch_begin(&watch);
    assert_false(watch_end(&watch));
    wait_for_rest();
    begin_flood(&line);
    watch_begin(&watch);
    assert_in_range(read_all(&line), 0, ENDED_BY);
    assert_true(watch_end(&watch));
    close_on(&watch, &line);
    watch_free(&watch);
}

#ifndef __SANITIZE_THREAD__ /* which knows no threads after a fork */
/* 0, if all is well. */
static int work_in_child(void) {
    struct line line = connect_line();
    struct watch watch;
    open_on(&watch, &line);
    begin_flood(&line);
    watch_begin(&watch);
    bool is_ended = read_all(&line) < ENDED_BY && watch_end(&watch);
    return is_ended ? 0 : 1;
}

static void a_child_of_fork_has_a_watch_of_its_own(void **state) {
    struct watch watch;
    int status;
    (void)state;
    assert_true(watch_open(&watch));
    watch_begin(&watch);
    assert_false(watch_end(&watch));
    pid_t child = fork();
    if (child == 0) _exit(work_in_child());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    watch_free(&watch);
}

/* In a process of its own: it ends while the thread watches, and is not held up. */
static void a_process_that_ends_does_not_wait_for_the_next_look(void **state) {
    int status;
    (void)state;
    int64_t begun = clock_monotonic_us();
    pid_t child = fork();
    if (child == 0) {
        struct watch *watch = calloc(1, sizeof *watch);
        if (watch == NULL || !watch_open(watch)) _exit(1);
        watch_begin(watch);
        exit(watch_end(watch));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_in_range(clock_monotonic_us() - begun, 0, 1900000);
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_not_opened_may_work_and_end),
        cmocka_unit_test(work_that_reads_all_the_time_is_ended_and_nothing_else_is_touched),
        cmocka_unit_test(the_next_that_does_so_a_moment_later_is_ended_sooner),
        cmocka_unit_test(work_that_comes_back_goes_on),
        cmocka_unit_test(work_that_takes_long_and_reads_nothing_goes_on),
        cmocka_unit_test(what_is_heard_meanwhile_gives_it_ten_times_as_long),
        cmocka_unit_test(work_that_reads_little_goes_on),
        cmocka_unit_test(work_that_is_kept_waiting_goes_on),
        cmocka_unit_test(it_looks_again_when_it_has_rested),
        cmocka_unit_test(it_rests_again_after_a_moments_work),
#ifndef __SANITIZE_THREAD__
        cmocka_unit_test(a_child_of_fork_has_a_watch_of_its_own),
        cmocka_unit_test(a_process_that_ends_does_not_wait_for_the_next_look),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
