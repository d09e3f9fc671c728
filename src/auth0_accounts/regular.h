/* What kind of file a name stands for. */
#ifndef AUTH0_ACCOUNTS_REGULAR_H
#define AUTH0_ACCOUNTS_REGULAR_H

#include "lua/compat.h"

#pragma GCC visibility push(hidden)

/* core.is_regular(path) -> true; false: a folder, a pipe or a device; nil: nothing is there, or nothing that can be
   looked at. It opens nothing: to open a pipe waits for its other end. */
int regular_is(lua_State *L);

#pragma GCC visibility pop

#endif
