#include "pure/streams.h"

/* Answers without a loss, after which twice as many may share a connection. */
enum { HOLDS_AFTER = 256 };

/* A quarter of those that were lost together may share one from then on: after a single death several still do, after
   three in a row each exchange has a connection of its own. */
enum { FEWER = 4 };

static int least(int a, int b) { return a < b ? a : b; }

void streams_init(struct streams *streams, int most, int connections, int many) {
    *streams = (struct streams){.most = most,
                                .each = most,
                                .connections = connections,
                                .many = many > connections ? many : connections,
                                .at = INT64_MIN};
}

int streams_connections(const struct streams *streams) {
    return least(streams->connections * streams->most / streams->each, streams->many);
}

int streams_room(const struct streams *streams) { return streams_connections(streams) * streams->each; }

static void answered(struct streams *streams) {
    if (streams->each == streams->most || ++streams->answered < HOLDS_AFTER) return;
    streams->answered = 0;
    streams->each = least(streams->each * 2, streams->most);
}

/* Whether a connection died. One that its server closes in good order (GOAWAY) leaves only a few exchanges unprocessed:
   those that were sent too late. */
static bool is_death(const struct streams *streams) {
    bool are_many = streams->unprocessed > 1 && streams->unprocessed * 2 >= least(streams->before, streams->running);
    return streams->lost > 1 || are_many;
}

static void lost(struct streams *streams, int64_t now, enum attempt_how how, int running) {
    if (now != streams->at) {
        streams->at = now;
        streams->before = streams->each;
        streams->running = running;
        streams->lost = streams->unprocessed = 0;
    }
    streams->answered = 0;
    *(how == ATTEMPT_LOST ? &streams->lost : &streams->unprocessed) += 1;
    if (!is_death(streams)) return;
    int fewer = least(streams->before, streams->lost + streams->unprocessed) / FEWER;
    streams->each = fewer > 1 ? fewer : 1;
}

void streams_ended(struct streams *streams, int64_t now, enum attempt_how how, int running) {
    if (how == ATTEMPT_ANSWERED)
        answered(streams);
    else if (how == ATTEMPT_LOST || how == ATTEMPT_UNPROCESSED)
        lost(streams, now, how, running);
}
