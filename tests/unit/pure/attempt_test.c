/* clang-format keeps these four in their order: cmocka.h needs the other three before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "pure/attempt.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- the table of ends ---- */

/* What happened, and the words that a caller gets for a change. A read that ends so has the same code; its outcome is
   always none. Not const only because cmocka hands it to a test as a void pointer. */
static struct row {
    const char *happened;
    struct attempt_end end;
    const char *code, *outcome;
} rows[] = {
#define NOTHING_SENT(way)                                                                                              \
    { .how = ATTEMPT_##way, .sent = false }
#define SENT(way)                                                                                                      \
    { .how = ATTEMPT_##way, .sent = true }
    {"no connection", NOTHING_SENT(UNREACHED), "unreachable", "none"},
    {"a certificate or protocol refused", NOTHING_SENT(UNTRUSTED), "tls", "none"},
    {"time over before it was sent", NOTHING_SENT(EXPIRED), "timeout", "none"},
    {"time over after it was sent", SENT(EXPIRED), "timeout", "unknown"},
    {"cancelled before it was sent", NOTHING_SENT(CANCELLED), "cancelled", "none"},
    {"cancelled after it was sent", SENT(CANCELLED), "cancelled", "unknown"},
    {"a connection lost before it was sent", NOTHING_SENT(LOST), "unreachable", "none"},
    {"a connection lost after it was sent", SENT(LOST), "connection_lost", "unknown"},
    {"sent, and not processed, says the server", SENT(UNPROCESSED), "connection_lost", "none"},
    {"no second connection after it was sent", SENT(UNREACHED), "connection_lost", "unknown"},
    {"trust lost after it was sent", SENT(UNTRUSTED), "connection_lost", "unknown"},

#define CUT(way, code)                                                                                                 \
    { .how = ATTEMPT_##way, .sent = true, .status = (code), .body = ATTEMPT_BODY_PROMISED }
    {"an answer of 201 cut off", CUT(LOST, 201), "connection_lost", "unknown"},
    {"an answer of 409 cut off", CUT(LOST, 409), "connection_lost", "unknown"},
    {"time over in an answer of 201", CUT(EXPIRED, 201), "timeout", "unknown"},
    {"cancelled in an answer of 404", CUT(CANCELLED, 404), "cancelled", "unknown"},

#define ANSWERED(code, what)                                                                                           \
    { .how = ATTEMPT_ANSWERED, .sent = true, .status = (code), .body = ATTEMPT_BODY_##what }
    {"200 as promised", ANSWERED(200, PROMISED), "ok", "none"},
    {"201 as promised", ANSWERED(201, PROMISED), "ok", "none"},
    {"204 as promised", ANSWERED(204, PROMISED), "ok", "none"},
    {"299 as promised", ANSWERED(299, PROMISED), "ok", "none"},
    {"200 with another body", ANSWERED(200, OTHER), "bad_response", "unknown"},
    {"201 with another body", ANSWERED(201, OTHER), "bad_response", "unknown"},
    {"299 with another body", ANSWERED(299, OTHER), "bad_response", "unknown"},
    {"200 with too large a body", ANSWERED(200, TOO_LARGE), "too_large", "unknown"},
    {"299 with too large a body", ANSWERED(299, TOO_LARGE), "too_large", "unknown"},

    {"300", ANSWERED(300, PROMISED), "bad_response", "none"},
    {"400 that finds no token", ANSWERED(400, NO_TOKEN), "unauthorized", "none"},
    {"301", ANSWERED(301, OTHER), "bad_response", "none"},
    {"302", ANSWERED(302, PROMISED), "bad_response", "none"},
    {"304", ANSWERED(304, OTHER), "bad_response", "none"},
    {"307 with too large a body", ANSWERED(307, TOO_LARGE), "bad_response", "none"},
    {"308", ANSWERED(308, OTHER), "bad_response", "none"},
    {"399", ANSWERED(399, OTHER), "bad_response", "none"},

    {"400", ANSWERED(400, OTHER), "invalid_request", "none"},
    {"400 with a body as of a success", ANSWERED(400, PROMISED), "invalid_request", "none"},
    {"400 with too large a body", ANSWERED(400, TOO_LARGE), "invalid_request", "none"},
    {"401", ANSWERED(401, OTHER), "unauthorized", "none"},
    {"401 with too large a body", ANSWERED(401, TOO_LARGE), "unauthorized", "none"},
    {"402", ANSWERED(402, OTHER), "invalid_request", "none"},
    {"403", ANSWERED(403, OTHER), "forbidden", "none"},
    {"404", ANSWERED(404, OTHER), "not_found", "none"},
    {"405", ANSWERED(405, OTHER), "invalid_request", "none"},
    {"407", ANSWERED(407, OTHER), "invalid_request", "none"},
    {"408", ANSWERED(408, OTHER), "server_error", "unknown"},
    {"408 with a body as of a success", ANSWERED(408, PROMISED), "server_error", "unknown"},
    {"409", ANSWERED(409, OTHER), "conflict", "none"},
    {"409 with a body as of a success", ANSWERED(409, PROMISED), "conflict", "none"},
    {"410", ANSWERED(410, OTHER), "invalid_request", "none"},
    {"413", ANSWERED(413, OTHER), "invalid_request", "none"},
    {"414", ANSWERED(414, OTHER), "invalid_request", "none"},
    {"422", ANSWERED(422, OTHER), "invalid_request", "none"},
    {"425", ANSWERED(425, OTHER), "invalid_request", "none"},
    {"428", ANSWERED(428, OTHER), "invalid_request", "none"},
    {"429", ANSWERED(429, OTHER), "rate_limited", "none"},
    {"430", ANSWERED(430, OTHER), "invalid_request", "none"},
    {"431", ANSWERED(431, OTHER), "invalid_request", "none"},
    {"451", ANSWERED(451, OTHER), "invalid_request", "none"},
    {"499", ANSWERED(499, OTHER), "invalid_request", "none"},

    {"500", ANSWERED(500, OTHER), "server_error", "unknown"},
    {"500 with a body as of a success", ANSWERED(500, PROMISED), "server_error", "unknown"},
    {"501", ANSWERED(501, OTHER), "server_error", "unknown"},
    {"502", ANSWERED(502, OTHER), "server_error", "unknown"},
    {"502 with too large a body", ANSWERED(502, TOO_LARGE), "server_error", "unknown"},
    {"503", ANSWERED(503, OTHER), "server_error", "unknown"},
    {"504", ANSWERED(504, OTHER), "server_error", "unknown"},
    {"524", ANSWERED(524, OTHER), "server_error", "unknown"},
    {"599", ANSWERED(599, OTHER), "server_error", "unknown"},
    {"600, which HTTP does not have", ANSWERED(600, PROMISED), "server_error", "unknown"},

    {"no status line", ANSWERED(0, PROMISED), "bad_response", "unknown"},
    {"100 as if it were final", ANSWERED(100, PROMISED), "bad_response", "unknown"},
    {"199 as if it were final", ANSWERED(199, PROMISED), "bad_response", "unknown"},
};

static void assert_words(struct attempt_verdict verdict, const char *code, const char *outcome) {
    assert_string_equal(failure_code_name(verdict.code), code);
    assert_string_equal(failure_outcome_name(verdict.outcome), outcome);
}

static void of_a_change(void **state) {
    const struct row *row = *state;
    assert_words(attempt_classify(&row->end, true), row->code, row->outcome);
}

static void of_a_read(void **state) {
    const struct row *row = *state;
    assert_words(attempt_classify(&row->end, false), row->code, "none");
}

/* ---- beside the table ---- */

/* That word is about all that an operation did. */
static void no_single_attempt_is_an_unknown_outcome(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_not_equal(attempt_classify(&rows[i].end, true).code, CODE_UNKNOWN_OUTCOME);
}

static void what_was_not_sent_has_changed_nothing(void **state) {
    (void)state;
    for (int how = ATTEMPT_UNREACHED; how <= ATTEMPT_CANCELLED; how++) {
        struct attempt_end end = {.how = (enum attempt_how)how};
        assert_int_equal(attempt_classify(&end, true).outcome, OUTCOME_NONE);
    }
}

static void every_status_of_http_has_its_verdict(void **state) {
    (void)state;
    for (int status = 200; status < 600; status++) {
        struct attempt_end end = ANSWERED(status, OTHER);
        struct attempt_verdict verdict = attempt_classify(&end, true);
        bool is_refusal = status >= 300 && status < 500 && status != 408;
        if ((verdict.outcome == OUTCOME_NONE) != is_refusal) fail_msg("the outcome of %d", status);
        if (verdict.code == CODE_OK) fail_msg("%d is no success without its body", status);
        if (verdict.code == CODE_INVALID_REQUEST && status / 100 != 4) fail_msg("the code of %d", status);
    }
}

static const struct CMUnitTest others[] = {
    cmocka_unit_test(no_single_attempt_is_an_unknown_outcome),
    cmocka_unit_test(what_was_not_sent_has_changed_nothing),
    cmocka_unit_test(every_status_of_http_has_its_verdict),
};

int main(void) {
    static char names[COUNT(rows)][2][96];
    struct CMUnitTest tests[2 * COUNT(rows) + COUNT(others)];
    struct CMUnitTest *test = tests;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct row *row = &rows[i];
        snprintf(names[i][0], sizeof names[i][0], "change, %s: %s, %s", row->happened, row->code, row->outcome);
        snprintf(names[i][1], sizeof names[i][1], "read, %s: %s, none", row->happened, row->code);
        *test++ = (struct CMUnitTest){.name = names[i][0], .test_func = of_a_change, .initial_state = row};
        *test++ = (struct CMUnitTest){.name = names[i][1], .test_func = of_a_read, .initial_state = row};
    }
    memcpy(test, others, sizeof others);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
