#include "auth0_accounts/digest.h"

#include "lua/class.h"
#include "pure/canon.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <unistd.h>

enum { SHA256 = 32, PART = 16384 };

static int push_hex(lua_State *L, const unsigned char digest[SHA256]) {
    static const char digits[] = "0123456789abcdef";
    char text[2 * SHA256];
    for (size_t i = 0; i < SHA256; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 0xF];
    }
    lua_pushlstring(L, text, sizeof text);
    return 1;
}

static int no_digest(lua_State *L) { return luaL_error(L, "auth0_accounts.core: libcrypto makes no SHA-256"); }

static int push_digest(lua_State *L, struct span text) {
    unsigned char digest[SHA256];
    if (EVP_Digest(text.at, text.size, digest, NULL, EVP_sha256(), NULL) != 1) return no_digest(L);
    return push_hex(L, digest);
}

int digest_of_text(lua_State *L) {
    struct span text;
    text.at = luaL_checklstring(L, 1, &text.size);
    return push_digest(L, text);
}

/* ---- of a file ---- */

/* 0, or an errno. */
static int digest_descriptor(int fd, EVP_MD_CTX *context, unsigned char digest[SHA256]) {
    char part[PART];
    bool is_good = EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
    ssize_t count = 1;
    while (is_good && count != 0) {
        count = read(fd, part, sizeof part);
        if (count < 0 && errno != EINTR) return errno;
        if (count > 0) is_good = EVP_DigestUpdate(context, part, (size_t)count) == 1;
    }
    return is_good && EVP_DigestFinal_ex(context, digest, NULL) == 1 ? 0 : ENOMEM;
}

static int digest_path(const char *path, unsigned char digest[SHA256]) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1) return errno;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int fault = context != NULL ? digest_descriptor(fd, context, digest) : ENOMEM;
    EVP_MD_CTX_free(context);
    close(fd);
    return fault;
}

int digest_of_file(lua_State *L) {
    unsigned char digest[SHA256];
    const char *path = luaL_checkstring(L, 1);
    int fault = digest_path(path, digest);
    if (fault == 0) return push_hex(L, digest);
    lua_pushnil(L);
    lua_pushfstring(L, "%s: cannot be read: %s", path, strerror(fault));
    return 2;
}

/* ---- of a text that comes part by part ---- */

void digest_start(lua_State *L, EVP_MD_CTX **hasher) {
    *hasher = EVP_MD_CTX_new();
    if (*hasher == NULL || EVP_DigestInit_ex(*hasher, EVP_sha256(), NULL) != 1) (void)no_digest(L);
}

int digest_push(lua_State *L, EVP_MD_CTX **hasher) {
    unsigned char digest[SHA256];
    bool is_good = EVP_DigestFinal_ex(*hasher, digest, NULL) == 1;
    EVP_MD_CTX_free(*hasher);
    *hasher = NULL;
    return is_good ? push_hex(L, digest) : no_digest(L);
}

static char hasher_class;

struct hasher {
    EVP_MD_CTX *context; /* NULL at its end */
};

static struct hasher *check_hasher(lua_State *L) {
    struct hasher *hasher = bind_class_check(L, 1, &hasher_class, "expected a hasher");
    if (hasher->context == NULL) luaL_error(L, "auth0_accounts.core: a hasher that has come to its end was used");
    return hasher;
}

static int method_add(lua_State *L) {
    struct span text;
    text.at = luaL_checklstring(L, 2, &text.size);
    return EVP_DigestUpdate(check_hasher(L)->context, text.at, text.size) == 1 ? 0 : no_digest(L);
}

static int free_hasher(lua_State *L) {
    struct hasher *hasher = lua_touserdata(L, 1);
    EVP_MD_CTX_free(hasher->context);
    hasher->context = NULL;
    return 0;
}

static int method_digest(lua_State *L) { return digest_push(L, &check_hasher(L)->context); }

int digest_begin(lua_State *L) {
    struct hasher *hasher = bind_class_new(L, &hasher_class, sizeof *hasher);
    digest_start(L, &hasher->context);
    return 1;
}

void digest_init(lua_State *L) {
    static const luaL_Reg methods[] = {{"add", method_add}, {"digest", method_digest}, {NULL, NULL}};
    bind_class_make(L, &hasher_class, "auth0_accounts.core.hasher", methods, free_hasher);
}

/* ---- of a JSON value ---- */

/* All memory is userdata on the stack: an error frees it. */
static int push_canonical(lua_State *L, struct json_value value) {
    struct order order = order_make(value, compat_newuserdata(L, order_room(value) * sizeof(uint32_t)));
    struct writer counted = writer_to(NULL);
    canon_write(&counted, &order, value);
    char *text = compat_newuserdata(L, counted.size);
    struct writer writer = writer_to(text);
    canon_write(&writer, &order, value);
    return push_digest(L, (struct span){text, writer.size});
}

void digest_push_member(lua_State *L, struct json_value object, struct span name) {
    struct json_value value;
    bool is_filled = json_member(object, name, &value) && value.token->kind >= JSON_ARRAY;
    (void)(is_filled ? push_canonical(L, value) : push_digest(L, SPAN("{}")));
}

int digest_of_json(lua_State *L) {
    struct span text;
    int names = lua_gettop(L) - 1;
    text.at = luaL_checklstring(L, 1, &text.size);
    luaL_argcheck(L, text.size < UINT32_MAX, 1, "too long");
    struct json_reader reader = json_reader(text);
    reader.room = json_room(text.size);
    reader.tokens = compat_newuserdata(L, reader.room * sizeof *reader.tokens);
    if (json_read(&reader) != JSON_WHOLE) {
        lua_pushnil(L);
        lua_pushfstring(L, "malformed JSON at byte %d: %s", (int)reader.fault_at + 1, reader.fault);
        return 2;
    }
    if (names == 0) return push_canonical(L, json_root(&reader));
    luaL_checkstack(L, 4 * names, "too many names");
    int first = lua_gettop(L) + 1;
    for (int i = 0; i < names; i++) {
        struct span name;
        name.at = luaL_checklstring(L, 2 + i, &name.size);
        digest_push_member(L, json_root(&reader), name);
        lua_insert(L, first + i);
        lua_settop(L, first + i);
    }
    return names;
}
