#include "engine/worker.h"

#include "engine/sequences.h"
#include "os/threads.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum { LONGEST_MS = 60000, ORDER_SUBMIT = 1, ORDER_CANCEL = 2, ORDER_DROP = 4, ORDER_APPROVE = 8 };

/* An answer to the request for a token: there is one such request at a time. */
struct token_news {
    bool is_there, is_refusal;
    int token_request;
    struct buffer token;
    int64_t lifetime;
    char words[200];
};

struct worker {
    struct engine *engine;
    struct bell bell;
    pthread_mutex_t lock; /* of all below; held for moments */
    struct call *inbox, **inbox_last;
    bool is_stopping, is_left, is_woken;
    struct token_news news;
    struct list done, receipts; /* the latter by `owed`: the end of a sequence may come before its receipt is fetched */
    struct events told;
    bool is_asking, is_owed;
    int token_request;
    struct engine_stats stats;
};

static void lock(struct worker *worker) { pthread_mutex_lock(&worker->lock); }
static void unlock(struct worker *worker) { pthread_mutex_unlock(&worker->lock); }

/* ---- orders in ---- */

static void clear_news(struct token_news *news) {
    buffer_free(&news->token); /* wipes it */
    *news = (struct token_news){.is_there = false};
}

/* The lock is held. True where the thread is to be woken: best after the lock has been released, since the thread needs
   it. */
static bool is_to_wake(struct worker *worker) {
    bool slept = !worker->is_woken;
    worker->is_woken = true;
    return slept;
}

static void wake(struct worker *worker) { network_wake(worker->engine->network); }

/* A call is in the inbox once, with all that was ordered: nothing here can run out of memory. It is held there: its end
   may be fetched before the order is. */
static void order(struct worker *worker, struct call *call, unsigned what) {
    lock(worker);
    if (call->orders == 0) {
        call_ref(call);
        call->inbox_next = NULL;
        *worker->inbox_last = call;
        worker->inbox_last = &call->inbox_next;
    }
    call->orders |= what;
    call->is_dropped =
        call->is_dropped || what == ORDER_DROP; /* stays when the order has been fetched: its end is not told */
    bool slept = is_to_wake(worker);
    unlock(worker);
    if (slept) wake(worker);
}

void worker_submit(struct worker *worker, struct call *call) { order(worker, call, ORDER_SUBMIT); }

void worker_cancel(struct worker *worker, struct call *call) { order(worker, call, ORDER_CANCEL); }

void worker_drop(struct worker *worker, struct call *call) { order(worker, call, ORDER_DROP); }

void worker_approve(struct worker *worker, struct call *call) { order(worker, call, ORDER_APPROVE); }

/* The bell rings: a caller that waits until nothing more is owed checks that. */
static void give(struct worker *worker, struct token_news *news) {
    lock(worker);
    clear_news(&worker->news);
    worker->news = *news;
    worker->is_owed = false;
    bool slept = is_to_wake(worker);
    unlock(worker);
    if (slept) wake(worker);
    bell_ring(&worker->bell);
}

void worker_give_token(struct worker *worker, int token_request, struct span token, int64_t lifetime) {
    struct token_news news = {.is_there = true, .token_request = token_request, .lifetime = lifetime};
    if (!buffer_append(&news.token, token)) {
        buffer_free(&news.token);
        worker_refuse_token(worker, token_request, "not enough memory");
        return;
    }
    give(worker, &news);
}

void worker_refuse_token(struct worker *worker, int token_request, const char *words) {
    struct token_news news = {.is_there = true, .is_refusal = true, .token_request = token_request};
    snprintf(news.words, sizeof news.words, "%s", words);
    give(worker, &news);
}

/* ---- the thread ---- */

/* The engine gives a call up: its reference is dropped. If its end or its receipt was published meanwhile, it lies in
   lists that callers look through, and leaves them under the lock. */
static void let_go(struct worker *worker, struct call *call, unsigned orders) {
    if ((orders & ORDER_SUBMIT) == 0) {
        lock(worker);
        list_leave(&call->link);
        list_leave(&call->owed);
        unlock(worker);
        engine_drop_call(worker->engine, call);
    }
    call_unref(call);
}

static void carry_out(struct worker *worker, struct call *call, unsigned orders) {
    if ((orders & ORDER_APPROVE) != 0) engine_approve_call(worker->engine, call);
    if ((orders & ORDER_DROP) != 0) {
        let_go(worker, call, orders);
        return;
    }
    if ((orders & ORDER_SUBMIT) != 0) engine_begin_call(worker->engine, call);
    if ((orders & ORDER_CANCEL) != 0) engine_cancel_call(worker->engine, call);
}

/* The caller drops it. */
static struct call *next_order(struct worker *worker, unsigned *orders) {
    lock(worker);
    struct call *call = worker->inbox;
    if (call != NULL) {
        worker->inbox = call->inbox_next;
        if (worker->inbox == NULL) worker->inbox_last = &worker->inbox;
        *orders = call->orders;
        call->orders = 0;
    }
    unlock(worker);
    return call;
}

static void hear_token(struct worker *worker, struct token_news *news) {
    if (news->is_there && news->is_refusal)
        engine_take_refusal(worker->engine, news->token_request, news->words);
    else if (news->is_there)
        engine_take_token(worker->engine, news->token_request, buffer_span(&news->token), news->lifetime);
    clear_news(news);
}

/* False where it is to end. */
static bool take_orders(struct worker *worker) {
    unsigned orders;
    lock(worker);
    struct token_news news = worker->news;
    bool goes_on = !worker->is_stopping;
    worker->news = (struct token_news){.is_there = false};
    worker->is_woken = false; /* before the inbox is looked at: what comes later wakes again */
    unlock(worker);
    if (goes_on) hear_token(worker, &news);
    clear_news(&news);
    if (!goes_on) return false;
    for (struct call *call; (call = next_order(worker, &orders)) != NULL; call_unref(call))
        carry_out(worker, call, orders);
    return true;
}

/* Moves what the engine has to tell to where the caller finds it. The lock is held. */
static bool collect(struct worker *worker) {
    struct engine_record record;
    bool had_news = false;
    while (engine_fetch(worker->engine, &record)) {
        had_news = true;
        if (record.kind == ENGINE_EVENT) {
            events_add(&worker->told, NULL, record.event);
        } else if (record.kind == ENGINE_TOKEN) {
            worker->is_asking = true;
            worker->token_request = record.token_request;
        } else if (record.kind == ENGINE_RECEIPT) {
            list_push(&worker->receipts, &record.call->owed);
        } else {
            list_push(&worker->done, &record.call->link);
        }
    }
    return had_news;
}

static void publish(struct worker *worker) {
    lock(worker);
    bool had_news = collect(worker), was_owed = worker->is_owed;
    worker->is_owed = worker->engine->is_asked && !worker->news.is_there;
    bool is_over = was_owed && !worker->is_owed; /* the request for a token was not answered in time */
    worker->stats = engine_count(worker->engine);
    unlock(worker);
    if (had_news || is_over) bell_ring(&worker->bell);
}

/* Calls that the engine has, or was to have. */
static void drop_calls(struct worker *worker) {
    unsigned orders;
    for (struct call *call; (call = next_order(worker, &orders)) != NULL; call_unref(call))
        if ((orders & ORDER_SUBMIT) != 0) call_unref(call);
    for (struct list *link; (link = list_first(&worker->receipts)) != NULL;) list_leave(link);
    for (struct call *call; (call = call_first(&worker->done)) != NULL; call_unref(call)) list_leave(&call->link);
    engine_free(worker->engine);
}

static void finish(void *context) {
    struct worker *worker = context;
    drop_calls(worker);
    clear_news(&worker->news);
    events_free(&worker->told);
    bell_free(&worker->bell);
    (void)pthread_mutex_destroy(&worker->lock);
    free(worker);
}

static bool has_orders(struct worker *worker) {
    lock(worker);
    bool woken = worker->is_woken;
    unlock(worker);
    return woken;
}

/* When it is told to end, what was approved goes on to its end. */
static bool goes_on(struct worker *worker) {
    if (take_orders(worker)) return true;
    sequences_cancel_all(worker->engine);
    return worker->engine->unfinished > 0;
}

/* libcurl 8.21.0 swallows a wake-up that comes during a turn. One that comes after it ends the wait. */
static void work(void *context) {
    struct worker *worker = context;
    while (goes_on(worker)) {
        engine_turn_once(worker->engine);
        publish(worker);
        if (!has_orders(worker)) engine_wait(worker->engine, LONGEST_MS);
    }
}

static void end(struct worker *worker, bool is_left) {
    lock(worker);
    worker->is_stopping = true;
    worker->is_left = worker->is_left || is_left;
    if (is_to_wake(worker)) wake(worker); /* within the lock: without it there may be no worker any more */
    unlock(worker);
}

static void stop(void *context) { end(context, false); }

static bool is_left(void *context) {
    struct worker *worker = context;
    lock(worker);
    bool left = worker->is_left;
    unlock(worker);
    return left;
}

/* ---- beginning and ending ---- */

struct worker *worker_start(struct engine *engine) {
    static const struct threads_job job = {work, stop, is_left, finish};
    struct worker *worker = calloc(1, sizeof *worker);
    if (worker == NULL) return NULL;
    worker->engine = engine;
    worker->inbox_last = &worker->inbox;
    worker->told.is_wanted = engine->events.is_wanted;
    list_init(&worker->done);
    list_init(&worker->receipts);
    bool has_lock = pthread_mutex_init(&worker->lock, NULL) == 0;
    bool has_bell = has_lock && bell_init(&worker->bell);
    if (has_bell && threads_start(&job, worker)) return worker;
    if (has_bell) bell_free(&worker->bell);
    if (has_lock) (void)pthread_mutex_destroy(&worker->lock);
    free(worker);
    return NULL;
}

void worker_stop(struct worker *worker) {
    bell_close(&worker->bell); /* at once: a loop that polls its descriptor should find no other file there */
    end(worker, true);
}

/* ---- news out ---- */

/* Calls that were taken back stay where the thread drops them, or its end does. The lock is held. */
static struct call *first_end(const struct worker *worker) {
    for (struct list *at = worker->done.next; at != &worker->done; at = at->next) {
        struct call *call = LIST_OWNER(struct call, link, at);
        if (!call->is_dropped) return call;
    }
    return NULL;
}

/* The lock is held. */
static struct call *first_receipt(const struct worker *worker) {
    struct list *at = list_first(&worker->receipts);
    while (at != NULL && at != &worker->receipts && LIST_OWNER(struct call, owed, at)->is_dropped) at = at->next;
    return at != NULL && at != &worker->receipts ? LIST_OWNER(struct call, owed, at) : NULL;
}

/* The lock is held. */
static bool take_receipt(struct worker *worker, struct engine_record *record) {
    struct call *call = first_receipt(worker);
    if (call == NULL) return false;
    *record = (struct engine_record){.kind = ENGINE_RECEIPT, .call = call};
    list_leave(&call->owed);
    return true;
}

bool worker_next(struct worker *worker, struct engine_record *record) {
    *record = (struct engine_record){.kind = ENGINE_EVENT};
    lock(worker);
    bool has_news = events_next(&worker->told, &record->event) || take_receipt(worker, record);
    if (!has_news && worker->is_asking) {
        *record = (struct engine_record){.kind = ENGINE_TOKEN, .token_request = worker->token_request};
        worker->is_asking = false;
        has_news = true;
    }
    struct call *call = has_news ? NULL : first_end(worker);
    if (call != NULL) {
        *record = (struct engine_record){.kind = ENGINE_DONE, .call = call};
        list_leave(&call->link);
        has_news = true;
    }
    unlock(worker);
    return has_news;
}

struct engine_stats worker_stats(struct worker *worker) {
    lock(worker);
    struct engine_stats stats = worker->stats;
    stats.events_dropped += worker->told.dropped;
    unlock(worker);
    return stats;
}

bool worker_is_owed(struct worker *worker) {
    lock(worker);
    bool owed = worker->is_owed;
    unlock(worker);
    return owed;
}

static bool has_news(struct worker *worker) {
    lock(worker);
    bool news =
        worker->told.count > 0 || worker->is_asking || first_receipt(worker) != NULL || first_end(worker) != NULL;
    unlock(worker);
    return news;
}

void worker_wait(struct worker *worker, int wait_ms) {
    struct pollfd descriptor = {.fd = bell_descriptor(&worker->bell), .events = POLLIN};
    if (!has_news(worker)) (void)poll(&descriptor, 1, wait_ms);
    bell_hush(&worker->bell);
}

struct bell *worker_bell(struct worker *worker) {
    return &worker->bell;
}
