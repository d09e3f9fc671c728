/* Which process this is, and what it may do. */
#ifndef AUTH0_OS_PROCESS_H
#define AUTH0_OS_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#pragma GCC visibility push(hidden)

/* As getpid, which costs a system call each time: here a process asks once, and a child of fork again, where the kernel
   can tell one (Linux 4.14). Any thread. */
pid_t process_id(void);

/* Whether a file may become so long (ulimit -f). Beyond its limit a process gets a signal that ends it. */
bool process_may_write(size_t end);

#pragma GCC visibility pop

#endif
