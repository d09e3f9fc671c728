#include "engine/sequences.h"
#include "engine/token_call.h"
#include "http/pipe_guard.h"

#include <stdlib.h>

/* ---- stopping ---- */

static void cancel_running(struct engine *engine, struct call *call) {
    if (engine->network != NULL) {
        struct pipe_guard guard = pipe_guard_begin();
        network_cancel(engine->network, call->exchange, engine->now);
        engine_collect(engine);
        pipe_guard_end(&guard);
    } else {
        replies_drop(&engine->replies, call);
        buffer_clear(&call->answer);
        call_note(call, NULL, "");
        engine_end_exchange(engine, call, (struct attempt_end){.how = ATTEMPT_CANCELLED, .sent = true},
                            (struct engine_connection){.http = 0});
    }
}

void engine_cancel_call(struct engine *engine, struct call *call) {
    engine_look(engine);
    if (call->run != NULL) {
        sequences_cancel(engine, call);
        return;
    }
    if (call->stage == CALL_QUEUED) {
        queue_drop(&engine->queue, &call->entry, engine->now);
        engine_tell_silence(engine, call, (struct attempt_end){.how = ATTEMPT_CANCELLED}, "");
    } else if (call->stage == CALL_PAUSED) {
        engine_end_pause(engine, call, OPERATION_CANCELLED);
    } else if (call->stage == CALL_RUNNING) {
        cancel_running(engine, call);
    }
}

static void drop_exchange(struct engine *engine, struct call *call) {
    if (call->exchange != NULL && engine_is_own(engine)) {
        struct pipe_guard guard = pipe_guard_begin();
        network_drop(engine->network, call->exchange);
        pipe_guard_end(&guard);
        call->exchange = NULL;
    }
    replies_drop(&engine->replies, call);
    queue_drop(&engine->queue, &call->entry, engine->now);
}

void engine_drop_call(struct engine *engine, struct call *call) {
    if (call->stage == CALL_NEW) return;
    engine_look(engine);
    if (call->run != NULL) {
        sequences_drop(engine, call);
        return;
    }
    if (call->stage == CALL_QUEUED || call->stage == CALL_RUNNING) drop_exchange(engine, call);
    if (call->stage == CALL_PAUSED) {
        heap_leave(&engine->paused, &call->timer);
        engine->pauses--;
    }
    list_leave(&call->link);
    call->stage = CALL_NEW;
}

void engine_approve_call(struct engine *engine, struct call *call) {
    engine_look(engine);
    if (call->run != NULL) sequences_approve(engine, call);
}

/* Every call of a list is let go; the engine's own is no caller's. Their timers stay in the heap, which is not touched
   any more. */
static void abandon(const struct engine *engine, const struct list *calls) {
    for (struct call *call; (call = call_first(calls)) != NULL;) {
        list_leave(&call->link);
        call->stage = CALL_NEW;
        call->exchange = NULL;
        if (!token_call_is(engine, call)) call_unref(call);
    }
}

void engine_free(struct engine *engine) {
    struct pipe_guard guard = pipe_guard_begin(); /* closing says goodbye over TLS */
    sequences_abandon(engine);
    if (engine->network != NULL) network_close(engine->network);
    abandon(engine, &engine->calls);
    abandon(engine, &engine->done);
    call_release(&engine->token_call);
    token_source_free(engine->tokens);
    events_free(&engine->events);
    buffer_free(&engine->key); /* a proxy's password may stand in it */
    free(engine);
    pipe_guard_end(&guard);
}

/* ---- what there is to tell ---- */

static bool is_asking(struct engine *engine) {
    bool asking = engine->is_asking;
    engine->is_asking = false;
    if (!asking) return false;
    engine->is_asked = true;
    engine->token_request++;
    return true;
}

static bool next_receipt(struct engine *engine, struct engine_record *record) {
    struct list *first = list_first(&engine->receipts);
    if (first == NULL) return false;
    *record = (struct engine_record){.kind = ENGINE_RECEIPT, .call = LIST_OWNER(struct call, owed, first)};
    list_leave(first);
    return true;
}

bool engine_fetch(struct engine *engine, struct engine_record *record) {
    *record = (struct engine_record){.kind = ENGINE_EVENT};
    if (events_next(&engine->events, &record->event)) return true;
    if ((record->call = replies_next(&engine->replies)) != NULL) {
        record->kind = ENGINE_EXCHANGE;
        return true;
    }
    if (is_asking(engine)) {
        record->kind = ENGINE_TOKEN;
        record->token_request = engine->token_request;
        return true;
    }
    if (next_receipt(engine, record)) return true;
    if ((record->call = call_first(&engine->done)) == NULL) return false;
    record->kind = ENGINE_DONE;
    list_leave(&record->call->link);
    record->call->stage = CALL_NEW;
    return true;
}

static void count_buckets(const struct engine *engine, struct engine_stats *stats) {
    const struct pace *pace = &engine->queue.pace;
    for (int i = 0; i < PACE_CLASSES; i++) {
        const struct bucket *bucket = &pace->gates[i].bucket;
        stats->limits[i] = (double)bucket->limit;
        if (bucket->limit > 0) stats->left[i] = bucket_level(bucket, &pace->clock, engine->now);
    }
}

struct engine_stats engine_count(const struct engine *engine) {
    struct engine_stats stats = engine->stats;
    count_buckets(engine, &stats);
    stats.in_flight = engine->queue.in_flight;
    stats.waiting = engine->queue.waiting + engine->pauses;
    stats.events_dropped = engine->events.dropped;
    return stats;
}
