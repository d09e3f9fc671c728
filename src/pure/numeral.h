/* Doubles and their decimal digits, whatever the locale says a decimal point is: nothing here shows one to the C
   library. */
#ifndef AUTH0_PURE_NUMERAL_H
#define AUTH0_PURE_NUMERAL_H

#include "pure/span.h"

#pragma GCC visibility push(hidden)

/* The longest text that JavaScript writes for a double: "-0.0000012345678901234567". */
enum { NUMERAL_MOST = 25 };

/* The double nearest to a JSON number; infinite where it is beyond all of them. Of more than 40 digits, those that
   follow do not count. */
double numeral_read(struct span number);

/* Writes a finite double as JavaScript does, which is how Auth0 writes its own: with as few digits as tell it from its
   neighbours (a few powers of two get one more), and with an exponent below 1e-6 and from 1e21 on. Unlike there, the
   negative zero keeps its sign. Returns the bytes written; not terminated. */
size_t numeral_write(double value, char to[NUMERAL_MOST]);

#pragma GCC visibility pop

#endif
