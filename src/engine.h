/* Carries out operations: a queue, exchanges, timers, and records out. Floor 1. The exchanges of one transport profile
   go over the network; or they are handed out, for whoever holds the engine to answer, in a time that is the engine's
   own. It never calls up: what happened is fetched with engine_next. Whoever turns the crank, turns all of it. */
#ifndef AUTH0_ENGINE_H
#define AUTH0_ENGINE_H

#include "call.h"

#pragma GCC visibility push(hidden)

struct engine;

enum engine_record_kind {
    ENGINE_DONE,    /* a call's result is complete */
    ENGINE_EXCHANGE /* what `call_exchange` says is to be answered with engine_reply */
};

struct engine_record {
    enum engine_record_kind kind;
    struct call *call;
};

/* `key` is a transport_pack; the engine takes it over, also where it fails. NULL where there is no memory, or libcurl
   fails to start. */
struct engine *engine_open(struct buffer *key);

/* An engine without a network. Its time stands still while somebody owes it an answer, and jumps from timer to timer
   else: nothing ever waits. NULL where there is no memory. */
struct engine *engine_open_answered(void);

/* Closes every connection. In a process other than the one that opened it (a child of fork), nothing is touched and the
   memory stays: the connections belong to the parent. Calls that are not done are taken back, and tell nothing. */
void engine_close(struct engine *engine);

struct span engine_key(const struct engine *engine);

/* False after a fork: the connections are the parent's. */
bool engine_is_own(const struct engine *engine);

/* What becomes of a call where no engine could be opened: it is unreachable, and complete. */
void engine_refuse(struct call *call);

/* The call must stay where it is until it is done, or taken back. */
void engine_submit(struct engine *engine, struct call *call);

/* Ends a call now: as cancelled, with an outcome that is unknown if it was sent. Its record follows. */
void engine_cancel(struct engine *engine, struct call *call);

/* Takes a call back without a word, if it is in an engine: its memory is about to go. */
void engine_forget(struct call *call);

/* One turn of the crank; waits at most `wait_ms` for the network or a timer. A signal ends the wait. */
void engine_turn(struct engine *engine, int wait_ms);

/* The next record, if there is one. */
bool engine_next(struct engine *engine, struct engine_record *record);

/* How an exchange that was handed out ended. Its body is copied. */
struct engine_reply {
    struct attempt_end end;
    const struct headers *headers;
    struct span body;
    int64_t after; /* microseconds from now until it is there; INT64_MAX: it never comes */
};

/* False where there is no memory, or the call waits for no answer. */
bool engine_reply(struct engine *engine, struct call *call, const struct engine_reply *reply);

/* Microseconds: of the monotonic clock; without a network, since it was opened. Only the latter can be advanced. */
int64_t engine_now(const struct engine *engine);
void engine_advance(struct engine *engine, int64_t microseconds);

#pragma GCC visibility pop

#endif
