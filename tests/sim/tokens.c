#include "pairs.h"
#include "rules.h"

/* ---- the fetch ---- */

enum fetch_end { FETCH_GRANTED, FETCH_DENIED, FETCH_BUSY, FETCH_BROKEN, FETCH_UNREACHED, FETCH_SILENT };

static void fetch_over(struct sim *sim) {
    sim->fetch.is_wanted = sim->fetch.is_begun = sim->fetch.is_sent = false;
    sim->fetch.epoch++;
}

/* Refused for good, by the words of the header. */
static bool is_final(int status) { return status == 400 || status == 401 || status == 403 || status == 404; }

static void probe_later(struct sim *sim);

static void fetch_failed(struct sim *sim, enum failure_code code, int status, int64_t retry_after) {
    double random = dice_unit(&sim->world.dice);
    fetch_over(sim);
    sim->fetch.code = code;
    world_trace(&sim->world, "no token is fetched: status %d", status);
    if (token_life_is_final(status) != is_final(status))
        world_violation(&sim->world, "token_life: status %d is final, or not", status);
    pairs_token_life(sim, &sim->life, TOKEN_LIFE_NOT_FETCHED);
    token_life_failed(&sim->life, sim->world.now, is_final(status), retry_after, random);
    promises_failed(&sim->promises, &sim->world, is_final(status), retry_after, random);
    queue_token_changed(&sim->queue);
    promises_check(&sim->promises, &sim->world, &sim->life);
    if (sim->life.state == TOKEN_LIFE_NONE) world_violation(&sim->world, "token_life: a failure is forgotten");
    probe_later(sim);
}

static void token_came(struct sim *sim) {
    /* What the tenant does not say may still end soon. */
    int64_t expires = sim->world.now + sim->lifetime;
    pairs_token_life(sim, &sim->life, TOKEN_LIFE_FETCHED);
    token_life_fetched(&sim->life, sim->world.now, sim->said);
    promises_fetched(&sim->promises, &sim->world, sim->said);
    queue_token_changed(&sim->queue);
    promises_check(&sim->promises, &sim->world, &sim->life);
    sim->token_of[sim->life.generation % TOKENS_AT_MOST] = tenant_grant(&sim->tenant, expires, sim->may_read);
    world_trace(&sim->world, "token %u comes", sim->life.generation);
    probe_later(sim);
}

/* What the token endpoint answers, by fetch_end. */
static const struct {
    enum failure_code code;
    int statuses[6];
} ends[] = {
    [FETCH_GRANTED] = {CODE_OK, {200, 200, 200, 200, 200, 200}},
    [FETCH_DENIED] = {CODE_UNAUTHORIZED, {400, 401, 403, 404, 401, 401}},
    [FETCH_BUSY] = {CODE_RATE_LIMITED, {429, 429, 429, 429, 429, 429}},
    [FETCH_BROKEN] = {CODE_SERVER_ERROR, {408, 425, 500, 502, 503, 200}},
    [FETCH_UNREACHED] = {CODE_UNREACHABLE, {0}},
    [FETCH_SILENT] = {CODE_TIMEOUT, {0}},
};

static void end_fetch(struct sim *sim, enum fetch_end how, int64_t retry_after) {
    struct reply reply = {.retry_after = -1};
    bool is_answered = ends[how].statuses[0] != 0;
    tenant_tell_rates(&sim->tenant, &sim->world, PACE_TOKEN, &reply);
    reply.rates.is_refused = how == FETCH_BUSY;
    reply.rates.retry_after = retry_after < 0 ? -1 : (double)retry_after / (double)SECONDS(1);
    (void)driver_entry_ended(sim, &sim->fetch.entry,
                             &(struct queue_end){.how = is_answered              ? ATTEMPT_ANSWERED
                                                        : how == FETCH_UNREACHED ? ATTEMPT_UNREACHED
                                                                                 : ATTEMPT_EXPIRED,
                                                 .sent = sim->fetch.is_sent,
                                                 .is_timed_out = sim->hangs,
                                                 .http = is_answered ? sim->http : 0,
                                                 .said = is_answered ? &reply.rates : NULL,
                                                 .random = dice_unit(&sim->world.dice)});
}

static void on_fetch_end(struct world *world, int how, int64_t epoch) {
    struct sim *sim = sim_of(world);
    if (sim->fetch.epoch != epoch) return;
    struct dice *dice = &world->dice;
    if (how == FETCH_GRANTED && sim->tenant.has_limits && !tenant_spend(&sim->tenant, world, PACE_TOKEN))
        how = FETCH_BUSY;
    bool says_when = (how == FETCH_BUSY || how == FETCH_BROKEN) && dice_chance(dice, 50);
    int64_t longest = dice_chance(dice, 90) ? 40 : 100000;
    int64_t retry_after = says_when ? SECONDS(dice_between(dice, 0, longest)) : -1;
    end_fetch(sim, (enum fetch_end)how, retry_after);
    if (how == FETCH_GRANTED) {
        fetch_over(sim);
        token_came(sim);
    } else {
        fetch_failed(sim, ends[how].code, ends[how].statuses[dice_int(dice, 0, 5)], retry_after);
    }
    driver_pump(sim);
}

static void on_fetch_sent(struct world *world, int unused, int64_t epoch) {
    (void)unused;
    struct sim *sim = sim_of(world);
    if (sim->fetch.epoch != epoch) return;
    sim->fetch.is_sent = true;
    driver_pump(sim);
}

/* It waits no longer than this to begin. */
static void want_fetch(struct sim *sim) {
    if (sim->fetch.is_wanted) world_violation(&sim->world, "a fetch is asked for while one is under way");
    sim->fetch.is_wanted = true;
    sim->fetch.epoch++;
    sim->fetch.entry.class = PACE_TOKEN;
    sim->fetch.entry.last_by = sim->world.now + SECONDS(20);
    sim->fetch.entry.patience = SECONDS(10);
    driver_add(sim, &sim->fetch.entry);
}

void tokens_fetch_out(struct sim *sim, const struct queue_action *action) {
    if (action->reason == QUEUE_UNCONNECTED)
        fetch_failed(sim, CODE_UNREACHABLE, 0, -1);
    else
        fetch_failed(sim, CODE_RATE_LIMITED, 429, action->retry_after);
}

static enum fetch_end draw_end(struct sim *sim) {
    struct dice *dice = &sim->world.dice;
    if (exchanges_is_down(sim)) return FETCH_UNREACHED;
    return dice_chance(dice, sim->fault_percent) ? (enum fetch_end)dice_int(dice, FETCH_DENIED, FETCH_SILENT)
                                                 : FETCH_GRANTED;
}

void tokens_begin_fetch(struct sim *sim) {
    struct dice *dice = &sim->world.dice;
    enum fetch_end end = draw_end(sim);
    sim->fetch.is_begun = true;
    int64_t connected = sim->world.now + (dice_chance(dice, 70) ? 0 : dice_between(dice, 0, MILLISECONDS(300)));
    int64_t longest = end == FETCH_SILENT ? SECONDS(15) : dice_chance(dice, 80) ? MILLISECONDS(300) : SECONDS(8);
    if (end != FETCH_UNREACHED) world_at(&sim->world, connected, on_fetch_sent, 0, sim->fetch.epoch);
    world_at(&sim->world, connected + dice_between(dice, MILLISECONDS(1), longest), on_fetch_end, (int)end,
             sim->fetch.epoch);
}

/* Another process of the same user has left one, and this one looks where it does not fetch itself. */
void tokens_from_elsewhere(struct world *world, int unused, int64_t also_unused) {
    (void)unused;
    (void)also_unused;
    struct sim *sim = sim_of(world);
    if (sim->fetch.is_wanted) return;
    token_came(sim);
    driver_pump(sim);
}

/* ---- the token's life ---- */

static enum token_life_event asked(const struct sim *sim) {
    if (sim->world.now < sim->life.retry_at) return TOKEN_LIFE_ASKED_IN_PAUSE;
    return sim->world.now >= sim->life.refresh_at ? TOKEN_LIFE_ASKED_LATE : TOKEN_LIFE_ASKED;
}

static struct token_life_answer ask(struct sim *sim);

/* A call asks, or a late 401 comes, at the very instant at which token_life decides otherwise. */
static void on_probe(struct world *world, int is_rejection, int64_t generation) {
    static const struct call absent = {.verb = VERB_READ};
    struct sim *sim = sim_of(world);
    if (is_rejection)
        tokens_refused(sim, &absent, (int)generation);
    else
        (void)ask(sim);
    driver_pump(sim);
}

static void probe_later(struct sim *sim) {
    struct dice *dice = &sim->world.dice;
    const struct promises *promises = &sim->promises;
    int64_t life = promises->lifetime, tenth = life / 10 < SECONDS(300) ? life / 10 : SECONDS(300);
    int64_t until = promises->fetched_at + life;
    const int64_t instants[] = {promises->fetched_at + SECONDS(60), until - tenth, until, promises->retry_at};
    int which = dice_int(dice, 0, 3);
    if (sim->probes == 0 || instants[which] <= sim->world.now) return;
    sim->probes--;
    bool is_rejection = which == 0 || dice_chance(dice, 20);
    world_at(&sim->world, instants[which] - dice_int(dice, 0, 1), on_probe, is_rejection,
             (int64_t)sim->life.generation);
}

static void ask_fixed(struct sim *sim) {
    pairs_token_life(sim, &sim->fixed, TOKEN_LIFE_ASKED);
    struct token_life_answer answer = token_life_ask(&sim->fixed, sim->world.now);
    if (answer.verdict != TOKEN_LIFE_USE || answer.fetch || sim->fixed.state != TOKEN_LIFE_FIXED)
        world_violation(&sim->world, "a fixed token was dropped");
}

static struct token_life_answer ask(struct sim *sim) {
    pairs_token_life(sim, &sim->life, asked(sim));
    struct token_life_answer answer = token_life_ask(&sim->life, sim->world.now);
    promises_asked(&sim->promises, &sim->world, &sim->life, &answer);
    if (answer.fetch) want_fetch(sim);
    return answer;
}

void tokens_ask(struct sim *sim) {
    static const enum queue_verdict verdicts[] = {[TOKEN_LIFE_USE] = QUEUE_TOKEN_THERE,
                                                  [TOKEN_LIFE_WAIT] = QUEUE_TOKEN_COMES,
                                                  [TOKEN_LIFE_FETCH] = QUEUE_TOKEN_COMES,
                                                  [TOKEN_LIFE_REFUSE] = QUEUE_TOKEN_REFUSED};
    struct token_life_answer answer = ask(sim);
    bool is_denied = answer.verdict == TOKEN_LIFE_REFUSE;
    queue_answer(&sim->queue, &(struct queue_token){.verdict = verdicts[answer.verdict],
                                                    .until = answer.until,
                                                    .why = is_denied ? CODE_UNAUTHORIZED : sim->fetch.code,
                                                    .told_until = sim->promises.said_until});
}

struct token_now tokens_now(struct sim *sim, const struct call *call) {
    if (call->is_fixed) {
        ask_fixed(sim);
        return (struct token_now){.token = call->fixed_token};
    }
    unsigned generation = sim->life.generation;
    return (struct token_now){sim->token_of[generation % TOKENS_AT_MOST], (int)generation};
}

void tokens_refused(struct sim *sim, const struct call *call, int generation) {
    struct token_life *life = call->is_fixed ? &sim->fixed : &sim->life;
    if ((unsigned)generation == life->generation) pairs_token_life(sim, life, TOKEN_LIFE_REJECTED);
    token_life_rejected(life, sim->world.now, (unsigned)generation);
    if (call->is_fixed) {
        ask_fixed(sim);
        return;
    }
    queue_token_changed(&sim->queue);
    promises_rejected(&sim->promises, &sim->world, (unsigned)generation);
    promises_check(&sim->promises, &sim->world, life);
}
