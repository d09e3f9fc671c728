/* The method of a request, and what HTTP says of it (RFC 9110, 9.2): whether it changes anything, and whether it may be
   sent twice. */
#ifndef AUTH0_PURE_REQUEST_H
#define AUTH0_PURE_REQUEST_H

#include "pure/operation.h"

#pragma GCC visibility push(hidden)

enum request_method { REQUEST_GET, REQUEST_POST, REQUEST_DELETE, REQUEST_PATCH, REQUEST_PUT, REQUEST_METHODS };

const char *request_method_name(enum request_method method);

/* False, and `method` is as it was, where it has no such name. */
bool request_method_read(struct span name, enum request_method *method);

/* Whether the request may change the tenant: all but GET. */
bool request_is_change(enum request_method method);

/* How often it may be sent once it may have been carried out: OPERATION_FREE for GET, PUT and DELETE, which are
   idempotent. Of POST and PATCH the caller knows, and says so with `is_idempotent`; else OPERATION_ONCE. */
enum operation_kind request_kind(enum request_method method, bool is_idempotent);

#pragma GCC visibility pop

#endif
