/* Lets a signal's handler stop a call while C waits. */
#ifndef AUTH0_LUA_INTERRUPT_H
#define AUTH0_LUA_INTERRUPT_H

#include "lua/compat.h"

#include <stdbool.h>

#pragma GCC visibility push(hidden)

/* A signal's handler that wants Lua to run sets a debug hook, as lua.c does on Ctrl-C. Lua calls a hook only while code
   in Lua runs, so this runs an empty chunk. Where the hook returns, as a profiler's does, the call goes on: false.
   Where it raises an error, the call has to stop: true, with the error pushed. A hook that was set on the main thread,
   and removes itself when it is called, is removed from there too: else it would be called twice. */
bool bind_interrupt_stops(lua_State *L, lua_State *main);

/* When the module is loaded. */
void bind_interrupt_init(lua_State *L);

/* The thread that signal handlers set their hook on. */
lua_State *bind_interrupt_main(lua_State *L);

#pragma GCC visibility pop

#endif
