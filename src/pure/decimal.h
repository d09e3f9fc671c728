/* A JSON number as the decimal number that it is, whatever its spelling: nothing is rounded. */
#ifndef AUTH0_PURE_DECIMAL_H
#define AUTH0_PURE_DECIMAL_H

#include "pure/json.h"

#pragma GCC visibility push(hidden)

/* A number's decimal digits from the first to the last that is not 0, with their point, if they have one; and the power
   of ten that stands before the first: 0.d1d2d3... * 10^power. Of zero there are no digits, and no sign. */
struct decimal {
    struct span digits;
    int64_t power;
    bool is_negative;
    bool is_vast; /* the exponent has too many digits to be reckoned with */
};

/* Of a number that json_read has accepted; the digits are a piece of its text. */
struct decimal decimal_read(struct json_value number);

#pragma GCC visibility pop

#endif
