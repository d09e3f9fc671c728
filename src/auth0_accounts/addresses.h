/* The addresses of many accounts, as numbers: which lines of an export share one. */
#ifndef AUTH0_ACCOUNTS_ADDRESSES_H
#define AUTH0_ACCOUNTS_ADDRESSES_H

#include "lua/compat.h"
#include "pure/span.h"

#include <stdint.h>

#pragma GCC visibility push(hidden)

struct addresses;

/* core.addresses() -> addresses: eight bytes for each account that has one. users:note() and users:next() fill
   them. */
int addresses_make(lua_State *L);
void addresses_init(lua_State *L);

/* The ones at `index`. Raises where there are none. */
struct addresses *addresses_check(lua_State *L, int index);

/* Notes the folded address of a line. Raises where there is no memory, or no room for the line's number. */
void addresses_add(lua_State *L, struct addresses *addresses, uint64_t line, struct span folded);

#pragma GCC visibility pop

#endif
