/* A receipt's `before` and `wrote`, which may be forged, and an account as it is now, each ended by a NUL or by the
   end: what is put back is JSON that a PATCH may be, changes keys that were written and no others, and leaves alone
   what holds something else. */
#include "fuzz/fuzz.h"
#include "pure/restore.h"

struct text {
    struct span span;
    struct json_value value;
    struct json_token *tokens;
};

/* It is absent where it is no JSON. */
static struct text text_of(struct span span) {
    struct text text = {.span = own(span.at, span.size), .value = {NULL, NULL}};
    struct json_reader reader = json_reader(text.span);
    reader.room = json_room(span.size);
    reader.tokens = text.tokens = (void *)allocate(reader.room * sizeof *reader.tokens);
    if (json_read(&reader) == JSON_WHOLE) text.value = json_root(&reader);
    return text;
}

static void text_free(const struct text *text) {
    free(text->tokens);
    release(text->span);
}

static struct text next_text(struct span *rest) {
    struct span piece = span_until(*rest, '\0');
    *rest = span_after(*rest, piece.size < rest->size ? piece.size + 1 : piece.size);
    return text_of(piece);
}

static bool has_member(struct json_value object, struct json_value name) {
    char *to = allocate(json_bytes(name).size);
    struct json_value value;
    bool has = json_member(object, (struct span){to, json_string(name, to, json_bytes(name).size)}, &value);
    free(to);
    return has;
}

static void check_part(struct json_value patch, struct json_value wrote, enum merge_part part) {
    struct json_value was, is;
    if (!json_member(patch, span_of(merge_part_name(part)), &is)) return;
    HOLDS(json_member(wrote, span_of(merge_part_name(part)), &was));
    if (part > MERGE_APP_METADATA) {
        HOLDS(json_kind(is) == JSON_NULL);
        return;
    }
    HOLDS(json_kind(is) == JSON_OBJECT && is.token->size > 0);
    for (struct json_walk walk = json_walk(is); json_next(&walk);) HOLDS(has_member(was, walk.name));
}

static void check_entries(const struct restore *restore) {
    size_t counts[RESTORE_CONFLICT + 1] = {0};
    for (size_t i = 0; i < restore->entry_count; i++) {
        const struct restore_entry *entry = &restore->entries[i];
        char path[64];
        counts[entry->fate]++;
        HOLDS(entry->above == MERGE_TOP || entry->above < i);
        HOLDS(entry->above == MERGE_TOP || restore->entries[entry->above].fate == RESTORE_MERGED);
        HOLDS(entry->wrote.token != NULL);
        HOLDS(restore_path(restore, entry, path, sizeof path) <= sizeof path);
    }
    HOLDS(counts[RESTORE_PUT_BACK] == restore->put_back && counts[RESTORE_CONFLICT] == restore->conflicts);
    HOLDS(counts[RESTORE_AS_BEFORE] == restore->as_before);
    HOLDS(restore->patch.size == 0 || restore->put_back > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct span rest = {(const char *)data, size};
    struct text before = next_text(&rest), wrote = next_text(&rest), now = next_text(&rest);
    struct restore_given given = {before.value, wrote.value, now.value};
    struct restore restore;
    char *memory = allocate(restore_room(&given));
    restore_make(&given, memory, &restore);
    struct text patch = text_of(restore.patch);
    HOLDS(restore.patch.size == 0 || (json_kind(patch.value) == JSON_OBJECT && patch.value.token->size > 0));
    for (int part = 0; part < MERGE_PARTS; part++) check_part(patch.value, wrote.value, (enum merge_part)part);
    check_entries(&restore);
    text_free(&patch);
    text_free(&before);
    text_free(&wrote);
    text_free(&now);
    free(memory);
    return 0;
}
