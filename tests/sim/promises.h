/* What token_life.h promises, kept anew from its words alone, and held against what token_life.c says. */
#ifndef AUTH0_SIM_PROMISES_H
#define AUTH0_SIM_PROMISES_H

#include "pure/token_life.h"
#include "world.h"

struct promises {
    bool has_token, is_fetching;
    int64_t fetched_at, lifetime;
    unsigned generation, rejected; /* of tokens; the last one that was rejected */
    int failures, rejections;
    int64_t retry_at;   /* no fetch begins before, and one does after */
    int64_t said_until; /* the tenant's own word about that */
    bool may_pass;      /* why there is none will pass */
};

void promises_begin(struct promises *promises);
void promises_asked(struct promises *promises, struct world *world, const struct token_life *life,
                    const struct token_life_answer *answer);
void promises_fetched(struct promises *promises, struct world *world, int64_t lifetime);
/* random: what token_life was given, for its pause is drawn with it. */
void promises_failed(struct promises *promises, struct world *world, bool is_final, int64_t retry_after, double random);
void promises_rejected(struct promises *promises, struct world *world, unsigned generation);

bool promises_has_token(const struct promises *promises, int64_t now);

/* Whether its state, and why there is no token, are what they should be after any of these but an ask. */
void promises_check(const struct promises *promises, struct world *world, const struct token_life *life);

#endif
