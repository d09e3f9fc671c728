#include "town.h"

static const char domain[] = "acme.auth0.com";

static struct identity_target target_of(int primary, int secondary) {
    return (struct identity_target){.primary = span_of(names[primary].id),
                                    .provider = span_of(names[secondary].provider),
                                    .user_id = span_of(names[secondary].id),
                                    .bare = span_of(names[secondary].bare)};
}

static int new_run(struct town *town, enum sequence_goal goal, int primary, int secondary) {
    struct run *run = &town->runs[town->run_count];
    run->engine = town->is_calm ? 0 : dice_int(&town->world.dice, 0, ENGINES - 1);
    run->primary = primary;
    run->secondary = secondary;
    run->linked_by = run->of = run->holder = -1;
    run->plan = (struct sequence_plan){
        .goal = goal,
        .target = target_of(primary, secondary),
        .domain = span_of(domain),
        .guard = {.primary = span_of(names[primary].id),
                  .secondary = span_of(names[secondary].id),
                  .proof = GUARD_OPERATOR},
    };
    return town->run_count++;
}

static enum merge_choice any_choice(struct dice *dice) { return (enum merge_choice)dice_int(dice, 0, MERGE_DEEP); }

static void choose(struct town *town, struct sequence_plan *plan) {
    struct dice *dice = &town->world.dice;
    plan->merge.choice[MERGE_USER_METADATA] = any_choice(dice);
    plan->merge.choice[MERGE_APP_METADATA] = any_choice(dice);
    if (dice_chance(dice, 40)) plan->guard.carry |= GUARD_ROLES;
    if (dice_chance(dice, 40)) plan->guard.carry |= GUARD_ORGANIZATIONS;
    plan->revoke = dice_chance(dice, 10);
    plan->reset_password = dice_chance(dice, 10);
}

/* Mostly the account that holds the secondary, where one does. */
static void choose_holder(struct town *town, struct run *run) {
    int home = town->people[run->secondary].home;
    if (town->is_calm || !dice_chance(&town->world.dice, 30)) return;
    run->holder = home >= 0 && dice_chance(&town->world.dice, 90) ? home : dice_int(&town->world.dice, 0, PEOPLE - 1);
    if (run->holder == run->primary || run->holder == run->secondary) run->holder = -1;
    if (run->holder < 0) return;
    run->plan.guard.relink.holder = span_of(names[run->holder].id);
    run->plan.guard.relink.proof = GUARD_OPERATOR;
}

/* The caller has read both accounts, and says when; or does not, or says it by a clock that is wrong. Returns how long
   ago that is when the merge begins, in microseconds. */
static int64_t give(struct town *town, struct run *run) {
    struct dice *dice = &town->world.dice;
    const int accounts[] = {run->primary, run->secondary};
    bool are_there = town->people[run->primary].home < 0 && town->people[run->secondary].home < 0;
    if (!are_there || !dice_chance(dice, 30)) return 0;
    for (int i = 0; i < 2; i++) {
        run->plan.profiles[i] = people_profile(town, accounts[i]);
        run->seen[accounts[i]] = town->people[accounts[i]];
        run->seen_at[accounts[i]] = town_clock(town);
    }
    if (dice_chance(dice, 10)) {
        run->plan.profiles_at = dice_chance(dice, 50) ? 0 : town_clock(town) + dice_int(dice, 31, 60);
        return 0;
    }
    run->plan.profiles_at = town_clock(town);
    return dice_chance(dice, 50) ? 0 : dice_between(dice, 0, SECONDS(30));
}

static void on_merge(struct world *world, int pair, int64_t goal) {
    struct town *town = town_of(world);
    if (town->run_count == RUNS_AT_MOST) return;
    int run = new_run(town, (enum sequence_goal)goal, pair / PEOPLE, pair % PEOPLE);
    choose(town, &town->runs[run].plan);
    choose_holder(town, &town->runs[run]);
    int64_t age = give(town, &town->runs[run]);
    if (!town->is_calm && dice_chance(&world->dice, 10))
        world_at(world, world->now + age + dice_between(&world->dice, 0, SECONDS(20)), engine_drop, run, 0);
    if (age > 0)
        world_at(world, world->now + age, engine_start, run, 0);
    else
        engine_start(world, run, 0);
}

/* A merge that has a receipt, and does not go on in another engine. */
static int any_receipt(struct town *town) {
    int found = -1, count = 0;
    for (int i = 0; i < town->run_count; i++) {
        const struct run *run = &town->runs[i];
        bool is_past = run->is_over || run->is_dead;
        if (run->plan.goal == SEQUENCE_MERGE && run->planned.size > 0 && is_past &&
            dice_int(&town->world.dice, 0, count++) == 0)
            found = i;
    }
    return found;
}

static void on_undo(struct world *world, int unused, int64_t goal) {
    (void)unused;
    struct town *town = town_of(world);
    int of = any_receipt(town);
    if (town->run_count == RUNS_AT_MOST || of < 0) return;
    const struct run *merge = &town->runs[of];
    int index = new_run(town, (enum sequence_goal)goal, merge->primary, merge->secondary);
    struct run *run = &town->runs[index];
    run->of = of;
    run->holder = merge->holder;
    run->given = merge->final.size > 0 ? merge->final : merge->planned;
    run->plan.receipt = town_json(town, run->given);
    if (!town->is_calm && dice_chance(&world->dice, 10))
        world_at(world, world->now + dice_between(&world->dice, 0, SECONDS(20)), engine_drop, index, 0);
    engine_start(world, index, 0);
}

static int any_pair(struct dice *dice) {
    int primary = dice_int(dice, 0, PEOPLE - 1), secondary = dice_int(dice, 0, PEOPLE - 2);
    return primary * PEOPLE + (secondary < primary ? secondary : secondary + 1);
}

static int64_t any_time(struct world *world, int64_t span) {
    return world->now + dice_between(&world->dice, 0, dice_chance(&world->dice, 60) ? SECONDS(30) : span);
}

static void add_merges(struct town *town, int count) {
    struct world *world = &town->world;
    int pair = any_pair(&world->dice);
    for (int i = 0; i < count; i++) {
        int kind = dice_int(&world->dice, 0, 3), primary = pair / PEOPLE, secondary = pair % PEOPLE;
        if (kind == 0) pair = any_pair(&world->dice);
        if (kind == 1) pair = secondary * PEOPLE + primary;                            /* the other way round */
        if (kind == 2) pair = secondary * PEOPLE + (primary + secondary + 1) % PEOPLE; /* a chain */
        if (pair / PEOPLE == pair % PEOPLE) pair = any_pair(&world->dice);
        bool is_preview = dice_chance(&world->dice, 5);
        world_at(world, any_time(world, SECONDS(900)), on_merge, pair, is_preview ? SEQUENCE_PREVIEW : SEQUENCE_MERGE);
    }
}

static void add_calm(struct town *town) {
    struct world *world = &town->world;
    world_at(world, world->now, on_merge, any_pair(&world->dice), SEQUENCE_MERGE);
    world_at(world, world->now + SECONDS(120), on_undo, 0, SEQUENCE_UNDO);
}

void plot_make(struct town *town) {
    struct world *world = &town->world;
    struct dice *dice = &world->dice;
    static const int percents[] = {0, 5, 20, 50};
    town->is_calm = dice_chance(dice, 5);
    town->fault_percent = town->is_calm ? 0 : percents[dice_int(dice, 0, 3)];
    for (int i = 0; i < ENGINES; i++) turns_init(&town->turns[i]);
    people_begin(town);
    if (town->is_calm) {
        add_calm(town);
        return;
    }
    add_merges(town, dice_int(dice, 1, 8));
    for (int i = dice_int(dice, 0, 5); i > 0; i--)
        world_at(world, any_time(world, SECONDS(1800)), on_undo, 0, SEQUENCE_UNDO);
    for (int i = dice_int(dice, 0, 2); i > 0; i--)
        world_at(world, any_time(world, SECONDS(1800)), on_undo, 0, SEQUENCE_SETTLE);
    for (int i = dice_int(dice, 0, 6); i > 0; i--)
        world_at(world, any_time(world, SECONDS(1200)), people_edit, dice_int(dice, 0, PEOPLE - 1), 0);
    for (int i = dice_int(dice, 0, 2); i > 0; i--)
        world_at(world, any_time(world, SECONDS(600)), engine_crash, dice_int(dice, 0, ENGINES - 1), 0);
}
