/* The lines of any file, held against a reader that has all of it in memory; packed by gzip as well. The first byte
   chooses: an even number is the rest as it stands, which may begin as gzip does; an odd one is the rest, packed in two
   members. Of each line, what is read of the account in it. */
#include "auth0_accounts/lines.h"
#include "fuzz/fuzz.h"
#include "pure/listed.h"

#include <sys/mman.h>
#include <unistd.h>

#define ZLIB_CONST /* what zlib reads, it does not write */
#include <zlib.h>

/* ---- the file ---- */

static void write_all(int fd, struct span text) { HOLDS(write(fd, text.at, text.size) == (ssize_t)text.size); }

static void write_member(int fd, struct span text) {
    enum { GZIP = 16 + MAX_WBITS };
    z_stream stream = {.next_in = (const Bytef *)text.at, .avail_in = (uInt)text.size};
    HOLDS(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, GZIP, 1, Z_DEFAULT_STRATEGY) == Z_OK);
    uLong room = deflateBound(&stream, (uLong)text.size);
    char *packed = allocate(room);
    stream.next_out = (Bytef *)packed;
    stream.avail_out = (uInt)room;
    HOLDS(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    write_all(fd, (struct span){packed, stream.total_out});
    deflateEnd(&stream);
    free(packed);
}

/* ---- a second opinion ---- */

struct plain {
    struct span rest;
    uint64_t number;
};

/* The next line that is not blank, as lines_next has it. */
static enum lines_step plain_next(struct plain *plain, struct span *line, bool *is_open_ended) {
    while (plain->rest.size > 0) {
        *line = span_until(plain->rest, '\n');
        *is_open_ended = line->size == plain->rest.size;
        plain->rest = span_after(plain->rest, line->size + !*is_open_ended);
        plain->number++;
        if (line->size > LINES_LONGEST) return LINES_TOO_LONG;
        if (line->size > 0 && line->at[line->size - 1] == '\r') line->size--;
        if (plain->number == 1 && span_begins(*line, SPAN("\xEF\xBB\xBF"))) *line = span_after(*line, 3);
        if (line->size > 0 && !span_is_made_of(*line, SPAN(" \t\r\n"))) return LINES_ONE;
    }
    return LINES_END;
}

static void expect_account(struct span line) {
    struct json_reader reader = json_reader(line);
    reader.room = json_room(line.size);
    reader.tokens = (void *)allocate(reader.room * sizeof *reader.tokens);
    struct listed listed;
    if (json_read(&reader) == JSON_WHOLE && listed_read(json_root(&reader), &listed) == NULL) {
        HOLDS(json_kind(listed.id) == JSON_STRING && listed.id.token->size > 0);
        HOLDS(listed.email.token == NULL || json_kind(listed.email) == JSON_STRING);
        HOLDS(listed.identities <= line.size);
    }
    free(reader.tokens);
}

static void expect_same(struct lines *lines, struct span text) {
    struct plain plain = {.rest = text};
    struct span line, wanted;
    bool is_open_ended = false;
    enum lines_step step;
    do {
        step = lines_next(lines, &line);
        HOLDS(step == plain_next(&plain, &wanted, &is_open_ended));
        if (step == LINES_END) break;
        HOLDS(lines_number(lines) == plain.number && lines_is_open_ended(lines) == is_open_ended);
        if (step == LINES_ONE) HOLDS(span_equals(line, wanted));
        if (step == LINES_ONE) expect_account(line);
    } while (true);
    HOLDS(lines_next(lines, &line) == LINES_END);
    HOLDS(lines_read(lines) == lines_size(lines));
}

/* Of a file that begins as gzip does: it ends, and says the same when it is asked again. */
static void expect_end(struct lines *lines) {
    struct span line;
    enum lines_step step;
    uint64_t number = 0;
    while ((step = lines_next(lines, &line)) == LINES_ONE || step == LINES_TOO_LONG) {
        HOLDS(lines_number(lines) > number);
        number = lines_number(lines);
    }
    HOLDS(step == LINES_END || step == LINES_DAMAGED || step == LINES_CUT);
    HOLDS(lines_next(lines, &line) == step);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    bool is_packed = data[0] & 1;
    struct span text = own((const char *)data + 1, size - 1);
    char path[32];
    int fd = memfd_create("lines", MFD_CLOEXEC), fault;
    HOLDS(fd >= 0);
    if (is_packed) {
        write_member(fd, (struct span){text.at, text.size / 3});
        write_member(fd, span_after(text, text.size / 3));
    } else {
        write_all(fd, text);
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct lines *lines = lines_open(path, &fault);
    HOLDS(lines != NULL);
    if (!is_packed && span_begins(text, SPAN("\x1F\x8B")))
        expect_end(lines);
    else
        expect_same(lines, text);
    lines_close(lines);
    close(fd);
    release(text);
    return 0;
}
