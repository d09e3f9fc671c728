/* What can go wrong with one exchange. */
#ifndef AUTH0_SIM_FAULTS_H
#define AUTH0_SIM_FAULTS_H

#include "dice.h"

enum fault {
    FAULT_NONE,
    FAULT_REFUSED,
    FAULT_TLS,
    FAULT_CONNECT_HANGS,
    FAULT_CUT_OFF,      /* sent, and it never arrives */
    FAULT_UNPROCESSED,  /* over HTTP/2: its stream is refused, */
    FAULT_GOAWAY,       /* or the connection is closed in good order, and it came too late, as did those after it */
    FAULT_RESET_BEFORE, /* it arrives, is not carried out, and the connection dies */
    FAULT_RESET_AFTER,  /* it is carried out, and the connection dies */
    FAULT_RESET_LATE,   /* the connection dies, and it is carried out later */
    FAULT_SILENT,       /* no answer, not carried out */
    FAULT_SILENT_LATE,  /* no answer, carried out later */
    FAULT_SLOW,         /* carried out, and the answer takes long */
    FAULT_SLOW_LATE,    /* carried out just before the answer, which takes long */
    FAULT_TRUNCATED,
    FAULT_STATUS,       /* 500, 503, 504, 408: not carried out, */
    FAULT_STATUS_AFTER, /* carried out, */
    FAULT_STATUS_LATE,  /* carried out later */
    FAULT_HTML,         /* 502 from an edge, not carried out, */
    FAULT_HTML_AFTER,   /* carried out */
    FAULT_HTML_SUCCESS, /* 200, carried out, and a page as the body */
    FAULT_EMPTY,
    FAULT_NOT_ARRAY,
    FAULT_WRONG_TYPES,
    FAULT_BROKEN_JSON,
    FAULT_BROKEN_GZIP,
    FAULT_LARGE,
    FAULT_REDIRECT,
    FAULT_INVALID, /* 400, and so on: refusals out of the blue */
    FAULT_FORBIDDEN,
    FAULT_NOT_FOUND,
    FAULT_CONFLICT,
    FAULT_OTHER_4XX,
    FAULT_LIMITED,      /* 429 with Retry-After, */
    FAULT_LIMITED_BARE, /* without, and without headers, */
    FAULT_LIMITED_LONG, /* beyond every deadline */
    FAULT_UNAVAILABLE,  /* 503 with Retry-After */
    FAULT_REVOKED,      /* the token dies just before it arrives */
    FAULT_NO_EFFECT,    /* a link or unlink answers with success and leaves all as it is */
    FAULT_NO_HEADERS,   /* the answer tells nothing of rates */
    FAULT_ODD_STATUS,   /* no final status of HTTP */
    FAULTS
};

enum fault_arrival { ARRIVES, NEVER_ARRIVES };
enum fault_commit { COMMITS, COMMITS_NOT, COMMITS_LATE, COMMITS_WITH_ANSWER };
enum fault_end { ENDS_ANSWERED, ENDS_LOST, ENDS_UNPROCESSED, ENDS_NEVER };

/* What the network and the tenant make of it, where it arrives and is admitted. */
struct fault_shape {
    const char *name;
    enum fault_arrival arrival;
    enum fault_commit commit;
    enum fault_end end;
    bool is_slow;
    int status;       /* 0: the tenant's own; -1: one of those that say nothing */
    const char *body; /* NULL: the tenant's own */
};

const struct fault_shape *fault_shape(enum fault fault);
enum fault fault_draw(struct dice *dice, int percent);

/* Counted when it has had its effect. */
extern long fault_counts[FAULTS];

#endif
