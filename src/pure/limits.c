#include "pure/limits.h"

/* The path is `beginning`, an id and `end`. */
static bool is_part(struct span path, struct span beginning, struct span end) {
    if (!span_begins(path, beginning)) return false;
    struct span rest = span_until(span_after(path, beginning.size), '?');
    return span_equals(span_after(rest, span_until(rest, '/').size), end);
}

enum pace_class limits_class(enum operation_kind kind, enum request_method method, struct span path) {
    if (kind == OPERATION_LINK) return PACE_WRITE;
    if (kind == OPERATION_UNLINK) return PACE_DELETE;
    if (is_part(path, SPAN("/api/v2/organizations/"), SPAN("/members")) && method != REQUEST_GET) return PACE_MEMBERS;
    if (method == REQUEST_DELETE) return PACE_DELETE;
    if (span_begins(path, SPAN("/oauth/"))) return PACE_TOKEN;
    if (!span_begins(path, SPAN("/api/v2/users"))) return PACE_OTHER;
    if (method != REQUEST_GET) return PACE_WRITE;
    return is_part(path, SPAN("/api/v2/users/"), SPAN("/organizations")) ? PACE_ORGANIZATIONS : PACE_READ;
}

bool limits_is_global(struct span body) { return span_holds(body, SPAN("Global limit")); }
