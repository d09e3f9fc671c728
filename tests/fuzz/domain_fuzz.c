/* Any text as a domain: what is let through is a host and a port, and leads to no other place. */
#include "fuzz/fuzz.h"
#include "pure/domain.h"

static bool is_one_of(char c, const char *set) { return c != '\0' && strchr(set, c) != NULL; }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct complaint complaint;
    struct span domain = own((const char *)data, size);
    if (domain_check(domain, &complaint)) {
        HOLDS(domain.size > 0 && domain.size <= 253 + sizeof ":65535" - 1);
        for (size_t i = 0; i < domain.size; i++)
            HOLDS(span_is_alphanumeric(domain.at[i]) || is_one_of(domain.at[i], ".:-_[]"));
    } else {
        check_complaint(&complaint);
        HOLDS(strcmp(complaint.option, "domain") == 0);
    }
    release(domain);
    return 0;
}
