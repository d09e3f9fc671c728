/* The token of an engine: where it comes from, and whether it may be used. When it is fetched, and when again,
   is decided by pure/token_life. */
#ifndef AUTH0_TOKEN_SOURCE_H
#define AUTH0_TOKEN_SOURCE_H

#include "os/secrets.h"
#include "pure/request.h"
#include "pure/token_life.h"
#include "token/assertion.h"
#include "token/share.h"

#pragma GCC visibility push(hidden)

enum token_source_kind {
    TOKEN_SOURCE_GIVEN,         /* the caller's own string */
    TOKEN_SOURCE_CLIENT_SECRET, /* POST /oauth/token, grant client_credentials */
    TOKEN_SOURCE_CLIENT_KEY,    /* the same, with an assertion instead of the secret */
    TOKEN_SOURCE_FUNCTION       /* the caller is asked, and answers with token_source_given or token_source_failed */
};

/* Spans are borrowed until token_source_new returns. */
struct token_source_config {
    enum token_source_kind source;
    struct span token;     /* TOKEN_SOURCE_GIVEN */
    struct span client_id; /* of the two that fetch */
    struct span client_secret;
    struct span client_key; /* PEM */
    struct span key_id;     /* or absent */
    enum token_assertion_alg algorithm;
    struct span domain, audience;
    struct span user_agent, telemetry; /* of the request */
    const char *file;                  /* path of a file that processes share it in, or NULL */
    struct operation_limits limits;
};

struct token_source;

/* NULL with a sentence in `fault` (static text): the key cannot be used, no memory. */
struct token_source *token_source_new(const struct token_source_config *config, const char **fault);
void token_source_free(struct token_source *tokens);

struct token_source_answer {
    enum token_life_verdict verdict; /* TOKEN_LIFE_FETCH is never seen here: it is a TOKEN_LIFE_WAIT */
    int64_t until;                   /* of a wait: when to ask again, unless there is news before */
    enum failure_code why;           /* of a refusal; `token_source_detail` has words */
    int64_t told_until;              /* the tenant said to wait so long; INT64_MIN: it did not say */
};

/* An exchange wants to begin. */
struct token_source_answer token_source_ask(struct token_source *tokens, int64_t now);

/* The caller's own string, of TOKEN_SOURCE_GIVEN; else absent. */
struct span token_source_own(const struct token_source *tokens);

/* Valid until the next call of any of these functions. */
struct span token_source_text(const struct token_source *tokens, unsigned *generation);

/* The tenant answered 401 to the token of that generation. */
void token_source_rejected(struct token_source *tokens, int64_t now, unsigned generation);

/* A request for a token. It may be sent again, and carries no token. */
struct token_source_request {
    enum request_method method;
    struct span domain, path, body, user_agent, telemetry;
    struct span proof;      /* within the body: no text about the request shows it */
    struct span last_token; /* which is not sent: nor this */
    enum answer_promise promise;
    size_t max_response;
    struct operation_limits limits;
};

/* Whether one is to be carried out; said once, and answered with token_source_ended, or token_source_failed where it
   cannot be. Its spans are valid until then. */
bool token_source_request(struct token_source *tokens, struct token_source_request *request);

/* How the request ended. */
struct token_source_end {
    const struct operation_result *result;
    const struct answer_refusal *refusal; /* the tenant's words */
    const char *detail;                   /* words about an end without an answer, or "" */
    double retry_after;                   /* seconds; negative: not said */
    int64_t date;                         /* UNIX seconds by the tenant's clock; negative: not known */
};

void token_source_ended(struct token_source *tokens, int64_t now, double random, const struct token_source_end *end);

/* Whether a token is wanted of the engine's holder; said once. */
bool token_source_is_asking(struct token_source *tokens);

/* How long they may take, in microseconds. */
int64_t token_source_patience(const struct token_source *tokens);

/* What they answer; `lifetime` in microseconds, 0 where it is not said. */
void token_source_given(struct token_source *tokens, int64_t now, struct span token, int64_t lifetime);
void token_source_failed(struct token_source *tokens, int64_t now, double random, const char *words);

/* A sentence about the file, fit for a log, where something became known; NULL else. Said once. */
const char *token_source_warning(struct token_source *tokens);

/* Why there is none, since the last one came; CODE_OK: one did. */
enum failure_code token_source_why(const struct token_source *tokens);

/* Words about the last failure, fit for a log; "" for none. */
const char *token_source_detail(const struct token_source *tokens);

#pragma GCC visibility pop

#endif
