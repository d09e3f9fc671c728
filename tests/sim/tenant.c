#include "tenant.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const int64_t whole = 60000000; /* one token */

/* ---- settings ---- */

static void fill_bucket(struct tenant_bucket *bucket, struct world *world) {
    static const int64_t plans[][2] = {{2, 120}, {40, 500}, {20, 200}, {10, 150}, {50, 960}, {20, 1200}, {100, 3000}};
    const int64_t *plan = plans[dice_int(&world->dice, 0, sizeof plans / sizeof *plans - 1)];
    *bucket = (struct tenant_bucket){.limit = plan[0], .per_minute = plan[1], .as_of = world->now, .lowest = plan[0]};
    bucket->level = whole * (dice_chance(&world->dice, 70) ? bucket->limit : dice_between(&world->dice, 0, plan[0]));
    bucket->first = bucket->level / whole;
}

void tenant_begin(struct tenant *tenant, struct world *world) {
    struct dice *dice = &world->dice;
    *tenant = (struct tenant){.conflict_here = dice_chance(dice, 80) ? 409 : 400,
                              .conflict_elsewhere = dice_chance(dice, 50) ? 409 : 400,
                              .skew = dice_chance(dice, 50) ? 0 : dice_between(dice, -SECONDS(3600), SECONDS(3600)),
                              .has_limits = dice_chance(dice, 70),
                              .has_retry_after = dice_chance(dice, 50),
                              .is_shared = dice_chance(dice, 30),
                              .refills_by_second = dice_chance(dice, 30),
                              .resets_when_full = dice_chance(dice, 50),
                              .shows_numbers = dice_chance(dice, 30)};
    for (int i = 0; i < SECONDARIES; i++)
        tenant->homes.of[i] = (signed char)(dice_chance(dice, 60) ? -1 : dice_int(dice, 0, ACCOUNTS - 1));
    for (int i = 0; i < PACE_CLASSES; i++) fill_bucket(&tenant->buckets[i], world);
}

int tenant_grant(struct tenant *tenant, int64_t expires, bool may_read) {
    if (tenant->token_count == TOKENS_AT_MOST) return 0;
    tenant->tokens[tenant->token_count] = (struct tenant_token){.may_read = may_read, .expires = expires};
    return tenant->token_count++;
}

/* ---- rates ---- */

enum pace_class tenant_class(enum verb verb) {
    static const enum pace_class classes[VERBS] = {[VERB_LINK] = PACE_WRITE,
                                                   [VERB_UNLINK] = PACE_DELETE,
                                                   [VERB_PATCH] = PACE_WRITE,
                                                   [VERB_READ] = PACE_READ,
                                                   [VERB_POST] = PACE_OTHER};
    return classes[verb];
}

/* One bucket for all but the token endpoint, or one for each class. */
static struct tenant_bucket *bucket_of(struct tenant *tenant, enum pace_class class) {
    return &tenant->buckets[tenant->is_shared && class != PACE_TOKEN ? PACE_READ : class];
}

static int64_t server_time(const struct tenant *tenant, const struct world *world) {
    return world->now - world->began + SECONDS(1700000000) + tenant->skew;
}

static void refill(struct tenant *tenant, const struct world *world, struct tenant_bucket *bucket) {
    int64_t until = world->now;
    if (tenant->refills_by_second) until -= server_time(tenant, world) % SECONDS(1);
    if (until <= bucket->as_of) return;
    bucket->level += (until - bucket->as_of) * bucket->per_minute;
    bucket->as_of = until;
    if (bucket->level > bucket->limit * whole) bucket->level = bucket->limit * whole;
}

bool tenant_spend(struct tenant *tenant, const struct world *world, enum pace_class class) {
    struct tenant_bucket *bucket = bucket_of(tenant, class);
    refill(tenant, world, bucket);
    if (bucket->level < whole) return false;
    bucket->level -= whole;
    return true;
}

int64_t tenant_left(struct tenant *tenant, const struct world *world, enum pace_class class) {
    struct tenant_bucket *bucket = bucket_of(tenant, class);
    refill(tenant, world, bucket);
    return bucket->level / whole;
}

int64_t tenant_instant(const struct tenant *tenant, const struct world *world, int64_t second) {
    return SECONDS(second) - SECONDS(1700000000) - tenant->skew + world->began;
}

/* When the next token comes, or the last that is missing; rounded up, as the recordings have it, or down. */
static int64_t reset_of(const struct tenant *tenant, const struct world *world, const struct tenant_bucket *bucket) {
    int64_t missing = bucket->limit * whole - bucket->level;
    if (!tenant->resets_when_full) missing = missing > 0 ? whole - bucket->level % whole : 0;
    return (server_time(tenant, world) + missing / bucket->per_minute + SECONDS(1) - 1) / SECONDS(1);
}

void tenant_tell_rates(struct tenant *tenant, const struct world *world, enum pace_class class, struct reply *reply) {
    struct tenant_bucket *bucket = bucket_of(tenant, class);
    refill(tenant, world, bucket);
    reply->rates = (struct pace_answer){.has_limit = tenant->has_limits,
                                        .limit = bucket->limit,
                                        .remaining = bucket->level / whole,
                                        .reset = reset_of(tenant, world, bucket),
                                        .date = server_time(tenant, world) / SECONDS(1),
                                        .retry_after = -1};
}

static void refuse_rate(struct tenant *tenant, const struct world *world, struct reply *reply,
                        struct tenant_bucket *bucket) {
    tenant_refuse(reply, 429);
    bucket->refused++;
    reply->rates.is_refused = true;
    reply->rates.is_global = tenant->is_shared;
    if (!tenant->has_retry_after) return;
    int64_t missing = (whole - bucket->level) / bucket->per_minute + 1;
    reply->retry_after = reply->rates.retry_after = (double)((missing + SECONDS(1) - 1) / SECONDS(1));
    world_trace(world, "  the bucket is empty: Retry-After %g", reply->retry_after);
}

/* ---- bodies ---- */

static void write_body(struct reply *reply, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void write_body(struct reply *reply, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(reply->body + reply->size, sizeof reply->body - reply->size, format, arguments);
    va_end(arguments);
    reply->size += (size_t)size;
}

void tenant_refuse(struct reply *reply, int status) {
    reply->status = status;
    reply->size = 0;
    write_body(reply, "{\"statusCode\":%d,\"error\":\"Refused\",\"message\":\"No.\"}", status);
}

static void write_identities(const struct tenant *tenant, int account, struct reply *reply) {
    const char *quote = tenant->shows_numbers ? "" : "\"";
    write_body(reply, "[{\"connection\":\"Users\",\"provider\":\"auth0\",\"user_id\":\"p%d\"}", account);
    for (int i = 0; i < SECONDARIES; i++)
        if (tenant->homes.of[i] == account)
            write_body(reply, ",{\"provider\":\"google-oauth2\",\"user_id\":%s100%d%s}", quote, i, quote);
    write_body(reply, "]");
}

void tenant_show(const struct tenant *tenant, const struct request *request, int status, struct reply *reply) {
    bool is_list = request->verb == VERB_LINK || request->verb == VERB_UNLINK;
    reply->status = status;
    reply->size = 0;
    if (!is_list) write_body(reply, "{\"user_id\":\"auth0|p%d\",\"identities\":", request->account);
    write_identities(tenant, request->account, reply);
    if (!is_list) write_body(reply, "}");
    reply->homes = tenant->homes;
}

/* ---- requests ---- */

static int refusal_by_token(const struct tenant *tenant, const struct world *world, const struct request *request) {
    const struct tenant_token *token = &tenant->tokens[request->token];
    if (token->is_revoked || token->expires <= world->now) return 401;
    return request->verb == VERB_READ && !token->may_read ? 403 : 0;
}

bool tenant_admit(struct tenant *tenant, struct world *world, const struct request *request, struct reply *reply) {
    *reply = (struct reply){.retry_after = -1, .homes = tenant->homes};
    tenant->ledgers[request->call].received++;
    enum pace_class class = tenant_class(request->verb);
    struct tenant_bucket *bucket = bucket_of(tenant, class);
    bool has_room = !tenant->has_limits || tenant_spend(tenant, world, class);
    tenant_tell_rates(tenant, world, class, reply);
    world_trace(world, "  class %d: %s, %lld left, reset in %lld s", (int)class, has_room ? "taken" : "empty",
                (long long)reply->rates.remaining, (long long)(reply->rates.reset - reply->rates.date));
    if (!has_room) {
        refuse_rate(tenant, world, reply, bucket);
        return false;
    }
    if (bucket->level / whole < bucket->lowest) bucket->lowest = bucket->level / whole;
    int refusal = refusal_by_token(tenant, world, request);
    if (refusal != 0) tenant_refuse(reply, refusal);
    return refusal == 0;
}

/* The status of its answer; what it changes is changed. */
static int commit(struct tenant *tenant, const struct request *request, bool *changes) {
    signed char *home = &tenant->homes.of[request->secondary];
    *changes = false;
    switch (request->verb) {
    case VERB_LINK:
        if (*home != -1) return *home == request->account ? tenant->conflict_here : tenant->conflict_elsewhere;
        *changes = true;
        *home = (signed char)request->account;
        return 201;
    case VERB_UNLINK:
        /* What is not there is removed with success. */
        *changes = *home == request->account;
        if (*changes) *home = -1;
        return 200;
    case VERB_PATCH: *changes = true; return 200;
    case VERB_POST: *changes = true; return 201;
    default: return 200;
    }
}

void tenant_carry_out(struct tenant *tenant, const struct request *request, struct reply *reply) {
    bool changes;
    int status = commit(tenant, request, &changes);
    struct ledger *ledger = &tenant->ledgers[request->call];
    ledger->carried_out++;
    ledger->changes += changes;
    if (status < 300)
        tenant_show(tenant, request, status, reply);
    else
        tenant_refuse(reply, status);
    reply->homes = tenant->homes;
}
