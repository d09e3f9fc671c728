#include "pure/merge.h"

#include "pure/merge_work.h"

const char *merge_part_name(enum merge_part part) {
    static const char *const names[] = {"user_metadata", "app_metadata", "name", "picture"};
    return names[part];
}

const char *merge_choice_name(enum merge_choice choice) {
    static const char *const names[] = {"discard", "primary_wins", "deep"};
    return names[choice];
}

const char *merge_fate_name(enum merge_fate fate) {
    static const char *const names[] = {"added", "united", "merged", "held", "outvoted", "discarded", "unwritable"};
    return names[fate];
}

bool merge_is_unset(struct json_value attribute) {
    return json_kind(attribute) == JSON_NULL || json_string_is(attribute, SPAN(""));
}

/* ---- memory ---- */

/* How many names there are in a value, at most. */
static size_t count_names(struct json_value value) {
    size_t count = 0;
    for (size_t i = 0; i < order_room(value); i++)
        if (value.token[i].kind == JSON_OBJECT) count += value.token[i].size;
    return count;
}

/* What the names of the parts, and the braces of the whole, take. */
enum { ENVELOPE = 128 };

/* Where in the memory each thing begins; and the bytes of both accounts' texts. */
struct layout {
    size_t entries, faults, slots, patch, before, end;
    size_t primary, secondary;
};

static struct layout lay_out(const struct merge_given *given) {
    struct layout at = {.primary = writer_size_of(given->primary), .secondary = writer_size_of(given->secondary)};
    size_t of_primary = count_names(given->primary), of_secondary = count_names(given->secondary);
    size_t tokens = order_room(given->primary) + order_room(given->secondary);
    at.faults = at.entries + (of_secondary + MERGE_PARTS) * sizeof(struct merge_entry);
    at.slots = at.faults + (of_primary + of_secondary) * sizeof(struct merge_fault);
    at.patch = at.slots + 2 * tokens * sizeof(uint32_t);
    at.before = at.patch + at.primary + at.secondary + ENVELOPE;
    at.end = at.before + at.primary + ENVELOPE;
    return at;
}

size_t merge_room(const struct merge_given *given) { return lay_out(given).end; }

static size_t estimate(const struct merge_work *w, const struct layout *at) {
    struct json_value user_metadata, app_metadata;
    json_member(w->given->secondary, SPAN("user_metadata"), &user_metadata);
    json_member(w->given->secondary, SPAN("app_metadata"), &app_metadata);
    size_t growth = w->patch.size > w->before.size ? w->patch.size - w->before.size : 0;
    return at->primary + growth + at->secondary - writer_size_of(user_metadata) - writer_size_of(app_metadata);
}

void merge_make(const struct merge_given *given, void *memory, struct merge *merge) {
    struct layout at = lay_out(given);
    char *base = memory;
    uint32_t *orders = (void *)(base + at.slots), primary_size = (uint32_t)order_room(given->primary);
    struct merge_work w = {.given = given,
                           .primary = order_make(given->primary, orders),
                           .secondary = order_make(given->secondary, orders + primary_size),
                           .slots = orders + primary_size + order_room(given->secondary),
                           .secondary_at = primary_size,
                           .patch = writer_to(base + at.patch),
                           .before = writer_to(base + at.before),
                           .entries = (void *)(base + at.entries),
                           .faults = (void *)(base + at.faults)};
    struct writer nothing = w.patch;
    writer_open(&w.patch, '{');
    writer_open(&w.before, '{');
    merge_work_parts(&w);
    writer_close_filled(&w.patch, '}', nothing);
    writer_close(&w.before, '}');
    *merge = (struct merge){.patch = {w.patch.to, w.patch.size},
                            .before = {w.before.to, w.before.size},
                            .entries = w.entries,
                            .entry_count = w.entry_count,
                            .faults = w.faults,
                            .fault_count = w.fault_count,
                            .size = estimate(&w, &at)};
}

size_t merge_join(const struct json_value *names, size_t count, char *to, size_t room) {
    size_t size = 0;
    for (size_t i = count; i-- > 0 && size < room;) {
        if (i + 1 < count) to[size++] = '.';
        size += json_string(names[i], to + size, room - size);
    }
    return size;
}

size_t merge_path(const struct merge *merge, const struct merge_entry *entry, char *to, size_t room) {
    struct json_value names[JSON_DEPTH];
    size_t count = 0;
    if (entry->name.token == NULL) return 0;
    names[count++] = entry->name;
    for (; entry->above != MERGE_TOP; names[count++] = entry->name) entry = &merge->entries[entry->above];
    return merge_join(names, count, to, room);
}
