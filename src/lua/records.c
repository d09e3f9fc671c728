#include "lua/records.h"

#include "lua/engine.h"
#include "lua/push.h"
#include "lua/reply.h"
#include "lua/result.h"
#include "lua/sequence.h"

#include <ctype.h>

/* ---- an exchange that Lua is to answer ---- */

/* Names in lower case; a header that is only suppressed (no value) is not sent, so is not told. */
static void push_headers(lua_State *L, const struct curl_slist *headers) {
    lua_newtable(L);
    for (; headers != NULL; headers = headers->next) {
        char name[64];
        const char *colon = strchr(headers->data, ':');
        size_t size = colon != NULL ? (size_t)(colon - headers->data) : sizeof name;
        if (size >= sizeof name || colon[1] == '\0') continue;
        for (size_t i = 0; i < size; i++) name[i] = (char)tolower((unsigned char)headers->data[i]);
        name[size] = '\0';
        lua_pushstring(L, colon + 1 + strspn(colon + 1, " "));
        lua_setfield(L, -2, name);
    }
}

static void push_request(lua_State *L, const struct call *call) {
    struct exchange_order order = call_exchange(call, call->action.request);
    lua_createtable(L, 0, 4);
    push_string(L, "method", request_method_name(order.method));
    lua_pushfstring(L, "https://%s%s", call->domain.at, order.target);
    lua_setfield(L, -2, "url");
    push_span(L, "body", order.body.at != NULL ? order.body : SPAN(""));
    push_headers(L, order.headers);
    lua_setfield(L, -2, "headers");
}

/* ---- events ---- */

static const char *bucket_name(enum pace_class bucket) {
    static const char *const names[PACE_CLASSES] = {
        [PACE_READ] = "read",       [PACE_WRITE] = "write",
        [PACE_DELETE] = "delete",   [PACE_ORGANIZATIONS] = "organizations",
        [PACE_MEMBERS] = "members", [PACE_OTHER] = "other",
        [PACE_TOKEN] = "token",
    };
    return names[bucket];
}

static void push_exchange_facts(lua_State *L, const struct event *event) {
    push_string(L, "method", request_method_name(event->method));
    push_string(L, "bucket", bucket_name(event->bucket));
    if (event->status != 0) push_integer(L, "status", event->status);
    push_string(L, "request_id", event->request_id);
    if (event->date > 0) push_number(L, "date", (double)event->date);
    bind_result_push_timings(L, &event->timings);
}

static void push_event(lua_State *L, const struct event *event) {
    lua_createtable(L, 0, 10);
    push_string(L, "kind", events_kind_name(event->kind));
    if (event->id != 0) push_integer(L, "id", event->id);
    if (event->attempts != 0) push_integer(L, "attempts", event->attempts);
    push_string(L, "code", failure_code_name(event->code));
    push_string(L, "correlation_id", event->correlation_id);
    push_string(L, "detail", event->detail);
    if (event->kind == EVENT_REQUEST) push_exchange_facts(L, event);
    if (event->kind == EVENT_WAIT) push_string(L, "bucket", bucket_name(event->bucket));
    if (event->kind == EVENT_SETTLE) push_string(L, "seen", operation_seen_name(event->seen));
    if (event->wait > 0) push_number(L, "wait", (double)event->wait / 1e6);
}

/* ---- records, and what answers them ---- */

static int push_exchange(lua_State *L, struct bind_engine *self, struct call *call) {
    struct bind_call *owner = call->step_of == NULL ? bind_engine_push_call(L, call->id) : NULL;
    if (owner == NULL)
        bind_engine_set_own(self, call);
    else
        owner->tellers++;
    lua_pushliteral(L, "exchange");
    lua_pushinteger(L, owner != NULL ? call->id : 0);
    push_request(L, call);
    if (owner != NULL) owner->tellers--;
    return 3;
}

static int push_receipt(lua_State *L, int id) {
    struct bind_call *call = bind_engine_push_call(L, id);
    if (call != NULL) call->tellers++;
    lua_pushliteral(L, "receipt");
    lua_pushinteger(L, id);
    if (call != NULL)
        bind_sequence_push_planned(L, call->call);
    else
        lua_pushnil(L);
    if (call != NULL) call->tellers--;
    return 3;
}

/* The call that is untold. Where Lua has no memory for it, it is told the next time, since a caller waits for it. So it
   is to a finalizer that runs meanwhile and asks for news. */
static int push_done(lua_State *L, struct bind_engine *self) {
    int id = self->untold;
    struct bind_call *call = bind_engine_push_call(L, id);
    call->tellers++;
    lua_pushliteral(L, "done");
    lua_pushinteger(L, id);
    int results = bind_result_push(L, call);
    call->tellers--;
    bind_engine_forget(L, id);
    if (self->untold == id) self->untold = 0;
    bind_call_spare(L, lua_gettop(L) - 2 - results);
    return 2 + results;
}

/* engine:next() -> "done", id, value, receipt; or "done", id, nil, facts
                 -> "receipt", id, {...}: a sequence wants approve, cancel or drop; nil: there was no memory for it
                 -> "exchange", id, {method=, url=, headers=, body=}: wants a reply
                 -> "token", request: wants give_token or refuse_token
                 -> "event", {kind=, ...}
                 -> nothing where there is no news */
static int method_next(lua_State *L) {
    struct bind_engine *self = bind_engine_check(L, 1);
    struct engine_record record;
    if (self->untold != 0) return push_done(L, self);
    if (!engine_next(self->engine, &record)) return 0;
    switch (record.kind) {
    case ENGINE_EXCHANGE: return push_exchange(L, self, record.call);
    case ENGINE_RECEIPT: return push_receipt(L, record.call->id);
    case ENGINE_DONE: self->untold = record.call->id; return push_done(L, self);
    case ENGINE_TOKEN:
        lua_pushliteral(L, "token");
        lua_pushinteger(L, record.token_request);
        return 2;
    case ENGINE_EVENT: break;
    }
    lua_pushliteral(L, "event");
    push_event(L, &record.event);
    return 2;
}

/* engine:reply(id, answer): see reply.h. The answer is read first: a metamethod of its may do anything. */
static int method_reply(lua_State *L) {
    luaL_checktype(L, 3, LUA_TTABLE);
    struct headers headers;
    struct replies_reply reply = bind_reply_read(L, 3, &headers);
    struct bind_engine *self = bind_engine_check(L, 1);
    struct call *call = self->own;
    bool is_own = luaL_checkinteger(L, 2) == 0 && call != NULL;
    if (!is_own) call = bind_engine_check_call(L, 2)->call;
    bool is_taken = engine_reply(self->engine, call, &reply);
    if (is_own && is_taken) bind_engine_set_own(self, NULL);
    if (!is_taken) luaL_error(L, "auth0: this call waits for no answer");
    return 0;
}

static void check_tokens(lua_State *L, const struct bind_engine *self) {
    if (!engine_has_tokens(self->engine)) luaL_error(L, "auth0: no call waits for a token");
}

/* engine:give_token(request, text, seconds or nil) */
static int method_give_token(lua_State *L) {
    struct bind_engine *self = bind_engine_check(L, 1);
    struct span token;
    int request = (int)luaL_checkinteger(L, 2);
    token.at = luaL_checklstring(L, 3, &token.size);
    check_tokens(L, self);
    engine_give_token(self->engine, request, token, to_microseconds((double)luaL_optnumber(L, 4, 0)));
    return 0;
}

/* engine:refuse_token(request, words) */
static int method_refuse_token(lua_State *L) {
    struct bind_engine *self = bind_engine_check(L, 1);
    int request = (int)luaL_checkinteger(L, 2);
    const char *words = luaL_checkstring(L, 3);
    check_tokens(L, self);
    engine_refuse_token(self->engine, request, words);
    return 0;
}

/* ---- statistics ---- */

static void push_buckets(lua_State *L, const struct engine_stats *stats) {
    lua_newtable(L);
    for (int i = 0; i < PACE_CLASSES; i++) {
        if (!(stats->limits[i] > 0)) continue;
        lua_createtable(L, 0, 2);
        push_number(L, "limit", stats->limits[i]);
        push_number(L, "left", stats->left[i]);
        lua_setfield(L, -2, bucket_name((enum pace_class)i));
    }
    lua_setfield(L, -2, "buckets");
}

static void push_stats(lua_State *L, const struct engine_stats *stats) {
    lua_createtable(L, 0, 9);
    push_buckets(L, stats);
    push_count(L, "calls", stats->calls);
    push_count(L, "exchanges", stats->exchanges);
    push_count(L, "retries", stats->retries);
    push_count(L, "tokens", stats->tokens);
    push_count(L, "events_dropped", stats->events_dropped);
    push_integer(L, "in_flight", stats->in_flight);
    push_integer(L, "waiting", stats->waiting);
}

/* engine:stats() -> {calls=, exchanges=, ...} */
static int method_stats(lua_State *L) {
    struct engine_stats stats = engine_stats(bind_engine_check(L, 1)->engine);
    push_stats(L, &stats);
    return 1;
}

void bind_records_init(lua_State *L) {
    static const luaL_Reg methods[] = {
        {"next", method_next},
        {"reply", method_reply},
        {"give_token", method_give_token},
        {"refuse_token", method_refuse_token},
        {"stats", method_stats},
        {NULL, NULL},
    };
    bind_engine_extend(L, methods);
}
