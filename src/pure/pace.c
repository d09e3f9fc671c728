#include "pure/pace.h"

#include <stddef.h>

static const int64_t second = 1000000;

/* How many go ahead before the first answer. More would gain little, since a full bucket loses no more than what would
   have come into it during one round trip; and an empty one refuses all that go ahead. */
static const int64_t cold_start = 1;

/* Where the answer of one is lost, so many in all: what follows a lost answer is not to wait for seconds. */
static const int64_t cold_losses = 2;

/* What was heard longer ago is no reason to send many. */
static const int64_t stale = 5000000;

/* Other clients take as many tokens as we, each of so many, until answers tell otherwise: processes that start together
   are seldom more than eight. `kept_in_mind` answers of ours are of late; at first as if there had been `presumed`. */
static const double presumed_others = 7, presumed = 2, kept_in_mind = 100;

/* So many exchanges may be under way without regard to what others may have taken meanwhile: all of us together. */
static const double slack = 2;

/* For each other client, tokens that are not spent. */
static const double left_for_each = 4;

/* How fast others take is measured over so many seconds at least, and forgotten after so many. */
static const double rate_over = 0.05, rate_lasts = 0.5;

/* The reset has whole seconds: the processes that wait for it would all look at one instant, and find the same level.
   So each looks up to so many seconds later. */
static const double apart = 0.5;

/* Beside others a client looks sooner than at the reset, if that is no more than so many seconds ahead, and so many
   tokens were left: others may stop at any moment, and a level that then rises is not to go unseen. Where tokens come
   at the top of a second, it looks there: between two tops there is nothing to see. */
static const double soon = 2;
static const int64_t left_for_looks = 4;

/* Where tokens seem to come at the top of a second, the last one is spent so long after the one before it. They may
   come evenly, and others may have taken them until now: the answer shows it. */
static const int64_t last_gap = 500000;

/* Between exchanges that look how the bucket fills: at first; then twice as long each time. */
static const int64_t shortest_gap = 50000;

/* A fixed rate makes up for timers that were late by so much. */
static const int64_t catch_up = 100000;

/* After so many answers that tell of no limit there is none any more. */
static const int silence = 20;

/* No published window of the API is longer than a minute; those of the token endpoint were seen to be 86 minutes. What
   is further ahead is a mistake, and costs no more than this. */
static const double longest_reset = 120, longest_token_reset = 7200, longest_retry_after = 86400;

/* Seconds that are added to every wait for the tenant, beside the jitter: clocks and timers are not exact. */
static const double grace = 0.05;

static double larger(double a, double b) { return a > b ? a : b; }
static double smaller(double a, double b) { return a < b ? a : b; }
static int64_t earlier(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t later(int64_t a, int64_t b) { return a > b ? a : b; }
static double seconds(int64_t duration) { return (double)duration / (double)second; }
static int64_t duration(double length) { return (int64_t)(length * (double)second); }

/* NaN becomes `least`. */
static double within(double value, double least, double most) { return value > least ? smaller(value, most) : least; }

/* Nothing has been heard, or not for long. */
static void presume(struct pace_gate *gate) {
    gate->is_heard = false;
    gate->ours = presumed;
    gate->others = presumed * presumed_others;
}

static void init_gate(struct pace_gate *gate) {
    *gate = (struct pace_gate){.gap = shortest_gap,
                               .probe_at = INT64_MIN,
                               .probed_at = INT64_MIN,
                               .begun = INT64_MIN,
                               .closed_until = INT64_MIN,
                               .told_until = INT64_MIN};
    presume(gate);
    bucket_init(&gate->bucket);
}

void pace_init(struct pace *pace, const struct pace_options *options) {
    *pace = (struct pace){.options = options != NULL ? *options : PACE_DEFAULTS, .rate_at = INT64_MIN};
    pace->options.reserve = within(pace->options.reserve, 0, 1);
    if (pace->options.rate > 0) pace->options.rate = within(pace->options.rate, 1e-6, 1e6);
    for (int class = 0; class < PACE_CLASSES; class ++) init_gate(&pace->gates[class]);
}

/* ---- when an exchange may begin ---- */

static bool is_limited(const struct pace_gate *gate) { return gate->bucket.limit > 0; }

/* How many others like us share the bucket, as far as answers show it. */
static double crowd(const struct pace_gate *gate) { return (double)(int64_t)(gate->others / gate->ours + 0.5); }

static bool is_alone(const struct pace_gate *gate) { return crowd(gate) < 1; }

/* Clients that may take from one level at the same moment. That there are few others is never believed, only that there
   are none: what comes into the bucket hides what others take, and those that start together do not start at the same
   instant. */
static double sharers(const struct pace_gate *gate) {
    return is_alone(gate) ? 1 : 1 + larger(crowd(gate), presumed_others);
}

/* What is left to others. Rounded down: of a limit of two, nothing. */
static double kept(const struct pace *pace, const struct pace_gate *gate) {
    return (double)(int64_t)((double)gate->bucket.limit * pace->options.reserve);
}

/* Tokens that are not spent. While it is not known how the bucket fills, the last ones are spent one by one, to see
   what comes in between. Where tokens come evenly, a few keep errors, and others, from leading to a refusal; where they
   come at the top of a second, what is left then may be lost. After refusals there are others, so more is left. */
static double margin(const struct pace_gate *gate) {
    int64_t third = gate->bucket.limit / 3;
    double limit = (double)gate->bucket.limit;
    double others = smaller(1.5 * gate->caution, limit / 5) + smaller(left_for_each * crowd(gate), (double)third);
    switch (bucket_fill(&gate->bucket)) {
    case BUCKET_UNKNOWN: return others + (double)earlier(4, gate->bucket.limit / 5);
    case BUCKET_EVEN: return others + smaller(3, limit / 16);
    default: return others;
    }
}

/* What others may have taken since the level was told, if they go on as fast as of late. After a second it is not known
   whether they do. */
static double taken_meanwhile(const struct pace_gate *gate, int64_t now) {
    const struct bucket *bucket = &gate->bucket;
    bool is_old = bucket->newest + second <= now;
    if (is_old || is_alone(gate) || bucket_fill(bucket) == BUCKET_STEPPED) return 0;
    return larger(0, gate->others_rate - bucket->drip) * seconds(now - bucket->newest);
}

/* The level at which one more may begin. A level is one round trip old, and each other client may have taken as much as
   we: no more is under way in all than is left, but for what comes in meanwhile. Beside a large reserve, a margin takes
   three quarters of what is there at most: if one may begin only once the bucket is full, what comes then is lost. */
static double needed(const struct pace *pace, const struct pace_gate *gate, int64_t now) {
    const struct bucket *bucket = &gate->bucket;
    double share = sharers(gate), free = (slack + bucket->drip * bucket->round_trip) / share;
    double stake = larger(0, (double)bucket_uncounted(bucket, now) - free);
    double least = kept(pace, gate) + 1, room = larger(0, (double)bucket->limit - least);
    double spared = smaller(margin(gate), room * 3 / 4) + taken_meanwhile(gate, now);
    return least + stake * larger(share, 1 + gate->caution) + spared;
}

/* At least half of a full bucket may be spent. Where it is less, a token that waits, or is spent to look, is too large
   a part of it. */
static bool has_room(const struct pace *pace, const struct pace_gate *gate) {
    double limit = (double)gate->bucket.limit;
    return limit - kept(pace, gate) - margin(gate) >= limit / 2;
}

/* When one may begin even if it is the last one that the level allows. */
static int64_t last_may_begin(const struct pace *pace, const struct pace_gate *gate, int64_t now) {
    if (!has_room(pace, gate)) return now;
    int64_t more = bucket_when(&gate->bucket, &pace->clock, needed(pace, gate, now) + 1, now);
    return earlier(gate->begun + last_gap, more);
}

static int64_t ready_by_level(const struct pace *pace, const struct pace_gate *gate, int64_t now) {
    const struct bucket *bucket = &gate->bucket;
    int64_t at = earlier(gate->probe_at, bucket_when(bucket, &pace->clock, needed(pace, gate, now), now));
    const int64_t fifth = bucket->limit / 5;
    double last = kept(pace, gate) + 1 + smaller(crowd(gate), (double)fifth);
    if (bucket_fill(bucket) == BUCKET_UNKNOWN && bucket_level(bucket, &pace->clock, now) >= last)
        at = earlier(at, gate->begun + gate->gap);
    if (taken_meanwhile(gate, now) > 0) at = earlier(at, bucket->newest + second);
    return bucket_fill(bucket) == BUCKET_STEPPED ? later(at, last_may_begin(pace, gate, now)) : at;
}

static int64_t ready_by_gate(const struct pace *pace, const struct pace_gate *gate, int64_t now) {
    if (now < gate->closed_until) return gate->closed_until;
    /* It opens when an answer comes; one that does not come ages until it is not counted any more. */
    int64_t few = gate->bucket.in_flight == 0 ? cold_losses : cold_start;
    if (!gate->is_heard && bucket_uncounted(&gate->bucket, now) >= few) return bucket_ages(&gate->bucket, now);
    return is_limited(gate) ? ready_by_level(pace, gate, now) : now;
}

int64_t pace_ready(const struct pace *pace, enum pace_class class, int64_t now) {
    int64_t at = ready_by_gate(pace, &pace->gates[class], now);
    return class == PACE_TOKEN ? at : later(at, pace->rate_at);
}

/* ---- an exchange begins ---- */

static void note_begin(const struct pace *pace, struct pace_gate *gate, int64_t now) {
    bool is_plenty = bucket_level(&gate->bucket, &pace->clock, now) >= needed(pace, gate, now);
    gate->gap = is_plenty ? shortest_gap : earlier(gate->gap * 2, second);
    gate->begun = now;
    if (is_limited(gate) && gate->bucket.in_flight == 0 && now - gate->heard_at > stale) presume(gate);
    if (gate->probe_at > now) return;
    if (!is_plenty) gate->probed_at = now;
    gate->probe_at = now + second;
}

void pace_begin(struct pace *pace, enum pace_class class, int64_t now) {
    struct pace_gate *gate = &pace->gates[class];
    note_begin(pace, gate, now);
    bucket_begin(&gate->bucket, &pace->clock, now);
    if (class != PACE_TOKEN && pace->options.rate > 0)
        pace->rate_at = later(pace->rate_at, now - catch_up) + duration(1 / pace->options.rate);
}

/* ---- what an answer says ---- */

/* Until the year 5138. */
static bool is_date(int64_t date) { return date > 0 && date < INT64_C(100000000000); }

static bool read_bucket(const struct pace_answer *answer, struct bucket_reading *reading) {
    if (!answer->has_limit || answer->limit < 1 || answer->limit > 1000000000) return false;
    /* The headers of a global refusal tell of another bucket. */
    if (answer->is_refused && answer->is_global) return false;
    int64_t remaining = answer->is_refused ? 0 : later(0, earlier(answer->remaining, answer->limit));
    *reading = (struct bucket_reading){.limit = answer->limit,
                                       .remaining = remaining,
                                       .date = is_date(answer->date) ? answer->date : -1,
                                       .is_refused = answer->is_refused};
    return true;
}

/* Seconds until the reset has surely come, by the tenant's clock; negative: not said, or over. Under either reading of
   it there is a token then. */
static double until_reset(const struct pace *pace, enum pace_class class, int64_t now,
                          const struct pace_answer *answer) {
    if (!answer->has_limit || !is_date(answer->date) || !is_date(answer->reset) || answer->reset <= answer->date)
        return -1;
    double wait = larger(0, seconds(bucket_clock_instant(&pace->clock, answer->reset) - now));
    return smaller(wait, class == PACE_TOKEN ? longest_token_reset : longest_reset);
}

double pace_wait_told(const struct pace_answer *answer) {
    if (answer->retry_after >= 0) return answer->retry_after;
    bool is_said = is_date(answer->date) && is_date(answer->reset);
    return is_said && answer->reset > answer->date ? (double)(answer->reset - answer->date) : -1;
}

int64_t pace_told_until(const struct pace *pace, enum pace_class class, int64_t now) {
    int64_t until = pace->gates[class].told_until;
    return until > now ? until : INT64_MIN;
}

/* ---- refusals ---- */

static double backoff(int refusals) { return (double)(1 << (refusals < 6 ? refusals : 6)); }

/* As long as the tenant says, and longer the more often it has refused. The jitter keeps clients that were refused
   together from coming back together. */
static double closing_time(const struct pace *pace, enum pace_class class, int64_t now,
                           const struct pace_answer *answer, double random) {
    int refusals = pace->gates[class].refusals;
    double wait = within(answer->retry_after, -1, longest_retry_after);
    if (wait < 0) wait = until_reset(pace, class, now, answer);
    if (wait < 0) wait = 1;
    if (refusals > 1) wait = larger(wait, backoff(refusals - 2));
    return wait + grace + random * within(wait / 10, 0.2, 30);
}

static void close_gate(struct pace *pace, struct pace_gate *gate, int64_t until, int64_t told_until) {
    gate->told_until = later(gate->told_until, told_until);
    if (until <= gate->closed_until) return;
    gate->closed_until = gate->probe_at = gate->heard_at = until;
    gate->is_heard = false;
    bucket_empty(&gate->bucket, &pace->clock, until);
}

static void refuse(struct pace *pace, enum pace_class class, int64_t begun, int64_t now,
                   const struct pace_answer *answer, double random) {
    struct pace_gate *gate = &pace->gates[class];
    /* Those that were under way together are refused together: that is one refusal. */
    if (begun >= gate->closed_until) {
        if (gate->refusals < 100) gate->refusals++;
        gate->caution = smaller(gate->caution + 1, 3);
        if (begun == gate->probed_at) gate->is_early = true;
    }
    int64_t until = now + duration(closing_time(pace, class, now, answer, random));
    double told = pace_wait_told(answer);
    int64_t told_until = told < 0 ? INT64_MIN : told < 1e9 ? now + duration(told) : INT64_MAX;
    close_gate(pace, gate, until, told_until);
    if (!answer->is_global || class == PACE_TOKEN) return;
    for (int other = 0; other < PACE_TOKEN; other++) close_gate(pace, &pace->gates[other], until, told_until);
}

/* ---- an exchange ends ---- */

/* Others show in refusals, where less is left than we would leave, and where less is left than was foreseen. */
static void note_others(const struct pace *pace, struct pace_gate *gate, int64_t now,
                        const struct bucket_reading *reading) {
    if (reading != NULL) {
        double since = seconds(now - gate->heard_at), kept_on = larger(0, 1 - since / rate_lasts);
        gate->others_rate = larger(gate->bucket.unforeseen / larger(since, rate_over), gate->others_rate * kept_on);
        gate->ours = gate->ours * (1 - 1 / kept_in_mind) + 1;
        gate->others = gate->others * (1 - 1 / kept_in_mind) + gate->bucket.unforeseen;
    }
    if (reading != NULL && (double)reading->remaining < kept(pace, gate))
        gate->caution = smaller(gate->caution + 0.25, 3);
    else
        gate->caution *= 0.998;
}

/* Seconds until an exchange may look how the bucket stands, whatever is known of its level. */
static double look_after(const struct pace *pace, enum pace_class class, int64_t now, const struct pace_answer *answer,
                         const struct bucket_reading *reading, double random) {
    const struct pace_gate *gate = &pace->gates[class];
    double reset = until_reset(pace, class, now, answer);
    double wait = reset < 0 ? 1 : reset + grace + (gate->is_early ? 1 : 0);
    if (is_alone(gate)) return wait;
    bool is_left = reading != NULL && reading->remaining >= left_for_looks;
    bool may_look = is_left && has_room(pace, gate) && bucket_fill(&gate->bucket) != BUCKET_STEPPED;
    return (may_look && reset <= soon ? smaller(wait, apart) : wait) + random * apart;
}

static void pass(struct pace *pace, enum pace_class class, int64_t begun, int64_t now, const struct pace_answer *answer,
                 const struct bucket_reading *reading, double random) {
    struct pace_gate *gate = &pace->gates[class];
    if (begun < gate->closed_until) return; /* it was under way when another was refused */
    note_others(pace, gate, now, reading);
    gate->probe_at = now + duration(look_after(pace, class, now, answer, reading, random));
    gate->is_heard = true;
    gate->heard_at = now;
    gate->refusals = 0;
    gate->silent = reading != NULL ? 0 : gate->silent + 1;
    if (gate->silent < silence) return;
    gate->silent = 0;
    bucket_forget(&gate->bucket);
}

void pace_end(struct pace *pace, enum pace_class class, int64_t begun, int64_t now, const struct pace_answer *answer,
              double random) {
    struct pace_gate *gate = &pace->gates[class];
    struct bucket_reading reading;
    if (answer == NULL) {
        bucket_lose(&gate->bucket, now);
        return;
    }
    bool is_read = read_bucket(answer, &reading);
    begun = earlier(begun, now);
    if (is_date(answer->date)) bucket_clock_learn(&pace->clock, answer->date, begun, now);
    bucket_end(&gate->bucket, &pace->clock, begun, now, is_read ? &reading : NULL);
    random = within(random, 0, 1);
    if (answer->is_refused)
        refuse(pace, class, begun, now, answer, random);
    else
        pass(pace, class, begun, now, answer, is_read ? &reading : NULL, random);
}

void pace_take_back(struct pace *pace, enum pace_class class, int64_t begun, int64_t now) {
    bucket_take_back(&pace->gates[class].bucket, begun, now);
}

/* ---- for those who watch ---- */

enum pace_state pace_state(const struct pace *pace, enum pace_class class, int64_t now) {
    const struct pace_gate *gate = &pace->gates[class];
    if (now < gate->closed_until) return PACE_CLOSED;
    if (!is_limited(gate) && !gate->is_heard) return PACE_COLD;
    if (pace_ready(pace, class, now) > now) return PACE_WAITING;
    return is_limited(gate) ? PACE_OPEN : PACE_FREE;
}

const char *pace_state_name(enum pace_state state) {
    static const char *const names[PACE_STATES] = {
        [PACE_COLD] = "cold",       [PACE_FREE] = "free",     [PACE_OPEN] = "open",
        [PACE_WAITING] = "waiting", [PACE_CLOSED] = "closed",
    };
    return names[state];
}
