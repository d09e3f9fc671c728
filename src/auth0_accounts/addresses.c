#include "auth0_accounts/addresses.h"

#include "lua/class.h"
#include "pure/listed.h"
#include "pure/shared.h"

#include <stdlib.h>

static char addresses_class;

struct addresses {
    uint64_t *entries; /* as shared_find takes them; then the places that it leaves */
    size_t room, count, next;
    bool is_over; /* they have been looked through */
};

enum { FIRST_ROOM = 4096 };

struct addresses *addresses_check(lua_State *L, int index) {
    return bind_class_check(L, index, &addresses_class, "expected addresses");
}

static void make_room(lua_State *L, struct addresses *addresses) {
    size_t room = addresses->room > 0 ? 2 * addresses->room : FIRST_ROOM;
    uint64_t *entries = realloc(addresses->entries, room * sizeof *entries);
    if (entries == NULL) luaL_error(L, "not enough memory");
    addresses->entries = entries;
    addresses->room = room;
}

void addresses_add(lua_State *L, struct addresses *addresses, uint64_t line, struct span folded) {
    if (addresses->is_over || line > UINT32_MAX) luaL_error(L, "auth0_accounts.core: no more addresses can be noted");
    if (addresses->count == addresses->room) make_room(L, addresses);
    uint64_t hash = listed_hash(folded);
    addresses->entries[addresses->count++] = (hash ^ hash >> 32) << 32 | line;
}

static int next_shared(lua_State *L) {
    struct addresses *addresses = lua_touserdata(L, lua_upvalueindex(1));
    if (addresses->next == addresses->count) return 0;
    compat_pushinteger(L, addresses->entries[addresses->next++]);
    return 1;
}

/* for line in addresses:shared() do: the lines whose address another line has as well, once, the lowest first. Of lines
   that share none, a few in a million may be among them. */
static int method_shared(lua_State *L) {
    struct addresses *addresses = addresses_check(L, 1);
    if (!addresses->is_over) addresses->count = shared_find(addresses->entries, addresses->count);
    addresses->is_over = true;
    lua_pushvalue(L, 1);
    lua_pushcclosure(L, next_shared, 1);
    return 1;
}

static void let_go(struct addresses *addresses) {
    free(addresses->entries);
    *addresses = (struct addresses){.is_over = true};
}

static int on_gc(lua_State *L) {
    let_go(lua_touserdata(L, 1));
    return 0;
}

static int method_close(lua_State *L) {
    let_go(addresses_check(L, 1));
    return 0;
}

int addresses_make(lua_State *L) {
    (void)bind_class_new(L, &addresses_class, sizeof(struct addresses));
    return 1;
}

void addresses_init(lua_State *L) {
    static const luaL_Reg methods[] = {{"shared", method_shared}, {"close", method_close}, {NULL, NULL}};
    bind_class_make(L, &addresses_class, "auth0_accounts.core.addresses", methods, on_gc);
}
