/* The words of a guard's findings, and what it says of each thing that the accounts have. */
#include "unit/pure/guard_world.h"

static const char *say(const struct world *world, enum guard_reason reason, enum guard_side side,
                       enum guard_read read) {
    static char words[GUARD_WORDS];
    struct guard_input input = world_read(world);
    struct guard_finding finding = {reason, side, read, reason < REASON_NEAR_LIMIT};
    guard_words(&input, &finding, words);
    return words;
}

static void a_sentence_says_what_where_and_what_to_do(void **state) {
    (void)state;
    struct world world = world_clean();
    assert_string_equal(say(&world, REASON_BLOCKED, SIDE_SECONDARY, GUARD_READS),
                        "the secondary, google-apps|acme|2, is blocked, and a merge could open it again: unblock it "
                        "first, if there is no reason left for the block");
    assert_string_equal(say(&world, REASON_NO_ACCOUNT, SIDE_PRIMARY, GUARD_READS),
                        "the primary, google-oauth2|1, is no account of the tenant: look up whether its id is right, "
                        "and whether it was deleted or linked meanwhile");
    assert_string_equal(say(&world, REASON_UNREADABLE, SIDE_PRIMARY, GUARD_PRIMARY_FACTORS),
                        "the second factors of the primary, google-oauth2|1, could not be read: the token needs "
                        "read:authentication_methods. Or leave \"factors\" out of checks, or say unreadable = "
                        "\"allow\"");
    assert_string_equal(say(&world, REASON_UNREADABLE, SIDE_SECONDARY, GUARD_SECONDARY),
                        "the profile of the secondary, google-apps|acme|2, could not be read: the token needs "
                        "read:users");
    assert_string_equal(say(&world, REASON_UNREADABLE, SIDE_SECONDARY, GUARD_STREAMS),
                        "the event streams of the tenant could not be read, and which of them hear of the "
                        "secondary's end is not known: the token needs read:event_streams");
    assert_string_equal(
        say(&world, REASON_UNREADABLE, SIDE_SECONDARY, GUARD_SCIM),
        "the SCIM configuration of the secondary's connection (acme) could not be read: the token needs "
        "read:scim_config. Or leave \"provisioning\" out of checks, or say unreadable = \"allow\"");
}

static void what_is_carried_cannot_be_left_out_of_the_checks(void **state) {
    (void)state;
    struct world world = world_clean();
    assert_string_equal(say(&world, REASON_UNREADABLE, SIDE_SECONDARY, GUARD_SECONDARY_ROLES),
                        "the roles of the secondary, google-apps|acme|2, could not be read: the token needs "
                        "read:users and read:roles. Or leave \"roles\" out of checks and carry, or say unreadable = "
                        "\"allow\"");
}

static void an_answer_that_never_came_is_no_lack_of_a_scope(void **state) {
    (void)state;
    struct world world = world_clean();
    struct guard_input input = world_read(&world);
    struct guard_finding finding = {REASON_UNREADABLE, SIDE_SECONDARY, GUARD_SECONDARY_GROUPS, false};
    char words[GUARD_WORDS];
    input.answers[GUARD_SECONDARY_GROUPS].is_unheard = true;
    guard_words(&input, &finding, words);
    assert_string_equal(words,
                        "the groups of the secondary, google-apps|acme|2, could not be read: there was no answer "
                        "that can be used; ask again, with a token that has read:groups");
}

static void the_holder_is_named(void **state) {
    (void)state;
    struct world world = world_clean();
    world.no_secondary = world.holder_holds = true;
    assert_string_equal(say(&world, REASON_HELD, SIDE_SECONDARY, GUARD_READS),
                        "the secondary, google-apps|acme|2, is an identity of another account (github|9): merge that "
                        "account instead, or, where you have proof that it is the same person's, move the identity "
                        "with relink");
    world.options.relink.holder = SPAN("github|8");
    world.holder_holds = false;
    world.texts[GUARD_HOLDER] = "{}";
    assert_string_equal(
        say(&world, REASON_UNREADABLE, SIDE_HOLDER, GUARD_HOLDER),
        "the profile of the holder, github|8, could not be read: there was no answer that can be used; ask "
        "again, with a token that has read:users");
    world.options.relink.holder = (struct span){NULL, 0};
    assert_string_equal(say(&world, REASON_UNREADABLE, SIDE_HOLDER, GUARD_HOLDER),
                        "a search for the account that holds google-apps|acme|2 failed, and whether there is one is "
                        "not known: there was no answer that can be used; ask again, with a token that has read:users");
}

static void of_long_lists_the_first_are_named(void **state) {
    (void)state;
    struct world world = world_clean();
    world.texts[GUARD_SECONDARY_ORGANIZATIONS] = "[{\"id\":\"org_1\"},{\"id\":\"org_2\"},{\"id\":\"org_3\"},"
                                                 "{\"id\":\"org_4\"},{\"id\":\"org_5\"},{\"id\":\"org_6\"}]";
    const char *words = say(&world, REASON_ORGANIZATIONS_LOST, SIDE_SECONDARY, GUARD_READS);
    assert_non_null(strstr(words, " (org_2, org_3, org_4 and 2 more): carry them"));
}

static void each_reason_has_its_sentence(void **state) {
    (void)state;
    struct world world = world_clean();
    for (int reason = 0; reason < GUARD_REASON_KINDS; reason++) {
        const char *words = say(&world, (enum guard_reason)reason, SIDE_PRIMARY, GUARD_PRIMARY_ROLES);
        if (strlen(words) < 50 || strchr(words, ':') == NULL)
            fail_msg("%s: %s", guard_reason_name((enum guard_reason)reason), words);
        assert_true(strspn(guard_reason_name((enum guard_reason)reason), "abcdefghijklmnopqrstuvwxyz_") ==
                    strlen(guard_reason_name((enum guard_reason)reason)));
    }
    for (int read = 0; read < GUARD_READS; read++) {
        const char *words = say(&world, REASON_UNREADABLE, SIDE_SECONDARY, (enum guard_read)read);
        if (strstr(words, "the token needs read:") == NULL) fail_msg("%s", words);
    }
}

static void long_and_odd_names_fit(void **state) {
    (void)state;
    char id[3000];
    memset(id, 'x', sizeof id);
    memcpy(id, "auth0|", 6);
    struct world world = world_clean();
    world.options.secondary = (struct span){id, sizeof id};
    assert_true(strlen(say(&world, REASON_BLOCKED, SIDE_SECONDARY, GUARD_READS)) < 300);
    for (size_t i = 6; i + 1 < sizeof id; i += 2) memcpy(id + i, "\xC3\xA4", 2); /* never cut in the middle */
    const char *words = say(&world, REASON_BLOCKED, SIDE_SECONDARY, GUARD_READS);
    assert_non_null(strstr(words, "\xC3\xA4, is blocked"));
    world = world_clean();
    world.texts[GUARD_SECONDARY_ORGANIZATIONS] = "[{\"id\":\"a\\u001bb\\n\"}]";
    words = say(&world, REASON_ORGANIZATIONS_LOST, SIDE_SECONDARY, GUARD_READS);
    assert_null(strpbrk(words, "\x1B\n"));
}

/* ---- names ---- */

static const char *names(const struct world *world, enum guard_reason reason, enum guard_side side) {
    static char all[400];
    struct guard_input input = world_read(world);
    struct guard_finding finding = {reason, side, GUARD_READS, true};
    size_t used = 0, size;
    for (size_t i = 0; guard_named(&input, &finding, i, all + used, 100, &size); i++) {
        used += size;
        all[used++] = ' ';
    }
    all[used] = '\0';
    return all;
}

static void each_finding_names_what_it_is_about(void **state) {
    (void)state;
    static struct merge_fault faults[2] = {{.is_reserved = true}};
    struct world world = world_clean();
    faults[0].name = checked("\"user_id\"");
    faults[1].name = checked("\"a.b\"");
    world.merged.faults = faults;
    world.merged.fault_count = 2;
    world.secondary_linked = ",{\"provider\":\"github\",\"user_id\":4},{\"provider\":\"samlp\",\"user_id\":\"a|b\"}";
    world.texts[GUARD_SECONDARY_GROUPS] = "{\"groups\":[{\"id\":\"grp_2\"},{\"id\":\"grp_1\"},{\"id\":7}]}";
    world.texts[GUARD_STREAMS] =
        "[{\"id\":\"est_1\",\"name\":\"to CRM\",\"subscriptions\":[{\"event_type\":\"user.deleted\"}]},"
        "{\"id\":\"est_2\",\"subscriptions\":[{\"event_type\":\"user.deleted\"}]}]";
    assert_string_equal(names(&world, REASON_RESERVED_KEY, SIDE_PRIMARY), "user_id ");
    assert_string_equal(names(&world, REASON_FORBIDDEN_KEY, SIDE_PRIMARY), "a.b ");
    assert_string_equal(names(&world, REASON_HAS_SECONDARIES, SIDE_SECONDARY), "github|4 samlp|a|b ");
    assert_string_equal(names(&world, REASON_GROUPS_LOST, SIDE_SECONDARY), "grp_2 7 ");
    assert_string_equal(names(&world, REASON_STREAMS_LISTEN, SIDE_SECONDARY), "to CRM est_2 ");
    assert_string_equal(names(&world, REASON_PROVISIONED, SIDE_SECONDARY), "acme ");
    assert_string_equal(names(&world, REASON_CONNECTION_NOT_TRUSTED, SIDE_PRIMARY), "google-oauth2 ");
    assert_string_equal(names(&world, REASON_BLOCKED, SIDE_PRIMARY), "");
    assert_string_equal(names(&world, REASON_HELD, SIDE_SECONDARY), "");
    world.no_secondary = true;
    assert_string_equal(names(&world, REASON_HAS_SECONDARIES, SIDE_SECONDARY), "");
}

/* ---- things ---- */

static struct merge merged_of(struct guard_input *input, enum merge_choice user, enum merge_choice app) {
    static char memory[1 << 16];
    struct merge merge;
    struct merge_given given = {.primary = input->answers[GUARD_PRIMARY].pages[0],
                                .secondary = input->answers[GUARD_SECONDARY].pages[0],
                                .choice = {user, app, MERGE_PRIMARY_WINS, MERGE_PRIMARY_WINS}};
    assert_true(merge_room(&given) <= sizeof memory);
    merge_make(&given, memory, &merge);
    return merge;
}

/* "roles:not_known:2 ..." of one side; -1: not seen. */
static const char *things(const struct guard_input *input, enum guard_side side, enum guard_fate fate) {
    static char all[1000];
    struct guard_things walk = guard_things(input);
    size_t used = 0;
    all[0] = '\0';
    while (guard_next_thing(&walk)) {
        const struct guard_thing *thing = &walk.thing;
        assert_true(strlen(thing->why) > 10);
        assert_int_not_equal(thing->count, 0);
        if (thing->of != side || thing->fate != fate) continue;
        used += (size_t)snprintf(all + used, sizeof all - used, "%s:%ld ", thing->what, thing->count);
    }
    return all;
}

static void of_what_the_secondary_has_nothing_is_left_out(void **state) {
    (void)state;
    struct world world = world_clean();
    world.options.carry = GUARD_NAME | GUARD_ORGANIZATIONS;
    world.secondary_more =
        ",\"name\":\"Ann\",\"picture\":\"p\",\"user_metadata\":{\"a\":1,\"e\":1,\"b\":{\"c\":1,\"d\":2}},"
        "\"app_metadata\":{\"plan\":1}";
    world.primary_more = ",\"user_metadata\":{\"b\":{\"c\":2}},\"app_metadata\":{}";
    world.texts[GUARD_SECONDARY_FACTORS] =
        "[{\"type\":\"totp\"},{\"type\":\"push\"},{\"type\":\"passkey\"},{\"type\":\"password\"}]";
    struct guard_input input = world_read(&world);
    struct merge merged = merged_of(&input, MERGE_DEEP, MERGE_DISCARD);
    input.merged = &merged;
    assert_string_equal(things(&input, SIDE_SECONDARY, FATE_KEPT), "sign_in:1 profile:1 ");
    assert_string_equal(things(&input, SIDE_SECONDARY, FATE_LOST), "id:1 user_metadata:1 app_metadata:1 ");
    assert_string_equal(things(&input, SIDE_SECONDARY, FATE_CARRIED), "name:1 user_metadata:3 organizations:1 ");
    assert_string_equal(things(&input, SIDE_SECONDARY, FATE_NOT_KNOWN),
                        "roles:1 permissions:1 groups:1 factors:2 passkeys:1 sessions:-1 refresh_tokens:-1 grants:-1 "
                        "device_credentials:-1 connected_accounts:-1 logs:-1 ");
    assert_string_equal(things(&input, SIDE_PRIMARY, FATE_KEPT),
                        "id:1 profile:1 user_metadata:1 roles:-1 permissions:-1 organizations:-1 groups:-1 "
                        "factors:-1 ");
}

static void what_was_not_read_is_not_known(void **state) {
    (void)state;
    struct world world = world_clean();
    world.options.checks = world.options.carry = 0;
    world.unasked = ~(guard_reads)0 << GUARD_HOLDER;
    world.secondary_more = ",\"blocked\":true";
    world.secondary_linked = ",{\"provider\":\"github\",\"user_id\":4}";
    struct guard_input input = world_read(&world);
    input.merged = NULL;
    assert_string_equal(things(&input, SIDE_SECONDARY, FATE_NOT_KNOWN),
                        "roles:-1 permissions:-1 organizations:-1 groups:-1 factors:-1 passkeys:-1 secondaries:1 "
                        "blocked:1 sessions:-1 refresh_tokens:-1 grants:-1 device_credentials:-1 "
                        "connected_accounts:-1 logs:-1 ");
}

static void an_identity_that_moves_leaves_the_rest_where_it_is(void **state) {
    (void)state;
    struct world world = world_clean();
    world.no_secondary = world.holder_holds = true;
    struct guard_input input = world_read(&world);
    assert_string_equal(things(&input, SIDE_SECONDARY, FATE_KEPT), "");
    world.options.relink.holder = SPAN(HOLDER_ID);
    input = world_read(&world);
    assert_string_equal(things(&input, SIDE_SECONDARY, FATE_KEPT), "sign_in:1 profile:1 ");
    assert_string_equal(things(&input, SIDE_SECONDARY, FATE_LOST), "");
    assert_string_equal(things(&input, SIDE_SECONDARY, FATE_NOT_KNOWN), "");
}

static void a_directory_loses_its_id(void **state) {
    (void)state;
    struct world world = world_clean();
    world.has_scim = true;
    struct guard_input input = world_read(&world);
    input.merged = NULL;
    assert_string_equal(things(&input, SIDE_SECONDARY, FATE_LOST), "id:1 scim_id:1 ");
}

static void the_words_of_sides_proofs_and_fates(void **state) {
    (void)state;
    assert_string_equal(guard_side_name(SIDE_HOLDER), "holder");
    assert_string_equal(guard_side_name(SIDE_BOTH), "both");
    assert_string_equal(guard_proof_name(GUARD_BOTH_AUTHENTICATED), "both_authenticated");
    assert_string_equal(guard_proof_name(GUARD_SHARED_EMAIL), "shared_email");
    assert_string_equal(guard_proof_name(GUARD_OPERATOR), "operator");
    assert_string_equal(guard_fate_name(FATE_KEPT), "kept");
    assert_string_equal(guard_fate_name(FATE_NOT_KNOWN), "not_known");
    assert_string_equal(guard_read_name(GUARD_SCIM), "SCIM configuration");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sentence_says_what_where_and_what_to_do),
        cmocka_unit_test(what_is_carried_cannot_be_left_out_of_the_checks),
        cmocka_unit_test(an_answer_that_never_came_is_no_lack_of_a_scope),
        cmocka_unit_test(the_holder_is_named),
        cmocka_unit_test(of_long_lists_the_first_are_named),
        cmocka_unit_test(each_reason_has_its_sentence),
        cmocka_unit_test(long_and_odd_names_fit),
        cmocka_unit_test(each_finding_names_what_it_is_about),
        cmocka_unit_test(of_what_the_secondary_has_nothing_is_left_out),
        cmocka_unit_test(what_was_not_read_is_not_known),
        cmocka_unit_test(an_identity_that_moves_leaves_the_rest_where_it_is),
        cmocka_unit_test(a_directory_loses_its_id),
        cmocka_unit_test(the_words_of_sides_proofs_and_fates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
