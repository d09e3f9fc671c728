/* Doubly linked lists whose links stand in what they list: putting in and taking out cost the same however much is in
   one. A list is a ring with its own head; a zeroed link is in none. */
#ifndef AUTH0_PURE_LIST_H
#define AUTH0_PURE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* A head, or a link. Neither may move while it is in use. */
struct list {
    struct list *next, *previous;
};

/* What a link stands in. */
#define LIST_OWNER(type, member, link) ((type *)(void *)((char *)(link)-offsetof(type, member)))

static inline void list_init(struct list *head) { head->next = head->previous = head; }

static inline struct list *list_first(const struct list *head) { return head->next != head ? head->next : NULL; }

/* After `place`: behind the head, that is first. */
static inline void list_put(struct list *place, struct list *link) {
    *link = (struct list){place->next, place};
    place->next->previous = link;
    place->next = link;
}

static inline void list_push(struct list *head, struct list *link) { list_put(head->previous, link); }

static inline bool list_has(const struct list *link) { return link->next != NULL; }

/* Out of the list that it is in, if there is one. */
static inline void list_leave(struct list *link) {
    if (!list_has(link)) return;
    link->next->previous = link->previous;
    link->previous->next = link->next;
    *link = (struct list){NULL, NULL};
}

#endif
