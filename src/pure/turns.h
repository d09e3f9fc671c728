/* Who waits for whom: of those that share an account, one has its turn at a time, in the order in which they came. Each
   takes its place for all its accounts at once, so that no two ever wait for each other. Pure: a turn is a member of
   what it stands for, and may not move while it is in. What an event costs does not grow with how many have their turn
   or wait for other accounts, but for those that share a bucket. */
#ifndef AUTH0_PURE_TURNS_H
#define AUTH0_PURE_TURNS_H

#include "pure/list.h"
#include "pure/span.h"

#pragma GCC visibility push(hidden)

enum { TURNS_ACCOUNTS = 3, TURNS_BUCKETS = 64 };

struct turn_claim {
    struct span account;
    struct list link; /* among the claims of its bucket, in the order in which they came */
    struct turn *turn;
};

struct turn {
    struct turn_claim claims[TURNS_ACCOUNTS];
    int count;
    struct list ready; /* it has its turn, and was not told yet */
};

struct turns {
    struct list buckets[TURNS_BUCKETS], ready;
};

void turns_init(struct turns *turns);

/* Takes a place behind all that share one of the accounts, full ids that stay until turns_leave. Absent ones and one
   that is there twice count as they should. */
void turns_enter(struct turns *turns, struct turn *turn, const struct span accounts[TURNS_ACCOUNTS]);

/* It is over, or waits no longer. */
void turns_leave(struct turns *turns, struct turn *turn);

/* One that has its turn; each is told once. NULL: there is none. */
struct turn *turns_next(struct turns *turns);

#pragma GCC visibility pop

#endif
