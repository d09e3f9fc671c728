#include "unit/support.h"

#include "os/secrets.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int new_secrets(void **state) {
    *state = secrets_new();
    return *state == NULL ? -1 : 0;
}

static int free_secrets(void **state) {
    secrets_free(*state);
    return 0;
}

static bool holds(const struct secrets *secrets, enum secret_slot slot, struct span wanted) {
    return span_equals(secrets_get(secrets, slot), wanted);
}

static bool is_zero(const char *at, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (at[i] != 0) return false;
    return true;
}

static char *repeated(char letter, size_t size) {
    char *text = malloc(size);
    assert_non_null(text);
    memset(text, letter, size);
    return text;
}

static void every_slot_is_empty_at_first(void **state) {
    for (int slot = 0; slot < SECRET_SLOTS; slot++) assert_null(secrets_get(*state, (enum secret_slot)slot).at);
}

static void every_slot_holds_its_own(void **state) {
    assert_true(secrets_put(*state, SECRET_TOKEN, SPAN("the token")));
    assert_true(secrets_put(*state, SECRET_CLIENT_SECRET, SPAN("the secret")));
    assert_true(secrets_put(*state, SECRET_PRIVATE_KEY, SPAN("the key")));
    assert_true(holds(*state, SECRET_TOKEN, SPAN("the token")));
    assert_true(holds(*state, SECRET_CLIENT_SECRET, SPAN("the secret")));
    assert_true(holds(*state, SECRET_PRIVATE_KEY, SPAN("the key")));
}

static void a_slot_takes_what_fits_and_not_a_byte_more(void **state) {
    const size_t rooms[SECRET_SLOTS] = {SECRET_TOKEN_ROOM, SECRET_CLIENT_SECRET_ROOM, SECRET_PRIVATE_KEY_ROOM};
    for (int i = 0; i < SECRET_SLOTS; i++) {
        char *text = repeated((char)('a' + i), rooms[i] + 1);
        assert_true(secrets_put(*state, (enum secret_slot)i, (struct span){text, rooms[i]}));
        assert_false(secrets_put(*state, (enum secret_slot)i, (struct span){text, rooms[i] + 1}));
        free(text);
    }
    for (int i = 0; i < SECRET_SLOTS; i++) { /* all are full, and none has run into another */
        char *text = repeated((char)('a' + i), rooms[i]);
        assert_true(holds(*state, (enum secret_slot)i, (struct span){text, rooms[i]}));
        free(text);
    }
}

static void what_is_replaced_is_wiped(void **state) {
    assert_true(secrets_put(*state, SECRET_TOKEN, SPAN("a long token of yesterday")));
    const char *at = secrets_get(*state, SECRET_TOKEN).at;
    assert_true(secrets_put(*state, SECRET_TOKEN, SPAN("short")));
    assert_true(holds(*state, SECRET_TOKEN, SPAN("short")));
    assert_true(is_zero(at + 5, SECRET_TOKEN_ROOM - 5));
    assert_true(secrets_put(*state, SECRET_TOKEN, (struct span){NULL, 0}));
    assert_null(secrets_get(*state, SECRET_TOKEN).at);
    assert_true(is_zero(at, SECRET_TOKEN_ROOM));
}

static void a_secret_may_be_replaced_by_a_piece_of_itself(void **state) {
    assert_true(secrets_put(*state, SECRET_TOKEN, SPAN("Bearer token")));
    assert_true(secrets_put(*state, SECRET_TOKEN, span_after(secrets_get(*state, SECRET_TOKEN), 7)));
    assert_true(holds(*state, SECRET_TOKEN, SPAN("token")));
}

/* The line of /proc/self/smaps that says what the kernel does with the mapping in which `at` lies, into `flags`. */
static bool read_flags(const void *at, char *flags, size_t room) {
    FILE *maps = fopen("/proc/self/smaps", "re");
    char line[512];
    bool is_ours = false, found = false;
    if (maps == NULL) return false;
    while (!found && fgets(line, sizeof line, maps) != NULL) {
        uintptr_t from, to;
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &from, &to) == 2)
            is_ours = (uintptr_t)at >= from && (uintptr_t)at < to;
        else if (is_ours && strncmp(line, "VmFlags:", 8) == 0)
            found = snprintf(flags, room, "%s", line) > 0;
    }
    fclose(maps);
    return found;
}

static void they_stay_out_of_core_dumps(void **state) {
    char flags[512];
    assert_true(secrets_put(*state, SECRET_PRIVATE_KEY, SPAN("the last byte's page too")));
    struct span last = secrets_get(*state, SECRET_PRIVATE_KEY);
    const char *ends[] = {*state, last.at + SECRET_PRIVATE_KEY_ROOM - 1};
    for (size_t i = 0; i < COUNT(ends); i++) {
        if (!read_flags(ends[i], flags, sizeof flags)) skip(); /* no /proc here, or one without these lines */
        if (strstr(flags, " dd") == NULL) fail_msg("a core dump would hold it: %s", flags);
    }
    char *ordinary = repeated('x', 1);
    assert_true(read_flags(ordinary, flags, sizeof flags));
    assert_null(strstr(flags, " dd")); /* else the test would show nothing */
    free(ordinary);
}

static void a_child_finds_them_empty_and_the_parent_keeps_them(void **state) {
    char flags[512];
    int status;
    if (!read_flags(*state, flags, sizeof flags) || strstr(flags, " wf") == NULL) skip(); /* an older kernel */
    assert_true(secrets_put(*state, SECRET_TOKEN, SPAN("the parent's")));
    const char *at = secrets_get(*state, SECRET_TOKEN).at;
    pid_t child = fork();
    if (child == 0) {
        bool is_empty = secrets_get(*state, SECRET_TOKEN).at == NULL && is_zero(at, SECRET_TOKEN_ROOM);
        bool works = secrets_put(*state, SECRET_TOKEN, SPAN("own")) && holds(*state, SECRET_TOKEN, SPAN("own"));
        secrets_free(*state);
        _exit(is_empty && works ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(holds(*state, SECRET_TOKEN, SPAN("the parent's")));
}

static void nothing_is_left_mapped(void **state) {
    char flags[512];
    (void)state;
    struct secrets *secrets = secrets_new();
    assert_non_null(secrets);
    if (!read_flags(secrets, flags, sizeof flags)) skip();
    const void *at = secrets;
    secrets_free(secrets);
    assert_true(!read_flags(at, flags, sizeof flags) || strstr(flags, " dd") == NULL); /* another mapping's by now */
    secrets_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_slot_is_empty_at_first, new_secrets, free_secrets),
        cmocka_unit_test_setup_teardown(every_slot_holds_its_own, new_secrets, free_secrets),
        cmocka_unit_test_setup_teardown(a_slot_takes_what_fits_and_not_a_byte_more, new_secrets, free_secrets),
        cmocka_unit_test_setup_teardown(what_is_replaced_is_wiped, new_secrets, free_secrets),
        cmocka_unit_test_setup_teardown(a_secret_may_be_replaced_by_a_piece_of_itself, new_secrets, free_secrets),
        cmocka_unit_test_setup_teardown(they_stay_out_of_core_dumps, new_secrets, free_secrets),
        cmocka_unit_test_setup_teardown(a_child_finds_them_empty_and_the_parent_keeps_them, new_secrets, free_secrets),
        cmocka_unit_test(nothing_is_left_mapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
