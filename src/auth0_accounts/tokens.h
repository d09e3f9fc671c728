/* JSON of any size, read into memory that grows and is used again. */
#ifndef AUTH0_ACCOUNTS_TOKENS_H
#define AUTH0_ACCOUNTS_TOKENS_H

#include "pure/json.h"

#pragma GCC visibility push(hidden)

struct tokens {
    struct json_token *at;
    size_t room;
};

/* As json_read. JSON_MORE: there is no memory. The values last until the next reading. */
enum json_progress tokens_read(struct tokens *tokens, struct json_reader *reader);
void tokens_free(struct tokens *tokens);

#pragma GCC visibility pop

#endif
