/* Links by libcurl alone, as a peer: what this library does beyond that is what it costs.
     loop sequential|multi 1.1|2 COUNT IN_FLIGHT
   From the environment: URL, RESOLVE, CA, TOKEN. Prints rate (links a second) and CPU (microseconds a link, of all its
   threads), from the second link on: the first one shakes hands. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { LONGEST = 65536, AT_MOST = 100 };

static const char body[] = "{\"provider\":\"google-oauth2\",\"user_id\":\"google-oauth2|s\"}";

struct answer {
    CURL *easy;
    size_t size;
    char text[LONGEST];
};

static struct curl_slist *headers, *resolve;
static long http;
static int failures;

static void fail(const char *words) {
    fprintf(stderr, "loop: %s\n", words);
    exit(1);
}

static const char *environment(const char *name) {
    const char *value = getenv(name);
    if (value == NULL) fail(name);
    return value;
}

static size_t keep(char *data, size_t size, size_t count, void *context) {
    struct answer *answer = context;
    if (answer->size + size * count > LONGEST) return 0;
    memcpy(answer->text + answer->size, data, size * count);
    answer->size += size * count;
    return size * count;
}

static void add(const char *line) {
    struct curl_slist *longer = curl_slist_append(headers, line);
    if (longer == NULL) fail("no memory");
    headers = longer;
}

/* What ours sends, to the letter: libcurl spends about 92 instructions on each character. */
static void prepare_headers(void) {
    char line[8192];
    snprintf(line, sizeof line, "Authorization: Bearer %s", environment("TOKEN"));
    add("Content-Type: application/json");
    add("Expect:");
    add(line);
    add("Accept: application/json");
    snprintf(line, sizeof line, "User-Agent: lua-auth0/0.1.0 lua/5.4 libcurl/%s",
             curl_version_info(CURLVERSION_NOW)->version);
    add(line);
    add("Auth0-Client: eyJuYW1lIjoibHVhLWF1dGgwIiwidmVyc2lvbiI6IjAuMS4wIiwiZW52Ijp7Imx1YSI6IjUuNCJ9fQ==");
    resolve = curl_slist_append(NULL, environment("RESOLVE"));
}

static void prepare(struct answer *answer) {
    CURL *easy = answer->easy = curl_easy_init();
    if (easy == NULL) fail("no handle");
    curl_easy_setopt(easy, CURLOPT_URL, environment("URL"));
    curl_easy_setopt(easy, CURLOPT_CAINFO, environment("CA"));
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_RESOLVE, resolve);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, http);
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, http != CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, answer);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
}

static void check(struct answer *answer, CURLcode code) {
    long status = 0;
    curl_easy_getinfo(answer->easy, CURLINFO_RESPONSE_CODE, &status);
    failures += code != CURLE_OK || status != 201 || answer->size == 0;
    answer->size = 0;
}

static double wall(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void run_sequential(struct answer *answer, int count) {
    for (int i = 0; i < count; i++) check(answer, curl_easy_perform(answer->easy));
}

static void run_multi(CURLM *multi, struct answer *answers, int count, int in_flight) {
    int begun = 0, ended = 0, running, left;
    for (; begun < in_flight && begun < count; begun++) curl_multi_add_handle(multi, answers[begun].easy);
    while (ended < count) {
        const CURLMsg *message;
        curl_multi_perform(multi, &running);
        while ((message = curl_multi_info_read(multi, &left)) != NULL) {
            CURL *easy = message->easy_handle;
            char *private = NULL;
            CURLcode code = message->data.result;
            curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
            check((void *)private, code);
            curl_multi_remove_handle(multi, easy);
            ended++;
            if (begun < count) {
                curl_multi_add_handle(multi, easy);
                begun++;
            }
        }
        if (ended < count) curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
}

int main(int argc, char **argv) {
    if (argc != 5) fail("arguments");
    int count = atoi(argv[3]), in_flight = atoi(argv[4]);
    if (in_flight < 1 || in_flight > AT_MOST) fail("in flight");
    http = strcmp(argv[2], "2") == 0 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    prepare_headers();
    struct answer *answers = calloc((size_t)in_flight, sizeof *answers);
    CURLM *multi = curl_multi_init();
    if (answers == NULL || multi == NULL) fail("no memory");
    if (http == CURL_HTTP_VERSION_1_1) curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)AT_MOST);
    for (int i = 0; i < in_flight; i++) prepare(&answers[i]);
    if (strcmp(argv[1], "sequential") == 0)
        run_sequential(&answers[0], 1);
    else
        run_multi(multi, answers, 1, in_flight);
    double since = wall(), before = cpu();
    if (strcmp(argv[1], "sequential") == 0)
        run_sequential(&answers[0], count);
    else
        run_multi(multi, answers, count, in_flight);
    printf("%.1f %.3f %d\n", count / (wall() - since), (cpu() - before) / count * 1e6, failures);
    return failures != 0;
}
