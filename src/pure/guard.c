/* The judgement: what stands against a merge. */
#include "pure/guard.h"

#define BIT(read) ((guard_reads)1 << (read))

enum { ROLES_AT_MOST = 50, PERMISSIONS_AT_MOST = 1000 }; /* of an account, by the documentation's entity limits */

/* What is looked at again and again. */
struct scene {
    const struct guard_input *input;
    const struct guard_options *options;
    struct guard_verdict *verdict;
    struct account primary, secondary, holder;
    bool has_primary, has_secondary, has_holder;
    bool moves; /* a relink takes the identity from its holder */
};

static bool is_there(const struct guard_verdict *verdict, const struct guard_finding *finding) {
    for (size_t i = 0; i < verdict->count; i++) {
        const struct guard_finding *other = &verdict->findings[i];
        if (other->reason == finding->reason && other->side == finding->side && other->read == finding->read)
            return true;
    }
    return false;
}

static void insert(struct guard_verdict *verdict, struct guard_finding finding) {
    if (is_there(verdict, &finding)) return;
    size_t at = finding.refuses ? verdict->refused : verdict->count;
    memmove(&verdict->findings[at + 1], &verdict->findings[at], (verdict->count - at) * sizeof *verdict->findings);
    verdict->findings[at] = finding;
    verdict->count++;
    if (finding.refuses) verdict->refused++;
}

static void find(const struct scene *scene, bool is_so, enum guard_reason reason, enum guard_side side) {
    if (is_so)
        insert(scene->verdict,
               (struct guard_finding){
                   .reason = reason, .side = side, .read = GUARD_READS, .refuses = reason < REASON_NEAR_LIMIT});
}

/* ---- the two accounts ---- */

/* A profile that is there, and not the one that was asked for, is another account's. */
static bool is_gone(const struct scene *scene, enum guard_read read, bool is_there) {
    if (is_there) return false;
    enum guard_state state = guard_state_of(scene->input, read);
    return state == GUARD_ABSENT || state == GUARD_READ;
}

static void find_accounts(const struct scene *scene) {
    bool is_linked = guard_already_linked(scene->input);
    bool is_unknown = !is_linked && is_gone(scene, GUARD_SECONDARY, scene->has_secondary);
    find(scene, span_equals(scene->options->primary, scene->options->secondary), REASON_SAME_ACCOUNT, SIDE_BOTH);
    find(scene, is_gone(scene, GUARD_PRIMARY, scene->has_primary), REASON_NO_ACCOUNT, SIDE_PRIMARY);
    find(scene, is_linked, REASON_ALREADY_LINKED, SIDE_BOTH);
    find(scene, is_unknown && scene->has_holder, REASON_HELD, SIDE_SECONDARY);
    find(scene, is_unknown && !scene->has_holder, REASON_NO_ACCOUNT, SIDE_SECONDARY);
    find(scene, scene->options->relink.holder.at != NULL && scene->has_secondary && !scene->moves, REASON_NOT_HELD,
         SIDE_SECONDARY);
}

static bool has_never_logged_in(const struct account *account) {
    return json_is_integer(account->logins_count) && span_equals(json_bytes(account->logins_count), SPAN("0"));
}

static bool is_another_now(const struct account *account, struct span created) {
    return account->id.token != NULL && created.at != NULL && !json_string_is(account->created_at, created);
}

static void find_state(const struct scene *scene) {
    struct json_value identity;
    bool is_claimed = scene->options->proof == GUARD_BOTH_AUTHENTICATED;
    find(scene, is_another_now(&scene->primary, scene->options->primary_created), REASON_RECREATED, SIDE_PRIMARY);
    find(scene, is_another_now(&scene->secondary, scene->options->secondary_created), REASON_RECREATED, SIDE_SECONDARY);
    find(scene, account_is_blocked(&scene->primary), REASON_BLOCKED, SIDE_PRIMARY);
    find(scene, account_is_blocked(&scene->secondary), REASON_BLOCKED, SIDE_SECONDARY);
    find(scene, account_is_blocked(&scene->holder), REASON_BLOCKED, SIDE_HOLDER);
    find(scene, account_linked(&scene->secondary, 0, &identity), REASON_HAS_SECONDARIES, SIDE_SECONDARY);
    find(scene, is_claimed && has_never_logged_in(&scene->primary), REASON_NEVER_LOGGED_IN, SIDE_PRIMARY);
    find(scene, is_claimed && has_never_logged_in(&scene->secondary), REASON_NEVER_LOGGED_IN, SIDE_SECONDARY);
}

/* ---- what was read beside them ---- */

static bool is_lacking(const struct scene *scene, enum guard_read secondarys) {
    struct guard_walk walk = guard_missing(scene->input, secondarys);
    return guard_next_missing(scene->input, secondarys, &walk);
}

static size_t count_of(const struct scene *scene, enum guard_read read) {
    size_t count = 0;
    for (struct guard_walk walk = guard_walk(scene->input, read); guard_next(&walk);) count++;
    return count;
}

static bool exceeds(const struct scene *scene, enum guard_part part, enum guard_read secondarys, size_t most) {
    if (!(scene->options->carry & part)) return false;
    size_t has = count_of(scene, (enum guard_read)(secondarys + 1)), gets = 0;
    struct guard_walk walk = guard_missing(scene->input, secondarys);
    while (guard_next_missing(scene->input, secondarys, &walk)) gets++;
    return gets > 0 && has + gets > most;
}

static bool is_weaker(const struct scene *scene) {
    bool is_known =
        !(scene->options->checks & GUARD_FACTORS) || guard_state_of(scene->input, GUARD_PRIMARY_FACTORS) == GUARD_READ;
    return is_known && guard_has_factors(scene->input, GUARD_SECONDARY_FACTORS) &&
           !guard_has_factors(scene->input, GUARD_PRIMARY_FACTORS);
}

static void find_losses(const struct scene *scene) {
    const struct guard_input *input = scene->input;
    bool carries_organizations = scene->options->carry & GUARD_ORGANIZATIONS;
    bool is_provisioned =
        guard_state_of(input, GUARD_SCIM) == GUARD_READ || guard_state_of(input, GUARD_DIRECTORY) == GUARD_READ;
    find(scene, is_provisioned && scene->has_secondary, REASON_PROVISIONED, SIDE_SECONDARY);
    find(scene, scene->has_primary && is_weaker(scene), REASON_WEAKER_FACTORS, SIDE_PRIMARY);
    find(scene, !carries_organizations && is_lacking(scene, GUARD_SECONDARY_ORGANIZATIONS), REASON_ORGANIZATIONS_LOST,
         SIDE_SECONDARY);
    find(scene, is_lacking(scene, GUARD_SECONDARY_GROUPS), REASON_GROUPS_LOST, SIDE_SECONDARY);
    find(scene, exceeds(scene, GUARD_ROLES, GUARD_SECONDARY_ROLES, ROLES_AT_MOST), REASON_TOO_MANY_ROLES, SIDE_PRIMARY);
    find(scene, exceeds(scene, GUARD_PERMISSIONS, GUARD_SECONDARY_PERMISSIONS, PERMISSIONS_AT_MOST),
         REASON_TOO_MANY_PERMISSIONS, SIDE_PRIMARY);
}

static void find_merged(const struct scene *scene) {
    const struct merge *merged = scene->input->merged;
    if (merged == NULL) return;
    find(scene, merged->size > MERGE_SIZE_MOST, REASON_TOO_LARGE, SIDE_PRIMARY);
    find(scene, merged->size > MERGE_SIZE_MUCH && merged->size <= MERGE_SIZE_MOST, REASON_NEAR_LIMIT, SIDE_PRIMARY);
    for (size_t i = 0; i < merged->fault_count; i++)
        find(scene, true, merged->faults[i].is_reserved ? REASON_RESERVED_KEY : REASON_FORBIDDEN_KEY, SIDE_PRIMARY);
}

/* ---- a shared e-mail address as the proof ---- */

static bool is_trusted(const struct scene *scene, const struct account *account) {
    for (size_t i = 0; account->has_own && i < scene->options->trusted_count; i++)
        if (json_string_is(account->connection, scene->options->trusted_connections[i])) return true;
    return false;
}

enum { ADDRESS_ROOM = 1024, CUT = ADDRESS_ROOM - 3 }; /* a cut is between characters */

static size_t lower(struct json_value email, char to[ADDRESS_ROOM]) {
    size_t size = json_string(email, to, ADDRESS_ROOM);
    for (size_t i = 0; i < size; i++)
        if (to[i] >= 'A' && to[i] <= 'Z') to[i] = (char)(to[i] + ('a' - 'A'));
    return size;
}

static bool is_same_address(struct json_value a, struct json_value b) {
    char text_a[ADDRESS_ROOM], text_b[ADDRESS_ROOM];
    size_t size_a = lower(a, text_a), size_b = lower(b, text_b);
    return size_a > 0 && size_a < CUT && size_a == size_b && memcmp(text_a, text_b, size_a) == 0;
}

static void find_untrusted(const struct scene *scene, const struct account *account, enum guard_side side) {
    find(scene, json_kind(account->email_verified) != JSON_TRUE, REASON_EMAIL_NOT_VERIFIED, side);
    find(scene, !is_trusted(scene, account), REASON_CONNECTION_NOT_TRUSTED, side);
    find(scene, account_has_password(account) && !scene->options->password_merge, REASON_PASSWORD_ACCOUNT, side);
}

static void find_shared(const struct scene *scene, const struct account *other, enum guard_side side) {
    find(scene, !is_same_address(scene->primary.email, other->email), REASON_EMAILS_DIFFER,
         side == SIDE_HOLDER ? side : SIDE_BOTH);
    find_untrusted(scene, &scene->primary, SIDE_PRIMARY);
    find_untrusted(scene, other, side);
}

static void find_evidence(const struct scene *scene) {
    if (!scene->has_primary) return;
    if (scene->options->proof == GUARD_SHARED_EMAIL && scene->has_secondary)
        find_shared(scene, &scene->secondary, SIDE_SECONDARY);
    if (scene->moves && scene->options->relink.proof == GUARD_SHARED_EMAIL)
        find_shared(scene, &scene->holder, SIDE_HOLDER);
}

/* ---- what could not be read ---- */

static enum guard_side side_of(enum guard_read read) {
    switch (read) {
    case GUARD_PRIMARY:
    case GUARD_PRIMARY_FACTORS:
    case GUARD_PRIMARY_ORGANIZATIONS:
    case GUARD_PRIMARY_GROUPS:
    case GUARD_PRIMARY_ROLES:
    case GUARD_PRIMARY_PERMISSIONS: return SIDE_PRIMARY;
    case GUARD_HOLDER: return SIDE_HOLDER;
    default: return SIDE_SECONDARY;
    }
}

/* It plays no part what factors a secondary has where the primary has some. */
static bool is_moot(const struct scene *scene, enum guard_read read) {
    return read == GUARD_SECONDARY_FACTORS && guard_has_factors(scene->input, GUARD_PRIMARY_FACTORS);
}

static bool may_be_unreadable(const struct scene *scene, enum guard_read read) {
    if (read == GUARD_STREAMS) return true;
    if (read == GUARD_PRIMARY || read == GUARD_SECONDARY) return false;
    return scene->options->allow_unreadable && read != GUARD_HOLDER;
}

/* The search for a holder only names it: without one, the secondary that does not exist is the reason. */
static bool refuses_unread(const struct scene *scene, enum guard_read read) {
    bool is_search = read == GUARD_HOLDER && scene->options->relink.holder.at == NULL;
    return !is_search && !may_be_unreadable(scene, read);
}

static void find_unreadable(const struct scene *scene) {
    guard_reads relevant = guard_relevant(scene->input);
    for (int i = 0; i < GUARD_READS; i++) {
        enum guard_read read = (enum guard_read)i;
        if (!(relevant & BIT(read))) continue;
        enum guard_state state = guard_state_of(scene->input, read);
        if (state == GUARD_READ || state == GUARD_ABSENT || is_moot(scene, read)) continue;
        insert(scene->verdict, (struct guard_finding){.reason = REASON_UNREADABLE,
                                                      .side = side_of(read),
                                                      .read = read,
                                                      .refuses = refuses_unread(scene, read)});
    }
}

/* An account that is not the one that was asked for says nothing. */
static bool keep(bool is_it, struct account *account) {
    if (!is_it) *account = (struct account){.profile = {NULL, NULL}};
    return is_it;
}

static struct scene scene_of(const struct guard_input *input, struct guard_verdict *verdict) {
    struct scene scene = {.input = input, .options = &input->options, .verdict = verdict};
    scene.has_primary = keep(guard_primary(input, &scene.primary), &scene.primary);
    scene.has_secondary = keep(guard_secondary(input, &scene.secondary), &scene.secondary);
    scene.has_holder = keep(guard_holder(input, &scene.holder), &scene.holder);
    scene.moves = scene.has_holder && scene.has_secondary;
    return scene;
}

static void find_streams(const struct scene *scene) {
    struct guard_finding listen = {.reason = REASON_STREAMS_LISTEN};
    char name[1];
    size_t size;
    find(scene, guard_named(scene->input, &listen, 0, name, sizeof name, &size), listen.reason, SIDE_SECONDARY);
}

void guard_judge(const struct guard_input *input, struct guard_verdict *verdict) {
    verdict->count = verdict->refused = 0;
    const struct scene scene = scene_of(input, verdict);
    find_accounts(&scene);
    find_state(&scene);
    find_losses(&scene);
    find_merged(&scene);
    find_evidence(&scene);
    find_unreadable(&scene);
    find_streams(&scene);
}
