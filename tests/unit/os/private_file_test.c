#include "unit/support.h"

#include "os/private_file.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/private_file_test.XXXXXX";
static char path[64], other[64];

static int make_folder(void **state) {
    (void)state;
    if (mkdtemp(folder) == NULL) return 1;
    snprintf(path, sizeof path, "%s/receipt", folder);
    snprintf(other, sizeof other, "%s/other", folder);
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    return rmdir(folder);
}

static int remove_files(void **state) {
    (void)state;
    (void)unlink(path);
    (void)unlink(other);
    return 0;
}

static void assert_holds(const char *name, const char *text) {
    char read[64] = "";
    FILE *file = fopen(name, "rb");
    assert_non_null(file);
    size_t size = fread(read, 1, sizeof read - 1, file);
    fclose(file);
    assert_int_equal(size, strlen(text));
    assert_string_equal(read, text);
}

static void a_file_is_open_to_its_user_alone(void **state) {
    (void)state;
    struct stat status;
    mode_t before = umask(0);
    assert_int_equal(private_file_make(path, SPAN("text")), 0);
    (void)umask(before);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_holds(path, "text");
}

static void one_that_is_there_is_left_as_it_is(void **state) {
    (void)state;
    assert_int_equal(private_file_make(path, SPAN("first")), 0);
    assert_int_equal(private_file_make(path, SPAN("second")), EEXIST);
    assert_holds(path, "first");
}

static void a_symbolic_link_is_not_followed(void **state) {
    (void)state;
    assert_int_equal(symlink(other, path), 0);
    assert_int_equal(private_file_make(path, SPAN("text")), EEXIST);
    assert_int_equal(access(other, F_OK), -1);
}

static void a_name_without_a_folder_is_an_error(void **state) {
    (void)state;
    assert_int_equal(private_file_make("/tmp/private_file_test.none/receipt", SPAN("text")), ENOENT);
}

static void what_cannot_be_written_whole_is_not_there(void **state) {
    (void)state;
    int status;
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = {3, 3};
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(1);
        if (private_file_make(path, SPAN("text")) != EFBIG) _exit(2);
        _exit(private_file_make(other, SPAN("abc")) == 0 ? 0 : 3);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(access(path, F_OK), -1);
    assert_holds(other, "abc");
}

static void one_is_read_whole_or_not_at_all(void **state) {
    (void)state;
    char text[8];
    size_t size = sizeof text;
    assert_int_equal(private_file_make(path, SPAN("1234567")), 0);
    assert_int_equal(private_file_read(path, text, &size), 0);
    assert_int_equal(size, 7);
    assert_memory_equal(text, "1234567", 7);
    size = 7;
    assert_int_equal(private_file_read(path, text, &size), EFBIG);
}

static void one_that_others_have_a_right_to_is_not_read(void **state) {
    (void)state;
    const mode_t modes[] = {0640, 0604, 0620, 0602, 0610, 0601};
    char text[8];
    assert_int_equal(private_file_make(path, SPAN("text")), 0);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        size_t size = sizeof text;
        assert_int_equal(chmod(path, modes[i]), 0);
        assert_int_equal(private_file_read(path, text, &size), PRIVATE_FILE_IS_OPEN);
    }
}

static void what_is_no_file_is_not_read(void **state) {
    (void)state;
    char text[8];
    size_t size = sizeof text;
    assert_int_equal(private_file_read(path, text, &size), ENOENT);
    assert_int_equal(private_file_read(folder, text, &size), EISDIR);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(private_file_read(path, text, &size), ENXIO);
}

static void assert_fault(const char *file, const char *words, int fault) {
    int found = -2;
    const char *said = private_file_fault(file, &found);
    if (words == NULL)
        assert_null(said);
    else
        assert_string_equal(said, words);
    assert_int_equal(found, fault);
}

static void what_is_not_private_is_said_in_words(void **state) {
    (void)state;
    assert_fault(path, strerror(ENOENT), ENOENT);
    assert_fault(folder, "it is no regular file", 0);
    assert_int_equal(private_file_make(path, SPAN("text")), 0);
    assert_fault(path, NULL, 0);
    assert_int_equal(chmod(path, 0620), 0);
    assert_fault(path, "other users can read or write it", 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink(folder, path), 0);
    assert_fault(path, "it is a symbolic link", 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_file_is_open_to_its_user_alone, remove_files),
        cmocka_unit_test_teardown(one_that_is_there_is_left_as_it_is, remove_files),
        cmocka_unit_test_teardown(a_symbolic_link_is_not_followed, remove_files),
        cmocka_unit_test(a_name_without_a_folder_is_an_error),
        cmocka_unit_test_teardown(what_cannot_be_written_whole_is_not_there, remove_files),
        cmocka_unit_test_teardown(one_is_read_whole_or_not_at_all, remove_files),
        cmocka_unit_test_teardown(one_that_others_have_a_right_to_is_not_read, remove_files),
        cmocka_unit_test_teardown(what_is_no_file_is_not_read, remove_files),
        cmocka_unit_test_teardown(what_is_not_private_is_said_in_words, remove_files),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
