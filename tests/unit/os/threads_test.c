#include "unit/support.h"

#include "os/threads.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void pause_ms(long ms) { usleep((useconds_t)ms * 1000); }

/* What a thread does, and what it has seen. */
struct task {
    void (*until_told)(struct task *task);
    long late_ms; /* how long it takes once it is told to stop */
    bool is_left;
    int pipe; /* where it tells of its end */

    pthread_t thread;
    sigset_t blocked;
    atomic_bool is_told, has_begun, has_finished;
};

static void work(void *context) {
    struct task *task = context;
    task->thread = pthread_self();
    pthread_sigmask(SIG_SETMASK, NULL, &task->blocked);
    task->has_begun = true;
    while (!task->is_told) task->until_told(task);
    pause_ms(task->late_ms);
    if (task->pipe != 0) (void)!write(task->pipe, "w", 1);
}

static void tell_to_stop(void *context) { ((struct task *)context)->is_told = true; }

static bool is_left(void *context) { return ((const struct task *)context)->is_left; }

static void finish(void *context) {
    struct task *task = context;
    if (task->pipe != 0) (void)!write(task->pipe, "f", 1);
    task->has_finished = true;
}

static const struct threads_job job = {work, tell_to_stop, is_left, finish};

static void wait_a_moment(struct task *task) {
    (void)task;
    pause_ms(1);
}

static void rest_a_moment(struct task *task) {
    (void)task;
    threads_rest();
    pause_ms(1);
    threads_go_on();
}

static void wait_for(const atomic_bool *flag) {
    for (double end = now() + 20; !*flag; pause_ms(1))
        if (now() > end) fail_msg("it does not come");
}

static void start(struct task *task) {
    assert_true(threads_start(&job, task));
    wait_for(&task->has_begun);
}

static void end(struct task *task) {
    tell_to_stop(task);
    wait_for(&task->has_finished);
}

/* ---- one thread ---- */

static void a_job_works_in_a_thread_of_its_own_and_finishes_when_it_is_told(void **state) {
    (void)state;
    struct task task = {.until_told = wait_a_moment};
    start(&task);
    assert_false(pthread_equal(task.thread, pthread_self()));
    pause_ms(20);
    assert_false(task.has_finished);
    end(&task);
}

static void no_signal_goes_to_it(void **state) {
    (void)state;
    sigset_t before, after;
    struct task task = {.until_told = wait_a_moment};
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    start(&task);
    end(&task);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    const int signals[] = {SIGINT, SIGTERM, SIGALRM, SIGCHLD, SIGPIPE, SIGUSR1};
    for (size_t i = 0; i < COUNT(signals); i++) {
        assert_int_equal(sigismember(&task.blocked, signals[i]), 1);
        assert_int_equal(sigismember(&after, signals[i]), sigismember(&before, signals[i]));
    }
}

static void many_work_beside_each_other(void **state) {
    (void)state;
    struct task tasks[20];
    for (size_t i = 0; i < COUNT(tasks); i++) tasks[i] = (struct task){.until_told = rest_a_moment};
    for (size_t i = 0; i < COUNT(tasks); i++) start(&tasks[i]);
    for (size_t i = 0; i < COUNT(tasks); i++) end(&tasks[i]);
}

#ifndef __SANITIZE_THREAD__ /* which knows no threads after a fork */

/* ---- a process that ends ---- */

/* Runs it in a child, which has a pipe to tell by; what it told, and how long it took, in seconds. */
static double run_child(void (*run)(int pipe), char *told, size_t room) {
    int ends[2], status;
    ssize_t size = 0;
    double began = now();
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        run(ends[1]);
        exit(9);
    }
    close(ends[1]);
    for (ssize_t more; (more = read(ends[0], told + size, room - 1 - (size_t)size)) > 0;) size += more;
    told[size] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 9);
    return now() - began;
}

static void end_beside_a_thread_that_is_left(int pipe) {
    static struct task task;
    task = (struct task){.until_told = wait_a_moment, .late_ms = 200, .is_left = true, .pipe = pipe};
    start(&task);
}

static void end_beside_a_thread_that_is_not_left(int pipe) {
    static struct task task;
    task = (struct task){.until_told = wait_a_moment, .late_ms = 200, .pipe = pipe};
    start(&task);
}

/* What is left finishes; what is still in use is kept as it is, since a handler that comes later may close it. */
static void a_process_that_ends_tells_its_threads_to_stop_and_waits_for_them(void **state) {
    (void)state;
    char told[8];
    (void)run_child(end_beside_a_thread_that_is_left, told, sizeof told);
    assert_string_equal(told, "wf");
    (void)run_child(end_beside_a_thread_that_is_not_left, told, sizeof told);
    assert_string_equal(told, "w");
}

static void end_beside_a_thread_that_does_not_stop(int pipe) {
    static struct task task;
    task = (struct task){.until_told = wait_a_moment, .late_ms = 60000, .is_left = true, .pipe = pipe};
    start(&task);
}

static void it_does_not_wait_for_ever(void **state) {
    (void)state;
    char told[8];
    double seconds = run_child(end_beside_a_thread_that_does_not_stop, told, sizeof told);
    assert_string_equal(told, "");
    assert_true(seconds > 1.5 && seconds < 20);
}

/* ---- forks ---- */

/* A thread of ours that has something locked most of the time, as the TLS library has. */
static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER;

static void lock_a_moment(struct task *task) {
    pthread_mutex_lock(&table);
    pause_ms(5);
    pthread_mutex_unlock(&table);
    rest_a_moment(task);
}

static void a_child_finds_nothing_locked_by_a_thread(void **state) {
    (void)state;
    struct task task = {.until_told = lock_a_moment};
    start(&task);
    for (int i = 0; i < 50; i++) {
        int status;
        pid_t child = fork();
        if (child == 0) _exit(pthread_mutex_trylock(&table) == 0 ? 9 : 1);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 9);
    }
    end(&task);
}

static void fork_beside_none(int pipe) {
    double began = now();
    pid_t child = fork();
    if (child == 0) _exit(0);
    waitpid(child, NULL, 0);
    if (now() - began < 1.5) (void)!write(pipe, "f", 1);
}

/* One that does not rest is not waited for for ever, and not at all in the child, where it is not. */
static void a_fork_waits_two_seconds_at_most(void **state) {
    (void)state;
    char told[8];
    struct task task = {.until_told = wait_a_moment};
    start(&task);
    double seconds = run_child(fork_beside_none, told, sizeof told);
    assert_true(seconds > 1.5 && seconds < 20);
    assert_string_equal(told, "f");
    end(&task);
}

/* Other threads rest and go on as they like: they are not counted. */
static void to_rest_is_nothing_in_a_thread_that_was_not_started_here(void **state) {
    (void)state;
    struct task task = {.until_told = lock_a_moment};
    start(&task);
    for (int i = 0; i < 10; i++) threads_rest();
    for (int i = 0; i < 20; i++) threads_go_on();
    for (int i = 0; i < 20; i++) {
        int status;
        double began = now();
        pid_t child = fork();
        if (child == 0) _exit(pthread_mutex_trylock(&table) == 0 ? 9 : 1);
        assert_true(now() - began < 1.5); /* it would wait for two seconds */
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 9);
    }
    end(&task);
}

static void work_beside_the_parents(int pipe) {
    struct task own = {.until_told = rest_a_moment, .pipe = pipe};
    start(&own);
    end(&own);
}

/* The parent's thread is not there to be waited for. */
static void a_child_has_threads_of_its_own(void **state) {
    (void)state;
    char told[8];
    struct task task = {.until_told = rest_a_moment};
    start(&task);
    double seconds = run_child(work_beside_the_parents, told, sizeof told);
    assert_string_equal(told, "wf");
    assert_true(seconds < 1.5);
    assert_false(task.is_told);
    end(&task);
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_works_in_a_thread_of_its_own_and_finishes_when_it_is_told),
        cmocka_unit_test(no_signal_goes_to_it),
        cmocka_unit_test(many_work_beside_each_other),
#ifndef __SANITIZE_THREAD__
        cmocka_unit_test(a_process_that_ends_tells_its_threads_to_stop_and_waits_for_them),
        cmocka_unit_test(it_does_not_wait_for_ever),
        cmocka_unit_test(a_child_finds_nothing_locked_by_a_thread),
        cmocka_unit_test(a_fork_waits_two_seconds_at_most),
        cmocka_unit_test(to_rest_is_nothing_in_a_thread_that_was_not_started_here),
        cmocka_unit_test(a_child_has_threads_of_its_own),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
