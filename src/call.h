/* An operation in the engine's hands: the ground's decisions, and the bytes that carry them out. Floor 1.
   Everything that the caller gave is copied into one block, which is wiped. */
#ifndef AUTH0_CALL_H
#define AUTH0_CALL_H

#include "exchange.h"
#include "operation.h"

#pragma GCC visibility push(hidden)

/* What to do. Spans are borrowed until call_prepare returns. */
struct call_order {
    enum identity_goal goal;
    bool check;
    struct identity_target target;
    struct operation_limits limits;
    struct span domain, token, body; /* body: of a link, JSON */
    struct span user_agent;
    struct span telemetry;      /* the value of Auth0-Client; absent switches it off */
    struct span correlation_id; /* or absent */
    size_t max_response;
};

enum call_stage { CALL_NEW, CALL_QUEUED, CALL_RUNNING, CALL_DONE };

struct engine;

enum { CALL_HEADERS = 9 };

struct call {
    struct operation operation;
    struct buffer memory; /* all text below points into it */
    struct span token, link_with, body;
    const char *change_url, *read_url; /* one of them may be NULL: not needed */
    struct curl_slist headers[CALL_HEADERS];
    struct curl_slist *post_headers, *change_headers, *read_headers; /* tails of one list */
    size_t max_response;

    /* the engine's */
    struct engine *engine; /* that has it; NULL for none */
    enum call_stage stage;
    struct call *next;
    struct exchange *exchange; /* on its way over the network */
    struct operation_action action;
    struct attempt_end reply; /* of an exchange that is answered by Lua, there at reply_at */
    int64_t reply_at;

    /* of the last exchange that ended */
    struct buffer answer;
    struct exchange_timings timings;
    char request_id[64]; /* fit for a log, as is detail */
    double retry_after;  /* negative: not said */
    char detail[CURL_ERROR_SIZE];
};

/* False where there is no memory. A zeroed call is valid for call_release. */
bool call_prepare(struct call *call, const struct call_order *order);

/* What to send for a request of the operation. */
struct exchange_order call_exchange(const struct call *call, enum operation_request request);

/* The secrets that must not stand in any text about this call. */
enum { CALL_SECRETS = 2 };
void call_secrets(const struct call *call, struct span secrets[CALL_SECRETS]);

/* What an exchange's headers said, and words about its end: kept as text that is fit for a log. No headers: none came.
   */
void call_note(struct call *call, const struct headers *headers, const char *detail);

/* Wipes and frees what a call owns. The call is not in an engine any more. */
void call_release(struct call *call);

#pragma GCC visibility pop

#endif
