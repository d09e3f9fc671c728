/* The bell, by its descriptor (an eventfd; bell_pipe_test is built with the pipe) and by its line. */
#include "unit/support.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_readable(int descriptor) {
    struct pollfd one = {.fd = descriptor, .events = POLLIN};
    return poll(&one, 1, 0) == 1 && (one.revents & POLLIN) != 0;
}

static void it_is_readable_from_a_ring_to_a_hush(void **state) {
    struct bell bell;
    (void)state;
    assert_true(bell_init(&bell));
    for (int round = 0; round < 3; round++) {
        assert_false(is_readable(bell_descriptor(&bell)));
        bell_ring(&bell);
        bell_ring(&bell);
        assert_true(is_readable(bell_descriptor(&bell)));
        bell_hush(&bell);
    }
    assert_false(is_readable(bell_descriptor(&bell)));
    bell_free(&bell);
}

static int go_to(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int line = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(line >= 0);
    assert_int_equal(connect(line, (const struct sockaddr *)&address, sizeof address), 0);
    return line;
}

static void folder_of(const char *path, char folder[BELL_PATH]) {
    snprintf(folder, BELL_PATH, "%s", path);
    *strrchr(folder, '/') = '\0';
}

static void its_line_rings_by_bytes(void **state) {
    struct bell bell;
    struct stat facts;
    char path[BELL_PATH], folder[BELL_PATH], byte;
    (void)state;
    assert_true(bell_init(&bell));
    assert_null(bell_offer(&bell, path));
    folder_of(path, folder);
    assert_int_equal(stat(folder, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0700);
    bell_ring(&bell); /* before there is a line: it must not be lost */
    int line = go_to(path);
    assert_null(bell_take(&bell));
    assert_int_equal(stat(folder, &facts), -1);
    assert_int_equal(read(line, &byte, 1), 1);
    bell_hush(&bell);
    assert_false(is_readable(line));
    bell_ring(&bell);
    bell_ring(&bell);
    assert_int_equal(read(line, &byte, 1), 1);
    assert_false(is_readable(line));
    bell_withdraw(&bell); /* what was not hushed is rung where it is heard from now on */
    assert_true(is_readable(bell_descriptor(&bell)));
    assert_int_equal(read(line, &byte, 1), 0);
    close(line);
    bell_free(&bell);
}

static void a_listener_that_has_gone_harms_nobody(void **state) {
    struct bell bell;
    char path[BELL_PATH];
    (void)state;
    assert_true(bell_init(&bell));
    assert_null(bell_offer(&bell, path));
    close(go_to(path));
    assert_null(bell_take(&bell));
    for (int i = 0; i < 3; i++) {
        bell_ring(&bell); /* no SIGPIPE */
        bell_hush(&bell);
    }
    bell_free(&bell);
}

static void another_process_is_turned_away(void **state) {
    struct bell bell;
    struct stat facts;
    char path[BELL_PATH], folder[BELL_PATH];
    int status;
    (void)state;
    assert_true(bell_init(&bell));
    assert_null(bell_offer(&bell, path));
    folder_of(path, folder);
    pid_t child = fork();
    if (child == 0) {
        (void)go_to(path);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_non_null(bell_take(&bell));
    assert_int_equal(stat(folder, &facts), -1);
    bell_ring(&bell);
    assert_true(is_readable(bell_descriptor(&bell)));
    bell_free(&bell);
}

static void nobody_comes(void **state) {
    struct bell bell;
    char path[BELL_PATH], folder[BELL_PATH];
    struct stat facts;
    (void)state;
    assert_true(bell_init(&bell));
    assert_non_null(bell_take(&bell)); /* nothing was offered */
    assert_null(bell_offer(&bell, path));
    folder_of(path, folder);
    assert_non_null(bell_take(&bell));
    assert_null(bell_offer(&bell, path));
    bell_free(&bell);
    assert_int_equal(stat(folder, &facts), -1);
}

static void closed_it_rings_nowhere(void **state) {
    struct bell bell;
    int before = open_descriptors();
    (void)state;
    assert_true(bell_init(&bell));
    bell_close(&bell);
    bell_ring(&bell);
    bell_hush(&bell);
    bell_free(&bell);
    assert_int_equal(open_descriptors(), before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_readable_from_a_ring_to_a_hush),
        cmocka_unit_test(its_line_rings_by_bytes),
        cmocka_unit_test(a_listener_that_has_gone_harms_nobody),
        cmocka_unit_test(another_process_is_turned_away),
        cmocka_unit_test(nobody_comes),
        cmocka_unit_test(closed_it_rings_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
