/* Formatted text. See stream_names.h. */
#include <stdarg.h>
#include "tests/integration/programs/stream_names.h"

void stream_print(void *function)
{
	wrote(NULL, CAST(int, const char *, ...)("%03d", 7) == 3, 3);
}

void stream_print_chk(void *function)
{
	wrote(NULL, CAST(int, int, const char *, ...)(1, "%03d", 7) == 3, 3);
}

void stream_print_stream(void *function)
{
	FILE *stream = text();

	wrote(stream, CAST(int, FILE *, const char *, ...)(stream, "%03d", 7) == 3, 3);
}

void stream_print_stream_chk(void *function)
{
	FILE *stream = text();

	wrote(stream, CAST(int, FILE *, int, const char *, ...)(stream, 1, "%03d", 7) == 3, 3);
}

void stream_print_fd(void *function)
{
	wrote(NULL, CAST(int, int, const char *, ...)(1, "%03d", 7) == 3, 3);
}

void stream_print_fd_chk(void *function)
{
	wrote(NULL, CAST(int, int, int, const char *, ...)(1, 1, "%03d", 7) == 3, 3);
}

static int call_vprint(FILE *stream, void *function, ...)
{
	va_list arguments;
	int n;

	(void)stream;
	va_start(arguments, function);
	n = CAST(int, const char *, va_list)("%03d", arguments);
	va_end(arguments);
	return n;
}

void stream_vprint(void *function)
{
	wrote(NULL, call_vprint(NULL, function, 7) == 3, 3);
}

static int call_vprint_chk(FILE *stream, void *function, ...)
{
	va_list arguments;
	int n;

	(void)stream;
	va_start(arguments, function);
	n = CAST(int, int, const char *, va_list)(1, "%03d", arguments);
	va_end(arguments);
	return n;
}

void stream_vprint_chk(void *function)
{
	wrote(NULL, call_vprint_chk(NULL, function, 7) == 3, 3);
}

static int call_vprint_stream(FILE *stream, void *function, ...)
{
	va_list arguments;
	int n;

	(void)stream;
	va_start(arguments, function);
	n = CAST(int, FILE *, const char *, va_list)(stream, "%03d", arguments);
	va_end(arguments);
	return n;
}

void stream_vprint_stream(void *function)
{
	FILE *stream = text();

	wrote(stream, call_vprint_stream(stream, function, 7) == 3, 3);
}

static int call_vprint_stream_chk(FILE *stream, void *function, ...)
{
	va_list arguments;
	int n;

	(void)stream;
	va_start(arguments, function);
	n = CAST(int, FILE *, int, const char *, va_list)(stream, 1, "%03d", arguments);
	va_end(arguments);
	return n;
}

void stream_vprint_stream_chk(void *function)
{
	FILE *stream = text();

	wrote(stream, call_vprint_stream_chk(stream, function, 7) == 3, 3);
}

static int call_vprint_fd(FILE *stream, void *function, ...)
{
	va_list arguments;
	int n;

	(void)stream;
	va_start(arguments, function);
	n = CAST(int, int, const char *, va_list)(1, "%03d", arguments);
	va_end(arguments);
	return n;
}

void stream_vprint_fd(void *function)
{
	wrote(NULL, call_vprint_fd(NULL, function, 7) == 3, 3);
}

static int call_vprint_fd_chk(FILE *stream, void *function, ...)
{
	va_list arguments;
	int n;

	(void)stream;
	va_start(arguments, function);
	n = CAST(int, int, int, const char *, va_list)(1, 1, "%03d", arguments);
	va_end(arguments);
	return n;
}

void stream_vprint_fd_chk(void *function)
{
	wrote(NULL, call_vprint_fd_chk(NULL, function, 7) == 3, 3);
}

void stream_scan(void *function)
{
	int number;

	has_read(NULL, CAST(int, const char *, ...)("%d", &number) == EOF, 0);
}

void stream_scan_stream(void *function)
{
	int number = 0;
	FILE *stream = text();

	has_read(stream,
	         CAST(int, FILE *, const char *, ...)(stream, "%d", &number) == 1 && number == 17,
	         0);
}

static int call_vscan(FILE *stream, void *function, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, function);
	n = stream ? CAST(int, FILE *, const char *, va_list)(stream, "%d", arguments)
	           : CAST(int, const char *, va_list)("%d", arguments);
	va_end(arguments);
	return n;
}

void stream_vscan(void *function)
{
	int number;

	has_read(NULL, call_vscan(NULL, function, &number) == EOF, 0);
}

void stream_vscan_stream(void *function)
{
	int number = 0;
	FILE *stream = text();

	has_read(stream, call_vscan(stream, function, &number) == 1 && number == 17, 0);
}
