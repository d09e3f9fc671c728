/* sim_sequences [--seed N] [--schedules N] [--trace]
   Runs schedules from a seed on; each repeats by its own. The exit status is 1 where a rule was broken, or where a step
   was never sent. */
#include "town.h"

#include <stdio.h>
#include <stdlib.h>

void *town_keep(struct town *town, size_t size) {
    enum { ALIGNED = 16 };
    size_t needed = (size + ALIGNED - 1) / ALIGNED * ALIGNED;
    if (needed > KEPT_AT_MOST - town->kept_size) abort();
    void *memory = town->kept + town->kept_size;
    town->kept_size += needed;
    return memory;
}

struct span town_keep_text(struct town *town, struct span text) {
    char *copy = town_keep(town, text.size + 1);
    if (text.size > 0) memcpy(copy, text.at, text.size);
    copy[text.size] = '\0';
    return (struct span){copy, text.size};
}

struct json_value town_json(struct town *town, struct span text) {
    struct json_reader reader = json_reader(text);
    reader.room = text.size + 3;
    reader.tokens = town_keep(town, reader.room * sizeof *reader.tokens);
    return json_read(&reader) == JSON_WHOLE ? json_root(&reader) : (struct json_value){NULL, NULL};
}

int64_t town_clock(const struct town *town) {
    const int64_t epoch = 1764489600;
    return epoch + (town->world.now - town->world.began) / 1000000;
}

static void run(struct town *town, uint64_t seed) {
    town->run_count = town->exchange_count = town->next_value = 0;
    town->kept_size = 0;
    memset(town->runs, 0, sizeof town->runs);
    world_begin(&town->world, seed);
    plot_make(town);
    while (world_turn(&town->world)) {
    }
    rules_of_schedule(town);
}

static int report(const struct world *world, long schedules) {
    static const char *const goals[] = {"preview", "merge", "undo", "settle"};
    int unmet = 0;
    printf("schedules: %ld\n", schedules);
    for (int goal = 0; goal < 4; goal++)
        for (int code = 0; code < CODES; code++)
            if (rules_ends[goal][code] > 0)
                printf("  %-8s %-16s %ld\n", goals[goal], failure_code_name((enum failure_code)code),
                       rules_ends[goal][code]);
    for (int step = 0; step < SEQUENCE_STEPS; step++) {
        bool is_permission = step == SEQUENCE_CARRY_PERMISSIONS || step == SEQUENCE_RESTORE_PERMISSIONS ||
                             step == SEQUENCE_TAKE_PERMISSIONS; /* as roles are */
        printf("  %-22s %ld\n", sequence_step_name((enum sequence_step)step), rules_counts[step]);
        if (rules_counts[step] == 0 && !is_permission) unmet++;
    }
    printf("violations: %ld, steps never sent: %d\n", world->violations, unmet);
    return world->violations > 0 || (unmet > 0 && schedules > 1000);
}

int main(int count, char **words) {
    uint64_t seed = 1;
    long schedules = 20000;
    static struct town town;
    for (int i = 1; i < count; i++) {
        if (strcmp(words[i], "--trace") == 0)
            town.world.is_traced = true;
        else if (strcmp(words[i], "--seed") == 0 && i + 1 < count)
            seed = strtoull(words[++i], NULL, 10);
        else if (strcmp(words[i], "--schedules") == 0 && i + 1 < count)
            schedules = strtol(words[++i], NULL, 10);
        else
            return fprintf(stderr, "usage: sim_sequences [--seed N] [--schedules N] [--trace]\n"), 2;
    }
    for (long i = 0; i < schedules && town.world.violations < 20; i++) run(&town, seed + (uint64_t)i);
    int status = report(&town.world, schedules);
    world_end(&town.world);
    return status;
}
