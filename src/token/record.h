/* The bytes of a token file: whose it is, who is fetching, and the token. Each of the three is checked by itself, so
   that a lease that is written leaves the token valid. No I/O. */
#ifndef AUTH0_TOKEN_RECORD_H
#define AUTH0_TOKEN_RECORD_H

#include "pure/span.h"

#include <stdint.h>

#pragma GCC visibility push(hidden)

/* What a token is good for. Compared byte by byte: a domain in other letters is another one. */
struct token_binding {
    struct span domain, client_id, audience;
};

/* Two clocks, in microseconds, neither of them negative. Unix time survives a reboot, and can be set. The other counts
   from the boot, goes on while the machine sleeps, is the same in every process, and cannot be set. */
struct token_now {
    int64_t unix_time, boot_time;
};

enum {
    TOKEN_RECORD_IDENTITY = 40,
    TOKEN_RECORD_HEAD = 96,     /* identity and lease: what is written to take one */
    TOKEN_RECORD_TOKEN = 16384, /* the longest token */
    TOKEN_RECORD_BODY = 72 + TOKEN_RECORD_TOKEN,
    TOKEN_RECORD_MOST = TOKEN_RECORD_HEAD + TOKEN_RECORD_BODY,
    TOKEN_RECORD_LEASE = 600000000 /* microseconds: one that says more is not believed */
};

struct token_record {
    uint64_t lease; /* 0: no process has it; if it still runs, no process is to fetch */
    int64_t lease_from, lease_until;
    uint64_t generation; /* of the token: the number of the lease that it was fetched under; 0: there is none */
    int64_t lifetime;    /* when it was stored */
    struct token_now stored;
    struct span token; /* within the bytes that were read */
};

/* False where there is no memory, or libcrypto refuses. So it is for everything that returns false here. */
bool token_record_identity(const struct token_binding *binding, unsigned char identity[TOKEN_RECORD_IDENTITY]);

enum token_record_owner {
    TOKEN_RECORD_OURS,     /* what is missing, torn or damaged in it counts as absent */
    TOKEN_RECORD_OTHERS,   /* another domain's, client's or audience's */
    TOKEN_RECORD_NO_RECORD /* whatever it is, it is no token file */
};

enum token_record_owner token_record_read(const unsigned char identity[TOKEN_RECORD_IDENTITY],
                                          const unsigned char *bytes, size_t size, struct token_record *record);

/* Writes identity and lease. */
bool token_record_pack_head(const unsigned char identity[TOKEN_RECORD_IDENTITY], const struct token_record *record,
                            unsigned char to[TOKEN_RECORD_HEAD]);

/* Writes what follows the head, for a token of TOKEN_RECORD_TOKEN bytes at most; `size` is set. */
bool token_record_pack_body(const struct token_record *record, unsigned char to[TOKEN_RECORD_BODY], size_t *size);

/* Microseconds that are left of the token, and of the lease; 0 for none. */
int64_t token_record_left(const struct token_record *record, struct token_now now);
int64_t token_record_lease_left(const struct token_record *record, struct token_now now);

#pragma GCC visibility pop

#endif
