/* Ids and tokens: what may be sent, and as what. */
#ifndef AUTH0_PURE_IDENTITY_H
#define AUTH0_PURE_IDENTITY_H

#include "pure/complaint.h"

#pragma GCC visibility push(hidden)

/* The link API's `provider` values (UserIdentityProviderEnum of the Management API's OpenAPI file), and those that
   older published lists had. A list to recognise prefixes by: an unknown provider given in so many words is never
   refused. */
bool identity_is_known_provider(struct span provider);

/* A token goes into a header: visible ASCII, at least one character, 16 KiB at most. `option` names it in the
   complaint. */
bool identity_check_token(const char *option, struct span token, struct complaint *complaint);

enum identity_goal { IDENTITY_LINK, IDENTITY_UNLINK };

/* What the caller gave, under the option's names; absent ones have .at = NULL, empty ones have not. */
struct identity_given {
    struct span primary, secondary;                   /* our names: full ids */
    struct span id, provider, user_id, connection_id; /* the API's names; connection_id goes with both */
    struct span link_with;                            /* a JWT of the secondary; goes with both */
    bool user_id_is_integer;                          /* user_id holds its decimal digits, and a sign if negative */
};

/* The full id of an account: a provider, which need not be a known one, "|" and what follows. `option` names it in the
   complaint. */
bool identity_check_account(const char *option, struct span id, struct complaint *complaint);

/* The id of anything, which is to be one step of a path: text that leads to no other resource. */
bool identity_check_step(const char *option, struct span id, struct complaint *complaint);

/* Of one account without the other, under the names "id" and "provider": without `provider`, whether it can be the
   primary and the secondary; with it, whether it can be the `user_id`. */
bool identity_check(struct span id, struct span provider, struct complaint *complaint);

/* Two accounts, resolved. Spans point into what was given. */
struct identity_target {
    struct span primary;       /* full id, the path's {id} */
    struct span provider;      /* of the secondary; absent with link_with */
    struct span user_id;       /* as it was given: what link sends (the API takes it with and without prefix) */
    struct span bare;          /* without the provider's prefix: what unlink sends, and identities[].user_id */
    struct span connection_id; /* absent, or what to send */
    struct span link_with;     /* absent, or the only thing to send */
    bool user_id_is_integer;
};

/* What a link sends of the second account, be it good or not: link_with, or the others. */
struct identity_target identity_sent(const struct identity_given *given);

/* Decides between the two ways of naming and the two ways of linking; false with a complaint, and `target` undefined:
   - `primary` and `secondary`, or `id`, `provider` and `user_id`. link_with takes the place of the second account and
     stands without connection_id. An unlink has neither of these two.
   - Ids are UTF-8, not empty, without control characters. The primary's has a provider, known or not.
   - A full id splits at its first "|". Without `provider` what stands before it is a known provider. With `provider` it
     may be that one, or no known one, and then belongs to the id: ("samlp", "acme|7"). A number needs `provider`.
   - Neither "." nor ".." becomes a segment of the path. The two accounts differ. */
bool identity_resolve(enum identity_goal goal, const struct identity_given *given, struct identity_target *target,
                      struct complaint *complaint);

/* The primary's own path, "/api/v2/users/{id}", and what of the exchange's path follows it: link "/identities", unlink
   the same and "/{provider}/{user_id}". Each segment is percent-encoded exactly once (RFC 3986 unreserved characters
   stay). Not terminated. For both together `to` has identity_path_room(target) bytes. Returns the bytes written. */
size_t identity_user_path(const struct identity_target *target, char *to);
size_t identity_path_below(enum identity_goal goal, const struct identity_target *target, char *to);
size_t identity_path_room(const struct identity_target *target);

#pragma GCC visibility pop

#endif
