#include "pure/limits.h"

enum pace_class limits_class(enum operation_kind kind, enum request_method method, struct span path) {
    if (kind == OPERATION_LINK) return PACE_WRITE;
    if (kind == OPERATION_UNLINK || method == REQUEST_DELETE) return PACE_DELETE;
    if (span_begins(path, SPAN("/oauth/"))) return PACE_TOKEN;
    if (!span_begins(path, SPAN("/api/v2/users"))) return PACE_OTHER;
    return method == REQUEST_GET ? PACE_READ : PACE_WRITE;
}

bool limits_is_global(struct span body) { return span_holds(body, SPAN("Global limit")); }
