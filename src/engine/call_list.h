/* Lists of calls, in the order in which they came. A call is in one list at most. */
#ifndef AUTH0_ENGINE_CALL_LIST_H
#define AUTH0_ENGINE_CALL_LIST_H

#include "engine/call.h"

struct call_list {
    struct call *first, **last;
    int count;
};

static inline void call_list_init(struct call_list *list) { *list = (struct call_list){NULL, &list->first, 0}; }

static inline void call_list_push(struct call_list *list, struct call *call) {
    call->next = NULL;
    *list->last = call;
    list->last = &call->next;
    list->count++;
}

static inline struct call *call_list_take(struct call_list *list, struct call **at) {
    struct call *call = *at;
    *at = call->next;
    if (list->last == &call->next) list->last = at;
    call->next = NULL;
    list->count--;
    return call;
}

static inline bool call_list_remove(struct call_list *list, const struct call *call) {
    for (struct call **at = &list->first; *at != NULL; at = &(*at)->next)
        if (*at == call) {
            call_list_take(list, at);
            return true;
        }
    return false;
}

#endif
