#include "engine/replies.h"

void replies_init(struct replies *replies) {
    replies->clock = 0;
    call_list_init(&replies->asked);
    call_list_init(&replies->waiting);
}

void replies_launch(struct replies *replies, struct call *call) {
    operation_begun(&call->operation, &call->action, replies->clock);
    call->reply_at = -1;
    call_list_push(&replies->asked, call);
}

struct call *replies_next(struct replies *replies) {
    if (replies->asked.first == NULL) return NULL;
    struct call *call = call_list_take(&replies->asked, &replies->asked.first);
    call_list_push(&replies->waiting, call);
    return call;
}

bool replies_reply(struct replies *replies, struct call *call, const struct replies_reply *reply) {
    if (call->stage != CALL_RUNNING || call->leader != NULL || call->reply_at >= 0) return false;
    buffer_clear(&call->answer);
    call->reply = reply->end;
    if (reply->body.size > call->max_response)
        call->reply.body = ATTEMPT_BODY_TOO_LARGE;
    else if (!buffer_append(&call->answer, reply->body))
        return false;
    call_note(call, reply->headers, "");
    call->timings = (struct exchange_timings){.total = (double)reply->after / 1e6};
    call->reply_at = reply->after < INT64_MAX - replies->clock ? replies->clock + reply->after : INT64_MAX;
    return true;
}

bool replies_is_owed(const struct replies *replies) {
    if (replies->asked.first != NULL) return true;
    for (const struct call *call = replies->waiting.first; call != NULL; call = call->next)
        if (call->reply_at < 0) return true;
    return false;
}

static int64_t ends_at(const struct call *call) {
    return call->reply_at < call->action.end_by ? call->reply_at : call->action.end_by;
}

static struct call **soonest(struct replies *replies) {
    struct call **first = NULL;
    for (struct call **at = &replies->waiting.first; *at != NULL; at = &(*at)->next)
        if ((*at)->reply_at >= 0 && (first == NULL || ends_at(*at) < ends_at(*first))) first = at;
    return first;
}

int64_t replies_next_timer(const struct replies *replies) {
    int64_t next = INT64_MAX;
    for (const struct call *call = replies->waiting.first; call != NULL; call = call->next)
        if (call->reply_at >= 0 && ends_at(call) < next) next = ends_at(call);
    return next;
}

struct call *replies_end(struct replies *replies, struct attempt_end *end) {
    struct call **first = soonest(replies);
    if (first == NULL || ends_at(*first) > replies->clock) return NULL;
    struct call *call = call_list_take(&replies->waiting, first);
    *end = call->reply;
    if (call->reply_at > call->action.end_by) {
        *end = (struct attempt_end){.how = ATTEMPT_EXPIRED, .sent = call->reply.sent};
        buffer_clear(&call->answer);
        call_note(call, NULL, "");
    }
    return call;
}

void replies_forget(struct replies *replies, struct call *call) {
    (void)(call_list_remove(&replies->asked, call) || call_list_remove(&replies->waiting, call));
}
