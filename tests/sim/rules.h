/* What must hold, whatever happens. Written from the design's words, not from operation.c: by how the exchanges ended,
   and by what became of the tenant. */
#ifndef AUTH0_SIM_RULES_H
#define AUTH0_SIM_RULES_H

#include "sim.h"

/* An exchange is asked for, begins; a pause begins; a call ends. */
void rules_asked(struct sim *sim, int call);
void rules_begun(struct sim *sim, int call);
void rules_paused(struct sim *sim, int call);
void rules_finished(struct sim *sim, int call);
void rules_disowned(struct sim *sim, int call);

/* All is over, what was late has come. */
void rules_of_schedule(struct sim *sim);

/* rates.c: an exchange of a class is held by its gate, begins, ends; all is over. */
void rates_held(struct sim *sim, enum pace_class class);
void rates_begun(struct sim *sim, enum pace_class class);
void rates_ended(struct sim *sim, enum pace_class class, int64_t begun, const struct pace_answer *answer);
void rates_of_schedule(struct sim *sim);

/* queue_rules.c: an entry comes into the queue, is held, begins, is sent, ends; or it is told by another's read, is out
   without having begun, is dropped. `look`: before each action; `rest`: there is none, until an instant. */
int queue_rules_index(const struct sim *sim, const struct queue_entry *entry);
bool queue_rules_is_sent(const struct sim *sim, int entry);
void queue_rules_added(struct sim *sim, const struct queue_entry *entry);
void queue_rules_look(struct sim *sim);
void queue_rules_held(struct sim *sim, const struct queue_action *action);
void queue_rules_begun(struct sim *sim, const struct queue_entry *entry);
void queue_rules_sent(struct sim *sim, const struct queue_entry *leader);
void queue_rules_ended(struct sim *sim, const struct queue_entry *entry, const struct queue_end *end);
void queue_rules_told(struct sim *sim, int follower, int leader);
void queue_rules_all_told(struct sim *sim, int leader);
void queue_rules_out(struct sim *sim, const struct queue_action *action);
void queue_rules_dropped(struct sim *sim, const struct queue_entry *entry);
void queue_rules_rest(struct sim *sim, int64_t until);
void queue_rules_of_schedule(struct sim *sim);

/* history.c: what a call's exchanges say, each by itself and all together. */
bool history_is_good(const struct step *step);
bool history_is_refused(const struct step *step, int status);
bool history_is_passing(const struct step *step);
bool history_is_unconnected(const struct step *step);
bool history_is_unprocessed(const struct step *step);
bool history_has_lost_answer(const struct call *call); /* any of its exchanges was sent, and nothing came */
bool history_is_hollow(const struct call *call, const struct step *step); /* a link's success that does not show it */
bool history_leaves_open(const struct call *call, const struct step *step);
bool history_is_open(const struct call *call);  /* any of them does */
bool history_is_named(const struct call *call); /* link and unlink of an identity with a name */
bool history_is_wished(const struct call *call, const struct step *read);
enum failure_code history_word(const struct call *call, const struct step *step);
const struct step *history_last(const struct call *call);
int history_tries(const struct call *call); /* of its own request; a replay is none */
int history_reads(const struct call *call); /* in the present check or settling */
bool history_has_renewed(const struct call *call);
int64_t history_last_instant(const struct call *call, enum operation_request request);

/* finish_rules.c, result_rules.c: whether a call might end now, with this result. */
void rules_of_result(struct sim *sim, int call);
void rules_of_end(struct sim *sim, int call);
bool rules_is_to_be_settled(const struct call *call, const struct step *last);
const char *rules_reason_to_go_on(const struct call *call, int64_t now);

#endif
