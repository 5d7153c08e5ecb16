/* Sessions on disk: made, summed up, one within another, swept when nobody needs them. */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include "cli/session_salvage.h"
#include "cli/tree.h"
#include "metrics/segment.h"
#include "metrics/session.h"
#include "tests/unit/scratch.h"

static struct session_directory session;
static struct tree tree;

static void make_session(void)
{
	scratch_make();
	unsetenv(SESSION_VARIABLE);
	cr_assert_eq(session_directory_make(&session, scratch, NULL), 0);
}

static void remove_all(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", scratch);
	cr_assert_eq(system(command), 0);
}

TestSuite(tree, .init = make_session, .fini = remove_all);

static uint64_t bytes_of(const struct process_values *totals)
{
	return ((const uint64_t *)totals)[metric_series_word(&metric_table[METRIC_FILE_IO], 0)];
}

/* A process that counted so many bytes in the session: alive until killed. */
static pid_t start_process(const char *directory, uint64_t bytes)
{
	struct segment_identity identity = {.directory = directory, .start_time_ns = 1000};
	struct segment segment;
	int ready[2];
	char byte;
	pid_t pid;

	cr_assert_eq(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		if (segment_create(&segment, &identity) == 0) {
			segment.process->common.FILE_IO[0] = bytes;
			segment_message(&segment, "hello \033[31m");
		}
		byte = (char)write(ready[1], "x", 1);
		pause();
	}
	cr_assert_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void end_process(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void hand_over(const char *directory, uint64_t bytes)
{
	static struct process_values totals;

	((uint64_t *)&totals)[metric_series_word(&metric_table[METRIC_FILE_IO], 0)] = bytes;
	cr_assert_eq(session_merge(directory, &totals, 1, 0), 0);
}

Test(tree, sums_the_ended_the_killed_and_the_living)
{
	pid_t killed = start_process(session.path, 20), alive = start_process(session.path, 300);

	hand_over(session.path, 1);
	hand_over(session.path, 1);
	end_process(killed);
	cr_assert_eq(tree_read(&tree, session.path), 0);
	cr_assert_eq(bytes_of(&tree.totals), 322);
	cr_assert_eq(tree.ended, 2);
	cr_assert_eq(tree.killed, 1);
	cr_assert_eq(tree.running, 1);
	cr_assert_eq(tree.process_count, 2);
	end_process(alive);
}

Test(tree, leaves_out_what_was_handed_over)
{
	struct segment_identity identity = {.directory = session.path, .start_time_ns = 1000};
	static struct segment segment;

	cr_assert_eq(segment_create(&segment, &identity), 0);
	segment.process->common.FILE_IO[0] = 7;
	segment_exec_begin(&segment);
	cr_assert_eq(tree_read(&tree, session.path), 0);
	cr_assert_eq(bytes_of(&tree.totals), 0);
	cr_assert_eq(tree.running + tree.killed, 0);
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* One that was killed in the middle never ends it. */
Test(tree, waits_a_moment_for_counts_on_their_way_to_the_accumulator)
{
	struct session_accumulator *accumulator;
	uint64_t start = now_ms();

	cr_assert_eq(session_open(session.path, &accumulator), 0);
	session_change_begin(accumulator);
	cr_assert_eq(tree_read(&tree, session.path), 0);
	cr_assert_geq(now_ms() - start, 40);
	session_close(accumulator);
}

Test(tree, tells_messages_with_their_process_and_without_tricks)
{
	pid_t pid = start_process(session.path, 1);
	struct session_accumulator *accumulator;
	char wanted[64];

	cr_assert_eq(session_open(session.path, &accumulator), 0);
	session_message(accumulator, "gone", 5, "bye\n");
	session_close(accumulator);
	cr_assert_eq(tree_read(&tree, session.path), 0);
	snprintf(wanted, sizeof(wanted), "[%d]: hello \xef\xbf\xbd[31m", (int)pid);
	cr_assert_eq(tree.message_count, 2);
	cr_assert_not_null(strstr(tree.messages[0], wanted), "%s", tree.messages[0]);
	cr_assert_str_eq(tree.messages[1], "gone[5]: bye");
	end_process(pid);
}

Test(tree, counts_and_names_what_it_cannot_read)
{
	int fd = open(strcat(strcpy((char[300]){""}, session.path), "/1.2"), O_CREAT | O_WRONLY,
	              0600);

	cr_assert_eq(write(fd, "junk", 4), 4);
	close(fd);
	cr_assert_eq(tree_read(&tree, session.path), 0);
	cr_assert_eq(tree.unreadable, 1);
	cr_assert_not_null(strstr(tree.messages[0], "1.2"), "%s", tree.messages[0]);
}

Test(tree, an_inner_session_counts_in_the_outer_one)
{
	struct session_directory inner;

	cr_assert_eq(session_directory_make(&inner, scratch, session.path), 0);
	cr_assert_str_eq(inner.outer, session.path);
	hand_over(session.path, 1);
	hand_over(inner.path, 20);
	cr_assert_eq(tree_read(&tree, session.path), 0);
	cr_assert_eq(bytes_of(&tree.totals), 21);
	cr_assert_eq(tree.ended, 2);
}

Test(tree, an_inner_session_that_was_handed_over_counts_once)
{
	struct session_directory inner;

	cr_assert_eq(session_directory_make(&inner, scratch, session.path), 0);
	hand_over(inner.path, 20);
	hand_over(inner.path, 20);
	cr_assert_eq(tree_read(&tree, inner.path), 0);
	cr_assert_eq(session_directory_hand_over(&inner, &tree.totals, tree.ended, 3), 0);
	cr_assert_eq(tree_read(&tree, session.path), 0);
	cr_assert_eq(bytes_of(&tree.totals), 40);
	cr_assert_eq(tree.ended, 2);
	cr_assert_eq(tree.unseen, 3);
	cr_assert_eq(session_directory_remove(&inner), 0);
	cr_assert_eq(tree_read(&tree, session.path), 0);
	cr_assert_eq(bytes_of(&tree.totals), 40);
}

Test(tree, a_session_within_one_that_is_gone_is_an_ordinary_one)
{
	struct session_directory other;

	cr_assert_eq(session_directory_make(&other, scratch, "/dev/shm/otelue-no-such"), 0);
	cr_assert_str_empty(other.outer);
	cr_assert_eq(session_directory_make(&other, scratch, "relative"), 0);
	cr_assert_str_empty(other.outer);
}

Test(tree, removes_its_own_files_only)
{
	char foreign[300];

	hand_over(session.path, 1);
	snprintf(foreign, sizeof(foreign), "%s/precious", session.path);
	close(open(foreign, O_CREAT | O_WRONLY, 0600));
	cr_assert_eq(session_directory_remove(&session), -ENOTEMPTY);
	cr_assert_eq(access(foreign, F_OK), 0);
	cr_assert_eq(unlink(foreign), 0);
	cr_assert_eq(rmdir(session.path), 0, "all else is gone");
}

Test(tree, a_sweep_leaves_what_is_in_use)
{
	pid_t pid;

	cr_assert_eq(session_salvage_sweep(scratch), 0, "its run lives");
	pid = start_process(session.path, 1);
	session_directory_leave(&session);
	cr_assert_eq(session_directory_stale(scratch), 0);
	cr_assert_eq(session_salvage_sweep(scratch), 0, "its process lives");
	end_process(pid);
	cr_assert_eq(session_directory_stale(scratch), 1);
	cr_assert_eq(session_salvage_sweep(scratch), 1);
	cr_assert_neq(access(session.path, F_OK), 0);
}

Test(tree, a_sweep_leaves_sessions_around_one_in_use)
{
	struct session_directory inner;

	cr_assert_eq(session_directory_make(&inner, scratch, session.path), 0);
	session_directory_leave(&session);
	cr_assert_eq(session_salvage_sweep(scratch), 0);
	session_directory_leave(&inner);
	cr_assert_eq(session_salvage_sweep(scratch), 1);
}

Test(tree, refuses_a_directory_that_others_may_enter)
{
	char user[300];

	snprintf(user, sizeof(user), "%s/otelue.%u", scratch, geteuid());
	cr_assert_eq(chmod(user, 0755), 0);
	cr_assert_eq(session_directory_make(&session, scratch, NULL), -EACCES);
}

Test(tree, knows_its_files_by_name)
{
	cr_assert(session_is_segment("12.345"));
	cr_assert(session_is_segment("12.exec"));
	cr_assert_not(session_is_segment("12."));
	cr_assert_not(session_is_segment(".5"));
	cr_assert_not(session_is_segment("12.34x"));
	cr_assert_not(session_is_segment("accumulator"));
	cr_assert(session_is_directory("session.12.aB3xYz"));
	cr_assert_not(session_is_directory("session.12.aB3xY"));
	cr_assert_not(session_is_directory("session..aB3xYz"));
	cr_assert_not(session_is_directory("session.12.aB3/Yz"));
}
