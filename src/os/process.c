#include "os/process.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

static _Atomic pid_t *known; /* in a page that is zero again in a child of fork; NULL where there is none */

static void make_page(void) {
#ifdef MADV_WIPEONFORK
    const int no_advice = -1; /* some emulators of Linux take any: they would take the other one, and not follow it */
    /* cppcheck-suppress invalidFunctionArg ; -1 is what an anonymous mapping has for a descriptor */
    void *page = mmap(NULL, sizeof *known, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return;
    if (madvise(page, sizeof *known, no_advice) != 0 && madvise(page, sizeof *known, MADV_WIPEONFORK) == 0)
        known = page;
    else
        (void)munmap(page, sizeof *known);
#endif
}

pid_t process_id(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, make_page);
    if (known == NULL) return getpid();
    pid_t id = atomic_load_explicit(known, memory_order_relaxed);
    if (id != 0) return id;
    id = getpid();
    atomic_store_explicit(known, id, memory_order_relaxed);
    return id;
}

bool process_may_write(size_t end) {
    struct rlimit limit;
    return getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || end <= limit.rlim_cur;
}
