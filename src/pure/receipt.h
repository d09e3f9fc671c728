/* What a merge leaves to its caller, so that it can be undone: a JSON object. It survives a reader that rounds numbers
   and takes {} for [], since metadata stands in it as JSON text, in strings; a list that has become an object is empty.
   A tenant does not show which request linked two accounts. So a receipt can speak of its own link alone only while
   its state is kept: replaced after the end of its merge, and after its undo.

   { "version": 1, "domain", "primary", "secondary": { "id", "provider", "user_id", "connection" }, "at", "proof",
     "before", "wrote": struct merge's, as text,
     "secondary_was": { "user_metadata", "app_metadata": as text; "name", "email", "picture", "roles", "permissions",
         "organizations" }, all but the first two as the tenant showed them, and only what was read,
     "carried": { "roles": [ id ], "permissions": [ { "resource_server_identifier", "permission_name" } ],
         "organizations": [ id ] },
     "holder": whose identity the secondary was before (relink),
     "at": when the merge ended; of a planned one, when it ends at the latest,
     "state": "planned" | "merged" | "not_merged" | "unknown" | "undone",
     "open": whether a request of the merge may still be carried out,
     "already": whether another client had linked the two in between } */
#ifndef AUTH0_PURE_RECEIPT_H
#define AUTH0_PURE_RECEIPT_H

#include "pure/json.h"

#pragma GCC visibility push(hidden)

enum { RECEIPT_VERSION = 1 };

enum receipt_state {
    RECEIPT_PLANNED,
    RECEIPT_MERGED,
    RECEIPT_NOT_MERGED,
    RECEIPT_UNKNOWN,
    RECEIPT_UNDONE,
    RECEIPT_STATES
};

/* What may be carried to the primary, and given back to the secondary. */
enum receipt_list { RECEIPT_ROLES, RECEIPT_PERMISSIONS, RECEIPT_ORGANIZATIONS, RECEIPT_LISTS };

/* Values within the receipt; absent where it has none, and lists where they are no arrays. */
struct receipt {
    struct json_value whole;
    struct json_value domain, primary, secondary, provider, user_id, holder;
    struct json_value before, wrote, user_metadata, app_metadata; /* strings: JSON text */
    struct json_value was[RECEIPT_LISTS], carried[RECEIPT_LISTS];
    int64_t at; /* UNIX seconds */
    enum receipt_state state;
    bool is_open, is_already;
};

/* NULL, or what is wrong: static text. */
const char *receipt_read(struct json_value value, struct receipt *receipt);

/* UNIX seconds, which are digits alone. */
bool receipt_read_time(struct json_value value, int64_t *at);

const char *receipt_state_name(enum receipt_state state);
const char *receipt_list_name(enum receipt_list list);

#pragma GCC visibility pop

#endif
