/* What the engine's parts share: its state, and what each does for the others. Nothing else includes this.
   engine.c is the caller's side, where a call goes to the engine itself or to the thread that has it (worker.c);
   calls.c does what callers ask for; turn.c does one turn; dispatch.c carries out what operations and the queue
   decide; state.c is what all of them stand on: time, chance, the request for a token. */
#ifndef AUTH0_ENGINE_STATE_H
#define AUTH0_ENGINE_STATE_H

#include "engine/engine.h"
#include "http/network.h"
#include "pure/turns.h"

#include <sys/types.h>

#pragma GCC visibility push(hidden)

struct worker;

struct engine {
    struct worker *worker;  /* has the rest, but for what never changes; NULL: the caller drives it */
    struct call *submitted; /* the caller's: calls that it has submitted, and has not fetched yet */
    int submitted_count;
    struct network *network; /* NULL: the holder answers, and the time is virtual */
    struct replies replies;
    pid_t owner;
    struct buffer key;
    struct profile profile; /* points into the key */
    struct queue queue;
    struct queue_sharing sharing; /* as the network was told last */
    int64_t queue_at;             /* when it is to be asked again */
    struct token_source *tokens;  /* NULL: every call brings its own */
    bool is_asking;               /* for a token, and the holder has not heard it yet */
    bool is_asked;                /* the holder has, and owes the answer */
    int token_request;            /* its number */
    int64_t asked_at;             /* since when it is wanted */
    int64_t now;                  /* when the engine last looked */
    struct call token_call;       /* the request for one */
    struct events events;
    struct engine_stats stats;
    struct list calls, done; /* that it has, and that are done */
    struct list runs;        /* sequences that are not over */
    struct turns turns;      /* of those that change something */
    struct list receipts;    /* those whose approval is to be asked for */
    int unfinished;          /* of the runs, those that were approved */
    struct heap paused;      /* by when they wake */
    int pauses;
    char unconnected[CURL_ERROR_SIZE]; /* why the last one that went ahead of others could not connect */
    uint64_t random;
};

/* From 0 up to 1. */
double engine_random(struct engine *engine);

/* There is news of the token: tells whether one came that can be one, or why none did; the queue asks again. */
void engine_tell_token(struct engine *engine);

/* An event about a call, with the time and chance of now. */
struct operation_event engine_event(struct engine *engine, enum operation_event_kind kind, const struct call *call);

/* Looks at the clock, for all that follows: where something is handed to the engine, and before and after libcurl's
   part of a turn. */
void engine_look(struct engine *engine);

/* Does what an operation asks for. The call neither waits nor runs. */
void engine_obey(struct engine *engine, struct call *call, struct operation_action action);

/* One that was submitted. */
void engine_begin_call(struct engine *engine, struct call *call);

/* Ends a call as cancelled. */
void engine_cancel_call(struct engine *engine, struct call *call);

/* Gives up a call, wherever it is: its end is not told. */
void engine_drop_call(struct engine *engine, struct call *call);

/* Approves a sequence. */
void engine_approve_call(struct engine *engine, struct call *call);

/* What answers the request of that number, if it is the one that is awaited. */
void engine_take_token(struct engine *engine, int token_request, struct span token, int64_t lifetime);
void engine_take_refusal(struct engine *engine, int token_request, const char *words);

/* The next record, if there is one. A call in it is in the engine no more; its reference still is. */
bool engine_fetch(struct engine *engine, struct engine_record *record);

struct engine_stats engine_count(const struct engine *engine);

/* One turn, which waits for nothing. */
void engine_turn_once(struct engine *engine);

/* Waits for something to turn it for, unless there is news: at most `wait_ms`. */
void engine_wait(struct engine *engine, int wait_ms);

/* Gives up the calls that it has, and frees the rest. */
void engine_free(struct engine *engine);

/* Begins an operation. */
void engine_begin(struct engine *engine, struct call *call);

/* An end without an answer, of a call that neither waits nor runs. */
void engine_tell_silence(struct engine *engine, struct call *call, struct attempt_end end, const char *detail);

/* What an exchange said of its connection. */
struct engine_connection {
    bool is_timed_out; /* it was not made in the time that it had */
    int http;          /* the version that was spoken; 0: not known */
};

/* An exchange that had begun is over, and its call has what it brought. */
void engine_end_exchange(struct engine *engine, struct call *call, struct attempt_end end,
                         struct engine_connection connection);

/* Wakes, or cancels, a call that pauses. */
void engine_end_pause(struct engine *engine, struct call *call, enum operation_event_kind kind);

/* All that time and gates allow: what paused wakes, what may begin begins, what is too late ends. */
void engine_advance_queue(struct engine *engine);

/* When something is due that no exchange tells; INT64_MAX for never. */
int64_t engine_next_timer(const struct engine *engine);

/* Fetches the ends of exchanges on the network. */
void engine_collect(struct engine *engine);

#pragma GCC visibility pop

#endif
