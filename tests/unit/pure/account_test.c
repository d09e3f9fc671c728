#include "pure/account.h"
#include "unit/pure/json_checked.h"

#include <stdio.h>

static struct account read_whole(const char *text) {
    struct account account;
    if (!account_read(checked(text), &account)) fail_msg("%s is an account", text);
    return account;
}

static void assert_string(struct json_value is, const char *wanted) {
    char text[200];
    size_t size = json_string(is, text, sizeof text);
    assert_span((struct span){text, size}, wanted);
}

static void it_finds_what_a_user_has(void **state) {
    (void)state;
    struct account account = read_whole(
        "{\"user_id\":\"auth0|1\",\"email\":\"a@b.c\",\"email_verified\":true,\"blocked\":false,\"name\":\"A\","
        "\"picture\":\"p\",\"created_at\":\"2026\",\"logins_count\":3,\"user_metadata\":{\"a\":1},"
        "\"app_metadata\":{},\"multifactor\":[],\"identities\":[{\"provider\":\"auth0\",\"user_id\":\"1\","
        "\"connection\":\"db\",\"isSocial\":false}]}");
    assert_string(account.id, "auth0|1");
    assert_string(account.email, "a@b.c");
    assert_int_equal(json_kind(account.email_verified), JSON_TRUE);
    assert_int_equal(json_kind(account.blocked), JSON_FALSE);
    assert_string(account.name, "A");
    assert_string(account.picture, "p");
    assert_string(account.created_at, "2026");
    assert_true(json_is_integer(account.logins_count));
    assert_json(account.user_metadata, "{\"a\":1}");
    assert_json(account.app_metadata, "{}");
    assert_json(account.multifactor, "[]");
    assert_string(account.provider, "auth0");
    assert_string(account.user_id, "1");
    assert_string(account.connection, "db");
    assert_int_equal(json_kind(account.is_social), JSON_FALSE);
    assert_json(account.own, "{\"provider\":\"auth0\",\"user_id\":\"1\",\"connection\":\"db\",\"isSocial\":false}");
}

static void null_is_absent(void **state) {
    (void)state;
    struct account account =
        read_whole("{\"user_id\":\"auth0|1\",\"blocked\":null,\"multifactor\":null,"
                   "\"identities\":[{\"provider\":\"auth0\",\"user_id\":\"1\",\"isSocial\":null}]}");
    assert_null(account.blocked.token);
    assert_null(account.multifactor.token);
    assert_null(account.is_social.token);
    assert_null(account.user_metadata.token);
}

static void what_is_no_user_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"null",
                                        "[]",
                                        "{}",
                                        "{\"user_id\":\"auth0|1\"}",
                                        "{\"user_id\":\"auth0|1\",\"identities\":[]}",
                                        "{\"user_id\":\"auth0|1\",\"identities\":{}}",
                                        "{\"user_id\":\"auth0|1\",\"identities\":[7]}",
                                        "{\"user_id\":7,\"identities\":[{}]}",
                                        "{\"user_id\":null,\"identities\":[{}]}"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct account account;
        if (account_read(checked(texts[i]), &account)) fail_msg("%s is no account", texts[i]);
        assert_null(account.id.token);
    }
    struct account account;
    assert_false(account_read((struct json_value){NULL, NULL}, &account));
}

static void what_is_ambiguous_is_refused(void **state) {
    (void)state;
    static const char *const members[] = {"\"blocked\":true,\"blocked\":false",
                                          "\"blocked\":true,\"b\\u006cocked\":null",
                                          "\"email\":null,\"email\":\"a@b.c\"",
                                          "\"user_id\":\"auth0|1\"",
                                          "\"user_metadata\":[1]",
                                          "\"app_metadata\":\"admin\""};
    for (size_t i = 0; i < COUNT(members); i++) {
        char text[300];
        struct account account;
        snprintf(text, sizeof text, "{\"user_id\":\"auth0|1\",\"identities\":[{}],%s}", members[i]);
        if (account_read(checked(text), &account)) fail_msg("%s is no account", text);
    }
    (void)read_whole("{\"user_id\":\"auth0|1\",\"identities\":[{}],\"other\":1,\"other\":2,\"user_metadata\":[]}");
}

#define TWO                                                                                                            \
    "\"identities\":[{\"provider\":\"google-oauth2\",\"user_id\":15,\"connection\":\"google-oauth2\"},"                \
    "{\"provider\":\"auth0\",\"user_id\":\"1\",\"connection\":\"db\"},"                                                \
    "{\"provider\":\"samlp\",\"user_id\":\"acme|7\",\"connection\":\"acme\"}]"

static void its_own_identity_is_the_one_it_is_called_after(void **state) {
    (void)state;
    struct account account = read_whole("{\"user_id\":\"auth0|1\"," TWO "}");
    assert_string(account.connection, "db");
    account = read_whole("{\"user_id\":\"samlp|acme|7\"," TWO "}");
    assert_string(account.connection, "acme");
    account = read_whole("{\"user_id\":\"github|4\"," TWO "}"); /* called after none: the first */
    assert_string(account.connection, "google-oauth2");
}

static void the_others_are_linked(void **state) {
    (void)state;
    struct account account = read_whole("{\"user_id\":\"auth0|1\"," TWO "}");
    struct json_value identity;
    char id[100];
    assert_true(account_linked(&account, 0, &identity));
    assert_span((struct span){id, account_identity_id(identity, id, sizeof id)}, "google-oauth2|15");
    assert_true(account_linked(&account, 1, &identity));
    assert_span((struct span){id, account_identity_id(identity, id, sizeof id)}, "samlp|acme|7");
    assert_false(account_linked(&account, 2, &identity));
    assert_true(account_identity(&account, SPAN("samlp|acme|7"), &identity));
    assert_true(account_identity(&account, SPAN("auth0|1"), &identity));
    assert_false(account_identity(&account, SPAN("samlp|acme|70"), &identity));
}

static void an_id_is_cut_to_its_room(void **state) {
    (void)state;
    struct json_value word = checked("{\"provider\":\"auth0\",\"user_id\":\"123\"}");
    struct json_value number = checked("{\"provider\":\"auth0\",\"user_id\":123}");
    struct json_value none = checked("{\"provider\":\"auth0\",\"user_id\":null}");
    static const char *const wanted[] = {"",      "a",      "au",      "aut",      "auth",
                                         "auth0", "auth0|", "auth0|1", "auth0|12", "auth0|123"};
    for (size_t room = 0; room < COUNT(wanted); room++) {
        char id[16];
        memset(id, '#', sizeof id);
        assert_span((struct span){id, account_identity_id(word, id, room)}, wanted[room]);
        assert_span((struct span){id, account_identity_id(number, id, room)}, wanted[room]);
        assert_int_equal(id[room], '#');
    }
    char id[16];
    assert_span((struct span){id, account_identity_id(none, id, sizeof id)}, "auth0|");
}

static void an_id_names_one_identity(void **state) {
    (void)state;
    static const struct {
        const char *identity, *id;
        bool is_it;
    } cases[] = {{"{\"provider\":\"auth0\",\"user_id\":\"1\"}", "auth0|1", true},
                 {"{\"provider\":\"auth0\",\"user_id\":\"auth0|1\"}", "auth0|1", true},
                 {"{\"provider\":\"auth0\",\"user_id\":1}", "auth0|1", true},
                 {"{\"provider\":\"samlp\",\"user_id\":\"acme|1\"}", "samlp|acme|1", true},
                 {"{\"provider\":\"samlp\",\"user_id\":\"1\"}", "samlp|acme|1", false},
                 {"{\"provider\":\"github\",\"user_id\":\"1\"}", "auth0|1", false},
                 {"{\"provider\":\"auth0\",\"user_id\":\"11\"}", "auth0|1", false},
                 {"{\"provider\":\"auth0\"}", "auth0|", false},
                 {"{\"provider\":\"auth0\",\"user_id\":\"1\"}", "auth0", false},
                 {"7", "auth0|1", false}};
    for (size_t i = 0; i < COUNT(cases); i++)
        if (account_identity_is(checked(cases[i].identity), span_of(cases[i].id)) != cases[i].is_it)
            fail_msg("%s and %s", cases[i].identity, cases[i].id);
}

static void an_identity_stands_for_an_account(void **state) {
    (void)state;
    struct account account = account_of_identity(
        checked("{\"provider\":\"github\",\"user_id\":\"2\",\"connection\":\"github\",\"isSocial\":true,"
                "\"profileData\":{\"email\":\"a@b.c\",\"email_verified\":\"true\",\"name\":\"A\",\"picture\":null}}"));
    assert_string(account.email, "a@b.c");
    assert_string(account.email_verified, "true");
    assert_string(account.name, "A");
    assert_null(account.picture.token);
    assert_string(account.connection, "github");
    assert_null(account.id.token);
    assert_null(account.blocked.token);
    assert_null(account.user_metadata.token);
    struct json_value identity;
    assert_false(account_linked(&account, 0, &identity));
}

#define X(identities) "{\"user_id\":\"x|1\",\"identities\":[" identities "]}"

static void a_database_has_passwords(void **state) {
    (void)state;
    struct account account = read_whole(X("{\"provider\":\"auth0\",\"user_id\":\"1\"}"));
    assert_true(account_has_password(&account));
    account = read_whole(X("{\"provider\":\"x\",\"user_id\":\"1\"},{\"provider\":\"auth0\",\"user_id\":\"1\"}"));
    assert_true(account_has_password(&account));
    account = read_whole(X("{\"provider\":\"google-oauth2\",\"user_id\":\"1\"}"));
    assert_false(account_has_password(&account));
    account = account_of_identity(checked("{\"provider\":\"auth0\",\"user_id\":\"1\"}"));
    assert_true(account_has_password(&account));
}

static void a_directory_may_provision_what_is_of_an_enterprise(void **state) {
    (void)state;
    static const struct {
        const char *account;
        bool may;
    } cases[] = {{X("{\"provider\":\"samlp\",\"isSocial\":false}"), true},
                 {X("{\"provider\":\"waad\"}"), true},
                 {X("{\"provider\":\"google-apps\",\"isSocial\":\"true\"}"), true},
                 {X("{\"provider\":\"oauth2\",\"isSocial\":true}"), false},
                 {X("{\"provider\":\"google-oauth2\",\"isSocial\":true}"), false},
                 {X("{\"provider\":\"auth0\",\"isSocial\":false}"), false},
                 {X("{\"provider\":\"sms\",\"isSocial\":false}"), false},
                 {X("{\"provider\":\"email\"}"), false}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct account account = read_whole(cases[i].account);
        if (account_may_be_provisioned(&account) != cases[i].may) fail_msg("%s", cases[i].account);
    }
}

static void a_step_of_a_path_is_an_id_that_leads_nowhere_else(void **state) {
    (void)state;
    static const struct {
        const char *id;
        bool is_step;
    } cases[] = {{"\"org_1\"", true}, {"\"a b/c|d\"", true},  {"\"\"", false},          {"\".\"", false},
                 {"\"..\"", false},   {"\"\\u002e\"", false}, {"\"a\\u0000b\"", false}, {"7", false},
                 {"null", false},     {"[\"org_1\"]", false}};
    for (size_t i = 0; i < COUNT(cases); i++)
        if (account_is_step(checked(cases[i].id)) != cases[i].is_step) fail_msg("%s", cases[i].id);
    char text[ACCOUNT_STEP + 4];
    snprintf(text, sizeof text, "\"%0*d\"", ACCOUNT_STEP, 0);
    assert_true(account_is_step(checked(text)));
    char longer[ACCOUNT_STEP + 5];
    snprintf(longer, sizeof longer, "\"%0*d\"", ACCOUNT_STEP + 1, 0);
    assert_false(account_is_step(checked(longer)));
    assert_false(account_is_step((struct json_value){NULL, NULL}));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_finds_what_a_user_has),
        cmocka_unit_test(null_is_absent),
        cmocka_unit_test(what_is_no_user_is_refused),
        cmocka_unit_test(what_is_ambiguous_is_refused),
        cmocka_unit_test(its_own_identity_is_the_one_it_is_called_after),
        cmocka_unit_test(the_others_are_linked),
        cmocka_unit_test(an_id_is_cut_to_its_room),
        cmocka_unit_test(an_id_names_one_identity),
        cmocka_unit_test(an_identity_stands_for_an_account),
        cmocka_unit_test(a_database_has_passwords),
        cmocka_unit_test(a_directory_may_provision_what_is_of_an_enterprise),
        cmocka_unit_test(a_step_of_a_path_is_an_id_that_leads_nowhere_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
