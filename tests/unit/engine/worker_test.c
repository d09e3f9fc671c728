/* The engine with a thread of its own, against the TLS tenant. ThreadSanitizer is told to look on. */
#include "unit/support.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BURST = 64, PATIENCE = 60, EXITS = 30 };

static const enum profile_http both[] = {PROFILE_HTTP_1_1, PROFILE_HTTP_2};

static void pause_ms(long ms) {
    const struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static int threads(void) {
    DIR *tasks = opendir("/proc/self/task");
    int count = -2;
    assert_non_null(tasks);
    while (readdir(tasks) != NULL) count++;
    closedir(tasks);
    return count;
}

static int threads_before;

static void wait_for_threads(void) {
    for (double end = now() + 20; threads() > threads_before; pause_ms(5))
        if (now() > end) fail_msg("%d threads, %d before", threads(), threads_before);
}

static struct engine *open_started(enum profile_http http) {
    threads_before = threads();
    struct engine *engine = open_engine(to_tenant(http));
    assert_true(engine_start(engine));
    assert_true(engine_start(engine));
    return engine;
}

static struct call *new_call(int number, struct wish wish) {
    struct call *call = call_new();
    assert_non_null(call);
    prepare(call, number, wish);
    return call;
}

/* Fetches `count` ends. */
static void fetch(struct engine *engine, int count) {
    double end = now() + (double)PATIENCE;
    for (int told = 0; told < count;) {
        struct engine_record record;
        while (engine_next(engine, &record)) told += record.kind == ENGINE_DONE;
        if (told < count && now() > end) fail_msg("%d of %d calls were told", told, count);
        if (told < count) engine_turn(engine, 100);
    }
}

/* Each of 64 has a handshake of its own over HTTP/1.1: under valgrind, on a busy machine, all of them take longer than
   the usual time to connect. */
static void a_burst_is_told_as_it_was_recorded(void **state) {
    const struct wish wish = {.settle = true, .connect_ms = PATIENCE * 1000, .attempt_ms = PATIENCE * 1000};
    (void)state;
    for (size_t h = 0; h < COUNT(both); h++) {
        tenant_reset(BURST);
        struct engine *engine = open_started(both[h]);
        struct call *calls[BURST];
        for (int i = 0; i < BURST; i++) engine_submit(engine, calls[i] = new_call(i + 1, wish));
        assert_int_equal(engine_pending(engine), BURST);
        fetch(engine, BURST);
        assert_int_equal(engine_pending(engine), 0);
        struct tenant_record record = tenant_record();
        assert_int_equal(record.changes, BURST);
        if (both[h] == PROFILE_HTTP_2) assert_int_equal(record.connections, 1);
        tenant_record_free(&record);
        for (int i = 0; i < BURST; i++) {
            assert_told(calls[i], CODE_OK, OUTCOME_NONE);
            call_unref(calls[i]);
        }
        engine_close(engine);
        wait_for_threads();
    }
}

static void cancelling_ends_a_call_wherever_it_is(void **state) {
    (void)state;
    tenant_reset(1);
    struct engine *engine = open_started(PROFILE_HTTP_2);
    for (long after = 0; after <= 40; after += 5) {
        struct call *call = new_call(1, (struct wish){.fault = "fault=delay;seconds=0.2"});
        engine_submit(engine, call);
        pause_ms(after);
        engine_cancel(engine, call);
        fetch(engine, 1);
        assert_true(call->operation.result.code == CODE_CANCELLED ||
                    call->operation.result.code == CODE_UNKNOWN_OUTCOME);
        call_unref(call);
    }
    engine_close(engine);
    wait_for_threads();
}

static void taking_back_waits_for_nothing(void **state) {
    (void)state;
    tenant_reset(BURST);
    struct engine *engine = open_started(PROFILE_HTTP_2);
    for (int i = 0; i < BURST; i++) {
        struct call *call = new_call(i + 1, (struct wish){.fault = "fault=delay;seconds=0.05"});
        engine_submit(engine, call);
        if (i % 4 == 3) pause_ms(i);
        engine_drop(call);
        engine_drop(call); /* its caller is gone */
        call_unref(call);
    }
    assert_int_equal(engine_pending(engine), 0);
    struct engine_record record;
    assert_false(engine_next(engine, &record));
    struct call *last = new_call(1, (struct wish){.attempts = 1});
    engine_submit(engine, last);
    fetch(engine, 1);
    call_unref(last);
    engine_close(engine);
    wait_for_threads();
}

/* The thread has told an end that is never fetched, and is closed before it hears so. */
static void a_call_that_is_taken_back_at_its_end_is_dropped(void **state) {
    (void)state;
    tenant_reset(1);
    for (int i = 0; i < 100; i++) {
        struct engine *engine = open_started(PROFILE_HTTP_2);
        struct call *call = new_call(1, (struct wish){.deadline_ms = 1, .attempts = 1, .domain = "localhost:1"});
        engine_submit(engine, call);
        engine_turn(engine, 10000);
        engine_drop(call);
        struct engine_record record;
        assert_false(engine_next(engine, &record));
        engine_close(engine);
        wait_for_threads();
        assert_int_equal(call->references, 1);
        call_unref(call);
    }
}

/* Of the socket that is made while `is_watched`: whether a program that starts in that moment would inherit it. */
static atomic_bool is_watched, is_inherited;

__attribute__((visibility("default"))) int socket(int family, int type, int protocol);
int socket(int family, int type, int protocol) {
    if (family == AF_INET && is_watched && (type & SOCK_CLOEXEC) == 0) is_inherited = true;
    return (int)syscall(SYS_socket, family, type, protocol);
}

static void no_program_inherits_a_connection_whenever_it_starts(void **state) {
    (void)state;
    tenant_reset(1);
    struct engine *engine = open_started(PROFILE_HTTP_2);
    struct call *call = new_call(1, (struct wish){.settle = true});
    is_watched = true;
    engine_submit(engine, call);
    fetch(engine, 1);
    is_watched = false;
    assert_told(call, CODE_OK, OUTCOME_NONE);
    assert_false(is_inherited);
    call_unref(call);
    engine_close(engine);
    wait_for_threads();
}

/* libcurl makes a multi handle also where it has no descriptor to wake it by. */
static void an_engine_that_could_not_be_woken_is_not_opened(void **state) {
    struct rlimit before;
    struct buffer key = {NULL, 0, 0};
    struct profile profile = to_tenant(PROFILE_HTTP_2);
    (void)state;
    engine_close(open_engine(profile)); /* whatever is opened once */
    assert_true(profile_pack(&profile, &key));
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit none = {.rlim_cur = 3, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    struct engine *engine = engine_open(&key);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_null(engine);
}

static void closing_lets_go_of_all_that_is_under_way(void **state) {
    (void)state;
    tenant_reset(BURST);
    int before = open_descriptors();
    for (long after = 0; after <= 60; after += 20) {
        struct engine *engine = open_started(PROFILE_HTTP_1_1);
        struct call *calls[BURST];
        for (int i = 0; i < BURST; i++)
            engine_submit(engine, calls[i] = new_call(i + 1, (struct wish){.fault = "fault=delay;seconds=1"}));
        pause_ms(after);
        engine_close(engine);
        for (int i = 0; i < BURST; i++) {
            engine_drop(calls[i]);
            call_unref(calls[i]);
        }
        wait_for_threads();
        assert_int_equal(open_descriptors(), before);
    }
}

/* Whatever is done to calls by chance, each one that was neither taken back nor closed is told once. */
static void chance_finds_no_lost_call(void **state) {
    struct call *calls[BURST] = {NULL};
    int told = 0, submitted = 0, taken = 0;
    (void)state;
    tenant_reset(BURST);
    struct engine *engine = open_started(PROFILE_HTTP_2);
    srand(5);
    for (int step = 0; step < 3000; step++) {
        struct engine_record record;
        int i = rand() % BURST, dice = rand() % 10;
        if (calls[i] == NULL) {
            engine_submit(engine, calls[i] = new_call(i + 1, (struct wish){.attempts = 2}));
            calls[i]->id = i;
            submitted++;
        } else if (dice == 0) {
            engine_drop(calls[i]);
            call_unref(calls[i]);
            calls[i] = NULL;
            taken++;
        } else if (dice < 3) {
            engine_cancel(engine, calls[i]);
        } else {
            while (engine_next(engine, &record)) {
                assert_ptr_equal(record.call, calls[record.call->id]);
                calls[record.call->id] = NULL;
                call_unref(record.call);
                told++;
            }
            if (dice == 9) engine_turn(engine, 2);
        }
    }
    int left = engine_pending(engine);
    assert_int_equal(told + taken + left, submitted);
    fetch(engine, left);
    for (int i = 0; i < BURST; i++)
        if (calls[i] != NULL) call_unref(calls[i]);
    engine_close(engine);
    wait_for_threads();
}

#ifndef __SANITIZE_THREAD__ /* which knows no threads after a fork */

/* The process ends in the middle of it, with the status that it wants. */
static void end_with_calls_in_flight(long after) {
    static struct call *kept[BURST]; /* what looks for leaks finds none */
    struct engine *engine = open_started(after % 2 == 0 ? PROFILE_HTTP_2 : PROFILE_HTTP_1_1);
    for (int i = 0; i < BURST; i++)
        engine_submit(engine, kept[i] = new_call(i + 1, (struct wish){.fault = "fault=delay;seconds=0.2"}));
    pause_ms(after);
    exit(7);
}

static void a_process_that_ends_does_not_die_by_a_signal(void **state) {
    (void)state;
    tenant_reset(BURST);
    for (long i = 0; i < EXITS; i++) {
        int status;
        pid_t child = fork();
        if (child == 0) end_with_calls_in_flight(i * 3);
        assert_int_equal(waitpid(child, &status, 0), child);
        if (!WIFEXITED(status)) fail_msg("after %ld ms: signal %d", i * 3, WTERMSIG(status));
        assert_int_equal(WEXITSTATUS(status), 7);
    }
}

static void after_a_fork_the_thread_is_the_parents(void **state) {
    int status;
    (void)state;
    tenant_reset(1);
    struct engine *engine = open_started(PROFILE_HTTP_2);
    struct call *call = new_call(1, (struct wish){.fault = "fault=delay;seconds=0.3"});
    engine_submit(engine, call);
    pid_t child = fork();
    if (child == 0) {
        bool is_own = engine_is_own(engine);
        engine_drop(call);
        engine_close(engine);
        struct engine *other = open_engine(to_tenant(PROFILE_HTTP_2));
        if (is_own || !engine_start(other)) _exit(1);
        engine_close(other);
        exit(9);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 9);
    fetch(engine, 1);
    assert_told(call, CODE_OK, OUTCOME_NONE);
    call_unref(call);
    engine_close(engine);
    wait_for_threads();
}

#endif

/* ThreadSanitizer adds a thread of its own to the first one. */
static int start_one(void **state) {
    struct engine *engine = open_started(PROFILE_HTTP_2);
    (void)state;
    engine_close(engine);
    pause_ms(300);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_is_told_as_it_was_recorded),
        cmocka_unit_test(cancelling_ends_a_call_wherever_it_is),
        cmocka_unit_test(taking_back_waits_for_nothing),
        cmocka_unit_test(a_call_that_is_taken_back_at_its_end_is_dropped),
        cmocka_unit_test(no_program_inherits_a_connection_whenever_it_starts),
        cmocka_unit_test(an_engine_that_could_not_be_woken_is_not_opened),
        cmocka_unit_test(closing_lets_go_of_all_that_is_under_way),
        cmocka_unit_test(chance_finds_no_lost_call),
#ifndef __SANITIZE_THREAD__
        cmocka_unit_test(a_process_that_ends_does_not_die_by_a_signal),
        cmocka_unit_test(after_a_fork_the_thread_is_the_parents),
#endif
    };
    return cmocka_run_group_tests(tests, start_one, NULL);
}
