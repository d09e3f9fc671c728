#include "auth0_accounts/finder.h"

#include "auth0_accounts/digest.h"
#include "auth0_accounts/tokens.h"
#include "lua/class.h"
#include "pure/account.h"
#include "pure/writer.h"

#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static char finder_class;

struct finder {
    struct tokens tokens;
    char *text; /* of one account; never longer than the answer */
    size_t room;
};

static void *check_memory(lua_State *L, void *memory) {
    if (memory == NULL) luaL_error(L, "not enough memory");
    return memory;
}

static void make_room(lua_State *L, struct finder *finder, size_t size) {
    if (size <= finder->room) return;
    finder->text = check_memory(L, realloc(finder->text, size));
    finder->room = size;
}

/* ---- the two accounts ---- */

/* What a merge takes as a profile: an account stands one level deep here, and two in the merge's order. */
enum { DEEPEST = JSON_DEPTH - 1, TOKENS_AT_MOST = 65536 };

/* False: it is no list of accounts, or one of the two cannot be merged. Of several that have the same id, the last
   counts. */
static bool find(struct json_value list, const struct span ids[2], struct json_value found[2]) {
    if (json_kind(list) != JSON_ARRAY) return false;
    for (struct json_walk walk = json_walk(list); json_next(&walk);) {
        struct json_value id;
        if (!json_member(walk.value, SPAN("user_id"), &id) || json_kind(id) != JSON_STRING) return false;
        for (int i = 0; i < 2; i++)
            if (json_string_is(id, ids[i])) found[i] = walk.value;
    }
    for (int i = 0; i < 2; i++)
        if (found[i].token != NULL && found[i].token->inside >= TOKENS_AT_MOST) return false;
    return true;
}

/* ---- what is told of one ---- */

static void push_string(lua_State *L, struct finder *finder, struct json_value string) {
    size_t size = json_string(string, finder->text, finder->room);
    lua_pushlstring(L, finder->text, size);
}

/* A number, an array or an object is like nothing that a plan may have: a table of its own. */
static void set_plain(lua_State *L, struct finder *finder, const char *name, struct json_value value) {
    switch (json_kind(value)) {
    case JSON_NULL: return;
    case JSON_FALSE:
    case JSON_TRUE: lua_pushboolean(L, json_kind(value) == JSON_TRUE); break;
    case JSON_STRING: push_string(L, finder, value); break;
    default: lua_newtable(L);
    }
    lua_setfield(L, -2, name);
}

enum { ID_ROOM = 1024 }; /* longer than any id */

static void set_identities(lua_State *L, struct json_value identities) {
    char id[ID_ROOM];
    int count = 0;
    lua_newtable(L);
    for (struct json_walk walk = json_walk(identities); json_kind(identities) == JSON_ARRAY && json_next(&walk);) {
        if (json_kind(walk.value) != JSON_OBJECT) continue;
        lua_pushlstring(L, id, account_identity_id(walk.value, id, sizeof id));
        lua_rawseti(L, -2, ++count);
    }
    lua_setfield(L, -2, "identities");
}

static void set_digests(lua_State *L, struct json_value account) {
    static const char *const names[] = {"user_metadata", "app_metadata"};
    lua_createtable(L, 0, (int)COUNT(names));
    int digests = lua_gettop(L);
    for (size_t i = 0; i < COUNT(names); i++) {
        digest_push_member(L, account, span_of(names[i]));
        lua_setfield(L, digests, names[i]);
        lua_settop(L, digests);
    }
    lua_setfield(L, -2, "digests");
}

static void set_text(lua_State *L, struct finder *finder, struct json_value account) {
    struct writer writer = writer_to(finder->text);
    writer_value(&writer, account);
    lua_pushlstring(L, finder->text, writer.size);
    lua_setfield(L, -2, "text");
}

static void push_account(lua_State *L, struct finder *finder, struct json_value account) {
    struct json_value email, is_verified, created_at, blocked, identities;
    const struct json_wish wishes[] = {{SPAN("email"), &email},
                                       {SPAN("email_verified"), &is_verified},
                                       {SPAN("created_at"), &created_at},
                                       {SPAN("blocked"), &blocked},
                                       {SPAN("identities"), &identities}};
    if (account.token == NULL) {
        lua_pushnil(L);
        return;
    }
    json_find(account, wishes, COUNT(wishes));
    lua_createtable(L, 0, 7);
    set_plain(L, finder, "email", email);
    set_plain(L, finder, "email_verified", is_verified);
    set_plain(L, finder, "created_at", created_at);
    set_plain(L, finder, "blocked", blocked);
    set_identities(L, identities);
    set_digests(L, account);
    set_text(L, finder, account);
}

/* finder:of(answer, id, id) -> account or nil, account or nil: those that the answer lists under the ids. An account
   has `email`, `email_verified`, `created_at`, `blocked`, `identities` (full ids) and `digests`, as a plan has them,
   and `text`, its JSON. Or false: the answer is no list of accounts, or one of the two cannot be merged. */
static int method_of(lua_State *L) {
    struct finder *finder = bind_class_check(L, 1, &finder_class, "expected a finder");
    struct span answer, ids[2];
    struct json_value found[2] = {{NULL, NULL}, {NULL, NULL}};
    answer.at = luaL_checklstring(L, 2, &answer.size);
    for (int i = 0; i < 2; i++) ids[i].at = luaL_checklstring(L, 3 + i, &ids[i].size);
    luaL_argcheck(L, answer.size < UINT32_MAX, 2, "too long");
    luaL_checkstack(L, 10, "an account");
    make_room(L, finder, answer.size);
    struct json_reader reader = json_reader(answer);
    reader.deepest = DEEPEST;
    enum json_progress progress = tokens_read(&finder->tokens, &reader);
    if (progress == JSON_MORE) (void)check_memory(L, NULL);
    if (progress != JSON_WHOLE || !find(json_root(&reader), ids, found)) {
        lua_pushboolean(L, false);
        return 1;
    }
    for (int i = 0; i < 2; i++) push_account(L, finder, found[i]);
    return 2;
}

/* ---- from its making to its end ---- */

static int on_gc(lua_State *L) {
    struct finder *finder = lua_touserdata(L, 1);
    tokens_free(&finder->tokens);
    free(finder->text);
    *finder = (struct finder){.text = NULL};
    return 0;
}

int finder_make(lua_State *L) {
    (void)bind_class_new(L, &finder_class, sizeof(struct finder));
    return 1;
}

void finder_init(lua_State *L) {
    static const luaL_Reg methods[] = {{"of", method_of}, {NULL, NULL}};
    bind_class_make(L, &finder_class, "auth0_accounts.core.finder", methods, on_gc);
}
