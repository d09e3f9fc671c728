#include "unit/support.h"

#include <stdlib.h>

static struct call_order order_of(enum identity_goal goal, struct span token) {
    return (struct call_order){
        .plan = {.kind = goal == IDENTITY_LINK ? OPERATION_LINK : OPERATION_UNLINK,
                 .check = goal == IDENTITY_UNLINK,
                 .target = {.primary = SPAN("auth0|1"),
                            .provider = SPAN("auth0"),
                            .user_id = SPAN("auth0|2"),
                            .bare = SPAN("2")},
                 .limits = {1, 1, 1, 1}},
        .domain = SPAN("acme.eu.auth0.com"),
        .token = token,
        .body = goal == IDENTITY_LINK ? SPAN("{}") : (struct span){NULL, 0},
        .user_agent = SPAN("agent"),
        .max_response = 1024,
    };
}

static void assert_within(const struct call *call, const char *at) {
    assert_non_null(at);
    assert_true(at >= call->memory.at && at < call->memory.at + call->memory.size);
}

/* Every text is found by a pointer into one block: it must be large enough before the first is written. */
static void texts_stay_where_they_are_whatever_the_size_of_the_token(void **state) {
    (void)state;
    enum { LARGEST = 20000 };
    char *token = malloc(LARGEST);
    assert_non_null(token);
    memset(token, 't', LARGEST);
    for (size_t size = 1; size < LARGEST; size += 1 + size / 8) {
        struct call call = {.stage = CALL_NEW};
        struct call_order order = order_of(size % 2 == 0 ? IDENTITY_LINK : IDENTITY_UNLINK, (struct span){token, size});
        assert_true(call_prepare(&call, &order));
        assert_within(&call, call.token.at);
        assert_within(&call, call.operation.plan.target.primary.at);
        assert_within(&call, call.change_target);
        for (const struct curl_slist *header = call.body_headers; header != NULL; header = header->next)
            assert_within(&call, header->data);
        assert_true(span_equals(call.token, order.token));
        call_release(&call);
    }
    free(token);
}

static void texts_stay_where_they_are_when_every_byte_is_encoded(void **state) {
    (void)state;
    char id[600];
    memset(id, '|', sizeof id);
    for (size_t size = 1; size < sizeof id; size += 7) {
        struct call call = {.stage = CALL_NEW};
        struct call_order order = order_of(IDENTITY_UNLINK, SPAN("token"));
        order.plan.target.primary = order.plan.target.bare = order.plan.target.user_id = (struct span){id, size};
        assert_true(call_prepare(&call, &order));
        assert_within(&call, call.token.at);
        assert_within(&call, call.read_target);
        assert_true(strlen(call.change_target) > size * 6);
        call_release(&call);
    }
}

static bool has_header(const struct curl_slist *headers, const char *line) {
    for (; headers != NULL; headers = headers->next)
        if (strcmp(headers->data, line) == 0) return true;
    return false;
}

static void each_request_has_the_headers_that_are_its_own(void **state) {
    (void)state;
    struct call link = {.stage = CALL_NEW}, unlink = {.stage = CALL_NEW};
    struct call_order order = order_of(IDENTITY_LINK, SPAN("token"));
    assert_true(call_prepare(&link, &order));
    order = order_of(IDENTITY_UNLINK, SPAN("token"));
    assert_true(call_prepare(&unlink, &order));
    struct exchange_order post = call_exchange(&link, OPERATION_CHANGE);
    struct exchange_order change = call_exchange(&unlink, OPERATION_CHANGE);
    struct exchange_order read = call_exchange(&unlink, OPERATION_READ);
    assert_true(post.method == REQUEST_POST && change.method == REQUEST_DELETE && read.method == REQUEST_GET);
    assert_true(has_header(post.headers, "Content-Type: application/json"));
    assert_false(has_header(change.headers, "Content-Type: application/json"));
    assert_true(has_header(post.headers, "Authorization: Bearer token"));
    assert_true(has_header(change.headers, "Authorization: Bearer token"));
    assert_true(has_header(read.headers, "Authorization: Bearer token"));
    assert_string_equal(read.target, "/api/v2/users/auth0%7C1"
                                     "?fields=identities&include_fields=true");
    assert_string_equal(post.target, "/api/v2/users/auth0%7C1/identities");
    assert_string_equal(change.target, "/api/v2/users/auth0%7C1/identities/auth0/2");
    call_release(&link);
    call_release(&unlink);
}

static void a_large_body_does_not_wait_for_a_100(void **state) {
    (void)state;
    static char body[1025];
    for (size_t size = sizeof body - 1; size <= sizeof body; size++) {
        struct call call = {.stage = CALL_NEW};
        struct call_order order = order_of(IDENTITY_LINK, SPAN("token"));
        order.body = (struct span){body, size};
        assert_true(call_prepare(&call, &order));
        assert_true(has_header(call_exchange(&call, OPERATION_CHANGE).headers, "Expect:") == (size > 1024));
        call_release(&call);
    }
}

static void the_next_call_finds_nothing_of_one_that_was_dropped(void **state) {
    (void)state;
    struct call *call = call_new();
    assert_non_null(call);
    struct call_order order = order_of(IDENTITY_LINK, SPAN("token"));
    assert_true(call_prepare(call, &order));
    call_ref(call);
    call_unref(call);
    assert_true(call->memory.size > 0); /* it is still held */
    call_unref(call);
    struct call *next = call_new(), *another = call_new();
    assert_non_null(next);
    assert_non_null(another);
    assert_ptr_not_equal(next, another);
    assert_true(next->domain.at == NULL && next->headers[0].data == NULL && next->memory.size == 0);
    assert_true(next->memory.room == 0 || memmem(next->memory.at, next->memory.room, "token", 5) == NULL);
    call_unref(next);
    call_unref(another);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_stay_where_they_are_whatever_the_size_of_the_token),
        cmocka_unit_test(texts_stay_where_they_are_when_every_byte_is_encoded),
        cmocka_unit_test(each_request_has_the_headers_that_are_its_own),
        cmocka_unit_test(a_large_body_does_not_wait_for_a_100),
        cmocka_unit_test(the_next_call_finds_nothing_of_one_that_was_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
