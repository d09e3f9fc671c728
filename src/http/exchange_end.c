/* How an exchange ended, in our terms, and libcurl's words for it where they fit. */
#include "http/exchange_parts.h"

#include <stdio.h>

static enum attempt_how why_unsent(CURLcode code) {
    switch (code) {
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_BAD_FUNCTION_ARGUMENT: /* a client's key that cannot be used, from 8.16 on */
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_USE_SSL_FAILED:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_HTTP2: return ATTEMPT_UNTRUSTED;
    default: return ATTEMPT_UNREACHED;
    }
}

/* A status that came is told, also where the body did not follow: beside the request id, which comes with it, it says
   how far the tenant got. What the end counts as does not depend on it. */
struct attempt_end exchange_stop(const struct exchange *exchange, enum attempt_how how) {
    long status = 0;
    bool sent = exchange_is_sent(exchange);
    if (sent) (void)curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
    /* an interim answer is none */
    return (struct attempt_end){.how = how, .sent = sent, .status = status >= 200 ? (int)status : 0};
}

static void set_detail(struct exchange *exchange, const char *words) {
    snprintf(exchange->detail, sizeof exchange->detail, "%s", words);
}

/* The proxy of an encrypted connection, whose own handshake comes before it answers the CONNECT. */
static bool is_of_proxy(const struct exchange *exchange) {
    long answered = 0;
    (void)curl_easy_getinfo(exchange->easy, CURLINFO_HTTP_CONNECTCODE, &answered);
    return answered == 0 && proxy_is_encrypted(span_of(exchange->profile->proxy));
}

/* libcurl quotes pieces of a proxy's address, with its password where it cannot read it: of one that has a user, what
   it says is not shown. */
static void hide_proxy(struct exchange *exchange, CURLcode code) {
    bool is_about_proxy = strcasestr(exchange->detail, "proxy") != NULL;
    if (is_about_proxy && proxy_has_user(span_of(exchange->profile->proxy)))
        set_detail(exchange, code == CURLE_COULDNT_RESOLVE_PROXY ? "the proxy's name was not found"
                                                                 : "the proxy cannot be used, or refuses");
}

static void explain_unsent(struct exchange *exchange, CURLcode code, enum attempt_how how) {
    static const char whose[] = "of the proxy, not the tenant: ";
    if (exchange->is_unfit) set_detail(exchange, "the connection was closed before the request could be sent");
    hide_proxy(exchange, code);
    if (how != ATTEMPT_UNTRUSTED || !is_of_proxy(exchange)) return;
    memmove(exchange->detail + sizeof whose - 1, exchange->detail, sizeof exchange->detail - sizeof whose);
    memcpy(exchange->detail, whose, sizeof whose - 1);
    exchange->detail[sizeof exchange->detail - 1] = '\0';
}

struct attempt_end exchange_overdue(struct exchange *exchange, int64_t now) {
    struct attempt_end end = exchange_stop(exchange, ATTEMPT_EXPIRED);
    exchange->detail[0] = '\0';
    if (end.sent || exchange->end_by <= now) return end;
    end.how = ATTEMPT_UNREACHED;
    set_detail(exchange, "no connection within connect_timeout");
    return end;
}

/* There was no time to wait in: nothing else would have been heard. */
static struct attempt_end end_shut(struct exchange *exchange) {
    set_detail(exchange, "it sends without end what is no answer, and the connection was shut");
    return exchange_stop(exchange, ATTEMPT_EXPIRED);
}

struct attempt_end exchange_end(struct exchange *exchange, CURLcode code) {
    /* After a pause of this process, libcurl's own timer may come before ours. */
    if (exchange->is_overdue || (code == CURLE_OPERATION_TIMEDOUT && exchange_is_late(exchange)))
        return exchange_overdue(exchange, exchange->sent ? exchange->end_by : exchange->connect_by);
    if (exchange->is_shut && code != CURLE_OK && exchange->too_large == NULL) return end_shut(exchange);
    struct attempt_end end = exchange_stop(exchange, ATTEMPT_LOST);
    /* Of an exchange that got nothing, libcurl says that all is well where others still share its connection. */
    if (code == CURLE_OK && end.status != 0) end.how = ATTEMPT_ANSWERED;
    if (exchange->is_unprocessed) {
        end.how = ATTEMPT_UNPROCESSED;
        set_detail(exchange, "the server closed the connection, and says that it did not process the request");
    } else if (exchange->is_repeat_refused)
        set_detail(exchange, "no whole answer came; libcurl wanted to send the request a second time, and was not let");
    else if (code != CURLE_OK && exchange->detail[0] == '\0')
        set_detail(exchange, curl_easy_strerror(code));
    if (!end.sent) {
        end.how = why_unsent(code);
        explain_unsent(exchange, code, end.how);
    } else if (exchange->too_large != NULL) {
        end.how = ATTEMPT_ANSWERED;
        end.body = ATTEMPT_BODY_TOO_LARGE;
        set_detail(exchange, exchange->too_large); /* libcurl blames our callback */
    } else if ((code == CURLE_BAD_CONTENT_ENCODING || exchange_is_overcoded(exchange)) && end.status != 0) {
        if (exchange_is_overcoded(exchange)) set_detail(exchange, "its body is encoded otherwise than was asked for");
        end.how = ATTEMPT_ANSWERED;
        end.body = ATTEMPT_BODY_OTHER;
    }
    return end;
}

static double seconds(const struct exchange *exchange, CURLINFO what) {
    curl_off_t microseconds = 0;
    (void)curl_easy_getinfo(exchange->easy, what, &microseconds);
    return (double)microseconds / 1e6;
}

struct exchange_timings exchange_timings(const struct exchange *exchange) {
    return (struct exchange_timings){
        .dns = seconds(exchange, CURLINFO_NAMELOOKUP_TIME_T),
        .connect = seconds(exchange, CURLINFO_CONNECT_TIME_T),
        .tls = seconds(exchange, CURLINFO_APPCONNECT_TIME_T),
        .first_byte = seconds(exchange, CURLINFO_STARTTRANSFER_TIME_T),
        .total = seconds(exchange, CURLINFO_TOTAL_TIME_T),
    };
}
