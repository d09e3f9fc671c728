/* Bytes as options: what identity lets through leads to the resource that was named and to no other.

   The first byte says which options are there (bit 0: unlink instead of link; bits 1 to 7: the fields in their order),
   the second's lowest bit that user_id is a number. Then come the values, each ended by a NUL or by the end. */
#include "fuzz/fuzz.h"
#include "pure/identity.h"

enum { FIELDS = 7, LINK_WITH = 6 };

static bool is_one_of(char c, const char *set) { return c != '\0' && strchr(set, c) != NULL; }

static bool is_letter_or_digit(char c) {
    return is_one_of(c, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
}

static bool is_number(struct span text) {
    size_t sign = text.size > 0 && text.at[0] == '-';
    for (size_t i = sign; i < text.size; i++)
        if (!is_one_of(text.at[i], "0123456789")) return false;
    return text.size > sign && (text.size == 1 || text.at[sign] != '0');
}

static bool is_dots(struct span text) { return span_equals(text, SPAN(".")) || span_equals(text, SPAN("..")); }

/* The same text with each visible character replaced by another. */
static struct span disguise(struct span text) {
    char *copy = allocate(text.size);
    for (size_t i = 0; i < text.size; i++)
        copy[i] = text.at[i] > ' ' && text.at[i] <= '~' ? (text.at[i] == '#' ? '$' : '#') : text.at[i];
    return (struct span){copy, text.size};
}

/* ---- a token alone ---- */

/* Whether it has the form of another thing (JSON, a quoted token, a client secret): that is told by its form. */
static bool has_form(struct span token) {
    return token.size == 64 || (token.size > 0 && strchr("{[\"'", token.at[0]) != NULL);
}

/* What is said about a token depends on its size and on what does not belong there, never on what does. */
static void check_token(struct span token) {
    if (has_form(token)) return;
    struct complaint complaint, blind;
    struct span disguised = disguise(token);
    bool good = identity_check_token("token", token, &complaint);
    HOLDS(identity_check_token("token", disguised, &blind) == good);
    if (!good) {
        check_complaint(&complaint);
        HOLDS(strcmp(complaint.what, blind.what) == 0);
    }
    HOLDS(!good || token.size > 0);
    for (size_t i = 0; good && i < token.size; i++) HOLDS(token.at[i] > ' ' && token.at[i] <= '~');
    release(disguised);
}

/* ---- the path, read back as a server does ---- */

static int nibble(char c) {
    const char *found = c != '\0' ? strchr("0123456789ABCDEF", c) : NULL;
    HOLDS(found != NULL);
    return (int)(found - "0123456789ABCDEF");
}

/* Takes "/" and the next segment off `path`, and compares the segment, decoded once, with `meant`. */
static struct span take_segment(struct span path, struct span meant) {
    HOLDS(path.size > 0 && path.at[0] == '/');
    size_t at = 1, size = 0;
    while (at < path.size && path.at[at] != '/') {
        char c = path.at[at];
        if (c == '%') {
            HOLDS(at + 2 < path.size);
            c = (char)(nibble(path.at[at + 1]) << 4 | nibble(path.at[at + 2]));
            HOLDS(!is_letter_or_digit(c) && !is_one_of(c, "-._~"));
            at += 3;
        } else {
            HOLDS(is_letter_or_digit(c) || is_one_of(c, "-._~"));
            at++;
        }
        HOLDS(size < meant.size && meant.at[size] == c);
        size++;
    }
    HOLDS(size > 0 && size == meant.size);
    HOLDS(!is_dots((struct span){path.at + 1, at - 1}));
    return span_after(path, at);
}

static void check_path(enum identity_goal goal, const struct identity_target *target) {
    size_t room = identity_path_room(target);
    char *path = allocate(room);
    size_t user = identity_user_path(target, path);
    struct span rest = {path, user + identity_path_below(goal, target, path + user)};
    HOLDS(rest.size <= room);
    rest = take_segment(rest, SPAN("api"));
    rest = take_segment(rest, SPAN("v2"));
    rest = take_segment(rest, SPAN("users"));
    rest = take_segment(rest, target->primary);
    rest = take_segment(rest, SPAN("identities"));
    if (goal == IDENTITY_UNLINK) {
        rest = take_segment(rest, target->provider);
        rest = take_segment(rest, target->bare);
    }
    HOLDS(rest.size == 0);
    free(path);
}

/* ---- accounts ---- */

static bool is_within(struct span part, struct span whole) {
    return part.at != NULL && whole.at != NULL && part.at >= whole.at && part.at + part.size <= whole.at + whole.size;
}

static bool is_same_span(struct span a, struct span b) { return a.at == b.at && a.size == b.size; }

/* A target's second account, written as a full id beside its provider, is the same account again. */
static void check_full_form(enum identity_goal goal, const struct identity_target *target) {
    size_t size = target->provider.size + 1 + target->bare.size;
    char *text = allocate(size);
    memcpy(text, target->provider.at, target->provider.size);
    text[target->provider.size] = '|';
    memcpy(text + target->provider.size + 1, target->bare.at, target->bare.size);
    struct span whole = {text, size};
    HOLDS(!span_equals(whole, target->primary));

    struct identity_given given = {.id = target->primary, .provider = target->provider, .user_id = whole};
    struct identity_target again;
    struct complaint complaint;
    HOLDS(identity_resolve(goal, &given, &again, &complaint));
    HOLDS(span_equals(again.provider, target->provider) && span_equals(again.bare, target->bare));
    HOLDS(is_same_span(again.user_id, whole));
    free(text);
}

static void check_target(enum identity_goal goal, const struct identity_given *given,
                         const struct identity_target *target) {
    bool ours = given->primary.at != NULL;
    HOLDS(ours != (given->id.at != NULL));
    HOLDS(is_same_span(target->primary, ours ? given->primary : given->id));
    HOLDS(is_same_span(target->link_with, given->link_with));
    HOLDS(is_same_span(target->connection_id, given->connection_id));
    HOLDS(goal == IDENTITY_LINK || (target->link_with.at == NULL && target->connection_id.at == NULL));
    if (target->link_with.at != NULL) {
        HOLDS(target->provider.at == NULL && target->user_id.at == NULL && target->bare.at == NULL);
        HOLDS(target->connection_id.at == NULL && !target->user_id_is_integer);
    } else {
        struct span second = ours ? given->secondary : given->user_id;
        HOLDS(is_same_span(target->user_id, second));
        HOLDS(!target->user_id_is_integer || is_number(target->user_id));
        HOLDS(is_within(target->bare, second) && target->bare.at + target->bare.size == second.at + second.size);
        HOLDS(is_within(target->provider, given->provider.at != NULL ? given->provider : second));
        HOLDS(given->provider.at != NULL || identity_is_known_provider(target->provider));
        HOLDS(!is_dots(target->bare) && !is_dots(target->provider) && !is_dots(target->primary));
        check_full_form(goal, target);
    }
    check_path(goal, target);
}

static void check_accounts(enum identity_goal goal, const struct identity_given *given) {
    if (given->link_with.at != NULL && has_form(given->link_with)) return;
    struct identity_target target;
    struct complaint complaint, blind;
    struct identity_given disguised = *given;
    if (given->link_with.at != NULL) disguised.link_with = disguise(given->link_with);
    bool good = identity_resolve(goal, given, &target, &complaint);
    if (good)
        check_target(goal, given, &target);
    else
        check_complaint(&complaint);
    HOLDS(identity_resolve(goal, &disguised, &target, &blind) == good);
    HOLDS(good || (strcmp(complaint.what, blind.what) == 0 && strcmp(complaint.option, blind.option) == 0));
    if (good && goal == IDENTITY_UNLINK) HOLDS(identity_resolve(IDENTITY_LINK, given, &target, &complaint));
    if (given->link_with.at != NULL) release(disguised.link_with);
}

/* What passes alone passes in its place, beside an account of another provider. */
static void check_alone(struct span id, struct span provider) {
    struct complaint complaint;
    if (!identity_check(id, provider, &complaint)) {
        check_complaint(&complaint);
        return;
    }
    bool is_sms = span_begins(id, SPAN("sms|")) || span_equals(provider, SPAN("sms"));
    const struct span other = is_sms ? SPAN("email|1") : SPAN("sms|1");
    const struct identity_given as_primary = {.primary = id, .secondary = other},
                                as_secondary = {.primary = other, .secondary = id},
                                as_user_id = {.id = other, .provider = provider, .user_id = id};
    struct identity_target target;
    HOLDS(identity_resolve(IDENTITY_LINK, &as_user_id, &target, &complaint));
    if (provider.at != NULL) return;
    HOLDS(identity_resolve(IDENTITY_LINK, &as_primary, &target, &complaint));
    HOLDS(identity_resolve(IDENTITY_LINK, &as_secondary, &target, &complaint));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) return 0;
    struct span fields[FIELDS] = {{NULL, 0}};
    const char *at = (const char *)data + 2, *end = (const char *)data + size;
    struct span all = own(at, size - 2);
    check_token(all);
    for (int i = 0; i < FIELDS; i++) {
        if ((data[0] >> (i + 1) & 1) == 0) continue;
        const char *stop = at < end ? memchr(at, '\0', (size_t)(end - at)) : NULL;
        fields[i] = own(at, (size_t)((stop != NULL ? stop : end) - at));
        at = stop != NULL ? stop + 1 : end;
    }
    const struct identity_given given = {.primary = fields[0],
                                         .secondary = fields[1],
                                         .id = fields[2],
                                         .provider = fields[3],
                                         .user_id = fields[4],
                                         .connection_id = fields[5],
                                         .link_with = fields[LINK_WITH],
                                         .user_id_is_integer = (data[1] & 1) != 0};
    check_accounts((data[0] & 1) != 0 ? IDENTITY_UNLINK : IDENTITY_LINK, &given);
    if (given.user_id.at != NULL) check_alone(given.user_id, given.provider);
    for (int i = 0; i < FIELDS; i++)
        if (fields[i].at != NULL) release(fields[i]);
    release(all);
    return 0;
}
