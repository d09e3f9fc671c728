#include "pure/shared.h"

enum { DIGITS = 256, DIGIT = 8, FEW = 32 };

static void sort_few(uint64_t *entries, size_t count) {
    for (size_t i = 1; i < count; i++) {
        uint64_t entry = entries[i];
        size_t at = i;
        for (; at > 0 && entries[at - 1] > entry; at--) entries[at] = entries[at - 1];
        entries[at] = entry;
    }
}

static size_t digit(uint64_t entry, unsigned shift) { return entry >> shift & (DIGITS - 1); }

static void swap(uint64_t *a, uint64_t *b) {
    uint64_t kept = *a;
    *a = *b;
    *b = kept;
}

/* Puts each among those with its digit. `ends` gets where those of each digit end. */
static void part(uint64_t *entries, size_t count, unsigned shift, size_t ends[DIGITS]) {
    size_t next[DIGITS] = {0}, sum = 0;
    for (size_t i = 0; i < count; i++) next[digit(entries[i], shift)]++;
    for (size_t d = 0; d < DIGITS; d++) {
        sum += next[d];
        next[d] = sum - next[d];
        ends[d] = sum;
    }
    for (size_t d = 0; d < DIGITS; d++)
        while (next[d] < ends[d]) {
            size_t to = digit(entries[next[d]], shift);
            if (to == d)
                next[d]++;
            else
                swap(&entries[next[d]], &entries[next[to]++]);
        }
}

/* From the highest digit on. */
static void sort(uint64_t *entries, size_t count, unsigned shift) {
    size_t ends[DIGITS], first = 0;
    if (count <= FEW) {
        sort_few(entries, count);
        return;
    }
    part(entries, count, shift, ends);
    for (size_t d = 0; shift > 0 && d < DIGITS; first = ends[d++])
        sort(entries + first, ends[d] - first, shift - DIGIT);
}

static void sort_all(uint64_t *entries, size_t count) { sort(entries, count, 64 - DIGIT); }

size_t shared_find(uint64_t *entries, size_t count) {
    size_t found = 0;
    sort_all(entries, count);
    for (size_t first = 0, end; first < count; first = end) {
        uint64_t number = entries[first] >> 32;
        for (end = first + 1; end < count && entries[end] >> 32 == number;) end++;
        for (size_t i = first; end - first > 1 && i < end; i++) entries[found++] = entries[i] & UINT32_MAX;
    }
    sort_all(entries, found);
    return found;
}
