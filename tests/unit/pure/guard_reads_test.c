/* Which reads a guard asks for, in what order, and how far it pages. */
#include "unit/pure/guard_world.h"

/* A tenant answers one read after the other, as a sequence asks. Returns what was asked for, in order: the names of
   enum guard_read as letters, 'A' for GUARD_PRIMARY. */
static const char *drive(const struct world *world) {
    static char asked[64];
    struct guard_input all = world_read(world), input = {.options = all.options, .merged = all.merged};
    size_t count = 0;
    for (guard_reads wanted; (wanted = guard_wanted(&input)) != 0;) {
        int read = 0;
        while (!(wanted & ((guard_reads)1 << read))) read++;
        assert_true(count < sizeof asked - 1);
        asked[count++] = (char)('A' + read);
        size_t pages = input.answers[read].count + 1;
        input.answers[read] = all.answers[read];
        if (pages < all.answers[read].count) input.answers[read].count = pages;
    }
    asked[count] = '\0';
    return asked;
}

static void letters(guard_reads reads, char to[GUARD_READS + 1]) {
    for (int read = 0; read < GUARD_READS; read++)
        if (reads & ((guard_reads)1 << read)) *to++ = (char)('A' + read);
    *to = '\0';
}

static void assert_asked(const struct world *world, guard_reads reads) {
    char wanted[GUARD_READS + 1];
    letters(reads, wanted);
    assert_string_equal(drive(world), wanted);
}

#define BIT(read) ((guard_reads)1 << GUARD_##read)
#define PROFILES (BIT(PRIMARY) | BIT(SECONDARY))
#define SECONDARYS                                                                                                     \
    (BIT(SECONDARY_FACTORS) | BIT(SECONDARY_ORGANIZATIONS) | BIT(SECONDARY_GROUPS) | BIT(SECONDARY_ROLES) |            \
     BIT(SECONDARY_PERMISSIONS))

static struct world poor(void) {
    struct world world = world_clean();
    world.texts[GUARD_SECONDARY_FACTORS] = world.texts[GUARD_SECONDARY_ORGANIZATIONS] = "[]";
    world.texts[GUARD_SECONDARY_GROUPS] = "{\"groups\":[]}";
    world.texts[GUARD_SECONDARY_ROLES] = world.texts[GUARD_SECONDARY_PERMISSIONS] = "[]";
    world.options.name_streams = false;
    return world;
}

static void without_checks_two_profiles_are_all(void **state) {
    (void)state;
    struct world world = world_clean();
    world.options.checks = world.options.carry = 0;
    world.options.name_streams = false;
    assert_asked(&world, PROFILES);
    world.no_secondary = true;
    assert_asked(&world, PROFILES);
}

static void what_needs_no_answer_comes_first_and_at_once(void **state) {
    (void)state;
    struct world world = world_clean();
    struct guard_input all = world_read(&world), input = {.options = all.options};
    assert_int_equal(guard_wanted(&input), PROFILES | SECONDARYS | BIT(STREAMS));
    input.answers[GUARD_PRIMARY] = all.answers[GUARD_PRIMARY];
    assert_int_equal(guard_wanted(&input), BIT(SECONDARY) | SECONDARYS | BIT(STREAMS));
    input = (struct guard_input){.options = all.options};
    input.answers[GUARD_SECONDARY] = all.answers[GUARD_SECONDARY];
    assert_int_equal(guard_wanted(&input), BIT(PRIMARY) | SECONDARYS | BIT(STREAMS));
    input.options.name_streams = false;
    input.options.checks = GUARD_GROUPS;
    input.options.carry = GUARD_ROLES;
    assert_int_equal(guard_wanted(&input), BIT(PRIMARY) | BIT(SECONDARY_GROUPS) | BIT(SECONDARY_ROLES));
}

static void with_a_relink_the_profiles_come_first(void **state) {
    (void)state;
    struct world world = world_clean();
    world.options.relink = (struct guard_relink){.holder = SPAN(HOLDER_ID)};
    struct guard_input all = world_read(&world), input = {.options = all.options};
    assert_int_equal(guard_wanted(&input), PROFILES);
}

static void what_the_secondary_lacks_is_not_compared(void **state) {
    (void)state;
    struct world world = poor();
    assert_asked(&world, PROFILES | SECONDARYS | BIT(CONNECTION) | BIT(SCIM) | BIT(DIRECTORY));
}

static void with_something_of_everything_all_is_read(void **state) {
    (void)state;
    struct world world = world_clean();
    assert_asked(&world, (BIT(READS) - 1) & ~BIT(HOLDER));
}

static void each_check_costs_its_own_reads(void **state) {
    (void)state;
    static const struct {
        unsigned check;
        guard_reads reads;
    } cases[] = {{GUARD_FACTORS, BIT(SECONDARY_FACTORS) | BIT(PRIMARY_FACTORS)},
                 {GUARD_ORGANIZATIONS, BIT(SECONDARY_ORGANIZATIONS) | BIT(PRIMARY_ORGANIZATIONS)},
                 {GUARD_GROUPS, BIT(SECONDARY_GROUPS) | BIT(PRIMARY_GROUPS)},
                 {GUARD_PROVISIONING, BIT(CONNECTION) | BIT(SCIM) | BIT(DIRECTORY)},
                 {GUARD_ROLES, BIT(SECONDARY_ROLES)}, /* the primary's count where they are carried */
                 {GUARD_PERMISSIONS, BIT(SECONDARY_PERMISSIONS)}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct world world = world_clean();
        world.options.checks = cases[i].check;
        world.options.carry = 0;
        world.options.name_streams = false;
        assert_asked(&world, PROFILES | cases[i].reads);
    }
}

static void what_is_carried_is_read_without_a_check(void **state) {
    (void)state;
    struct world world = world_clean();
    world.options.checks = 0;
    world.options.name_streams = false;
    world.options.carry = GUARD_ROLES | GUARD_NAME | GUARD_PICTURE;
    assert_asked(&world, PROFILES | BIT(SECONDARY_ROLES) | BIT(PRIMARY_ROLES));
    world.options.carry = GUARD_ORGANIZATIONS | GUARD_PERMISSIONS;
    assert_asked(&world, PROFILES | BIT(SECONDARY_ORGANIZATIONS) | BIT(PRIMARY_ORGANIZATIONS) |
                             BIT(SECONDARY_PERMISSIONS) | BIT(PRIMARY_PERMISSIONS));
}

static void a_secondary_that_is_gone_costs_one_search(void **state) {
    (void)state;
    struct world world = world_clean();
    world.no_secondary = true;
    assert_asked(&world, PROFILES | BIT(HOLDER)); /* one after the other: the profiles first */
    world.primary_holds = true;
    assert_asked(&world, PROFILES);
    world.primary_holds = false;
    world.holder_holds = true;
    world.options.relink = (struct guard_relink){.holder = SPAN(HOLDER_ID)};
    assert_asked(&world, PROFILES | BIT(HOLDER) | BIT(CONNECTION) | BIT(SCIM) | BIT(DIRECTORY));
}

static void lists_are_read_page_by_page(void **state) {
    (void)state;
    struct world world = poor();
    world.options.checks = 0;
    world.options.carry = GUARD_ROLES | GUARD_PERMISSIONS;
    world.texts[GUARD_SECONDARY_ROLES] = "[{\"id\":\"rol_1\"}]";
    world.texts[GUARD_SECONDARY_PERMISSIONS] = "[{}]";
    world.roles = 100;
    world.permissions = 50;
    assert_string_equal(drive(&world), "ABJKKKLMM"); /* the third page has the rest */
}

static void a_list_that_does_not_end_is_unreadable(void **state) {
    (void)state;
    struct world world = world_clean();
    world.permissions = GUARD_PER_PAGE * (GUARD_PAGES - 1);
    struct guard_input input = world_read(&world);
    assert_int_equal(guard_state_of(&input, GUARD_PRIMARY_PERMISSIONS), GUARD_READ);
    struct json_value pages[GUARD_PAGES];
    for (size_t i = 0; i < GUARD_PAGES; i++) pages[i] = input.answers[GUARD_PRIMARY_PERMISSIONS].pages[0];
    input.answers[GUARD_PRIMARY_PERMISSIONS].pages = pages;
    assert_int_equal(guard_state_of(&input, GUARD_PRIMARY_PERMISSIONS), GUARD_UNREADABLE);
    input.answers[GUARD_PRIMARY_PERMISSIONS].count = GUARD_PAGES - 1;
    assert_int_equal(guard_state_of(&input, GUARD_PRIMARY_PERMISSIONS), GUARD_UNASKED);
}

static void groups_go_on_while_there_is_a_next(void **state) {
    (void)state;
    struct world world = world_clean();
    world.texts[GUARD_SECONDARY_GROUPS] = "{\"groups\":[],\"next\":\"abc\"}";
    struct guard_input input = world_read(&world);
    assert_int_equal(guard_state_of(&input, GUARD_SECONDARY_GROUPS), GUARD_UNASKED);
    assert_true(guard_wanted(&input) & BIT(SECONDARY_GROUPS));
    world.texts[GUARD_SECONDARY_GROUPS] = "{\"groups\":[],\"next\":null}";
    input = world_read(&world);
    assert_int_equal(guard_state_of(&input, GUARD_SECONDARY_GROUPS), GUARD_READ);
}

static void what_is_not_what_it_should_be_is_unreadable(void **state) {
    (void)state;
    static const struct {
        enum guard_read read;
        const char *text;
    } cases[] = {{GUARD_SECONDARY_FACTORS, "7"},
                 {GUARD_SECONDARY_ORGANIZATIONS, "{}"},
                 {GUARD_SECONDARY_ORGANIZATIONS, "{\"organizations\":{}}"},
                 {GUARD_CONNECTION, "[]"},
                 {GUARD_CONNECTION, "[{\"id\":\"con_1\",\"name\":\"other\"}]"},
                 {GUARD_CONNECTION, "[{\"name\":\"acme\"}]"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct world world = world_clean();
        world.texts[cases[i].read] = cases[i].text;
        struct guard_input input = world_read(&world);
        if (guard_state_of(&input, cases[i].read) != GUARD_UNREADABLE) fail_msg("%s", cases[i].text);
        assert_false(guard_wanted(&input) & ((guard_reads)1 << cases[i].read));
    }
    struct world world = world_clean();
    world.has_scim = true;
    world.texts[GUARD_SCIM] = "[]";
    struct guard_input input = world_read(&world);
    assert_int_equal(guard_state_of(&input, GUARD_SCIM), GUARD_UNREADABLE);
}

static void a_404_of_a_list_is_no_empty_list(void **state) {
    (void)state;
    struct world world = world_clean();
    struct guard_input input = world_read(&world);
    input.answers[GUARD_SECONDARY_ROLES] = (struct guard_answer){.state = GUARD_ABSENT};
    assert_int_equal(guard_state_of(&input, GUARD_SECONDARY_ROLES), GUARD_UNREADABLE);
    input.answers[GUARD_SECONDARY_ROLES] = (struct guard_answer){.state = GUARD_READ}; /* without a page */
    assert_int_equal(guard_state_of(&input, GUARD_SECONDARY_ROLES), GUARD_UNREADABLE);
}

static void the_connection_is_found_by_its_name(void **state) {
    (void)state;
    struct world world = world_clean();
    world.texts[GUARD_CONNECTION] = "[{\"id\":\"con_0\",\"name\":\"acm\"},{\"id\":\"con_1\",\"name\":\"ac\\u006de\"}]";
    struct guard_input input = world_read(&world);
    assert_true(json_string_is(guard_connection_id(&input), SPAN("con_1")));
}

static void a_walk_goes_over_all_pages(void **state) {
    (void)state;
    struct world world = world_clean();
    world.roles = 50;
    struct guard_input input = world_read(&world);
    size_t count = 0;
    for (struct guard_walk walk = guard_walk(&input, GUARD_PRIMARY_ROLES); guard_next(&walk); count++)
        assert_int_equal(json_kind(walk.value), JSON_OBJECT);
    assert_int_equal(count, 51);
    input.answers[GUARD_PRIMARY_ROLES].state = GUARD_UNREADABLE;
    struct guard_walk walk = guard_walk(&input, GUARD_PRIMARY_ROLES);
    assert_false(guard_next(&walk));
}

static void an_entry_is_the_same_by_its_id_alone(void **state) {
    (void)state;
    static const struct {
        const char *primarys, *secondarys;
        bool is_same;
    } cases[] = {{"[{\"id\":\"a\",\"name\":\"x\"}]", "[{\"name\":\"y\",\"id\":\"\\u0061\"}]", true},
                 {"[{\"id\":\"a\"}]", "[{\"id\":\"A\"}]", false},
                 {"[{\"id\":\"a\"}]", "[{\"id\":\"ab\"}]", false},
                 {"[{\"id\":7}]", "[{\"id\":7}]", false}, /* an id is a string */
                 {"[{}]", "[{}]", false},
                 {"[\"a\"]", "[\"a\"]", false}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct world world = world_clean();
        world.texts[GUARD_PRIMARY_ROLES] = cases[i].primarys;
        world.texts[GUARD_SECONDARY_ROLES] = cases[i].secondarys;
        struct guard_input input = world_read(&world);
        struct guard_walk walk = guard_missing(&input, GUARD_SECONDARY_ROLES);
        if (guard_next_missing(&input, GUARD_SECONDARY_ROLES, &walk) == cases[i].is_same) fail_msg("%zu", i);
    }
}

static void an_id_that_is_too_long_is_like_no_other(void **state) {
    (void)state;
    static char list[700];
    snprintf(list, sizeof list, "[{\"id\":\"%0600d\"}]", 0);
    struct world world = world_clean();
    world.texts[GUARD_PRIMARY_ROLES] = world.texts[GUARD_SECONDARY_ROLES] = list;
    struct guard_input input = world_read(&world);
    struct guard_walk walk = guard_missing(&input, GUARD_SECONDARY_ROLES);
    assert_true(guard_next_missing(&input, GUARD_SECONDARY_ROLES, &walk));
}

static void a_page_is_taken_with_the_entries_that_it_promises(void **state) {
    (void)state;
    static const struct {
        enum guard_read read;
        const char *page;
        bool is_taken;
    } cases[] = {
        {GUARD_PRIMARY, "{\"next\":7}", true}, /* a profile is no list */
        {GUARD_SECONDARY, "{\"next\":7}", true},
        {GUARD_SECONDARY_FACTORS, "[{}]", true}, /* a factor needs no id */
        {GUARD_PRIMARY_FACTORS, "[7]", true},
        {GUARD_CONNECTION, "[{}]", true},
        {GUARD_SECONDARY_ORGANIZATIONS, "[]", true},
        {GUARD_SECONDARY_ORGANIZATIONS, "[{\"id\":\"org_1\"}]", true},
        {GUARD_SECONDARY_ORGANIZATIONS, "[{\"id\":\"org_1\"},{}]", false},
        {GUARD_SECONDARY_ORGANIZATIONS, "{\"organizations\":[{\"id\":7}]}", false},
        {GUARD_PRIMARY_GROUPS, "{\"groups\":[\"grp_1\"]}", false},
        {GUARD_SECONDARY_ROLES, "[{\"id\":\"\"}]", false},
        {GUARD_PRIMARY_ROLES, "[[]]", false},
        {GUARD_PRIMARY_PERMISSIONS, "[{\"resource_server_identifier\":\"a\",\"permission_name\":\"b\"}]", true},
        {GUARD_PRIMARY_PERMISSIONS, "[{\"resource_server_identifier\":\"a\"}]", false},
        {GUARD_PRIMARY_PERMISSIONS, "[{\"permission_name\":\"b\"}]", false},
        {GUARD_SECONDARY_PERMISSIONS, "[{\"id\":\"a\"}]", false},
        {GUARD_PRIMARY_GROUPS, "{\"groups\":[],\"next\":null}", true},
        {GUARD_PRIMARY_GROUPS, "{\"groups\":[],\"next\":\"abc\"}", true},
        {GUARD_PRIMARY_GROUPS, "{\"groups\":[],\"next\":\"\"}", false},
        {GUARD_PRIMARY_GROUPS, "{\"groups\":[],\"next\":7}", false},
        {GUARD_STREAMS, "{\"eventStreams\":[],\"next\":{}}", false}};
    for (size_t i = 0; i < COUNT(cases); i++)
        if (guard_takes(cases[i].read, checked(cases[i].page)) != cases[i].is_taken) fail_msg("%s", cases[i].page);
}

static void a_list_shows_as_many_entries_as_it_counts(void **state) {
    (void)state;
    static const struct {
        const char *roles;
        enum guard_state state;
    } cases[] = {{"{\"roles\":[{\"id\":\"a\"}],\"total\":1}", GUARD_READ},
                 {"{\"roles\":[],\"total\":0}", GUARD_READ},
                 {"{\"roles\":[{\"id\":\"a\"}],\"total\":2}", GUARD_UNREADABLE},
                 {"{\"roles\":[{\"id\":\"a\"}],\"total\":0}", GUARD_UNREADABLE}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct world world = world_clean();
        world.texts[GUARD_SECONDARY_ROLES] = cases[i].roles;
        struct guard_input input = world_read(&world);
        if (guard_state_of(&input, GUARD_SECONDARY_ROLES) != cases[i].state) fail_msg("%s", cases[i].roles);
    }
}

static void a_name_that_the_api_does_not_give_a_list_is_none(void **state) {
    (void)state;
    struct world world = world_clean();
    world.texts[GUARD_SECONDARY_ROLES] = "{\"errors\":[],\"things\":[{\"id\":\"a\"}]}";
    struct guard_input input = world_read(&world);
    assert_int_equal(guard_state_of(&input, GUARD_SECONDARY_ROLES), GUARD_UNREADABLE);
}

/* Entries that were not asked for would be compared, each with each, for hours. */
static void a_page_beyond_all_pages_is_unreadable(void **state) {
    enum { MOST = GUARD_PER_PAGE * GUARD_PAGES, ENTRY = sizeof "{}," };
    (void)state;
    for (int count = MOST; count <= MOST + 1; count++) {
        char text[(MOST + 1) * ENTRY + 8] = "[{}";
        for (int i = 1; i < count; i++) memcpy(text + strlen(text), ",{}", sizeof ",{}");
        memcpy(text + strlen(text), "]", sizeof "]");
        struct json_value page = reading_value(span_of(text));
        struct guard_input input = {.options = {.primary = SPAN("auth0|1"), .secondary = SPAN("github|2")}};
        input.answers[GUARD_SECONDARY_ROLES] = (struct guard_answer){.state = GUARD_READ, .pages = &page, .count = 1};
        enum guard_state state_of_it = guard_state_of(&input, GUARD_SECONDARY_ROLES);
        assert_int_equal(state_of_it, count == MOST ? GUARD_UNASKED : GUARD_UNREADABLE);
    }
}

static void the_search_for_a_holder_is_quoted(void **state) {
    (void)state;
    static const struct {
        const char *id, *query;
    } cases[] = {{"github|2", "identities.provider:\"github\" AND identities.user_id:\"2\""},
                 {"samlp|a|b", "identities.provider:\"samlp\" AND identities.user_id:\"a|b\""},
                 {"x|\"\\", "identities.provider:\"x\" AND identities.user_id:\"\\\"\\\\\""}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct guard_input input = {.options = {.secondary = span_of(cases[i].id)}};
        char query[200];
        assert_span((struct span){query, guard_holder_query(&input, query, sizeof query)}, cases[i].query);
        assert_int_equal(guard_holder_query(&input, query, 20), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_checks_two_profiles_are_all),
        cmocka_unit_test(what_needs_no_answer_comes_first_and_at_once),
        cmocka_unit_test(with_a_relink_the_profiles_come_first),
        cmocka_unit_test(what_the_secondary_lacks_is_not_compared),
        cmocka_unit_test(with_something_of_everything_all_is_read),
        cmocka_unit_test(each_check_costs_its_own_reads),
        cmocka_unit_test(what_is_carried_is_read_without_a_check),
        cmocka_unit_test(a_secondary_that_is_gone_costs_one_search),
        cmocka_unit_test(lists_are_read_page_by_page),
        cmocka_unit_test(a_list_that_does_not_end_is_unreadable),
        cmocka_unit_test(groups_go_on_while_there_is_a_next),
        cmocka_unit_test(what_is_not_what_it_should_be_is_unreadable),
        cmocka_unit_test(a_404_of_a_list_is_no_empty_list),
        cmocka_unit_test(the_connection_is_found_by_its_name),
        cmocka_unit_test(a_walk_goes_over_all_pages),
        cmocka_unit_test(an_entry_is_the_same_by_its_id_alone),
        cmocka_unit_test(an_id_that_is_too_long_is_like_no_other),
        cmocka_unit_test(a_page_is_taken_with_the_entries_that_it_promises),
        cmocka_unit_test(a_list_shows_as_many_entries_as_it_counts),
        cmocka_unit_test(a_name_that_the_api_does_not_give_a_list_is_none),
        cmocka_unit_test(a_page_beyond_all_pages_is_unreadable),
        cmocka_unit_test(the_search_for_a_holder_is_quoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
