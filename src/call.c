#include "call.h"

#include <stdio.h>

/* Reads ask for the identities alone: the rest of a profile is nobody's business here. */
static const char read_query[] = "?fields=identities&include_fields=true";

static size_t room_for(const struct call_order *order) {
    const struct identity_target *target = &order->target;
    size_t texts = order->domain.size * 2 + identity_path_room(target) * 2 + order->token.size + order->body.size +
                   order->user_agent.size + order->telemetry.size + order->correlation_id.size + target->primary.size +
                   target->provider.size + target->user_id.size + target->connection_id.size + target->link_with.size;
    return texts + 512; /* header names, "https://", the query, terminators */
}

/* The three that follow write into memory that room_for has reserved: they cannot fail, and it does not move. */

static struct span keep(struct call *call, struct span text) {
    if (text.at == NULL) return text;
    struct span kept = {call->memory.at + call->memory.size, text.size};
    (void)(buffer_append(&call->memory, text) && buffer_append(&call->memory, (struct span){"", 1}));
    return kept;
}

static char *keep_line(struct call *call, struct span name, struct span value) {
    char *line = call->memory.at + call->memory.size;
    (void)(buffer_append(&call->memory, name) && buffer_append(&call->memory, value) &&
           buffer_append(&call->memory, (struct span){"", 1}));
    return line;
}

static const char *keep_url(struct call *call, const struct call_order *order, bool is_change) {
    struct buffer *memory = &call->memory;
    char *url = memory->at + memory->size;
    (void)(buffer_append(memory, SPAN("https://")) && buffer_append(memory, order->domain));
    if (is_change) {
        memory->size += identity_path(order->goal, &order->target, memory->at + memory->size);
    } else {
        memory->size += identity_user_path(&order->target, memory->at + memory->size);
        (void)buffer_append(memory, SPAN(read_query));
    }
    (void)buffer_append(memory, (struct span){"", 1});
    return url;
}

/* One list, built once, by hand: libcurl only reads it, and its bytes stay in memory that is wiped
   (CURLOPT_XOAUTH2_BEARER would copy the token, and costs more). The three requests enter it at different places. */
static void build_headers(struct call *call, const struct call_order *order) {
    size_t count = 0;
    struct curl_slist *headers = call->headers;
    headers[count++].data = keep_line(call, SPAN("Content-Type: application/json"), SPAN(""));
    headers[count++].data = keep_line(call, SPAN("Expect:"), SPAN("")); /* no waiting for a 100 */
    size_t change = count;
    headers[count++].data = keep_line(call, SPAN("Accept-Encoding:"), SPAN(""));
    size_t read = count;
    struct span bearer = SPAN("Authorization: Bearer ");
    headers[count].data = keep_line(call, bearer, order->token);
    call->token = (struct span){headers[count++].data + bearer.size, order->token.size};
    headers[count++].data = keep_line(call, SPAN("Accept: application/json"), SPAN(""));
    headers[count++].data = keep_line(call, SPAN("User-Agent: "), order->user_agent);
    if (order->telemetry.at != NULL) headers[count++].data = keep_line(call, SPAN("Auth0-Client: "), order->telemetry);
    if (order->correlation_id.at != NULL)
        headers[count++].data = keep_line(call, SPAN("X-Correlation-ID: "), order->correlation_id);
    for (size_t i = 0; i + 1 < count; i++) headers[i].next = &headers[i + 1];
    call->post_headers = &headers[0];
    call->change_headers = &headers[change];
    call->read_headers = &headers[read];
}

bool call_prepare(struct call *call, const struct call_order *order) {
    if (!buffer_reserve(&call->memory, room_for(order))) return false;
    const char *block = call->memory.at;
    struct identity_target target = {
        .primary = keep(call, order->target.primary),
        .provider = keep(call, order->target.provider),
        .connection_id = keep(call, order->target.connection_id),
        .link_with = keep(call, order->target.link_with),
        .user_id = keep(call, order->target.user_id),
        .user_id_is_integer = order->target.user_id_is_integer,
    };
    /* bare is the end of user_id */
    if (order->target.bare.at != NULL)
        target.bare = span_after(target.user_id, target.user_id.size - order->target.bare.size);
    operation_init(&call->operation, order->goal, &target, &order->limits, order->check);
    call->link_with = target.link_with;
    call->body = keep(call, order->body);
    call->change_url = keep_url(call, order, true);
    call->read_url = order->check ? keep_url(call, order, false) : NULL;
    call->max_response = order->max_response;
    call->retry_after = -1;
    build_headers(call, order);
    return call->memory.at == block; /* else everything points where it was */
}

struct exchange_order call_exchange(const struct call *call, enum operation_request request) {
    struct exchange_order order = {.max_response = call->max_response};
    if (request == OPERATION_READ) {
        order.method = EXCHANGE_GET;
        order.url = call->read_url;
        order.headers = call->read_headers;
        return order;
    }
    bool is_link = call->operation.goal == IDENTITY_LINK;
    order.method = is_link ? EXCHANGE_POST : EXCHANGE_DELETE;
    order.url = call->change_url;
    order.headers = is_link ? call->post_headers : call->change_headers;
    if (is_link) order.body = call->body;
    return order;
}

void call_secrets(const struct call *call, struct span secrets[CALL_SECRETS]) {
    secrets[0] = call->token;
    secrets[1] = call->link_with;
}

/* A copy, cut to size, that a log may show: these are words from outside. */
static void note(const struct call *call, const char *words, char *to, size_t room) {
    struct span secrets[CALL_SECRETS];
    call_secrets(call, secrets);
    snprintf(to, room, "%s", words);
    answer_clean(to, secrets, CALL_SECRETS);
}

void call_note(struct call *call, const struct headers *headers, const char *detail) {
    static const struct headers none = {.bytes = 0};
    if (headers == NULL) headers = &none;
    call->retry_after = headers_retry_after(headers);
    note(call, headers->request_id, call->request_id, sizeof call->request_id);
    note(call, detail, call->detail, sizeof call->detail);
}

void call_release(struct call *call) {
    buffer_free(&call->memory);
    buffer_free(&call->answer);
}
