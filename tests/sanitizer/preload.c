/* Loaded after a sanitizer's runtime into an interpreter that is not instrumented. */
#include <dlfcn.h>
#include <stdlib.h>

/* What the specs start, nginx and shells, is not under test: the sanitizers stay in this process. */
__attribute__((constructor)) static void stay_here(void) { unsetenv("LD_PRELOAD"); }

/* lua_close unloads C modules before leaks are looked for, and a leak in code that is gone has no name to report or to
   suppress it by. */
int dlclose(void *handle) {
    (void)handle;
    return 0;
}
