#include "pairs.h"

#include <stdio.h>

enum { ROWS_AT_MOST = 8, COLUMNS_AT_MOST = 32 };

/* Pairs that cannot be, with the reason. The column "*|a|b|" stands for any but a and b. */
struct impossible {
    const char *row, *column, *reason;
};

struct table {
    const char *name;
    const char *const *rows, *const *columns;
    int row_count, column_count;
    const struct impossible *impossible;
    int impossible_count;
    long hits[ROWS_AT_MOST][COLUMNS_AT_MOST];
};

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))
#define TABLE(what, of_rows, of_columns, never)                                                                        \
    {                                                                                                                  \
        what, of_rows, of_columns, COUNT(of_rows), COUNT(of_columns), never, COUNT(never), {                           \
            { 0 }                                                                                                      \
        }                                                                                                              \
    }

/* ---- operation ---- */

/* A pause by what it is before. */
enum row { NEW, CHECKING, CHANGING, SETTLING, BEFORE_CHECKING, BEFORE_CHANGING, BEFORE_SETTLING, FINISHED };

static const char *const operation_rows[] = {
    "new", "checking", "changing", "settling", "pause:checking", "pause:changing", "pause:settling", "finished"};

enum column {
    STARTED,
    WOKEN,
    CANCELLED,
    GOOD,
    OTHER_BODY,
    TOO_LARGE,
    ODD,
    REDIRECTED,
    S400,
    S401,
    S403,
    S404,
    S409,
    S429,
    OTHER_4XX,
    VAGUE,
    UNREACHED,
    UNTRUSTED,
    LOST,
    UNPROCESSED,
    LATE,
    EXPIRED,
    CANCELLED_UNSENT,
    CANCELLED_SENT,
    TOKENLESS
};

static const char *const operation_columns[] = {"started",
                                                "woken",
                                                "cancelled",
                                                "2xx",
                                                "other body",
                                                "too large",
                                                "odd status",
                                                "3xx",
                                                "400",
                                                "401",
                                                "403",
                                                "404",
                                                "409",
                                                "429",
                                                "other 4xx",
                                                "5xx or 408",
                                                "unreached",
                                                "untrusted",
                                                "lost",
                                                "unprocessed",
                                                "expired unsent",
                                                "expired",
                                                "cancelled unsent",
                                                "cancelled sent",
                                                "tokenless"};

static const char one_at_a_time[] = "an exchange is under way, and ends first: its end says that it was cancelled";
static const char once_first[] = "STARTED comes once and first";
static const char no_exchange[] = "no exchange is under way";
static const char no_pause[] = "nothing pauses";

static const struct impossible operation_never[] = {
    {"checking", "started", once_first},
    {"changing", "started", once_first},
    {"settling", "started", once_first},
    {"checking", "woken", no_pause},
    {"changing", "woken", no_pause},
    {"settling", "woken", no_pause},
    {"checking", "cancelled", one_at_a_time},
    {"changing", "cancelled", one_at_a_time},
    {"settling", "cancelled", one_at_a_time},
    {"new", "*|started|", once_first},
    {"pause:checking", "*|woken|cancelled|", no_exchange},
    {"pause:changing", "*|woken|cancelled|", no_exchange},
    {"pause:settling", "*|woken|cancelled|", no_exchange},
};

static struct table operation_table = TABLE("operation", operation_rows, operation_columns, operation_never);

static enum row row_of(const struct operation *operation) {
    if (operation->state == OPERATION_FINISHED) return FINISHED;
    if (operation->state != OPERATION_PAUSED) return (enum row)operation->state;
    return operation->next == OPERATION_CHECKING   ? BEFORE_CHECKING
           : operation->next == OPERATION_CHANGING ? BEFORE_CHANGING
                                                   : BEFORE_SETTLING;
}

static enum column column_of_status(int status) {
    static const int statuses[] = {400, 401, 403, 404, 409, 429};
    for (int i = 0; i < COUNT(statuses); i++)
        if (status == statuses[i]) return (enum column)(S400 + i);
    if (status == 408 || status >= 500) return VAGUE;
    return status >= 400 ? OTHER_4XX : status >= 300 ? REDIRECTED : ODD;
}

static enum column column_of_end(const struct operation_event *event) {
    const struct attempt_end *end = &event->end;
    switch (end->how) {
    case ATTEMPT_ANSWERED: break;
    case ATTEMPT_UNREACHED: return UNREACHED;
    case ATTEMPT_UNTRUSTED: return UNTRUSTED;
    case ATTEMPT_LOST: return LOST;
    case ATTEMPT_UNPROCESSED: return UNPROCESSED;
    case ATTEMPT_EXPIRED: return end->sent ? EXPIRED : LATE;
    case ATTEMPT_CANCELLED: return end->sent ? CANCELLED_SENT : CANCELLED_UNSENT;
    case ATTEMPT_WITHHELD: return TOKENLESS;
    }
    if (end->status < 200 || end->status >= 300) return column_of_status(end->status);
    if (end->body == ATTEMPT_BODY_TOO_LARGE) return TOO_LARGE;
    bool is_json = json_kind(event->body.value) >= JSON_ARRAY;
    return end->body == ATTEMPT_BODY_OTHER || !is_json ? OTHER_BODY : GOOD;
}

void pairs_operation(const struct operation *operation, const struct operation_event *event) {
    static const enum column simple[] = {
        [OPERATION_STARTED] = STARTED, [OPERATION_WOKEN] = WOKEN, [OPERATION_CANCELLED] = CANCELLED};
    enum column column = event->kind == OPERATION_ENDED ? column_of_end(event) : simple[event->kind];
    operation_table.hits[row_of(operation)][column]++;
}

struct attempt_end pairs_any_end(struct dice *dice) {
    static const int statuses[] = {199, 200, 201, 302, 400, 401, 403, 404, 408, 409, 413, 429, 500};
    struct attempt_end end = {.how = (enum attempt_how)dice_int(dice, ATTEMPT_ANSWERED, ATTEMPT_WITHHELD)};
    if (dice_chance(dice, 60)) end.how = ATTEMPT_ANSWERED;
    end.sent = end.how == ATTEMPT_ANSWERED || end.how == ATTEMPT_LOST || dice_chance(dice, 50);
    if (end.how == ATTEMPT_ANSWERED) end.status = statuses[dice_int(dice, 0, COUNT(statuses) - 1)];
    end.body = (enum attempt_body)dice_int(dice, ATTEMPT_BODY_PROMISED, ATTEMPT_BODY_TOO_LARGE);
    return end;
}

/* ---- token_life ---- */

static const char *const token_life_rows[] = {"fixed", "none", "fetching", "ready", "refreshing", "failed"};
static const char *const token_life_columns[] = {"asked",   "asked_late",  "asked_in_pause", "expired",
                                                 "fetched", "not_fetched", "rejected"};

static const char never_ends[] = "a fixed token has no life";
static const char has_none[] = "there is no token";
static const char is_none[] = "nothing is fetched";

static const struct impossible token_life_never[] = {
    {"fixed", "asked_late", never_ends},
    {"fixed", "asked_in_pause", never_ends},
    {"fixed", "expired", never_ends},
    {"fixed", "fetched", never_ends},
    {"fixed", "not_fetched", never_ends},
    {"none", "expired", has_none},
    {"fetching", "expired", has_none},
    {"failed", "expired", has_none},
    {"none", "not_fetched", is_none},
    {"ready", "not_fetched", is_none},
    {"failed", "not_fetched", is_none},
    {"refreshing", "asked", "it begins in the last tenth of the token's life, and that lasts until its end"},
    {"refreshing", "asked_in_pause", "it begins after the pause, and what brings another takes the token away"},
};

static struct table token_life_table = TABLE("token_life", token_life_rows, token_life_columns, token_life_never);

/* An end of life is noticed with the next event. */
void pairs_token_life(const struct sim *sim, const struct token_life *life, enum token_life_event event) {
    enum token_life_state state = life->state;
    bool has_token = state == TOKEN_LIFE_READY || state == TOKEN_LIFE_REFRESHING;
    if (has_token && sim->world.now >= life->expires_at && event != TOKEN_LIFE_FETCHED) {
        token_life_table.hits[state][TOKEN_LIFE_EXPIRED]++;
        (void)token_life_next(state, TOKEN_LIFE_EXPIRED, &state);
    }
    token_life_table.hits[state][event]++;
}

/* ---- pace ---- */

static const char *const pace_rows[] = {"cold", "free", "open", "waiting", "closed"};
static const char *const pace_columns[] = {"ready",  "not ready",          "begins",  "ends silent",
                                           "passes", "passes with limits", "refused", "refused for all"};
enum pace_column { READY, NOT_READY, BEGINS, SILENT, PASSES, PASSES_LIMITED, REFUSED, REFUSED_FOR_ALL };

static const char by_definition[] = "the state says so";

static const char never_at_a_shut_gate[] = "the queue begins nothing at a shut gate";

static const struct impossible pace_never[] = {
    {"waiting", "begins", never_at_a_shut_gate}, {"closed", "begins", never_at_a_shut_gate},
    {"free", "not ready", by_definition},        {"open", "not ready", by_definition},
    {"waiting", "ready", by_definition},         {"closed", "ready", by_definition},
};

static struct table pace_table = TABLE("pace", pace_rows, pace_columns, pace_never);

static void pace_hit(const struct sim *sim, enum pace_class class, enum pace_column column) {
    pace_table.hits[pace_state(&sim->queue.pace, class, sim->world.now)][column]++;
}

void pairs_pace_asked(const struct sim *sim, enum pace_class class, int64_t ready) {
    pace_hit(sim, class, ready <= sim->world.now ? READY : NOT_READY);
}

/* As the gate was before. */
void pairs_pace_begin(const struct sim *sim, enum pace_class class) {
    pace_table.hits[sim->watch.gates[class]][BEGINS]++;
}

void pairs_pace_end(const struct sim *sim, enum pace_class class, const struct pace_answer *answer) {
    enum pace_column column = answer == NULL       ? SILENT
                              : answer->is_refused ? (answer->is_global ? REFUSED_FOR_ALL : REFUSED)
                              : answer->has_limit  ? PASSES_LIMITED
                                                   : PASSES;
    pace_hit(sim, class, column);
}

/* ---- queue ---- */

static const char *const queue_rows[] = {"out", "waiting", "following", "running", "leading"};
static const char *const queue_columns[] = {"added",       "held",    "begins",    "sent",  "answered",
                                            "unconnected", "expired", "cancelled", "told",  "released",
                                            "late",        "gate",    "token",     "fails", "dropped"};

static const char is_out[] = "it is in no queue";
static const char waits[] = "it has not begun";
static const char runs[] = "it has begun";

static const struct impossible queue_never[] = {
    {"out", "*|added|dropped|", is_out},
    {"waiting", "*|held|begins|late|gate|token|fails|dropped|", waits},
    {"following", "*|told|released|late|dropped|", waits},
    {"running", "*|sent|answered|unconnected|expired|cancelled|dropped|", runs},
    {"leading", "*|sent|answered|unconnected|expired|cancelled|dropped|", runs},
};

static struct table queue_table = TABLE("queue", queue_rows, queue_columns, queue_never);

void pairs_queue(enum queue_state state, bool leads, enum pairs_queue_event event) {
    static const int rows[QUEUE_STATES] = {[QUEUE_WAITING] = 1, [QUEUE_FOLLOWING] = 2, [QUEUE_RUNNING] = 3};
    queue_table.hits[rows[state] + (state == QUEUE_RUNNING && leads)][event]++;
}

/* ---- the report ---- */

/* Whether a name stands between bars in a list. */
static bool is_listed(const char *list, const char *name) {
    char barred[40];
    snprintf(barred, sizeof barred, "|%s|", name);
    return strstr(list, barred) != NULL;
}

static const char *why_impossible(const struct table *table, int row, int column) {
    const char *of_row = table->rows[row], *of_column = table->columns[column];
    for (int i = 0; i < table->impossible_count; i++) {
        const struct impossible *entry = &table->impossible[i];
        if (strcmp(entry->row, of_row) != 0) continue;
        if (strcmp(entry->column, of_column) == 0) return entry->reason;
        if (entry->column[0] == '*' && !is_listed(entry->column, of_column)) return entry->reason;
    }
    return NULL;
}

static int report(const struct table *table) {
    int hit = 0, there = 0, faults = 0;
    for (int row = 0; row < table->row_count; row++)
        for (int column = 0; column < table->column_count; column++) {
            bool is_hit = table->hits[row][column] > 0;
            const char *why = why_impossible(table, row, column);
            there += why == NULL;
            hit += is_hit && why == NULL;
            if (is_hit == (why == NULL)) continue;
            faults++;
            printf("  %s (%s, %s): %s%s\n", table->name, table->rows[row], table->columns[column],
                   is_hit ? "hit, though impossible: " : "not hit", is_hit ? why : "");
        }
    printf("%s: %d of %d pairs hit, %d impossible\n", table->name, hit, there,
           table->row_count * table->column_count - there);
    return faults;
}

int pairs_report(void) {
    return report(&operation_table) + report(&token_life_table) + report(&pace_table) + report(&queue_table);
}
