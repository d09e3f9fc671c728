#include "pure/writer.h"

static void put(struct writer *writer, char c) {
    if (writer->size < writer->room) writer->to[writer->size] = c;
    writer->size++;
}

void writer_text(struct writer *writer, struct span text) {
    bool fits = writer->size < writer->room && text.size <= writer->room - writer->size;
    if (fits && text.size > 0) memcpy(writer->to + writer->size, text.at, text.size);
    writer->size += text.size;
}

static const char hex[] = "0123456789ABCDEF";

void writer_encoded(struct writer *writer, struct span text) {
    for (size_t i = 0; i < text.size; i++) {
        char c = text.at[i];
        bool is_unreserved = span_is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~';
        put(writer, is_unreserved ? c : '%');
        if (is_unreserved) continue;
        put(writer, hex[(unsigned char)c >> 4]);
        put(writer, hex[(unsigned char)c & 0xF]);
    }
}

static void put_escape(struct writer *writer, char c) {
    if (c == '"' || c == '\\') {
        put(writer, '\\');
        put(writer, c);
        return;
    }
    writer_text(writer, SPAN("\\u00"));
    put(writer, hex[c >> 4]);
    put(writer, hex[c & 0xF]);
}

/* What stands between two characters that need escapes is put at once. */
static void put_escaped(struct writer *writer, struct span text) {
    if (text.size == 0) return;
    const char *from = text.at, *end = text.at + text.size;
    for (const char *at = from; (at = json_skip_plain(at, end)) < end; at++) {
        if ((unsigned char)*at >= 0x80) continue;
        writer_text(writer, (struct span){from, (size_t)(at - from)});
        put_escape(writer, *at);
        from = at + 1;
    }
    writer_text(writer, (struct span){from, (size_t)(end - from)});
}

/* A piece of JSON's own text. */
static void put_piece(struct writer *writer, struct span piece) {
    if (writer->is_quoted)
        put_escaped(writer, piece);
    else
        writer_text(writer, piece);
}

static void separate(struct writer *writer) {
    if (writer->needs_comma) put(writer, ',');
    writer->needs_comma = true;
}

void writer_open(struct writer *writer, char bracket) {
    separate(writer);
    put(writer, bracket);
    writer->needs_comma = false;
}

void writer_close(struct writer *writer, char bracket) {
    put(writer, bracket);
    writer->needs_comma = true;
}

void writer_close_filled(struct writer *writer, char bracket, struct writer before) {
    if (writer->needs_comma)
        writer_close(writer, bracket);
    else
        *writer = before;
}

void writer_name(struct writer *writer, const char *name) {
    separate(writer);
    put(writer, '"');
    writer_text(writer, span_of(name));
    writer_text(writer, SPAN("\":"));
    writer->needs_comma = false;
}

void writer_string(struct writer *writer, struct span text) {
    separate(writer);
    put(writer, '"');
    put_escaped(writer, text);
    put(writer, '"');
}

void writer_integer(struct writer *writer, int64_t number) {
    char digits[20];
    size_t at = sizeof digits;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    separate(writer);
    if (number < 0) put(writer, '-');
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    writer_text(writer, (struct span){digits + at, sizeof digits - at});
}

void writer_boolean(struct writer *writer, bool value) {
    separate(writer);
    writer_text(writer, value ? SPAN("true") : SPAN("false"));
}

static void put_text(struct writer *writer, struct json_value string) {
    put_piece(writer, SPAN("\""));
    put_piece(writer, json_bytes(string));
    put_piece(writer, SPAN("\""));
}

void writer_member(struct writer *writer, struct json_value name) {
    separate(writer);
    put_text(writer, name);
    put(writer, ':');
    writer->needs_comma = false;
}

static void put_value(struct writer *writer, struct json_value value) {
    struct json_walk walk = json_walk(value);
    bool is_object = json_kind(value) == JSON_OBJECT, is_later = false;
    switch (json_kind(value)) {
    case JSON_NULL: put_piece(writer, SPAN("null")); return;
    case JSON_FALSE: put_piece(writer, SPAN("false")); return;
    case JSON_TRUE: put_piece(writer, SPAN("true")); return;
    case JSON_NUMBER: put_piece(writer, json_bytes(value)); return;
    case JSON_STRING: put_text(writer, value); return;
    default: break;
    }
    put_piece(writer, is_object ? SPAN("{") : SPAN("["));
    for (; json_next(&walk); is_later = true) {
        if (is_later) put_piece(writer, SPAN(","));
        if (is_object) put_text(writer, walk.name);
        if (is_object) put_piece(writer, SPAN(":"));
        put_value(writer, walk.value);
    }
    put_piece(writer, is_object ? SPAN("}") : SPAN("]"));
}

void writer_value(struct writer *writer, struct json_value value) {
    separate(writer);
    put_value(writer, value);
}

size_t writer_size_of(struct json_value value) {
    struct writer counter = writer_to(NULL);
    if (value.token != NULL) put_value(&counter, value);
    return counter.size;
}

void writer_quoted_value(struct writer *writer, struct json_value value) {
    separate(writer);
    put(writer, '"');
    writer->is_quoted = true;
    put_value(writer, value);
    writer->is_quoted = false;
    put(writer, '"');
}

/* ---- members ---- */

void writer_member_text(struct writer *writer, const char *name, struct span text) {
    writer_name(writer, name);
    writer_string(writer, text);
}

void writer_member_words(struct writer *writer, const char *name, const char *words) {
    writer_member_text(writer, name, span_of(words));
}

void writer_member_value(struct writer *writer, const char *name, struct json_value value) {
    if (value.token == NULL) return;
    writer_name(writer, name);
    writer_value(writer, value);
}

void writer_member_flag(struct writer *writer, const char *name, bool flag) {
    writer_name(writer, name);
    writer_boolean(writer, flag);
}
