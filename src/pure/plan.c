#include "pure/plan.h"

/* Where the spans of lists are put. */
struct reading {
    struct json_value order;
    char *text;
    struct span *spans;
    struct complaint *complaint;
};

static struct json_value member(struct json_value object, const char *name) {
    struct json_value value = {NULL, NULL};
    (void)json_member(object, span_of(name), &value);
    return value;
}

/* Unescaped, over itself. Absent where it is no string. */
static struct span text_of(const struct reading *reading, struct json_value value) {
    if (json_kind(value) != JSON_STRING) return (struct span){NULL, 0};
    char *at = reading->text + value.token->at;
    return (struct span){at, json_string(value, at, value.token->size)};
}

static struct span text_at(const struct reading *reading, struct json_value object, const char *name) {
    return text_of(reading, member(object, name));
}

static bool flag_at(const struct reading *reading, const char *name) {
    return json_kind(member(reading->order, name)) == JSON_TRUE;
}

/* The strings of a list, one after another. */
static size_t list_at(struct reading *reading, const char *name, const struct span **list) {
    struct json_walk walk = json_walk(member(reading->order, name));
    *list = reading->spans;
    while (json_next(&walk)) *reading->spans++ = text_of(reading, walk.value);
    return (size_t)(reading->spans - *list);
}

/* ---- words ---- */

struct word {
    const char *name;
    int value;
};

/* Of a table that ends with a word without a name, which is found where there is no other. */
static const struct word *find_word(const struct word *words, struct span text) {
    while (words->name != NULL && !span_equals(span_of(words->name), text)) words++;
    return words;
}

static bool read_goal(struct reading *reading, enum sequence_goal *goal) {
    static const struct word goals[] = {{"preview", SEQUENCE_PREVIEW},
                                        {"merge", SEQUENCE_MERGE},
                                        {"undo", SEQUENCE_UNDO},
                                        {"settle", SEQUENCE_SETTLE},
                                        {NULL, 0}};
    const struct word *found = find_word(goals, text_at(reading, reading->order, "goal"));
    *goal = (enum sequence_goal)found->value;
    return found->name != NULL || complaint_make(reading->complaint, "goal", "is none that is known");
}

static bool read_proof(const struct reading *reading, struct json_value object, enum guard_proof *proof) {
    struct span text = text_at(reading, object, "proof");
    for (int i = 0; i < GUARD_PROOFS; i++) {
        *proof = (enum guard_proof)i;
        if (span_equals(text, span_of(guard_proof_name(*proof)))) return true;
    }
    return complaint_make(reading->complaint, "proof", "is none that is known");
}

static bool read_choice(const struct reading *reading, enum merge_part part, enum merge_choice *choice) {
    struct span text = text_at(reading, reading->order, merge_part_name(part));
    if (text.at == NULL) return true;
    for (int i = MERGE_DISCARD; i <= MERGE_DEEP; i++) {
        *choice = (enum merge_choice)i;
        if (span_equals(text, span_of(merge_choice_name(*choice)))) return true;
    }
    return complaint_make(reading->complaint, merge_part_name(part), "is no choice that is known");
}

static bool read_parts(struct reading *reading, const char *option, unsigned allowed, unsigned *parts) {
    static const struct word words[] = {
        {"factors", GUARD_FACTORS},
        {"organizations", GUARD_ORGANIZATIONS},
        {"groups", GUARD_GROUPS},
        {"provisioning", GUARD_PROVISIONING},
        {"roles", GUARD_ROLES},
        {"permissions", GUARD_PERMISSIONS},
        {"name", GUARD_NAME},
        {"picture", GUARD_PICTURE},
        {NULL, 0},
    };
    struct json_value list = member(reading->order, option);
    struct json_walk walk = json_walk(list);
    if (list.token != NULL) *parts = 0;
    while (json_next(&walk)) {
        unsigned part = (unsigned)find_word(words, text_of(reading, walk.value))->value & allowed;
        if (part == 0) return complaint_make(reading->complaint, option, "names something that is none");
        *parts |= part;
    }
    return true;
}

/* ---- the plan ---- */

static bool read_relink(const struct reading *reading, struct guard_relink *relink) {
    struct json_value given = member(reading->order, "relink");
    if (given.token == NULL) return true;
    relink->holder = text_at(reading, given, "holder");
    if (!identity_check_account("relink.holder", relink->holder, reading->complaint)) return false;
    return read_proof(reading, given, &relink->proof);
}

static bool read_profile(const struct reading *reading, struct json_value given, const char *option,
                         struct span account, struct json_value *profile) {
    *profile = member(given, option + sizeof "profiles." - 1);
    if (json_string_is(member(*profile, "user_id"), account)) return true;
    return complaint_make(reading->complaint, option, "is not the account %.*s: its user_id differs, or is missing",
                          (int)account.size, account.at);
}

static bool read_profiles(const struct reading *reading, struct sequence_plan *plan) {
    struct json_value given = member(reading->order, "profiles");
    if (given.token == NULL) return true;
    if (!receipt_read_time(member(given, "at"), &plan->profiles_at)) plan->profiles_at = 0;
    return read_profile(reading, given, "profiles.primary", plan->guard.primary, &plan->profiles[GUARD_PRIMARY]) &&
           read_profile(reading, given, "profiles.secondary", plan->guard.secondary, &plan->profiles[GUARD_SECONDARY]);
}

static bool read_guard(struct reading *reading, struct guard_options *guard) {
    guard->checks = GUARD_CHECKS;
    guard->password_merge = flag_at(reading, "password_merge");
    guard->allow_unreadable = span_equals(text_at(reading, reading->order, "unreadable"), SPAN("allow"));
    guard->name_streams = flag_at(reading, "streams");
    guard->primary_created = text_at(reading, member(reading->order, "created_at"), "primary");
    guard->secondary_created = text_at(reading, member(reading->order, "created_at"), "secondary");
    guard->trusted_count = list_at(reading, "trusted_connections", &guard->trusted_connections);
    return read_proof(reading, reading->order, &guard->proof) &&
           read_parts(reading, "checks", GUARD_CHECKS, &guard->checks) &&
           read_parts(reading, "carry", GUARD_CARRIED, &guard->carry) && read_relink(reading, &guard->relink);
}

static bool read_merge(struct reading *reading, struct sequence_plan *plan) {
    struct merge_given *merge = &plan->merge;
    const unsigned carry = plan->guard.carry;
    merge->choice[MERGE_USER_METADATA] = MERGE_PRIMARY_WINS;
    merge->choice[MERGE_APP_METADATA] = MERGE_DISCARD;
    merge->choice[MERGE_NAME] = (carry & GUARD_NAME) != 0 ? MERGE_PRIMARY_WINS : MERGE_DISCARD;
    merge->choice[MERGE_PICTURE] = (carry & GUARD_PICTURE) != 0 ? MERGE_PRIMARY_WINS : MERGE_DISCARD;
    if (!read_choice(reading, MERGE_USER_METADATA, &merge->choice[MERGE_USER_METADATA]) ||
        !read_choice(reading, MERGE_APP_METADATA, &merge->choice[MERGE_APP_METADATA]))
        return false;
    merge->united_count = list_at(reading, "union", &merge->united);
    return true;
}

static bool read_accounts(const struct reading *reading, struct sequence_plan *plan) {
    struct identity_given given = {.primary = text_at(reading, reading->order, "primary"),
                                   .secondary = text_at(reading, reading->order, "secondary"),
                                   .connection_id = text_at(reading, reading->order, "connection_id")};
    plan->guard.primary = given.primary;
    plan->guard.secondary = given.secondary;
    return identity_resolve(IDENTITY_LINK, &given, &plan->target, reading->complaint);
}

bool plan_read(struct json_value order, char *text, struct span *spans, struct sequence_plan *plan,
               struct complaint *complaint) {
    struct reading reading = {order, text, spans, complaint};
    if (!read_goal(&reading, &plan->goal) || !read_accounts(&reading, plan)) return false;
    plan->receipt = member(order, "receipt");
    if (plan->goal == SEQUENCE_UNDO || plan->goal == SEQUENCE_SETTLE) return true;
    plan->revoke = flag_at(&reading, "revoke");
    plan->reset_password = flag_at(&reading, "reset_password");
    plan->is_brief = flag_at(&reading, "brief");
    return read_guard(&reading, &plan->guard) && read_merge(&reading, plan) && read_profiles(&reading, plan);
}
