#include "bare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void give_up(const char *what, const char *why) {
    fprintf(stderr, "bare: %s: %s\n", what, why);
    exit(1);
}

static const char *setting(const char *name) {
    const char *value = getenv(name);
    if (value == NULL) give_up(name, "is not set");
    return value;
}

static void add_header(struct bare *bare, const char *name, const char *value) {
    char line[8192];
    snprintf(line, sizeof line, "%s%s", name, value);
    bare->headers = curl_slist_append(bare->headers, line);
}

void bare_open(struct bare *bare) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    *bare = (struct bare){.is_http2 = strcmp(setting("AUTH0_BENCH_HTTP"), "2") == 0};
    bare->resolve = curl_slist_append(NULL, setting("AUTH0_BENCH_RESOLVE"));
    add_header(bare, "Content-Type: application/json", "");
    add_header(bare, "Expect:", "");
    add_header(bare, "Authorization: Bearer ", setting("AUTH0_BENCH_TOKEN"));
    add_header(bare, "Accept: application/json", "");
    add_header(bare, "User-Agent: ", setting("AUTH0_BENCH_USER_AGENT"));
    add_header(bare, "Auth0-Client: ", setting("AUTH0_BENCH_TELEMETRY"));
}

void bare_close(struct bare *bare) {
    curl_slist_free_all(bare->headers);
    curl_slist_free_all(bare->resolve);
}

static size_t on_body(char *data, size_t size, size_t count, void *context) {
    struct bare_link *link = context;
    (void)size; /* 1, says libcurl */
    if (count > sizeof link->answer - link->size) return 0;
    memcpy(link->answer + link->size, data, count);
    link->size += count;
    return count;
}

void bare_prepare(const struct bare *bare, struct bare_link *link) {
    CURL *easy = link->easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                     bare->is_http2 ? (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_RESOLVE, bare->resolve);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_CAINFO, setting("AUTH0_BENCH_CA"));
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, bare->headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, link);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, link);
}

void bare_order(struct bare_link *link, int number) {
    snprintf(link->url, sizeof link->url, "https://%s/api/v2/users/auth0%%7C%024d/identities",
             setting("AUTH0_BENCH_DOMAIN"), number);
    snprintf(link->body, sizeof link->body, "{\"provider\":\"google-oauth2\",\"user_id\":\"%s\"}",
             "115015401343387192604");
    link->size = 0;
    curl_easy_setopt(link->easy, CURLOPT_URL, link->url);
    curl_easy_setopt(link->easy, CURLOPT_POSTFIELDS, link->body);
}

void bare_check(struct bare_link *link, CURLcode code) {
    long status = 0;
    curl_easy_getinfo(link->easy, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK) give_up("a link failed", curl_easy_strerror(code));
    if (status != 201) give_up("a link failed", "its status is not 201");
}

void bare_mark(const char *word) {
    puts(word);
    fflush(stdout);
    for (int c = getchar(); c != '\n' && c != EOF;) c = getchar();
}

int bare_number(const char *text) {
    int number = text != NULL ? atoi(text) : 0;
    if (number <= 0) give_up("expected a number", text != NULL ? text : "nothing");
    return number;
}
