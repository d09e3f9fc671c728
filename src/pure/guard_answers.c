/* What the answers to a guard's reads hold. Which reads are needed is in guard_reads.c. */
#include "pure/guard_parts.h"

#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- single answers ---- */

static struct json_value page_of(const struct guard_input *input, enum guard_read read) {
    const struct guard_answer *answer = &input->answers[read];
    bool is_there = answer->state == GUARD_READ && answer->count > 0;
    return is_there ? answer->pages[0] : (struct json_value){NULL, NULL};
}

static bool account_of(const struct guard_input *input, enum guard_read read, struct account *account) {
    const struct account *known = input->answers[read].account;
    struct json_value page = page_of(input, read);
    if (known == NULL || page.token == NULL) return account_read(page, account);
    *account = *known;
    return known->profile.token != NULL;
}

static bool profile(const struct guard_input *input, enum guard_read read, struct span id, struct account *account) {
    return account_of(input, read, account) && json_string_is(account->id, id);
}

bool guard_primary(const struct guard_input *input, struct account *account) {
    return profile(input, GUARD_PRIMARY, input->options.primary, account);
}

bool guard_own_secondary(const struct guard_input *input, struct account *account) {
    return profile(input, GUARD_SECONDARY, input->options.secondary, account);
}

bool guard_is_gone(const struct guard_input *input) {
    struct account account;
    enum guard_state state = guard_state_of(input, GUARD_SECONDARY);
    return state == GUARD_ABSENT || (state == GUARD_READ && account_of(input, GUARD_SECONDARY, &account) &&
                                     !json_string_is(account.id, input->options.secondary));
}

bool guard_already_linked(const struct guard_input *input) {
    struct account primary;
    struct json_value identity;
    return guard_primary(input, &primary) && account_holds(&primary, input->options.secondary, &identity);
}

bool guard_shown_holder(const struct guard_input *input, struct account *holder) {
    struct json_value identity;
    return guard_is_gone(input) && account_of(input, GUARD_SECONDARY, holder) &&
           account_holds(holder, input->options.secondary, &identity);
}

bool guard_holder(const struct guard_input *input, struct account *holder) {
    struct json_value identity;
    if (!guard_is_gone(input)) return false;
    if (guard_shown_holder(input, holder)) return true;
    if (guard_has_holder(input))
        return profile(input, GUARD_HOLDER, input->options.relink.holder, holder) &&
               account_holds(holder, input->options.secondary, &identity);
    for (struct guard_walk walk = guard_walk(input, GUARD_HOLDER); guard_next(&walk);)
        if (account_read(walk.value, holder) && account_holds(holder, input->options.secondary, &identity)) return true;
    return false;
}

/* The identity that a relink moves. */
static bool moved_secondary(const struct guard_input *input, struct account *account) {
    struct account holder;
    struct json_value identity;
    if (!guard_has_holder(input) || !guard_holder(input, &holder) ||
        !json_string_is(holder.id, input->options.relink.holder) ||
        !account_holds(&holder, input->options.secondary, &identity))
        return false;
    *account = account_of_identity(identity);
    return true;
}

bool guard_secondary(const struct guard_input *input, struct account *account) {
    return guard_own_secondary(input, account) || moved_secondary(input, account);
}

size_t guard_holder_query(const struct guard_input *input, char *to, size_t room) {
    struct span id = input->options.secondary, provider = span_until(id, '|');
    const struct span pieces[] = {SPAN("identities.provider:\""), provider, SPAN("\" AND identities.user_id:\""),
                                  provider.size < id.size ? span_after(id, provider.size + 1) : SPAN(""), SPAN("\"")};
    size_t size = 0;
    for (size_t i = 0; i < COUNT(pieces); i++)
        for (size_t at = 0; at < pieces[i].size; at++) {
            char c = pieces[i].at[at];
            bool is_escaped = i % 2 == 1 && (c == '"' || c == '\\');
            if (room - size < 2) return 0;
            if (is_escaped) to[size++] = '\\';
            to[size++] = c;
        }
    return size;
}

static struct json_value connection_name(const struct guard_input *input) {
    struct account secondary;
    bool is_known = guard_secondary(input, &secondary) && json_kind(secondary.connection) == JSON_STRING;
    return is_known ? secondary.connection : (struct json_value){NULL, NULL};
}

/* Room for an id or a name, and what is certain to be whole: a cut is between characters. */
enum { KEY_ROOM = 512, KEY_WHOLE = KEY_ROOM - 4 };

static bool is_same(struct json_value a, struct json_value b) {
    char text[KEY_ROOM];
    size_t size = json_string(a, text, sizeof text);
    return json_kind(a) == JSON_STRING && size <= KEY_WHOLE && json_string_is(b, (struct span){text, size});
}

struct json_value guard_connection_id(const struct guard_input *input) {
    struct json_value wanted = connection_name(input);
    for (struct guard_walk walk = guard_walk(input, GUARD_CONNECTION); guard_next(&walk);) {
        struct json_value name, id;
        const struct json_wish wishes[] = {{SPAN("name"), &name}, {SPAN("id"), &id}};
        json_find(walk.value, wishes, COUNT(wishes));
        if (is_same(wanted, name) && account_is_step(id)) return id;
    }
    return (struct json_value){NULL, NULL};
}

/* ---- lists ---- */

static bool is_one_of(struct json_value text, const struct span *texts, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (json_string_is(text, texts[i])) return true;
    return false;
}

/* The API shows a list as an array, or, with totals or a `next`, as an array in an object. */
static struct json_value list_of(struct json_value page) {
    static const struct span names[] = {{"authenticators", 14}, {"organizations", 13}, {"groups", 6},
                                        {"roles", 5},           {"permissions", 11},   {"connections", 11},
                                        {"users", 5},           {"eventStreams", 12}};
    if (json_kind(page) == JSON_ARRAY) return page;
    if (json_kind(page) == JSON_OBJECT)
        for (struct json_walk walk = json_walk(page); json_next(&walk);)
            if (json_kind(walk.value) == JSON_ARRAY && is_one_of(walk.name, names, COUNT(names))) return walk.value;
    return (struct json_value){NULL, NULL};
}

static bool is_entry(struct json_value entry, enum guard_read read) {
    struct json_value id, server, name;
    const struct json_wish wishes[] = {
        {SPAN("id"), &id}, {SPAN("resource_server_identifier"), &server}, {SPAN("permission_name"), &name}};
    if (read < GUARD_SECONDARY_ORGANIZATIONS || read > GUARD_PRIMARY_PERMISSIONS) return true;
    if (json_kind(entry) != JSON_OBJECT) return false;
    json_find(entry, wishes, COUNT(wishes));
    bool is_permission = read == GUARD_SECONDARY_PERMISSIONS || read == GUARD_PRIMARY_PERMISSIONS;
    return is_permission ? json_kind(server) == JSON_STRING && json_kind(name) == JSON_STRING : account_is_step(id);
}

bool guard_takes(enum guard_read read, struct json_value page) {
    struct json_value next;
    if (read <= GUARD_SECONDARY) return true;
    bool has_next = json_member(page, SPAN("next"), &next);
    if (has_next && json_kind(next) != JSON_NULL && (json_kind(next) != JSON_STRING || json_bytes(next).size == 0))
        return false;
    for (struct json_walk walk = json_walk(list_of(page)); json_next(&walk);)
        if (!is_entry(walk.value, read)) return false;
    return true;
}

/* Where the answer says how many entries there are in all, it is not to be believed if it shows fewer at its end. */
static bool is_whole(const struct guard_answer *answer) {
    struct json_value total;
    char digits[24];
    size_t count = 0;
    for (size_t i = 0; i < answer->count; i++) count += json_walk(list_of(answer->pages[i])).left;
    if (!json_member(answer->pages[answer->count - 1], SPAN("total"), &total)) return true;
    int size = snprintf(digits, sizeof digits, "%zu", count);
    return span_equals(json_bytes(total), (struct span){digits, (size_t)size});
}

static bool is_full(struct json_value page) {
    struct json_value next;
    if (json_member(page, SPAN("next"), &next)) return json_kind(next) == JSON_STRING;
    return json_walk(list_of(page)).left >= GUARD_PER_PAGE;
}

struct guard_walk guard_walk(const struct guard_input *input, enum guard_read read) {
    const struct guard_answer *answer = &input->answers[read];
    static const struct guard_answer none;
    return (struct guard_walk){.answer = answer->state == GUARD_READ ? answer : &none};
}

bool guard_next(struct guard_walk *walk) {
    while (!json_next(&walk->entries)) {
        if (walk->page == walk->answer->count) return false;
        walk->entries = json_walk(list_of(walk->answer->pages[walk->page++]));
    }
    walk->value = walk->entries.value;
    return true;
}

/* A list with more entries than were asked for is not the API's. Lists are compared, so each has to have an end. */
static enum guard_state state_of_list(const struct guard_answer *answer) {
    size_t count = 0;
    for (size_t i = 0; i < answer->count; i++) {
        struct json_value list = list_of(answer->pages[i]);
        count += json_walk(list).left;
        if (list.token == NULL || count > (size_t)GUARD_PER_PAGE * GUARD_PAGES) return GUARD_UNREADABLE;
    }
    if (!is_full(answer->pages[answer->count - 1])) return is_whole(answer) ? GUARD_READ : GUARD_UNREADABLE;
    return answer->count < GUARD_PAGES ? GUARD_UNASKED : GUARD_UNREADABLE;
}

static bool is_single(const struct guard_input *input, enum guard_read read) {
    return read == GUARD_PRIMARY || read == GUARD_SECONDARY || read == GUARD_SCIM || read == GUARD_DIRECTORY ||
           (read == GUARD_HOLDER && guard_has_holder(input));
}

static bool is_worth(const struct guard_input *input, enum guard_read read) {
    struct account account;
    if (read == GUARD_CONNECTION) return guard_connection_id(input).token != NULL;
    if (read == GUARD_SCIM || read == GUARD_DIRECTORY) return json_kind(page_of(input, read)) == JSON_OBJECT;
    return !is_single(input, read) || account_of(input, read, &account);
}

/* Whatever its value is worth. */
static enum guard_state state_told(const struct guard_input *input, enum guard_read read) {
    const struct guard_answer *answer = &input->answers[read];
    bool is_one = is_single(input, read);
    if (read == GUARD_CONNECTION && connection_name(input).token == NULL) return GUARD_UNREADABLE;
    if (answer->state == GUARD_ABSENT) return is_one ? GUARD_ABSENT : GUARD_UNREADABLE;
    if (answer->state != GUARD_READ) return answer->state;
    if (answer->count == 0) return GUARD_UNREADABLE;
    return is_one ? GUARD_READ : state_of_list(answer);
}

bool guard_is_unasked(const struct guard_input *input, enum guard_read read) {
    return state_told(input, read) == GUARD_UNASKED;
}

enum guard_state guard_state_of(const struct guard_input *input, enum guard_read read) {
    enum guard_state state = state_told(input, read);
    return state == GUARD_READ && !is_worth(input, read) ? GUARD_UNREADABLE : state;
}

/* ---- factors ---- */

static bool is_factor(struct json_value entry, bool if_unknown) {
    static const struct span factors[] = {{"totp", 4},
                                          {"push", 4},
                                          {"phone", 5},
                                          {"email", 5},
                                          {"guardian", 8},
                                          {"webauthn-roaming", 16},
                                          {"webauthn-platform", 17}};
    /* A first factor, a check of an address, a code that only replaces a factor. */
    static const struct span others[] = {
        {"password", 8}, {"passkey", 7}, {"email-verification", 18}, {"recovery-code", 13}};
    struct json_value type, confirmed;
    const struct json_wish wishes[] = {{SPAN("type"), &type}, {SPAN("confirmed"), &confirmed}};
    json_find(entry, wishes, COUNT(wishes));
    bool is_odd = json_kind(confirmed) != JSON_NULL && json_kind(confirmed) != JSON_TRUE;
    if (json_kind(confirmed) == JSON_FALSE || (is_odd && !if_unknown)) return false;
    return is_one_of(type, factors, COUNT(factors)) || (if_unknown && !is_one_of(type, others, COUNT(others)));
}

static bool lists_factor(const struct guard_input *input, enum guard_read read) {
    for (struct guard_walk walk = guard_walk(input, read); guard_next(&walk);)
        if (is_factor(walk.value, read == GUARD_SECONDARY_FACTORS)) return true;
    return false;
}

static bool profile_has_factor(const struct account *account, bool if_unknown) {
    struct json_value is = account->multifactor;
    if (if_unknown) return is.token != NULL && (json_kind(is) != JSON_ARRAY || is.token->size > 0);
    for (struct json_walk walk = json_walk(is); json_kind(is) == JSON_ARRAY && json_next(&walk);)
        if (json_kind(walk.value) == JSON_STRING && json_bytes(walk.value).size > 0) return true;
    return false;
}

bool guard_has_factors(const struct guard_input *input, enum guard_read factors) {
    struct account account;
    if (lists_factor(input, factors)) return true;
    if (factors == GUARD_SECONDARY_FACTORS)
        return guard_own_secondary(input, &account) && profile_has_factor(&account, true);
    if (input->options.checks & GUARD_FACTORS) return false;
    return guard_primary(input, &account) && profile_has_factor(&account, false);
}

/* ---- what the primary lacks ---- */

/* What tells one entry from another: an id, or the names of a permission and its API. */
struct key {
    bool is_permission;
    char texts[2][KEY_ROOM];
    struct span words[2];
};

static void find_key(struct json_value entry, bool is_permission, struct json_value words[2]) {
    const struct json_wish wishes[] = {{is_permission ? SPAN("resource_server_identifier") : SPAN("id"), &words[0]},
                                       {SPAN("permission_name"), &words[1]}};
    words[1] = (struct json_value){NULL, NULL};
    json_find(entry, wishes, is_permission ? 2 : 1);
}

/* False: it has none, and is like no other. */
static bool read_key(struct json_value entry, struct key *key) {
    struct json_value words[2];
    find_key(entry, key->is_permission, words);
    for (int i = 0; i < 1 + key->is_permission; i++) {
        size_t size = json_string(words[i], key->texts[i], KEY_ROOM);
        if (json_kind(words[i]) != JSON_STRING || size > KEY_WHOLE) return false;
        key->words[i] = (struct span){key->texts[i], size};
    }
    return true;
}

static bool has_key(struct json_value entry, const struct key *key) {
    struct json_value words[2];
    find_key(entry, key->is_permission, words);
    return json_string_is(words[0], key->words[0]) && (!key->is_permission || json_string_is(words[1], key->words[1]));
}

static bool primary_has(const struct guard_input *input, enum guard_read secondarys, struct json_value entry) {
    struct key key = {.is_permission = secondarys == GUARD_SECONDARY_PERMISSIONS};
    if (!read_key(entry, &key)) return false;
    for (struct guard_walk walk = guard_walk(input, guard_primarys(secondarys)); guard_next(&walk);)
        if (has_key(walk.value, &key)) return true;
    return false;
}

struct guard_walk guard_missing(const struct guard_input *input, enum guard_read secondarys) {
    static const struct guard_answer none;
    bool is_known = guard_state_of(input, secondarys) == GUARD_READ &&
                    guard_state_of(input, guard_primarys(secondarys)) == GUARD_READ;
    return is_known ? guard_walk(input, secondarys) : (struct guard_walk){.answer = &none};
}

bool guard_next_missing(const struct guard_input *input, enum guard_read secondarys, struct guard_walk *walk) {
    while (guard_next(walk))
        if (!primary_has(input, secondarys, walk->value)) return true;
    return false;
}
