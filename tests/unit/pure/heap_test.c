/* clang-format keeps these four in their order: cmocka.h needs the other three before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pure/heap.h"

#include <stdbool.h>
#include <string.h>

enum { MANY = 500 };

static uint64_t chance = 1;

static uint64_t draw(uint64_t below) { /* splitmix64 */
    uint64_t z = chance += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return (z ^ z >> 31) % below;
}

static int64_t least_of(const struct heap_node *nodes, const bool *is_in) {
    int64_t least = INT64_MAX;
    for (int i = 0; i < MANY; i++)
        if (is_in[i] && nodes[i].key < least) least = nodes[i].key;
    return least;
}

static void the_first_has_the_least_key_whatever_comes_and_goes(void **state) {
    struct heap heap = {NULL};
    struct heap_node nodes[MANY] = {{.key = 0}};
    bool is_in[MANY] = {false};
    (void)state;
    for (int turn = 0; turn < 20000; turn++) {
        size_t i = (size_t)draw(MANY);
        if (is_in[i])
            heap_leave(&heap, &nodes[i]);
        else
            heap_put(&heap, &nodes[i], (int64_t)draw(100) - 50);
        is_in[i] = !is_in[i];
        assert_int_equal(heap_least(&heap), least_of(nodes, is_in));
        if (heap.first != NULL) assert_true(is_in[heap.first - nodes]);
    }
}

static void the_first_can_be_taken_until_none_is_left(void **state) {
    struct heap heap = {NULL};
    struct heap_node nodes[MANY] = {{.key = 0}};
    int64_t last = INT64_MIN;
    (void)state;
    for (int i = 0; i < MANY; i++) heap_put(&heap, &nodes[i], (int64_t)draw(1000));
    for (int i = 0; i < MANY; i++) {
        assert_true(heap.first->key >= last);
        last = heap.first->key;
        heap_leave(&heap, heap.first);
    }
    assert_null(heap.first);
    assert_true(heap_least(&heap) == INT64_MAX);
}

static void what_is_in_no_heap_can_leave_it(void **state) {
    struct heap heap = {NULL};
    struct heap_node a = {.key = 0}, b = {.key = 0};
    (void)state;
    heap_put(&heap, &a, 1);
    heap_leave(&heap, &b);
    assert_ptr_equal(heap.first, &a);
    heap_leave(&heap, &a);
    heap_leave(&heap, &a);
    assert_null(heap.first);
}

static void of_equals_the_one_that_came_first_stays_first(void **state) {
    struct heap heap = {NULL};
    struct heap_node nodes[3];
    (void)state;
    for (int i = 0; i < 3; i++) heap_put(&heap, &nodes[i], 7);
    assert_ptr_equal(heap.first, &nodes[0]);
}

static void what_has_left_can_leave_again(void **state) {
    struct heap heap = {NULL};
    struct heap_node nodes[2];
    (void)state;
    for (int i = 0; i < 2; i++) heap_put(&heap, &nodes[i], i);
    for (int i = 0; i < 2; i++) heap_leave(&heap, &nodes[i]);
    heap_leave(&heap, &nodes[0]);
    assert_null(heap.first);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_has_the_least_key_whatever_comes_and_goes),
        cmocka_unit_test(the_first_can_be_taken_until_none_is_left),
        cmocka_unit_test(what_is_in_no_heap_can_leave_it),
        cmocka_unit_test(of_equals_the_one_that_came_first_stays_first),
        cmocka_unit_test(what_has_left_can_leave_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
