/* Whatever a tenant answers, what a caller is told can be believed and shown.

   The first byte chooses the call and how its last exchange ends (bit 7: unlink; bit 6: check; bit 5: which account;
   bits 0 to 4: a row of `endings`). Then comes the body. A checked unlink has two: the read's, a NUL, and the change's;
   without a NUL both have the same body and the same end. */
#include "fuzz/fuzz.h"
#include "pure/operation.h"
#include "support/reading.h"

/* ---- the call ---- */

#define SILENCE(way, is_sent, code)                                                                                    \
    { .how = ATTEMPT_##way, .sent = (is_sent), .status = (code) }
#define ANSWER(code, what)                                                                                             \
    { .how = ATTEMPT_ANSWERED, .sent = true, .status = (code), .body = ATTEMPT_BODY_##what }

static const struct attempt_end endings[32] = {
    ANSWER(200, PROMISED),        ANSWER(201, PROMISED),        ANSWER(204, PROMISED),
    ANSWER(200, OTHER),           ANSWER(201, TOO_LARGE),       ANSWER(302, PROMISED),
    ANSWER(304, PROMISED),        ANSWER(400, PROMISED),        ANSWER(401, PROMISED),
    ANSWER(403, PROMISED),        ANSWER(404, PROMISED),        ANSWER(408, PROMISED),
    ANSWER(409, PROMISED),        ANSWER(414, PROMISED),        ANSWER(429, PROMISED),
    ANSWER(499, TOO_LARGE),       ANSWER(500, PROMISED),        ANSWER(502, OTHER),
    ANSWER(503, PROMISED),        ANSWER(599, TOO_LARGE),       ANSWER(0, PROMISED),
    SILENCE(UNREACHED, false, 0), SILENCE(UNTRUSTED, false, 0), SILENCE(LOST, true, 0),
    SILENCE(LOST, true, 200),     SILENCE(LOST, true, 409),     SILENCE(EXPIRED, false, 0),
    SILENCE(EXPIRED, true, 0),    SILENCE(EXPIRED, true, 200),  SILENCE(CANCELLED, false, 0),
    SILENCE(CANCELLED, true, 0),  SILENCE(UNREACHED, true, 0),
};

enum { BEGINNING = 1000, STEP = 7 };

struct drive {
    struct operation operation;
    struct operation_action action;
    struct attempt_end end; /* of the last exchange, and its body */
    struct span body;
    struct answer_body read;
    bool is_change;
    int sent;
    int status; /* of the last exchange */
    int64_t now;
};

static void check_action(const struct drive *drive) {
    const struct operation *operation = &drive->operation;
    if (drive->action.kind == OPERATION_FINISH) {
        HOLDS(operation->state == OPERATION_FINISHED);
        return;
    }
    int64_t last = BEGINNING + operation->plan.limits.deadline;
    bool is_change = drive->action.request == OPERATION_CHANGE;
    HOLDS(operation->state == (is_change ? OPERATION_CHANGING : OPERATION_CHECKING));
    HOLDS(drive->action.connect_by <= drive->action.end_by && drive->action.end_by > drive->now);
    HOLDS(drive->action.end_by <= (is_change ? last - operation->plan.limits.deadline / 5 : last));
    HOLDS(drive->action.end_by <= drive->now + operation->plan.limits.attempt);
}

static void step(struct drive *drive, enum operation_event_kind kind) {
    struct operation_event event = {kind, drive->now, drive->end, drive->read, -1, 0.5};
    drive->action = operation_step(&drive->operation, &event);
    check_action(drive);
}

/* Ends one exchange; the body before it is gone by then. */
static void end_exchange(struct drive *drive, struct attempt_end end, struct span body) {
    HOLDS(drive->action.kind == OPERATION_SEND);
    operation_begun(&drive->operation, &drive->action, drive->now);
    release(drive->body);
    drive->is_change = drive->action.request == OPERATION_CHANGE;
    drive->sent++;
    drive->status = end.status;
    drive->now += STEP;
    drive->end = end;
    drive->body = own(body.at, body.size);
    drive->read = reading_body(drive->body);
    step(drive, OPERATION_ENDED);
}

static void run(struct drive *drive, unsigned choice, struct span rest) {
    bool unlink = choice & 0x80, check = unlink && (choice & 0x40);
    const struct identity_target google = {.provider = SPAN("google-oauth2"), .bare = SPAN("1150")};
    const struct identity_target saml = {.provider = SPAN("samlp"), .bare = SPAN("acme|7")};
    const struct operation_plan plan = {.kind = unlink ? OPERATION_UNLINK : OPERATION_LINK,
                                        .target = choice & 0x20 ? saml : google,
                                        .check = check,
                                        .limits = {10, 18, 20, 1}};
    operation_init(&drive->operation, &plan);
    drive->now = BEGINNING;
    step(drive, OPERATION_STARTED);
    HOLDS(drive->action.kind == OPERATION_SEND);
    HOLDS((drive->action.request == OPERATION_READ) == check);

    const char *mark = check && rest.size > 0 ? memchr(rest.at, '\0', rest.size) : NULL;
    if (mark != NULL) {
        struct span first = {rest.at, (size_t)(mark - rest.at)};
        end_exchange(drive, endings[0], first);
        rest = span_after(rest, first.size + 1);
    }
    if (drive->action.kind == OPERATION_SEND) end_exchange(drive, endings[choice & 0x1f], rest);
    if (drive->action.kind == OPERATION_SEND) end_exchange(drive, endings[choice & 0x1f], rest);
    HOLDS(drive->action.kind == OPERATION_FINISH);
}

/* ---- what a caller is told ---- */

static bool is_success(int status) { return status >= 200 && status < 300; }

/* The text of a string, or the digits of a number; to be released. */
static struct span text_of(struct json_value value) {
    if (json_kind(value) == JSON_NUMBER) return own(json_bytes(value).at, value.token->size);
    if (json_kind(value) != JSON_STRING) return own("", 0);
    char *to = allocate(value.token->size);
    return (struct span){to, json_string(value, to, value.token->size)};
}

static bool is_text(struct json_value value, struct span wanted) {
    struct span text = text_of(value);
    bool same = span_equals(text, wanted);
    release(text);
    return same;
}

static struct json_value last_member(struct json_value object, struct span name) {
    struct json_value found = {NULL, NULL};
    for (struct json_walk walk = json_walk(object); json_next(&walk);)
        if (is_text(walk.name, name)) found = walk.value;
    return found;
}

/* Under its bare id, or with its provider before it. (Neither target's id is long enough to be rounded.) */
static bool is_id(struct json_value value, const struct identity_target *target) {
    char full[64];
    size_t prefix = target->provider.size;
    memcpy(full, target->provider.at, prefix);
    full[prefix] = '|';
    memcpy(full + prefix + 1, target->bare.at, target->bare.size);
    bool is_string = json_kind(value) == JSON_STRING;
    return is_text(value, target->bare) ||
           (is_string && is_text(value, (struct span){full, prefix + 1 + target->bare.size}));
}

static bool is_there(struct json_value identities, const struct identity_target *target) {
    for (struct json_walk walk = json_walk(identities); json_next(&walk);)
        if (is_text(last_member(walk.value, SPAN("provider")), target->provider) &&
            is_id(last_member(walk.value, SPAN("user_id")), target))
            return true;
    return false;
}

static void check_success(const struct drive *drive) {
    const struct operation_result *result = &drive->operation.result;
    HOLDS(drive->is_change && drive->end.how == ATTEMPT_ANSWERED && is_success(drive->end.status));
    HOLDS(drive->end.body == ATTEMPT_BODY_PROMISED && is_success(result->status));
    HOLDS(result->value.token != NULL && result->value.token == drive->read.value.token);
    HOLDS(result->value.text == drive->body.at);
    size_t count = 0;
    for (struct json_walk walk = json_walk(result->value); json_next(&walk); count++) {
        struct json_value user_id = last_member(walk.value, SPAN("user_id"));
        HOLDS(json_kind(walk.value) == JSON_OBJECT);
        HOLDS(json_kind(last_member(walk.value, SPAN("provider"))) == JSON_STRING);
        HOLDS(json_kind(user_id) == JSON_STRING || json_is_integer(user_id));
    }
    HOLDS(count > 0);
    bool is_link = drive->operation.plan.kind == OPERATION_LINK;
    HOLDS(is_there(result->value, &drive->operation.plan.target) == is_link);
}

/* Whether a change that failed may have been carried out. */
static bool is_open(const struct drive *drive) {
    int status = drive->end.status;
    if (!drive->is_change || !drive->end.sent) return false;
    if (drive->end.how != ATTEMPT_ANSWERED || status == 408 || status >= 500 || status < 200) return true;
    return is_success(status) && drive->operation.result.code != CODE_CONFLICT;
}

static void check_result(const struct drive *drive) {
    const struct operation_result *result = &drive->operation.result;
    bool unknown = result->outcome == OUTCOME_UNKNOWN;
    HOLDS(failure_code_name(result->code) != NULL && failure_code_name(result->cause) != NULL);
    HOLDS(result->attempts == drive->sent && result->attempts <= (drive->operation.plan.check ? 2 : 1));
    HOLDS(result->elapsed == (int64_t)drive->sent * STEP);
    HOLDS(result->status == drive->status);
    HOLDS(unknown == (result->code == CODE_UNKNOWN_OUTCOME) && unknown == (result->cause != CODE_OK));
    HOLDS(!result->fault.has_position || (result->fault.what != NULL && result->fault.at <= drive->body.size));
    if (result->code == CODE_OK)
        check_success(drive);
    else
        HOLDS(unknown == is_open(drive));
    if (result->code == CODE_CONFLICT && is_success(drive->end.status)) {
        HOLDS(drive->operation.plan.kind == OPERATION_UNLINK);
        HOLDS(is_there(drive->read.value, &drive->operation.plan.target));
    }
}

/* ---- what a log shows ---- */

/* The bytes of the character at `text`; 0 where none begins. */
static size_t character_size(const char *text) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char lead = (unsigned char)*text;
    size_t size = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
    uint32_t code = size > 1 ? lead & (0x7fU >> size) : lead;
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80) return 0;
        code = code << 6 | (text[i] & 0x3f);
    }
    return size == 0 || code < least[size] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? 0 : size;
}

static void check_no_jwt(const char *text) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    while ((text = strstr(text, "eyJ")) != NULL) {
        size_t size = strspn(text, letters);
        HOLDS(size <= 16);
        text += size;
    }
}

static void check_text(const char *text, size_t room, const struct span *secrets, size_t count) {
    const char *end = memchr(text, '\0', room);
    HOLDS(end != NULL);
    for (const char *at = text; at < end;) {
        HOLDS((unsigned char)*at >= ' ' && *at != 0x7f);
        size_t size = character_size(at);
        HOLDS(size > 0);
        at += size;
    }
    check_no_jwt(text);
    for (size_t i = 0; i < count; i++)
        for (const char *at = text; (size_t)(end - at) >= secrets[i].size && secrets[i].size > 0; at++)
            HOLDS(memcmp(at, secrets[i].at, secrets[i].size) != 0);
}

/* A piece of the body that could be a token, and so could stand in a refusal. */
static struct span secret_in(struct span body) {
    size_t best = 0, at = 0;
    for (size_t i = 0, run = 0; i < body.size; i++) {
        run = body.at[i] > ' ' && body.at[i] <= '~' && strchr("*\"\\", body.at[i]) == NULL ? run + 1 : 0;
        if (run > best && run <= 40) {
            best = run;
            at = i + 1 - run;
        }
    }
    return best < 8 ? (struct span){NULL, 0} : (struct span){body.at + at, best};
}

static void check_refusal(struct span body) {
    const struct span secrets[] = {span_of("secret-0123456789abcdef"), secret_in(body)};
    struct answer_refusal refusal;
    memset(&refusal, 'x', sizeof refusal);
    answer_refusal(reading_value(body), secrets, 2, &refusal);
    check_text(refusal.error, sizeof refusal.error, secrets, 2);
    check_text(refusal.error_code, sizeof refusal.error_code, secrets, 2);
    check_text(refusal.description, sizeof refusal.description, secrets, 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    struct span rest = own((const char *)data + 1, size - 1);
    struct drive drive = {.sent = 0};
    run(&drive, data[0], rest);
    check_result(&drive);
    check_refusal(rest);
    release(drive.body);
    release(rest);
    return 0;
}
