#include "town.h"

static struct errand *errand_of(struct town *town, const struct exchange *exchange) {
    return &town->runs[exchange->run].errands[exchange->slot];
}

static bool is_live(struct town *town, const struct exchange *exchange) {
    const struct errand *errand = errand_of(town, exchange);
    return errand->is_live && errand->epoch == exchange->epoch && !town->runs[exchange->run].is_dead;
}

static void keep_found(struct town *town, const struct exchange *exchange) {
    struct run *run = &town->runs[exchange->run];
    int person = exchange->person;
    bool is_one = person == run->primary || person == run->secondary;
    if (is_one && (exchange->status == 200 || exchange->status == 404)) run->seen_at[person] = town_clock(town);
    if (is_one && exchange->status == 404) run->seen[person] = (struct person){.home = -1, .linked_by = -1};
    if (person < 0 || exchange->status != 200) return;
    run->seen[person] = exchange->found[person];
    if (person == run->primary) run->linked_by = exchange->found[run->secondary].linked_by;
}

static void end(struct town *town, int index, enum attempt_how how) {
    struct exchange *exchange = &town->exchanges[index];
    if (!is_live(town, exchange)) return;
    if (exchange->fault != FAULT_NONE) fault_counts[exchange->fault]++;
    struct operation_event event = {.kind = OPERATION_ENDED,
                                    .now = town->world.now,
                                    .end = {.how = how, .sent = exchange->is_sent},
                                    .retry_after = -1,
                                    .random = dice_unit(&town->world.dice)};
    if (how == ATTEMPT_ANSWERED) {
        struct json_reader reader = json_reader(exchange->answer);
        reader.room = exchange->answer.size + 3;
        reader.tokens = town_keep(town, reader.room * sizeof *reader.tokens);
        event.end.status = exchange->status;
        event.body = answer_body(&reader, json_read(&reader));
        if (exchange->status == 429) event.retry_after = SECONDS(2);
        keep_found(town, exchange);
    }
    engine_ended(town, exchange->run, exchange->slot, &event);
}

static void on_commit(struct world *world, int index, int64_t unused) {
    (void)unused;
    struct town *town = town_of(world);
    struct exchange *exchange = &town->exchanges[index];
    struct span answer = exchange->answer;
    int status = exchange->status;
    if (!exchange->is_pending) return;
    world_trace(world, "run %d: %s is carried out late", exchange->run, sequence_step_name(exchange->step));
    people_carry_out(town, exchange);
    exchange->answer = answer; /* it was another's */
    exchange->status = status;
}

static void spoil(struct town *town, struct exchange *exchange) {
    static const int vague[] = {408, 500, 503, 504};
    const struct fault_shape *shape = fault_shape(exchange->fault);
    if (shape->status == 0) return;
    exchange->status = shape->status > 0 ? shape->status : vague[dice_int(&town->world.dice, 0, 3)];
    exchange->answer = span_of(shape->body);
}

static void on_answer(struct world *world, int index, int64_t unused) {
    (void)unused;
    struct town *town = town_of(world);
    struct exchange *exchange = &town->exchanges[index];
    if (fault_shape(exchange->fault)->commit == COMMITS_WITH_ANSWER) people_carry_out(town, exchange);
    spoil(town, exchange);
    end(town, index, ATTEMPT_ANSWERED);
}

static void on_lost(struct world *world, int index, int64_t unused) {
    (void)unused;
    end(town_of(world), index, ATTEMPT_LOST);
}

static int64_t soon(struct town *town) {
    return town->world.now + dice_between(&town->world.dice, MILLISECONDS(1), MILLISECONDS(400));
}

static void on_arrival(struct world *world, int index, int64_t unused) {
    (void)unused;
    struct town *town = town_of(world);
    struct exchange *exchange = &town->exchanges[index];
    const struct fault_shape *shape = fault_shape(exchange->fault);
    bool is_read = exchange->request == OPERATION_READ || exchange->step == SEQUENCE_READ;
    bool is_unlink = exchange->step == SEQUENCE_UNLINK || exchange->step == SEQUENCE_RELEASE;
    if (shape->commit == COMMITS || is_read || (exchange->fault == FAULT_NO_EFFECT && !is_unlink)) {
        people_carry_out(town, exchange);
    } else if (shape->commit == COMMITS_LATE) {
        int64_t late = dice_between(&world->dice, MILLISECONDS(1), SECONDS(dice_chance(&world->dice, 50) ? 5 : 240));
        world_at(world, world->now + late, on_commit, index, 0);
    } else if (shape->commit == COMMITS_NOT) {
        exchange->is_pending = false;
        people_show(town, exchange);
    }
    int64_t answered = shape->is_slow ? world->now + dice_between(&world->dice, SECONDS(1), SECONDS(20)) : soon(town);
    if (shape->end == ENDS_ANSWERED) world_at(world, answered, on_answer, index, 0);
    if (shape->end == ENDS_LOST) world_at(world, soon(town), on_lost, index, 0);
}

static void on_fate(struct world *world, int index, int64_t unused) {
    (void)unused;
    struct town *town = town_of(world);
    struct exchange *exchange = &town->exchanges[index];
    if (exchange->fault == FAULT_REFUSED) {
        end(town, index, ATTEMPT_UNREACHED);
    } else if (exchange->fault == FAULT_TLS) {
        end(town, index, ATTEMPT_UNTRUSTED);
    } else {
        exchange->is_sent = true;
        end(town, index, exchange->fault == FAULT_CUT_OFF ? ATTEMPT_LOST : ATTEMPT_UNPROCESSED);
    }
}

static void on_sent(struct world *world, int index, int64_t unused) {
    (void)unused;
    struct exchange *exchange = &town_of(world)->exchanges[index];
    if (!is_live(town_of(world), exchange)) { /* it was given up before */
        exchange->is_pending = false;
        return;
    }
    exchange->is_sent = true;
    world_at(world, soon(town_of(world)), on_arrival, index, 0);
}

static void on_connect_by(struct world *world, int index, int64_t unused) {
    (void)unused;
    if (!town_of(world)->exchanges[index].is_sent) end(town_of(world), index, ATTEMPT_UNREACHED);
}

static void on_end_by(struct world *world, int index, int64_t unused) {
    (void)unused;
    end(town_of(world), index, ATTEMPT_EXPIRED);
}

static enum fault draw(struct town *town) {
    enum fault fault = fault_draw(&town->world.dice, town->fault_percent);
    bool is_of_elsewhere = fault == FAULT_LARGE || fault == FAULT_REVOKED || fault == FAULT_NO_HEADERS ||
                           fault == FAULT_ODD_STATUS || fault == FAULT_LIMITED_LONG;
    return is_of_elsewhere ? FAULT_NONE : fault;
}

void network_send(struct town *town, int run, int slot) {
    struct errand *errand = &town->runs[run].errands[slot];
    int index = town->exchange_count;
    if (index == EXCHANGES_AT_MOST) return; /* the rest of the schedule is not heard of */
    town->exchange_count++;
    struct exchange *exchange = &town->exchanges[index];
    bool is_settling = errand->action.request == OPERATION_READ;
    *exchange = (struct exchange){.run = run,
                                  .slot = slot,
                                  .epoch = errand->epoch,
                                  .request = errand->action.request,
                                  .fault = draw(town),
                                  .path = errand->path,
                                  .body = errand->body,
                                  .body_size = errand->body_size,
                                  .step = is_settling ? SEQUENCE_READ : errand->request.step,
                                  .owner = people_find(errand->request.plan.target.primary),
                                  .person = -1};
    bool arrives = fault_shape(exchange->fault)->arrival == ARRIVES;
    exchange->is_pending = arrives;
    errand->exchange = index;
    if (arrives)
        world_at(&town->world, soon(town), on_sent, index, 0);
    else if (exchange->fault != FAULT_CONNECT_HANGS)
        world_at(&town->world, soon(town), on_fate, index, 0);
    world_at(&town->world, errand->action.connect_by, on_connect_by, index, 0);
    world_at(&town->world, errand->action.end_by, on_end_by, index, 0);
}
