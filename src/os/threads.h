/* The threads that this library starts: no signal goes to them, and a process that ends waits for them a moment, since
   the TLS library takes its tables down when a process ends, and they would still read them. So does a fork: what they
   had locked there would stay locked in the child. */
#ifndef AUTH0_OS_THREADS_H
#define AUTH0_OS_THREADS_H

#include <stdbool.h>

#pragma GCC visibility push(hidden)

struct threads_job {
    void (*work)(void *context);    /* in the thread, until it is told to stop */
    void (*stop)(void *context);    /* tells it, from another; not after `finish` has begun */
    bool (*is_left)(void *context); /* its owner has let it go. In the thread, at its end */
    void (*finish)(void *context);  /* in the thread, at its end; in a process that ends, only of what is left */
};

/* False where there is no thread to be had. libcurl must have been started before. */
bool threads_start(const struct threads_job *job, void *context);

/* Around a wait: a fork need not wait for the thread meanwhile. In a thread that was not started here they do
   nothing. */
void threads_rest(void);
void threads_go_on(void);

#pragma GCC visibility pop

#endif
