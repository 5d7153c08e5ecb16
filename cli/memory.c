/* See memory.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/cli.h"
#include "cli/memory.h"

void memory_exhausted(void)
{
	fputs("otelue: out of memory\n", stderr);
	exit(CLI_PROBLEM);
}

static void *there(void *block)
{
	if (!block)
		memory_exhausted();
	return block;
}

void *memory_take(size_t size)
{
	return there(calloc(1, size));
}

void *memory_take_aligned(size_t alignment, size_t size)
{
	return memset(there(aligned_alloc(alignment, size)), 0, size);
}

void *memory_grow(void *old, size_t count, size_t size)
{
	return there(reallocarray(old, count, size));
}

char *memory_text(const char *format, ...)
{
	va_list arguments;
	char *text;
	int n;

	va_start(arguments, format);
	n = vasprintf(&text, format, arguments);
	va_end(arguments);
	return there(n < 0 ? NULL : text);
}
