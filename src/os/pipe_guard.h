/* Keeps SIGPIPE away from a process that has not asked for it. libcurl leaves that to us once NOSIGNAL is set, and not
   every TLS library writes with MSG_NOSIGNAL. */
#ifndef AUTH0_OS_PIPE_GUARD_H
#define AUTH0_OS_PIPE_GUARD_H

#include <signal.h>
#include <stdbool.h>

#pragma GCC visibility push(hidden)

struct pipe_guard {
    sigset_t before;
    bool was_pending;
};

/* Between these two a SIGPIPE of this thread is swallowed; one that was pending before stays so. */
struct pipe_guard pipe_guard_begin(void);
void pipe_guard_end(const struct pipe_guard *guard);

#pragma GCC visibility pop

#endif
