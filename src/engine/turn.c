#include "engine/state.h"
#include "os/pipe_guard.h"

static bool has_news(const struct engine *engine) {
    return engine->done.first != NULL || engine->replies.asked.first != NULL || engine->is_asking ||
           engine->events.count > 0;
}

/* ---- over the network ---- */

/* How long a call would wait for a connection. */
static int64_t patience(const struct call *call) {
    const struct operation_limits *limits = &call->operation.plan.limits;
    int64_t shorter = limits->connect < limits->attempt ? limits->connect : limits->attempt;
    return shorter < limits->deadline ? shorter : limits->deadline;
}

/* If the one that went ahead cannot connect, neither can the others: they hear it at once, not one after another. But
   where its time was over, those that gave themselves more have not had theirs. */
static void fail_queue(struct engine *engine, const struct exchange *leader, int64_t patience_of_leader) {
    struct call_list queue = engine->queue;
    struct attempt_end end = {.how = leader->end.how == ATTEMPT_UNTRUSTED ? ATTEMPT_UNTRUSTED : ATTEMPT_UNREACHED};
    if (queue.first == NULL) return;
    call_list_init(&engine->queue);
    while (queue.first != NULL) {
        struct call *call = call_list_take(&queue, &queue.first);
        if (leader->is_timed_out && patience(call) > patience_of_leader)
            call_list_push(&engine->queue, call);
        else
            engine_tell_silence(engine, call, end, leader->detail);
    }
}

/* What an exchange brought. The bodies change places, so none is copied and none is lost. */
static void take_answer(struct call *call, struct exchange *exchange) {
    struct buffer body = exchange->body;
    exchange->body = call->answer;
    call->answer = body;
    call->timings = exchange_timings(exchange);
    call->exchange = NULL;
    call_note(call, &exchange->headers, exchange->detail);
}

void engine_collect(struct engine *engine) {
    for (struct exchange *exchange; (exchange = network_next(engine->network)) != NULL;) {
        struct call *call = exchange->owner;
        struct attempt_end end = exchange->end;
        take_answer(call, exchange);
        call_list_remove(&engine->running, call);
        if (exchange->speaks_for_all) fail_queue(engine, exchange, patience(call));
        network_forget(engine->network, exchange);
        engine_end_exchange(engine, call, end);
    }
}

static int wait_time(const struct engine *engine, int at_most) {
    int64_t now = engine_now(engine), timer = network_next_timer(engine->network), other = engine_next_timer(engine);
    if (other < timer) timer = other;
    if (timer <= now) return 0;
    int64_t left = (timer - now - 1) / 1000 + 1;
    return left < at_most ? (int)left : at_most;
}

static void turn_network(struct engine *engine, int wait_ms) {
    struct pipe_guard guard = pipe_guard_begin();
    engine_advance_queue(engine);
    network_turn(engine->network, engine_now(engine));
    engine_collect(engine);
    engine_advance_queue(engine);
    if (!has_news(engine)) network_wait(engine->network, wait_time(engine, wait_ms));
    pipe_guard_end(&guard);
}

/* ---- answered by whoever holds the engine ---- */

static bool pass_time(struct engine *engine) {
    struct replies *replies = &engine->replies;
    int64_t timer = replies_next_timer(replies), other = engine_next_timer(engine);
    if (replies_is_owed(replies) || engine->is_asked) return false;
    if (other < timer) timer = other;
    if (timer == INT64_MAX) return false;
    if (timer > replies->clock) replies->clock = timer;
    return true;
}

static void collect_answered(struct engine *engine) {
    struct attempt_end end;
    for (struct call *call; (call = replies_end(&engine->replies, &end)) != NULL;)
        engine_end_exchange(engine, call, end);
}

static void turn_answered(struct engine *engine) {
    do {
        collect_answered(engine);
        engine_advance_queue(engine);
    } while (!has_news(engine) && pass_time(engine));
}

/* ---- either ---- */

void engine_turn_once(struct engine *engine, int wait_ms) {
    if (engine->network != NULL)
        turn_network(engine, wait_ms);
    else
        turn_answered(engine);
}
