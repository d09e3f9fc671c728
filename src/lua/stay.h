/* Lua unloads a module when its state closes; what still runs then would be unloaded with it: libcurl's and the TLS
   library's code, threads and exit handlers; finalizers that call the module. */
#ifndef AUTH0_LUA_STAY_H
#define AUTH0_LUA_STAY_H

#include "lua/compat.h"

#include <dlfcn.h>

/* Keeps the module that has this function until the process ends. (The linker's -z nodelete says the same, but LuaRocks
   cannot pass it.) */
static inline void stay_loaded(lua_CFunction function) {
    Dl_info self;
    union {
        lua_CFunction function;
        void *address;
    } here = {function};
    /* The handle is lost on purpose. */
    // cppcheck-suppress leakReturnValNotUsed
    if (dladdr(here.address, &self) != 0) (void)dlopen(self.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

#endif
