/*
 * Hooks that read formatted text. How much of the stream that took nobody says: calls are counted,
 * and no bytes. The names __isoc99_ and __isoc23_ are what headers make of scanf for a newer C.
 */
#include <stdarg.h>
#include "hooks/stdio.h"

/* A libc of before C23 does all but binary numbers. */
static int scan_c23(FILE *stream, const char *format, va_list arguments)
{
	if (REAL(__isoc23_vfscanf))
		return real.__isoc23_vfscanf(stream, format, arguments);
	return REAL(__isoc99_vfscanf)(stream, format, arguments);
}

OTELUE_EXPORT int scanf(const char *restrict format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = REAL(vscanf)(format, arguments);
	va_end(arguments);
	return stdio_end_scanned(stdin, n);
}

OTELUE_EXPORT int vscanf(const char *restrict format, va_list arguments)
{
	int n = REAL(vscanf)(format, arguments);

	return stdio_end_scanned(stdin, n);
}

OTELUE_EXPORT int fscanf(FILE *restrict stream, const char *restrict format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = REAL(vfscanf)(stream, format, arguments);
	va_end(arguments);
	return stdio_end_scanned(stream, n);
}

OTELUE_EXPORT int vfscanf(FILE *restrict stream, const char *restrict format, va_list arguments)
{
	int n = REAL(vfscanf)(stream, format, arguments);

	return stdio_end_scanned(stream, n);
}

OTELUE_EXPORT int __isoc99_scanf(const char *restrict format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = REAL(__isoc99_vscanf)(format, arguments);
	va_end(arguments);
	return stdio_end_scanned(stdin, n);
}

OTELUE_EXPORT int __isoc99_vscanf(const char *restrict format, va_list arguments)
{
	int n = REAL(__isoc99_vscanf)(format, arguments);

	return stdio_end_scanned(stdin, n);
}

OTELUE_EXPORT int __isoc99_fscanf(FILE *restrict stream, const char *restrict format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = REAL(__isoc99_vfscanf)(stream, format, arguments);
	va_end(arguments);
	return stdio_end_scanned(stream, n);
}

OTELUE_EXPORT int __isoc99_vfscanf(FILE *restrict stream, const char *restrict format,
                                   va_list arguments)
{
	int n = REAL(__isoc99_vfscanf)(stream, format, arguments);

	return stdio_end_scanned(stream, n);
}

OTELUE_EXPORT int __isoc23_scanf(const char *restrict format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = scan_c23(stdin, format, arguments);
	va_end(arguments);
	return stdio_end_scanned(stdin, n);
}

OTELUE_EXPORT int __isoc23_vscanf(const char *restrict format, va_list arguments)
{
	int n = scan_c23(stdin, format, arguments);

	return stdio_end_scanned(stdin, n);
}

OTELUE_EXPORT int __isoc23_fscanf(FILE *restrict stream, const char *restrict format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = scan_c23(stream, format, arguments);
	va_end(arguments);
	return stdio_end_scanned(stream, n);
}

OTELUE_EXPORT int __isoc23_vfscanf(FILE *restrict stream, const char *restrict format,
                                   va_list arguments)
{
	int n = scan_c23(stream, format, arguments);

	return stdio_end_scanned(stream, n);
}

OTELUE_EXPORT int __vfscanf(FILE *restrict stream, const char *restrict format, va_list arguments)
{
	int n = REAL(__vfscanf)(stream, format, arguments);

	return stdio_end_scanned(stream, n);
}

OTELUE_EXPORT int _IO_vfscanf(FILE *restrict stream, const char *restrict format, va_list arguments,
                              int *ret_failed)
{
	int n = REAL(vfscanf)(stream, format, arguments);

	if (ret_failed)
		*ret_failed = n == -1;
	return stdio_end_scanned(stream, n);
}
