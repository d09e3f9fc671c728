/* What pure/queue.h promises, held against what the queue does: from its words, by what the driver told it. */
#include "pairs.h"
#include "rules.h"

static struct queue_entry *entry_at(struct sim *sim, int index) {
    return index == ENTRY_OF_FETCH ? &sim->fetch.entry : &sim->calls[index].entry;
}

int queue_rules_index(const struct sim *sim, const struct queue_entry *entry) {
    if (entry == &sim->fetch.entry) return ENTRY_OF_FETCH;
    return (int)((size_t)((const char *)entry - (const char *)&sim->calls[0].entry) / sizeof sim->calls[0]);
}

static void broken(struct sim *sim, int index, const char *what) {
    world_violation(&sim->world, "queue, %s %d: %s", index == ENTRY_OF_FETCH ? "fetch" : "call", index, what);
}

static struct watched *watched(struct sim *sim, const struct queue_entry *entry) {
    return &sim->watch.entries[queue_rules_index(sim, entry)];
}

static void pair(const struct watch *watch, int index, enum pairs_queue_event event) {
    bool leads = false;
    for (int i = 0; i < ENTRIES_AT_MOST; i++)
        leads |= watch->entries[i].leader == index && watch->entries[i].state != 0;
    pairs_queue(watch->entries[index].state, leads, event);
}

/* ---- connections ---- */

bool queue_rules_is_sent(const struct sim *sim, int index) {
    return index == ENTRY_OF_FETCH ? sim->fetch.is_sent : sim->exchanges[sim->calls[index].exchange].is_sent;
}

/* One that stood is there for 50 seconds more; while it is not known whether one would, the last that began tells. */
static bool stands(struct sim *sim) {
    struct watch *watch = &sim->watch;
    int count = watch->under_way_count;
    if (count == 0 && sim->world.now - watch->ended_at > SECONDS(50)) watch->stands = false;
    if (count > 0 && queue_rules_is_sent(sim, watch->under_way[count - 1])) watch->stands = true;
    return watch->stands;
}

static bool has_room(struct sim *sim) {
    int count = sim->watch.under_way_count;
    if (!sim->queue.has_rooms) return true;
    if (!stands(sim)) return count == 0;
    return count < (sim->watch.http == 2 ? streams_room(&sim->queue.streams) : sim->queue.rooms.singles);
}

static void leave_road(struct watch *watch, int index) {
    int kept = 0;
    for (int i = 0; i < watch->under_way_count; i++)
        if (watch->under_way[i] != index) watch->under_way[kept++] = watch->under_way[i];
    watch->under_way_count = kept;
}

/* ---- who may begin ---- */

static bool has_token(const struct sim *sim, const struct queue_entry *entry) {
    return !entry->needs_token || promises_has_token(&sim->promises, sim->world.now);
}

static bool may_begin(struct sim *sim, int index) {
    const struct queue_entry *entry = entry_at(sim, index);
    bool waits = sim->watch.entries[index].state == QUEUE_WAITING && sim->watch.has_room;
    return waits && sim->watch.ready[entry->class] <= sim->world.now && has_token(sim, entry);
}

void queue_rules_look(struct sim *sim) {
    struct watch *watch = &sim->watch;
    bool is_asked[PACE_CLASSES] = {false};
    watch->has_room = has_room(sim);
    for (int i = 0; i < ENTRIES_AT_MOST; i++)
        if (watch->entries[i].state == QUEUE_WAITING) is_asked[entry_at(sim, i)->class] = true;
    for (int class = 0; class < PACE_CLASSES; class ++) {
        watch->ready[class] = pace_ready(&sim->queue.pace, (enum pace_class) class, sim->world.now);
        watch->gates[class] = pace_state(&sim->queue.pace, (enum pace_class) class, sim->world.now);
        if (is_asked[class] && watch->has_room) pairs_pace_asked(sim, (enum pace_class) class, watch->ready[class]);
    }
}

void queue_rules_added(struct sim *sim, const struct queue_entry *entry) {
    struct watched *added = watched(sim, entry);
    if (added->state != QUEUE_OUT) broken(sim, queue_rules_index(sim, entry), "comes twice");
    pair(&sim->watch, queue_rules_index(sim, entry), PAIR_ADDED);
    *added = (struct watched){.state = QUEUE_WAITING, .leader = -1, .arrived = sim->watch.arrivals++};
}

void queue_rules_held(struct sim *sim, const struct queue_action *action) {
    int index = queue_rules_index(sim, action->entry);
    struct watched *held = &sim->watch.entries[index];
    int64_t ready = sim->watch.ready[action->entry->class];
    if (held->state != QUEUE_WAITING || held->is_held) broken(sim, index, "is told that it is held, and should not be");
    if (may_begin(sim, index) || !sim->watch.has_room) broken(sim, index, "is not held by its gate or its token");
    if (ready > sim->world.now && action->until != ready) broken(sim, index, "is told of another instant");
    pair(&sim->watch, index, PAIR_HELD);
    held->is_held = true;
}

/* Settling reads of one primary, by the same token. */
static bool shows_the_same(const struct sim *sim, int a, int b) {
    if (a == ENTRY_OF_FETCH || b == ENTRY_OF_FETCH || a == b) return false;
    const struct call *one = &sim->calls[a], *other = &sim->calls[b];
    bool settle = one->operation.state == OPERATION_SETTLING && other->operation.state == OPERATION_SETTLING;
    bool have_one_token =
        one->is_fixed == other->is_fixed && (!one->is_fixed || one->fixed_token == other->fixed_token);
    return settle && one->account == other->account && have_one_token;
}

static void check_followers(struct sim *sim, int leader) {
    for (int i = 0; i < ENTRIES_AT_MOST; i++) {
        struct watched *other = &sim->watch.entries[i];
        bool follows = other->state == QUEUE_WAITING && shows_the_same(sim, i, leader);
        bool is_said_to =
            entry_at(sim, i)->state == QUEUE_FOLLOWING && entry_at(sim, i)->leader == entry_at(sim, leader);
        if (follows != is_said_to) broken(sim, i, "follows another's read, or does not, and should");
        if (!follows) continue;
        other->state = QUEUE_FOLLOWING;
        other->leader = leader;
    }
}

/* What follows an answer that was lost goes on a new connection where others share theirs, as far as there are some to
   be had. */
static void check_connection(struct sim *sim, int index) {
    const struct watch *watch = &sim->watch;
    int apart = 0;
    for (int i = 0; i < watch->under_way_count; i++) apart += entry_at(sim, watch->under_way[i])->has_own;
    bool has_lost = index != ENTRY_OF_FETCH && history_has_lost_answer(&sim->calls[index]);
    bool expected = has_lost && sim->queue.has_rooms && watch->http == 2 && apart < sim->queue.rooms.apart;
    if (entry_at(sim, index)->has_own != expected) broken(sim, index, "shares a connection, or does not, and should");
}

void queue_rules_begun(struct sim *sim, const struct queue_entry *entry) {
    int index = queue_rules_index(sim, entry);
    struct watch *watch = &sim->watch;
    struct watched *begun = &watch->entries[index];
    if (begun->state != QUEUE_WAITING) broken(sim, index, "begins, and did not wait");
    if (sim->world.now >= entry->last_by) broken(sim, index, "begins when it is too late");
    if (watch->ready[entry->class] > sim->world.now) broken(sim, index, "begins at a shut gate");
    if (!has_token(sim, entry)) broken(sim, index, "begins without a token");
    if (!watch->has_room) broken(sim, index, stands(sim) ? "begins without room" : "is a second leader to a cold host");
    for (int i = 0; i < ENTRIES_AT_MOST; i++)
        if (i != index && may_begin(sim, i) && watch->entries[i].arrived < begun->arrived)
            broken(sim, index, "begins before one that came earlier, and may begin");
    check_connection(sim, index);
    pair(watch, index, PAIR_BEGINS);
    begun->state = QUEUE_RUNNING;
    watch->under_way[watch->under_way_count++] = index;
    check_followers(sim, index);
}

void queue_rules_sent(struct sim *sim, const struct queue_entry *leader) {
    pair(&sim->watch, queue_rules_index(sim, leader), PAIR_SENT);
}

/* ---- ends ---- */

static void release(struct watch *watch, int leader) {
    for (int i = 0; i < ENTRIES_AT_MOST; i++) {
        struct watched *follower = &watch->entries[i];
        if (follower->state != QUEUE_FOLLOWING || follower->leader != leader) continue;
        pair(watch, i, PAIR_RELEASED);
        follower->state = QUEUE_WAITING;
        follower->leader = -1;
    }
}

/* Where only its time was over, those that gave themselves more wait on. */
static void expect_failures(struct sim *sim, int leader, const struct queue_end *end) {
    for (int i = 0; i < ENTRIES_AT_MOST; i++) {
        struct watched *other = &sim->watch.entries[i];
        bool has_more = end->is_timed_out && entry_at(sim, i)->patience > entry_at(sim, leader)->patience;
        other->must_fail = other->state == QUEUE_WAITING && !has_more;
        other->how = end->how == ATTEMPT_UNTRUSTED ? ATTEMPT_UNTRUSTED : ATTEMPT_UNREACHED;
    }
}

void queue_rules_ended(struct sim *sim, const struct queue_entry *entry, const struct queue_end *end) {
    int index = queue_rules_index(sim, entry);
    struct watch *watch = &sim->watch;
    bool is_unconnected = !end->sent && end->how != ATTEMPT_CANCELLED;
    bool speaks_for_all = sim->queue.has_rooms && is_unconnected && !stands(sim) && watch->under_way_count == 1;
    pair(watch, index,
         is_unconnected                  ? PAIR_UNCONNECTED
         : end->how == ATTEMPT_EXPIRED   ? PAIR_EXPIRED
         : end->how == ATTEMPT_CANCELLED ? PAIR_CANCELLED
                                         : PAIR_ANSWERED);
    watch->stands = end->sent || (stands(sim) && !is_unconnected);
    watch->ended_at = sim->world.now;
    if (end->http != 0) watch->http = end->http;
    leave_road(watch, index);
    watch->entries[index].state = QUEUE_OUT;
    if (end->how == ATTEMPT_EXPIRED || end->how == ATTEMPT_CANCELLED) release(watch, index);
    if (speaks_for_all) expect_failures(sim, index, end);
}

void queue_rules_told(struct sim *sim, int follower, int leader) {
    struct watched *told = &sim->watch.entries[follower];
    if (told->state != QUEUE_FOLLOWING || told->leader != leader)
        broken(sim, follower, "is told by one it did not follow");
    pair(&sim->watch, follower, PAIR_TOLD);
    told->state = QUEUE_OUT;
    told->leader = -1;
}

void queue_rules_all_told(struct sim *sim, int leader) {
    for (int i = 0; i < ENTRIES_AT_MOST; i++)
        if (sim->watch.entries[i].state == QUEUE_FOLLOWING && sim->watch.entries[i].leader == leader)
            broken(sim, i, "is not told, though its leader was");
}

void queue_rules_dropped(struct sim *sim, const struct queue_entry *entry) {
    int index = queue_rules_index(sim, entry);
    struct watch *watch = &sim->watch;
    pair(watch, index, PAIR_DROPPED);
    if (watch->entries[index].state == QUEUE_RUNNING) {
        (void)stands(sim);
        leave_road(watch, index);
        release(watch, index);
    }
    watch->entries[index].state = QUEUE_OUT;
}

/* ---- out without having begun ---- */

/* None is there, none is fetched, and none will come in time. */
static bool is_token_in_vain(const struct sim *sim, const struct queue_entry *entry) {
    const struct promises *promises = &sim->promises;
    if (has_token(sim, entry) || promises->is_fetching) return false;
    return !promises->may_pass || promises->retry_at >= entry->last_by;
}

static bool is_gate_in_vain(const struct sim *sim, const struct queue_entry *entry) {
    return sim->watch.gates[entry->class] == PACE_CLOSED && sim->watch.ready[entry->class] >= entry->last_by;
}

static int64_t retry_after(const struct sim *sim, const struct queue_action *action) {
    int64_t said_until = action->reason == QUEUE_GATE    ? sim->gates[action->entry->class].said_until
                         : action->reason == QUEUE_TOKEN ? sim->promises.said_until
                                                         : INT64_MIN;
    return said_until > sim->world.now ? said_until - sim->world.now : -1;
}

static bool is_justified(const struct sim *sim, const struct watched *out, const struct queue_action *action) {
    const struct queue_entry *entry = action->entry;
    bool is_open = sim->watch.has_room && sim->watch.ready[entry->class] <= sim->world.now;
    switch (action->reason) {
    case QUEUE_LATE: return action->how == ATTEMPT_EXPIRED && sim->world.now >= entry->last_by;
    case QUEUE_GATE:
        return action->how == ATTEMPT_WITHHELD && action->why == CODE_RATE_LIMITED && sim->watch.has_room &&
               is_gate_in_vain(sim, entry);
    case QUEUE_TOKEN: return action->how == ATTEMPT_WITHHELD && is_open && is_token_in_vain(sim, entry);
    case QUEUE_UNCONNECTED: return out->must_fail && action->how == out->how;
    default: return false;
    }
}

void queue_rules_out(struct sim *sim, const struct queue_action *action) {
    static const enum pairs_queue_event events[QUEUE_REASONS] = {PAIR_LATE, PAIR_GATE, PAIR_TOKEN, PAIR_FAILS};
    int index = queue_rules_index(sim, action->entry);
    struct watched *out = &sim->watch.entries[index];
    bool is_late_follower = out->state == QUEUE_FOLLOWING && action->reason == QUEUE_LATE;
    if (out->state != QUEUE_WAITING && !is_late_follower) broken(sim, index, "ends, and did not wait");
    if (!is_justified(sim, out, action)) broken(sim, index, "ends for a reason that there is not");
    if (action->retry_after != retry_after(sim, action)) broken(sim, index, "is told another Retry-After");
    pair(&sim->watch, index, events[action->reason]);
    *out = (struct watched){.state = QUEUE_OUT, .leader = -1};
}

/* ---- nothing more to do for now ---- */

static void check_waiting(struct sim *sim, int index, int64_t until) {
    const struct queue_entry *entry = entry_at(sim, index);
    const struct watch *watch = &sim->watch;
    bool is_open = watch->ready[entry->class] <= sim->world.now;
    if (watch->entries[index].must_fail) broken(sim, index, "does not fail with the one that went ahead");
    if (may_begin(sim, index)) broken(sim, index, "may begin, and does not");
    if (!watch->has_room) return;
    if (!watch->entries[index].is_held) broken(sim, index, "is held, and it was not told");
    if (is_gate_in_vain(sim, entry)) broken(sim, index, "waits for a gate that opens too late");
    if (!is_open && until > watch->ready[entry->class]) broken(sim, index, "is not looked at when its gate may open");
    if (!is_open || sim->promises.is_fetching) return;
    if (is_token_in_vain(sim, entry)) broken(sim, index, "waits for a token in vain");
    if (until > sim->promises.retry_at) broken(sim, index, "is not looked at when a token may come");
}

static void check_held_gates(struct sim *sim) {
    bool is_held[PACE_CLASSES] = {false};
    for (int i = 0; i < ENTRIES_AT_MOST; i++)
        if (sim->watch.entries[i].state == QUEUE_WAITING) is_held[entry_at(sim, i)->class] = true;
    for (int class = 0; class < PACE_CLASSES; class ++)
        if (is_held[class] && sim->watch.has_room && sim->watch.ready[class] > sim->world.now)
            rates_held(sim, (enum pace_class) class);
}

void queue_rules_rest(struct sim *sim, int64_t until) {
    int waiting = 0, running = 0;
    if (until <= sim->world.now) world_violation(&sim->world, "queue: rests until an instant that is over");
    for (int i = 0; i < ENTRIES_AT_MOST; i++) {
        enum queue_state state = sim->watch.entries[i].state;
        const struct queue_entry *entry = entry_at(sim, i);
        if (entry->state != state) broken(sim, i, "is not what it should be");
        if (state == QUEUE_OUT && list_has(&entry->link)) broken(sim, i, "is out, and left something behind");
        if (state == QUEUE_WAITING) check_waiting(sim, i, until);
        bool waits = state == QUEUE_WAITING || state == QUEUE_FOLLOWING;
        if (waits && until > entry->last_by) broken(sim, i, "is not looked at when it is too late");
        waiting += waits;
        running += state == QUEUE_RUNNING;
    }
    if (sim->queue.waiting != waiting || sim->queue.in_flight != running)
        world_violation(&sim->world, "queue: counts wrongly what waits or runs");
    check_held_gates(sim);
}

void queue_rules_of_schedule(struct sim *sim) {
    const struct queue *queue = &sim->queue;
    bool is_empty = queue->waiting == 0 && queue->in_flight == 0 && queue->following.first == NULL &&
                    list_first(&queue->running) == NULL && list_first(&queue->told) == NULL &&
                    list_first(&queue->failed) == NULL;
    for (int i = 0; i < QUEUE_READS; i++) is_empty = is_empty && list_first(&queue->reads[i]) == NULL;
    for (int class = 0; class < PACE_CLASSES; class ++)
        for (int i = 0; i < 2; i++) {
            const struct queue_lane *lane = &queue->lanes[class][i];
            is_empty = is_empty && lane->places.first == NULL && lane->deadlines.first == NULL &&
                       list_first(&lane->fresh) == NULL;
        }
    if (!is_empty) world_violation(&sim->world, "queue: something is left over");
}
