/* A total order of JSON values, in which nothing is rounded, and so what it means that two are equal:
   - numbers, when they are the same decimal number: 1, 1.0 and 10e-1; 0 and -0. Of exponents with more than 17 digits
     those that are written alike;
   - strings, when they are the same unescaped: "a" and "\u0061";
   - arrays, when they have equal elements in the same order;
   - objects, when they have the same names with equal values, in whatever order; of several of one name the last
     counts.
   Values of different kinds are never equal. Pure: the memory is the caller's. */
#ifndef AUTH0_PURE_ORDER_H
#define AUTH0_PURE_ORDER_H

#include "pure/json.h"

#pragma GCC visibility push(hidden)

/* The members of all objects in a value, sorted by name. */
struct order {
    struct json_value root;
    uint32_t *next; /* a slot for each token, from the root on: of an object its first name, of a name the one after it;
                       0 at the end, ORDER_HIDDEN for a name that comes again later */
};
#define ORDER_HIDDEN UINT32_MAX

/* How many slots order_make needs: the tokens of the value; none for an absent one. */
size_t order_room(struct json_value root);
struct order order_make(struct json_value root, uint32_t *slots);

/* Whether a member, by its name, counts: no later one has its name. */
static inline bool order_counts(const struct order *order, struct json_value name) {
    return order->next[name.token - order->root.token] != ORDER_HIDDEN;
}

/* The names of an object that count, in their order: the first, and the one after `name`. False: there is none. */
bool order_first(const struct order *order, struct json_value object, struct json_value *name);
bool order_next(const struct order *order, struct json_value *name);

/* For each name of object `a` that counts, `partners` gets at its token's place which token has the same name in object
   `b` and counts there, or 0; places are counted from the orders' roots. An object that is absent has no names. */
void order_pair(const struct order *in_a, struct json_value a, const struct order *in_b, struct json_value b,
                uint32_t *partners);

/* Less than, equal to or greater than 0. `a` is of the order `in_a`, `b` of `in_b`; either may be absent, which is
   equal only to absent. */
int order_compare(const struct order *in_a, struct json_value a, const struct order *in_b, struct json_value b);

#pragma GCC visibility pop

#endif
