#include "os/secrets.h"

#include "os/buffer.h"

#include <sys/mman.h>

/* All of it lies in the mapping, the sizes too: in a child, where the kernel has wiped it, every slot is empty and can
   be used. 36 KiB, of the 64 KiB that a process could lock before Linux 5.16. */
struct secrets {
    size_t sizes[SECRET_SLOTS];
    char token[SECRET_TOKEN_ROOM];
    char client_secret[SECRET_CLIENT_SECRET_ROOM];
    char private_key[SECRET_PRIVATE_KEY_ROOM];
};

static const struct {
    size_t at, room;
} slots[SECRET_SLOTS] = {
    [SECRET_TOKEN] = {offsetof(struct secrets, token), SECRET_TOKEN_ROOM},
    [SECRET_CLIENT_SECRET] = {offsetof(struct secrets, client_secret), SECRET_CLIENT_SECRET_ROOM},
    [SECRET_PRIVATE_KEY] = {offsetof(struct secrets, private_key), SECRET_PRIVATE_KEY_ROOM},
};

/* Best effort, each of them: a secret in memory of the ordinary kind is no reason not to work. Locked memory is limited
   for most users. */
static void seclude(void *memory, size_t size) {
#ifdef MADV_DONTDUMP
    (void)madvise(memory, size, MADV_DONTDUMP);
#endif
#ifdef MADV_WIPEONFORK
    (void)madvise(memory, size, MADV_WIPEONFORK);
#endif
    (void)mlock(memory, size);
}

struct secrets *secrets_new(void) {
    /* Fresh pages are zero: every slot is empty. */
    /* cppcheck-suppress invalidFunctionArg ; -1 is what an anonymous mapping has for a descriptor */
    void *memory = mmap(NULL, sizeof(struct secrets), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return NULL;
    seclude(memory, sizeof(struct secrets));
    return memory;
}

bool secrets_put(struct secrets *secrets, enum secret_slot slot, struct span secret) {
    size_t *size = &secrets->sizes[slot];
    char *at = (char *)secrets + slots[slot].at;
    if (secret.size > slots[slot].room) return false;
    if (secret.size > 0) memmove(at, secret.at, secret.size); /* it may be a piece of what is there */
    if (secret.size < *size) buffer_wipe(at + secret.size, *size - secret.size);
    *size = secret.size;
    return true;
}

struct span secrets_get(const struct secrets *secrets, enum secret_slot slot) {
    size_t size = secrets->sizes[slot];
    return (struct span){size > 0 ? (const char *)secrets + slots[slot].at : NULL, size};
}

void secrets_free(struct secrets *secrets) {
    if (secrets == NULL) return;
    buffer_wipe(secrets, sizeof *secrets);
    (void)munmap(secrets, sizeof *secrets); /* which unlocks it */
}
