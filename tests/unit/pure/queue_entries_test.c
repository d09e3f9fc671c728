/* What the queue keeps of an entry, and where it finds it again. */

/* clang-format keeps these four in their order: cmocka.h needs the other three before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "pure/queue.h"

static const int64_t now = 1000000000;
static struct queue queue;

static int setup(void **state) {
    (void)state;
    queue_init(&queue, NULL, NULL);
    return 0;
}

/* As it comes from memory that held something else. */
static void fill(struct queue_entry *entry, struct span url) {
    memset(entry, 0xa5, sizeof *entry);
    entry->class = PACE_READ;
    entry->needs_token = entry->is_apart = false;
    entry->last_by = now + 60000000;
    entry->patience = 10000000;
    entry->read = (struct queue_read){.url = url};
}

static struct queue_entry *begin_next(void) {
    struct queue_action action = queue_next(&queue, now);
    assert_int_equal(action.kind, QUEUE_BEGIN);
    return action.entry;
}

static void end(struct queue_entry *entry, enum attempt_how how) {
    (void)queue_ended(&queue, entry, now, &(struct queue_end){.how = how, .sent = true});
}

static void an_entry_may_hold_anything_before_it_is_added(void **state) {
    struct queue_entry entries[2];
    (void)state;
    for (int i = 0; i < 2; i++) {
        fill(&entries[i], (struct span){NULL, 0});
        entries[i].class = (enum pace_class)i; /* each has a gate of its own */
        queue_add(&queue, &entries[i]);
        assert_null(entries[i].leader);
        assert_ptr_equal(begin_next(), &entries[i]);
        end(&entries[i], ATTEMPT_CANCELLED);
        assert_int_equal(entries[i].state, QUEUE_OUT);
    }
}

static void what_follows_has_a_leader_as_long_as_it_does(void **state) {
    struct queue_entry leader, follower;
    (void)state;
    fill(&leader, SPAN("/a"));
    fill(&follower, SPAN("/a"));
    queue_add(&queue, &leader);
    queue_add(&queue, &follower);
    assert_ptr_equal(begin_next(), &leader);
    assert_ptr_equal(follower.leader, &leader);
    end(&leader, ATTEMPT_EXPIRED);
    assert_int_equal(follower.state, QUEUE_WAITING);
    assert_null(follower.leader);
}

static void a_url_ends_where_its_span_does(void **state) {
    static const char text[] = "/users/1?/users/1#";
    struct queue_entry leader, follower;
    (void)state;
    fill(&leader, (struct span){text, 8});
    fill(&follower, (struct span){text + 9, 8});
    queue_add(&queue, &leader);
    queue_add(&queue, &follower);
    assert_ptr_equal(begin_next(), &leader);
    assert_int_equal(follower.state, QUEUE_FOLLOWING);
}

enum { MANY = 1000 };

static struct queue_entry many[MANY];
static char urls[MANY][16];

static int lists_in_use(void) {
    int used = 0;
    for (int i = 0; i < QUEUE_READS; i++) used += list_first(&queue.reads[i]) != NULL;
    return used;
}

/* What one costs does not grow with the others: they stand in all of the lists, whichever of their characters differs.
   */
static void reads_are_spread_over_the_lists(void **state) {
    (void)state;
    for (int i = 0; i < MANY; i++) {
        snprintf(urls[i], sizeof urls[i], "/%d", i);
        fill(&many[i], span_of(urls[i]));
        queue_add(&queue, &many[i]);
    }
    assert_int_equal(lists_in_use(), QUEUE_READS);
}

static void and_by_the_first_character_alone(void **state) {
    (void)state;
    for (int i = 0; i < 64; i++) {
        snprintf(urls[i], sizeof urls[i], "%c-", 'A' + i % 58);
        fill(&many[i], span_of(urls[i]));
        queue_add(&queue, &many[i]);
    }
    assert_true(lists_in_use() > 20);
}

static void what_is_dropped_is_out(void **state) {
    const struct queue_rooms rooms = queue_usual_rooms;
    struct queue_entry leader, told, failed;
    (void)state;
    queue_init(&queue, NULL, &rooms);
    fill(&leader, SPAN("/a"));
    fill(&told, SPAN("/a"));
    fill(&failed, SPAN("/b"));
    queue_add(&queue, &leader);
    queue_add(&queue, &told);
    queue_add(&queue, &failed);
    assert_ptr_equal(begin_next(), &leader);
    (void)queue_ended(&queue, &leader, now, &(struct queue_end){.how = ATTEMPT_UNREACHED});
    assert_int_equal(told.state, QUEUE_TOLD);
    assert_int_equal(failed.state, QUEUE_FAILED);
    queue_drop(&queue, &told, now);
    queue_drop(&queue, &failed, now);
    assert_int_equal(told.state, QUEUE_OUT);
    assert_int_equal(failed.state, QUEUE_OUT);
}

static void a_refused_token_is_told_with_the_tenants_wait(void **state) {
    struct queue_entry entry;
    (void)state;
    fill(&entry, (struct span){NULL, 0});
    entry.needs_token = true;
    queue_add(&queue, &entry);
    assert_int_equal(queue_next(&queue, now).kind, QUEUE_ASK);
    queue_answer(&queue, &(struct queue_token){QUEUE_TOKEN_REFUSED, INT64_MAX, CODE_RATE_LIMITED, now + 7});
    struct queue_action action = queue_next(&queue, now);
    assert_int_equal(action.kind, QUEUE_END);
    assert_int_equal(action.why, CODE_RATE_LIMITED);
    assert_int_equal(action.retry_after, 7);
}

static void without_http_2_connections_are_not_limited(void **state) {
    (void)state;
    assert_int_equal(queue_sharing(&queue).connections, 0);
    assert_int_equal(queue_sharing(&queue).streams, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_entry_may_hold_anything_before_it_is_added, setup),
        cmocka_unit_test_setup(what_follows_has_a_leader_as_long_as_it_does, setup),
        cmocka_unit_test_setup(a_url_ends_where_its_span_does, setup),
        cmocka_unit_test_setup(reads_are_spread_over_the_lists, setup),
        cmocka_unit_test_setup(and_by_the_first_character_alone, setup),
        cmocka_unit_test_setup(what_is_dropped_is_out, setup),
        cmocka_unit_test_setup(a_refused_token_is_told_with_the_tenants_wait, setup),
        cmocka_unit_test_setup(without_http_2_connections_are_not_limited, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
