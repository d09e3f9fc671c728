#include "engine/sequences.h"
#include "engine/worker.h"
#include "os/clock.h"
#include "os/process.h"

#include <stdlib.h>

/* ---- opening and closing ---- */

static struct engine *engine_new(bool has_network) {
    struct engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL) return NULL;
    engine->owner = process_id();
    list_init(&engine->calls);
    list_init(&engine->done);
    list_init(&engine->runs);
    turns_init(&engine->turns);
    list_init(&engine->receipts);
    replies_init(&engine->replies);
    queue_init(&engine->queue, NULL, has_network ? &queue_usual_rooms : NULL);
    engine->queue_at = INT64_MAX;
    return engine;
}

/* The random numbers are for the jitter of pauses, so that processes differ; nothing here is a secret. In process every
   run is the same. */
static void seed(struct engine *engine) { engine->random = (uint64_t)clock_unix_us() ^ (uint64_t)engine->owner << 40; }

struct engine *engine_open(struct buffer *key) {
    struct engine *engine = engine_new(true);
    if (engine == NULL) {
        buffer_free(key);
        return NULL;
    }
    engine->key = *key;
    *key = (struct buffer){NULL, 0, 0};
    seed(engine);
    profile_unpack(engine->key.at, &engine->profile);
    engine->network = network_open(&engine->profile);
    if (engine->network != NULL) return engine;
    engine_free(engine);
    return NULL;
}

struct engine *engine_open_answered(void) {
    return engine_new(false);
}

static void drop_tokens(struct engine *engine) {
    if (engine->tokens == NULL) return;
    engine_drop_call(engine, &engine->token_call);
    call_release(&engine->token_call);
    token_source_free(engine->tokens);
    engine->tokens = NULL;
    queue_token_changed(&engine->queue);
    engine->is_asking = engine->is_asked = false;
}

/* What is done needs no token any more. Sequences end with either token. */
static void forget_dependents(struct engine *engine) {
    for (struct call *call = engine->submitted, *next; call != NULL; call = next) {
        next = call->submitted_next;
        if ((call->is_engines_token || call->run != NULL) && call->stage != CALL_DONE) engine_drop(call);
    }
}

void engine_configure(struct engine *engine, const struct engine_options *options) {
    forget_dependents(engine);
    sequences_abandon(engine);
    drop_tokens(engine);
    pace_init(&engine->queue.pace, &options->pace);
    engine->tokens = options->tokens;
    engine->events.is_wanted = options->wants_events;
}

bool engine_start(struct engine *engine) {
    if (engine->worker == NULL && engine->network != NULL) engine->worker = worker_start(engine);
    return engine->worker != NULL;
}

/* ---- what was submitted: the caller's list of the calls that the engine has ---- */

static void list_submitted(struct engine *engine, struct call *call) {
    call_ref(call);
    call->engine = engine;
    call->submitted_next = engine->submitted;
    call->submitted_at = &engine->submitted;
    if (engine->submitted != NULL) engine->submitted->submitted_at = &call->submitted_next;
    engine->submitted = call;
    engine->submitted_count++;
}

static void unlist_submitted(struct engine *engine, struct call *call) {
    *call->submitted_at = call->submitted_next;
    if (call->submitted_next != NULL) call->submitted_next->submitted_at = call->submitted_at;
    engine->submitted_count--;
    call->engine = NULL;
}

void engine_close(struct engine *engine) {
    if (!engine_is_own(engine)) return;
    while (engine->submitted != NULL) unlist_submitted(engine, engine->submitted);
    if (engine->worker != NULL)
        worker_stop(engine->worker);
    else
        engine_free(engine);
}

/* ---- what never changes ---- */

bool engine_has_tokens(const struct engine *engine) { return engine->tokens != NULL; }

struct span engine_given_token(const struct engine *engine) {
    return engine->tokens != NULL ? token_source_own(engine->tokens) : (struct span){NULL, 0};
}

/* ---- to the engine itself, or to its thread ---- */

void engine_submit(struct engine *engine, struct call *call) {
    list_submitted(engine, call);
    if (engine->worker != NULL)
        worker_submit(engine->worker, call);
    else
        engine_begin_call(engine, call);
}

void engine_refuse(struct call *call, const char *words) {
    struct operation_event event = {.kind = OPERATION_STARTED};
    (void)operation_step(&call->operation, &event);
    event = (struct operation_event){.kind = OPERATION_ENDED, .end = {.how = ATTEMPT_UNREACHED}};
    (void)operation_step(&call->operation, &event);
    call_note(call, NULL, words);
    call_keep_told(call, event.end);
}

void engine_cancel(struct engine *engine, struct call *call) {
    if (engine->worker != NULL)
        worker_cancel(engine->worker, call);
    else
        engine_cancel_call(engine, call);
}

void engine_drop(struct call *call) {
    struct engine *engine = call->engine;
    if (engine == NULL) return;
    unlist_submitted(engine, call);
    if (engine->worker == NULL) {
        engine_drop_call(engine, call);
        call_unref(call);
    } else if (engine_is_own(engine)) { /* else the thread is the parent's, and what it had stays */
        worker_drop(engine->worker, call);
    }
}

void engine_approve(struct engine *engine, struct call *call) {
    if (engine->worker != NULL)
        worker_approve(engine->worker, call);
    else
        engine_approve_call(engine, call);
}

int engine_unfinished(const struct engine *engine) { return engine->worker != NULL ? 0 : engine->unfinished; }

bool engine_reply(struct engine *engine, struct call *call, const struct replies_reply *reply) {
    return engine->network == NULL && replies_reply(&engine->replies, call, reply);
}

void engine_give_token(struct engine *engine, int token_request, struct span token, int64_t lifetime) {
    if (engine->worker != NULL)
        worker_give_token(engine->worker, token_request, token, lifetime);
    else
        engine_take_token(engine, token_request, token, lifetime);
}

void engine_refuse_token(struct engine *engine, int token_request, const char *words) {
    if (engine->worker != NULL)
        worker_refuse_token(engine->worker, token_request, words);
    else
        engine_take_refusal(engine, token_request, words);
}

void engine_turn(struct engine *engine, int wait_ms) {
    if (engine->worker != NULL) {
        worker_wait(engine->worker, wait_ms);
        return;
    }
    engine_turn_once(engine);
    engine_wait(engine, wait_ms);
}

bool engine_next(struct engine *engine, struct engine_record *record) {
    bool has_one = engine->worker != NULL ? worker_next(engine->worker, record) : engine_fetch(engine, record);
    if (!has_one || record->kind != ENGINE_DONE) return has_one;
    unlist_submitted(engine, record->call);
    call_unref(record->call); /* the engine's reference; the submitter has its own */
    return true;
}

struct engine_stats engine_stats(struct engine *engine) {
    return engine->worker != NULL ? worker_stats(engine->worker) : engine_count(engine);
}

struct span engine_token(const struct engine *engine) {
    unsigned generation;
    if (engine->worker != NULL || engine->tokens == NULL) return (struct span){NULL, 0};
    return token_source_text(engine->tokens, &generation);
}

struct bell *engine_bell(struct engine *engine) {
    return engine->worker != NULL ? worker_bell(engine->worker) : NULL;
}

int engine_pending(struct engine *engine) {
    bool owed = engine->worker != NULL ? worker_is_owed(engine->worker) : engine->is_asking || engine->is_asked;
    return engine->submitted_count + owed;
}
