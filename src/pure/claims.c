#include "pure/claims.h"

#include <stdio.h>

/* This machine's clock may be wrong by an hour (a time zone, summer time): what ended less long ago is sent, and the
   tenant says. */
enum { LEEWAY = 3660 };

void claims_complete(const struct claims *claims, struct identity_given *given) {
    bool says_whose = claims->token != NULL && !claims->token->is_machine && claims->token->sub.size > 0;
    if (!says_whose || given->primary.at != NULL || given->id.at != NULL) return;
    bool has_api_names = given->provider.at != NULL || given->user_id.at != NULL;
    *(has_api_names ? &given->id : &given->primary) = claims->token->sub;
}

static enum jwt_need need_of(struct claims_use use, const struct identity_given *given) {
    if (!use.check_scopes) return JWT_FOR_ANYTHING;
    if (use.kind == OPERATION_UNLINK) return JWT_FOR_UNLINK;
    if (use.kind != OPERATION_LINK) return JWT_FOR_ANYTHING;
    return given->link_with.at != NULL ? JWT_FOR_LINK_WITH : JWT_FOR_LINK;
}

static enum failure_code refuse_link_with(const struct claims *claims, const struct identity_given *given,
                                          int64_t unix_now, struct complaint *complaint) {
    if (!claims->has_link_with) {
        *complaint = (struct complaint){"link_with", "is no JWT: give the secondary account's ID token"};
        return CODE_INVALID_REQUEST;
    }
    if (!jwt_check_link_with(&claims->link_with, unix_now, LEEWAY, complaint)) return CODE_INVALID_REQUEST;
    struct span primary = given->primary.at != NULL ? given->primary : given->id;
    if (!span_equals(claims->link_with.sub, primary)) return CODE_OK;
    *complaint = (struct complaint){"link_with", "is of the primary account itself: give the secondary's ID token"};
    return CODE_INVALID_REQUEST;
}

enum failure_code claims_refuse(const struct claims *claims, const struct identity_given *given, struct claims_use use,
                                struct complaint *complaint) {
    const struct jwt *token = claims->token;
    if (token != NULL) {
        if (!jwt_check_access_token(token, JWT_FOR_ANYTHING, use.unix_now, LEEWAY, complaint)) return CODE_UNAUTHORIZED;
        if (!jwt_check_access_token(token, need_of(use, given), use.unix_now, LEEWAY, complaint)) return CODE_FORBIDDEN;
    }
    if (given->link_with.at == NULL) return CODE_OK;
    return refuse_link_with(claims, given, use.unix_now, complaint);
}

/* ---- why it was refused ---- */

static bool is_date(int64_t date) { return date > 0 && date < INT64_C(100000000000); }

bool claims_compare_clocks(int64_t date, int64_t unix_now, int64_t leeway, char words[CLAIMS_WORDS]) {
    words[0] = '\0';
    if (!is_date(date) || !is_date(unix_now)) return false;
    int64_t ahead = unix_now - date, apart = ahead < 0 ? -ahead : ahead;
    if (apart <= leeway) return false;
    snprintf(words, CLAIMS_WORDS, "this machine's clock is %s %s the tenant's", jwt_duration(apart).text,
             ahead < 0 ? "behind" : "ahead of");
    return true;
}

/* Whether one of the audiences is the Management API of that host, whatever its port. */
static bool is_for(const struct jwt *token, struct span domain) {
    char wanted[320];
    struct span host = span_until(domain, ':');
    int size = snprintf(wanted, sizeof wanted, "https://%.*s/api/v2/", (int)host.size, host.at);
    bool fits = size > 0 && (size_t)size < sizeof wanted;
    char with_port[320];
    int longer = snprintf(with_port, sizeof with_port, "https://%.*s/api/v2/", (int)domain.size, domain.at);
    for (struct span rest = token->aud, word; fits && rest.size > 0;) {
        word = span_until(rest, ' ');
        if (span_equals(word, (struct span){wanted, (size_t)size})) return true;
        if (span_equals(word, (struct span){with_port, (size_t)longer})) return true;
        rest = word.size < rest.size ? span_after(rest, word.size + 1) : SPAN("");
    }
    return false;
}

enum { AUDIENCE_AT_MOST = 100 };

static void explain_audience(const struct jwt *token, struct span domain, char words[CLAIMS_WORDS]) {
    if (token->aud.at == NULL || is_for(token, domain)) return;
    struct span shown = span_until(token->aud, ' ');
    if (shown.size > AUDIENCE_AT_MOST || span_visible(shown) < shown.size)
        snprintf(words, CLAIMS_WORDS, "its aud is not this domain's");
    else
        snprintf(words, CLAIMS_WORDS, "its aud is \"%.*s\"", (int)shown.size, shown.at);
}

void claims_explain(const struct jwt *token, const struct claims_place *place, char words[CLAIMS_WORDS]) {
    enum { CLOCKS_APART = 60 };
    bool is_tenants = is_date(place->date);
    int64_t now = is_tenants ? place->date : place->unix_now;
    words[0] = '\0';
    if (token == NULL)
        snprintf(words, CLAIMS_WORDS, "it is no JWT, as access tokens for the Management API are");
    else if (token->has_exp && is_date(token->exp) && now >= token->exp)
        snprintf(words, CLAIMS_WORDS, "it expired %s ago by %s clock", jwt_duration(now - token->exp).text,
                 is_tenants ? "the tenant's" : "this machine's");
    else
        explain_audience(token, place->domain, words);
    char clocks[CLAIMS_WORDS];
    if (!claims_compare_clocks(place->date, place->unix_now, CLOCKS_APART, clocks)) return;
    size_t size = strlen(words);
    snprintf(words + size, CLAIMS_WORDS - size, "%s%s", size > 0 ? "; " : "", clocks);
}

void claims_name(const struct claims *claims, struct identity_target *target) {
    if (!claims->has_link_with || target->provider.at != NULL) return;
    struct span sub = claims->link_with.sub, provider = span_until(sub, '|');
    if (provider.size == 0 || provider.size == sub.size) return;
    target->provider = provider;
    target->bare = target->user_id = span_after(sub, provider.size + 1);
}
