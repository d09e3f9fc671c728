#include "http/headers.h"

#include "http/curl_compat.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

/* What may stand around a value, the end of the line with it. */
static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/* The value of a line called `name`; absent if it is another line. */
static struct span value_of(struct span line, struct span name) {
    if (line.size <= name.size || line.at[name.size] != ':' || strncasecmp(line.at, name.at, name.size) != 0)
        return (struct span){NULL, 0};
    struct span value = span_after(line, name.size + 1);
    while (value.size > 0 && is_space(value.at[0])) value = span_after(value, 1);
    while (value.size > 0 && is_space(value.at[value.size - 1])) value.size--;
    return value;
}

/* Copies the value into `to`; true if the line is that header. A value that is longer than `to` counts as empty: none
   that makes sense is so long, and its first part could end in half of a secret. */
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
static void count_transfer_coding(struct headers *headers, struct span line) {
    struct span coding = value_of(line, SPAN("transfer-encoding"));
    if (coding.size > 0 && !is_word(coding, SPAN("chunked")) && !is_word(coding, SPAN("identity")))
        headers->is_overcoded = true;
}

static void count_content_coding(struct headers *headers, struct span line) {
    struct span coding = value_of(line, SPAN("content-encoding"));
    if (coding.size == 0 || is_word(coding, SPAN("identity")) || is_word(coding, SPAN("none"))) return;
    bool is_gzip = is_word(coding, SPAN("gzip")) || is_word(coding, SPAN("x-gzip"));
    if (headers->is_coded || !is_gzip) headers->is_overcoded = true;
    headers->is_coded = true;
}

/* An interim answer (100, 103) has a status line and headers of its own, so each status line starts anew. It does so
   only where a status line may stand: elsewhere one could hide the headers before it. */
static void start_again(struct headers *headers) { *headers = (struct headers){.bytes = headers->bytes}; }

static bool is_status_line(const struct headers *headers, struct span line) {
    return (headers->bytes == 0 || headers->is_over) && line.size > 5 && memcmp(line.at, "HTTP/", 5) == 0;
}

#define TAKE(field, name) take(line, SPAN(name), headers->field, sizeof headers->field)

/* Most lines say nothing here: their first letter tells. */
static void take_named(struct headers *headers, struct span line) {
    bool has_id = headers->request_id[0] != '\0';
    switch (line.size > 0 ? line.at[0] | ('a' - 'A') : 0) {
    case 'c':
        count_content_coding(headers, line);
        (void)(TAKE(content_type, "content-type") || TAKE(content_range, "content-range") ||
               (!has_id && TAKE(request_id, "cf-ray")));
        break;
    case 'd': (void)TAKE(date, "date"); break;
    case 'e': (void)TAKE(etag, "etag"); break;
    case 'o': (void)TAKE(request_id, "ot-baggage-auth0-request-id"); break;
    case 'r': (void)TAKE(retry_after, "retry-after"); break;
    case 't': count_transfer_coding(headers, line); break;
    case 'x':
        (void)(TAKE(limit, "x-ratelimit-limit") || TAKE(remaining, "x-ratelimit-remaining") ||
               TAKE(reset, "x-ratelimit-reset") || (!has_id && TAKE(request_id, "x-auth0-requestid")));
        break;
    default: break;
    }
}

bool headers_take(struct headers *headers, struct span line) {
    if (is_status_line(headers, line)) start_again(headers);
    headers->is_over = line.size <= 2 && strspn(line.at, "\r\n") >= line.size;
    headers->bytes += line.size;
    if (headers->bytes > HEADERS_AT_MOST) return false;
    take_named(headers, line);
    return true;
}

static bool read_digits(const char *text, size_t size, int *number) {
    *number = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        *number = *number * 10 + (text[i] - '0');
    }
    return true;
}

/* Days since 1970 of a day in the Gregorian calendar, with years that begin in March (so a leap day ends one). */
static int64_t days_since_1970(int year, int month, int day) {
    int64_t shifted = month > 2 ? year : year - 1, of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + of_year - 719468;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT", the one form in which servers write a date (RFC 9110, 5.6.7); -1 for another. Every
   answer has one, and curl_getdate spends as much on it as all else that is done about an answer's headers. */
static time_t read_fixed_date(const char *text) {
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int day, year, hour, minute, second, month = 0;
    if (strlen(text) != sizeof "Sun, 06 Nov 1994 08:49:37 GMT" - 1 || memcmp(text + 3, ", ", 2) != 0 ||
        text[7] != ' ' || text[11] != ' ' || text[16] != ' ' || text[19] != ':' || text[22] != ':' ||
        memcmp(text + 25, " GMT", 4) != 0)
        return -1;
    while (month < 12 && memcmp(months[month], text + 8, 3) != 0) month++;
    if (month == 12 || !read_digits(text + 5, 2, &day) || !read_digits(text + 12, 4, &year) ||
        !read_digits(text + 17, 2, &hour) || !read_digits(text + 20, 2, &minute) || !read_digits(text + 23, 2, &second))
        return -1;
    if (year < 1970 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return -1;
    int seconds = hour * 3600 + minute * 60 + second;
    return (time_t)(days_since_1970(year, month + 1, day) * 86400 + seconds);
}

static time_t read_date(const char *text) {
    time_t date = read_fixed_date(text);
    return date != -1 ? date : curl_getdate(text, NULL);
}

double headers_retry_after(const struct headers *headers) {
    const char *text = headers->retry_after;
    if (text[0] == '\0') return -1;
    size_t digits = strspn(text, "0123456789");
    if (digits > 0 && digits < 10 && text[digits] == '\0') return (double)strtol(text, NULL, 10);
    if (headers->date[0] == '\0') return -1;
    time_t then = read_date(text), now = read_date(headers->date);
    if (then == -1 || now == -1) return -1;
    return then > now ? (double)(then - now) : 0;
}

static bool read_integer(const char *text, int64_t *number) {
    char *end;
    errno = 0;
    *number = text[0] != '\0' ? strtoll(text, &end, 10) : 0;
    return text[0] != '\0' && end != text && *end == '\0' && errno == 0;
}

int64_t headers_date(const struct headers *headers) { return headers->date[0] != '\0' ? read_date(headers->date) : -1; }

struct pace_answer headers_pace(const struct headers *headers) {
    struct pace_answer answer = {.date = headers_date(headers), .retry_after = headers_retry_after(headers)};
    bool has_reset = read_integer(headers->reset, &answer.reset);
    answer.has_limit =
        read_integer(headers->limit, &answer.limit) && read_integer(headers->remaining, &answer.remaining) && has_reset;
    if (!has_reset) answer.reset = -1;
    return answer;
}
