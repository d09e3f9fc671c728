#include "token/assertion.h"

#include "pure/utf8.h"

#include <inttypes.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>

/* libcrypto's queue of errors belongs to the thread, and libcurl's TLS reads it: what fails here must not be found
   there. Everything that may fail stands between ERR_set_mark and ERR_pop_to_mark. */

struct token_assertion_key {
    EVP_PKEY *pkey;
};

/* ---- keys ---- */

enum { PEM_MOST = 65536, BITS_LEAST = 2048, BITS_MOST = 8192 };

/* Instead of libcrypto's own, which asks at the terminal: there is no passphrase. */
static int refuse_passphrase(char *to, int room, int is_writing, void *was_asked) {
    (void)to, (void)room, (void)is_writing;
    *(bool *)was_asked = true;
    return -1;
}

/* Why libcrypto found no key. */
static const char *fault_of_text(struct span pem, bool is_encrypted) {
    if (is_encrypted) return "is encrypted: give the key as \"openssl pkey -in KEY\" writes it";
    if (span_holds(pem, SPAN("PRIVATE KEY-----"))) return "holds a private key that is damaged";
    if (span_holds(pem, SPAN("PUBLIC KEY-----"))) return "is a public key: the private one signs";
    if (span_holds(pem, SPAN("CERTIFICATE-----"))) return "is a certificate: its private key signs";
    return "is no private key in PEM form (\"-----BEGIN PRIVATE KEY-----\")";
}

static const char *fault_of_key(const EVP_PKEY *pkey) {
    if (EVP_PKEY_base_id(pkey) != EVP_PKEY_RSA) return "is no RSA key: Auth0 takes RS256, RS384 and PS256 alone";
    if (EVP_PKEY_bits(pkey) < BITS_LEAST) return "has less than 2048 bits, which Auth0 asks for";
    if (EVP_PKEY_bits(pkey) > BITS_MOST) return "has more than 8192 bits: an assertion has no room for its signature";
    return NULL;
}

static EVP_PKEY *read_pem(struct span pem, const char **fault) {
    bool was_asked = false;
    *fault = pem.size > PEM_MOST ? "is longer than any private key" : NULL;
    if (*fault != NULL) return NULL;
    *fault = "cannot be read: there is no memory";
    BIO *bio = BIO_new_mem_buf(pem.size > 0 ? pem.at : "", (int)pem.size);
    if (bio == NULL) return NULL;
    EVP_PKEY *pkey = PEM_read_bio_PrivateKey(bio, NULL, refuse_passphrase, &was_asked);
    BIO_free(bio);
    *fault = pkey != NULL ? fault_of_key(pkey) : fault_of_text(pem, was_asked);
    if (*fault == NULL) return pkey;
    EVP_PKEY_free(pkey);
    return NULL;
}

struct token_assertion_key *token_assertion_key_read(struct span pem, const char **fault) {
    struct token_assertion_key *key = malloc(sizeof *key);
    *fault = "cannot be read: there is no memory";
    if (key == NULL) return NULL;
    ERR_set_mark();
    key->pkey = read_pem(pem, fault);
    ERR_pop_to_mark();
    if (key->pkey != NULL) return key;
    free(key);
    return NULL;
}

void token_assertion_key_free(struct token_assertion_key *key) {
    if (key == NULL) return;
    EVP_PKEY_free(key->pkey); /* which clears the private numbers */
    free(key);
}

/* ---- text ---- */

static bool append_member(struct buffer *to, struct span name, struct span value) {
    return buffer_append(to, name) && buffer_append_json(to, value);
}

static bool append_integer(struct buffer *to, struct span name, int64_t value) {
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRId64, value);
    return buffer_append(to, name) && buffer_append(to, span_of(digits));
}

/* base64url without padding. */
static bool append_encoded(struct buffer *to, struct span bytes) {
    if (!buffer_reserve(to, (bytes.size + 2) / 3 * 4 + 1)) return false; /* 1: it is terminated */
    char *at = to->at + to->size;
    EVP_EncodeBlock((unsigned char *)at, (const unsigned char *)bytes.at, (int)bytes.size);
    size_t size = (bytes.size * 4 + 2) / 3;
    for (size_t i = 0; i < size; i++) at[i] = at[i] == '+' ? '-' : at[i] == '/' ? '_' : at[i];
    to->size += size;
    return true;
}

/* ---- signatures ---- */

static const struct {
    const char *name;
    const EVP_MD *(*digest)(void);
    bool is_pss;
} algs[] = {
    [TOKEN_ASSERTION_RS256] = {"RS256", EVP_sha256, false},
    [TOKEN_ASSERTION_RS384] = {"RS384", EVP_sha384, false},
    [TOKEN_ASSERTION_PS256] = {"PS256", EVP_sha256, true},
};

/* RFC 7518, 3.5: the salt is as long as the digest, and MGF1 has the same digest, which is the default. */
static bool set_pss(EVP_PKEY_CTX *options) {
    return EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) > 0 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) > 0;
}

static bool append_signature(struct buffer *to, const struct token_assertion_key *key, enum token_assertion_alg alg,
                             struct span text) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *options = NULL; /* the context's */
    size_t size = (size_t)EVP_PKEY_size(key->pkey);
    bool is_good =
        context != NULL && buffer_reserve(to, size) &&
        EVP_DigestSignInit(context, &options, algs[alg].digest(), NULL, key->pkey) == 1 &&
        (!algs[alg].is_pss || set_pss(options)) &&
        EVP_DigestSign(context, (unsigned char *)to->at, &size, (const unsigned char *)text.at, text.size) == 1;
    if (is_good) to->size = size;
    EVP_MD_CTX_free(context);
    return is_good;
}

/* ---- the assertion ---- */

static const char *fault_of_claims(const struct token_assertion_claims *claims) {
    if (claims->client_id.size == 0) return "there is no client_id for the assertion";
    if (claims->client_id.size > TOKEN_ASSERTION_ID_MOST)
        return "the client_id is longer than the 64 characters that Auth0 takes";
    if (claims->audience.size == 0) return "there is no audience for the assertion";
    if (claims->audience.size > TOKEN_ASSERTION_MOST || claims->kid.size > TOKEN_ASSERTION_MOST)
        return "the assertion would be longer than the 2048 bytes that Auth0 takes";
    if (claims->unix_now <= 0) return "the clock says that it is before 1970";
    if (claims->lifetime < 0 || claims->lifetime > TOKEN_ASSERTION_LIFETIME_MOST)
        return "an assertion may live for 300 seconds at most";
    return NULL;
}

/* 128 random bits: no two are alike, from no process and no host. */
static bool append_jti(struct buffer *to) {
    unsigned char random[16];
    char digits[2 * sizeof random + 1];
    if (RAND_bytes(random, sizeof random) != 1) return false;
    for (size_t i = 0; i < sizeof random; i++) snprintf(digits + 2 * i, 3, "%02x", random[i]);
    return append_member(to, SPAN(",\"jti\":"), span_of(digits));
}

static bool append_header(struct buffer *to, enum token_assertion_alg alg,
                          const struct token_assertion_claims *claims) {
    return append_member(to, SPAN("{\"typ\":\"JWT\",\"alg\":"), span_of(algs[alg].name)) &&
           (claims->kid.size == 0 || append_member(to, SPAN(",\"kid\":"), claims->kid)) && buffer_append(to, SPAN("}"));
}

/* No nbf: it could only make a tenant refuse what it would take, where our clock is ahead of its own. */
static bool append_claims(struct buffer *to, const struct token_assertion_claims *claims) {
    int64_t lifetime = claims->lifetime != 0 ? claims->lifetime : TOKEN_ASSERTION_LIFETIME;
    int64_t exp = claims->unix_now > INT64_MAX - lifetime ? INT64_MAX : claims->unix_now + lifetime;
    return append_member(to, SPAN("{\"iss\":"), claims->client_id) &&
           append_member(to, SPAN(",\"sub\":"), claims->client_id) &&
           append_member(to, SPAN(",\"aud\":"), claims->audience) &&
           append_integer(to, SPAN(",\"iat\":"), claims->unix_now) && append_integer(to, SPAN(",\"exp\":"), exp) &&
           append_jti(to) && buffer_append(to, SPAN("}"));
}

static const char *const failed = "the assertion cannot be signed: there is no memory, or libcrypto refuses";

/* Appends a part, encoded, and forgets it. */
static const char *append_part(struct buffer *to, struct buffer *json) {
    const char *fault = NULL;
    if (!utf8_is(buffer_span(json)))
        fault = "the assertion cannot be signed: a name in it is not UTF-8";
    else if (!append_encoded(to, buffer_span(json)))
        fault = failed;
    buffer_clear(json);
    return fault;
}

/* Into `to`, which is empty; `part` is for the pieces. */
static const char *make(const struct token_assertion_key *key, enum token_assertion_alg alg,
                        const struct token_assertion_claims *claims, struct buffer *to, struct buffer *part) {
    const char *fault = fault_of_claims(claims);
    if (fault != NULL) return fault;
    if (!append_header(part, alg, claims)) return failed;
    if ((fault = append_part(to, part)) != NULL) return fault;
    if (!buffer_append(to, SPAN(".")) || !append_claims(part, claims)) return failed;
    if ((fault = append_part(to, part)) != NULL) return fault;
    if (!append_signature(part, key, alg, buffer_span(to)) || !buffer_append(to, SPAN(".")) ||
        !append_encoded(to, buffer_span(part)))
        return failed;
    return to->size > TOKEN_ASSERTION_MOST
               ? "the assertion is longer than the 2048 bytes that Auth0 takes: use a smaller key, "
                 "or a shorter key id"
               : NULL;
}

bool token_assertion_sign(const struct token_assertion_key *key, enum token_assertion_alg alg,
                          const struct token_assertion_claims *claims, struct buffer *to, const char **fault) {
    struct buffer assertion = {NULL, 0, 0}, part = {NULL, 0, 0};
    ERR_set_mark();
    *fault = make(key, alg, claims, &assertion, &part);
    ERR_pop_to_mark();
    if (*fault == NULL && !buffer_append(to, buffer_span(&assertion))) *fault = failed;
    buffer_free(&part);
    buffer_free(&assertion);
    return *fault == NULL;
}
