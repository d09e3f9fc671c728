/* sim [--seed N] [--schedules N] [--operations N] [--pairs] [--trace]
   Runs schedules from a seed on; each repeats by its own. The exit status is 1 where a rule was broken; with --pairs
   also where a pair of state and event was not met. */
#include "pairs.h"
#include "rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct totals {
    long schedules, calls, exchanges, refused;
};

static void clear(struct sim *sim) {
    struct world world = sim->world;
    size_t rest = offsetof(struct sim, exchange_count);
    memset(sim, 0, offsetof(struct sim, exchanges));
    memset((char *)sim + rest, 0, sizeof *sim - rest);
    sim->world = world;
}

static void run(struct sim *sim, uint64_t seed, int operations, struct totals *totals) {
    clear(sim);
    world_begin(&sim->world, seed);
    schedule_make(sim, operations);
    while (world_turn(&sim->world)) {
    }
    rules_of_schedule(sim);
    totals->schedules++;
    totals->calls += sim->call_count;
    totals->exchanges += sim->exchange_count;
    for (int i = 0; i < PACE_CLASSES; i++) totals->refused += sim->tenant.buckets[i].refused;
}

static void report_faults(void) {
    long all = 0;
    for (int i = FAULT_NONE + 1; i < FAULTS; i++) all += fault_counts[i];
    printf("faults: %ld\n", all);
    for (int i = FAULT_NONE + 1; i < FAULTS; i++)
        printf("  %-24s %ld\n", fault_shape((enum fault)i)->name, fault_counts[i]);
}

struct options {
    uint64_t seed;
    long schedules;
    int operations;
    bool is_traced, wants_pairs;
};

static bool read_option(struct options *options, const char *name, const char *value) {
    if (strcmp(name, "--trace") == 0) return options->is_traced = true;
    if (strcmp(name, "--pairs") == 0) return options->wants_pairs = true;
    if (value == NULL) return false;
    long number = strtol(value, NULL, 10);
    if (strcmp(name, "--seed") == 0)
        options->seed = strtoull(value, NULL, 10);
    else if (strcmp(name, "--schedules") == 0)
        options->schedules = number;
    else if (strcmp(name, "--operations") == 0)
        options->operations = (int)number;
    else
        return false;
    return true;
}

static bool read_options(struct options *options, int count, char **words) {
    for (int i = 1; i < count; i++) {
        const char *value = i + 1 < count ? words[i + 1] : NULL;
        bool is_flag = strcmp(words[i], "--trace") == 0 || strcmp(words[i], "--pairs") == 0;
        if (!read_option(options, words[i], value)) return false;
        if (!is_flag) i++;
    }
    return options->operations > 0 && options->operations <= CALLS_AT_MOST;
}

static int report(const struct world *world, const struct options *options, const struct totals *totals) {
    printf("schedules: %ld of %d operations, from seed %llu\n", totals->schedules, options->operations,
           (unsigned long long)options->seed);
    printf("calls: %ld, exchanges: %ld, refused by a bucket: %ld\n", totals->calls, totals->exchanges, totals->refused);
    report_faults();
    int unmet = pairs_report();
    printf("violations: %ld\n", world->violations);
    return world->violations > 0 || (options->wants_pairs && unmet > 0);
}

int main(int count, char **words) {
    struct options options = {.seed = 1, .schedules = 20000, .operations = 12};
    struct totals totals = {0};
    if (!read_options(&options, count, words)) {
        fprintf(stderr, "usage: sim [--seed N] [--schedules N] [--operations N (1..%d)] [--pairs] [--trace]\n",
                CALLS_AT_MOST);
        return 2;
    }
    struct sim *sim = calloc(1, sizeof *sim);
    if (sim == NULL) return 2;
    sim->world.is_traced = options.is_traced;
    for (long i = 0; i < options.schedules && sim->world.violations < 20; i++)
        run(sim, options.seed + (uint64_t)i, options.operations, &totals);
    int status = report(&sim->world, &options, &totals);
    world_end(&sim->world);
    free(sim);
    return status;
}
