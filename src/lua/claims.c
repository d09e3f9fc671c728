#include "lua/claims.h"

#include "lua/class.h"

static char memo_class, memo_key; /* in the registry */

static int on_gc(lua_State *L) {
    token_memo_free(lua_touserdata(L, 1));
    return 0;
}

void bind_claims_init(lua_State *L) {
    bind_class_make(L, &memo_class, "auth0.core.memo", NULL, on_gc);
    (void)bind_class_new(L, &memo_class, sizeof(struct token_memo));
    compat_setref(L, &memo_key);
}

struct token_memo *bind_claims_memo(lua_State *L) {
    return bind_class_kept(L, &memo_key);
}

bool bind_claims_read(struct token_memo *memo, struct claims *claims, struct buffer *memory, struct span token,
                      struct span link_with) {
    size_t room = jwt_room(link_with);
    *claims = (struct claims){.token = NULL};
    if (token.size > 0 && !token_memo_read(memo, token, &claims->token)) return false;
    if (link_with.size == 0) return true;
    if (!buffer_reserve(memory, room)) return false;
    memory->size = room; /* all of it is wiped */
    claims->has_link_with = room > 0 && jwt_read(link_with, memory->at, &claims->link_with);
    return true;
}
