/* A sequence is made of what Lua ordered, and freed. */
#include "engine/sequences.h"

#include <stdlib.h>

static bool keep(struct sequences_run *run, struct span *text) {
    if (text->at == NULL) return true;
    const char *at = run->texts.at + run->texts.size;
    if (!buffer_append(&run->texts, *text)) return false;
    text->at = at;
    return true;
}

static bool keep_common(struct sequences_run *run, const struct call_order *common) {
    struct call_order *order = &run->order;
    *order = *common;
    order->path = order->body = (struct span){NULL, 0};
    return buffer_reserve(&run->texts, order->domain.size + order->token.size + order->user_agent.size +
                                           order->telemetry.size + order->correlation_id.size) &&
           keep(run, &order->domain) && keep(run, &order->token) && keep(run, &order->user_agent) &&
           keep(run, &order->telemetry) && keep(run, &order->correlation_id);
}

/* The JSON of the order, read; absent, with a complaint, where it is none, or has more levels than JSON may have here.
   False where there is no memory. */
static bool read_order(struct sequences_run *run, struct span text, struct json_value *order,
                       struct complaint *complaint) {
    size_t count = json_room(text.size);
    if (!buffer_append(&run->plan_text, text) ||
        !buffer_reserve(&run->plan_tokens, count * sizeof(struct json_token)) ||
        !buffer_reserve(&run->plan_spans, plan_room(count) * sizeof(struct span)))
        return false;
    struct json_reader reader = json_reader(buffer_span(&run->plan_text));
    reader.tokens = (void *)run->plan_tokens.at;
    reader.room = count;
    bool is_whole = json_read(&reader) == JSON_WHOLE;
    *order = is_whole ? json_root(&reader) : (struct json_value){NULL, NULL};
    const char *why = reader.fault != NULL ? reader.fault : "it is no JSON";
    if (!is_whole) complaint_make(complaint, "receipt or profiles", "cannot be read: %s", why);
    return true;
}

enum sequences_prepared sequences_prepare(struct call *front, const struct call_order *common, struct span text,
                                          struct complaint *complaint) {
    struct sequences_run *run = front->run = calloc(1, sizeof *run);
    if (run == NULL) return SEQUENCES_NO_MEMORY;
    run->front = front;
    if (!keep_common(run, common)) return SEQUENCES_NO_MEMORY;
    struct json_value order, asks = {NULL, NULL};
    if (!read_order(run, text, &order, complaint)) return SEQUENCES_NO_MEMORY;
    if (order.token == NULL) return SEQUENCES_REFUSED;
    run->plan.domain = run->order.domain;
    run->asks = json_member(order, SPAN("asks"), &asks) && json_kind(asks) == JSON_TRUE;
    if (!plan_read(order, run->plan_text.at, (void *)run->plan_spans.at, &run->plan, complaint))
        return SEQUENCES_REFUSED;
    front->operation.plan.is_change = sequences_changes(run); /* if its end cannot be told, it is unknown */
    return SEQUENCES_READY;
}

static void free_calls(struct sequences_run *run) {
    struct sequences_kept *kept = (void *)run->calls.at;
    for (size_t i = 0; i < run->calls.size / sizeof *kept; i++) {
        kept[i].call->step_of = NULL;
        call_unref(kept[i].call);
    }
    buffer_free(&run->calls);
}

static void free_pieces(struct sequences_run *run) {
    struct sequences_piece *pieces = (void *)run->pieces.at;
    for (size_t i = 0; i < run->pieces.size / sizeof *pieces; i++) {
        buffer_wipe(pieces[i].at, pieces[i].size);
        free(pieces[i].at);
    }
    buffer_free(&run->pieces);
}

void sequences_free(struct sequences_run *run) {
    struct buffer *buffers[] = {&run->texts,   &run->plan_text,      &run->plan_tokens, &run->plan_spans,
                                &run->planned, &run->planned_tokens, &run->receipt,     &run->receipt_tokens,
                                &run->result,  &run->result_tokens};
    free_calls(run);
    free_pieces(run);
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++) buffer_free(buffers[i]);
    free(run);
}
