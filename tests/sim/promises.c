#include "promises.h"

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

/* 1, 2, 4, ... at most 30 s. */
static int64_t pause_after(int times) { return times > 5 ? SECONDS(30) : SECONDS(1) << (times - 1); }

void promises_begin(struct promises *promises) {
    *promises = (struct promises){.retry_at = INT64_MIN, .said_until = INT64_MIN};
}

bool promises_has_token(const struct promises *promises, int64_t now) {
    return promises->has_token && now < promises->fetched_at + promises->lifetime;
}

/* In the last tenth of its life, of which at most the last 5 minutes. */
static bool is_late(const struct promises *promises, int64_t now) {
    int64_t early = smaller(promises->lifetime / 10, SECONDS(300));
    return now >= promises->fetched_at + promises->lifetime - early;
}

static void check_fetch(struct promises *promises, struct world *world, const struct token_life_answer *answer) {
    int64_t now = world->now;
    bool is_needed = !promises_has_token(promises, now) || is_late(promises, now);
    if (answer->fetch && promises->is_fetching) world_violation(world, "token_life: two fetches at once");
    if (answer->fetch && !is_needed) world_violation(world, "token_life: a fetch that is not needed");
    if (answer->fetch && now < promises->retry_at) world_violation(world, "token_life: a fetch within the pause");
    bool is_due = is_needed && !promises->is_fetching && now >= promises->retry_at;
    if (is_due && !answer->fetch) world_violation(world, "token_life: no fetch, though one is due");
}

static enum token_life_verdict expected(const struct promises *promises, int64_t now,
                                        const struct token_life_answer *answer) {
    if (promises_has_token(promises, now)) return TOKEN_LIFE_USE;
    if (answer->fetch) return TOKEN_LIFE_FETCH;
    if (promises->is_fetching) return TOKEN_LIFE_WAIT;
    return promises->may_pass ? TOKEN_LIFE_WAIT : TOKEN_LIFE_REFUSE;
}

static bool is_until_right(const struct promises *promises, int64_t now, const struct token_life_answer *answer) {
    if (answer->verdict == TOKEN_LIFE_USE) return answer->until == promises->fetched_at + promises->lifetime;
    if (promises->is_fetching || answer->fetch) return answer->until == INT64_MAX;
    return answer->until > now && answer->until == promises->retry_at;
}

void promises_asked(struct promises *promises, struct world *world, const struct token_life *life,
                    const struct token_life_answer *answer) {
    bool has_none = !promises_has_token(promises, world->now) && !promises->is_fetching && !answer->fetch;
    if (has_none != (life->state == TOKEN_LIFE_FAILED)) world_violation(world, "token_life: failed, or not");
    check_fetch(promises, world, answer);
    enum token_life_verdict verdict = expected(promises, world->now, answer);
    if (answer->verdict != verdict)
        world_violation(world, "token_life: verdict %d, not %d", (int)answer->verdict, (int)verdict);
    if (!is_until_right(promises, world->now, answer)) world_violation(world, "token_life: until another instant");
    promises->is_fetching |= answer->fetch;
}

/* Not said is 24 hours; under 10 s counts as 10 s, over 30 days as these. */
void promises_fetched(struct promises *promises, struct world *world, int64_t lifetime) {
    if (lifetime <= 0) lifetime = SECONDS(86400);
    promises->lifetime = smaller(larger(lifetime, SECONDS(10)), SECONDS(2592000));
    promises->fetched_at = world->now;
    promises->has_token = true;
    promises->is_fetching = false;
    promises->generation++;
    promises->failures = 0;
    promises->retry_at = INT64_MIN;
}

/* A pause that was longer already stays. */
static void pause_until(struct promises *promises, int64_t until, bool may_pass) {
    promises->retry_at = larger(promises->retry_at, until);
    promises->may_pass = may_pass;
}

void promises_failed(struct promises *promises, struct world *world, bool is_final, int64_t retry_after,
                     double random) {
    promises->is_fetching = false;
    promises->said_until = retry_after < 0 ? INT64_MIN : world->now + retry_after;
    int64_t half = pause_after(++promises->failures) / 2, told = smaller(retry_after, SECONDS(86400));
    int64_t pause = half + (int64_t)((double)half * random);
    if (told > pause) pause = told + (int64_t)((double)smaller(told / 10, SECONDS(30)) * random);
    pause_until(promises, world->now + pause, !is_final);
}

void promises_rejected(struct promises *promises, struct world *world, unsigned generation) {
    if (generation != promises->generation || !promises_has_token(promises, world->now)) return;
    promises->has_token = false;
    promises->said_until = INT64_MIN;
    bool is_young = world->now < promises->fetched_at + SECONDS(60);
    bool is_next = generation == promises->rejected + 1;
    promises->rejections = is_young && is_next ? promises->rejections + 1 : 1;
    promises->rejected = generation;
    if (promises->rejections < 2) return;
    pause_until(promises, world->now + pause_after(promises->rejections - 1), false);
}

void promises_check(const struct promises *promises, struct world *world, const struct token_life *life) {
    bool has_token = promises_has_token(promises, world->now);
    enum token_life_state state = life->state;
    bool is_fetched = state == TOKEN_LIFE_FETCHING || state == TOKEN_LIFE_REFRESHING;
    bool is_there = state == TOKEN_LIFE_READY || state == TOKEN_LIFE_REFRESHING;
    if (is_fetched != promises->is_fetching) world_violation(world, "token_life: state %d, of a fetch", (int)state);
    if (is_there != has_token) world_violation(world, "token_life: state %d, of a token", (int)state);
    bool is_well = life->failure == TOKEN_LIFE_WELL;
    if (is_well != (promises->retry_at == INT64_MIN)) world_violation(world, "token_life: another failure");
}
