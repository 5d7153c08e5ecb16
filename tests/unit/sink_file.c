/* Lines into a file that a full disk, another process or nobody has left. */
#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
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

#define WRITERS    4
#define LINES      200
#define LINE_BYTES 150000

/* Whole lines of the file; a blank one, or one with another's bytes, fails. */
static int count_lines(void)
{
	static char line[LINE_BYTES + 2];
	FILE *stream = fopen(scratch_path("lines"), "r");
	int lines = 0;

	cr_assert_not_null(stream);
	for (; fgets(line, sizeof(line), stream); lines++) {
		cr_assert_eq(strlen(line), LINE_BYTES, "line %d has %zu bytes", lines,
		             strlen(line));
		cr_assert_eq(line[0], line[LINE_BYTES - 2]);
	}
	fclose(stream);
	return lines;
}

static void write_lines(char letter)
{
	static char line[LINE_BYTES + 1];

	memset(line, letter, LINE_BYTES - 1);
	line[LINE_BYTES - 1] = '\n';
	for (int i = 0; i < LINES; i++) {
		if (write_line(line) != 0)
			_exit(1);
		usleep(100);
	}
	_exit(0);
}

Test(sink_file, leaves_no_blank_line_between_those_of_processes_at_once)
{
	int status;

	for (int i = 0; i < WRITERS; i++)
		if (fork() == 0)
			write_lines((char)('a' + i));
	for (int i = 0; i < WRITERS; i++) {
		cr_assert_gt(wait(&status), 0);
		cr_assert_eq(status, 0);
	}
	cr_assert_eq(count_lines(), WRITERS * LINES);
}

/* Who holds the lock may be stopped for ever; what stands there may be its half of a line. */
Test(sink_file, writes_past_one_that_holds_the_lock, .timeout = 10)
{
	int fd;

	leave("fir");
	fd = open(scratch_path("lines"), O_RDONLY);
	cr_assert_eq(flock(fd, LOCK_EX), 0);
	cr_assert_eq(write_line("second\n"), 0);
	close(fd);
	assert_holds("firsecond\n");
}
