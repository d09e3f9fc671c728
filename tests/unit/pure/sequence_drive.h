/* What the tests of sequence.c share: a sequence, and a tenant's answers in the order in which they are asked for. */
#ifndef AUTH0_TESTS_SEQUENCE_DRIVE_H
#define AUTH0_TESTS_SEQUENCE_DRIVE_H

/* clang-format keeps these four in their order: cmocka.h needs the other three before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pure/sequence_parts.h"
#include "support/reading.h"

#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define PRIMARY "auth0|1"
#define SECONDARY "google-oauth2|2"
#define OF_PRIMARY "{\"provider\":\"auth0\",\"user_id\":\"1\",\"connection\":\"Users\",\"isSocial\":false}"
#define OF_SECONDARY                                                                                                   \
    "{\"provider\":\"google-oauth2\",\"user_id\":\"2\",\"connection\":\"google-oauth2\",\"isSocial\":true}"
#define ACCOUNT(id, identities, more) "{\"user_id\":\"" id "\",\"identities\":[" identities "]" more "}"
#define ALONE(more) ACCOUNT(PRIMARY, OF_PRIMARY, more)
#define LINKED(more) ACCOUNT(PRIMARY, OF_PRIMARY "," OF_SECONDARY, more)
#define OTHER(more) ACCOUNT(SECONDARY, OF_SECONDARY, more)
#define BOTH "[" OF_PRIMARY "," OF_SECONDARY "]"
#define MEMBERS_OF(organization) "POST /api/v2/organizations/" organization "/members {\"members\":[\"" PRIMARY "\"]}"

#define GET_PRIMARY "GET /api/v2/users/auth0%7C1"
#define GET_SECONDARY "GET /api/v2/users/google-oauth2%7C2"
#define PATCH_PRIMARY "PATCH /api/v2/users/auth0%7C1 "
#define PATCH_SECONDARY "PATCH /api/v2/users/google-oauth2%7C2 "
#define LINK "link auth0|1 {\"provider\":\"google-oauth2\",\"user_id\":\"google-oauth2|2\"}"
#define UNLINK "unlink auth0|1"

enum { NOW = 1764489600, TEXT = 16384, SENT_AT_MOST = 64, BEHIND = 64 };

struct drive {
    struct sequence sequence;
    struct sequence_request under_way[SENT_AT_MOST];
    char sent[SENT_AT_MOST][1024];
    int count;
    struct {
        char *at;
        size_t size;
    } memory[16]; /* with bytes behind that are not for the sequence */
    int memory_count;
    bool is_short; /* there is none */
    bool wants_approval;
    int64_t at;
};

static struct drive drive;

static inline void ask(void);

static inline const char *describe(const struct sequence_request *request, char *to, size_t room) {
    static char path[TEXT], body[TEXT];
    size_t path_size = 0, body_size = sequence_body(&drive.sequence, request, NULL);
    const struct operation_plan *plan = &request->plan;
    bool is_free = plan->kind == OPERATION_FREE;
    assert_true(body_size < sizeof body);
    assert_int_equal(sequence_body(&drive.sequence, request, body), body_size);
    if (is_free) path_size = sequence_path(&drive.sequence, request, path);
    if (is_free) assert_int_equal(sequence_path(&drive.sequence, request, NULL), path_size);
    snprintf(to, room, "%s %.*s%s%.*s",
             is_free                        ? request_method_name(request->method)
             : plan->kind == OPERATION_LINK ? "link"
                                            : "unlink",
             (int)(is_free ? path_size : plan->target.primary.size), is_free ? path : plan->target.primary.at,
             body_size > 0 ? " " : "", (int)body_size, body);
    return to;
}

static inline void *give_memory(size_t size) {
    char *at = malloc(size + BEHIND);
    assert_non_null(at);
    memset(at + size, '#', BEHIND);
    drive.memory[drive.memory_count].at = at;
    drive.memory[drive.memory_count++].size = size;
    return at;
}

/* No more of it was used than was asked for. */
static inline void take_memory(void) {
    for (int i = 0; i < drive.memory_count; i++) {
        for (int j = 0; j < BEHIND; j++) assert_int_equal(drive.memory[i].at[drive.memory[i].size + (size_t)j], '#');
        free(drive.memory[i].at);
    }
}

/* Obeys until there is something to wait for. */
static inline void ask(void) {
    for (;;) {
        struct sequence_action action = sequence_next(&drive.sequence);
        if (action.kind == SEQUENCE_MEMORY) {
            sequence_give(&drive.sequence, drive.is_short ? NULL : give_memory(action.size));
        } else if (action.kind == SEQUENCE_SEND) {
            assert_true(drive.count < SENT_AT_MOST);
            drive.under_way[drive.count] = action.request;
            describe(&action.request, drive.sent[drive.count], sizeof drive.sent[0]);
            drive.count++;
        } else {
            drive.wants_approval = drive.wants_approval || action.kind == SEQUENCE_RECEIPT;
            return;
        }
    }
}

static inline void tell(struct sequence_event event) {
    event.at = drive.at;
    sequence_tell(&drive.sequence, &event);
    ask();
}

static inline void prepare(const struct sequence_plan *plan) {
    take_memory();
    memset(&drive, 0, sizeof drive);
    drive.at = plan->at;
    memset(&drive.sequence, '#', sizeof drive.sequence); /* whatever was there, it begins anew */
    sequence_init(&drive.sequence, plan);
}

static inline void begin(const struct sequence_plan *plan) {
    prepare(plan);
    ask();
}

static inline int end_drive(void **state) {
    (void)state;
    take_memory();
    memset(&drive, 0, sizeof drive);
    return 0;
}

static inline struct sequence_plan plan_of(enum sequence_goal goal) {
    return (struct sequence_plan){
        .goal = goal,
        .target = {.primary = SPAN(PRIMARY),
                   .provider = SPAN("google-oauth2"),
                   .user_id = SPAN(SECONDARY),
                   .bare = SPAN("2")},
        .domain = SPAN("acme.auth0.com"),
        .at = NOW,
        .guard = {.primary = SPAN(PRIMARY), .secondary = SPAN(SECONDARY), .proof = GUARD_OPERATOR},
        .merge = {.choice = {[MERGE_USER_METADATA] = MERGE_PRIMARY_WINS}},
    };
}

/* The request that begins so, among those under way, ends. */
static inline void end_as(const char *request, struct operation_result result) {
    for (int i = 0; i < drive.count; i++) {
        if (strcmp(drive.sent[i], request) != 0) continue;
        int slot = drive.under_way[i].slot;
        drive.count--;
        memmove(&drive.sent[i], &drive.sent[i + 1], (size_t)(drive.count - i) * sizeof drive.sent[0]);
        memmove(&drive.under_way[i], &drive.under_way[i + 1], (size_t)(drive.count - i) * sizeof drive.under_way[0]);
        result.attempts = 1;
        tell((struct sequence_event){.kind = SEQUENCE_ENDED, .slot = slot, .result = result});
        return;
    }
    fail_msg("not under way: %s; but %s", request, drive.count > 0 ? drive.sent[0] : "nothing");
}

static inline void succeed(const char *request, const char *answer) {
    end_as(request, (struct operation_result){.status = 200, .value = reading_value(span_of(answer))});
}

static inline void refuse(const char *request, enum failure_code code) {
    end_as(request, (struct operation_result){.code = code});
}

/* Its answer was lost. */
static inline void lose(const char *request) {
    end_as(request, (struct operation_result){.code = CODE_UNKNOWN_OUTCOME,
                                              .outcome = OUTCOME_UNKNOWN,
                                              .cause = CODE_CONNECTION_LOST,
                                              .is_open = true});
}

static inline void approve(void) {
    assert_true(drive.wants_approval);
    assert_int_equal(drive.count, 0);
    tell((struct sequence_event){.kind = SEQUENCE_APPROVED});
}

static inline const struct sequence_end *finished(void) {
    assert_int_equal(drive.sequence.phase, SEQUENCE_OVER);
    assert_int_equal(sequence_next(&drive.sequence).kind, SEQUENCE_FINISH);
    return sequence_end(&drive.sequence);
}

static inline void assert_end(enum failure_code code, enum failure_outcome outcome) {
    const struct sequence_end *end = finished();
    assert_string_equal(failure_code_name(end->code), failure_code_name(code));
    assert_int_equal(end->outcome, outcome);
}

typedef size_t sequence_text(const struct sequence *sequence, char *to, size_t room);

/* It is JSON, and as long as was said. */
static inline struct span text_of(sequence_text *text) {
    static char texts[2][TEXT];
    static int turn;
    char *to = texts[turn = !turn];
    size_t size = text(&drive.sequence, NULL, 0);
    assert_true(size < TEXT);
    to[size / 2] = '#';
    assert_int_equal(text(&drive.sequence, to, size / 2), size);
    assert_int_equal(to[size / 2], '#');
    assert_int_equal(text(&drive.sequence, to, size), size);
    return (struct span){to, size};
}

static inline struct json_value json_of(sequence_text *text) {
    struct json_value value = reading_value(text_of(text));
    assert_non_null(value.token);
    return value;
}

/* A member of the result or the receipt is this JSON; NULL: it is not there. */
static inline void assert_member(sequence_text *text, const char *name, const char *expected) {
    char got[TEXT] = "";
    struct json_value value;
    bool is_there = json_member(json_of(text), span_of(name), &value);
    struct writer writer = writer_to(got);
    if (is_there) writer_value(&writer, value);
    assert_string_equal(got, expected != NULL ? expected : "");
}

#endif
