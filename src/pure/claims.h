/* What the tokens of an operation say of themselves: whose account is meant, and whether the tenant can only refuse
   them. What they say is never a reason for trust: see jwt.h. */
#ifndef AUTH0_PURE_CLAIMS_H
#define AUTH0_PURE_CLAIMS_H

#include "pure/failure.h"
#include "pure/jwt.h"
#include "pure/operation.h"

#pragma GCC visibility push(hidden)

struct claims {
    const struct jwt *token; /* NULL: there is none, or an opaque one */
    bool has_link_with;      /* it is a JWT */
    struct jwt link_with;
};

/* A user's own token says whose account is the primary where the caller does not. A machine's does not. */
void claims_complete(const struct claims *claims, struct identity_given *given);

/* What the tokens are to be used for. */
struct claims_use {
    enum operation_kind kind;
    bool check_scopes; /* of a link and an unlink; what others need is not known */
    int64_t unix_now;  /* seconds by this machine's clock; INT64_MIN: not known, and nothing has expired */
};

/* CODE_OK, or the code and the reason why the tenant is certain to refuse. */
enum failure_code claims_refuse(const struct claims *claims, const struct identity_given *given, struct claims_use use,
                                struct complaint *complaint);

/* Where a refusal came from. */
struct claims_place {
    struct span domain;
    int64_t date;     /* UNIX seconds by the tenant's clock; negative: not known */
    int64_t unix_now; /* by this machine's; INT64_MIN: not known */
};

enum { CLAIMS_WORDS = 200 };

/* What an access token that the tenant does not accept says of itself, and what the two clocks do, in words that are
   fit for a log; "" for nothing. */
void claims_explain(const struct jwt *token, const struct claims_place *place, char words[CLAIMS_WORDS]);

/* The same of the clocks alone, where they differ by more than `leeway` seconds. False, and "": they do not. */
bool claims_compare_clocks(int64_t date, int64_t unix_now, int64_t leeway, char words[CLAIMS_WORDS]);

/* Names the account of link_with, by which a lost answer is settled, where the target names none. */
void claims_name(const struct claims *claims, struct identity_target *target);

#pragma GCC visibility pop

#endif
