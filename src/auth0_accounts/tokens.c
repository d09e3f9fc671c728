#include "auth0_accounts/tokens.h"

#include <stdlib.h>

enum { FIRST_ROOM = 1024 };

enum json_progress tokens_read(struct tokens *tokens, struct json_reader *reader) {
    enum json_progress progress;
    reader->tokens = tokens->at;
    reader->room = tokens->room;
    while ((progress = json_read(reader)) == JSON_MORE) {
        size_t room = tokens->room > 0 ? 2 * tokens->room : FIRST_ROOM;
        struct json_token *at = realloc(tokens->at, room * sizeof *at);
        if (at == NULL) return JSON_MORE;
        tokens->at = reader->tokens = at;
        tokens->room = reader->room = room;
    }
    return progress;
}

void tokens_free(struct tokens *tokens) {
    free(tokens->at);
    *tokens = (struct tokens){NULL, 0};
}
