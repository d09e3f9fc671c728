#include "engine/state.h"
#include "engine/token_call.h"
#include "pure/limits.h"

#include <stdio.h>

/* ---- the operation's events in, its actions out ---- */

static void enter(struct call_list *list, struct call *call, enum call_stage stage) {
    call->stage = stage;
    call->leader = NULL;
    call_list_push(list, call);
}

static void tell_retry(struct engine *engine, struct call *call, int64_t wait) {
    engine->stats.retries++;
    events_add(&engine->events, call,
               (struct event){.kind = EVENT_RETRY, .code = call->operation.last.code, .wait = wait});
}

void engine_obey(struct engine *engine, struct call *call, struct operation_action action) {
    int64_t now = engine_now(engine);
    call->action = action;
    call->is_wait_told = false;
    if (action.kind == OPERATION_SEND) {
        bool is_told = call->stage == CALL_PAUSED;
        /* When it goes out, its gate knows. */
        if (call->operation.last.code == CODE_RATE_LIMITED && !is_told) tell_retry(engine, call, 0);
        enter(&engine->queue, call, CALL_QUEUED);
    } else if (action.kind == OPERATION_PAUSE) {
        tell_retry(engine, call, action.until - now);
        enter(&engine->paused, call, CALL_PAUSED);
    } else if (token_call_is(engine, call)) {
        token_call_ended(engine);
    } else {
        enter(&engine->done, call, CALL_DONE);
    }
}

struct operation_event engine_event(struct engine *engine, enum operation_event_kind kind, const struct call *call) {
    double after = call->retry_after;
    return (struct operation_event){
        .kind = kind,
        .now = engine_now(engine),
        .retry_after = after < 0     ? -1
                       : after < 1e9 ? (int64_t)(after * 1e6)
                                     : INT64_MAX,
        .random = engine_random(engine),
    };
}

void engine_begin(struct engine *engine, struct call *call) {
    struct operation_event started = engine_event(engine, OPERATION_STARTED, call);
    engine_obey(engine, call, operation_step(&call->operation, &started));
}

void engine_begin_call(struct engine *engine, struct call *call) {
    engine->stats.calls++;
    engine_begin(engine, call);
}

/* An exchange, or the wait for one, ended. The call is in no list. */
static void tell_end(struct engine *engine, struct call *call, struct attempt_end end) {
    struct operation_event event = engine_event(engine, OPERATION_ENDED, call);
    bool is_settling = call->operation.state == OPERATION_SETTLING;
    event.end = end;
    event.body = buffer_span(&call->answer);
    struct event told = {.kind = EVENT_REQUEST, .status = end.status, .timings = call->timings};
    memcpy(told.request_id, call->request_id, sizeof told.request_id);
    told.code = attempt_classify(&end, false).code;
    events_add(&engine->events, call, told);
    if (end.how == ATTEMPT_ANSWERED && end.status == 401 && call->is_engines_token)
        token_source_rejected(engine->tokens, event.now, call->generation);
    struct operation_action action = operation_step(&call->operation, &event);
    if (is_settling)
        events_add(&engine->events, call,
                   (struct event){.kind = EVENT_SETTLE, .code = told.code, .seen = call->operation.result.seen});
    else
        call_keep_refusal(call, end.status);
    engine_obey(engine, call, action);
}

/* An end without an answer, of a call that is in no list. */
void engine_tell_silence(struct engine *engine, struct call *call, struct attempt_end end, const char *detail) {
    buffer_clear(&call->answer);
    call_note(call, NULL, detail);
    call->timings = (struct exchange_timings){.total = 0};
    tell_end(engine, call, end);
}

/* ---- reads that several wait for ---- */

static bool is_same_read(const struct call *a, const struct call *b) {
    return a->stage == CALL_QUEUED && a->operation.state == OPERATION_SETTLING &&
           b->operation.state == OPERATION_SETTLING && a->action.request == OPERATION_READ &&
           a->is_engines_token == b->is_engines_token && strcmp(a->read_target, b->read_target) == 0 &&
           a->max_response == b->max_response && (a->is_engines_token || span_equals(a->token, b->token));
}

/* Settling reads of one primary that have not begun yet can all be told by one. */
static void gather(struct engine *engine, struct call *leader, int64_t now) {
    if (leader->operation.state != OPERATION_SETTLING) return;
    for (struct call **at = &engine->queue.first; *at != NULL;) {
        if (!is_same_read(*at, leader)) {
            at = &(*at)->next;
            continue;
        }
        struct call *call = call_list_take(&engine->queue, at);
        call->asked = call->action;
        operation_begun(&call->operation, &call->action, now);
        enter(&engine->following, call, CALL_RUNNING);
        call->leader = leader;
        call->generation = leader->generation;
    }
}

static struct call *take_follower(struct engine *engine, const struct call *leader) {
    for (struct call **at = &engine->following.first; *at != NULL; at = &(*at)->next)
        if ((*at)->leader == leader) return call_list_take(&engine->following, at);
    return NULL;
}

/* As if it had not begun. */
void engine_release_followers(struct engine *engine, const struct call *leader) {
    for (struct call *call; (call = take_follower(engine, leader)) != NULL;) {
        call->action = call->asked;
        call->operation.result.attempts--;
        enter(&engine->queue, call, CALL_QUEUED);
    }
}

/* What the leader heard tells the others as much; its own time is not theirs. */
static void tell_followers(struct engine *engine, const struct call *leader, struct attempt_end end) {
    if (end.how != ATTEMPT_EXPIRED && end.how != ATTEMPT_CANCELLED)
        for (struct call *call; (call = take_follower(engine, leader)) != NULL;) {
            const struct attempt_end lost = {.how = ATTEMPT_LOST, .sent = true};
            bool is_told = call_share_answer(call, leader); /* there may be no memory for it */
            tell_end(engine, call, is_told ? end : lost);
        }
    engine_release_followers(engine, leader);
}

/* ---- exchanges: begin and end ---- */

static struct pace_answer pace_said(const struct call *call, int status) {
    struct pace_answer answer = headers_pace(&call->headers_seen);
    answer.is_refused = status == 429;
    answer.is_global = answer.is_refused && limits_is_global(buffer_span(&call->answer));
    return answer;
}

/* An exchange that had begun is over; the call is in no list. */
void engine_end_exchange(struct engine *engine, struct call *call, struct attempt_end end) {
    int64_t now = engine_now(engine);
    struct pace_answer said = pace_said(call, end.status);
    bool is_answered = end.how == ATTEMPT_ANSWERED && end.status != 0;
    engine->stats.in_flight--;
    pace_end(&engine->pace, call_bucket(call, call->action.request), call->begun, now, is_answered ? &said : NULL,
             engine_random(engine));
    tell_followers(engine, call, end);
    tell_end(engine, call, end);
}

/* False where libcurl cannot, and words about it are kept. */
static bool launch_over_network(struct engine *engine, struct call *call, int64_t now) {
    const struct exchange_order order = call_exchange(call, call->action.request);
    const char *fault;
    operation_begun(&call->operation, &call->action, now);
    const struct network_times times = {now, call->action.connect_by, call->action.end_by};
    call->exchange = network_launch(engine->network, &order, &times, call, &fault);
    if (call->exchange == NULL) call_note(call, NULL, fault);
    return call->exchange != NULL;
}

static bool launch(struct engine *engine, struct call *call, int64_t now) {
    call->begun = now;
    if (engine->network == NULL)
        replies_launch(&engine->replies, call);
    else if (!launch_over_network(engine, call, now))
        return false;
    pace_begin(&engine->pace, call_bucket(call, call->action.request), now);
    engine->stats.exchanges++;
    engine->stats.in_flight++;
    call->stage = CALL_RUNNING;
    if (engine->network != NULL) call_list_push(&engine->running, call);
    gather(engine, call, now);
    return true;
}

/* ---- what waits for its turn ---- */

/* What stands between a call and its exchange. */
struct gate {
    bool is_open;
    int64_t until;         /* shut: when to ask again; INT64_MAX: when there is news */
    enum failure_code why; /* shut for longer than the call has, or for good; CODE_OK: not so */
    double retry_after;    /* seconds; negative: nobody said */
    const char *detail;
};

static void tell_warning(struct engine *engine, const char *warning) {
    struct event event = {.kind = EVENT_TOKEN, .code = CODE_OK};
    if (warning == NULL) return;
    snprintf(event.detail, sizeof event.detail, "%s", warning);
    events_add(&engine->events, NULL, event);
}

static struct gate token_gate(struct engine *engine, const struct call *call, int64_t now) {
    struct token_source_answer answer = token_source_ask(engine->tokens, now);
    if (!token_call_begin(engine)) answer = token_source_ask(engine->tokens, now);
    if (token_source_is_asking(engine->tokens)) {
        engine->is_asking = true;
        engine->asked_at = now;
    }
    tell_warning(engine, token_source_warning(engine->tokens));
    bool is_in_vain = answer.until >= call->action.last_by && answer.until != INT64_MAX;
    bool is_refused = answer.verdict == TOKEN_LIFE_REFUSE || (answer.verdict == TOKEN_LIFE_WAIT && is_in_vain);
    return (struct gate){.is_open = answer.verdict == TOKEN_LIFE_USE,
                         .until = answer.until,
                         .why = is_refused ? answer.why : CODE_OK,
                         .retry_after = is_in_vain ? (double)(answer.until - now) / 1e6 : -1,
                         .detail = token_source_detail(engine->tokens)};
}

static struct gate pace_gate(const struct engine *engine, const struct call *call, int64_t now, int64_t until) {
    bool is_closed = pace_state(&engine->pace, call_bucket(call, call->action.request), now) == PACE_CLOSED;
    bool is_in_vain = is_closed && until >= call->action.last_by;
    return (struct gate){.until = until,
                         .why = is_in_vain ? CODE_RATE_LIMITED : CODE_OK,
                         .retry_after = (double)(until - now) / 1e6,
                         .detail = "the tenant's rate limit opens again after the deadline"};
}

static struct gate gate_of(struct engine *engine, const struct call *call, int64_t now) {
    int64_t ready = pace_ready(&engine->pace, call_bucket(call, call->action.request), now);
    if (ready > now) return pace_gate(engine, call, now, ready);
    if (call->is_engines_token) return token_gate(engine, call, now);
    return (struct gate){.is_open = true};
}

static void begin(struct engine *engine, struct call *call, int64_t now) {
    struct attempt_end unreached = {.how = ATTEMPT_UNREACHED};
    if (call->is_engines_token && !call_authorize(call, token_source_text(engine->tokens, &call->generation)))
        engine_tell_silence(engine, call, unreached, "not enough memory");
    else if (!launch(engine, call, now))
        tell_end(engine, call, unreached);
}

static void withhold(struct engine *engine, struct call *call, const struct gate *gate) {
    buffer_clear(&call->answer);
    call_note(call, NULL, gate->detail);
    call->retry_after = gate->retry_after;
    tell_end(engine, call, (struct attempt_end){.how = ATTEMPT_WITHHELD, .why = gate->why});
}

/* It stays in the queue. `until`: when its gate should be asked again. */
static void keep_waiting(struct engine *engine, struct call *call, int64_t now, int64_t until) {
    if (!call->is_wait_told)
        events_add(&engine->events, call,
                   (struct event){.kind = EVENT_WAIT, .wait = until != INT64_MAX ? until - now : 0});
    call->is_wait_told = true;
    if (until < engine->gate_at) engine->gate_at = until;
}

/* `call` is still in the queue, at `at`. True if it left. */
static bool try_one(struct engine *engine, struct call **at, int64_t now, bool has_room) {
    struct call *call = *at;
    struct gate gate = {.until = INT64_MAX};
    if (call->action.last_by <= now) {
        engine_tell_silence(engine, call_list_take(&engine->queue, at), (struct attempt_end){.how = ATTEMPT_EXPIRED},
                            "its time was over before it could be sent");
        return true;
    }
    if (has_room) gate = gate_of(engine, call, now);
    if (gate.is_open) {
        begin(engine, call_list_take(&engine->queue, at), now);
        return true;
    }
    if (gate.why != CODE_OK) {
        withhold(engine, call_list_take(&engine->queue, at), &gate);
        return true;
    }
    if (call->action.last_by < engine->gate_at) engine->gate_at = call->action.last_by;
    if (has_room) keep_waiting(engine, call, now, gate.until);
    return false;
}

/* Begins what may begin, ends what is too late. True if something did. What left may have taken others along, or put
   new ones in: each time, from the start. */
static bool serve_queue(struct engine *engine) {
    bool moved = false;
    int64_t now = engine_now(engine);
    engine->gate_at = INT64_MAX;
    for (struct call **at = &engine->queue.first; *at != NULL;) {
        bool has_room = engine->network == NULL || network_has_room(engine->network, now);
        if (try_one(engine, at, now, has_room)) {
            moved = true;
            at = &engine->queue.first;
        } else {
            at = &(*at)->next;
        }
    }
    return moved;
}

static bool wake_paused(struct engine *engine) {
    bool moved = false;
    int64_t now = engine_now(engine);
    for (struct call **at = &engine->paused.first; *at != NULL;) {
        if ((*at)->action.until > now) {
            at = &(*at)->next;
            continue;
        }
        struct call *call = call_list_take(&engine->paused, at);
        struct operation_event woken = engine_event(engine, OPERATION_WOKEN, call);
        engine_obey(engine, call, operation_step(&call->operation, &woken));
        moved = true;
    }
    return moved;
}

static bool expire_followers(struct engine *engine) {
    bool moved = false;
    int64_t now = engine_now(engine);
    for (struct call **at = &engine->following.first; *at != NULL;) {
        if ((*at)->action.end_by > now) {
            at = &(*at)->next;
            continue;
        }
        struct call *call = call_list_take(&engine->following, at);
        engine_tell_silence(engine, call, (struct attempt_end){.how = ATTEMPT_EXPIRED, .sent = true}, "");
        moved = true;
    }
    return moved;
}

/* When a wish for a token is over: never where the time is the engine's own, which stands still until it is
   answered. */
static int64_t end_of_wish(const struct engine *engine) {
    bool has_end = engine->is_asked && engine->network != NULL;
    return has_end ? engine->asked_at + token_source_patience(engine->tokens) : INT64_MAX;
}

static bool expire_wish(struct engine *engine) {
    if (end_of_wish(engine) > engine_now(engine)) return false;
    engine_take_refusal(engine, engine->wish, "the token function did not answer within attempt_timeout");
    return true;
}

/* When something is due that no exchange tells. */
int64_t engine_next_timer(const struct engine *engine) {
    int64_t timer = engine->gate_at, wish = end_of_wish(engine);
    if (wish < timer) timer = wish;
    for (const struct call *call = engine->paused.first; call != NULL; call = call->next)
        if (call->action.until < timer) timer = call->action.until;
    for (const struct call *call = engine->following.first; call != NULL; call = call->next)
        if (call->action.end_by < timer) timer = call->action.end_by;
    return timer;
}

/* All that time and gates allow. */
void engine_advance_queue(struct engine *engine) {
    bool moved;
    do {
        moved = wake_paused(engine);
        moved = expire_followers(engine) || moved;
        moved = expire_wish(engine) || moved;
        moved = serve_queue(engine) || moved;
    } while (moved);
}
