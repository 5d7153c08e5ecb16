/* Hooks that write formatted text. */
#include <stdarg.h>
#include "hooks/stdio.h"

static always_inline int stdio_end_formatted(int n)
{
	stdio_count_write(n < 0 ? 0 : (uint64_t)n, n >= 0);
	return n;
}

OTELUE_EXPORT int printf(const char *restrict format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = REAL(vprintf)(format, arguments);
	va_end(arguments);
	return stdio_end_formatted(n);
}

OTELUE_EXPORT int _IO_printf(const char *restrict format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = REAL(vprintf)(format, arguments);
	va_end(arguments);
	return stdio_end_formatted(n);
}

OTELUE_EXPORT int __printf_chk(int flag, const char *restrict format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = REAL(__vprintf_chk)(flag, format, arguments);
	va_end(arguments);
	return stdio_end_formatted(n);
}

OTELUE_EXPORT int vprintf(const char *restrict format, va_list arguments)
{
	int n = REAL(vprintf)(format, arguments);

	return stdio_end_formatted(n);
}

OTELUE_EXPORT int __vprintf_chk(int flag, const char *restrict format, va_list arguments)
{
	int n = REAL(__vprintf_chk)(flag, format, arguments);

	return stdio_end_formatted(n);
}

OTELUE_EXPORT int fprintf(FILE *restrict stream, const char *restrict format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = REAL(vfprintf)(stream, format, arguments);
	va_end(arguments);
	return stdio_end_formatted(n);
}

OTELUE_EXPORT int _IO_fprintf(FILE *restrict stream, const char *restrict format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = REAL(vfprintf)(stream, format, arguments);
	va_end(arguments);
	return stdio_end_formatted(n);
}

OTELUE_EXPORT int __fprintf_chk(FILE *restrict stream, int flag, const char *restrict format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = REAL(__vfprintf_chk)(stream, flag, format, arguments);
	va_end(arguments);
	return stdio_end_formatted(n);
}

OTELUE_EXPORT int vfprintf(FILE *restrict stream, const char *restrict format, va_list arguments)
{
	int n = REAL(vfprintf)(stream, format, arguments);

	return stdio_end_formatted(n);
}

OTELUE_EXPORT int _IO_vfprintf(FILE *restrict stream, const char *restrict format,
                               va_list arguments)
{
	int n = REAL(_IO_vfprintf)(stream, format, arguments);

	return stdio_end_formatted(n);
}

OTELUE_EXPORT int __vfprintf_chk(FILE *restrict stream, int flag, const char *restrict format,
                                 va_list arguments)
{
	int n = REAL(__vfprintf_chk)(stream, flag, format, arguments);

	return stdio_end_formatted(n);
}

OTELUE_EXPORT int dprintf(int fd, const char *restrict format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = REAL(vdprintf)(fd, format, arguments);
	va_end(arguments);
	return stdio_end_formatted(n);
}

OTELUE_EXPORT int __dprintf_chk(int fd, int flag, const char *restrict format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = REAL(__vdprintf_chk)(fd, flag, format, arguments);
	va_end(arguments);
	return stdio_end_formatted(n);
}

OTELUE_EXPORT int vdprintf(int fd, const char *restrict format, va_list arguments)
{
	int n = REAL(vdprintf)(fd, format, arguments);

	return stdio_end_formatted(n);
}

OTELUE_EXPORT int __vdprintf_chk(int fd, int flag, const char *restrict format, va_list arguments)
{
	int n = REAL(__vdprintf_chk)(fd, flag, format, arguments);

	return stdio_end_formatted(n);
}
