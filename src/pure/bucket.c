#include "pure/bucket.h"

#include <stddef.h>

static const int64_t second = 1000000;

static const double unbounded = 1e12; /* tokens a second */

/* What is counted on when a second has begun at whose top many come: how many is seen in the answer to this one. Others
   saw the same second begin. */
static const double tried_at_top = 1;

static double larger(double a, double b) { return a > b ? a : b; }
static double smaller(double a, double b) { return a < b ? a : b; }
static double seconds(int64_t duration) { return (double)duration / (double)second; }

/* Towards minus infinity: the offset between two clocks may have any sign. */
static int64_t whole_seconds(int64_t instant) {
    int64_t whole = instant / second;
    return instant % second < 0 ? whole - 1 : whole;
}

/* ---- the tenant's clock ---- */

/* Clocks drift, and are corrected: bounds widen by 1/8192 of the time, more than any quartz is off. */
static int64_t drifted(const struct bucket_clock *clock, int64_t now) {
    return now > clock->at ? (now - clock->at) / 8192 : 0;
}

void bucket_clock_learn(struct bucket_clock *clock, int64_t date, int64_t begun, int64_t now) {
    int64_t least = date * second - now, most = (date + 1) * second - begun;
    if (clock->is_known) {
        int64_t drift = drifted(clock, now);
        int64_t kept_least = clock->least - drift, kept_most = clock->most + drift;
        /* Bounds that exclude each other: one of the clocks was set, and the latest word counts. */
        if (kept_least <= most && least <= kept_most) {
            if (kept_least > least) least = kept_least;
            if (kept_most < most) most = kept_most;
        }
    }
    *clock = (struct bucket_clock){true, least, most, now};
}

int64_t bucket_clock_instant(const struct bucket_clock *clock, int64_t at) { return at * second - clock->least; }

/* The last second that the tenant's clock has surely shown at `now`. Of a known clock. */
static int64_t second_shown(const struct bucket_clock *clock, int64_t now) { return whole_seconds(now + clock->least); }

/* ---- what is under way ---- */

static void turn(struct bucket *bucket, int64_t now) {
    if (now - bucket->turned < second) return;
    bucket->aging = now - bucket->turned < 2 * second ? bucket->recent : 0;
    bucket->recent = 0;
    bucket->before_turned = bucket->turned;
    bucket->turned = now;
}

static void leave(struct bucket *bucket, int64_t begun) {
    if (bucket->in_flight > 0) bucket->in_flight--;
    if (begun >= bucket->turned) {
        if (bucket->recent > 0) bucket->recent--;
    } else if (begun >= bucket->before_turned && bucket->aging > 0) {
        bucket->aging--;
    }
}

int64_t bucket_uncounted(const struct bucket *bucket, int64_t now) {
    int64_t since = now - bucket->turned;
    if (since >= 2 * second) return 0;
    return bucket->recent + (since < second ? bucket->aging : 0);
}

int64_t bucket_ages(const struct bucket *bucket, int64_t now) {
    return bucket->turned + (now - bucket->turned < second ? second : 2 * second);
}

/* How many have ended since then; of more than are remembered, as many. */
static int64_t ended_since(const struct bucket *bucket, int64_t instant) {
    int64_t known = bucket->ended < BUCKET_ENDS ? bucket->ended : BUCKET_ENDS, count = 0;
    while (count < known && bucket->ends[(bucket->ended - 1 - count) % BUCKET_ENDS] >= instant) count++;
    return count;
}

static void count_ended(struct bucket *bucket, int64_t now) {
    bucket->ends[bucket->ended % BUCKET_ENDS] = now;
    bucket->ended++;
}

/* ---- the level ---- */

/* A few tokens a second come to the same in either way, and are too few to tell. */
enum bucket_fill bucket_fill(const struct bucket *bucket) {
    if (bucket->jump >= 1 && bucket->drip < bucket->jump / 2 && bucket->drip_most < bucket->jump / 2 + 2)
        return BUCKET_STEPPED;
    return bucket->drip > 0 ? BUCKET_EVEN : BUCKET_UNKNOWN;
}

static bool is_stepped(const struct bucket *bucket) { return bucket_fill(bucket) == BUCKET_STEPPED; }

double bucket_level(const struct bucket *bucket, const struct bucket_clock *clock, int64_t now) {
    double level = bucket->level, elapsed = now > bucket->at ? seconds(now - bucket->at) : 0;
    if (!is_stepped(bucket))
        level += bucket->drip * elapsed;
    else if (clock->is_known && second_shown(clock, now) > bucket->second)
        level += smaller(tried_at_top, bucket->jump * elapsed);
    return smaller(level, (double)bucket->limit);
}

static void advance(struct bucket *bucket, const struct bucket_clock *clock, int64_t now) {
    if (now < bucket->at) return;
    bucket->level = bucket_level(bucket, clock, now);
    bucket->at = now;
    if (!clock->is_known) return;
    int64_t shown = second_shown(clock, now);
    if (shown > bucket->second) bucket->topped = now;
    /* Far behind: the tenant's clock was set back. */
    if (shown > bucket->second || shown < bucket->second - 1) bucket->second = shown;
}

int64_t bucket_when(const struct bucket *bucket, const struct bucket_clock *clock, double wanted, int64_t now) {
    double missing = wanted - bucket_level(bucket, clock, now);
    if (missing <= 0) return now;
    if (is_stepped(bucket)) {
        if (!clock->is_known) return INT64_MAX;
        int64_t shown = second_shown(clock, now);
        return bucket_clock_instant(clock, (shown > bucket->second ? shown : bucket->second) + 1);
    }
    if (bucket->drip <= 0) return INT64_MAX;
    return now + (int64_t)(smaller(missing / bucket->drip, 3600) * (double)second) + 1;
}

void bucket_empty(struct bucket *bucket, const struct bucket_clock *clock, int64_t instant) {
    bucket->level = smaller(bucket->level, 0);
    if (instant > bucket->at) bucket->at = instant;
    if (clock->is_known) bucket->second = second_shown(clock, bucket->at);
}

/* ---- the supply ---- */

/* Moves a rate into the bounds that two marks give it, no further. Where the bucket was full there is no upper one. */
static double narrow(double rate, double least, double most, bool is_full) {
    if (!is_full && rate > most) rate = larger(most, 0);
    return larger(rate, least);
}

/* Within one second nothing has come at its top. A token may have been all but there at the first mark, or be all but
   there at the second. */
static void learn_drip(struct bucket *bucket, const struct bucket_mark *from, const struct bucket_mark *to) {
    if (to->at - from->at < second / 100) return;
    double elapsed = seconds(to->at - from->at);
    double least = (to->least - from->most - 1) / elapsed, most = (to->most - from->least + 1) / elapsed;
    bool is_full = from->is_full || to->is_full;
    bucket->drip = narrow(bucket->drip, least, most, is_full);
    if (bucket->drip_most < least) bucket->drip_most = unbounded;
    if (!is_full) bucket->drip_most = smaller(bucket->drip_most, larger(most, 0));
}

/* What comes once a minute is no jump of a second: over many seconds one cannot be told from the other. */
static void learn_jump(struct bucket *bucket, const struct bucket_mark *from, const struct bucket_mark *to) {
    double tops = (double)(to->date - from->date);
    if (tops > 8) return;
    bucket->jump = narrow(bucket->jump, (to->least - from->most) / tops, (to->most - from->least) / tops,
                          from->is_full || to->is_full);
}

static void learn(struct bucket *bucket, const struct bucket_mark *mark) {
    if (bucket->first.is_set && bucket->first.date == mark->date) {
        learn_drip(bucket, &bucket->first, mark);
    } else {
        bucket->before = bucket->latest;
        bucket->first = *mark;
    }
    bucket->latest = *mark;
    if (bucket->before.is_set && bucket->before.date < mark->date) learn_jump(bucket, &bucket->before, mark);
}

static void forget_marks(struct bucket *bucket) {
    bucket->before.is_set = bucket->first.is_set = bucket->latest.is_set = false;
}

/* The exchanges that ended since this one began, and those under way, may have been counted before it or after. */
static void read_supply(struct bucket *bucket, const struct bucket_clock *clock, int64_t begun, int64_t now,
                        const struct bucket_reading *reading) {
    /* A Date is written after the token was taken: whether in the same second is certain only when that second had
       begun before the exchange did. */
    if (reading->date < 0 || second_shown(clock, begun) < reading->date) return;
    int64_t since = ended_since(bucket, begun);
    if (since == BUCKET_ENDS) return;
    double base = (double)(reading->remaining + bucket->taken + (reading->is_refused ? 0 : 1));
    struct bucket_mark mark = {
        .is_set = true,
        .is_full = reading->remaining >= reading->limit - 1,
        .date = reading->date,
        .at = begun + (now - begun) / 2,
        .least = base - (double)since,
        .most = base + (double)bucket->in_flight,
    };
    learn(bucket, &mark);
}

/* What may have come since the exchange was counted: it was not before it began. */
static double come_since(const struct bucket *bucket, int64_t begun, int64_t now) {
    if (!is_stepped(bucket)) return bucket->drip * seconds(now - begun);
    return begun < bucket->topped ? tried_at_top : 0;
}

/* Keeps what was foreseen, within what the answer allows. At most: those under way are still to be counted. At least:
   so are those that ended since it began. */
static void read_level(struct bucket *bucket, int64_t begun, int64_t now, const struct bucket_reading *reading) {
    int64_t since = ended_since(bucket, begun);
    double left = (double)(reading->remaining - bucket_uncounted(bucket, now));
    double most = left + come_since(bucket, begun, now);
    double least = since == BUCKET_ENDS ? -(double)bucket->limit : left - (double)since;
    bool is_full = reading->remaining >= reading->limit - 1;
    bucket->unforeseen = is_full ? 0 : larger(bucket->level - most, 0);
    bucket->level = larger(smaller(bucket->level, most), least);
    /* Full, although four times what it holds is taken in a second: it does not limit us. */
    if (is_full && bucket->drip > 4 * (double)reading->limit) bucket->level = (double)reading->limit;
}

void bucket_forget(struct bucket *bucket) {
    bucket->limit = 0;
    bucket->level = 0;
    bucket->drip = bucket->jump = 0;
    bucket->drip_most = unbounded;
    forget_marks(bucket);
}

static void read_answer(struct bucket *bucket, const struct bucket_clock *clock, int64_t begun, int64_t now,
                        const struct bucket_reading *reading) {
    advance(bucket, clock, now);
    bucket->round_trip += (seconds(now - begun) - bucket->round_trip) / (bucket->limit == 0 ? 1 : 8);
    if (reading->limit != bucket->limit) {
        bucket_forget(bucket);
        bucket->limit = reading->limit;
        bucket->level = (double)(reading->remaining - bucket_uncounted(bucket, now));
    }
    bucket->unforeseen = 0;
    /* An answer that was overtaken says how it was before. */
    if (begun < bucket->newest) return;
    bucket->newest = begun;
    read_supply(bucket, clock, begun, now, reading);
    read_level(bucket, begun, now, reading);
}

/* ---- events ---- */

void bucket_init(struct bucket *bucket) { *bucket = (struct bucket){.newest = INT64_MIN, .drip_most = unbounded}; }

void bucket_begin(struct bucket *bucket, const struct bucket_clock *clock, int64_t now) {
    turn(bucket, now);
    advance(bucket, clock, now);
    bucket->level -= 1;
    bucket->in_flight++;
    bucket->recent++;
}

void bucket_end(struct bucket *bucket, const struct bucket_clock *clock, int64_t begun, int64_t now,
                const struct bucket_reading *reading) {
    turn(bucket, now);
    leave(bucket, begun);
    if (reading != NULL) {
        read_answer(bucket, clock, begun, now, reading);
        if (!reading->is_refused) bucket->taken++;
    }
    count_ended(bucket, now);
}

/* What it took, or will take, shows as what others take. */
void bucket_lose(struct bucket *bucket, int64_t now) {
    turn(bucket, now);
    if (bucket->in_flight > 0) bucket->in_flight--;
    count_ended(bucket, now);
}

void bucket_take_back(struct bucket *bucket, int64_t begun, int64_t now) {
    turn(bucket, now);
    leave(bucket, begun);
    bucket->level = smaller(bucket->level + 1, (double)bucket->limit);
}
