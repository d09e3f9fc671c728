#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- ends, as the client sees them ---- */

static void end(struct sim *sim, int index, enum attempt_how how) {
    struct exchange *exchange = &sim->exchanges[index];
    if (!exchange->is_live) return;
    exchange->end.how = how;
    exchange->end.sent = exchange->is_sent;
    if (exchange->fault != FAULT_NONE) fault_counts[exchange->fault]++;
    driver_ended(sim, index);
}

static void on_unconnected(struct world *world, int index, int64_t unused) {
    (void)unused;
    struct sim *sim = sim_of(world);
    bool is_tls = sim->exchanges[index].fault == FAULT_TLS;
    end(sim, index, is_tls ? ATTEMPT_UNTRUSTED : ATTEMPT_UNREACHED);
}

static void end_lost(struct sim *sim, int index) {
    struct exchange *exchange = &sim->exchanges[index];
    exchange->end.status = exchange->fault == FAULT_TRUNCATED ? exchange->reply.status : 0;
    end(sim, index, ATTEMPT_LOST);
}

/* A connection that dies takes all that is under way on it; what has arrived, or will, may be carried out. */
static void on_lost(struct world *world, int index, int64_t unused) {
    (void)unused;
    struct sim *sim = sim_of(world);
    int connection = sim->exchanges[index].connection;
    sim->is_closed[connection] = true;
    end_lost(sim, index);
    for (int i = 0, count = sim->exchange_count; i < count; i++)
        if (sim->exchanges[i].connection == connection && sim->exchanges[i].is_live) end_lost(sim, i);
}

static void turn_away(struct sim *sim, int index) {
    struct exchange *exchange = &sim->exchanges[index];
    exchange->is_turned_away = true;
    end(sim, index, ATTEMPT_UNPROCESSED);
}

/* After a GOAWAY with the last stream that is processed, those that follow are not; those before it go on. */
static void on_unprocessed(struct world *world, int index, int64_t unused) {
    (void)unused;
    struct sim *sim = sim_of(world);
    int connection = sim->exchanges[index].connection;
    turn_away(sim, index);
    if (sim->exchanges[index].fault != FAULT_GOAWAY) return;
    sim->is_closed[connection] = true;
    for (int i = index + 1, count = sim->exchange_count; i < count; i++) {
        const struct exchange *other = &sim->exchanges[i];
        if (other->connection == connection && !other->has_arrived) turn_away(sim, i);
    }
}

/* ---- what becomes of the answer ---- */

static bool is_success(int status) { return status >= 200 && status < 300; }

/* JSON of any kind is all that was promised to some. */
static bool is_spoiled(const struct sim *sim, const struct exchange *exchange) {
    enum fault fault = exchange->fault;
    if (!is_success(exchange->reply.status)) return false;
    if (fault == FAULT_LARGE) return true;
    if (fault_shape(fault)->body == NULL) return false;
    bool is_any = sim->calls[exchange->call].verb == VERB_POST;
    return !is_any || !(fault == FAULT_EMPTY || fault == FAULT_NOT_ARRAY || fault == FAULT_WRONG_TYPES);
}

static void replace(struct reply *reply, int status, const char *body) {
    reply->status = status;
    reply->size = strlen(body);
    memcpy(reply->body, body, reply->size);
}

/* When to come back; now and then exactly when it is too late, which the answer's own instant says. */
static double come_back(struct sim *sim, struct exchange *exchange, int most) {
    exchange->is_last_moment = dice_chance(&sim->world.dice, 20);
    return dice_int(&sim->world.dice, 0, most);
}

static void limit(struct sim *sim, struct exchange *exchange) {
    struct reply *reply = &exchange->reply;
    struct dice *dice = &sim->world.dice;
    reply->rates.is_refused = true;
    reply->rates.is_global = dice_chance(dice, 20);
    if (exchange->fault == FAULT_LIMITED) reply->retry_after = come_back(sim, exchange, 20);
    if (exchange->fault == FAULT_LIMITED_LONG) reply->retry_after = 3600;
    if (exchange->fault == FAULT_LIMITED_BARE) reply->rates = (struct pace_answer){.date = -1, .is_refused = true};
    reply->rates.retry_after = reply->retry_after;
}

static void spoil(struct sim *sim, struct exchange *exchange) {
    static const int vague[] = {408, 500, 503, 504};
    const struct fault_shape *shape = fault_shape(exchange->fault);
    struct dice *dice = &sim->world.dice;
    if (shape->status != 0)
        replace(&exchange->reply, shape->status > 0 ? shape->status : vague[dice_int(dice, 0, 3)], shape->body);
    if (shape->status == 429) limit(sim, exchange);
    if (exchange->fault == FAULT_UNAVAILABLE) exchange->reply.retry_after = come_back(sim, exchange, 90);
    if (exchange->fault == FAULT_REDIRECT) exchange->reply.status = dice_int(dice, 300, 308);
    if (exchange->fault == FAULT_NO_HEADERS)
        exchange->reply.rates = (struct pace_answer){.date = -1, .retry_after = -1};
}

static void tell_last_moment(struct sim *sim, struct exchange *exchange) {
    int64_t left = sim->calls[exchange->call].action.last_by - sim->world.now;
    if (!exchange->is_live || !exchange->is_last_moment || left <= 0) return;
    exchange->reply.retry_after = (double)left / (double)SECONDS(1);
    if (exchange->reply.rates.is_refused) exchange->reply.rates.retry_after = exchange->reply.retry_after;
}

static void on_answered(struct world *world, int index, int64_t is_admitted) {
    struct sim *sim = sim_of(world);
    struct exchange *exchange = &sim->exchanges[index];
    if (is_admitted && fault_shape(exchange->fault)->commit == COMMITS_WITH_ANSWER)
        tenant_carry_out(&sim->tenant, &exchange->request, &exchange->reply);
    tell_last_moment(sim, exchange);
    exchange->is_spoiled = is_admitted && is_spoiled(sim, exchange);
    exchange->end.status = exchange->reply.status;
    if (exchange->is_spoiled && exchange->fault == FAULT_LARGE) exchange->end.body = ATTEMPT_BODY_TOO_LARGE;
    if (exchange->fault == FAULT_BROKEN_GZIP) exchange->end.body = ATTEMPT_BODY_OTHER;
    end(sim, index, ATTEMPT_ANSWERED);
}

/* ---- at the tenant ---- */

static void on_late(struct world *world, int index, int64_t unused) {
    (void)unused;
    struct sim *sim = sim_of(world);
    struct exchange *exchange = &sim->exchanges[index];
    struct reply nobody_reads_it = {.status = 0};
    tenant_carry_out(&sim->tenant, &exchange->request, &nobody_reads_it);
    world_trace(world, "call %d: carried out late", exchange->call);
}

static void carry_out(struct sim *sim, int index) {
    struct exchange *exchange = &sim->exchanges[index];
    struct dice *dice = &sim->world.dice;
    switch (fault_shape(exchange->fault)->commit) {
    case COMMITS: tenant_carry_out(&sim->tenant, &exchange->request, &exchange->reply); break;
    case COMMITS_LATE: {
        int64_t longest = dice_chance(dice, 50) ? SECONDS(1) : SECONDS(100);
        world_at(&sim->world, sim->world.now + dice_between(dice, MILLISECONDS(1), longest), on_late, index, 0);
        break;
    }
    case COMMITS_NOT:
        if (exchange->fault == FAULT_NO_EFFECT) tenant_show(&sim->tenant, &exchange->request, 200, &exchange->reply);
        break;
    case COMMITS_WITH_ANSWER: break;
    }
    spoil(sim, exchange);
}

static int64_t latency(struct sim *sim, bool is_slow) {
    struct dice *dice = &sim->world.dice;
    if (is_slow) return dice_between(dice, SECONDS(1), SECONDS(40));
    return dice_between(dice, MILLISECONDS(1), dice_chance(dice, 90) ? MILLISECONDS(200) : SECONDS(3));
}

static void on_arrived(struct world *world, int index, int64_t unused) {
    (void)unused;
    struct sim *sim = sim_of(world);
    struct exchange *exchange = &sim->exchanges[index];
    const struct fault_shape *shape = fault_shape(exchange->fault);
    if (exchange->is_turned_away) return;
    exchange->has_arrived = true;
    if (exchange->fault == FAULT_REVOKED) sim->tenant.tokens[exchange->request.token].is_revoked = true;
    bool is_admitted = tenant_admit(&sim->tenant, world, &exchange->request, &exchange->reply);
    world_trace(world, "call %d: arrives, %s, fault: %s", exchange->call, is_admitted ? "admitted" : "refused",
                shape->name);
    if (is_admitted) carry_out(sim, index);
    int64_t when = world->now + latency(sim, is_admitted && shape->is_slow);
    if (!is_admitted || shape->end == ENDS_ANSWERED)
        world_at(world, when, on_answered, index, is_admitted);
    else if (shape->end == ENDS_LOST)
        world_at(world, when, on_lost, index, 0);
}

/* ---- on the way ---- */

static int streams_on(const struct sim *sim, int connection) {
    int streams = 0;
    for (int i = 0; i < sim->exchange_count; i++)
        streams += sim->exchanges[i].is_live && sim->exchanges[i].connection == connection;
    return streams;
}

/* As libcurl does: the first that has room, where connections are shared, and it is not to have one of its own. */
static int connection_for(struct sim *sim, const struct exchange *exchange) {
    int most = queue_sharing(&sim->queue).streams;
    bool shares = sim->http == 2 && !sim->calls[exchange->call].entry.has_own;
    for (int i = 1; shares && i <= sim->connections; i++)
        if (!sim->is_closed[i] && (most == 0 || streams_on(sim, i) < most)) return i;
    sim->is_closed[++sim->connections] = sim->http != 2;
    return sim->connections;
}

static world_handler *next_of(enum fault fault) {
    if (fault_shape(fault)->arrival == ARRIVES) return on_arrived;
    return fault_shape(fault)->end == ENDS_UNPROCESSED ? on_unprocessed : on_lost;
}

static void on_connected(struct world *world, int index, int64_t unused) {
    (void)unused;
    struct sim *sim = sim_of(world);
    struct exchange *exchange = &sim->exchanges[index];
    if (!exchange->is_live) return;
    exchange->is_sent = true;
    exchange->connection = connection_for(sim, exchange);
    int64_t when = world->now + dice_between(&world->dice, MILLISECONDS(1), MILLISECONDS(100));
    world_at(world, when, next_of(exchange->fault), index, 0);
    driver_sent(sim, index);
}

/* A link by a token that names no account is believed whatever its answer shows: there is nothing to look for. */
static enum fault draw(struct sim *sim, const struct call *of, enum verb verb) {
    enum fault fault = fault_draw(&sim->world.dice, sim->fault_percent);
    bool is_single = fault_shape(fault)->end == ENDS_UNPROCESSED && sim->http != 2;
    bool is_noticed = verb == VERB_UNLINK || (verb == VERB_LINK && of->plan.target.provider.at != NULL);
    return is_single || (fault == FAULT_NO_EFFECT && !is_noticed) ? FAULT_NONE : fault;
}

bool exchanges_is_down(const struct sim *sim) {
    return sim->world.now >= sim->down_at && sim->world.now < sim->down_until;
}

void exchanges_begin(struct sim *sim, int call, struct token_now token) {
    if (sim->exchange_count == EXCHANGES_AT_MOST) abort();
    int index = sim->calls[call].exchange = sim->exchange_count++;
    struct exchange *exchange = &sim->exchanges[index];
    const struct call *of = &sim->calls[call];
    enum verb verb = of->action.request == OPERATION_READ ? VERB_READ : of->verb;
    *exchange = (struct exchange){.call = call,
                                  .is_live = true,
                                  .fault = draw(sim, of, verb),
                                  .request = {call, verb, of->account, of->secondary, token.token},
                                  .generation = token.generation,
                                  .begun = sim->world.now,
                                  .reply = {.retry_after = -1, .rates = {.date = -1, .retry_after = -1}}};
    if (exchanges_is_down(sim)) exchange->fault = sim->hangs ? FAULT_CONNECT_HANGS : FAULT_REFUSED;
    if (exchange->fault == FAULT_CONNECT_HANGS) return;
    bool fails = exchange->fault == FAULT_REFUSED || exchange->fault == FAULT_TLS;
    bool is_reused = !fails && dice_chance(&sim->world.dice, 70);
    int64_t when = sim->world.now + (is_reused ? 0 : dice_between(&sim->world.dice, 0, MILLISECONDS(300)));
    world_at(&sim->world, when, fails ? on_unconnected : on_connected, index, 0);
}
