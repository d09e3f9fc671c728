#include "engine/call.h"

#include "engine/sequences.h"
#include "pure/limits.h"
#include "pure/redact.h"

#include <stdlib.h>

/* Reads ask for the identities alone: nothing here needs the rest of a profile. */
static const char read_query[] = "?fields=identities&include_fields=true";

static const char bearer[] = "Authorization: Bearer ";

static bool is_by_target(const struct operation_plan *plan) {
    return plan->kind == OPERATION_LINK || plan->kind == OPERATION_UNLINK;
}

static enum identity_goal goal_of(const struct operation_plan *plan) {
    return plan->kind == OPERATION_LINK ? IDENTITY_LINK : IDENTITY_UNLINK;
}

static size_t room_for(const struct call_order *order) {
    const struct identity_target *target = &order->plan.target;
    size_t texts = order->domain.size + identity_path_room(target) * 2 + order->token.size + order->body.size +
                   order->user_agent.size + order->telemetry.size + order->correlation_id.size + order->path.size +
                   target->primary.size + target->provider.size + target->user_id.size + target->connection_id.size +
                   target->link_with.size + target->bare.size + order->secret.size + order->range.size;
    return texts + 512; /* header names, the query, terminators */
}

/* Into memory that room_for has reserved: it does not move. */
static void put(struct call *call, struct span text) {
    if (text.size > 0) memcpy(call->memory.at + call->memory.size, text.at, text.size);
    call->memory.size += text.size;
}

static void terminate(struct call *call) { put(call, (struct span){"", 1}); }

static struct span keep(struct call *call, struct span text) {
    if (text.at == NULL) return text;
    struct span kept = {call->memory.at + call->memory.size, text.size};
    put(call, text);
    terminate(call);
    return kept;
}

static char *keep_line(struct call *call, struct span name, struct span value) {
    char *line = call->memory.at + call->memory.size;
    put(call, name);
    put(call, value);
    terminate(call);
    return line;
}

static char *end_of(const struct call *call) { return call->memory.at + call->memory.size; }

/* The primary's path is the beginning of both targets. */
static void keep_targets(struct call *call, const struct call_order *order) {
    const struct identity_target *target = &order->plan.target;
    const struct span user = {end_of(call), identity_user_path(target, end_of(call))};
    call->read_target = user.at;
    call->memory.size += user.size;
    put(call, SPAN(read_query));
    terminate(call);
    call->change_target = end_of(call);
    put(call, user);
    call->memory.size += identity_path_below(goal_of(&order->plan), target, end_of(call));
    terminate(call);
}

/* ---- headers ---- */

static struct curl_slist *add_line(struct call *call, size_t *count, char *line) {
    struct curl_slist *header = &call->headers[(*count)++];
    header->data = line;
    return header;
}

static void add_authorization(struct call *call, const struct call_order *order, size_t *count) {
    if (order->is_anonymous) return;
    call->is_engines_token = order->token.at == NULL;
    if (call->is_engines_token) {
        call->authorization = add_line(call, count, NULL);
        return;
    }
    char *line = keep_line(call, SPAN(bearer), order->token);
    call->authorization = add_line(call, count, line);
    call->token = (struct span){line + sizeof bearer - 1, order->token.size};
}

/* libcurl waits for a 100 before it sends a larger body: larger than 1 MiB, in older versions than 1 KiB. Ours never
   waits. */
enum { EXPECTED_FROM = 1024 };

/* One list, built once, by hand: its bytes stay in memory that is wiped. Requests without a body skip its beginning. */
static void build_headers(struct call *call, const struct call_order *order) {
    size_t count = 0;
    call->body_headers = add_line(call, &count, keep_line(call, SPAN("Content-Type: application/json"), SPAN("")));
    if (order->body.size > EXPECTED_FROM) add_line(call, &count, keep_line(call, SPAN("Expect:"), SPAN("")));
    call->other_headers = &call->headers[count];
    add_authorization(call, order, &count);
    add_line(call, &count, keep_line(call, SPAN("Accept: "), order->is_raw ? SPAN("*/*") : SPAN("application/json")));
    if (order->range.at != NULL) add_line(call, &count, keep_line(call, SPAN("Range: "), order->range));
    add_line(call, &count, keep_line(call, SPAN("User-Agent: "), order->user_agent));
    if (order->telemetry.at != NULL) add_line(call, &count, keep_line(call, SPAN("Auth0-Client: "), order->telemetry));
    if (order->correlation_id.at != NULL)
        add_line(call, &count, keep_line(call, SPAN("X-Correlation-ID: "), order->correlation_id));
    for (size_t i = 0; i + 1 < count; i++) call->headers[i].next = &call->headers[i + 1];
}

bool call_authorize(struct call *call, struct span token) {
    call->token = (struct span){NULL, 0};
    call->authorization->data = NULL;
    buffer_clear(&call->bearer);
    if (!buffer_append(&call->bearer, SPAN(bearer)) || !buffer_append(&call->bearer, token) ||
        !buffer_append(&call->bearer, (struct span){"", 1}))
        return false;
    call->authorization->data = call->bearer.at;
    call->token = (struct span){call->bearer.at + sizeof bearer - 1, token.size};
    return true;
}

enum pace_class call_bucket(const struct call *call, enum operation_request request) {
    return request == OPERATION_READ ? PACE_READ : call->bucket;
}

/* ---- what the queue knows ---- */

/* How long it would wait for a connection. */
static int64_t patience(const struct operation_limits *limits) {
    int64_t shorter = limits->connect < limits->attempt ? limits->connect : limits->attempt;
    return shorter < limits->deadline ? shorter : limits->deadline;
}

/* Only settling reads are shared: other reads may ask for more than the identities. */
void call_describe(const struct call *call, struct queue_entry *entry) {
    entry->class = call_bucket(call, call->action.request);
    entry->needs_token = call->is_engines_token;
    entry->last_by = call->action.last_by;
    entry->is_apart = call->action.is_apart;
    entry->patience = patience(&call->operation.plan.limits);
    entry->read = (struct queue_read){.room = call->max_response};
    if (call->operation.state != OPERATION_SETTLING) return;
    entry->read.url = span_of(call->read_target);
    if (!call->is_engines_token) entry->read.token = call->token;
}

/* ---- a call ---- */

/* Calls that were freed, zeroed except for the memory of their texts: an allocator spends much time on blocks of their
   size. A thread takes the whole chain, and puts back what it leaves of it: so no other sees a call that is in use, and
   a process that is forked in the middle finds no lock. */
static _Atomic(struct call *) spares;

enum { MOST_SPARES = 64 };

static void free_chain(struct call *call) {
    while (call != NULL) {
        struct call *next = call->spare_next;
        call_release(call);
        free(call);
        call = next;
    }
}

static void put_back(struct call *chain) {
    struct call *none = NULL;
    if (!atomic_compare_exchange_strong(&spares, &none, chain)) free_chain(chain);
}

struct call *call_new(void) {
    struct call *call = atomic_exchange(&spares, NULL);
    if (call == NULL) {
        call = calloc(1, sizeof *call);
    } else {
        if (call->spare_next != NULL) put_back(call->spare_next);
        call->spare_next = NULL;
        call->spares = 0;
    }
    if (call != NULL) atomic_init(&call->references, 1);
    return call;
}

static void spare(struct call *call) {
    struct call *chain = atomic_exchange(&spares, NULL);
    int count = chain != NULL ? chain->spares : 0;
    if (count == MOST_SPARES) {
        free_chain(call);
        call = chain;
    } else {
        call->spare_next = chain;
        call->spares = count + 1;
    }
    put_back(call);
}

void call_ref(struct call *call) { atomic_fetch_add(&call->references, 1); }

/* Wiped, and kept where it is small. */
static struct buffer emptied(struct buffer buffer) {
    enum { SMALL = 8192 };
    if (buffer.room > SMALL)
        buffer_free(&buffer);
    else
        buffer_clear(&buffer);
    return buffer;
}

void call_unref(struct call *call) {
    if (atomic_fetch_sub(&call->references, 1) != 1) return;
    if (call->run != NULL) sequences_free(call->run);
    const struct buffer kept[] = {emptied(call->memory), emptied(call->bearer), emptied(call->answer),
                                  emptied(call->tokens)};
    memset(call, 0, sizeof *call); /* an assignment makes the new value beside it, and copies it */
    call->memory = kept[0];
    call->bearer = kept[1];
    call->answer = kept[2];
    call->tokens = kept[3];
    spare(call);
}

bool call_prepare(struct call *call, const struct call_order *order) {
    if (!buffer_reserve(&call->memory, room_for(order))) return false;
    const char *block = call->memory.at;
    const struct identity_target *given = &order->plan.target;
    struct operation_plan plan = order->plan;
    plan.target.primary = keep(call, given->primary);
    plan.target.provider = keep(call, given->provider);
    plan.target.connection_id = keep(call, given->connection_id);
    plan.target.link_with = keep(call, given->link_with);
    plan.target.user_id = keep(call, given->user_id);
    plan.target.bare = keep(call, given->bare);
    operation_init(&call->operation, &plan);
    call->link_with = plan.target.link_with;
    call->body = keep(call, order->body);
    call->secret = keep(call, order->secret);
    call->correlation_id = keep(call, order->correlation_id);
    call->domain = keep(call, order->domain);
    if (is_by_target(&plan)) {
        keep_targets(call, order);
        call->method = plan.kind == OPERATION_LINK ? REQUEST_POST : REQUEST_DELETE;
    } else {
        call->change_target = keep_line(call, SPAN(""), order->path);
        call->method = order->method;
    }
    call->bucket = limits_class(order->plan.kind, order->method, order->path);
    call->is_raw = order->is_raw;
    call->max_response = order->max_response;
    call->is_weighed = order->max_memory != 0;
    call->max_memory = call->is_weighed ? order->max_memory : json_allowance(order->max_response);
    call->retry_after = call->told.retry_after = -1;
    build_headers(call, order);
    return call->memory.at == block; /* else everything points where it was */
}

struct exchange_order call_exchange(const struct call *call, enum operation_request request) {
    struct exchange_order order = {.max_response = call->max_response};
    if (request == OPERATION_READ || call->method == REQUEST_GET) {
        order.method = REQUEST_GET;
        order.target = request == OPERATION_READ ? call->read_target : call->change_target;
        order.headers = call->other_headers;
        order.is_raw = call->is_raw;
        return order;
    }
    order.method = call->method;
    order.target = call->change_target;
    order.headers = call->body.at != NULL ? call->body_headers : call->other_headers;
    order.body = call->body;
    return order;
}

/* The secrets that must not stand in any text about this call. */
enum { CALL_SECRETS = 3 };

static void collect_secrets(const struct call *call, struct span secrets[CALL_SECRETS]) {
    secrets[0] = call->token;
    secrets[1] = call->link_with;
    secrets[2] = call->secret;
}

/* A copy that a log may show, cut to size: the words come from outside. */
static void note(const struct call *call, const char *words, char *to, size_t room) {
    struct span secrets[CALL_SECRETS];
    to[0] = '\0';
    if (words[0] == '\0') return;
    collect_secrets(call, secrets);
    size_t size = strnlen(words, room - 1);
    memcpy(to, words, size);
    to[size] = '\0';
    redact_text(to, secrets, CALL_SECRETS);
}

void call_note(struct call *call, const struct headers *headers, const char *detail) {
    static const struct headers none = {.bytes = 0};
    if (headers == NULL) headers = &none;
    call->headers_seen = *headers;
    call->retry_after = headers_retry_after(headers);
    note(call, headers->request_id, call->request_id, sizeof call->request_id);
    note(call, detail, call->detail, sizeof call->detail);
}

/* For most answers it is made once: a token stands for a dozen of their bytes, as a rule. Of a long one the beginning
   tells how many there are, so that no room is made in vain. */
static size_t tokens_to_come(const struct json_reader *reader) {
    size_t read = (size_t)(reader->at - reader->text.at);
    if (reader->text.size < 8192) return reader->text.size / 8 + 2;
    if (reader->count == 0) return 1024;
    return (size_t)((double)reader->count * (double)(reader->text.size - read) / (double)read) + 64;
}

static bool make_room(struct buffer *tokens, struct json_reader *reader) {
    tokens->size = reader->count * sizeof *reader->tokens;
    if (!buffer_reserve(tokens, tokens_to_come(reader) * sizeof *reader->tokens)) return false;
    reader->tokens = (void *)tokens->at;
    reader->room = tokens->room / sizeof *reader->tokens;
    return true;
}

void call_parse(struct call *call) {
    struct json_reader reader = json_reader(buffer_span(&call->answer));
    enum json_progress progress = JSON_MORE;
    struct json_scale scale = {.most = call->max_memory};
    if (call->is_weighed || reader.text.size > call->max_memory / JSON_HEAVIEST) reader.scale = &scale;
    buffer_clear(&call->tokens);
    while (reader.text.size > 0 && progress == JSON_MORE && make_room(&call->tokens, &reader))
        progress = json_read(&reader);
    call->tokens.size = reader.count * sizeof *reader.tokens;
    call->weight = scale.weight;
    call->parsed = answer_body(&reader, progress);
}

static void keep_page(struct call *call, const struct span secrets[CALL_SECRETS]) {
    struct call_told *told = &call->told;
    const char *type = call->headers_seen.content_type;
    answer_page(call->parsed.text, secrets, CALL_SECRETS, &told->refusal);
    note(call, type[0] != '\0' ? type : "of no type", told->content_type, sizeof told->content_type);
}

void call_keep_told(struct call *call, struct attempt_end end) {
    struct span secrets[CALL_SECRETS];
    struct call_told *told = &call->told;
    collect_secrets(call, secrets);
    told->refusal = (struct answer_refusal){"", "", ""};
    told->content_type[0] = '\0';
    if (end.status != 0 && !call->is_raw && answer_is_foreign(&call->parsed, span_of(call->headers_seen.content_type)))
        keep_page(call, secrets);
    else if (end.status >= 400)
        answer_refusal(call->parsed.value, secrets, CALL_SECRETS, &told->refusal);
    told->date = headers_date(&call->headers_seen);
    memcpy(told->request_id, call->request_id, sizeof told->request_id);
    memcpy(told->detail, call->detail, sizeof told->detail);
    told->retry_after = call->retry_after;
}

bool call_share_answer(struct call *call, const struct call *leader) {
    buffer_clear(&call->answer);
    call->timings = leader->timings;
    call_note(call, &leader->headers_seen, leader->detail);
    return buffer_append(&call->answer, buffer_span(&leader->answer));
}

void call_release(struct call *call) {
    buffer_free(&call->memory);
    buffer_free(&call->bearer);
    buffer_free(&call->answer);
    buffer_free(&call->tokens);
}
