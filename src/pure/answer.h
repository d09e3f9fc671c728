/* What a tenant says in the body of an answer. */
#ifndef AUTH0_PURE_ANSWER_H
#define AUTH0_PURE_ANSWER_H

#include "pure/identity.h"
#include "pure/json.h"

#pragma GCC visibility push(hidden)

/* What was wrong with a body: static text, and where (a byte offset) if it is malformed, or where it has too many
   values. */
struct answer_fault {
    const char *what;
    size_t at;
    bool has_position, is_too_large;
};

/* A body, as it was read: with JSON_MORE, as far as there was memory. */
struct answer_body {
    struct span text;
    struct json_value value;   /* absent where it is no JSON */
    struct answer_fault fault; /* as this says */
};
struct answer_body answer_body(const struct json_reader *reader, enum json_progress progress);

/* What the body of a success is promised to be. */
enum answer_promise {
    /* An array of at least one identity, each an object with `provider` (a string) and `user_id` (a string or an
       integer: both are in the API's schema). More is not asked for: what the tenant adds is its own. */
    ANSWER_IDENTITIES,
    ANSWER_USER,            /* the object of the next one */
    ANSWER_USER_IDENTITIES, /* an object whose `identities` is such an array: it is the value */
    ANSWER_OBJECT,
    ANSWER_ARRAY,
    ANSWER_BYTES, /* whatever it is: the text alone counts */
    ANSWER_ANY    /* JSON, or nothing at all: the value is absent then */
};

/* Whether the body keeps the promise; `value` is what was promised, else `fault` says what is wrong. */
bool answer_keeps(enum answer_promise promise, const struct answer_body *body, struct json_value *value,
                  struct answer_fault *fault);

/* Whether the target's secondary is among the identities: under its bare id, under its full one, or as a number, also
   one that was rounded to a double. answer_names asks it of one identity. */
bool answer_holds(struct json_value identities, const struct identity_target *target);
bool answer_names(struct json_value identity, const struct identity_target *target);

/* A refusal's own words, as UTF-8 text fit for a log: no control characters, cut to size, secrets blanked. Empty where
   it has none. Reads both forms: the Management API's {error, message, errorCode} and OAuth's {error,
   error_description}. */
struct answer_refusal {
    char error[64];
    char error_code[64];
    char description[400];
};
void answer_refusal(struct json_value body, const struct span *secrets, size_t count, struct answer_refusal *refusal);

/* Whether a body is none of the API's, whose answers are all JSON: a firewall, a proxy or a login page answered. */
bool answer_is_foreign(const struct answer_body *body, struct span content_type);

/* The words of such a body, as a `description`: the title of a page, or the text. */
void answer_page(struct span body, const struct span *secrets, size_t count, struct answer_refusal *refusal);

/* Whether a 400 says that what was sent as a token is none at all. */
bool answer_finds_no_token(struct json_value body);

/* Which account of a link or an unlink a refusal says is not there. */
enum answer_missing { MISSING_NOTHING, MISSING_PRIMARY, MISSING_SECONDARY };
enum answer_missing answer_missing(int status, const struct answer_refusal *refusal);

#pragma GCC visibility pop

#endif
