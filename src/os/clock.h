/* The readings of the clock: no other file takes one. What decides by the time gets it as an argument. */
#ifndef AUTH0_OS_CLOCK_H
#define AUTH0_OS_CLOCK_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

#pragma GCC visibility push(hidden)

/* Microseconds; 0 where the system has no such clock. */
int64_t clock_monotonic_us(void); /* is never set */
int64_t clock_boot_us(void);      /* the same in every process; goes on while the machine sleeps, where it can */
int64_t clock_unix_us(void);      /* since 1970; can be set */

/* How long the thread of this clock has had a processor, in microseconds; 0 where the system does not say, and after
   the thread's end. */
int64_t clock_worked_us(clockid_t thread);
clockid_t clock_of_this_thread(void);

/* In so many seconds, as pthread_cond_timedwait takes it. */
struct timespec clock_after(int seconds);

/* A condition whose waits do not get longer when the clock is set, where the system has one; and the instant at which
   such a wait ends. */
void clock_condition_init(pthread_cond_t *condition);
struct timespec clock_condition_after(int milliseconds);

#pragma GCC visibility pop

#endif
