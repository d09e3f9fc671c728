#include "town.h"

#include <stdio.h>
#include <stdlib.h>

long rules_counts[SEQUENCE_STEPS], rules_ends[4][CODES];

#define BROKEN(town, index, ...) world_violation(&(town)->world, "run %d " __VA_ARGS__)

static const struct run *merge_of(const struct town *town, const struct run *run) {
    return run->plan.goal == SEQUENCE_MERGE ? run : &town->runs[run->of];
}

/* ---- images ---- */

/* The values of an image in a receipt: `name` holds a JSON text, or an object whose members do. */
static void read_values(struct town *town, struct json_value image, int values[METADATA][KEYS]) {
    static const struct span parts[METADATA] = {{"user_metadata", 13}, {"app_metadata", 12}};
    for (int part = 0; part < METADATA; part++) {
        struct json_value metadata;
        for (int key = 0; key < KEYS; key++) values[part][key] = -1; /* it is not in it */
        if (!json_member(image, parts[part], &metadata)) continue;
        if (json_kind(metadata) == JSON_STRING) {
            char *text = town_keep(town, TEXT_ROOM);
            metadata = town_json(town, (struct span){text, json_string(metadata, text, TEXT_ROOM)});
        }
        for (struct json_walk walk = json_walk(metadata); json_next(&walk);)
            values[part][json_bytes(walk.name).at[1] - '0'] = people_number(walk.value);
    }
}

static void image_of(struct town *town, struct span receipt, const char *name, int values[METADATA][KEYS]) {
    struct json_value image = {NULL, NULL};
    (void)json_member(town_json(town, receipt), span_of(name), &image);
    if (json_kind(image) == JSON_STRING) {
        char *text = town_keep(town, TEXT_ROOM);
        image = town_json(town, (struct span){text, json_string(image, text, TEXT_ROOM)});
    }
    read_values(town, image, values);
}

static struct span receipt_given(const struct run *run) {
    return run->plan.goal == SEQUENCE_MERGE ? run->planned : run->given;
}

/* ---- what is sent ---- */

static bool has_one(const struct run *run, int account) {
    return account >= 0 && (account == run->primary || account == run->secondary || account == run->holder);
}

static bool shares(const struct run *a, const struct run *b) {
    return has_one(a, b->primary) || has_one(a, b->secondary) || has_one(a, b->holder);
}

static void rules_of_turns(struct town *town, int index) {
    const struct run *run = &town->runs[index];
    for (int i = 0; i < town->run_count; i++) {
        const struct run *other = &town->runs[i];
        bool changes = other->plan.goal == SEQUENCE_MERGE || other->plan.goal == SEQUENCE_UNDO;
        if (i != index && other->is_active && changes && other->engine == run->engine && shares(run, other))
            BROKEN(town, index, "sends while run %d has one of its accounts", index, i);
    }
}

/* Nothing of the merge may still be carried out, at the tenant. */
static void rules_of_what_may_come(struct town *town, int index) {
    const struct run *run = &town->runs[index];
    const struct run *merge = merge_of(town, run);
    for (int i = 0; i < town->exchange_count; i++) {
        const struct exchange *exchange = &town->exchanges[i];
        if (&town->runs[exchange->run] != merge || !exchange->is_pending) continue;
        if (exchange->step >= SEQUENCE_WRITE && exchange->step <= SEQUENCE_LINK)
            BROKEN(town, index, "gives back while a %s of run %d may still come", index,
                   sequence_step_name(exchange->step), exchange->run);
    }
}

/* A merge goes by what was seen at most so long before its first change, and while no other of its engine had one of
   its accounts. */
static void rules_of_freshness(struct town *town, int index) {
    const struct run *run = &town->runs[index];
    int64_t primary = run->seen_at[run->primary], secondary = run->seen_at[run->secondary];
    int64_t seen = primary < secondary ? primary : secondary;
    if (seen < town_clock(town) - SEQUENCE_FRESH) BROKEN(town, index, "changes what it saw long ago", index);
    if (run->has_waited && seen < run->began) BROKEN(town, index, "changes what others had meanwhile", index);
}

/* What the secondary held when it was seen is all that the receipt has of it. An identity that is moved has nothing. */
static void rule_of_last_look(struct town *town, int index) {
    const struct run *run = &town->runs[index];
    if (run->holder < 0 && run->seen_at[run->secondary] < town_clock(town) - SEQUENCE_FRESH)
        BROKEN(town, index, "links an account that it saw long ago", index);
}

void rules_sends(struct town *town, int index, const struct sequence_request *request) {
    struct run *run = &town->runs[index];
    enum sequence_goal goal = run->plan.goal;
    enum sequence_step step = request->step;
    rules_counts[step]++;
    if (run->is_dead || run->is_over) BROKEN(town, index, "sends after its end", index);
    if (goal == SEQUENCE_MERGE || goal == SEQUENCE_UNDO) rules_of_turns(town, index);
    if (step == SEQUENCE_READ) {
        if (request->method != REQUEST_GET) BROKEN(town, index, "reads with a change", index);
        return;
    }
    if (goal == SEQUENCE_PREVIEW || goal == SEQUENCE_SETTLE) BROKEN(town, index, "changes something", index);
    if (goal == SEQUENCE_MERGE && !run->is_approved) BROKEN(town, index, "changes something before its word", index);
    if (goal == SEQUENCE_MERGE && !run->has_changed) rules_of_freshness(town, index);
    if (!run->has_changed) memcpy(run->judged, run->seen, sizeof run->judged);
    if (step == SEQUENCE_LINK) rule_of_last_look(town, index);
    run->has_changed = true;
    if (step >= SEQUENCE_UNLINK) rules_of_what_may_come(town, index);
}

/* ---- what is carried out ---- */

/* What the secondary held when it was read, and holds until now, goes with this link: it must be in the receipt. */
void rules_links(struct town *town, const struct exchange *exchange, int secondary) {
    struct run *run = &town->runs[exchange->run];
    const struct person *person = &town->people[secondary];
    int had[METADATA][KEYS];
    image_of(town, run->planned, "secondary_was", had);
    for (int part = 0; part < METADATA; part++)
        for (int key = 0; key < KEYS; key++) {
            int value = person->values[part][key];
            if (value != 0 && value == run->seen[secondary].values[part][key] && had[part][key] != value)
                BROKEN(town, exchange->run, "destroys a value that is not in its receipt", exchange->run);
        }
    if (exchange->step == SEQUENCE_LINK && run->was_refused_certainly)
        BROKEN(town, exchange->run, "links after it told that nothing was changed", exchange->run);
    world_trace(&town->world, "run %d: %s is linked to %s", exchange->run, names[secondary].id,
                names[exchange->owner].id);
    for (int i = 0; i < town->run_count; i++)
        if (town->runs[i].primary == exchange->owner && town->runs[i].secondary == secondary)
            town->runs[i].was_linked = true;
}

/* How its link ended was never told, or an answer was lost: the receipt cannot know who linked the two. */
static bool is_uncertain(const struct run *merge) {
    return merge->is_dead || merge->is_told_off || merge->sequence.is_open;
}

/* Only what the receipt's merge linked, or what changed after it was looked at. Where that link was taken away already,
   and the two were linked again, the tenant shows no difference. */
void rules_unlinks(struct town *town, const struct exchange *exchange, int secondary) {
    const struct run *run = &town->runs[exchange->run], *merge = merge_of(town, run);
    int linked_by = town->people[secondary].linked_by;
    if (linked_by >= 0) town->runs[linked_by].was_unlinked = true;
    if (exchange->step == SEQUENCE_RELEASE || is_uncertain(merge) || (merge->was_unlinked && linked_by != run->of))
        return;
    if (run->linked_by != run->of && linked_by == run->linked_by)
        BROKEN(town, exchange->run, "unlinks what run %d had linked, not %d", exchange->run, run->linked_by, run->of);
}

/* A key is given back only where it held what the merge wrote, and it gets what it held before. */
static void rule_of_key(struct town *town, const struct exchange *exchange, int person, int part, int key, int value) {
    struct run *run = &town->runs[exchange->run];
    struct span receipt = receipt_given(run);
    int before[METADATA][KEYS], wrote[METADATA][KEYS], seen = run->seen[person].values[part][key];
    if (exchange->step == SEQUENCE_RESTORE) {
        image_of(town, receipt, "secondary_was", wrote);
        if (seen != 0) BROKEN(town, exchange->run, "restores a key that was there", exchange->run);
        if (wrote[part][key] != value) BROKEN(town, exchange->run, "restores another value", exchange->run);
        return;
    }
    image_of(town, receipt, "before", before);
    image_of(town, receipt, "wrote", wrote);
    if (wrote[part][key] != seen) BROKEN(town, exchange->run, "puts back a key that was changed since", exchange->run);
    if ((before[part][key] < 0 ? 0 : before[part][key]) != value)
        BROKEN(town, exchange->run, "puts back another value than there was", exchange->run);
}

void rules_writes(struct town *town, const struct exchange *exchange, int person, int part, int key, int value) {
    struct run *run = &town->runs[exchange->run];
    if (exchange->step == SEQUENCE_WRITE) {
        if (person != run->primary) BROKEN(town, exchange->run, "writes to another account", exchange->run);
        if (run->was_refused_certainly)
            BROKEN(town, exchange->run, "writes after it told that nothing was changed", exchange->run);
        if (value != run->judged[run->secondary].values[part][key] || value == 0)
            BROKEN(town, exchange->run, "writes what the secondary had not", exchange->run);
        if (run->judged[person].values[part][key] != 0)
            BROKEN(town, exchange->run, "writes over what the primary had", exchange->run);
        run->written[part][key] = value;
        return;
    }
    rule_of_key(town, exchange, person, part, key, value);
}

/* ---- what is told ---- */

void rules_asked(struct town *town, int index) {
    const struct run *run = &town->runs[index];
    struct receipt receipt;
    const char *fault = receipt_read(town_json(town, run->planned), &receipt);
    if (fault != NULL) BROKEN(town, index, "shows a receipt: %s", index, fault);
    if (fault == NULL && (receipt.state != RECEIPT_PLANNED || !receipt.is_open))
        BROKEN(town, index, "shows a receipt that is not planned", index);
    for (int i = 0; i < town->exchange_count; i++)
        if (town->exchanges[i].run == index && town->exchanges[i].step >= SEQUENCE_WRITE)
            BROKEN(town, index, "has sent a change before its receipt", index);
}

/* No other run may have written the same: two merges of one secondary do, and an undo that restores the account. */
static bool is_own_value(const struct town *town, int index, int primary) {
    for (int i = 0; i < town->run_count; i++)
        if (i != index && ((town->runs[i].primary == primary && town->runs[i].planned.size > 0) ||
                           (town->runs[i].of >= 0 && town->runs[i].secondary == primary)))
            return false;
    return true;
}

static void rules_of_nothing_changed(struct town *town, int index) {
    struct run *run = &town->runs[index];
    if (!is_own_value(town, index, run->primary)) return;
    for (int part = 0; part < METADATA; part++)
        for (int key = 0; key < KEYS; key++)
            if (run->written[part][key] > 0 && town->people[run->primary].values[part][key] == run->written[part][key])
                BROKEN(town, index, "tells that nothing was changed, and a key holds what it wrote", index);
}

/* What was not carried was not read, and is not given back. */
static bool is_same_person(const struct person *a, const struct person *b, unsigned carry) {
    return a->home == b->home && memcmp(a->values, b->values, sizeof a->values) == 0 &&
           (!(carry & GUARD_ROLES) || a->roles == b->roles) &&
           (!(carry & GUARD_ORGANIZATIONS) || a->organizations == b->organizations);
}

/* Where nothing goes wrong, an undo leaves both as they were before the merge. */
static void rules_of_calm(struct town *town, int index) {
    const struct run *run = &town->runs[index];
    const struct run *merge = merge_of(town, run);
    const enum failure_code code = sequence_end(&run->sequence)->code;
    if (run->plan.goal == SEQUENCE_MERGE && code != CODE_OK) BROKEN(town, index, "fails on a calm day", index);
    if (run->plan.goal != SEQUENCE_UNDO) return;
    if (code != CODE_OK) BROKEN(town, index, "cannot undo on a calm day", index);
    if (!is_same_person(&town->people[run->primary], &merge->before[run->primary], ~0U))
        BROKEN(town, index, "leaves the primary changed", index);
    if (!is_same_person(&town->people[run->secondary], &merge->before[run->secondary], merge->plan.guard.carry))
        BROKEN(town, index, "leaves the secondary changed", index);
}

static void rules_of_texts(struct town *town, int index) {
    const struct run *run = &town->runs[index];
    static char text[32 * 1024];
    size_t size = sequence_result(&run->sequence, NULL, 0);
    if (size > sizeof text) abort();
    if (sequence_result(&run->sequence, text, size) != size)
        BROKEN(town, index, "tells a result of another size", index);
    if (town_json(town, (struct span){text, size}).token == NULL)
        BROKEN(town, index, "tells a result that is no JSON: %.*s", index, (int)size, text);
}

void rules_finished(struct town *town, int index) {
    struct run *run = &town->runs[index];
    const struct sequence_end *end = sequence_end(&run->sequence);
    bool is_merge = run->plan.goal == SEQUENCE_MERGE;
    rules_ends[run->plan.goal][end->code]++;
    if (dice_chance(&town->world.dice, 10)) rules_of_texts(town, index); /* it costs more than all else */
    if (is_merge && end->code == CODE_OK && !run->was_linked)
        BROKEN(town, index, "tells a merge that never was", index);
    if (is_merge && end->code != CODE_OK && end->outcome == OUTCOME_NONE) {
        run->was_refused_certainly = true;
        rules_of_nothing_changed(town, index);
    }
    if (town->is_calm) rules_of_calm(town, index);
}

void rules_of_schedule(struct town *town) {
    for (int i = 0; i < town->run_count; i++)
        if (town->runs[i].is_active || town->runs[i].is_waiting) BROKEN(town, i, "never ends", i);
}
