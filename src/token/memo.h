/* What the last token says of itself: the same one comes call after call, and to look into it costs more than all else
   that prepares a call. It is kept as the other secrets are, until another comes. */
#ifndef AUTH0_TOKEN_MEMO_H
#define AUTH0_TOKEN_MEMO_H

#include "os/buffer.h"
#include "os/secrets.h"
#include "pure/jwt.h"

#pragma GCC visibility push(hidden)

/* A zeroed one is empty, and valid. */
struct token_memo {
    struct secrets *secrets; /* NULL: nothing can be kept */
    struct buffer decoded;   /* where the spans of `jwt` point */
    struct jwt jwt;
    bool is_jwt;
};

/* Whether it is the last one that was read. */
bool token_memo_knows(const struct token_memo *memo, struct span token);

/* Sets `jwt`, valid until the next token is read; to NULL for an opaque one. False where there is no memory. */
bool token_memo_read(struct token_memo *memo, struct span token, const struct jwt **jwt);

/* Wipes and frees what it has: it is empty again. */
void token_memo_free(struct token_memo *memo);

#pragma GCC visibility pop

#endif
