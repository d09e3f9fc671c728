#include "http/network.h"

#include "os/threads.h"

#include <pthread.h>
#include <stdlib.h>

enum {
    IN_FLIGHT_AT_MOST = 100, /* each on a connection of its own, or on one that is not known to be HTTP/2 yet */
    MULTIPLEXED_AT_MOST = 4, /* connections of HTTP/2 */
    STREAMS_AT_LEAST = 100,  /* that a server should allow on one: RFC 9113, 6.5.2 */
    CONNECTIONS_KEPT = 256,  /* more than are in flight: libcurl's own number follows what runs, and closes the rest */
    STREAMS_AT_MOST = 1000,  /* libcurl's 100 would hide a server's larger limit */
    WARM_FOR_US = 50 * 1000000 /* as long as libcurl reuses an idle connection: CURLOPT_MAXAGE_CONN */
};

struct network {
    CURLM *multi;
    const struct profile *profile;
    struct curl_slist *resolve;
    struct exchange *running, *ended, **last_ended, *idle;
    int in_flight;       /* exchanges that run */
    bool is_multiplexed; /* the last answer came over HTTP/2 */
    bool is_warm; /* a connection has stood lately: whoever starts now need not find out whether the tenant is there */
    int64_t warm_until;
};

/* ---- opening and closing ---- */

static CURLcode global_code;
static void global_init(void) { global_code = curl_global_init(CURL_GLOBAL_DEFAULT); }

/* Never undone: a cleanup would pull libcurl from under whoever else uses it in this process. */
static bool global_start(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    return pthread_once(&once, global_init) == 0 && global_code == CURLE_OK;
}

static bool build_resolve(struct network *network) {
    for (const char *const *entry = network->profile->resolve; *entry != NULL; entry++) {
        struct curl_slist *longer = curl_slist_append(network->resolve, *entry);
        if (longer == NULL) return false;
        network->resolve = longer;
    }
    return true;
}

struct network *network_open(const struct profile *profile) {
    struct network *network = global_start() ? calloc(1, sizeof *network) : NULL;
    if (network == NULL) return NULL;
    network->profile = profile;
    network->last_ended = &network->ended;
    network->multi = curl_multi_init();
    /* libcurl does without the descriptors that wake it, where there are none left: a thread would wait for its next
       timer before it heard of a call. The first wait ends at once by this. */
    if (network->multi != NULL && curl_multi_wakeup(network->multi) == CURLM_OK &&
        curl_multi_setopt(network->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT) == CURLM_OK &&
        curl_multi_setopt(network->multi, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)STREAMS_AT_MOST) == CURLM_OK &&
        build_resolve(network))
        return network;
    network_close(network);
    return NULL;
}

static void free_exchanges(struct network *network, struct exchange *exchange, bool is_running) {
    for (struct exchange *next; exchange != NULL; exchange = next) {
        next = exchange->next;
        if (is_running) curl_multi_remove_handle(network->multi, exchange->easy);
        exchange_free(exchange);
    }
}

void network_close(struct network *network) {
    free_exchanges(network, network->running, true);
    free_exchanges(network, network->ended, false);
    free_exchanges(network, network->idle, false);
    curl_multi_cleanup(network->multi);
    curl_slist_free_all(network->resolve);
    free(network);
}

/* ---- beginning ---- */

bool network_has_room(struct network *network, int64_t now) {
    if (network->in_flight == 0 && now > network->warm_until) network->is_warm = false;
    if (network->running != NULL && exchange_is_sent(network->running)) network->is_warm = true;
    if (!network->is_warm) return network->in_flight == 0;
    return network->in_flight < (network->is_multiplexed ? MULTIPLEXED_AT_MOST * STREAMS_AT_LEAST : IN_FLIGHT_AT_MOST);
}

static struct exchange *take_idle(struct network *network) {
    struct exchange *exchange = network->idle;
    if (exchange == NULL) return exchange_new(network->profile, network->resolve);
    network->idle = exchange->next;
    return exchange;
}

static void retire(struct network *network, struct exchange *exchange) {
    exchange_finish(exchange);
#if CURL_HAS_PREREQ
    exchange->next = network->idle;
    network->idle = exchange;
#else
    (void)network;
    exchange_free(exchange); /* its times, which tell whether it was sent, would be those of the last exchange */
#endif
}

/* A handle that is ready to go, and on its way; NULL where libcurl cannot. */
static struct exchange *start(struct network *network, const struct exchange_order *order, const char **fault) {
    struct exchange *exchange = take_idle(network);
    *fault = "libcurl could not make a handle: out of memory, or a build without TLS";
    if (exchange == NULL) return NULL;
    CURLcode code = exchange_begin(exchange, order);
    if (code == CURLE_OK && curl_multi_add_handle(network->multi, exchange->easy) == CURLM_OK) return exchange;
    *fault = curl_easy_strerror(code != CURLE_OK ? code : CURLE_OUT_OF_MEMORY);
    retire(network, exchange);
    return NULL;
}

struct exchange *network_launch(struct network *network, const struct exchange_order *order,
                                const struct network_times *times, void *owner, const char **fault) {
    *fault = profile_bad_proxy;
    if (!profile_has_usable_proxy(network->profile)) return NULL;
    struct exchange *exchange = start(network, order, fault);
    if (exchange == NULL) return NULL;
    exchange->owner = owner;
    exchange_limit(exchange, times->now, times->connect_by, times->end_by);
    exchange->is_running = true;
    exchange->next = network->running;
    exchange->at = &network->running;
    if (exchange->next != NULL) exchange->next->at = &exchange->next;
    network->running = exchange;
    network->in_flight++;
    return exchange;
}

/* ---- ending ---- */

/* How many connections there may be depends on what the server speaks. */
static void learn_protocol(struct network *network, const struct exchange *exchange) {
    long version = 0;
    if (curl_easy_getinfo(exchange->easy, CURLINFO_HTTP_VERSION, &version) != CURLE_OK || version == 0) return;
    bool is_multiplexed = version == CURL_HTTP_VERSION_2_0;
    if (is_multiplexed == network->is_multiplexed) return;
    network->is_multiplexed = is_multiplexed;
    (void)curl_multi_setopt(network->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
                            is_multiplexed ? (long)MULTIPLEXED_AT_MOST : 0L);
}

static void unlist(struct network *network, struct exchange *exchange) {
    *exchange->at = exchange->next;
    if (exchange->next != NULL)
        exchange->next->at = exchange->at;
    else if (!exchange->is_running)
        network->last_ended = exchange->at;
}

/* It runs no more. */
static void stop(struct network *network, struct exchange *exchange) {
    unlist(network, exchange);
    curl_multi_remove_handle(network->multi, exchange->easy);
    network->in_flight--;
    exchange->is_running = false;
}

/* From running to ended. */
static void end_exchange(struct network *network, struct exchange *exchange, struct attempt_end end, int64_t now) {
    /* An attempt_timeout that is shorter than the connect_timeout ends a connect as well. */
    bool is_refused = !end.sent && end.how != ATTEMPT_CANCELLED;
    /* Only the one that went ahead speaks for all: one of many may have failed for want of a descriptor. */
    exchange->speaks_for_all = is_refused && !network->is_warm && network->in_flight == 1;
    exchange->is_timed_out = exchange->connect_by <= now;
    exchange->end = end;
    network->is_warm = end.sent || (network->is_warm && !is_refused);
    network->warm_until = now + WARM_FOR_US;
    learn_protocol(network, exchange);
    stop(network, exchange);
    exchange->next = NULL;
    exchange->at = network->last_ended;
    *network->last_ended = exchange;
    network->last_ended = &exchange->next;
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
        end_exchange(network, exchange, exchange_end(exchange, code), now);
    }
}

/* Deadlines are ours; libcurl's own timers are a backstop. */
static void expire(struct network *network, int64_t now) {
    for (struct exchange *exchange = network->running, *next; exchange != NULL; exchange = next) {
        next = exchange->next;
        bool is_connecting = !exchange_is_sent(exchange);
        if (exchange->end_by > now && (!is_connecting || exchange->connect_by > now)) continue;
        end_exchange(network, exchange, exchange_overdue(exchange, now), now);
    }
}

void network_turn(struct network *network, int64_t now) {
    int running;
    curl_multi_perform(network->multi, &running);
    collect(network, now);
    expire(network, now);
}

struct exchange *network_next(struct network *network) {
    return network->ended;
}

/* ---- waiting ---- */

void network_wait(struct network *network, int wait_ms) {
    threads_rest();
    curl_multi_poll(network->multi, NULL, 0, wait_ms, NULL);
    threads_go_on();
}

void network_wake(struct network *network) { curl_multi_wakeup(network->multi); }

int64_t network_next_timer(const struct network *network) {
    int64_t soonest = INT64_MAX;
    for (const struct exchange *exchange = network->running; exchange != NULL; exchange = exchange->next) {
        int64_t by = exchange_is_sent(exchange) ? exchange->end_by : exchange->connect_by;
        if (by < soonest) soonest = by;
    }
    return soonest;
}

/* ---- stopping ---- */

void network_cancel(struct network *network, struct exchange *exchange, int64_t now) {
    if (exchange->is_running) end_exchange(network, exchange, exchange_stop(exchange, ATTEMPT_CANCELLED), now);
}

void network_forget(struct network *network, struct exchange *exchange) {
    if (exchange->is_running)
        stop(network, exchange);
    else
        unlist(network, exchange);
    retire(network, exchange);
}
