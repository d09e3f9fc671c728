#include "http/profile.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

/* Every text of a profile, in the order in which a key holds them. */
static const struct {
    size_t at; /* in struct profile */
    CURLoption option;
} texts[] = {
    {offsetof(struct profile, domain), (CURLoption)0},        {offsetof(struct profile, proxy), CURLOPT_PROXY},
    {offsetof(struct profile, ca_file), CURLOPT_CAINFO},      {offsetof(struct profile, ca_path), CURLOPT_CAPATH},
    {offsetof(struct profile, client_cert), CURLOPT_SSLCERT}, {offsetof(struct profile, client_key), CURLOPT_SSLKEY},
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

const char profile_bad_proxy[] = "the proxy, of the option or of the environment, is none that libcurl can use";

/* Whether a name or a password there decodes to a control character. */
static bool has_encoded_control(const char *proxy) {
    for (const char *at = strchr(proxy, '%'); at != NULL; at = strchr(at + 1, '%'))
        if ((at[1] == '0' || at[1] == '1') && isxdigit((unsigned char)at[2])) return true;
    return false;
}

/* In the order in which libcurl looks; what is empty is not there. */
static const char *get_proxy(const struct profile *profile) {
    static const char *const names[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
    if (profile->proxy != NULL) return profile->proxy;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *proxy = getenv(names[i]);
        if (proxy != NULL && *proxy != '\0') return proxy;
    }
    return "";
}

/* With such a name libcurl uses no proxy at all, and says nothing. lua/auth0/kinds.lua refuses such an option; of the
   environment's nobody else looks. */
bool profile_has_usable_proxy(const struct profile *profile) { return !has_encoded_control(get_proxy(profile)); }

/* Whether a file has the name under which OpenSSL looks a certificate up: "0123abcd.0". */
static bool is_hashed(const char *name) {
    return strlen(name) > 9 && strspn(name, "0123456789abcdef") == 8 && name[8] == '.' &&
           strspn(name + 9, "0123456789") == strlen(name + 9);
}

/* How many such names a directory has, counted up to `enough`; the last of them goes into `name`. */
static int count_hashed(const char *path, int enough, char *name, size_t room) {
    DIR *directory = opendir(path);
    int count = 0;
    if (directory == NULL) return 0;
    for (const struct dirent *entry; count < enough && (entry = readdir(directory)) != NULL;)
        if (is_hashed(entry->d_name) && strlen(entry->d_name) < room) {
            memcpy(name, entry->d_name, strlen(entry->d_name) + 1);
            count++;
        }
    closedir(directory);
    return count;
}

/* The public roots are well over a hundred: a directory that holds fewer may hold only what somebody added. */
enum { WHOLE_STORE = 50 };

/* The system's store. Parsing the bundle costs 30 ms at every handshake where libcurl's defaults name both; the hashed
   directory alone is read on demand, one certificate at a time. */
static CURLcode prefer_directory(CURL *easy) {
#if CURL_HAS_CAPATH_INFO
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    char name[16];
    if (info->age >= CURLVERSION_SEVENTH && info->capath != NULL &&
        count_hashed(info->capath, WHOLE_STORE, name, sizeof name) == WHOLE_STORE)
        return curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
#endif
    (void)easy;
    return CURLE_OK;
}

/* From some 8.x on, an option that is set to NULL gets libcurl's built-in default back, and more would be trusted than
   was named. OpenSSL and its relatives take a directory that is none. */
static bool has_stubborn_defaults(void) {
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    return info->version_num >= 0x080000 && info->ssl_version != NULL &&
           (strstr(info->ssl_version, "SSL") != NULL || strstr(info->ssl_version, "AWS-LC") != NULL);
}

/* A bundle must hold something: one of the directory's own certificates says nothing new. */
static CURLcode trust_directory_alone(const char *path, CURL *easy) {
    char file[4096 + 16];
    if (!has_stubborn_defaults()) return curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    char hashed[16] = "none"; /* no such file: the handshake will say that there is nothing to trust */
    (void)count_hashed(path, 1, hashed, sizeof hashed);
    snprintf(file, sizeof file, "%s/%s", path, hashed);
    return curl_easy_setopt(easy, CURLOPT_CAINFO, file);
}

static CURLcode apply_store(const struct profile *profile, CURL *easy) {
    if (profile->ca_file == NULL && profile->ca_path == NULL) return prefer_directory(easy);
    /* libcurl would go on trusting the half of its defaults that was not replaced. */
    if (profile->ca_file == NULL) return trust_directory_alone(profile->ca_path, easy);
    if (profile->ca_path == NULL)
        return curl_easy_setopt(easy, CURLOPT_CAPATH, has_stubborn_defaults() ? "/dev/null" : NULL);
    return CURLE_OK;
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
        {CURLOPT_PATH_AS_IS, 1},               /* libcurl would resolve "..": an id could climb to another resource */
        {CURLOPT_FOLLOWLOCATION, 0},           /* a token goes to the domain that was named, and nowhere else */
        {CURLOPT_NOSIGNAL, 1},                 /* no SIGALRM in other people's processes */
        {CURLOPT_SUPPRESS_CONNECT_HEADERS, 1}, /* a proxy's headers are not the tenant's */
        {CURLOPT_MAXAGE_CONN, 50},             /* seconds: edges close idle connections after about a minute */
#if CURL_HAS_QUICK_EXIT
        {CURLOPT_QUICK_EXIT, 1}, /* else removing a handle waits for a hanging getaddrinfo; before 7.87 it does */
#endif
    };
    CURLcode code = apply_protocols(easy);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers && code == CURLE_OK; i++)
        code = curl_easy_setopt(easy, numbers[i].option, numbers[i].value);
    for (size_t i = 0; i < TEXTS && code == CURLE_OK; i++)
        if (texts[i].option != (CURLoption)0 && get_text(profile, i) != NULL)
            code = curl_easy_setopt(easy, texts[i].option, get_text(profile, i));
    return code == CURLE_OK ? apply_store(profile, easy) : code;
}
