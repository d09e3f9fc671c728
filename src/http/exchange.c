#include "http/exchange_parts.h"

#include "os/clock.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- callbacks: they fill C memory, and never touch Lua ---- */

static size_t on_body(char *data, size_t size, size_t count, void *context) {
    struct exchange *exchange = context;
    (void)size; /* 1, says libcurl */
    sockets_hear(exchange->sockets);
    if (exchange->body.size + count > exchange->order.max_response) {
        exchange->too_large = "its body is larger than max_response";
        return 0;
    }
    return buffer_append(&exchange->body, (struct span){data, count}) ? count : 0;
}

bool exchange_is_overcoded(const struct exchange *exchange) {
    const struct headers *headers = &exchange->headers;
    return !exchange->order.is_raw && (headers->is_overcoded || (headers->is_coded && !exchange->takes_gzip));
}

static size_t on_header(char *data, size_t size, size_t count, void *context) {
    struct exchange *exchange = context;
    (void)size;
    struct span line = {data, count};
    sockets_hear(exchange->sockets);
    if (span_begins(line, SPAN("HTTP/1."))) sockets_speak_http_1(exchange->sockets, exchange->local_port);
    if (!headers_take(&exchange->headers, line)) exchange->too_large = "it has more than 64 KiB of headers";
    return exchange->too_large != NULL || exchange_is_overcoded(exchange) ? 0 : count;
}

/* Whether libcurl wants to send it a second time. It counts as not processed only where nothing of an answer came, and
   libcurl says nothing about how the stream ended: it has words about a stream that was reset for any reason but a
   refusal. One of those, HTTP_1_1_REQUIRED, it wants to repeat as well, whatever came before. */
static bool is_repeat(struct exchange *exchange) {
    if (!exchange->sent || exchange->is_repeat_refused) return exchange->sent;
    exchange->is_repeat_refused = true;
    exchange->is_unprocessed =
        exchange->repeats_unprocessed && exchange->headers.bytes == 0 && exchange->detail[0] == '\0';
    exchange->is_stream_refused = sockets_is_alive(exchange->sockets, exchange->local_port) ||
                                  strstr(exchange->detail, "HTTP_1_1_REQUIRED") != NULL;
    return true;
}

#if CURL_HAS_PREREQ
/* The one definition of "sent": libcurl calls this when a connection stands and the request is about to go out. It
   calls it again when a reused connection died and it wants to send the request once more by itself; that is refused,
   since the tenant may have read the first one. A connection that has ended, or that carries bytes that answer no
   request, is refused as well: some versions of libcurl do not check that, or not each time. */
static int on_send(void *context, char *ip, char *local_ip, int port, int local_port) {
    struct exchange *exchange = context;
    (void)ip, (void)local_ip, (void)port;
    if (is_repeat(exchange)) return CURL_PREREQFUNC_ABORT;
    exchange->local_port = local_port;
    exchange->sent = sockets_is_fit(exchange->sockets, local_port);
    exchange->is_unfit = !exchange->sent;
    return exchange->sent ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}
#endif

/* What has been sent needs no second connection: without this, libcurl would make one, and shake hands, before on_send
   could tell it so. */
static curl_socket_t on_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
    struct exchange *exchange = context;
    (void)purpose;
    return is_repeat(exchange) ? CURL_SOCKET_BAD : sockets_open(exchange->sockets, address);
}

bool exchange_is_late(const struct exchange *exchange) {
    return clock_monotonic_us() > (exchange_is_sent(exchange) ? exchange->end_by : exchange->connect_by);
}

/* libcurl does not return while bytes keep coming in: a peer that floods it would be heard past every deadline. It asks
   a dozen times about any answer, so the clock is not looked at each time. What it never asks about, the watch ends. */
static int on_progress(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
    struct exchange *exchange = context;
    enum { LOOKS_AFTER = 16 };
    (void)a, (void)b, (void)c, (void)d;
    if (++exchange->asked % LOOKS_AFTER != 0) return 0;
    exchange->is_overdue = exchange_is_late(exchange);
    return exchange->is_overdue ? 1 : 0;
}

/* ---- a handle and its life ---- */

static CURLcode set_callbacks(struct exchange *exchange) {
    CURL *easy = exchange->easy;
    CURLcode code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->detail);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, exchange);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, sockets_close);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, exchange->sockets);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_XFERINFODATA, exchange);
    /* An answer has a KiB or two, and a request one: libcurl's own 16 and 64 KiB, for each call that is under way, are
       meant for files. The upload buffer can be no smaller. */
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 3072L);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
#if CURL_HAS_PREREQ
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_send);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_PREREQDATA, exchange);
    /* libcurl wants to send again what got no byte of an answer on a connection that had been used before, and what an
       HTTP/2 server says it did not look at (REFUSED_STREAM, or a GOAWAY whose last stream came before), and does not
       tell them apart. With this, which means nothing else for HTTP, it leaves out the first (Curl_retry_request). */
    exchange->repeats_unprocessed =
        CURL_REPEATS_ARE_KNOWN && curl_easy_setopt(easy, CURLOPT_RTSP_REQUEST, (long)CURL_RTSPREQ_RECEIVE) == CURLE_OK;
#endif
    return code;
}

/* Where the target carries the lines, libcurl does not see them, and would add some by itself: those without a value
   suppress that. */
static CURLcode suppress_own_lines(struct exchange *exchange) {
    static char type[] = "Content-Type:", accept[] = "Accept:", expect[] = "Expect:";
    static struct curl_slist last = {expect, NULL}, middle = {accept, &last}, first = {type, &middle};
    return exchange->carries ? curl_easy_setopt(exchange->easy, CURLOPT_HTTPHEADER, &first) : CURLE_OK;
}

/* The URL has no path. The path is set as the request's target, in which libcurl resolves no "..", so an id cannot lead
   to another resource. libcurl refuses what is no URL in its own words, when it is used. */
static CURLcode set_origin(struct exchange *exchange, const char *domain) {
    char url[512];
    int size = snprintf(url, sizeof url, "https://%s", domain);
    if (size < 0 || (size_t)size >= sizeof url) return CURLE_URL_MALFORMAT;
    exchange->origin = curl_url();
    if (curl_url_set(exchange->origin, CURLUPART_URL, url, 0) != CURLUE_OK)
        return curl_easy_setopt(exchange->easy, CURLOPT_URL, url);
    return curl_easy_setopt(exchange->easy, CURLOPT_CURLU, exchange->origin);
}

struct exchange *exchange_new(const struct profile *profile, struct sockets *sockets, struct curl_slist *resolve) {
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (exchange == NULL) return NULL;
    exchange->profile = profile;
    exchange->is_http_1 = profile->http == PROFILE_HTTP_1_1;
    exchange->sockets = sockets;
    exchange->carries = CURL_TARGET_IS_TEXT;
    exchange->easy = curl_easy_init();
    if (exchange->easy != NULL && set_callbacks(exchange) == CURLE_OK && suppress_own_lines(exchange) == CURLE_OK &&
        profile_apply(profile, exchange->easy) == CURLE_OK && set_origin(exchange, profile->domain) == CURLE_OK &&
        curl_easy_setopt(exchange->easy, CURLOPT_RESOLVE, resolve) == CURLE_OK)
        return exchange;
    exchange_free(exchange);
    return NULL;
}

void exchange_free(struct exchange *exchange) {
    curl_easy_cleanup(exchange->easy);
    curl_url_cleanup(exchange->origin);
    buffer_free(&exchange->body);
    free(exchange);
}

/* ---- what goes out ---- */

/* Of lines without a value, nothing is sent: the name's colon is their end. */
static bool write_line(struct buffer *head, struct span line) {
    if (memchr(line.at, ':', line.size) == line.at + line.size - 1) return true;
    return buffer_append(head, SPAN("\r\n")) && buffer_append(head, line);
}

/* The path, the end of the request's first line, and header lines; the last of them takes up the version of HTTP, which
   libcurl writes behind a target. */
static bool write_head(const struct exchange_order *order, struct buffer *head) {
    enum { USUAL = 2048 };
    bool is_good = buffer_reserve(head, USUAL) && buffer_append(head, span_of(order->target)) &&
                   buffer_append(head, SPAN(" HTTP/1.1"));
    for (const struct curl_slist *line = order->headers; line != NULL && is_good; line = line->next)
        is_good = write_line(head, span_of(line->data));
    return is_good && buffer_append(head, (struct span){"\r\nX-HTTP-Version:", sizeof "\r\nX-HTTP-Version:"});
}

/* libcurl appends the lines of a list byte by byte, with a hundred instructions for each byte: with a token in them, as
   many as for all else that it does about a request. A target it copies "without any filter or other safe guards" (its
   manual). So the target carries the lines. */
static CURLcode set_head(struct exchange *exchange) {
    const struct exchange_order *order = &exchange->order;
    struct buffer head = {NULL, 0, 0};
    CURLcode code = CURLE_OUT_OF_MEMORY;
    if (!exchange->carries)
        code = curl_easy_setopt(exchange->easy, CURLOPT_REQUEST_TARGET, order->target);
    else if (write_head(order, &head))
        code = curl_easy_setopt(exchange->easy, CURLOPT_REQUEST_TARGET, head.at);
    buffer_free(&head); /* wipes it */
    if (code != CURLE_OK || exchange->carries) return code;
    return curl_easy_setopt(exchange->easy, CURLOPT_HTTPHEADER, order->headers);
}

static CURLcode set_body(CURL *easy, struct span body) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.size);
    return code == CURLE_OK ? curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.at) : code;
}

/* libcurl frames a request with a body as it does a POST, whatever its method is called. A POST without one has an
   empty one. */
static CURLcode set_method(struct exchange *exchange) {
    const struct exchange_order *order = &exchange->order;
    CURL *easy = exchange->easy;
    bool has_body = order->body.at != NULL || order->method == REQUEST_POST;
    CURLcode code = has_body ? set_body(easy, order->body.at != NULL ? order->body : SPAN(""))
                             : curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    bool is_named = order->method != (has_body ? REQUEST_POST : REQUEST_GET);
    const char *name = is_named ? request_method_name(order->method) : NULL;
    return code == CURLE_OK ? curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, name) : code;
}

/* Asks for gzip, which libcurl then decodes; or not. */
static CURLcode set_coding(struct exchange *exchange) {
    bool is_wanted = exchange->order.method == REQUEST_GET && !exchange->order.is_raw;
    bool takes_gzip = is_wanted && (curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_LIBZ) != 0;
    if (takes_gzip == exchange->takes_gzip) return CURLE_OK;
    exchange->takes_gzip = takes_gzip;
    return curl_easy_setopt(exchange->easy, CURLOPT_ACCEPT_ENCODING, takes_gzip ? "gzip" : NULL);
}

static CURLcode set_fresh(struct exchange *exchange, bool is_fresh) {
    if (exchange->is_fresh == is_fresh) return CURLE_OK;
    exchange->is_fresh = is_fresh;
    return curl_easy_setopt(exchange->easy, CURLOPT_FRESH_CONNECT, (long)is_fresh);
}

/* That the host wants it may have been learned since the handle was made. */
static CURLcode set_version(struct exchange *exchange) {
    if (exchange->is_http_1 || exchange->profile->http != PROFILE_HTTP_1_1) return CURLE_OK;
    exchange->is_http_1 = true;
    return curl_easy_setopt(exchange->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
}

CURLcode exchange_begin_afresh(struct exchange *exchange) {
    exchange->is_unfit = false;
    exchange->detail[0] = '\0';
    return set_fresh(exchange, true);
}

CURLcode exchange_begin(struct exchange *exchange, const struct exchange_order *order) {
    exchange->order = *order;
    exchange->sent = exchange->is_unfit = exchange->is_overdue = exchange->is_shut = false;
    exchange->is_repeat_refused = exchange->is_unprocessed = exchange->is_stream_refused = false;
    exchange->too_large = NULL;
    exchange->asked = 0;
    exchange->headers = (struct headers){.bytes = 0};
    exchange->detail[0] = '\0';
    buffer_clear(&exchange->body);
    CURLcode code = set_head(exchange);
    if (code == CURLE_OK) code = set_coding(exchange);
    if (code == CURLE_OK) code = set_method(exchange);
    /* Without a hook to stop a second send: it happens on reused connections only, so a change gets a fresh one. */
    bool is_change = order->method != REQUEST_GET;
    if (code == CURLE_OK) code = set_fresh(exchange, order->is_apart || (is_change && !CURL_HAS_PREREQ));
    if (code == CURLE_OK) code = set_version(exchange);
#if !CURL_HAS_PREREQ
    if (code == CURLE_OK)
        code = curl_easy_setopt(exchange->easy, CURLOPT_FORBID_REUSE, (long)is_change); /* nor for another */
#endif
    return code;
}

CURLcode exchange_spread(struct exchange *exchange, bool is_spread) {
    if (is_spread == exchange->is_spread) return CURLE_OK;
    exchange->is_spread = is_spread;
    return curl_easy_setopt(exchange->easy, CURLOPT_PIPEWAIT, is_spread ? 0L : 1L);
}

/* Ours come first. But libcurl gives each address of a host a share of what it thinks it has: it must know. */
void exchange_limit(struct exchange *exchange, int64_t now, int64_t connect_by, int64_t end_by) {
    enum { SLACK_MS = 100 };
    exchange->connect_by = connect_by;
    exchange->end_by = end_by;
    int64_t left = (connect_by - now) / 1000 + SLACK_MS;
    (void)curl_easy_setopt(exchange->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(left < 86400000 ? left : 86400000));
}

bool exchange_is_sent(const struct exchange *exchange) {
#if CURL_HAS_PREREQ
    return exchange->sent;
#else
    curl_off_t before_transfer = 0;
    return curl_easy_getinfo(exchange->easy, CURLINFO_PRETRANSFER_TIME_T, &before_transfer) == CURLE_OK &&
           before_transfer > 0;
#endif
}

void exchange_finish(struct exchange *exchange) {
    (void)curl_easy_setopt(exchange->easy, CURLOPT_REQUEST_TARGET, NULL); /* the token may be in it */
    if (!exchange->carries) (void)curl_easy_setopt(exchange->easy, CURLOPT_HTTPHEADER, NULL);
    (void)curl_easy_setopt(exchange->easy, CURLOPT_POSTFIELDS, NULL);
    exchange->order = (struct exchange_order){.target = NULL};
    buffer_clear(&exchange->body);
    exchange->owner = NULL;
}
