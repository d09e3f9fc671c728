/* What the tests of the rooms above src/pure share: calls by number, and the tenant that tests/unit/run has started.
   The control interface is asked by the curl command: what is tested is never tested with itself. */
#ifndef AUTH0_TESTS_UNIT_SUPPORT_H
#define AUTH0_TESTS_UNIT_SUPPORT_H

/* clang-format keeps these four in their order: cmocka.h needs the other three before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/engine.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* What a test may want otherwise than prepare() has it; 0 and NULL are "as usual". */
struct wish {
    enum identity_goal goal;
    const char *domain; /* the tenant's */
    const char *fault;  /* "fault=reset-after;kind=fin" */
    bool check, settle;
    int attempts;                            /* 1 */
    int connect_ms, attempt_ms, deadline_ms; /* 10, 15 and 60 s */
};

/* Prepares a call of the account pair `number`; of a zeroed call. */
void prepare(struct call *call, int number, struct wish wish);

/* `count` of them, from pair 1 on. */
struct call *prepare_all(size_t count, struct wish wish);
void release_all(struct call *calls, size_t count);

/* An engine for a profile; the caller closes it. */
struct engine *open_engine(struct profile profile);

/* A socket of this process that takes the place of a tenant: a listener, whose host and port go to `domain`. */
enum { DOMAIN_ROOM = 32 };
int listen_here(char domain[DOMAIN_ROOM]);

/* An exchange that goes there without TLS, so that its bytes can be read, and has all the time there is. The profile
   and the sockets must outlive it. */
struct exchange *open_plain(const struct profile *profile, struct sockets *sockets);

/* The profile that leads to the tenant. */
struct profile to_tenant(enum profile_http http);

/* Drives the engine until `count` records are out, at most `seconds`: a generous end for what would hang. Each call is
   told once, by a record of a call among `calls`. */
void turn_until_told(struct engine *engine, const struct call *calls, size_t count, double seconds);

/* Drives the engine until `call` stands in that stage. */
void turn_until_stage(struct engine *engine, const struct call *call, enum call_stage stage);

void assert_told(const struct call *call, enum failure_code code, enum failure_outcome outcome);

double now(void);

/* Descriptors that this process has open. */
int open_descriptors(void);

/* Forgets everything, then knows `pairs` pairs of accounts: auth0|p1 and google-oauth2|s1, ... */
void tenant_reset(int pairs);

struct tenant_record {
    int connections, links, unlinks; /* requests of these kinds as they were received */
    int changes;
    char *text;
};
struct tenant_record tenant_record(void);
void tenant_record_free(struct tenant_record *record);

/* How often a pair was linked by the tenant's account. */
int times_linked(const struct tenant_record *record, int number);

#endif
