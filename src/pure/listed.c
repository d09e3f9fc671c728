#include "pure/listed.h"

const char *listed_read(struct json_value profile, struct listed *listed) {
    struct json_value identities;
    const struct json_wish wishes[] = {
        {SPAN("user_id"), &listed->id}, {SPAN("email"), &listed->email}, {SPAN("identities"), &identities}};
    if (json_kind(profile) != JSON_OBJECT) return "the line is no JSON object";
    json_find(profile, wishes, sizeof wishes / sizeof wishes[0]);
    if (listed->id.token == NULL) return "the account has no user_id";
    if (json_kind(listed->id) != JSON_STRING) return "the account's user_id is no string";
    if (listed->id.token->size == 0) return "the account's user_id is empty";
    if (json_kind(listed->email) != JSON_STRING) listed->email.token = NULL;
    listed->identities = json_kind(identities) == JSON_ARRAY ? identities.token->size : 0;
    return NULL;
}

void listed_fold(char *address, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (address[i] >= 'A' && address[i] <= 'Z') address[i] = (char)(address[i] + 'a' - 'A');
}

uint64_t listed_hash(struct span address) {
    uint64_t hash = 0xCBF29CE484222325;
    for (size_t i = 0; i < address.size; i++) hash = (hash ^ (unsigned char)address.at[i]) * 0x100000001B3;
    return hash;
}
