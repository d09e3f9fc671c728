#include "engine/token_call.h"

static bool prepare(struct call *call, const struct token_source_request *request) {
    const struct call_order order = {
        .plan = {.kind = OPERATION_FREE, .promise = request->promise, .limits = request->limits},
        .domain = request->domain,
        .body = request->body,
        .user_agent = request->user_agent,
        .telemetry = request->telemetry,
        .max_response = request->max_response,
        .method = request->method,
        .path = request->path,
        .is_anonymous = true,
        .secret = request->proof,
    };
    call_release(call);
    *call = (struct call){.stage = CALL_NEW};
    bool done = call_prepare(call, &order);
    call->token = request->last_token; /* so that no text shows it */
    return done;
}

bool token_call_begin(struct engine *engine) {
    struct token_source_request request;
    if (!token_source_request(engine->tokens, &request)) return true;
    if (prepare(&engine->token_call, &request))
        engine_begin(engine, &engine->token_call);
    else
        token_source_failed(engine->tokens, engine->now, engine_random(engine), "not enough memory");
    return engine->token_call.stage != CALL_NEW;
}

bool token_call_is(const struct engine *engine, const struct call *call) { return call == &engine->token_call; }

void token_call_ended(struct engine *engine) {
    struct call *call = &engine->token_call;
    const struct token_source_end end = {&call->operation.result, &call->told.refusal, call->told.detail,
                                         call->told.retry_after, call->told.date};
    list_leave(&call->link);
    call->stage = CALL_NEW;
    token_source_ended(engine->tokens, engine->now, engine_random(engine), &end);
    call_release(call);
    *call = (struct call){.stage = CALL_NEW};
    engine_tell_token(engine);
}
