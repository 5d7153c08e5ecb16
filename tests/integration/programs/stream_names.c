/* The names, and what calls of them add up to. See stream_names.h. */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tests/integration/programs/stream_names.h"

unsigned long sums[OPERATIONS], bytes_in, bytes_out;
static const char *current;

void check(int right)
{
	char text[100];
	int length;

	if (right)
		return;
	length =
		snprintf(text, sizeof(text), "%s: not what libc does (errno %d)\n", current, errno);
	if (write(2, text, (size_t)length) != length)
		abort();
	exit(1);
}

FILE *opened(FILE *stream)
{
	check(stream != NULL);
	sums[OPEN]++;
	return stream;
}

FILE *text(void)
{
	return opened(fopen("text", "a+"));
}

void closed(FILE *stream)
{
	check(fclose(stream) == 0);
	sums[CLOSE]++;
}

void wrote(FILE *stream, int right, unsigned long bytes)
{
	check(right);
	sums[WRITE]++;
	bytes_out += bytes;
	if (stream)
		closed(stream);
}

void has_read(FILE *stream, int right, unsigned long bytes)
{
	check(right);
	sums[READ]++;
	bytes_in += bytes;
	if (stream)
		closed(stream);
}

static const struct {
	const char *name;
	void (*call)(void *function);
} table[] = {
	{"fopen", stream_by_path},
	{"_IO_fopen", stream_by_path},
	{"fopen64", stream_by_path},
	{"fdopen", stream_adopt},
	{"_IO_fdopen", stream_adopt},
	{"freopen", stream_reopen},
	{"freopen64", stream_reopen},
	{"tmpfile", stream_temporary},
	{"tmpfile64", stream_temporary},
	{"fmemopen", stream_in_memory},
	{"open_memstream", stream_growing},
	{"fopencookie", stream_by_cookie},
	{"fclose", stream_by_close},
	{"_IO_fclose", stream_by_close},
	{"fflush", stream_flush},
	{"_IO_fflush", stream_flush},
	{"fflush_unlocked", stream_flush},
	{"fcloseall", stream_flush_all},
	{"fread", stream_items},
	{"_IO_fread", stream_items},
	{"fread_unlocked", stream_items},
	{"__fread_chk", stream_items_chk},
	{"__fread_unlocked_chk", stream_items_chk},
	{"fgets", stream_a_line},
	{"_IO_fgets", stream_a_line},
	{"fgets_unlocked", stream_a_line},
	{"__fgets_chk", stream_line_chk},
	{"__fgets_unlocked_chk", stream_line_chk},
	{"getline", stream_allocated},
	{"getdelim", stream_delimited},
	{"__getdelim", stream_delimited},
	{"fwrite", stream_write_items},
	{"_IO_fwrite", stream_write_items},
	{"fwrite_unlocked", stream_write_items},
	{"fputs", stream_put},
	{"_IO_fputs", stream_put},
	{"fputs_unlocked", stream_put},
	{"puts", stream_put_line},
	{"_IO_puts", stream_put_line},
	{"printf", stream_print},
	{"_IO_printf", stream_print},
	{"__printf_chk", stream_print_chk},
	{"vprintf", stream_vprint},
	{"__vprintf_chk", stream_vprint_chk},
	{"fprintf", stream_print_stream},
	{"_IO_fprintf", stream_print_stream},
	{"__fprintf_chk", stream_print_stream_chk},
	{"vfprintf", stream_vprint_stream},
	{"_IO_vfprintf", stream_vprint_stream},
	{"__vfprintf_chk", stream_vprint_stream_chk},
	{"dprintf", stream_print_fd},
	{"__dprintf_chk", stream_print_fd_chk},
	{"vdprintf", stream_vprint_fd},
	{"__vdprintf_chk", stream_vprint_fd_chk},
	{"scanf", stream_scan},
	{"vscanf", stream_vscan},
	{"fscanf", stream_scan_stream},
	{"vfscanf", stream_vscan_stream},
	{"__isoc99_scanf", stream_scan},
	{"__isoc99_vscanf", stream_vscan},
	{"__isoc99_fscanf", stream_scan_stream},
	{"__isoc99_vfscanf", stream_vscan_stream},
	{"__isoc23_scanf", stream_scan},
	{"__isoc23_vscanf", stream_vscan},
	{"__isoc23_fscanf", stream_scan_stream},
	{"__isoc23_vfscanf", stream_vscan_stream},
	{"__vfscanf", stream_vscan_stream},
	{"gets", stream_got},
	{"_IO_gets", stream_got},
	{"__gets_chk", stream_got_chk},
	{"fgetws", stream_wide_line},
	{"fgetws_unlocked", stream_wide_line},
	{"__fgetws_chk", stream_wide_line_chk},
	{"__fgetws_unlocked_chk", stream_wide_line_chk},
	{"fputws", stream_wide_put},
	{"fputws_unlocked", stream_wide_put},
	{"wprintf", stream_wide_print},
	{"__wprintf_chk", stream_wide_print_chk},
	{"fwprintf", stream_wide_print_stream},
	{"__fwprintf_chk", stream_wide_print_stream_chk},
	{"vwprintf", stream_wide_vprint},
	{"__vwprintf_chk", stream_wide_vprint_chk},
	{"vfwprintf", stream_wide_vprint_stream},
	{"__vfwprintf_chk", stream_wide_vprint_stream_chk},
	{"wscanf", stream_wide_scan},
	{"fwscanf", stream_wide_scan_stream},
	{"vwscanf", stream_wide_vscan},
	{"vfwscanf", stream_wide_vscan_stream},
	{"__isoc99_wscanf", stream_wide_scan},
	{"__isoc99_fwscanf", stream_wide_scan_stream},
	{"__isoc99_vwscanf", stream_wide_vscan},
	{"__isoc99_vfwscanf", stream_wide_vscan_stream},
	{"__isoc23_wscanf", stream_wide_scan},
	{"__isoc23_fwscanf", stream_wide_scan_stream},
	{"__isoc23_vwscanf", stream_wide_vscan},
	{"__isoc23_vfwscanf", stream_wide_vscan_stream},
	{"fseek", stream_seek},
	{"fseeko", stream_seek},
	{"fseeko64", stream_seek},
	{"rewind", stream_rewinding},
	{"fsetpos", stream_set_position},
	{"_IO_fsetpos", stream_set_position},
	{"fsetpos64", stream_set_position},
	{"_IO_fsetpos64", stream_set_position},
	{"ftell", stream_tell},
	{"_IO_ftell", stream_tell},
	{"ftello", stream_tell},
	{"ftello64", stream_tell},
	{"fgetpos", stream_get_position},
	{"_IO_fgetpos", stream_get_position},
	{"fgetpos64", stream_get_position},
	{"_IO_fgetpos64", stream_get_position},
};

#define NAMES (sizeof(table) / sizeof(table[0]))

static void list(void)
{
	for (size_t i = 0; i < NAMES; i++)
		printf("%s\n", table[i].name);
}

/* By a system call, and before what libc still holds back. */
static void print_sums(void)
{
	char text[200];
	int length = snprintf(
		text, sizeof(text),
		"open %lu close %lu flush %lu read %lu write %lu seek %lu in %lu out %lu\n",
		sums[OPEN], sums[CLOSE], sums[FLUSH], sums[READ], sums[WRITE], sums[SEEK], bytes_in,
		bytes_out);

	check(write(3, text, (size_t)length) == length);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--list") == 0) {
		list();
		return 0;
	}
	for (size_t i = 0; i < NAMES; i++) {
		void *function = dlsym(RTLD_DEFAULT, current = table[i].name);

		if (function)
			table[i].call(function);
	}
	print_sums();
	return 0;
}
