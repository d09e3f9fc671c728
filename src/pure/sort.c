#include "pure/sort.h"

static uint32_t merge_lists(const struct sort *sort, uint32_t a, uint32_t b) {
    uint32_t first = 0, *end = &first;
    while (a != 0 && b != 0) {
        uint32_t *smaller = sort->compare(sort->context, a, b) <= 0 ? &a : &b;
        *end = *smaller;
        end = &sort->next[*smaller];
        *smaller = *end;
    }
    *end = a != 0 ? a : b;
    return first;
}

/* Takes `count` from the front of the list and returns them sorted. Its depth is the logarithm of `count`. */
static uint32_t take_sorted(const struct sort *sort, uint32_t *list, size_t count) {
    if (count == 1) {
        uint32_t only = *list;
        *list = sort->next[only];
        sort->next[only] = 0;
        return only;
    }
    uint32_t front = take_sorted(sort, list, count / 2);
    uint32_t back = take_sorted(sort, list, count - count / 2);
    return merge_lists(sort, front, back);
}

uint32_t sort_list(const struct sort *sort, uint32_t first, size_t count) {
    return count > 0 ? take_sorted(sort, &first, count) : 0;
}
