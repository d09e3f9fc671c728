/* What becomes of each member of the secondary, and what is written of it. */
#include "pure/merge_work.h"

#include "pure/sort.h"

static struct json_value value_at(const struct order *order, uint32_t place) {
    return (struct json_value){order->root.token + place, order->root.text};
}

static uint32_t add_entry(struct merge_work *w, uint32_t above, enum merge_fate fate, struct json_value name,
                          struct json_value primary, struct json_value secondary) {
    w->entries[w->entry_count] = (struct merge_entry){w->part, fate, above, name, primary, secondary};
    return (uint32_t)w->entry_count++;
}

/* ---- names that a tenant does not take ---- */

static bool is_reserved(struct json_value name) {
    static const char *const reserved[] = {
        "__tenant",       "_id",        "blocked",        "clientID",         "created_at",
        "email_verified", "email",      "globalClientID", "global_client_id", "identities",
        "lastIP",         "lastLogin",  "loginsCount",    "metadata",         "multifactor_last_modified",
        "multifactor",    "updated_at", "user_id",
    };
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (json_string_is(name, span_of(reserved[i]))) return true;
    return false;
}

static bool is_forbidden(struct json_value name) {
    struct json_characters walk = json_characters(name);
    char character[4];
    while (json_next_character(&walk, character) > 0)
        if (character[0] == '.' || character[0] == '$') return true;
    return false;
}

static void check_name(struct merge_work *w, struct json_value name, bool is_first_level) {
    bool reserved = is_first_level && w->part == MERGE_APP_METADATA && is_reserved(name);
    if (reserved || is_forbidden(name)) w->faults[w->fault_count++] = (struct merge_fault){w->part, reserved, name};
}

/* ---- into the patch ---- */

/* What was put since can be taken back. */
struct mark {
    struct writer patch;
    size_t fault_count;
};

static struct mark mark(const struct merge_work *w) { return (struct mark){w->patch, w->fault_count}; }

static void take_back(struct merge_work *w, struct mark since) {
    w->patch = since.patch;
    w->fault_count = since.fault_count;
}

static void put_value(struct merge_work *w, struct json_value value) {
    writer_value(&w->patch, value);
    for (const struct json_token *at = value.token, *end = json_after(at); at < end; at++)
        if (at->kind == JSON_OBJECT)
            for (struct json_walk walk = json_walk((struct json_value){at, value.text}); json_next(&walk);)
                check_name(w, walk.name, false);
}

static void put_name(struct merge_work *w, struct json_value name, uint32_t above) {
    writer_member(&w->patch, name);
    check_name(w, name, above == MERGE_TOP);
}

static void put_added(struct merge_work *w, uint32_t above, struct json_value name, struct json_value value) {
    put_name(w, name, above);
    put_value(w, value);
    (void)add_entry(w, above, MERGE_ADDED, name, (struct json_value){NULL, NULL}, value);
}

/* ---- arrays that are united ---- */

/* Whether the path, its last name first, is that of a member. */
static bool is_path(const struct merge_work *w, struct span path, uint32_t above, struct json_value name) {
    for (;;) {
        size_t begin = path.size;
        while (begin > 0 && path.at[begin - 1] != '.') begin--;
        if (!json_string_is(name, span_after(path, begin))) return false;
        if (begin == 0 || above == MERGE_TOP) return begin == 0 && above == MERGE_TOP;
        path.size = begin - 1;
        name = w->entries[above].name;
        above = w->entries[above].above;
    }
}

static bool is_united(const struct merge_work *w, uint32_t above, struct json_value name) {
    for (size_t i = 0; i < w->given->united_count; i++)
        if (is_path(w, w->given->united[i], above, name)) return true;
    return false;
}

static int compare_elements(const void *context, uint32_t a, uint32_t b) {
    const struct merge_work *w = context;
    const struct order *in_a = a < w->secondary_at ? &w->primary : &w->secondary;
    const struct order *in_b = b < w->secondary_at ? &w->primary : &w->secondary;
    return order_compare(in_a, value_at(in_a, a < w->secondary_at ? a : a - w->secondary_at), in_b,
                         value_at(in_b, b < w->secondary_at ? b : b - w->secondary_at));
}

/* The slot of an element of the secondary's. */
static uint32_t *slot_of(const struct merge_work *w, struct json_value element) {
    return &w->slots[w->secondary_at + (uint32_t)(element.token - w->secondary.root.token)];
}

/* All elements as one sorted list, in which of equal ones the first stands first. */
static uint32_t sort_elements(struct merge_work *w, struct json_value primary, struct json_value secondary) {
    struct sort sort = {w->slots, compare_elements, w};
    uint32_t first = 0, *end = &first;
    for (struct json_walk walk = json_walk(primary); json_next(&walk); end = &w->slots[*end])
        *end = (uint32_t)(walk.value.token - w->primary.root.token);
    for (struct json_walk walk = json_walk(secondary); json_next(&walk); end = &w->slots[*end])
        *end = (uint32_t)(slot_of(w, walk.value) - w->slots);
    return sort_list(&sort, first, (size_t)primary.token->size + secondary.token->size);
}

/* An element goes over that is the secondary's, and the first of those that are equal. */
static void choose_elements(struct merge_work *w, struct json_value primary, struct json_value secondary) {
    uint32_t before = 0, after;
    for (uint32_t at = sort_elements(w, primary, secondary); at != 0; before = at, at = after) {
        after = w->slots[at];
        w->slots[at] = at >= w->secondary_at && (before == 0 || compare_elements(w, before, at) != 0);
    }
}

static bool put_united(struct merge_work *w, uint32_t above, struct json_value name, struct json_value primary,
                       struct json_value secondary) {
    bool changes = false;
    choose_elements(w, primary, secondary);
    writer_open(&w->patch, '[');
    for (struct json_walk walk = json_walk(primary); json_next(&walk);) {
        put_value(w, walk.value);
    }
    for (struct json_walk walk = json_walk(secondary); json_next(&walk);) {
        if (!*slot_of(w, walk.value)) continue;
        put_value(w, walk.value);
        changes = true;
    }
    writer_close(&w->patch, ']');
    (void)add_entry(w, above, changes ? MERGE_UNITED : MERGE_HELD, name, primary, secondary);
    return changes;
}

/* ---- members of objects ---- */

static void pair_members(struct merge_work *w, struct json_value primary, struct json_value secondary) {
    order_pair(&w->primary, primary, &w->secondary, secondary, w->slots);
    order_pair(&w->secondary, secondary, &w->primary, primary, w->slots + w->secondary_at);
}

/* The secondary's value of a name of the primary's that counts; absent without one. */
static struct json_value partner_of(const struct merge_work *w, struct json_value name) {
    uint32_t partner = w->slots[name.token - w->primary.root.token];
    return partner != 0 ? value_at(&w->secondary, partner + 1) : (struct json_value){NULL, NULL};
}

/* Whether a name of the secondary's counts, and the primary has none like it. */
static bool is_new(const struct merge_work *w, struct json_value name) {
    return order_counts(&w->secondary, name) && *slot_of(w, name) == 0;
}

static bool put_pair(struct merge_work *w, uint32_t above, struct json_value name, struct json_value primary,
                     struct json_value secondary);

static bool put_merged(struct merge_work *w, uint32_t above, struct json_value name, struct json_value primary,
                       struct json_value secondary) {
    enum merge_fate fate = secondary.token->size > 0 ? MERGE_MERGED : MERGE_HELD;
    uint32_t entry = add_entry(w, above, fate, name, primary, secondary);
    struct mark start = mark(w);
    bool changes = false;
    pair_members(w, primary, secondary);
    writer_open(&w->patch, '{');
    for (struct json_walk walk = json_walk(primary); json_next(&walk);) {
        if (!order_counts(&w->primary, walk.name)) continue;
        struct json_value partner = partner_of(w, walk.name);
        put_name(w, walk.name, entry);
        if (partner.token == NULL)
            put_value(w, walk.value);
        else if (put_pair(w, entry, walk.name, walk.value, partner))
            changes = true;
    }
    for (struct json_walk walk = json_walk(secondary); json_next(&walk);) {
        if (!is_new(w, walk.name)) continue;
        put_added(w, entry, walk.name, walk.value);
        changes = true;
    }
    writer_close(&w->patch, '}');
    if (changes) return true;
    take_back(w, start);
    put_value(w, primary);
    return false;
}

/* What becomes of a member that both have; its value into the patch. Returns whether this is not what the primary
   has. */
static bool put_pair(struct merge_work *w, uint32_t above, struct json_value name, struct json_value primary,
                     struct json_value secondary) {
    enum merge_choice choice = w->given->choice[w->part];
    enum json_kind kind = json_kind(primary) == json_kind(secondary) ? json_kind(primary) : JSON_NULL;
    if (kind == JSON_OBJECT && choice == MERGE_DEEP) return put_merged(w, above, name, primary, secondary);
    if (kind == JSON_ARRAY && choice != MERGE_DISCARD && is_united(w, above, name))
        return put_united(w, above, name, primary, secondary);
    bool is_held = order_compare(&w->primary, primary, &w->secondary, secondary) == 0;
    enum merge_fate lost = choice == MERGE_DISCARD ? MERGE_DISCARDED : MERGE_OUTVOTED;
    put_value(w, primary);
    (void)add_entry(w, above, is_held ? MERGE_HELD : lost, name, primary, secondary);
    return false;
}

/* ---- the parts ---- */

static void merge_key(struct merge_work *w, struct json_value name, struct json_value primary,
                      struct json_value secondary) {
    struct mark start = mark(w);
    put_name(w, name, MERGE_TOP);
    if (put_pair(w, MERGE_TOP, name, primary, secondary)) {
        writer_member(&w->before, name);
        writer_value(&w->before, primary);
    } else {
        take_back(w, start);
    }
}

static void merge_new_key(struct merge_work *w, struct json_value name, struct json_value value) {
    bool is_discarded = w->given->choice[w->part] == MERGE_DISCARD;
    struct mark start = mark(w);
    if (!is_discarded && json_kind(value) != JSON_NULL) {
        put_added(w, MERGE_TOP, name, value);
        if (!w->given->leaves_faults || w->fault_count == start.fault_count) return;
        take_back(w, start);
        w->entry_count--;
    }
    enum merge_fate lost = is_discarded ? MERGE_DISCARDED : MERGE_UNWRITABLE;
    (void)add_entry(w, MERGE_TOP, lost, name, (struct json_value){NULL, NULL}, value);
}

/* Returns the writer as it was before. An object that stays empty is taken back: it would erase all that is there. */
static struct writer open_part(struct writer *writer, enum merge_part part) {
    struct writer before = *writer;
    writer_name(writer, merge_part_name(part));
    writer_open(writer, '{');
    return before;
}

static void merge_metadata(struct merge_work *w, struct json_value primary, struct json_value secondary) {
    struct writer patch = open_part(&w->patch, w->part), before = open_part(&w->before, w->part);
    pair_members(w, primary, secondary);
    for (struct json_walk walk = json_walk(primary); walk.has_names && json_next(&walk);) {
        if (!order_counts(&w->primary, walk.name)) continue;
        struct json_value partner = partner_of(w, walk.name);
        if (partner.token != NULL) merge_key(w, walk.name, walk.value, partner);
    }
    for (struct json_walk walk = json_walk(secondary); walk.has_names && json_next(&walk);)
        if (is_new(w, walk.name)) merge_new_key(w, walk.name, walk.value);
    writer_close_filled(&w->patch, '}', patch);
    writer_close_filled(&w->before, '}', before);
}

static void merge_attribute(struct merge_work *w, struct json_value primary, struct json_value secondary) {
    const struct json_value none = {NULL, NULL};
    if (w->given->choice[w->part] == MERGE_DISCARD || json_kind(secondary) != JSON_STRING || merge_is_unset(secondary))
        return;
    bool is_held = order_compare(&w->primary, primary, &w->secondary, secondary) == 0;
    if (merge_is_unset(primary)) {
        writer_name(&w->patch, merge_part_name(w->part));
        writer_value(&w->patch, secondary);
        (void)add_entry(w, MERGE_TOP, MERGE_ADDED, none, primary, secondary);
    } else {
        (void)add_entry(w, MERGE_TOP, is_held ? MERGE_HELD : MERGE_OUTVOTED, none, primary, secondary);
    }
}

void merge_work_parts(struct merge_work *w) {
    for (w->part = 0; w->part < MERGE_PARTS; w->part++) {
        struct json_value primary, secondary;
        json_member(w->given->primary, span_of(merge_part_name(w->part)), &primary);
        json_member(w->given->secondary, span_of(merge_part_name(w->part)), &secondary);
        if (w->part <= MERGE_APP_METADATA)
            merge_metadata(w, primary, secondary);
        else
            merge_attribute(w, primary, secondary);
    }
}
