#include "town.h"

#include "pure/writer.h"

const struct name names[PEOPLE] = {{"auth0|a", "auth0", "a", "auth0%7Ca"},
                                   {"google-oauth2|b", "google-oauth2", "b", "google-oauth2%7Cb"},
                                   {"github|c", "github", "c", "github%7Cc"},
                                   {"email|d", "email", "d", "email%7Cd"}};

int people_find(struct span id) {
    for (int i = 0; i < PEOPLE; i++)
        if (span_equals(span_of(names[i].id), id)) return i;
    return -1;
}

static const char *const parts[METADATA] = {"user_metadata", "app_metadata"};

void people_begin(struct town *town) {
    for (int i = 0; i < PEOPLE; i++) {
        struct person *person = &town->people[i];
        *person = (struct person){.home = -1, .linked_by = -1};
        for (int part = 0; part < METADATA; part++)
            for (int key = 0; key < KEYS; key++)
                if (dice_chance(&town->world.dice, 50)) person->values[part][key] = ++town->next_value;
        person->roles = (unsigned)dice_int(&town->world.dice, 0, 7);
        person->organizations = (unsigned)dice_int(&town->world.dice, 0, 7);
    }
}

/* ---- answers ---- */

static void put_identity(struct writer *to, int person) {
    writer_open(to, '{');
    writer_name(to, "provider");
    writer_string(to, span_of(names[person].provider));
    writer_name(to, "user_id");
    writer_string(to, span_of(names[person].bare));
    writer_name(to, "connection");
    writer_string(to, span_of(names[person].provider));
    writer_name(to, "isSocial");
    writer_boolean(to, true);
    writer_close(to, '}');
}

static void put_identities(struct writer *to, const struct town *town, int owner) {
    writer_open(to, '[');
    put_identity(to, owner);
    for (int i = 0; i < PEOPLE; i++)
        if (town->people[i].home == owner) put_identity(to, i);
    writer_close(to, ']');
}

static void put_account(struct writer *to, const struct town *town, int person) {
    writer_open(to, '{');
    writer_name(to, "user_id");
    writer_string(to, span_of(names[person].id));
    writer_name(to, "identities");
    put_identities(to, town, person);
    for (int part = 0; part < METADATA; part++) {
        writer_name(to, parts[part]);
        writer_open(to, '{');
        for (int key = 0; key < KEYS; key++) {
            if (town->people[person].values[part][key] == 0) continue;
            writer_name(to, (char[]){'k', (char)('0' + key), '\0'});
            writer_integer(to, town->people[person].values[part][key]);
        }
        writer_close(to, '}');
    }
    writer_close(to, '}');
}

struct json_value people_profile(struct town *town, int person) {
    char text[TEXT_ROOM];
    struct writer writer = writer_to(text);
    put_account(&writer, town, person);
    return town_json(town, town_keep_text(town, (struct span){text, writer.size}));
}

static void put_list(struct writer *to, unsigned set, const char *prefix) {
    writer_open(to, '[');
    for (int i = 0; i < 3; i++) {
        if (!(set >> i & 1)) continue;
        const char id[] = {prefix[0], prefix[1], prefix[2], '_', (char)('0' + i), '\0'};
        writer_open(to, '{');
        writer_member_words(to, "id", id);
        writer_close(to, '}');
    }
    writer_close(to, ']');
}

static void answer(struct town *town, struct exchange *exchange, int status, const struct writer *text) {
    exchange->status = status;
    exchange->answer = text != NULL ? town_keep_text(town, (struct span){text->to, text->size}) : SPAN("");
}

static void refuse(struct exchange *exchange, int status) {
    exchange->status = status;
    exchange->answer = SPAN("{\"statusCode\":400,\"error\":\"Refused\",\"message\":\"No.\"}");
}

/* ---- requests ---- */

static unsigned read_set(struct json_value list) {
    unsigned set = 0;
    for (struct json_walk walk = json_walk(list); json_next(&walk);)
        if (json_kind(walk.value) == JSON_STRING) set |= 1U << (json_bytes(walk.value).at[4] - '0');
    return set;
}

int people_number(struct json_value value) {
    int number = 0;
    if (json_kind(value) != JSON_NUMBER) return 0;
    for (size_t i = 0; i < json_bytes(value).size; i++) number = number * 10 + (json_bytes(value).at[i] - '0');
    return number;
}

static void patch(struct town *town, struct exchange *exchange, int person, struct json_value body) {
    for (int part = 0; part < METADATA; part++) {
        struct json_value metadata;
        if (!json_member(body, span_of(parts[part]), &metadata)) continue;
        for (struct json_walk walk = json_walk(metadata); json_next(&walk);) {
            int key = json_bytes(walk.name).at[1] - '0', value = people_number(walk.value);
            rules_writes(town, exchange, person, part, key, value);
            town->people[person].values[part][key] = value;
        }
    }
}

static void change_list(struct exchange *exchange, unsigned *set, struct json_value list) {
    bool takes = exchange->step >= SEQUENCE_PUT_BACK;
    *set = takes ? *set & ~read_set(list) : *set | read_set(list);
}

static void link_two(struct town *town, struct exchange *exchange, int primary, int secondary) {
    struct person *person = &town->people[secondary];
    bool has_own = false;
    for (int i = 0; i < PEOPLE; i++) has_own = has_own || town->people[i].home == secondary;
    if (town->people[primary].home >= 0) {
        refuse(exchange, 404);
        return;
    }
    if (person->home >= 0 || has_own) {
        refuse(exchange, dice_chance(&town->world.dice, 50) ? 409 : 400);
        return;
    }
    rules_links(town, exchange, secondary);
    *person = (struct person){.home = primary, .linked_by = exchange->run};
}

static void unlink_two(struct town *town, struct exchange *exchange, int primary, int secondary) {
    if (town->people[primary].home >= 0) {
        refuse(exchange, 404);
    } else if (town->people[secondary].home == primary) {
        rules_unlinks(town, exchange, secondary);
        town->people[secondary] = (struct person){.home = -1, .linked_by = -1};
    }
}

static void show_identities(struct town *town, struct exchange *exchange, int primary, int status) {
    char text[TEXT_ROOM];
    struct writer writer = writer_to(text);
    put_identities(&writer, town, primary);
    answer(town, exchange, status, &writer);
}

/* A link or an unlink. */
static void change_identities(struct town *town, struct exchange *exchange, bool is_carried_out) {
    int secondary = town->runs[exchange->run].secondary;
    bool is_link = exchange->step == SEQUENCE_LINK || exchange->step == SEQUENCE_RETURN;
    exchange->status = 0;
    if (is_carried_out && is_link) link_two(town, exchange, exchange->owner, secondary);
    if (is_carried_out && !is_link) unlink_two(town, exchange, exchange->owner, secondary);
    if (exchange->status == 0) show_identities(town, exchange, exchange->owner, is_link ? 201 : 200);
}

static void show_account(struct town *town, struct exchange *exchange, int person) {
    char text[TEXT_ROOM];
    struct writer writer = writer_to(text);
    put_account(&writer, town, person);
    answer(town, exchange, 200, &writer);
}

static void read_account(struct town *town, struct exchange *exchange, int person) {
    exchange->person = exchange->path != NULL ? person : -1;
    memcpy(exchange->found, town->people, sizeof exchange->found);
    if (town->people[person].home >= 0) {
        refuse(exchange, 404);
        return;
    }
    show_account(town, exchange, person);
}

static void with_list(struct town *town, struct exchange *exchange, unsigned *set, const char *name,
                      struct json_value body, bool is_carried_out) {
    char text[TEXT_ROOM];
    struct writer writer = writer_to(text);
    struct json_value list;
    if (exchange->step == SEQUENCE_READ) {
        put_list(&writer, *set, name[0] == 'r' ? "rol" : "org");
        answer(town, exchange, 200, &writer);
        return;
    }
    if (is_carried_out && json_member(body, span_of(name), &list)) change_list(exchange, set, list);
    answer(town, exchange, 204, NULL);
}

static void of_person(struct town *town, struct exchange *exchange, int person, struct span rest, bool is_carried_out) {
    struct json_value body = town_json(town, (struct span){exchange->body, exchange->body_size});
    struct person *it = &town->people[person];
    if (rest.size == 0 && exchange->body_size == 0) {
        read_account(town, exchange, person);
    } else if (it->home >= 0) {
        refuse(exchange, 404);
    } else if (rest.size == 0) {
        if (is_carried_out) patch(town, exchange, person, body);
        show_account(town, exchange, person);
    } else if (span_begins(rest, SPAN("/roles"))) {
        with_list(town, exchange, &it->roles, "roles", body, is_carried_out);
    } else if (span_begins(rest, SPAN("/organizations"))) {
        with_list(town, exchange, &it->organizations, "organizations", body, is_carried_out);
    } else {
        answer(town, exchange, 202, NULL);
    }
}

/* POST and DELETE /api/v2/organizations/org_N/members */
static void of_organization(struct town *town, struct exchange *exchange, char digit, bool is_carried_out) {
    const struct run *run = &town->runs[exchange->run];
    bool is_restored = exchange->step == SEQUENCE_RESTORE_ORGANIZATION;
    struct person *it = &town->people[is_restored ? run->secondary : run->primary];
    unsigned bit = 1U << (digit - '0');
    if (it->home >= 0) {
        refuse(exchange, 404);
        return;
    }
    if (is_carried_out && exchange->step == SEQUENCE_TAKE_ORGANIZATION)
        it->organizations &= ~bit;
    else if (is_carried_out)
        it->organizations |= bit;
    answer(town, exchange, 204, NULL);
}

static void handle(struct town *town, struct exchange *exchange, bool is_carried_out) {
    static const struct span users = {"/api/v2/users/", 14}, organizations = {"/api/v2/organizations/org_", 26};
    struct span path = span_of(exchange->path);
    if (exchange->path == NULL && exchange->request == OPERATION_READ) {
        read_account(town, exchange, exchange->owner);
        return;
    }
    if (exchange->path == NULL) {
        change_identities(town, exchange, is_carried_out);
        return;
    }
    if (span_begins(path, organizations)) {
        of_organization(town, exchange, path.at[organizations.size], is_carried_out);
        return;
    }
    for (int i = 0; i < PEOPLE; i++) {
        struct span encoded = span_of(names[i].encoded);
        if (span_begins(path, users) && span_begins(span_after(path, users.size), encoded)) {
            of_person(town, exchange, i, span_after(path, users.size + encoded.size), is_carried_out);
            return;
        }
    }
    answer(town, exchange, 201, NULL); /* a ticket */
}

void people_carry_out(struct town *town, struct exchange *exchange) {
    exchange->is_pending = false;
    handle(town, exchange, true);
}

void people_show(struct town *town, struct exchange *exchange) { handle(town, exchange, false); }

void people_edit(struct world *world, int index, int64_t unused) {
    (void)unused;
    struct town *town = town_of(world);
    struct person *person = &town->people[index];
    int part = dice_int(&world->dice, 0, METADATA - 1), key = dice_int(&world->dice, 0, KEYS - 1);
    if (person->home >= 0) return;
    person->values[part][key] = dice_chance(&world->dice, 25) ? 0 : ++town->next_value;
    world_trace(world, "edit: %s.%s.k%d = %d", names[index].id, parts[part], key, person->values[part][key]);
}
