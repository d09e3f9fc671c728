#include "unit/support.h"

#include "os/inflate.h"

#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

/* zlib's own packer makes the files. */
static struct buffer pack(struct span text) {
    struct buffer packed = {NULL, 0, 0};
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)text.at, .avail_in = (uInt)text.size};
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t room = deflateBound(&stream, (uLong)text.size);
    assert_true(buffer_reserve(&packed, room));
    stream.next_out = (Bytef *)packed.at;
    stream.avail_out = (uInt)room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    packed.size = (size_t)stream.total_out;
    deflateEnd(&stream);
    return packed;
}

/* Gives it `step` bytes at a time, and room for `room`. False where it is no gzip. */
static bool unpack(struct inflate *inflater, struct span packed, size_t step, size_t room, struct buffer *text) {
    char *to = malloc(room); /* of its own size, so that a sanitizer sees what is beyond it */
    assert_non_null(to);
    bool is_good = true;
    for (size_t at = 0, made = room; is_good && (at < packed.size || made == room);) {
        size_t left = packed.size - at;
        struct span piece = {packed.at + at, left < step ? left : step};
        size_t had = piece.size;
        is_good = inflate_run(inflater, &piece, to, room, &made);
        assert_true(piece.size <= had && made <= room);
        at += had - piece.size;
        assert_true(buffer_append(text, (struct span){to, made}));
    }
    free(to);
    return is_good;
}

static void assert_unpacked(struct span packed, size_t step, size_t room, struct span wanted) {
    struct inflate *inflater = inflate_new();
    struct buffer text = {NULL, 0, 0};
    assert_non_null(inflater);
    assert_true(unpack(inflater, packed, step, room, &text));
    assert_true(inflate_is_whole(inflater));
    assert_true(span_equals(buffer_span(&text), wanted));
    buffer_free(&text);
    inflate_free(inflater);
}

static struct buffer rows(size_t count) {
    struct buffer text = {NULL, 0, 0};
    for (size_t i = 0; i < count; i++) {
        char row[64];
        snprintf(row, sizeof row, "{\"user_id\":\"auth0|%zu\"}\n", i * i);
        assert_true(buffer_append(&text, span_of(row)));
    }
    return text;
}

static void a_file_comes_out_as_it_went_in_whatever_the_pieces(void **state) {
    (void)state;
    struct buffer text = rows(2000), packed = pack(buffer_span(&text));
    const size_t steps[] = {1, 2, 7, 1000, 1 << 20}, rooms[] = {1, 3, 4096, 1 << 20};
    for (size_t i = 0; i < COUNT(steps); i++)
        for (size_t j = 0; j < COUNT(rooms); j++)
            assert_unpacked(buffer_span(&packed), steps[i], rooms[j], buffer_span(&text));
    buffer_free(&text);
    buffer_free(&packed);
}

static void an_empty_file_is_whole(void **state) {
    (void)state;
    struct buffer packed = pack(SPAN(""));
    assert_unpacked(buffer_span(&packed), 3, 16, SPAN(""));
    buffer_free(&packed);
}

static void members_that_follow_each_other_are_one_file(void **state) {
    (void)state;
    struct buffer first = pack(SPAN("one\n")), second = pack(SPAN("")), third = pack(SPAN("three\n"));
    assert_true(buffer_append(&first, buffer_span(&second)) && buffer_append(&first, buffer_span(&third)));
    for (size_t step = 1; step <= first.size; step++) {
        assert_unpacked(buffer_span(&first), step, 1, SPAN("one\nthree\n"));
        assert_unpacked(buffer_span(&first), step, 5, SPAN("one\nthree\n"));
        assert_unpacked(buffer_span(&first), step, 100, SPAN("one\nthree\n"));
    }
    buffer_free(&first);
    buffer_free(&second);
    buffer_free(&third);
}

static void a_file_that_is_cut_is_good_as_far_as_it_goes_and_not_whole(void **state) {
    (void)state;
    struct buffer packed = pack(SPAN("one\ntwo\n"));
    for (size_t size = 0; size < packed.size; size++) {
        struct inflate *inflater = inflate_new();
        struct buffer text = {NULL, 0, 0};
        assert_true(unpack(inflater, (struct span){packed.at, size}, 5, 100, &text));
        assert_false(inflate_is_whole(inflater));
        assert_true(text.size <= 8 && memcmp(text.size > 0 ? text.at : "", "one\ntwo\n", text.size) == 0);
        buffer_free(&text);
        inflate_free(inflater);
    }
    buffer_free(&packed);
}

static void assert_no_gzip(struct span packed) {
    struct inflate *inflater = inflate_new();
    struct buffer text = {NULL, 0, 0};
    assert_false(unpack(inflater, packed, 4, 100, &text));
    assert_false(inflate_is_whole(inflater));
    buffer_free(&text);
    inflate_free(inflater);
}

static void what_is_no_gzip_is_refused(void **state) {
    (void)state;
    struct buffer packed = pack(SPAN("one\n")), longer = pack(SPAN("one\n"));
    assert_no_gzip(SPAN("user_id,email\nauth0|1,a@b.c\n"));
    assert_no_gzip(SPAN("x\x9c\x03\x00\x00\x00\x00\x01")); /* zlib's own form */
    packed.at[packed.size - 6] ^= 1;                       /* the checksum */
    assert_no_gzip(buffer_span(&packed));
    assert_true(buffer_append(&longer, SPAN("and something else")));
    assert_no_gzip(buffer_span(&longer));
    buffer_free(&packed);
    buffer_free(&longer);
}

/* What a kilobyte unpacks to may not fit into memory: no more comes than there is room for. */
static void no_more_is_made_than_there_is_room_for(void **state) {
    (void)state;
    enum { SIZE = 1 << 20, ROOM = 1000 };
    char *zeros = calloc(1, SIZE), to[ROOM];
    assert_non_null(zeros);
    struct buffer packed = pack((struct span){zeros, SIZE});
    struct span rest = buffer_span(&packed);
    struct inflate *inflater = inflate_new();
    size_t made, all = 0;
    assert_true(inflate_run(inflater, &rest, to, 0, &made));
    assert_true(made == 0 && rest.size == packed.size);
    do {
        assert_true(inflate_run(inflater, &rest, to, ROOM, &made));
        assert_true(made <= ROOM);
        all += made;
    } while (made == ROOM);
    assert_int_equal(all, SIZE);
    assert_true(inflate_is_whole(inflater));
    inflate_free(inflater);
    buffer_free(&packed);
    free(zeros);
}

static void nothing_is_freed_of_nothing(void **state) {
    (void)state;
    inflate_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_comes_out_as_it_went_in_whatever_the_pieces),
        cmocka_unit_test(an_empty_file_is_whole),
        cmocka_unit_test(members_that_follow_each_other_are_one_file),
        cmocka_unit_test(a_file_that_is_cut_is_good_as_far_as_it_goes_and_not_whole),
        cmocka_unit_test(what_is_no_gzip_is_refused),
        cmocka_unit_test(no_more_is_made_than_there_is_room_for),
        cmocka_unit_test(nothing_is_freed_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
