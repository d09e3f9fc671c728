#include "engine/sequences.h"
#include "engine/token_call.h"
#include "pure/limits.h"

#include <stdio.h>

static struct call *call_of(struct queue_entry *entry) { return LIST_OWNER(struct call, entry, entry); }

/* ---- the operation's events in, its actions out ---- */

static void enter(struct list *list, struct call *call, enum call_stage stage) {
    call->stage = stage;
    list_leave(&call->link);
    list_push(list, &call->link);
}

static void wait_for_turn(struct engine *engine, struct call *call) {
    enter(&engine->calls, call, CALL_QUEUED);
    call_describe(call, &call->entry);
    queue_add(&engine->queue, &call->entry);
}

static void wait_for_timer(struct engine *engine, struct call *call) {
    enter(&engine->calls, call, CALL_PAUSED);
    heap_put(&engine->paused, &call->timer, call->action.until);
    engine->pauses++;
}

static void tell_retry(struct engine *engine, struct call *call, int64_t wait) {
    engine->stats.retries++;
    events_add(&engine->events, call,
               (struct event){.kind = EVENT_RETRY, .code = call->operation.last.code, .wait = wait});
}

void engine_obey(struct engine *engine, struct call *call, struct operation_action action) {
    int64_t now = engine->now;
    call->action = action;
    if (action.kind == OPERATION_SEND) {
        bool is_told = call->stage == CALL_PAUSED;
        /* When it goes out, its gate knows. */
        if (call->operation.last.code == CODE_RATE_LIMITED && !is_told) tell_retry(engine, call, 0);
        wait_for_turn(engine, call);
    } else if (action.kind == OPERATION_PAUSE) {
        tell_retry(engine, call, action.until - now);
        wait_for_timer(engine, call);
    } else if (token_call_is(engine, call)) {
        token_call_ended(engine);
    } else if (call->step_of != NULL) {
        sequences_ended(engine, call);
    } else {
        enter(&engine->done, call, CALL_DONE);
    }
}

struct operation_event engine_event(struct engine *engine, enum operation_event_kind kind, const struct call *call) {
    double after = call->retry_after;
    return (struct operation_event){
        .kind = kind,
        .now = engine->now,
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
    engine_look(engine);
    if (call->run != NULL)
        sequences_begin(engine, call);
    else
        engine_begin(engine, call);
}

static struct pace_answer pace_said(const struct call *call, int status) {
    struct pace_answer answer = headers_pace(&call->headers_seen);
    answer.is_refused = status == 429;
    answer.is_global = answer.is_refused && limits_is_global(buffer_span(&call->answer));
    return answer;
}

/* Words about a wait stand beside those about the end that it followed. */
static void keep_told(struct call *call, struct attempt_end end) {
    bool is_old = call->operation.state == OPERATION_SETTLING || operation_waited_in_vain(&call->operation, &end);
    if (!is_old)
        call_keep_told(call, end);
    else if (call->told.detail[0] == '\0' && call->operation.state != OPERATION_SETTLING)
        memcpy(call->told.detail, call->detail, sizeof call->told.detail);
}

/* An exchange, or the wait for one, ended. */
static void tell_end(struct engine *engine, struct call *call, struct attempt_end end) {
    bool is_settling = call->operation.state == OPERATION_SETTLING;
    if (end.status == 429) {
        struct pace_answer said = pace_said(call, end.status);
        call->retry_after = pace_wait_told(&said);
    }
    struct operation_event event = engine_event(engine, OPERATION_ENDED, call);
    event.end = end;
    call_parse(call);
    event.body = call->parsed;
    keep_told(call, end);
    struct event told = {.kind = EVENT_REQUEST, .status = end.status, .timings = call->timings};
    told.bucket = call_bucket(call, call->action.request);
    told.date = headers_date(&call->headers_seen);
    memcpy(told.request_id, call->request_id, sizeof told.request_id);
    told.code = attempt_classify(&end, false).code;
    events_add(&engine->events, call, told);
    if (end.how == ATTEMPT_ANSWERED && end.status == 401 && call->is_engines_token) {
        token_source_rejected(engine->tokens, event.now, call->generation);
        queue_token_changed(&engine->queue);
    }
    struct operation_action action = operation_step(&call->operation, &event);
    if (is_settling)
        events_add(&engine->events, call,
                   (struct event){.kind = EVENT_SETTLE, .code = told.code, .seen = call->operation.result.seen});
    engine_obey(engine, call, action);
}

void engine_tell_silence(struct engine *engine, struct call *call, struct attempt_end end, const char *detail) {
    buffer_clear(&call->answer);
    call_note(call, NULL, detail);
    call->timings = (struct exchange_timings){.total = 0};
    tell_end(engine, call, end);
}

/* ---- exchanges: begin and end ---- */

/* What a read showed tells another as much. */
static void tell_follower(struct engine *engine, struct call *call, const struct call *leader, struct attempt_end end) {
    const struct attempt_end lost = {.how = ATTEMPT_LOST, .sent = true};
    operation_begun(&call->operation, &call->action, engine->now);
    call->generation = leader->generation;
    bool is_told = call_share_answer(call, leader); /* there may be no memory for it */
    tell_end(engine, call, is_told ? end : lost);
}

static void tell_network(struct engine *engine) {
    const struct queue_sharing now = queue_sharing(&engine->queue), told = engine->sharing;
    if (now.connections == told.connections && now.streams == told.streams) return;
    engine->sharing = now;
    network_limit(engine->network, now.connections, now.streams);
}

static void tell_queue(struct engine *engine, struct call *call, const struct queue_end *end) {
    if (queue_ended(&engine->queue, &call->entry, engine->now, end))
        memcpy(engine->unconnected, call->detail, sizeof engine->unconnected);
    tell_network(engine);
}

void engine_end_exchange(struct engine *engine, struct call *call, struct attempt_end end,
                         struct engine_connection connection) {
    struct pace_answer said = pace_said(call, end.status);
    bool is_answered = end.how == ATTEMPT_ANSWERED && end.status != 0;
    tell_queue(engine, call,
               &(struct queue_end){.how = end.how,
                                   .sent = end.sent,
                                   .is_timed_out = connection.is_timed_out,
                                   .http = connection.http,
                                   .said = is_answered ? &said : NULL,
                                   .random = engine_random(engine)});
    for (struct queue_entry *entry; (entry = queue_told(&engine->queue)) != NULL;)
        tell_follower(engine, call_of(entry), call, end);
    tell_end(engine, call, end);
}

/* False where libcurl cannot, and words about it are kept. */
static bool launch_over_network(struct engine *engine, struct call *call, int64_t now) {
    struct exchange_order order = call_exchange(call, call->action.request);
    order.is_apart = call->entry.has_own;
    if (order.is_apart) tell_network(engine);
    const char *fault;
    operation_begun(&call->operation, &call->action, now);
    const struct network_times times = {now, call->action.connect_by, call->action.end_by};
    call->exchange = network_launch(engine->network, &order, &times, call, &fault);
    if (call->exchange == NULL) call_note(call, NULL, fault);
    return call->exchange != NULL;
}

static bool launch(struct engine *engine, struct call *call, int64_t now) {
    call->stage = CALL_RUNNING;
    if (engine->network == NULL)
        replies_launch(&engine->replies, call);
    else if (!launch_over_network(engine, call, now))
        return false;
    engine->stats.exchanges++;
    return true;
}

/* ---- what the queue decides ---- */

static void begin(struct engine *engine, struct call *call, int64_t now) {
    bool is_authorized =
        !call->is_engines_token || call_authorize(call, token_source_text(engine->tokens, &call->generation));
    if (!is_authorized) call_note(call, NULL, "not enough memory");
    if (is_authorized && launch(engine, call, now)) return;
    (void)queue_ended(&engine->queue, &call->entry, now, &(struct queue_end){.how = ATTEMPT_CANCELLED});
    buffer_clear(&call->answer);
    call->timings = (struct exchange_timings){.total = 0};
    tell_end(engine, call, (struct attempt_end){.how = ATTEMPT_UNREACHED});
}

static void end(struct engine *engine, struct call *call, const struct queue_action *action) {
    const char *const details[QUEUE_REASONS] = {
        [QUEUE_LATE] = "its time was over before it could be sent",
        [QUEUE_GATE] = "the tenant's rate limit opens again after the deadline",
        [QUEUE_TOKEN] = engine->tokens != NULL ? token_source_detail(engine->tokens) : "",
        [QUEUE_UNCONNECTED] = engine->unconnected,
    };
    buffer_clear(&call->answer);
    call_note(call, NULL, details[action->reason]);
    call->timings = (struct exchange_timings){.total = 0};
    if (action->retry_after >= 0) call->retry_after = (double)action->retry_after / 1e6;
    tell_end(engine, call, (struct attempt_end){.how = action->how, .why = action->why});
}

static void tell_hold(struct engine *engine, const struct queue_action *action, int64_t now) {
    const struct call *call = call_of(action->entry);
    struct event told = {.kind = EVENT_WAIT, .wait = action->until != INT64_MAX ? action->until - now : 0};
    told.bucket = action->reason == QUEUE_TOKEN ? PACE_TOKEN : action->entry->class;
    events_add(&engine->events, call, told);
}

static void tell_warning(struct engine *engine, const char *warning) {
    struct event event = {.kind = EVENT_TOKEN, .code = CODE_OK};
    if (warning == NULL) return;
    snprintf(event.detail, sizeof event.detail, "%s", warning);
    events_add(&engine->events, NULL, event);
}

static void ask_for_token(struct engine *engine, int64_t now) {
    static const enum queue_verdict verdicts[] = {[TOKEN_LIFE_USE] = QUEUE_TOKEN_THERE,
                                                  [TOKEN_LIFE_WAIT] = QUEUE_TOKEN_COMES,
                                                  [TOKEN_LIFE_FETCH] = QUEUE_TOKEN_COMES,
                                                  [TOKEN_LIFE_REFUSE] = QUEUE_TOKEN_REFUSED};
    struct token_source_answer answer = token_source_ask(engine->tokens, now);
    if (!token_call_begin(engine)) answer = token_source_ask(engine->tokens, now);
    if (token_source_is_asking(engine->tokens)) {
        engine->is_asking = true;
        engine->asked_at = now;
    }
    tell_warning(engine, token_source_warning(engine->tokens));
    queue_answer(&engine->queue,
                 &(struct queue_token){verdicts[answer.verdict], answer.until, answer.why, answer.told_until});
}

static void carry_out(struct engine *engine, const struct queue_action *action, int64_t now) {
    switch (action->kind) {
    case QUEUE_BEGIN: begin(engine, call_of(action->entry), now); break;
    case QUEUE_END: end(engine, call_of(action->entry), action); break;
    case QUEUE_HOLD: tell_hold(engine, action, now); break;
    case QUEUE_ASK: ask_for_token(engine, now); break;
    case QUEUE_REST: break;
    }
}

/* ---- what time brings ---- */

static bool wake_paused(struct engine *engine) {
    if (heap_least(&engine->paused) > engine->now) return false;
    struct call *call = LIST_OWNER(struct call, timer, engine->paused.first);
    engine_end_pause(engine, call, OPERATION_WOKEN);
    return true;
}

void engine_end_pause(struct engine *engine, struct call *call, enum operation_event_kind kind) {
    if (call->run != NULL) {
        sequences_expire(engine, call);
        return;
    }
    struct operation_event event = engine_event(engine, kind, call);
    heap_leave(&engine->paused, &call->timer);
    engine->pauses--;
    engine_obey(engine, call, operation_step(&call->operation, &event));
}

/* When the request for a token is over: never where the time is the engine's own, which stands still until it is
   answered. */
static int64_t end_of_token_request(const struct engine *engine) {
    bool has_end = engine->is_asked && engine->network != NULL;
    return has_end ? engine->asked_at + token_source_patience(engine->tokens) : INT64_MAX;
}

static bool expire_token_request(struct engine *engine) {
    if (end_of_token_request(engine) > engine->now) return false;
    engine_take_refusal(engine, engine->token_request, "the token function did not answer within attempt_timeout");
    return true;
}

/* When something is due that no exchange tells. */
int64_t engine_next_timer(const struct engine *engine) {
    int64_t timer = engine->queue_at, token_request = end_of_token_request(engine), wakes = heap_least(&engine->paused);
    if (token_request < timer) timer = token_request;
    return wakes < timer ? wakes : timer;
}

static void look_for_connection(struct engine *engine) {
    struct queue_entry *leader = queue_leader(&engine->queue);
    if (leader != NULL && exchange_is_sent(call_of(leader)->exchange)) queue_sent(&engine->queue, leader);
}

/* All that time and gates allow. */
void engine_advance_queue(struct engine *engine) {
    struct queue_action action = {.kind = QUEUE_ASK};
    look_for_connection(engine);
    while (action.kind != QUEUE_REST) {
        if (wake_paused(engine) || expire_token_request(engine)) continue;
        int64_t now = engine->now;
        action = queue_next(&engine->queue, now);
        carry_out(engine, &action, now);
    }
    engine->queue_at = action.until;
}
