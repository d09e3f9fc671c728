/* Which pairs of state and event each part of src/pure met, of all that there are. */
#ifndef AUTH0_SIM_PAIRS_H
#define AUTH0_SIM_PAIRS_H

#include "sim.h"

void pairs_operation(const struct operation *operation, const struct operation_event *event);
void pairs_token_life(const struct sim *sim, const struct token_life *life, enum token_life_event event);
void pairs_pace_asked(const struct sim *sim, enum pace_class class, int64_t ready);
void pairs_pace_begin(const struct sim *sim, enum pace_class class);
void pairs_pace_end(const struct sim *sim, enum pace_class class, const struct pace_answer *answer);

/* What happens to an entry of the queue. */
enum pairs_queue_event {
    PAIR_ADDED,
    PAIR_HELD,
    PAIR_BEGINS,
    PAIR_SENT,
    PAIR_ANSWERED, /* or lost: what it heard tells its followers */
    PAIR_UNCONNECTED,
    PAIR_EXPIRED,
    PAIR_CANCELLED,
    PAIR_TOLD,
    PAIR_RELEASED,
    PAIR_LATE,
    PAIR_GATE,
    PAIR_TOKEN,
    PAIR_FAILS,
    PAIR_DROPPED
};
void pairs_queue(enum queue_state state, bool leads, enum pairs_queue_event event);

/* An end of any kind. */
struct attempt_end pairs_any_end(struct dice *dice);

/* Prints what was hit of what there is, and each pair that was not; returns how many were not. */
int pairs_report(void);

#endif
