/* Streams. Lines come from a stream without a file, so that there are always more. */
#include <stdio.h>
#include <string.h>
#include "bench/loops.h"

static const char line[] = "123456789 123456789 123456789 123456789 123456789 123456789 123\n";

static FILE *open_stream(const char *path, const char *mode)
{
	FILE *stream = fopen(path, mode);

	expect(stream, path);
	return stream;
}

/* room is a multiple of the line: stdio asks for a buffer of 2 to the power of something. */
static ssize_t give_lines(void *unused, char *to, size_t room)
{
	(void)unused;
	for (size_t i = 0; i < room; i++)
		to[i] = line[i % (sizeof(line) - 1)];
	return (ssize_t)room;
}

static FILE *open_lines(void)
{
	FILE *stream = fopencookie(NULL, "r", (cookie_io_functions_t){.read = give_lines});

	expect(stream, "fopencookie");
	return stream;
}

static void run_putc(unsigned long calls)
{
	static FILE *file;

	if (!file)
		file = fopen("/dev/null", "w");
	expect(file, "/dev/null");
	for (unsigned long i = 0; i < calls; i++)
		putc('x', file);
}

static void run_fread(unsigned long calls)
{
	FILE *stream = open_stream("/dev/zero", "r");
	char bytes[64];

	for (unsigned long i = 0; i < calls; i++)
		expect(fread(bytes, 1, sizeof(bytes), stream) == sizeof(bytes), "fread");
	fclose(stream);
}

static void run_fwrite(unsigned long calls)
{
	FILE *stream = open_stream("/dev/null", "w");

	for (unsigned long i = 0; i < calls; i++)
		expect(fwrite(line, 1, 64, stream) == 64, "fwrite");
	fclose(stream);
}

static void run_fgets(unsigned long calls)
{
	FILE *stream = open_lines();
	char text[80];

	for (unsigned long i = 0; i < calls; i++)
		expect(fgets(text, sizeof(text), stream), "fgets");
	fclose(stream);
}

static void run_fputs(unsigned long calls)
{
	FILE *stream = open_stream("/dev/null", "w");

	for (unsigned long i = 0; i < calls; i++)
		expect(fputs(line, stream) >= 0, "fputs");
	fclose(stream);
}

static void run_fprintf(unsigned long calls)
{
	FILE *stream = open_stream("/dev/null", "w");

	for (unsigned long i = 0; i < calls; i++)
		expect(fprintf(stream, "%s %d\n", "a line of number", 17) == 20, "fprintf");
	fclose(stream);
}

static void run_fscanf(unsigned long calls)
{
	FILE *stream = open_lines();
	int number;

	for (unsigned long i = 0; i < calls; i++)
		expect(fscanf(stream, "%d", &number) == 1, "fscanf");
	fclose(stream);
}

static void run_fopen_fclose(unsigned long calls)
{
	for (unsigned long i = 0; i < calls; i++)
		fclose(open_stream("/dev/null", "r"));
}

const struct path stdio_paths[] = {
	{"putc", run_putc, 50000, true, "putc to /dev/null"},
	{"fread", run_fread, 20000, true, "fread 64 bytes of /dev/zero"},
	{"fwrite", run_fwrite, 20000, true, "fwrite 64 bytes to /dev/null"},
	{"fgets", run_fgets, 20000, true, "fgets a line of 64 bytes"},
	{"fputs", run_fputs, 20000, true, "fputs a line of 64 bytes to /dev/null"},
	{"fprintf", run_fprintf, 5000, true, "fprintf a word and a number to /dev/null"},
	{"fscanf", run_fscanf, 5000, true, "fscanf a number"},
	{"fopen_fclose", run_fopen_fclose, 2000, true, "fopen /dev/null and fclose it"},
	{NULL, NULL, 0, false, NULL},
};
