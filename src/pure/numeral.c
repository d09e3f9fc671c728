#include "pure/numeral.h"

#include <float.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Stops growing where no text can be long enough to make up for it. */
static int64_t read_exponent(const char *at, const char *end) {
    const int64_t enough = INT64_MAX / 100;
    bool is_negative = at < end && *at == '-';
    int64_t exponent = 0;
    for (; at < end; at++)
        if (is_digit(*at) && exponent < enough) exponent = exponent * 10 + (*at - '0');
    return is_negative ? -exponent : exponent;
}

enum { DIGITS_MOST = 40 };

double numeral_read(struct span number) {
    char text[DIGITS_MOST + 16];
    int size = 0;
    int64_t exponent = 0; /* of what the digits are as an integer */
    bool is_behind = false;
    const char *at = number.at + (*number.at == '-'), *end = number.at + number.size;
    for (; at < end && (is_digit(*at) || *at == '.'); at++) {
        if (*at == '.') {
            is_behind = true;
        } else if (size == DIGITS_MOST) {
            exponent += !is_behind;
        } else {
            exponent -= is_behind;
            if (size > 0 || *at != '0') text[size++] = *at;
        }
    }
    if (size == 0) return *number.at == '-' ? -0.0 : 0.0;
    if (at < end) exponent += read_exponent(at + 1, end);
    if (exponent > 999 || exponent < -999)
        exponent = exponent > 0 ? 999 : -999; /* beyond all doubles, on either side */
    snprintf(text + size, sizeof text - (size_t)size, "e%d", (int)exponent);
    double value = strtod(text, NULL);
    return *number.at == '-' ? -value : value;
}

/* The fewest digits of which strtod makes this double again, without the zeros at their end; the first counts
   10^exponent. 15 are never too many, but for the doubles next to 0. */
static size_t fewest_digits(double value, char digits[32], int *exponent) {
    int precision = value < DBL_MIN ? 1 : DBL_DIG;
    char text[40];
    double again;
    size_t size;
    do {
        snprintf(text, sizeof text, "%.*e", precision - 1, value);
        size = 0;
        const char *at = text;
        for (; *at != 'e'; at++) /* whatever the point is, it is no digit */
            if (is_digit(*at)) digits[size++] = *at;
        *exponent = (int)strtol(at + 1, NULL, 10);
        snprintf(digits + size, 14, "e%d", *exponent - (int)size + 1);
        again = strtod(digits, NULL);
    } while (again != value && precision++ < DBL_DECIMAL_DIG);
    while (size > 1 && digits[size - 1] == '0') size--;
    return size;
}

static char *put(char *to, const char *from, size_t size) {
    memcpy(to, from, size);
    return to + size;
}

static char *put_zeros(char *to, int count) {
    memset(to, '0', (size_t)count);
    return to + count;
}

size_t numeral_write(double value, char to[NUMERAL_MOST]) {
    char digits[32], *at = to;
    int exponent;
    if (value < 0 || (value == 0 && 1 / value < 0)) *at++ = '-';
    size_t size = fewest_digits(value < 0 ? -value : value, digits, &exponent);
    int point = exponent + 1, count = (int)size; /* the digits before the point */
    if (point > 21 || point <= -6) {
        at = put(at, digits, 1);
        if (size > 1) at = put(put(at, ".", 1), digits + 1, size - 1);
        char power[14];
        int length = snprintf(power, sizeof power, "e%+d", exponent);
        return (size_t)(put(at, power, (size_t)length) - to);
    }
    if (point <= 0) return (size_t)(put(put_zeros(put(at, "0.", 2), -point), digits, size) - to);
    if (point >= count) return (size_t)(put_zeros(put(at, digits, size), point - count) - to);
    at = put(at, digits, (size_t)point);
    return (size_t)(put(put(at, ".", 1), digits + point, size - (size_t)point) - to);
}
