/* Sequences in the simulation: a tenant of a few accounts with metadata, roles and organizations; engines that drive
   sequences against it, over a network with faults; people who edit, engines that die. Only operations and sequences
   are under test here: queue, pace and tokens have the simulation above. */
#ifndef AUTH0_SIM_TOWN_H
#define AUTH0_SIM_TOWN_H

#include "../faults.h"
#include "../world.h"
#include "pure/sequence.h"
#include "pure/turns.h"

enum {
    PEOPLE = 4,
    KEYS = 3,
    METADATA = 2, /* user_metadata, app_metadata */
    ENGINES = 2,
    RUNS_AT_MOST = 40,
    EXCHANGES_AT_MOST = 16384,
    KEPT_AT_MOST = 4 * 1024 * 1024,
    TEXT_ROOM = 4096
};

/* An account, as it stands. A value is a number of its own each time that a user writes one; 0: there is none. */
struct person {
    int home; /* the account that it is an identity of; -1: it is one of its own */
    int values[METADATA][KEYS];
    unsigned roles, organizations;
    int linked_by; /* the run whose request linked it; -1: none */
};

struct name {
    const char *id, *provider, *bare, *encoded;
};
extern const struct name names[PEOPLE];
int people_find(struct span id);            /* -1: there is none */
int people_number(struct json_value value); /* 0: it is no number */

/* One request of a sequence. */
struct errand {
    struct operation operation;
    struct operation_action action;
    struct sequence_request request;
    const char *path, *body;
    size_t body_size;
    int64_t epoch; /* of its action: what belongs to an older one means nothing */
    bool is_live;
    int exchange;
};

struct run {
    struct sequence sequence;
    struct sequence_plan plan;
    int engine, primary, secondary;
    int holder; /* of a relink, as the caller names it; else -1 */
    int of;     /* of an undo or a settle: the merge */
    struct turn turn;
    bool is_waiting, is_active, is_over, is_dead, is_approved, is_told_off;
    struct errand errands[SEQUENCE_AT_ONCE];
    struct span planned, final;   /* its receipt, as the caller has it */
    struct span given;            /* the receipt that an undo or a settle was given */
    struct person seen[PEOPLE];   /* as each account was when it was read last, */
    int64_t seen_at[PEOPLE];      /* when that was, UNIX seconds; */
    struct person judged[PEOPLE]; /* as it was seen before the first change, of which the patch is made; */
    int linked_by;                /* and the run that had linked the secondary to the primary */
    struct person before[PEOPLE]; /* and when the run began */
    int64_t began;                /* UNIX seconds: its turn */
    bool has_waited;              /* for its turn */
    bool was_unlinked;            /* its link was taken away */
    int written[METADATA][KEYS];  /* into the primary, by a merge */
    bool has_changed;             /* it has sent a change */
    bool was_linked;              /* the two were, at some time of the run */
    bool was_refused_certainly;   /* it told that nothing was changed */
};

struct exchange {
    int run, slot;
    int64_t epoch;
    enum operation_request request;
    enum fault fault;
    bool is_sent, is_pending; /* is_pending: it may still be carried out */
    const char *path, *body;
    size_t body_size;
    enum sequence_step step;
    int status;
    struct span answer;
    int owner;                   /* of a link, an unlink, or a read that settles it */
    int person;                  /* whose account was read for the sequence; -1: none */
    struct person found[PEOPLE]; /* then */
};

struct town {
    struct world world;
    struct person people[PEOPLE];
    struct run runs[RUNS_AT_MOST];
    int run_count;
    struct exchange exchanges[EXCHANGES_AT_MOST];
    int exchange_count;
    struct turns turns[ENGINES];
    int fault_percent, next_value;
    bool is_calm; /* one merge, one undo, and nothing goes wrong */
    _Alignas(16) char kept[KEPT_AT_MOST];
    size_t kept_size;
};

static inline struct town *town_of(struct world *world) { return (struct town *)world; }

/* Memory until the end of the schedule. */
void *town_keep(struct town *town, size_t size);
struct span town_keep_text(struct town *town, struct span text);
struct json_value town_json(struct town *town, struct span text);

/* UNIX seconds. */
int64_t town_clock(const struct town *town);

/* people.c: the tenant. It carries out a request, and writes its answer. */
void people_begin(struct town *town);
struct json_value people_profile(struct town *town, int person);
void people_carry_out(struct town *town, struct exchange *exchange);
void people_show(struct town *town, struct exchange *exchange); /* as if it had been carried out */
void people_edit(struct world *world, int person, int64_t unused);

/* network.c: one exchange. */
void network_send(struct town *town, int run, int slot);

/* engine.c: drives runs. */
void engine_start(struct world *world, int run, int64_t unused);
void engine_ended(struct town *town, int run, int slot, const struct operation_event *event);
void engine_obey(struct town *town, int run, int slot, struct operation_action action);
void engine_drop(struct world *world, int run, int64_t unused);
void engine_crash(struct world *world, int engine, int64_t unused);

/* plot.c: what one schedule holds. */
void plot_make(struct town *town);

/* rules.c: what must be so. */
void rules_sends(struct town *town, int run, const struct sequence_request *request);
void rules_links(struct town *town, const struct exchange *exchange, int secondary);
void rules_unlinks(struct town *town, const struct exchange *exchange, int secondary);
void rules_writes(struct town *town, const struct exchange *exchange, int person, int part, int key, int value);
void rules_asked(struct town *town, int run);
void rules_finished(struct town *town, int run);
void rules_of_schedule(struct town *town);

extern long rules_counts[SEQUENCE_STEPS], rules_ends[4][CODES];

#endif
