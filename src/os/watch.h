/* A watchdog for calls into a library that reads from sockets as long as bytes come: a peer that never stops sending
   would keep such a call from returning. One thread for the process looks every 25 ms at the calls that are under way;
   where one call has read from the same socket at every look for 200 ms, and has told its user nothing, the thread
   shuts that socket down, and the call returns. A look counts only when the thread that makes the call has had a
   processor for half of the time since the last look that counted: a thread that is kept waiting is not flooded. */
#ifndef AUTH0_OS_WATCH_H
#define AUTH0_OS_WATCH_H

#include "os/clock.h"
#include "pure/list.h"

#include <pthread.h>
#include <stdatomic.h>

#pragma GCC visibility push(hidden)

enum {
    WATCH_LOOK_MS = 25, /* between two looks */
    WATCH_LOOKS = 8,    /* in a row that find bytes read since the look before, and nothing heard: then the socket is
                           shut down */
    WATCH_LOOKS_HEARD = 80, /* the same, whatever was heard meanwhile: it comes in drops, so as to hide a flood */
    WATCH_BYTES = 32768,   /* have been read in these looks at least: on a machine that is slow or busy, a handshake, or
                            some answers that come at once, take many looks as well */
    WATCH_LOOKS_AGAIN = 3, /* in place of WATCH_LOOKS, in the WATCH_MOMENT after one of the watch's sockets was shut
                              down: peers that flood several engines of one thread would else take 200 ms each */
    WATCH_MOMENT = 10000 / WATCH_LOOK_MS /* in looks: ten seconds */
};

struct watch_socket;

/* One user of the library, which calls it from one thread at a time, and its sockets. */
struct watch {
    atomic_uint turn;         /* odd while a call is under way */
    atomic_uint heard;        /* how often watch_hear was called */
    atomic_bool has_shut;     /* a socket was shut down during this call */
    _Atomic clockid_t thread; /* the clock of the one that makes the call */
    pthread_mutex_t lock;
    struct watch_socket *sockets;
    int count, room;
    bool is_open;

    /* the watching thread's */
    struct list link;
    unsigned seen;       /* the turn at its last look */
    unsigned heard_then; /* the same of what was heard */
    int64_t worked_then; /* the same of how long the thread had had a processor */
    int suspected;       /* for how many looks WATCH_LOOKS_AGAIN holds */
};

/* False where the system has no lock left. */
bool watch_open(struct watch *watch);
void watch_free(struct watch *watch);

/* Adds a socket that is read from. Where there is no memory, the socket is not watched. */
void watch_add(struct watch *watch, int descriptor);

/* Closes a socket, under the lock: else another one could get its descriptor, and be shut down in its place. */
int watch_close(struct watch *watch, int descriptor);

/* The watching thread has not been started, or sleeps since no call has been under way for a second. */
extern atomic_bool watch_is_resting;
void watch_wake(void);

/* Around a call into the library. */
static inline void watch_begin(struct watch *watch) {
    atomic_store_explicit(&watch->thread, clock_of_this_thread(), memory_order_relaxed);
    atomic_fetch_add(&watch->turn, 1);
    if (atomic_load(&watch_is_resting)) watch_wake();
}

/* Within a call: a part of an answer has come. Its user can end the call here, so the watch has no need to. */
static inline void watch_hear(struct watch *watch) {
    atomic_store_explicit(&watch->heard, atomic_load_explicit(&watch->heard, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}

/* True where a socket was shut down during the call. */
static inline bool watch_end(struct watch *watch) {
    atomic_fetch_add_explicit(&watch->turn, 1, memory_order_release);
    return atomic_load_explicit(&watch->has_shut, memory_order_relaxed) && atomic_exchange(&watch->has_shut, false);
}

#pragma GCC visibility pop

#endif
