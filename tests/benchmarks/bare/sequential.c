/* sequential LINKS: one after another, on one easy handle that keeps its connection. */
#include "bare.h"

#include <stddef.h>

enum { WARM_UP = 20 };

static void run(struct bare_link *link, int from, int to) {
    for (int i = from; i < to; i++) {
        bare_order(link, i);
        bare_check(link, curl_easy_perform(link->easy));
    }
}

int main(int argc, char **argv) {
    static struct bare_link link;
    struct bare bare;
    int links = bare_number(argc > 1 ? argv[1] : NULL);
    bare_open(&bare);
    bare_prepare(&bare, &link);
    run(&link, 0, WARM_UP);
    bare_mark("begin");
    run(&link, WARM_UP, WARM_UP + links);
    bare_mark("end");
    curl_easy_cleanup(link.easy);
    bare_close(&bare);
    return 0;
}
