/* Merges pairs of users, and puts back what merges wrote, for tests/merge/reference.py, which knows what must come of
   it. A record on standard input: fields with 1F between, ended by 1E.
     merge    the four choices as digits, the paths to unite with commas between, primary, secondary
     restore  before, wrote, now
   A line on standard output, its fields with 1F between:
     merge    patch, before, size, entries, faults
     restore  patch, entries */
#include "pure/restore.h"

#include <stdio.h>
#include <stdlib.h>

enum { FIELDS = 5, PATHS = 8, PATH = 4096 };

static void *allocate(size_t size) {
    void *memory = malloc(size > 0 ? size : 1);
    if (memory == NULL) abort();
    return memory;
}

/* The tokens are the caller's to free. */
static struct json_value read_value(struct span text, struct json_token **tokens) {
    struct json_reader reader = json_reader(text);
    reader.room = json_room(text.size);
    reader.tokens = *tokens = allocate(reader.room * sizeof *reader.tokens);
    if (json_read(&reader) == JSON_WHOLE) return json_root(&reader);
    fprintf(stderr, "%s at %zu of %.*s\n", reader.fault, reader.fault_at, (int)text.size, text.at);
    exit(1);
}

static void show(struct span text) { printf("%.*s", (int)text.size, text.at); }

static void show_entry(size_t index, enum merge_part part, struct span path, const char *fate) {
    printf("%s%s/", index > 0 ? "," : "", merge_part_name(part));
    for (size_t i = 0; i < path.size; i++) printf("%02x", (unsigned char)path.at[i]);
    printf("/%s", fate);
}

static void show_merge(const struct merge *merge) {
    char path[PATH];
    show(merge->patch);
    putchar('\x1F');
    show(merge->before);
    printf("\x1F%zu\x1F", merge->size);
    for (size_t i = 0; i < merge->entry_count; i++) {
        const struct merge_entry *entry = &merge->entries[i];
        struct span at = {path, merge_path(merge, entry, path, sizeof path)};
        show_entry(i, entry->part, at, merge_fate_name(entry->fate));
    }
    putchar('\x1F');
    for (size_t i = 0; i < merge->fault_count; i++) {
        const struct merge_fault *fault = &merge->faults[i];
        struct span name = {path, json_string(fault->name, path, sizeof path)};
        show_entry(i, fault->part, name, fault->is_reserved ? "reserved" : "forbidden");
    }
    putchar('\n');
}

static void merge_fields(const struct span *fields) {
    struct span paths[PATHS];
    struct json_token *tokens[2];
    struct merge_given given = {.united = paths};
    struct merge merge;
    for (size_t i = 0; i < MERGE_PARTS; i++) given.choice[i] = (enum merge_choice)(fields[1].at[i] - '0');
    for (struct span rest = fields[2]; rest.size > 0 && given.united_count < PATHS;) {
        struct span path = span_until(rest, ',');
        paths[given.united_count++] = path;
        rest = span_after(rest, path.size < rest.size ? path.size + 1 : path.size);
    }
    given.primary = read_value(fields[3], &tokens[0]);
    given.secondary = read_value(fields[4], &tokens[1]);
    void *memory = allocate(merge_room(&given));
    merge_make(&given, memory, &merge);
    show_merge(&merge);
    free(memory);
    free(tokens[0]);
    free(tokens[1]);
}

static void restore_fields(const struct span *fields) {
    struct json_token *tokens[3];
    struct restore_given given = {read_value(fields[1], &tokens[0]), read_value(fields[2], &tokens[1]),
                                  read_value(fields[3], &tokens[2])};
    struct restore restore;
    void *memory = allocate(restore_room(&given));
    restore_make(&given, memory, &restore);
    show(restore.patch);
    putchar('\x1F');
    for (size_t i = 0; i < restore.entry_count; i++) {
        char path[PATH];
        const struct restore_entry *entry = &restore.entries[i];
        struct span at = {path, restore_path(&restore, entry, path, sizeof path)};
        show_entry(i, entry->part, at, restore_fate_name(entry->fate));
    }
    putchar('\n');
    free(memory);
    for (size_t i = 0; i < 3; i++) free(tokens[i]);
}

/* Cuts it into fields; those that it lacks are empty. */
static void split(struct span record, struct span fields[FIELDS]) {
    for (size_t i = 0; i < FIELDS; i++) {
        fields[i] = span_until(record, '\x1F');
        size_t taken = fields[i].size < record.size ? fields[i].size + 1 : fields[i].size;
        record = span_after(record, taken);
    }
}

int main(void) {
    char *line = NULL;
    size_t room = 0;
    for (ssize_t size; (size = getdelim(&line, &room, '\x1E', stdin)) > 0;) {
        struct span fields[FIELDS];
        split((struct span){line, (size_t)size - (line[size - 1] == '\x1E')}, fields);
        if (span_equals(fields[0], SPAN("merge")))
            merge_fields(fields);
        else
            restore_fields(fields);
    }
    free(line);
    return 0;
}
