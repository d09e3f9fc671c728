#include "credential.h"

#define SECONDS(n) ((int64_t)(n)*1000000)

static const int64_t lifetime_default = SECONDS(86400), lifetime_least = SECONDS(10), lifetime_most = SECONDS(2592000);
static const int64_t early_most = SECONDS(300), pause_first = SECONDS(1), pause_most = SECONDS(30);
static const int64_t retry_after_most = SECONDS(86400), youth = SECONDS(60);

/* No event leads back to FIXED, so its 0, where nothing is written, says that an event says nothing. */
static const enum credential_state table[CREDENTIAL_STATES][CREDENTIAL_EVENTS] = {
    [CREDENTIAL_NONE] =
        {
            [CREDENTIAL_ASKED] = CREDENTIAL_FETCHING,
            [CREDENTIAL_ASKED_LATE] = CREDENTIAL_FETCHING,
            [CREDENTIAL_ASKED_IN_PAUSE] = CREDENTIAL_FAILED,
            [CREDENTIAL_FETCHED] = CREDENTIAL_READY,
        },
    [CREDENTIAL_FETCHING] =
        {
            [CREDENTIAL_FETCHED] = CREDENTIAL_READY,
            [CREDENTIAL_NOT_FETCHED] = CREDENTIAL_FAILED,
        },
    [CREDENTIAL_READY] =
        {
            [CREDENTIAL_ASKED_LATE] = CREDENTIAL_REFRESHING,
            [CREDENTIAL_EXPIRED] = CREDENTIAL_NONE,
            [CREDENTIAL_FETCHED] = CREDENTIAL_READY,
            [CREDENTIAL_REJECTED] = CREDENTIAL_NONE,
        },
    [CREDENTIAL_REFRESHING] =
        {
            [CREDENTIAL_EXPIRED] = CREDENTIAL_FETCHING,
            [CREDENTIAL_FETCHED] = CREDENTIAL_READY,
            [CREDENTIAL_NOT_FETCHED] = CREDENTIAL_READY,
            [CREDENTIAL_REJECTED] = CREDENTIAL_FETCHING,
        },
    [CREDENTIAL_FAILED] =
        {
            [CREDENTIAL_ASKED] = CREDENTIAL_FETCHING,
            [CREDENTIAL_ASKED_LATE] = CREDENTIAL_FETCHING,
            [CREDENTIAL_FETCHED] = CREDENTIAL_READY,
        },
};

bool credential_next(enum credential_state state, enum credential_event event, enum credential_state *next) {
    *next = table[state][event];
    if (*next != CREDENTIAL_FIXED) return true;
    *next = state;
    return false;
}

static bool step(struct credential *credential, enum credential_event event) {
    return credential_next(credential->state, event, &credential->state);
}

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/* Of a clock that may stand anywhere. */
static int64_t after(int64_t now, int64_t duration) { return now > INT64_MAX - duration ? INT64_MAX : now + duration; }

static void expire(struct credential *credential, int64_t now) {
    if (now >= credential->expires_at) (void)step(credential, CREDENTIAL_EXPIRED);
}

static bool is_fetching(const struct credential *credential) {
    return credential->state == CREDENTIAL_FETCHING || credential->state == CREDENTIAL_REFRESHING;
}

/* The longest pause after so many failures in a row. */
static int64_t pause_after(unsigned failures) {
    int64_t pause = pause_first;
    while (--failures > 0 && pause < pause_most) pause *= 2;
    return smaller(pause, pause_most);
}

/* A pause that was longer already stays. */
static void pause_for(struct credential *credential, int64_t now, int64_t pause, enum credential_failure failure) {
    int64_t retry_at = after(now, pause);
    if (retry_at > credential->retry_at) credential->retry_at = retry_at;
    credential->failure = failure;
}

void credential_init(struct credential *credential, bool is_fixed) {
    *credential = (struct credential){
        .state = is_fixed ? CREDENTIAL_FIXED : CREDENTIAL_NONE,
        .refresh_at = INT64_MAX,
        .expires_at = INT64_MAX,
        .retry_at = INT64_MIN,
    };
}

struct credential_answer credential_ask(struct credential *credential, int64_t now) {
    expire(credential, now);
    bool was_fetching = is_fetching(credential);
    (void)step(credential, now < credential->retry_at      ? CREDENTIAL_ASKED_IN_PAUSE
                           : now >= credential->refresh_at ? CREDENTIAL_ASKED_LATE
                                                           : CREDENTIAL_ASKED);
    bool fetch = is_fetching(credential) && !was_fetching;
    switch (credential->state) {
    case CREDENTIAL_FIXED:
    case CREDENTIAL_READY:
    case CREDENTIAL_REFRESHING: return (struct credential_answer){CREDENTIAL_USE, fetch, credential->expires_at};
    case CREDENTIAL_FETCHING:
        return (struct credential_answer){fetch ? CREDENTIAL_FETCH : CREDENTIAL_WAIT, fetch, INT64_MAX};
    default: break;
    }
    bool may_pass = credential->failure == CREDENTIAL_UNAVAILABLE;
    return (struct credential_answer){may_pass ? CREDENTIAL_WAIT : CREDENTIAL_REFUSE, false, credential->retry_at};
}

static int64_t lifetime_of(int64_t said) {
    if (said <= 0) return lifetime_default;
    return said < lifetime_least ? lifetime_least : smaller(said, lifetime_most);
}

void credential_fetched(struct credential *credential, int64_t now, int64_t lifetime) {
    if (!step(credential, CREDENTIAL_FETCHED)) return;
    lifetime = lifetime_of(lifetime);
    credential->generation++;
    credential->fetched_at = now;
    credential->refresh_at = after(now, lifetime - smaller(lifetime / 10, early_most));
    credential->expires_at = after(now, lifetime);
    credential->retry_at = INT64_MIN;
    credential->failure = CREDENTIAL_WELL;
    credential->failures = 0;
}

/* Processes that were told the same instant should not all come at it. */
static int64_t pause_of(unsigned failures, int64_t retry_after, double random) {
    double share = random > 0 ? (random < 1 ? random : 1) : 0; /* no number: 0 */
    int64_t half = pause_after(failures) / 2, told = smaller(retry_after, retry_after_most);
    int64_t backoff = half + (int64_t)((double)half * share);
    if (told <= backoff) return backoff;
    return told + (int64_t)((double)smaller(told / 10, pause_most) * share);
}

void credential_failed(struct credential *credential, int64_t now, bool is_final, int64_t retry_after, double random) {
    expire(credential, now);
    if (!step(credential, CREDENTIAL_NOT_FETCHED)) return;
    credential->failures++;
    pause_for(credential, now, pause_of(credential->failures, retry_after, random),
              is_final ? CREDENTIAL_DENIED : CREDENTIAL_UNAVAILABLE);
}

void credential_rejected(struct credential *credential, int64_t now, unsigned generation) {
    expire(credential, now);
    if (generation != credential->generation || !step(credential, CREDENTIAL_REJECTED)) return;
    bool is_young = now < after(credential->fetched_at, youth);
    bool is_next = generation == credential->rejected_generation + 1;
    credential->rejections = is_young && is_next ? credential->rejections + 1 : 1;
    credential->rejected_generation = generation;
    if (credential->rejections > 1)
        pause_for(credential, now, pause_after(credential->rejections - 1), CREDENTIAL_UNACCEPTED);
}

bool credential_is_final(int status) {
    return status >= 400 && status < 500 && status != 408 && status != 425 && status != 429;
}

const char *credential_state_name(enum credential_state state) {
    static const char *const names[CREDENTIAL_STATES] = {
        [CREDENTIAL_FIXED] = "fixed",           [CREDENTIAL_NONE] = "none",
        [CREDENTIAL_FETCHING] = "fetching",     [CREDENTIAL_READY] = "ready",
        [CREDENTIAL_REFRESHING] = "refreshing", [CREDENTIAL_FAILED] = "failed",
    };
    return names[state];
}

const char *credential_event_name(enum credential_event event) {
    static const char *const names[CREDENTIAL_EVENTS] = {
        [CREDENTIAL_ASKED] = "asked",
        [CREDENTIAL_ASKED_LATE] = "asked_late",
        [CREDENTIAL_ASKED_IN_PAUSE] = "asked_in_pause",
        [CREDENTIAL_EXPIRED] = "expired",
        [CREDENTIAL_FETCHED] = "fetched",
        [CREDENTIAL_NOT_FETCHED] = "not_fetched",
        [CREDENTIAL_REJECTED] = "rejected",
    };
    return names[event];
}
