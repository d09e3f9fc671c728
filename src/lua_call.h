/* A call as Lua owns it: made from a table, and turned into what Lua is told. Floor 2: decides nothing. */
#ifndef AUTH0_LUA_CALL_H
#define AUTH0_LUA_CALL_H

#include "compat.h"
#include "engine.h"

#pragma GCC visibility push(hidden)

struct bind_call {
    struct call call;
    int id;               /* where one tells calls apart */
    struct buffer mended; /* the identities, as lua-cjson takes them */
};

void bind_call_init(lua_State *L);

/* Pushes a new, empty one: from here on the collector wipes and frees what it comes to own. */
struct bind_call *bind_call_new(lua_State *L);

/* Fills it from the options at `index`. Raises, at `level` (2: the caller of the Lua function that called us), with a
   sentence that names the option and never a secret. */
void bind_call_prepare(lua_State *L, int index, struct bind_call *self, enum identity_goal goal,
                       struct transport *transport, int level);

/* Pushes `identities, receipt`, or `nil, facts` for lua/auth0/failure.lua. Returns 2. */
int bind_call_push(lua_State *L, struct bind_call *self);

/* Wipes and frees now rather than when the collector comes. */
void bind_call_drop(struct bind_call *self);

#pragma GCC visibility pop

#endif
