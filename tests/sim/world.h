/* Virtual time: what happens when, in one order that a seed repeats. */
#ifndef AUTH0_SIM_WORLD_H
#define AUTH0_SIM_WORLD_H

#include "dice.h"

#include <stddef.h>

#define MILLISECONDS(n) ((int64_t)(n)*1000)
#define SECONDS(n) ((int64_t)(n)*1000000)

struct world;

/* What happens: to whom, and which of its things (`tag`); it looks itself whether that is still so. */
typedef void world_handler(struct world *world, int who, int64_t tag);

struct world_event {
    int64_t at;
    uint64_t order; /* of two at one instant, the one that was asked for first */
    world_handler *handler;
    int who;
    int64_t tag;
};

struct world {
    uint64_t seed;
    int64_t now, began;
    struct dice dice;
    struct world_event *events; /* a heap */
    size_t count, room;
    uint64_t order;
    long turns; /* at this instant */
    bool is_traced;
    long violations; /* in all schedules */
};

/* A new schedule; what was still to happen is forgotten. */
void world_begin(struct world *world, uint64_t seed);
void world_end(struct world *world);

void world_at(struct world *world, int64_t when, world_handler *handler, int who, int64_t tag);

/* The next thing happens; false where nothing is left. */
bool world_turn(struct world *world);

void world_trace(const struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A rule was broken: said once for each time, with the seed that repeats it. */
void world_violation(struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
