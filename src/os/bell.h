/* How a thread is told that there is something to fetch: one descriptor that becomes readable (an eventfd; elsewhere a
   pipe), or a Unix socket, for a loop that can wait only for sockets that it made itself, as nginx's cosockets. */
#ifndef AUTH0_OS_BELL_H
#define AUTH0_OS_BELL_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

#pragma GCC visibility push(hidden)

enum { BELL_PATH = 100 }; /* what a Unix socket's address holds is a little more */

struct bell {
    pthread_mutex_t lock;
    bool is_rung;      /* and not hushed: once is enough */
    int out, in;       /* the descriptor that is waited for, and where it is written to: of an eventfd the same */
    int offered, line; /* a socket that listens; the one that was taken: -1 for none */
    char folder[BELL_PATH];
};

/* False where the system has no descriptor left. */
bool bell_init(struct bell *bell);

/* Closes what it has open; it rings nowhere from here on. */
void bell_close(struct bell *bell);
void bell_free(struct bell *bell);

/* Becomes readable when the bell rings, unless a line was taken. */
int bell_descriptor(const struct bell *bell);

/* Any thread may; it never waits. */
void bell_ring(struct bell *bell);

/* To be called before fetching: what comes after it rings again. */
void bell_hush(struct bell *bell);

/* Listens on a Unix socket in a new folder that no other user can enter. NULL, or words about why not. */
const char *bell_offer(struct bell *bell, char path[BELL_PATH]);

/* Takes the connection to it, if it is this process's own; socket and folder are gone then. From here on each ring is
   one byte on that line. NULL, or words about why not. */
const char *bell_take(struct bell *bell);

/* Ends the line, or the offer. */
void bell_withdraw(struct bell *bell);

#pragma GCC visibility pop

#endif
