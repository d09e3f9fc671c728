/* Reads what a sequence is to do from JSON: the order that lua/auth0/tenant/merge.lua writes, whose members are the
   options' names. Pure: the memory is the caller's. */
#ifndef AUTH0_PURE_PLAN_H
#define AUTH0_PURE_PLAN_H

#include "pure/sequence.h"

#pragma GCC visibility push(hidden)

/* Room for so many spans always suffices for an order of so many tokens. */
static inline size_t plan_room(size_t tokens) { return tokens; }

/* Strings are unescaped where they stand, so `text` is writable, and is read once. The receipt is left as it is. False
   with a complaint where the order cannot be used. What the plan has of the driver's (domain, at) is left alone. */
bool plan_read(struct json_value order, char *text, struct span *spans, struct sequence_plan *plan,
               struct complaint *complaint);

#pragma GCC visibility pop

#endif
