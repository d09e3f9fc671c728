/* parallel LINKS IN_FLIGHT: curl_multi, as its manual shows it; up to 100 connections, or streams of one. */
#include "bare.h"

#include <stdlib.h>

enum { CONNECTIONS = 100 };

struct job {
    CURLM *multi;
    int next, to, running;
};

static void start(struct job *job, struct bare_link *link) {
    bare_order(link, job->next++);
    curl_multi_add_handle(job->multi, link->easy);
    job->running++;
}

static void collect(struct job *job) {
    const CURLMsg *message;
    for (int left; (message = curl_multi_info_read(job->multi, &left)) != NULL;) {
        struct bare_link *link;
        CURL *easy = message->easy_handle;
        CURLcode code = message->data.result;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &link);
        bare_check(link, code);
        curl_multi_remove_handle(job->multi, easy);
        job->running--;
        if (job->next < job->to) start(job, link);
    }
}

static void run(struct job *job, struct bare_link *links, int in_flight, int count) {
    job->to = job->next + count;
    for (int i = 0; i < in_flight && job->next < job->to; i++) start(job, &links[i]);
    for (int running; job->running > 0;) {
        curl_multi_perform(job->multi, &running);
        collect(job);
        if (running > 0) curl_multi_poll(job->multi, NULL, 0, 1000, NULL);
    }
}

int main(int argc, char **argv) {
    struct bare bare;
    struct job job = {.multi = NULL};
    int count = bare_number(argc > 1 ? argv[1] : NULL), in_flight = bare_number(argc > 2 ? argv[2] : NULL);
    struct bare_link *links = calloc((size_t)in_flight, sizeof *links);
    if (links == NULL) return 1;
    bare_open(&bare);
    job.multi = curl_multi_init();
    curl_multi_setopt(job.multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)CONNECTIONS);
    curl_multi_setopt(job.multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS);
    for (int i = 0; i < in_flight; i++) {
        bare_prepare(&bare, &links[i]);
        /* Streams of one connection: else each would make its own before it is known that the server has HTTP/2. */
        if (bare.is_http2) curl_easy_setopt(links[i].easy, CURLOPT_PIPEWAIT, 1L);
    }
    run(&job, links, in_flight, in_flight);
    bare_mark("begin");
    run(&job, links, in_flight, count);
    bare_mark("end");
    for (int i = 0; i < in_flight; i++) curl_easy_cleanup(links[i].easy);
    curl_multi_cleanup(job.multi);
    bare_close(&bare);
    free(links);
    return 0;
}
