#include "token/memo.h"

bool token_memo_knows(const struct token_memo *memo, struct span token) {
    return memo->secrets != NULL && token.size > 0 && span_equals(secrets_get(memo->secrets, SECRET_TOKEN), token);
}

/* It stands for no token while it is changed. */
static void forget(struct token_memo *memo) {
    if (memo->secrets != NULL) (void)secrets_put(memo->secrets, SECRET_TOKEN, (struct span){NULL, 0});
    buffer_clear(&memo->decoded);
    memo->is_jwt = false;
}

static bool look_into(struct token_memo *memo, struct span token) {
    size_t room = jwt_room(token);
    forget(memo);
    if (!buffer_reserve(&memo->decoded, room)) return false;
    memo->decoded.size = room; /* all of it is wiped */
    memo->is_jwt = room > 0 && jwt_read(token, memo->decoded.at, &memo->jwt);
    if (memo->secrets == NULL) memo->secrets = secrets_new();
    if (memo->secrets != NULL) (void)secrets_put(memo->secrets, SECRET_TOKEN, token);
    return true;
}

bool token_memo_read(struct token_memo *memo, struct span token, const struct jwt **jwt) {
    if (!token_memo_knows(memo, token) && !look_into(memo, token)) return false;
    *jwt = memo->is_jwt ? &memo->jwt : NULL;
    return true;
}

void token_memo_free(struct token_memo *memo) {
    secrets_free(memo->secrets);
    buffer_free(&memo->decoded);
    *memo = (struct token_memo){.secrets = NULL};
}
