/* An engine as Lua holds it: calls in, records out. One over the network for a tenant or the pool, one that Lua answers
   for auth0.mock. */
#ifndef AUTH0_LUA_ENGINE_H
#define AUTH0_LUA_ENGINE_H

#include "engine/engine.h"
#include "lua/call.h"
#include "lua/options.h"

#pragma GCC visibility push(hidden)

struct bind_engine {
    struct engine *engine;       /* NULL: closed */
    struct profile profile;      /* of a network; points into the engine */
    struct bind_common defaults; /* what its tenant says for all of its calls */
    struct buffer texts;         /* of those */
    struct call *own;            /* a call of the engine's own that is to be answered: it has the id 0 */
    struct call *held;           /* the same, where it is a step of a sequence: a reference */
    int last_id;
    int untold; /* the id of a call that is done, and could not be told because Lua had no memory; 0 for none */
    bool is_network;
    bool calls_lua;           /* a function of Lua's gets the tokens, or hears of events */
    bool is_running;          /* a call is run to its end: a debug hook may be at work in the middle of it */
    const void *loop;         /* the pool's: in whose way its calls wait */
    struct bind_engine *next; /* likewise: the one that was used before it */
};

void bind_engine_init(lua_State *L);

/* Adds methods to those of engines. */
void bind_engine_extend(lua_State *L, const luaL_Reg *methods);

/* The engine at `index`; raises where it cannot be used here: closed, made before a fork, or none. */
struct bind_engine *bind_engine_check(lua_State *L, int index);

/* The same; it may be closed, or the parent's. */
struct bind_engine *bind_engine_check_any(lua_State *L, int index);

/* Raises where it cannot be used any more. */
void bind_engine_demand(lua_State *L, const struct bind_engine *self);

/* Pushes a new one for the network. NULL where it cannot be opened. */
struct bind_engine *bind_engine_open(lua_State *L, const struct profile *profile);

/* Keeps the call at `index` under a new id of the engine at 1. */
int bind_engine_keep(lua_State *L, struct bind_engine *self, int index, struct bind_call *call);

/* Pushes the call of an id, of the engine at 1; NULL, and nil is pushed, where there is none. */
struct bind_call *bind_engine_push_call(lua_State *L, int id);

/* The call whose id is at `index`, of the engine at 1; raises where there is none. */
struct bind_call *bind_engine_check_call(lua_State *L, int index);

/* Keeps the call of an id no longer. */
void bind_engine_forget(lua_State *L, int id);

/* Sets the call of the engine's own that is to be answered; NULL: none is. A step is held: its sequence may end before
   the answer comes. */
void bind_engine_set_own(struct bind_engine *self, struct call *call);

/* Whether it has no call, and nothing to tell. */
bool bind_engine_is_idle(const struct bind_engine *self);

/* Safe to run twice. */
void bind_engine_close(struct bind_engine *self);

/* core.engine(options, level) -> engine; without options, its exchanges are handed out */
int bind_engine_new(lua_State *L);

#pragma GCC visibility pop

#endif
