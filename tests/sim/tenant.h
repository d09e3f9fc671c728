/* A tenant of a few accounts: what is committed, by whom, when; its tokens and rate buckets. It answers as the real one
   is known to; faults are for the network between (exchanges.c). */
#ifndef AUTH0_SIM_TENANT_H
#define AUTH0_SIM_TENANT_H

#include "pure/pace.h"
#include "world.h"

enum { ACCOUNTS = 3, SECONDARIES = 3, TOKENS_AT_MOST = 1024, CALLS_AT_MOST = 64, BODY_ROOM = 768 };

enum verb { VERB_LINK, VERB_UNLINK, VERB_PATCH, VERB_READ, VERB_POST, VERBS };

/* Where each secondary sits: an account, or -1 where it is one of its own. */
struct homes {
    signed char of[SECONDARIES];
};

struct request {
    int call; /* whose; -1: another client's */
    enum verb verb;
    int account, secondary;
    int token;
};

struct reply {
    int status;
    char body[BODY_ROOM];
    size_t size;
    struct homes homes; /* when it was written */
    double retry_after; /* seconds; negative: not said */
    struct pace_answer rates;
};

struct tenant_token {
    bool is_revoked, may_read;
    int64_t expires;
};

/* In sixty-millionths of a token: a microsecond at one token a minute brings one. */
struct tenant_bucket {
    int64_t limit, per_minute, level, as_of, first; /* `first`: tokens that it began with */
    int64_t lowest;                                 /* `remaining` at the lowest that our own requests made it */
    long refused;
};

/* What a call did to the tenant. */
struct ledger {
    int received, carried_out, changes;
};

struct tenant {
    struct homes homes;
    struct tenant_token tokens[TOKENS_AT_MOST];
    int token_count;
    struct tenant_bucket buckets[PACE_CLASSES];
    struct ledger ledgers[CALLS_AT_MOST];
    int conflict_here, conflict_elsewhere; /* statuses: what the API answers to a second link is not published */
    int64_t skew;                          /* of its clock */
    bool has_limits, has_retry_after, is_shared, refills_by_second, resets_when_full, shows_numbers;
};

void tenant_begin(struct tenant *tenant, struct world *world);

int tenant_grant(struct tenant *tenant, int64_t expires, bool may_read);

enum pace_class tenant_class(enum verb verb);

/* A request arrives. False: it is refused by token, scope or rate; the reply says so. */
bool tenant_admit(struct tenant *tenant, struct world *world, const struct request *request, struct reply *reply);

/* It is carried out, once. */
void tenant_carry_out(struct tenant *tenant, const struct request *request, struct reply *reply);

/* An answer that shows an account as it is. */
void tenant_show(const struct tenant *tenant, const struct request *request, int status, struct reply *reply);

void tenant_refuse(struct reply *reply, int status);

/* What the headers of an answer say of a class's bucket. */
void tenant_tell_rates(struct tenant *tenant, const struct world *world, enum pace_class class, struct reply *reply);

/* What is in a bucket, in whole tokens; when its clock shows a second. */
int64_t tenant_left(struct tenant *tenant, const struct world *world, enum pace_class class);
int64_t tenant_instant(const struct tenant *tenant, const struct world *world, int64_t second);

/* Takes a token from a bucket; false where there is none. */
bool tenant_spend(struct tenant *tenant, const struct world *world, enum pace_class class);

#endif
