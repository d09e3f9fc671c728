#include "pure/queue.h"

/* As long as libcurl reuses an idle connection (CURLOPT_MAXAGE_CONN): later, the host may be gone as well. */
static const int64_t warm_for = 50000000;

/* 100 streams: as many as a server should allow at least, says RFC 9113, 6.5.2. */
const struct queue_rooms queue_usual_rooms = {.singles = 100, .connections = 4, .streams = 100, .apart = 8};

static int64_t earlier(int64_t a, int64_t b) { return a < b ? a : b; }

static struct queue_entry *by_place(struct heap_node *node) { return LIST_OWNER(struct queue_entry, place, node); }

static struct queue_entry *by_deadline(struct heap_node *node) {
    return LIST_OWNER(struct queue_entry, deadline, node);
}

static struct queue_entry *by_link(struct list *link) {
    return link != NULL ? LIST_OWNER(struct queue_entry, link, link) : NULL;
}

void queue_init(struct queue *queue, const struct pace_options *pace, const struct queue_rooms *rooms) {
    *queue = (struct queue){.has_rooms = rooms != NULL};
    if (rooms != NULL) queue->rooms = *rooms;
    streams_init(&queue->streams, queue->rooms.streams, queue->rooms.connections, queue->rooms.singles);
    pace_init(&queue->pace, pace);
    for (int class = 0; class < PACE_CLASSES; class ++)
        for (int i = 0; i < 2; i++) list_init(&queue->lanes[class][i].fresh);
    for (int i = 0; i < QUEUE_READS; i++) list_init(&queue->reads[i]);
    list_init(&queue->running);
    list_init(&queue->told);
    list_init(&queue->failed);
}

/* ---- lanes ---- */

static struct queue_lane *lane_of(struct queue *queue, const struct queue_entry *entry) {
    return &queue->lanes[entry->class][entry->needs_token];
}

/* FNV-1a */
static struct list *alike(struct queue *queue, const struct queue_entry *entry) {
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < entry->read.url.size; i++) hash = (hash ^ (unsigned char)entry->read.url.at[i]) * 16777619U;
    return &queue->reads[hash % QUEUE_READS];
}

static void enter(struct queue *queue, struct queue_entry *entry) {
    struct queue_lane *lane = lane_of(queue, entry);
    entry->state = QUEUE_WAITING;
    heap_put(&lane->places, &entry->place, entry->order);
    heap_put(&lane->deadlines, &entry->deadline, entry->last_by);
    if (!entry->is_held) list_push(&lane->fresh, &entry->link);
    if (entry->read.url.at != NULL) list_push(alike(queue, entry), &entry->same);
    queue->waiting++;
}

static void leave(struct queue *queue, struct queue_entry *entry) {
    struct queue_lane *lane = lane_of(queue, entry);
    heap_leave(&lane->places, &entry->place);
    heap_leave(&lane->deadlines, &entry->deadline);
    list_leave(&entry->link);
    list_leave(&entry->same);
    entry->state = QUEUE_OUT;
    queue->waiting--;
}

void queue_add(struct queue *queue, struct queue_entry *entry) {
    entry->is_held = false;
    entry->leader = NULL;
    entry->order = queue->order++;
    entry->link = entry->same = (struct list){NULL, NULL};
    list_init(&entry->followers);
    enter(queue, entry);
}

/* ---- reads that several wait for ---- */

static bool is_same_read(const struct queue_entry *a, const struct queue_entry *b) {
    return span_equals(a->read.url, b->read.url) && a->read.room == b->read.room && a->needs_token == b->needs_token &&
           span_equals(a->read.token, b->read.token);
}

static void follow(struct queue *queue, struct queue_entry *entry, struct queue_entry *leader) {
    leave(queue, entry);
    entry->state = QUEUE_FOLLOWING;
    entry->leader = leader;
    list_push(&leader->followers, &entry->link);
    heap_put(&queue->following, &entry->deadline, entry->last_by);
    queue->waiting++;
}

/* Only those that wait already: what one that began before they asked would show may be older than they. */
static void gather(struct queue *queue, struct queue_entry *leader) {
    if (leader->read.url.at == NULL) return;
    struct list *reads = alike(queue, leader);
    for (struct list *at = reads->next, *next; at != reads; at = next) {
        struct queue_entry *entry = LIST_OWNER(struct queue_entry, same, at);
        next = at->next;
        if (is_same_read(entry, leader)) follow(queue, entry, leader);
    }
}

static void unfollow(struct queue *queue, struct queue_entry *entry) {
    list_leave(&entry->link);
    heap_leave(&queue->following, &entry->deadline);
    entry->leader = NULL;
    entry->state = QUEUE_OUT;
    queue->waiting--;
}

static void release_followers(struct queue *queue, struct queue_entry *leader) {
    for (struct queue_entry *entry; (entry = by_link(list_first(&leader->followers))) != NULL;) {
        unfollow(queue, entry);
        enter(queue, entry);
    }
}

static void tell_followers(struct queue *queue, struct queue_entry *leader) {
    for (struct queue_entry *entry; (entry = by_link(list_first(&leader->followers))) != NULL;) {
        unfollow(queue, entry);
        entry->state = QUEUE_TOLD;
        list_push(&queue->told, &entry->link);
    }
}

struct queue_entry *queue_told(struct queue *queue) {
    struct queue_entry *entry = by_link(list_first(&queue->told));
    if (entry == NULL) return NULL;
    list_leave(&entry->link);
    entry->state = QUEUE_OUT;
    return entry;
}

/* ---- connections ---- */

static bool has_room(struct queue *queue, int64_t now) {
    if (!queue->has_rooms) return true;
    if (queue->in_flight == 0 && now > queue->warm_until) queue->is_warm = false;
    if (!queue->is_warm) return queue->in_flight == 0;
    return queue->in_flight < (queue->is_multiplexed ? streams_room(&queue->streams) : queue->rooms.singles);
}

struct queue_entry *queue_leader(const struct queue *queue) {
    bool is_awaited = queue->has_rooms && !queue->is_warm;
    return is_awaited ? by_link(list_first(&queue->running)) : NULL;
}

void queue_sent(struct queue *queue, const struct queue_entry *entry) {
    if (entry->state == QUEUE_RUNNING) queue->is_warm = true;
}

struct queue_sharing queue_sharing(const struct queue *queue) {
    const struct streams *streams = &queue->streams;
    if (!queue->has_rooms || !queue->is_multiplexed) return (struct queue_sharing){0, 0};
    return (struct queue_sharing){streams_connections(streams) + queue->apart,
                                  streams->each < streams->most ? streams->each : 0};
}

static bool fails_with(const struct queue_entry *entry, const struct queue_entry *leader, bool is_timed_out) {
    return !is_timed_out || entry->patience <= leader->patience;
}

/* The leader's followers are not among them: it has told them, or they wait again. */
static void fail_lane(struct queue *queue, struct queue_lane *lane, const struct queue_entry *leader,
                      bool is_timed_out) {
    struct list kept;
    list_init(&kept);
    for (struct heap_node *first; (first = lane->places.first) != NULL;) {
        struct queue_entry *entry = by_place(first);
        bool fails = fails_with(entry, leader, is_timed_out);
        leave(queue, entry);
        if (fails) entry->state = QUEUE_FAILED;
        list_push(fails ? &queue->failed : &kept, &entry->link);
    }
    for (struct queue_entry *entry; (entry = by_link(list_first(&kept))) != NULL;) {
        list_leave(&entry->link);
        enter(queue, entry);
    }
}

/* One of many may have failed for want of a descriptor: only the one that went ahead, alone, fails for all. */
static void fail_waiting(struct queue *queue, const struct queue_entry *leader, const struct queue_end *end) {
    queue->failure = end->how == ATTEMPT_UNTRUSTED ? ATTEMPT_UNTRUSTED : ATTEMPT_UNREACHED;
    for (int class = 0; class < PACE_CLASSES; class ++)
        for (int i = 0; i < 2; i++) fail_lane(queue, &queue->lanes[class][i], leader, end->is_timed_out);
}

static void learn_connection(struct queue *queue, int64_t now, const struct queue_end *end, bool is_unconnected) {
    queue->is_warm = end->sent || (queue->is_warm && !is_unconnected);
    queue->warm_until = now + warm_for;
    if (end->http != 0) queue->is_multiplexed = end->http >= 2;
}

/* ---- exchanges begin and end ---- */

static void begin(struct queue *queue, struct queue_entry *entry, int64_t now) {
    leave(queue, entry);
    entry->state = QUEUE_RUNNING;
    entry->begun = now;
    entry->has_own = entry->is_apart && queue->is_multiplexed && queue->apart < queue->rooms.apart;
    queue->apart += entry->has_own;
    list_put(&queue->running, &entry->link);
    queue->in_flight++;
    pace_begin(&queue->pace, entry->class, now);
    if (entry->needs_token) queue->is_token_known = false; /* each use asks: that is how it is renewed in time */
    gather(queue, entry);
}

static void stop(struct queue *queue, struct queue_entry *entry) {
    list_leave(&entry->link);
    entry->state = QUEUE_OUT;
    queue->in_flight--;
    queue->apart -= entry->has_own;
}

bool queue_ended(struct queue *queue, struct queue_entry *entry, int64_t now, const struct queue_end *end) {
    bool is_unconnected = !end->sent && end->how != ATTEMPT_CANCELLED;
    bool speaks_for_all = queue->has_rooms && is_unconnected && !queue->is_warm && queue->in_flight == 1;
    learn_connection(queue, now, end, is_unconnected);
    if (queue->has_rooms && queue->is_multiplexed && end->sent)
        streams_ended(&queue->streams, now, end->how, queue->in_flight);
    stop(queue, entry);
    if (end->sent || end->said != NULL)
        pace_end(&queue->pace, entry->class, entry->begun, now, end->said, end->random);
    else
        pace_take_back(&queue->pace, entry->class, entry->begun, now);
    if (end->how == ATTEMPT_EXPIRED || end->how == ATTEMPT_CANCELLED)
        release_followers(queue, entry);
    else
        tell_followers(queue, entry);
    if (speaks_for_all) fail_waiting(queue, entry, end);
    return speaks_for_all;
}

void queue_drop(struct queue *queue, struct queue_entry *entry, int64_t now) {
    switch (entry->state) {
    case QUEUE_WAITING: leave(queue, entry); break;
    case QUEUE_FOLLOWING: unfollow(queue, entry); break;
    case QUEUE_RUNNING:
        stop(queue, entry);
        pace_end(&queue->pace, entry->class, entry->begun, now, NULL, 0); /* it may have been sent */
        release_followers(queue, entry);
        break;
    default:
        list_leave(&entry->link);
        entry->state = QUEUE_OUT;
        break;
    }
}

/* ---- the token ---- */

void queue_answer(struct queue *queue, const struct queue_token *token) {
    queue->token = *token;
    queue->is_token_known = true;
}

void queue_token_changed(struct queue *queue) { queue->is_token_known = false; }

static bool is_token_known(const struct queue *queue, int64_t now) {
    return queue->is_token_known && now < queue->token.until;
}

/* ---- what to do ---- */

static struct queue_action end(struct queue *queue, struct queue_entry *entry, enum queue_reason reason) {
    static const enum attempt_how ways[QUEUE_REASONS] = {
        [QUEUE_LATE] = ATTEMPT_EXPIRED, [QUEUE_GATE] = ATTEMPT_WITHHELD, [QUEUE_TOKEN] = ATTEMPT_WITHHELD};
    leave(queue, entry);
    return (struct queue_action){
        .kind = QUEUE_END, .entry = entry, .reason = reason, .how = ways[reason], .why = CODE_OK, .retry_after = -1};
}

static bool next_failed(struct queue *queue, struct queue_action *action) {
    struct queue_entry *entry = by_link(list_first(&queue->failed));
    if (entry == NULL) return false;
    list_leave(&entry->link);
    entry->state = QUEUE_OUT;
    *action = (struct queue_action){
        .kind = QUEUE_END, .entry = entry, .reason = QUEUE_UNCONNECTED, .how = queue->failure, .retry_after = -1};
    return true;
}

/* The lane in which something is too late first; NULL: it is a follower, or nothing. */
static struct queue_lane *most_urgent(struct queue *queue, int64_t *last_by) {
    struct queue_lane *urgent = NULL;
    *last_by = heap_least(&queue->following);
    for (int class = 0; class < PACE_CLASSES; class ++)
        for (int i = 0; i < 2; i++) {
            struct queue_lane *lane = &queue->lanes[class][i];
            if (heap_least(&lane->deadlines) >= *last_by) continue;
            *last_by = heap_least(&lane->deadlines);
            urgent = lane;
        }
    return urgent;
}

static bool next_late(struct queue *queue, int64_t now, struct queue_action *action) {
    struct queue_lane *lane = most_urgent(queue, &action->until);
    if (action->until > now) return false;
    struct queue_entry *entry = by_deadline((lane != NULL ? &lane->deadlines : &queue->following)->first);
    if (lane == NULL) {
        unfollow(queue, entry);
        enter(queue, entry);
    }
    *action = end(queue, entry, QUEUE_LATE);
    return true;
}

/* What keeps a lane shut. */
struct hold {
    int64_t until;
    bool is_certain; /* it does not open before */
    enum queue_reason reason;
    enum failure_code why;
    int64_t told_until;
};

static int64_t left_of(int64_t told_until, int64_t now) { return told_until > now ? told_until - now : -1; }

/* Ends what it holds for too long, tells once of what it holds, or else says when to look again. */
static bool hold(struct queue *queue, struct queue_lane *lane, int64_t now, const struct hold *by,
                 struct queue_action *action) {
    if (lane->places.first == NULL) return false;
    if (by->is_certain && heap_least(&lane->deadlines) <= by->until) {
        *action = end(queue, by_deadline(lane->deadlines.first), by->reason);
        action->why = by->why;
        action->retry_after = left_of(by->told_until, now);
        return true;
    }
    struct queue_entry *fresh = by_link(list_first(&lane->fresh));
    if (fresh != NULL) {
        list_leave(&fresh->link);
        fresh->is_held = true;
        *action = (struct queue_action){.kind = QUEUE_HOLD, .entry = fresh, .until = by->until, .reason = by->reason};
        return true;
    }
    action->until = earlier(action->until, by->until);
    return false;
}

static void choose(const struct queue_lane *lane, struct queue_action *action) {
    struct queue_entry *first = by_place(lane->places.first);
    if (action->entry == NULL || first->order < action->entry->order) action->entry = first;
}

static bool refuse(struct queue *queue, struct queue_lane *lane, int64_t now, struct queue_action *action) {
    const struct queue_token *token = &queue->token;
    struct queue_entry *entry = by_place(lane->places.first);
    *action = end(queue, entry, QUEUE_TOKEN);
    action->why = token->why;
    action->retry_after = left_of(token->told_until, now);
    return true;
}

/* Of a class whose gate is open. True: `action` is to be carried out first. */
static bool look_at_token(struct queue *queue, struct queue_lane *lane, int64_t now, struct queue_action *action) {
    const struct queue_token *token = &queue->token;
    if (lane->places.first == NULL) return false;
    if (!is_token_known(queue, now)) {
        *action = (struct queue_action){.kind = QUEUE_ASK};
        return true;
    }
    if (token->verdict == QUEUE_TOKEN_REFUSED) return refuse(queue, lane, now, action);
    if (token->verdict == QUEUE_TOKEN_COMES)
        return hold(queue, lane, now,
                    &(struct hold){token->until, token->until != INT64_MAX, QUEUE_TOKEN, token->why, token->told_until},
                    action);
    choose(lane, action);
    return false;
}

static bool look_at_class(struct queue *queue, enum pace_class class, int64_t now, struct queue_action *action) {
    struct queue_lane *lanes = queue->lanes[class];
    if (lanes[0].places.first == NULL && lanes[1].places.first == NULL) return false;
    int64_t ready = pace_ready(&queue->pace, class, now);
    if (ready > now) {
        bool is_closed = pace_state(&queue->pace, class, now) == PACE_CLOSED;
        const struct hold gate = {ready, is_closed, QUEUE_GATE, CODE_RATE_LIMITED,
                                  pace_told_until(&queue->pace, class, now)};
        return hold(queue, &lanes[0], now, &gate, action) || hold(queue, &lanes[1], now, &gate, action);
    }
    if (lanes[0].places.first != NULL) choose(&lanes[0], action);
    return look_at_token(queue, &lanes[1], now, action);
}

struct queue_action queue_next(struct queue *queue, int64_t now) {
    struct queue_action action = {.kind = QUEUE_REST, .until = INT64_MAX};
    if (next_failed(queue, &action) || queue->waiting == 0 || next_late(queue, now, &action) || !has_room(queue, now))
        return action;
    for (int class = 0; class < PACE_CLASSES; class ++)
        if (look_at_class(queue, (enum pace_class) class, now, &action)) return action;
    if (action.entry == NULL) return action;
    action.kind = QUEUE_BEGIN;
    begin(queue, action.entry, now);
    return action;
}

const char *queue_state_name(enum queue_state state) {
    static const char *const names[QUEUE_STATES] = {"out", "waiting", "following", "running", "told", "failed"};
    return names[state];
}
