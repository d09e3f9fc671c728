/* clang-format keeps these four in their order: cmocka.h needs the other three before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "pure/queue.h"

#define SECONDS(n) ((int64_t)(n)*1000000)

static const struct pace_answer unlimited = {.date = -1, .retry_after = -1};
static const struct queue_token there = {QUEUE_TOKEN_THERE, INT64_MAX, CODE_OK, INT64_MIN};

static struct queue queue;
static int64_t now;

static void begin_with(const struct queue_rooms *with) {
    queue_init(&queue, NULL, with);
    now = SECONDS(1000);
}

static int setup(void **state) {
    (void)state;
    begin_with(&queue_usual_rooms);
    return 0;
}

static void add(struct queue_entry *entry, enum pace_class class) {
    entry->class = class;
    if (entry->last_by == 0) entry->last_by = now + SECONDS(60);
    if (entry->patience == 0) entry->patience = SECONDS(10);
    queue_add(&queue, entry);
}

static struct queue_action next(void) { return queue_next(&queue, now); }

static void assert_begins(struct queue_entry *entry) {
    struct queue_action action = next();
    assert_int_equal(action.kind, QUEUE_BEGIN);
    assert_ptr_equal(action.entry, entry);
    assert_int_equal(entry->state, QUEUE_RUNNING);
}

static void assert_rests_until(int64_t until) {
    struct queue_action action = next();
    assert_int_equal(action.kind, QUEUE_REST);
    assert_true(action.until == until);
}

static void assert_held(struct queue_entry *entry) {
    struct queue_action action = next();
    assert_int_equal(action.kind, QUEUE_HOLD);
    assert_ptr_equal(action.entry, entry);
}

static struct queue_action assert_ends(struct queue_entry *entry, enum queue_reason reason, enum attempt_how how) {
    struct queue_action action = next();
    assert_int_equal(action.kind, QUEUE_END);
    assert_ptr_equal(action.entry, entry);
    assert_int_equal(action.reason, reason);
    assert_int_equal(action.how, how);
    assert_int_equal(entry->state, QUEUE_OUT);
    return action;
}

static void assert_asks(void) { assert_int_equal(next().kind, QUEUE_ASK); }

static void end_as(struct queue_entry *entry, struct queue_end how) { (void)queue_ended(&queue, entry, now, &how); }

static void answer(struct queue_entry *entry) {
    end_as(entry, (struct queue_end){.how = ATTEMPT_ANSWERED, .sent = true, .said = &unlimited});
}

static void refuse_by_rate(struct queue_entry *entry, double retry_after) {
    const struct pace_answer said = {.date = -1, .is_refused = true, .retry_after = retry_after};
    end_as(entry, (struct queue_end){.how = ATTEMPT_ANSWERED, .sent = true, .said = &said});
}

/* A connection stands, and the gates know of no limit. */
static void warm_up(void) {
    for (int class = 0; class < PACE_CLASSES; class ++) {
        struct queue_entry entry = {.last_by = 0};
        add(&entry, (enum pace_class) class);
        assert_begins(&entry);
        answer(&entry);
    }
}

/* ---- order ---- */

static void those_of_one_class_begin_in_the_order_in_which_they_came(void **state) {
    struct queue_entry entries[5] = {{.last_by = 0}};
    (void)state;
    warm_up();
    for (int i = 0; i < 5; i++) add(&entries[i], PACE_WRITE);
    for (int i = 0; i < 5; i++) assert_begins(&entries[i]);
    assert_rests_until(INT64_MAX);
}

static void a_shut_gate_holds_its_own_class_alone(void **state) {
    struct queue_entry refused = {.last_by = 0}, held = {.last_by = 0}, other = {.last_by = 0};
    (void)state;
    warm_up();
    add(&refused, PACE_WRITE);
    assert_begins(&refused);
    refuse_by_rate(&refused, 5);
    add(&held, PACE_WRITE);
    add(&other, PACE_READ);
    struct queue_action action = next();
    assert_int_equal(action.kind, QUEUE_HOLD);
    assert_ptr_equal(action.entry, &held);
    assert_true(action.until >= now + SECONDS(5));
    assert_begins(&other);
    assert_rests_until(action.until); /* told once */
    now = action.until;
    assert_begins(&held);
}

static void a_gate_hears_when_the_answered_one_began(void **state) {
    struct queue_entry refused = {.last_by = 0}, probe = {.last_by = 0}, entries[10] = {{.last_by = 0}};
    (void)state;
    warm_up();
    add(&refused, PACE_WRITE);
    assert_begins(&refused);
    refuse_by_rate(&refused, 5);
    now += SECONDS(20);
    add(&probe, PACE_WRITE);
    assert_begins(&probe);
    answer(&probe); /* it began after the refusal: the gate is open again */
    for (int i = 0; i < 10; i++) add(&entries[i], PACE_WRITE);
    for (int i = 0; i < 10; i++) assert_begins(&entries[i]);
}

static void what_was_not_sent_takes_nothing_of_a_rate_limit(void **state) {
    (void)state;
    for (int i = 0; i < 10; i++) { /* with an answer that is owed, the gate would hold the third */
        struct queue_entry entry = {.last_by = 0};
        add(&entry, PACE_WRITE);
        assert_begins(&entry);
        end_as(&entry, (struct queue_end){.how = ATTEMPT_UNREACHED});
    }
}

static void that_it_is_held_is_told_anew_when_it_is_added_anew(void **state) {
    struct queue_entry refused = {.last_by = 0}, held = {.last_by = 0};
    (void)state;
    warm_up();
    add(&refused, PACE_WRITE);
    assert_begins(&refused);
    refuse_by_rate(&refused, 5);
    for (int i = 0; i < 2; i++) {
        add(&held, PACE_WRITE);
        assert_held(&held);
        queue_drop(&queue, &held, now);
    }
    assert_rests_until(INT64_MAX);
}

/* ---- what is too late ---- */

static void what_could_not_begin_in_time_ends_at_its_last_instant(void **state) {
    struct queue_entry leader = {.last_by = 0}, late = {.last_by = SECONDS(1001)};
    (void)state;
    add(&leader, PACE_WRITE);
    add(&late, PACE_WRITE);
    assert_begins(&leader);
    assert_rests_until(SECONDS(1001));
    now = SECONDS(1001) - 1;
    assert_rests_until(SECONDS(1001));
    now = SECONDS(1001);
    assert_ends(&late, QUEUE_LATE, ATTEMPT_EXPIRED);
    assert_rests_until(INT64_MAX);
}

static void what_its_gate_would_keep_too_long_ends_at_once(void **state) {
    struct queue_entry refused = {.last_by = 0}, short_of_time = {.last_by = 0}, patient = {.last_by = 0};
    (void)state;
    warm_up();
    add(&refused, PACE_WRITE);
    assert_begins(&refused);
    refuse_by_rate(&refused, 30);
    patient.last_by = now + SECONDS(60);
    short_of_time.last_by = now + SECONDS(30);
    add(&patient, PACE_WRITE);
    add(&short_of_time, PACE_WRITE);
    struct queue_action action = assert_ends(&short_of_time, QUEUE_GATE, ATTEMPT_WITHHELD);
    assert_int_equal(action.why, CODE_RATE_LIMITED);
    assert_true(action.retry_after == SECONDS(30)); /* without what the gate adds */
    assert_held(&patient);
}

/* Answers may bring forward what only waits for answers. */
static void a_gate_that_waits_for_answers_ends_nothing_early(void **state) {
    struct queue_entry entries[3] = {{.last_by = 0}};
    (void)state;
    begin_with(NULL);
    for (int i = 0; i < 3; i++) entries[i].last_by = now + 1000;
    for (int i = 0; i < 3; i++) add(&entries[i], PACE_WRITE);
    assert_begins(&entries[0]);
    assert_held(&entries[1]);
    assert_held(&entries[2]);
    assert_rests_until(now + 1000);
}

/* ---- the token ---- */

static void the_token_is_asked_for_once_for_all_that_wait_for_it(void **state) {
    struct queue_entry entries[3] = {{.needs_token = true}, {.needs_token = true}, {.needs_token = true}};
    (void)state;
    warm_up();
    for (int i = 0; i < 3; i++) add(&entries[i], PACE_WRITE);
    assert_asks();
    queue_answer(&queue, &(struct queue_token){QUEUE_TOKEN_COMES, INT64_MAX, CODE_OK, INT64_MIN});
    for (int i = 0; i < 3; i++) assert_held(&entries[i]);
    assert_rests_until(entries[0].last_by);
    queue_token_changed(&queue);
    for (int i = 0; i < 3; i++) {
        assert_asks(); /* each use: that is how it is renewed in time */
        queue_answer(&queue, &there);
        assert_begins(&entries[i]);
    }
}

static void it_is_asked_for_again_when_what_was_said_is_over(void **state) {
    struct queue_entry entry = {.needs_token = true};
    (void)state;
    warm_up();
    add(&entry, PACE_WRITE);
    assert_asks();
    queue_answer(&queue, &(struct queue_token){QUEUE_TOKEN_COMES, now + 500, CODE_TIMEOUT, INT64_MIN});
    assert_held(&entry);
    assert_rests_until(now + 500);
    now += 500;
    assert_asks();
}

static void those_with_a_token_of_their_own_do_not_wait_for_the_engines(void **state) {
    struct queue_entry waits = {.needs_token = true}, goes = {.last_by = 0};
    (void)state;
    warm_up();
    add(&waits, PACE_WRITE);
    add(&goes, PACE_WRITE);
    assert_asks();
    queue_answer(&queue, &(struct queue_token){QUEUE_TOKEN_COMES, INT64_MAX, CODE_OK, INT64_MIN});
    assert_held(&waits);
    assert_begins(&goes);
}

static void no_token_is_asked_for_at_a_shut_gate_or_without_room(void **state) {
    struct queue_entry leader = {.last_by = 0}, entry = {.needs_token = true};
    (void)state;
    add(&leader, PACE_READ);
    assert_begins(&leader);
    add(&entry, PACE_WRITE);
    assert_rests_until(entry.last_by);
    answer(&leader);
    assert_asks();
    queue_answer(&queue, &there);
    assert_begins(&entry);
    refuse_by_rate(&entry, 5);
    add(&entry, PACE_WRITE);
    assert_held(&entry);
}

static void a_token_that_is_refused_ends_all_that_need_it(void **state) {
    struct queue_entry entries[2] = {{.needs_token = true}, {.needs_token = true}};
    (void)state;
    warm_up();
    entries[1].last_by = now + SECONDS(1);
    add(&entries[0], PACE_WRITE);
    add(&entries[1], PACE_READ);
    assert_asks();
    queue_answer(&queue, &(struct queue_token){QUEUE_TOKEN_REFUSED, now + SECONDS(2), CODE_UNAUTHORIZED, INT64_MIN});
    struct queue_action action = assert_ends(&entries[1], QUEUE_TOKEN, ATTEMPT_WITHHELD);
    assert_int_equal(action.why, CODE_UNAUTHORIZED);
    assert_true(action.retry_after < 0); /* our own pause is no word of the tenant's */
    action = assert_ends(&entries[0], QUEUE_TOKEN, ATTEMPT_WITHHELD);
    assert_true(action.retry_after < 0);
}

static void what_would_wait_for_the_token_in_vain_ends_at_once(void **state) {
    struct queue_entry hurried = {.needs_token = true}, patient = {.needs_token = true};
    (void)state;
    warm_up();
    hurried.last_by = now + SECONDS(2);
    add(&patient, PACE_WRITE);
    add(&hurried, PACE_WRITE);
    assert_asks();
    queue_answer(&queue,
                 &(struct queue_token){QUEUE_TOKEN_COMES, now + SECONDS(2), CODE_SERVER_ERROR, now + SECONDS(1)});
    struct queue_action action = assert_ends(&hurried, QUEUE_TOKEN, ATTEMPT_WITHHELD);
    assert_int_equal(action.why, CODE_SERVER_ERROR);
    assert_true(action.retry_after == SECONDS(1)); /* as the tenant said */
    assert_held(&patient);
}

/* ---- connections ---- */

static void to_a_cold_host_one_goes_ahead(void **state) {
    struct queue_entry entries[3] = {{.last_by = 0}};
    (void)state;
    for (int i = 0; i < 3; i++) add(&entries[i], (enum pace_class)i);
    assert_begins(&entries[0]);
    assert_rests_until(entries[0].last_by);
    assert_ptr_equal(queue_leader(&queue), &entries[0]);
    queue_sent(&queue, &entries[0]);
    assert_null(queue_leader(&queue));
    assert_begins(&entries[1]);
    assert_begins(&entries[2]);
}

static void begin_all(struct queue_entry *entries, int count, int expected) {
    for (int i = 0; i < count; i++) add(&entries[i], PACE_WRITE);
    for (int i = 0; i < expected; i++) assert_begins(&entries[i]);
    assert_rests_until(entries[0].last_by);
}

static void over_http_1_there_is_room_for_a_hundred(void **state) {
    static struct queue_entry entries[101];
    (void)state;
    warm_up();
    begin_all(entries, 101, 100);
    answer(&entries[50]);
    assert_begins(&entries[100]);
}

static void over_http_2_there_is_room_for_a_hundred_on_each_of_four(void **state) {
    static struct queue_entry entries[401];
    struct queue_entry first = {.last_by = 0};
    (void)state;
    warm_up();
    assert_int_equal(queue_sharing(&queue).connections, 0);
    add(&first, PACE_WRITE);
    assert_begins(&first);
    end_as(&first, (struct queue_end){.how = ATTEMPT_ANSWERED, .sent = true, .said = &unlimited, .http = 2});
    assert_int_equal(queue_sharing(&queue).connections, 4);
    begin_all(entries, 401, 400);
    answer(&entries[0]); /* not known of this one: as before */
    assert_begins(&entries[400]);
}

static void answer_over_http_2(void) {
    struct queue_entry first = {.last_by = 0};
    warm_up();
    add(&first, PACE_WRITE);
    assert_begins(&first);
    end_as(&first, (struct queue_end){.how = ATTEMPT_ANSWERED, .sent = true, .said = &unlimited, .http = 2});
}

static void what_lost_an_answer_has_a_connection_of_its_own_as_far_as_there_are_some(void **state) {
    struct queue_entry apart[10] = {{.last_by = 0}}, other = {.last_by = 0};
    (void)state;
    answer_over_http_2();
    add(&other, PACE_WRITE);
    assert_begins(&other);
    assert_false(other.has_own);
    for (int i = 0; i < 10; i++) {
        apart[i].is_apart = true;
        add(&apart[i], PACE_READ);
        assert_begins(&apart[i]);
        assert_true(apart[i].has_own == (i < 8));
        assert_int_equal(queue_sharing(&queue).connections, 4 + (i < 8 ? i + 1 : 8));
    }
    answer(&apart[9]); /* it had none */
    apart[9].last_by = 0, add(&apart[9], PACE_READ);
    assert_begins(&apart[9]);
    assert_false(apart[9].has_own);
    queue_drop(&queue, &apart[3], now);
    assert_int_equal(queue_sharing(&queue).connections, 4 + 7);
    answer(&apart[9]);
    apart[9].last_by = 0, add(&apart[9], PACE_READ);
    assert_begins(&apart[9]);
    assert_true(apart[9].has_own);
}

static void over_http_1_each_has_its_own_connection_anyway(void **state) {
    struct queue_entry entry = {.is_apart = true};
    (void)state;
    warm_up();
    add(&entry, PACE_READ);
    assert_begins(&entry);
    assert_false(entry.has_own);
}

static void after_a_death_fewer_share_a_connection_and_there_are_more(void **state) {
    static struct queue_entry entries[50];
    (void)state;
    memset(entries, 0, sizeof entries);
    answer_over_http_2();
    assert_int_equal(queue_sharing(&queue).streams, 0);
    for (int i = 0; i < 50; i++) add(&entries[i], PACE_WRITE);
    for (int i = 0; i < 50; i++) assert_begins(&entries[i]);
    for (int i = 0; i < 50; i++) end_as(&entries[i], (struct queue_end){.how = ATTEMPT_LOST, .sent = true});
    assert_int_equal(queue_sharing(&queue).streams, 12);
    assert_int_equal(queue_sharing(&queue).connections, 33);
}

static void what_could_not_be_sent_is_no_death(void **state) {
    struct queue_entry entries[2] = {{.last_by = 0}};
    (void)state;
    answer_over_http_2();
    for (int i = 0; i < 2; i++) add(&entries[i], PACE_WRITE);
    for (int i = 0; i < 2; i++) assert_begins(&entries[i]);
    for (int i = 0; i < 2; i++) end_as(&entries[i], (struct queue_end){.how = ATTEMPT_LOST});
    assert_int_equal(queue_sharing(&queue).streams, 0);
}

static void a_host_that_was_idle_for_long_is_cold(void **state) {
    struct queue_entry entries[2] = {{.last_by = 0}};
    (void)state;
    warm_up();
    now += SECONDS(50);
    for (int i = 0; i < 2; i++) add(&entries[i], PACE_WRITE);
    assert_begins(&entries[0]);
    assert_begins(&entries[1]);
    answer(&entries[0]);
    answer(&entries[1]);
    now += SECONDS(50) + 1;
    for (int i = 0; i < 2; i++) entries[i].last_by = 0, add(&entries[i], PACE_WRITE);
    assert_begins(&entries[0]);
    assert_rests_until(entries[1].last_by);
}

static void without_connections_nothing_waits_for_one(void **state) {
    struct queue_entry entries[3] = {{.last_by = 0}};
    (void)state;
    begin_with(NULL);
    for (int i = 0; i < 3; i++) add(&entries[i], (enum pace_class)i);
    for (int i = 0; i < 3; i++) assert_begins(&entries[i]);
    assert_null(queue_leader(&queue));
}

/* ---- what fails together ---- */

static void if_the_one_that_went_ahead_cannot_connect_neither_can_the_others(void **state) {
    static const enum attempt_how hows[] = {ATTEMPT_UNREACHED, ATTEMPT_UNTRUSTED, ATTEMPT_EXPIRED};
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct queue_entry leader = {.last_by = 0},
                           entries[3] = {{.needs_token = true}, {.last_by = 0}, {.last_by = 0}};
        begin_with(&queue_usual_rooms);
        add(&leader, PACE_WRITE);
        assert_begins(&leader);
        for (int j = 0; j < 3; j++) add(&entries[j], (enum pace_class)j);
        assert_true(queue_ended(&queue, &leader, now, &(struct queue_end){.how = hows[i]}));
        for (int j = 0; j < 3; j++)
            assert_ends(&entries[j], QUEUE_UNCONNECTED,
                        hows[i] == ATTEMPT_UNTRUSTED ? ATTEMPT_UNTRUSTED : ATTEMPT_UNREACHED);
        assert_rests_until(INT64_MAX);
    }
}

static void those_that_gave_themselves_more_time_wait_on_where_only_time_was_over(void **state) {
    struct queue_entry leader = {.patience = 100}, same = {.patience = 100}, more = {.patience = 101};
    (void)state;
    add(&leader, PACE_WRITE);
    assert_begins(&leader);
    add(&more, PACE_WRITE);
    add(&same, PACE_WRITE);
    assert_true(queue_ended(&queue, &leader, now, &(struct queue_end){.how = ATTEMPT_UNREACHED, .is_timed_out = true}));
    assert_ends(&same, QUEUE_UNCONNECTED, ATTEMPT_UNREACHED);
    assert_begins(&more);
}

static void one_of_many_speaks_for_itself(void **state) {
    struct queue_entry entries[4] = {{.last_by = 0}};
    (void)state;
    warm_up();
    for (int i = 0; i < 3; i++) add(&entries[i], PACE_WRITE);
    for (int i = 0; i < 3; i++) assert_begins(&entries[i]);
    add(&entries[3], PACE_WRITE);
    assert_false(queue_ended(&queue, &entries[0], now, &(struct queue_end){.how = ATTEMPT_UNREACHED}));
    assert_rests_until(entries[3].last_by); /* is the host still there? */
    assert_ptr_equal(queue_leader(&queue), &entries[2]);
    assert_false(queue_ended(&queue, &entries[2], now, &(struct queue_end){.how = ATTEMPT_UNREACHED}));
    assert_ptr_equal(queue_leader(&queue), &entries[1]);
    queue_sent(&queue, &entries[1]);
    assert_begins(&entries[3]);
}

static void a_leader_that_is_cancelled_or_dropped_leaves_its_place_to_the_next(void **state) {
    struct queue_entry entries[3] = {{.last_by = 0}};
    (void)state;
    for (int i = 0; i < 3; i++) add(&entries[i], (enum pace_class)i); /* each has a gate of its own */
    assert_begins(&entries[0]);
    assert_false(queue_ended(&queue, &entries[0], now, &(struct queue_end){.how = ATTEMPT_CANCELLED}));
    assert_begins(&entries[1]);
    queue_drop(&queue, &entries[1], now);
    assert_begins(&entries[2]);
}

/* ---- reads that show the same ---- */

static const struct queue_read one = {.url = {"https://t/1", 11}, .room = 1},
                               two = {.url = {"https://t/2", 11}, .room = 1};

static void a_read_tells_those_that_waited_when_it_began(void **state) {
    struct queue_entry leader = {.read = one}, other = {.read = two}, follower = {.read = one}, later = {.read = one};
    (void)state;
    warm_up();
    add(&leader, PACE_READ);
    add(&other, PACE_READ);
    add(&follower, PACE_READ);
    assert_begins(&leader);
    assert_int_equal(follower.state, QUEUE_FOLLOWING);
    assert_begins(&other);
    add(&later, PACE_READ); /* what it asks for may be newer */
    assert_begins(&later);
    answer(&leader);
    assert_ptr_equal(queue_told(&queue), &follower);
    assert_int_equal(follower.state, QUEUE_OUT);
    assert_null(queue_told(&queue));
    answer(&later);
    assert_null(queue_told(&queue));
}

static void reads_of_another_kind_are_not_shared(void **state) {
    struct queue_entry leader = {.read = one},
                       others[4] = {{.read = one}, {.read = one}, {.read = one}, {.last_by = 0}};
    (void)state;
    warm_up();
    others[0].read.token = SPAN("another");
    others[1].read.room = 2;
    others[2].needs_token = true;
    add(&leader, PACE_READ);
    for (int i = 0; i < 4; i++) add(&others[i], PACE_READ);
    assert_asks();
    queue_answer(&queue, &there);
    assert_begins(&leader);
    for (int i = 0; i < 2; i++) assert_begins(&others[i]);
    assert_begins(&others[2]);
    assert_begins(&others[3]);
}

static void followers_take_their_places_again_where_nothing_is_heard(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct queue_entry leader = {.read = one}, follower = {.read = one}, later = {.last_by = 0};
        begin_with(&queue_usual_rooms);
        warm_up();
        add(&leader, PACE_READ);
        add(&follower, PACE_READ);
        assert_begins(&leader);
        add(&later, PACE_READ);
        if (i == 0)
            queue_drop(&queue, &leader, now);
        else
            end_as(&leader, (struct queue_end){.how = i == 1 ? ATTEMPT_EXPIRED : ATTEMPT_CANCELLED, .sent = true});
        assert_null(queue_told(&queue));
        assert_begins(&follower);
        assert_begins(&later);
    }
}

static void a_follower_can_be_dropped_and_can_be_too_late(void **state) {
    struct queue_entry leader = {.read = one}, dropped = {.read = one}, late = {.read = one};
    (void)state;
    warm_up();
    late.last_by = now + 10;
    add(&leader, PACE_READ);
    add(&dropped, PACE_READ);
    add(&late, PACE_READ);
    assert_begins(&leader);
    queue_drop(&queue, &dropped, now);
    assert_int_equal(dropped.state, QUEUE_OUT);
    assert_rests_until(late.last_by);
    now += 10;
    assert_ends(&late, QUEUE_LATE, ATTEMPT_EXPIRED);
    answer(&leader);
    assert_null(queue_told(&queue));
}

static void followers_of_one_that_could_not_connect_in_time_fail_with_it(void **state) {
    struct queue_entry leader = {.read = one}, follower = {.read = one};
    (void)state;
    add(&leader, PACE_READ);
    add(&follower, PACE_READ);
    assert_begins(&leader);
    assert_true(queue_ended(&queue, &leader, now, &(struct queue_end){.how = ATTEMPT_EXPIRED, .is_timed_out = true}));
    assert_null(queue_told(&queue));
    assert_ends(&follower, QUEUE_UNCONNECTED, ATTEMPT_UNREACHED);
}

static void what_is_dropped_leaves_nothing_behind(void **state) {
    struct queue_entry leader = {.read = one}, told = {.read = one}, failed = {.last_by = 0},
                       held = {.needs_token = true};
    (void)state;
    add(&leader, PACE_READ);
    add(&told, PACE_READ);
    assert_begins(&leader);
    add(&held, PACE_READ);
    add(&failed, PACE_READ);
    end_as(&leader, (struct queue_end){.how = ATTEMPT_UNREACHED});
    assert_int_equal(told.state, QUEUE_TOLD);
    assert_int_equal(failed.state, QUEUE_FAILED);
    queue_drop(&queue, &told, now);
    queue_drop(&queue, &failed, now);
    assert_null(queue_told(&queue));
    assert_ends(&held, QUEUE_UNCONNECTED, ATTEMPT_UNREACHED);
    queue_drop(&queue, &held, now); /* out already */
    assert_rests_until(INT64_MAX);
    assert_int_equal(queue.waiting, 0);
    assert_int_equal(queue.in_flight, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(those_of_one_class_begin_in_the_order_in_which_they_came, setup),
        cmocka_unit_test_setup(a_shut_gate_holds_its_own_class_alone, setup),
        cmocka_unit_test_setup(a_gate_hears_when_the_answered_one_began, setup),
        cmocka_unit_test_setup(what_was_not_sent_takes_nothing_of_a_rate_limit, setup),
        cmocka_unit_test_setup(that_it_is_held_is_told_anew_when_it_is_added_anew, setup),
        cmocka_unit_test_setup(what_could_not_begin_in_time_ends_at_its_last_instant, setup),
        cmocka_unit_test_setup(what_its_gate_would_keep_too_long_ends_at_once, setup),
        cmocka_unit_test_setup(a_gate_that_waits_for_answers_ends_nothing_early, setup),
        cmocka_unit_test_setup(the_token_is_asked_for_once_for_all_that_wait_for_it, setup),
        cmocka_unit_test_setup(it_is_asked_for_again_when_what_was_said_is_over, setup),
        cmocka_unit_test_setup(those_with_a_token_of_their_own_do_not_wait_for_the_engines, setup),
        cmocka_unit_test_setup(no_token_is_asked_for_at_a_shut_gate_or_without_room, setup),
        cmocka_unit_test_setup(a_token_that_is_refused_ends_all_that_need_it, setup),
        cmocka_unit_test_setup(what_would_wait_for_the_token_in_vain_ends_at_once, setup),
        cmocka_unit_test_setup(to_a_cold_host_one_goes_ahead, setup),
        cmocka_unit_test_setup(over_http_1_there_is_room_for_a_hundred, setup),
        cmocka_unit_test_setup(over_http_2_there_is_room_for_a_hundred_on_each_of_four, setup),
        cmocka_unit_test_setup(what_lost_an_answer_has_a_connection_of_its_own_as_far_as_there_are_some, setup),
        cmocka_unit_test_setup(over_http_1_each_has_its_own_connection_anyway, setup),
        cmocka_unit_test_setup(after_a_death_fewer_share_a_connection_and_there_are_more, setup),
        cmocka_unit_test_setup(what_could_not_be_sent_is_no_death, setup),
        cmocka_unit_test_setup(a_host_that_was_idle_for_long_is_cold, setup),
        cmocka_unit_test_setup(without_connections_nothing_waits_for_one, setup),
        cmocka_unit_test_setup(if_the_one_that_went_ahead_cannot_connect_neither_can_the_others, setup),
        cmocka_unit_test_setup(those_that_gave_themselves_more_time_wait_on_where_only_time_was_over, setup),
        cmocka_unit_test_setup(one_of_many_speaks_for_itself, setup),
        cmocka_unit_test_setup(a_leader_that_is_cancelled_or_dropped_leaves_its_place_to_the_next, setup),
        cmocka_unit_test_setup(a_read_tells_those_that_waited_when_it_began, setup),
        cmocka_unit_test_setup(reads_of_another_kind_are_not_shared, setup),
        cmocka_unit_test_setup(followers_take_their_places_again_where_nothing_is_heard, setup),
        cmocka_unit_test_setup(a_follower_can_be_dropped_and_can_be_too_late, setup),
        cmocka_unit_test_setup(followers_of_one_that_could_not_connect_in_time_fail_with_it, setup),
        cmocka_unit_test_setup(what_is_dropped_leaves_nothing_behind, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
