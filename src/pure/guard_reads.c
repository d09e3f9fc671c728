/* Which reads a guard needs, by what it has read already. */
#include "pure/guard_parts.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define BIT(read) ((guard_reads)1 << (read))

static bool is_asked(const struct guard_input *input, unsigned part) {
    return ((input->options.checks | input->options.carry) & part) != 0;
}

static bool has_entries(const struct guard_input *input, enum guard_read read) {
    struct guard_walk walk = guard_walk(input, read);
    return guard_next(&walk);
}

/* The primary's list counts where the secondary has something that it might lack. */
static bool is_compared(const struct guard_input *input, enum guard_read secondarys) {
    bool is_limited = secondarys == GUARD_SECONDARY_ROLES || secondarys == GUARD_SECONDARY_PERMISSIONS;
    unsigned part = secondarys == GUARD_SECONDARY_ROLES ? GUARD_ROLES : GUARD_PERMISSIONS;
    if (secondarys == GUARD_SECONDARY_FACTORS)
        return guard_has_factors(input, secondarys) || guard_state_of(input, secondarys) == GUARD_UNREADABLE;
    return guard_state_of(input, secondarys) == GUARD_READ && has_entries(input, secondarys) &&
           (!is_limited || (input->options.carry & part));
}

static const struct {
    unsigned part;
    enum guard_read secondarys;
} lists[] = {{GUARD_FACTORS, GUARD_SECONDARY_FACTORS},
             {GUARD_ORGANIZATIONS, GUARD_SECONDARY_ORGANIZATIONS},
             {GUARD_GROUPS, GUARD_SECONDARY_GROUPS},
             {GUARD_ROLES, GUARD_SECONDARY_ROLES},
             {GUARD_PERMISSIONS, GUARD_SECONDARY_PERMISSIONS}};

/* What no other answer is needed for. */
static guard_reads first_lists(const struct guard_input *input) {
    guard_reads reads = input->options.name_streams ? BIT(GUARD_STREAMS) : 0;
    for (size_t i = 0; i < COUNT(lists); i++)
        if (is_asked(input, lists[i].part)) reads |= BIT(lists[i].secondarys);
    return reads;
}

static guard_reads relevant_lists(const struct guard_input *input) {
    struct account primary;
    guard_reads reads = first_lists(input);
    if (!guard_primary(input, &primary)) return reads;
    for (size_t i = 0; i < COUNT(lists); i++)
        if ((reads & BIT(lists[i].secondarys)) && is_compared(input, lists[i].secondarys))
            reads |= BIT(guard_primarys(lists[i].secondarys));
    return reads;
}

static guard_reads relevant_provisioning(const struct guard_input *input, const struct account *secondary) {
    if (!is_asked(input, GUARD_PROVISIONING) || !account_may_be_provisioned(secondary)) return 0;
    guard_reads reads = BIT(GUARD_CONNECTION);
    if (guard_state_of(input, GUARD_CONNECTION) != GUARD_READ) return reads;
    reads |= BIT(GUARD_SCIM);
    return json_string_is(secondary->provider, SPAN("google-apps")) ? reads | BIT(GUARD_DIRECTORY) : reads;
}

static bool is_holder_wanted(const struct guard_input *input) {
    struct account holder;
    return guard_is_gone(input) && !guard_already_linked(input) && !guard_shown_holder(input, &holder) &&
           (guard_has_holder(input) || input->options.checks != 0);
}

static bool are_profiles_asked(const struct guard_input *input) {
    return !guard_is_unasked(input, GUARD_PRIMARY) && !guard_is_unasked(input, GUARD_SECONDARY);
}

guard_reads guard_relevant(const struct guard_input *input) {
    guard_reads reads = BIT(GUARD_PRIMARY) | BIT(GUARD_SECONDARY);
    struct account secondary;
    if (!are_profiles_asked(input)) return reads;
    if (is_holder_wanted(input)) reads |= BIT(GUARD_HOLDER);
    if (!guard_secondary(input, &secondary)) return reads;
    reads |= relevant_provisioning(input, &secondary);
    return guard_own_secondary(input, &secondary) ? reads | relevant_lists(input) : reads;
}

/* The secondary's lists go beside the profiles: nearly every merge needs them, and waits once less. With a relink there
   mostly is no account that has any. */
static guard_reads asked_ahead(const struct guard_input *input) {
    return are_profiles_asked(input) || guard_has_holder(input) ? 0 : first_lists(input);
}

guard_reads guard_wanted(const struct guard_input *input) {
    guard_reads relevant = guard_relevant(input) | asked_ahead(input), wanted = 0;
    for (int read = 0; read < GUARD_READS; read++)
        if ((relevant & BIT(read)) && guard_is_unasked(input, (enum guard_read)read)) wanted |= BIT(read);
    return wanted;
}
