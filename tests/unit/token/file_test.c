/* How processes share a token: leases, refreshing, rejection, clocks. What can be wrong with the file itself stands in
   token_file_faults_test.c. */
#include "unit/token/files.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* An instant, so that tests can say what a clock shows. */
static const struct token_now noon = {SECONDS(1700000000), SECONDS(5000)};

static struct token_now later(int64_t by_unix, int64_t by_boot) {
    return (struct token_now){noon.unix_time + by_unix, noon.boot_time + by_boot};
}

static struct token_now after(int64_t duration) { return later(duration, duration); }

/* ---- one process after another ---- */

static void a_token_is_fetched_once_and_then_there(void **state) {
    struct stat status;
    put_token(*state, "first", noon);
    struct token_file_answer answer = ask(*state, TOKEN_FILE_ANY, 0, after(SECONDS(600)));
    assert_token(answer, "first");
    assert_int_equal(answer.left, SECONDS(3000));
    assert_int_equal(answer.lifetime, SECONDS(3600));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
}

static void a_command_that_comes_later_finds_it(void **state) {
    uint64_t generation = put_token(*state, "first", noon);
    struct token_file *other = file_of(path, binding);
    assert_int_equal(assert_token(ask(other, TOKEN_FILE_ANY, 0, noon), "first"), generation);
    free_file(other);
}

static void an_expired_token_is_none(void **state) {
    put_token(*state, "first", noon);
    assert_token(ask(*state, TOKEN_FILE_ANY, 0, after(SECONDS(3600) - 1)), "first");
    assert_fetch(ask(*state, TOKEN_FILE_ANY, 0, after(SECONDS(3600))));
}

static void while_one_fetches_others_wait(void **state) {
    uint64_t lease = assert_fetch(ask(*state, TOKEN_FILE_ANY, 0, noon));
    struct token_file_answer answer = ask(*state, TOKEN_FILE_ANY, 0, noon);
    assert_int_equal(answer.news, TOKEN_FILE_WAIT);
    assert_in_range(answer.again, 1, 100 * MILLISECOND);
    assert_end(token_file_store(*state, lease, SPAN("first"), SECONDS(60), noon), TOKEN_FILE_DONE);
    assert_token(ask(*state, TOKEN_FILE_ANY, 0, noon), "first");
}

static void a_token_is_refreshed_while_others_go_on_with_the_old_one(void **state) {
    uint64_t old = put_token(*state, "old", noon);
    uint64_t lease = assert_fetch(ask(*state, TOKEN_FILE_NEWER, old, noon));
    assert_token(ask(*state, TOKEN_FILE_ANY, 0, noon), "old");
    assert_int_equal(ask(*state, TOKEN_FILE_NEWER, old, noon).news, TOKEN_FILE_WAIT);
    assert_end(token_file_store(*state, lease, SPAN("new"), SECONDS(60), noon), TOKEN_FILE_DONE);
    assert_int_equal(assert_token(ask(*state, TOKEN_FILE_NEWER, old, noon), "new"), lease);
}

static void a_rejected_token_is_dropped_for_all(void **state) {
    uint64_t rejected = put_token(*state, "rejected", noon);
    uint64_t lease = assert_fetch(ask(*state, TOKEN_FILE_REJECTED, rejected, noon));
    assert_int_equal(ask(*state, TOKEN_FILE_ANY, 0, noon).news, TOKEN_FILE_WAIT);
    assert_end(token_file_give_up(*state, lease, 0, noon), TOKEN_FILE_DONE);
    assert_fetch(ask(*state, TOKEN_FILE_ANY, 0, noon));
}

static void a_rejected_token_is_dropped_while_another_refreshes_it(void **state) {
    uint64_t rejected = put_token(*state, "rejected", noon);
    uint64_t lease = assert_fetch(ask(*state, TOKEN_FILE_NEWER, rejected, noon));
    assert_int_equal(ask(*state, TOKEN_FILE_REJECTED, rejected, noon).news, TOKEN_FILE_WAIT);
    assert_int_equal(ask(*state, TOKEN_FILE_ANY, 0, noon).news, TOKEN_FILE_WAIT);
    assert_end(token_file_store(*state, lease, SPAN("new"), SECONDS(60), noon), TOKEN_FILE_DONE);
    assert_token(ask(*state, TOKEN_FILE_REJECTED, rejected, noon), "new");
}

static void a_token_that_was_replaced_already_is_not_dropped(void **state) {
    uint64_t rejected = put_token(*state, "rejected", noon);
    uint64_t lease = assert_fetch(ask(*state, TOKEN_FILE_REJECTED, rejected, noon));
    assert_end(token_file_store(*state, lease, SPAN("new"), SECONDS(60), noon), TOKEN_FILE_DONE);
    assert_token(ask(*state, TOKEN_FILE_REJECTED, rejected, noon), "new");
    assert_token(ask(*state, TOKEN_FILE_REJECTED, 0, noon), "new"); /* the asker's own was not from here */
}

static void who_gives_up_lets_another_try(void **state) {
    uint64_t lease = assert_fetch(ask(*state, TOKEN_FILE_ANY, 0, noon));
    assert_end(token_file_give_up(*state, lease, 0, noon), TOKEN_FILE_DONE);
    assert_true(assert_fetch(ask(*state, TOKEN_FILE_ANY, 0, noon)) != lease);
    assert_end(token_file_give_up(*state, lease, 0, noon), TOKEN_FILE_LOST);
}

static void a_pause_holds_for_all_and_ends(void **state) {
    uint64_t lease = assert_fetch(ask(*state, TOKEN_FILE_ANY, 0, noon));
    assert_end(token_file_give_up(*state, lease, SECONDS(9), noon), TOKEN_FILE_DONE);
    struct token_file_answer answer = ask(*state, TOKEN_FILE_ANY, 0, after(SECONDS(2)));
    assert_int_equal(answer.news, TOKEN_FILE_WAIT);
    assert_int_equal(answer.again, SECONDS(7));
    assert_end(token_file_store(*state, 0, SPAN("x"), SECONDS(60), noon), TOKEN_FILE_LOST); /* 0 is no holder's */
    lease = assert_fetch(ask(*state, TOKEN_FILE_ANY, 0, after(SECONDS(9))));
    assert_end(token_file_give_up(*state, lease, INT64_MAX, noon), TOKEN_FILE_DONE);
    /* Not for longer than any lease. */
    assert_int_equal(ask(*state, TOKEN_FILE_ANY, 0, after(TOKEN_RECORD_LEASE - 1)).news, TOKEN_FILE_WAIT);
    assert_fetch(ask(*state, TOKEN_FILE_ANY, 0, after(TOKEN_RECORD_LEASE)));
}

static void a_lease_that_ran_out_is_anothers_and_the_late_token_is_refused(void **state) {
    uint64_t late = assert_fetch(ask(*state, TOKEN_FILE_ANY, 0, noon));
    assert_int_equal(ask(*state, TOKEN_FILE_ANY, 0, after(SECONDS(30) - 1)).news, TOKEN_FILE_WAIT);
    uint64_t lease = assert_fetch(ask(*state, TOKEN_FILE_ANY, 0, after(SECONDS(30))));
    assert_end(token_file_store(*state, late, SPAN("late"), SECONDS(60), after(SECONDS(31))), TOKEN_FILE_LOST);
    assert_end(token_file_store(*state, lease, SPAN("good"), SECONDS(60), after(SECONDS(32))), TOKEN_FILE_DONE);
    assert_end(token_file_store(*state, late, SPAN("late"), SECONDS(60), after(SECONDS(33))), TOKEN_FILE_LOST);
    assert_token(ask(*state, TOKEN_FILE_ANY, 0, after(SECONDS(34))), "good");
}

static void a_late_token_that_nobody_else_has_fetched_is_taken(void **state) {
    uint64_t lease = assert_fetch(ask(*state, TOKEN_FILE_ANY, 0, noon));
    assert_end(token_file_store(*state, lease, SPAN("late"), SECONDS(60), after(SECONDS(40))), TOKEN_FILE_DONE);
    assert_token(ask(*state, TOKEN_FILE_ANY, 0, after(SECONDS(41))), "late");
}

static void a_file_that_was_removed_has_no_lease(void **state) {
    uint64_t lease = assert_fetch(ask(*state, TOKEN_FILE_ANY, 0, noon));
    assert_int_equal(unlink(path), 0);
    assert_end(token_file_store(*state, lease, SPAN("late"), SECONDS(60), noon), TOKEN_FILE_LOST);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_fetch(ask(*state, TOKEN_FILE_ANY, 0, noon));
    assert_end(token_file_store(*state, lease, SPAN("late"), SECONDS(60), noon), TOKEN_FILE_LOST);
}

/* ---- clocks ---- */

static void a_lease_of_before_a_reboot_is_void(void **state) {
    assert_fetch(ask(*state, TOKEN_FILE_ANY, 0, noon));
    assert_fetch(ask(*state, TOKEN_FILE_ANY, 0, (struct token_now){noon.unix_time + SECONDS(20), SECONDS(3)}));
}

static void who_looked_at_the_clock_before_a_lease_was_taken_believes_it(void **state) {
    assert_fetch(ask(*state, TOKEN_FILE_ANY, 0, noon));
    assert_int_equal(ask(*state, TOKEN_FILE_ANY, 0, after(-1)).news, TOKEN_FILE_WAIT);
}

static void no_token_is_valid_for_longer_than_when_it_was_stored(void **state) {
    put_token(*state, "first", noon);
    assert_int_equal(ask(*state, TOKEN_FILE_ANY, 0, later(SECONDS(-7200), SECONDS(-60))).left, SECONDS(3600));
}

static void a_lease_does_not_care_what_time_it_is(void **state) {
    assert_fetch(ask(*state, TOKEN_FILE_ANY, 0, noon));
    assert_int_equal(ask(*state, TOKEN_FILE_ANY, 0, later(SECONDS(86400), 1)).news, TOKEN_FILE_WAIT);
    assert_int_equal(ask(*state, TOKEN_FILE_ANY, 0, later(SECONDS(-86400), 1)).news, TOKEN_FILE_WAIT);
    assert_fetch(ask(*state, TOKEN_FILE_ANY, 0, later(SECONDS(-86400), SECONDS(30))));
}

static void a_token_outlives_a_reboot(void **state) {
    put_token(*state, "first", noon);
    struct token_now booted = {noon.unix_time + SECONDS(60), SECONDS(3)};
    struct token_file_answer answer = ask(*state, TOKEN_FILE_ANY, 0, booted);
    assert_token(answer, "first");
    assert_int_equal(answer.left, SECONDS(3540));
}

static void a_clock_that_was_set_back_makes_no_token_younger(void **state) {
    put_token(*state, "first", noon);
    struct token_file_answer answer = ask(*state, TOKEN_FILE_ANY, 0, later(SECONDS(-7200), SECONDS(600)));
    assert_token(answer, "first");
    assert_int_equal(answer.left, SECONDS(3000));
    assert_fetch(ask(*state, TOKEN_FILE_ANY, 0, later(SECONDS(-7200), SECONDS(3600))));
}

static void a_clock_that_was_set_forth_costs_one_fetch(void **state) {
    put_token(*state, "first", noon);
    struct token_now set_forth = later(SECONDS(86400), SECONDS(600));
    put_token(*state, "second", set_forth);
    assert_token(ask(*state, TOKEN_FILE_ANY, 0, set_forth), "second");
}

/* ---- several processes at the same time ---- */

/* What children tell. */
static struct { int fetches, tokens, wrong; } * told;

static void count(int *counter) { __atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST); }

static int make_folder_and_board(void **state) {
    told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return told == MAP_FAILED ? -1 : make_folder(state);
}

static int remove_folder_and_board(void **state) {
    munmap(told, sizeof *told);
    return remove_folder(state);
}

static void work_as_a_cold_process(struct token_file *file) {
    struct token_file_answer answer = ask_patiently(file, TOKEN_FILE_ANY, 0, SECONDS(10));
    if (answer.news == TOKEN_FILE_FETCH) {
        struct token_file_result result;
        count(&told->fetches);
        usleep(50 * MILLISECOND); /* the tenant takes its time */
        do result = token_file_store(file, answer.generation, SPAN("shared"), SECONDS(60), token_file_now());
        while (result.end == TOKEN_FILE_BUSY);
        if (result.end != TOKEN_FILE_DONE) count(&told->wrong);
    } else {
        count(answer.news == TOKEN_FILE_TOKEN && strcmp(token, "shared") == 0 ? &told->tokens : &told->wrong);
    }
}

static void of_eight_cold_processes_one_fetches(void **state) {
    enum { PROCESSES = 8, ROUNDS = 20 };
    for (int round = 1; round <= ROUNDS; round++) {
        (void)unlink(path);
        for (int i = 0; i < PROCESSES; i++)
            if (fork() == 0) {
                work_as_a_cold_process(*state);
                _exit(0);
            }
        for (int i = 0; i < PROCESSES; i++) assert_true(wait(NULL) > 0);
        assert_int_equal(told->fetches, round);
        assert_int_equal(told->tokens, round * (PROCESSES - 1));
        assert_int_equal(told->wrong, 0);
    }
}

/* A child that has the lease for 300 ms. Once it goes on, it stores what it has: its exit status is how that ended. */
static pid_t start_holder(struct token_file *file, double *since) {
    pid_t child = fork();
    if (child == 0) {
        struct token_file_answer answer = ask_patiently(file, TOKEN_FILE_ANY, 0, 300 * MILLISECOND);
        if (answer.news != TOKEN_FILE_FETCH) _exit(100);
        (void)raise(SIGSTOP);
        _exit((int)token_file_store(file, answer.generation, SPAN("late"), SECONDS(60), token_file_now()).end);
    }
    int status;
    assert_int_equal(waitpid(child, &status, WUNTRACED), child);
    assert_true(WIFSTOPPED(status));
    *since = now();
    return child;
}

static void a_killed_holder_loses_its_lease_when_it_runs_out(void **state) {
    double since;
    pid_t child = start_holder(*state, &since);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(ask(*state, TOKEN_FILE_ANY, 0, token_file_now()).news, TOKEN_FILE_WAIT);
    assert_fetch(ask_patiently(*state, TOKEN_FILE_ANY, 0, SECONDS(10)));
    assert_true(now() - since > 0.2 && now() - since < 10);
}

static void a_stopped_holder_loses_its_lease_and_its_token_is_refused(void **state) {
    double since;
    int status;
    pid_t child = start_holder(*state, &since);
    uint64_t lease = assert_fetch(ask_patiently(*state, TOKEN_FILE_ANY, 0, SECONDS(10)));
    assert_true(now() - since > 0.2 && now() - since < 10);
    assert_int_equal(kill(child, SIGCONT), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), TOKEN_FILE_LOST);
    assert_end(token_file_store(*state, lease, SPAN("good"), SECONDS(60), token_file_now()), TOKEN_FILE_DONE);
    assert_token(ask(*state, TOKEN_FILE_ANY, 0, token_file_now()), "good");
}

static void writers_that_are_killed_anywhere_leave_a_whole_token_or_none(void **state) {
    enum { ROUNDS = 60 };
    char texts[2][8001];
    for (int i = 0; i < 2; i++) memset(texts[i], 'a' + i, sizeof texts[0] - 1), texts[i][sizeof texts[0] - 1] = '\0';
    for (int round = 0; round < ROUNDS; round++) {
        pid_t child = fork();
        if (child == 0) {
            uint64_t held = 0;
            for (int i = 0;; i = !i) {
                held = ask_patiently(*state, TOKEN_FILE_REJECTED, held, MILLISECOND).generation;
                (void)token_file_store(*state, held, span_of(texts[i]), SECONDS(60), token_file_now());
            }
        }
        usleep((useconds_t)(1000 + 137 * round));
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        struct token_file_answer answer = ask_patiently(*state, TOKEN_FILE_ANY, 0, MILLISECOND);
        assert_true(answer.news == TOKEN_FILE_FETCH || strcmp(token, texts[0]) == 0 || strcmp(token, texts[1]) == 0);
    }
}

/* ---- the lock ---- */

/* Holds the lock as another process would: a lock belongs to the open file, so this one need not be another. */
static int hold_lock(void) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(fcntl(fd, F_OFD_SETLK, &whole), 0);
    return fd;
}

static void a_lock_is_not_waited_for(void **state) {
    uint64_t lease = assert_fetch(ask(*state, TOKEN_FILE_ANY, 0, noon));
    int fd = hold_lock();
    struct token_file_answer answer = ask(*state, TOKEN_FILE_ANY, 0, noon);
    assert_int_equal(answer.news, TOKEN_FILE_WAIT);
    assert_int_equal(answer.again, TOKEN_FILE_AGAIN);
    assert_end(token_file_store(*state, lease, SPAN("x"), SECONDS(60), noon), TOKEN_FILE_BUSY);
    close(fd);
    assert_end(token_file_store(*state, lease, SPAN("x"), SECONDS(60), noon), TOKEN_FILE_DONE);
}

static void who_holds_the_lock_for_ever_hides_no_token_and_stops_nobody(void **state) {
    uint64_t held = put_token(*state, "first", noon);
    int fd = hold_lock();
    int asked = 0;
    while (ask(*state, TOKEN_FILE_REJECTED, held, noon).news == TOKEN_FILE_WAIT) assert_true(++asked < 1000);
    assert_in_range(asked * TOKEN_FILE_AGAIN, SECONDS(1), SECONDS(3));
    assert_unusable(ask(*state, TOKEN_FILE_REJECTED, held, noon), "locked");
    assert_end(token_file_give_up(*state, held, 0, noon), TOKEN_FILE_FAILED);
    assert_token(ask(*state, TOKEN_FILE_ANY, 0, noon), "first");
    close(fd);
    assert_fetch(ask(*state, TOKEN_FILE_REJECTED, held, noon));
}

static void *fork_children(void *pids) {
    for (int i = 0; i < 20; i++) {
        pid_t child = fork();
        if (child == 0) {
            usleep(300 * MILLISECOND);
            _exit(0);
        }
        ((pid_t *)pids)[i] = child;
    }
    return NULL;
}

/* It may have been forked in the middle of an ask, and have the file open. */
static void a_child_of_another_thread_keeps_no_lock(void **state) {
    pid_t pids[20];
    pthread_t thread;
    assert_fetch(ask(*state, TOKEN_FILE_ANY, 0, noon));
    assert_int_equal(pthread_create(&thread, NULL, fork_children, pids), 0);
    for (int i = 0; i < 2000; i++) assert_int_not_equal(ask(*state, TOKEN_FILE_ANY, 0, noon).again, TOKEN_FILE_AGAIN);
    assert_int_equal(pthread_join(thread, NULL), 0);
    for (size_t i = 0; i < COUNT(pids); i++) assert_int_equal(waitpid(pids[i], NULL, 0), pids[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
#define TEST_OF_PROCESSES(name) cmocka_unit_test_setup_teardown(name, make_folder_and_board, remove_folder_and_board)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_token_is_fetched_once_and_then_there),
        TEST(a_command_that_comes_later_finds_it),
        TEST(an_expired_token_is_none),
        TEST(while_one_fetches_others_wait),
        TEST(a_token_is_refreshed_while_others_go_on_with_the_old_one),
        TEST(a_rejected_token_is_dropped_for_all),
        TEST(a_rejected_token_is_dropped_while_another_refreshes_it),
        TEST(a_token_that_was_replaced_already_is_not_dropped),
        TEST(who_gives_up_lets_another_try),
        TEST(a_pause_holds_for_all_and_ends),
        TEST(a_lease_that_ran_out_is_anothers_and_the_late_token_is_refused),
        TEST(a_late_token_that_nobody_else_has_fetched_is_taken),
        TEST(a_file_that_was_removed_has_no_lease),
        TEST(a_lease_of_before_a_reboot_is_void),
        TEST(who_looked_at_the_clock_before_a_lease_was_taken_believes_it),
        TEST(a_lease_does_not_care_what_time_it_is),
        TEST(no_token_is_valid_for_longer_than_when_it_was_stored),
        TEST(a_token_outlives_a_reboot),
        TEST(a_clock_that_was_set_back_makes_no_token_younger),
        TEST(a_clock_that_was_set_forth_costs_one_fetch),
        TEST_OF_PROCESSES(of_eight_cold_processes_one_fetches),
        TEST(a_killed_holder_loses_its_lease_when_it_runs_out),
        TEST(a_stopped_holder_loses_its_lease_and_its_token_is_refused),
        TEST(writers_that_are_killed_anywhere_leave_a_whole_token_or_none),
        TEST(a_lock_is_not_waited_for),
        TEST(who_holds_the_lock_for_ever_hides_no_token_and_stops_nobody),
        TEST(a_child_of_another_thread_keeps_no_lock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
