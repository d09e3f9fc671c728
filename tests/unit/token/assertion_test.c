/* Assertions are verified by libcrypto and by the openssl command. */
#include "unit/support.h"

#include "support/reading.h"
#include "token/assertion.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- keys, in the folder that tests/unit/keys has made ---- */

static const char *folder;

static FILE *open_file(const char *name, const char *mode) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, mode);
    if (file == NULL) fail_msg("there is no %s", path);
    return file;
}

static struct buffer contents(const char *name) {
    struct buffer buffer = {NULL, 0, 0};
    FILE *file = open_file(name, "re");
    assert_true(buffer_reserve(&buffer, 65536));
    buffer.size = fread(buffer.at, 1, 65536, file);
    fclose(file);
    return buffer;
}

static void write_file(const char *name, struct span text) {
    FILE *file = open_file(name, "we");
    fwrite(text.at, 1, text.size, file);
    assert_int_equal(fclose(file), 0);
}

static struct token_assertion_key *try_key(const char *name, const char **fault) {
    struct buffer pem = contents(name);
    struct token_assertion_key *found = token_assertion_key_read(buffer_span(&pem), fault);
    buffer_free(&pem);
    assert_int_equal(ERR_peek_error(), 0); /* libcurl's TLS would find it */
    return found;
}

static struct token_assertion_key *read_key(const char *name) {
    const char *fault = NULL;
    struct token_assertion_key *found = try_key(name, &fault);
    if (found == NULL) fail_msg("%s %s", name, fault);
    return found;
}

static struct token_assertion_key *key; /* of pkcs8.pem */

static int read_usual_key(void **state) {
    (void)state;
    folder = getenv("AUTH0_KEYS");
    if (folder == NULL) fail_msg("AUTH0_KEYS is not set: run this by tests/unit/keys");
    key = read_key("pkcs8.pem");
    return 0;
}

static int free_usual_key(void **state) {
    (void)state;
    token_assertion_key_free(key);
    return 0;
}

/* ---- assertions ---- */

static const struct token_assertion_claims usual = {
    .client_id = {"nJ8Qc9ZaBcDeFgHiJkLmNoPqRsTuVwXy", 32},
    .audience = {"https://acme.eu.auth0.com/", 26},
    .unix_now = 1700000000,
};

static struct buffer sign(const struct token_assertion_key *with, enum token_assertion_alg alg,
                          struct token_assertion_claims claims) {
    struct buffer jwt = {NULL, 0, 0};
    const char *fault = NULL;
    if (!token_assertion_sign(with, alg, &claims, &jwt, &fault)) fail_msg("%s", fault);
    assert_true(jwt.size <= TOKEN_ASSERTION_MOST);
    return jwt;
}

/* The part number `index` of a JWT. */
static struct span part_of(struct span jwt, int index) {
    for (; index > 0; index--)
        jwt = span_after(jwt, (size_t)((const char *)memchr(jwt.at, '.', jwt.size) - jwt.at) + 1);
    const char *dot = memchr(jwt.at, '.', jwt.size);
    return (struct span){jwt.at, dot != NULL ? (size_t)(dot - jwt.at) : jwt.size};
}

/* Strict base64url, without padding. */
static struct buffer decode(struct span text) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    struct buffer bytes = {NULL, 0, 0};
    unsigned bits = 0;
    assert_true(text.size % 4 != 1);
    for (size_t i = 0; i < text.size; i++) {
        const char *letter = memchr(letters, text.at[i], 64);
        assert_non_null(letter);
        bits = bits << 6 | (unsigned)(letter - letters);
        char byte = (char)(bits >> (6 - i % 4 * 2) & 0xff);
        if (i % 4 != 0) assert_true(buffer_append(&bytes, (struct span){&byte, 1}));
    }
    return bytes;
}

/* A member of the JSON object in a part, unescaped; of a number, its digits. */
static char *member(const struct buffer *jwt, int part, const char *name) {
    struct buffer json = decode(part_of(buffer_span(jwt), part));
    struct json_value value;
    json_member(reading_value(buffer_span(&json)), span_of(name), &value);
    struct span bytes = value.token != NULL ? json_bytes(value) : SPAN("");
    char *text = calloc(1, bytes.size + 1);
    assert_non_null(text);
    if (json_string(value, text, bytes.size) == 0) memcpy(text, bytes.at, bytes.size);
    buffer_free(&json);
    return text;
}

static void assert_member(const struct buffer *jwt, int part, const char *name, const char *wanted) {
    char *is = member(jwt, part, name);
    assert_string_equal(is, wanted);
    free(is);
}

static int members(const struct buffer *jwt, int part) {
    struct buffer json = decode(part_of(buffer_span(jwt), part));
    int count = (int)reading_value(buffer_span(&json)).token->size;
    buffer_free(&json);
    return count;
}

static struct span signed_text(struct span jwt) {
    struct span claims = part_of(jwt, 1);
    return (struct span){jwt.at, (size_t)(claims.at + claims.size - jwt.at)};
}

static bool verifies(const struct buffer *jwt, const EVP_MD *digest, bool is_pss) {
    FILE *file = open_file("public.pem", "re");
    EVP_PKEY *pkey = PEM_read_PUBKEY(file, NULL, NULL, NULL);
    fclose(file);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *options;
    struct span text = signed_text(buffer_span(jwt));
    struct buffer signature = decode(part_of(buffer_span(jwt), 2));
    assert_int_equal(EVP_DigestVerifyInit(context, &options, digest, NULL, pkey), 1);
    if (is_pss) {
        assert_true(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) > 0);
        assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) > 0);
    }
    int result = EVP_DigestVerify(context, (const unsigned char *)signature.at, signature.size,
                                  (const unsigned char *)text.at, text.size);
    ERR_clear_error();
    buffer_free(&signature);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pkey);
    return result == 1;
}

static void keys_of_both_forms_are_read(void **state) {
    const char *const names[] = {"pkcs8.pem", "pkcs1.pem", "bundle.pem"};
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        struct token_assertion_key *same = read_key(names[i]);
        struct buffer jwt = sign(same, TOKEN_ASSERTION_RS256, usual);
        assert_true(verifies(&jwt, EVP_sha256(), false));
        buffer_free(&jwt);
        token_assertion_key_free(same);
    }
    token_assertion_key_free(NULL);
}

static void other_keys_are_refused_with_the_reason(void **state) {
    static const struct {
        const char *name, *word;
    } others[] = {
        {"encrypted_pkcs8.pem", "is encrypted"},
        {"encrypted_pkcs1.pem", "is encrypted"},
        {"ec_pkcs8.pem", "is no RSA key"},
        {"ec_sec1.pem", "is no RSA key"},
        {"pss.pem", "is no RSA key"},
        {"public.pem", "is a public key"},
        {"small.pem", "less than 2048"},
        {"certificate.pem", "is a certificate"},
        {"damaged.pem", "that is damaged"},
        {"one_line.pem", "that is damaged"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(others); i++) {
        const char *fault = NULL;
        assert_null(try_key(others[i].name, &fault));
        if (fault == NULL || strstr(fault, others[i].word) == NULL) fail_msg("%s: %s", others[i].name, fault);
    }
}

static void rubbish_is_no_key(void **state) {
    static char zeros[70000];
    const struct span texts[] = {
        {NULL, 0}, SPAN(""), SPAN("rubbish"), SPAN("-----BEGIN PRIVATE KEY-----"), {zeros, 100}, {zeros, sizeof zeros},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        const char *fault = NULL;
        assert_null(token_assertion_key_read(texts[i], &fault));
        assert_non_null(fault);
        assert_int_equal(ERR_peek_error(), 0);
    }
}

static void a_key_that_is_cut_anywhere_is_refused(void **state) {
    const char *const names[] = {"pkcs8.pem", "pkcs1.pem", "encrypted_pkcs8.pem"};
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        struct buffer pem = contents(names[i]);
        for (size_t size = 0; size + 2 < pem.size; size++) {
            const char *fault = NULL;
            assert_null(token_assertion_key_read((struct span){pem.at, size}, &fault));
            assert_non_null(fault);
        }
        buffer_free(&pem);
    }
}

static void it_says_what_the_tenant_asks_for(void **state) {
    struct token_assertion_claims claims = usual;
    (void)state;
    claims.kid = SPAN("my-key");
    claims.lifetime = 300;
    struct buffer jwt = sign(key, TOKEN_ASSERTION_RS256, claims);
    assert_int_equal(members(&jwt, 0), 3);
    assert_member(&jwt, 0, "alg", "RS256");
    assert_member(&jwt, 0, "typ", "JWT");
    assert_member(&jwt, 0, "kid", "my-key");
    assert_int_equal(members(&jwt, 1), 6);
    assert_member(&jwt, 1, "iss", usual.client_id.at);
    assert_member(&jwt, 1, "sub", usual.client_id.at);
    assert_member(&jwt, 1, "aud", "https://acme.eu.auth0.com/");
    assert_member(&jwt, 1, "iat", "1700000000");
    assert_member(&jwt, 1, "exp", "1700000300");
    char *jti = member(&jwt, 1, "jti");
    assert_int_equal(strlen(jti), 32);
    free(jti);
    buffer_free(&jwt);
}

static void what_is_not_given_is_not_said(void **state) {
    (void)state;
    struct buffer jwt = sign(key, TOKEN_ASSERTION_RS256, usual);
    assert_int_equal(members(&jwt, 0), 2);
    assert_member(&jwt, 1, "exp", "1700000060");
    buffer_free(&jwt);
}

static void no_two_have_the_same_jti(void **state) {
    enum { MANY = 64 };
    char *jtis[MANY];
    (void)state;
    for (int i = 0; i < MANY; i++) {
        struct buffer jwt = sign(key, TOKEN_ASSERTION_RS256, usual);
        jtis[i] = member(&jwt, 1, "jti");
        for (int j = 0; j < i; j++) assert_string_not_equal(jtis[i], jtis[j]);
        buffer_free(&jwt);
    }
    for (int i = 0; i < MANY; i++) free(jtis[i]);
}

static void every_algorithm_is_verified_as_itself_alone(void **state) {
    static const char *const names[] = {"RS256", "RS384", "PS256"};
    (void)state;
    for (int alg = TOKEN_ASSERTION_RS256; alg <= TOKEN_ASSERTION_PS256; alg++) {
        struct buffer jwt = sign(key, (enum token_assertion_alg)alg, usual);
        assert_member(&jwt, 0, "alg", names[alg]);
        assert_int_equal(verifies(&jwt, EVP_sha256(), false), alg == TOKEN_ASSERTION_RS256);
        assert_int_equal(verifies(&jwt, EVP_sha384(), false), alg == TOKEN_ASSERTION_RS384);
        assert_int_equal(verifies(&jwt, EVP_sha256(), true), alg == TOKEN_ASSERTION_PS256);
        jwt.at[20] = jwt.at[20] == 'A' ? 'B' : 'A';
        assert_false(verifies(&jwt, EVP_sha256(), false));
        buffer_free(&jwt);
    }
    assert_int_equal(ERR_peek_error(), 0);
}

static void the_openssl_command_verifies_it(void **state) {
    static const char *const options[] = {"-sha256", "-sha384",
                                          "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32"};
    char command[512];
    (void)state;
    for (int alg = TOKEN_ASSERTION_RS256; alg <= TOKEN_ASSERTION_PS256; alg++) {
        struct buffer jwt = sign(key, (enum token_assertion_alg)alg, usual);
        struct buffer signature = decode(part_of(buffer_span(&jwt), 2));
        write_file("text", signed_text(buffer_span(&jwt)));
        write_file("signature", buffer_span(&signature));
        snprintf(command, sizeof command,
                 "cd \"$AUTH0_KEYS\" && openssl dgst %s -verify public.pem -signature signature text >/dev/null",
                 options[alg]);
        assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): words of our own */
        buffer_free(&signature);
        buffer_free(&jwt);
    }
}

static void names_are_escaped(void **state) {
    struct token_assertion_claims claims = usual;
    (void)state;
    claims.client_id = SPAN("a\",\"sub\":\"b\\\n\x01\x7f\xc3\xa9");
    claims.kid = SPAN("\"}\t");
    struct buffer jwt = sign(key, TOKEN_ASSERTION_RS256, claims);
    assert_int_equal(members(&jwt, 0), 3);
    assert_int_equal(members(&jwt, 1), 6);
    assert_member(&jwt, 0, "kid", claims.kid.at);
    assert_member(&jwt, 1, "iss", claims.client_id.at);
    assert_member(&jwt, 1, "sub", claims.client_id.at);
    buffer_free(&jwt);
}

static void assert_refused(struct token_assertion_claims claims, const char *word) {
    struct buffer to = {NULL, 0, 0};
    const char *fault = NULL;
    assert_true(buffer_append(&to, SPAN("kept")));
    if (token_assertion_sign(key, TOKEN_ASSERTION_RS256, &claims, &to, &fault))
        fail_msg("taken, and should not be: %s", word);
    if (fault == NULL || strstr(fault, word) == NULL) fail_msg("\"%s\" does not say \"%s\"", fault, word);
    assert_true(span_equals(buffer_span(&to), SPAN("kept")));
    assert_true(token_assertion_sign(key, TOKEN_ASSERTION_RS256, &usual, &to, &fault));
    assert_memory_equal(to.at, "keptey", 6);
    buffer_free(&to);
}

static struct span repeated(size_t size) {
    static char text[4096];
    memset(text, 'x', sizeof text);
    assert_true(size <= sizeof text);
    return (struct span){text, size};
}

static void what_the_tenant_would_refuse_is_refused(void **state) {
    struct token_assertion_claims claims[10];
    (void)state;
    for (size_t i = 0; i < COUNT(claims); i++) claims[i] = usual;
    claims[0].client_id = repeated(65);
    claims[1].client_id = (struct span){NULL, 0};
    claims[2].audience = SPAN("");
    claims[3].lifetime = 301;
    claims[4].lifetime = -1;
    claims[5].unix_now = 0;
    claims[6].client_id = SPAN("\xff");
    claims[7].kid = SPAN("\xed\xa0\x80");
    claims[8].kid = repeated(1200);
    claims[9].kid = repeated(4000);
    static const char *const words[] = {"longer than the 64", "no client_id", "no audience", "300 seconds",
                                        "300 seconds",        "before 1970",  "not UTF-8",   "not UTF-8",
                                        "2048 bytes",         "2048 bytes"};
    for (size_t i = 0; i < COUNT(claims); i++) assert_refused(claims[i], words[i]);
}

/* The longest names fit, and the limit is of the whole. */
static void up_to_2048_bytes_are_signed(void **state) {
    struct token_assertion_claims claims = usual;
    (void)state;
    claims.client_id = repeated(TOKEN_ASSERTION_ID_MOST);
    struct buffer jwt = {NULL, 0, 0};
    const char *fault;
    size_t longest = 0;
    for (size_t size = 800; size < 1200; size++) {
        claims.kid = repeated(size);
        buffer_clear(&jwt);
        if (!token_assertion_sign(key, TOKEN_ASSERTION_RS256, &claims, &jwt, &fault)) break;
        longest = jwt.size;
    }
    assert_in_range(longest, TOKEN_ASSERTION_MOST - 3, TOKEN_ASSERTION_MOST);
    buffer_free(&jwt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_both_forms_are_read),
        cmocka_unit_test(other_keys_are_refused_with_the_reason),
        cmocka_unit_test(rubbish_is_no_key),
        cmocka_unit_test(a_key_that_is_cut_anywhere_is_refused),
        cmocka_unit_test(it_says_what_the_tenant_asks_for),
        cmocka_unit_test(what_is_not_given_is_not_said),
        cmocka_unit_test(no_two_have_the_same_jti),
        cmocka_unit_test(every_algorithm_is_verified_as_itself_alone),
        cmocka_unit_test(the_openssl_command_verifies_it),
        cmocka_unit_test(names_are_escaped),
        cmocka_unit_test(what_the_tenant_would_refuse_is_refused),
        cmocka_unit_test(up_to_2048_bytes_are_signed),
    };
    return cmocka_run_group_tests(tests, read_usual_key, free_usual_key);
}
