#include "token/share.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

bool token_share_init(struct token_share *share, const char *path, const struct token_binding *binding) {
    *share = (struct token_share){.is_used = path != NULL};
    return path == NULL || token_file_init(&share->file, path, binding);
}

/* Others need not wait for the end of a lease that will not be used. */
void token_share_free(struct token_share *share) {
    token_share_failed(share, 0);
    if (share->is_used) token_file_free(&share->file);
}

/* The same sentence is told once, until another comes between. */
static void warn(struct token_share *share, const struct token_file_fault *fault) {
    char text[sizeof share->warning];
    snprintf(text, sizeof text, "token_file: %s%s%s", fault->what, fault->error != 0 ? ": " : "",
             fault->error != 0 ? strerror(fault->error) : "");
    if (strcmp(text, share->warning) == 0) return;
    memcpy(share->warning, text, sizeof text);
    share->is_news = true;
}

static struct token_file_question question_of(const struct token_share *share, int64_t lease) {
    enum token_file_want want = TOKEN_FILE_ANY;
    if (share->generation != 0) want = share->is_rejected ? TOKEN_FILE_REJECTED : TOKEN_FILE_NEWER;
    return (struct token_file_question){want, share->generation, lease};
}

struct token_share_answer token_share_ask(struct token_share *share, int64_t lease, struct buffer *token) {
    const struct token_file_question question = question_of(share, lease);
    if (!share->is_used) return (struct token_share_answer){.news = TOKEN_SHARE_FETCH};
    struct token_file_answer answer = token_file_ask(&share->file, &question, token_file_now(), token);
    switch (answer.news) {
    case TOKEN_FILE_WAIT: return (struct token_share_answer){.news = TOKEN_SHARE_WAIT, .again = answer.again};
    case TOKEN_FILE_UNUSABLE: warn(share, &answer.fault); break;
    case TOKEN_FILE_FETCH:
        share->lease = answer.generation;
        if (answer.fault.what != NULL) warn(share, &answer.fault);
        break;
    case TOKEN_FILE_TOKEN:
        share->generation = answer.generation;
        share->is_rejected = false;
        return (struct token_share_answer){.news = TOKEN_SHARE_TOKEN, .left = answer.left};
    }
    return (struct token_share_answer){.news = TOKEN_SHARE_FETCH};
}

void token_share_rejected(struct token_share *share) { share->is_rejected = true; }

/* A lock is held for some microseconds, but by a stopped process for as long as it likes: some tries, and no more. The
   lease ends by itself. */
enum { TRIES = 20 };

static void nap(void) {
    const struct timespec half_a_millisecond = {0, 500000};
    nanosleep(&half_a_millisecond, NULL);
}

void token_share_fetched(struct token_share *share, struct span token, int64_t lifetime) {
    uint64_t lease = share->lease;
    share->generation = 0; /* the new token is not the file's, unless it comes to be */
    share->is_rejected = false;
    share->lease = 0;
    for (int i = 0; lease != 0 && i < TRIES; i++) {
        struct token_file_result result = token_file_store(&share->file, lease, token, lifetime, token_file_now());
        if (result.end == TOKEN_FILE_DONE) share->generation = lease;
        if (result.end == TOKEN_FILE_FAILED) warn(share, &result.fault);
        if (result.end != TOKEN_FILE_BUSY) return;
        nap();
    }
}

void token_share_failed(struct token_share *share, int64_t pause) {
    uint64_t lease = share->lease;
    share->lease = 0;
    for (int i = 0; lease != 0 && i < TRIES; i++) {
        struct token_file_result result = token_file_give_up(&share->file, lease, pause, token_file_now());
        if (result.end == TOKEN_FILE_FAILED) warn(share, &result.fault);
        if (result.end != TOKEN_FILE_BUSY) return;
        nap();
    }
}

const char *token_share_warning(struct token_share *share) {
    bool is_news = share->is_news;
    share->is_news = false;
    return is_news ? share->warning : NULL;
}
