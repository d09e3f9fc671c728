#include "engine/sequences.h"

#include "os/clock.h"

#include <stdio.h>
#include <stdlib.h>

/* Putting back what was changed has a time of its own, when that of the whole is over. */
static const int64_t GRACE = 10000000;

/* So much may its answers take together, beside those that are never cut short: a thousand permissions of both accounts
   take 2 MiB at most. */
enum { TIMES = 8 };

static void advance(struct engine *engine, struct sequences_run *run);

static struct sequences_run *run_of(struct list *link) { return LIST_OWNER(struct sequences_run, link, link); }

/* ---- steps ---- */

static bool keep_call(struct sequences_run *run, int slot, struct call *call) {
    struct call **slots = run->slots;
    const struct sequences_kept kept = {call};
    if (!buffer_append(&run->calls, (struct span){(const char *)&kept, sizeof kept})) return false;
    call->step_of = run;
    call->id = run->front->id;
    slots[slot] = call;
    return true;
}

static int64_t time_left(struct engine *engine, struct sequences_run *run, enum sequence_step step) {
    if (run->sequence.is_back && step != SEQUENCE_UNLINK && !run->has_grace) {
        run->has_grace = true;
        if (run->ends < engine->now + GRACE) run->ends = engine->now + GRACE;
    }
    return run->ends > engine->now ? run->ends - engine->now : 1;
}

/* Both texts of a request, one after the other, which call_prepare copies. */
static bool write_request(const struct sequences_run *run, const struct sequence_request *request, struct buffer *texts,
                          struct call_order *order) {
    bool has_path = request->plan.kind != OPERATION_LINK && request->plan.kind != OPERATION_UNLINK;
    size_t path = has_path ? sequence_path(&run->sequence, request, NULL) : 0;
    size_t body = sequence_body(&run->sequence, request, NULL);
    if (!buffer_reserve(texts, path + body)) return false;
    if (has_path) order->path = (struct span){texts->at, sequence_path(&run->sequence, request, texts->at)};
    if (body > 0)
        order->body = (struct span){texts->at + path, sequence_body(&run->sequence, request, texts->at + path)};
    return true;
}

/* How long the answer may be. A change's is never cut short by what was read before, nor is an account's. */
static size_t most_for(const struct sequences_run *run, const struct sequence_request *request) {
    enum { ACCOUNT = 65536, LEAST = 1024 };
    size_t most = run->order.max_response, share = run->left / 4;
    if (request->step != SEQUENCE_READ) return most;
    if (request->read <= GUARD_HOLDER) share = most / 4 > ACCOUNT ? most / 4 : ACCOUNT;
    return share > most ? most : share > LEAST ? share : LEAST;
}

static bool prepare_step(struct engine *engine, struct sequences_run *run, const struct sequence_request *request,
                         struct call *call) {
    struct buffer texts = {NULL, 0, 0};
    struct call_order order = run->order;
    order.plan = request->plan;
    order.plan.limits = run->order.plan.limits;
    order.plan.limits.deadline = time_left(engine, run, request->step);
    order.plan.can_renew = run->order.plan.can_renew;
    order.method = request->method;
    order.max_response = most_for(run, request);
    bool done = write_request(run, request, &texts, &order) && call_prepare(call, &order);
    buffer_free(&texts);
    return done;
}

/* The time of day, in UNIX seconds. A mock's begins anew in every run, as lua/auth0/mock has it. */
static int64_t unix_time(const struct engine *engine) {
    const int64_t mocks = 1700000000;
    return engine->network != NULL ? clock_unix_us() / 1000000 : mocks + engine->now / 1000000;
}

static void tell(const struct engine *engine, struct sequences_run *run, enum sequence_event_kind kind) {
    const struct sequence_event event = {.kind = kind, .at = unix_time(engine)};
    sequence_tell(&run->sequence, &event);
}

static void tell_end(const struct engine *engine, struct sequences_run *run, int slot,
                     const struct operation_result *result) {
    const struct sequence_event event = {
        .kind = SEQUENCE_ENDED, .at = unix_time(engine), .slot = slot, .result = *result};
    sequence_tell(&run->sequence, &event);
}

static struct call *new_step(struct sequences_run *run, int slot) {
    struct call *call = call_new();
    if (call == NULL) return NULL;
    if (keep_call(run, slot, call)) return call;
    call_unref(call);
    return NULL;
}

static void send_step(struct engine *engine, struct sequences_run *run, const struct sequence_request *request) {
    static const struct operation_result no_memory = {.code = CODE_UNREACHABLE, .outcome = OUTCOME_NONE};
    struct call *call = new_step(run, request->slot);
    bool is_prepared = call != NULL && prepare_step(engine, run, request, call);
    if (!is_prepared) run->slots[request->slot] = NULL; /* it has nothing to tell */
    if (request->step >= SEQUENCE_WRITE && !run->is_approved) {
        run->is_approved = true;
        engine->unfinished++;
    }
    if (is_prepared)
        engine_begin(engine, call);
    else
        tell_end(engine, run, request->slot, &no_memory);
}

/* A 404 that another server makes of a read, such as a proxy's page, does not say that the API has no such thing. */
static struct operation_result end_of(const struct call *step, int slot) {
    struct operation_result result = step->operation.result;
    bool is_foreign = step->told.content_type[0] != '\0';
    if (slot < GUARD_READS && is_foreign && result.code == CODE_NOT_FOUND) result.code = CODE_BAD_RESPONSE;
    return result;
}

void sequences_ended(struct engine *engine, struct call *step) {
    struct sequences_run *run = step->step_of;
    size_t taken = step->answer.size + step->tokens.size; /* not what is left of the room for a call before it */
    run->left -= taken < run->left ? taken : run->left;
    list_leave(&step->link);
    step->stage = CALL_NEW;
    for (int slot = 0; slot < SEQUENCE_AT_ONCE; slot++)
        if (run->slots[slot] == step) {
            const struct operation_result result = end_of(step, slot);
            tell_end(engine, run, slot, &result);
        }
    advance(engine, run);
}

static void drop_steps(struct engine *engine, struct sequences_run *run) {
    for (int slot = 0; slot < SEQUENCE_AT_ONCE; slot++)
        if (run->slots[slot] != NULL) engine_drop_call(engine, run->slots[slot]);
}

/* ---- what waits ---- */

static void set_timer(struct engine *engine, struct sequences_run *run) {
    heap_put(&engine->paused, &run->front->timer, run->ends);
    engine->pauses++;
}

static void clear_timer(struct engine *engine, struct sequences_run *run) {
    bool had_one = run->stage == SEQUENCES_WAITING || (run->stage == SEQUENCES_ASKING && engine->network != NULL);
    if (!had_one) return;
    heap_leave(&engine->paused, &run->front->timer);
    engine->pauses--;
}

static void start(struct engine *engine, struct sequences_run *run) {
    clear_timer(engine, run);
    run->stage = SEQUENCES_WORKING;
    advance(engine, run);
}

static void start_those_in_turn(struct engine *engine) {
    for (struct turn *turn; (turn = turns_next(&engine->turns)) != NULL;)
        start(engine, LIST_OWNER(struct sequences_run, turn, turn));
}

/* The account that an identity is taken from, or, by an undo, given back to. */
static struct span holder_of(const struct sequences_run *run) {
    struct json_value holder = {NULL, NULL};
    if (run->plan.goal != SEQUENCE_UNDO) return run->plan.guard.relink.holder;
    (void)json_member(run->plan.receipt, SPAN("holder"), &holder);
    return json_kind(holder) == JSON_STRING ? json_bytes(holder) : (struct span){NULL, 0};
}

void sequences_begin(struct engine *engine, struct call *front) {
    struct sequences_run *run = front->run;
    int64_t deadline = run->order.plan.limits.deadline;
    run->plan.at = unix_time(engine);
    run->plan.ends = run->plan.at + deadline / 1000000 + 1;
    sequence_init(&run->sequence, &run->plan);
    run->left = run->order.max_response < SIZE_MAX / TIMES ? TIMES * run->order.max_response : SIZE_MAX;
    run->started = engine->now;
    run->ends = deadline < INT64_MAX - engine->now ? engine->now + deadline : INT64_MAX;
    front->stage = CALL_PAUSED;
    list_push(&engine->runs, &run->link);
    run->stage = SEQUENCES_WAITING;
    set_timer(engine, run);
    if (!sequences_changes(run)) {
        start(engine, run);
        return;
    }
    const struct guard_options *guard = &run->plan.guard;
    turns_enter(&engine->turns, &run->turn,
                (const struct span[TURNS_ACCOUNTS]){guard->primary, guard->secondary, holder_of(run)});
    start_those_in_turn(engine);
    if (run->stage == SEQUENCES_WAITING) tell(engine, run, SEQUENCE_DELAYED);
}

/* ---- the end ---- */

const struct sequence_end *sequences_end(const struct call *front) { return sequence_end(&front->run->sequence); }

/* What its submitter is told: as if it were one call. */
static void keep_end(const struct engine *engine, struct sequences_run *run) {
    const struct sequence_end *end = sequence_end(&run->sequence);
    struct call *front = run->front;
    const struct call *step = end->has_step ? run->slots[end->slot] : NULL;
    struct operation_result *result = &front->operation.result;
    if (end->has_step) *result = end->result;
    if (step != NULL) front->told = step->told;
    const char *what = run->late != NULL ? run->late : end->has_step ? "not enough memory" : end->what;
    if (step == NULL && what != NULL) snprintf(front->told.detail, sizeof front->told.detail, "%s", what);
    result->code = run->late != NULL && end->code == CODE_CANCELLED ? CODE_TIMEOUT : end->code;
    result->outcome = end->outcome;
    result->attempts = end->requests;
    result->elapsed = engine->now - run->started;
    sequences_write_end(run);
}

static void finish(struct engine *engine, struct sequences_run *run) {
    struct call *front = run->front;
    clear_timer(engine, run);
    drop_steps(engine, run);
    run->stage = SEQUENCES_OVER;
    list_leave(&run->link);
    if (sequences_changes(run)) turns_leave(&engine->turns, &run->turn);
    if (run->is_approved) engine->unfinished--;
    keep_end(engine, run);
    front->stage = CALL_DONE;
    if (run->is_unheard)
        call_unref(front);
    else
        list_push(&engine->done, &front->link);
    start_those_in_turn(engine);
}

/* ---- its actions ---- */

static void give_memory(struct sequences_run *run, size_t size) {
    struct sequences_piece piece = {malloc(size > 0 ? size : 1), size};
    if (piece.at != NULL && !buffer_append(&run->pieces, (struct span){(const char *)&piece, sizeof piece})) {
        free(piece.at);
        piece.at = NULL;
    }
    sequence_give(&run->sequence, piece.at);
}

static void approve(struct engine *engine, struct sequences_run *run) {
    run->is_approved = true;
    engine->unfinished++;
    tell(engine, run, SEQUENCE_APPROVED);
}

static void ask(struct engine *engine, struct sequences_run *run) {
    if (run->asks) sequences_write_planned(run);
    if (!sequences_reserve_receipt(run)) {
        sequence_give(&run->sequence, NULL);
    } else if (!run->asks) {
        approve(engine, run);
    } else {
        run->stage = SEQUENCES_ASKING;
        if (engine->network != NULL) set_timer(engine, run); /* a mock's time may jump there at once */
        list_push(&engine->receipts, &run->front->owed);
    }
}

static void advance(struct engine *engine, struct sequences_run *run) {
    for (;;) {
        const struct sequence_action action = sequence_next(&run->sequence);
        switch (action.kind) {
        case SEQUENCE_REST: return;
        case SEQUENCE_SEND: send_step(engine, run, &action.request); break;
        case SEQUENCE_MEMORY: give_memory(run, action.size); break;
        case SEQUENCE_RECEIPT: ask(engine, run); break;
        case SEQUENCE_FINISH: finish(engine, run); return;
        }
    }
}

/* ---- what its submitter orders ---- */

static void stop(struct engine *engine, struct sequences_run *run) {
    drop_steps(engine, run);
    tell(engine, run, SEQUENCE_DROPPED);
    advance(engine, run);
}

static bool is_under_way(const struct sequences_run *run) {
    return run->stage != SEQUENCES_NEW && run->stage != SEQUENCES_OVER;
}

void sequences_approve(struct engine *engine, struct call *front) {
    struct sequences_run *run = front->run;
    if (run->stage != SEQUENCES_ASKING) return;
    clear_timer(engine, run);
    run->stage = SEQUENCES_WORKING;
    approve(engine, run);
    advance(engine, run);
}

void sequences_cancel(struct engine *engine, struct call *front) {
    if (is_under_way(front->run) && !front->run->is_approved) stop(engine, front->run);
}

/* The end of one may begin another: after each the list is looked through anew. */
void sequences_cancel_all(struct engine *engine) {
    for (struct list *link = engine->runs.next; link != &engine->runs;) {
        struct sequences_run *run = run_of(link);
        link = link->next;
        if (run->is_approved) continue;
        stop(engine, run);
        link = engine->runs.next;
    }
}

void sequences_expire(struct engine *engine, struct call *front) {
    front->run->late = front->run->stage == SEQUENCES_WAITING ? "it waited for another merge of one of its accounts"
                                                              : "on_receipt had not returned by then";
    sequences_cancel(engine, front);
}

/* The engine keeps a reference until it is over. */
void sequences_drop(struct engine *engine, struct call *front) {
    struct sequences_run *run = front->run;
    list_leave(&front->owed);
    list_leave(&front->link);
    if (!is_under_way(run)) {
        front->stage = CALL_NEW;
        return;
    }
    call_ref(front);
    run->is_unheard = true;
    sequences_cancel(engine, front);
}

void sequences_abandon(struct engine *engine) {
    for (struct list *link; (link = list_first(&engine->runs)) != NULL;) {
        struct sequences_run *run = run_of(link);
        drop_steps(engine, run);
        clear_timer(engine, run);
        list_leave(&run->link);
        if (sequences_changes(run)) turns_leave(&engine->turns, &run->turn);
        list_leave(&run->front->owed);
        run->stage = SEQUENCES_OVER;
        call_unref(run->front);
    }
    engine->unfinished = 0;
}
