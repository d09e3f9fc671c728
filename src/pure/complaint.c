#include "pure/complaint.h"

#include <stdarg.h>
#include <stdio.h>

bool complaint_make(struct complaint *complaint, const char *option, const char *format, ...) {
    va_list pieces;
    va_start(pieces, format);
    vsnprintf(complaint->what, sizeof complaint->what, format, pieces);
    va_end(pieces);
    complaint->option = option;
    return false;
}

const char *complaint_name_of(char invisible) {
    unsigned char byte = (unsigned char)invisible;
    return byte == '\0'                  ? "a NUL byte"
           : byte == '\t'                ? "a tab"
           : byte == '\n'                ? "a line feed"
           : byte == '\r'                ? "a carriage return"
           : byte == ' '                 ? "a space"
           : byte < 0x20 || byte == 0x7F ? "a control character"
                                         : "a character outside ASCII";
}
