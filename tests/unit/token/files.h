/* What the tests of the token file share: a folder for each test, and questions in few words. */
#ifndef AUTH0_TESTS_EFFECTS_TOKEN_FILES_H
#define AUTH0_TESTS_EFFECTS_TOKEN_FILES_H

#include "unit/support.h"

#include "token/file.h"

#define SECONDS(n) ((int64_t)(n)*1000000)

enum { MILLISECOND = 1000 };

/* Setup and teardown: *state is a struct token_file, of `path`, which does not exist yet. */
int make_folder(void **state);
int remove_folder(void **state);

/* In the test's folder; the texts last as long as the test does. */
extern char path[64];
const char *beside(const char *name);

extern const struct token_binding binding;
struct token_file *file_of(const char *name, struct token_binding of);
void free_file(struct token_file *file);

/* One ask; what came is in `token`, terminated. Its lease is 30 s. */
extern char token[TOKEN_RECORD_TOKEN + 1];
struct token_file_answer ask(struct token_file *file, enum token_file_want wish, uint64_t held, struct token_now now);

/* As often as it says WAIT, in real time. */
struct token_file_answer ask_patiently(struct token_file *file, enum token_file_want wish, uint64_t held,
                                       int64_t lease);

/* Each fails the test where something else comes. They return a generation. */
uint64_t assert_fetch(struct token_file_answer answer);
uint64_t assert_token(struct token_file_answer answer, const char *wanted);
void assert_unusable(struct token_file_answer answer, const char *word);
void assert_end(struct token_file_result result, enum token_file_end wanted);

/* Fetches and stores, for an hour. */
uint64_t put_token(struct token_file *file, const char *text, struct token_now now);

#endif
