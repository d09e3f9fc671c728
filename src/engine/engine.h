/* Carries out operations: a queue, exchanges, timers, and records out. The exchanges of one transport profile
   go over the network; or they are handed out, for the engine's holder to answer, in a time that is the engine's own.
   It never calls up: what happened is fetched with engine_next. One turn (engine_turn) serves every call. */
#ifndef AUTH0_ENGINE_ENGINE_H
#define AUTH0_ENGINE_ENGINE_H

#include "engine/events.h"
#include "engine/replies.h"
#include "os/bell.h"
#include "token/source.h"

#pragma GCC visibility push(hidden)

struct engine;

enum engine_record_kind {
    ENGINE_DONE,     /* a call's result is complete */
    ENGINE_RECEIPT,  /* a sequence waits for engine_approve, with its plan and its receipt */
    ENGINE_EXCHANGE, /* what `call_exchange` says is to be answered with engine_reply */
    ENGINE_TOKEN,    /* a token is wanted: engine_give_token or engine_refuse_token */
    ENGINE_EVENT
};

struct engine_record {
    enum engine_record_kind kind;
    struct call *call;  /* of the first three */
    int token_request;  /* of a token: the number to answer it by */
    struct event event; /* of the last */
};

struct engine_options {
    struct pace_options pace;
    struct token_source *tokens; /* the engine takes them over; NULL: every call brings its own token */
    bool wants_events;
};

struct engine_stats {
    unsigned long calls, exchanges, retries, events_dropped;
    int in_flight, waiting; /* exchanges; calls that wait for a gate, a token, a connection or the end of a pause */
    unsigned long tokens;
    double limits[PACE_CLASSES], left[PACE_CLASSES]; /* of the tenant's buckets; limit 0: none is known */
};

/* `key` is a profile_pack; the engine takes it over, also where it fails. NULL where there is no memory, or libcurl
   fails to start. */
struct engine *engine_open(struct buffer *key);

/* An engine without a network. Its time stands still while its holder owes it an answer, and otherwise jumps from
   timer to timer: nothing ever waits. NULL where there is no memory. */
struct engine *engine_open_answered(void);

/* How it paces and authorizes what follows; calls under way must bring a token of their own. */
void engine_configure(struct engine *engine, const struct engine_options *options);

/* Closes every connection. In a process other than the one that opened it (a child of fork), nothing is touched and the
   memory stays: the connections belong to the parent. Calls that are not done are dropped, and tell nothing. */
void engine_close(struct engine *engine);

/* Whether a call may leave the token to it. */
bool engine_has_tokens(const struct engine *engine);

/* The caller's own string, where that is the token; else absent. */
struct span engine_given_token(const struct engine *engine);

struct span engine_key(const struct engine *engine);

/* False after a fork: the connections are the parent's. */
bool engine_is_own(const struct engine *engine);

/* What becomes of a call where no engine could be opened: it is unreachable, and complete. */
void engine_refuse(struct call *call, const char *words);

/* From here on the engine has a thread of its own, which drives it: nothing below waits for the network but
   engine_turn, and that only for news. True also where it had one; false where there is none to be had. */
bool engine_start(struct engine *engine);

/* What its thread rings; NULL without one. */
struct bell *engine_bell(struct engine *engine);

/* Calls that were submitted and not fetched with engine_next yet, and a token that the holder owes. */
int engine_pending(struct engine *engine);

/* The call must stay where it is until it is done or dropped; with a thread, until the last reference is gone as well.
   */
void engine_submit(struct engine *engine, struct call *call);

/* Ends a call now: as cancelled, with an outcome that is unknown if it was sent. Its record follows. A sequence that
   was approved goes on. */
void engine_cancel(struct engine *engine, struct call *call);

/* Gives up a call, if it is in an engine: its end is not told. A thread does so when it can. A sequence that was
   approved goes on all the same. */
void engine_drop(struct call *call);

/* A sequence that waits for it may change the tenant from here on. One that is over already is not begun again. */
void engine_approve(struct engine *engine, struct call *call);

/* Sequences that were approved, are not over, and go on only while the engine is turned: with a thread, none. */
int engine_unfinished(const struct engine *engine);

/* One turn: does what can be done now, and waits at most `wait_ms` for the network or a timer. A signal ends the
   wait. */
void engine_turn(struct engine *engine, int wait_ms);

/* The next record, if there is one. */
bool engine_next(struct engine *engine, struct engine_record *record);

/* Answers an exchange. False where there is no memory, or the call waits for no answer. */
bool engine_reply(struct engine *engine, struct call *call, const struct replies_reply *reply);

/* Answers the request for a token; `lifetime` in microseconds, 0 where it is not said. An answer to a request that is
   over (it is given as long as one exchange) changes nothing. */
void engine_give_token(struct engine *engine, int token_request, struct span token, int64_t lifetime);
void engine_refuse_token(struct engine *engine, int token_request, const char *words);

struct engine_stats engine_stats(struct engine *engine);

/* The engine's own token, valid until the next call of a function of this header; absent where there is none, or where
   a thread drives the engine. */
struct span engine_token(const struct engine *engine);

/* Microseconds: of the monotonic clock; without a network, since it was opened. Only the latter can be advanced. */
int64_t engine_now(const struct engine *engine);
void engine_advance(struct engine *engine, int64_t microseconds);

#pragma GCC visibility pop

#endif
