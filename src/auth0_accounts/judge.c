#include "auth0_accounts/judge.h"

#include "auth0_accounts/tokens.h"
#include "lua/class.h"
#include "pure/plan.h"

#include <stdlib.h>

static char judge_class;

struct judge {
    struct tokens order, profiles[2];
    char *text; /* of the order, into which the plan points */
    struct span *spans;
    struct sequence_plan plan;
    void *memory; /* of the merge */
    size_t room;
};

static struct judge *check_judge(lua_State *L) { return bind_class_check(L, 1, &judge_class, "expected a judge"); }

static struct span check_text(lua_State *L, int index) {
    struct span text;
    text.at = luaL_checklstring(L, index, &text.size);
    return text;
}

static void *check_memory(lua_State *L, void *memory) {
    if (memory == NULL) luaL_error(L, "not enough memory");
    return memory;
}

/* ---- the order ---- */

static struct json_value read_order(lua_State *L, struct judge *judge, struct span order) {
    judge->text = check_memory(L, malloc(order.size + 1));
    memcpy(judge->text, order.at, order.size);
    struct json_reader reader = json_reader((struct span){judge->text, order.size});
    enum json_progress progress = tokens_read(&judge->order, &reader);
    if (progress == JSON_MORE) (void)check_memory(L, NULL);
    luaL_argcheck(L, progress == JSON_WHOLE, 1, "expected JSON");
    judge->spans = check_memory(L, calloc(plan_room(reader.count), sizeof *judge->spans));
    return json_root(&reader);
}

int judge_make(lua_State *L) {
    struct complaint complaint;
    struct span order = check_text(L, 1);
    struct judge *judge = bind_class_new(L, &judge_class, sizeof *judge);
    struct json_value root = read_order(L, judge, order);
    if (!plan_read(root, judge->text, judge->spans, &judge->plan, &complaint))
        return luaL_error(L, "auth0_accounts.core: %s: %s", complaint.option, complaint.what);
    return 1;
}

/* ---- two accounts ---- */

/* In the order of a merge, in which apply puts them, accounts stand two levels deep. */
enum { ACCOUNT_DEPTH = JSON_DEPTH - 2 };

/* NULL, or what is wrong. */
static const char *read_profile(lua_State *L, struct tokens *tokens, struct span text, struct json_value *profile) {
    luaL_argcheck(L, text.size < UINT32_MAX, 3, "too long");
    struct json_reader reader = json_reader(text);
    reader.deepest = ACCOUNT_DEPTH;
    enum json_progress progress = tokens_read(tokens, &reader);
    if (progress == JSON_MORE) (void)check_memory(L, NULL);
    *profile = json_root(&reader);
    return progress == JSON_WHOLE ? NULL : reader.fault;
}

/* NULL, or what is wrong. */
static const char *read_pair(lua_State *L, struct judge *judge, struct json_value profiles[2],
                             struct complaint *complaint) {
    struct sequence_plan *plan = &judge->plan;
    const struct identity_given given = {.primary = check_text(L, 2), .secondary = check_text(L, 4)};
    plan->guard.primary = given.primary;
    plan->guard.secondary = given.secondary;
    if (!identity_resolve(IDENTITY_LINK, &given, &plan->target, complaint)) return complaint->what;
    for (int i = 0; i < 2; i++) {
        const char *fault = read_profile(L, &judge->profiles[i], check_text(L, 3 + 2 * i), &profiles[i]);
        if (fault != NULL) return fault;
    }
    return NULL;
}

static void *memory_for(lua_State *L, struct judge *judge, size_t size) {
    if (size <= judge->room) return judge->memory;
    judge->memory = check_memory(L, realloc(judge->memory, size));
    judge->room = size;
    return judge->memory;
}

static void merge_them(lua_State *L, struct judge *judge, struct guard_input *input, struct merge *merge) {
    struct account primary, secondary;
    if (!guard_primary(input, &primary) || !guard_secondary(input, &secondary)) return;
    struct merge_given given = judge->plan.merge;
    given.primary = primary.profile;
    given.secondary = secondary.profile;
    merge_make(&given, memory_for(L, judge, merge_room(&given)), merge);
    input->merged = merge;
}

/* ---- what is told ---- */

static void set_words(lua_State *L, const char *name, const char *words) {
    lua_pushstring(L, words);
    lua_setfield(L, -2, name);
}

static void push_reasons(lua_State *L, const struct guard_input *input, const struct guard_verdict *verdict) {
    char words[GUARD_WORDS];
    lua_createtable(L, (int)verdict->refused, 0);
    for (size_t i = 0; i < verdict->refused; i++) {
        const struct guard_finding *finding = &verdict->findings[i];
        guard_words(input, finding, words);
        lua_createtable(L, 0, 3);
        set_words(L, "code", guard_reason_name(finding->reason));
        set_words(L, "side", guard_side_name(finding->side));
        set_words(L, "message", words);
        lua_rawseti(L, -2, (int)i + 1);
    }
}

struct names {
    size_t count;
    const char *at[16];
};

static void add_name(struct names *names, const char *name) {
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->at[i], name) == 0) return;
    if (names->count < sizeof names->at / sizeof *names->at) names->at[names->count++] = name;
}

static void push_lost(lua_State *L, const struct guard_input *input) {
    struct names names = {.count = 0};
    for (struct guard_things things = guard_things(input); guard_next_thing(&things);)
        if (things.thing.fate == FATE_LOST) add_name(&names, things.thing.what);
    for (size_t i = 0; input->merged != NULL && i < input->merged->entry_count; i++)
        if (merge_is_lost(input->merged->entries[i].fate))
            add_name(&names, merge_part_name(input->merged->entries[i].part));
    lua_createtable(L, (int)names.count, 0);
    for (size_t i = 0; i < names.count; i++) {
        lua_pushstring(L, names.at[i]);
        lua_rawseti(L, -2, (int)i + 1);
    }
}

static void push_patch(lua_State *L, const struct guard_input *input) {
    if (input->merged != NULL && input->merged->patch.size > 0)
        lua_pushlstring(L, input->merged->patch.at, input->merged->patch.size);
    else
        lua_pushnil(L);
}

/* judge:of(primary's id, its JSON, secondary's id, its JSON) -> reasons, patch or nil, lost. The reasons are { code =,
   side =, message = } each, the patch is the text that would be written to the primary, and what is lost is named as in
   the result of a preview, each name once. Or nil, message: the library cannot judge them. */
static int method_of(lua_State *L) {
    struct judge *judge = check_judge(L);
    struct complaint complaint;
    struct json_value profiles[2];
    const char *fault = read_pair(L, judge, profiles, &complaint);
    if (fault != NULL) {
        lua_pushnil(L);
        lua_pushstring(L, fault);
        return 2;
    }
    struct merge merge;
    struct guard_verdict verdict;
    struct guard_input input = {.options = judge->plan.guard};
    struct account accounts[2];
    for (int read = GUARD_PRIMARY; read <= GUARD_SECONDARY; read++) {
        (void)account_read(profiles[read], &accounts[read]);
        input.answers[read] = (struct guard_answer){
            .state = GUARD_READ, .pages = &profiles[read], .count = 1, .account = &accounts[read]};
    }
    merge_them(L, judge, &input, &merge);
    guard_judge(&input, &verdict);
    push_reasons(L, &input, &verdict);
    push_patch(L, &input);
    push_lost(L, &input);
    return 3;
}

static int on_gc(lua_State *L) {
    struct judge *judge = lua_touserdata(L, 1);
    tokens_free(&judge->order);
    tokens_free(&judge->profiles[0]);
    tokens_free(&judge->profiles[1]);
    free(judge->text);
    free(judge->spans);
    free(judge->memory);
    memset(judge, 0, sizeof *judge);
    return 0;
}

void judge_init(lua_State *L) {
    static const luaL_Reg methods[] = {{"of", method_of}, {NULL, NULL}};
    bind_class_make(L, &judge_class, "auth0_accounts.core.judge", methods, on_gc);
}
