/* Auth0's rate limits: which one a request counts against, and which one an answer reports. */
#ifndef AUTH0_PURE_LIMITS_H
#define AUTH0_PURE_LIMITS_H

#include "pure/pace.h"
#include "pure/request.h"

#pragma GCC visibility push(hidden)

/* The class under which Auth0 publishes the limit of an operation's own request. Of a link and an unlink the kind says
   it; `method` and `path` are of the others. */
enum pace_class limits_class(enum operation_kind kind, enum request_method method, struct span path);

/* Whether the body of a 429 says that the tenant's global limit was reached, and not that of a class. */
bool limits_is_global(struct span body);

#pragma GCC visibility pop

#endif
