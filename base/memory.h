/*
 * Memory and string helpers for code that may not call libc (emitter thread). The compiler may
 * still emit calls to memcpy, memmove, memset and memcmp; in the shim those are the hidden ones of
 * base/memory.c, in the command and the tests libc's. No allocation, no locale. Pure functions, any
 * thread.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t length);
void *memmove(void *to, const void *from, size_t length);
void *memset(void *to, int byte, size_t length);
int memcmp(const void *a, const void *b, size_t length);

static inline size_t string_length(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

static inline int string_equal(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

/* Copies as much of `from` as fits with its NUL; returns the length written without NUL. */
static inline size_t string_copy(char *to, size_t size, const char *from)
{
	size_t n = 0;

	if (size == 0)
		return 0;
	while (n + 1 < size && from[n]) {
		to[n] = from[n];
		n++;
	}
	to[n] = '\0';
	return n;
}

/*
 * A row of constants has its texts within it: a pointer would be relocated at every start of a
 * program, and its page written.
 */
#define FITS(text, array) _Static_assert(sizeof(text) <= sizeof(array), "a longer text")

/*
 * Where static memory lies. A page costs each start that touches it a fault, and a fork child that
 * writes it a copy. So what all of them touch is on the page of .data, which the loader has written
 * anyway, and small variables follow there in the order of the link (preload/Makefile.am). Memory
 * of kilobytes that few need comes behind them; last the page that is wiped in fork children, which
 * is a mapping of its own and at the end splits but one other.
 */
#define FORK_MEMORY  __attribute__((section(".data.fork")))
#define LARGE_MEMORY __attribute__((section(".sbss.large"), aligned(64)))
#define WIPED_MEMORY __attribute__((section(".sbss.wiped")))

/* Writes value in decimal with NUL into to[21]; returns the number of digits. */
static inline size_t string_from_u64(char *to, uint64_t value)
{
	char digits[20];
	size_t n = 0, i;

	do {
		digits[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	for (i = 0; i < n; i++)
		to[i] = digits[n - 1 - i];
	to[n] = '\0';
	return n;
}

/* Reads decimal digits at *s and moves *s behind them; 0 where there are none. */
static inline uint64_t string_to_u64(const char **s)
{
	uint64_t value = 0;

	while (**s >= '0' && **s <= '9')
		value = value * 10 + (uint64_t)(*(*s)++ - '0');
	return value;
}

#endif
