#include "town.h"

static void advance(struct town *town, int index);

static struct sequence_event event_of(const struct town *town, enum sequence_event_kind kind) {
    return (struct sequence_event){.kind = kind, .at = town_clock(town)};
}

/* ---- operations ---- */

static void on_woken(struct world *world, int index, int64_t tag) {
    struct town *town = town_of(world);
    struct run *run = &town->runs[index];
    int slot = (int)(tag % SEQUENCE_AT_ONCE);
    struct errand *errand = &run->errands[slot];
    if (run->is_dead || !errand->is_live || errand->epoch != tag / SEQUENCE_AT_ONCE) return;
    struct operation_event event = {
        .kind = OPERATION_WOKEN, .now = world->now, .retry_after = -1, .random = dice_unit(&world->dice)};
    engine_obey(town, index, slot, operation_step(&errand->operation, &event));
}

static void errand_over(struct town *town, int index, int slot) {
    struct run *run = &town->runs[index];
    struct errand *errand = &run->errands[slot];
    struct sequence_event event = event_of(town, SEQUENCE_ENDED);
    errand->is_live = false;
    event.slot = slot;
    event.result = errand->operation.result;
    world_trace(&town->world, "run %d: %s ends as %s%s", index, sequence_step_name(errand->request.step),
                failure_code_name(event.result.code), event.result.is_open ? ", open" : "");
    sequence_tell(&run->sequence, &event);
    advance(town, index);
}

void engine_obey(struct town *town, int index, int slot, struct operation_action action) {
    struct errand *errand = &town->runs[index].errands[slot];
    errand->action = action;
    errand->epoch++;
    if (action.kind == OPERATION_SEND) {
        operation_begun(&errand->operation, &errand->action, town->world.now);
        network_send(town, index, slot);
    } else if (action.kind == OPERATION_PAUSE) {
        world_at(&town->world, action.until, on_woken, index, errand->epoch * SEQUENCE_AT_ONCE + slot);
    } else {
        errand_over(town, index, slot);
    }
}

void engine_ended(struct town *town, int index, int slot, const struct operation_event *event) {
    struct errand *errand = &town->runs[index].errands[slot];
    engine_obey(town, index, slot, operation_step(&errand->operation, event));
}

static const char *keep_path(struct town *town, const struct run *run, const struct sequence_request *request) {
    if (request->plan.kind != OPERATION_FREE) return NULL;
    char *path = town_keep(town, sequence_path(&run->sequence, request, NULL) + 1);
    path[sequence_path(&run->sequence, request, path)] = '\0';
    return path;
}

static void send(struct town *town, int index, const struct sequence_request *request) {
    static const struct operation_limits limits = {SECONDS(5), SECONDS(15), SECONDS(40), 3};
    struct run *run = &town->runs[index];
    struct errand *errand = &run->errands[request->slot];
    size_t size = sequence_body(&run->sequence, request, NULL);
    char *body = town_keep(town, size + 1);
    struct operation_plan plan = request->plan;
    plan.limits = limits;
    sequence_body(&run->sequence, request, body);
    rules_sends(town, index, request);
    errand->request = *request;
    errand->path = keep_path(town, run, request);
    errand->body = body;
    errand->body_size = size;
    errand->is_live = true;
    world_trace(&town->world, "run %d: sends %s %s %.*s", index, sequence_step_name(request->step),
                errand->path != NULL ? errand->path : "", (int)size, body);
    operation_init(&errand->operation, &plan);
    struct operation_event event = {
        .kind = OPERATION_STARTED, .now = town->world.now, .retry_after = -1, .random = dice_unit(&town->world.dice)};
    engine_obey(town, index, request->slot, operation_step(&errand->operation, &event));
}

/* ---- sequences ---- */

static void on_approved(struct world *world, int index, int64_t unused) {
    (void)unused;
    struct town *town = town_of(world);
    struct run *run = &town->runs[index];
    if (run->is_dead || run->is_over) return;
    struct sequence_event event = event_of(town, SEQUENCE_APPROVED);
    run->is_approved = true;
    sequence_tell(&run->sequence, &event);
    advance(town, index);
}

static struct span receipt_of(struct town *town, const struct run *run) {
    char *text = town_keep(town, sequence_receipt(&run->sequence, NULL, 0));
    return (struct span){text, sequence_receipt(&run->sequence, text, SIZE_MAX)};
}

static void ask(struct town *town, int index) {
    struct run *run = &town->runs[index];
    int64_t waits = dice_chance(&town->world.dice, 70) ? 0 : dice_between(&town->world.dice, 0, SECONDS(30));
    run->planned = receipt_of(town, run);
    rules_asked(town, index);
    world_at(&town->world, town->world.now + waits, on_approved, index, 0);
}

static void begin(struct town *town, int index) {
    struct run *run = &town->runs[index];
    run->is_waiting = false;
    run->is_active = true;
    run->began = town_clock(town);
    world_trace(&town->world, "run %d of engine %d: goal %d, %s <- %s", index, run->engine, (int)run->plan.goal,
                names[run->primary].id, names[run->secondary].id);
    memcpy(run->before, town->people, sizeof run->before);
    run->was_linked = town->people[run->secondary].home == run->primary;
    advance(town, index);
}

static bool has_turns(const struct run *run) {
    return run->plan.goal == SEQUENCE_MERGE || run->plan.goal == SEQUENCE_UNDO;
}

static void begin_next(struct town *town, int engine) {
    struct turn *turn;
    while ((turn = turns_next(&town->turns[engine])) != NULL) {
        struct run *run = LIST_OWNER(struct run, turn, turn);
        begin(town, (int)(run - town->runs));
    }
}

static void leave(struct town *town, struct run *run) {
    run->is_active = run->is_waiting = false;
    if (!has_turns(run)) return;
    turns_leave(&town->turns[run->engine], &run->turn);
    begin_next(town, run->engine);
}

static void over(struct town *town, int index) {
    struct run *run = &town->runs[index];
    if (run->is_over) return;
    run->is_over = true;
    for (int slot = 0; slot < SEQUENCE_AT_ONCE; slot++) run->errands[slot].is_live = false;
    struct span receipt = receipt_of(town, run);
    if (!run->is_told_off && receipt.size > 0) town->runs[run->of >= 0 ? run->of : index].final = receipt;
    world_trace(&town->world, "run %d: over, %s, outcome %d", index,
                failure_code_name(sequence_end(&run->sequence)->code), (int)sequence_end(&run->sequence)->outcome);
    rules_finished(town, index);
    leave(town, run);
}

static void advance(struct town *town, int index) {
    struct run *run = &town->runs[index];
    for (;;) {
        struct sequence_action action = sequence_next(&run->sequence);
        bool is_short = !town->is_calm && dice_chance(&town->world.dice, 1);
        switch (action.kind) {
        case SEQUENCE_REST: return;
        case SEQUENCE_SEND: send(town, index, &action.request); break;
        case SEQUENCE_MEMORY: sequence_give(&run->sequence, is_short ? NULL : town_keep(town, action.size)); break;
        case SEQUENCE_RECEIPT: ask(town, index); break;
        case SEQUENCE_FINISH: over(town, index); return;
        }
    }
}

void engine_start(struct world *world, int index, int64_t unused) {
    (void)unused;
    struct town *town = town_of(world);
    struct run *run = &town->runs[index];
    if (run->is_dead || run->is_over) return;
    const struct span none = {NULL, 0};
    run->plan.at = town_clock(town);
    sequence_init(&run->sequence, &run->plan);
    run->is_waiting = true;
    if (has_turns(run)) {
        const struct span accounts[TURNS_ACCOUNTS] = {run->plan.guard.primary, run->plan.guard.secondary,
                                                      run->holder >= 0 ? span_of(names[run->holder].id) : none};
        turns_enter(&town->turns[run->engine], &run->turn, accounts);
        begin_next(town, run->engine);
        run->has_waited = run->is_waiting;
        if (run->has_waited) {
            struct sequence_event event = event_of(town, SEQUENCE_DELAYED);
            sequence_tell(&run->sequence, &event);
        }
    } else {
        begin(town, index);
    }
}

void engine_drop(struct world *world, int index, int64_t unused) {
    (void)unused;
    struct town *town = town_of(world);
    struct run *run = &town->runs[index];
    if (run->is_over || run->is_dead || run->is_told_off) return;
    run->is_told_off = true;
    if (!run->is_active) { /* before it begins */
        run->is_dead = true;
        if (run->is_waiting) leave(town, run);
        return;
    }
    world_trace(world, "run %d: dropped", index);
    struct sequence_event event = event_of(town, SEQUENCE_DROPPED);
    sequence_tell(&run->sequence, &event);
    advance(town, index);
}

/* Its memory is gone. What it sent goes its way. */
void engine_crash(struct world *world, int engine, int64_t unused) {
    (void)unused;
    struct town *town = town_of(world);
    world_trace(world, "engine %d dies", engine);
    for (int i = 0; i < town->run_count; i++) {
        struct run *run = &town->runs[i];
        if (run->engine != engine || !(run->is_active || run->is_waiting)) continue;
        run->is_dead = true;
        run->is_active = run->is_waiting = false;
    }
    turns_init(&town->turns[engine]);
}
