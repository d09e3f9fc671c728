#include "pure/account.h"

#include "pure/answer.h"
#include "pure/identity.h"

/* A JSON null says as little as a member that is not there. */
static void drop_null(struct json_value *value) {
    if (json_kind(*value) == JSON_NULL) value->token = NULL;
}

static void find(struct json_value object, const struct json_wish *wishes, size_t count) {
    json_find(object, wishes, count);
    for (size_t i = 0; i < count; i++) drop_null(wishes[i].value);
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void read_own(struct account *account) {
    const struct json_wish wishes[] = {{SPAN("provider"), &account->provider},
                                       {SPAN("user_id"), &account->user_id},
                                       {SPAN("connection"), &account->connection},
                                       {SPAN("isSocial"), &account->is_social}};
    find(account->own, wishes, COUNT(wishes));
}

/* Longer than any id: one that is cut is no identity's. */
enum { ID_ROOM = 1024 };

/* The identity that the account is called after; else the first. False: there is none that is an object. */
static bool choose_own(struct account *account) {
    char id[ID_ROOM];
    size_t size = json_string(account->id, id, sizeof id);
    struct json_walk walk = json_walk(account->identities);
    if (json_kind(account->identities) != JSON_ARRAY || !json_next(&walk)) return false;
    account->has_own = account_identity(account, (struct span){id, size}, &account->own);
    if (!account->has_own) account->own = walk.value;
    return json_kind(account->own) == JSON_OBJECT;
}

/* False: one of the members that count stands in it twice, of which one may hide what the other says. */
static bool find_single(struct json_value object, const struct json_wish *wishes, size_t count) {
    for (struct json_walk walk = json_walk(object); json_next(&walk);) {
        const struct json_wish *wish = json_wish_for(walk.name, wishes, count);
        if (wish == NULL) continue;
        if (wish->value->token != NULL) return false;
        *wish->value = walk.value;
    }
    for (size_t i = 0; i < count; i++) drop_null(wishes[i].value);
    return true;
}

/* Of metadata that is no object there is nothing that a merge could keep. */
static bool is_metadata(struct json_value value) {
    bool is_empty = json_kind(value) == JSON_ARRAY && value.token->size == 0;
    return value.token == NULL || json_kind(value) == JSON_OBJECT || is_empty;
}

bool account_read(struct json_value profile, struct account *account) {
    struct account is = {.profile = profile};
    const struct json_wish wishes[] = {{SPAN("user_id"), &is.id},
                                       {SPAN("email"), &is.email},
                                       {SPAN("email_verified"), &is.email_verified},
                                       {SPAN("blocked"), &is.blocked},
                                       {SPAN("created_at"), &is.created_at},
                                       {SPAN("name"), &is.name},
                                       {SPAN("picture"), &is.picture},
                                       {SPAN("logins_count"), &is.logins_count},
                                       {SPAN("user_metadata"), &is.user_metadata},
                                       {SPAN("app_metadata"), &is.app_metadata},
                                       {SPAN("multifactor"), &is.multifactor},
                                       {SPAN("identities"), &is.identities}};
    *account = (struct account){.profile = {NULL, NULL}};
    if (!find_single(profile, wishes, COUNT(wishes)) || json_kind(is.id) != JSON_STRING ||
        !is_metadata(is.user_metadata) || !is_metadata(is.app_metadata) || !choose_own(&is))
        return false;
    read_own(&is);
    *account = is;
    return true;
}

struct account account_of_identity(struct json_value identity) {
    struct account account = {.own = identity, .has_own = true};
    struct json_value data;
    read_own(&account);
    json_member(identity, SPAN("profileData"), &data);
    const struct json_wish wishes[] = {{SPAN("email"), &account.email},
                                       {SPAN("email_verified"), &account.email_verified},
                                       {SPAN("name"), &account.name},
                                       {SPAN("picture"), &account.picture}};
    find(data, wishes, COUNT(wishes));
    return account;
}

bool account_linked(const struct account *account, size_t index, struct json_value *identity) {
    for (struct json_walk walk = json_walk(account->identities); json_next(&walk);) {
        if (walk.value.token == account->own.token || index-- > 0) continue;
        *identity = walk.value;
        return true;
    }
    return false;
}

size_t account_count_linked(const struct account *account) {
    size_t count = 0;
    for (struct json_walk walk = json_walk(account->identities); json_next(&walk);)
        count += walk.value.token != account->own.token;
    return count;
}

bool account_identity_is(struct json_value identity, struct span id) {
    struct span provider = span_until(id, '|');
    if (provider.size == id.size) return false;
    return answer_names(identity,
                        &(struct identity_target){.provider = provider, .bare = span_after(id, provider.size + 1)});
}

bool account_identity(const struct account *account, struct span id, struct json_value *identity) {
    for (struct json_walk walk = json_walk(account->identities); json_next(&walk);) {
        if (!account_identity_is(walk.value, id)) continue;
        *identity = walk.value;
        return true;
    }
    return false;
}

bool account_holds(const struct account *account, struct span id, struct json_value *identity) {
    for (struct json_walk walk = json_walk(account->identities); json_next(&walk);) {
        if (walk.value.token == account->own.token || !account_identity_is(walk.value, id)) continue;
        *identity = walk.value;
        return true;
    }
    return false;
}

size_t account_identity_id(struct json_value identity, char *to, size_t room) {
    struct json_value provider, user_id;
    const struct json_wish wishes[] = {{SPAN("provider"), &provider}, {SPAN("user_id"), &user_id}};
    json_find(identity, wishes, COUNT(wishes));
    size_t size = json_string(provider, to, room);
    if (size < room) to[size++] = '|';
    if (json_kind(user_id) == JSON_STRING) return size + json_string(user_id, to + size, room - size);
    struct span digits = json_kind(user_id) == JSON_NUMBER ? json_bytes(user_id) : SPAN("");
    if (digits.size > room - size) digits.size = room - size;
    memcpy(to + size, digits.at, digits.size);
    return size + digits.size;
}

bool account_is_step(struct json_value id) {
    char text[ACCOUNT_STEP];
    struct complaint complaint;
    if (json_kind(id) != JSON_STRING || json_bytes(id).size > ACCOUNT_STEP) return false;
    size_t size = json_string(id, text, sizeof text);
    return identity_check_step("id", (struct span){text, size}, &complaint);
}

bool account_is_blocked(const struct account *account) {
    return account->blocked.token != NULL && json_kind(account->blocked) != JSON_FALSE;
}

bool account_has_password(const struct account *account) {
    for (struct json_walk walk = json_walk(account->identities); json_next(&walk);) {
        struct json_value provider;
        if (json_member(walk.value, SPAN("provider"), &provider) && json_string_is(provider, SPAN("auth0")))
            return true;
    }
    return json_string_is(account->provider, SPAN("auth0"));
}

bool account_may_be_provisioned(const struct account *account) {
    static const struct span never[] = {{"auth0", 5}, {"email", 5}, {"sms", 3}};
    for (size_t i = 0; i < COUNT(never); i++)
        if (json_string_is(account->provider, never[i])) return false;
    return json_kind(account->is_social) != JSON_TRUE;
}
