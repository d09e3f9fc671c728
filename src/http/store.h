/* The certificates that a connection trusts: libcurl's defaults, or what was named and nothing else. */
#ifndef AUTH0_HTTP_STORE_H
#define AUTH0_HTTP_STORE_H

#include "http/curl_compat.h"

#pragma GCC visibility push(hidden)

enum store_side { STORE_OF_SERVER, STORE_OF_PROXY };

/* A file of certificates and a directory of them, by which either replaces the system's store; NULL for none. */
CURLcode store_apply(CURL *easy, enum store_side side, const char *file, const char *directory);

#pragma GCC visibility pop

#endif
