/* The guard's table: every reason, alone and beside each other one, with everything readable and without. */
#include "unit/pure/guard_world.h"

/* ---- what stands against a merge, and how a world gets it ---- */

static void same(struct world *world) { world->is_same = true; }
static void linked(struct world *world) { world->no_secondary = world->primary_holds = true; }
static void no_primary(struct world *world) { world->no_primary = true; }
static void no_secondary(struct world *world) { world->no_secondary = true; }
static void primary_recreated(struct world *world) { world->options.primary_created = SPAN("2020"); }
static void secondary_recreated(struct world *world) {
    world->options.secondary_created = SPAN("2020");
    world->secondary_created = ",\"created_at\":\"2026\"";
}
static void held(struct world *world) { world->no_secondary = world->holder_holds = true; }
static void primary_blocked(struct world *world) { world->primary_more = ",\"blocked\":true"; }
static void secondary_blocked(struct world *world) { world->secondary_more = ",\"blocked\":true"; }
static void secondaries(struct world *world) {
    world->secondary_linked = ",{\"provider\":\"github\",\"user_id\":\"4\",\"connection\":\"github\"}";
}
static void scim(struct world *world) { world->has_scim = true; }
static void directory(struct world *world) { world->has_directory = true; }
static void factors(struct world *world) { world->texts[GUARD_PRIMARY_FACTORS] = "[]"; }
static void organizations(struct world *world) {
    world->texts[GUARD_SECONDARY_ORGANIZATIONS] = "[{\"id\":\"org_1\"},{\"id\":\"org_2\"}]";
}
static void groups(struct world *world) {
    world->texts[GUARD_SECONDARY_GROUPS] = "{\"groups\":[{\"id\":\"grp_1\"},{\"id\":\"grp_2\"}]}";
}
static void large(struct world *world) { world->merged.size = 10241; }

static struct merge_fault faults[] = {{.part = MERGE_APP_METADATA, .is_reserved = true}, {.is_reserved = false}};

static void with_faults(struct world *world, size_t first) {
    bool has_both = world->merged.fault_count > 0;
    world->merged.faults = has_both ? faults : &faults[first];
    world->merged.fault_count = has_both ? 2 : 1;
}
static void reserved(struct world *world) { with_faults(world, 0); }
static void forbidden(struct world *world) { with_faults(world, 1); }
static void roles(struct world *world) {
    world->roles = 50;
    world->texts[GUARD_PRIMARY_ROLES] = "[]";
}
static void permissions(struct world *world) {
    world->permissions = 1000;
    world->texts[GUARD_PRIMARY_PERMISSIONS] = "[]";
}
static void primary_unverified(struct world *world) { world->primary_verified = "\"true\""; }
static void secondary_unverified(struct world *world) { world->secondary_verified = "false"; }
static void addresses(struct world *world) { world->secondary_email = "\"bob@acme.test\""; }
static void trust(struct world *world, size_t at) {
    static const struct span none = {"", 0};
    static struct span some[3];
    if (world->options.trusted_connections != some) memcpy(some, world_trusted, sizeof some);
    world->options.trusted_connections = some;
    some[at] = none;
}
static void primary_untrusted(struct world *world) { trust(world, 0); }
static void secondary_untrusted(struct world *world) { trust(world, 1); }

#define PASSWORD ",{\"provider\":\"auth0\",\"user_id\":\"5\",\"connection\":\"db\"}"
static void primary_password(struct world *world) { world->primary_linked = PASSWORD; }

/* What a case needs in order to be seen. */
enum { OF_PRIMARY = 1, OF_SECONDARY = 2, ABSENCE = 4 /* says itself what there is of the secondary */ };

static const struct wrong {
    void (*make)(struct world *world);
    enum guard_reason reason;
    enum guard_side side;
    int needs;
    guard_reads evidence; /* beside the profiles */
} wrongs[] = {
    {same, REASON_SAME_ACCOUNT, SIDE_BOTH, ABSENCE, 0},
    {linked, REASON_ALREADY_LINKED, SIDE_BOTH, ABSENCE | OF_PRIMARY, 0},
    {no_primary, REASON_NO_ACCOUNT, SIDE_PRIMARY, 0, 0},
    {no_secondary, REASON_NO_ACCOUNT, SIDE_SECONDARY, ABSENCE, 0},
    {primary_recreated, REASON_RECREATED, SIDE_PRIMARY, OF_PRIMARY, 0},
    {secondary_recreated, REASON_RECREATED, SIDE_SECONDARY, OF_SECONDARY, 0},
    {held, REASON_HELD, SIDE_SECONDARY, ABSENCE, 1 << GUARD_HOLDER},
    {primary_blocked, REASON_BLOCKED, SIDE_PRIMARY, OF_PRIMARY, 0},
    {secondary_blocked, REASON_BLOCKED, SIDE_SECONDARY, OF_SECONDARY, 0},
    {secondaries, REASON_HAS_SECONDARIES, SIDE_SECONDARY, OF_SECONDARY, 0},
    {scim, REASON_PROVISIONED, SIDE_SECONDARY, OF_SECONDARY, 1 << GUARD_CONNECTION | 1 << GUARD_SCIM},
    {directory, REASON_PROVISIONED, SIDE_SECONDARY, OF_SECONDARY, 1 << GUARD_CONNECTION | 1 << GUARD_DIRECTORY},
    {factors, REASON_WEAKER_FACTORS, SIDE_PRIMARY, OF_PRIMARY | OF_SECONDARY,
     1 << GUARD_PRIMARY_FACTORS | 1 << GUARD_SECONDARY_FACTORS},
    {organizations, REASON_ORGANIZATIONS_LOST, SIDE_SECONDARY, OF_PRIMARY | OF_SECONDARY,
     1 << GUARD_SECONDARY_ORGANIZATIONS | 1 << GUARD_PRIMARY_ORGANIZATIONS},
    {groups, REASON_GROUPS_LOST, SIDE_SECONDARY, OF_PRIMARY | OF_SECONDARY,
     1 << GUARD_SECONDARY_GROUPS | 1 << GUARD_PRIMARY_GROUPS},
    {large, REASON_TOO_LARGE, SIDE_PRIMARY, 0, 0},
    {reserved, REASON_RESERVED_KEY, SIDE_PRIMARY, 0, 0},
    {forbidden, REASON_FORBIDDEN_KEY, SIDE_PRIMARY, 0, 0},
    {roles, REASON_TOO_MANY_ROLES, SIDE_PRIMARY, OF_PRIMARY | OF_SECONDARY,
     1 << GUARD_SECONDARY_ROLES | 1 << GUARD_PRIMARY_ROLES},
    {permissions, REASON_TOO_MANY_PERMISSIONS, SIDE_PRIMARY, OF_PRIMARY | OF_SECONDARY,
     1 << GUARD_SECONDARY_PERMISSIONS | 1 << GUARD_PRIMARY_PERMISSIONS},
    {primary_unverified, REASON_EMAIL_NOT_VERIFIED, SIDE_PRIMARY, OF_PRIMARY | OF_SECONDARY, 0},
    {secondary_unverified, REASON_EMAIL_NOT_VERIFIED, SIDE_SECONDARY, OF_PRIMARY | OF_SECONDARY, 0},
    {addresses, REASON_EMAILS_DIFFER, SIDE_BOTH, OF_PRIMARY | OF_SECONDARY, 0},
    {primary_untrusted, REASON_CONNECTION_NOT_TRUSTED, SIDE_PRIMARY, OF_PRIMARY | OF_SECONDARY, 0},
    {secondary_untrusted, REASON_CONNECTION_NOT_TRUSTED, SIDE_SECONDARY, OF_PRIMARY | OF_SECONDARY, 0},
    {primary_password, REASON_PASSWORD_ACCOUNT, SIDE_PRIMARY, OF_PRIMARY | OF_SECONDARY, 0},
};

/* ---- judging ---- */

static const struct guard_finding *find(const struct guard_verdict *verdict, enum guard_reason reason,
                                        enum guard_side side) {
    for (size_t i = 0; i < verdict->count; i++)
        if (verdict->findings[i].reason == reason && verdict->findings[i].side == side) return &verdict->findings[i];
    return NULL;
}

static const struct guard_finding *find_unread(const struct guard_verdict *verdict, int read) {
    for (size_t i = 0; i < verdict->count; i++)
        if (verdict->findings[i].reason == REASON_UNREADABLE && (int)verdict->findings[i].read == read)
            return &verdict->findings[i];
    return NULL;
}

/* Those that refuse come first, and each says what it is. */
static void check_order(const struct guard_verdict *verdict) {
    assert_true(verdict->count <= GUARD_FINDINGS);
    for (size_t i = 0; i < verdict->count; i++) assert_int_equal(verdict->findings[i].refuses, i < verdict->refused);
}

static struct guard_verdict judge(const struct world *world) {
    struct guard_input input = world_read(world);
    struct guard_verdict verdict;
    guard_judge(&input, &verdict);
    check_order(&verdict);
    return verdict;
}

static bool finds(const struct guard_verdict *verdict, const struct wrong *wrong) {
    const struct guard_finding *finding = find(verdict, wrong->reason, wrong->side);
    return finding != NULL && finding->refuses;
}

/* ---- the table ---- */

static void a_clean_pair_passes(void **state) {
    (void)state;
    struct world world = world_clean();
    struct guard_verdict verdict = judge(&world);
    assert_int_equal(verdict.count, 0);
    assert_int_equal(verdict.refused, 0);
}

static void each_reason_is_found_alone(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(wrongs); i++) {
        struct world world = world_clean();
        wrongs[i].make(&world);
        struct guard_verdict verdict = judge(&world);
        if (!finds(&verdict, &wrongs[i]) || verdict.count != 1)
            fail_msg("%s of %s: %zu findings", guard_reason_name(wrongs[i].reason), guard_side_name(wrongs[i].side),
                     verdict.count);
    }
}

/* Whether `other` hides what this one would say: the account that it is about is not there, or is another. */
static bool is_hidden(const struct wrong *wrong, const struct wrong *other) {
    if (other->make == no_primary && (wrong->needs & OF_PRIMARY)) return true;
    return (other->needs & ABSENCE) && (wrong->needs & OF_SECONDARY);
}

/* Which of two answers there is about the secondary's id, and whether the profiles contradict each other. */
static bool is_impossible(const struct wrong *a, const struct wrong *b) {
    return (a->needs & ABSENCE) && (b->needs & ABSENCE);
}

static void check_pair(const struct wrong *a, const struct wrong *b) {
    struct world world = world_clean();
    a->make(&world);
    b->make(&world);
    struct guard_verdict verdict = judge(&world);
    bool is_missed = (!is_hidden(a, b) && !finds(&verdict, a)) || (!is_hidden(b, a) && !finds(&verdict, b));
    if (is_missed || verdict.refused == 0)
        fail_msg("%s of %s beside %s of %s", guard_reason_name(a->reason), guard_side_name(a->side),
                 guard_reason_name(b->reason), guard_side_name(b->side));
}

static void each_reason_is_found_beside_each_other(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(wrongs); i++)
        for (size_t j = 0; j < COUNT(wrongs); j++)
            if (i != j && !is_impossible(&wrongs[i], &wrongs[j])) check_pair(&wrongs[i], &wrongs[j]);
}

static void all_of_them_are_found_at_once(void **state) {
    (void)state;
    struct world world = world_clean();
    for (size_t i = 0; i < COUNT(wrongs); i++)
        if (!(wrongs[i].needs & ABSENCE) && wrongs[i].make != no_primary) wrongs[i].make(&world);
    struct guard_verdict verdict = judge(&world);
    for (size_t i = 0; i < COUNT(wrongs); i++)
        if (!(wrongs[i].needs & ABSENCE) && wrongs[i].make != no_primary && !finds(&verdict, &wrongs[i]))
            fail_msg("%s is missing", guard_reason_name(wrongs[i].reason));
    assert_int_equal(verdict.refused, verdict.count);
}

/* ---- unreadable ---- */

static guard_reads relevant(const struct world *world) {
    struct guard_input input = world_read(world);
    return guard_relevant(&input);
}

static bool is_profile(int read) { return read == GUARD_PRIMARY || read == GUARD_SECONDARY; }

/* A factor of the primary makes those of the secondary moot. */
static bool is_moot(const struct world *world, int read) {
    return read == GUARD_SECONDARY_FACTORS && strcmp(world->texts[GUARD_PRIMARY_FACTORS], "[]") != 0;
}

static void check_unread(struct world world, int read, bool is_allowed, const struct wrong *wrong) {
    guard_reads bit = (guard_reads)1 << read;
    bool counts = (relevant(&world) & bit) && !is_moot(&world, read);
    bool only_warns = is_allowed || read == GUARD_STREAMS || (read == GUARD_HOLDER);
    world.unreadable = bit;
    world.options.allow_unreadable = is_allowed;
    struct guard_verdict verdict = judge(&world);
    const struct guard_finding *unread = find_unread(&verdict, read);
    if (counts != (unread != NULL)) fail_msg("%s unreadable: told %d", guard_read_name((enum guard_read)read), !counts);
    if (unread != NULL) assert_int_equal(unread->refuses, !only_warns || is_profile(read));
    if (wrong == NULL) return;
    bool is_evidence = is_profile(read) || (wrong->evidence & bit);
    if (!is_evidence && !finds(&verdict, wrong))
        fail_msg("%s, with %s unreadable", guard_reason_name(wrong->reason), guard_read_name((enum guard_read)read));
    if (!is_allowed && verdict.refused == 0)
        fail_msg("%s passes, with %s unreadable", guard_reason_name(wrong->reason),
                 guard_read_name((enum guard_read)read));
}

static void what_cannot_be_read_refuses_unless_it_is_allowed(void **state) {
    (void)state;
    for (int read = 0; read < GUARD_READS; read++) {
        check_unread(world_clean(), read, false, NULL);
        check_unread(world_clean(), read, true, NULL);
    }
}

static void each_reason_beside_each_read_that_fails(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(wrongs); i++)
        for (int read = 0; read < GUARD_READS; read++) {
            struct world world = world_clean();
            wrongs[i].make(&world);
            check_unread(world, read, false, &wrongs[i]);
            check_unread(world, read, true, &wrongs[i]);
        }
}

static void nothing_passes_because_it_was_not_asked(void **state) {
    (void)state;
    for (int read = 0; read < GUARD_READS; read++) {
        struct world world = world_clean();
        guard_reads bit = (guard_reads)1 << read;
        if (!(relevant(&world) & bit) || is_moot(&world, read) || read == GUARD_STREAMS) continue;
        world.unasked = bit;
        struct guard_verdict verdict = judge(&world);
        if (verdict.refused == 0) fail_msg("%s was forgotten", guard_read_name((enum guard_read)read));
    }
}

static void with_nothing_readable_all_is_refused(void **state) {
    (void)state;
    struct world world = world_clean();
    world.unreadable = ~(guard_reads)0;
    world.options.allow_unreadable = true;
    struct guard_verdict verdict = judge(&world);
    assert_int_equal(verdict.refused, 2); /* the two profiles */
}

/* ---- the details of a reason ---- */

static void only_the_boolean_true_verifies(void **state) {
    (void)state;
    static const char *const values[] = {"false", "null", "\"true\"", "\"false\"", "\"\"", "1", "[]", "{}"};
    for (size_t i = 0; i < COUNT(values); i++) {
        struct world world = world_clean();
        world.primary_verified = world.secondary_verified = values[i];
        struct guard_verdict verdict = judge(&world);
        assert_non_null(find(&verdict, REASON_EMAIL_NOT_VERIFIED, SIDE_PRIMARY));
        assert_non_null(find(&verdict, REASON_EMAIL_NOT_VERIFIED, SIDE_SECONDARY));
        assert_int_equal(verdict.refused, 2);
    }
}

static void addresses_are_equal_but_for_ascii_case(void **state) {
    (void)state;
    static const struct {
        const char *primary, *secondary;
        bool is_same;
    } cases[] = {{"\"a@b.c\"", "\"A@B.C\"", true},
                 {"\"\\u0061@b.c\"", "\"a@b.c\"", true},
                 {"\"a@b.c\"", "\"a@b.c \"", false},
                 {"\"a+x@b.c\"", "\"a@b.c\"", false},
                 {"\"\xC3\xA4@b.c\"", "\"\xC3\x84@b.c\"", false},
                 {"\"K@b.c\"", "\"\xE2\x84\xAA@b.c\"", false}, /* the sign for kelvin */
                 {"\"a@b.c\"", "\"[@b.c\"", false},
                 {"\"{@b.c\"", "\"[@b.c\"", false},
                 {"\"\"", "\"\"", false},
                 {"null", "null", false},
                 {"7", "7", false},
                 {"\"a@b.c\"", "null", false},
                 {"[]", "[]", false}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct world world = world_clean();
        world.primary_email = cases[i].primary;
        world.secondary_email = cases[i].secondary;
        struct guard_verdict verdict = judge(&world);
        if (cases[i].is_same != (verdict.refused == 0)) fail_msg("%s %s", cases[i].primary, cases[i].secondary);
    }
}

static void an_address_that_does_not_fit_is_no_shared_one(void **state) {
    (void)state;
    static char address[1100];
    memset(address, 'a', sizeof address - 1);
    address[0] = address[sizeof address - 2] = '"';
    struct world world = world_clean();
    world.primary_email = world.secondary_email = address;
    struct guard_verdict verdict = judge(&world);
    assert_non_null(find(&verdict, REASON_EMAILS_DIFFER, SIDE_BOTH));
}

static void other_proofs_ask_for_no_shared_address(void **state) {
    (void)state;
    static const enum guard_proof proofs[] = {GUARD_BOTH_AUTHENTICATED, GUARD_OPERATOR};
    for (size_t i = 0; i < COUNT(proofs); i++) {
        struct world world = world_clean();
        addresses(&world);
        primary_unverified(&world);
        secondary_untrusted(&world);
        primary_password(&world);
        world.options.proof = proofs[i];
        struct guard_verdict verdict = judge(&world);
        assert_int_equal(verdict.refused, 0);
    }
}

static void a_password_passes_where_the_caller_says_so(void **state) {
    (void)state;
    struct world world = world_clean();
    primary_password(&world);
    world.options.password_merge = true;
    assert_int_equal(judge(&world).refused, 0);
    world = world_clean();
    world.secondary_linked = PASSWORD;
    struct guard_verdict verdict = judge(&world);
    assert_non_null(find(&verdict, REASON_PASSWORD_ACCOUNT, SIDE_SECONDARY));
}

static void the_connections_that_are_trusted_are_none_by_default(void **state) {
    (void)state;
    struct world world = world_clean();
    world.options.trusted_count = 0;
    struct guard_verdict verdict = judge(&world);
    assert_int_equal(verdict.refused, 2);
    assert_non_null(find(&verdict, REASON_CONNECTION_NOT_TRUSTED, SIDE_PRIMARY));
    assert_non_null(find(&verdict, REASON_CONNECTION_NOT_TRUSTED, SIDE_SECONDARY));
}

static void the_time_of_creation_is_compared_where_it_is_given(void **state) {
    (void)state;
    struct world world = world_clean();
    world.secondary_created = ",\"created_at\":\"2026-01-02T03:04:05.678Z\"";
    assert_int_equal(judge(&world).count, 0);
    world.options.secondary_created = SPAN("2026-01-02T03:04:05.678Z");
    assert_int_equal(judge(&world).count, 0);
    world.options.secondary_created = SPAN("");
    assert_int_equal(judge(&world).refused, 1);
}

static void only_the_boolean_false_is_not_blocked(void **state) {
    (void)state;
    static const struct {
        const char *more;
        size_t refused;
    } cases[] = {{",\"blocked\":false", 0}, {",\"blocked\":null", 0},     {"", 0},
                 {",\"blocked\":true", 2},  {",\"blocked\":\"true\"", 2}, {",\"blocked\":\"false\"", 2},
                 {",\"blocked\":1", 2}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct world world = world_clean();
        world.primary_more = world.secondary_more = cases[i].more;
        assert_int_equal(judge(&world).refused, cases[i].refused);
    }
}

static void a_factor_is_confirmed_and_is_a_second_one(void **state) {
    (void)state;
    static const struct {
        const char *list;
        bool of_secondary, of_primary;
    } cases[] = {{"[]", false, false},
                 {"[{\"type\":\"totp\"}]", true, true},
                 {"[{\"type\":\"push\",\"confirmed\":true}]", true, true},
                 {"{\"authenticators\":[{\"type\":\"phone\"}]}", true, true},
                 {"[{\"type\":\"email\"}]", true, true},
                 {"[{\"type\":\"guardian\"}]", true, true},
                 {"[{\"type\":\"webauthn-roaming\"}]", true, true},
                 {"[{\"type\":\"webauthn-platform\"}]", true, true},
                 {"[{\"type\":\"totp\",\"confirmed\":false}]", false, false},
                 {"[{\"type\":\"password\"},{\"type\":\"passkey\"}]", false, false},
                 {"[{\"type\":\"email-verification\"},{\"type\":\"recovery-code\"}]", false, false},
                 {"[{\"type\":\"retina\"}]", true, false}, /* not known: it counts where that refuses */
                 {"[{}]", true, false},
                 {"[{\"type\":\"totp\",\"confirmed\":\"true\"}]", true, false},
                 {"[{\"type\":\"totp\",\"confirmed\":null}]", true, true},
                 {"[7]", true, false},
                 {"[{\"type\":\"password\"},{\"type\":\"totp\"}]", true, true}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct world world = world_clean();
        world.texts[GUARD_SECONDARY_FACTORS] = cases[i].list;
        world.texts[GUARD_PRIMARY_FACTORS] = "[]";
        if ((judge(&world).refused > 0) != cases[i].of_secondary) fail_msg("of the secondary: %s", cases[i].list);
        world = world_clean();
        world.texts[GUARD_PRIMARY_FACTORS] = cases[i].list;
        if ((judge(&world).refused == 0) != cases[i].of_primary) fail_msg("of the primary: %s", cases[i].list);
    }
}

#define MULTIFACTOR ",\"multifactor\":[\"guardian\"]"

static void without_the_list_the_profiles_tell_of_factors(void **state) {
    (void)state;
    struct world world = world_clean();
    world.options.checks &= ~(unsigned)GUARD_FACTORS;
    world.unasked = 1 << GUARD_PRIMARY_FACTORS | 1 << GUARD_SECONDARY_FACTORS;
    world.secondary_more = MULTIFACTOR;
    struct guard_verdict verdict = judge(&world);
    assert_non_null(find(&verdict, REASON_WEAKER_FACTORS, SIDE_PRIMARY));
    world.primary_more = MULTIFACTOR;
    assert_int_equal(judge(&world).refused, 0);
    static const char *const none[] = {"[]", "\"guardian\"", "[\"\"]", "[7]", "{}", "true"};
    for (size_t i = 0; i < COUNT(none); i++) { /* what is not as the API promises is no factor of a primary */
        char more[60];
        snprintf(more, sizeof more, ",\"multifactor\":%s", none[i]);
        world.primary_more = more;
        assert_int_equal(judge(&world).refused, 1);
    }
    world.primary_more = "";
    world.secondary_more = ",\"multifactor\":\"guardian\""; /* and it is one of a secondary */
    assert_int_equal(judge(&world).refused, 1);
    world.secondary_more = ",\"multifactor\":[]";
    assert_int_equal(judge(&world).refused, 0);
}

static void a_secondarys_profile_tells_of_factors_beside_its_list(void **state) {
    (void)state;
    struct world world = world_clean();
    world.secondary_more = world.primary_more = MULTIFACTOR;
    world.texts[GUARD_SECONDARY_FACTORS] = world.texts[GUARD_PRIMARY_FACTORS] = "[]";
    struct guard_verdict verdict = judge(&world); /* the primary's list was read, and shows none */
    assert_non_null(find(&verdict, REASON_WEAKER_FACTORS, SIDE_PRIMARY));
}

static void what_is_carried_is_not_lost(void **state) {
    (void)state;
    struct world world = world_clean();
    organizations(&world);
    world.options.carry |= GUARD_ORGANIZATIONS;
    assert_int_equal(judge(&world).refused, 0);
    groups(&world); /* these cannot be carried */
    world.options.carry |= GUARD_GROUPS;
    assert_int_equal(judge(&world).refused, 1);
}

static void the_limits_count_what_the_primary_would_have(void **state) {
    (void)state;
    struct world world = world_clean();
    world.texts[GUARD_PRIMARY_ROLES] = "[]";
    world.roles = 50; /* and one is carried */
    assert_int_equal(judge(&world).refused, 1);
    world.options.carry = 0;
    assert_int_equal(judge(&world).refused, 0);
    world.options.carry = GUARD_ROLES;
    world.texts[GUARD_SECONDARY_ROLES] = "[{\"id\":\"more_7\"}]"; /* the primary has it */
    assert_int_equal(judge(&world).refused, 0);
    world = world_clean();
    roles(&world);
    world.roles = 49;
    assert_int_equal(judge(&world).refused, 0);
    world = world_clean();
    permissions(&world);
    world.permissions = 999;
    assert_int_equal(judge(&world).refused, 0);
}

static void permissions_differ_by_their_api_too(void **state) {
    (void)state;
    struct world world = world_clean();
    world.texts[GUARD_PRIMARY_PERMISSIONS] = "[{\"resource_server_identifier\":\"b\",\"permission_name\":\"see\"}]";
    struct guard_input input = world_read(&world);
    struct guard_walk walk = guard_missing(&input, GUARD_SECONDARY_PERMISSIONS);
    assert_true(guard_next_missing(&input, GUARD_SECONDARY_PERMISSIONS, &walk));
    assert_false(guard_next_missing(&input, GUARD_SECONDARY_PERMISSIONS, &walk));
    walk = guard_missing(&input, GUARD_SECONDARY_ROLES);
    assert_false(guard_next_missing(&input, GUARD_SECONDARY_ROLES, &walk));
    input.answers[GUARD_PRIMARY_PERMISSIONS].state = GUARD_UNREADABLE; /* what it lacks is not known */
    walk = guard_missing(&input, GUARD_SECONDARY_PERMISSIONS);
    assert_false(guard_next_missing(&input, GUARD_SECONDARY_PERMISSIONS, &walk));
}

static void the_size_has_a_warning_before_the_limit(void **state) {
    (void)state;
    static const struct {
        size_t size, count, refused;
    } cases[] = {{8192, 0, 0}, {8193, 1, 0}, {10240, 1, 0}, {10241, 1, 1}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct world world = world_clean();
        world.merged.size = cases[i].size;
        struct guard_verdict verdict = judge(&world);
        assert_int_equal(verdict.count, cases[i].count);
        assert_int_equal(verdict.refused, cases[i].refused);
    }
}

static void a_proof_by_signing_in_wants_accounts_that_did(void **state) {
    (void)state;
    struct world world = world_clean();
    world.options.proof = GUARD_BOTH_AUTHENTICATED;
    world.primary_more = world.secondary_more = ",\"logins_count\":0";
    struct guard_verdict verdict = judge(&world);
    assert_int_equal(verdict.refused, 0);
    assert_non_null(find(&verdict, REASON_NEVER_LOGGED_IN, SIDE_PRIMARY));
    assert_non_null(find(&verdict, REASON_NEVER_LOGGED_IN, SIDE_SECONDARY));
    world.primary_more = world.secondary_more = ",\"logins_count\":10";
    assert_int_equal(judge(&world).count, 0);
    world.primary_more = world.secondary_more = ",\"logins_count\":0";
    world.options.proof = GUARD_OPERATOR;
    assert_int_equal(judge(&world).count, 0);
}

static void streams_that_listen_are_a_warning(void **state) {
    (void)state;
    static const struct {
        const char *streams;
        size_t count;
    } cases[] = {
        {"[{\"id\":\"est_1\",\"subscriptions\":[{\"event_type\":\"user.deleted\"}]}]", 1},
        {"[{\"id\":\"est_1\",\"status\":\"enabled\",\"subscriptions\":[{\"event_type\":\"user.created\"},"
         "{\"event_type\":\"user.deleted\"}]}]",
         1},
        {"[{\"id\":\"est_1\",\"status\":\"disabled\",\"subscriptions\":[{\"event_type\":\"user.deleted\"}]}]", 0},
        {"[{\"id\":\"est_1\",\"subscriptions\":[{\"event_type\":\"user.created\"}]}]", 0}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct world world = world_clean();
        world.texts[GUARD_STREAMS] = cases[i].streams;
        struct guard_verdict verdict = judge(&world);
        assert_int_equal(verdict.count, cases[i].count);
        assert_int_equal(verdict.refused, 0);
        assert_int_equal(find(&verdict, REASON_STREAMS_LISTEN, SIDE_SECONDARY) != NULL, cases[i].count == 1);
    }
}

/* ---- an identity that is another account's ---- */

static struct world moving(void) {
    struct world world = world_clean();
    held(&world);
    world.options.relink = (struct guard_relink){.holder = SPAN(HOLDER_ID), .proof = GUARD_OPERATOR};
    return world;
}

static void a_relink_moves_an_identity_from_the_holder_that_is_named(void **state) {
    (void)state;
    struct world world = moving();
    assert_int_equal(judge(&world).count, 0);
    world.options.relink.holder = SPAN("github|8");
    assert_true(judge(&world).refused > 0);
}

static void a_relink_without_its_holder_is_refused(void **state) {
    (void)state;
    struct world world = moving();
    world.holder_holds = false;
    world.texts[GUARD_HOLDER] =
        "{\"user_id\":\"github|9\",\"identities\":[{\"provider\":\"github\",\"user_id\":\"9\"}]}";
    struct guard_verdict verdict = judge(&world);
    assert_non_null(find(&verdict, REASON_NO_ACCOUNT, SIDE_SECONDARY));
    world = moving();
    world.unreadable = 1 << GUARD_HOLDER;
    world.options.allow_unreadable = true;
    verdict = judge(&world);
    assert_non_null(find_unread(&verdict, GUARD_HOLDER));
    assert_true(find_unread(&verdict, GUARD_HOLDER)->refuses);
}

static void the_holder_of_a_relink_is_judged(void **state) {
    (void)state;
    struct world world = moving();
    world.holder_more = ",\"blocked\":true";
    struct guard_verdict verdict = judge(&world);
    assert_non_null(find(&verdict, REASON_BLOCKED, SIDE_HOLDER));
    world = moving();
    scim(&world);
    verdict = judge(&world);
    assert_non_null(find(&verdict, REASON_PROVISIONED, SIDE_SECONDARY));
}

static void a_relink_has_a_proof_of_its_own(void **state) {
    (void)state;
    struct world world = moving();
    world.holder_email = "\"bob@acme.test\"";
    world.holder_verified = "false";
    world.options.trusted_count = 2;
    assert_int_equal(judge(&world).refused, 0);
    world.options.relink.proof = GUARD_SHARED_EMAIL;
    struct guard_verdict verdict = judge(&world);
    assert_int_equal(verdict.refused, 3);
    assert_non_null(find(&verdict, REASON_EMAILS_DIFFER, SIDE_HOLDER));
    assert_non_null(find(&verdict, REASON_EMAIL_NOT_VERIFIED, SIDE_HOLDER));
    assert_non_null(find(&verdict, REASON_CONNECTION_NOT_TRUSTED, SIDE_HOLDER));
}

static void what_two_proofs_want_is_told_once(void **state) {
    (void)state;
    struct world world = moving();
    primary_unverified(&world);
    world.options.relink.proof = GUARD_SHARED_EMAIL;
    assert_int_equal(judge(&world).count, 1);
}

static void a_relink_of_an_account_of_its_own_is_a_warning(void **state) {
    (void)state;
    struct world world = world_clean();
    world.options.relink = (struct guard_relink){.holder = SPAN(HOLDER_ID), .proof = GUARD_OPERATOR};
    struct guard_verdict verdict = judge(&world);
    assert_int_equal(verdict.refused, 0);
    assert_non_null(find(&verdict, REASON_NOT_HELD, SIDE_SECONDARY));
}

/* A tenant that shows the holder under the secondary's id. */
static void an_answer_about_another_account_is_not_the_accounts(void **state) {
    (void)state;
    struct world world = world_clean();
    world.holder_holds = true;
    struct guard_input input = world_read(&world);
    struct guard_verdict verdict;
    struct json_value holder = input.answers[GUARD_HOLDER].pages[0];
    struct json_walk walk = json_walk(holder);
    assert_true(json_next(&walk));
    input.answers[GUARD_SECONDARY] = (struct guard_answer){.state = GUARD_READ, .pages = &walk.value, .count = 1};
    for (int i = 0; i < 2; i++) { /* without a relink, and with one that names another holder */
        guard_judge(&input, &verdict);
        assert_int_equal(verdict.refused, 1);
        assert_non_null(find(&verdict, REASON_HELD, SIDE_SECONDARY));
        input.options.relink.holder = SPAN("github|8");
    }
    input = world_read(&world);
    walk = json_walk(input.answers[GUARD_HOLDER].pages[0]);
    assert_true(json_next(&walk));
    input.answers[GUARD_PRIMARY] = (struct guard_answer){.state = GUARD_READ, .pages = &walk.value, .count = 1};
    guard_judge(&input, &verdict);
    assert_non_null(find(&verdict, REASON_NO_ACCOUNT, SIDE_PRIMARY));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clean_pair_passes),
        cmocka_unit_test(each_reason_is_found_alone),
        cmocka_unit_test(each_reason_is_found_beside_each_other),
        cmocka_unit_test(all_of_them_are_found_at_once),
        cmocka_unit_test(what_cannot_be_read_refuses_unless_it_is_allowed),
        cmocka_unit_test(each_reason_beside_each_read_that_fails),
        cmocka_unit_test(nothing_passes_because_it_was_not_asked),
        cmocka_unit_test(with_nothing_readable_all_is_refused),
        cmocka_unit_test(only_the_boolean_true_verifies),
        cmocka_unit_test(addresses_are_equal_but_for_ascii_case),
        cmocka_unit_test(an_address_that_does_not_fit_is_no_shared_one),
        cmocka_unit_test(other_proofs_ask_for_no_shared_address),
        cmocka_unit_test(a_password_passes_where_the_caller_says_so),
        cmocka_unit_test(the_connections_that_are_trusted_are_none_by_default),
        cmocka_unit_test(the_time_of_creation_is_compared_where_it_is_given),
        cmocka_unit_test(only_the_boolean_false_is_not_blocked),
        cmocka_unit_test(a_factor_is_confirmed_and_is_a_second_one),
        cmocka_unit_test(without_the_list_the_profiles_tell_of_factors),
        cmocka_unit_test(a_secondarys_profile_tells_of_factors_beside_its_list),
        cmocka_unit_test(what_is_carried_is_not_lost),
        cmocka_unit_test(the_limits_count_what_the_primary_would_have),
        cmocka_unit_test(permissions_differ_by_their_api_too),
        cmocka_unit_test(the_size_has_a_warning_before_the_limit),
        cmocka_unit_test(a_proof_by_signing_in_wants_accounts_that_did),
        cmocka_unit_test(streams_that_listen_are_a_warning),
        cmocka_unit_test(a_relink_moves_an_identity_from_the_holder_that_is_named),
        cmocka_unit_test(a_relink_without_its_holder_is_refused),
        cmocka_unit_test(the_holder_of_a_relink_is_judged),
        cmocka_unit_test(a_relink_has_a_proof_of_its_own),
        cmocka_unit_test(what_two_proofs_want_is_told_once),
        cmocka_unit_test(a_relink_of_an_account_of_its_own_is_a_warning),
        cmocka_unit_test(an_answer_about_another_account_is_not_the_accounts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
