/* What is read of each account in a long list of them. A view of text that json_read has accepted, as struct account;
   but here an account may lack what a merge needs. */
#ifndef AUTH0_PURE_LISTED_H
#define AUTH0_PURE_LISTED_H

#include "pure/json.h"

#pragma GCC visibility push(hidden)

struct listed {
    struct json_value id;    /* a string with something in it */
    struct json_value email; /* a string; absent where the account has none, or something else in its place */
    uint32_t identities;
};

/* NULL; else why it is no account: "the account has no user_id", ... */
const char *listed_read(struct json_value profile, struct listed *listed);

/* Makes the ASCII letters of an address small, in place: all that two spellings of one address may differ in. */
void listed_fold(char *address, size_t size);

/* A number for an address: that of two which are equal is the same, and that of two others hardly ever. (FNV-1a) */
uint64_t listed_hash(struct span address);

#pragma GCC visibility pop

#endif
