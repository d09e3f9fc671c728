#include "token/source.h"

#include "os/clock.h"
#include "pure/claims.h"
#include "pure/numeral.h"
#include "pure/redact.h"

#include <stdio.h>
#include <stdlib.h>

/* What a fetch may take beyond its deadline until its end is told to those that share it, in microseconds. */
enum { MARGIN = 5000000 };

struct token_source {
    enum token_source_kind source;
    enum token_assertion_alg algorithm;
    struct token_life life;
    struct secrets *secrets;
    struct buffer texts; /* that are no secrets; the spans point into it */
    struct span domain, client_id, audience, key_id, user_agent, telemetry;
    struct operation_limits limits;
    struct buffer body, proof; /* of the request for a token */
    bool wants_request;        /* it is to be carried out, and was not told of yet */
    bool wants_answer;         /* of a function */
    struct token_share share;
    int64_t share_at; /* another process fetches: when to look again; 0: it does not */
    enum failure_code why;
    int64_t told_until; /* the tenant said to wait so long with the next request; INT64_MIN: it did not say */
    char detail[300];
};

/* ---- making and freeing ---- */

/* The block is reserved before the first is kept: the spans stay. */
static struct span keep(struct token_source *tokens, struct span text) {
    if (text.at == NULL) return text;
    struct span kept = {tokens->texts.at + tokens->texts.size, text.size};
    (void)buffer_append(&tokens->texts, text);
    return kept;
}

static bool keep_texts(struct token_source *tokens, const struct token_source_config *config) {
    size_t size = config->domain.size + config->client_id.size + config->audience.size + config->key_id.size +
                  config->user_agent.size + config->telemetry.size;
    if (!buffer_reserve(&tokens->texts, size + 1)) return false;
    tokens->domain = keep(tokens, config->domain);
    tokens->client_id = keep(tokens, config->client_id);
    tokens->audience = keep(tokens, config->audience);
    tokens->key_id = keep(tokens, config->key_id);
    tokens->user_agent = keep(tokens, config->user_agent);
    tokens->telemetry = keep(tokens, config->telemetry);
    return true;
}

static const char *keep_secrets(struct token_source *tokens, const struct token_source_config *config) {
    if (!secrets_put(tokens->secrets, SECRET_TOKEN, config->token)) return "the token is too long";
    if (!secrets_put(tokens->secrets, SECRET_CLIENT_SECRET, config->client_secret)) return "client_secret is too long";
    if (!secrets_put(tokens->secrets, SECRET_PRIVATE_KEY, config->client_key)) return "signing_key is too long";
    return NULL;
}

static const char *check_key(const struct token_source_config *config) {
    const char *fault = NULL;
    if (config->source == TOKEN_SOURCE_CLIENT_KEY)
        token_assertion_key_free(token_assertion_key_read(config->client_key, &fault));
    return fault;
}

struct token_source *token_source_new(const struct token_source_config *config, const char **fault) {
    struct token_source *tokens = calloc(1, sizeof *tokens);
    *fault = "not enough memory";
    if (tokens == NULL) return NULL;
    tokens->source = config->source;
    tokens->algorithm = config->algorithm;
    tokens->limits = config->limits;
    token_life_init(&tokens->life, config->source == TOKEN_SOURCE_GIVEN);
    tokens->secrets = secrets_new();
    const struct token_binding binding = {config->domain, config->client_id, config->audience};
    bool is_shared = token_share_init(&tokens->share, config->file, &binding);
    if (is_shared && tokens->secrets != NULL && keep_texts(tokens, config)) {
        *fault = keep_secrets(tokens, config);
        if (*fault == NULL) *fault = check_key(config);
        if (*fault == NULL) return tokens;
    }
    token_source_free(tokens);
    return NULL;
}

static void forget_request(struct token_source *tokens) {
    tokens->wants_request = false;
    buffer_free(&tokens->body);
    buffer_free(&tokens->proof);
}

void token_source_free(struct token_source *tokens) {
    if (tokens == NULL) return;
    forget_request(tokens);
    token_share_free(&tokens->share);
    buffer_free(&tokens->texts);
    secrets_free(tokens->secrets);
    free(tokens);
}

/* ---- asking ---- */

static void set_detail(struct token_source *tokens, const char *words) {
    snprintf(tokens->detail, sizeof tokens->detail, "%s", words);
}

static bool append_member(struct buffer *body, struct span name, struct span value) {
    return buffer_append(body, name) && buffer_append_json(body, value);
}

/* What proves that the request is this client's: the secret itself, or what was signed with the key. False, and words
   about it are kept, where there is none. */
static bool make_proof(struct token_source *tokens, struct buffer *proof) {
    if (tokens->source == TOKEN_SOURCE_CLIENT_SECRET)
        return buffer_append(proof, secrets_get(tokens->secrets, SECRET_CLIENT_SECRET));
    char audience[300];
    snprintf(audience, sizeof audience, "https://%.*s/", (int)tokens->domain.size, tokens->domain.at);
    const struct token_assertion_claims claims = {.client_id = tokens->client_id,
                                                  .audience = span_of(audience),
                                                  .kid = tokens->key_id,
                                                  .unix_now = clock_unix_us() / 1000000};
    const char *fault = "the signing_key cannot be read";
    struct token_assertion_key *key =
        token_assertion_key_read(secrets_get(tokens->secrets, SECRET_PRIVATE_KEY), &fault);
    bool done = key != NULL && token_assertion_sign(key, tokens->algorithm, &claims, proof, &fault);
    if (!done) set_detail(tokens, fault);
    token_assertion_key_free(key);
    return done;
}

static bool build_body(const struct token_source *tokens, struct span proof, struct buffer *body) {
    static const char assertion[] =
        ",\"client_assertion_type\":\"urn:ietf:params:oauth:client-assertion-type:jwt-bearer\""
        ",\"client_assertion\":";
    struct span name = tokens->source == TOKEN_SOURCE_CLIENT_SECRET ? SPAN(",\"client_secret\":") : SPAN(assertion);
    return append_member(body, SPAN("{\"grant_type\":\"client_credentials\",\"client_id\":"), tokens->client_id) &&
           append_member(body, SPAN(",\"audience\":"), tokens->audience) && append_member(body, name, proof) &&
           buffer_append(body, SPAN("}"));
}

static bool prepare(struct token_source *tokens) {
    forget_request(tokens);
    tokens->wants_request =
        make_proof(tokens, &tokens->proof) && build_body(tokens, buffer_span(&tokens->proof), &tokens->body);
    return tokens->wants_request;
}

/* A token goes into a header: what could not is none. */
static bool keep_token(struct token_source *tokens, struct span token) {
    struct complaint complaint;
    return identity_check_token("access_token", token, &complaint) && secrets_put(tokens->secrets, SECRET_TOKEN, token);
}

/* Of a fetch that could not be begun. */
static void fail_at_once(struct token_source *tokens, int64_t now) {
    tokens->why = CODE_UNAUTHORIZED;
    tokens->told_until = INT64_MIN;
    token_share_failed(&tokens->share, 0);
    token_life_failed(&tokens->life, now, true, -1, 0);
}

static void fetch_own(struct token_source *tokens, int64_t now) {
    if (tokens->source == TOKEN_SOURCE_FUNCTION)
        tokens->wants_answer = true;
    else if (!prepare(tokens))
        fail_at_once(tokens, now);
}

/* Why a call that cannot wait that long has no token. Another process that fetches is waited for in steps of less than
   a second: a longer wait is a pause after a fetch that failed. */
static void explain_wait(struct token_source *tokens, int64_t now, int64_t again) {
    bool is_pause = again > 1000000;
    tokens->told_until = is_pause ? now + again : INT64_MIN;
    tokens->why = is_pause ? CODE_RATE_LIMITED : CODE_TIMEOUT;
    set_detail(tokens, is_pause ? "no token: another process was told to wait with its request for one"
                                : "no token: another process is to fetch it, and has not");
}

/* From the file, if another process has left one there, or is about to. */
static void fetch(struct token_source *tokens, int64_t now) {
    struct buffer token = {NULL, 0, 0};
    struct token_share_answer answer = token_share_ask(&tokens->share, tokens->limits.deadline + MARGIN, &token);
    tokens->share_at = answer.news == TOKEN_SHARE_WAIT ? now + answer.again : 0;
    if (answer.news == TOKEN_SHARE_WAIT) {
        explain_wait(tokens, now, answer.again);
    } else if (answer.news == TOKEN_SHARE_TOKEN && keep_token(tokens, buffer_span(&token))) {
        tokens->detail[0] = '\0';
        token_life_fetched(&tokens->life, now, answer.left);
    } else {
        fetch_own(tokens, now);
    }
    buffer_free(&token);
}

struct token_source_answer token_source_ask(struct token_source *tokens, int64_t now) {
    struct token_life_answer answer = token_life_ask(&tokens->life, now);
    bool looks_again = tokens->share_at != 0 && now >= tokens->share_at;
    if (answer.fetch || looks_again) {
        fetch(tokens, now);
        answer = token_life_ask(&tokens->life, now); /* it may have come at once */
    }
    if (tokens->share_at != 0 && tokens->share_at < answer.until) answer.until = tokens->share_at;
    return (struct token_source_answer){.verdict =
                                            answer.verdict == TOKEN_LIFE_FETCH ? TOKEN_LIFE_WAIT : answer.verdict,
                                        .until = answer.until,
                                        .why = tokens->why,
                                        .told_until = tokens->told_until};
}

struct span token_source_own(const struct token_source *tokens) {
    return tokens->source == TOKEN_SOURCE_GIVEN ? secrets_get(tokens->secrets, SECRET_TOKEN) : (struct span){NULL, 0};
}

struct span token_source_text(const struct token_source *tokens, unsigned *generation) {
    *generation = tokens->life.generation;
    return secrets_get(tokens->secrets, SECRET_TOKEN);
}

void token_source_rejected(struct token_source *tokens, int64_t now, unsigned generation) {
    if (generation == tokens->life.generation && tokens->source != TOKEN_SOURCE_GIVEN) {
        token_share_rejected(&tokens->share);
        tokens->told_until = INT64_MIN;
        tokens->why = CODE_UNAUTHORIZED; /* of those that are refused until the next fetch */
        set_detail(tokens, "no token: the tenant does not accept those that it gave");
    }
    token_life_rejected(&tokens->life, now, generation);
}

bool token_source_request(struct token_source *tokens, struct token_source_request *request) {
    if (!tokens->wants_request) return false;
    tokens->wants_request = false;
    *request = (struct token_source_request){
        .method = REQUEST_POST,
        .domain = tokens->domain,
        .path = SPAN("/oauth/token"),
        .body = buffer_span(&tokens->body),
        .proof = buffer_span(&tokens->proof),
        .last_token = secrets_get(tokens->secrets, SECRET_TOKEN),
        .user_agent = tokens->user_agent,
        .telemetry = tokens->telemetry,
        .promise = ANSWER_OBJECT,
        .max_response = 65536,
        .limits = tokens->limits,
    };
    return true;
}

bool token_source_is_asking(struct token_source *tokens) {
    bool asking = tokens->wants_answer;
    tokens->wants_answer = false;
    return asking;
}

int64_t token_source_patience(const struct token_source *tokens) { return tokens->limits.attempt; }

/* ---- hearing ---- */

static void fail(struct token_source *tokens, int64_t now, enum failure_code code, bool is_final, int64_t after,
                 double random) {
    tokens->why = code;
    tokens->told_until = after >= 0 ? now + after : INT64_MIN;
    token_share_failed(&tokens->share, after > 0 ? after : 0);
    token_life_failed(&tokens->life, now, is_final, after, random);
}

/* Seconds; a tenant allows less for what is signed. */
enum { CLOCKS_APART = 10 };

/* What the tenant, or the way to it, said, in one sentence fit for a log. */
static void describe(struct token_source *tokens, const struct token_source_end *end) {
    const struct operation_result *result = end->result;
    const char *words = end->refusal->description[0] != '\0' ? end->refusal->description
                        : end->refusal->error[0] != '\0'     ? end->refusal->error
                        : result->fault.what != NULL         ? result->fault.what
                                                             : end->detail;
    char clocks[CLAIMS_WORDS] = "";
    /* What is signed says when, by this machine's clock. */
    if (tokens->source == TOKEN_SOURCE_CLIENT_KEY)
        (void)claims_compare_clocks(end->date, clock_unix_us() / 1000000, CLOCKS_APART, clocks);
    snprintf(tokens->detail, sizeof tokens->detail, "no token: %s%s%.140s%s%.80s", failure_code_name(result->code),
             words[0] != '\0' ? ": " : "", words, clocks[0] != '\0' ? "; " : "", clocks);
}

/* Where the answer does not say how long: what the token says itself. */
static int64_t claimed_lifetime(struct span token) {
    struct buffer memory = {NULL, 0, 0};
    struct jwt jwt;
    int64_t lifetime = 0;
    size_t room = jwt_room(token);
    if (room > 0 && buffer_reserve(&memory, room)) {
        memory.size = room; /* all of it is wiped */
        if (jwt_read(token, memory.at, &jwt) && jwt.has_exp && jwt.has_iat && jwt.iat >= 0 && jwt.exp > jwt.iat &&
            jwt.exp - jwt.iat < 100000000)
            lifetime = (jwt.exp - jwt.iat) * 1000000;
    }
    buffer_free(&memory);
    return lifetime;
}

/* What is no number of seconds is not said. */
static int64_t lifetime_of(struct json_value answer) {
    struct json_value value;
    if (!json_member(answer, SPAN("expires_in"), &value) || json_kind(value) != JSON_NUMBER) return 0;
    double seconds = numeral_read(json_bytes(value));
    return seconds > 0 && seconds < 1e9 ? (int64_t)(seconds * 1e6) : 0;
}

/* It is there: for this process, and for those that share it. */
static bool take_token(struct token_source *tokens, int64_t now, struct span token, int64_t lifetime) {
    if (!keep_token(tokens, token)) return false;
    if (lifetime <= 0) lifetime = claimed_lifetime(token);
    token_life_fetched(&tokens->life, now, lifetime);
    token_share_fetched(&tokens->share, token, tokens->life.expires_at - now);
    tokens->detail[0] = '\0';
    return true;
}

static bool take_answer(struct token_source *tokens, int64_t now, struct json_value answer) {
    struct json_value value;
    if (!json_member(answer, SPAN("access_token"), &value) || json_kind(value) != JSON_STRING) return false;
    struct buffer token = {NULL, 0, 0};
    bool done = buffer_reserve(&token, value.token->size);
    if (done) token.size = json_string(value, token.at, value.token->size);
    done = done && take_token(tokens, now, buffer_span(&token), lifetime_of(answer));
    buffer_free(&token);
    return done;
}

void token_source_ended(struct token_source *tokens, int64_t now, double random, const struct token_source_end *end) {
    const struct operation_result *result = end->result;
    double after = end->retry_after;
    forget_request(tokens);
    if (result->code == CODE_OK && take_answer(tokens, now, result->value)) {
        /* nothing more to do */
    } else if (result->code == CODE_OK) {
        set_detail(tokens, "no token: the answer has no access_token");
        fail(tokens, now, CODE_BAD_RESPONSE, false, -1, random);
    } else {
        describe(tokens, end);
        fail(tokens, now, result->code, token_life_is_final(result->status),
             after < 0 || after > 1e9 ? -1 : (int64_t)(after * 1e6), random);
    }
}

void token_source_given(struct token_source *tokens, int64_t now, struct span token, int64_t lifetime) {
    if (take_token(tokens, now, token, lifetime)) return;
    struct complaint complaint = {"token", "there is no memory for it"};
    (void)identity_check_token("token", token, &complaint);
    snprintf(tokens->detail, sizeof tokens->detail, "no token: what the token function returned cannot be one: %s",
             complaint.what);
    fail(tokens, now, CODE_UNAUTHORIZED, true, -1, 0);
}

void token_source_failed(struct token_source *tokens, int64_t now, double random, const char *words) {
    snprintf(tokens->detail, sizeof tokens->detail, "no token: %.150s", words);
    redact_text(tokens->detail, NULL, 0);
    forget_request(tokens);
    fail(tokens, now, CODE_UNAUTHORIZED, true, -1, random);
}

const char *token_source_warning(struct token_source *tokens) { return token_share_warning(&tokens->share); }

const char *token_source_detail(const struct token_source *tokens) { return tokens->detail; }

enum failure_code token_source_why(const struct token_source *tokens) {
    return tokens->detail[0] != '\0' ? tokens->why : CODE_OK;
}
