/* Reads real segments, then every kind of file that somebody could put in their place. */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "metrics/reader.h"
#include "metrics/segment_internal.h"
#include "tests/unit/scratch.h"

static struct segment segment;
static struct segment_reading reading;
static int directory = -1;
static const char *name;

static uint64_t *word(struct process_values *values, enum metric_id id, uint32_t series)
{
	return (uint64_t *)values + metric_series_word(&metric_table[id], series);
}

static void make_segment(void)
{
	struct segment_identity identity = {.directory = scratch,
	                                    .start_time_ns = 1000,
	                                    .pid_namespace = segment_pid_namespace()};
	struct shard_values *shard;

	scratch_make();
	directory = open(scratch, O_RDONLY | O_DIRECTORY);
	cr_assert_eq(segment_create(&segment, &identity), 0);
	cr_assert_str_not_empty(segment.path);
	name = strrchr(segment.path, '/') + 1;
	shard = segment_claim(&segment, 1);
	cr_assert_not_null(shard);
	shard->MEMORY_ALLOCATED[MEMORY_OPERATION_MALLOC] = 100;
	segment.process->common.MEMORY_ALLOCATED[MEMORY_OPERATION_MALLOC] = 11;
	*word(segment.process, METRIC_PROCESS_MEMORY_USAGE, 0) = observed_from_s64(4096);
	segment_message(&segment, "first line");
	segment_message(&segment, "second line");
}

static void drop_segment(void)
{
	close(directory);
	scratch_remove();
}

static int read_it(void)
{
	return reader_read(directory, name, getuid(), &reading);
}

/* Changes the file itself, as a hostile owner may. */
static void forge(off_t offset, const void *bytes, size_t size)
{
	int fd = open(segment.path, O_WRONLY);

	cr_assert_eq(pwrite(fd, bytes, size, offset), (ssize_t)size);
	close(fd);
}

static void forge_word(off_t offset, uint64_t value)
{
	forge(offset, &value, sizeof(value));
}

#define FORGE_HEADER(member, value)                                       \
	forge(offsetof(struct segment_header, member),                    \
	      &(__typeof__(((struct segment_header *)0)->member)){value}, \
	      sizeof(((struct segment_header *)0)->member))

TestSuite(reader, .init = make_segment, .fini = drop_segment);

Test(reader, sums_the_process_block_and_the_shards)
{
	cr_assert_eq(read_it(), 0);
	cr_assert_eq(*word(&reading.totals, METRIC_MEMORY_ALLOCATED, MEMORY_OPERATION_MALLOC), 111);
	cr_assert_eq(*word(&reading.totals, METRIC_MEMORY_USED, 0), 111, "a derived row");
	cr_assert_eq(observed_to_s64(*word(&reading.totals, METRIC_PROCESS_MEMORY_USAGE, 0)), 4096);
	cr_assert_eq(reading.shards, 1);
}

Test(reader, tells_who_made_it)
{
	char self[256] = "";

	cr_assert_gt(readlink("/proc/self/exe", self, sizeof(self) - 1), 0);
	cr_assert_eq(read_it(), 0);
	cr_assert_eq(reading.pid, getpid());
	cr_assert_eq(reading.parent_pid, getppid());
	cr_assert_eq(reading.start_time_ns, 1000);
	cr_assert_eq(reading.state, SEGMENT_LIVE);
	cr_assert_str_eq(reading.program, self);
	cr_assert_str_eq(reading.messages, "first line\nsecond line\n");
	cr_assert(reading.alive);
}

Test(reader, adds_what_a_fork_child_took_over)
{
	FORGE_HEADER(inherited_bytes, 1000);
	FORGE_HEADER(inherited_blocks, -3);
	cr_assert_eq(read_it(), 0);
	cr_assert_eq(*word(&reading.totals, METRIC_MEMORY_USED, 0), 1111);
	cr_assert_eq((int64_t)*word(&reading.totals, METRIC_MEMORY_ALLOCATION_COUNT, 0), -3);
}

/* A child that makes a segment, then ends as asked for; its file's name in child_name. */
static char child_name[256];

static pid_t make_child(bool dies)
{
	struct segment_identity identity = {.directory = scratch, .start_time_ns = 1000};
	struct segment own;
	int report[2];
	pid_t pid;

	cr_assert_eq(pipe(report), 0);
	pid = fork();
	if (pid == 0) {
		memset(&own, 0, sizeof(own));
		segment_create(&own, &identity);
		if (write(report[1], own.path, sizeof(own.path)) < 0 || dies)
			raise(SIGKILL);
		pause();
	}
	cr_assert_eq(read(report[0], child_name, sizeof(own.path)), (ssize_t)sizeof(own.path));
	name = strrchr(child_name, '/') + 1;
	return pid;
}

Test(reader, knows_the_living_from_the_dead)
{
	pid_t pid = make_child(false);
	siginfo_t info;

	cr_assert_eq(read_it(), 0);
	cr_assert(reading.alive);
	kill(pid, SIGKILL);
	cr_assert_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	cr_assert_eq(read_it(), 0);
	cr_assert_not(reading.alive, "a zombie is dead");
	waitpid(pid, NULL, 0);
	cr_assert_eq(read_it(), 0);
	cr_assert_not(reading.alive);
}

Test(reader, is_not_fooled_by_a_pid_used_again)
{
	FORGE_HEADER(created_boottime_ns, 1);
	cr_assert_eq(read_it(), 0);
	cr_assert_not(reading.alive, "this process is younger than the segment");
}

Test(reader, looks_at_the_memory_where_the_pid_is_of_another_namespace)
{
	pid_t pid = make_child(false);
	uint64_t other = 1;
	int fd = open(child_name, O_WRONLY);

	cr_assert_eq(
		pwrite(fd, &other, sizeof(other), offsetof(struct segment_header, pid_namespace)),
		(ssize_t)sizeof(other));
	close(fd);
	cr_assert_eq(read_it(), 0);
	cr_assert(reading.alive, "it is mapped");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	cr_assert_eq(read_it(), 0);
	cr_assert_not(reading.alive, "nobody maps it");
}

Test(reader, looks_at_the_memory_where_the_namespace_was_not_asked_for_yet)
{
	FORGE_HEADER(pid_namespace, 0);
	FORGE_HEADER(created_boottime_ns, 1);
	cr_assert_eq(read_it(), 0);
	cr_assert(reading.alive, "it is mapped");
	munmap(segment.header, SEGMENT_FIRST_MAP);
	cr_assert_eq(read_it(), 0);
	cr_assert_not(reading.alive, "nobody maps it");
}

Test(reader, refuses_a_file_cut_at_any_page)
{
	struct stat status;

	stat(segment.path, &status);
	cr_assert_eq(status.st_size % SEGMENT_PAGE, 0);
	cr_assert_eq(truncate(segment.path, status.st_size - SEGMENT_PAGE), 0);
	cr_assert_eq(read_it(), -EBADMSG, "a page less");
	/* A sparse gigabyte has many pages; those past the first shards are alike. */
	for (off_t size = SEGMENT_SHARDS_OFFSET + 20 * (off_t)SEGMENT_SHARD_SIZE; size >= 0;
	     size -= SEGMENT_PAGE) {
		cr_assert_eq(truncate(segment.path, size), 0);
		cr_assert_eq(read_it(), -EBADMSG, "%ld bytes", (long)size);
	}
}

Test(reader, refuses_a_file_cut_within_the_header)
{
	for (off_t size = sizeof(struct segment_header); size >= 0; size -= 7) {
		cr_assert_eq(truncate(segment.path, size), 0);
		cr_assert_eq(read_it(), -EBADMSG, "%ld bytes", (long)size);
	}
}

Test(reader, refuses_a_name_that_nobody_can_have_asked_for)
{
	struct name forged = {.key = 1, .length = 1, .text = "a"};
	off_t offset = SEGMENT_PROCESS_OFFSET + offsetof(struct process_values, names);

	forge(offset, &forged, sizeof(forged));
	cr_assert_eq(read_it(), 0);
	cr_assert_eq(name_at(&reading.totals.names, 0)->text[0], 'a');
	forged.text[0] = '\033';
	forge(offset, &forged, sizeof(forged));
	cr_assert_eq(read_it(), -EBADMSG);
}

Test(reader, says_when_a_segment_is_still_being_made)
{
	FORGE_HEADER(magic, 0);
	cr_assert_eq(read_it(), -EAGAIN);
}

Test(reader, refuses_what_is_no_segment)
{
	FORGE_HEADER(magic, 12345);
	cr_assert_eq(read_it(), -EBADMSG);
}

Test(reader, refuses_another_version)
{
	FORGE_HEADER(version, SEGMENT_VERSION + 1);
	cr_assert_eq(read_it(), -EPROTO);
}

Test(reader, refuses_another_layout)
{
	FORGE_HEADER(layout, segment_layout() + 1);
	cr_assert_eq(read_it(), -EPROTO);
}

Test(reader, refuses_forged_sizes)
{
	const size_t members[] = {offsetof(struct segment_header, process_offset),
	                          offsetof(struct segment_header, process_size),
	                          offsetof(struct segment_header, shards_offset),
	                          offsetof(struct segment_header, shard_size),
	                          offsetof(struct segment_header, shard_limit)};
	const uint32_t values[] = {1, SEGMENT_PAGE - 1, 0x7fffffff, 0x80000000, 0xffffffff};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		uint32_t before;

		memcpy(&before, (char *)segment.header + members[i], sizeof(before));
		for (size_t j = 0; j < sizeof(values) / sizeof(values[0]); j++) {
			if (members[i] == offsetof(struct segment_header, shard_limit) &&
			    values[j] == 1)
				continue; /* a small one is no lie */
			forge((off_t)members[i], &values[j], sizeof(values[j]));
			cr_assert_eq(read_it(), -EBADMSG, "member at %zu = %x", members[i],
			             values[j]);
		}
		forge((off_t)members[i], &before, sizeof(before));
	}
	cr_assert_eq(read_it(), 0);
}

Test(reader, refuses_a_state_or_pid_that_cannot_be)
{
	FORGE_HEADER(state, 0);
	cr_assert_eq(read_it(), -EBADMSG);
	FORGE_HEADER(state, SEGMENT_EXPORTED + 1);
	cr_assert_eq(read_it(), -EBADMSG);
	FORGE_HEADER(state, SEGMENT_LIVE);
	FORGE_HEADER(pid, 0);
	cr_assert_eq(read_it(), -EBADMSG);
	FORGE_HEADER(pid, 0x80000001);
	cr_assert_eq(read_it(), -EBADMSG);
}

Test(reader, refuses_counts_that_cannot_be)
{
	const off_t counter = SEGMENT_PROCESS_OFFSET +
	                      8 * (off_t)metric_series_word(&metric_table[METRIC_FILE_IO], 0);
	const off_t observed =
		SEGMENT_PROCESS_OFFSET +
		8 * (off_t)metric_series_word(&metric_table[METRIC_PROCESS_DISK_IO], 0);

	forge_word(counter, READER_LARGEST);
	cr_assert_eq(read_it(), 0);
	forge_word(counter, READER_LARGEST + 1);
	cr_assert_eq(read_it(), -EBADMSG);
	forge_word(counter, 0);
	forge_word(observed, observed_from_s64(-1));
	cr_assert_eq(read_it(), -EBADMSG, "an observed counter below zero");
	forge_word(observed, observed_from_s64(INT64_MAX));
	cr_assert_eq(read_it(), -EBADMSG);
	forge_word(observed, OBSERVED_ABSENT);
	cr_assert_eq(read_it(), 0);
}

Test(reader, refuses_shards_whose_sum_turns_over)
{
	struct shard_values *shards[3];

	for (int i = 0; i < 3; i++) {
		shards[i] = segment_claim(&segment, 2);
		cr_assert_not_null(shards[i]);
		shards[i]->FILE_IO[0] = READER_LARGEST / 3;
	}
	cr_assert_eq(read_it(), 0);
	for (int i = 0; i < 3; i++)
		shards[i]->FILE_IO[0] = READER_LARGEST;
	cr_assert_eq(read_it(), -EBADMSG);
}

Test(reader, takes_no_more_messages_than_there_is_room_for)
{
	char all[SEGMENT_MESSAGES_SIZE];

	memset(all, 'x', sizeof(all));
	forge(offsetof(struct segment_header, messages), all, sizeof(all));
	FORGE_HEADER(messages_length, 0xffffffff);
	cr_assert_eq(read_it(), 0);
	cr_assert_eq(strlen(reading.messages), SEGMENT_MESSAGES_SIZE);
}

Test(reader, ends_a_program_name_that_has_no_end)
{
	char all[256];

	memset(all, 'p', sizeof(all));
	forge(offsetof(struct segment_header, program), all, sizeof(all));
	cr_assert_eq(read_it(), 0);
	cr_assert_eq(strlen(reading.program), 255);
}

Test(reader, leaves_out_a_message_that_is_not_written_yet)
{
	FORGE_HEADER(messages_length, 40);
	cr_assert_eq(read_it(), 0);
	cr_assert_str_eq(reading.messages, "first line\nsecond line\n");
}

Test(reader, refuses_a_symbolic_link)
{
	cr_assert_eq(symlink(segment.path, scratch_path("link")), 0);
	name = "link";
	cr_assert_eq(read_it(), -ELOOP);
}

Test(reader, refuses_a_fifo_and_a_directory_without_waiting)
{
	cr_assert_eq(mkfifo(scratch_path("fifo"), 0600), 0);
	name = "fifo";
	cr_assert_eq(read_it(), -EACCES);
	cr_assert_eq(mkdir(scratch_path("folder"), 0700), 0);
	name = "folder";
	cr_assert_eq(read_it(), -EACCES);
}

Test(reader, refuses_a_file_that_others_may_open)
{
	cr_assert_eq(chmod(segment.path, 0604), 0);
	cr_assert_eq(read_it(), -EACCES);
}

Test(reader, refuses_a_file_of_another_owner)
{
	cr_assert_eq(reader_read(directory, name, getuid() + 1, &reading), -EACCES);
}

Test(reader, says_when_there_is_none)
{
	name = "1.2";
	cr_assert_eq(read_it(), -ENOENT);
}
