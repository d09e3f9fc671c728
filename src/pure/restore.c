#include "pure/restore.h"

#include "pure/order.h"
#include "pure/writer.h"

const char *restore_fate_name(enum restore_fate fate) {
    static const char *const names[] = {"put_back", "as_before", "merged", "conflict"};
    return names[fate];
}

/* One member at three times; absent where it was not there. */
struct states {
    struct json_value before, wrote, now;
};

struct work {
    enum merge_part part;
    struct order before, wrote, now;
    /* For each token of `wrote` and of `now` that is a name that counts: its partner, in places of the other's own. */
    uint32_t *wrote_to_before, *wrote_to_now, *now_to_wrote;
    struct writer patch;
    struct restore_entry *entries;
    size_t entry_count, fates[RESTORE_CONFLICT + 1];
};

static bool is_same(const struct order *in_a, struct json_value a, const struct order *in_b, struct json_value b) {
    return order_compare(in_a, a, in_b, b) == 0;
}

static uint32_t add_entry(struct work *w, uint32_t above, enum restore_fate fate, struct json_value name,
                          struct states s) {
    w->entries[w->entry_count] = (struct restore_entry){w->part, fate, above, name, s.before, s.wrote, s.now};
    w->fates[fate]++;
    return (uint32_t)w->entry_count++;
}

/* Of names that count in `wrote` and in `now`. */
static void pair_members(struct work *w, struct states s) {
    order_pair(&w->wrote, s.wrote, &w->before, s.before, w->wrote_to_before);
    order_pair(&w->wrote, s.wrote, &w->now, s.now, w->wrote_to_now);
    order_pair(&w->now, s.now, &w->wrote, s.wrote, w->now_to_wrote);
}

static uint32_t place_of(const struct order *order, struct json_value name) {
    return (uint32_t)(name.token - order->root.token);
}

/* The value of the name at a place; absent at 0. */
static struct json_value value_of(const struct order *order, uint32_t name) {
    return (struct json_value){name != 0 ? order->root.token + name + 1 : NULL, order->root.text};
}

/* Of the name that has this place in `wrote`. */
static struct states states_at(const struct work *w, uint32_t name) {
    return (struct states){value_of(&w->before, w->wrote_to_before[name]), value_of(&w->wrote, name),
                           value_of(&w->now, w->wrote_to_now[name])};
}

/* Whether the merge changed it, and did not just repeat it. */
static bool is_written(const struct work *w, struct states s) {
    return !is_same(&w->wrote, s.wrote, &w->before, s.before);
}

static enum restore_fate fate_of(const struct work *w, struct states s) {
    if (is_same(&w->now, s.now, &w->before, s.before)) return RESTORE_AS_BEFORE;
    if (is_same(&w->now, s.now, &w->wrote, s.wrote)) return RESTORE_PUT_BACK;
    bool was_object = s.before.token == NULL || json_kind(s.before) == JSON_OBJECT;
    bool is_object = json_kind(s.wrote) == JSON_OBJECT && json_kind(s.now) == JSON_OBJECT;
    return was_object && is_object ? RESTORE_MERGED : RESTORE_CONFLICT;
}

/* ---- members of objects that were changed since ---- */

static void put_member(struct work *w, struct json_value name, struct json_value value) {
    writer_member(&w->patch, name);
    writer_value(&w->patch, value);
}

static bool put_object(struct work *w, uint32_t above, struct states s);

/* Of a member that is there now, and was written. Returns whether it changes. */
static bool put_written(struct work *w, uint32_t above, struct json_value name, struct states s) {
    enum restore_fate fate = fate_of(w, s);
    uint32_t entry = add_entry(w, above, fate, name, s);
    switch (fate) {
    case RESTORE_PUT_BACK:
        if (s.before.token != NULL) put_member(w, name, s.before);
        return true;
    case RESTORE_MERGED: writer_member(&w->patch, name); return put_object(w, entry, s);
    default: put_member(w, name, s.now); return false;
    }
}

static bool put_object(struct work *w, uint32_t above, struct states s) {
    struct writer start = w->patch;
    bool changes = false;
    pair_members(w, s);
    writer_open(&w->patch, '{');
    for (struct json_walk walk = json_walk(s.now); json_next(&walk);) {
        if (!order_counts(&w->now, walk.name)) continue;
        uint32_t wrote = w->now_to_wrote[place_of(&w->now, walk.name)];
        if (wrote == 0 || !is_written(w, states_at(w, wrote)))
            put_member(w, walk.name, walk.value);
        else if (put_written(w, above, walk.name, states_at(w, wrote)))
            changes = true;
    }
    writer_close(&w->patch, '}');
    for (struct json_walk walk = json_walk(s.wrote); json_next(&walk);) {
        uint32_t place = place_of(&w->wrote, walk.name);
        if (!order_counts(&w->wrote, walk.name) || w->wrote_to_now[place] != 0) continue;
        struct states gone = states_at(w, place);
        if (is_written(w, gone)) (void)add_entry(w, above, fate_of(w, gone), walk.name, gone);
    }
    if (changes) return true;
    w->patch = start;
    writer_value(&w->patch, s.now);
    return false;
}

/* ---- the parts ---- */

static void restore_key(struct work *w, struct json_value name, struct states s) {
    struct writer written = w->patch;
    enum restore_fate fate = fate_of(w, s);
    uint32_t entry = add_entry(w, MERGE_TOP, fate, name, s);
    if (fate == RESTORE_PUT_BACK || fate == RESTORE_MERGED) writer_member(&w->patch, name);
    if (fate == RESTORE_PUT_BACK) writer_value(&w->patch, s.before); /* null, where it was absent */
    if (fate == RESTORE_MERGED && !put_object(w, entry, s)) w->patch = written;
}

static void restore_metadata(struct work *w, struct states s) {
    struct writer written = w->patch;
    writer_name(&w->patch, merge_part_name(w->part));
    writer_open(&w->patch, '{');
    pair_members(w, s);
    for (struct json_walk walk = json_walk(s.wrote); walk.has_names && json_next(&walk);) {
        if (!order_counts(&w->wrote, walk.name)) continue;
        struct states member = states_at(w, place_of(&w->wrote, walk.name));
        if (is_written(w, member)) restore_key(w, walk.name, member);
    }
    writer_close_filled(&w->patch, '}', written);
}

static void restore_attribute(struct work *w, struct states s) {
    if (s.wrote.token == NULL) return;
    bool is_back = merge_is_unset(s.now), stands = is_same(&w->now, s.now, &w->wrote, s.wrote);
    enum restore_fate fate = is_back ? RESTORE_AS_BEFORE : stands ? RESTORE_PUT_BACK : RESTORE_CONFLICT;
    (void)add_entry(w, MERGE_TOP, fate, (struct json_value){NULL, NULL}, s);
    if (fate != RESTORE_PUT_BACK) return;
    writer_name(&w->patch, merge_part_name(w->part));
    writer_value(&w->patch, (struct json_value){NULL, NULL});
}

static void restore_parts(struct work *w) {
    for (w->part = 0; w->part < MERGE_PARTS; w->part++) {
        struct span name = span_of(merge_part_name(w->part));
        struct states s;
        json_member(w->before.root, name, &s.before);
        json_member(w->wrote.root, name, &s.wrote);
        json_member(w->now.root, name, &s.now);
        if (w->part <= MERGE_APP_METADATA)
            restore_metadata(w, s);
        else
            restore_attribute(w, s);
    }
}

/* ---- memory ---- */

/* What the names of the parts, and the braces of the whole, take. */
enum { ENVELOPE = 128 };

/* Where in the memory each thing begins, after the entries: at most one for each token of `wrote`, and each may bring a
   null, which is longer than a number. */
struct layout {
    size_t orders, partners, patch, end;
};

static struct layout lay_out(const struct restore_given *given) {
    size_t before = order_room(given->before), wrote = order_room(given->wrote), now = order_room(given->now);
    struct layout at;
    at.orders = (wrote + MERGE_PARTS) * sizeof(struct restore_entry);
    at.partners = at.orders + (before + wrote + now) * sizeof(uint32_t);
    at.patch = at.partners + (2 * wrote + now) * sizeof(uint32_t);
    at.end = at.patch + writer_size_of(given->before) + writer_size_of(given->wrote) + writer_size_of(given->now) +
             2 * wrote + ENVELOPE;
    return at;
}

size_t restore_room(const struct restore_given *given) { return lay_out(given).end; }

void restore_make(const struct restore_given *given, void *memory, struct restore *restore) {
    struct layout at = lay_out(given);
    char *base = memory;
    uint32_t *orders = (void *)(base + at.orders), *partners = (void *)(base + at.partners);
    size_t before = order_room(given->before), wrote = order_room(given->wrote);
    struct work w = {.before = order_make(given->before, orders),
                     .wrote = order_make(given->wrote, orders + before),
                     .now = order_make(given->now, orders + before + wrote),
                     .wrote_to_before = partners,
                     .wrote_to_now = partners + wrote,
                     .now_to_wrote = partners + 2 * wrote,
                     .patch = writer_to(base + at.patch),
                     .entries = memory};
    struct writer nothing = w.patch;
    writer_open(&w.patch, '{');
    restore_parts(&w);
    writer_close_filled(&w.patch, '}', nothing);
    *restore = (struct restore){.patch = {w.patch.to, w.patch.size},
                                .entries = w.entries,
                                .entry_count = w.entry_count,
                                .put_back = w.fates[RESTORE_PUT_BACK],
                                .as_before = w.fates[RESTORE_AS_BEFORE],
                                .conflicts = w.fates[RESTORE_CONFLICT]};
}

size_t restore_path(const struct restore *restore, const struct restore_entry *entry, char *to, size_t room) {
    struct json_value names[JSON_DEPTH];
    size_t count = 0;
    if (entry->name.token == NULL) return 0;
    names[count++] = entry->name;
    for (; entry->above != MERGE_TOP; names[count++] = entry->name) entry = &restore->entries[entry->above];
    return merge_join(names, count, to, room);
}
