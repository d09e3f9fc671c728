/* Random numbers that a seed repeats (splitmix64). */
#ifndef AUTH0_SIM_DICE_H
#define AUTH0_SIM_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};

static inline uint64_t dice_next(struct dice *dice) {
    uint64_t z = dice->state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

/* Both ends can come up. */
static inline int64_t dice_between(struct dice *dice, int64_t least, int64_t most) {
    return least + (int64_t)(dice_next(dice) % (uint64_t)(most - least + 1));
}

static inline int dice_int(struct dice *dice, int least, int most) { return (int)dice_between(dice, least, most); }

static inline bool dice_chance(struct dice *dice, int percent) { return dice_int(dice, 1, 100) <= percent; }

/* From 0 up to 1. */
static inline double dice_unit(struct dice *dice) { return (double)(dice_next(dice) >> 11) / 9007199254740992.0; }

#endif
