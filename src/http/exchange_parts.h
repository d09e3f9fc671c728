/* What the files of an exchange know of each other: exchange.c sends it, exchange_end.c says how it ended. */
#ifndef AUTH0_HTTP_EXCHANGE_PARTS_H
#define AUTH0_HTTP_EXCHANGE_PARTS_H

#include "http/exchange.h"

#pragma GCC visibility push(hidden)

/* What is not decoded may be coded as it likes; the rest, as was asked for. */
bool exchange_is_overcoded(const struct exchange *exchange);

/* Its time is over, by the clock. */
bool exchange_is_late(const struct exchange *exchange);

#pragma GCC visibility pop

#endif
