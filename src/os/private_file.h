/* A file that its user alone can read. */
#ifndef AUTH0_OS_PRIVATE_FILE_H
#define AUTH0_OS_PRIVATE_FILE_H

#include "pure/span.h"

#pragma GCC visibility push(hidden)

/* Brings the name of a file to the disk: it is in its folder. Some file systems have no fsync for folders. */
void private_file_sync_folder(const char *path);

/* Makes a file of mode 0600 that holds the text, and returns 0 once it is on the disk. Else returns an errno, and there
   is no such file; one that was there before (EEXIST) is left as it is, be it a symbolic link. */
int private_file_make(const char *path, struct span text);

/* Whether the file that is there is its user's alone: a regular file, no symbolic link, of this user, and of no mode
   that lets others in. NULL; or what is wrong, in words, with an errno, which is 0 where it is there but not private.
   */
const char *private_file_fault(const char *path, int *fault);

enum { PRIVATE_FILE_IS_OPEN = -1 }; /* users beside its owner have a right to it */

/* Reads a regular file whole into the text, which has room for *size bytes, one more than it may hold, and says in
   *size how many it holds. Returns 0; else an errno (EFBIG: it is longer) or PRIVATE_FILE_IS_OPEN. */
int private_file_read(const char *path, char *text, size_t *size);

#pragma GCC visibility pop

#endif
