#include "pairs.h"
#include "rules.h"

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

static void note_end(struct sim *sim, int index, const struct exchange *exchange) {
    struct step *done = last_step(&sim->calls[index]);
    done->end = exchange->end;
    done->ended = sim->world.now;
    done->is_spoiled = exchange->is_spoiled;
    done->homes = exchange->reply.homes;
    bool is_answered = exchange->end.how == ATTEMPT_ANSWERED;
    done->retry_after = is_answered && exchange->reply.retry_after >= 0
                            ? (int64_t)(exchange->reply.retry_after * (double)SECONDS(1) + 0.5)
                            : -1;
}

/* Tells a call how its exchange ended, or another's that shows as much. */
static void tell_end(struct sim *sim, int index, const struct exchange *exchange) {
    bool is_answered = exchange->end.how == ATTEMPT_ANSWERED;
    note_end(sim, index, exchange);
    if (is_answered && exchange->end.status == 401) tokens_refused(sim, &sim->calls[index], exchange->generation);
    struct operation_event event = event_of(sim, OPERATION_ENDED);
    event.end = exchange->end;
    event.body = reading_body((struct span){exchange->reply.body, is_answered ? exchange->reply.size : 0});
    event.retry_after = last_step(&sim->calls[index])->retry_after;
    world_trace(&sim->world, "call %d: ends, how %d, status %d", index, (int)event.end.how, event.end.status);
    step(sim, index, &event);
}

static void tell_follower(struct sim *sim, int index, const struct exchange *exchange) {
    struct call *call = &sim->calls[index];
    queue_rules_told(sim, index, exchange->call);
    world_trace(&sim->world, "call %d: is told by call %d", index, exchange->call);
    operation_begun(&call->operation, &call->action, sim->world.now);
    struct step *told = last_step(call);
    told->is_begun = true;
    told->begun = sim->world.now;
    told->generation = exchange->generation;
    rules_begun(sim, index);
    tell_end(sim, index, exchange);
}

bool driver_entry_ended(struct sim *sim, struct queue_entry *entry, const struct queue_end *end) {
    enum pace_class class = entry->class;
    rates_ended(sim, class, entry->begun, end->said);
    pairs_pace_end(sim, class, end->said);
    queue_rules_ended(sim, entry, end);
    return queue_ended(&sim->queue, entry, sim->world.now, end);
}

void driver_ended(struct sim *sim, int index) {
    struct exchange *exchange = &sim->exchanges[index];
    struct call *call = &sim->calls[exchange->call];
    bool is_answered = exchange->end.how == ATTEMPT_ANSWERED;
    exchange->is_live = false;
    (void)driver_entry_ended(sim, &call->entry,
                             &(struct queue_end){.how = exchange->end.how,
                                                 .sent = exchange->end.sent,
                                                 .is_timed_out = call->action.connect_by <= sim->world.now,
                                                 .http = exchange->end.status != 0 ? sim->http : 0,
                                                 .said = is_answered ? &exchange->reply.rates : NULL,
                                                 .random = dice_unit(&sim->world.dice)});
    for (struct queue_entry *told; (told = queue_told(&sim->queue)) != NULL;)
        tell_follower(sim, queue_rules_index(sim, told), exchange);
    queue_rules_all_told(sim, exchange->call);
    tell_end(sim, exchange->call, exchange);
    driver_pump(sim);
}

/* The client lets go; what was sent may still be carried out. */
static void abandon(struct sim *sim, struct call *call, enum attempt_how how) {
    struct exchange *exchange = &sim->exchanges[call->exchange];
    exchange->end = (struct attempt_end){.how = how, .sent = exchange->is_sent};
    if (exchange->fault != FAULT_NONE) fault_counts[exchange->fault]++;
    driver_ended(sim, call->exchange);
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
    driver_pump(sim);
}

static void begin(struct sim *sim, int index) {
    struct call *call = &sim->calls[index];
    int64_t now = sim->world.now;
    struct token_now token = tokens_now(sim, call);
    call->stage = STAGE_CONNECTING;
    operation_begun(&call->operation, &call->action, now);
    struct step *begun = last_step(call);
    begun->is_begun = true;
    begun->begun = now;
    begun->generation = token.generation;
    rules_begun(sim, index);
    if (call->action.connect_by < call->action.end_by)
        driver_timer(sim, call->action.connect_by, on_connect_by, index, call->epoch);
    driver_timer(sim, call->action.end_by, on_end_by, index, call->epoch);
    world_trace(&sim->world, "call %d: begins a %s of class %d", index,
                call->action.request == OPERATION_READ ? "read" : "change", (int)call->entry.class);
    exchanges_begin(sim, index, token);
}

/* ---- the queue ---- */

static enum pace_class class_of(const struct call *call) {
    return tenant_class(call->action.request == OPERATION_READ ? VERB_READ : call->verb);
}

void driver_add(struct sim *sim, struct queue_entry *entry) {
    queue_rules_added(sim, entry);
    queue_add(&sim->queue, entry);
}

static void enqueue(struct sim *sim, int index) {
    struct call *call = &sim->calls[index];
    const struct operation_limits *limits = &call->plan.limits;
    int64_t patience = limits->connect < limits->attempt ? limits->connect : limits->attempt;
    bool is_settling = call->operation.state == OPERATION_SETTLING;
    call->stage = STAGE_QUEUED;
    call->entry.class = class_of(call);
    call->entry.needs_token = !call->is_fixed;
    call->entry.last_by = call->action.last_by;
    call->entry.is_apart = call->action.is_apart;
    call->entry.patience = patience < limits->deadline ? patience : limits->deadline;
    call->entry.read = (struct queue_read){.url = is_settling ? call->plan.target.primary : (struct span){NULL, 0},
                                           .token = call->is_fixed ? span_of(call->token) : (struct span){NULL, 0},
                                           .room = 1};
    driver_add(sim, &call->entry);
}

static void begin_entry(struct sim *sim, const struct queue_action *action) {
    enum pace_class class = action->entry->class;
    queue_rules_begun(sim, action->entry);
    rates_begun(sim, class);
    pairs_pace_begin(sim, class);
    if (action->entry == &sim->fetch.entry)
        tokens_begin_fetch(sim);
    else
        begin(sim, queue_rules_index(sim, action->entry));
}

static void end_entry(struct sim *sim, const struct queue_action *action) {
    queue_rules_out(sim, action);
    if (action->entry == &sim->fetch.entry)
        tokens_fetch_out(sim, action);
    else
        end_unsent(sim, queue_rules_index(sim, action->entry),
                   (struct attempt_end){.how = action->how, .why = action->why}, action->retry_after);
}

static void carry_out(struct sim *sim, const struct queue_action *action) {
    switch (action->kind) {
    case QUEUE_BEGIN: begin_entry(sim, action); break;
    case QUEUE_END: end_entry(sim, action); break;
    case QUEUE_HOLD: queue_rules_held(sim, action); break;
    case QUEUE_ASK: tokens_ask(sim); break;
    case QUEUE_REST: break;
    }
}

static void on_pump(struct world *world, int unused, int64_t at) {
    (void)unused;
    struct sim *sim = sim_of(world);
    if (sim->pump_at != at) return;
    sim->pump_at = INT64_MAX;
    driver_pump(sim);
}

static void pump_at(struct sim *sim, int64_t at) {
    if (at == sim->pump_at) return;
    sim->pump_at = at;
    driver_timer(sim, at, on_pump, 0, at);
}

static void look_for_connection(struct sim *sim) {
    const struct queue_entry *leader = queue_leader(&sim->queue);
    if (leader == NULL || !queue_rules_is_sent(sim, queue_rules_index(sim, leader))) return;
    queue_rules_sent(sim, leader);
    queue_sent(&sim->queue, leader);
}

void driver_pump(struct sim *sim) {
    struct queue_action action;
    look_for_connection(sim);
    do {
        queue_rules_look(sim);
        action = queue_next(&sim->queue, sim->world.now);
        carry_out(sim, &action);
    } while (action.kind != QUEUE_REST);
    queue_rules_rest(sim, action.until);
    pump_at(sim, action.until);
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
    enqueue(sim, index);
}

/* Now and then the answer cannot be shown. */
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
    if (call->is_cancelled) return; /* it is not begun at all */
    operation_init(&call->operation, &call->plan);
    call->started = world->now;
    struct operation_event event = event_of(sim, OPERATION_STARTED);
    step(sim, index, &event);
    driver_pump(sim);
}

/* ---- cancelling and dropping ---- */

static void drop_entry(struct sim *sim, struct queue_entry *entry) {
    queue_rules_dropped(sim, entry);
    queue_drop(&sim->queue, entry, sim->world.now);
}

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
    if (call->is_dropped || (call->is_cancelled && call->stage != STAGE_DONE)) return;
    world_trace(world, "call %d: cancelled in stage %d", index, (int)call->stage);
    if (call->stage == STAGE_DONE) {
        poke(sim, index);
        return;
    }
    call->is_cancelled = true;
    switch (call->stage) {
    case STAGE_QUEUED:
        drop_entry(sim, &call->entry);
        end_unsent(sim, index, (struct attempt_end){.how = ATTEMPT_CANCELLED}, -1);
        break;
    case STAGE_CONNECTING:
    case STAGE_SENT: abandon(sim, call, ATTEMPT_CANCELLED); break;
    case STAGE_PAUSED: step(sim, index, &event); break;
    default: sim->unfinished--; break; /* before it was begun */
    }
    driver_pump(sim);
}

/* It is taken back, and tells nothing. */
void driver_drop(struct world *world, int index, int64_t unused) {
    (void)unused;
    struct sim *sim = sim_of(world);
    struct call *call = &sim->calls[index];
    if (call->is_cancelled || call->stage == STAGE_DONE) return;
    world_trace(world, "call %d: dropped in stage %d", index, (int)call->stage);
    if (call->stage == STAGE_CONNECTING || call->stage == STAGE_SENT) {
        sim->exchanges[call->exchange].is_live = false;
        sim->exchanges[call->exchange].end.how = ATTEMPT_CANCELLED;
        rates_ended(sim, call->entry.class, call->entry.begun, NULL);
        pairs_pace_end(sim, call->entry.class, NULL);
    }
    drop_entry(sim, &call->entry);
    call->is_cancelled = call->is_dropped = true;
    call->stage = STAGE_DONE;
    call->epoch++;
    sim->unfinished--;
    driver_pump(sim);
}
