#include "pure/heap.h"

/* Two roots become one; either may be NULL. Of equals, `a` stays first. */
static struct heap_node *merge(struct heap_node *a, struct heap_node *b) {
    if (a == NULL) return b;
    if (b == NULL) return a;
    if (b->key < a->key) {
        struct heap_node *greater = a;
        a = b;
        b = greater;
    }
    b->next = a->child;
    if (b->next != NULL) b->next->at = &b->next;
    b->at = &a->child;
    a->child = b;
    return a;
}

/* Siblings become one: first in pairs, then the pairs from the last to the first. That is what keeps a heap shallow. */
static struct heap_node *merge_all(struct heap_node *siblings) {
    struct heap_node *pairs = NULL, *merged = NULL;
    while (siblings != NULL) {
        struct heap_node *a = siblings, *b = a->next;
        siblings = b != NULL ? b->next : NULL;
        a = merge(a, b);
        a->next = pairs;
        pairs = a;
    }
    while (pairs != NULL) {
        struct heap_node *pair = pairs;
        pairs = pair->next;
        merged = merge(pair, merged);
    }
    return merged;
}

static void set_first(struct heap *heap, struct heap_node *node) {
    heap->first = node;
    if (node == NULL) return;
    node->next = NULL;
    node->at = &heap->first;
}

void heap_put(struct heap *heap, struct heap_node *node, int64_t key) {
    *node = (struct heap_node){.key = key};
    set_first(heap, merge(heap->first, node));
}

void heap_leave(struct heap *heap, struct heap_node *node) {
    if (node->at == NULL) return;
    *node->at = node->next;
    if (node->next != NULL) node->next->at = node->at;
    struct heap_node *below = merge_all(node->child);
    *node = (struct heap_node){.key = node->key};
    set_first(heap, merge(heap->first, below));
}
