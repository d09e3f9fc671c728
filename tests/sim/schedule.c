#include "sim.h"

#include <stdio.h>
#include <string.h>

/* ---- others ---- */

/* Another client links the secondary, or takes it away. */
static void on_competitor(struct world *world, int secondary, int64_t unused) {
    (void)unused;
    struct tenant *tenant = &sim_of(world)->tenant;
    signed char *home = &tenant->homes.of[secondary];
    *home = (signed char)(*home != -1 ? -1 : dice_int(&world->dice, 0, ACCOUNTS - 1));
    world_trace(world, "another client: secondary %d is at %d", secondary, *home);
}

/* Logins and other clients take from the same buckets. */
static void on_neighbour(struct world *world, int class, int64_t left) {
    struct sim *sim = sim_of(world);
    (void)tenant_spend(&sim->tenant, world, (enum pace_class) class);
    int64_t when = world->now + dice_between(&world->dice, MILLISECONDS(1), SECONDS(1));
    if (left > 0) world_at(world, when, on_neighbour, class, left - 1);
}

static void add_others(struct sim *sim) {
    struct world *world = &sim->world;
    struct dice *dice = &world->dice;
    int competitors = dice_chance(dice, 50) ? dice_int(dice, 1, 6) : 0;
    for (int i = 0; i < competitors; i++)
        world_at(world, world->now + dice_between(dice, 0, SECONDS(30)), on_competitor,
                 dice_int(dice, 0, SECONDARIES - 1), 0);
    sim->has_neighbour = dice_chance(dice, 40);
    for (int class = 0; sim->has_neighbour && class < PACE_CLASSES; class ++)
        world_at(world, world->now, on_neighbour, class, 100);
    int elsewhere = dice_chance(dice, 20) ? dice_int(dice, 1, 3) : 0;
    for (int i = 0; i < elsewhere; i++)
        world_at(world, world->now + dice_between(dice, 0, SECONDS(40)), tokens_from_elsewhere, 0, 0);
}

/* ---- one call ---- */

static int64_t some_duration(struct dice *dice) {
    static const int64_t durations[] = {MILLISECONDS(50), MILLISECONDS(400), SECONDS(2),  SECONDS(5),
                                        SECONDS(15),      SECONDS(60),       SECONDS(600)};
    return durations[dice_int(dice, 0, sizeof durations / sizeof *durations - 1)];
}

static struct operation_limits some_limits(struct dice *dice) {
    struct operation_limits limits = {SECONDS(10), SECONDS(15), SECONDS(60), 5};
    if (dice_chance(dice, 30)) limits.attempts = dice_int(dice, 1, 8);
    if (dice_chance(dice, 20)) limits.connect = some_duration(dice);
    if (dice_chance(dice, 20)) limits.attempt = some_duration(dice);
    if (dice_chance(dice, 30)) limits.deadline = some_duration(dice);
    if (dice_chance(dice, 1)) limits.deadline = dice_int(dice, 0, 3);
    return limits;
}

static enum verb some_verb(struct dice *dice) {
    static const enum verb verbs[] = {VERB_LINK,   VERB_LINK,  VERB_LINK, VERB_LINK, VERB_UNLINK,
                                      VERB_UNLINK, VERB_PATCH, VERB_READ, VERB_POST};
    return verbs[dice_int(dice, 0, sizeof verbs / sizeof *verbs - 1)];
}

static void name_target(struct call *call, bool is_nameless) {
    struct identity_target *target = &call->plan.target;
    snprintf(call->primary, sizeof call->primary, "auth0|p%d", call->account);
    snprintf(call->user_id, sizeof call->user_id, "100%d", call->secondary);
    target->primary = span_of(call->primary);
    if (is_nameless) {
        target->link_with = SPAN("a.token.of");
        return;
    }
    target->provider = SPAN("google-oauth2");
    target->user_id = target->bare = span_of(call->user_id);
}

static void plan(struct sim *sim, struct call *call) {
    static const enum operation_kind kinds[VERBS] = {[VERB_LINK] = OPERATION_LINK,
                                                     [VERB_UNLINK] = OPERATION_UNLINK,
                                                     [VERB_PATCH] = OPERATION_FREE,
                                                     [VERB_READ] = OPERATION_FREE,
                                                     [VERB_POST] = OPERATION_ONCE};
    struct dice *dice = &sim->world.dice;
    call->plan = (struct operation_plan){.kind = kinds[call->verb],
                                         .promise = call->verb == VERB_POST ? ANSWER_ANY : ANSWER_OBJECT,
                                         .is_change = call->verb != VERB_READ,
                                         .check = call->verb == VERB_UNLINK && dice_chance(dice, 50),
                                         .settle = dice_chance(dice, 80),
                                         .can_renew = !call->is_fixed,
                                         .limits = some_limits(dice)};
    name_target(call, call->verb == VERB_LINK && dice_chance(dice, 10));
}

static void add_call(struct sim *sim, int64_t span) {
    struct dice *dice = &sim->world.dice;
    int index = sim->call_count++;
    struct call *call = &sim->calls[index];
    call->steps = sim->steps[index];
    call->verb = some_verb(dice);
    call->account = dice_int(dice, 0, ACCOUNTS - 1);
    call->secondary = dice_int(dice, 0, SECONDARIES - 1);
    call->is_fixed = dice_chance(dice, 20);
    if (call->is_fixed) {
        int64_t expires = sim->world.now + (dice_chance(dice, 80) ? SECONDS(86400) : dice_between(dice, 0, span));
        call->fixed_token = tenant_grant(&sim->tenant, expires, dice_chance(dice, 70));
        if (index > 0 && sim->calls[index - 1].is_fixed && dice_chance(dice, 70))
            call->fixed_token = sim->calls[index - 1].fixed_token;
        snprintf(call->token, sizeof call->token, "%d", call->fixed_token);
    }
    plan(sim, call);
    int64_t when = sim->world.now + dice_between(dice, 0, span);
    world_at(&sim->world, when, driver_start, index, 0);
    int cancels = dice_chance(dice, 12) ? dice_int(dice, 1, 8) : 0;
    for (int i = 0; i < cancels; i++) /* the first counts; what comes after the end changes nothing */
        world_at(&sim->world,
                 when + dice_between(dice, -MILLISECONDS(10), dice_chance(dice, 60) ? SECONDS(1) : SECONDS(30)),
                 driver_cancel, index, 0);
    if (dice_chance(dice, 5))
        world_at(&sim->world, when + dice_between(dice, 0, dice_chance(dice, 60) ? SECONDS(1) : SECONDS(30)),
                 driver_drop, index, 0);
}

/* ---- all of it ---- */

static void settle_tokens(struct sim *sim) {
    static const int64_t lifetimes[] = {86400, 86400, 3600, 60, 15, 4, 5000000};
    struct dice *dice = &sim->world.dice;
    sim->lifetime = SECONDS(lifetimes[dice_int(dice, 0, sizeof lifetimes / sizeof *lifetimes - 1)]);
    sim->said = dice_chance(dice, 85) ? sim->lifetime : dice_int(dice, -1, 1);
    sim->probes = dice_chance(dice, 50) ? dice_int(dice, 1, 4) : 0;
    sim->may_read = dice_chance(dice, 80);
    token_life_init(&sim->life, false);
    token_life_init(&sim->fixed, true);
    promises_begin(&sim->promises);
}

/* ---- connections ---- */

/* Few, so that they are used up. */
static struct queue_rooms some_rooms(struct sim *sim) {
    struct dice *dice = &sim->world.dice;
    if (dice_chance(dice, 10)) return queue_usual_rooms;
    return (struct queue_rooms){dice_int(dice, 1, 8), dice_int(dice, 1, 3), dice_int(dice, 1, 4), dice_int(dice, 0, 2)};
}

static void on_other_version(struct world *world, int version, int64_t unused) {
    (void)unused;
    sim_of(world)->http = version;
}

static void settle_connections(struct sim *sim) {
    struct dice *dice = &sim->world.dice;
    sim->http = dice_int(dice, 1, 2);
    sim->hangs = dice_chance(dice, 50);
    if (dice_chance(dice, 10))
        world_at(&sim->world, sim->world.now + dice_between(dice, 0, SECONDS(20)), on_other_version, 3 - sim->http, 0);
    if (!dice_chance(dice, 15)) return;
    sim->down_at = sim->world.now + (dice_chance(dice, 50) ? 0 : dice_between(dice, 0, SECONDS(20)));
    sim->down_until = sim->down_at + dice_between(dice, 1, SECONDS(30));
}

/* ---- all of it ---- */

/* What makes no sense is taken for what is next to it; NULL is a tenth, and no rate. */
static void settle_pace(struct sim *sim) {
    static const double odd[] = {-1, -0.5, 1.5, 1e9};
    struct dice *dice = &sim->world.dice;
    struct pace_options options = PACE_DEFAULTS;
    if (dice_chance(dice, 30)) options.reserve = dice_unit(dice) / 2;
    if (dice_chance(dice, 10)) options.rate = dice_int(dice, 1, 50);
    if (dice_chance(dice, 3)) options.rate = dice_unit(dice) / 2;
    if (dice_chance(dice, 3)) options.reserve = odd[dice_int(dice, 0, 3)];
    if (dice_chance(dice, 3)) options.rate = odd[dice_int(dice, 0, 3)];
    bool is_default = dice_chance(dice, 20);
    if (is_default) options = PACE_DEFAULTS;
    sim->reserve = options.reserve < 0 ? 0 : options.reserve > 1 ? 1 : options.reserve;
    sim->rate = options.rate < 0 ? 0 : options.rate > 1e6 ? 1e6 : options.rate;
    const struct queue_rooms rooms = some_rooms(sim);
    queue_init(&sim->queue, is_default ? NULL : &options, dice_chance(dice, 95) ? &rooms : NULL);
}

/* Many calls at once, and nothing to hinder them but the tenant's limits. */
static void calm(struct sim *sim) {
    sim->is_calm = sim->tenant.has_limits = true;
    sim->has_neighbour = false;
    sim->fault_percent = 0;
    sim->down_until = sim->down_at;
}

void schedule_make(struct sim *sim, int operations) {
    static const int faults[] = {0, 5, 20, 50, 80};
    static const int64_t spans[] = {0, SECONDS(1), SECONDS(20), SECONDS(120)};
    struct dice *dice = &sim->world.dice;
    tenant_begin(&sim->tenant, &sim->world);
    sim->lateness = dice_chance(dice, 50) ? 0 : dice_between(dice, 1, MILLISECONDS(20));
    sim->fault_percent = faults[dice_int(dice, 0, sizeof faults / sizeof *faults - 1)];
    settle_connections(sim);
    settle_tokens(sim);
    settle_pace(sim);
    if (dice_chance(dice, 10)) {
        calm(sim);
        operations = CALLS_AT_MOST;
    } else {
        add_others(sim);
    }
    int64_t span = spans[dice_int(dice, 0, sizeof spans / sizeof *spans - 1)];
    for (int i = 0; i < operations; i++) add_call(sim, span);
    sim->unfinished = sim->call_count;
    sim->pump_at = INT64_MAX;
}
