#include "pure/canon.h"

#include "pure/decimal.h"

/* As a sign, the digits behind a point, and the power: 0.d1d2d3... * 10^power. */
static void write_number(struct writer *writer, struct json_value number) {
    struct decimal decimal = decimal_read(number);
    if (decimal.is_vast) {
        writer_text(writer, json_bytes(number));
        return;
    }
    if (decimal.is_negative) writer_text(writer, SPAN("-"));
    struct span whole = span_until(decimal.digits, '.');
    writer_text(writer, SPAN("."));
    writer_text(writer, whole);
    if (whole.size < decimal.digits.size) writer_text(writer, span_after(decimal.digits, whole.size + 1));
    writer_text(writer, SPAN("e"));
    writer->needs_comma = false; /* the power is a piece of the number, no element */
    writer_integer(writer, decimal.power);
}

/* With escapes for the two characters alone that would end it, or seem to. */
static void write_string(struct writer *writer, struct json_value string) {
    struct json_characters walk = json_characters(string);
    char character[4];
    writer_text(writer, SPAN("\""));
    for (size_t size; (size = json_next_character(&walk, character)) > 0;) {
        if (character[0] == '"' || character[0] == '\\') writer_text(writer, SPAN("\\"));
        writer_text(writer, (struct span){character, size});
    }
    writer_text(writer, SPAN("\""));
}

static void write_array(struct writer *writer, const struct order *order, struct json_value array) {
    writer_text(writer, SPAN("["));
    for (struct json_walk walk = json_walk(array); json_next(&walk);) {
        canon_write(writer, order, walk.value);
        writer_text(writer, SPAN(","));
    }
    writer_text(writer, SPAN("]"));
}

static void write_object(struct writer *writer, const struct order *order, struct json_value object) {
    struct json_value name;
    writer_text(writer, SPAN("{"));
    for (bool has_one = order_first(order, object, &name); has_one; has_one = order_next(order, &name)) {
        write_string(writer, name);
        writer_text(writer, SPAN(":"));
        canon_write(writer, order, (struct json_value){name.token + 1, name.text});
        writer_text(writer, SPAN(","));
    }
    writer_text(writer, SPAN("}"));
}

void canon_write(struct writer *writer, const struct order *order, struct json_value value) {
    switch (json_kind(value)) {
    case JSON_NULL: writer_text(writer, SPAN("null")); return;
    case JSON_FALSE: writer_text(writer, SPAN("false")); return;
    case JSON_TRUE: writer_text(writer, SPAN("true")); return;
    case JSON_NUMBER: write_number(writer, value); return;
    case JSON_STRING: write_string(writer, value); return;
    case JSON_ARRAY: write_array(writer, order, value); return;
    case JSON_OBJECT: write_object(writer, order, value);
    }
}
