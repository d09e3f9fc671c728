/* Two accounts at a tenant, and what a guard reads of them. Its clean state has something of everything, on both sides
   the same: each read counts, and nothing stands against a merge. */
#ifndef AUTH0_TESTS_GUARD_WORLD_H
#define AUTH0_TESTS_GUARD_WORLD_H

#include "unit/pure/json_checked.h"

#include "pure/guard.h"

#include <stdarg.h>
#include <stdio.h>

#define PRIMARY_ID "google-oauth2|1"
#define SECONDARY_ID "google-apps|acme|2"
#define HOLDER_ID "github|9"
#define FACTOR "[{\"id\":\"totp|1\",\"type\":\"totp\",\"confirmed\":true}]"

enum { WORLD_TEXT = 1 << 17 };

struct world {
    bool no_primary, no_secondary, is_same;
    bool primary_holds, holder_holds;
    const char *primary_more, *secondary_more, *holder_more;             /* ,"blocked":true */
    const char *secondary_created;                                       /* ,"created_at":"..." */
    const char *primary_email, *secondary_email, *holder_email;          /* JSON */
    const char *primary_verified, *secondary_verified, *holder_verified; /* JSON */
    const char *primary_linked, *secondary_linked;                       /* ,{...}: further identities */
    const char *texts[GUARD_READS]; /* one page of each list; of the profiles none: they are made of the above */
    int roles, permissions;         /* that the primary has beside those of its text */
    bool has_scim, has_directory;
    guard_reads unreadable, unasked;
    struct guard_options options;
    struct merge merged;
};

static const struct span world_trusted[] = {{"google-oauth2", 13}, {"acme", 4}, {"github", 6}};

static inline struct world world_clean(void) {
    return (struct world){
        .primary_email = "\"ann@acme.test\"",
        .secondary_email = "\"Ann@ACME.test\"",
        .holder_email = "\"ann@acme.test\"",
        .primary_verified = "true",
        .secondary_verified = "true",
        .holder_verified = "true",
        .primary_more = "",
        .secondary_more = "",
        .secondary_created = "",
        .holder_more = "",
        .primary_linked = "",
        .secondary_linked = "",
        .texts = {[GUARD_HOLDER] = "[]",
                  [GUARD_SECONDARY_FACTORS] = FACTOR,
                  [GUARD_PRIMARY_FACTORS] = FACTOR,
                  [GUARD_SECONDARY_ORGANIZATIONS] = "[{\"id\":\"org_1\"}]",
                  [GUARD_PRIMARY_ORGANIZATIONS] = "[{\"id\":\"org_1\"}]",
                  [GUARD_SECONDARY_GROUPS] = "{\"groups\":[{\"id\":\"grp_1\"}],\"next\":null}",
                  [GUARD_PRIMARY_GROUPS] = "{\"groups\":[{\"id\":\"grp_1\"}]}",
                  [GUARD_SECONDARY_ROLES] = "[{\"id\":\"rol_1\"}]",
                  [GUARD_PRIMARY_ROLES] = "[{\"id\":\"rol_1\"}]",
                  [GUARD_SECONDARY_PERMISSIONS] =
                      "[{\"resource_server_identifier\":\"api\",\"permission_name\":\"see\"}]",
                  [GUARD_PRIMARY_PERMISSIONS] =
                      "[{\"resource_server_identifier\":\"api\",\"permission_name\":\"see\"}]",
                  [GUARD_CONNECTION] = "{\"connections\":[{\"id\":\"con_1\",\"name\":\"acme\"}]}",
                  [GUARD_SCIM] = "{\"connection_id\":\"con_1\"}",
                  [GUARD_DIRECTORY] = "{\"connection_id\":\"con_1\"}",
                  [GUARD_STREAMS] = "{\"eventStreams\":[]}"},
        .options = {.primary = SPAN(PRIMARY_ID),
                    .secondary = SPAN(SECONDARY_ID),
                    .proof = GUARD_SHARED_EMAIL,
                    .trusted_connections = world_trusted,
                    .trusted_count = COUNT(world_trusted),
                    .checks = GUARD_CHECKS,
                    .carry = GUARD_ROLES | GUARD_PERMISSIONS,
                    .name_streams = true},
        .merged = {.size = 1000},
    };
}

/* The answers of a world, until the next one is made. */
struct world_answers {
    char text[WORLD_TEXT];
    size_t used;
    struct json_value pages[GUARD_READS][GUARD_PAGES];
};

__attribute__((format(printf, 2, 3))) static inline const char *world_write(struct world_answers *answers,
                                                                            const char *format, ...) {
    char *at = answers->text + answers->used;
    va_list pieces;
    va_start(pieces, format);
    int size = vsnprintf(at, sizeof answers->text - answers->used, format, pieces);
    va_end(pieces);
    answers->used += (size_t)size + 1;
    assert_true(answers->used < sizeof answers->text);
    return at;
}

static inline void world_put(struct guard_input *input, struct world_answers *answers, enum guard_read read,
                             const char *text) {
    struct guard_answer *answer = &input->answers[read];
    assert_true(answer->count < GUARD_PAGES);
    answers->pages[read][answer->count++] = checked(text);
    answer->pages = answers->pages[read];
    answer->state = GUARD_READ;
}

#define LINKED_SECONDARY                                                                                               \
    ",{\"provider\":\"google-apps\",\"user_id\":\"acme|2\",\"connection\":\"acme\",\"isSocial\":false,"                \
    "\"profileData\":{\"email\":\"ann@acme.test\",\"email_verified\":true}}"

static inline void world_profiles(const struct world *world, struct guard_input *input, struct world_answers *answers) {
    static const char profile[] = "{\"user_id\":\"%s\",\"email\":%s,\"email_verified\":%s%s%s,\"identities\":[{"
                                  "\"provider\":\"%s\",\"user_id\":\"%s\",\"connection\":\"%s\",\"isSocial\":%s}%s%s]}";
    const char *primary = world_write(answers, profile, PRIMARY_ID, world->primary_email, world->primary_verified,
                                      world->primary_more, "", "google-oauth2", "1", "google-oauth2", "true",
                                      world->primary_linked, world->primary_holds ? LINKED_SECONDARY : "");
    const char *secondary = world_write(answers, profile, SECONDARY_ID, world->secondary_email,
                                        world->secondary_verified, world->secondary_more, world->secondary_created,
                                        "google-apps", "acme|2", "acme", "false", world->secondary_linked, "");
    const char *holder = world_write(answers, profile, HOLDER_ID, world->holder_email, world->holder_verified,
                                     world->holder_more, "", "github", "9", "github", "true", "", LINKED_SECONDARY);
    input->answers[GUARD_PRIMARY].state = input->answers[GUARD_SECONDARY].state = GUARD_ABSENT;
    if (!world->no_primary) world_put(input, answers, GUARD_PRIMARY, primary);
    if (!world->no_secondary) world_put(input, answers, GUARD_SECONDARY, world->is_same ? primary : secondary);
    bool is_one = world->options.relink.holder.at != NULL;
    if (world->holder_holds)
        world_put(input, answers, GUARD_HOLDER, is_one ? holder : world_write(answers, "[%s]", holder));
}

/* Entries before those of the text: full pages, and the rest on one of its own. */
static inline void world_fill(struct guard_input *input, struct world_answers *answers, enum guard_read read, int count,
                              const char *entry) {
    for (int done = 0; done < count; done += GUARD_PER_PAGE) {
        const char *page = answers->text + answers->used;
        answers->used += (size_t)sprintf(answers->text + answers->used, "[");
        for (int i = 0; i < GUARD_PER_PAGE && done + i < count; i++) {
            if (i > 0) answers->text[answers->used++] = ',';
            answers->used += (size_t)sprintf(answers->text + answers->used, entry, done + i);
        }
        answers->used += (size_t)sprintf(answers->text + answers->used, "]") + 1;
        world_put(input, answers, read, page);
    }
}

static inline void world_lists(const struct world *world, struct guard_input *input, struct world_answers *answers) {
    world_fill(input, answers, GUARD_PRIMARY_ROLES, world->roles, "{\"id\":\"more_%d\"}");
    world_fill(input, answers, GUARD_PRIMARY_PERMISSIONS, world->permissions,
               "{\"resource_server_identifier\":\"api\",\"permission_name\":\"p%d\"}");
    for (int i = GUARD_HOLDER; i < GUARD_READS; i++) {
        enum guard_read read = (enum guard_read)i;
        bool is_absent = (read == GUARD_SCIM && !world->has_scim) || (read == GUARD_DIRECTORY && !world->has_directory);
        if (is_absent)
            input->answers[read].state = GUARD_ABSENT;
        else if (read != GUARD_HOLDER || !world->holder_holds)
            world_put(input, answers, read, world->texts[read]);
    }
}

/* All answers at once, whether they are asked for or not. */
static inline struct guard_input world_read(const struct world *world) {
    static struct world_answers answers;
    struct guard_input input = {.options = world->options, .merged = &world->merged};
    answers.used = 0;
    if (world->is_same) input.options.secondary = input.options.primary;
    world_profiles(world, &input, &answers);
    world_lists(world, &input, &answers);
    for (int read = 0; read < GUARD_READS; read++) {
        guard_reads bit = (guard_reads)1 << read;
        if (world->unreadable & bit) input.answers[read].state = GUARD_UNREADABLE;
        if (world->unasked & bit) input.answers[read] = (struct guard_answer){.state = GUARD_UNASKED};
    }
    return input;
}

#endif
