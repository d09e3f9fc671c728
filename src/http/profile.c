#include "http/profile.h"

#include "http/store.h"

#include <stdlib.h>

/* Every text of a profile, in the order in which a key holds them. */
static const struct {
    size_t at; /* in struct profile */
    CURLoption option;
} texts[] = {
    {offsetof(struct profile, domain), (CURLoption)0},      {offsetof(struct profile, proxy), CURLOPT_PROXY},
    {offsetof(struct profile, no_proxy), CURLOPT_NOPROXY},  {offsetof(struct profile, ca_file), (CURLoption)0},
    {offsetof(struct profile, ca_path), (CURLoption)0},     {offsetof(struct profile, client_cert), CURLOPT_SSLCERT},
    {offsetof(struct profile, client_key), CURLOPT_SSLKEY}, {offsetof(struct profile, proxy_ca_file), (CURLoption)0},
};
enum { TEXTS = sizeof texts / sizeof *texts };

static const char *get_text(const struct profile *profile, size_t i) {
    const char *text;
    memcpy(&text, (const char *)profile + texts[i].at, sizeof text);
    return text;
}

static void set_text(struct profile *profile, size_t i, const char *text) {
    memcpy((char *)profile + texts[i].at, &text, sizeof text);
}

static bool pack(struct buffer *key, const char *text) {
    if (text == NULL) return buffer_append(key, (struct span){"-", 2});
    return buffer_append(key, SPAN("+")) && buffer_append(key, (struct span){text, strlen(text) + 1});
}

bool profile_pack(const struct profile *profile, struct buffer *key) {
    bool packed = buffer_append(key, profile->http == PROFILE_HTTP_1_1 ? SPAN("1") : SPAN("2"));
    for (size_t i = 0; i < TEXTS; i++) packed = packed && pack(key, get_text(profile, i));
    const char *const *resolve = profile->resolve;
    do packed = packed && pack(key, *resolve);
    while (*resolve++ != NULL);
    return packed;
}

static const char *unpack(const char **key) {
    const char *mark = *key;
    *key = mark + strlen(mark) + 1;
    return *mark == '+' ? mark + 1 : NULL;
}

void profile_unpack(const char *key, struct profile *profile) {
    profile->http = *key++ == '1' ? PROFILE_HTTP_1_1 : PROFILE_HTTP_2;
    for (size_t i = 0; i < TEXTS; i++) set_text(profile, i, unpack(&key));
    for (size_t i = 0; i <= PROFILE_RESOLVES; i++)
        if ((profile->resolve[i] = unpack(&key)) == NULL) return;
}

/* The names end with NULL; what is empty is not there. */
static const char *from_environment(const char *const *names) {
    for (; *names != NULL; names++) {
        const char *value = getenv(*names);
        if (value != NULL && *value != '\0') return value;
    }
    return "";
}

bool profile_settle(struct profile *profile, struct buffer *memory) {
    /* in the order in which libcurl looks */
    static const char *const proxies[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", NULL};
    static const char *const exceptions[] = {"no_proxy", "NO_PROXY", NULL};
    const char *proxy = profile->proxy != NULL ? profile->proxy : from_environment(proxies);
    const char *no_proxy = profile->no_proxy != NULL ? profile->no_proxy : from_environment(exceptions);
    /* A proxy that cannot be used counts as none for a host that no_proxy names; for any other host libcurl decides. */
    bool is_spared = proxy_is_spared(span_of(profile->domain), span_of(no_proxy));
    if (is_spared && proxy_fault(span_of(proxy)) != NULL) proxy = "";
    size_t size = strlen(proxy) + 1;
    if (!buffer_append(memory, (struct span){proxy, size}) ||
        !buffer_append(memory, (struct span){no_proxy, strlen(no_proxy) + 1}))
        return false;
    profile->proxy = memory->at;
    profile->no_proxy = memory->at + size;
    return true;
}

/* A token travels encrypted, or not at all. */
static CURLcode apply_protocols(CURL *easy) {
#if CURL_HAS_PROTOCOLS_STR
    return curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
#else
    return curl_easy_setopt(easy, CURLOPT_PROTOCOLS, CURLPROTO_HTTPS);
#endif
}

CURLcode profile_apply(const struct profile *profile, CURL *easy) {
    long http = profile->http == PROFILE_HTTP_1_1 ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS;
    const struct {
        CURLoption option;
        long value;
    } numbers[] = {
        {CURLOPT_HTTP_VERSION, http},
        {CURLOPT_PIPEWAIT, http != CURL_HTTP_VERSION_1_1}, /* a second connection is for those that the first has no
                                                              stream for, not for each of them one */
        {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},     /* at least */
        {CURLOPT_SSL_VERIFYPEER, 1},                       /* no option of ours switches these two off */
        {CURLOPT_SSL_VERIFYHOST, 2},
        {CURLOPT_FOLLOWLOCATION, 0},           /* a token goes to the domain that was named, and nowhere else */
        {CURLOPT_NOSIGNAL, 1},                 /* no SIGALRM in other people's processes */
        {CURLOPT_SUPPRESS_CONNECT_HEADERS, 1}, /* a proxy's headers are not the tenant's */
        {CURLOPT_MAXAGE_CONN, 50},             /* seconds: edges close idle connections after about a minute */
#if CURL_HAS_QUICK_EXIT
        {CURLOPT_QUICK_EXIT, 1}, /* else removing a handle waits for a getaddrinfo that hangs, as it does before 7.87 */
#endif
    };
    CURLcode code = apply_protocols(easy);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers && code == CURLE_OK; i++)
        code = curl_easy_setopt(easy, numbers[i].option, numbers[i].value);
    for (size_t i = 0; i < TEXTS && code == CURLE_OK; i++)
        if (texts[i].option != (CURLoption)0 && get_text(profile, i) != NULL)
            code = curl_easy_setopt(easy, texts[i].option, get_text(profile, i));
    if (code == CURLE_OK) code = store_apply(easy, STORE_OF_SERVER, profile->ca_file, profile->ca_path);
    if (code != CURLE_OK || !proxy_is_encrypted(span_of(profile->proxy))) return code;
    bool has_own = profile->proxy_ca_file != NULL;
    return store_apply(easy, STORE_OF_PROXY, has_own ? profile->proxy_ca_file : profile->ca_file,
                       has_own ? NULL : profile->ca_path);
}
