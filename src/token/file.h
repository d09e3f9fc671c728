/* A token that the processes of one user share, in a file: nginx's workers, commands that follow each other. One of
   them fetches, the others wait for it or go on with what they have.
   Nothing here waits, and nothing stays open, locked or mapped between two calls. Whatever is wrong with the file, work
   goes on without it: each process has then its own token. For the processes of one host: its clock is in the file. */
#ifndef AUTH0_TOKEN_FILE_H
#define AUTH0_TOKEN_FILE_H

#include "os/buffer.h"
#include "token/record.h"

#pragma GCC visibility push(hidden)

/* Used by one thread at a time. */
struct token_file {
    char *path;
    unsigned char identity[TOKEN_RECORD_IDENTITY];
    int busy; /* how often in a row another process had the lock */
};

/* Copies the path, and remembers a digest of the binding. Opens nothing. A relative path is looked up from where the
   process stands at each use. False where there is no memory; token_file_free is safe then too. */
bool token_file_init(struct token_file *file, const char *path, const struct token_binding *binding);
void token_file_free(struct token_file *file);

/* What these functions expect as `now`. */
struct token_now token_file_now(void);

struct token_file_fault {
    const char *what; /* static text that follows the name of an option: "is a symbolic link, ..."; NULL: no fault */
    int error;        /* errno, or 0 */
};

/* ---- to ask ---- */

enum token_file_want {
    TOKEN_FILE_ANY,     /* any token that is valid */
    TOKEN_FILE_NEWER,   /* another than `held`, which gets old; it stays there for the others until it is replaced */
    TOKEN_FILE_REJECTED /* another than `held`, which the tenant refused; it is dropped, if it is still there */
};

struct token_file_question {
    enum token_file_want want;
    uint64_t held; /* the generation of the asker's token; 0: it has none, or one that is not from here */
    int64_t lease; /* microseconds that a fetch may take, at most TOKEN_RECORD_LEASE; then it is another's turn */
};

enum token_file_news {
    TOKEN_FILE_TOKEN,   /* here it is */
    TOKEN_FILE_FETCH,   /* the lease is ours: fetch, then token_file_store or token_file_give_up; `fault` says whether
                           another process had it, and did not end it */
    TOKEN_FILE_WAIT,    /* another process fetches, or holds the lock, or has said to wait */
    TOKEN_FILE_UNUSABLE /* `fault` says why: work without it */
};

struct token_file_answer {
    enum token_file_news news;
    uint64_t generation;    /* TOKEN: its own. FETCH: the lease's number, and of the token that is fetched under it */
    int64_t left, lifetime; /* TOKEN: microseconds that it is still valid, and that it was when it was stored */
    int64_t again;          /* WAIT: microseconds after which to ask again */
    struct token_file_fault fault;
};

/* The token is written to `token`, which is cleared first. A file that does not exist is made, with mode 0600. */
struct token_file_answer token_file_ask(struct token_file *file, const struct token_file_question *question,
                                        struct token_now now, struct buffer *token);

/* ---- to end a lease ---- */

enum token_file_end {
    TOKEN_FILE_DONE,
    TOKEN_FILE_BUSY,  /* nothing has changed: call again in TOKEN_FILE_AGAIN */
    TOKEN_FILE_LOST,  /* the lease ran out, and is another's or was: the token is good for this process alone */
    TOKEN_FILE_FAILED /* `fault` says why: the same */
};

enum { TOKEN_FILE_AGAIN = 5000 }; /* microseconds: a lock is held for some ten of them */

struct token_file_result {
    enum token_file_end end;
    struct token_file_fault fault;
};

/* `lifetime`: microseconds that the token is valid, from `now`. */
struct token_file_result token_file_store(struct token_file *file, uint64_t lease, struct span token, int64_t lifetime,
                                          struct token_now now);

/* The fetch failed: another may try, after `pause` microseconds (TOKEN_RECORD_LEASE at most) in which none does. */
struct token_file_result token_file_give_up(struct token_file *file, uint64_t lease, int64_t pause,
                                            struct token_now now);

#pragma GCC visibility pop

#endif
