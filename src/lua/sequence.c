#include "lua/sequence.h"

#include "engine/sequences.h"
#include "lua/class.h"
#include "lua/engine.h"
#include "lua/json.h"
#include "lua/push.h"

static int method_approve(lua_State *L) {
    struct bind_engine *self = bind_engine_check(L, 1);
    engine_approve(self->engine, bind_engine_check_call(L, 2)->call);
    return 0;
}

static int method_unfinished(lua_State *L) {
    lua_pushinteger(L, engine_unfinished(bind_engine_check(L, 1)->engine));
    return 1;
}

void bind_sequence_init(lua_State *L) {
    static const luaL_Reg methods[] = {{"approve", method_approve}, {"unfinished", method_unfinished}, {NULL, NULL}};
    bind_engine_extend(L, methods);
}

bool bind_sequence_prepare(lua_State *L, struct bind_call *self, const struct bind_method *method,
                           const struct bind_options *options, const struct call_order *common,
                           struct complaint *complaint) {
    enum sequences_prepared prepared = sequences_prepare(self->call, common, options->body, complaint);
    if (prepared == SEQUENCES_NO_MEMORY) bind_class_raise_memory(L, method->caller, "nothing was sent");
    return prepared == SEQUENCES_READY;
}

void bind_sequence_push_planned(lua_State *L, const struct call *call) {
    struct json_value receipt = sequences_planned(call);
    if (receipt.token == NULL || !bind_json_push(L, receipt)) lua_pushnil(L);
}

struct json_value bind_sequence_result(const struct call *call) {
    return sequences_result(call);
}

static void set_json(lua_State *L, const char *name, struct json_value value) {
    if (value.token != NULL && bind_json_push(L, value)) lua_setfield(L, -2, name);
}

/* A merge is not told without its receipt: where this raises, the call is told the next time. */
static void set_receipt(lua_State *L, struct json_value receipt) {
    if (receipt.token == NULL) return;
    if (!bind_json_push(L, receipt)) luaL_error(L, "auth0: not enough memory for a receipt");
    lua_setfield(L, -2, "written");
}

void bind_sequence_set_facts(lua_State *L, const struct call *call) {
    const struct sequence_end *end = sequences_end(call);
    set_receipt(L, sequences_receipt(call));
    if (call->operation.result.code == CODE_OK) return;
    set_json(L, "result", sequences_result(call));
    if (end->has_step) push_string(L, "step", sequence_step_name(end->step));
    lua_pushboolean(L, end->is_partly);
    lua_setfield(L, -2, "is_partly");
}
