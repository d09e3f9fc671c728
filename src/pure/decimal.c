#include "pure/decimal.h"

enum { EXPONENT_DIGITS = 17 };

static struct span trim(struct span digits, const char *those) {
    while (digits.size > 0 && strchr(those, digits.at[0]) != NULL) digits = span_after(digits, 1);
    return digits;
}

static int64_t read_exponent(struct span text, bool *is_vast) {
    bool is_negative = text.size > 0 && text.at[0] == '-';
    struct span digits = trim(text, "+-0");
    int64_t exponent = 0;
    *is_vast = digits.size > EXPONENT_DIGITS;
    for (size_t i = 0; i < digits.size && !*is_vast; i++) exponent = exponent * 10 + (digits.at[i] - '0');
    return is_negative ? -exponent : exponent;
}

struct decimal decimal_read(struct json_value number) {
    struct span text = json_bytes(number);
    struct decimal decimal = {.is_negative = text.at[0] == '-'};
    text = trim(text, "-");
    struct span mantissa = span_until(text, 'e');
    if (mantissa.size == text.size) mantissa = span_until(text, 'E');
    const char *point = mantissa.at + span_until(mantissa, '.').size;
    decimal.digits = trim(mantissa, "0.");
    while (decimal.digits.size > 0 && strchr("0.", decimal.digits.at[decimal.digits.size - 1]) != NULL)
        decimal.digits.size--;
    if (decimal.digits.size == 0) return (struct decimal){.power = 0};
    struct span exponent = mantissa.size < text.size ? span_after(text, mantissa.size + 1) : (struct span){NULL, 0};
    decimal.power = read_exponent(exponent, &decimal.is_vast) + (point - decimal.digits.at);
    if (point < decimal.digits.at) decimal.power++;
    return decimal;
}
