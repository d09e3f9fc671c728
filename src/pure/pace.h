/* When an exchange may begin, so that the tenant's rate limits are kept instead of run into. Pure; the
   clock and randomness are arguments. Instants are microseconds of one monotonic clock.

   Each class of exchanges has a gate of its own, which learns what its bucket holds and how it fills from the headers
   of answers. Other clients, other processes, and other classes that share the bucket are seen in the same headers, but
   late, and in part: processes that start together each take what would be safe if there were eight, until one has long
   seen no other.

   While nothing is known of a bucket, one exchange goes ahead, and another one if its answer is lost. An exchange whose
   answer is lost keeps its place for a second or two, until the tenant has surely counted it: so until the first answer
   an empty bucket refuses one exchange, or two at most, even if many calls give up waiting for its answers. */
#ifndef AUTH0_PURE_PACE_H
#define AUTH0_PURE_PACE_H

#include "pure/bucket.h"

#pragma GCC visibility push(hidden)

enum pace_class {
    PACE_READ,
    PACE_WRITE,
    PACE_DELETE,
    PACE_ORGANIZATIONS, /* reads of a user's organizations */
    PACE_MEMBERS,       /* changes of an organization's members */
    PACE_OTHER,
    PACE_TOKEN, /* the last: a global refusal closes all before it */
    PACE_CLASSES
};

enum pace_state {
    PACE_COLD,    /* no answer yet: one goes ahead */
    PACE_FREE,    /* answers tell of no limit */
    PACE_OPEN,    /* an exchange may begin */
    PACE_WAITING, /* for tokens, or for answers to what is under way */
    PACE_CLOSED,  /* after a refusal */
    PACE_STATES
};

struct pace_options {
    double reserve; /* share 0..1 of the limit that is left to others */
    double rate;    /* exchanges per second over all classes but the token's, on top of what the headers say; 0: none */
};

/* What an answer says about rates. Any values are taken; those that make no sense count as not said. */
struct pace_answer {
    bool has_limit;
    int64_t limit, remaining, reset; /* x-ratelimit-*; reset in UNIX seconds */
    int64_t date;                    /* the answer's own Date, UNIX seconds, or -1 */
    bool is_refused;                 /* 429 */
    bool is_global;                  /* its body says that the global limit was reached */
    double retry_after;              /* seconds; negative: not said */
};

struct pace_gate {
    struct bucket bucket;
    bool is_heard;        /* an answer came, not long ago */
    int silent;           /* answers in a row that told of no limit */
    int64_t heard_at;     /* when the last one came */
    int64_t probe_at;     /* from when one exchange may look how the bucket stands, whatever its level */
    int64_t probed_at;    /* when the last one did */
    bool is_early;        /* there was nothing at the reset: it was rounded down */
    int64_t begun;        /* the last exchange */
    int64_t gap;          /* before the next one, while it is not known how the bucket fills */
    int64_t closed_until; /* after a refusal */
    int64_t told_until;   /* as long as the tenant said, without what is added to it */
    int refusals;         /* one after another */
    double caution;       /* rises with each refusal, falls with each answer */
    double others_rate;   /* tokens a second that others took of late, at the most */
    double ours, others;  /* exchanges of late that were answered; what others took meanwhile */
};

struct pace {
    struct pace_options options;
    struct bucket_clock clock;
    int64_t rate_at; /* of a fixed rate: when the next exchange is due */
    struct pace_gate gates[PACE_CLASSES];
};

#define PACE_DEFAULTS ((struct pace_options){.reserve = 0.10, .rate = 0})

/* options: NULL for PACE_DEFAULTS. */
void pace_init(struct pace *pace, const struct pace_options *options);

/* Of a refusal: seconds after which the client may come back, as the tenant said: Retry-After, or the reset against its
   own Date. Negative: not said. */
double pace_wait_told(const struct pace_answer *answer);

/* Until when the tenant said to wait, if that is later than `now`; INT64_MIN: it did not say. */
int64_t pace_told_until(const struct pace *pace, enum pace_class class, int64_t now);

/* Not after `now`: an exchange of this class may begin. Else: the instant at which to ask again; any pace_end may bring
   it forward, so ask again after each, too. */
int64_t pace_ready(const struct pace *pace, enum pace_class class, int64_t now);

/* An exchange begins. One that could not wait may begin, too. */
void pace_begin(struct pace *pace, enum pace_class class, int64_t now);

/* It ends. begun: `now` of its pace_begin. answer: NULL where none came, which frees no place for another: it may still
   arrive. random: [0, 1). */
void pace_end(struct pace *pace, enum pace_class class, int64_t begun, int64_t now, const struct pace_answer *answer,
              double random);

/* It ends, and was never sent. */
void pace_take_back(struct pace *pace, enum pace_class class, int64_t begun, int64_t now);

enum pace_state pace_state(const struct pace *pace, enum pace_class class, int64_t now);
const char *pace_state_name(enum pace_state state);

#pragma GCC visibility pop

#endif
