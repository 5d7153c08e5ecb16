/* A process that is killed while it is read; see metrics_reader.c. */
#include <signal.h>
#include <sys/wait.h>
#include "base/atomic.h"
#include "metrics/reader.h"
#include "tests/unit/scratch.h"

static struct segment_reading reading;
static char path[256];

/* Counts so far, then is killed. */
static pid_t make_child(uint64_t last)
{
	struct segment_identity identity = {.directory = scratch, .start_time_ns = 1000};
	struct shard_values *shard;
	struct segment own;
	int report[2];
	pid_t pid;

	cr_assert_eq(pipe(report), 0);
	pid = fork();
	if (pid == 0) {
		memset(&own, 0, sizeof(own));
		segment_create(&own, &identity);
		shard = segment_claim(&own, 1);
		/* Read after it: that takes long enough to end meanwhile. */
		for (uint32_t i = 2; i <= 32; i++)
			segment_claim(&own, i);
		if (!shard || write(report[1], own.path, sizeof(own.path)) < 0)
			_exit(1);
		for (uint64_t i = 0; i < last; i++)
			counter_add(&shard->MEMORY_ALLOCATED[MEMORY_OPERATION_MALLOC], 1);
		raise(SIGKILL);
	}
	close(report[1]);
	cr_assert_eq(read(report[0], path, sizeof(own.path)), (ssize_t)sizeof(own.path));
	close(report[0]);
	return pid;
}

TestSuite(reader_dead, .init = scratch_make, .fini = scratch_remove);

/* Whoever adds it up takes the file away, and with it what was not read. */
Test(reader_dead, what_it_reads_of_the_dead_is_their_last)
{
	for (uint64_t round = 1; round <= 100; round++) {
		uint64_t last = 100000 + 1000 * round;
		pid_t pid = make_child(last);
		int directory = open(scratch, O_RDONLY | O_DIRECTORY), err;

		do {
			err = reader_read(directory, strrchr(path, '/') + 1, getuid(), &reading);
		} while (err == 0 && reading.alive);
		cr_assert_eq(err, 0);
		cr_assert_eq(reading.totals.common.MEMORY_ALLOCATED[MEMORY_OPERATION_MALLOC], last);
		cr_assert_eq(waitpid(pid, NULL, 0), pid);
		unlink(path);
		close(directory);
	}
}
