/* One account, as GET /api/v2/users/{id} shows it. A view of text that json_read has accepted; it lasts as long as the
   text and its tokens. */
#ifndef AUTH0_PURE_ACCOUNT_H
#define AUTH0_PURE_ACCOUNT_H

#include "pure/json.h"

#pragma GCC visibility push(hidden)

/* Members that the answer does not have, or has as null, are absent (token == NULL). The kinds are the tenant's: an
   e-mail address may be a number, `email_verified` a string. */
struct account {
    struct json_value profile; /* all of it */
    struct json_value id, email, email_verified, blocked, created_at, name, picture, logins_count;
    struct json_value user_metadata, app_metadata; /* objects, or empty arrays */
    struct json_value multifactor;
    struct json_value identities;
    struct json_value own; /* the identity that the account is called after; without such a one, the first */
    bool has_own;          /* there is such a one: what is said of `own` is said of the account */
    struct json_value provider, user_id, connection, is_social; /* of `own` */
};

/* False, and `account` is empty: the value is no object with a string `user_id` and at least one identity, one of the
   above stands in it twice, or metadata is no object. */
bool account_read(struct json_value profile, struct account *account);

/* An account's identity as if it were an account: address, name and picture are those of its `profileData`. There is
   no `id`, no metadata, and nothing else that belongs to an account. */
struct account account_of_identity(struct json_value identity);

/* The identities beside the account's own, from the first (`index` 0). False: there are not so many. */
bool account_linked(const struct account *account, size_t index, struct json_value *identity);
size_t account_count_linked(const struct account *account);

/* Whether a full id names this identity: its provider, "|" and its `user_id`, which may be a number, or such a
   `user_id` with the provider in it. */
bool account_identity_is(struct json_value identity, struct span id);

/* The identity, own or linked, that a full id names. False: the account has none. */
bool account_identity(const struct account *account, struct span id, struct json_value *identity);

/* The same of those beside its own. */
bool account_holds(const struct account *account, struct span id, struct json_value *identity);

/* Writes an identity's full id, not terminated, cut to `room`. Returns the bytes written. */
size_t account_identity_id(struct json_value identity, char *to, size_t room);

/* Whether an id in JSON can be one step of a path: a string of at most so many bytes, which leads nowhere else. */
enum { ACCOUNT_STEP = 255 };
bool account_is_step(struct json_value id);

/* Whether it is blocked. A block that is no boolean is one: it may be meant as one. */
bool account_is_blocked(const struct account *account);

/* Whether one of its identities has a password at the tenant: a database connection. */
bool account_has_password(const struct account *account);

/* Whether the tenant's accounts of this identity may come from a directory, by SCIM or a directory's own
   synchronization: it is neither social, nor a password, nor a code by mail or message. */
bool account_may_be_provisioned(const struct account *account);

#pragma GCC visibility pop

#endif
