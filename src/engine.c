#include "engine.h"

#include "network.h"
#include "pipe_guard.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct call_list {
    struct call *first, **last;
};

struct engine {
    struct network *network; /* NULL: whoever holds the engine answers, and `clock` is its time */
    int64_t clock;
    pid_t owner;
    struct buffer key;
    struct transport transport; /* points into the key */
    struct call_list queue, asked, waiting, done;
};

/* ---- lists of calls ---- */

static void list_push(struct call_list *list, struct call *call) {
    call->next = NULL;
    *list->last = call;
    list->last = &call->next;
}

static struct call *list_take(struct call_list *list, struct call **at) {
    struct call *call = *at;
    *at = call->next;
    if (list->last == &call->next) list->last = at;
    call->next = NULL;
    return call;
}

static bool list_remove(struct call_list *list, const struct call *call) {
    for (struct call **at = &list->first; *at != NULL; at = &(*at)->next)
        if (*at == call) {
            list_take(list, at);
            return true;
        }
    return false;
}

/* Every call of a list is let go. */
static void list_abandon(struct call_list *list) {
    while (list->first != NULL) {
        struct call *call = list_take(list, &list->first);
        call->stage = CALL_NEW;
        call->engine = NULL;
        call->exchange = NULL;
    }
}

/* ---- opening and closing ---- */

static struct engine *engine_new(void) {
    struct engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL) return NULL;
    engine->owner = getpid();
    engine->queue.last = &engine->queue.first;
    engine->asked.last = &engine->asked.first;
    engine->waiting.last = &engine->waiting.first;
    engine->done.last = &engine->done.first;
    return engine;
}

struct engine *engine_open(struct buffer *key) {
    struct engine *engine = engine_new();
    if (engine == NULL) {
        buffer_free(key);
        return NULL;
    }
    engine->key = *key;
    *key = (struct buffer){NULL, 0, 0};
    transport_unpack(engine->key.at, &engine->transport);
    engine->network = network_open(&engine->transport);
    if (engine->network != NULL) return engine;
    engine_close(engine);
    return NULL;
}

struct engine *engine_open_answered(void) {
    return engine_new();
}

void engine_close(struct engine *engine) {
    if (!engine_is_own(engine)) return;
    struct pipe_guard guard = pipe_guard_begin(); /* closing says goodbye over TLS */
    list_abandon(&engine->queue);
    list_abandon(&engine->asked);
    list_abandon(&engine->waiting);
    list_abandon(&engine->done);
    if (engine->network != NULL) network_close(engine->network);
    buffer_free(&engine->key); /* a proxy's password may stand in it */
    free(engine);
    pipe_guard_end(&guard);
}

struct span engine_key(const struct engine *engine) {
    return buffer_span(&engine->key);
}

bool engine_is_own(const struct engine *engine) { return engine->owner == getpid(); }

int64_t engine_now(const struct engine *engine) {
    struct timespec now;
    if (engine->network == NULL) return engine->clock;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Stops short of where adding a deadline would overflow. */
void engine_advance(struct engine *engine, int64_t microseconds) {
    const int64_t end_of_time = INT64_MAX / 2;
    engine->clock = microseconds < end_of_time - engine->clock ? engine->clock + microseconds : end_of_time;
}

/* ---- the operation's events in, its actions out ---- */

static void obey(struct engine *engine, struct call *call, struct operation_action action) {
    call->action = action;
    call->stage = action.kind == OPERATION_SEND ? CALL_QUEUED : CALL_DONE;
    list_push(action.kind == OPERATION_SEND ? &engine->queue : &engine->done, call);
}

static void tell_end(struct engine *engine, struct call *call, struct attempt_end end) {
    struct operation_event event = {OPERATION_ENDED, engine_now(engine), end, buffer_span(&call->answer)};
    obey(engine, call, operation_step(&call->operation, &event));
}

/* An end without an answer, of a call that is in no list. */
static void tell_silence(struct engine *engine, struct call *call, struct attempt_end end, const char *detail) {
    buffer_clear(&call->answer);
    call_note(call, NULL, detail);
    tell_end(engine, call, end);
}

static void expire_queue(struct engine *engine, int64_t now) {
    for (struct call **at = &engine->queue.first; *at != NULL;)
        if ((*at)->action.last_by <= now)
            tell_silence(engine, list_take(&engine->queue, at), (struct attempt_end){.how = ATTEMPT_EXPIRED},
                         "its time was over before it could be sent");
        else
            at = &(*at)->next;
}

/* ---- over the network ---- */

/* How long a call would wait for a connection. */
static int64_t patience(const struct call *call) {
    const struct operation_limits *limits = &call->operation.limits;
    int64_t shorter = limits->connect < limits->attempt ? limits->connect : limits->attempt;
    return shorter < limits->deadline ? shorter : limits->deadline;
}

/* If the one that went ahead cannot connect, neither can the others: they hear it at once, not one after another. But
   where its time was over, those that gave themselves more have not had theirs. */
static void fail_queue(struct engine *engine, const struct network_end *leader) {
    struct call_list queue = engine->queue;
    struct attempt_end end = {.how = leader->end.how == ATTEMPT_UNTRUSTED ? ATTEMPT_UNTRUSTED : ATTEMPT_UNREACHED};
    if (queue.first == NULL) return;
    engine->queue = (struct call_list){NULL, &engine->queue.first};
    while (queue.first != NULL) {
        struct call *call = list_take(&queue, &queue.first);
        if (leader->is_timed_out && patience(call) > patience(leader->call))
            list_push(&engine->queue, call);
        else
            tell_silence(engine, call, end, leader->call->detail);
    }
}

static void collect(struct engine *engine) {
    for (struct network_end end; network_next(engine->network, &end);) {
        list_remove(&engine->waiting, end.call);
        if (end.speaks_for_all) fail_queue(engine, &end);
        tell_end(engine, end.call, end.end);
    }
}

static void launch(struct engine *engine, int64_t now) {
    while (engine->queue.first != NULL && network_has_room(engine->network, now)) {
        struct call *call = list_take(&engine->queue, &engine->queue.first);
        if (!network_launch(engine->network, call, now)) {
            tell_end(engine, call, (struct attempt_end){.how = ATTEMPT_UNREACHED});
            continue;
        }
        call->stage = CALL_RUNNING;
        list_push(&engine->waiting, call);
    }
}

static int wait_time(const struct engine *engine, int at_most) {
    int64_t now = engine_now(engine), timer = network_next_timer(engine->network);
    for (const struct call *call = engine->queue.first; call != NULL; call = call->next)
        if (call->action.last_by < timer) timer = call->action.last_by;
    if (timer <= now) return 0;
    int64_t left = (timer - now - 1) / 1000 + 1;
    return left < at_most ? (int)left : at_most;
}

static void turn_network(struct engine *engine, int wait_ms) {
    struct pipe_guard guard = pipe_guard_begin();
    int64_t now = engine_now(engine);
    launch(engine, now);
    network_turn(engine->network, now);
    collect(engine);
    expire_queue(engine, now);
    if (engine->done.first == NULL && (engine->queue.first == NULL || !network_has_room(engine->network, now)))
        network_wait(engine->network, wait_time(engine, wait_ms));
    pipe_guard_end(&guard);
}

/* ---- answered by whoever holds the engine ---- */

static void ask(struct engine *engine) {
    expire_queue(engine, engine->clock);
    while (engine->queue.first != NULL) {
        struct call *call = list_take(&engine->queue, &engine->queue.first);
        operation_begun(&call->operation, &call->action, engine->clock);
        call->stage = CALL_RUNNING;
        call->reply_at = -1;
        list_push(&engine->asked, call);
    }
}

static int64_t ends_at(const struct call *call) {
    return call->reply_at < call->action.end_by ? call->reply_at : call->action.end_by;
}

/* Time goes on to the first end among those that were answered, if nobody else owes an answer. */
static void pass_time(struct engine *engine) {
    struct call **first = NULL;
    for (struct call **at = &engine->waiting.first; *at != NULL; at = &(*at)->next) {
        if ((*at)->reply_at < 0) return;
        if (first == NULL || ends_at(*at) < ends_at(*first)) first = at;
    }
    if (first == NULL) return;
    struct call *call = list_take(&engine->waiting, first);
    bool is_there = call->reply_at <= call->action.end_by;
    if (ends_at(call) > engine->clock) engine->clock = ends_at(call);
    if (is_there)
        tell_end(engine, call, call->reply);
    else
        tell_silence(engine, call, (struct attempt_end){.how = ATTEMPT_EXPIRED, .sent = call->reply.sent}, "");
}

static void turn_answered(struct engine *engine) {
    ask(engine);
    if (engine->done.first == NULL && engine->asked.first == NULL) pass_time(engine);
    ask(engine);
}

bool engine_reply(struct engine *engine, struct call *call, const struct engine_reply *reply) {
    if (call->engine != engine || call->stage != CALL_RUNNING || call->reply_at >= 0 || engine->network != NULL)
        return false;
    buffer_clear(&call->answer);
    call->reply = reply->end;
    if (reply->body.size > call->max_response)
        call->reply.body = ATTEMPT_BODY_TOO_LARGE;
    else if (!buffer_append(&call->answer, reply->body))
        return false;
    call_note(call, reply->headers, "");
    call->timings = (struct exchange_timings){.total = (double)reply->after / 1e6};
    call->reply_at = reply->after < INT64_MAX - engine->clock ? engine->clock + reply->after : INT64_MAX;
    return true;
}

/* ---- the caller's side ---- */

void engine_turn(struct engine *engine, int wait_ms) {
    if (engine->network != NULL)
        turn_network(engine, wait_ms);
    else
        turn_answered(engine);
}

void engine_submit(struct engine *engine, struct call *call) {
    struct operation_event started = {.kind = OPERATION_STARTED, .now = engine_now(engine)};
    call->engine = engine;
    obey(engine, call, operation_step(&call->operation, &started));
}

void engine_refuse(struct call *call) {
    struct operation_event event = {.kind = OPERATION_STARTED};
    (void)operation_step(&call->operation, &event);
    event = (struct operation_event){.kind = OPERATION_ENDED, .end = {.how = ATTEMPT_UNREACHED}};
    (void)operation_step(&call->operation, &event);
    call_note(call, NULL, "libcurl could not start: not enough memory?");
}

static void cancel_running(struct engine *engine, struct call *call) {
    if (engine->network != NULL) {
        struct pipe_guard guard = pipe_guard_begin();
        network_cancel(engine->network, call, engine_now(engine));
        collect(engine);
        pipe_guard_end(&guard);
        return;
    }
    if (!list_remove(&engine->asked, call)) list_remove(&engine->waiting, call);
    tell_silence(engine, call, (struct attempt_end){.how = ATTEMPT_CANCELLED, .sent = true}, "");
}

void engine_cancel(struct engine *engine, struct call *call) {
    if (call->stage == CALL_QUEUED) {
        list_remove(&engine->queue, call);
        tell_silence(engine, call, (struct attempt_end){.how = ATTEMPT_CANCELLED}, "");
    } else if (call->stage == CALL_RUNNING) {
        cancel_running(engine, call);
    }
}

void engine_forget(struct call *call) {
    struct engine *engine = call->engine;
    if (engine == NULL) return;
    if (call->exchange != NULL && engine_is_own(engine)) {
        struct pipe_guard guard = pipe_guard_begin();
        network_forget(engine->network, call);
        pipe_guard_end(&guard);
    }
    (void)(list_remove(&engine->queue, call) || list_remove(&engine->asked, call) ||
           list_remove(&engine->waiting, call) || list_remove(&engine->done, call));
    call->stage = CALL_NEW;
    call->engine = NULL;
}

bool engine_next(struct engine *engine, struct engine_record *record) {
    if (engine->asked.first != NULL) {
        struct call *call = list_take(&engine->asked, &engine->asked.first);
        list_push(&engine->waiting, call);
        *record = (struct engine_record){ENGINE_EXCHANGE, call};
        return true;
    }
    if (engine->done.first == NULL) return false;
    struct call *call = list_take(&engine->done, &engine->done.first);
    call->stage = CALL_NEW;
    call->engine = NULL;
    *record = (struct engine_record){ENGINE_DONE, call};
    return true;
}
