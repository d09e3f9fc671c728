#include "auth0_accounts/signals.h"

#include "lua/class.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

static char signals_class;

struct signals {
    bool has_them;
};

/* The interrupts first. Without SIGPIPE ignored, a Ctrl-C that ends the reader of the output first ends the run at
   once. */
enum { INTERRUPTS = 2, TAKEN = 5 };
static const int taken[TAKEN] = {SIGINT, SIGTERM, SIGHUP, SIGXFSZ, SIGPIPE};
static struct sigaction before[TAKEN];
static atomic_bool is_taken;
static atomic_int interrupts, questions;

static void put_back(int count) {
    for (int i = 0; i < count; i++) (void)sigaction(taken[i], &before[i], NULL);
}

/* On whichever thread the signal comes. A signal is blocked within its own handler: raised, it reaches the one from
   before as soon as this one returns. */
static void on_interrupt(int number) {
    int saved = errno;
    if (atomic_fetch_add(&interrupts, 1) == 1) {
        put_back(INTERRUPTS);
        (void)raise(number);
    }
    errno = saved;
}

/* Of a terminal that is gone, more than one may come: they are one interrupt. */
static void on_hangup(int number) {
    int none = 0;
    (void)number;
    (void)atomic_compare_exchange_strong(&interrupts, &none, 1);
}

static void on_question(int number) {
    (void)number;
    atomic_store(&questions, 1);
}

static void handle(int number, void (*handler)(int), struct sigaction *earlier) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    (void)sigaction(number, &action, earlier);
}

static void take(int index, void (*handler)(int)) { handle(taken[index], handler, &before[index]); }

static struct signals *check_signals(lua_State *L) {
    struct signals *signals = bind_class_check(L, 1, &signals_class, "expected signals");
    if (!signals->has_them) luaL_error(L, "auth0_accounts.core: signals that are closed were used");
    return signals;
}

/* signals:interrupts() -> how many SIGINT, SIGTERM and SIGHUP came */
static int method_interrupts(lua_State *L) {
    (void)check_signals(L);
    lua_pushinteger(L, atomic_load(&interrupts));
    return 1;
}

/* signals:status() -> whether SIGUSR1 came since the last look */
static int method_status(lua_State *L) {
    (void)check_signals(L);
    lua_pushboolean(L, atomic_exchange(&questions, 0));
    return 1;
}

/* signals:close(): after the second interrupt, the handlers from before that are back may have been replaced since. */
static int close_signals(lua_State *L) {
    struct signals *signals = bind_class_check(L, 1, &signals_class, "expected signals");
    if (!signals->has_them) return 0;
    signals->has_them = false;
    if (atomic_load(&interrupts) < 2) put_back(INTERRUPTS);
    for (int i = INTERRUPTS; i < TAKEN; i++) (void)sigaction(taken[i], &before[i], NULL);
    atomic_store(&is_taken, false);
    return 0;
}

int signals_take(lua_State *L) {
    struct signals *signals = bind_class_new(L, &signals_class, sizeof *signals);
    if (atomic_exchange(&is_taken, true)) return luaL_error(L, "auth0_accounts.core: the signals are taken already");
    signals->has_them = true;
    atomic_store(&interrupts, 0);
    take(0, on_interrupt);
    take(1, on_interrupt);
    take(2, on_hangup);
    if (before[2].sa_handler == SIG_IGN) (void)sigaction(SIGHUP, &before[2], NULL); /* nohup */
    take(3, SIG_IGN);
    take(4, SIG_IGN);
    return 1;
}

void signals_init(lua_State *L) {
    static const luaL_Reg methods[] = {
        {"interrupts", method_interrupts}, {"status", method_status}, {"close", close_signals}, {NULL, NULL}};
    bind_class_make(L, &signals_class, "auth0_accounts.core.signals", methods, close_signals);
    handle(SIGUSR1, on_question, NULL);
}
