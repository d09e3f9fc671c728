/* Looks into the tokens of a call: the last one's claims are kept, since the same comes call after call. What they mean
   pure/claims decides. */
#ifndef AUTH0_LUA_CLAIMS_H
#define AUTH0_LUA_CLAIMS_H

#include "lua/compat.h"
#include "os/buffer.h"
#include "pure/claims.h"
#include "token/memo.h"

#pragma GCC visibility push(hidden)

void bind_claims_init(lua_State *L);

/* The one of this Lua state. */
struct token_memo *bind_claims_memo(lua_State *L);

/* Looks into tokens, absent ones included. The spans of link_with's point into `memory`; the token's claims last until
   those of another are read. False where there is no memory. */
bool bind_claims_read(struct token_memo *memo, struct claims *claims, struct buffer *memory, struct span token,
                      struct span link_with);

#pragma GCC visibility pop

#endif
