/* Keeps SIGPIPE away from a process that has not asked for it, while libcurl may write. It leaves that to us once
   NOSIGNAL is set. With OpenSSL it does every write itself from 7.87 on, and so that no signal comes of it; before, and
   with most other TLS libraries, it is the library that writes. */
#ifndef AUTH0_HTTP_PIPE_GUARD_H
#define AUTH0_HTTP_PIPE_GUARD_H

#include <signal.h>
#include <stdbool.h>

#pragma GCC visibility push(hidden)

struct pipe_guard {
    bool is_needed, was_pending;
    sigset_t before;
};

/* Between these two a SIGPIPE that libcurl brought on this thread is swallowed; one that was pending before stays. */
struct pipe_guard pipe_guard_begin(void);
void pipe_guard_end(const struct pipe_guard *guard);

#pragma GCC visibility pop

#endif
