#include "pure/turns.h"

#include <stdint.h>

static struct list *bucket_of(struct turns *turns, struct span account) {
    uint32_t hash = 2166136261U; /* FNV-1a */
    for (size_t i = 0; i < account.size; i++) hash = (hash ^ (unsigned char)account.at[i]) * 16777619U;
    return &turns->buckets[hash % TURNS_BUCKETS];
}

static struct turn_claim *claim_of(struct list *link) { return LIST_OWNER(struct turn_claim, link, link); }

/* The one nearest to a place, in one direction, that claims the same account; NULL for none. */
static struct turn_claim *before(struct list *bucket, const struct turn_claim *claim) {
    for (struct list *at = claim->link.previous; at != bucket; at = at->previous)
        if (span_equals(claim_of(at)->account, claim->account)) return claim_of(at);
    return NULL;
}

static struct turn_claim *after(struct list *bucket, const struct turn_claim *claim) {
    for (struct list *at = claim->link.next; at != bucket; at = at->next)
        if (span_equals(claim_of(at)->account, claim->account)) return claim_of(at);
    return NULL;
}

static void look(struct turns *turns, struct turn *turn) {
    for (int i = 0; i < turn->count; i++) {
        const struct turn_claim *claim = &turn->claims[i];
        if (before(bucket_of(turns, claim->account), claim) != NULL) return;
    }
    list_push(&turns->ready, &turn->ready);
}

void turns_init(struct turns *turns) {
    for (int i = 0; i < TURNS_BUCKETS; i++) list_init(&turns->buckets[i]);
    list_init(&turns->ready);
}

static bool has(const struct turn *turn, struct span account) {
    for (int i = 0; i < turn->count; i++)
        if (span_equals(turn->claims[i].account, account)) return true;
    return false;
}

void turns_enter(struct turns *turns, struct turn *turn, const struct span accounts[TURNS_ACCOUNTS]) {
    *turn = (struct turn){.count = 0};
    for (int i = 0; i < TURNS_ACCOUNTS; i++) {
        if (accounts[i].at == NULL || has(turn, accounts[i])) continue;
        struct turn_claim *claim = &turn->claims[turn->count++];
        *claim = (struct turn_claim){.account = accounts[i], .turn = turn};
        list_push(bucket_of(turns, accounts[i]), &claim->link);
    }
    look(turns, turn);
}

/* Of those behind it, each first one may have its turn now; unless this one only waited itself. */
void turns_leave(struct turns *turns, struct turn *turn) {
    list_leave(&turn->ready);
    for (int i = 0; i < turn->count; i++) {
        struct turn_claim *claim = &turn->claims[i];
        struct list *bucket = bucket_of(turns, claim->account);
        struct turn_claim *next = before(bucket, claim) == NULL ? after(bucket, claim) : NULL;
        list_leave(&claim->link);
        if (next != NULL) look(turns, next->turn);
    }
    turn->count = 0;
}

struct turn *turns_next(struct turns *turns) {
    struct list *first = list_first(&turns->ready);
    if (first == NULL) return NULL;
    list_leave(first);
    return LIST_OWNER(struct turn, ready, first);
}
