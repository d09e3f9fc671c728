#include "rules.h"

/* ---- a refusal closes the gate ---- */

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

/* Until when the tenant's word keeps a class shut: Retry-After, or the reset by its own clock, or a second. */
static int64_t told(const struct sim *sim, enum pace_class class, const struct pace_answer *answer) {
    int64_t now = sim->world.now;
    double retry_after = answer->retry_after < 86400 ? answer->retry_after : 86400; /* no more than a day is believed */
    if (retry_after >= 0) return now + (int64_t)(retry_after * (double)SECONDS(1));
    if (!answer->has_limit || answer->date < 0 || answer->reset <= answer->date) return now + SECONDS(1);
    int64_t reset = tenant_instant(&sim->tenant, &sim->world, answer->reset);
    int64_t longest = now + SECONDS(class == PACE_TOKEN ? 7200 : 120);
    return reset < longest ? reset : longest;
}

/* What a caller is told of it: the word itself, in microseconds; negative: there is none. */
static int64_t said(const struct pace_answer *answer) {
    if (answer->retry_after >= 0) return (int64_t)(answer->retry_after * (double)SECONDS(1));
    return answer->date > 0 && answer->reset > answer->date ? SECONDS(answer->reset - answer->date) : -1;
}

/* Clients that were refused together are not to come back together: each waits up to a tenth longer, or 30 seconds. */
static int64_t spread(int64_t wait) { return wait / 10 < SECONDS(30) ? wait / 10 : SECONDS(30); }

static void shut(struct gate *gate, int64_t now, int64_t until, int64_t said_until) {
    gate->closed_until = larger(gate->closed_until, until);
    gate->back_by = larger(gate->back_by, until + spread(until - now));
    gate->said_until = larger(gate->said_until, said_until);
}

static void close_gates(struct sim *sim, enum pace_class class, const struct pace_answer *answer) {
    int64_t until = told(sim, class, answer), said_until = sim->world.now + said(answer);
    for (int other = 0; other < PACE_CLASSES; other++) {
        bool is_other = answer->is_global && class != PACE_TOKEN && other != PACE_TOKEN;
        if (other == (int)class || is_other)
            shut(&sim->gates[other], sim->world.now, until, said(answer) < 0 ? INT64_MIN : said_until);
    }
}

/* What an answer tells of the tenant's clock is as uncertain as the exchange took long. */
void rates_ended(struct sim *sim, enum pace_class class, int64_t begun, const struct pace_answer *answer) {
    struct gate *gate = &sim->gates[class];
    gate->in_flight--;
    if (answer == NULL) return;
    gate->is_heard = true;
    if (answer->has_limit && answer->date >= 0)
        gate->reset = tenant_instant(&sim->tenant, &sim->world, answer->reset) + sim->world.now - begun;
    gate->heard_refusals += answer->is_refused;
    if (answer->is_refused) close_gates(sim, class, answer);
}

/* ---- an exchange begins ---- */

/* A fixed rate, with what it makes up for late timers. */
static bool is_too_fast(const struct sim *sim) {
    double since = (double)(sim->world.now - sim->world.began) / (double)SECONDS(1);
    double rate = sim->rate;
    int begun = 0;
    for (int class = 0; class < PACE_TOKEN; class ++) begun += sim->gates[class].begun;
    return rate > 0 && begun > 2 + rate * (since + 0.1);
}

/* It may still arrive: also one that was sent, and whose caller waits for its answer no more. */
static bool is_under_way(const struct exchange *exchange) {
    return exchange->is_live || (exchange->is_sent && exchange->end.how != ATTEMPT_ANSWERED);
}

/* Of the last seconds: the rest has arrived, or is lost. The one that begins is not among them yet. */
static int under_way(const struct sim *sim, enum pace_class class, int64_t since) {
    int count = 0;
    for (int i = sim->exchange_count - 1; i >= 0 && sim->exchanges[i].begun > sim->world.now - since; i--)
        count += is_under_way(&sim->exchanges[i]) && tenant_class(sim->exchanges[i].request.verb) == class;
    return count;
}

/* One, or two where nothing came of the first. */
static bool are_many(const struct sim *sim, enum pace_class class) {
    int live = 0;
    for (int i = sim->exchange_count - 1; i >= 0 && sim->exchanges[i].begun > sim->world.now - SECONDS(1); i--)
        live += sim->exchanges[i].is_live && tenant_class(sim->exchanges[i].request.verb) == class;
    return live > 0 || under_way(sim, class, SECONDS(1)) >= 2;
}

static void check_begin(struct sim *sim, enum pace_class class) {
    const struct gate *gate = &sim->gates[class];
    if (sim->world.now < gate->closed_until)
        world_violation(&sim->world, "class %d: begins while the tenant's word keeps it shut", (int)class);
    if (!gate->is_heard && class != PACE_TOKEN && are_many(sim, class))
        world_violation(&sim->world, "class %d: begins though one looks how its bucket is", (int)class);
    if (is_too_fast(sim)) world_violation(&sim->world, "class %d: faster than the rate that is set", (int)class);
}

void rates_begun(struct sim *sim, enum pace_class class) {
    struct gate *gate = &sim->gates[class];
    gate->in_flight++;
    gate->begun++;
    gate->idle_since = 0;
    check_begin(sim, class);
    gate->last_begun = sim->world.now;
}

/* ---- it has to wait ---- */

static int64_t kept(const struct sim *sim, const struct tenant_bucket *bucket) {
    return (int64_t)((double)bucket->limit * sim->reserve);
}

/* Of nothing but a fixed rate: the next is due one interval after the last. */
static void check_rate(struct sim *sim, enum pace_class class) {
    const struct gate *gate = &sim->gates[class];
    int64_t last = sim->world.began - SECONDS(1000);
    for (int other = 0; other < PACE_TOKEN; other++)
        if (sim->gates[other].begun > 0) last = larger(last, sim->gates[other].last_begun);
    bool is_shut = sim->world.now < larger(gate->closed_until, gate->reset) + SECONDS(1) || gate->in_flight > 0 ||
                   under_way(sim, class, SECONDS(2)) > 0;
    /* A bucket that was not full, or is tiny, takes its time to be learned. */
    const struct tenant_bucket *bucket = &sim->tenant.buckets[class];
    bool is_plenty = bucket->limit >= 20 && bucket->first == bucket->limit &&
                     tenant_left(&sim->tenant, &sim->world, class) >= bucket->limit;
    if (sim->rate <= 0 || sim->reserve > 0.5 || is_shut || !is_plenty) return;
    double waited = (double)(sim->world.now - last) / (double)SECONDS(1);
    if (waited > 1.5 / sim->rate + 1) world_violation(&sim->world, "class %d: slower than its rate", (int)class);
}

/* Far more than it keeps, for seconds on end. */
void rates_held(struct sim *sim, enum pace_class class) {
    struct gate *gate = &sim->gates[class];
    const struct tenant_bucket *bucket = &sim->tenant.buckets[class];
    int64_t waits_until = larger(gate->back_by, gate->reset) + MILLISECONDS(200);
    if (!sim->is_calm || sim->tenant.is_shared || !gate->is_heard) return;
    check_rate(sim, class);
    if (gate->in_flight > 0 || sim->world.now < waits_until || sim->rate > 0) return;
    int64_t enough = kept(sim, bucket) + 6;
    if (enough > bucket->limit) enough = bucket->limit;
    if (tenant_left(&sim->tenant, &sim->world, class) < enough) {
        gate->idle_since = 0;
    } else if (gate->idle_since == 0) {
        gate->idle_since = sim->world.now;
    } else if (sim->world.now - gate->idle_since > MILLISECONDS(2500)) {
        world_violation(&sim->world, "class %d: held though there is enough", (int)class);
        gate->idle_since = 0;
    }
}

/* ---- all is over ---- */

/* Of a bucket that is ours alone: a refusal or two, also where it was empty when we came; a third where it is so small
   that two are all of it, or where we did not hear of one, so that a second one went ahead. An exchange that looks how
   the bucket stands may take one that is kept. */
static void check_bucket(struct sim *sim, enum pace_class class) {
    const struct tenant_bucket *bucket = &sim->tenant.buckets[class];
    bool was_full = bucket->first == bucket->limit;
    bool is_one_unheard = sim->gates[class].heard_refusals < bucket->refused;
    long most = bucket->limit <= 2 || is_one_unheard ? 3 : 2;
    if (bucket->refused > most)
        world_violation(&sim->world, "class %d: %ld refused, of a bucket of %lld", (int)class, bucket->refused,
                        (long long)bucket->limit);
    if (was_full && sim->reserve <= 0.5 && bucket->lowest < kept(sim, bucket) - 1)
        world_violation(&sim->world, "class %d: down to %lld, and %lld are kept for others", (int)class,
                        (long long)bucket->lowest, (long long)kept(sim, bucket));
}

void rates_of_schedule(struct sim *sim) {
    if (!sim->is_calm || sim->tenant.is_shared) return;
    for (int class = 0; class < PACE_TOKEN; class ++) check_bucket(sim, (enum pace_class) class);
}
