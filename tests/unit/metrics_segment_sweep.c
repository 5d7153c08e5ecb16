/* What killed processes leave behind: the latest stay to be read, older ones go, the living stay.
 */
#include <dirent.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "metrics/segment.h"
#include "tests/unit/scratch.h"

static struct segment segment;
static struct segment_identity identity = {.directory = scratch, .start_time_ns = 1000};

static void sweep(uint32_t most)
{
	segment_sweep(scratch, segment_pid_namespace(), most);
}

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
	sweep(SEGMENT_DEAD_KEPT);
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
	sweep(SEGMENT_DEAD_KEPT);
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
	identity.pid_namespace = segment_pid_namespace();
	leave_behind(SEGMENT_DEAD_KEPT + 3);
	segment_sweep(scratch, 1, SEGMENT_DEAD_KEPT);
	cr_assert_eq(files(), SEGMENT_DEAD_KEPT + 3);
	sweep(SEGMENT_DEAD_KEPT);
	cr_assert_eq(files(), SEGMENT_DEAD_KEPT);
}

/* One that was killed before its emitter woke has left no namespace. That it is a process of
 * another may be seen by its memory alone. */
Test(segment_sweep, leaves_those_whose_memory_is_used_where_the_namespace_is_not_known)
{
	char path[sizeof(scratch) + sizeof(((struct dirent *)0)->d_name)];
	DIR *directory = opendir(scratch);
	struct dirent *entry;
	void *used[2];
	int found = 0;

	cr_assert_not_null(directory);
	leave_behind(2);
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", scratch, entry->d_name);
		int fd = open(path, O_RDWR);
		used[found++] = mmap(NULL, SEGMENT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		close(fd);
	}
	closedir(directory);
	cr_assert_eq(found, 2);
	leave_behind(SEGMENT_DEAD_KEPT);
	sweep(0);
	cr_assert_eq(files(), SEGMENT_DEAD_KEPT + 2);
	munmap(used[0], SEGMENT_PAGE);
	munmap(used[1], SEGMENT_PAGE);
	sweep(0);
	cr_assert_eq(files(), SEGMENT_DEAD_KEPT);
}

Test(segment_sweep, looks_at_none_where_there_are_few_enough)
{
	leave_behind(SEGMENT_DEAD_KEPT + 9);
	cr_assert_eq(segment_create(&segment, &identity), 0);
	sweep(SEGMENT_DEAD_KEPT + 10);
	cr_assert_eq(files(), SEGMENT_DEAD_KEPT + 10);
	sweep(SEGMENT_DEAD_KEPT + 9);
	cr_assert_eq(files(), SEGMENT_DEAD_KEPT + 1);
}

Test(segment_sweep, knows_the_pid_namespace_by_the_inode_that_stat_tells)
{
	struct stat status;

	cr_assert_eq(stat("/proc/self/ns/pid", &status), 0);
	cr_assert_eq(segment_pid_namespace(), status.st_ino);
	cr_assert_eq(segment_create(&segment, &identity), 0);
	cr_assert_eq(segment.header->pid_namespace, 0, "a start does not ask");
	identity.session = true;
	cr_assert_eq(segment_create(&segment, &identity), 0);
	cr_assert_eq(segment.header->pid_namespace, status.st_ino);
}
