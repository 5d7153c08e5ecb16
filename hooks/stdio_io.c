/* Hooks that read and write streams: items, lines, text. Those of single characters are not hooked.
 */
#include "hooks/stdio.h"

OTELUE_EXPORT size_t fread(void *restrict to, size_t size, size_t count, FILE *restrict stream)
{
	size_t n = REAL(fread)(to, size, count, stream);

	return stdio_end_items(stream, size, count, n);
}

OTELUE_EXPORT size_t _IO_fread(void *restrict to, size_t size, size_t count, FILE *restrict stream)
{
	size_t n = REAL(_IO_fread)(to, size, count, stream);

	return stdio_end_items(stream, size, count, n);
}

OTELUE_EXPORT size_t fread_unlocked(void *restrict to, size_t size, size_t count,
                                    FILE *restrict stream)
{
	size_t n = REAL(fread_unlocked)(to, size, count, stream);

	return stdio_end_items(stream, size, count, n);
}

OTELUE_EXPORT size_t __fread_chk(void *restrict to, size_t room, size_t size, size_t count,
                                 FILE *restrict stream)
{
	size_t n = REAL(__fread_chk)(to, room, size, count, stream);

	return stdio_end_items(stream, size, count, n);
}

OTELUE_EXPORT size_t __fread_unlocked_chk(void *restrict to, size_t room, size_t size, size_t count,
                                          FILE *restrict stream)
{
	size_t n = REAL(__fread_unlocked_chk)(to, room, size, count, stream);

	return stdio_end_items(stream, size, count, n);
}

OTELUE_EXPORT char *fgets(char *restrict to, int size, FILE *restrict stream)
{
	return stdio_end_line(stream, REAL(fgets)(to, size, stream));
}

OTELUE_EXPORT char *_IO_fgets(char *restrict to, int size, FILE *restrict stream)
{
	return stdio_end_line(stream, REAL(_IO_fgets)(to, size, stream));
}

OTELUE_EXPORT char *fgets_unlocked(char *restrict to, int size, FILE *restrict stream)
{
	return stdio_end_line(stream, REAL(fgets_unlocked)(to, size, stream));
}

OTELUE_EXPORT char *__fgets_chk(char *restrict to, size_t room, int size, FILE *restrict stream)
{
	return stdio_end_line(stream, REAL(__fgets_chk)(to, room, size, stream));
}

OTELUE_EXPORT char *__fgets_unlocked_chk(char *restrict to, size_t room, int size,
                                         FILE *restrict stream)
{
	return stdio_end_line(stream, REAL(__fgets_unlocked_chk)(to, room, size, stream));
}

/* The end of the line is taken, too, unless the stream ended first. */
static char *end_gets(char *line)
{
	stdio_count_read(stdin, line ? strlen(line) + !feof_unlocked(stdin) : 0, line != NULL);
	return line;
}

OTELUE_EXPORT char *gets(char *to)
{
	return end_gets(REAL(gets)(to));
}

OTELUE_EXPORT char *_IO_gets(char *to)
{
	return end_gets(REAL(_IO_gets)(to));
}

OTELUE_EXPORT char *__gets_chk(char *to, size_t room)
{
	return end_gets(REAL(__gets_chk)(to, room));
}

OTELUE_EXPORT ssize_t getline(char **restrict line, size_t *restrict size, FILE *restrict stream)
{
	return stdio_end_delimited(stream, REAL(getline)(line, size, stream));
}

OTELUE_EXPORT ssize_t getdelim(char **restrict line, size_t *restrict size, int delimiter,
                               FILE *restrict stream)
{
	ssize_t length = REAL(getdelim)(line, size, delimiter, stream);

	return stdio_end_delimited(stream, length);
}

OTELUE_EXPORT ssize_t __getdelim(char **restrict line, size_t *restrict size, int delimiter,
                                 FILE *restrict stream)
{
	ssize_t length = REAL(__getdelim)(line, size, delimiter, stream);

	return stdio_end_delimited(stream, length);
}

OTELUE_EXPORT size_t fwrite(const void *restrict from, size_t size, size_t count,
                            FILE *restrict stream)
{
	size_t n = REAL(fwrite)(from, size, count, stream);

	return stdio_end_written(size, count, n);
}

OTELUE_EXPORT size_t _IO_fwrite(const void *restrict from, size_t size, size_t count,
                                FILE *restrict stream)
{
	size_t n = REAL(_IO_fwrite)(from, size, count, stream);

	return stdio_end_written(size, count, n);
}

OTELUE_EXPORT size_t fwrite_unlocked(const void *restrict from, size_t size, size_t count,
                                     FILE *restrict stream)
{
	size_t n = REAL(fwrite_unlocked)(from, size, count, stream);

	return stdio_end_written(size, count, n);
}

/* The length is taken first: afterwards the text may be gone. */
OTELUE_EXPORT int fputs(const char *restrict text, FILE *restrict stream)
{
	size_t length = strlen(text);

	return stdio_end_text(length, REAL(fputs)(text, stream));
}

OTELUE_EXPORT int _IO_fputs(const char *restrict text, FILE *restrict stream)
{
	size_t length = strlen(text);

	return stdio_end_text(length, REAL(_IO_fputs)(text, stream));
}

OTELUE_EXPORT int fputs_unlocked(const char *restrict text, FILE *restrict stream)
{
	size_t length = strlen(text);

	return stdio_end_text(length, REAL(fputs_unlocked)(text, stream));
}

OTELUE_EXPORT int puts(const char *text)
{
	size_t length = strlen(text) + 1;

	return stdio_end_text(length, REAL(puts)(text));
}

OTELUE_EXPORT int _IO_puts(const char *text)
{
	size_t length = strlen(text) + 1;

	return stdio_end_text(length, REAL(_IO_puts)(text));
}
