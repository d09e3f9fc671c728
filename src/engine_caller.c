#include "engine_state.h"
#include "pipe_guard.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* ---- opening and closing ---- */

static struct engine *engine_new(void) {
    struct engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL) return NULL;
    engine->owner = getpid();
    struct call_list *lists[] = {&engine->queue, &engine->running, &engine->following, &engine->paused, &engine->done};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) call_list_init(lists[i]);
    answered_init(&engine->answered);
    pace_init(&engine->pace, NULL);
    engine->gate_at = INT64_MAX;
    return engine;
}

/* Pauses are spread among processes; nothing here is a secret. In process every run is the same. */
static void seed(struct engine *engine) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    engine->random = (uint64_t)now.tv_nsec ^ (uint64_t)now.tv_sec << 30 ^ (uint64_t)engine->owner << 40;
}

struct engine *engine_open(struct buffer *key) {
    struct engine *engine = engine_new();
    if (engine == NULL) {
        buffer_free(key);
        return NULL;
    }
    engine->key = *key;
    *key = (struct buffer){NULL, 0, 0};
    seed(engine);
    transport_unpack(engine->key.at, &engine->transport);
    engine->network = network_open(&engine->transport);
    if (engine->network != NULL) return engine;
    engine_close(engine);
    return NULL;
}

struct engine *engine_open_answered(void) {
    return engine_new();
}

static void drop_tokens(struct engine *engine) {
    if (engine->tokens == NULL) return;
    struct call *request = tokens_own_request(engine->tokens);
    if (request->engine != NULL) engine_forget(request);
    tokens_free(engine->tokens);
    engine->tokens = NULL;
    engine->is_asking = engine->is_asked = false;
}

static struct call *find_dependent(const struct engine *engine) {
    const struct call_list *lists[] = {&engine->queue,  &engine->running,        &engine->following,
                                       &engine->paused, &engine->answered.asked, &engine->answered.waiting};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        for (struct call *call = lists[i]->first; call != NULL; call = call->next)
            if (call->is_engines_token) return call;
    return NULL;
}

void engine_configure(struct engine *engine, const struct engine_options *options) {
    for (struct call *call; (call = find_dependent(engine)) != NULL;) engine_forget(call);
    drop_tokens(engine);
    pace_init(&engine->pace, &options->pace);
    engine->tokens = options->tokens;
    engine->events.is_wanted = options->wants_events;
}

/* Every call of a list is let go. */
static void abandon(struct call_list *list) {
    while (list->first != NULL) {
        struct call *call = call_list_take(list, &list->first);
        call->stage = CALL_NEW;
        call->engine = NULL;
        call->leader = NULL;
        call->exchange = NULL;
    }
}

void engine_close(struct engine *engine) {
    if (!engine_is_own(engine)) return;
    struct pipe_guard guard = pipe_guard_begin(); /* closing says goodbye over TLS */
    struct call_list *lists[] = {&engine->queue, &engine->running,        &engine->following,       &engine->paused,
                                 &engine->done,  &engine->answered.asked, &engine->answered.waiting};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) abandon(lists[i]);
    if (engine->network != NULL) network_close(engine->network);
    tokens_free(engine->tokens);
    buffer_free(&engine->key); /* a proxy's password may stand in it */
    free(engine);
    pipe_guard_end(&guard);
}

bool engine_has_tokens(const struct engine *engine) { return engine->tokens != NULL; }

struct span engine_given_token(const struct engine *engine) {
    return engine->tokens != NULL ? tokens_own(engine->tokens) : (struct span){NULL, 0};
}

struct engine_stats engine_stats(const struct engine *engine) {
    struct engine_stats stats = engine->stats;
    const struct call_list *waiting[] = {&engine->queue, &engine->paused};
    for (size_t i = 0; i < 2; i++)
        for (const struct call *call = waiting[i]->first; call != NULL; call = call->next) stats.waiting++;
    stats.events_dropped = engine->events.dropped;
    return stats;
}

/* ---- the caller's side ---- */

void engine_submit(struct engine *engine, struct call *call) {
    engine->stats.calls++;
    engine_begin(engine, call);
}

void engine_refuse(struct call *call) {
    struct operation_event event = {.kind = OPERATION_STARTED};
    (void)operation_step(&call->operation, &event);
    event = (struct operation_event){.kind = OPERATION_ENDED, .end = {.how = ATTEMPT_UNREACHED}};
    (void)operation_step(&call->operation, &event);
    call_note(call, NULL, "libcurl could not start: not enough memory?");
}

static void cancel_running(struct engine *engine, struct call *call) {
    const struct attempt_end cancelled = {.how = ATTEMPT_CANCELLED, .sent = true};
    if (call->leader != NULL) {
        call_list_remove(&engine->following, call);
        engine_tell_silence(engine, call, cancelled, "");
    } else if (engine->network != NULL) {
        struct pipe_guard guard = pipe_guard_begin();
        network_cancel(engine->network, call, engine_now(engine));
        engine_collect(engine);
        pipe_guard_end(&guard);
    } else {
        answered_forget(&engine->answered, call);
        buffer_clear(&call->answer);
        call_note(call, NULL, "");
        engine_end_exchange(engine, call, cancelled);
    }
}

void engine_cancel(struct engine *engine, struct call *call) {
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
        network_forget(engine->network, call);
        pipe_guard_end(&guard);
    }
    engine->stats.in_flight--;
    pace_end(&engine->pace, call_bucket(call, call->action.request), call->begun, engine_now(engine), NULL, 0);
    answered_forget(&engine->answered, call);
    (void)call_list_remove(&engine->running, call);
    engine_release_followers(engine, call);
}

void engine_forget(struct call *call) {
    struct engine *engine = call->engine;
    if (engine == NULL) return;
    if (call->stage == CALL_RUNNING && call->leader == NULL)
        drop_exchange(engine, call);
    else
        (void)(call_list_remove(&engine->queue, call) || call_list_remove(&engine->following, call) ||
               call_list_remove(&engine->paused, call) || call_list_remove(&engine->done, call));
    call->stage = CALL_NEW;
    call->engine = NULL;
}

bool engine_reply(struct engine *engine, struct call *call, const struct answered_reply *reply) {
    return call->engine == engine && engine->network == NULL && answered_reply(&engine->answered, call, reply);
}

void engine_give_token(struct engine *engine, struct span token, int64_t lifetime) {
    engine->is_asked = false;
    tokens_given(engine->tokens, engine_now(engine), token, lifetime);
    engine_tell_token(engine);
}

void engine_refuse_token(struct engine *engine, const char *words) {
    engine->is_asked = false;
    tokens_failed(engine->tokens, engine_now(engine), engine_random(engine), words);
    engine_tell_token(engine);
}

static bool is_asking(struct engine *engine) {
    bool asking = engine->is_asking;
    engine->is_asking = false;
    if (asking) engine->is_asked = true;
    return asking;
}

bool engine_next(struct engine *engine, struct engine_record *record) {
    *record = (struct engine_record){.kind = ENGINE_EVENT};
    if (events_next(&engine->events, &record->event)) return true;
    if ((record->call = answered_next(&engine->answered)) != NULL) {
        record->kind = ENGINE_EXCHANGE;
        return true;
    }
    if (is_asking(engine)) {
        record->kind = ENGINE_TOKEN;
        return true;
    }
    if (engine->done.first == NULL) return false;
    record->kind = ENGINE_DONE;
    record->call = call_list_take(&engine->done, &engine->done.first);
    record->call->stage = CALL_NEW;
    record->call->engine = NULL;
    return true;
}
