/* A tenant's bucket, other clients and exchanges of ours in virtual time: how much of the bucket a pace gets.
   Deterministic: a seed is a run. */
#ifndef AUTH0_TESTS_PACE_BUCKETS_H
#define AUTH0_TESTS_PACE_BUCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pure/pace.h"

#define SECONDS(n) ((int64_t)((n)*1e6))

/* ---- the bucket, by the tenant's clock ---- */

struct run_bucket {
    double burst, rate; /* tokens a second */
    int64_t step;       /* 0: they come evenly; else together, when the tenant's clock shows a multiple of this */
};

struct run_tokens {
    struct run_bucket kind;
    double tokens;
    int64_t at;
};

/* What is left of a rounding error is no part of a token. */
static const double run_hair = 1e-6;

static inline double run_step_gain(const struct run_bucket *kind) { return kind->rate * (double)kind->step / 1e6; }

static inline void run_advance(struct run_tokens *tokens, int64_t now) {
    const struct run_bucket *kind = &tokens->kind;
    double gain = kind->step == 0 ? kind->rate * (double)(now - tokens->at) / 1e6
                                  : run_step_gain(kind) * (double)(now / kind->step - tokens->at / kind->step);
    tokens->tokens = tokens->tokens + gain < kind->burst ? tokens->tokens + gain : kind->burst;
    tokens->at = now;
}

static inline bool run_take(struct run_tokens *tokens) {
    if (tokens->tokens + run_hair < 1) return false;
    tokens->tokens -= 1;
    return true;
}

/* When the bucket holds so many, if none is taken. */
static inline int64_t run_when(const struct run_tokens *tokens, double wanted) {
    const struct run_bucket *kind = &tokens->kind;
    double missing = wanted - tokens->tokens;
    if (missing <= run_hair) return tokens->at;
    if (kind->step == 0) return tokens->at + (int64_t)(missing / kind->rate * 1e6) + 1;
    int64_t steps = (int64_t)(missing / run_step_gain(kind) + 1 - run_hair);
    return (tokens->at / kind->step + (steps > 1 ? steps : 1)) * kind->step;
}

/* ---- a run ---- */

enum { RUN_CLIENTS = 8, RUN_CLASSES = 2, RUN_AT_ONCE = 50 };

struct run_options {
    struct run_bucket bucket;
    bool is_full;        /* the reset says when the bucket is full, not when the next tokens come */
    bool is_floor;       /* it is rounded down */
    bool is_retry_after; /* a refusal says Retry-After */
    bool is_dateless;    /* no answer has a Date */
    double skew;         /* seconds that the tenant's clock is ahead */
    double competitor;   /* exchanges per second of another client, which takes what it can get */
    double lost;         /* share of answers that do not come */
    double reserve;
    double way;    /* seconds to the tenant, or back; 0: 25 ms */
    double work;   /* seconds that the tenant takes over an exchange; it does one after another */
    double spread; /* seconds within which our processes start */
    double turn;   /* seconds after which a process looks again at what has come; 0: it sees it at once */
    int clients;   /* processes of ours, each with a pace of its own */
    int classes;   /* of each, that share the bucket */
    int exchanges; /* of each */
    unsigned seed;
};

struct run_result {
    double time;     /* seconds until all were done */
    int calls, done; /* exchanges that the tenant saw; that it let pass and that ended */
    int refused;
    int below;  /* that left less than the reserve */
    int others; /* calls of the competitor */
    int others_refused;
};

enum run_stage { RUN_IDLE, RUN_GOING, RUN_COMING };

struct run_exchange {
    enum run_stage stage;
    int client;
    enum pace_class class;
    int64_t begun, due; /* at the tenant, or back here */
    struct pace_answer answer;
    bool is_lost;
};

struct run_client {
    struct pace pace;
    int left[RUN_CLASSES], in_flight;
    int64_t ask_at[RUN_CLASSES];
};

struct run {
    struct run_options options;
    struct run_tokens tokens;
    int64_t now, offset; /* the tenant's clock - ours */
    int64_t competitor_at, busy_until;
    uint64_t random;
    struct run_client clients[RUN_CLIENTS];
    struct run_exchange exchanges[RUN_CLIENTS * RUN_AT_ONCE];
    struct run_result result;
};

static inline double run_random(struct run *run) {
    run->random = run->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(run->random >> 40) / (double)(1 << 24);
}

/* Give or take 40 %: answers overtake each other. */
static inline int64_t run_way(struct run *run) {
    double way = run->options.way > 0 ? run->options.way : 0.025;
    return (int64_t)(1e6 * way * (0.6 + 0.8 * run_random(run)));
}

static inline int64_t run_whole(int64_t instant, bool is_floor) {
    return (instant + (is_floor ? 0 : 999999)) / 1000000;
}

/* The headers of an answer that leaves the tenant at `sent`. */
static inline struct pace_answer run_answer(const struct run *run, bool is_taken, int64_t sent) {
    const struct run_options *options = &run->options;
    const struct run_tokens *tokens = &run->tokens;
    int64_t left = (int64_t)(tokens->tokens + run_hair);
    double burst = options->bucket.burst, next = (double)left + 1 < burst ? (double)left + 1 : burst;
    int64_t next_at = run_when(tokens, next), reset = options->is_full ? run_when(tokens, burst) : next_at;
    int64_t retry_after = run_whole(next_at - tokens->at, false);
    return (struct pace_answer){
        .has_limit = true,
        .limit = (int64_t)burst,
        .remaining = left,
        .reset = run_whole(reset, options->is_floor),
        .date = options->is_dateless ? -1 : sent / 1000000,
        .is_refused = !is_taken,
        .retry_after = !is_taken && options->is_retry_after ? (double)retry_after : -1,
    };
}

/* When a process sees what comes at `instant`: processes that share a machine take turns. */
static inline int64_t run_turn(const struct run *run, int client, int64_t instant) {
    int64_t turn = SECONDS(run->options.turn), since = instant + client * turn / RUN_CLIENTS;
    return turn == 0 || since % turn == 0 ? instant : instant + turn - since % turn;
}

static inline void run_arrive(struct run *run, struct run_exchange *exchange) {
    int64_t now = run->now + run->offset, back = run_way(run);
    run->busy_until = (run->busy_until > run->now ? run->busy_until : run->now) + SECONDS(run->options.work);
    run_advance(&run->tokens, now);
    bool is_taken = run_take(&run->tokens);
    /* The bucket is asked first; the Date is written when the answer is ready. */
    exchange->answer = run_answer(run, is_taken, run->busy_until + run->offset + back / 4);
    exchange->is_lost = run_random(run) < run->options.lost;
    exchange->stage = RUN_COMING;
    exchange->due = run_turn(run, exchange->client, run->busy_until + (exchange->is_lost ? SECONDS(1) : back));
    run->result.calls++;
    run->result.refused += !is_taken;
    double kept = (double)(int64_t)(run->options.bucket.burst * run->options.reserve);
    run->result.below += is_taken && run->tokens.tokens + run_hair < kept;
}

static inline void run_return(struct run *run, struct run_exchange *exchange) {
    struct run_client *client = &run->clients[exchange->client];
    const struct pace_answer *answer = exchange->is_lost ? NULL : &exchange->answer;
    pace_end(&client->pace, exchange->class, exchange->begun, run->now, answer, run_random(run));
    exchange->stage = RUN_IDLE;
    client->in_flight--;
    client->left[exchange->class] += exchange->answer.is_refused;
    run->result.done += !exchange->answer.is_refused;
    for (int class = 0; class < run->options.classes; class ++) client->ask_at[class] = run->now;
}

static inline void run_begin(struct run *run, int number, enum pace_class class) {
    struct run_client *client = &run->clients[number];
    struct run_exchange *exchange = run->exchanges;
    while (exchange->stage != RUN_IDLE) exchange++;
    *exchange = (struct run_exchange){
        .stage = RUN_GOING, .client = number, .class = class, .begun = run->now, .due = run->now + run_way(run)};
    client->left[class]--;
    client->in_flight++;
    pace_begin(&client->pace, class, run->now);
}

static inline void run_ask(struct run *run, int number, enum pace_class class) {
    struct run_client *client = &run->clients[number];
    client->ask_at[class] = INT64_MAX;
    while (client->left[class] > 0 && client->in_flight < RUN_AT_ONCE) {
        int64_t at = pace_ready(&client->pace, class, run->now);
        if (at > run->now) {
            client->ask_at[class] = at;
            return;
        }
        run_begin(run, number, class);
    }
}

static inline void run_compete(struct run *run) {
    run_advance(&run->tokens, run->now + run->offset);
    run->result.others++;
    run->result.others_refused += !run_take(&run->tokens);
    run->competitor_at += (int64_t)(1e6 / run->options.competitor * (0.5 + run_random(run)));
}

/* Does what is due first. */
static inline void run_step(struct run *run) {
    int64_t next = run->competitor_at;
    struct run_exchange *first = NULL;
    int asker = -1, class = 0;
    for (size_t i = 0; i < sizeof run->exchanges / sizeof *run->exchanges; i++) {
        if (run->exchanges[i].stage == RUN_IDLE || run->exchanges[i].due >= next) continue;
        first = &run->exchanges[i];
        next = first->due;
    }
    for (int i = 0; i < run->options.clients * run->options.classes; i++) {
        int number = i / run->options.classes, of = i % run->options.classes;
        if (run->clients[number].ask_at[of] >= next) continue;
        asker = number, class = of;
        next = run->clients[number].ask_at[of];
    }
    if (next > run->now) run->now = next;
    if (asker >= 0)
        run_ask(run, asker, (enum pace_class) class);
    else if (first == NULL)
        run_compete(run);
    else if (first->stage == RUN_GOING)
        run_arrive(run, first);
    else
        run_return(run, first);
}

/* Monotonic clocks start anywhere. */
static const int64_t run_start = INT64_C(5000000000000);

/* The tenant's second and minute begin at any moment of the run. */
static inline void run_init(struct run *run, const struct run_options *options) {
    memset(run, 0, sizeof *run);
    run->options = *options;
    run->random = options->seed;
    run_random(run);
    run->now = run_start;
    run->offset = SECONDS(1.7e9) + SECONDS(options->skew) + SECONDS(60 * run_random(run));
    run->tokens = (struct run_tokens){options->bucket, options->bucket.burst, run->now + run->offset};
    run->competitor_at = options->competitor > 0 ? run->now : INT64_MAX;
    struct pace_options pace = {.reserve = options->reserve};
    for (int i = 0; i < options->clients; i++) {
        pace_init(&run->clients[i].pace, &pace);
        int64_t start = run->now + SECONDS(i == 0 ? 0 : options->spread * run_random(run));
        for (int class = 0; class < options->classes; class ++) {
            run->clients[i].left[class] = options->exchanges / options->classes;
            run->clients[i].ask_at[class] = start;
        }
    }
}

static inline struct run_result run_all(struct run *run, const struct run_options *options) {
    int all = options->exchanges / options->classes * options->classes * options->clients;
    run_init(run, options);
    while (run->result.done < all && run->now < run_start + SECONDS(1e5)) run_step(run);
    run->result.time = (double)(run->now - run_start) / 1e6;
    return run->result;
}

/* Seconds that a client needs which knows the bucket, and takes each token as it comes, but for those that it keeps and
   for the competitor's. Of the run that the options make. */
static inline double run_ideal(const struct run_options *options, double kept) {
    static struct run run;
    run_init(&run, options);
    struct run_tokens *tokens = &run.tokens;
    int all = options->exchanges / options->classes * options->classes * options->clients;
    tokens->kind.burst -= kept;
    tokens->tokens -= kept;
    tokens->kind.rate *= 1 - options->competitor / options->bucket.rate;
    int64_t start = tokens->at;
    for (int i = 0; i < all; i++) {
        run_advance(tokens, run_when(tokens, 1));
        run_take(tokens);
    }
    return (double)(tokens->at - start) / 1e6 + 0.05;
}

#endif
