/* A libcurl that swallows the wake-ups which come during a turn, as 8.21.0 does. */
#include "unit/support.h"

#include <curl/curl.h>
#include <pthread.h>

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    enum turn { PASSED, AWAITED, ENTERED } turn;
} all = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void set_turn(enum turn turn) {
    pthread_mutex_lock(&all.lock);
    all.turn = turn;
    pthread_cond_broadcast(&all.changed);
    pthread_mutex_unlock(&all.lock);
}

static void wait_while(enum turn turn) {
    pthread_mutex_lock(&all.lock);
    while (all.turn == turn) pthread_cond_wait(&all.changed, &all.lock);
    pthread_mutex_unlock(&all.lock);
}

/* The engine's thread, in a turn that is awaited: stands still until the test has given its order. */
static void let_order_come(void) {
    pthread_mutex_lock(&all.lock);
    bool awaited = all.turn == AWAITED;
    pthread_mutex_unlock(&all.lock);
    if (!awaited) return;
    set_turn(ENTERED);
    wait_while(ENTERED);
}

#undef curl_multi_perform
CURLMcode curl_multi_perform(CURLM *multi, int *running);
CURLMcode lost_wake_perform(CURLM *multi, int *running);

CURLMcode lost_wake_perform(CURLM *multi, int *running) {
    let_order_come();
    curl_multi_poll(multi, NULL, 0, 0, NULL); /* this is where it is swallowed */
    return curl_multi_perform(multi, running);
}

static void fetch_one(struct engine *engine, const struct call *call) {
    struct engine_record record;
    for (double end = now() + 20; !engine_next(engine, &record); engine_turn(engine, 100))
        if (now() > end) fail_msg("the call was not heard of within 20 s");
    assert_ptr_equal(record.call, call);
}

static void an_order_is_heard_all_the_same(void **state) {
    (void)state;
    tenant_reset(2);
    struct engine *engine = open_engine(to_tenant(PROFILE_HTTP_2));
    assert_true(engine_start(engine));
    struct call *first = call_new(), *second = call_new();
    prepare(first, 1, (struct wish){.fault = "fault=delay;seconds=60"});
    prepare(second, 2, (struct wish){.settle = true});
    engine_submit(engine, first);
    engine_turn(engine, 200);
    set_turn(AWAITED);
    engine_drop(first); /* its turn leaves nothing under way, and nothing to tell */
    wait_while(AWAITED);
    engine_submit(engine, second);
    set_turn(PASSED);
    fetch_one(engine, second);
    assert_int_equal(second->operation.result.code, CODE_OK);
    call_unref(first);
    call_unref(second);
    engine_close(engine);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_is_heard_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
