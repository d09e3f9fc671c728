#include "auth0_accounts/users.h"

#include "auth0_accounts/addresses.h"
#include "auth0_accounts/digest.h"
#include "auth0_accounts/lines.h"
#include "auth0_accounts/tokens.h"
#include "lua/class.h"
#include "pure/listed.h"

#include <stdlib.h>

static char users_class;

struct users {
    struct lines *lines; /* NULL once they are closed */
    EVP_MD_CTX *hasher;  /* or NULL */
    bool is_hashed;      /* as far as it was read */
    struct span line;
    struct tokens tokens;
    char *text; /* where strings are unescaped */
    size_t text_room;
    bool is_pushed; /* a line of it: a finalizer that runs meanwhile cannot use it, nor close it */
    char name[];    /* as messages call the file */
};

static struct users *check_users(lua_State *L) {
    struct users *users = bind_class_check(L, 1, &users_class, "expected users");
    if (users->lines == NULL || users->is_pushed) luaL_error(L, "auth0_accounts.core: users that are closed were used");
    return users;
}

/* ---- what is no account ---- */

static int fail_line(lua_State *L, struct users *users, const char *why) {
    bool is_cut = lines_is_open_ended(users->lines);
    lua_pushnil(L);
    lua_pushfstring(L, "%s:%d: %s%s", users->name, (int)lines_number(users->lines), why,
                    is_cut ? "; the file ends within this line" : "");
    lua_pushliteral(L, "line");
    return 3;
}

static int fail_file(lua_State *L, struct users *users, enum lines_step step) {
    int line = (int)lines_number(users->lines);
    lua_pushnil(L);
    if (step == LINES_UNREADABLE)
        lua_pushfstring(L, "%s: cannot be read after line %d: %s", users->name, line,
                        strerror(lines_fault(users->lines)));
    else
        lua_pushfstring(L, "%s: the gzip %s after line %d: download it again", users->name,
                        step == LINES_CUT ? "ends too soon," : "is damaged", line);
    lua_pushliteral(L, "file");
    return 3;
}

static int fail_json(lua_State *L, struct users *users, const struct json_reader *reader) {
    const char *why = lua_pushfstring(L, "malformed JSON at byte %d: %s", (int)reader->fault_at + 1, reader->fault);
    return fail_line(L, users, why);
}

/* ---- one account ---- */

/* As core.decode of the library has it: a row with more would take forty times its text in Lua. */
enum { VALUES_AT_MOST = 65536 };

static enum json_progress read_json(lua_State *L, struct users *users, struct json_reader *reader) {
    reader->most = VALUES_AT_MOST;
    enum json_progress progress = tokens_read(&users->tokens, reader);
    if (progress == JSON_MORE) luaL_error(L, "not enough memory");
    return progress;
}

/* A string, unescaped: until the next one is. */
static struct span unescape(lua_State *L, struct users *users, struct json_value string) {
    size_t size = string.token->size;
    if (size >= users->text_room) {
        char *text = realloc(users->text, size + 1);
        if (text == NULL) luaL_error(L, "not enough memory");
        users->text = text;
        users->text_room = size + 1;
    }
    return (struct span){users->text, json_string(string, users->text, size)};
}

/* Of the line that was read. 0; else the number of values pushed, which say why it is no account. */
static int read_account(lua_State *L, struct users *users, struct listed *listed) {
    struct json_reader reader = json_reader(users->line);
    reader.deepest = UINT32_MAX; /* a user who nests metadata deeply must not keep the other accounts from being read */
    enum json_progress progress = read_json(L, users, &reader);
    if (progress == JSON_TOO_MANY) return fail_line(L, users, "the line holds more than 65536 values");
    if (progress != JSON_WHOLE) return fail_json(L, users, &reader);
    const char *why = listed_read(json_root(&reader), listed);
    return why != NULL ? fail_line(L, users, why) : 0;
}

static void push_span(lua_State *L, struct span text) { lua_pushlstring(L, text.at, text.size); }

/* An empty address has no folded form: it is none that two accounts share. */
static void push_email(lua_State *L, struct users *users, struct json_value email, struct addresses *addresses) {
    if (email.token == NULL) {
        lua_pushnil(L);
        lua_pushnil(L);
        return;
    }
    struct span text = unescape(L, users, email);
    push_span(L, text);
    listed_fold(users->text, text.size);
    if (text.size == 0) {
        lua_pushnil(L);
        return;
    }
    push_span(L, text);
    if (addresses != NULL) addresses_add(L, addresses, lines_number(users->lines), text);
}

static int push_account(lua_State *L, struct users *users, struct addresses *addresses) {
    struct listed listed;
    int faults = read_account(L, users, &listed);
    if (faults > 0) return faults;
    push_span(L, unescape(L, users, listed.id));
    push_email(L, users, listed.email, addresses);
    lua_pushinteger(L, (lua_Integer)listed.identities);
    lua_pushinteger(L, (lua_Integer)users->line.size);
    return 5;
}

/* What a step says that gave no line; nothing at the end. */
static int fail_step(lua_State *L, struct users *users, enum lines_step step) {
    users->line.size = 0;
    if (step == LINES_END) return 0;
    if (step == LINES_TOO_LONG) return fail_line(L, users, "the line is longer than 4194304 bytes");
    if (step == LINES_NO_MEMORY) luaL_error(L, "not enough memory");
    return fail_file(L, users, step);
}

static int push_step(lua_State *L, struct users *users, enum lines_step step, struct addresses *addresses) {
    users->is_pushed = true;
    int count = step == LINES_ONE ? push_account(L, users, addresses) : fail_step(L, users, step);
    users->is_pushed = false;
    return count;
}

/* users:next([addresses]) -> user_id, email or nil, folded email or nil, number of identities, bytes of the line;
   nothing at the end; or nil, message, "line": this line is no account, and the next one may be; or nil, message,
   "file": nothing more can be read. The account's address is noted in `addresses`. */
static int method_next(lua_State *L) {
    struct users *users = check_users(L);
    struct addresses *addresses = lua_isnoneornil(L, 2) ? NULL : addresses_check(L, 2);
    return push_step(L, users, lines_next(users->lines, &users->line), addresses);
}

/* users:find(line) -> as users:next() of the line with this number, which is after the last one that was read. The
   lines before it are passed over unread. */
static int method_find(lua_State *L) {
    struct users *users = check_users(L);
    uint64_t wanted = (uint64_t)luaL_checknumber(L, 2);
    enum lines_step step;
    do step = lines_next(users->lines, &users->line);
    while ((step == LINES_ONE || step == LINES_TOO_LONG) && lines_number(users->lines) < wanted);
    return push_step(L, users, step, NULL);
}

/* 0, or the number of values pushed, as fail_line. */
static int note_account(lua_State *L, struct users *users, struct addresses *addresses) {
    struct listed listed;
    int faults = read_account(L, users, &listed);
    if (faults > 0 || listed.email.token == NULL) return faults;
    struct span address = unescape(L, users, listed.email);
    listed_fold(users->text, address.size);
    if (address.size > 0) addresses_add(L, addresses, lines_number(users->lines), address);
    return 0;
}

/* users:note(addresses, most) -> how many accounts were read: `most`, or fewer at the end. The address of each that has
   one is noted. What fails is told as by users:next(). */
static int method_note(lua_State *L) {
    struct users *users = check_users(L);
    struct addresses *addresses = addresses_check(L, 2);
    lua_Integer most = luaL_checkinteger(L, 3), count = 0;
    for (; count < most; count++) {
        enum lines_step step = lines_next(users->lines, &users->line);
        if (step == LINES_END) break;
        users->is_pushed = true;
        int faults = step == LINES_ONE ? note_account(L, users, addresses) : fail_step(L, users, step);
        users->is_pushed = false;
        if (faults > 0) return faults;
    }
    lua_pushinteger(L, count);
    return 1;
}

/* ---- the rest ---- */

/* users:text() -> the line as it stands, without its end */
static int method_text(lua_State *L) {
    struct users *users = check_users(L);
    users->is_pushed = true;
    lua_pushlstring(L, users->line.size > 0 ? users->line.at : "", users->line.size);
    users->is_pushed = false;
    return 1;
}

/* users:line() -> its number, from 1 on */
static int method_line(lua_State *L) {
    lua_pushinteger(L, (lua_Integer)lines_number(check_users(L)->lines));
    return 1;
}

/* users:position() -> the bytes of the file that were read, and how many it has: 0 where it is a pipe */
static int method_position(lua_State *L) {
    struct users *users = check_users(L);
    compat_pushinteger(L, lines_read(users->lines));
    compat_pushinteger(L, lines_size(users->lines));
    return 2;
}

static void add_bytes(void *context, struct span bytes) {
    struct users *users = context;
    users->is_hashed = users->is_hashed && EVP_DigestUpdate(users->hasher, bytes.at, bytes.size) == 1;
}

/* users:hash(): before the first account is asked for */
static int method_hash(lua_State *L) {
    struct users *users = check_users(L);
    luaL_argcheck(L, users->hasher == NULL && lines_number(users->lines) == 0, 1,
                  "expected users of which none was read");
    digest_start(L, &users->hasher);
    users->is_hashed = true;
    lines_show(users->lines, add_bytes, users);
    return 0;
}

/* users:digest() -> the SHA-256 of the file as it was read, at its end */
static int method_digest(lua_State *L) {
    struct users *users = check_users(L);
    luaL_argcheck(L, users->is_hashed, 1, "expected users that are hashed");
    users->is_hashed = false;
    return digest_push(L, &users->hasher);
}

static int on_gc(lua_State *L) {
    struct users *users = lua_touserdata(L, 1);
    EVP_MD_CTX_free(users->hasher);
    users->hasher = NULL;
    users->is_hashed = false;
    lines_close(users->lines);
    tokens_free(&users->tokens);
    free(users->text);
    users->lines = NULL;
    users->text = NULL;
    return 0;
}

static int method_close(lua_State *L) {
    struct users *users = bind_class_check(L, 1, &users_class, "expected users");
    return users->is_pushed ? 0 : on_gc(L);
}

int users_open(lua_State *L) {
    size_t size;
    const char *path = luaL_checkstring(L, 1), *name = luaL_optlstring(L, 2, path, &size);
    struct users *users = bind_class_new(L, &users_class, sizeof *users + size + 1);
    memcpy(users->name, name, size + 1);
    int fault;
    users->lines = lines_open(path, &fault);
    if (users->lines != NULL) return 1;
    lua_pushnil(L);
    lua_pushfstring(L, "%s: cannot be read: %s", name, strerror(fault));
    return 2;
}

void users_init(lua_State *L) {
    static const luaL_Reg methods[] = {{"next", method_next}, {"note", method_note},     {"find", method_find},
                                       {"text", method_text}, {"line", method_line},     {"position", method_position},
                                       {"hash", method_hash}, {"digest", method_digest}, {"close", method_close},
                                       {NULL, NULL}};
    bind_class_make(L, &users_class, "auth0_accounts.core.users", methods, on_gc);
}
