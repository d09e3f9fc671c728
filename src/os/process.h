/* Which process this is. */
#ifndef AUTH0_OS_PROCESS_H
#define AUTH0_OS_PROCESS_H

#include <sys/types.h>

#pragma GCC visibility push(hidden)

/* As getpid, which costs a system call each time: here a process asks once, and a child of fork again, where the kernel
   can tell one (Linux 4.14). Any thread. */
pid_t process_id(void);

#pragma GCC visibility pop

#endif
