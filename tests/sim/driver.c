#include "pairs.h"
#include "rules.h"
#include "sim.h"

#include "support/reading.h"

#include <stdlib.h>
#include <string.h>

static void obey(struct sim *sim, int index, struct operation_action action);

void driver_timer(struct sim *sim, int64_t when, world_handler *handler, int who, int64_t tag) {
    if (when == INT64_MAX) return;
    world_at(&sim->world, when + dice_between(&sim->world.dice, 0, sim->lateness), handler, who, tag);
}

/* ---- events into the operation ---- */

static void step(struct sim *sim, int index, const struct operation_event *event) {
    struct call *call = &sim->calls[index];
    call->random = event->random;
    pairs_operation(&call->operation, event);
    obey(sim, index, operation_step(&call->operation, event));
}

static struct operation_event event_of(struct sim *sim, enum operation_event_kind kind) {
    return (struct operation_event){
        .kind = kind, .now = sim->world.now, .retry_after = -1, .random = dice_unit(&sim->world.dice)};
}

static struct step *last_step(struct call *call) { return &call->steps[call->step_count - 1]; }

/* It ends without having been begun. */
static void end_unsent(struct sim *sim, int index, struct attempt_end end, int64_t retry_after) {
    struct call *call = &sim->calls[index];
    struct operation_event event = event_of(sim, OPERATION_ENDED);
    event.end = end;
    event.retry_after = retry_after;
    struct step *done = last_step(call);
    done->end = end;
    done->ended = event.now;
    done->retry_after = retry_after;
    world_trace(&sim->world, "call %d: ends unsent (%d)", index, (int)end.how);
    step(sim, index, &event);
}

static void note_end(struct sim *sim, const struct exchange *exchange) {
    struct step *done = last_step(&sim->calls[exchange->call]);
    done->end = exchange->end;
    done->ended = sim->world.now;
    done->is_spoiled = exchange->is_spoiled;
    done->homes = exchange->reply.homes;
    bool is_answered = exchange->end.how == ATTEMPT_ANSWERED;
    done->retry_after = is_answered && exchange->reply.retry_after >= 0
                            ? (int64_t)(exchange->reply.retry_after * (double)SECONDS(1) + 0.5)
                            : -1;
}

void driver_ended(struct sim *sim, int index) {
    struct exchange *exchange = &sim->exchanges[index];
    struct call *call = &sim->calls[exchange->call];
    bool is_answered = exchange->end.how == ATTEMPT_ANSWERED;
    enum pace_class class = tenant_class(exchange->request.verb);
    exchange->is_live = false;
    sim->in_flight--;
    note_end(sim, exchange);
    rates_ended(sim, class, is_answered ? &exchange->reply.rates : NULL);
    pairs_pace_end(sim, class, is_answered ? &exchange->reply.rates : NULL);
    pace_end(&sim->pace, class, exchange->begun, sim->world.now, is_answered ? &exchange->reply.rates : NULL,
             dice_unit(&sim->world.dice));
    if (is_answered && exchange->end.status == 401) tokens_refused(sim, call, exchange->generation);
    struct operation_event event = event_of(sim, OPERATION_ENDED);
    event.end = exchange->end;
    event.body = reading_body((struct span){exchange->reply.body, is_answered ? exchange->reply.size : 0});
    event.retry_after = last_step(call)->retry_after;
    world_trace(&sim->world, "call %d: ends, how %d, status %d", exchange->call, (int)event.end.how, event.end.status);
    step(sim, exchange->call, &event);
    driver_pump(sim);
}

/* The client lets go; what was sent may still be carried out. */
static void abandon(struct sim *sim, struct call *call, enum attempt_how how) {
    struct exchange *exchange = &sim->exchanges[call->exchange];
    exchange->end = (struct attempt_end){.how = how, .sent = exchange->is_sent};
    if (exchange->fault != FAULT_NONE) fault_counts[exchange->fault]++;
    driver_ended(sim, call->exchange);
}

/* ---- before it is begun ---- */

static void leave_queue(struct sim *sim, int index) {
    int kept = 0;
    for (int i = 0; i < sim->queued; i++)
        if (sim->queue[i] != index) sim->queue[kept++] = sim->queue[i];
    sim->queued = kept;
}

static void on_token_again(struct world *world, int index, int64_t epoch);

static void await_token(struct sim *sim, int index) {
    struct call *call = &sim->calls[index];
    struct token_answer answer = tokens_ask(sim, call);
    if (answer.word == TOKEN_USE) {
        call->stage = STAGE_GATE;
        sim->queue[sim->queued++] = index;
    } else if (answer.word == TOKEN_NONE || (answer.until != INT64_MAX && answer.until >= call->action.last_by)) {
        struct attempt_end end = {.how = ATTEMPT_WITHHELD, .why = answer.code};
        end_unsent(sim, index, end, answer.until - sim->world.now);
    } else {
        driver_timer(sim, answer.until, on_token_again, index, call->epoch);
    }
}

static void on_token_again(struct world *world, int index, int64_t epoch) {
    struct sim *sim = sim_of(world);
    struct call *call = &sim->calls[index];
    if (call->stage != STAGE_TOKEN || call->epoch != epoch) return;
    await_token(sim, index);
    driver_pump(sim);
}

void driver_tokens_changed(struct sim *sim) {
    for (int i = 0; i < sim->call_count; i++)
        if (sim->calls[i].stage == STAGE_TOKEN) await_token(sim, i);
}

static void on_too_late(struct world *world, int index, int64_t epoch) {
    struct sim *sim = sim_of(world);
    struct call *call = &sim->calls[index];
    if (call->epoch != epoch || (call->stage != STAGE_TOKEN && call->stage != STAGE_GATE)) return;
    leave_queue(sim, index);
    end_unsent(sim, index, (struct attempt_end){.how = ATTEMPT_EXPIRED}, -1);
    driver_pump(sim);
}

/* ---- an exchange under way ---- */

static void on_connect_by(struct world *world, int index, int64_t epoch) {
    struct sim *sim = sim_of(world);
    struct call *call = &sim->calls[index];
    if (call->epoch == epoch && call->stage == STAGE_CONNECTING) abandon(sim, call, ATTEMPT_UNREACHED);
}

static void on_end_by(struct world *world, int index, int64_t epoch) {
    struct sim *sim = sim_of(world);
    struct call *call = &sim->calls[index];
    bool is_under_way = call->stage == STAGE_CONNECTING || call->stage == STAGE_SENT;
    if (call->epoch == epoch && is_under_way) abandon(sim, call, ATTEMPT_EXPIRED);
}

void driver_sent(struct sim *sim, int exchange) {
    struct call *call = &sim->calls[sim->exchanges[exchange].call];
    call->stage = STAGE_SENT;
}

static void begin(struct sim *sim, int index, const struct token_answer *token, enum pace_class class) {
    struct call *call = &sim->calls[index];
    int64_t now = sim->world.now;
    call->stage = STAGE_CONNECTING;
    operation_begun(&call->operation, &call->action, now);
    struct step *begun = last_step(call);
    begun->is_begun = true;
    begun->begun = now;
    begun->generation = token->generation;
    rules_begun(sim, index);
    rates_begun(sim, class);
    pairs_pace_begin(sim, class);
    pace_begin(&sim->pace, class, now);
    sim->in_flight++;
    if (call->action.connect_by < call->action.end_by)
        driver_timer(sim, call->action.connect_by, on_connect_by, index, call->epoch);
    driver_timer(sim, call->action.end_by, on_end_by, index, call->epoch);
    world_trace(&sim->world, "call %d: begins a %s of class %d", index,
                call->action.request == OPERATION_READ ? "read" : "change", (int)class);
    exchanges_begin(sim, index, token->token, token->generation);
}

/* ---- the queue ---- */

static enum pace_class class_of(const struct call *call) {
    return tenant_class(call->action.request == OPERATION_READ ? VERB_READ : call->verb);
}

static void on_pump(struct world *world, int unused, int64_t at) {
    (void)unused;
    struct sim *sim = sim_of(world);
    if (sim->pump_at != at) return;
    sim->pump_at = INT64_MAX;
    driver_pump(sim);
}

/* One timer for all gates: the earliest. */
static void pump_at(struct sim *sim, int64_t at) {
    if (at >= sim->pump_at) return;
    sim->pump_at = at;
    driver_timer(sim, at, on_pump, 0, at);
}

static bool may_begin(struct sim *sim, int index) {
    enum pace_class class = class_of(&sim->calls[index]);
    if (sim->in_flight >= sim->in_flight_most) return false;
    int64_t at = pace_ready(&sim->pace, class, sim->world.now);
    pairs_pace_asked(sim, class, at);
    if (at <= sim->world.now) return true;
    if (sim->is_reckless && dice_chance(&sim->world.dice, 5)) return true;
    rates_held(sim, class);
    pump_at(sim, at);
    return false;
}

static void leave_gate(struct sim *sim, int index) {
    struct call *call = &sim->calls[index];
    leave_queue(sim, index);
    call->stage = STAGE_TOKEN;
    if (sim->world.now >= call->action.last_by) {
        end_unsent(sim, index, (struct attempt_end){.how = ATTEMPT_EXPIRED}, -1);
        return;
    }
    struct token_answer token = tokens_ask(sim, call); /* it may have gone meanwhile */
    if (token.word == TOKEN_USE)
        begin(sim, index, &token, class_of(call));
    else
        await_token(sim, index);
}

/* The first of each class that may. */
static bool begin_one(struct sim *sim) {
    bool is_held[PACE_CLASSES] = {false};
    for (int i = 0; i < sim->queued; i++) {
        enum pace_class class = class_of(&sim->calls[sim->queue[i]]);
        if (is_held[class]) continue;
        if (may_begin(sim, sim->queue[i])) {
            leave_gate(sim, sim->queue[i]);
            return true;
        }
        is_held[class] = true;
    }
    return false;
}

void driver_pump(struct sim *sim) {
    tokens_pump(sim);
    while (begin_one(sim)) {
    }
}

/* ---- actions ---- */

static void on_woken(struct world *world, int index, int64_t epoch) {
    struct sim *sim = sim_of(world);
    struct call *call = &sim->calls[index];
    if (call->epoch != epoch || call->stage != STAGE_PAUSED) return;
    struct operation_event event = event_of(sim, OPERATION_WOKEN);
    step(sim, index, &event);
    driver_pump(sim);
}

static void send(struct sim *sim, int index) {
    struct call *call = &sim->calls[index];
    const struct operation_action *action = &call->action;
    if (call->step_count == STEPS_AT_MOST) abort();
    call->steps[call->step_count++] = (struct step){.request = action->request,
                                                    .state = call->operation.state,
                                                    .is_renewal = action->renew,
                                                    .asked = sim->world.now,
                                                    .last_by = action->last_by,
                                                    .retry_after = -1};
    rules_asked(sim, index);
    call->stage = STAGE_TOKEN;
    driver_timer(sim, action->last_by, on_too_late, index, call->epoch);
    await_token(sim, index);
}

/* Now and then whoever has to show the answer cannot. */
static void disown_some(struct sim *sim, int index) {
    struct operation *operation = &sim->calls[index].operation;
    if (operation->result.code != CODE_OK || !dice_chance(&sim->world.dice, 3)) return;
    operation_disown(operation, "it cannot be shown");
    rules_disowned(sim, index);
}

static void obey(struct sim *sim, int index, struct operation_action action) {
    struct call *call = &sim->calls[index];
    call->action = action;
    call->epoch++;
    if (action.kind == OPERATION_SEND) {
        send(sim, index);
    } else if (action.kind == OPERATION_PAUSE) {
        call->stage = STAGE_PAUSED;
        rules_paused(sim, index);
        world_trace(&sim->world, "call %d: pauses for %lld us", index, (long long)(action.until - sim->world.now));
        driver_timer(sim, action.until, on_woken, index, call->epoch);
    } else if (call->stage != STAGE_DONE) {
        call->stage = STAGE_DONE;
        sim->unfinished--;
        rules_finished(sim, index);
        disown_some(sim, index);
    }
}

void driver_start(struct world *world, int index, int64_t unused) {
    (void)unused;
    struct sim *sim = sim_of(world);
    struct call *call = &sim->calls[index];
    if (call->is_cancelled) return; /* nobody begins it */
    operation_init(&call->operation, &call->plan);
    call->started = world->now;
    struct operation_event event = event_of(sim, OPERATION_STARTED);
    step(sim, index, &event);
    driver_pump(sim);
}

/* ---- cancelling ---- */

static void poke(struct sim *sim, int index) {
    struct call *call = &sim->calls[index];
    struct operation before = call->operation;
    struct operation_event event = event_of(sim, (enum operation_event_kind)dice_int(&sim->world.dice, 0, 3));
    if (event.kind == OPERATION_ENDED) event.end = pairs_any_end(&sim->world.dice);
    event.body = reading_body(SPAN("[{\"provider\":\"auth0\",\"user_id\":\"p0\"}]"));
    step(sim, index, &event);
    if (memcmp(&before.result, &call->operation.result, sizeof before.result) != 0 ||
        call->operation.state != OPERATION_FINISHED)
        world_violation(&sim->world, "call %d: changed after its end", index);
}

void driver_cancel(struct world *world, int index, int64_t unused) {
    (void)unused;
    struct sim *sim = sim_of(world);
    struct call *call = &sim->calls[index];
    struct operation_event event = event_of(sim, OPERATION_CANCELLED);
    if (call->is_cancelled && call->stage != STAGE_DONE) return;
    world_trace(world, "call %d: cancelled in stage %d", index, (int)call->stage);
    if (call->stage == STAGE_DONE) {
        poke(sim, index);
        return;
    }
    call->is_cancelled = true;
    switch (call->stage) {
    case STAGE_TOKEN:
    case STAGE_GATE:
        leave_queue(sim, index);
        end_unsent(sim, index, (struct attempt_end){.how = ATTEMPT_CANCELLED}, -1);
        break;
    case STAGE_CONNECTING:
    case STAGE_SENT: abandon(sim, call, ATTEMPT_CANCELLED); break;
    case STAGE_PAUSED: step(sim, index, &event); break;
    default: sim->unfinished--; break; /* before it was begun */
    }
    driver_pump(sim);
}
