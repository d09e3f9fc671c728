#include "pure/utf8.h"

size_t utf8_size(struct span text) {
    static const unsigned long smallest[] = {0, 0x80, 0x800, 0x10000};
    unsigned char lead = (unsigned char)text.at[0];
    if (lead < 0x80) return 1;
    size_t more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    if (lead < 0xC2 || lead > 0xF4 || text.size <= more) return 0;
    unsigned long code = lead & (0x3FU >> more);
    for (size_t i = 1; i <= more; i++) {
        unsigned char next = (unsigned char)text.at[i];
        if ((next & 0xC0) != 0x80) return 0;
        code = code << 6 | (next & 0x3FU);
    }
    return code < smallest[more] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF) ? 0 : more + 1;
}

bool utf8_is(struct span text) {
    while (text.size > 0) {
        size_t size = utf8_size(text);
        if (size == 0) return false;
        text = span_after(text, size);
    }
    return true;
}
