/*
 * Hooks of streams of wide characters. How many bytes those become in the stream, only the locale
 * knows: calls are counted, and no bytes. Those of single characters are not hooked.
 */
#include <stdarg.h>
#include "hooks/stdio.h"

static wchar_t *end_line(FILE *stream, wchar_t *line)
{
	stdio_count_read(stream, 0, line != NULL);
	return line;
}

/* The result is negative where it failed. */
static int end_write(int result)
{
	stdio_count_write(0, result >= 0);
	return result;
}

/* A libc of before C23 does all but binary numbers. */
static int scan_c23(FILE *stream, const wchar_t *format, va_list arguments)
{
	if (REAL(__isoc23_vfwscanf))
		return real.__isoc23_vfwscanf(stream, format, arguments);
	return REAL(__isoc99_vfwscanf)(stream, format, arguments);
}

OTELUE_EXPORT wchar_t *fgetws(wchar_t *restrict to, int size, FILE *restrict stream)
{
	return end_line(stream, REAL(fgetws)(to, size, stream));
}

OTELUE_EXPORT wchar_t *fgetws_unlocked(wchar_t *restrict to, int size, FILE *restrict stream)
{
	return end_line(stream, REAL(fgetws_unlocked)(to, size, stream));
}

OTELUE_EXPORT wchar_t *__fgetws_chk(wchar_t *restrict to, size_t room, int size,
                                    FILE *restrict stream)
{
	return end_line(stream, REAL(__fgetws_chk)(to, room, size, stream));
}

OTELUE_EXPORT wchar_t *__fgetws_unlocked_chk(wchar_t *restrict to, size_t room, int size,
                                             FILE *restrict stream)
{
	return end_line(stream, REAL(__fgetws_unlocked_chk)(to, room, size, stream));
}

OTELUE_EXPORT int fputws(const wchar_t *restrict text, FILE *restrict stream)
{
	return end_write(REAL(fputws)(text, stream));
}

OTELUE_EXPORT int fputws_unlocked(const wchar_t *restrict text, FILE *restrict stream)
{
	return end_write(REAL(fputws_unlocked)(text, stream));
}

OTELUE_EXPORT int wprintf(const wchar_t *restrict format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = REAL(vwprintf)(format, arguments);
	va_end(arguments);
	return end_write(n);
}

OTELUE_EXPORT int vwprintf(const wchar_t *restrict format, va_list arguments)
{
	int n = REAL(vwprintf)(format, arguments);

	return end_write(n);
}

OTELUE_EXPORT int __wprintf_chk(int flag, const wchar_t *restrict format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = REAL(__vwprintf_chk)(flag, format, arguments);
	va_end(arguments);
	return end_write(n);
}

OTELUE_EXPORT int __vwprintf_chk(int flag, const wchar_t *restrict format, va_list arguments)
{
	int n = REAL(__vwprintf_chk)(flag, format, arguments);

	return end_write(n);
}

OTELUE_EXPORT int fwprintf(FILE *restrict stream, const wchar_t *restrict format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = REAL(vfwprintf)(stream, format, arguments);
	va_end(arguments);
	return end_write(n);
}

OTELUE_EXPORT int vfwprintf(FILE *restrict stream, const wchar_t *restrict format,
                            va_list arguments)
{
	int n = REAL(vfwprintf)(stream, format, arguments);

	return end_write(n);
}

OTELUE_EXPORT int __fwprintf_chk(FILE *restrict stream, int flag, const wchar_t *restrict format,
                                 ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = REAL(__vfwprintf_chk)(stream, flag, format, arguments);
	va_end(arguments);
	return end_write(n);
}

OTELUE_EXPORT int __vfwprintf_chk(FILE *restrict stream, int flag, const wchar_t *restrict format,
                                  va_list arguments)
{
	int n = REAL(__vfwprintf_chk)(stream, flag, format, arguments);

	return end_write(n);
}

OTELUE_EXPORT int wscanf(const wchar_t *restrict format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = REAL(vwscanf)(format, arguments);
	va_end(arguments);
	return stdio_end_scanned(stdin, n);
}

OTELUE_EXPORT int vwscanf(const wchar_t *restrict format, va_list arguments)
{
	int n = REAL(vwscanf)(format, arguments);

	return stdio_end_scanned(stdin, n);
}

OTELUE_EXPORT int fwscanf(FILE *restrict stream, const wchar_t *restrict format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = REAL(vfwscanf)(stream, format, arguments);
	va_end(arguments);
	return stdio_end_scanned(stream, n);
}

OTELUE_EXPORT int vfwscanf(FILE *restrict stream, const wchar_t *restrict format, va_list arguments)
{
	int n = REAL(vfwscanf)(stream, format, arguments);

	return stdio_end_scanned(stream, n);
}

OTELUE_EXPORT int __isoc99_wscanf(const wchar_t *restrict format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = REAL(__isoc99_vwscanf)(format, arguments);
	va_end(arguments);
	return stdio_end_scanned(stdin, n);
}

OTELUE_EXPORT int __isoc99_vwscanf(const wchar_t *restrict format, va_list arguments)
{
	int n = REAL(__isoc99_vwscanf)(format, arguments);

	return stdio_end_scanned(stdin, n);
}

OTELUE_EXPORT int __isoc99_fwscanf(FILE *restrict stream, const wchar_t *restrict format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = REAL(__isoc99_vfwscanf)(stream, format, arguments);
	va_end(arguments);
	return stdio_end_scanned(stream, n);
}

OTELUE_EXPORT int __isoc99_vfwscanf(FILE *restrict stream, const wchar_t *restrict format,
                                    va_list arguments)
{
	int n = REAL(__isoc99_vfwscanf)(stream, format, arguments);

	return stdio_end_scanned(stream, n);
}

OTELUE_EXPORT int __isoc23_wscanf(const wchar_t *restrict format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = scan_c23(stdin, format, arguments);
	va_end(arguments);
	return stdio_end_scanned(stdin, n);
}

OTELUE_EXPORT int __isoc23_vwscanf(const wchar_t *restrict format, va_list arguments)
{
	int n = scan_c23(stdin, format, arguments);

	return stdio_end_scanned(stdin, n);
}

OTELUE_EXPORT int __isoc23_fwscanf(FILE *restrict stream, const wchar_t *restrict format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = scan_c23(stream, format, arguments);
	va_end(arguments);
	return stdio_end_scanned(stream, n);
}

OTELUE_EXPORT int __isoc23_vfwscanf(FILE *restrict stream, const wchar_t *restrict format,
                                    va_list arguments)
{
	int n = scan_c23(stream, format, arguments);

	return stdio_end_scanned(stream, n);
}
