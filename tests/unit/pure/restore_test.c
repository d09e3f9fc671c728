#include "pure/restore.h"

#include "json_checked.h"

#include <stdio.h>

/* What is put back: the patch, and all entries as "part:path:fate" with a space between. */
static void assert_restores(const char *before, const char *wrote, const char *now, const char *patch,
                            const char *fates) {
    struct restore_given given = {checked(before), checked(wrote), checked(now)};
    struct restore restore;
    void *memory = malloc(restore_room(&given)); /* of just the size: the sanitizer sees what is beyond */
    char text[1024];
    size_t size = 0, put_back = 0, as_before = 0, conflicts = 0;
    assert_non_null(memory);
    restore_make(&given, memory, &restore);
    for (size_t i = 0; i < restore.entry_count; i++) {
        const struct restore_entry *entry = &restore.entries[i];
        char path[128];
        size_t length = restore_path(&restore, entry, path, sizeof path);
        size += (size_t)snprintf(text + size, sizeof text - size, "%s%s:%.*s:%s", i > 0 ? " " : "",
                                 merge_part_name(entry->part), (int)length, path, restore_fate_name(entry->fate));
        put_back += entry->fate == RESTORE_PUT_BACK;
        as_before += entry->fate == RESTORE_AS_BEFORE;
        conflicts += entry->fate == RESTORE_CONFLICT;
    }
    assert_span(restore.patch, patch);
    assert_span((struct span){text, size}, fates);
    assert_int_equal(restore.put_back, put_back);
    assert_int_equal(restore.as_before, as_before);
    assert_int_equal(restore.conflicts, conflicts);
    free(memory);
}

#define UM(text) "{\"user_metadata\":" text "}"

static void what_still_stands_gets_its_value_from_before(void **state) {
    (void)state;
    assert_restores(UM("{\"t\":[1.0,\"\\u0061\"]}"), UM("{\"t\":[1.0,\"\\u0061\",2],\"n\":{\"x\":1}}"),
                    UM("{\"own\":1,\"n\":{\"x\":1},\"t\":[1,\"a\",2]}"), UM("{\"t\":[1.0,\"\\u0061\"],\"n\":null}"),
                    "user_metadata:t:put_back user_metadata:n:put_back");
}

static void what_is_as_before_is_let_be(void **state) {
    (void)state;
    assert_restores(UM("{\"t\":[1]}"), UM("{\"t\":[1,2],\"n\":3}"), UM("{\"t\":[1]}"), "",
                    "user_metadata:t:as_before user_metadata:n:as_before");
    assert_restores("{}", UM("{\"n\":3}"), "{}", "", "user_metadata:n:as_before");
    assert_restores("{}", UM("{\"n\":3}"), UM("null"), "", "user_metadata:n:as_before");
}

static void what_was_changed_since_is_a_conflict(void **state) {
    (void)state;
    assert_restores(UM("{\"t\":[1]}"), UM("{\"t\":[1,2],\"n\":3,\"m\":4}"), UM("{\"t\":[1,2,3],\"n\":\"3\",\"m\":4}"),
                    UM("{\"m\":null}"), "user_metadata:t:conflict user_metadata:n:conflict user_metadata:m:put_back");
    assert_restores(UM("{\"t\":[1]}"), UM("{\"t\":[1,2]}"), "{}", "", "user_metadata:t:conflict");
    assert_restores("{}", UM("{\"n\":{\"x\":1}}"), UM("{\"n\":7}"), "", "user_metadata:n:conflict");
}

static void inside_objects_each_member_counts_for_itself(void **state) {
    (void)state;
    assert_restores(UM("{\"o\":{\"a\":1,\"l\":[1]}}"),
                    UM("{\"o\":{\"a\":1,\"l\":[1,2],\"b\":2,\"c\":3,\"d\":4,\"e\":5}}"),
                    UM("{\"o\":{\"new\":0,\"c\":30,\"l\":[1,2],\"b\":2,\"d\":4,\"a\":\"edited\"}}"),
                    UM("{\"o\":{\"new\":0,\"c\":30,\"l\":[1],\"a\":\"edited\"}}"),
                    "user_metadata:o:merged user_metadata:o.c:conflict user_metadata:o.l:put_back "
                    "user_metadata:o.b:put_back user_metadata:o.d:put_back user_metadata:o.e:as_before");
}

static void an_object_that_the_merge_added_loses_only_what_came_with_it(void **state) {
    (void)state;
    assert_restores("{}", UM("{\"o\":{\"a\":{\"x\":1},\"b\":2}}"), UM("{\"o\":{\"a\":{\"x\":1,\"y\":2},\"b\":2}}"),
                    UM("{\"o\":{\"a\":{\"y\":2}}}"),
                    "user_metadata:o:merged user_metadata:o.a:merged user_metadata:o.a.x:put_back "
                    "user_metadata:o.b:put_back");
    assert_restores("{}", UM("{\"o\":{\"a\":1}}"), UM("{\"o\":{}}"), "",
                    "user_metadata:o:merged user_metadata:o.a:as_before");
}

static void a_member_that_was_only_repeated_is_the_accounts_own(void **state) {
    (void)state;
    assert_restores(UM("{\"o\":{\"a\":1,\"t\":[1]}}"), UM("{\"o\":{\"a\":1,\"t\":[1,2],\"b\":2}}"),
                    UM("{\"o\":{\"b\":2}}"), UM("{\"o\":{}}"),
                    "user_metadata:o:merged user_metadata:o.b:put_back user_metadata:o.t:conflict");
}

static void names_are_compared_unescaped_and_the_last_counts(void **state) {
    (void)state;
    assert_restores(UM("{\"k\":0,\"\\u006b\":1}"), UM("{\"k\":2}"), UM("{\"k\":1,\"k\":2}"), UM("{\"k\":1}"),
                    "user_metadata:k:put_back");
}

static void name_and_picture_are_unset(void **state) {
    (void)state;
    const char *wrote = "{\"name\":\"\\u0041\",\"picture\":\"p\"}";
    assert_restores("{}", wrote, "{\"name\":\"A\",\"picture\":\"q\"}", "{\"name\":null}",
                    "name::put_back picture::conflict");
    assert_restores("{}", wrote, "{\"name\":\"\",\"picture\":null}", "", "name::as_before picture::as_before");
}

/* A receipt may have been in other hands. */
static void nothing_else_of_a_receipt_is_put_back(void **state) {
    (void)state;
    assert_restores("{\"email\":\"a\",\"blocked\":false}", "{\"email\":\"b\",\"blocked\":true}",
                    "{\"email\":\"b\",\"blocked\":true}", "", "");
    assert_restores("[]", "7", "null", "", "");
    assert_restores(UM("[]"), UM("[1]"), UM("[1]"), "", "");
}

static void both_metadata_are_put_back(void **state) {
    (void)state;
    assert_restores("{\"app_metadata\":{\"p\":0}}", "{\"user_metadata\":{\"a\":1},\"app_metadata\":{\"p\":1}}",
                    "{\"app_metadata\":{\"p\":1},\"user_metadata\":{\"a\":1}}",
                    "{\"user_metadata\":{\"a\":null},\"app_metadata\":{\"p\":0}}",
                    "user_metadata:a:put_back app_metadata:p:put_back");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_still_stands_gets_its_value_from_before),
        cmocka_unit_test(what_is_as_before_is_let_be),
        cmocka_unit_test(what_was_changed_since_is_a_conflict),
        cmocka_unit_test(inside_objects_each_member_counts_for_itself),
        cmocka_unit_test(an_object_that_the_merge_added_loses_only_what_came_with_it),
        cmocka_unit_test(a_member_that_was_only_repeated_is_the_accounts_own),
        cmocka_unit_test(names_are_compared_unescaped_and_the_last_counts),
        cmocka_unit_test(name_and_picture_are_unset),
        cmocka_unit_test(nothing_else_of_a_receipt_is_put_back),
        cmocka_unit_test(both_metadata_are_put_back),
    };
    return cmocka_run_group_tests_name("restore", tests, NULL, NULL);
}
