/* Lines into a file that a full disk, another process or nobody has left. */
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include "sink/file.h"
#include "tests/unit/scratch.h"

static struct file_sink sink;

TestSuite(sink_file, .init = scratch_make, .fini = scratch_remove);

static void leave(const char *text)
{
	int fd = open(scratch_path("lines"), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static int write_line(const char *line)
{
	return file_sink_write(&sink, scratch_path("lines"), line, strlen(line));
}

static void assert_holds(const char *expected)
{
	char text[100] = "";
	int fd = open(scratch_path("lines"), O_RDONLY);

	cr_assert_geq(read(fd, text, sizeof(text) - 1), 0);
	close(fd);
	cr_assert_str_eq(text, expected);
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

Test(sink_file, appends_to_whole_lines)
{
	leave("first\n");
	cr_assert_eq(write_line("second\n"), 0);
	cr_assert_eq(write_line("third\n"), 0);
	assert_holds("first\nsecond\nthird\n");
}

Test(sink_file, ends_the_line_that_it_could_not)
{
	leave("");
	limit_files(3);
	cr_assert_eq(write_line("first\n"), -EFBIG);
	limit_files(RLIM_INFINITY);
	cr_assert_eq(write_line("first\n"), 0);
	assert_holds("fir\nfirst\n");
}

Test(sink_file, ends_the_line_of_a_process_that_is_no_more)
{
	leave("fir");
	cr_assert_eq(write_line("second\n"), 0);
	assert_holds("fir\nsecond\n");
}

Test(sink_file, starts_a_new_file_without_a_blank_line)
{
	leave("");
	limit_files(3);
	cr_assert_eq(write_line("first\n"), -EFBIG);
	limit_files(RLIM_INFINITY);
	unlink(scratch_path("lines"));
	cr_assert_eq(write_line("first\n"), 0);
	assert_holds("first\n");
}
