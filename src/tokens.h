/* The token of an engine: where it comes from, and whether it may be used. Floor 1. When it is fetched, and when again,
   is decided by credential. */
#ifndef AUTH0_TOKENS_H
#define AUTH0_TOKENS_H

#include "assertion.h"
#include "call.h"
#include "credential.h"
#include "secret.h"
#include "token_share.h"

#pragma GCC visibility push(hidden)

enum tokens_source {
    TOKENS_GIVEN,         /* the caller's own string */
    TOKENS_CLIENT_SECRET, /* POST /oauth/token, grant client_credentials */
    TOKENS_CLIENT_KEY,    /* the same, with an assertion instead of the secret */
    TOKENS_FUNCTION       /* whoever holds the engine is asked, and answers with tokens_given or tokens_failed */
};

/* Spans are borrowed until tokens_new returns. */
struct tokens_config {
    enum tokens_source source;
    struct span token;     /* TOKENS_GIVEN */
    struct span client_id; /* of the two that fetch */
    struct span client_secret;
    struct span client_key; /* PEM */
    struct span key_id;     /* or absent */
    enum assertion_alg algorithm;
    struct span domain, audience;
    struct span user_agent, telemetry; /* of the request */
    const char *file;                  /* path of a file that processes share it in, or NULL */
    struct operation_limits limits;
};

struct tokens;

/* NULL with a sentence in `fault` (static text): the key cannot be used, no memory. */
struct tokens *tokens_new(const struct tokens_config *config, const char **fault);
void tokens_free(struct tokens *tokens);

struct tokens_answer {
    enum credential_verdict verdict; /* CREDENTIAL_FETCH is never seen here: it is a CREDENTIAL_WAIT */
    int64_t until;                   /* of a wait: when to ask again, unless there is news before */
    enum attempt_code why;           /* of a refusal; `tokens_detail` has words */
};

/* An exchange wants to begin. */
struct tokens_answer tokens_ask(struct tokens *tokens, int64_t now);

/* The caller's own string, of TOKENS_GIVEN; else absent. */
struct span tokens_own(const struct tokens *tokens);

/* Valid until the next call of any of these functions. */
struct span tokens_text(const struct tokens *tokens, unsigned *generation);

/* The tenant answered 401 to the token of that generation. */
void tokens_rejected(struct tokens *tokens, int64_t now, unsigned generation);

/* A request for a token that is to be carried out now, once; NULL for none. */
struct call *tokens_request(struct tokens *tokens);

bool tokens_is_request(const struct tokens *tokens, const struct call *call);
struct call *tokens_own_request(struct tokens *tokens);

/* It is done. */
void tokens_told(struct tokens *tokens, int64_t now, double random);

/* Whether a token is wanted of whoever holds the engine; said once. */
bool tokens_is_asking(struct tokens *tokens);

/* How long they may take, in microseconds. */
int64_t tokens_patience(const struct tokens *tokens);

/* What they answer; `lifetime` in microseconds, 0 where it is not said. */
void tokens_given(struct tokens *tokens, int64_t now, struct span token, int64_t lifetime);
void tokens_failed(struct tokens *tokens, int64_t now, double random, const char *words);

/* A sentence about the file, fit for a log, where something became known; NULL else. Said once. */
const char *tokens_warning(struct tokens *tokens);

/* Why there is none, since the last one came; CODE_OK: one did. */
enum attempt_code tokens_why(const struct tokens *tokens);

/* Words about the last failure, fit for a log; "" for none. */
const char *tokens_detail(const struct tokens *tokens);

#pragma GCC visibility pop

#endif
