/* Two users, a NUL between, after a byte that says the choices (bits 0 to 5) and which arrays are united (bits 6, 7).
   Of their merge: what it writes is JSON that a PATCH may be; each member of the secondary is accounted for; the same
   merge, once it was applied, adds nothing; what was written is put back. */
#include "fuzz/fuzz.h"
#include "pure/order.h"
#include "pure/restore.h"
#include "pure/writer.h"

/* A text that was read, with the order of what it holds. Without a value it was no JSON. */
struct text {
    struct json_value value;
    struct order order;
    struct json_token *tokens;
    uint32_t *slots;
};

static struct text text_of(struct span span) {
    struct text text = {.value = {NULL, NULL}};
    struct json_reader reader = json_reader(span);
    reader.room = json_room(span.size);
    reader.tokens = text.tokens = (void *)allocate(reader.room * sizeof *reader.tokens);
    if (json_read(&reader) == JSON_WHOLE) text.value = json_root(&reader);
    text.slots = (void *)allocate(order_room(text.value) * sizeof *text.slots);
    text.order = order_make(text.value, text.slots);
    return text;
}

static void text_free(struct text *text) {
    free(text->tokens);
    free(text->slots);
}

static struct json_value part_of(const struct text *text, size_t part) {
    struct json_value value;
    json_member(text->value, span_of(merge_part_name((enum merge_part)part)), &value);
    return value;
}

static bool is_metadata(size_t part) { return part <= MERGE_APP_METADATA; }

/* The member of a name that has escapes, as another object has it. */
static struct json_value member_of(struct json_value object, struct json_value name) {
    char *to = allocate(json_bytes(name).size);
    struct json_value value;
    json_member(object, (struct span){to, json_string(name, to, json_bytes(name).size)}, &value);
    free(to);
    return value;
}

/* ---- a merge ---- */

static struct merge merge_into(struct merge_given *given, const struct text *primary, char **memory) {
    struct merge merge;
    given->primary = primary->value;
    *memory = allocate(merge_room(given));
    merge_make(given, *memory, &merge);
    return merge;
}

/* The keys that it changes, name and picture included. */
static size_t check_patch(const struct text *patch, const struct text *before) {
    size_t count = 0;
    for (size_t part = 0; part < MERGE_PARTS; part++) {
        struct json_value value = part_of(patch, part);
        HOLDS(is_metadata(part) || part_of(before, part).token == NULL);
        if (value.token == NULL) continue;
        count += is_metadata(part) ? value.token->size : 1;
        HOLDS(json_kind(value) == (is_metadata(part) ? JSON_OBJECT : JSON_STRING) && value.token->size > 0);
        for (struct json_walk walk = json_walk(value); json_next(&walk);) HOLDS(json_kind(walk.value) != JSON_NULL);
        for (struct json_walk walk = json_walk(part_of(before, part)); json_next(&walk);)
            HOLDS(member_of(value, walk.name).token != NULL);
    }
    return count;
}

static void check_entry(const struct merge *merge, const struct merge_entry *entry, const struct text *secondary,
                        const struct text *patch) {
    bool is_top = entry->above == MERGE_TOP;
    HOLDS(is_top || &merge->entries[entry->above] < entry);
    HOLDS(is_top || merge->entries[entry->above].fate == MERGE_MERGED);
    if (entry->fate != MERGE_ADDED || !is_top || !is_metadata(entry->part)) return;
    struct json_value is = member_of(part_of(patch, entry->part), entry->name);
    HOLDS(order_compare(&patch->order, is, &secondary->order, entry->secondary) == 0);
}

/* Each first-level key of the secondary's has one entry. */
static void check_entries(const struct merge *merge, const struct text *secondary, const struct text *patch) {
    size_t keys = 0, entries = 0;
    for (size_t part = 0; part <= MERGE_APP_METADATA; part++) {
        struct json_value value = part_of(secondary, part);
        for (struct json_walk walk = json_walk(value); walk.has_names && json_next(&walk);)
            keys += order_counts(&secondary->order, walk.name);
    }
    for (size_t i = 0; i < merge->entry_count; i++) {
        check_entry(merge, &merge->entries[i], secondary, patch);
        entries += merge->entries[i].above == MERGE_TOP && is_metadata(merge->entries[i].part);
    }
    HOLDS(keys == entries);
}

/* ---- what was written, applied and put back ---- */

/* What the tenant makes of a PATCH that deletes nothing. */
static struct span apply(const struct text *user, struct span patch_text, const struct text *patch) {
    struct writer writer = writer_to(allocate(writer_size_of(user->value) + patch_text.size + 128));
    writer_open(&writer, '{');
    for (size_t part = 0; part < MERGE_PARTS; part++) {
        struct json_value old = part_of(user, part), new = part_of(patch, part);
        if (old.token == NULL && new.token == NULL) continue;
        writer_name(&writer, merge_part_name((enum merge_part)part));
        if (new.token == NULL || !is_metadata(part)) {
            writer_value(&writer, new.token != NULL ? new : old);
            continue;
        }
        writer_open(&writer, '{');
        for (int i = 0; i < 2; i++)
            for (struct json_walk walk = json_walk(i == 0 ? old : new); walk.has_names && json_next(&walk);) {
                if (i == 0 && member_of(new, walk.name).token != NULL) continue;
                writer_member(&writer, walk.name);
                writer_value(&writer, walk.value);
            }
        writer_close(&writer, '}');
    }
    writer_close(&writer, '}');
    return (struct span){writer.to, writer.size};
}

static void check_restore(const struct text *before, const struct text *patch, const struct text *now, size_t keys,
                          bool stands) {
    struct restore_given given = {before->value, patch->value, now->value};
    struct restore restore;
    char *memory = allocate(restore_room(&given));
    restore_make(&given, memory, &restore);
    HOLDS(restore.entry_count == keys);
    HOLDS((stands ? restore.put_back : restore.as_before) == keys);
    HOLDS((restore.patch.size > 0) == (stands && keys > 0));
    struct text put_back = text_of(restore.patch);
    HOLDS(restore.patch.size == 0 || json_kind(put_back.value) == JSON_OBJECT);
    text_free(&put_back);
    free(memory);
}

static void check_merge(struct merge_given *given, const struct text *primary, const struct text *secondary) {
    char *memory, *memory_again;
    struct merge merge = merge_into(given, primary, &memory);
    struct text patch = text_of(merge.patch), before = text_of(merge.before);
    HOLDS(json_kind(before.value) == JSON_OBJECT);
    HOLDS(merge.patch.size == 0 || (json_kind(patch.value) == JSON_OBJECT && patch.value.token->size > 0));
    size_t keys = check_patch(&patch, &before);
    check_entries(&merge, secondary, &patch);

    struct span applied = apply(primary, merge.patch, &patch);
    struct text after = text_of(applied);
    HOLDS(json_kind(after.value) == JSON_OBJECT);
    HOLDS(merge_into(given, &after, &memory_again).patch.size == 0);
    check_restore(&before, &patch, &after, keys, true);
    check_restore(&before, &patch, primary, keys, false);

    text_free(&patch);
    text_free(&before);
    text_free(&after);
    release(applied);
    free(memory_again);
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct span paths[] = {{"a", 1}, {"a.b", 3}, {"", 0}};
    if (size == 0) return 0;
    const char *text = (const char *)data + 1;
    struct span of_primary = span_until((struct span){text, size - 1}, '\0');
    size_t skip = of_primary.size < size - 1 ? of_primary.size + 1 : of_primary.size;
    of_primary = own(of_primary.at, of_primary.size);
    struct span of_secondary = own(text + skip, size - 1 - skip);
    struct text primary = text_of(of_primary), secondary = text_of(of_secondary);
    struct merge_given given = {.secondary = secondary.value, .united = paths, .united_count = data[0] >> 6};
    for (size_t part = 0; part < 2; part++) given.choice[part] = (enum merge_choice)((data[0] >> 2 * part & 3) % 3);
    for (size_t part = 2; part < 4; part++) given.choice[part] = (enum merge_choice)(data[0] >> (part + 2) & 1);
    if (json_kind(primary.value) == JSON_OBJECT && secondary.value.token != NULL)
        check_merge(&given, &primary, &secondary);
    text_free(&primary);
    text_free(&secondary);
    release(of_primary);
    release(of_secondary);
    return 0;
}
