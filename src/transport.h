/* A transport profile: everything about a connection that must not be shared between callers who said different things.
   One engine serves one profile. Floor 1. */
#ifndef AUTH0_TRANSPORT_H
#define AUTH0_TRANSPORT_H

#include "buffer.h"
#include "curl_compat.h"

#pragma GCC visibility push(hidden)

enum { TRANSPORT_RESOLVES = 32 };

enum transport_http { TRANSPORT_HTTP_2, TRANSPORT_HTTP_1_1 };

/* Terminated strings; NULL is "not said". */
struct transport {
    const char *domain;
    const char *proxy;   /* "" switches the environment's proxy off, as in libcurl */
    const char *ca_file; /* either of these two replaces the system's store */
    const char *ca_path;
    const char *client_cert;
    const char *client_key;
    const char *resolve[TRANSPORT_RESOLVES + 1]; /* "HOST:PORT:ADDRESS", ends with NULL */
    enum transport_http http;
};

/* Two profiles are the same if their keys are. The key is a copy of all that the profile says. */
bool transport_pack(const struct transport *transport, struct buffer *key);

/* The profile that a key says; it points into the key. */
void transport_unpack(const char *key, struct transport *transport);

/* Whether libcurl will go through the proxy that is meant. */
bool transport_has_usable_proxy(const struct transport *transport);
extern const char transport_bad_proxy[]; /* where it will not: in words */

/* The options of an easy handle that are the same for every exchange of the profile. */
CURLcode transport_apply(const struct transport *transport, CURL *easy);

#pragma GCC visibility pop

#endif
