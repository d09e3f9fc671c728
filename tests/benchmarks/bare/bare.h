/* What the bare libcurl loops share: what a loop that links with libcurl and nothing else would have, and no more. It
   sends the header lines that lua-auth0 sends, but for X-HTTP-Version; it reads answers whole, and looks at their
   status alone.

   From the environment, since the arguments of a process can be seen: AUTH0_BENCH_DOMAIN "host:port", _RESOLVE, _CA,
   _TOKEN, _HTTP "1.1" or "2", _USER_AGENT, _TELEMETRY. */
#ifndef BARE_H
#define BARE_H

#include <curl/curl.h>
#include <stdbool.h>

struct bare {
    struct curl_slist *headers, *resolve;
    bool is_http2;
};

/* One request under way, and the memory that it needs. */
struct bare_link {
    CURL *easy;
    char url[256], body[128], answer[16384];
    size_t size;
};

/* Ends the process where something is missing. */
void bare_open(struct bare *bare);
void bare_close(struct bare *bare);

void bare_prepare(const struct bare *bare, struct bare_link *link);
/* Another primary each time, as in any job of links; the secondary is the one that the server's answer holds. */
void bare_order(struct bare_link *link, int number);
/* Ends the process where it was not a 201. */
void bare_check(struct bare_link *link, CURLcode code);

/* "begin" before what is measured, "end" after it: its parent takes the time while it
   waits for a line. */
void bare_mark(const char *word);

int bare_number(const char *text);

#endif
