#include "pure/answer.h"

#include "pure/redact.h"

static bool complain(struct answer_fault *fault, const char *what) {
    *fault = (struct answer_fault){.what = what};
    return false;
}

struct answer_body answer_body(const struct json_reader *reader, enum json_progress progress) {
    struct answer_body body = {.text = reader->text};
    if (progress == JSON_WHOLE)
        body.value = json_root(reader);
    else if (body.text.size == 0)
        body.fault.what = "the body is empty";
    else if (progress == JSON_MORE)
        body.fault.what = "there is no memory to read the body";
    else
        body.fault = (struct answer_fault){.what = reader->fault,
                                           .at = reader->fault_at,
                                           .has_position = true,
                                           .is_too_large = progress == JSON_TOO_MANY};
    return body;
}

/* Whose it is: absent where it does not say. */
static void read_identity(struct json_value identity, struct json_value *provider, struct json_value *user_id) {
    *provider = *user_id = (struct json_value){NULL, NULL};
    for (struct json_walk walk = json_walk(identity); json_next(&walk);)
        if (json_string_is(walk.name, SPAN("provider")))
            *provider = walk.value;
        else if (json_string_is(walk.name, SPAN("user_id")))
            *user_id = walk.value;
}

static bool is_identity(struct json_value value, struct answer_fault *fault) {
    struct json_value provider, user_id;
    if (json_kind(value) != JSON_OBJECT) return complain(fault, "an identity is not an object");
    read_identity(value, &provider, &user_id);
    if (json_kind(provider) != JSON_STRING) return complain(fault, "an identity has no provider that is a string");
    if (json_kind(user_id) != JSON_STRING && !json_is_integer(user_id))
        return complain(fault, "an identity has no user_id that is a string or an integer");
    return true;
}

static bool are_identities(struct json_value value, struct answer_fault *fault) {
    if (json_kind(value) != JSON_ARRAY) return complain(fault, "it is not an array of identities");
    for (struct json_walk walk = json_walk(value); json_next(&walk);)
        if (!is_identity(walk.value, fault)) return false;
    return value.token->size > 0 || complain(fault, "the array of identities is empty");
}

static bool has_identities(struct json_value user, struct json_value *identities, struct answer_fault *fault) {
    if (!json_member(user, SPAN("identities"), identities)) return complain(fault, "it is not a user with identities");
    return are_identities(*identities, fault);
}

bool answer_keeps(enum answer_promise promise, const struct answer_body *body, struct json_value *value,
                  struct answer_fault *fault) {
    struct json_value identities;
    *value = body->value;
    if (promise == ANSWER_BYTES || (promise == ANSWER_ANY && body->text.size == 0)) return true;
    if (value->token == NULL) {
        *fault = body->fault;
        return false;
    }
    switch (promise) {
    case ANSWER_IDENTITIES: return are_identities(*value, fault);
    case ANSWER_USER: return has_identities(*value, &identities, fault);
    case ANSWER_USER_IDENTITIES: return has_identities(*value, value, fault);
    case ANSWER_OBJECT: return json_kind(*value) == JSON_OBJECT || complain(fault, "it is not an object");
    case ANSWER_ARRAY: return json_kind(*value) == JSON_ARRAY || complain(fault, "it is not an array");
    case ANSWER_BYTES:
    case ANSWER_ANY: break;
    }
    return true;
}

/* "provider|bare", the other form in which the API takes an id. */
static bool is_prefixed(struct json_value text, const struct identity_target *target) {
    char value[1024];
    size_t size = json_string(text, value, sizeof value), prefix = target->provider.size;
    if (size != prefix + 1 + target->bare.size || size > sizeof value) return false;
    struct span rest = {value + prefix + 1, target->bare.size};
    return memcmp(value, target->provider.at, prefix) == 0 && value[prefix] == '|' && span_equals(rest, target->bare);
}

/* A double keeps 15 digits of a number for sure, and is written with zeros after the 17th. Two numbers of which one was
   a double are the same where those 15 digits are. */
enum { DIGITS_FOR_SURE = 15, DIGITS_AT_MOST = 17 };

static bool is_rounded(struct span number, struct span digits) {
    if (number.size <= DIGITS_AT_MOST || number.size != digits.size || number.at[0] == '-') return false;
    for (size_t i = DIGITS_AT_MOST; i < number.size; i++)
        if (number.at[i] != '0') return false;
    return memcmp(number.at, digits.at, DIGITS_FOR_SURE) == 0;
}

static bool is_target(struct json_value user_id, const struct identity_target *target) {
    if (json_kind(user_id) == JSON_STRING) return json_string_is(user_id, target->bare) || is_prefixed(user_id, target);
    if (json_kind(user_id) != JSON_NUMBER) return false;
    struct span number = json_bytes(user_id);
    return span_equals(number, target->bare) || is_rounded(number, target->bare);
}

bool answer_names(struct json_value identity, const struct identity_target *target) {
    struct json_value provider, user_id;
    read_identity(identity, &provider, &user_id);
    return json_string_is(provider, target->provider) && is_target(user_id, target);
}

bool answer_holds(struct json_value identities, const struct identity_target *target) {
    for (struct json_walk walk = json_walk(identities); json_next(&walk);)
        if (answer_names(walk.value, target)) return true;
    return false;
}

/* A body is read at most this far for a secret that a cut would leave half of. */
enum { TEXT_AT_MOST = REDACT_AT_MOST };

/* Blanks and cuts what is fit to be shown. */
static void show(char *text, const struct span *secrets, size_t count, char *to, size_t room) {
    redact_text(text, secrets, count);
    size_t size = strlen(text);
    if (size >= room) /* never in the middle of a character */
        for (size = room - 1; size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80;) size--;
    memcpy(to, text, size);
    to[size] = '\0';
}

static void take(struct json_value object, struct span name, const struct span *secrets, size_t count, char *to,
                 size_t room) {
    struct json_value value;
    if (!json_member(object, name, &value) || json_kind(value) != JSON_STRING) return;
    char text[TEXT_AT_MOST];
    text[json_string(value, text, sizeof text - 1)] = '\0';
    if (text[0] != '\0') show(text, secrets, count, to, room);
}

void answer_refusal(struct json_value body, const struct span *secrets, size_t count, struct answer_refusal *refusal) {
    *refusal = (struct answer_refusal){"", "", ""};
    take(body, SPAN("error"), secrets, count, refusal->error, sizeof refusal->error);
    take(body, SPAN("errorCode"), secrets, count, refusal->error_code, sizeof refusal->error_code);
    take(body, SPAN("error_description"), secrets, count, refusal->description, sizeof refusal->description);
    take(body, SPAN("message"), secrets, count, refusal->description, sizeof refusal->description);
}

/* ---- what is not the API's ---- */

static bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static struct span trimmed(struct span text) {
    while (text.size > 0 && is_blank(text.at[0])) text = span_after(text, 1);
    while (text.size > 0 && is_blank(text.at[text.size - 1])) text.size--;
    return text;
}

/* Of ASCII, whatever the case. */
static bool begins(struct span text, struct span beginning) {
    if (text.size < beginning.size) return false;
    for (size_t i = 0; i < beginning.size; i++)
        if ((text.at[i] >= 'A' && text.at[i] <= 'Z' ? text.at[i] | 0x20 : text.at[i]) != beginning.at[i]) return false;
    return true;
}

/* Where the piece begins; absent without it. */
static struct span from(struct span text, struct span piece) {
    for (; text.size >= piece.size; text = span_after(text, 1))
        if (begins(text, piece)) return text;
    return (struct span){NULL, 0};
}

bool answer_is_foreign(const struct answer_body *body, struct span content_type) {
    struct span text = trimmed(body->text), type = span_until(content_type, ';');
    if (text.size == 0 || body->value.token != NULL || !body->fault.has_position) return false;
    bool is_said_json = from(type, SPAN("json")).at != NULL, looks_so = text.at[0] == '{' || text.at[0] == '[';
    return text.at[0] == '<' || (!is_said_json && !looks_so);
}

/* A page's title; the whole of what is no page; empty for a page without one. */
static struct span title_of(struct span body) {
    struct span title = from(body, SPAN("<title"));
    if (title.at == NULL) return trimmed(body).size > 0 && trimmed(body).at[0] == '<' ? SPAN("") : body;
    title = span_after(title, span_until(title, '>').size);
    return title.size > 0 ? span_until(span_after(title, 1), '<') : SPAN("");
}

void answer_page(struct span body, const struct span *secrets, size_t count, struct answer_refusal *refusal) {
    char text[TEXT_AT_MOST];
    struct span title = trimmed(title_of((struct span){body.at, body.size < 65536 ? body.size : 65536}));
    size_t size = title.size < sizeof text ? title.size : sizeof text - 1;
    for (size_t i = 0; i < size; i++) text[i] = title.at[i] != '\0' ? title.at[i] : ' ';
    text[size] = '\0';
    *refusal = (struct answer_refusal){"", "", ""};
    if (size > 0) show(text, secrets, count, refusal->description, sizeof refusal->description);
    if (trimmed(span_of(refusal->description)).size == 0) refusal->description[0] = '\0';
}

/* ---- what a refusal means ---- */

bool answer_finds_no_token(struct json_value body) {
    struct json_value code, message;
    const struct json_wish wishes[] = {{SPAN("errorCode"), &code}, {SPAN("message"), &message}};
    if (json_kind(body) != JSON_OBJECT) return false;
    json_find(body, wishes, sizeof wishes / sizeof *wishes);
    return json_string_is(code, SPAN("Bearer")) ||
           json_string_is(message, SPAN("Bad HTTP authentication header format"));
}

/* No 404 is published for either; a secondary that is not there is a 400. */
enum answer_missing answer_missing(int status, const struct answer_refusal *refusal) {
    struct span words = span_of(refusal->description);
    bool is_secondary = from(words, SPAN("secondary account not found")).at != NULL ||
                        from(words, SPAN("inexistent identity")).at != NULL;
    if (status != 400 && status != 404) return MISSING_NOTHING;
    if (is_secondary) return MISSING_SECONDARY;
    bool is_primary = status == 404 || span_equals(span_of(refusal->error_code), SPAN("inexistent_user")) ||
                      from(words, SPAN("user does not exist")).at != NULL;
    return is_primary ? MISSING_PRIMARY : MISSING_NOTHING;
}
