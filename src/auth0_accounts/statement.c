#include "auth0_accounts/statement.h"

#include "lua/class.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

static char statement_class;

struct statement {
    struct database *of;
    sqlite3_stmt *handle;
    struct statement *before, *after; /* in the database's list, */
    bool is_listed;                   /* which it leaves when it is closed */
    unsigned run;                     /* which one it is: a loop over an earlier one has ended */
    bool is_pushed; /* a row of it: a finalizer that runs meanwhile cannot use it, and what it closes is closed then */
};

static bool is_usable(const struct statement *self) { return self->is_listed && !self->is_pushed; }

static struct statement *check_statement(lua_State *L, int index) {
    struct statement *self = bind_class_check(L, index, &statement_class, "expected a statement");
    if (!is_usable(self)) luaL_error(L, "auth0_accounts.core: a statement that is closed was used");
    return self;
}

/* ---- values ---- */

/* A number that is whole is an integer, in every Lua: where all numbers are floats nothing else can be told. */
static int bind_number(lua_State *L, sqlite3_stmt *handle, int place, int index) {
    if (compat_isinteger(L, index)) return sqlite3_bind_int64(handle, place, compat_tointeger(L, index));
    double value = lua_tonumber(L, index);
    bool is_whole = value >= -9007199254740992.0 && value <= 9007199254740992.0 && value == (double)(long long)value;
    return is_whole ? sqlite3_bind_int64(handle, place, (long long)value) : sqlite3_bind_double(handle, place, value);
}

static int bind_value(lua_State *L, sqlite3_stmt *handle, int place, int index, sqlite3_destructor_type keep) {
    size_t size;
    const char *text;
    switch (lua_type(L, index)) {
    case LUA_TNIL: return sqlite3_bind_null(handle, place);
    case LUA_TBOOLEAN: return sqlite3_bind_int(handle, place, lua_toboolean(L, index));
    case LUA_TNUMBER: return bind_number(L, handle, place, index);
    case LUA_TSTRING:
        text = lua_tolstring(L, index, &size);
        return sqlite3_bind_text64(handle, place, text, size, keep, SQLITE_UTF8);
    default: return luaL_argerror(L, index, "expected nil, a boolean, a number or a string");
    }
}

static void push_integer(lua_State *L, sqlite3_stmt *handle, int column) {
    sqlite3_int64 value = sqlite3_column_int64(handle, column);
    if (value <= COMPAT_INTEGER_MOST && value >= COMPAT_INTEGER_LEAST)
        compat_pushinteger(L, value);
    else
        lua_pushstring(L, (const char *)sqlite3_column_text(handle, column));
}

static void push_column(lua_State *L, sqlite3_stmt *handle, int column) {
    const char *text;
    switch (sqlite3_column_type(handle, column)) {
    case SQLITE_NULL: lua_pushnil(L); return;
    case SQLITE_INTEGER: push_integer(L, handle, column); return;
    case SQLITE_FLOAT: lua_pushnumber(L, sqlite3_column_double(handle, column)); return;
    default:
        text = sqlite3_column_blob(handle, column); /* NULL of an empty one */
        lua_pushlstring(L, text != NULL ? text : "", (size_t)sqlite3_column_bytes(handle, column));
    }
}

static void let_go(struct statement *self) {
    (void)sqlite3_finalize(self->handle);
    self->handle = NULL;
}

static int push_row(lua_State *L, struct statement *self) {
    int count = sqlite3_column_count(self->handle);
    luaL_checkstack(L, count, "too many columns");
    self->is_pushed = true;
    for (int column = 0; column < count; column++) push_column(L, self->handle, column);
    self->is_pushed = false;
    if (!self->is_listed) let_go(self);
    return count;
}

/* ---- running ---- */

static void end_run(struct statement *self) {
    self->run++;
    (void)sqlite3_reset(self->handle); /* says again what a step has said */
    (void)sqlite3_clear_bindings(self->handle);
}

static void check_count(lua_State *L, const struct statement *self, int count) {
    int wanted = sqlite3_bind_parameter_count(self->handle);
    if (count != wanted) luaL_error(L, "auth0_accounts.core: %d values for a statement of %d", count, wanted);
}

/* Binds the arguments from index 2 on. SQLITE_STATIC: they stay on the stack until end_run. */
static int begin_run(lua_State *L, struct statement *self, sqlite3_destructor_type keep) {
    int count = lua_gettop(L) - 1, status = SQLITE_OK;
    check_count(L, self, count);
    end_run(self);
    for (int place = 1; place <= count && status == SQLITE_OK; place++)
        status = bind_value(L, self->handle, place, place + 1, keep);
    return status;
}

static int fail_run(lua_State *L, struct statement *self, int status) {
    end_run(self);
    return database_fail(L, self->of, status);
}

/* statement:run(...) -> number of rows that it changed */
static int method_run(lua_State *L) {
    struct statement *self = check_statement(L, 1);
    sqlite3 *database = self->of->handle;
    int before = sqlite3_total_changes(database), status = begin_run(L, self, SQLITE_STATIC);
    if (status == SQLITE_OK) do
            status = sqlite3_step(self->handle);
        while (status == SQLITE_ROW);
    if (status != SQLITE_DONE) return fail_run(L, self, status);
    end_run(self);
    bool has_changed = sqlite3_total_changes(database) != before;
    lua_pushinteger(L, has_changed ? sqlite3_changes(database) : 0);
    return 1;
}

/* statement:first(...) -> the columns of the first row; nothing without one */
static int method_first(lua_State *L) {
    struct statement *self = check_statement(L, 1);
    int status = begin_run(L, self, SQLITE_STATIC);
    if (status == SQLITE_OK) status = sqlite3_step(self->handle);
    if (status != SQLITE_ROW && status != SQLITE_DONE) return fail_run(L, self, status);
    int count = status == SQLITE_ROW ? push_row(L, self) : 0;
    if (self->handle != NULL) end_run(self);
    return count;
}

/* Raises, where `on_failure` has not: a loop takes nil for its end. */
static int raise_run(lua_State *L, struct statement *self, int status) {
    (void)fail_run(L, self, status);
    lua_pop(L, 1);
    return lua_error(L);
}

static int next_row(lua_State *L) {
    struct statement *self = lua_touserdata(L, lua_upvalueindex(1));
    if (!is_usable(self) || self->run != (unsigned)lua_tonumber(L, lua_upvalueindex(2)))
        return luaL_error(L, "auth0_accounts.core: a statement was used again, or closed, in a loop over its rows");
    int status = sqlite3_step(self->handle);
    if (status == SQLITE_ROW && sqlite3_column_type(self->handle, 0) == SQLITE_NULL)
        return luaL_error(L, "auth0_accounts.core: the first column is NULL, which would end the loop");
    if (status == SQLITE_ROW) return push_row(L, self);
    if (status != SQLITE_DONE) return raise_run(L, self, status);
    end_run(self);
    return 0;
}

/* for ... in statement:rows(...): the columns of each row, of which the first is never NULL. A loop that is left early
   holds its rows until the statement is used again, or closed. */
static int method_rows(lua_State *L) {
    struct statement *self = check_statement(L, 1);
    int status = begin_run(L, self, SQLITE_TRANSIENT);
    if (status != SQLITE_OK) return raise_run(L, self, status);
    lua_pushvalue(L, 1);
    lua_pushnumber(L, self->run);
    lua_pushcclosure(L, next_row, 2);
    return 1;
}

/* ---- from its making to its end ---- */

static void enlist(struct statement *self, struct database *database) {
    self->of = database;
    self->is_listed = true;
    self->after = database->first;
    if (self->after != NULL) self->after->before = self;
    database->first = self;
    database_refer(database);
}

static void unlist(struct statement *self) {
    if (!self->is_listed) return;
    self->is_listed = false;
    if (self->after != NULL) self->after->before = self->before;
    *(self->before != NULL ? &self->before->after : &self->of->first) = self->after;
    if (!self->is_pushed) let_go(self);
}

void statement_close_all(struct database *database) {
    while (database->first != NULL) unlist(database->first);
}

static int close_statement(lua_State *L) {
    struct statement *self = bind_class_check(L, 1, &statement_class, "expected a statement");
    struct database *database = self->of;
    unlist(self);
    self->of = NULL;
    if (database != NULL) database_release(L, database);
    return 0;
}

/* Of a statement that was never made as well; and of one whose row could not be pushed for want of memory. */
static int on_gc(lua_State *L) {
    struct statement *self = lua_touserdata(L, 1);
    self->is_pushed = false;
    if (!self->is_listed) let_go(self);
    return close_statement(L);
}

int statement_prepare(lua_State *L) {
    size_t size;
    const char *sql = luaL_checklstring(L, 2, &size), *rest;
    struct statement *self = bind_class_new(L, &statement_class, sizeof *self);
    struct database *database = database_check(L); /* now: a finalizer may have closed it */
    luaL_argcheck(L, size < INT_MAX, 2, "too long");
    int status = sqlite3_prepare_v2(database->handle, sql, (int)size + 1, &self->handle, &rest);
    if (status != SQLITE_OK) return database_fail(L, database, status);
    luaL_argcheck(L, self->handle != NULL, 2, "expected a statement");
    enlist(self, database);
    luaL_argcheck(L, rest[strspn(rest, " \t\r\n;")] == '\0', 2, "expected a single statement");
    return 1;
}

void statement_init(lua_State *L) {
    static const luaL_Reg methods[] = {
        {"run", method_run}, {"first", method_first}, {"rows", method_rows}, {"close", close_statement}, {NULL, NULL}};
    bind_class_make(L, &statement_class, "auth0_accounts.core.statement", methods, on_gc);
}
