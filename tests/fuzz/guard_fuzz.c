/* What a guard reads of two accounts: after two bytes of options, the answers in the order of enum guard_read, a NUL
   between. "-" is none, "?" a 404, "!" one that is unreadable. Whatever they are: nothing passes that was not read, or
   that a profile says; every finding has its words. */
#include "fuzz/fuzz.h"
#include "pure/guard.h"

#define BIT(read) ((guard_reads)1 << (read))

enum { SHARED = 1, ALLOW = 2, RELINK = 4, PASSWORD = 8, CREATED = 16, STREAMS = 32, UNCHECKED = 64 };

struct fuzz_answer {
    struct span text;
    struct json_token *tokens;
    struct json_value page;
};

static enum guard_state state_of(struct span text) {
    if (text.size == 0 || span_equals(text, SPAN("-"))) return GUARD_UNASKED;
    if (span_equals(text, SPAN("?"))) return GUARD_ABSENT;
    return span_equals(text, SPAN("!")) ? GUARD_UNREADABLE : GUARD_READ;
}

/* What is no JSON is unreadable, as it is for the library. */
static void read_answer(struct guard_answer *answer, struct fuzz_answer *own_answer, struct span text) {
    *own_answer = (struct fuzz_answer){.text = own(text.at, text.size)};
    answer->state = state_of(own_answer->text);
    if (answer->state != GUARD_READ) return;
    struct json_reader reader = json_reader(own_answer->text);
    reader.room = json_room(text.size);
    reader.tokens = own_answer->tokens = (void *)allocate(reader.room * sizeof *reader.tokens);
    if (json_read(&reader) != JSON_WHOLE) {
        answer->state = GUARD_UNREADABLE;
        return;
    }
    own_answer->page = json_root(&reader);
    answer->pages = &own_answer->page;
    answer->count = 1;
}

static struct guard_options options_of(const uint8_t data[2]) {
    static const struct span trusted[] = {{"a", 1}, {"b", 1}};
    int flags = data[0];
    struct guard_options options = {.primary = SPAN("x|1"),
                                    .secondary = SPAN("y|2"),
                                    .proof = flags & SHARED ? GUARD_SHARED_EMAIL : GUARD_BOTH_AUTHENTICATED,
                                    .trusted_connections = trusted,
                                    .trusted_count = 2,
                                    .password_merge = flags & PASSWORD,
                                    .allow_unreadable = flags & ALLOW,
                                    .checks = flags & UNCHECKED ? 0 : GUARD_CHECKS,
                                    .carry = data[1] & (unsigned)GUARD_CARRIED,
                                    .name_streams = flags & STREAMS};
    if (flags & RELINK) options.relink = (struct guard_relink){SPAN("z|3"), options.proof};
    if (flags & CREATED) options.secondary_created = SPAN("2026");
    return options;
}

static void check_words(const struct guard_input *input, const struct guard_finding *finding) {
    char words[GUARD_WORDS], name[8];
    size_t size = 0;
    memset(words, '#', sizeof words);
    guard_words(input, finding, words);
    HOLDS(memchr(words, '\0', sizeof words) != NULL && strlen(words) > 20);
    for (const char *c = words; *c != '\0'; c++) HOLDS((unsigned char)*c >= ' ' && *c != '\x7F');
    for (size_t i = 0; guard_named(input, finding, i, name, sizeof name, &size); i++) HOLDS(size <= sizeof name);
}

static void check_findings(const struct guard_input *input, const struct guard_verdict *verdict) {
    HOLDS(verdict->count <= GUARD_FINDINGS);
    for (size_t i = 0; i < verdict->count; i++) {
        const struct guard_finding *finding = &verdict->findings[i];
        HOLDS(finding->refuses == (i < verdict->refused));
        for (size_t j = 0; j < i; j++) {
            const struct guard_finding *other = &verdict->findings[j];
            HOLDS(other->reason != finding->reason || other->side != finding->side || other->read != finding->read);
        }
        check_words(input, finding);
    }
}

static void check_account(const struct guard_options *options, const struct account *account) {
    HOLDS(account->blocked.token == NULL || json_kind(account->blocked) == JSON_FALSE);
    if (options->proof != GUARD_SHARED_EMAIL) return;
    HOLDS(json_kind(account->email_verified) == JSON_TRUE);
    HOLDS(json_string_is(account->connection, SPAN("a")) || json_string_is(account->connection, SPAN("b")));
    HOLDS(options->password_merge || !account_has_password(account));
}

/* What a guard lets pass. */
static void check_pass(const struct guard_input *input) {
    struct account primary, secondary;
    struct json_value identity;
    HOLDS(guard_primary(input, &primary) && guard_secondary(input, &secondary));
    check_account(&input->options, &primary);
    check_account(&input->options, &secondary);
    HOLDS(!account_linked(&secondary, 0, &identity));
    HOLDS(input->options.relink.holder.at != NULL || json_string_is(secondary.id, SPAN("y|2")));
    guard_reads relevant = guard_relevant(input) & ~BIT(GUARD_STREAMS);
    if (guard_has_factors(input, GUARD_PRIMARY_FACTORS)) relevant &= ~BIT(GUARD_SECONDARY_FACTORS);
    for (int read = 0; read < GUARD_READS && !input->options.allow_unreadable; read++) {
        enum guard_state state = guard_state_of(input, (enum guard_read)read);
        HOLDS(!(relevant & BIT(read)) || state == GUARD_READ || state == GUARD_ABSENT);
    }
    HOLDS(guard_state_of(input, GUARD_SCIM) != GUARD_READ && guard_state_of(input, GUARD_DIRECTORY) != GUARD_READ);
}

static void check_things(const struct guard_input *input) {
    struct guard_things walk = guard_things(input);
    while (guard_next_thing(&walk)) HOLDS(walk.thing.count != 0 && walk.thing.what != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_answer own_answers[GUARD_READS];
    if (size < 2) return 0;
    struct guard_input input = {.options = options_of(data)};
    struct span rest = {(const char *)data + 2, size - 2};
    for (int read = 0; read < GUARD_READS; read++) {
        struct span text = span_until(rest, '\0');
        read_answer(&input.answers[read], &own_answers[read], text);
        rest = span_after(rest, text.size < rest.size ? text.size + 1 : text.size);
    }
    struct guard_verdict verdict;
    guard_judge(&input, &verdict);
    check_findings(&input, &verdict);
    if (verdict.refused == 0) check_pass(&input);
    /* The secondary's lists are asked for before the profiles say whether they count. */
    bool is_ahead = guard_state_of(&input, GUARD_PRIMARY) == GUARD_UNASKED ||
                    guard_state_of(&input, GUARD_SECONDARY) == GUARD_UNASKED;
    HOLDS(is_ahead || (guard_wanted(&input) & ~guard_relevant(&input)) == 0);
    check_things(&input);
    for (int read = 0; read < GUARD_READS; read++) {
        free(own_answers[read].tokens);
        release(own_answers[read].text);
    }
    return 0;
}
