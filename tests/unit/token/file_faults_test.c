/* What can be wrong with a token file: it is not ours, it is damaged, it cannot be written. None of it ends a process,
   and nothing that is not ours is changed. */
#include "unit/token/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct token_now noon = {SECONDS(1700000000), SECONDS(5000)};

static struct token_file_answer ask_any(struct token_file *file) { return ask(file, TOKEN_FILE_ANY, 0, noon); }

static struct buffer contents(void) {
    struct buffer bytes = {NULL, 0, 0};
    assert_true(buffer_reserve(&bytes, TOKEN_RECORD_MOST + 1));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = read(fd, bytes.at, TOKEN_RECORD_MOST + 1);
    assert_true(size >= 0);
    bytes.size = (size_t)size;
    close(fd);
    return bytes;
}

static void write_contents(struct span bytes) {
    (void)unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, bytes.at, bytes.size), (ssize_t)bytes.size);
    close(fd);
}

/* ---- what is not ours ---- */

static void a_link_is_not_followed(void **state) {
    struct token_file *file = file_of(beside("link"), binding);
    put_token(*state, "first", noon);
    assert_int_equal(symlink(path, beside("link")), 0);
    assert_unusable(ask_any(file), "symbolic link");
    assert_int_equal(unlink(beside("link")), 0);
    assert_int_equal(symlink("nowhere", beside("link")), 0);
    assert_unusable(ask_any(file), "symbolic link");
    assert_int_not_equal(access(beside("nowhere"), F_OK), 0);
    free_file(file);
}

static void a_file_with_two_names_is_refused(void **state) {
    uint64_t lease = assert_fetch(ask_any(*state));
    assert_int_equal(link(path, beside("link")), 0);
    assert_unusable(ask_any(*state), "hard link");
    assert_end(token_file_store(*state, lease, SPAN("first"), SECONDS(60), noon), TOKEN_FILE_FAILED);
    assert_int_equal(unlink(beside("link")), 0);
    assert_end(token_file_store(*state, lease, SPAN("first"), SECONDS(60), noon), TOKEN_FILE_DONE);
}

static void a_file_that_others_may_use_is_refused(void **state) {
    static const mode_t modes[] = {0644, 0640, 0604, 0620, 0601, 0777};
    put_token(*state, "first", noon);
    for (size_t i = 0; i < COUNT(modes); i++) {
        assert_int_equal(chmod(path, modes[i]), 0);
        assert_unusable(ask_any(*state), "chmod 600");
    }
    assert_int_equal(chmod(path, 0600), 0);
    assert_token(ask_any(*state), "first");
}

static void another_users_file_is_refused(void **state) {
    if (geteuid() != 0) skip(); /* only root can make one */
    put_token(*state, "first", noon);
    assert_int_equal(chown(path, 65534, 65534), 0);
    assert_unusable(ask_any(*state), "another user");
}

static void assert_refused_at_once(const char *name, const char *word) {
    double since = now();
    struct token_file *other = file_of(name, binding);
    assert_unusable(ask_any(other), word);
    assert_true(now() - since < 5);
    free_file(other);
}

static void what_is_no_file_is_refused_at_once(void **state) {
    (void)state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    assert_int_equal(mkfifo(beside("fifo"), 0600), 0);
    assert_int_equal(mkdir(beside("directory"), 0700), 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", beside("socket"));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_refused_at_once(beside("fifo"), "no regular file");
    assert_refused_at_once(beside("directory"), "directory");
    assert_refused_at_once(beside("socket"), "no regular file");
    assert_refused_at_once("/dev/full", "no regular file");
    close(fd);
}

static void another_bindings_file_is_left_alone(void **state) {
    struct token_binding others[] = {binding, binding, binding, binding};
    others[0].domain = SPAN("acme.us.auth0.com");
    others[1].client_id = SPAN("clienu");
    others[2].audience = SPAN("");
    others[3].domain = SPAN("acme.eu.auth0.comclient"); /* where texts run into each other */
    others[3].client_id = SPAN("");
    put_token(*state, "first", noon);
    struct buffer before = contents();
    for (size_t i = 0; i < COUNT(others); i++) {
        struct token_file *other = file_of(path, others[i]);
        assert_unusable(ask_any(other), "another domain, client or audience");
        assert_end(token_file_store(other, 1, SPAN("x"), SECONDS(60), noon), TOKEN_FILE_FAILED);
        free_file(other);
    }
    struct buffer after = contents();
    assert_true(span_equals(buffer_span(&before), buffer_span(&after)));
    assert_token(ask_any(*state), "first");
    buffer_free(&before);
    buffer_free(&after);
}

static void any_other_file_is_left_alone(void **state) {
    static const char zeros[200];
    const struct span texts[] = {
        SPAN("-----BEGIN OPENSSH PRIVATE KEY-----\n"), SPAN("x"), SPAN("auth0tk2"), {zeros, sizeof zeros}};
    for (size_t i = 0; i < COUNT(texts); i++) {
        write_contents(texts[i]);
        assert_unusable(ask_any(*state), "no token file");
        struct buffer after = contents();
        assert_true(span_equals(buffer_span(&after), texts[i]));
        buffer_free(&after);
    }
}

/* ---- what is damaged ---- */

static void a_file_that_is_cut_anywhere_is_written_anew(void **state) {
    put_token(*state, "the-first-token", noon);
    struct buffer whole = contents();
    for (size_t size = 0; size < whole.size; size++) {
        write_contents((struct span){whole.at, size});
        put_token(*state, "another", noon);
        assert_token(ask_any(*state), "another");
    }
    buffer_free(&whole);
}

/* A byte of the head that says whose it is: refused. Of the lease: void. Of the token: no token. Never another one. */
static void a_byte_that_changed_is_never_believed(void **state) {
    put_token(*state, "the-first-token", noon);
    struct buffer bytes = contents();
    for (size_t i = 0; i < 8 * bytes.size; i++) {
        char bit = (char)(1 << i % 8);
        bytes.at[i / 8] ^= bit;
        write_contents(buffer_span(&bytes));
        struct token_file_answer answer = ask_any(*state);
        if (i / 8 < TOKEN_RECORD_IDENTITY)
            assert_unusable(answer, "");
        else if (i / 8 < TOKEN_RECORD_HEAD)
            assert_token(answer, "the-first-token");
        else
            assert_fetch(answer);
        bytes.at[i / 8] ^= bit;
    }
    buffer_free(&bytes);
}

static void a_lease_that_changed_is_void(void **state) {
    uint64_t lease = assert_fetch(ask_any(*state));
    struct buffer bytes = contents();
    for (size_t i = TOKEN_RECORD_IDENTITY; i < TOKEN_RECORD_HEAD; i++) {
        bytes.at[i] ^= 1;
        write_contents(buffer_span(&bytes));
        assert_end(token_file_store(*state, lease, SPAN("x"), SECONDS(60), noon), TOKEN_FILE_LOST);
        assert_fetch(ask_any(*state));
        bytes.at[i] ^= 1;
    }
    buffer_free(&bytes);
}

static void a_lease_that_says_too_much_is_void(void **state) {
    unsigned char head[TOKEN_RECORD_HEAD];
    const struct token_file *file = *state;
    struct token_record record = {.lease = 1, .lease_from = noon.boot_time};
    for (int more = 0; more < 2; more++) {
        record.lease_until = noon.boot_time + TOKEN_RECORD_LEASE + more;
        assert_true(token_record_pack_head(file->identity, &record, head));
        write_contents((struct span){(const char *)head, sizeof head});
        assert_int_equal(ask_any(*state).news, more == 0 ? TOKEN_FILE_WAIT : TOKEN_FILE_FETCH);
    }
}

static void what_stands_behind_the_token_does_not_matter(void **state) {
    put_token(*state, "the-first-token", noon);
    struct buffer bytes = contents();
    assert_true(buffer_append(&bytes, SPAN("rubbish")));
    write_contents(buffer_span(&bytes));
    assert_token(ask_any(*state), "the-first-token");
    buffer_free(&bytes);
}

static void nothing_of_a_longer_token_is_left(void **state) {
    uint64_t held = put_token(*state, "a-token-that-is-longer-than-the-next", noon);
    uint64_t lease = assert_fetch(ask(*state, TOKEN_FILE_NEWER, held, noon));
    assert_end(token_file_store(*state, lease, SPAN("short"), SECONDS(60), noon), TOKEN_FILE_DONE);
    struct buffer bytes = contents();
    assert_int_equal(bytes.size, TOKEN_RECORD_HEAD + 72 + 5);
    buffer_free(&bytes);
}

static void token_source_of_every_kind_that_a_header_takes_are_kept(void **state) {
    char *longest = malloc(TOKEN_RECORD_TOKEN + 2);
    assert_non_null(longest);
    memset(longest, 'x', TOKEN_RECORD_TOKEN + 1);
    longest[TOKEN_RECORD_TOKEN + 1] = '\0';
    uint64_t lease = assert_fetch(ask_any(*state));
    const struct span refused[] = {span_of(longest), SPAN(""), {NULL, 0}, SPAN("a\r\nb"), SPAN("a\0b")};
    for (size_t i = 0; i < COUNT(refused); i++)
        assert_end(token_file_store(*state, lease, refused[i], SECONDS(60), noon), TOKEN_FILE_FAILED);
    assert_end(token_file_store(*state, lease, SPAN("x"), 0, noon), TOKEN_FILE_FAILED);
    longest[TOKEN_RECORD_TOKEN] = '\0';
    assert_end(token_file_store(*state, lease, span_of(longest), SECONDS(60), noon), TOKEN_FILE_DONE);
    assert_token(ask_any(*state), longest);
    free(longest);
}

/* ---- what cannot be opened or written ---- */

static void a_directory_that_is_missing_is_not_made(void **state) {
    (void)state;
    struct token_file *file = file_of(beside("missing/token"), binding);
    assert_unusable(ask_any(file), "directory does not exist");
    free_file(file);
    file = file_of(beside("file/token"), binding);
    close(open(beside("file"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    assert_unusable(ask_any(file), "no directory");
    free_file(file);
}

/* Runs in a child, since it cannot be taken back. It tells by its exit status: 0, or what came instead. */
static void in_a_child(int (*body)(struct token_file *), struct token_file *file) {
    int status;
    pid_t child = fork();
    if (child == 0) _exit(body(file));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static bool says(struct token_file_answer answer, const char *word) {
    return answer.news == TOKEN_FILE_UNUSABLE && strstr(answer.fault.what, word) != NULL;
}

static int ask_as_nobody(struct token_file *file) {
    /* The folder is root's, 0700. */
    return setgid(65534) == 0 && setuid(65534) == 0 && says(ask_any(file), "permission") ? 0 : 1;
}

static void without_permission_it_works_without_the_file(void **state) {
    if (geteuid() != 0) skip(); /* for another user it would be the own folder */
    in_a_child(ask_as_nobody, *state);
}

static int ask_without_descriptors(struct token_file *file) {
    struct buffer text = {NULL, 0, 0};
    struct token_file_question question = {TOKEN_FILE_ANY, 0, SECONDS(30)};
    const struct rlimit none = {0, 0};
    return setrlimit(RLIMIT_NOFILE, &none) == 0 && says(token_file_ask(file, &question, noon, &text), "descriptors")
               ? 0
               : 1;
}

static void without_descriptors_it_works_without_the_file(void **state) { in_a_child(ask_without_descriptors, *state); }

/* SIGXFSZ has its default here: it would end the child. */
static int store_beyond_the_limit(struct token_file *file) {
    const struct rlimit limit = {TOKEN_RECORD_HEAD, TOKEN_RECORD_HEAD};
    struct token_file_answer answer = ask_any(file);
    if (answer.news != TOKEN_FILE_FETCH || setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
    struct token_file_result result = token_file_store(file, answer.generation, SPAN("token"), SECONDS(60), noon);
    if (result.end != TOKEN_FILE_FAILED || strstr(result.fault.what, "ulimit") == NULL) return 2;
    return ask_any(file).news == TOKEN_FILE_FETCH ? 0 : 3; /* the lease is free again */
}

static void a_limit_of_file_sizes_ends_no_process(void **state) { in_a_child(store_beyond_the_limit, *state); }

static const char *mounted(const char *options) {
    static char target[80];
    snprintf(target, sizeof target, "%s", beside("mounted"));
    (void)mkdir(target, 0700);
    return mount("tmpfs", target, "tmpfs", MS_NOSUID, options) == 0 ? target : NULL;
}

/* A page of 4 KiB holds the lease, and not the token. */
static void a_full_disk_is_no_disaster(void **state) {
    (void)state;
    const char *target = mounted("size=4k,mode=700");
    if (target == NULL) skip(); /* only root may, and not everywhere */
    struct token_file *file = file_of(beside("mounted/token"), binding);
    static char text[9001];
    memset(text, 'x', sizeof text - 1);
    uint64_t lease = assert_fetch(ask_any(file));
    struct token_file_result result = token_file_store(file, lease, span_of(text), SECONDS(60), noon);
    assert_end(result, TOKEN_FILE_FAILED);
    assert_int_equal(result.fault.error, ENOSPC);
    put_token(file, "a-short-one", noon); /* the lease was free again, and what was written in part is no token */
    assert_token(ask_any(file), "a-short-one");
    assert_int_equal(unlink(beside("mounted/token")), 0);
    int fd = open(beside("mounted/file"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    while (write(fd, text, 512) > 0) continue;
    close(fd);
    assert_unusable(ask_any(file), "full");
    free_file(file);
    assert_int_equal(umount(target), 0);
}

static void a_read_only_disk_is_no_disaster(void **state) {
    (void)state;
    const char *target = mounted("size=64k,mode=700");
    if (target == NULL) skip();
    struct token_file *file = file_of(beside("mounted/token"), binding);
    uint64_t lease = assert_fetch(ask_any(file));
    assert_int_equal(mount("tmpfs", target, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL), 0);
    assert_unusable(ask_any(file), "read-only");
    assert_end(token_file_store(file, lease, SPAN("x"), SECONDS(60), noon), TOKEN_FILE_FAILED);
    free_file(file);
    assert_int_equal(umount(target), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_link_is_not_followed),
        TEST(a_file_with_two_names_is_refused),
        TEST(a_file_that_others_may_use_is_refused),
        TEST(another_users_file_is_refused),
        TEST(what_is_no_file_is_refused_at_once),
        TEST(another_bindings_file_is_left_alone),
        TEST(any_other_file_is_left_alone),
        TEST(a_file_that_is_cut_anywhere_is_written_anew),
        TEST(a_byte_that_changed_is_never_believed),
        TEST(a_lease_that_changed_is_void),
        TEST(a_lease_that_says_too_much_is_void),
        TEST(what_stands_behind_the_token_does_not_matter),
        TEST(nothing_of_a_longer_token_is_left),
        TEST(token_source_of_every_kind_that_a_header_takes_are_kept),
        TEST(a_directory_that_is_missing_is_not_made),
        TEST(without_permission_it_works_without_the_file),
        TEST(without_descriptors_it_works_without_the_file),
        TEST(a_limit_of_file_sizes_ends_no_process),
        TEST(a_full_disk_is_no_disaster),
        TEST(a_read_only_disk_is_no_disaster),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
