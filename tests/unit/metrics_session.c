/* The accumulator of a session: what ended processes hand over, from many of them at once. */
#include <errno.h>
#include <sys/wait.h>
#include "metrics/segment.h"
#include "metrics/session.h"
#include "tests/unit/scratch.h"

static struct process_values totals, sum;
static uint64_t processes;
static struct session_accumulator *accumulator;

static void say(const char *directory, const char *program, uint32_t pid, const char *messages)
{
	cr_assert_eq(session_open(directory, &accumulator), 0);
	session_message(accumulator, program, pid, messages);
	session_close(accumulator);
}

static uint64_t *word(struct process_values *values, enum metric_id id, uint32_t series)
{
	return (uint64_t *)values + metric_series_word(&metric_table[id], series);
}

static void make_session(void)
{
	scratch_make();
	cr_assert_eq(session_create(scratch), 0);
}

TestSuite(session, .init = make_session, .fini = scratch_remove);

Test(session, is_empty_at_first)
{
	cr_assert_eq(session_read(scratch, &sum, &processes), 0);
	cr_assert_eq(processes, 0);
	for (size_t i = 0; i < PROCESS_WORDS; i++)
		cr_assert_eq(((uint64_t *)&sum)[i], 0);
}

Test(session, is_closed_to_others)
{
	struct stat status;

	cr_assert_eq(stat(scratch_path(SESSION_ACCUMULATOR), &status), 0);
	cr_assert_eq(status.st_mode & 07777, 0600);
}

Test(session, is_made_once)
{
	cr_assert_eq(session_create(scratch), -EEXIST);
}

Test(session, adds_totals_and_counts_processes)
{
	*word(&totals, METRIC_FILE_IO, 3) = 5;
	*word(&totals, METRIC_PROCESS_CPU_TIME, 0) = observed_from_s64(7);
	cr_assert_eq(session_merge(scratch, &totals, 1, 0), 0);
	cr_assert_eq(session_merge(scratch, &totals, 1, 0), 0);
	cr_assert_eq(session_read(scratch, &sum, &processes), 0);
	cr_assert_eq(processes, 2);
	cr_assert_eq(*word(&sum, METRIC_FILE_IO, 3), 10);
	cr_assert_eq(observed_to_s64(*word(&sum, METRIC_PROCESS_CPU_TIME, 0)), 14);
	cr_assert_eq(*word(&sum, METRIC_PROCESS_CPU_TIME, 1), OBSERVED_ABSENT);
}

Test(session, leaves_out_what_ends_with_a_process)
{
	*word(&totals, METRIC_PROCESS_MEMORY_USAGE, 0) = observed_from_s64(4096);
	*word(&totals, METRIC_PROCESS_UPTIME, 0) = observed_from_s64(4096);
	*word(&totals, METRIC_MEMORY_USED, 0) = 99;
	cr_assert_eq(session_merge(scratch, &totals, 1, 0), 0);
	cr_assert_eq(session_read(scratch, &sum, &processes), 0);
	cr_assert_eq(*word(&sum, METRIC_PROCESS_MEMORY_USAGE, 0), OBSERVED_ABSENT);
	cr_assert_eq(*word(&sum, METRIC_PROCESS_UPTIME, 0), OBSERVED_ABSENT);
	cr_assert_eq(*word(&sum, METRIC_MEMORY_USED, 0), 99, "what was not given back stays");
}

Test(session, takes_back_what_a_failed_exec_had_added)
{
	*word(&totals, METRIC_FILE_IO, 0) = 5;
	*word(&totals, METRIC_PROCESS_CPU_TIME, 0) = observed_from_s64(7);
	cr_assert_eq(session_merge(scratch, &totals, 1, 0), 0);
	cr_assert_eq(session_open(scratch, &accumulator), 0);
	session_subtract(accumulator, &totals);
	cr_assert_eq(session_read(scratch, &sum, &processes), 0);
	cr_assert_eq(processes, 0);
	cr_assert_eq(*word(&sum, METRIC_FILE_IO, 0), 0);
	cr_assert_eq(*word(&sum, METRIC_PROCESS_CPU_TIME, 0), OBSERVED_ABSENT);
}

Test(session, takes_in_an_inner_session)
{
	*word(&totals, METRIC_FILE_IO, 0) = 50;
	cr_assert_eq(session_merge(scratch, &totals, 12, 0), 0);
	cr_assert_eq(session_read(scratch, &sum, &processes), 0);
	cr_assert_eq(processes, 12);
	cr_assert_eq(*word(&sum, METRIC_FILE_IO, 0), 50);
}

Test(session, loses_nothing_from_many_processes_at_once)
{
	enum { CHILDREN = 8, TIMES = 200 };

	*word(&totals, METRIC_FILE_IO, 0) = 1;
	for (int i = 0; i < CHILDREN; i++) {
		if (fork() == 0) {
			for (int n = 0; n < TIMES; n++)
				session_merge(scratch, &totals, 1, 0);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
	cr_assert_eq(session_read(scratch, &sum, &processes), 0);
	cr_assert_eq(processes, CHILDREN * TIMES);
	cr_assert_eq(*word(&sum, METRIC_FILE_IO, 0), CHILDREN * TIMES);
}

Test(session, refuses_a_file_that_is_no_accumulator)
{
	int fd = open(scratch_path(SESSION_ACCUMULATOR), O_WRONLY);

	cr_assert_eq(pwrite(fd, "nonsense", 8, 0), 8);
	cr_assert_eq(session_merge(scratch, &totals, 1, 0), -EPROTO);
	cr_assert_eq(ftruncate(fd, 100), 0);
	cr_assert_eq(session_merge(scratch, &totals, 1, 0), -EPROTO, "too short");
	cr_assert_eq(fchmod(fd, 0644), 0);
	cr_assert_eq(session_merge(scratch, &totals, 1, 0), -EACCES, "open to others");
	close(fd);
}

Test(session, refuses_a_symbolic_link_and_a_missing_directory)
{
	cr_assert_eq(rename(scratch_path(SESSION_ACCUMULATOR), "/dev/shm/otelue-test-away"), 0);
	cr_assert_eq(symlink("/dev/shm/otelue-test-away", scratch_path(SESSION_ACCUMULATOR)), 0);
	cr_assert_eq(session_merge(scratch, &totals, 1, 0), -ELOOP);
	unlink("/dev/shm/otelue-test-away");
	cr_assert_eq(session_merge("/dev/shm/otelue-no-such-session", &totals, 1, 0), -ENOENT);
}

/* What the file itself holds. */
static const char *messages(void)
{
	static struct session_accumulator read_back;
	int fd = open(scratch_path(SESSION_ACCUMULATOR), O_RDONLY);

	cr_assert_eq(read(fd, &read_back, sizeof(read_back)), (ssize_t)sizeof(read_back));
	close(fd);
	cr_assert_lt(read_back.messages_length, SESSION_MESSAGES);
	read_back.messages[read_back.messages_length] = '\0';
	return read_back.messages;
}

Test(session, keeps_messages_with_their_process)
{
	say(scratch, "/usr/bin/one", 11, "first\nsecond\n");
	say(scratch, "two", 22, "third");
	cr_assert_str_eq(messages(), "one[11]: first\none[11]: second\ntwo[22]: third\n");
}

Test(session, keeps_a_line_once_however_many_say_it)
{
	say(scratch, "one", 11, "same\nother same\n");
	say(scratch, "two", 22, "same\nnew\n\n");
	cr_assert_str_eq(messages(), "one[11]: same\none[11]: other same\ntwo[22]: new\n");
}

Test(session, drops_messages_that_have_no_room)
{
	char line[1000];

	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	for (int i = 0; i < 20; i++) {
		line[0] = (char)('a' + i);
		say(scratch, "one", 1, line);
	}
	cr_assert_eq(strlen(messages()), 8 * (sizeof("one[1]: \n") - 1 + sizeof(line) - 1));
}
