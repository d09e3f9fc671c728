/* The name of the host that is asked. */
#ifndef AUTH0_PURE_DOMAIN_H
#define AUTH0_PURE_DOMAIN_H

#include "pure/complaint.h"

#pragma GCC visibility push(hidden)

/* A host name or address with an optional port: "acme.eu.auth0.com", "127.0.0.1:8443", "[::1]:8443". Nothing that
   libcurl would read as another piece of a URL passes. */
bool domain_check(struct span domain, struct complaint *complaint);

#pragma GCC visibility pop

#endif
