/* The life of an access token: when it is fetched, used, renewed and dropped. Pure: events in, answers out; the
   clock and the randomness are arguments. The token's text is not here. Its driver (the engine, the simulation) keeps
   the text beside it under the same generation, and carries out the fetches; it asks again for all that wait whenever
   a fetch has ended.

   - One fetch at a time. It begins because a call asks: a token that no call uses is not renewed; fetches are billed.
   - A token is renewed in the last tenth of its life, of which at most the last 5 minutes; meanwhile it is used.
   - A fetch that failed is followed by a pause: 0.5 to 1 s, twice as much after each further failure, at most 30 s, and
     never less than the tenant's Retry-After (of which 24 hours are believed). A token that is still valid is used on.
   - A 401 to the token drops it, once, and the next ask fetches another. Bound: when the token fetched instead is
     rejected within a minute too, there is a pause of 1, 2, 4, ... at most 30 s before each further fetch, in which
     asks are refused. A tenant that rejects all that it gives thus sees two fetches, then fewer, then two a minute. */
#ifndef AUTH0_PURE_TOKEN_LIFE_H
#define AUTH0_PURE_TOKEN_LIFE_H

#include <stdbool.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

enum token_life_state {
    TOKEN_LIFE_FIXED,      /* the caller's own string: never fetched, never dropped; a 401 to it is the caller's */
    TOKEN_LIFE_NONE,       /* no token, and none was asked for since */
    TOKEN_LIFE_FETCHING,   /* no token, and one is being fetched */
    TOKEN_LIFE_READY,      /* a token */
    TOKEN_LIFE_REFRESHING, /* a token, and the next one is being fetched */
    TOKEN_LIFE_FAILED,     /* no token, and one is asked for before `retry_at` */
    TOKEN_LIFE_STATES
};

enum token_life_event {
    TOKEN_LIFE_ASKED,
    TOKEN_LIFE_ASKED_LATE,     /* in the last tenth of the token's life */
    TOKEN_LIFE_ASKED_IN_PAUSE, /* before `retry_at` */
    TOKEN_LIFE_EXPIRED,        /* noticed with the next call, before what that call says */
    TOKEN_LIFE_FETCHED,        /* a token has come, from a fetch or from elsewhere (another process left it) */
    TOKEN_LIFE_NOT_FETCHED,
    TOKEN_LIFE_REJECTED, /* a 401 to the present token */
    TOKEN_LIFE_EVENTS
};

/* Why there is no token. */
enum token_life_failure {
    TOKEN_LIFE_WELL,
    TOKEN_LIFE_UNAVAILABLE, /* no token for now: no connection, 429, 5xx */
    TOKEN_LIFE_DENIED,      /* refused for good: a wrong secret, an unknown audience */
    TOKEN_LIFE_UNACCEPTED   /* the tenant gives tokens, and answers 401 to them */
};

/* Times are microseconds of one monotonic clock. */
struct token_life {
    enum token_life_state state;
    enum token_life_failure failure;            /* since the last token came */
    unsigned generation;                        /* how many tokens have come: the number of the last one */
    int64_t fetched_at, refresh_at, expires_at; /* of that token */
    int64_t retry_at;                           /* no fetch begins before; in the past where nothing failed */
    unsigned failures;                          /* fetches that failed, since the last token came */
    unsigned rejections;                        /* tokens in a row that were rejected young */
    unsigned rejected_generation;               /* the last of them */
};

enum token_life_verdict {
    TOKEN_LIFE_USE,   /* the present generation; valid until `until` */
    TOKEN_LIFE_WAIT,  /* for the fetch under way (`until` is INT64_MAX), or to ask again at `until`: whose deadline
                         comes first need not wait */
    TOKEN_LIFE_FETCH, /* the same as WAIT, for the fetch that begins with this answer */
    TOKEN_LIFE_REFUSE /* no token is to be had before `until`: `failure` is DENIED or UNACCEPTED */
};

struct token_life_answer {
    enum token_life_verdict verdict;
    bool fetch; /* begin one fetch now, whatever the verdict; token_life_fetched or _failed ends it */
    int64_t until;
};

void token_life_init(struct token_life *life, bool is_fixed);

/* An operation wants to send. */
struct token_life_answer token_life_ask(struct token_life *life, int64_t now);

/* `lifetime` in microseconds. Zero or less: not said, and taken as 24 hours, the tenant's default: assumed too long it
   costs a 401 and a replay, too short a billed fetch each time. Under 10 s it counts as 10 s, lest a token be gone
   before it is used; over 30 days, the longest that a tenant gives, as these. */
void token_life_fetched(struct token_life *life, int64_t now, int64_t lifetime);

/* The fetch gave no token, was cancelled, or took too long. `retry_after` in microseconds, negative where the tenant
   said none; `random` is in [0, 1). */
void token_life_failed(struct token_life *life, int64_t now, bool is_final, int64_t retry_after, double random);

/* The tenant answered 401 to a request with the token of `generation`. To a token that was replaced, dropped or has
   expired, that is no news. Who sent the request asks again, and repeats it once. */
void token_life_rejected(struct token_life *life, int64_t now, unsigned generation);

/* Whether the token endpoint's status refuses for good. Only a 4xx can, without 408, 425, 429: with the status 500 the
   body's "access_denied" is a limit that was reached. 0: no answer. */
bool token_life_is_final(int status);

/* The table: where an event leads. False where it says nothing in that state, which then stays. */
bool token_life_next(enum token_life_state state, enum token_life_event event, enum token_life_state *next);

const char *token_life_state_name(enum token_life_state state);
const char *token_life_event_name(enum token_life_event event);

#pragma GCC visibility pop

#endif
