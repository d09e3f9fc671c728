/* What the requests of a sequence say. */
#include "pure/sequence_parts.h"

/* ---- operations ---- */

static enum answer_promise promise_of(const struct sequence *sequence, enum guard_read read) {
    switch (read) {
    case GUARD_PRIMARY:
    case GUARD_SECONDARY: return ANSWER_USER;
    case GUARD_HOLDER: return sequence->plan.guard.relink.holder.at != NULL ? ANSWER_USER : ANSWER_ARRAY;
    case GUARD_SCIM:
    case GUARD_DIRECTORY: return ANSWER_OBJECT;
    default: return ANSWER_ANY; /* a list, of which the guard knows several forms */
    }
}

static struct span holder_of(const struct sequence *sequence) {
    return sequence->plan.goal == SEQUENCE_UNDO ? sequence->holder : sequence->plan.guard.relink.holder;
}

/* Links and unlinks settle by reading. All else may be sent twice: to add what is there, to take what is not, and to
   write the same again changes nothing, and of two tickets either is good. */
void sequence_plan_request(const struct sequence *sequence, struct sequence_request *request) {
    struct operation_plan *plan = &request->plan;
    *plan = (struct operation_plan){.kind = OPERATION_FREE, .promise = ANSWER_ANY, .is_change = true, .settle = true};
    request->method = REQUEST_POST;
    switch (request->step) {
    case SEQUENCE_READ:
        plan->is_change = false;
        plan->promise = promise_of(sequence, request->read);
        request->method = REQUEST_GET;
        break;
    case SEQUENCE_LINK:
    case SEQUENCE_RETURN:
    case SEQUENCE_UNLINK:
    case SEQUENCE_RELEASE:
        plan->kind =
            request->step == SEQUENCE_LINK || request->step == SEQUENCE_RETURN ? OPERATION_LINK : OPERATION_UNLINK;
        plan->target = sequence->plan.target;
        if (request->step == SEQUENCE_RETURN || request->step == SEQUENCE_RELEASE)
            plan->target.primary = holder_of(sequence);
        break;
    case SEQUENCE_WRITE:
    case SEQUENCE_RESTORE:
    case SEQUENCE_PUT_BACK:
        plan->promise = ANSWER_USER; /* any object would do for a page of an error, too */
        request->method = REQUEST_PATCH;
        break;
    case SEQUENCE_TAKE_ROLES:
    case SEQUENCE_TAKE_PERMISSIONS:
    case SEQUENCE_TAKE_ORGANIZATION: request->method = REQUEST_DELETE; break;
    default: break;
    }
}

/* ---- paths ---- */

static void put_user(struct writer *path, struct span id) {
    writer_text(path, SPAN("/api/v2/users/"));
    writer_encoded(path, id);
}

/* A string of the tenant's, within JSON. */
static void put_id(struct writer *path, struct json_value id) {
    char character[4];
    if (json_kind(id) != JSON_STRING) return;
    struct json_characters walk = json_characters(id);
    for (size_t size; (size = json_next_character(&walk, character)) > 0;)
        writer_encoded(path, (struct span){character, size});
}

static void put_digits(struct writer *path, size_t number) {
    writer_integer(path, (int64_t)number);
    path->needs_comma = false;
}

/* A list's page. */
static void put_page(struct writer *path, const struct guard_answer *answer) {
    writer_text(path, SPAN("?page="));
    put_digits(path, answer->count);
    writer_text(path, SPAN("&per_page="));
    put_digits(path, GUARD_PER_PAGE);
}

/* A page of what has no numbers for them. */
static void put_take(struct writer *path, const struct guard_answer *answer) {
    struct json_value next = {NULL, NULL};
    writer_text(path, SPAN("?take="));
    put_digits(path, GUARD_PER_PAGE);
    if (answer->count > 0) (void)json_member(answer->pages[answer->count - 1], SPAN("next"), &next);
    if (json_kind(next) != JSON_STRING) return;
    writer_text(path, SPAN("&from="));
    put_id(path, next);
}

static void put_list(struct writer *path, const struct sequence *sequence, enum guard_read read) {
    static const struct span names[] = {
        {"/authentication-methods", 23}, {"/organizations", 14}, {"/groups", 7}, {"/roles", 6}, {"/permissions", 12}};
    const struct guard_answer *answer = &sequence->input.answers[read];
    const struct guard_options *options = &sequence->plan.guard;
    int place = (int)read - GUARD_SECONDARY_FACTORS; /* the secondary's and the primary's take turns */
    put_user(path, place % 2 == 0 ? options->secondary : options->primary);
    writer_text(path, names[place / 2]);
    if (read == GUARD_SECONDARY_GROUPS || read == GUARD_PRIMARY_GROUPS)
        put_take(path, answer);
    else
        put_page(path, answer);
}

static void put_holder(struct writer *path, const struct sequence *sequence) {
    enum { LONGEST = 1024 };
    char query[LONGEST];
    if (sequence->plan.guard.relink.holder.at != NULL) {
        put_user(path, sequence->plan.guard.relink.holder);
        return;
    }
    writer_text(path, SPAN("/api/v2/users?search_engine=v3&q="));
    writer_encoded(path, (struct span){query, guard_holder_query(&sequence->input, query, sizeof query)});
}

static void put_connection(struct writer *path, const struct sequence *sequence) {
    struct account secondary;
    writer_text(path, SPAN("/api/v2/connections?name="));
    if (guard_secondary(&sequence->input, &secondary)) put_id(path, secondary.connection);
}

static void put_connection_part(struct writer *path, const struct sequence *sequence, struct span part) {
    writer_text(path, SPAN("/api/v2/connections/"));
    put_id(path, guard_connection_id(&sequence->input));
    writer_text(path, part);
}

static void put_read(struct writer *path, const struct sequence *sequence, enum guard_read read) {
    switch (read) {
    case GUARD_PRIMARY: put_user(path, sequence->plan.guard.primary); break;
    case GUARD_SECONDARY: put_user(path, sequence->plan.guard.secondary); break;
    case GUARD_HOLDER: put_holder(path, sequence); break;
    case GUARD_CONNECTION: put_connection(path, sequence); break;
    case GUARD_SCIM: put_connection_part(path, sequence, SPAN("/scim-configuration")); break;
    case GUARD_DIRECTORY: put_connection_part(path, sequence, SPAN("/directory-provisioning")); break;
    case GUARD_STREAMS: writer_text(path, SPAN("/api/v2/event-streams")); break;
    default: put_list(path, sequence, read); break;
    }
}

/* The id of what an entry is, be it the tenant's object or the receipt's string. */
static struct json_value id_of(struct json_value entry) {
    struct json_value id;
    if (json_kind(entry) != JSON_OBJECT) return entry;
    (void)json_member(entry, SPAN("id"), &id);
    return id;
}

static bool restores(enum sequence_step step) {
    return step >= SEQUENCE_RESTORE && step <= SEQUENCE_RESTORE_ORGANIZATION;
}

/* The account that a change is made to. */
static struct span account_of(const struct sequence *sequence, enum sequence_step step) {
    return restores(step) ? sequence->plan.guard.secondary : sequence->plan.guard.primary;
}

static void put_organization(struct writer *path, const struct sequence *sequence,
                             const struct sequence_request *request) {
    struct json_value entry = {NULL, NULL};
    struct sequence_entries entries = sequence_entries(sequence, request->step);
    for (size_t i = 0; i <= request->index && sequence_next_entry(&entries, &entry);) i++;
    writer_text(path, SPAN("/api/v2/organizations/"));
    put_id(path, id_of(entry));
    writer_text(path, SPAN("/members"));
}

size_t sequence_path(const struct sequence *sequence, const struct sequence_request *request, char *to) {
    struct writer path = writer_to(to);
    enum sequence_step step = request->step;
    enum receipt_list list;
    if (step == SEQUENCE_READ) {
        put_read(&path, sequence, request->read);
    } else if (step == SEQUENCE_RESET_PASSWORD) {
        writer_text(&path, SPAN("/api/v2/tickets/password-change"));
    } else if (sequence_list(step, &list) && list == RECEIPT_ORGANIZATIONS) {
        put_organization(&path, sequence, request);
    } else {
        put_user(&path, account_of(sequence, step));
        if (step == SEQUENCE_REVOKE) writer_text(&path, SPAN("/revoke-access"));
        if (sequence_list(step, &list))
            writer_text(&path, list == RECEIPT_ROLES ? SPAN("/roles") : SPAN("/permissions"));
    }
    return path.size;
}

/* ---- bodies ---- */

static void put_link(struct writer *body, const struct identity_target *target) {
    writer_open(body, '{');
    writer_member_text(body, "provider", target->provider);
    writer_member_text(body, "user_id", target->user_id);
    if (target->connection_id.at != NULL) writer_member_text(body, "connection_id", target->connection_id);
    writer_close(body, '}');
}

/* { name: [ text ] } */
static void put_one(struct writer *body, const char *name, struct span text) {
    writer_open(body, '{');
    writer_name(body, name);
    writer_open(body, '[');
    writer_string(body, text);
    writer_close(body, ']');
    writer_close(body, '}');
}

static void put_member(struct writer *body, const char *name, struct json_value value) {
    writer_name(body, name);
    writer_value(body, value);
}

static void put_permission(struct writer *body, struct json_value entry) {
    struct json_value server, name;
    json_find(
        entry,
        (const struct json_wish[]){{SPAN("resource_server_identifier"), &server}, {SPAN("permission_name"), &name}}, 2);
    writer_open(body, '{');
    put_member(body, "resource_server_identifier", server);
    put_member(body, "permission_name", name);
    writer_close(body, '}');
}

void sequence_put_entries(struct writer *to, struct sequence_entries *entries, enum receipt_list list) {
    struct json_value entry;
    writer_open(to, '[');
    while (sequence_next_entry(entries, &entry))
        if (list == RECEIPT_PERMISSIONS)
            put_permission(to, entry);
        else
            writer_value(to, id_of(entry));
    writer_close(to, ']');
}

static void put_entries(struct writer *body, const struct sequence *sequence, enum sequence_step step,
                        enum receipt_list list) {
    struct sequence_entries entries = sequence_entries(sequence, step);
    writer_open(body, '{');
    writer_name(body, receipt_list_name(list));
    sequence_put_entries(body, &entries, list);
    writer_close(body, '}');
}

/* Of the account's own password, or of that of a linked identity: the API wants to know which. */
static void put_ticket(struct writer *body, const struct sequence *sequence, size_t index) {
    struct span primary = sequence->plan.guard.primary;
    struct json_value identity, user_id = {NULL, NULL};
    bool is_known = sequence_password(sequence, index, &identity);
    writer_open(body, '{');
    writer_name(body, "user_id");
    writer_string(body, primary);
    if (is_known && !account_identity_is(identity, primary)) {
        writer_name(body, "identity");
        writer_open(body, '{');
        writer_name(body, "provider");
        writer_string(body, SPAN("auth0"));
        writer_name(body, "user_id");
        (void)json_member(identity, SPAN("user_id"), &user_id);
        writer_value(body, user_id);
        writer_close(body, '}');
    }
    writer_close(body, '}');
}

size_t sequence_body(const struct sequence *sequence, const struct sequence_request *request, char *to) {
    struct writer body = writer_to(to);
    enum sequence_step step = request->step;
    enum receipt_list list;
    if (step == SEQUENCE_LINK || step == SEQUENCE_RETURN)
        put_link(&body, &request->plan.target);
    else if (step == SEQUENCE_WRITE || step == SEQUENCE_RESTORE)
        writer_text(&body, sequence->merge.patch);
    else if (step == SEQUENCE_PUT_BACK)
        writer_text(&body, sequence->restore.patch);
    else if (step == SEQUENCE_RESET_PASSWORD)
        put_ticket(&body, sequence, request->index);
    else if (sequence_list(step, &list) && list == RECEIPT_ORGANIZATIONS)
        put_one(&body, "members", account_of(sequence, step));
    else if (sequence_list(step, &list))
        put_entries(&body, sequence, step, list);
    return body.size;
}
