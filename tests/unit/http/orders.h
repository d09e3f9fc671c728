/* Requests to the tenant, as the tests of single exchanges make them. */
#ifndef AUTH0_TESTS_ORDERS_H
#define AUTH0_TESTS_ORDERS_H

#include "unit/support.h"

#include "http/exchange.h"

#include <stdio.h>
#include <stdlib.h>

enum { LINES = 3 };

/* What an order points to; it must stay where it is. */
struct request {
    char lines[LINES][4096];
    struct curl_slist headers[LINES];
};

static inline struct curl_slist *headers_of(struct request *request, const char *fault) {
    const char *token = getenv("AUTH0_TENANT_TOKEN");
    snprintf(request->lines[0], sizeof request->lines[0], "Authorization: Bearer %s", token != NULL ? token : "token");
    snprintf(request->lines[1], sizeof request->lines[1], "Content-Type: application/json");
    snprintf(request->lines[2], sizeof request->lines[2], "X-Correlation-ID: %s", fault != NULL ? fault : "none");
    for (size_t i = 0; i < LINES; i++)
        request->headers[i] = (struct curl_slist){request->lines[i], i + 1 < LINES ? &request->headers[i + 1] : NULL};
    return request->headers;
}

static inline struct exchange_order order_to(struct request *request, enum request_method method, const char *target,
                                             const char *body, const char *fault) {
    return (struct exchange_order){.method = method,
                                   .target = target,
                                   .headers = headers_of(request, fault),
                                   .body = span_of(body),
                                   .max_response = 1 << 20};
}

#define READ_PATH "/api/v2/users/auth0%7Cp1?fields=identities&include_fields=true"
#define LINK_PATH "/api/v2/users/auth0%7Cp1/identities"
#define LINK_BODY "{\"provider\":\"google-oauth2\",\"user_id\":\"s1\"}"

static inline struct exchange_order read_order(struct request *request, const char *fault) {
    return order_to(request, REQUEST_GET, READ_PATH, NULL, fault);
}

static inline struct exchange_order link_order(struct request *request, const char *fault) {
    return order_to(request, REQUEST_POST, LINK_PATH, LINK_BODY, fault);
}

#endif
