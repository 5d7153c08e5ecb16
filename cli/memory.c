/* See memory.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
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

void *memory_take_pages(size_t size)
{
	void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return there(pages == MAP_FAILED ? NULL : pages);
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
