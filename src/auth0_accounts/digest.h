/* SHA-256, in lower-case hexadecimal digits. */
#ifndef AUTH0_ACCOUNTS_DIGEST_H
#define AUTH0_ACCOUNTS_DIGEST_H

#include "lua/compat.h"
#include "pure/json.h"

#include <openssl/evp.h>

#pragma GCC visibility push(hidden)

/* core.sha256(text) -> digest */
int digest_of_text(lua_State *L);

/* core.sha256_file(path) -> digest; or nil, message */
int digest_of_file(lua_State *L);

/* core.hasher() -> hasher: of a text that comes part by part. hasher:add(text); hasher:digest() -> digest, at its
   end */
int digest_begin(lua_State *L);

void digest_init(lua_State *L);

/* A hasher for C. Raises where there is none to be had, or no memory. */
void digest_start(lua_State *L, EVP_MD_CTX **hasher);
/* Pushes the digest of what it was given, and frees it. */
int digest_push(lua_State *L, EVP_MD_CTX **hasher);

/* core.digest(json) -> digest: of the value, whatever its spelling; or nil, message. See pure/canon.
   core.digest(json, name, ...) -> digest, ...: of the members that are called so, each an object or an array. What is
   absent, or another value, counts as {}. */
int digest_of_json(lua_State *L);

/* Pushes the digest of such a member; beneath it, memory that it took. */
void digest_push_member(lua_State *L, struct json_value object, struct span name);

#pragma GCC visibility pop

#endif
