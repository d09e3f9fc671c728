/* The engine against the TLS tenant, whose record says what was received and what was done. */
#include "unit/support.h"

#include <stdlib.h>

enum { BURST = 64, PATIENCE = 60 };

static const enum profile_http both[] = {PROFILE_HTTP_1_1, PROFILE_HTTP_2};

/* ---- bursts ---- */

static int connections_of_a_burst(enum profile_http http) {
    tenant_reset(BURST);
    struct engine *engine = open_engine(to_tenant(http));
    struct call *calls = prepare_all(BURST, (struct wish){.goal = IDENTITY_LINK});
    for (size_t i = 0; i < BURST; i++) engine_submit(engine, &calls[i]);
    turn_until_told(engine, calls, BURST, PATIENCE);
    struct tenant_record record = tenant_record();
    assert_int_equal(record.links, BURST);
    assert_int_equal(record.changes, BURST);
    for (int i = 0; i < BURST; i++) {
        assert_told(&calls[i], CODE_OK, OUTCOME_NONE);
        assert_int_equal(times_linked(&record, i + 1), 1);
    }
    int connections = record.connections;
    tenant_record_free(&record);
    engine_close(engine);
    release_all(calls, BURST);
    return connections;
}

static void over_http_2_a_cold_burst_shares_the_leaders_connection(void **state) {
    (void)state;
    assert_int_equal(connections_of_a_burst(PROFILE_HTTP_2), 1);
}

static void over_http_1_a_cold_burst_takes_at_most_a_connection_each(void **state) {
    (void)state;
    int connections = connections_of_a_burst(PROFILE_HTTP_1_1);
    assert_in_range(connections, 1, BURST);
}

/* ---- what is told is what was recorded ---- */

static const struct trouble {
    const char *fault;
    enum failure_code code;
    enum failure_outcome outcome;
    int links; /* by the tenant's account */
} troubles[] = {
    {NULL, CODE_OK, OUTCOME_NONE, 1},
    {"fault=reset-before", CODE_UNKNOWN_OUTCOME, OUTCOME_UNKNOWN, 0},
    {"fault=reset-after;kind=fin", CODE_UNKNOWN_OUTCOME, OUTCOME_UNKNOWN, 1},
    {"fault=html", CODE_UNKNOWN_OUTCOME, OUTCOME_UNKNOWN, 0},
    {"fault=status;status=409", CODE_CONFLICT, OUTCOME_NONE, 0},
    {"fault=truncated", CODE_UNKNOWN_OUTCOME, OUTCOME_UNKNOWN, 1},
    {"fault=delay;seconds=0.2", CODE_OK, OUTCOME_NONE, 1},
    {"fault=redirect", CODE_BAD_RESPONSE, OUTCOME_NONE, 0},
};

/* Each call meets the next of the troubles. */
static void link_in_trouble(struct engine *engine, struct call calls[BURST]) {
    for (int i = 0; i < BURST; i++) {
        prepare(&calls[i], i + 1,
                (struct wish){.goal = IDENTITY_LINK, .fault = troubles[(size_t)i % COUNT(troubles)].fault});
        engine_submit(engine, &calls[i]);
    }
    turn_until_told(engine, calls, BURST, PATIENCE);
}

/* Over HTTP/1.1 each has a connection of its own: one call's trouble is not its neighbour's. */
static void every_call_is_told_what_became_of_it(void **state) {
    (void)state;
    tenant_reset(BURST);
    struct engine *engine = open_engine(to_tenant(PROFILE_HTTP_1_1));
    struct call calls[BURST] = {{.stage = CALL_NEW}};
    link_in_trouble(engine, calls);
    struct tenant_record record = tenant_record();
    assert_int_equal(record.links, BURST);
    for (int i = 0; i < BURST; i++) {
        const struct trouble *trouble = &troubles[(size_t)i % COUNT(troubles)];
        assert_told(&calls[i], trouble->code, trouble->outcome);
        assert_int_equal(times_linked(&record, i + 1), trouble->links);
        call_release(&calls[i]);
    }
    tenant_record_free(&record);
    engine_close(engine);
}

/* Over HTTP/2 the others lose their connection too. A caller who is told that nothing was changed can rely on it. */
static void no_call_is_told_none_of_a_change_that_was_made(void **state) {
    (void)state;
    tenant_reset(BURST);
    struct engine *engine = open_engine(to_tenant(PROFILE_HTTP_2));
    struct call calls[BURST] = {{.stage = CALL_NEW}};
    link_in_trouble(engine, calls);
    struct tenant_record record = tenant_record();
    assert_true(record.links <= BURST); /* nothing is sent twice behind our back */
    for (int i = 0; i < BURST; i++) {
        const struct operation_result *result = &calls[i].operation.result;
        int links = times_linked(&record, i + 1);
        if (result->code == CODE_OK) assert_int_equal(links, 1);
        if (result->code != CODE_OK && result->outcome == OUTCOME_NONE) assert_int_equal(links, 0);
        call_release(&calls[i]);
    }
    tenant_record_free(&record);
    engine_close(engine);
}

/* ---- connections that end ---- */

static void carry_out(struct engine *engine, int number, struct wish wish, enum failure_code code) {
    struct call call = {.stage = CALL_NEW};
    prepare(&call, number, wish);
    engine_submit(engine, &call);
    turn_until_told(engine, &call, 1, PATIENCE);
    assert_int_equal(call.operation.result.code, code);
    call_release(&call);
}

/* libcurl would repeat a request by itself when a reused connection ends without an answer. */
static void a_reused_connection_that_ends_after_the_request_was_read_makes_no_second_request(void **state) {
    (void)state;
    const char *faults[] = {"fault=reset-after", "fault=reset-after;kind=fin"};
    for (size_t i = 0; i < COUNT(both) * COUNT(faults); i++) {
        struct engine *engine = open_engine(to_tenant(both[i % 2]));
        struct wish link = {.goal = IDENTITY_LINK}, lost_link = {.goal = IDENTITY_LINK, .fault = faults[i / 2]},
                    lost_unlink = {.goal = IDENTITY_UNLINK, .fault = faults[i / 2]};
        tenant_reset(3);
        carry_out(engine, 1, link, CODE_OK);
        carry_out(engine, 2, lost_link, CODE_UNKNOWN_OUTCOME);
        carry_out(engine, 3, link, CODE_OK);
        carry_out(engine, 1, lost_unlink, CODE_UNKNOWN_OUTCOME);
        struct tenant_record record = tenant_record();
        assert_int_equal(record.links, 3);
        assert_int_equal(record.unlinks, 1);
        tenant_record_free(&record);
        engine_close(engine);
    }
}

static void a_connection_that_was_closed_while_idle_is_replaced(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(both); i++) {
        struct engine *engine = open_engine(to_tenant(both[i]));
        tenant_reset(2);
        carry_out(engine, 1, (struct wish){.goal = IDENTITY_LINK, .fault = "fault=idle-close;seconds=0.01"}, CODE_OK);
        for (double end = now() + 0.3; now() < end;) engine_turn(engine, 20);
        carry_out(engine, 2, (struct wish){.goal = IDENTITY_LINK}, CODE_OK);
        struct tenant_record record = tenant_record();
        assert_int_equal(record.links, 2);
        tenant_record_free(&record);
        engine_close(engine);
    }
}

/* ---- cancel, forget, close ---- */

static void a_call_that_is_cancelled_in_the_queue_is_never_sent(void **state) {
    (void)state;
    tenant_reset(2);
    struct engine *engine = open_engine(to_tenant(PROFILE_HTTP_2));
    struct call *calls = prepare_all(2, (struct wish){.goal = IDENTITY_LINK});
    engine_submit(engine, &calls[0]);
    engine_submit(engine, &calls[1]);
    engine_turn(engine, 0);
    assert_int_equal(calls[0].stage, CALL_RUNNING);
    assert_int_equal(calls[1].stage, CALL_QUEUED);
    engine_cancel(engine, &calls[1]);
    turn_until_told(engine, calls, 2, PATIENCE);
    assert_told(&calls[0], CODE_OK, OUTCOME_NONE);
    assert_told(&calls[1], CODE_CANCELLED, OUTCOME_NONE);
    struct tenant_record record = tenant_record();
    assert_int_equal(record.links, 1);
    assert_int_equal(times_linked(&record, 2), 0);
    tenant_record_free(&record);
    engine_close(engine);
    release_all(calls, 2);
}

/* Of a call whose answer is delayed: another might be answered in the same turn. */
static void turn_until_sent(struct engine *engine, const struct call *call) {
    turn_until_stage(engine, call, CALL_RUNNING);
    for (double end = now() + (double)PATIENCE; !exchange_is_sent(call->exchange);
         assert_int_equal(call->stage, CALL_RUNNING)) {
        assert_true(now() < end);
        engine_turn(engine, 10);
    }
}

static void a_call_that_is_cancelled_after_it_was_sent_has_an_unknown_outcome(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(both); i++) {
        tenant_reset(2);
        struct engine *engine = open_engine(to_tenant(both[i]));
        struct call call = {.stage = CALL_NEW};
        prepare(&call, 1, (struct wish){.goal = IDENTITY_LINK, .fault = "fault=delay;seconds=30"});
        engine_submit(engine, &call);
        turn_until_sent(engine, &call);
        engine_cancel(engine, &call);
        assert_int_equal(call.stage, CALL_DONE);
        turn_until_told(engine, &call, 1, PATIENCE);
        assert_told(&call, CODE_UNKNOWN_OUTCOME, OUTCOME_UNKNOWN);
        assert_int_equal(call.operation.result.cause, CODE_CANCELLED);
        engine_cancel(engine, &call); /* too late: nothing happens */
        struct engine_record record;
        assert_false(engine_next(engine, &record));
        carry_out(engine, 2, (struct wish){.goal = IDENTITY_LINK}, CODE_OK);
        engine_close(engine);
        call_release(&call);
    }
}

static void a_call_that_is_forgotten_in_any_stage_tells_nothing(void **state) {
    (void)state;
    for (enum call_stage stage = CALL_NEW; stage <= CALL_DONE; stage++) {
        struct engine_record record;
        tenant_reset(2);
        struct engine *engine = open_engine(to_tenant(PROFILE_HTTP_2));
        struct call call = {.stage = CALL_NEW};
        const char *fault = stage == CALL_RUNNING  ? "fault=delay;seconds=30"
                            : stage == CALL_PAUSED ? "fault=html"
                                                   : NULL;
        /* An answer that says nothing is settled by a read; that one fails as well, and is tried again later. */
        prepare(&call, 1, (struct wish){.goal = IDENTITY_LINK, .fault = fault, .settle = true});
        if (stage != CALL_NEW) engine_submit(engine, &call);
        if (stage == CALL_RUNNING) turn_until_sent(engine, &call);
        if (stage == CALL_PAUSED || stage == CALL_DONE) turn_until_stage(engine, &call, stage);
        assert_int_equal(call.stage, stage);
        engine_drop(&call);
        assert_int_equal(call.stage, CALL_NEW);
        call_release(&call); /* its memory may go at once */
        assert_false(engine_next(engine, &record));
        carry_out(engine, 2, (struct wish){.goal = IDENTITY_LINK}, CODE_OK);
        engine_close(engine);
    }
}

static void one_of_many_can_be_forgotten_from_the_middle_and_the_end_of_a_queue(void **state) {
    (void)state;
    tenant_reset(5);
    struct engine *engine = open_engine(to_tenant(PROFILE_HTTP_2));
    struct call *calls = prepare_all(5, (struct wish){.goal = IDENTITY_LINK});
    for (size_t i = 0; i < 4; i++) engine_submit(engine, &calls[i]);
    engine_drop(&calls[1]);
    engine_drop(&calls[3]);
    engine_submit(engine, &calls[4]);
    engine_drop(&calls[0]);
    engine_submit(engine, &calls[3]);
    turn_until_told(engine, &calls[2], 3, PATIENCE);
    struct tenant_record record = tenant_record();
    for (int i = 1; i <= 5; i++) assert_int_equal(times_linked(&record, i), i >= 3 ? 1 : 0);
    tenant_record_free(&record);
    engine_close(engine);
    release_all(calls, 5);
}

static void link_a_burst(struct engine *engine) {
    struct call *calls = prepare_all(BURST, (struct wish){.goal = IDENTITY_LINK});
    for (size_t i = 0; i < BURST; i++) engine_submit(engine, &calls[i]);
    turn_until_told(engine, calls, BURST, PATIENCE);
    release_all(calls, BURST);
}

static void closing_takes_back_all_calls_and_leaves_no_descriptor(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(both); i++) {
        tenant_reset(2 * BURST);
        int before = open_descriptors();
        struct engine *engine = open_engine(to_tenant(both[i]));
        link_a_burst(engine); /* cold, only a few would run at once */
        struct call *calls = calloc(BURST, sizeof *calls);
        assert_non_null(calls);
        for (int j = 0; j < BURST; j++) {
            prepare(&calls[j], BURST + j + 1, (struct wish){.goal = IDENTITY_LINK, .fault = "fault=delay;seconds=30"});
            engine_submit(engine, &calls[j]);
        }
        turn_until_sent(engine, &calls[0]);
        for (size_t j = 0; j < BURST / 2; j++) turn_until_stage(engine, &calls[j], CALL_RUNNING);
        engine_cancel(engine, &calls[0]);
        assert_int_equal(calls[0].stage, CALL_DONE);
        assert_true(open_descriptors() > before);
        engine_close(engine);
        for (size_t j = 0; j < BURST; j++) assert_int_equal(calls[j].stage, CALL_NEW);
        assert_int_equal(open_descriptors(), before);
        release_all(calls, BURST);
    }
}

/* What the first engine of a process opens and keeps is libcurl's and the TLS library's. */
static int warm_up(void **state) {
    (void)state;
    connections_of_a_burst(PROFILE_HTTP_2);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(over_http_2_a_cold_burst_shares_the_leaders_connection),
        cmocka_unit_test(over_http_1_a_cold_burst_takes_at_most_a_connection_each),
        cmocka_unit_test(every_call_is_told_what_became_of_it),
        cmocka_unit_test(no_call_is_told_none_of_a_change_that_was_made),
        cmocka_unit_test(a_reused_connection_that_ends_after_the_request_was_read_makes_no_second_request),
        cmocka_unit_test(a_connection_that_was_closed_while_idle_is_replaced),
        cmocka_unit_test(a_call_that_is_cancelled_in_the_queue_is_never_sent),
        cmocka_unit_test(a_call_that_is_cancelled_after_it_was_sent_has_an_unknown_outcome),
        cmocka_unit_test(a_call_that_is_forgotten_in_any_stage_tells_nothing),
        cmocka_unit_test(one_of_many_can_be_forgotten_from_the_middle_and_the_end_of_a_queue),
        cmocka_unit_test(closing_takes_back_all_calls_and_leaves_no_descriptor),
    };
    return cmocka_run_group_tests(tests, warm_up, NULL);
}
