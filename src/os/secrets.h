/* Our copies of secrets that live as long as a tenant does: in memory of their own, which stays out of core dumps and,
   where the system grants it, of swap.
   What it does not keep out: a debugger, root, and the copies that libcurl and libcrypto make while they work. */
#ifndef AUTH0_OS_SECRETS_H
#define AUTH0_OS_SECRETS_H

#include "pure/span.h"

#pragma GCC visibility push(hidden)

enum secret_slot { SECRET_TOKEN, SECRET_CLIENT_SECRET, SECRET_PRIVATE_KEY, SECRET_SLOTS };

/* Bytes that a slot holds. A token goes into a header of 16 KiB at most; a PEM file of 8192 bits has 6.4 KB, and may
   have certificates and comments beside the key. */
enum { SECRET_TOKEN_ROOM = 16384, SECRET_CLIENT_SECRET_ROOM = 3072, SECRET_PRIVATE_KEY_ROOM = 16384 };

struct secrets;

/* Empty slots; NULL where there is no memory. A child of fork finds every slot empty, where the kernel can do that
   (Linux 4.14): a tenant refuses to work in a child, so what it was trusted with has no business there. */
struct secrets *secrets_new(void);

/* Takes a copy in the place of what the slot held, which is wiped. An absent or empty secret empties the slot. False,
   and nothing has changed, where it does not fit. */
bool secrets_put(struct secrets *secrets, enum secret_slot slot, struct span secret);

/* What the slot holds, until the next put into it; absent if it is empty. */
struct span secrets_get(const struct secrets *secrets, enum secret_slot slot);

/* Wipes and releases all of it. NULL is nothing to do. */
void secrets_free(struct secrets *secrets);

#pragma GCC visibility pop

#endif
