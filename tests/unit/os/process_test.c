#include "unit/support.h"

#include "os/process.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static void it_is_this_process(void **state) {
    (void)state;
    assert_int_equal(process_id(), getpid());
    assert_int_equal(process_id(), getpid());
}

static bool is_right(int generations) {
    int status;
    if (process_id() != getpid() || process_id() != getpid()) return false;
    if (generations == 0) return true;
    pid_t child = fork();
    if (child == 0) _exit(is_right(generations - 1) ? 0 : 1);
    if (child < 0 || waitpid(child, &status, 0) != child) return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 && process_id() == getpid();
}

static void a_child_and_its_child_are_others(void **state) {
    (void)state;
    assert_true(is_right(2));
}

static void *compare(void *context) {
    for (int i = 0; i < 1000; i++)
        if (process_id() != getpid()) return NULL;
    return context;
}

/* In a child, where none has asked yet. */
static void every_thread_is_told_the_same(void **state) {
    (void)state;
    int status;
    pid_t child = fork();
    if (child == 0) {
        pthread_t threads[4];
        int wrong = 0;
        for (size_t i = 0; i < COUNT(threads); i++) wrong += pthread_create(&threads[i], NULL, compare, &wrong) != 0;
        for (size_t i = 0; i < COUNT(threads); i++) {
            void *result = NULL;
            wrong += pthread_join(threads[i], &result) != 0 || result != &wrong;
        }
        _exit(wrong == 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_this_process),
        cmocka_unit_test(a_child_and_its_child_are_others),
        cmocka_unit_test(every_thread_is_told_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
