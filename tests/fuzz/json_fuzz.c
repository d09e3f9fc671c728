/* What json_check accepts can be walked, and mended once and for all into text that says the same. What it rejects has
   a fault within the text. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "pure/json.h"

#define EXPECT(condition)                                                                                              \
    do {                                                                                                               \
        if (!(condition)) abort();                                                                                     \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_within(struct span part, struct span whole) {
    EXPECT(part.at >= whole.at && part.size > 0);
    EXPECT((size_t)(part.at - whole.at) <= whole.size && part.size <= whole.size - (size_t)(part.at - whole.at));
}

/* In a block of just that size, for the sanitizer's sake. */
static struct span unescaped(struct span string) {
    char *to = malloc(string.size);
    struct span text = {to, json_string(string, to, string.size)};
    EXPECT(text.size <= string.size - 2);
    EXPECT(json_string_is(string, text));
    EXPECT(text.size == 0 || json_string(string, to, text.size - 1) < text.size);
    (void)json_string(string, to, string.size);
    return text;
}

static void drop(struct span text) { free((void *)(uintptr_t)text.at); }

static void walk_everything(struct span value) {
    if (json_kind(value) == JSON_STRING) drop(unescaped(value));
    struct json_walk walk = json_walk(value);
    while (json_next(&walk)) {
        expect_within(walk.value, value);
        EXPECT((walk.name.at != NULL) == (json_kind(value) == JSON_OBJECT));
        if (walk.name.at != NULL) {
            expect_within(walk.name, value);
            EXPECT(walk.name.size >= 2 && json_kind(walk.name) == JSON_STRING);
        }
        walk_everything(walk.value);
    }
}

/* The C library's opinion, as far as Lua's numbers are concerned. */
static bool is_out_of_range(struct span number) {
    char *text = calloc(number.size + 1, 1);
    memcpy(text, number.at, number.size);
    bool infinite = isinf(strtod(text, NULL));
    free(text);
    return infinite;
}

static bool is_inexact(struct span integer) {
    char *text = calloc(integer.size + 1, 1);
    memcpy(text, integer.at, integer.size);
    long long number = strtoll(text, NULL, 10); /* saturates */
    free(text);
    return number > 9007199254740992 || number < -9007199254740992;
}

static bool becomes_null(struct span value) {
    return json_kind(value) == JSON_NULL ||
           (json_kind(value) == JSON_NUMBER && !json_is_integer(value) && is_out_of_range(value));
}

static void expect_same(struct span value, struct span mended, struct span quoted, bool quote);

static void expect_same_elements(struct span value, struct span mended, struct span quoted) {
    struct json_walk before = json_walk(value), after = json_walk(mended);
    while (json_next(&before)) {
        EXPECT(json_next(&after));
        expect_same(before.value, after.value, quoted, false);
    }
    EXPECT(!json_next(&after));
}

/* Each name says the same, and no name was added. */
static void expect_same_members(struct span value, struct span mended, struct span quoted) {
    struct span was, is;
    for (struct json_walk walk = json_walk(value); json_next(&walk);) {
        struct span name = unescaped(walk.name);
        EXPECT(json_member(value, name, &was));
        bool found = json_member(mended, name, &is);
        EXPECT(found == !becomes_null(was));
        if (found && was.at == walk.value.at) expect_same(was, is, quoted, quoted.at && span_equals(name, quoted));
        drop(name);
    }
    for (struct json_walk walk = json_walk(mended); json_next(&walk);) {
        struct span name = unescaped(walk.name);
        EXPECT(json_member(value, name, &was));
        drop(name);
    }
}

static void expect_same_number(struct span value, struct span mended, bool quote) {
    if (json_is_integer(value) && (quote || is_inexact(value))) {
        EXPECT(json_string_is(mended, value));
    } else {
        EXPECT(span_equals(mended, becomes_null(value) ? SPAN("null") : value));
    }
}

static void expect_same(struct span value, struct span mended, struct span quoted, bool quote) {
    if (json_kind(value) == JSON_NUMBER) {
        expect_same_number(value, mended, quote);
        return;
    }
    EXPECT(json_kind(value) == json_kind(mended));
    if (json_kind(value) == JSON_OBJECT) {
        expect_same_members(value, mended, quoted);
    } else if (json_kind(value) == JSON_ARRAY) {
        expect_same_elements(value, mended, quoted);
    } else if (json_kind(value) == JSON_STRING) {
        struct span text = unescaped(value);
        EXPECT(json_string_is(mended, text));
        drop(text);
    } else {
        EXPECT(span_equals(value, mended));
    }
}

static struct span mend(struct span value, struct span quoted) {
    size_t room = json_mend_room(value.size);
    char *to = malloc(room);
    struct span mended = {to, json_mend(value, quoted, to)};
    EXPECT(mended.size <= room);
    return mended;
}

/* What json_is_mended says: there are no escapes, and nothing but white space was left out. */
static void expect_same_text(struct span value, struct span mended) {
    size_t done = 0;
    bool in_string = false;
    for (size_t i = 0; i < value.size; i++) {
        char c = value.at[i];
        if (c == '"') in_string = !in_string;
        if (!in_string && memchr(" \t\r\n", c, 4) != NULL) continue;
        EXPECT(done < mended.size && mended.at[done] == c);
        done++;
    }
    EXPECT(done == mended.size);
}

static void expect_mended(struct span value, struct span quoted) {
    struct span whole;
    struct json_fault fault;
    struct span once = mend(value, quoted);
    EXPECT(json_check(once, &whole, &fault) && span_equals(whole, once));
    struct span twice = mend(once, quoted);
    EXPECT(span_equals(once, twice));
    expect_same(value, once, quoted, false);
    if (json_is_mended(value)) expect_same_text(value, once);
    drop(once);
    drop(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct span text = {(const char *)data, size}, value;
    struct json_fault fault = {0, NULL};
    if (!json_check(text, &value, &fault)) {
        EXPECT(fault.at <= size && fault.what != NULL && value.at == NULL);
        return 0;
    }
    expect_within(value, text);
    walk_everything(value);
    expect_mended(value, SPAN("user_id"));
    expect_mended(value, SPAN("")); /* the shortest name: what grows most */
    expect_mended(value, (struct span){NULL, 0});
    return 0;
}
