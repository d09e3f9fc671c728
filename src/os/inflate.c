#include "os/inflate.h"

#include <limits.h>
#include <stdlib.h>

#define ZLIB_CONST /* what zlib reads, it does not write */
#include <zlib.h>

struct inflate {
    z_stream stream;
    bool is_whole;
};

enum { GZIP_ONLY = 16 + MAX_WBITS };

struct inflate *inflate_new(void) {
    struct inflate *inflater = calloc(1, sizeof *inflater);
    if (inflater == NULL) return NULL;
    if (inflateInit2(&inflater->stream, GZIP_ONLY) == Z_OK) return inflater;
    free(inflater);
    return NULL;
}

void inflate_free(struct inflate *inflater) {
    if (inflater == NULL) return;
    inflateEnd(&inflater->stream);
    free(inflater);
}

static uInt at_most(size_t size) { return size < UINT_MAX ? (uInt)size : UINT_MAX; }

/* After a member there may be another one. */
static bool begin_member(struct inflate *inflater) {
    if (!inflater->is_whole) return true;
    inflater->is_whole = false;
    return inflateReset(&inflater->stream) == Z_OK;
}

bool inflate_run(struct inflate *inflater, struct span *packed, char *to, size_t room, size_t *made) {
    z_stream *stream = &inflater->stream;
    *made = 0;
    while (*made < room) {
        if (packed->size == 0 && inflater->is_whole) return true;
        if (!begin_member(inflater)) return false;
        stream->next_in = (const Bytef *)packed->at;
        stream->avail_in = at_most(packed->size);
        stream->next_out = (Bytef *)to + *made;
        stream->avail_out = at_most(room - *made);
        uInt had = stream->avail_in, could = stream->avail_out;
        int status = inflate(stream, Z_NO_FLUSH);
        uInt took = had - stream->avail_in, gave = could - stream->avail_out;
        *packed = span_after(*packed, took);
        *made += gave;
        if (status == Z_STREAM_END)
            inflater->is_whole = true;
        else if (status == Z_BUF_ERROR || (status == Z_OK && took == 0 && gave == 0))
            return true; /* it wants more */
        else if (status != Z_OK)
            return false;
    }
    return true;
}

bool inflate_is_whole(const struct inflate *inflater) { return inflater->is_whole; }
