#include "headers.h"

#include "curl_compat.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

/* The value of a line called `name`; absent if it is another line. */
static struct span value_of(struct span line, struct span name) {
    if (line.size <= name.size || line.at[name.size] != ':' || strncasecmp(line.at, name.at, name.size) != 0)
        return (struct span){NULL, 0};
    struct span value = span_after(line, name.size + 1);
    while (value.size > 0 && isspace((unsigned char)value.at[0])) value = span_after(value, 1);
    while (value.size > 0 && isspace((unsigned char)value.at[value.size - 1])) value.size--;
    return value;
}

/* The value, into `to`; true if it is that line. One that does not fit is longer than any that makes sense, and cut it
   could end in half a secret: it counts as empty. */
static bool take(struct span line, struct span name, char *to, size_t room) {
    struct span value = value_of(line, name);
    if (value.at == NULL) return false;
    if (value.size >= room) value.size = 0;
    memcpy(to, value.at, value.size);
    to[value.size] = '\0';
    return true;
}

static bool is_word(struct span value, struct span word) {
    return value.size == word.size && strncasecmp(value.at, word.at, word.size) == 0;
}

/* Chunks are the frame of a body, not a coding of it. */
static void count_codings(struct headers *headers, struct span line) {
    struct span transfer = value_of(line, SPAN("transfer-encoding")),
                content = value_of(line, SPAN("content-encoding"));
    if (transfer.size > 0 && !is_word(transfer, SPAN("chunked")) && !is_word(transfer, SPAN("identity")))
        headers->is_overcoded = true;
    if (content.size == 0 || is_word(content, SPAN("identity")) || is_word(content, SPAN("none"))) return;
    bool is_gzip = is_word(content, SPAN("gzip")) || is_word(content, SPAN("x-gzip"));
    if (headers->is_coded || !is_gzip) headers->is_overcoded = true;
    headers->is_coded = true;
}

bool headers_take(struct headers *headers, struct span line) {
    /* An interim answer (100, 103) has a status line and headers of its own: start again at each. */
    if (line.size > 5 && memcmp(line.at, "HTTP/", 5) == 0) *headers = (struct headers){.bytes = headers->bytes};
    headers->bytes += line.size;
    if (headers->bytes > HEADERS_AT_MOST) return false;
    count_codings(headers, line);
    char *request_id = headers->request_id;
    if (!take(line, SPAN("ot-baggage-auth0-request-id"), request_id, sizeof headers->request_id) &&
        request_id[0] == '\0')
        (void)(take(line, SPAN("x-auth0-requestid"), request_id, sizeof headers->request_id) ||
               take(line, SPAN("cf-ray"), request_id, sizeof headers->request_id));
    (void)(take(line, SPAN("date"), headers->date, sizeof headers->date) ||
           take(line, SPAN("retry-after"), headers->retry_after, sizeof headers->retry_after));
    return true;
}

double headers_retry_after(const struct headers *headers) {
    const char *text = headers->retry_after;
    size_t digits = strspn(text, "0123456789");
    if (digits > 0 && digits < 10 && text[digits] == '\0') return (double)strtol(text, NULL, 10);
    if (text[0] == '\0' || headers->date[0] == '\0') return -1;
    time_t then = curl_getdate(text, NULL), now = curl_getdate(headers->date, NULL);
    if (then == -1 || now == -1) return -1;
    return then > now ? (double)(then - now) : 0;
}
