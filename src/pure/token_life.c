#include "pure/token_life.h"

#define SECONDS(n) ((int64_t)(n)*1000000)

static const int64_t lifetime_default = SECONDS(86400), lifetime_least = SECONDS(10), lifetime_most = SECONDS(2592000);
static const int64_t early_most = SECONDS(300), pause_first = SECONDS(1), pause_most = SECONDS(30);
static const int64_t retry_after_most = SECONDS(86400), youth = SECONDS(60);

/* No event leads back to FIXED, so its 0, where nothing is written, says that an event says nothing. */
static const enum token_life_state table[TOKEN_LIFE_STATES][TOKEN_LIFE_EVENTS] = {
    [TOKEN_LIFE_NONE] =
        {
            [TOKEN_LIFE_ASKED] = TOKEN_LIFE_FETCHING,
            [TOKEN_LIFE_ASKED_LATE] = TOKEN_LIFE_FETCHING,
            [TOKEN_LIFE_ASKED_IN_PAUSE] = TOKEN_LIFE_FAILED,
            [TOKEN_LIFE_FETCHED] = TOKEN_LIFE_READY,
        },
    [TOKEN_LIFE_FETCHING] =
        {
            [TOKEN_LIFE_FETCHED] = TOKEN_LIFE_READY,
            [TOKEN_LIFE_NOT_FETCHED] = TOKEN_LIFE_FAILED,
        },
    [TOKEN_LIFE_READY] =
        {
            [TOKEN_LIFE_ASKED_LATE] = TOKEN_LIFE_REFRESHING,
            [TOKEN_LIFE_EXPIRED] = TOKEN_LIFE_NONE,
            [TOKEN_LIFE_FETCHED] = TOKEN_LIFE_READY,
            [TOKEN_LIFE_REJECTED] = TOKEN_LIFE_NONE,
        },
    [TOKEN_LIFE_REFRESHING] =
        {
            [TOKEN_LIFE_EXPIRED] = TOKEN_LIFE_FETCHING,
            [TOKEN_LIFE_FETCHED] = TOKEN_LIFE_READY,
            [TOKEN_LIFE_NOT_FETCHED] = TOKEN_LIFE_READY,
            [TOKEN_LIFE_REJECTED] = TOKEN_LIFE_FETCHING,
        },
    [TOKEN_LIFE_FAILED] =
        {
            [TOKEN_LIFE_ASKED] = TOKEN_LIFE_FETCHING,
            [TOKEN_LIFE_ASKED_LATE] = TOKEN_LIFE_FETCHING,
            [TOKEN_LIFE_FETCHED] = TOKEN_LIFE_READY,
        },
};

bool token_life_next(enum token_life_state state, enum token_life_event event, enum token_life_state *next) {
    *next = table[state][event];
    if (*next != TOKEN_LIFE_FIXED) return true;
    *next = state;
    return false;
}

static bool step(struct token_life *life, enum token_life_event event) {
    return token_life_next(life->state, event, &life->state);
}

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/* Of a clock that may stand anywhere. */
static int64_t after(int64_t now, int64_t duration) { return now > INT64_MAX - duration ? INT64_MAX : now + duration; }

static void expire(struct token_life *life, int64_t now) {
    if (now >= life->expires_at) (void)step(life, TOKEN_LIFE_EXPIRED);
}

static bool is_fetching(const struct token_life *life) {
    return life->state == TOKEN_LIFE_FETCHING || life->state == TOKEN_LIFE_REFRESHING;
}

/* The longest pause after so many failures in a row. */
static int64_t pause_after(unsigned failures) {
    int64_t pause = pause_first;
    while (--failures > 0 && pause < pause_most) pause *= 2;
    return smaller(pause, pause_most);
}

/* A pause that was longer already stays. */
static void pause_for(struct token_life *life, int64_t now, int64_t pause, enum token_life_failure failure) {
    int64_t retry_at = after(now, pause);
    if (retry_at > life->retry_at) life->retry_at = retry_at;
    life->failure = failure;
}

void token_life_init(struct token_life *life, bool is_fixed) {
    *life = (struct token_life){
        .state = is_fixed ? TOKEN_LIFE_FIXED : TOKEN_LIFE_NONE,
        .refresh_at = INT64_MAX,
        .expires_at = INT64_MAX,
        .retry_at = INT64_MIN,
    };
}

struct token_life_answer token_life_ask(struct token_life *life, int64_t now) {
    expire(life, now);
    bool was_fetching = is_fetching(life);
    (void)step(life, now < life->retry_at      ? TOKEN_LIFE_ASKED_IN_PAUSE
                     : now >= life->refresh_at ? TOKEN_LIFE_ASKED_LATE
                                               : TOKEN_LIFE_ASKED);
    bool fetch = is_fetching(life) && !was_fetching;
    switch (life->state) {
    case TOKEN_LIFE_FIXED:
    case TOKEN_LIFE_READY:
    case TOKEN_LIFE_REFRESHING: return (struct token_life_answer){TOKEN_LIFE_USE, fetch, life->expires_at};
    case TOKEN_LIFE_FETCHING:
        return (struct token_life_answer){fetch ? TOKEN_LIFE_FETCH : TOKEN_LIFE_WAIT, fetch, INT64_MAX};
    default: break;
    }
    bool may_pass = life->failure == TOKEN_LIFE_UNAVAILABLE;
    return (struct token_life_answer){may_pass ? TOKEN_LIFE_WAIT : TOKEN_LIFE_REFUSE, false, life->retry_at};
}

static int64_t lifetime_of(int64_t said) {
    if (said <= 0) return lifetime_default;
    return said < lifetime_least ? lifetime_least : smaller(said, lifetime_most);
}

void token_life_fetched(struct token_life *life, int64_t now, int64_t lifetime) {
    if (!step(life, TOKEN_LIFE_FETCHED)) return;
    lifetime = lifetime_of(lifetime);
    life->generation++;
    life->fetched_at = now;
    life->refresh_at = after(now, lifetime - smaller(lifetime / 10, early_most));
    life->expires_at = after(now, lifetime);
    life->retry_at = INT64_MIN;
    life->failure = TOKEN_LIFE_WELL;
    life->failures = 0;
}

/* Processes that were told the same instant should not all come at it. */
static int64_t pause_of(unsigned failures, int64_t retry_after, double random) {
    double share = random > 0 ? (random < 1 ? random : 1) : 0; /* no number: 0 */
    int64_t half = pause_after(failures) / 2, told = smaller(retry_after, retry_after_most);
    int64_t backoff = half + (int64_t)((double)half * share);
    if (told <= backoff) return backoff;
    return told + (int64_t)((double)smaller(told / 10, pause_most) * share);
}

void token_life_failed(struct token_life *life, int64_t now, bool is_final, int64_t retry_after, double random) {
    expire(life, now);
    if (!step(life, TOKEN_LIFE_NOT_FETCHED)) return;
    life->failures++;
    pause_for(life, now, pause_of(life->failures, retry_after, random),
              is_final ? TOKEN_LIFE_DENIED : TOKEN_LIFE_UNAVAILABLE);
}

void token_life_rejected(struct token_life *life, int64_t now, unsigned generation) {
    expire(life, now);
    if (generation != life->generation || !step(life, TOKEN_LIFE_REJECTED)) return;
    bool is_young = now < after(life->fetched_at, youth);
    bool is_next = generation == life->rejected_generation + 1;
    life->rejections = is_young && is_next ? life->rejections + 1 : 1;
    life->rejected_generation = generation;
    if (life->rejections > 1) pause_for(life, now, pause_after(life->rejections - 1), TOKEN_LIFE_UNACCEPTED);
}

bool token_life_is_final(int status) {
    return status >= 400 && status < 500 && status != 408 && status != 425 && status != 429;
}

const char *token_life_state_name(enum token_life_state state) {
    static const char *const names[TOKEN_LIFE_STATES] = {
        [TOKEN_LIFE_FIXED] = "fixed",           [TOKEN_LIFE_NONE] = "none",
        [TOKEN_LIFE_FETCHING] = "fetching",     [TOKEN_LIFE_READY] = "ready",
        [TOKEN_LIFE_REFRESHING] = "refreshing", [TOKEN_LIFE_FAILED] = "failed",
    };
    return names[state];
}

const char *token_life_event_name(enum token_life_event event) {
    static const char *const names[TOKEN_LIFE_EVENTS] = {
        [TOKEN_LIFE_ASKED] = "asked",
        [TOKEN_LIFE_ASKED_LATE] = "asked_late",
        [TOKEN_LIFE_ASKED_IN_PAUSE] = "asked_in_pause",
        [TOKEN_LIFE_EXPIRED] = "expired",
        [TOKEN_LIFE_FETCHED] = "fetched",
        [TOKEN_LIFE_NOT_FETCHED] = "not_fetched",
        [TOKEN_LIFE_REJECTED] = "rejected",
    };
    return names[event];
}
