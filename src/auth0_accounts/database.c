#include "auth0_accounts/database.h"

#include "auth0_accounts/statement.h"
#include "lua/class.h"
#include "os/private_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char database_class;

struct handle {
    struct database *database; /* NULL once it is closed */
};

/* ---- failures ---- */

/* The words are of the contract with src/auth0_accounts/database.lua. */
static const struct {
    int status;
    const char *kind;
} kinds[] = {
    {SQLITE_FULL, "full"},
    {SQLITE_BUSY, "busy"},
    {SQLITE_LOCKED, "busy"},
    {SQLITE_CORRUPT, "corrupt"},
    {SQLITE_NOTADB, "not_a_database"},
    {SQLITE_READONLY, "read_only"},
    {SQLITE_IOERR, "io"},
    {SQLITE_CONSTRAINT, "constraint"},
    {SQLITE_CANTOPEN, "cannot_open"},
    {SQLITE_PERM, "cannot_open"},
    {SQLITE_NOMEM, "memory"},
    {SQLITE_TOOBIG, "too_big"},
};

/* A disk that is full, a quota or a limit of the process (ulimit -f) that is used up: SQLite knows the first alone. */
static bool is_full(int fault) { return fault == ENOSPC || fault == EDQUOT || fault == EFBIG; }

/* `fault`: the last errno. Some versions of SQLite (3.40) keep none of a COMMIT that fails. */
static const char *kind_of(sqlite3 *handle, int status, int fault) {
    if ((status & 0xFF) == SQLITE_IOERR && (is_full(sqlite3_system_errno(handle)) || is_full(fault))) return "full";
    if (status == SQLITE_READONLY_DBMOVED || (status == SQLITE_IOERR_FSTAT && fault == ENOENT)) return "moved";
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].status == (status & 0xFF)) return kinds[i].kind;
    bool is_missing = strncmp(sqlite3_errmsg(handle), "no such table", 13) == 0;
    return is_missing ? "no_such_table" : "sql";
}

/* `key`: where the registry has the function, which need not be there. */
static int fail(lua_State *L, void *key, const char *message, const char *kind) {
    lua_pushnil(L);
    lua_pushstring(L, message);
    lua_pushstring(L, kind);
    compat_getref(L, key);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        return 3;
    }
    lua_pushvalue(L, -3);
    lua_pushvalue(L, -3);
    lua_call(L, 2, 0);
    return 3;
}

int database_fail(lua_State *L, struct database *database, int status) {
    int fault = errno;
    char message[512]; /* a finalizer that runs meanwhile may change SQLite's */
    snprintf(message, sizeof message, "%s", sqlite3_errmsg(database->handle));
    return fail(L, database, message, kind_of(database->handle, status, fault));
}

/* ---- from its opening to its end ---- */

void database_refer(struct database *database) { database->references++; }

static void shut(struct database *database) {
    statement_close_all(database);
    (void)sqlite3_close_v2(database->handle); /* which waits for a statement whose row is being pushed */
    database->handle = NULL;
}

void database_release(lua_State *L, struct database *database) {
    if (--database->references > 0) return;
    shut(database);
    lua_pushnil(L);
    compat_setref(L, database);
    free(database);
}

struct database *database_check(lua_State *L) {
    struct handle *self = bind_class_check(L, 1, &database_class, "expected a database");
    if (self->database == NULL) luaL_error(L, "auth0_accounts.core: a database that is closed was used");
    return self->database;
}

/* The finalizer lets its statements go on. */
static int on_gc(lua_State *L) {
    struct handle *self = lua_touserdata(L, 1);
    struct database *database = self->database;
    self->database = NULL;
    if (database != NULL) database_release(L, database);
    return 0;
}

/* database:close(): its statements are closed with it. Safe to run twice. */
static int method_close(lua_State *L) {
    struct handle *self = bind_class_check(L, 1, &database_class, "expected a database");
    if (self->database != NULL) shut(self->database);
    return on_gc(L);
}

/* database:exec(sql) -> true: all statements of the text */
static int method_exec(lua_State *L) {
    const char *sql = luaL_checkstring(L, 2);
    struct database *database = database_check(L);
    int status = sqlite3_exec(database->handle, sql, NULL, NULL, NULL);
    if (status != SQLITE_OK) return database_fail(L, database, status);
    lua_pushboolean(L, 1);
    return 1;
}

/* ---- opening ---- */

static bool has_flag(lua_State *L, const char *name) {
    lua_getfield(L, 2, name);
    bool is_set = lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
    return is_set;
}

static const char *kind_of_fault(int fault) {
    switch (fault) {
    case 0: return "not_private";
    case ENOSPC:
    case EDQUOT: return "full";
    case EROFS: return "read_only";
    default: return "cannot_open";
    }
}

/* NULL; or what is wrong, with its kind. SQLite gives the files beside a database its mode. */
static const char *make_private(const char *path, bool is_read_only, const char **kind) {
    int fault = is_read_only ? EEXIST : private_file_make(path, SPAN(""));
    if (fault == 0) return NULL;
    const char *words = fault == EEXIST ? private_file_fault(path, &fault) : strerror(fault);
    *kind = kind_of_fault(fault);
    return words;
}

/* SQLite believes what it finds in them: NULL where each is absent or this user's alone. */
static const char *fault_beside(lua_State *L, const char *path) {
    static const char *const ends[] = {"-wal", "-journal"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        int fault;
        const char *words = private_file_fault(lua_pushfstring(L, "%s%s", path, ends[i]), &fault);
        if (words != NULL && fault == 0) return lua_pushfstring(L, "as to its \"%s\" file, %s", ends[i], words);
        lua_pop(L, 1);
    }
    return NULL;
}

/* A file may have been made by another person: what its schema calls is not trusted. */
static int open_handle(struct database *database, const char *path, bool is_read_only) {
    int how = is_read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    int status = sqlite3_open_v2(path, &database->handle, how | SQLITE_OPEN_NOMUTEX, NULL);
    if (status != SQLITE_OK) return status;
    (void)sqlite3_extended_result_codes(database->handle, 1);
    return sqlite3_db_config(database->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
}

int database_open(lua_State *L) {
    const char *path = luaL_checkstring(L, 1), *kind = NULL;
    lua_settop(L, 2);
    if (lua_isnil(L, 2)) lua_newtable(L), lua_replace(L, 2);
    luaL_checktype(L, 2, LUA_TTABLE);
    bool is_read_only = has_flag(L, "read_only"), is_private = has_flag(L, "private");
    if (is_private && path[0] != '/') path = lua_pushfstring(L, "./%s", path); /* to SQLite ":memory:" is no file */
    struct handle *self = bind_class_new(L, &database_class, sizeof *self);
    self->database = calloc(1, sizeof *self->database);
    if (self->database == NULL) return luaL_error(L, "not enough memory");
    database_refer(self->database);
    lua_getfield(L, 2, "on_failure");
    compat_setref(L, self->database);
    const char *fault = is_private ? make_private(path, is_read_only, &kind) : NULL;
    if (is_private && fault == NULL && (fault = fault_beside(L, path)) != NULL) kind = "not_private";
    if (fault != NULL) return fail(L, self->database, fault, kind);
    int status = open_handle(self->database, path, is_read_only);
    return status == SQLITE_OK ? 1 : database_fail(L, self->database, status);
}

void database_init(lua_State *L) {
    static const luaL_Reg methods[] = {
        {"exec", method_exec}, {"prepare", statement_prepare}, {"close", method_close}, {NULL, NULL}};
    bind_class_make(L, &database_class, "auth0_accounts.core.database", methods, on_gc);
}
