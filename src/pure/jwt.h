/* Looks into a token without believing it. Nothing here verifies a signature: the tenant does that. What
   the claims say before a request is sent spares one that cannot succeed, and is never a reason for trust. */
#ifndef AUTH0_PURE_JWT_H
#define AUTH0_PURE_JWT_H

#include "pure/identity.h"

#include <stdint.h>

#pragma GCC visibility push(hidden)

enum { JWT_AT_MOST = 16384 };

/* Absent where the token has no such member, or one of another type: of several, the last counts, as everywhere. Spans
   point into the `memory` of jwt_read, and hold any character, NUL too. */
struct jwt {
    struct span alg;                       /* of the header */
    struct span iss, sub, azp, gty, scope; /* an absent scope says nothing; an empty one says that there is none */
    struct span aud;                       /* of several, all, with a space between two */
    bool has_exp, has_iat;
    int64_t exp, iat; /* UNIX seconds, without their fraction; beyond 2^53 a double near them, and at most what fits */
    bool is_machine;  /* of client_credentials: `sub` ends in "@clients", or `gty` is "client-credentials" */
};

/* Bytes of memory that jwt_read needs, aligned as malloc's are; 0 for what is too long to be read. */
size_t jwt_room(struct span text);

/* False where `text` is no JWT in JWS compact form: three parts in base64url without padding (RFC 7515, section 2: a
   padded text is not what was signed), the first two of which are JSON objects. The third may be empty, as under
   "alg":"none". An opaque token is no fault; `jwt` then has nothing. Either way `memory` may hold parts of the token:
   wipe it. */
bool jwt_read(struct span text, void *memory, struct jwt *jwt);

/* Whether `scope` is a word of the token's list. False too where the token does not say. */
bool jwt_has_scope(const struct jwt *jwt, struct span scope);

/* "2 hours", of a time in seconds. */
struct jwt_duration {
    char text[32];
};
struct jwt_duration jwt_duration(int64_t seconds);

/* What an access token is to be used for. */
enum jwt_need {
    JWT_FOR_ANYTHING, /* of which the scopes are not known, or not to be checked */
    JWT_FOR_LINK,     /* by provider and user_id */
    JWT_FOR_LINK_WITH,
    JWT_FOR_UNLINK,
    JWT_FOR_READ,  /* of one user */
    JWT_FOR_UPDATE /* of one user's profile or metadata */
};

/* Refuse what is certain to fail, and nothing else; the complaint has no piece of the token.

   Expired is what ended more than `leeway` seconds before `unix_now`. This machine's clock may be wrong by an hour, and
   to refuse a good token by it would be a lie: pass a leeway that covers the doubt. */

/* The option is "token". Refused: an expired one; one that says its scopes, none of which could serve the need. */
bool jwt_check_access_token(const struct jwt *jwt, enum jwt_need need, int64_t unix_now, int64_t leeway,
                            struct complaint *complaint);

/* The option is "link_with". Refused: an ID token that is not signed with RS256, names no user, or is expired. Who may
   link with it (its issuer, and `aud` against the caller's `azp`) is the tenant's to say. */
bool jwt_check_link_with(const struct jwt *jwt, int64_t unix_now, int64_t leeway, struct complaint *complaint);

#pragma GCC visibility pop

#endif
