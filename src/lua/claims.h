/* What the tokens of a call say of themselves: who they are of, and whether the tenant can only refuse them. Floor 2:
   jwt decides. */
#ifndef AUTH0_LUA_CLAIMS_H
#define AUTH0_LUA_CLAIMS_H

#include "lua/options.h"
#include "pure/jwt.h"

#pragma GCC visibility push(hidden)

struct bind_claims {
    const struct jwt *token; /* NULL: it is none, or an opaque one */
    bool has_link_with;      /* it could be read */
    struct jwt link_with;
};

void bind_claims_init(lua_State *L);

/* Whether the last call's token was this one. */
bool bind_claims_knows(lua_State *L, struct span token);

/* Looks into tokens, absent ones included. The spans of link_with's point into `memory`; the token's claims last until
   those of another are read. False where there is no memory. */
bool bind_claims_read(lua_State *L, struct bind_claims *claims, struct buffer *memory, struct span token,
                      struct span link_with);

/* A user's own token says whose account is meant where the options do not. A machine's does not. */
void bind_claims_complete(const struct bind_claims *claims, struct bind_options *options);

/* CODE_OK, or the code and the reason of what is certain. */
enum failure_code bind_claims_refuse(const struct bind_claims *claims, const struct bind_options *options,
                                     enum bind_goal goal, bool has_clock, struct complaint *complaint);

/* The account of a link_with, by which a lost answer is settled. */
void bind_claims_name(const struct bind_claims *claims, struct identity_target *target);

#pragma GCC visibility pop

#endif
