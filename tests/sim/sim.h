/* What the parts of the simulation share: calls, their exchanges, the fetch of a token, and what drives them. */
#ifndef AUTH0_SIM_SIM_H
#define AUTH0_SIM_SIM_H

#include "faults.h"
#include "promises.h"
#include "pure/operation.h"
#include "pure/queue.h"
#include "pure/token_life.h"
#include "tenant.h"

enum { STEPS_AT_MOST = 512, EXCHANGES_AT_MOST = 16384 };

/* How one exchange of a call went, for the rules. */
struct step {
    enum operation_request request;
    enum operation_state state; /* of the operation, when it asked */
    bool is_renewal;
    int generation; /* of the token */
    int64_t asked, begun, ended, last_by, retry_after;
    bool is_begun;
    struct attempt_end end;
    bool is_spoiled; /* a 2xx whose body is not what was promised */
    struct homes homes;
};

enum stage { STAGE_NEW, STAGE_QUEUED, STAGE_CONNECTING, STAGE_SENT, STAGE_PAUSED, STAGE_DONE };

struct call {
    struct operation_plan plan;
    struct operation operation;
    struct operation_action action;
    enum verb verb;
    int account, secondary;
    enum stage stage;
    struct queue_entry entry;
    int64_t epoch;   /* of the action that is carried out: timers of an older one mean nothing */
    int64_t started; /* by the driver's clock */
    int exchange;    /* under way */
    bool is_fixed, is_cancelled, is_dropped;
    double random; /* of the last event */
    int fixed_token;
    char primary[16], user_id[40], token[16];
    struct step *steps; /* the simulation's, in which this call has its own */
    int step_count;
};

/* One request on its way, its answer, and what still waits for it. It outlives the wait: what is late arrives. */
struct exchange {
    int call;
    bool is_live; /* the client still waits */
    bool is_last_moment;
    bool is_sent, has_arrived, is_turned_away;
    int connection; /* 0: none yet */
    enum fault fault;
    struct request request;
    int generation;
    int64_t begun;
    struct reply reply;
    struct attempt_end end;
    bool is_spoiled;
};

/* The one fetch of a token that may be under way. */
struct fetch {
    bool is_wanted, is_begun, is_sent;
    struct queue_entry entry;
    int64_t epoch, asked;
    enum failure_code code; /* why the last one brought none */
};

/* What is known from outside of an entry of the queue: the calls', by their numbers, and the fetch's. */
enum { ENTRY_OF_FETCH = CALLS_AT_MOST, ENTRIES_AT_MOST };

struct watched {
    enum queue_state state; /* of the first four */
    bool is_held;
    int leader; /* whose read is to tell it; -1: none */
    int64_t arrived;
    bool must_fail; /* with the one that went ahead, as `how` */
    enum attempt_how how;
};

/* What is known from outside of the queue and of the connections. */
struct watch {
    struct watched entries[ENTRIES_AT_MOST];
    int under_way[ENTRIES_AT_MOST], under_way_count; /* the last that began is the last */
    bool stands;                                     /* a connection does, or did a short while ago */
    int64_t ended_at, arrivals;
    int http;
    int64_t ready[PACE_CLASSES];         /* what the gates say, before the action; */
    enum pace_state gates[PACE_CLASSES]; /* what they are; */
    bool has_room;                       /* and whether there was room */
};

/* What is known of a class's gate from outside. */
struct gate {
    int64_t closed_until; /* by the tenant's own word */
    int64_t back_by;      /* with what is added to it, so that clients do not come back together */
    int64_t said_until;   /* that word itself, which a caller is told; 0: there is none */
    int64_t idle_since;   /* since when it is shut though there is enough; 0: it is not */
    int64_t reset;        /* the last that was told */
    int64_t last_begun;
    int in_flight, begun, heard_refusals;
    bool is_heard;
};

struct sim {
    struct world world;
    struct tenant tenant;
    struct call calls[CALLS_AT_MOST];
    int call_count, unfinished;
    struct exchange exchanges[EXCHANGES_AT_MOST]; /* these two are written before they are read: no schedule clears */
    struct step steps[CALLS_AT_MOST][STEPS_AT_MOST];
    int exchange_count;
    int connections; /* that were made; over HTTP/2 several exchanges share one, until it closes */
    bool is_closed[EXCHANGES_AT_MOST + 1];
    struct queue queue;
    int64_t pump_at; /* when it is to be asked again */
    struct watch watch;
    int http;                    /* the version that the tenant speaks */
    int64_t down_at, down_until; /* no connection is made in between */
    bool hangs;                  /* then: nothing is heard; else it is refused */
    struct gate gates[PACE_CLASSES];
    double reserve, rate; /* what pace was told, as far as it makes sense */
    struct token_life life, fixed;
    struct fetch fetch;
    struct promises promises;     /* what token_life.h promises of the present token */
    int token_of[TOKENS_AT_MOST]; /* the tenant's token, by generation */
    int64_t lifetime, said;       /* of the tokens that the tenant grants; what it says: 0 is nothing */
    int probes;                   /* asks that are still to be made at an instant that counts */
    bool may_read;                /* they have the scope */
    int64_t lateness;             /* of timers, at most */
    int fault_percent;
    bool is_calm;       /* no fault, and no other client: the rates are ours alone */
    bool has_neighbour; /* another client takes from the buckets */
};

/* What goes into a request. */
struct token_now {
    int token, generation;
};

/* driver.c: plays the engine. */
void driver_start(struct world *world, int call, int64_t unused);
void driver_cancel(struct world *world, int call, int64_t unused);
void driver_drop(struct world *world, int call, int64_t unused);
void driver_add(struct sim *sim, struct queue_entry *entry);
void driver_pump(struct sim *sim);
void driver_sent(struct sim *sim, int exchange);
void driver_ended(struct sim *sim, int exchange);
bool driver_entry_ended(struct sim *sim, struct queue_entry *entry, const struct queue_end *end);
void driver_timer(struct sim *sim, int64_t when, world_handler *handler, int who, int64_t tag);

/* exchanges.c: the network, and what it does to requests and answers. */
void exchanges_begin(struct sim *sim, int call, struct token_now token);
bool exchanges_is_down(const struct sim *sim);

/* tokens.c: the life of a token, and the fetches that it asks for. */
void tokens_ask(struct sim *sim);
struct token_now tokens_now(struct sim *sim, const struct call *call);
void tokens_refused(struct sim *sim, const struct call *call, int generation);
void tokens_begin_fetch(struct sim *sim);
void tokens_fetch_out(struct sim *sim, const struct queue_action *action);
void tokens_from_elsewhere(struct world *world, int unused, int64_t lifetime);

/* schedule.c: what one schedule holds. */
void schedule_make(struct sim *sim, int operations);

static inline struct sim *sim_of(struct world *world) { return (struct sim *)world; }

#endif
