/* The client assertion of private_key_jwt: a JWT that a client signs when it asks for a token, in the place of a
   secret. The limits are Auth0's. */
#ifndef AUTH0_TOKEN_ASSERTION_H
#define AUTH0_TOKEN_ASSERTION_H

#include "os/buffer.h"

#include <stdint.h>

#pragma GCC visibility push(hidden)

enum token_assertion_alg { TOKEN_ASSERTION_RS256, TOKEN_ASSERTION_RS384, TOKEN_ASSERTION_PS256 };

enum {
    TOKEN_ASSERTION_MOST = 2048,   /* bytes of the JWT */
    TOKEN_ASSERTION_ID_MOST = 64,  /* bytes of iss, sub and jti */
    TOKEN_ASSERTION_LIFETIME = 60, /* seconds: as recommended */
    TOKEN_ASSERTION_LIFETIME_MOST = 300
};

struct token_assertion_key;

/* An RSA key of 2048 to 8192 bits, PKCS#1 or PKCS#8, from the PEM text of a private key; never asks for a passphrase.
   NULL with a `fault`, static text that follows the name of an option: "is encrypted: ...".
   What it returns lies in libcrypto's memory, outside of struct secrets: read it for one signature, then free it. */
struct token_assertion_key *token_assertion_key_read(struct span pem, const char **fault);

/* Wipes it. NULL is nothing to do. */
void token_assertion_key_free(struct token_assertion_key *key);

struct token_assertion_claims {
    struct span client_id;
    struct span audience; /* "https://TENANT/", with the slash */
    struct span kid;      /* the key's id; absent or empty: it is not said */
    int64_t unix_now;     /* seconds; the tenant forgives 10 */
    int lifetime;         /* seconds; 0: TOKEN_ASSERTION_LIFETIME */
};

/* Appends a JWT that is good for one use. False with a `fault`, a static sentence, and `to` is as it was. */
bool token_assertion_sign(const struct token_assertion_key *key, enum token_assertion_alg alg,
                          const struct token_assertion_claims *claims, struct buffer *to, const char **fault);

#pragma GCC visibility pop

#endif
