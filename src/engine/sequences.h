/* Sequences inside the engine: what pure/sequence decides is carried out by calls that the engine makes itself. So
   neither a submitter that goes away nor a coroutine that is cancelled leaves the middle of one. Sequences that change
   something and share an account run one after another, in the order in which they came.

   A call stands for the sequence: it is submitted, cancelled, dropped and told like any other, and it owns the run. */
#ifndef AUTH0_ENGINE_SEQUENCES_H
#define AUTH0_ENGINE_SEQUENCES_H

#include "engine/state.h"
#include "pure/plan.h"

#pragma GCC visibility push(hidden)

enum sequences_stage {
    SEQUENCES_NEW,
    SEQUENCES_WAITING, /* for a sequence that has one of its accounts */
    SEQUENCES_WORKING,
    SEQUENCES_ASKING, /* its submitter is to approve */
    SEQUENCES_OVER
};

/* A call of a step; memory that the sequence asked for. */
struct sequences_kept {
    struct call *call;
};
struct sequences_piece {
    char *at;
    size_t size;
};

struct sequences_run {
    struct sequence sequence;
    struct sequence_plan plan;
    struct call *front; /* the call that stands for it */
    struct list link;   /* among the engine's, until it is over */
    struct turn turn;
    struct call_order order; /* what all of its requests have in common; points into `texts` */
    struct buffer texts, plan_text, plan_tokens, plan_spans;
    struct buffer calls, pieces;           /* of all steps, whose answers stay until it is freed; arrays of the above */
    struct call *slots[SEQUENCE_AT_ONCE];  /* the last of each slot */
    struct buffer planned, planned_tokens; /* the receipt as JSON, at SEQUENCES_ASKING; */
    struct buffer receipt, receipt_tokens; /* after the end; */
    struct buffer result, result_tokens;   /* and what else there is to tell */
    size_t left;                           /* bytes that further answers may take, which stay until it is freed */
    int64_t started, ends;
    enum sequences_stage stage;
    bool asks;        /* its submitter approves before anything is changed; else it is approved as it is */
    bool is_approved; /* it goes on to its end */
    bool is_unheard;  /* its submitter has gone */
    const char *late; /* its time was over before it was approved: what it had waited for */
    bool has_grace;   /* it has been given the time to put back what it changed */
};

/* Whether it changes something. */
static inline bool sequences_changes(const struct sequences_run *run) {
    return run->plan.goal == SEQUENCE_MERGE || run->plan.goal == SEQUENCE_UNDO;
}

/* What becomes of an order for one. */
enum sequences_prepared { SEQUENCES_READY, SEQUENCES_REFUSED /* with a complaint */, SEQUENCES_NO_MEMORY };

/* Makes a prepared call stand for a sequence: `common` is what its requests have in common, `text` the JSON that
   plan_read takes, with `asks` in it. */
enum sequences_prepared sequences_prepare(struct call *front, const struct call_order *common, struct span text,
                                          struct complaint *complaint);

/* What a submitter orders: begins it, approves it, ends it as cancelled, gives it up. */
void sequences_begin(struct engine *engine, struct call *front);
void sequences_approve(struct engine *engine, struct call *front);
void sequences_cancel(struct engine *engine, struct call *front);
void sequences_drop(struct engine *engine, struct call *front);

/* Ends all that are not approved, as cancelled. */
void sequences_cancel_all(struct engine *engine);

/* The time is over that it has to wait for others, or for its approval. */
void sequences_expire(struct engine *engine, struct call *front);

/* A step is done. */
void sequences_ended(struct engine *engine, struct call *step);

/* What there is to tell, as JSON that was read; absent where there is none. The planned receipt while the sequence
   waits for its approval, the others after its end. A receipt of a brief sequence is a string: its JSON text. */
struct json_value sequences_planned(const struct call *front);
struct json_value sequences_receipt(const struct call *front);
struct json_value sequences_result(const struct call *front);
const struct sequence_end *sequences_end(const struct call *front);

/* Writes the planned receipt, and what there is to tell at the end. Nothing is changed without the memory for the
   receipt of the end, which is reserved before: false, if there is none. */
void sequences_write_planned(struct sequences_run *run);
bool sequences_reserve_receipt(struct sequences_run *run);
void sequences_write_end(struct sequences_run *run);

/* Lets go of all that are not over, as an engine does that ends. */
void sequences_abandon(struct engine *engine);

/* Of a call that is freed. */
void sequences_free(struct sequences_run *run);

#pragma GCC visibility pop

#endif
