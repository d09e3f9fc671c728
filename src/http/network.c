#include "http/network.h"

#include "os/clock.h"
#include "os/threads.h"

#include <pthread.h>
#include <stdlib.h>

enum {
    CONNECTIONS_KEPT = 256, /* more than are in flight: libcurl's own number follows what runs, and closes the rest */
    STREAMS_AT_MOST = 1000  /* libcurl's 100 would hide a server's larger limit */
};

struct network {
    CURLM *multi;
    struct profile profile;
    struct buffer environment; /* what was taken from there: a password may be in it */
    struct curl_slist *resolve;
    bool is_spread; /* fewer share a connection than the server allows */
    struct sockets sockets;
    struct list running, ended, idle;
    struct heap timers; /* of what runs: when its time may be over */
    struct watch watch; /* of the sockets: libcurl reads as long as bytes come */
    unsigned shut;      /* how many it has shut down */
    int refusals;       /* in a row: of streams of HTTP/2 whose connection was alive, one that began after the other */
};

/* Around all that may read. */
static void begin_reading(struct network *network) { watch_begin(&network->watch); }

static bool end_reading(struct network *network) {
    bool has_shut = watch_end(&network->watch);
    network->shut += has_shut;
    return has_shut;
}

/* ---- opening and closing ---- */

static CURLcode global_code;
static void global_init(void) { global_code = curl_global_init(CURL_GLOBAL_DEFAULT); }

/* Never undone: other code in this process may use libcurl too. */
static bool global_start(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    return pthread_once(&once, global_init) == 0 && global_code == CURLE_OK;
}

static bool build_resolve(struct network *network) {
    for (const char *const *entry = network->profile.resolve; *entry != NULL; entry++) {
        struct curl_slist *longer = curl_slist_append(network->resolve, *entry);
        if (longer == NULL) return false;
        network->resolve = longer;
    }
    return true;
}

/* From 8.20 on, the multi does the look-ups: without this option its end waits for those that hang. An older libcurl
   does not know the option. */
static void let_go_of_look_ups(CURLM *multi) { (void)curl_multi_setopt(multi, CURL_MULTI_QUICK_EXIT, 1L); }

struct network *network_open(const struct profile *profile) {
    struct network *network = global_start() ? calloc(1, sizeof *network) : NULL;
    if (network == NULL) return NULL;
    network->profile = *profile;
    sockets_init(&network->sockets, &network->watch);
    list_init(&network->running);
    list_init(&network->ended);
    list_init(&network->idle);
    network->multi = curl_multi_init();
    /* Where no descriptors are left, libcurl goes on without those by which it is woken; a thread would then hear of a
       new call only at its next timer. So the wake-up is tried here, which ends the first wait at once. */
    if (network->multi != NULL && watch_open(&network->watch) && curl_multi_wakeup(network->multi) == CURLM_OK &&
        curl_multi_setopt(network->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT) == CURLM_OK &&
        curl_multi_setopt(network->multi, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)STREAMS_AT_MOST) == CURLM_OK &&
        build_resolve(network) && profile_settle(&network->profile, &network->environment)) {
        let_go_of_look_ups(network->multi);
        return network;
    }
    network_close(network);
    return NULL;
}

static struct exchange *first(const struct list *exchanges) {
    struct list *link = list_first(exchanges);
    return link != NULL ? LIST_OWNER(struct exchange, link, link) : NULL;
}

static void free_exchanges(struct list *exchanges) {
    for (struct exchange *exchange; (exchange = first(exchanges)) != NULL;) {
        list_leave(&exchange->link);
        exchange_free(exchange);
    }
}

/* Its timer is the time to connect, or what is left when that is over. */
static void put_to_work(struct network *network, struct exchange *exchange) {
    exchange->is_running = true;
    exchange->shut_before = network->shut;
    exchange->refusals_before = network->refusals;
    list_push(&network->running, &exchange->link);
    heap_put(&network->timers, &exchange->timer, exchange->connect_by);
}

/* It runs no more, and is in no list. */
static void stop(struct network *network, struct exchange *exchange) {
    exchange->is_running = false;
    list_leave(&exchange->link);
    heap_leave(&network->timers, &exchange->timer);
    begin_reading(network);
    curl_multi_remove_handle(network->multi, exchange->easy);
    (void)end_reading(network);
}

void network_close(struct network *network) {
    for (struct exchange *exchange; (exchange = first(&network->running)) != NULL; exchange_free(exchange))
        stop(network, exchange);
    free_exchanges(&network->ended);
    free_exchanges(&network->idle);
    begin_reading(network);
    curl_multi_cleanup(network->multi);
    (void)end_reading(network);
    sockets_free(&network->sockets);
    watch_free(&network->watch);
    curl_slist_free_all(network->resolve);
    buffer_free(&network->environment);
    free(network);
}

/* ---- beginning ---- */

void network_limit(struct network *network, int connections, int streams) {
    long each = streams != 0 ? streams : STREAMS_AT_MOST;
    network->is_spread = streams != 0;
    (void)curl_multi_setopt(network->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)connections);
    (void)curl_multi_setopt(network->multi, CURLMOPT_MAX_CONCURRENT_STREAMS, each);
}

static struct exchange *take_idle(struct network *network) {
    struct exchange *exchange = first(&network->idle);
    if (exchange == NULL) return exchange_new(&network->profile, &network->sockets, network->resolve);
    list_leave(&exchange->link);
    return exchange;
}

static void retire(struct network *network, struct exchange *exchange) {
    exchange_finish(exchange);
#if CURL_HAS_PREREQ
    /* A handle may remember that a stream was refused, and libcurl would take the next lost answer for another refusal.
       */
    if (exchange->end.how == ATTEMPT_LOST)
        exchange_free(exchange);
    else
        list_put(&network->idle, &exchange->link); /* the one that was used last comes first */
#else
    (void)network;
    exchange_free(exchange); /* its times, which tell whether it was sent, would be those of the last exchange */
#endif
}

/* Begins an exchange with an idle handle or a new one; NULL where libcurl cannot. */
static struct exchange *start(struct network *network, const struct exchange_order *order, const char **fault) {
    struct exchange *exchange = take_idle(network);
    *fault = "libcurl could not make a handle: out of memory, or a build without TLS";
    if (exchange == NULL) return NULL;
    CURLcode code = exchange_begin(exchange, order);
    if (code == CURLE_OK) code = exchange_spread(exchange, network->is_spread);
    if (code == CURLE_OK && curl_multi_add_handle(network->multi, exchange->easy) == CURLM_OK) return exchange;
    *fault = curl_easy_strerror(code != CURLE_OK ? code : CURLE_OUT_OF_MEMORY);
    retire(network, exchange);
    return NULL;
}

struct exchange *network_launch(struct network *network, const struct exchange_order *order,
                                const struct network_times *times, void *owner, const char **fault) {
    *fault = proxy_fault(span_of(network->profile.proxy));
    if (*fault != NULL) return NULL;
    struct exchange *exchange = start(network, order, fault);
    if (exchange == NULL) return NULL;
    exchange->owner = owner;
    exchange_limit(exchange, times->now, times->connect_by, times->end_by);
    put_to_work(network, exchange);
    return exchange;
}

/* ---- ending ---- */

static int version_spoken(const struct exchange *exchange) {
    long version = 0;
    if (curl_easy_getinfo(exchange->easy, CURLINFO_HTTP_VERSION, &version) != CURLE_OK || version == 0) return 0;
    return version == CURL_HTTP_VERSION_2_0 ? 2 : 1;
}

/* A host that refuses streams but answers none is taken to want HTTP/1.1 (HTTP_1_1_REQUIRED), which is spoken from then
   on. One that is busy may refuse many that began at once. */
static void learn_version(struct network *network, const struct exchange *exchange) {
    enum { REFUSALS = 2 };
    if (exchange->http == 2 && exchange->end.status != 0) network->refusals = 0;
    if (exchange->is_stream_refused) network->refusals = exchange->refusals_before + 1;
    if (network->refusals >= REFUSALS) network->profile.http = PROFILE_HTTP_1_1;
}

/* From running to ended. */
static void end_exchange(struct network *network, struct exchange *exchange, struct attempt_end end, int64_t now) {
    exchange->is_timed_out = exchange->connect_by <= now;
    exchange->end = end;
    exchange->http = version_spoken(exchange);
    learn_version(network, exchange);
    stop(network, exchange);
    list_push(&network->ended, &exchange->link);
}

/* Sends the exchange on another connection, once, since nothing of it was sent on this one. False where it cannot. */
static bool start_afresh(struct network *network, struct exchange *exchange) {
    if (!exchange->is_unfit || exchange->is_fresh) return false;
    curl_multi_remove_handle(network->multi, exchange->easy);
    return exchange_begin_afresh(exchange) == CURLE_OK &&
           curl_multi_add_handle(network->multi, exchange->easy) == CURLM_OK;
}

static void collect(struct network *network, int64_t now) {
    const CURLMsg *message;
    for (int left; (message = curl_multi_info_read(network->multi, &left)) != NULL;) {
        CURLcode code = message->data.result;
        char *private = NULL;
        if (message->msg != CURLMSG_DONE ||
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private) != CURLE_OK)
            continue;
        struct exchange *exchange = (void *)private;
        exchange->is_shut = exchange->shut_before != network->shut;
        if (!start_afresh(network, exchange)) end_exchange(network, exchange, exchange_end(exchange, code), now);
    }
}

/* Deadlines are ours; libcurl's own timers are a backstop. */
static void expire(struct network *network, int64_t now) {
    while (network->timers.first != NULL && heap_least(&network->timers) <= now) {
        struct exchange *exchange = LIST_OWNER(struct exchange, timer, network->timers.first);
        if (exchange->end_by <= now || !exchange_is_sent(exchange)) {
            end_exchange(network, exchange, exchange_overdue(exchange, now), now);
        } else {
            heap_leave(&network->timers, &exchange->timer);
            heap_put(&network->timers, &exchange->timer, exchange->end_by);
        }
    }
}

void network_turn(struct network *network, int64_t now) {
    int running;
    begin_reading(network);
    curl_multi_perform(network->multi, &running);
    if (end_reading(network)) now = clock_monotonic_us();
    collect(network, now);
    expire(network, now);
}

struct exchange *network_next(struct network *network) {
    return first(&network->ended);
}

/* ---- waiting ---- */

void network_wait(struct network *network, int wait_ms) {
    threads_rest();
    curl_multi_poll(network->multi, NULL, 0, wait_ms, NULL);
    threads_go_on();
}

void network_wake(struct network *network) { curl_multi_wakeup(network->multi); }

int64_t network_next_timer(const struct network *network) { return heap_least(&network->timers); }

/* ---- stopping ---- */

void network_cancel(struct network *network, struct exchange *exchange, int64_t now) {
    if (exchange->is_running) end_exchange(network, exchange, exchange_stop(exchange, ATTEMPT_CANCELLED), now);
}

void network_drop(struct network *network, struct exchange *exchange) {
    if (exchange->is_running)
        stop(network, exchange);
    else
        list_leave(&exchange->link);
    retire(network, exchange);
}
