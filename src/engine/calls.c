#include "engine/state.h"
#include "engine/token_call.h"
#include "os/pipe_guard.h"

#include <stdlib.h>

/* ---- stopping ---- */

static void cancel_running(struct engine *engine, struct call *call) {
    const struct attempt_end cancelled = {.how = ATTEMPT_CANCELLED, .sent = true};
    if (call->leader != NULL) {
        call_list_remove(&engine->following, call);
        engine_tell_silence(engine, call, cancelled, "");
    } else if (engine->network != NULL) {
        struct pipe_guard guard = pipe_guard_begin();
        network_cancel(engine->network, call->exchange, engine_now(engine));
        engine_collect(engine);
        pipe_guard_end(&guard);
    } else {
        replies_forget(&engine->replies, call);
        buffer_clear(&call->answer);
        call_note(call, NULL, "");
        engine_end_exchange(engine, call, cancelled);
    }
}

void engine_stop(struct engine *engine, struct call *call) {
    if (call->stage == CALL_QUEUED) {
        call_list_remove(&engine->queue, call);
        engine_tell_silence(engine, call, (struct attempt_end){.how = ATTEMPT_CANCELLED}, "");
    } else if (call->stage == CALL_PAUSED) {
        call_list_remove(&engine->paused, call);
        struct operation_event cancelled = engine_event(engine, OPERATION_CANCELLED, call);
        engine_obey(engine, call, operation_step(&call->operation, &cancelled));
    } else if (call->stage == CALL_RUNNING) {
        cancel_running(engine, call);
    }
}

/* Of an exchange that nobody hears the end of, the gates must not wait for it. */
static void drop_exchange(struct engine *engine, struct call *call) {
    if (call->exchange != NULL && engine_is_own(engine)) {
        struct pipe_guard guard = pipe_guard_begin();
        network_forget(engine->network, call->exchange);
        pipe_guard_end(&guard);
        call->exchange = NULL;
    }
    engine->stats.in_flight--;
    pace_end(&engine->pace, call_bucket(call, call->action.request), call->begun, engine_now(engine), NULL, 0);
    replies_forget(&engine->replies, call);
    (void)call_list_remove(&engine->running, call);
    engine_release_followers(engine, call);
}

void engine_let_go(struct engine *engine, struct call *call) {
    if (call->stage == CALL_NEW) return;
    if (call->stage == CALL_RUNNING && call->leader == NULL)
        drop_exchange(engine, call);
    else
        (void)(call_list_remove(&engine->queue, call) || call_list_remove(&engine->following, call) ||
               call_list_remove(&engine->paused, call) || call_list_remove(&engine->done, call));
    call->stage = CALL_NEW;
}

/* Every call of a list is let go; the engine's own is no caller's. */
static void abandon(const struct engine *engine, struct call_list *list) {
    while (list->first != NULL) {
        struct call *call = call_list_take(list, &list->first);
        call->stage = CALL_NEW;
        call->leader = NULL;
        call->exchange = NULL;
        if (!token_call_is(engine, call)) call_drop(call);
    }
}

void engine_free(struct engine *engine) {
    struct pipe_guard guard = pipe_guard_begin(); /* closing says goodbye over TLS */
    if (engine->network != NULL) network_close(engine->network);
    struct call_list *lists[] = {&engine->queue, &engine->running,       &engine->following,      &engine->paused,
                                 &engine->done,  &engine->replies.asked, &engine->replies.waiting};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) abandon(engine, lists[i]);
    call_release(&engine->token_call);
    token_source_free(engine->tokens);
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
    engine->wish++;
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
        record->wish = engine->wish;
        return true;
    }
    if (engine->done.first == NULL) return false;
    record->kind = ENGINE_DONE;
    record->call = call_list_take(&engine->done, &engine->done.first);
    record->call->stage = CALL_NEW;
    return true;
}

struct engine_stats engine_count(const struct engine *engine) {
    struct engine_stats stats = engine->stats;
    stats.waiting = engine->queue.count + engine->paused.count;
    stats.events_dropped = engine->events.dropped;
    return stats;
}
