#include "auth0_accounts/lines.h"

#include "os/inflate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct lines {
    int fd;
    struct inflate *inflater; /* NULL: the file is not packed */
    char *part;               /* of a packed file: where `packed` is */
    struct span packed;
    char *at; /* unpacked: from `first` to `end` */
    size_t room, first, end;
    bool is_over; /* the file has no more bytes */
    bool is_open_ended;
    enum lines_step stop; /* what ended it, else LINES_ONE */
    int fault;
    uint64_t number, read, size;
    void (*show)(void *context, struct span bytes);
    void *context;
};

/* ---- bytes ---- */

/* False: it cannot be read. */
static bool read_part(struct lines *lines, char *to, size_t room, size_t *count) {
    ssize_t got;
    do got = read(lines->fd, to, room);
    while (got < 0 && errno == EINTR);
    *count = got > 0 ? (size_t)got : 0;
    lines->read += *count;
    lines->is_over = got == 0;
    if (lines->show != NULL && got > 0) lines->show(lines->context, (struct span){to, *count});
    if (got >= 0) return true;
    lines->fault = errno;
    lines->stop = LINES_UNREADABLE;
    return false;
}

/* Until something was unpacked, or there is no more. */
static void unpack(struct lines *lines) {
    for (;;) {
        size_t made;
        char *to = lines->at + lines->end;
        bool is_good = inflate_run(lines->inflater, &lines->packed, to, lines->room - lines->end, &made);
        lines->end += made;
        if (!is_good) lines->stop = LINES_DAMAGED;
        if (!is_good || made > 0) return;
        if (lines->is_over) {
            if (!inflate_is_whole(lines->inflater)) lines->stop = LINES_CUT;
            return;
        }
        lines->packed.at = lines->part;
        if (!read_part(lines, lines->part, LINES_PART, &lines->packed.size)) return;
    }
}

/* Room behind `end`: what was given is let go, and where that is nothing the room is doubled. */
static bool make_room(struct lines *lines) {
    if (lines->end < lines->room) return true;
    if (lines->first > 0) {
        lines->end -= lines->first;
        memmove(lines->at, lines->at + lines->first, lines->end);
        lines->first = 0;
        return true;
    }
    char *at = realloc(lines->at, 2 * lines->room);
    if (at == NULL) {
        lines->stop = LINES_NO_MEMORY;
        return false;
    }
    lines->at = at;
    lines->room *= 2;
    return true;
}

/* False: there is no more, or it has stopped. */
static bool fill(struct lines *lines) {
    size_t count;
    if (lines->stop != LINES_ONE || !make_room(lines)) return false;
    size_t had = lines->end;
    if (lines->inflater != NULL)
        unpack(lines);
    else if (!lines->is_over && read_part(lines, lines->at + had, lines->room - had, &count))
        lines->end += count;
    return lines->end > had;
}

/* ---- lines ---- */

static bool is_blank(struct span line) { return line.size == 0 || span_is_made_of(line, SPAN(" \t\r\n")); }

static struct span take(struct lines *lines, size_t size, size_t feed) {
    struct span line = {lines->at + lines->first, size};
    lines->first += size + feed;
    lines->number++;
    lines->is_open_ended = feed == 0;
    if (line.size > 0 && line.at[line.size - 1] == '\r') line.size--;
    bool is_marked = lines->number == 1 && span_begins(line, SPAN("\xEF\xBB\xBF"));
    return is_marked ? span_after(line, 3) : line;
}

static enum lines_step next_line(struct lines *lines, struct span *line) {
    size_t seen = 0;
    bool is_too_long = false;
    for (;;) {
        const char *start = lines->at + lines->first;
        const char *feed = memchr(start + seen, '\n', lines->end - lines->first - seen);
        seen = feed != NULL ? (size_t)(feed - start) : lines->end - lines->first;
        is_too_long = is_too_long || seen > LINES_LONGEST;
        bool is_whole = feed != NULL;
        if (!is_whole && is_too_long) {
            lines->first += seen;
            seen = 0;
        }
        if (!is_whole && fill(lines)) continue;
        if (!is_whole && lines->stop != LINES_ONE) return lines->stop;
        if (!is_whole && seen == 0 && !is_too_long) return LINES_END;
        *line = take(lines, seen, is_whole);
        return is_too_long ? LINES_TOO_LONG : LINES_ONE;
    }
}

enum lines_step lines_next(struct lines *lines, struct span *line) {
    enum lines_step step;
    do step = next_line(lines, line);
    while (step == LINES_ONE && is_blank(*line));
    return step;
}

uint64_t lines_number(const struct lines *lines) { return lines->number; }
bool lines_is_open_ended(const struct lines *lines) { return lines->is_open_ended; }
int lines_fault(const struct lines *lines) { return lines->fault; }
uint64_t lines_read(const struct lines *lines) { return lines->read; }
uint64_t lines_size(const struct lines *lines) { return lines->size; }

/* ---- the file ---- */

/* Whether it is packed its first two bytes say, which a pipe may give one after the other. */
static bool begin(struct lines *lines) {
    lines->room = LINES_PART;
    lines->at = malloc(LINES_PART);
    if (lines->at == NULL) return false;
    while (lines->end < 2 && fill(lines)) continue;
    if (!span_begins((struct span){lines->at, lines->end}, SPAN("\x1F\x8B"))) return true;
    lines->part = lines->at;
    lines->packed = (struct span){lines->part, lines->end};
    lines->end = 0;
    lines->at = malloc(LINES_PART);
    lines->inflater = inflate_new();
    return lines->at != NULL && lines->inflater != NULL;
}

struct lines *lines_open(const char *path, int *fault) {
    struct stat status;
    struct lines *lines = calloc(1, sizeof *lines);
    *fault = ENOMEM;
    if (lines == NULL) return NULL;
    lines->stop = LINES_ONE;
    lines->fd = open(path, O_RDONLY | O_CLOEXEC);
    bool is_open = lines->fd != -1 && fstat(lines->fd, &status) == 0;
    if (!is_open) *fault = errno;
    if (is_open && S_ISREG(status.st_mode)) lines->size = (uint64_t)status.st_size;
    if (is_open && begin(lines) && lines->stop == LINES_ONE) return lines;
    if (lines->fault != 0) *fault = lines->fault;
    lines_close(lines);
    return NULL;
}

void lines_show(struct lines *lines, void (*show)(void *context, struct span bytes), void *context) {
    lines->show = show;
    lines->context = context;
    show(context, lines->inflater != NULL ? lines->packed : (struct span){lines->at, lines->end});
}

void lines_close(struct lines *lines) {
    if (lines == NULL) return;
    if (lines->fd != -1) close(lines->fd);
    inflate_free(lines->inflater);
    free(lines->part);
    free(lines->at);
    free(lines);
}
