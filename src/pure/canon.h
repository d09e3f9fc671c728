/* One text for all values that order_compare calls equal: members sorted by name, of several of one name the last,
   strings without escapes, numbers by their decimal digits. It is made to be hashed, not to be read again. Pure: the
   memory is the caller's. */
#ifndef AUTH0_PURE_CANON_H
#define AUTH0_PURE_CANON_H

#include "pure/order.h"
#include "pure/writer.h"

#pragma GCC visibility push(hidden)

/* Writes the text of a value, which is of the order. */
void canon_write(struct writer *writer, const struct order *order, struct json_value value);

#pragma GCC visibility pop

#endif
