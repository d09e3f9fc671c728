/* What one rate bucket of the tenant holds, and what comes into it, learned from the headers of answers. Pure;
   the clock is an argument.

   The bucket is the tenant's: other clients take from it, and how it fills is not told. So everything here is kept as
   bounds that hold whatever the order in which the tenant counted the exchanges that were under way together. */
#ifndef AUTH0_PURE_BUCKET_H
#define AUTH0_PURE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* Unix time at the tenant minus the monotonic clock here, in microseconds, between two bounds: a Date has whole
   seconds, and an answer takes its time. */
struct bucket_clock {
    bool is_known;
    int64_t least, most;
    int64_t at; /* when they were last narrowed */
};

/* Takes the Date of an answer to an exchange that began at `begun` and ended at `now`. */
void bucket_clock_learn(struct bucket_clock *clock, int64_t date, int64_t begun, int64_t now);

/* When the tenant's clock shows `second` at the latest. Of a known clock. */
int64_t bucket_clock_instant(const struct bucket_clock *clock, int64_t second);

/* A point of the supply: what had come into the bucket until an answer, up to a constant. */
struct bucket_mark {
    bool is_set;
    bool is_full; /* what came in had no room: more than this may come */
    int64_t date, at;
    double least, most;
};

enum { BUCKET_ENDS = 128 };

struct bucket {
    int64_t limit; /* 0: none is known */
    double level;  /* what can be taken at `at`, with all that is under way counted as taken */
    int64_t at;
    int64_t second, topped; /* the last second of the tenant whose top is in `level`, and since when it is */
    double drip, drip_most; /* tokens a second that come within a second: surely so many, surely not more */
    double jump;            /* tokens that come at the top of a second, where tokens come so */
    int64_t newest;         /* when the exchange began whose answer was the last to be read */
    double round_trip;      /* of late, in seconds */
    double unforeseen;      /* how much less the last answer left than was foreseen: others took it */
    int64_t in_flight;      /* exchanges under way; */
    int64_t recent, aging;  /* of these, and of those that were lost, begun since `turned`, and in the turn before */
    int64_t turned, before_turned;
    int64_t taken, ended;                     /* exchanges that took a token; that have ended */
    int64_t ends[BUCKET_ENDS];                /* when the last of these ended */
    struct bucket_mark before, first, latest; /* the last of an earlier second; the first and last of this one */
};

enum bucket_fill {
    BUCKET_UNKNOWN,
    BUCKET_EVEN,   /* token by token */
    BUCKET_STEPPED /* many at once, when a second begins */
};

struct bucket_reading {
    int64_t limit, remaining; /* 0 <= remaining <= limit */
    int64_t date;             /* -1: not said */
    bool is_refused;          /* took nothing */
};

void bucket_init(struct bucket *bucket);

/* What can be taken at `now`. Below zero: what is under way may be refused. */
double bucket_level(const struct bucket *bucket, const struct bucket_clock *clock, int64_t now);

/* When the level comes to `wanted`, as far as it can be foreseen; INT64_MAX: it cannot. */
int64_t bucket_when(const struct bucket *bucket, const struct bucket_clock *clock, double wanted, int64_t now);

/* Exchanges that the tenant may not have counted yet: of those under way, and of those that were lost. It counts when a
   request arrives: one that was sent seconds ago has been counted, or never will be. */
int64_t bucket_uncounted(const struct bucket *bucket, int64_t now);

/* When fewer may be uncounted, though none ends. */
int64_t bucket_ages(const struct bucket *bucket, int64_t now);

enum bucket_fill bucket_fill(const struct bucket *bucket);

void bucket_begin(struct bucket *bucket, const struct bucket_clock *clock, int64_t now);

/* An exchange that began at `begun` was answered. reading: NULL where nothing was said. */
void bucket_end(struct bucket *bucket, const struct bucket_clock *clock, int64_t begun, int64_t now,
                const struct bucket_reading *reading);

/* No answer came, and it may still arrive. */
void bucket_lose(struct bucket *bucket, int64_t now);

/* It was never sent. */
void bucket_take_back(struct bucket *bucket, int64_t begun, int64_t now);

/* After a refusal: nothing can be taken until `instant`, and what comes until then is not counted on. */
void bucket_empty(struct bucket *bucket, const struct bucket_clock *clock, int64_t instant);

/* There is no limit any more. */
void bucket_forget(struct bucket *bucket);

#pragma GCC visibility pop

#endif
