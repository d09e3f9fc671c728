#include "pure/request.h"

static const char *const names[REQUEST_METHODS] = {
    [REQUEST_GET] = "GET",     [REQUEST_POST] = "POST", [REQUEST_DELETE] = "DELETE",
    [REQUEST_PATCH] = "PATCH", [REQUEST_PUT] = "PUT",
};

const char *request_method_name(enum request_method method) { return names[method]; }

bool request_method_read(struct span name, enum request_method *method) {
    for (int i = 0; i < REQUEST_METHODS; i++) {
        if (!span_equals(name, span_of(names[i]))) continue;
        *method = (enum request_method)i;
        return true;
    }
    return false;
}

bool request_is_change(enum request_method method) { return method != REQUEST_GET; }

enum operation_kind request_kind(enum request_method method, bool is_idempotent) {
    bool needs_word = method == REQUEST_POST || method == REQUEST_PATCH;
    return needs_word && !is_idempotent ? OPERATION_ONCE : OPERATION_FREE;
}
