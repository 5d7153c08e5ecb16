/* What killed processes leave behind: the latest stay to be read, older ones go, the living stay.
 */
#include <dirent.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "metrics/segment.h"
#include "tests/unit/scratch.h"

static struct segment segment;
static const struct segment_identity identity = {.directory = scratch, .start_time_ns = 1000};

TestSuite(segment_sweep, .init = scratch_make, .fini = scratch_remove);

static void leave_behind(int processes)
{
	for (int i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(segment_create(&segment, &identity) ? 1 : 0);
		int status = -1;
		cr_assert_eq(waitpid(pid, &status, 0), pid);
		cr_assert_eq(status, 0);
	}
}

static int files(void)
{
	DIR *directory = opendir(scratch);
	int count = 0;

	cr_assert_not_null(directory);
	for (struct dirent *entry; (entry = readdir(directory));)
		count += entry->d_name[0] != '.';
	closedir(directory);
	return count;
}

Test(segment_sweep, keeps_the_latest_dead_and_all_that_live)
{
	char living[sizeof(segment.path)];

	leave_behind(SEGMENT_DEAD_KEPT + 9);
	cr_assert_eq(segment_create(&segment, &identity), 0);
	snprintf(living, sizeof(living), "%s", segment.path);
	leave_behind(1);
	cr_assert_eq(files(), SEGMENT_DEAD_KEPT + 11);
	segment_sweep(scratch, segment.header->pid_namespace, SEGMENT_DEAD_KEPT);
	cr_assert_eq(files(), SEGMENT_DEAD_KEPT + 1);
	cr_assert_eq(access(living, F_OK), 0, "a living process's segment was taken away");
}

Test(segment_sweep, takes_away_what_was_handed_over_before_an_exec)
{
	pid_t pid = fork();

	if (pid == 0) {
		int err = segment_create(&segment, &identity);

		if (!err)
			segment_exec_begin(&segment);
		_exit(err ? 1 : 0);
	}
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	cr_assert_eq(segment_create(&segment, &identity), 0);
	cr_assert_eq(files(), 2);
	segment_sweep(scratch, segment.header->pid_namespace, SEGMENT_DEAD_KEPT);
	cr_assert_eq(files(), 1);
}

Test(segment_sweep, leaves_few_dead_alone)
{
	leave_behind(SEGMENT_DEAD_KEPT - 1);
	segment_sweep(scratch, 1, SEGMENT_DEAD_KEPT);
	cr_assert_eq(files(), SEGMENT_DEAD_KEPT - 1);
}

Test(segment_sweep, leaves_those_of_another_pid_namespace)
{
	leave_behind(SEGMENT_DEAD_KEPT + 3);
	segment_sweep(scratch, 1, SEGMENT_DEAD_KEPT);
	cr_assert_eq(files(), SEGMENT_DEAD_KEPT + 3);
}

Test(segment_sweep, looks_at_none_where_there_are_few_enough)
{
	leave_behind(SEGMENT_DEAD_KEPT + 9);
	cr_assert_eq(segment_create(&segment, &identity), 0);
	segment_sweep(scratch, segment.header->pid_namespace, SEGMENT_DEAD_KEPT + 10);
	cr_assert_eq(files(), SEGMENT_DEAD_KEPT + 10);
	segment_sweep(scratch, segment.header->pid_namespace, SEGMENT_DEAD_KEPT + 9);
	cr_assert_eq(files(), SEGMENT_DEAD_KEPT + 1);
}

Test(segment_sweep, knows_the_pid_namespace_by_the_inode_that_stat_tells)
{
	struct stat status;

	cr_assert_eq(stat("/proc/self/ns/pid", &status), 0);
	cr_assert_eq(segment_pid_namespace(), status.st_ino);
	cr_assert_eq(segment_create(&segment, &identity), 0);
	cr_assert_eq(segment.header->pid_namespace, status.st_ino);
}
