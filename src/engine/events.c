#include "engine/events.h"

#include <stdio.h>
#include <stdlib.h>

/* The ring is large, and most engines never have an event: it is made with the first. */
static bool has_room(struct events *events) {
    if (events->ring == NULL) events->ring = malloc(EVENTS_KEPT * sizeof *events->ring);
    return events->ring != NULL && events->count < EVENTS_KEPT;
}

void events_add(struct events *events, const struct call *call, struct event event) {
    if (!events->is_wanted) return;
    if (!has_room(events)) {
        events->dropped++;
        return;
    }
    struct event *kept = &events->ring[(events->first + events->count++) % EVENTS_KEPT];
    *kept = event;
    if (call == NULL) return;
    struct exchange_order order = call_exchange(call, call->action.request);
    kept->id = call->id;
    kept->method = order.method;
    kept->attempts = call->operation.result.attempts;
    if (call->correlation_id.at != NULL)
        snprintf(kept->correlation_id, sizeof kept->correlation_id, "%s", call->correlation_id.at);
}

bool events_next(struct events *events, struct event *event) {
    if (events->count == 0) return false;
    *event = events->ring[events->first];
    events->first = (events->first + 1) % EVENTS_KEPT;
    events->count--;
    return true;
}

void events_free(struct events *events) { free(events->ring); }

const char *events_kind_name(enum event_kind kind) {
    static const char *const names[EVENT_KINDS] = {"request", "retry", "wait", "token", "settle"};
    return names[kind];
}
