/*
 * memcpy and its kin for the shim, hidden: the compiler calls them on its own account, also in code
 * that runs on the emitter thread, where libc's may not be called (under sanitizers they are
 * intercepted and need libc's TLS). Linked into the shim only. Short copies: no vector code, no
 * dispatch at load time.
 */
#include "base/memory.h"

#define HIDDEN __attribute__((visibility("hidden"), used))

/* Keeps the compiler from making a call to memcpy out of memcpy's own loop. */
#define NO_IDIOM(p) __asm__("" : "+r"(p))

HIDDEN void *memcpy(void *restrict to, const void *restrict from, size_t length)
{
	unsigned char *out = to;
	const unsigned char *in = from;

#if defined(__x86_64__)
	__asm__ volatile("rep movsb" : "+D"(out), "+S"(in), "+c"(length) : : "memory");
#else
	while (length--) {
		NO_IDIOM(out);
		*out++ = *in++;
	}
#endif
	return to;
}

HIDDEN void *memmove(void *to, const void *from, size_t length)
{
	unsigned char *out = to;
	const unsigned char *in = from;

	if (out <= in || out >= in + length)
		return memcpy(to, from, length);
	while (length--) {
		NO_IDIOM(out);
		out[length] = in[length];
	}
	return to;
}

HIDDEN void *memset(void *to, int byte, size_t length)
{
	unsigned char *out = to;

#if defined(__x86_64__)
	__asm__ volatile("rep stosb" : "+D"(out), "+c"(length) : "a"(byte) : "memory");
#else
	while (length--) {
		NO_IDIOM(out);
		*out++ = (unsigned char)byte;
	}
#endif
	return to;
}

HIDDEN int memcmp(const void *a, const void *b, size_t length)
{
	const unsigned char *x = a, *y = b;

	for (; length--; x++, y++) {
		NO_IDIOM(x);
		if (*x != *y)
			return *x - *y;
	}
	return 0;
}
