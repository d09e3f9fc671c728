#include "unit/support.h"

#include "pure/json.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int open_descriptors(void) {
    DIR *directory = opendir("/proc/self/fd");
    assert_non_null(directory);
    int count = -3; /* ".", ".." and the directory's own */
    while (readdir(directory) != NULL) count++;
    closedir(directory);
    return count;
}

static const char *environment(const char *name) {
    const char *value = getenv(name);
    if (value == NULL) fail_msg("%s is not set: run this by tests/unit/run", name);
    return value;
}

/* ---- calls ---- */

static int64_t duration(int ms, int usual_ms) { return (int64_t)(ms != 0 ? ms : usual_ms) * 1000; }

void prepare(struct call *call, int number, struct wish wish) {
    char primary[32], secondary[32], body[80];
    const char *token = getenv("AUTH0_TENANT_TOKEN");
    snprintf(primary, sizeof primary, "auth0|p%d", number);
    snprintf(secondary, sizeof secondary, "s%d", number);
    snprintf(body, sizeof body, "{\"provider\":\"google-oauth2\",\"user_id\":\"%s\"}", secondary);
    struct call_order order = {
        .plan = {.kind = wish.goal == IDENTITY_LINK ? OPERATION_LINK : OPERATION_UNLINK,
                 .check = wish.check,
                 .settle = wish.settle,
                 .target = {.primary = span_of(primary),
                            .provider = SPAN("google-oauth2"),
                            .user_id = span_of(secondary),
                            .bare = span_of(secondary)},
                 .limits = {duration(wish.connect_ms, 10000), duration(wish.attempt_ms, 15000),
                            duration(wish.deadline_ms, 60000), wish.attempts != 0 ? wish.attempts : 1}},
        .domain = span_of(wish.domain != NULL ? wish.domain : environment("AUTH0_TENANT_DOMAIN")),
        .token = span_of(token != NULL ? token : "token"),
        .user_agent = SPAN("tests/unit"),
        .correlation_id = span_of(wish.fault),
        .max_response = 1 << 20,
    };
    if (wish.goal == IDENTITY_LINK) order.body = span_of(body);
    atomic_init(&call->references, 1); /* it is the test's, wherever it stands */
    assert_true(call_prepare(call, &order));
}

struct call *prepare_all(size_t count, struct wish wish) {
    struct call *calls = calloc(count, sizeof *calls);
    assert_non_null(calls);
    for (size_t i = 0; i < count; i++) prepare(&calls[i], (int)i + 1, wish);
    return calls;
}

void release_all(struct call *calls, size_t count) {
    for (size_t i = 0; i < count; i++) call_release(&calls[i]);
    free(calls);
}

void assert_told(const struct call *call, enum failure_code code, enum failure_outcome outcome) {
    const struct operation_result *result = &call->operation.result;
    if (result->code != code || result->outcome != outcome)
        fail_msg("told %s (outcome %s, status %d, %s), not %s (outcome %s)", failure_code_name(result->code),
                 failure_outcome_name(result->outcome), result->status, call->detail, failure_code_name(code),
                 failure_outcome_name(outcome));
}

/* ---- engines ---- */

struct engine *open_engine(struct profile profile) {
    struct buffer key = {NULL, 0, 0};
    assert_true(profile_pack(&profile, &key));
    struct engine *engine = engine_open(&key);
    assert_non_null(engine);
    return engine;
}

struct profile to_tenant(enum profile_http http) {
    return (struct profile){.domain = environment("AUTH0_TENANT_DOMAIN"),
                            .proxy = "",
                            .ca_file = environment("AUTH0_TENANT_CA"),
                            .resolve = {environment("AUTH0_TENANT_RESOLVE")},
                            .http = http};
}

void turn_until_told(struct engine *engine, const struct call *calls, size_t count, double seconds) {
    double end = now() + seconds;
    bool *is_told = calloc(count, sizeof *is_told);
    assert_non_null(is_told);
    for (size_t told = 0; told < count;) {
        struct engine_record record;
        while (engine_next(engine, &record)) {
            assert_int_equal(record.kind, ENGINE_DONE);
            assert_true(record.call >= calls && record.call < calls + count);
            assert_false(is_told[record.call - calls]);
            is_told[record.call - calls] = true;
            told++;
        }
        if (told < count && now() > end) fail_msg("%zu of %zu calls were told in %g s", told, count, seconds);
        if (told < count) engine_turn(engine, 100);
    }
    free(is_told);
}

void turn_until_stage(struct engine *engine, const struct call *call, enum call_stage stage) {
    for (double end = now() + 20; call->stage != stage; engine_turn(engine, 10))
        if (now() > end) fail_msg("the call stays in stage %d", (int)call->stage);
}

/* ---- the tenant ---- */

static FILE *ask(const char *path, const char *options, const char *mode) {
    char command[512];
    snprintf(command, sizeof command,
             "curl --silent --show-error --fail --cacert \"$AUTH0_TENANT_CA\" --resolve \"$AUTH0_TENANT_RESOLVE\" %s "
             "\"https://$AUTH0_TENANT_DOMAIN/_tenant/%s\"",
             options, path);
    FILE *pipe = popen(command, mode);
    assert_non_null(pipe);
    return pipe;
}

/* The tenant takes bodies of up to 1 MiB. */
enum { PAIRS_AT_ONCE = 4000 };

static void add_pairs(const char *path, int from, int to) {
    FILE *pipe = ask(path, "--data-binary @- --output /dev/null", "w");
    fputc('[', pipe);
    for (int i = from; i <= to; i++)
        fprintf(pipe, "%s{\"user_id\":\"auth0|p%d\",\"email\":\"p%d@example.com\"},{\"user_id\":\"google-oauth2|s%d\"}",
                i > from ? "," : "", i, i, i);
    fputc(']', pipe);
    assert_int_equal(pclose(pipe), 0);
}

void tenant_reset(int pairs) {
    add_pairs("reset", 1, 0);
    for (int from = 1; from <= pairs; from += PAIRS_AT_ONCE)
        add_pairs("users", from, pairs - from < PAIRS_AT_ONCE ? pairs : from + PAIRS_AT_ONCE - 1);
}

/* Terminated. */
static char *read_all(FILE *pipe, size_t *size) {
    size_t room = 1 << 16;
    char *text = NULL;
    for (*size = 0; text == NULL || !feof(pipe); room *= 2) {
        text = realloc(text, room);
        assert_non_null(text);
        *size += fread(text + *size, 1, room - *size - 1, pipe);
    }
    text[*size] = '\0';
    return text;
}

static struct json_value member(struct json_value object, const char *name) {
    struct json_value value;
    (void)json_member(object, span_of(name), &value);
    return value;
}

static int number_of(struct json_value number) {
    return json_kind(number) == JSON_NUMBER ? atoi(json_bytes(number).at) : 0;
}

/* Tokens of their own: what was recorded may be much. */
static struct json_value read_record(const struct tenant_record *record, struct json_token **tokens) {
    struct json_reader reader = json_reader(span_of(record->text));
    reader.room = json_room(reader.text.size);
    reader.tokens = *tokens = calloc(reader.room, sizeof **tokens);
    assert_non_null(*tokens);
    assert_int_equal(json_read(&reader), JSON_WHOLE);
    return json_root(&reader);
}

struct tenant_record tenant_record(void) {
    size_t size;
    FILE *pipe = ask("record", "", "r");
    struct tenant_record record = {.text = read_all(pipe, &size)};
    assert_int_equal(pclose(pipe), 0);
    struct json_token *tokens;
    struct json_value said = read_record(&record, &tokens), requests = member(said, "requests");
    record.connections = number_of(member(said, "connections"));
    record.links = number_of(member(requests, "POST /api/v2/users/{id}/identities"));
    record.unlinks = number_of(member(requests, "DELETE /api/v2/users/{id}/identities/{provider}/{user_id}"));
    for (struct json_walk walk = json_walk(member(said, "changes")); json_next(&walk);) record.changes++;
    free(tokens);
    return record;
}

void tenant_record_free(struct tenant_record *record) { free(record->text); }

int times_linked(const struct tenant_record *record, int number) {
    char primary[32];
    int times = 0;
    snprintf(primary, sizeof primary, "auth0|p%d", number);
    struct json_token *tokens;
    for (struct json_walk walk = json_walk(member(read_record(record, &tokens), "changes")); json_next(&walk);)
        times += json_string_is(member(walk.value, "kind"), SPAN("link")) &&
                 json_string_is(member(walk.value, "primary"), span_of(primary));
    free(tokens);
    return times;
}

int listen_here(char domain[DOMAIN_ROOM]) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 4), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    snprintf(domain, DOMAIN_ROOM, "127.0.0.1:%d", ntohs(address.sin_port));
    return listener;
}

struct exchange *open_plain(const struct profile *profile, struct sockets *sockets) {
    struct exchange *exchange = exchange_new(profile, sockets, NULL);
    assert_non_null(exchange);
    assert_int_equal(curl_url_set(exchange->origin, CURLUPART_SCHEME, "http", 0), CURLUE_OK);
#if CURL_HAS_PROTOCOLS_STR
    curl_easy_setopt(exchange->easy, CURLOPT_PROTOCOLS_STR, "http");
#else
    curl_easy_setopt(exchange->easy, CURLOPT_PROTOCOLS, CURLPROTO_HTTP);
#endif
    exchange->connect_by = exchange->end_by = INT64_MAX;
    return exchange;
}
