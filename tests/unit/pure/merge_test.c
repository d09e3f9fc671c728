#include "pure/merge.h"

#include "json_checked.h"

#include <stdio.h>

/* A merge of two users, as text. */
struct merged {
    struct merge merge;
    void *memory;
};

static struct merged merged(struct merge_given given, const char *primary, const char *secondary) {
    struct merged merged;
    given.primary = checked(primary);
    given.secondary = checked(secondary);
    merged.memory = malloc(merge_room(&given)); /* of just the size: the sanitizer sees what is beyond */
    assert_non_null(merged.memory);
    merge_make(&given, merged.memory, &merged.merge);
    return merged;
}

static struct merge_given choosing(enum merge_choice choice) {
    return (struct merge_given){.choice = {choice, choice}};
}

static void assert_patch(struct merge_given given, const char *primary, const char *secondary, const char *patch,
                         const char *before) {
    struct merged is = merged(given, primary, secondary);
    assert_span(is.merge.patch, patch);
    assert_span(is.merge.before, before);
    free(is.memory);
}

/* All entries as "part:path:fate", with a space between. */
static void assert_fates(struct merge_given given, const char *primary, const char *secondary, const char *wanted) {
    struct merged is = merged(given, primary, secondary);
    char text[1024];
    size_t size = 0;
    for (size_t i = 0; i < is.merge.entry_count; i++) {
        const struct merge_entry *entry = &is.merge.entries[i];
        char path[128];
        size_t length = merge_path(&is.merge, entry, path, sizeof path);
        size += (size_t)snprintf(text + size, sizeof text - size, "%s%s:%.*s:%s", i > 0 ? " " : "",
                                 merge_part_name(entry->part), (int)length, path, merge_fate_name(entry->fate));
    }
    assert_span((struct span){text, size}, wanted);
    free(is.memory);
}

static void assert_faults(enum merge_choice choice, const char *primary, const char *secondary, const char *wanted) {
    struct merged is = merged(choosing(choice), primary, secondary);
    char text[1024];
    size_t size = 0;
    for (size_t i = 0; i < is.merge.fault_count; i++) {
        const struct merge_fault *fault = &is.merge.faults[i];
        struct span name = json_bytes(fault->name);
        size += (size_t)snprintf(text + size, sizeof text - size, "%s%s:%.*s%s", i > 0 ? " " : "",
                                 merge_part_name(fault->part), (int)name.size, name.at,
                                 fault->is_reserved ? ":reserved" : "");
    }
    assert_span((struct span){text, size}, wanted);
    free(is.memory);
}

#define UM_OPEN "{\"user_metadata\":"
#define UM(text) UM_OPEN text "}"
#define AM(text) "{\"app_metadata\":" text "}"

/* ---- the choices ---- */

static void by_discard_nothing_goes_over(void **state) {
    (void)state;
    struct merge_given given = choosing(MERGE_DISCARD);
    assert_patch(given, UM("{\"a\":1}"), UM("{\"a\":1,\"b\":2,\"c\":{}}"), "", "{}");
    assert_fates(given, UM("{\"a\":1.0}"), UM("{\"a\":1,\"b\":2,\"c\":null}"),
                 "user_metadata:a:held user_metadata:b:discarded user_metadata:c:discarded");
}

static void by_primary_wins_go_keys_over_that_the_primary_lacks(void **state) {
    (void)state;
    struct merge_given given = choosing(MERGE_PRIMARY_WINS);
    assert_patch(given, UM("{\"a\":1,\"o\":{\"x\":1}}"), UM("{ \"b\" : 2, \"a\":3, \"o\":{\"y\":2}, \"c\":[ ] }"),
                 UM("{\"b\":2,\"c\":[]}"), "{}");
    assert_fates(given, UM("{\"a\":1,\"o\":{\"x\":1},\"s\":\"\\u0061\"}"),
                 UM("{\"s\":\"a\",\"b\":2,\"a\":3,\"o\":{\"y\":2}}"),
                 "user_metadata:a:outvoted user_metadata:o:outvoted user_metadata:s:held user_metadata:b:added");
}

static void by_deep_objects_inside_objects_are_merged(void **state) {
    (void)state;
    struct merge_given given = choosing(MERGE_DEEP);
    const char *primary = UM("{\"k\":1,\"o\":{\"x\":{\"p\":1},\"y\":[1],\"z\":0}}");
    const char *secondary = UM("{\"o\":{\"y\":{},\"w\":{},\"x\":{\"q\":2,\"p\":3}}}");
    assert_patch(given, primary, secondary, UM("{\"o\":{\"x\":{\"p\":1,\"q\":2},\"y\":[1],\"z\":0,\"w\":{}}}"),
                 UM("{\"o\":{\"x\":{\"p\":1},\"y\":[1],\"z\":0}}"));
    assert_fates(given, primary, secondary,
                 "user_metadata:o:merged user_metadata:o.x:merged user_metadata:o.x.p:outvoted "
                 "user_metadata:o.x.q:added user_metadata:o.y:outvoted user_metadata:o.w:added");
}

static void an_object_that_adds_nothing_is_not_written(void **state) {
    (void)state;
    assert_patch(choosing(MERGE_DEEP), UM("{\"o\":{\"x\":1,\"x2\":{}}}"), UM("{\"o\":{\"x\":2,\"x2\":{}}}"), "", "{}");
    assert_patch(choosing(MERGE_DEEP), UM("{\"o\":{\"x\":1}}"), UM("{\"o\":{}}"), "", "{}");
    assert_fates(choosing(MERGE_DEEP), UM("{\"o\":{\"x\":1}}"), UM("{\"o\":{}}"), "user_metadata:o:held");
}

static void each_part_has_its_own_choice(void **state) {
    (void)state;
    struct merge_given given = {.choice = {MERGE_PRIMARY_WINS, MERGE_DISCARD}};
    const char *secondary = "{\"app_metadata\":{\"plan\":\"x\"},\"user_metadata\":{\"color\":\"red\"}}";
    assert_patch(given, "{}", secondary, UM("{\"color\":\"red\"}"), "{}");
    given = (struct merge_given){.choice = {MERGE_DISCARD, MERGE_DEEP}};
    assert_patch(given, "{}", secondary, AM("{\"plan\":\"x\"}"), "{}");
    assert_patch(choosing(MERGE_DEEP), "{}", secondary,
                 "{\"user_metadata\":{\"color\":\"red\"},\"app_metadata\":{\"plan\":\"x\"}}", "{}");
}

static void a_null_is_a_value_of_the_primary(void **state) {
    (void)state;
    assert_patch(choosing(MERGE_DEEP), UM("{\"a\":null,\"o\":{\"b\":null}}"), UM("{\"a\":1,\"o\":{\"b\":1}}"), "",
                 "{}");
    assert_fates(choosing(MERGE_PRIMARY_WINS), UM("{\"a\":null}"), UM("{\"a\":1}"), "user_metadata:a:outvoted");
}

/* A PATCH would take it for an order to delete. */
static void a_first_level_null_of_the_secondary_cannot_be_written(void **state) {
    (void)state;
    struct merge_given given = choosing(MERGE_PRIMARY_WINS);
    assert_patch(given, "{}", UM("{\"a\":null,\"o\":{\"b\":null}}"), UM("{\"o\":{\"b\":null}}"), "{}");
    assert_patch(given, "{}", UM("{\"a\":null}"), "", "{}");
    assert_fates(given, "{}", UM("{\"a\":null}"), "user_metadata:a:unwritable");
}

static void what_is_no_object_has_no_keys(void **state) {
    (void)state;
    assert_patch(choosing(MERGE_DEEP), UM("null"), UM("{\"a\":1}"), UM("{\"a\":1}"), "{}");
    assert_patch(choosing(MERGE_DEEP), UM("[1,2]"), UM("{\"a\":1}"), UM("{\"a\":1}"), "{}");
    assert_patch(choosing(MERGE_DEEP), UM("{\"a\":1}"), UM("[1,2]"), "", "{}");
    assert_patch(choosing(MERGE_DEEP), UM("{}"), UM("{}"), "", "{}");
    assert_patch(choosing(MERGE_DEEP), "[]", "null", "", "{}");
}

/* ---- text ---- */

static void what_is_not_touched_is_written_as_it_stands(void **state) {
    (void)state;
    const char *odd = "{\"n\":[1.0,1e400,-0,123456789012345678901234567890,1E+2],\"s\":\"\\u0061\\/\\ud800\",\"d\":1,"
                      "\"d\":2,\"e\":[[],{},null]}";
    char primary[256], secondary[256], patch[512], before[256];
    snprintf(primary, sizeof primary, UM("{\"o\":{\"p\":%s}}"), odd);
    snprintf(secondary, sizeof secondary, UM("{\"o\":{\"q\":%s}}"), odd);
    snprintf(patch, sizeof patch, UM("{\"o\":{\"p\":%s,\"q\":%s}}"), odd, odd);
    snprintf(before, sizeof before, UM("{\"o\":{\"p\":%s}}"), odd);
    assert_patch(choosing(MERGE_DEEP), primary, secondary, patch, before);
}

static void names_are_compared_unescaped_and_written_as_the_primary_has_them(void **state) {
    (void)state;
    assert_patch(choosing(MERGE_DEEP), UM("{\"\\u0061\":{\"\\ud83d\\ude00\":1}}"),
                 UM("{\"a\":{\"\xF0\x9F\x98\x80\":2,\"\\ud83d\":3}}"),
                 UM("{\"\\u0061\":{\"\\ud83d\\ude00\":1,\"\\ud83d\":3}}"), UM("{\"\\u0061\":{\"\\ud83d\\ude00\":1}}"));
}

static void of_names_that_occur_twice_the_last_counts(void **state) {
    (void)state;
    assert_patch(choosing(MERGE_PRIMARY_WINS), UM("{}"), UM("{\"a\":1,\"b\":2,\"\\u0061\":3}"),
                 UM("{\"b\":2,\"\\u0061\":3}"), "{}");
    assert_patch(choosing(MERGE_DEEP), UM("{\"o\":1,\"o\":{\"x\":1,\"y\":2,\"x\":3}}"),
                 UM("{\"o\":{\"z\":4,\"z\":5},\"o\":{\"z\":6}}"), UM("{\"o\":{\"y\":2,\"x\":3,\"z\":6}}"),
                 UM("{\"o\":{\"x\":1,\"y\":2,\"x\":3}}"));
    assert_patch(choosing(MERGE_DEEP), "{\"user_metadata\":{\"a\":1},\"user_metadata\":{}}", UM("{\"a\":2}"),
                 UM("{\"a\":2}"), "{}");
}

/* ---- arrays ---- */

static void arrays_are_united_where_the_caller_says_so(void **state) {
    (void)state;
    struct span tags = SPAN("tags");
    struct merge_given given = choosing(MERGE_PRIMARY_WINS);
    const char *primary = UM("{\"tags\":[\"a\",1,1,{\"x\":1,\"y\":[]}],\"more\":[1]}");
    const char *secondary = UM("{\"tags\":[1.0,{\"y\":[],\"x\":10e-1},\"\\u0061\",2,2,null,0.2e1],\"more\":[2]}");
    assert_patch(given, primary, secondary, "", "{}");
    given.united = &tags;
    given.united_count = 1;
    assert_patch(given, primary, secondary, UM("{\"tags\":[\"a\",1,1,{\"x\":1,\"y\":[]},2,null]}"),
                 UM("{\"tags\":[\"a\",1,1,{\"x\":1,\"y\":[]}]}"));
    assert_fates(given, primary, secondary, "user_metadata:tags:united user_metadata:more:outvoted");
    assert_fates(given, UM("{\"tags\":[1,2]}"), UM("{\"tags\":[2,1,2]}"), "user_metadata:tags:held");
    assert_fates(given, UM("{\"tags\":\"a\"}"), UM("{\"tags\":[2]}"), "user_metadata:tags:outvoted");
    assert_patch(given, UM("{\"tags\":[]}"), UM("{\"tags\":[]}"), "", "{}");
    given.choice[MERGE_USER_METADATA] = MERGE_DISCARD;
    assert_patch(given, primary, secondary, "", "{}");
}

static void a_path_leads_to_nested_arrays_in_a_deep_merge(void **state) {
    (void)state;
    struct span paths[] = {SPAN("o.tags"), SPAN("a.b.c")};
    struct merge_given given = choosing(MERGE_DEEP);
    given.united = paths;
    given.united_count = COUNT(paths);
    assert_patch(given, UM("{\"o\":{\"tags\":[1],\"more\":[1]},\"tags\":[1]}"),
                 UM("{\"o\":{\"tags\":[2],\"more\":[2]},\"tags\":[2]}"), UM("{\"o\":{\"tags\":[1,2],\"more\":[1]}}"),
                 UM("{\"o\":{\"tags\":[1],\"more\":[1]}}"));
    assert_patch(given, UM("{\"a\":{\"b\":{\"c\":[1]}},\"b\":{\"c\":[1]},\"c\":[1]}"),
                 UM("{\"a\":{\"b\":{\"c\":[2]}},\"b\":{\"c\":[2]},\"c\":[2]}"), UM("{\"a\":{\"b\":{\"c\":[1,2]}}}"),
                 UM("{\"a\":{\"b\":{\"c\":[1]}}}"));
    given.choice[MERGE_USER_METADATA] = MERGE_PRIMARY_WINS;
    assert_patch(given, UM("{\"o\":{\"tags\":[1]}}"), UM("{\"o\":{\"tags\":[2]}}"), "", "{}");
}

/* ---- name and picture ---- */

static void name_and_picture_are_carried_where_the_primary_has_none(void **state) {
    (void)state;
    struct merge_given given = {.choice = {0, 0, MERGE_PRIMARY_WINS, MERGE_PRIMARY_WINS}};
    const char *secondary = "{\"name\":\"A\\u0061\",\"picture\":\"https://x/y\"}";
    assert_patch(given, "{\"name\":\"\",\"picture\":null}", secondary, secondary, "{}");
    assert_patch(given, "{\"picture\":\"p\"}", secondary, "{\"name\":\"A\\u0061\"}", "{}");
    assert_fates(given, "{\"name\":\"Aa\",\"picture\":\"p\"}", secondary, "name::held picture::outvoted");
    assert_patch(given, "{}", "{\"name\":\"\",\"picture\":7}", "", "{}");
    assert_patch(choosing(MERGE_DEEP), "{}", secondary, "", "{}");
    assert_fates(choosing(MERGE_DEEP), "{}", secondary, "");
}

/* ---- what a tenant does not take ---- */

static void reserved_keys_of_app_metadata_are_told(void **state) {
    (void)state;
    const char *secondary = "{\"user_metadata\":{\"email\":1},\"app_metadata\":{\"email\":1,\"\\u005fid\":2,"
                            "\"x\":{\"email\":3}}}";
    assert_faults(MERGE_PRIMARY_WINS, "{}", secondary, "app_metadata:email:reserved app_metadata:\\u005fid:reserved");
    assert_faults(MERGE_DISCARD, "{}", secondary, "");
    assert_faults(MERGE_DEEP, AM("{\"blocked\":{}}"), AM("{\"blocked\":{\"x\":1}}"), "app_metadata:blocked:reserved");
    assert_faults(MERGE_DEEP, AM("{\"blocked\":{\"x\":1}}"), AM("{\"blocked\":{}}"), "");
}

static void a_key_that_would_make_a_fault_is_left_where_the_caller_says_so(void **state) {
    (void)state;
    struct merge_given given = choosing(MERGE_PRIMARY_WINS);
    const char *secondary = "{\"user_metadata\":{\"a\":1,\"b\":[{\"x.y\":1}],\"c\":3},\"app_metadata\":{\"email\":1}}";
    given.leaves_faults = true;
    assert_patch(given, "{}", secondary, UM("{\"a\":1,\"c\":3}"), "{}");
    assert_fates(given, "{}", secondary,
                 "user_metadata:a:added user_metadata:b:unwritable user_metadata:c:added "
                 "app_metadata:email:unwritable");
    struct merged is = merged(given, "{}", secondary);
    assert_int_equal(is.merge.fault_count, 0);
    free(is.memory);
}

static void all_reserved_keys_are_known(void **state) {
    (void)state;
    const char *keys[] = {
        "__tenant",       "_id",        "blocked",        "clientID",         "created_at",
        "email_verified", "email",      "globalClientID", "global_client_id", "identities",
        "lastIP",         "lastLogin",  "loginsCount",    "metadata",         "multifactor_last_modified",
        "multifactor",    "updated_at", "user_id"};
    for (size_t i = 0; i < COUNT(keys); i++) {
        char secondary[128], wanted[128];
        snprintf(secondary, sizeof secondary, AM("{\"%s\":1,\"x%s\":1}"), keys[i], keys[i]);
        snprintf(wanted, sizeof wanted, "app_metadata:%s:reserved", keys[i]);
        assert_faults(MERGE_PRIMARY_WINS, "{}", secondary, wanted);
    }
}

static void names_with_a_dot_or_a_dollar_are_told_at_any_depth(void **state) {
    (void)state;
    const char *secondary = UM("{\"a.b\":1,\"ok\":[{\"c\":{\"\\u0024d\":1}}],\"o\":{\"x.y\":{\"z$\":0}}}");
    assert_faults(MERGE_PRIMARY_WINS, UM("{}"), secondary,
                  "user_metadata:a.b user_metadata:\\u0024d user_metadata:x.y user_metadata:z$");
    /* Those that stay behind are no fault; those that the primary has count where the patch repeats them. */
    assert_faults(MERGE_PRIMARY_WINS, UM("{\"a.b\":1,\"ok\":1,\"o\":{}}"), secondary, "");
    assert_faults(MERGE_DEEP, UM("{\"a.b\":1,\"ok\":1,\"o\":{\"x.y\":1,\"m.n\":2}}"), secondary, "");
    assert_faults(MERGE_DEEP, UM("{\"o\":{\"m.n\":2}}"), UM("{\"o\":{\"p\":1}}"), "user_metadata:m.n");
}

/* ---- its size ---- */

static void the_size_counts_both_but_for_the_metadata_that_goes(void **state) {
    (void)state;
    struct merged is = merged(choosing(MERGE_PRIMARY_WINS), "{ \"user_id\" : \"a|1\" }",
                              "{\"user_id\":\"b|2\",\"user_metadata\":{\"a\":1},\"app_metadata\":{\"b\":2}}");
    size_t primary = strlen("{\"user_id\":\"a|1\"}"), patch = is.merge.patch.size;
    size_t secondary = strlen("{\"user_id\":\"b|2\",\"user_metadata\":,\"app_metadata\":}");
    assert_int_equal(is.merge.size, primary + patch - strlen("{}") + secondary);
    free(is.memory);
    is = merged(choosing(MERGE_PRIMARY_WINS), "{}", "{}");
    assert_int_equal(is.merge.size, 4);
    free(is.memory);
}

static void a_path_is_cut_between_characters(void **state) {
    (void)state;
    struct merged is = merged(choosing(MERGE_DEEP), UM("{\"o\":{}}"), UM("{\"o\":{\"\xC3\xA9\\u00e9\":1}}"));
    const size_t wanted[] = {0, 1, 2, 2, 4, 4, 6, 6};
    for (size_t room = 0; room < COUNT(wanted); room++) {
        char path[8];
        memset(path, '#', sizeof path);
        assert_int_equal(merge_path(&is.merge, &is.merge.entries[1], path, room), wanted[room]);
        assert_int_equal(path[room], '#');
    }
    free(is.memory);
}

enum { MANY = 100000, LARGE = 24 * MANY };

/* A user with so many elements in an array, and so many keys: 0 to MANY - 1, after a sign or a letter of its own. */
static struct json_value large(const char *sign, char letter, char *text, struct json_reader *reader) {
    size_t room = LARGE, size = 0;
    for (int i = 0; i < MANY; i++)
        size += (size_t)snprintf(text + size, room - size, "%s%s%d", i > 0 ? "," : UM_OPEN "{\"t\":[", sign, i);
    for (int i = 0; i < MANY; i++)
        size += (size_t)snprintf(text + size, room - size, "%s\"%c%d\":1", i > 0 ? "," : "],", letter, i);
    size += (size_t)snprintf(text + size, room - size, "}}");
    *reader = json_reader((struct span){text, size});
    reader->room = json_room(size);
    reader->tokens = malloc(reader->room * sizeof *reader->tokens);
    assert_non_null(reader->tokens);
    assert_int_equal(json_read(reader), JSON_WHOLE);
    return json_root(reader);
}

/* If each were compared with each, the test would take longer than ctest waits. */
static void many_keys_and_elements_take_little_time(void **state) {
    (void)state;
    static char texts[2][LARGE];
    struct json_reader of_primary, of_secondary;
    struct span tags = SPAN("t");
    struct merge_given given = {.primary = large("", 'k', texts[0], &of_primary),
                                .secondary = large("-", 'l', texts[1], &of_secondary),
                                .choice = {MERGE_DEEP},
                                .united = &tags,
                                .united_count = 1};
    struct merge merge;
    void *memory = malloc(merge_room(&given));
    assert_non_null(memory);
    merge_make(&given, memory, &merge);
    assert_int_equal(merge.entry_count, MANY + 1);
    assert_int_equal(merge.entries[0].fate, MERGE_UNITED);
    free(memory);
    free(of_primary.tokens);
    free(of_secondary.tokens);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_discard_nothing_goes_over),
        cmocka_unit_test(by_primary_wins_go_keys_over_that_the_primary_lacks),
        cmocka_unit_test(by_deep_objects_inside_objects_are_merged),
        cmocka_unit_test(an_object_that_adds_nothing_is_not_written),
        cmocka_unit_test(each_part_has_its_own_choice),
        cmocka_unit_test(a_null_is_a_value_of_the_primary),
        cmocka_unit_test(a_first_level_null_of_the_secondary_cannot_be_written),
        cmocka_unit_test(what_is_no_object_has_no_keys),
        cmocka_unit_test(what_is_not_touched_is_written_as_it_stands),
        cmocka_unit_test(names_are_compared_unescaped_and_written_as_the_primary_has_them),
        cmocka_unit_test(of_names_that_occur_twice_the_last_counts),
        cmocka_unit_test(arrays_are_united_where_the_caller_says_so),
        cmocka_unit_test(a_path_leads_to_nested_arrays_in_a_deep_merge),
        cmocka_unit_test(name_and_picture_are_carried_where_the_primary_has_none),
        cmocka_unit_test(reserved_keys_of_app_metadata_are_told),
        cmocka_unit_test(a_key_that_would_make_a_fault_is_left_where_the_caller_says_so),
        cmocka_unit_test(all_reserved_keys_are_known),
        cmocka_unit_test(names_with_a_dot_or_a_dollar_are_told_at_any_depth),
        cmocka_unit_test(the_size_counts_both_but_for_the_metadata_that_goes),
        cmocka_unit_test(a_path_is_cut_between_characters),
        cmocka_unit_test(many_keys_and_elements_take_little_time),
    };
    return cmocka_run_group_tests_name("merge", tests, NULL, NULL);
}
