#include "auth0_accounts/nameless.h"

#include "auth0_accounts/place.h"
#include "lua/class.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char nameless_class;

struct nameless {
    int fd;        /* -1: it is closed */
    char path[32]; /* by which this process opens it again */
};

static struct nameless *check_nameless(lua_State *L) {
    struct nameless *file = bind_class_check(L, 1, &nameless_class, "expected a nameless file");
    if (file->fd == -1) luaL_error(L, "auth0_accounts.core: a nameless file that is closed was used");
    return file;
}

static int open_nameless(const char *folder) {
#ifdef O_TMPFILE
    return open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
#else
    (void)folder;
    errno = ENOTSUP;
    return -1;
#endif
}

static void close_file(struct nameless *file) {
    if (file->fd != -1) close(file->fd);
    file->fd = -1;
}

static int on_gc(lua_State *L) {
    close_file(lua_touserdata(L, 1));
    return 0;
}

static int method_close(lua_State *L) {
    close_file(bind_class_check(L, 1, &nameless_class, "expected a nameless file"));
    return 0;
}

/* nameless:path() -> where io.open finds it, as long as it is not closed */
static int method_path(lua_State *L) {
    lua_pushstring(L, check_nameless(L)->path);
    return 1;
}

static int link_to(const struct nameless *file, const char *to) {
    return linkat(AT_FDCWD, file->path, AT_FDCWD, to, AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
}

enum { NAMES = 100, LONGEST_NAME = 4096 };

/* A link replaces nothing: it gets a name beside the other file first. */
static int replace(const struct nameless *file, const char *to) {
    char beside[LONGEST_NAME];
    int fault = EEXIST;
    for (int i = 1; i <= NAMES && fault == EEXIST; i++) {
        int size = snprintf(beside, sizeof beside, "%s.new%d", to, i);
        fault = size < LONGEST_NAME ? link_to(file, beside) : ENAMETOOLONG;
    }
    if (fault != 0 || rename(beside, to) == 0) return fault;
    fault = errno;
    (void)unlink(beside);
    return fault;
}

/* nameless:place(to, replaces) -> as core.place: what was written is brought to the disk, and gets the name */
static int method_place(lua_State *L) {
    struct nameless *file = check_nameless(L);
    const char *to = luaL_checkstring(L, 2);
    bool replaces = lua_toboolean(L, 3) != 0;
    int fault = fsync(file->fd) == 0 ? 0 : errno;
    if (fault == 0) fault = replaces ? replace(file, to) : link_to(file, to);
    return place_push(L, to, fault);
}

int nameless_make(lua_State *L) {
    const char *folder = luaL_checkstring(L, 1);
    struct nameless *file = bind_class_new(L, &nameless_class, sizeof *file);
    file->fd = open_nameless(folder);
    int fault = file->fd != -1 ? 0 : errno;
    snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->fd);
    if (fault == 0 && access(file->path, R_OK | W_OK) == 0) return 1;
    if (fault == 0) fault = errno;
    close_file(file);
    lua_pushnil(L);
    lua_pushstring(L, strerror(fault));
    return 2;
}

void nameless_init(lua_State *L) {
    static const luaL_Reg methods[] = {
        {"path", method_path}, {"place", method_place}, {"close", method_close}, {NULL, NULL}};
    bind_class_make(L, &nameless_class, "auth0_accounts.core.nameless", methods, on_gc);
}
