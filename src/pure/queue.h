/* Which of the exchanges that wait may begin. Pure: events in, actions out; the clock and randomness are arguments, and
   an entry is a member of what it stands for, so nothing is allocated. The engine and the simulation obey it.

   - An entry begins when the gate of its class is open (pure/pace), the engine's token is there if it needs it, and
     there is room on the connections. Those of one class begin in the order in which they came.
   - A host is cold until a connection to it stands: one exchange goes ahead, the others follow when it is sent. If it
     cannot be connected, neither can they: they end with it; but where its time was over, those that gave themselves
     more have not had theirs, and wait on.
   - Of reads that show the same, those that wait when one begins follow it: its answer tells them. Where it hears
     nothing that would tell them (its own time is over, it is cancelled or dropped), they take their places again.
   - What would be too late ends: at the last instant at which it could begin, or before, where it is certain that its
     gate or its token will keep it longer.

   What an event costs does not grow with what waits or runs, but for the logarithm of a heap, and for those that it
   ends. */
#ifndef AUTH0_PURE_QUEUE_H
#define AUTH0_PURE_QUEUE_H

#include "pure/attempt.h"
#include "pure/heap.h"
#include "pure/list.h"
#include "pure/pace.h"
#include "pure/span.h"
#include "pure/streams.h"

#pragma GCC visibility push(hidden)

enum queue_state {
    QUEUE_OUT,
    QUEUE_WAITING,
    QUEUE_FOLLOWING, /* another's answer will tell it */
    QUEUE_RUNNING,   /* it has begun */
    QUEUE_TOLD,      /* its leader has ended: queue_told hands it out */
    QUEUE_FAILED,    /* with the one that went ahead: queue_next hands it out */
    QUEUE_STATES
};

/* Two reads of the same URL, by the same token and with the same room for the answer, show the same. */
struct queue_read {
    struct span url;   /* absent: it is read for one alone */
    struct span token; /* absent: the engine's */
    size_t room;
};

struct queue_entry {
    /* said before queue_add, and left alone until it is out */
    enum pace_class class;
    bool needs_token;       /* the engine's; else it has its own, or none */
    int64_t last_by;        /* from then on it is too late to begin */
    int64_t patience;       /* how long it would wait for a connection */
    struct queue_read read; /* lent */
    bool is_apart;          /* over HTTP/2, on a new connection if one is to be had: its last answer was lost */

    /* the queue's */
    enum queue_state state;
    bool is_held; /* that it is held was told */
    bool has_own; /* it was begun on a new connection: is_apart was granted */
    int64_t order, begun;
    struct queue_entry *leader;        /* of a follower */
    struct list followers, link, same; /* `link`: among its like, by its state */
    struct heap_node place, deadline;
};

/* How many exchanges may be under way. Over HTTP/1.1, and while the protocol is not known, each has a connection of its
   own; over HTTP/2 several share one, and pure/streams says how many after connections have died. */
struct queue_rooms {
    int singles;
    int connections, streams; /* of HTTP/2, and on each */
    int apart;                /* connections beside these over HTTP/2, for entries with is_apart */
};

extern const struct queue_rooms queue_usual_rooms;

enum queue_verdict { QUEUE_TOKEN_THERE, QUEUE_TOKEN_COMES, QUEUE_TOKEN_REFUSED };

/* What is said of the engine's token. */
struct queue_token {
    enum queue_verdict verdict;
    int64_t until;         /* it holds so long, unless queue_token_changed comes before; INT64_MAX: until then */
    enum failure_code why; /* why an entry ends that the token is refused to, or that cannot wait for it */
    int64_t told_until;    /* the tenant said to wait so long; INT64_MIN: it did not say */
};

/* How an exchange ended. */
struct queue_end {
    enum attempt_how how;
    bool sent;
    bool is_timed_out;              /* unsent: the time that it gave itself to connect was over */
    int http;                       /* the version of HTTP that was spoken; 0: not known */
    const struct pace_answer *said; /* NULL where no answer came */
    double random;                  /* [0, 1) */
};

struct queue_lane {
    struct heap places, deadlines; /* by the order in which they came; by last_by */
    struct list fresh;             /* those of which it was not told that they are held */
};

enum { QUEUE_READS = 64 };

struct queue {
    struct pace pace;
    struct queue_rooms rooms;
    bool has_rooms;
    struct queue_lane lanes[PACE_CLASSES][2]; /* of those that need no token, and those that do */
    struct heap following;                    /* followers by last_by */
    struct list reads[QUEUE_READS];           /* that wait, and could be shared, by their URL */
    struct list running;                      /* the last that began comes first */
    struct list told, failed;
    enum attempt_how failure;
    int64_t order;
    int waiting, in_flight; /* followers wait */
    int apart;              /* of those in flight, those with has_own */
    struct streams streams;
    bool is_warm;        /* a connection has stood lately */
    bool is_multiplexed; /* the last answer came over HTTP/2 */
    int64_t warm_until;
    bool is_token_known;
    struct queue_token token;
};

enum queue_action_kind {
    QUEUE_REST,  /* nothing until `until`, or an event */
    QUEUE_BEGIN, /* `entry` has begun; queue_ended follows, as cancelled and not sent where it could not be */
    QUEUE_END,   /* `entry` is out: it ends as `how`, for `reason` */
    QUEUE_HOLD,  /* `entry` waits for its gate or the token, at least until `until`: told once for each queue_add */
    QUEUE_ASK    /* for the token; queue_answer follows */
};

enum queue_reason {
    QUEUE_LATE,        /* ATTEMPT_EXPIRED */
    QUEUE_GATE,        /* ATTEMPT_WITHHELD: the gate opens too late */
    QUEUE_TOKEN,       /* ATTEMPT_WITHHELD: no token, or too late */
    QUEUE_UNCONNECTED, /* ATTEMPT_UNREACHED or ATTEMPT_UNTRUSTED: with the one that went ahead */
    QUEUE_REASONS
};

struct queue_action {
    enum queue_action_kind kind;
    struct queue_entry *entry;
    int64_t until;            /* INT64_MAX: not known */
    enum queue_reason reason; /* of QUEUE_HOLD: the gate or the token */
    enum attempt_how how;
    enum failure_code why; /* of ATTEMPT_WITHHELD */
    int64_t retry_after;   /* of ATTEMPT_WITHHELD, in microseconds: as the tenant said; negative: it did not */
};

/* pace: NULL for PACE_DEFAULTS. rooms: NULL where there are no connections: nothing waits for one. */
void queue_init(struct queue *queue, const struct pace_options *pace, const struct queue_rooms *rooms);

/* It wants to begin. The entry is in no queue. */
void queue_add(struct queue *queue, struct queue_entry *entry);

/* What to do now. Each action but QUEUE_REST is to be obeyed, and the next one asked for. */
struct queue_action queue_next(struct queue *queue, int64_t now);

/* What QUEUE_ASK asked for. Unless it is there, `until` is to come. */
void queue_answer(struct queue *queue, const struct queue_token *token);

/* What was said of the token holds no longer. */
void queue_token_changed(struct queue *queue);

/* Whose connection the others wait for; NULL: they wait for none. */
struct queue_entry *queue_leader(const struct queue *queue);

/* An exchange was sent: its connection stands. */
void queue_sent(struct queue *queue, const struct queue_entry *entry);

/* An exchange that had begun has ended. True: with it end those that queue_next tells to end as QUEUE_UNCONNECTED. */
bool queue_ended(struct queue *queue, struct queue_entry *entry, int64_t now, const struct queue_end *end);

/* The next of those that the exchange that has just ended tells as much; NULL for none. Fetched before any other event.
   */
struct queue_entry *queue_told(struct queue *queue);

/* Takes an entry out, wherever it is, without a word. */
void queue_drop(struct queue *queue, struct queue_entry *entry, int64_t now);

/* The connections that there may be, and how many exchanges may share one. */
struct queue_sharing {
    int connections; /* 0: as many as there are exchanges; else those that are shared, and one for each that is apart */
    int streams;     /* 0: as many as the server allows */
};

struct queue_sharing queue_sharing(const struct queue *queue);

const char *queue_state_name(enum queue_state state);

#pragma GCC visibility pop

#endif
