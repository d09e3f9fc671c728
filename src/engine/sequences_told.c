/* What a sequence tells its submitter, as JSON: the receipt, planned and at the end, and the result. */
#include "engine/sequences.h"

static bool read_json(struct span text, struct json_token *tokens) {
    struct json_reader reader = json_reader(text);
    reader.tokens = tokens;
    reader.room = json_room(text.size);
    return json_read(&reader) == JSON_WHOLE;
}

static struct json_token string_of(struct span text) {
    return (struct json_token){.at = 0, .size = (uint32_t)text.size, .kind = JSON_STRING, .is_raw = true};
}

typedef size_t text_writer(const struct sequence *, char *, size_t);

enum { ROUGHLY = 4096 }; /* most texts are shorter, and are written once */

/* 0: there is none, or no memory for it. */
static size_t write_text(const struct sequences_run *run, text_writer *write, struct buffer *text) {
    buffer_clear(text);
    if (text->room == 0 && !buffer_reserve(text, ROUGHLY)) return 0;
    size_t size = write(&run->sequence, text->at, text->room);
    if (size <= text->room) return size;
    return buffer_reserve(text, size) ? write(&run->sequence, text->at, text->room) : 0;
}

static size_t tokens_room(size_t size, bool is_string) {
    return (is_string ? 1 : json_room(size)) * sizeof(struct json_token);
}

/* Writes one of its texts, and reads it, unless it is to be told as it stands, as a string. An empty one: there is
   none, or no memory for it. */
static void write_json(const struct sequences_run *run, text_writer *write, struct buffer *text, struct buffer *tokens,
                       bool is_string) {
    size_t size = write_text(run, write, text);
    buffer_clear(tokens);
    if (size == 0 || !buffer_reserve(tokens, tokens_room(size, is_string))) return;
    struct span written = {text->at, size};
    struct json_token *to = (void *)tokens->at;
    if (is_string) *to = string_of(written);
    if (is_string || read_json(written, to)) text->size = size;
}

static void write_receipt(const struct sequences_run *run, struct buffer *text, struct buffer *tokens) {
    write_json(run, sequence_receipt, text, tokens, run->plan.is_brief);
}

void sequences_write_planned(struct sequences_run *run) { write_receipt(run, &run->planned, &run->planned_tokens); }

void sequences_write_end(struct sequences_run *run) {
    write_receipt(run, &run->receipt, &run->receipt_tokens);
    write_json(run, sequence_result, &run->result, &run->result_tokens, false);
}

/* So much may the last receipt be longer than the planned one: its state, its time. */
enum { RECEIPT_GROWTH = 64 };

bool sequences_reserve_receipt(struct sequences_run *run) {
    size_t planned = run->planned.size > 0 ? run->planned.size : sequence_receipt(&run->sequence, NULL, 0);
    size_t size = planned + RECEIPT_GROWTH;
    return buffer_reserve(&run->receipt, size) &&
           buffer_reserve(&run->receipt_tokens, tokens_room(size, run->plan.is_brief));
}

static struct json_value read_text(const struct buffer *text, const struct buffer *tokens) {
    if (text->size == 0) return (struct json_value){NULL, NULL};
    return (struct json_value){(const void *)tokens->at, text->at};
}

struct json_value sequences_planned(const struct call *front) {
    return read_text(&front->run->planned, &front->run->planned_tokens);
}

struct json_value sequences_receipt(const struct call *front) {
    return read_text(&front->run->receipt, &front->run->receipt_tokens);
}

struct json_value sequences_result(const struct call *front) {
    return read_text(&front->run->result, &front->run->result_tokens);
}
