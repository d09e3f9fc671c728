/* What can be said of a proxy's address, in the form of libcurl's CURLOPT_PROXY, without asking for it. */
#ifndef AUTH0_PURE_PROXY_H
#define AUTH0_PURE_PROXY_H

#include "pure/span.h"

#pragma GCC visibility push(hidden)

/* What is wrong with an address, and what to do; NULL for nothing. Refused is what libcurl would take for another
   address than the one that is meant: a piece of a password would become a host's name, which libcurl asks for and
   quotes. Empty: there is no proxy. */
const char *proxy_fault(struct span proxy);

/* Whether a tenant's domain, which may have a port, is one of the hosts that a proxy is not for, each a name that
   stands for all below it as well, or "*" alone. Of addresses only those that are written the same: libcurl knows
   ranges. */
bool proxy_is_spared(struct span domain, struct span no_proxy);

/* Whether it holds a user's name, or a password: what libcurl says about it is not to be shown. */
bool proxy_has_user(struct span proxy);

/* Whether the connection to the proxy itself is encrypted. */
bool proxy_is_encrypted(struct span proxy);

#pragma GCC visibility pop

#endif
