#include "lua/claims.h"

#include "lua/push.h"
#include "token/memo.h"

#include <time.h>

/* The machine's clock may be wrong by an hour (a time zone, summer time): what ended less long ago is sent, and the
   tenant says. */
enum { LEEWAY = 3660 };

static char memo_key; /* in the registry */

static int on_gc(lua_State *L) {
    token_memo_free(lua_touserdata(L, 1));
    return 0;
}

void bind_claims_init(lua_State *L) {
    struct token_memo *memo = compat_newuserdata(L, sizeof *memo);
    *memo = (struct token_memo){.secrets = NULL};
    lua_createtable(L, 0, 2);
    push_finalizer(L, on_gc);
    lua_setmetatable(L, -2);
    compat_setref(L, &memo_key);
}

static struct token_memo *get_memo(lua_State *L) {
    compat_getref(L, &memo_key);
    struct token_memo *memo = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return memo;
}

bool bind_claims_knows(lua_State *L, struct span token) { return token_memo_knows(get_memo(L), token); }

bool bind_claims_read(lua_State *L, struct bind_claims *claims, struct buffer *memory, struct span token,
                      struct span link_with) {
    size_t room = jwt_room(link_with);
    *claims = (struct bind_claims){.token = NULL};
    if (token.size > 0 && !token_memo_read(get_memo(L), token, &claims->token)) return false;
    if (link_with.size == 0) return true;
    if (!buffer_reserve(memory, room)) return false;
    memory->size = room; /* all of it is wiped */
    claims->has_link_with = room > 0 && jwt_read(link_with, memory->at, &claims->link_with);
    return true;
}

void bind_claims_complete(const struct bind_claims *claims, struct bind_options *options) {
    struct identity_given *given = &options->given;
    bool says_whose = claims->token != NULL && !claims->token->is_machine && claims->token->sub.size > 0;
    if (!says_whose || given->primary.at != NULL || given->id.at != NULL) return;
    bool has_api_names = given->provider.at != NULL || given->user_id.at != NULL;
    *(has_api_names ? &given->id : &given->primary) = claims->token->sub;
}

static enum jwt_need need_of(const struct bind_options *options, enum bind_goal goal) {
    if (goal == BIND_REQUEST || goal == BIND_DOWNLOAD || !options->check_scopes) return JWT_FOR_ANYTHING;
    if (goal == BIND_UNLINK) return JWT_FOR_UNLINK;
    return options->given.link_with.at != NULL ? JWT_FOR_LINK_WITH : JWT_FOR_LINK;
}

static enum failure_code refuse_link_with(const struct bind_claims *claims, const struct bind_options *options,
                                          int64_t now, struct complaint *complaint) {
    if (!claims->has_link_with) {
        *complaint = (struct complaint){"link_with", "is no JWT: give the secondary account's ID token"};
        return CODE_INVALID_REQUEST;
    }
    if (!jwt_check_link_with(&claims->link_with, now, LEEWAY, complaint)) return CODE_INVALID_REQUEST;
    const struct identity_given *given = &options->given;
    struct span primary = given->primary.at != NULL ? given->primary : given->id;
    if (!span_equals(claims->link_with.sub, primary)) return CODE_OK;
    *complaint = (struct complaint){"link_with", "is of the primary account itself: give the secondary's ID token"};
    return CODE_INVALID_REQUEST;
}

enum failure_code bind_claims_refuse(const struct bind_claims *claims, const struct bind_options *options,
                                     enum bind_goal goal, bool has_clock, struct complaint *complaint) {
    int64_t now = has_clock ? (int64_t)time(NULL) : INT64_MIN / 2;
    if (claims->token != NULL) {
        if (!jwt_check_access_token(claims->token, JWT_FOR_ANYTHING, now, LEEWAY, complaint)) return CODE_UNAUTHORIZED;
        if (!jwt_check_access_token(claims->token, need_of(options, goal), now, LEEWAY, complaint))
            return CODE_FORBIDDEN;
    }
    if (options->given.link_with.at == NULL) return CODE_OK;
    return refuse_link_with(claims, options, now, complaint);
}

void bind_claims_name(const struct bind_claims *claims, struct identity_target *target) {
    if (!claims->has_link_with || target->provider.at != NULL) return;
    struct span sub = claims->link_with.sub;
    const char *bar = sub.at != NULL ? memchr(sub.at, '|', sub.size) : NULL;
    if (bar == NULL || bar == sub.at) return;
    target->provider = (struct span){sub.at, (size_t)(bar - sub.at)};
    target->bare = span_after(sub, target->provider.size + 1);
    target->user_id = target->bare;
}
