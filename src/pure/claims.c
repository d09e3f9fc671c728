#include "pure/claims.h"

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

void claims_name(const struct claims *claims, struct identity_target *target) {
    if (!claims->has_link_with || target->provider.at != NULL) return;
    struct span sub = claims->link_with.sub, provider = span_until(sub, '|');
    if (provider.size == 0 || provider.size == sub.size) return;
    target->provider = provider;
    target->bare = target->user_id = span_after(sub, provider.size + 1);
}
