/* The lines of a file that is as long as it likes, packed by gzip or not: what is kept is one line. Knows no Lua. */
#ifndef AUTH0_ACCOUNTS_LINES_H
#define AUTH0_ACCOUNTS_LINES_H

#include "pure/span.h"

#include <stdint.h>

#pragma GCC visibility push(hidden)

/* Bytes of a line, as of a row of the tenant's own export; and those that are read at a time. */
#ifndef LINES_LONGEST
#define LINES_LONGEST 4194304
#define LINES_PART 262144
#endif

struct lines;

/* NULL, and an errno: ENOMEM; EISDIR for a folder; or what opening says. */
struct lines *lines_open(const char *path, int *fault);
void lines_close(struct lines *lines);

/* Calls `show` with all bytes of the file, unchanged and in their order, as they are read. To be called before the
   first line is asked for. The bytes last as long as the call of `show`. */
void lines_show(struct lines *lines, void (*show)(void *context, struct span bytes), void *context);

enum lines_step {
    LINES_ONE,      /* a line, without its end (LF or CR LF); it lasts until the next call */
    LINES_TOO_LONG, /* a line above LINES_LONGEST, which is passed over */
    LINES_END,      /* there are no more */
    /* From here on the file gives nothing more, and the same again when it is asked again: */
    LINES_UNREADABLE, /* as lines_fault says */
    LINES_DAMAGED,    /* the gzip is none any more */
    LINES_CUT,        /* the gzip ends before its end */
    LINES_NO_MEMORY
};

/* Lines of white space alone are passed over, and counted. A byte order mark before the first is no part of it. */
enum lines_step lines_next(struct lines *lines, struct span *line);

/* Of the last line that lines_next gave: its number, from 1 on; and whether the file ended within it. */
uint64_t lines_number(const struct lines *lines);
bool lines_is_open_ended(const struct lines *lines);

int lines_fault(const struct lines *lines);

/* The bytes of the file that were read, and how many it has: 0 where it is a pipe. */
uint64_t lines_read(const struct lines *lines);
uint64_t lines_size(const struct lines *lines);

#pragma GCC visibility pop

#endif
