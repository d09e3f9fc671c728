#include "pure/order.h"

#include "pure/decimal.h"
#include "pure/sort.h"

static int compare_sizes(uint64_t a, uint64_t b) { return (a > b) - (a < b); }

/* ---- strings ---- */

static int compare_raw(struct span a, struct span b) {
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common > 0 ? memcmp(a.at, b.at, common) : 0;
    return order != 0 ? order : compare_sizes(a.size, b.size);
}

/* By the bytes of their characters: the first byte of one tells its size, so none is the beginning of another. */
static int compare_strings(struct json_value a, struct json_value b) {
    if (a.token->is_raw && b.token->is_raw) return compare_raw(json_bytes(a), json_bytes(b));
    struct json_characters in_a = json_characters(a), in_b = json_characters(b);
    for (;;) {
        char of_a[4] = {0}, of_b[4] = {0};
        size_t size_a = json_next_character(&in_a, of_a), size_b = json_next_character(&in_b, of_b);
        int order = memcmp(of_a, of_b, sizeof of_a);
        if (order != 0) return order;
        if (size_a == 0 || size_b == 0) return compare_sizes(size_a, size_b);
    }
}

/* ---- numbers ---- */

static int compare_digits(struct span a, struct span b) {
    while (a.size > 0 && b.size > 0) {
        if (a.at[0] == '.') {
            a = span_after(a, 1);
        } else if (b.at[0] == '.') {
            b = span_after(b, 1);
        } else {
            if (a.at[0] != b.at[0]) return a.at[0] - b.at[0];
            a = span_after(a, 1);
            b = span_after(b, 1);
        }
    }
    return compare_sizes(a.size, b.size);
}

/* Not by their value: negative ones by their magnitude. */
static int compare_numbers(struct json_value a, struct json_value b) {
    struct decimal of_a = decimal_read(a), of_b = decimal_read(b);
    if (of_a.is_vast != of_b.is_vast) return of_a.is_vast - of_b.is_vast;
    if (of_a.is_vast) return compare_raw(json_bytes(a), json_bytes(b));
    if (of_a.is_negative != of_b.is_negative) return of_b.is_negative - of_a.is_negative;
    if (of_a.power != of_b.power) return of_a.power < of_b.power ? -1 : 1;
    return compare_digits(of_a.digits, of_b.digits);
}

/* ---- objects ---- */

static struct json_value value_at(const struct order *order, uint32_t place) {
    return (struct json_value){order->root.token + place, order->root.text};
}

static uint32_t place_of(const struct order *order, struct json_value value) {
    return (uint32_t)(value.token - order->root.token);
}

size_t order_room(struct json_value root) {
    return root.token != NULL ? (size_t)(json_after(root.token) - root.token) : 0;
}

static int compare_names(const void *context, uint32_t a, uint32_t b) {
    const struct order *order = context;
    return compare_strings(value_at(order, a), value_at(order, b));
}

/* Of names that are equal the last stays: it is the last of them in the sorted list too. */
static uint32_t hide_repeated(const struct order *order, uint32_t first) {
    uint32_t kept = 0, *end = &kept;
    for (uint32_t name = first, after; name != 0; name = after) {
        after = order->next[name];
        bool is_repeated = after != 0 && compare_names(order, name, after) == 0;
        if (is_repeated) {
            order->next[name] = ORDER_HIDDEN;
        } else {
            *end = name;
            end = &order->next[name];
        }
    }
    *end = 0;
    return kept;
}

static void sort_members(const struct order *order, struct json_value object) {
    struct sort sort = {order->next, compare_names, order};
    uint32_t first = 0, *end = &first;
    for (struct json_walk walk = json_walk(object); json_next(&walk);) {
        *end = place_of(order, walk.name);
        end = &order->next[*end];
    }
    order->next[place_of(order, object)] = hide_repeated(order, sort_list(&sort, first, object.token->size));
}

struct order order_make(struct json_value root, uint32_t *slots) {
    struct order order = {root, slots};
    size_t room = order_room(root);
    for (size_t i = 0; i < room; i++)
        if (root.token[i].kind == JSON_OBJECT) sort_members(&order, value_at(&order, (uint32_t)i));
    return order;
}

/* The first name of an object; 0 without one. */
static uint32_t first_of(const struct order *order, struct json_value object) {
    return json_kind(object) == JSON_OBJECT ? order->next[place_of(order, object)] : 0;
}

static bool is_at(const struct order *order, uint32_t place, struct json_value *name) {
    *name = value_at(order, place);
    return place != 0;
}

bool order_first(const struct order *order, struct json_value object, struct json_value *name) {
    return is_at(order, first_of(order, object), name);
}

bool order_next(const struct order *order, struct json_value *name) {
    return is_at(order, order->next[place_of(order, *name)], name);
}

void order_pair(const struct order *in_a, struct json_value a, const struct order *in_b, struct json_value b,
                uint32_t *partners) {
    uint32_t of_b = first_of(in_b, b);
    for (uint32_t of_a = first_of(in_a, a); of_a != 0; of_a = in_a->next[of_a]) {
        int order = 1;
        while (of_b != 0 && (order = compare_strings(value_at(in_a, of_a), value_at(in_b, of_b))) > 0)
            of_b = in_b->next[of_b];
        partners[of_a] = of_b != 0 && order == 0 ? of_b : 0;
    }
}

static int compare_objects(const struct order *in_a, struct json_value a, const struct order *in_b,
                           struct json_value b) {
    uint32_t of_a = first_of(in_a, a), of_b = first_of(in_b, b);
    for (; of_a != 0 && of_b != 0; of_a = in_a->next[of_a], of_b = in_b->next[of_b]) {
        struct json_value name_a = value_at(in_a, of_a), name_b = value_at(in_b, of_b);
        int order = compare_strings(name_a, name_b);
        if (order == 0) order = order_compare(in_a, value_at(in_a, of_a + 1), in_b, value_at(in_b, of_b + 1));
        if (order != 0) return order;
    }
    return (of_a != 0) - (of_b != 0);
}

static int compare_arrays(const struct order *in_a, struct json_value a, const struct order *in_b,
                          struct json_value b) {
    struct json_walk of_a = json_walk(a), of_b = json_walk(b);
    while (json_next(&of_a)) {
        int order = json_next(&of_b) ? order_compare(in_a, of_a.value, in_b, of_b.value) : 1;
        if (order != 0) return order;
    }
    return json_next(&of_b) ? -1 : 0;
}

int order_compare(const struct order *in_a, struct json_value a, const struct order *in_b, struct json_value b) {
    if (a.token == NULL || b.token == NULL) return (a.token != NULL) - (b.token != NULL);
    if (json_kind(a) != json_kind(b)) return (int)json_kind(a) - (int)json_kind(b);
    switch (json_kind(a)) {
    case JSON_NUMBER: return compare_numbers(a, b);
    case JSON_STRING: return compare_strings(a, b);
    case JSON_ARRAY: return compare_arrays(in_a, a, in_b, b);
    case JSON_OBJECT: return compare_objects(in_a, a, in_b, b);
    default: return 0;
    }
}
