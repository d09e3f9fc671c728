/* What a sequence reads from its receipt, and from what the merge made. */
#include "pure/sequence_parts.h"

bool sequence_list(enum sequence_step step, enum receipt_list *list) {
    switch (step) {
    case SEQUENCE_CARRY_ROLES:
    case SEQUENCE_TAKE_ROLES:
    case SEQUENCE_RESTORE_ROLES: *list = RECEIPT_ROLES; return true;
    case SEQUENCE_CARRY_PERMISSIONS:
    case SEQUENCE_TAKE_PERMISSIONS:
    case SEQUENCE_RESTORE_PERMISSIONS: *list = RECEIPT_PERMISSIONS; return true;
    case SEQUENCE_CARRY_ORGANIZATION:
    case SEQUENCE_TAKE_ORGANIZATION:
    case SEQUENCE_RESTORE_ORGANIZATION: *list = RECEIPT_ORGANIZATIONS; return true;
    default: return false;
    }
}

static const enum guard_read reads[RECEIPT_LISTS] = {GUARD_SECONDARY_ROLES, GUARD_SECONDARY_PERMISSIONS,
                                                     GUARD_SECONDARY_ORGANIZATIONS};

struct sequence_entries sequence_all_entries(const struct sequence *sequence, enum receipt_list list) {
    struct sequence_entries entries = {.most = SIZE_MAX};
    if (guard_state_of(&sequence->input, reads[list]) == GUARD_READ)
        entries.walk = guard_walk(&sequence->input, reads[list]);
    return entries;
}

struct sequence_entries sequence_entries(const struct sequence *sequence, enum sequence_step step) {
    static const unsigned parts[RECEIPT_LISTS] = {GUARD_ROLES, GUARD_PERMISSIONS, GUARD_ORGANIZATIONS};
    struct sequence_entries entries = {.most = SIZE_MAX};
    enum receipt_list list;
    if (!sequence_list(step, &list)) return entries;
    bool restores = step >= SEQUENCE_RESTORE_ROLES && step <= SEQUENCE_RESTORE_ORGANIZATION;
    if (sequence->plan.goal == SEQUENCE_UNDO) {
        entries.given = json_walk(restores ? sequence->receipt.was[list] : sequence->receipt.carried[list]);
    } else if (sequence->plan.guard.carry & parts[list]) {
        entries.lacking = &sequence->input;
        entries.read = reads[list];
        entries.walk = guard_missing(&sequence->input, reads[list]);
        if (step == SEQUENCE_TAKE_ORGANIZATION) entries.most = sequence->organizations;
    }
    return entries;
}

bool sequence_next_entry(struct sequence_entries *entries, struct json_value *entry) {
    bool is_walk = entries->walk.answer != NULL;
    if (entries->most == 0) return false;
    entries->most--;
    bool is_there = entries->lacking != NULL ? guard_next_missing(entries->lacking, entries->read, &entries->walk)
                    : is_walk                ? guard_next(&entries->walk)
                                             : json_next(&entries->given);
    *entry = is_walk ? entries->walk.value : entries->given.value;
    return is_there;
}

bool sequence_moves(const struct sequence *sequence) {
    struct account secondary;
    return sequence->plan.guard.relink.holder.at != NULL && guard_secondary(&sequence->input, &secondary) &&
           secondary.id.token == NULL;
}

bool sequence_is_linked(const struct sequence *sequence, struct json_value profile) {
    struct account account;
    struct json_value identity;
    return account_read(profile, &account) && account_holds(&account, sequence->plan.guard.secondary, &identity);
}

struct json_value sequence_identities(struct json_value profile) {
    struct account account;
    return account_read(profile, &account) ? account.identities : (struct json_value){NULL, NULL};
}

/* ---- the receipt, and the images in it ---- */

const char *sequence_read_receipt(struct sequence *sequence) {
    const struct sequence_plan *plan = &sequence->plan;
    const char *fault = receipt_read(plan->receipt, &sequence->receipt);
    if (fault != NULL) return fault;
    if (!json_string_is(sequence->receipt.domain, plan->domain)) return "the receipt is of another tenant";
    if (!json_string_is(sequence->receipt.primary, plan->guard.primary) ||
        !json_string_is(sequence->receipt.secondary, plan->guard.secondary))
        return "the receipt is of other accounts";
    return NULL;
}

/* What an image takes at most, unescaped. */
static size_t size_of(struct json_value string) {
    return json_kind(string) == JSON_STRING ? json_bytes(string).size : 0;
}

enum { WAS_AROUND = sizeof "{\"user_metadata\":,\"app_metadata\":}" };

static size_t was_room(const struct receipt *receipt) {
    return size_of(receipt->user_metadata) + size_of(receipt->app_metadata) + WAS_AROUND;
}

static size_t room_for(size_t size) { return json_room(size) * sizeof(struct json_token); }

size_t sequence_images_room(const struct sequence *sequence) {
    const struct receipt *receipt = &sequence->receipt;
    if (sequence->plan.goal != SEQUENCE_MERGE) {
        size_t before = size_of(receipt->before), wrote = size_of(receipt->wrote), was = was_room(receipt);
        return room_for(before) + room_for(wrote) + room_for(was) + before + wrote + was + size_of(receipt->holder);
    }
    if (!(sequence->done >> SEQUENCE_WRITE & 1)) return 0;
    return room_for(sequence->merge.before.size) + room_for(sequence->merge.patch.size);
}

/* Memory that is given out: tokens from its beginning, and behind all of them text. */
struct memory {
    struct json_token *tokens;
    char *text;
};

/* Absent where there is no text, or where it is no JSON. */
static struct json_value parse(struct memory *memory, struct span text) {
    if (text.size == 0) return (struct json_value){NULL, NULL};
    struct json_reader reader = json_reader(text);
    reader.tokens = memory->tokens;
    reader.room = json_room(text.size);
    memory->tokens += reader.room;
    return json_read(&reader) == JSON_WHOLE ? json_root(&reader) : (struct json_value){NULL, NULL};
}

static struct span unescape(struct memory *memory, struct json_value string) {
    if (json_kind(string) != JSON_STRING) return (struct span){NULL, 0};
    struct span text = {memory->text, json_string(string, memory->text, json_bytes(string).size)};
    memory->text += text.size;
    return text;
}

static void put(struct memory *memory, struct span text) {
    memcpy(memory->text, text.at, text.size);
    memory->text += text.size;
}

/* The secondary's metadata as an account has it. */
static struct span unescape_was(struct memory *memory, const struct receipt *receipt) {
    const char *begin = memory->text;
    bool has_user = size_of(receipt->user_metadata) > 0, has_app = size_of(receipt->app_metadata) > 0;
    if (!has_user && !has_app) return (struct span){NULL, 0};
    put(memory, SPAN("{"));
    if (has_user) put(memory, SPAN("\"user_metadata\":"));
    if (has_user) (void)unescape(memory, receipt->user_metadata);
    if (has_user && has_app) put(memory, SPAN(","));
    if (has_app) put(memory, SPAN("\"app_metadata\":"));
    if (has_app) (void)unescape(memory, receipt->app_metadata);
    put(memory, SPAN("}"));
    return (struct span){begin, (size_t)(memory->text - begin)};
}

static bool read_one(struct memory *memory, struct span text, struct json_value *value) {
    *value = parse(memory, text);
    return text.size == 0 || json_kind(*value) == JSON_OBJECT;
}

/* Each of the texts is one object: none of them holds the end of its member, and another member. */
static bool is_had(struct json_value was, const struct receipt *receipt) {
    const struct json_value texts[] = {receipt->user_metadata, receipt->app_metadata};
    size_t count = 0;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) count += size_of(texts[i]) > 0;
    for (struct json_walk walk = json_walk(was); json_next(&walk);)
        if (json_kind(walk.value) != JSON_OBJECT) return false;
    return was.token == NULL || was.token->size == count;
}

static const char *read_receipt(struct sequence *sequence, struct memory memory) {
    const struct receipt *receipt = &sequence->receipt;
    size_t tokens =
        json_room(size_of(receipt->before)) + json_room(size_of(receipt->wrote)) + json_room(was_room(receipt));
    memory.text = (char *)(memory.tokens + tokens);
    bool is_read = read_one(&memory, unescape(&memory, receipt->before), &sequence->before) &&
                   read_one(&memory, unescape(&memory, receipt->wrote), &sequence->wrote) &&
                   read_one(&memory, unescape_was(&memory, receipt), &sequence->was) && is_had(sequence->was, receipt);
    sequence->holder = unescape(&memory, receipt->holder);
    return is_read ? NULL : "the receipt is damaged: the metadata in it is no JSON object";
}

const char *sequence_read_images(struct sequence *sequence, void *memory) {
    struct memory free = {.tokens = memory};
    if (sequence->plan.goal != SEQUENCE_MERGE) return read_receipt(sequence, free);
    sequence->before = parse(&free, sequence->merge.before);
    sequence->wrote = parse(&free, sequence->merge.patch);
    return NULL;
}
