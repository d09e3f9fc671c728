#include "token/record.h"

#include "os/buffer.h"
#include "pure/identity.h"

#include <openssl/evp.h>

/* The layout. Numbers have eight bytes, the lowest first. A seal is the SHA-256 of what follows it in its part:
        0  magic, then the SHA-256 of the binding
       40  seal, lease, lease_from, lease_until
       96  seal, generation, lifetime, stored.unix_time, stored.boot_time, the token's size, the token
   Another layout gets another magic. */
static const char magic[8] = {'a', 'u', 't', 'h', '0', 't', 'k', '1'};

enum { SEAL = 32, NUMBER = 8, LEASE_AT = TOKEN_RECORD_IDENTITY, BODY_AT = TOKEN_RECORD_HEAD, FIELDS = 5 * NUMBER };

static unsigned char *put_number(unsigned char *to, uint64_t number) {
    for (int i = 0; i < NUMBER; i++) to[i] = (unsigned char)(number >> 8 * i);
    return to + NUMBER;
}

static uint64_t get_number(const unsigned char **from) {
    uint64_t number = 0;
    for (int i = 0; i < NUMBER; i++) number |= (uint64_t)(*from)[i] << 8 * i;
    *from += NUMBER;
    return number;
}

/* One that no clock shows is negative, and is not believed. */
static int64_t get_time(const unsigned char **from) {
    uint64_t number = get_number(from);
    return number <= INT64_MAX ? (int64_t)number : -1;
}

static bool digest(const void *bytes, size_t size, unsigned char to[SEAL]) {
    return EVP_Digest(bytes, size, to, NULL, EVP_sha256(), NULL) == 1;
}

static bool is_sealed(const unsigned char *part, size_t size) {
    unsigned char seal[SEAL];
    return digest(part + SEAL, size - SEAL, seal) && memcmp(seal, part, SEAL) == 0;
}

/* ---- identity ---- */

/* With its size before it, no text can run into the next. */
static bool append_sized(struct buffer *to, struct span text) {
    unsigned char size[NUMBER];
    (void)put_number(size, text.size);
    return buffer_append(to, (struct span){(const char *)size, NUMBER}) && buffer_append(to, text);
}

bool token_record_identity(const struct token_binding *binding, unsigned char identity[TOKEN_RECORD_IDENTITY]) {
    struct buffer text = {NULL, 0, 0};
    bool is_done = append_sized(&text, binding->domain) && append_sized(&text, binding->client_id) &&
                   append_sized(&text, binding->audience) && digest(text.at, text.size, identity + sizeof magic);
    memcpy(identity, magic, sizeof magic);
    buffer_free(&text);
    return is_done;
}

/* ---- bytes into a record ---- */

static void read_lease(const unsigned char *bytes, size_t size, struct token_record *record) {
    if (size < TOKEN_RECORD_HEAD || !is_sealed(bytes + LEASE_AT, TOKEN_RECORD_HEAD - LEASE_AT)) return;
    const unsigned char *at = bytes + LEASE_AT + SEAL;
    record->lease = get_number(&at);
    record->lease_from = get_time(&at);
    record->lease_until = get_time(&at);
}

/* A token is looked at before it goes into a header, wherever it comes from. */
static bool is_token(struct span token) {
    struct complaint complaint;
    return token.size <= TOKEN_RECORD_TOKEN && identity_check_token("token", token, &complaint);
}

static void read_body(const unsigned char *bytes, size_t size, struct token_record *record) {
    struct token_record read = *record;
    if (size < BODY_AT + SEAL + FIELDS) return;
    const unsigned char *at = bytes + BODY_AT + SEAL;
    read.generation = get_number(&at);
    read.lifetime = get_time(&at);
    read.stored.unix_time = get_time(&at);
    read.stored.boot_time = get_time(&at);
    uint64_t token_size = get_number(&at);
    if (token_size > size - (BODY_AT + SEAL + FIELDS)) return;
    read.token = (struct span){(const char *)at, (size_t)token_size};
    if (is_sealed(bytes + BODY_AT, SEAL + FIELDS + read.token.size) && read.lifetime >= 0 &&
        read.stored.unix_time >= 0 && read.stored.boot_time >= 0 && is_token(read.token))
        *record = read;
}

enum token_record_owner token_record_read(const unsigned char identity[TOKEN_RECORD_IDENTITY],
                                          const unsigned char *bytes, size_t size, struct token_record *record) {
    /* As far as it goes: a file that was just made is empty, one that was cut is ours still. */
    size_t known = size < TOKEN_RECORD_IDENTITY ? size : TOKEN_RECORD_IDENTITY;
    *record = (struct token_record){.lease = 0};
    if (memcmp(bytes, magic, known < sizeof magic ? known : sizeof magic) != 0) return TOKEN_RECORD_NO_RECORD;
    if (memcmp(bytes, identity, known) != 0) return TOKEN_RECORD_OTHERS;
    read_lease(bytes, size, record);
    read_body(bytes, size, record);
    return TOKEN_RECORD_OURS;
}

/* ---- a record into bytes ---- */

bool token_record_pack_head(const unsigned char identity[TOKEN_RECORD_IDENTITY], const struct token_record *record,
                            unsigned char to[TOKEN_RECORD_HEAD]) {
    unsigned char *lease = to + LEASE_AT + SEAL;
    memcpy(to, identity, TOKEN_RECORD_IDENTITY);
    unsigned char *at = put_number(lease, record->lease);
    at = put_number(at, (uint64_t)record->lease_from);
    at = put_number(at, (uint64_t)record->lease_until);
    return digest(lease, (size_t)(at - lease), to + LEASE_AT);
}

bool token_record_pack_body(const struct token_record *record, unsigned char to[TOKEN_RECORD_BODY], size_t *size) {
    unsigned char *at = put_number(to + SEAL, record->generation);
    at = put_number(at, (uint64_t)record->lifetime);
    at = put_number(at, (uint64_t)record->stored.unix_time);
    at = put_number(at, (uint64_t)record->stored.boot_time);
    at = put_number(at, record->token.size);
    memcpy(at, record->token.at, record->token.size);
    *size = SEAL + FIELDS + record->token.size;
    return digest(to + SEAL, *size - SEAL, to);
}

/* ---- time ---- */

/* Of the two ages the greater: a clock that was set back, or a boot that began a new count, makes a token look younger
   than it is. At worst one is fetched too early. */
int64_t token_record_left(const struct token_record *record, struct token_now now) {
    int64_t by_unix = now.unix_time - record->stored.unix_time, by_boot = now.boot_time - record->stored.boot_time;
    int64_t age = by_unix > by_boot ? by_unix : by_boot;
    if (record->generation == 0 || age >= record->lifetime) return 0;
    return record->lifetime - (age > 0 ? age : 0);
}

/* How long ago an asker may have looked at the clock, in microseconds. */
enum { STALE = 5000000 };

/* One that begins in the future was taken before a reboot; a little in the future, after the asker had looked at the
   clock. One that lasts too long was not taken by these rules. */
int64_t token_record_lease_left(const struct token_record *record, struct token_now now) {
    int64_t from = record->lease_from, until = record->lease_until;
    if (from < 0 || until <= from || until - from > TOKEN_RECORD_LEASE) return 0;
    if (until <= now.boot_time || from - now.boot_time > STALE) return 0;
    return until - (from > now.boot_time ? from : now.boot_time);
}
