#include "answered.h"

void answered_init(struct answered *answered) {
    answered->clock = 0;
    call_list_init(&answered->asked);
    call_list_init(&answered->waiting);
}

void answered_launch(struct answered *answered, struct call *call) {
    operation_begun(&call->operation, &call->action, answered->clock);
    call->reply_at = -1;
    call_list_push(&answered->asked, call);
}

struct call *answered_next(struct answered *answered) {
    if (answered->asked.first == NULL) return NULL;
    struct call *call = call_list_take(&answered->asked, &answered->asked.first);
    call_list_push(&answered->waiting, call);
    return call;
}

bool answered_reply(struct answered *answered, struct call *call, const struct answered_reply *reply) {
    if (call->stage != CALL_RUNNING || call->leader != NULL || call->reply_at >= 0) return false;
    buffer_clear(&call->answer);
    call->reply = reply->end;
    if (reply->body.size > call->max_response)
        call->reply.body = ATTEMPT_BODY_TOO_LARGE;
    else if (!buffer_append(&call->answer, reply->body))
        return false;
    call_note(call, reply->headers, "");
    call->timings = (struct exchange_timings){.total = (double)reply->after / 1e6};
    call->reply_at = reply->after < INT64_MAX - answered->clock ? answered->clock + reply->after : INT64_MAX;
    return true;
}

bool answered_is_owed(const struct answered *answered) {
    if (answered->asked.first != NULL) return true;
    for (const struct call *call = answered->waiting.first; call != NULL; call = call->next)
        if (call->reply_at < 0) return true;
    return false;
}

static int64_t ends_at(const struct call *call) {
    return call->reply_at < call->action.end_by ? call->reply_at : call->action.end_by;
}

static struct call **soonest(struct answered *answered) {
    struct call **first = NULL;
    for (struct call **at = &answered->waiting.first; *at != NULL; at = &(*at)->next)
        if ((*at)->reply_at >= 0 && (first == NULL || ends_at(*at) < ends_at(*first))) first = at;
    return first;
}

int64_t answered_next_timer(const struct answered *answered) {
    int64_t next = INT64_MAX;
    for (const struct call *call = answered->waiting.first; call != NULL; call = call->next)
        if (call->reply_at >= 0 && ends_at(call) < next) next = ends_at(call);
    return next;
}

struct call *answered_end(struct answered *answered, struct attempt_end *end) {
    struct call **first = soonest(answered);
    if (first == NULL || ends_at(*first) > answered->clock) return NULL;
    struct call *call = call_list_take(&answered->waiting, first);
    *end = call->reply;
    if (call->reply_at > call->action.end_by) {
        *end = (struct attempt_end){.how = ATTEMPT_EXPIRED, .sent = call->reply.sent};
        buffer_clear(&call->answer);
        call_note(call, NULL, "");
    }
    return call;
}

void answered_forget(struct answered *answered, struct call *call) {
    (void)(call_list_remove(&answered->asked, call) || call_list_remove(&answered->waiting, call));
}
