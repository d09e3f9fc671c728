/* An operation in the engine's hands: the decisions of src/pure, and the bytes that carry them out.
   Everything that the caller gave is copied into one block, which is wiped. */
#ifndef AUTH0_ENGINE_CALL_H
#define AUTH0_ENGINE_CALL_H

#include "http/exchange.h"
#include "pure/operation.h"
#include "pure/queue.h"

#include <stdatomic.h>

#pragma GCC visibility push(hidden)

/* What to do. Spans are borrowed until call_prepare returns. */
struct call_order {
    struct operation_plan plan;
    struct span domain;
    struct span token; /* absent: the engine's own, which is put in when the exchange begins */
    struct span body;  /* JSON, or absent */
    struct span user_agent;
    struct span telemetry;      /* the value of Auth0-Client; absent switches it off */
    struct span correlation_id; /* or absent */
    size_t max_response;
    size_t max_memory; /* what the answer's values may weigh, which is told; 0: json_allowance */
    /* of a request that is neither link nor unlink */
    enum request_method method;
    struct span path;   /* with its query, encoded: "/api/v2/users/auth0%7C1?fields=identities" */
    bool is_anonymous;  /* it carries no token */
    bool is_raw;        /* the answer is a part of a file, as it stands */
    struct span range;  /* of that file: "bytes=0-1023" */
    struct span secret; /* within the body: no text about the call shows it */
};

/* What a failure tells: of the last exchange, except for those that bring no news, which are settling reads, and waits
   for a turn that did not come. */
struct call_told {
    struct answer_refusal refusal;
    char request_id[64];
    char detail[CURL_ERROR_SIZE];
    char content_type[80]; /* of a body that is not the API's; else "" */
    double retry_after;    /* as the tenant said; negative: it did not */
    int64_t date;          /* the answer's own, UNIX seconds; -1: it had none */
};

enum call_stage { CALL_NEW, CALL_QUEUED, CALL_RUNNING, CALL_PAUSED, CALL_DONE };

struct engine;
struct sequences_run;

enum { CALL_HEADERS = 8 };

struct call {
    int id; /* the submitter's name for it */
    struct operation operation;
    struct buffer memory; /* all text below points into it */
    struct span domain, token, link_with, body, correlation_id, secret;
    const char *change_target, *read_target; /* one of them may be NULL: not needed */
    struct curl_slist headers[CALL_HEADERS];
    struct curl_slist *authorization;                /* the line of the token; NULL: none is sent */
    struct curl_slist *body_headers, *other_headers; /* of requests with a body, and without: tails of one list */
    enum request_method method;
    enum pace_class bucket; /* of its own request */
    bool is_engines_token, is_raw, is_weighed;
    size_t max_response, max_memory;

    struct sequences_run *run;     /* a sequence: this call stands for it, and owns it */
    struct sequences_run *step_of; /* this call is a step of it, the engine's own */

    atomic_int references; /* one is the submitter's; the engine has another while it has the call */

    int spares;              /* of one that waits to be used again: how many there are with it, */
    struct call *spare_next; /* and the next of them */

    /* the submitter's side of the engine; no other thread reads these */
    struct engine *engine; /* that has it; NULL for none */
    struct call *submitted_next, **submitted_at;

    /* the worker's, under its lock */
    struct call *inbox_next;
    unsigned orders;
    bool is_dropped;

    /* the engine's */
    enum call_stage stage;
    struct list link;          /* in the list of what the engine has, or of what is done */
    struct queue_entry entry;  /* of an exchange that waits or runs */
    struct heap_node timer;    /* of a pause, or of a reply that is to come */
    struct exchange *exchange; /* on its way over the network */
    struct operation_action action;
    unsigned generation;      /* of the engine's token that was sent */
    struct buffer bearer;     /* the line of the engine's token */
    struct list owed;         /* among those that wait for a reply; of a sequence, for their approval to be asked for */
    struct attempt_end reply; /* of an exchange that is answered by Lua, there at reply_at */
    int64_t reply_at;         /* negative: it is not known yet */

    /* of the last exchange that ended */
    struct buffer answer;
    struct buffer tokens;      /* of the answer's JSON, and */
    struct answer_body parsed; /* what came of it: see call_parse */
    size_t weight;             /* of its values, where it is_weighed */
    struct headers headers_seen;
    struct exchange_timings timings;
    char request_id[64]; /* fit for a log, as is detail */
    double retry_after;  /* as the tenant said; negative: it did not */
    char detail[CURL_ERROR_SIZE];

    struct call_told told;
};

/* The first of a list; NULL where it is empty. */
static inline struct call *call_first(const struct list *calls) {
    struct list *link = list_first(calls);
    return link != NULL ? LIST_OWNER(struct call, link, link) : NULL;
}

/* A zeroed one; NULL where there is no memory. */
struct call *call_new(void);

/* False where there is no memory. A zeroed call is valid for call_release. */
bool call_prepare(struct call *call, const struct call_order *order);

/* What to send for a request of the operation. */
struct exchange_order call_exchange(const struct call *call, enum operation_request request);

/* The rate bucket of such a request. */
enum pace_class call_bucket(const struct call *call, enum operation_request request);

/* What the queue is to know of the exchange that its action asks for. */
void call_describe(const struct call *call, struct queue_entry *entry);

/* Puts the engine's token in. False where there is no memory. */
bool call_authorize(struct call *call, struct span token);

/* Reads the answer. */
void call_parse(struct call *call);

/* Keeps what the exchange tells that ended in this way, and whose answer was parsed. */
void call_keep_told(struct call *call, struct attempt_end end);

/* Takes another call's answer, which tells this call as much. False where there is no memory. */
bool call_share_answer(struct call *call, const struct call *leader);

/* What an exchange's headers said, and words about its end: kept as text that is fit for a log. No headers: none came.
   */
void call_note(struct call *call, const struct headers *headers, const char *detail);

/* Wipes and frees what a call owns. The call is not in an engine any more. */
void call_release(struct call *call);

/* A call that the engine's thread has must outlive its submitter. Any thread. */
void call_ref(struct call *call);

/* The last call_unref wipes the call, and frees it or keeps it for the next call_new. */
void call_unref(struct call *call);

#pragma GCC visibility pop

#endif
