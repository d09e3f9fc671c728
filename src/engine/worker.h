/* A thread that drives an engine. Its callers wait for nothing: what they order is put into one locked queue, what the
   thread has to tell them into another, and its bell (os/bell.h) wakes them. */
#ifndef AUTH0_ENGINE_WORKER_H
#define AUTH0_ENGINE_WORKER_H

#include "engine/state.h"
#include "os/bell.h"

#pragma GCC visibility push(hidden)

/* From here on the engine is the thread's; NULL where there is none to be had, and the engine is as it was. */
struct worker *worker_start(struct engine *engine);

/* The thread ends soon, and frees the engine and itself; calls that are under way tell nothing. */
void worker_stop(struct worker *worker);

/* The caller's side of engine.h. */
void worker_submit(struct worker *worker, struct call *call);
void worker_cancel(struct worker *worker, struct call *call);
void worker_drop(struct worker *worker, struct call *call);
void worker_approve(struct worker *worker, struct call *call);
bool worker_next(struct worker *worker, struct engine_record *record);
void worker_give_token(struct worker *worker, int token_request, struct span token, int64_t lifetime);
void worker_refuse_token(struct worker *worker, int token_request, const char *words);
struct engine_stats worker_stats(struct worker *worker);

/* Whether it is owed a token. */
bool worker_is_owed(struct worker *worker);

/* Waits until the bell rings, and hushes it; at most that long. A signal ends it. */
void worker_wait(struct worker *worker, int wait_ms);

struct bell *worker_bell(struct worker *worker);

#pragma GCC visibility pop

#endif
