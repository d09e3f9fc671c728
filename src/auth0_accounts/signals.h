/* Signals, counted: for a command that ends its work in order when it is interrupted. */
#ifndef AUTH0_ACCOUNTS_SIGNALS_H
#define AUTH0_ACCOUNTS_SIGNALS_H

#include "lua/compat.h"

#pragma GCC visibility push(hidden)

/* core.signals() -> signals: takes SIGINT, SIGTERM and SIGHUP until signals:close(), and ignores SIGPIPE and SIGXFSZ: a
   pipe without a reader, and a file that may not become longer (ulimit -f), are errors of the write then. Of a process,
   one takes them at a time.

   The second interrupt ends the wait for an orderly end: the handlers from before are back, and get it as well. */
int signals_take(lua_State *L);

/* From here on SIGUSR1 is a question, which ends no process, and waits for the next signals:status(). */
void signals_init(lua_State *L);

#pragma GCC visibility pop

#endif
