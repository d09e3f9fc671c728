/* A token that this process shares with others, through a token_file: what it has from there, what it owes.
   Without a file everything is this process's own to fetch. */
#ifndef AUTH0_TOKEN_SHARE_H
#define AUTH0_TOKEN_SHARE_H

#include "token/file.h"

#pragma GCC visibility push(hidden)

struct token_share {
    struct token_file file;
    bool is_used;        /* there is a file */
    bool is_rejected;    /* the tenant refused the token of `generation` */
    uint64_t generation; /* of the present token in the file; 0: it is not there */
    uint64_t lease;      /* to be ended; 0: none */
    bool is_news;        /* `warning` was not told yet */
    char warning[160];
};

/* `path` NULL: there is no file. False where there is no memory; token_share_free is safe then too. */
bool token_share_init(struct token_share *share, const char *path, const struct token_binding *binding);
void token_share_free(struct token_share *share);

enum token_share_news {
    TOKEN_SHARE_TOKEN, /* `token` is there; valid for `left` */
    TOKEN_SHARE_FETCH, /* fetch one, and end it with token_share_fetched or token_share_failed */
    TOKEN_SHARE_WAIT   /* ask again after `again` */
};

struct token_share_answer {
    enum token_share_news news;
    int64_t left, again; /* microseconds */
};

/* A token is needed: none, a newer one, or another than the one that was rejected. `lease`: microseconds that a fetch
   may take. */
struct token_share_answer token_share_ask(struct token_share *share, int64_t lease, struct buffer *token);

/* The tenant refused the present token. */
void token_share_rejected(struct token_share *share);

/* The fetch brought one, valid for `lifetime` microseconds; or none, and no process need try for `pause`. */
void token_share_fetched(struct token_share *share, struct span token, int64_t lifetime);
void token_share_failed(struct token_share *share, int64_t pause);

/* A sentence about the file, where something became known; NULL else. Said once. */
const char *token_share_warning(struct token_share *share);

#pragma GCC visibility pop

#endif
