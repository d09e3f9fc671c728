/* Sequences in an engine that ends, or begins anew, while they are under way: what there is to see is memory. */
#include "engine/sequences.h"
#include "engine/state.h"
#include "unit/support.h"

enum { SECOND = 1000000 };

static struct call_order order_of(struct span token) {
    return (struct call_order){
        .plan = {.kind = OPERATION_FREE, .limits = {SECOND, SECOND, 60 * (int64_t)SECOND, 3}},
        .domain = SPAN("acme.test"),
        .token = token,
        .user_agent = SPAN("agent"),
        .max_response = 1 << 20,
        .method = REQUEST_GET,
        .path = SPAN("/"),
    };
}

static struct call *new_read(struct engine *engine) {
    const struct call_order order = order_of(SPAN("token"));
    struct call *call = call_new();
    assert_non_null(call);
    assert_true(call_prepare(call, &order));
    engine_submit(engine, call);
    return call;
}

static struct call *new_merge(struct engine *engine, const char *text) {
    const struct call_order order = order_of(SPAN("token"));
    struct complaint complaint;
    struct call *call = call_new();
    assert_non_null(call);
    assert_true(call_prepare(call, &order));
    assert_int_equal(sequences_prepare(call, &order, span_of(text), &complaint), SEQUENCES_READY);
    engine_submit(engine, call);
    return call;
}

#define MERGE_OF(more)                                                                                                 \
    "{\"goal\":\"merge\",\"primary\":\"auth0|1\",\"secondary\":\"google-oauth2|2\",\"proof\":\"operator\","            \
    "\"checks\":[]" more "}"

static void reply(struct engine *engine, struct call *call, int status, const char *body) {
    static const struct headers headers = {.content_type = "application/json"};
    const struct replies_reply reply = {
        .end = {.how = ATTEMPT_ANSWERED, .status = status, .sent = true}, .headers = &headers, .body = span_of(body)};
    assert_true(engine_reply(engine, call, &reply));
}

/* The exchange that is to be answered next. */
static struct call *asked(struct engine *engine) {
    struct engine_record record;
    for (int turn = 0; turn < 10; turn++) {
        while (engine_next(engine, &record))
            if (record.kind == ENGINE_EXCHANGE) return record.call;
        engine_turn(engine, 0);
    }
    fail_msg("no exchange is asked for");
    return NULL;
}

/* Calls that only the engine holds are freed with it, in whatever order they stand among its timers. */
static void an_engine_ends_with_sequences_that_wait_beside_calls_that_pause(void **state) {
    (void)state;
    struct engine *engine = engine_open_answered();
    struct call *reads[4], *merges[2];
    for (size_t i = 0; i < COUNT(reads); i++) {
        reads[i] = new_read(engine);
        reply(engine, asked(engine), 503, "{}");
    }
    for (size_t i = 0; i < COUNT(merges); i++) merges[i] = new_merge(engine, MERGE_OF(""));
    for (int turn = 0; turn < 2; turn++) engine_turn(engine, 0);
    assert_int_equal(merges[1]->run->stage, SEQUENCES_WAITING);
    for (size_t i = 0; i < COUNT(reads); i++) {
        assert_int_equal(reads[i]->stage, CALL_PAUSED);
        call_unref(reads[i]);
    }
    for (size_t i = 0; i < COUNT(merges); i++) call_unref(merges[i]);
    engine_close(engine);
}

/* One with a token of its own, too, which needs none of the engine's. */
static void an_engine_that_begins_anew_lets_go_of_its_sequences_once(void **state) {
    (void)state;
    struct engine *engine = engine_open_answered();
    struct call *merges[2];
    for (size_t i = 0; i < COUNT(merges); i++) merges[i] = new_merge(engine, MERGE_OF(""));
    (void)asked(engine);
    engine_configure(engine, &(struct engine_options){.pace = PACE_DEFAULTS});
    assert_int_equal(engine_pending(engine), 0);
    for (size_t i = 0; i < COUNT(merges); i++) {
        engine_drop(merges[i]);
        call_unref(merges[i]);
    }
    engine_close(engine);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_engine_ends_with_sequences_that_wait_beside_calls_that_pause),
        cmocka_unit_test(an_engine_that_begins_anew_lets_go_of_its_sequences_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
