/* UTF-8 as Unicode defines it: no overlong forms, no surrogates, up to U+10FFFF. Pure, no libc. */
#ifndef ENCODER_UTF8_H
#define ENCODER_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Length of the character at s[0], of at most `length` (>= 1) bytes. Where the bytes are no
 * character: how many of them one U+FFFD stands for (the longest start of a character, else one
 * byte), and *ret_valid is false.
 */
size_t utf8_character(const char *s, size_t length, bool *ret_valid);

bool utf8_valid(const char *s, size_t length);

/* Copies at most `limit` characters with U+FFFD for what is none; returns the length in bytes. With
 * to == NULL it only tells that length. */
size_t utf8_repair(char *to, const char *from, size_t length, size_t limit);

/* The largest length <= `size` at which valid UTF-8 can be cut. */
size_t utf8_cut(const char *s, size_t length, size_t size);

#endif
