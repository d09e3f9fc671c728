/* Merges the metadata of a secondary account into that of a primary, as JSON text: what is not touched is written as it
   stands, with its escapes, all digits of its numbers, `[]`, `{}`, null and the names that occur twice; only the white
   space between goes. Pure: the memory is the caller's.

   The tenant merges a PATCH at the first level only. So the patch holds, for each first-level key that changes, the
   whole value that the key shall have, and no other key.

   Of several members of one name in one object the last counts, and stands where the last stood. Two values are equal
   as order.h says: 1 is 1.0, the order of an object's members plays no part, and no number is rounded. Metadata that
   is absent, or no object, has no keys. */
#ifndef AUTH0_PURE_MERGE_H
#define AUTH0_PURE_MERGE_H

#include "pure/json.h"

#pragma GCC visibility push(hidden)

/* What a tenant takes of a profile (estimated in bytes of compact JSON): above the first it is to be refused, above the
   second to be warned of. */
enum { MERGE_SIZE_MOST = 10 * 1024, MERGE_SIZE_MUCH = 8 * 1024 };

/* The parts of a user that a merge may write. */
enum merge_part { MERGE_USER_METADATA, MERGE_APP_METADATA, MERGE_NAME, MERGE_PICTURE, MERGE_PARTS };

/* "user_metadata", "app_metadata", "name", "picture": the members of a user, of a patch and of the images. */
const char *merge_part_name(enum merge_part part);

enum merge_choice {
    MERGE_DISCARD,      /* nothing goes over */
    MERGE_PRIMARY_WINS, /* first-level keys that the primary lacks */
    MERGE_DEEP          /* members that the primary lacks, in objects inside objects as well */
};

/* "discard", "primary_wins", "deep". */
const char *merge_choice_name(enum merge_choice choice);

/* Whether a name or picture is not set: absent, null or "". */
bool merge_is_unset(struct json_value attribute);

struct merge_given {
    struct json_value primary, secondary;  /* two users as GET /api/v2/users/{id} has them; their objects */
    enum merge_choice choice[MERGE_PARTS]; /* MERGE_PRIMARY_WINS for name and picture: carried where the primary's is
                                              not set, and the secondary's is; MERGE_DISCARD: nothing is said of it,
                                              since the identity keeps it in its profileData */
    /* Arrays to unite: the primary's elements, and after them those of the secondary that equal none before them. Each
       is a key, or, where the choice is MERGE_DEEP, a path with "." between the names of its levels ("prefs.tags"):
       no name at a tenant holds one. They count for user_metadata and app_metadata. */
    const struct span *united;
    size_t united_count;
    bool leaves_faults; /* first-level keys that would make a fault are lost (MERGE_UNWRITABLE) */
};

/* What becomes of one member of the secondary. */
enum merge_fate {
    MERGE_ADDED,     /* it goes over: the primary had no such member */
    MERGE_UNITED,    /* an array, of which at least one element goes over, and none is lost */
    MERGE_MERGED,    /* an object that is merged into the primary's: the entries that have it `above` say the rest */
    MERGE_HELD,      /* the primary has an equal value, or an array with all its elements; nothing is written */
    MERGE_OUTVOTED,  /* lost: the primary has another value, which stays; a null is a value too */
    MERGE_DISCARDED, /* lost: the choice is MERGE_DISCARD, and the primary has no equal value */
    MERGE_UNWRITABLE /* lost: a first-level null, which a PATCH would take for an order to delete; see leaves_faults */
};

/* "added", "united", "merged", "held", "outvoted", "discarded", "unwritable". */
const char *merge_fate_name(enum merge_fate fate);
static inline bool merge_is_lost(enum merge_fate fate) { return fate >= MERGE_OUTVOTED; }

#define MERGE_TOP UINT32_MAX

struct merge_entry {
    enum merge_part part;
    enum merge_fate fate;
    uint32_t above;                       /* the entry of the object that it is in; MERGE_TOP at the first level */
    struct json_value name;               /* absent for name and picture */
    struct json_value primary, secondary; /* its values before; the primary's may be absent */
};

/* A name in the patch that a tenant does not take: at any depth, and also in what the primary holds already and the
   patch must repeat. */
struct merge_fault {
    enum merge_part part;
    bool is_reserved;       /* a first-level key of app_metadata that is the tenant's own; else it has "." or "$" */
    struct json_value name; /* of one of the two users */
};

/* Spans point into the memory of merge_make. */
struct merge {
    /* The body of the PATCH to the primary, `{"user_metadata":{...},"app_metadata":{...},"name":...}`: only the parts
       and keys that change. Empty (size 0): nothing changes, and nothing is to be sent. An empty metadata object, which
       would erase all of it, never stands in it. */
    struct span patch;
    /* What the patch overwrites, an object of the same form: the metadata keys of the patch that the primary had, with
       what they held. A key that it had not is not in it, nor are name and picture, which a merge only writes where
       they are not set. "{}" where the patch is empty or only adds. Both go into the receipt, as text;
       restore.h takes them. */
    struct span before;
    const struct merge_entry *entries; /* of the secondary's members; an object's entry comes before those in it */
    size_t entry_count;
    const struct merge_fault *faults;
    size_t fault_count;
    /* Bytes of the merged profile, estimated: the primary with the patch applied, and the secondary but for its
       metadata, since the rest becomes an identity with its profileData. */
    size_t size;
};

/* Bytes of memory that merge_make needs, aligned as malloc's are: at most a few hundred for each value of both. */
size_t merge_room(const struct merge_given *given);

/* Takes time that grows with the size of both, times its logarithm.
   To give a secondary its metadata back after an undo, merge what the receipt has of it (as `secondary`) into the
   account as it is now (as `primary`): what the account holds by then stays. */
void merge_make(const struct merge_given *given, void *memory, struct merge *merge);

/* The path of an entry, "prefs.color": the names from the first level on, unescaped, with "." between; "" for name and
   picture. At most `room` bytes, cut between characters; not terminated. Returns the bytes written. */
size_t merge_path(const struct merge *merge, const struct merge_entry *entry, char *to, size_t room);

/* The same of names, the innermost first. */
size_t merge_join(const struct json_value *names, size_t count, char *to, size_t room);

#pragma GCC visibility pop

#endif
