/* Wide characters, and gets. See stream_names.h. A stream takes wide characters or bytes, never
 * both. */
#include <stdarg.h>
#include <wchar.h>
#include "tests/integration/programs/stream_names.h"

static FILE *plain_stdin, *plain_stdout;

/* The file "text" in place of the standard streams. */
static FILE *standard(void)
{
	FILE *stream = text();

	plain_stdin = stdin;
	plain_stdout = stdout;
	stdin = stdout = stream;
	return stream;
}

static void restore(void)
{
	stdin = plain_stdin;
	stdout = plain_stdout;
}

void stream_got(void *function)
{
	char to[20];
	FILE *stream = standard();
	int right = CAST(char *, char *)(to) == to;

	has_read(stream, right, 8);
	restore();
}

void stream_got_chk(void *function)
{
	char to[20];
	FILE *stream = standard();
	int right = CAST(char *, char *, size_t)(to, sizeof(to)) == to;

	has_read(stream, right, 8);
	restore();
}

void stream_wide_line(void *function)
{
	wchar_t to[20];
	FILE *stream = text();

	has_read(stream, CAST(wchar_t *, wchar_t *, int, FILE *)(to, 20, stream) == to, 0);
}

void stream_wide_line_chk(void *function)
{
	wchar_t to[20];
	FILE *stream = text();

	has_read(stream, CAST(wchar_t *, wchar_t *, size_t, int, FILE *)(to, 20, 20, stream) == to,
	         0);
}

void stream_wide_put(void *function)
{
	FILE *stream = text();

	wrote(stream, CAST(int, const wchar_t *, FILE *)(L"abcd", stream) >= 0, 0);
}

void stream_wide_print(void *function)
{
	FILE *stream = standard();
	int right = CAST(int, const wchar_t *, ...)(L"%03d", 7) == 3;

	wrote(stream, right, 0);
	restore();
}

void stream_wide_print_chk(void *function)
{
	FILE *stream = standard();
	int right = CAST(int, int, const wchar_t *, ...)(1, L"%03d", 7) == 3;

	wrote(stream, right, 0);
	restore();
}

void stream_wide_print_stream(void *function)
{
	FILE *stream = text();
	int right = CAST(int, FILE *, const wchar_t *, ...)(stream, L"%03d", 7) == 3;

	wrote(stream, right, 0);
}

void stream_wide_print_stream_chk(void *function)
{
	FILE *stream = text();
	int right = CAST(int, FILE *, int, const wchar_t *, ...)(stream, 1, L"%03d", 7) == 3;

	wrote(stream, right, 0);
}

static int call_vprint(FILE *stream, void *function, ...)
{
	va_list arguments;
	int n;

	(void)stream;
	va_start(arguments, function);
	n = CAST(int, const wchar_t *, va_list)(L"%03d", arguments);
	va_end(arguments);
	return n;
}

void stream_wide_vprint(void *function)
{
	FILE *stream = standard();
	int right = call_vprint(stream, function, 7) == 3;

	wrote(stream, right, 0);
	restore();
}

static int call_vprint_chk(FILE *stream, void *function, ...)
{
	va_list arguments;
	int n;

	(void)stream;
	va_start(arguments, function);
	n = CAST(int, int, const wchar_t *, va_list)(1, L"%03d", arguments);
	va_end(arguments);
	return n;
}

void stream_wide_vprint_chk(void *function)
{
	FILE *stream = standard();
	int right = call_vprint_chk(stream, function, 7) == 3;

	wrote(stream, right, 0);
	restore();
}

static int call_vprint_stream(FILE *stream, void *function, ...)
{
	va_list arguments;
	int n;

	(void)stream;
	va_start(arguments, function);
	n = CAST(int, FILE *, const wchar_t *, va_list)(stream, L"%03d", arguments);
	va_end(arguments);
	return n;
}

void stream_wide_vprint_stream(void *function)
{
	FILE *stream = text();
	int right = call_vprint_stream(stream, function, 7) == 3;

	wrote(stream, right, 0);
}

static int call_vprint_stream_chk(FILE *stream, void *function, ...)
{
	va_list arguments;
	int n;

	(void)stream;
	va_start(arguments, function);
	n = CAST(int, FILE *, int, const wchar_t *, va_list)(stream, 1, L"%03d", arguments);
	va_end(arguments);
	return n;
}

void stream_wide_vprint_stream_chk(void *function)
{
	FILE *stream = text();
	int right = call_vprint_stream_chk(stream, function, 7) == 3;

	wrote(stream, right, 0);
}

void stream_wide_scan(void *function)
{
	int number = 0;
	FILE *stream = standard();
	int right = CAST(int, const wchar_t *, ...)(L"%d", &number) == 1 && number == 17;

	has_read(stream, right, 0);
	restore();
}

void stream_wide_scan_stream(void *function)
{
	int number = 0;
	FILE *stream = text();
	int right = CAST(int, FILE *, const wchar_t *, ...)(stream, L"%d", &number) == 1 &&
	            number == 17;

	has_read(stream, right, 0);
}

static int call_vscan(FILE *stream, void *function, ...)
{
	va_list arguments;
	int n;

	(void)stream;
	va_start(arguments, function);
	n = CAST(int, const wchar_t *, va_list)(L"%d", arguments);
	va_end(arguments);
	return n;
}

void stream_wide_vscan(void *function)
{
	int number = 0;
	FILE *stream = standard();
	int right = call_vscan(stream, function, &number) == 1 && number == 17;

	has_read(stream, right, 0);
	restore();
}

static int call_vscan_stream(FILE *stream, void *function, ...)
{
	va_list arguments;
	int n;

	(void)stream;
	va_start(arguments, function);
	n = CAST(int, FILE *, const wchar_t *, va_list)(stream, L"%d", arguments);
	va_end(arguments);
	return n;
}

void stream_wide_vscan_stream(void *function)
{
	int number = 0;
	FILE *stream = text();
	int right = call_vscan_stream(stream, function, &number) == 1 && number == 17;

	has_read(stream, right, 0);
}
