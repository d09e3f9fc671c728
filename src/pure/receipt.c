#include "pure/receipt.h"

#include "pure/account.h"
#include "pure/identity.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

const char *receipt_state_name(enum receipt_state state) {
    static const char *const names[RECEIPT_STATES] = {"planned", "merged", "not_merged", "unknown", "undone"};
    return names[state];
}

const char *receipt_list_name(enum receipt_list list) {
    static const char *const names[RECEIPT_LISTS] = {"roles", "permissions", "organizations"};
    return names[list];
}

static bool is_text(struct json_value value) { return json_kind(value) == JSON_STRING; }

static bool is_text_or_absent(struct json_value value) { return is_text(value) || json_kind(value) == JSON_NULL; }

bool receipt_read_time(struct json_value value, int64_t *at) {
    enum { DIGITS_AT_MOST = 15 };
    if (!json_is_integer(value) || value.token->size > DIGITS_AT_MOST || !span_is_digits(json_bytes(value)))
        return false;
    *at = 0;
    for (size_t i = 0; i < value.token->size; i++) *at = *at * 10 + (json_bytes(value).at[i] - '0');
    return true;
}

static bool read_state(struct json_value value, enum receipt_state *state) {
    for (int i = 0; i < RECEIPT_STATES; i++) {
        *state = (enum receipt_state)i;
        if (json_string_is(value, span_of(receipt_state_name(*state)))) return true;
    }
    return false;
}

/* ---- lists ---- */

static bool is_empty(struct json_value value) { return json_kind(value) >= JSON_ARRAY && value.token->size == 0; }

static bool is_entry(struct json_value entry, enum receipt_list list) {
    struct json_value server, name;
    if (list != RECEIPT_PERMISSIONS) return account_is_step(entry);
    if (json_kind(entry) != JSON_OBJECT) return false;
    json_find(
        entry,
        (const struct json_wish[]){{SPAN("resource_server_identifier"), &server}, {SPAN("permission_name"), &name}}, 2);
    return is_text(server) && is_text(name);
}

static bool is_list(struct json_value value, enum receipt_list list) {
    if (json_kind(value) == JSON_NULL || is_empty(value)) return true;
    if (json_kind(value) != JSON_ARRAY) return false;
    for (struct json_walk walk = json_walk(value); json_next(&walk);)
        if (!is_entry(walk.value, list)) return false;
    return true;
}

/* False: one of them is no list of what it should hold. */
static bool read_lists(struct json_value object, struct json_value lists[RECEIPT_LISTS]) {
    for (int i = 0; i < RECEIPT_LISTS; i++) {
        (void)json_member(object, span_of(receipt_list_name((enum receipt_list)i)), &lists[i]);
        if (!is_list(lists[i], (enum receipt_list)i)) return false;
        if (json_kind(lists[i]) != JSON_ARRAY) lists[i] = (struct json_value){NULL, NULL};
    }
    return true;
}

/* ---- accounts ---- */

enum { ID_ROOM = 1024 };

/* Whether an account's id can stand in a path. */
static bool is_account(struct json_value id) {
    char text[ID_ROOM];
    struct complaint complaint;
    if (json_bytes(id).size > ID_ROOM) return false;
    size_t size = json_string(id, text, sizeof text);
    return identity_check_account("id", (struct span){text, size}, &complaint);
}

/* Whether the two halves of the secondary's id are those of the whole. */
static bool is_secondary(const struct receipt *receipt) {
    char id[ID_ROOM];
    if (json_bytes(receipt->secondary).size > ID_ROOM) return false;
    struct span whole = {id, json_string(receipt->secondary, id, sizeof id)}, provider = span_until(whole, '|');
    return provider.size < whole.size && json_string_is(receipt->provider, provider) &&
           json_string_is(receipt->user_id, span_after(whole, provider.size + 1));
}

static bool read_parts(struct receipt *receipt, struct json_value secondary, struct json_value was,
                       struct json_value carried) {
    const struct json_wish of_secondary[] = {{SPAN("id"), &receipt->secondary},
                                             {SPAN("provider"), &receipt->provider},
                                             {SPAN("user_id"), &receipt->user_id}};
    const struct json_wish of_was[] = {{SPAN("user_metadata"), &receipt->user_metadata},
                                       {SPAN("app_metadata"), &receipt->app_metadata}};
    json_find(secondary, of_secondary, COUNT(of_secondary));
    json_find(was, of_was, COUNT(of_was));
    bool is_had = json_kind(was) == JSON_OBJECT || is_empty(was);
    bool is_given = json_kind(carried) == JSON_NULL || json_kind(carried) == JSON_OBJECT || is_empty(carried);
    return is_had && is_given && read_lists(was, receipt->was) && read_lists(carried, receipt->carried);
}

static bool has_texts(const struct receipt *receipt) {
    return is_text(receipt->domain) && is_text(receipt->primary) && is_text(receipt->secondary) &&
           is_text(receipt->provider) && is_text(receipt->user_id) && is_text_or_absent(receipt->holder) &&
           is_text_or_absent(receipt->before) && is_text_or_absent(receipt->wrote) &&
           is_text_or_absent(receipt->user_metadata) && is_text_or_absent(receipt->app_metadata);
}

const char *receipt_read(struct json_value value, struct receipt *receipt) {
    struct json_value version, secondary, was, carried, at, state, open, already;
    const struct json_wish wishes[] = {
        {SPAN("version"), &version},
        {SPAN("domain"), &receipt->domain},
        {SPAN("primary"), &receipt->primary},
        {SPAN("secondary"), &secondary},
        {SPAN("at"), &at},
        {SPAN("before"), &receipt->before},
        {SPAN("wrote"), &receipt->wrote},
        {SPAN("secondary_was"), &was},
        {SPAN("carried"), &carried},
        {SPAN("holder"), &receipt->holder},
        {SPAN("state"), &state},
        {SPAN("open"), &open},
        {SPAN("already"), &already},
    };
    *receipt = (struct receipt){.whole = value};
    if (json_kind(value) != JSON_OBJECT) return "the receipt is no table of names and values";
    json_find(value, wishes, COUNT(wishes));
    bool has_parts = read_parts(receipt, secondary, was, carried);
    if (!json_is_integer(version)) return "the receipt has no version";
    if (!span_equals(json_bytes(version), SPAN("1"))) return "the receipt is of a version that is not known here";
    if (!has_parts || !has_texts(receipt) || !receipt_read_time(at, &receipt->at) ||
        !read_state(state, &receipt->state))
        return "the receipt is not complete";
    if (!is_secondary(receipt) || (is_text(receipt->holder) && !is_account(receipt->holder)))
        return "the receipt has an id that is none of an account";
    receipt->is_open = json_kind(open) != JSON_FALSE;
    receipt->is_already = json_kind(already) == JSON_TRUE;
    return NULL;
}
