/* Keeps an eye on work that reads from sockets and may never come back: a library that reads as long as bytes come is
   at the mercy of who sends them. A thread, one for the process, looks now and then; where one piece of work has read
   from the same socket all the time, it shuts that socket down, which ends the work. */
#ifndef AUTH0_OS_WATCH_H
#define AUTH0_OS_WATCH_H

#include "pure/list.h"

#include <pthread.h>
#include <stdatomic.h>

#pragma GCC visibility push(hidden)

enum {
    WATCH_LOOK_MS = 25,    /* between two looks */
    WATCH_LOOKS = 8,       /* at all of which bytes had been read from the socket since the one before */
    WATCH_LOOKS_AGAIN = 3, /* where one of its sockets was shut down a moment ago: peers that flood several engines of
                              one thread would each take their time */
    WATCH_MOMENT = 10000 / WATCH_LOOK_MS /* looks */
};

struct watch_socket;

/* What works, on one thread at a time, and its sockets. */
struct watch {
    atomic_uint turn; /* odd while it is at work */
    atomic_bool has_shut;
    pthread_mutex_t lock;
    struct watch_socket *sockets;
    int count, room;

    struct list link; /* the watching thread's, as is the turn that it saw last, and */
    unsigned seen;
    int suspected; /* looks, for which less is borne */
};

/* False where the system has no lock left. */
bool watch_open(struct watch *watch);
void watch_free(struct watch *watch);

/* A socket that it reads from. Where there is no memory, it is not watched. */
void watch_add(struct watch *watch, int descriptor);

/* Closes a socket of it. Any other could have its descriptor before the watching thread heard of it. */
int watch_close(struct watch *watch, int descriptor);

/* The watching thread is not there yet, or rests since there is nothing to watch. */
extern atomic_bool watch_is_resting;
void watch_wake(void);

/* Around its work. */
static inline void watch_begin(struct watch *watch) {
    atomic_fetch_add(&watch->turn, 1);
    if (atomic_load(&watch_is_resting)) watch_wake();
}

/* Whether a socket was shut down meanwhile. */
static inline bool watch_end(struct watch *watch) {
    atomic_fetch_add_explicit(&watch->turn, 1, memory_order_release);
    return atomic_load_explicit(&watch->has_shut, memory_order_relaxed) && atomic_exchange(&watch->has_shut, false);
}

#pragma GCC visibility pop

#endif
