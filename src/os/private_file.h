/* A file that its user alone can read. */
#ifndef AUTH0_OS_PRIVATE_FILE_H
#define AUTH0_OS_PRIVATE_FILE_H

#include "pure/span.h"

#pragma GCC visibility push(hidden)

/* Makes a file of mode 0600 that holds the text, and returns 0 once it is on the disk. Else returns an errno, and there
   is no such file; one that was there before (EEXIST) is left as it is, be it a symbolic link. */
int private_file_make(const char *path, struct span text);

/* Whether the file that is there is its user's alone: a regular file, no symbolic link, of this user, and of no mode
   that lets others in. NULL; or what is wrong, in words, with an errno, which is 0 where it is there but not private. */
const char *private_file_fault(const char *path, int *fault);

#pragma GCC visibility pop

#endif
