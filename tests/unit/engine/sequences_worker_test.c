/* Sequences in an engine that has a thread, against the TLS tenant. ThreadSanitizer is told to look on. */
#include "engine/sequences.h"
#include "unit/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MANY = 32, PATIENCE = 60 };

static void pause_ms(long ms) {
    const struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

/* Merges the secondary `number` into the primary `into`. The fault is for each of its requests. */
static struct call *new_merge(struct engine *engine, int number, int into, const char *fault, bool asks) {
    char text[256];
    struct complaint complaint;
    const struct call_order order = {
        .plan = {.kind = OPERATION_FREE, .limits = {10000000, 15000000, (int64_t)PATIENCE * 1000000, 3}},
        .domain = span_of(getenv("AUTH0_TENANT_DOMAIN")),
        .token = span_of(getenv("AUTH0_TENANT_TOKEN")),
        .user_agent = SPAN("tests/unit"),
        .correlation_id = span_of(fault),
        .max_response = 1 << 20,
        .method = REQUEST_GET,
        .path = SPAN("/"),
    };
    struct call *call = call_new();
    snprintf(text, sizeof text,
             "{\"goal\":\"merge\",\"primary\":\"auth0|p%d\",\"secondary\":\"google-oauth2|s%d\",\"proof\":\"operator\","
             "\"checks\":[],\"asks\":%s}",
             into, number, asks ? "true" : "false");
    assert_non_null(call);
    assert_true(call_prepare(call, &order));
    assert_int_equal(sequences_prepare(call, &order, span_of(text), &complaint), SEQUENCES_READY);
    call->id = number - 1;
    engine_submit(engine, call);
    return call;
}

static struct engine *open_started(void) {
    struct engine *engine = open_engine(to_tenant(PROFILE_HTTP_2));
    assert_true(engine_start(engine));
    return engine;
}

static int links(void) {
    struct tenant_record record = tenant_record();
    int changes = record.changes;
    tenant_record_free(&record);
    return changes;
}

/* While receipts are fetched, other sequences that wait for their approval are taken back. Approved ones end. */
static void receipts_are_fetched_while_others_are_taken_back(void **state) {
    struct call *calls[MANY];
    int told = 0, taken = 0;
    (void)state;
    tenant_reset(MANY);
    struct engine *engine = open_started();
    for (int i = 0; i < MANY; i++) calls[i] = new_merge(engine, i + 1, i + 1, NULL, true);
    for (double end = now() + PATIENCE; engine_pending(engine) > 0;) {
        struct engine_record record;
        while (engine_next(engine, &record)) {
            told += record.kind == ENGINE_DONE;
            if (record.kind != ENGINE_RECEIPT) continue;
            int other = (record.call->id + MANY / 2) % MANY;
            bool is_to_go = calls[other]->engine != NULL && other % 2 == 1;
            if (is_to_go) engine_drop(calls[other]);
            taken += is_to_go;
            if (record.call->engine != NULL) engine_approve(engine, record.call);
        }
        if (now() > end) fail_msg("%d calls are left", engine_pending(engine));
        engine_turn(engine, 5);
    }
    assert_int_equal(told + taken, MANY);
    engine_close(engine);
    for (int i = 0; i < MANY; i++) call_unref(calls[i]);
}

/* They share an account, so one at a time is at work. */
static void closing_ends_what_is_not_approved(void **state) {
    (void)state;
    tenant_reset(MANY);
    struct engine *engine = open_started();
    struct call *calls[MANY];
    for (int i = 0; i < MANY; i++) calls[i] = new_merge(engine, i + 1, i / 2 + 1, "fault=delay;seconds=0.2", false);
    pause_ms(700);
    engine_close(engine);
    int at_close = links();
    for (int i = 0; i < MANY; i++) call_unref(calls[i]);
    pause_ms(3000);
    assert_in_range(links(), at_close, MANY / 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(receipts_are_fetched_while_others_are_taken_back),
        cmocka_unit_test(closing_ends_what_is_not_approved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
