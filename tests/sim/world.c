#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void world_begin(struct world *world, uint64_t seed) {
    world->seed = seed;
    world->dice = (struct dice){.state = seed};
    world->count = 0;
    world->order = 0;
    /* A monotonic clock starts anywhere. */
    world->began = world->now = dice_between(&world->dice, 0, SECONDS(1000000));
}

void world_end(struct world *world) { free(world->events); }

static bool is_before(const struct world_event *a, const struct world_event *b) {
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void make_room(struct world *world) {
    if (world->count < world->room) return;
    world->room = world->room == 0 ? 256 : 2 * world->room;
    struct world_event *events = realloc(world->events, world->room * sizeof *events);
    if (events == NULL) abort();
    world->events = events;
}

void world_at(struct world *world, int64_t when, world_handler *handler, int who, int64_t tag) {
    struct world_event event = {when < world->now ? world->now : when, world->order++, handler, who, tag};
    make_room(world);
    size_t at = world->count++;
    for (; at > 0 && is_before(&event, &world->events[(at - 1) / 2]); at = (at - 1) / 2)
        world->events[at] = world->events[(at - 1) / 2];
    world->events[at] = event;
}

static struct world_event take_first(struct world *world) {
    struct world_event first = world->events[0], last = world->events[--world->count];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < world->count; at = child) {
        if (child + 1 < world->count && is_before(&world->events[child + 1], &world->events[child])) child++;
        if (!is_before(&world->events[child], &last)) break;
        world->events[at] = world->events[child];
    }
    world->events[at] = last;
    return first;
}

bool world_turn(struct world *world) {
    if (world->count == 0) return false;
    struct world_event event = take_first(world);
    world->turns = event.at > world->now ? 0 : world->turns + 1;
    if (world->turns > 100000) {
        world_violation(world, "time stands still");
        return false;
    }
    world->now = event.at;
    event.handler(world, event.who, event.tag);
    return true;
}

static void say(const struct world *world, const char *what, const char *format, va_list arguments) {
    int64_t since = world->now - world->began;
    printf("%s%4lld.%06lld  ", what, (long long)(since / 1000000), (long long)(since % 1000000));
    vprintf(format, arguments);
    putchar('\n');
}

void world_trace(const struct world *world, const char *format, ...) {
    if (!world->is_traced) return;
    va_list arguments;
    va_start(arguments, format);
    say(world, "", format, arguments);
    va_end(arguments);
}

void world_violation(struct world *world, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    printf("violation, --seed %llu --schedules 1 --trace: ", (unsigned long long)world->seed);
    say(world, "at ", format, arguments);
    va_end(arguments);
    world->violations++;
}
