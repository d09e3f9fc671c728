/* What the files of a sequence share. */
#ifndef AUTH0_PURE_SEQUENCE_PARTS_H
#define AUTH0_PURE_SEQUENCE_PARTS_H

#include "pure/sequence.h"
#include "pure/writer.h"

#pragma GCC visibility push(hidden)

/* ---- where it goes: sequence.c ---- */

void sequence_finish(struct sequence *sequence, enum failure_code code, enum failure_outcome outcome, const char *what);

/* As a request ended. */
void sequence_finish_by(struct sequence *sequence, int slot, enum sequence_step step,
                        const struct operation_result *result);
void sequence_enter(struct sequence *sequence, enum sequence_phase phase);
void sequence_want(struct sequence *sequence, enum sequence_phase phase, size_t size);

/* ---- what it changes: sequence_change.c ---- */

/* To the next step that is needed, the present one included. */
void sequence_go_on(struct sequence *sequence);
void sequence_begin_back(struct sequence *sequence);

/* A merge that the guard refuses, `what` or the verdict says why: what it has changed is put back. */
void sequence_stop(struct sequence *sequence, const char *what);

/* The same, where a request was refused. */
void sequence_refuse(struct sequence *sequence, int slot, enum sequence_step step,
                     const struct operation_result *result);

/* The end of a change, and of the read before one that gives something back; */
void sequence_end_change(struct sequence *sequence, const struct operation_result *result);
void sequence_end_look(struct sequence *sequence, const struct operation_result *result);

/* which is then compared with what is to be given back, in the memory that this needs. */
void sequence_compare(struct sequence *sequence, void *memory);

/* ---- what it makes of what it has read: sequence_weigh.c ---- */

bool sequence_is_judged(const struct sequence *sequence); /* a preview or a merge */
void sequence_weigh_merge(struct sequence *sequence);
void sequence_judge(struct sequence *sequence);
void sequence_weigh_receipt(struct sequence *sequence); /* the receipt's two accounts, as they are now */
void sequence_settle(struct sequence *sequence);        /* it has seen what it needs */

/* Both accounts are to be read, whatever is known of them. */
void sequence_forget(struct sequence *sequence);

/* Whether an account on which `step` relies was read too long ago: for the first change, either of the two; for a link,
   the secondary, which it ends. */
bool sequence_is_stale(const struct sequence *sequence);

/* Such an account is read again, */
void sequence_look_again(struct sequence *sequence);

/* and compared with what was judged. */
void sequence_weigh_again(struct sequence *sequence);

/* ---- what it is made of ---- */

/* The slots of changes, of those that give back, and of those that do so after one of them has failed. Those before are
   the guard's reads. */
enum { SEQUENCE_FORWARD = GUARD_READS, SEQUENCE_BACKWARD, SEQUENCE_ONWARD };

/* What a step carries, takes or gives back: one after the other. */
struct sequence_entries {
    const struct guard_input *lacking; /* of what is walked only what the primary lacks of `read`; or NULL */
    enum guard_read read;
    size_t most;
    struct guard_walk walk;
    struct json_walk given; /* or one of the receipt's lists */
};
struct sequence_entries sequence_entries(const struct sequence *sequence, enum sequence_step step);
bool sequence_next_entry(struct sequence_entries *entries, struct json_value *entry);

/* All of one of the secondary's lists; none where it was not read. */
struct sequence_entries sequence_all_entries(const struct sequence *sequence, enum receipt_list list);

/* Which list a step is about. False: none. */
bool sequence_list(enum sequence_step step, enum receipt_list *list);

static inline bool sequence_is_undo(const struct sequence *sequence) { return sequence->plan.goal == SEQUENCE_UNDO; }

static inline bool sequence_is_done(const struct sequence *sequence, enum sequence_step step) {
    return (sequence->done >> step & 1) != 0;
}

/* Of a settle or an undo: the state that its receipt has from now on. */
enum receipt_state sequence_settled_state(const struct sequence *sequence);

/* Whether `step` is to be taken. */
bool sequence_needs(const struct sequence *sequence);

/* Whether the link of the two may be the one of the receipt's merge. */
bool sequence_may_have_linked(const struct receipt *receipt);

/* Of an undo: the secondary is an account of its own by now, with metadata that a link to its holder would destroy. */
bool sequence_keeps_from_holder(const struct sequence *sequence);

/* Of a receipt: a request of its merge may still be carried out. */
bool sequence_may_come_late(const struct sequence *sequence);

/* The identities of the primary that have a password at the tenant, once the secondary is one of them. */
bool sequence_password(const struct sequence *sequence, size_t index, struct json_value *identity);

/* Of a merge: it moves an identity that is another account's. */
bool sequence_moves(const struct sequence *sequence);

/* Whether a profile has the secondary among its identities, and these. */
bool sequence_is_linked(const struct sequence *sequence, struct json_value profile);
struct json_value sequence_identities(struct json_value profile);

/* Reads the plan's receipt. NULL, or what is wrong. */
const char *sequence_read_receipt(struct sequence *sequence);

/* The images that are to be given back: the memory that reading them needs, 0 where there are none, and the reading.
   NULL, or what is wrong. */
size_t sequence_images_room(const struct sequence *sequence);
const char *sequence_read_images(struct sequence *sequence, void *memory);

/* Writes entries as an array: roles and organizations by their ids. */
void sequence_put_entries(struct writer *to, struct sequence_entries *entries, enum receipt_list list);

/* The operation of a request. */
void sequence_plan_request(const struct sequence *sequence, struct sequence_request *request);

#pragma GCC visibility pop

#endif
