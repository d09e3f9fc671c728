/* The one place that knows the version. */
#ifndef AUTH0_LUA_VERSION_H
#define AUTH0_LUA_VERSION_H

#define AUTH0_VERSION "0.1.0"

#endif
