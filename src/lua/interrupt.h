/* Hears a signal while C waits. */
#ifndef AUTH0_LUA_INTERRUPT_H
#define AUTH0_LUA_INTERRUPT_H

#include "lua/compat.h"

#include <stdbool.h>

#pragma GCC visibility push(hidden)

/* A signal handler that wants Lua to run sets a debug hook, as lua.c does on Ctrl-C; it speaks when Lua runs, so some
   Lua is run. A profiler's sample returns, and we go on. What raises wants us to stop: true then, and the error is
   pushed. A hook that was set on the main thread, and takes itself away as it speaks, is taken from there too: else it
   would speak twice. */
bool bind_interrupt_stops(lua_State *L, lua_State *main);

/* When the module is loaded. */
void bind_interrupt_init(lua_State *L);

/* The thread that signal handlers set their hook on. */
lua_State *bind_interrupt_main(lua_State *L);

#pragma GCC visibility pop

#endif
