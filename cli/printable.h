/* Text of others, made safe to show: what is in a segment or a file may hold anything. */
#ifndef CLI_PRINTABLE_H
#define CLI_PRINTABLE_H

#include <stddef.h>

/*
 * Copies at most `length` bytes of `from` (which end earlier at a NUL) as printable UTF-8: bytes
 * that are none, control characters (newline too) and what turns the direction of writing become
 * U+FFFD. Cut at a character if there is no room. Ends in NUL; returns the length.
 */
size_t printable_copy(char *to, size_t size, const char *from, size_t length);

/* The last part of a program's path, the same way. */
size_t printable_program(char *to, size_t size, const char *path);

#endif
