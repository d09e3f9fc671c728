/* What the files of a guard's reads share. */
#ifndef AUTH0_PURE_GUARD_PARTS_H
#define AUTH0_PURE_GUARD_PARTS_H

#include "pure/guard.h"

#pragma GCC visibility push(hidden)

static inline bool guard_has_holder(const struct guard_input *input) { return input->options.relink.holder.at != NULL; }

/* The primary's list beside one of the secondary's. */
static inline enum guard_read guard_primarys(enum guard_read secondarys) { return (enum guard_read)(secondarys + 1); }

/* The secondary as an account of its own. */
bool guard_own_secondary(const struct guard_input *input, struct account *account);

/* The tenant has no such account; or it shows another one under this id. */
bool guard_is_gone(const struct guard_input *input);

/* An account that was shown for the secondary's id. */
bool guard_shown_holder(const struct guard_input *input, struct account *holder);

#pragma GCC visibility pop

#endif
