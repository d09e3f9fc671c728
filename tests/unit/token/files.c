#include "unit/token/files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

static char folder[40];
char path[64];
char token[TOKEN_RECORD_TOKEN + 1];

const struct token_binding binding = {.domain = {"acme.eu.auth0.com", 17},
                                      .client_id = {"client", 6},
                                      .audience = {"https://acme.eu.auth0.com/api/v2/", 33}};

const char *beside(const char *name) {
    static char paths[4][80];
    static size_t next;
    char *text = paths[next++ % COUNT(paths)];
    snprintf(text, sizeof paths[0], "%s/%s", folder, name);
    return text;
}

struct token_file *file_of(const char *name, struct token_binding of) {
    struct token_file *file = malloc(sizeof *file);
    assert_non_null(file);
    assert_true(token_file_init(file, name, &of));
    return file;
}

void free_file(struct token_file *file) {
    token_file_free(file);
    free(file);
}

int make_folder(void **state) {
    snprintf(folder, sizeof folder, "/tmp/token_file_test.XXXXXX");
    if (mkdtemp(folder) == NULL) return -1;
    snprintf(path, sizeof path, "%s/token", folder);
    *state = file_of(path, binding);
    return 0;
}

int remove_folder(void **state) {
    DIR *directory = opendir(folder);
    const struct dirent *entry;
    free_file(*state);
    (void)umount2(beside("mounted"), MNT_DETACH); /* a test that failed leaves it */
    while (directory != NULL && (entry = readdir(directory)) != NULL)
        if (unlink(beside(entry->d_name)) != 0) (void)rmdir(beside(entry->d_name));
    if (directory != NULL) closedir(directory);
    return rmdir(folder);
}

static struct token_file_answer ask_once(struct token_file *file, struct token_file_question question,
                                         struct token_now now) {
    struct buffer text = {NULL, 0, 0};
    struct token_file_answer answer = token_file_ask(file, &question, now, &text);
    assert_int_equal(text.size > 0, answer.news == TOKEN_FILE_TOKEN);
    assert_true(text.size < sizeof token);
    if (text.size > 0) memcpy(token, text.at, text.size);
    token[text.size] = '\0';
    buffer_free(&text);
    return answer;
}

struct token_file_answer ask(struct token_file *file, enum token_file_want wish, uint64_t held, struct token_now now) {
    int descriptors = open_descriptors();
    struct token_file_answer answer = ask_once(file, (struct token_file_question){wish, held, SECONDS(30)}, now);
    assert_int_equal(open_descriptors(), descriptors);
    return answer;
}

struct token_file_answer ask_patiently(struct token_file *file, enum token_file_want wish, uint64_t held,
                                       int64_t lease) {
    struct token_file_answer answer;
    do {
        answer = ask_once(file, (struct token_file_question){wish, held, lease}, token_file_now());
        if (answer.news == TOKEN_FILE_WAIT) usleep((useconds_t)answer.again);
    } while (answer.news == TOKEN_FILE_WAIT);
    return answer;
}

static void assert_news(struct token_file_answer answer, enum token_file_news wanted) {
    static const char *const names[] = {"TOKEN", "FETCH", "WAIT", "UNUSABLE"};
    if (answer.news != wanted)
        fail_msg("%s instead of %s: %s (%d)", names[answer.news], names[wanted], answer.fault.what, answer.fault.error);
}

uint64_t assert_fetch(struct token_file_answer answer) {
    assert_news(answer, TOKEN_FILE_FETCH);
    assert_true(answer.generation != 0);
    return answer.generation;
}

uint64_t assert_token(struct token_file_answer answer, const char *wanted) {
    assert_news(answer, TOKEN_FILE_TOKEN);
    assert_string_equal(token, wanted);
    return answer.generation;
}

void assert_unusable(struct token_file_answer answer, const char *word) {
    assert_news(answer, TOKEN_FILE_UNUSABLE);
    assert_non_null(answer.fault.what);
    if (strstr(answer.fault.what, word) == NULL) fail_msg("\"%s\" does not say \"%s\"", answer.fault.what, word);
}

void assert_end(struct token_file_result result, enum token_file_end wanted) {
    static const char *const names[] = {"DONE", "BUSY", "LOST", "FAILED"};
    if (result.end != wanted)
        fail_msg("%s instead of %s: %s (%d)", names[result.end], names[wanted], result.fault.what, result.fault.error);
    assert_int_equal(result.fault.what != NULL, wanted == TOKEN_FILE_FAILED);
}

uint64_t put_token(struct token_file *file, const char *text, struct token_now now) {
    uint64_t lease = assert_fetch(ask(file, TOKEN_FILE_ANY, 0, now));
    assert_end(token_file_store(file, lease, span_of(text), SECONDS(3600), now), TOKEN_FILE_DONE);
    return lease;
}
