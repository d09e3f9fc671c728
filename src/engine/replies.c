#include "engine/replies.h"

static struct call *first(const struct list *exchanges) {
    struct list *link = list_first(exchanges);
    return link != NULL ? LIST_OWNER(struct call, owed, link) : NULL;
}

void replies_init(struct replies *replies) {
    *replies = (struct replies){.clock = 0};
    list_init(&replies->asked);
    list_init(&replies->owed);
}

void replies_launch(struct replies *replies, struct call *call) {
    operation_begun(&call->operation, &call->action, replies->clock);
    call->reply_at = -1;
    list_push(&replies->asked, &call->owed);
}

struct call *replies_next(struct replies *replies) {
    struct call *call = first(&replies->asked);
    if (call == NULL) return NULL;
    list_leave(&call->owed);
    list_push(&replies->owed, &call->owed);
    return call;
}

static int64_t ends_at(const struct call *call) {
    return call->reply_at < call->action.end_by ? call->reply_at : call->action.end_by;
}

bool replies_reply(struct replies *replies, struct call *call, const struct replies_reply *reply) {
    if (call->stage != CALL_RUNNING || call->reply_at >= 0) return false;
    buffer_clear(&call->answer);
    call->reply = reply->end;
    if (reply->body.size > call->max_response)
        call->reply.body = ATTEMPT_BODY_TOO_LARGE;
    else if (!buffer_append(&call->answer, reply->body))
        return false;
    call_note(call, reply->headers, "");
    call->timings = (struct exchange_timings){.total = (double)reply->after / 1e6};
    call->reply_at = reply->after < INT64_MAX - replies->clock ? replies->clock + reply->after : INT64_MAX;
    list_leave(&call->owed);
    heap_put(&replies->coming, &call->timer, ends_at(call));
    return true;
}

bool replies_has_asked(const struct replies *replies) { return first(&replies->asked) != NULL; }

bool replies_is_owed(const struct replies *replies) {
    return first(&replies->asked) != NULL || first(&replies->owed) != NULL;
}

int64_t replies_next_timer(const struct replies *replies) { return heap_least(&replies->coming); }

struct call *replies_end(struct replies *replies, struct attempt_end *end) {
    if (heap_least(&replies->coming) > replies->clock) return NULL;
    struct call *call = LIST_OWNER(struct call, timer, replies->coming.first);
    heap_leave(&replies->coming, &call->timer);
    *end = call->reply;
    if (call->reply_at > call->action.end_by) {
        *end = (struct attempt_end){.how = ATTEMPT_EXPIRED, .sent = call->reply.sent};
        buffer_clear(&call->answer);
        call_note(call, NULL, "");
    }
    return call;
}

void replies_drop(struct replies *replies, struct call *call) {
    list_leave(&call->owed);
    heap_leave(&replies->coming, &call->timer);
}
