#include "engine/state.h"
#include "os/clock.h"
#include "os/process.h"

#include <stdio.h>

struct span engine_key(const struct engine *engine) {
    return buffer_span(&engine->key);
}

bool engine_is_own(const struct engine *engine) { return engine->owner == process_id(); }

int64_t engine_now(const struct engine *engine) {
    return engine->network == NULL ? engine->replies.clock : clock_monotonic_us();
}

void engine_look(struct engine *engine) { engine->now = engine_now(engine); }

/* Stops short of where adding a deadline would overflow. */
void engine_advance(struct engine *engine, int64_t microseconds) {
    const int64_t end_of_time = INT64_MAX / 2;
    int64_t *clock = &engine->replies.clock;
    *clock = microseconds < end_of_time - *clock ? *clock + microseconds : end_of_time;
}

double engine_random(struct engine *engine) { /* splitmix64 */
    uint64_t z = engine->random += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (double)((z ^ z >> 31) >> 11) / 9007199254740992.0;
}

void engine_tell_token(struct engine *engine) {
    struct event event = {.kind = EVENT_TOKEN, .code = token_source_why(engine->tokens)};
    queue_token_changed(&engine->queue);
    snprintf(event.detail, sizeof event.detail, "%.150s", token_source_detail(engine->tokens));
    engine->stats.tokens += event.code == CODE_OK;
    events_add(&engine->events, NULL, event);
}

static bool is_awaited(const struct engine *engine, int token_request) {
    return engine->is_asked && engine->token_request == token_request;
}

void engine_take_token(struct engine *engine, int token_request, struct span token, int64_t lifetime) {
    if (!is_awaited(engine, token_request)) return;
    engine->is_asked = false;
    engine_look(engine);
    token_source_given(engine->tokens, engine->now, token, lifetime);
    engine_tell_token(engine);
}

void engine_take_refusal(struct engine *engine, int token_request, const char *words) {
    if (!is_awaited(engine, token_request)) return;
    engine->is_asked = false;
    engine_look(engine);
    token_source_failed(engine->tokens, engine->now, engine_random(engine), words);
    engine_tell_token(engine);
}
