/* Fields of the table on top of the stack. */
#ifndef AUTH0_LUA_PUSH_H
#define AUTH0_LUA_PUSH_H

#include "lua/compat.h"
#include "pure/span.h"

#include <stdint.h>

/* Absent text sets nothing. */
static inline void push_span(lua_State *L, const char *name, struct span text) {
    if (text.at == NULL) return;
    lua_pushlstring(L, text.at, text.size);
    lua_setfield(L, -2, name);
}

/* Nor does empty text. */
static inline void push_string(lua_State *L, const char *name, const char *text) {
    if (text == NULL || text[0] == '\0') return;
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
}

static inline void push_number(lua_State *L, const char *name, double value) {
    lua_pushnumber(L, (lua_Number)value);
    lua_setfield(L, -2, name);
}

static inline void push_count(lua_State *L, const char *name, unsigned long value) {
    lua_pushinteger(L, (lua_Integer)value);
    lua_setfield(L, -2, name);
}

static inline void push_integer(lua_State *L, const char *name, int value) {
    lua_pushinteger(L, value);
    lua_setfield(L, -2, name);
}

/* Seconds that Lua gave; what is no time becomes 0, what is beyond thirty years never ends. */
static inline int64_t to_microseconds(double seconds) {
    if (!(seconds > 0)) return 0;
    return seconds < 1e9 ? (int64_t)(seconds * 1e6) : INT64_MAX;
}

#endif
