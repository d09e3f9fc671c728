#include "http/pipe_guard.h"

#include "http/curl_compat.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

static bool writes_itself;

static void look(void) {
#if CURL_HAS_OWN_WRITES
    const char *library = curl_version_info(CURLVERSION_NOW)->ssl_version;
    writes_itself = library != NULL && strncmp(library, "OpenSSL/", strlen("OpenSSL/")) == 0;
#endif
}

static bool is_needed(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, look);
    return !writes_itself;
}

static sigset_t only_pipe(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    return set;
}

static bool is_pending(void) {
    sigset_t pending;
    return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

struct pipe_guard pipe_guard_begin(void) {
    struct pipe_guard guard = {.is_needed = is_needed()};
    if (!guard.is_needed) return guard;
    sigset_t pipe = only_pipe();
    pthread_sigmask(SIG_BLOCK, &pipe, &guard.before);
    guard.was_pending = sigismember(&guard.before, SIGPIPE) == 1 && is_pending(); /* else none can have been */
    return guard;
}

void pipe_guard_end(const struct pipe_guard *guard) {
    if (!guard->is_needed) return;
    if (!guard->was_pending && is_pending()) {
        sigset_t pipe = only_pipe();
#ifdef __APPLE__ /* has no sigtimedwait */
        int number;
        sigwait(&pipe, &number);
#else
        /* Not sigwait: one that was sent to the process may have gone to another thread by now. */
        const struct timespec at_once = {0, 0};
        while (sigtimedwait(&pipe, NULL, &at_once) == -1 && errno == EINTR) continue;
#endif
    }
    pthread_sigmask(SIG_SETMASK, &guard->before, NULL);
}
