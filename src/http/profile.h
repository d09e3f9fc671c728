/* A transport profile: everything about a connection that must not be shared between callers who said different things.
   One engine serves one profile. */
#ifndef AUTH0_HTTP_PROFILE_H
#define AUTH0_HTTP_PROFILE_H

#include "http/curl_compat.h"
#include "os/buffer.h"
#include "pure/proxy.h"

#pragma GCC visibility push(hidden)

enum { PROFILE_RESOLVES = 32 };

enum profile_http { PROFILE_HTTP_2, PROFILE_HTTP_1_1 };

/* Terminated strings; NULL is "not said". */
struct profile {
    const char *domain;
    const char *proxy;    /* "" switches the environment's proxy off, as in libcurl */
    const char *no_proxy; /* hosts that it is not for, as libcurl reads them */
    const char *ca_file;  /* either of these two replaces the system's store */
    const char *ca_path;
    const char *client_cert;
    const char *client_key;
    const char *proxy_ca_file;                 /* takes the place of the first two for an encrypted proxy */
    const char *resolve[PROFILE_RESOLVES + 1]; /* "HOST:PORT:ADDRESS", ends with NULL */
    enum profile_http http;
};

/* Two profiles are the same if their keys are. The key is a copy of all that the profile says. */
bool profile_pack(const struct profile *profile, struct buffer *key);

/* The profile that a key says; it points into the key. */
void profile_unpack(const char *key, struct profile *profile);

/* Says what the profile has left to the environment: the proxy and its exceptions, as they are now. Else libcurl would
   look for them with each request, in whatever thread makes it. Both point into `memory`, which is empty before. False
   where there is none. */
bool profile_settle(struct profile *profile, struct buffer *memory);

/* The options of an easy handle that are the same for every exchange of the profile. */
CURLcode profile_apply(const struct profile *profile, CURL *easy);

#pragma GCC visibility pop

#endif
