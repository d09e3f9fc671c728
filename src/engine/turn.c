#include "engine/state.h"
#include "http/pipe_guard.h"

static bool has_news(const struct engine *engine) {
    return call_first(&engine->done) != NULL || replies_has_asked(&engine->replies) || engine->is_asking ||
           engine->events.count > 0 || list_first(&engine->receipts) != NULL;
}

/* ---- over the network ---- */

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
        const struct engine_connection connection = {exchange->is_timed_out, exchange->http};
        take_answer(call, exchange);
        network_drop(engine->network, exchange);
        engine_end_exchange(engine, call, end, connection);
    }
}

static int wait_time(const struct engine *engine, int at_most) {
    int64_t now = engine->now, timer = network_next_timer(engine->network), other = engine_next_timer(engine);
    if (other < timer) timer = other;
    if (timer <= now) return 0;
    int64_t left = (timer - now - 1) / 1000 + 1;
    return left < at_most ? (int)left : at_most;
}

static void turn_network(struct engine *engine) {
    struct pipe_guard guard = pipe_guard_begin();
    engine_look(engine);
    engine_advance_queue(engine);
    network_turn(engine->network, engine->now);
    engine_look(engine);
    engine_collect(engine);
    engine_advance_queue(engine);
    pipe_guard_end(&guard);
}

/* ---- answered by the engine's holder ---- */

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
        engine_end_exchange(engine, call, end, (struct engine_connection){.http = 0});
}

static void turn_answered(struct engine *engine) {
    do {
        engine_look(engine);
        collect_answered(engine);
        engine_advance_queue(engine);
    } while (!has_news(engine) && pass_time(engine));
}

/* ---- either ---- */

void engine_turn_once(struct engine *engine) {
    if (engine->network != NULL)
        turn_network(engine);
    else
        turn_answered(engine);
}

void engine_wait(struct engine *engine, int wait_ms) {
    if (engine->network != NULL && !has_news(engine)) network_wait(engine->network, wait_time(engine, wait_ms));
}
