/* Segments of this process: shards claimed, grown and released; names; where no file can be had. */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include "metrics/collect.h"
#include "metrics/segment.h"
#include "tests/unit/scratch.h"

static struct segment segment;
static struct process_values totals;

static void make_in(const char *directory)
{
	struct segment_identity identity = {.directory = directory, .start_time_ns = 1000};

	cr_assert_eq(segment_create(&segment, &identity), 0);
}

static void make_segment(void)
{
	scratch_make();
	make_in(scratch);
	cr_assert_str_not_empty(segment.path);
}

static void remove_segment(void)
{
	umount2(scratch, MNT_DETACH); /* where mount_small() was called */
	scratch_remove();
}

TestSuite(segment, .init = make_segment, .fini = remove_segment);

static uint64_t counted(void)
{
	collect_totals(&totals, &segment);
	return ((uint64_t *)&totals)[metric_series_word(&metric_table[METRIC_FILE_IO], 0)];
}

Test(segment, is_a_file_of_ours_alone)
{
	struct stat status;

	cr_assert_eq(stat(segment.path, &status), 0);
	cr_assert_eq(status.st_mode, S_IFREG | 0600);
	cr_assert_eq(status.st_uid, geteuid());
}

Test(segment, tells_who_counts_in_it)
{
	cr_assert_eq(segment.header->magic, SEGMENT_MAGIC);
	cr_assert_eq(segment.header->pid, getpid());
	cr_assert_eq(segment.header->state, SEGMENT_LIVE);
	cr_assert_eq(segment.header->layout, segment_layout());
	cr_assert_eq(segment.header->start_time_ns, 1000);
	cr_assert_eq(segment.header->instance_id[6] >> 4, 4, "a random UUID");
	cr_assert_eq(segment.header->instance_id[8] >> 6, 2);
}

Test(segment, keeps_no_descriptor_open)
{
	int before = dup(0);

	close(before);
	memset(&segment, 0, sizeof(segment));
	make_in(scratch);
	cr_assert_eq(dup(0), before);
}

Test(segment, two_at_once_have_names_of_their_own)
{
	char first[sizeof(segment.path)];

	strcpy(first, segment.path);
	memset(&segment, 0, sizeof(segment));
	make_in(scratch);
	cr_assert_str_not_empty(segment.path);
	cr_assert_str_neq(segment.path, first);
}

Test(segment, makes_its_directory_closed_to_others)
{
	char directory[96];
	struct stat status;

	snprintf(directory, sizeof(directory), "%s/new", scratch);
	make_in(directory);
	cr_assert_str_not_empty(segment.path);
	cr_assert_eq(stat(directory, &status), 0);
	cr_assert_eq(status.st_mode, S_IFDIR | 0700);
	segment_unlink(&segment);
}

Test(segment, grows_beyond_the_first_chunks)
{
	enum { WANTED = SEGMENT_FIRST_CHUNK + 2 * SEGMENT_CHUNK + 5 };
	struct shard_values *shards[WANTED];

	for (uint32_t i = 0; i < WANTED; i++) {
		shards[i] = segment_claim(&segment, 100 + i);
		cr_assert_not_null(shards[i], "shard %u", i);
		for (uint32_t j = 0; j < i; j++)
			cr_assert_neq(shards[i], shards[j]);
		shards[i]->FILE_IO[0] = 1;
	}
	cr_assert_eq(counted(), WANTED);
	cr_assert_eq(segment_shard(&segment, WANTED - 1), shards[WANTED - 1]);
	cr_assert_null(segment_shard(&segment, WANTED), "mapped, but nobody's yet");
}

Test(segment, says_when_no_shard_is_left_and_lends_a_released_one)
{
	struct shard_values *shard, *last = NULL;
	uint32_t claimed = 0;

	while ((shard = segment_claim(&segment, 1))) {
		last = shard;
		claimed++;
	}
	cr_assert_eq(claimed, segment.header->shard_limit);
	cr_assert(segment.full);
	segment_release(&segment, last);
	cr_assert_eq(segment_claim(&segment, 2), last);
	cr_assert_null(segment_claim(&segment, 3));
}

Test(segment, a_released_shard_keeps_its_totals)
{
	struct shard_values *shard = segment_claim(&segment, 1);

	shard->FILE_IO[0] = 5;
	segment_release(&segment, shard);
	cr_assert_eq(counted(), 5);
	cr_assert_eq(segment_claim(&segment, 2), shard);
	cr_assert_eq(shard->FILE_IO[0], 5);
	cr_assert_eq(segment.owners[0], 2u | SHARD_RESIDENT);
}

enum { THREADS = 48, TURNS = 40 };

static uint32_t in_use[SEGMENT_SHARDS_MAX];
static uint32_t clashes;

/* It finds none only while another thread maps the next chunk. */
static struct shard_values *claim(uint32_t tid)
{
	struct shard_values *shard;

	while (!(shard = segment_claim(&segment, tid)))
		sched_yield();
	return shard;
}

static void *claim_and_release(void *number)
{
	for (int turn = 0; turn < TURNS; turn++) {
		struct shard_values *shard = claim((uint32_t)(uintptr_t)number + 1);
		uint32_t index = 0;

		while (segment_shard(&segment, index) != shard)
			index++;
		if (__atomic_exchange_n(&in_use[index], 1, __ATOMIC_ACQUIRE))
			__atomic_add_fetch(&clashes, 1, __ATOMIC_RELAXED);
		shard->FILE_IO[0] += 1; /* one writer at a time: no locked add is needed */
		__atomic_store_n(&in_use[index], 0, __ATOMIC_RELEASE);
		segment_release(&segment, shard);
	}
	return NULL;
}

Test(segment, gives_no_shard_to_two_threads_and_loses_nothing, .timeout = 60)
{
	pthread_t threads[THREADS];

	for (uintptr_t i = 0; i < THREADS; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, claim_and_release, (void *)i), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	cr_assert_eq(clashes, 0);
	cr_assert_eq(counted(), THREADS * TURNS);
}

Test(segment, without_a_directory_it_is_anonymous)
{
	memset(&segment, 0, sizeof(segment));
	make_in("/proc/self/otelue");
	cr_assert_str_empty(segment.path);
	for (uint32_t i = 0; i < SEGMENT_FIRST_CHUNK; i++)
		segment_claim(&segment, 1)->FILE_IO[0] = 1;
	cr_assert_null(segment_claim(&segment, 1));
	cr_assert_eq(counted(), SEGMENT_FIRST_CHUNK);
}

Test(segment, is_anonymous_where_others_may_look_in)
{
	cr_assert_eq(chmod(scratch, 0750), 0);
	memset(&segment, 0, sizeof(segment));
	make_in(scratch);
	cr_assert_str_empty(segment.path);
}

Test(segment, is_anonymous_where_the_directory_is_a_link)
{
	char link[96];

	snprintf(link, sizeof(link), "%s/link", scratch);
	cr_assert_eq(symlink(scratch, link), 0);
	memset(&segment, 0, sizeof(segment));
	make_in(link);
	cr_assert_str_empty(segment.path);
}

Test(segment, is_anonymous_and_alive_where_files_may_not_grow)
{
	struct rlimit limit = {4096, 4096};

	memset(&segment, 0, sizeof(segment));
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	make_in(scratch); /* SIGXFSZ would end us */
	cr_assert_str_empty(segment.path);
	cr_assert_eq(scratch_files(), 1, "only the first one's");
	cr_assert_not_null(segment_claim(&segment, 1));
}

/* A small tmpfs over the scratch directory, in a mount namespace of this test. */
static void mount_small(const char *options)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", scratch, "tmpfs", 0, options) < 0)
		cr_skip_test("cannot mount a tmpfs of its own (not root?)");
	memset(&segment, 0, sizeof(segment));
}

Test(segment, takes_nothing_from_a_file_system_that_is_nearly_full)
{
	mount_small("mode=700,size=64k");
	make_in(scratch);
	cr_assert_str_empty(segment.path);
	cr_assert_eq(scratch_files(), 0);
}

Test(segment, finds_no_shard_instead_of_dying_where_memory_ran_out)
{
	static char block[65536];
	struct shard_values *shard;
	int fd;

	mount_small("mode=700,size=16m");
	make_in(scratch);
	cr_assert_str_not_empty(segment.path);
	shard = segment_claim(&segment, 1);
	cr_assert_not_null(shard);
	fd = open(scratch_path("filler"), O_WRONLY | O_CREAT, 0600);
	memset(block, 1, sizeof(block));
	while (write(fd, block, sizeof(block)) > 0)
		;
	while (segment_claim(&segment, 2))
		; /* what was resident already */
	shard->FILE_IO[0] = 3;
	cr_assert_eq(counted(), 3);
	cr_assert_eq(unlink(scratch_path("filler")), 0);
	close(fd);
	segment_release(&segment, shard);
	cr_assert_eq(segment_claim(&segment, 3), shard);
}

Test(segment, uses_a_sixteenth_of_what_is_free_at_most)
{
	struct stat status;

	mount_small("mode=700,size=64m");
	make_in(scratch);
	cr_assert(segment.ledger_fits);
	cr_assert_str_not_empty(segment.path);
	cr_assert_eq(stat(segment.path, &status), 0);
	cr_assert_leq(status.st_size, 4 << 20);
	cr_assert_eq(status.st_size,
	             SEGMENT_SHARDS_OFFSET + segment.header->shard_limit * SEGMENT_SHARD_SIZE);
}

/* The file is longer, but that part of it gets no memory. */
Test(segment, goes_without_a_ledger_where_a_sixteenth_has_no_room_for_it)
{
	mount_small("mode=700,size=8m");
	make_in(scratch);
	cr_assert_str_not_empty(segment.path);
	cr_assert_not(segment.ledger_fits);
	cr_assert_null(segment_ledger(&segment, LEDGER_IDENTIFIED, 0, false));
	cr_assert_leq(SEGMENT_LEDGER_OFFSET + segment.header->shard_limit * SEGMENT_SHARD_SIZE,
	              512 << 10);
}

static const char *exec_name(void)
{
	static char name[32];

	snprintf(name, sizeof(name), "%d.exec", (int)getpid());
	return scratch_path(name);
}

Test(segment, is_called_otherwise_while_its_process_executes)
{
	segment_exec_begin(&segment);
	cr_assert_eq(segment.header->state, SEGMENT_EXEC);
	cr_assert_neq(access(segment.path, F_OK), 0);
	cr_assert_eq(access(exec_name(), F_OK), 0);
}

Test(segment, gets_its_name_back_when_exec_failed)
{
	segment_exec_begin(&segment);
	segment_exec_failed(&segment);
	cr_assert_eq(segment.header->state, SEGMENT_LIVE);
	cr_assert_eq(access(segment.path, F_OK), 0);
	cr_assert_neq(access(exec_name(), F_OK), 0);
}

Test(segment, is_swept_by_the_program_that_comes_after)
{
	segment_exec_begin(&segment);
	segment_exec_sweep(scratch, (uint32_t)getpid(), false);
	cr_assert_eq(scratch_files(), 0);
}

Test(segment, counts_on_without_a_name)
{
	segment_unlink(&segment);
	cr_assert_eq(scratch_files(), 0);
	segment_claim(&segment, 1)->FILE_IO[0] = 2;
	cr_assert_eq(counted(), 2);
}

Test(segment, another_thread_growing_it_does_not_make_it_full)
{
	for (uint32_t i = 0; i < SEGMENT_FIRST_CHUNK; i++)
		segment_claim(&segment, 1 + i);
	segment.growing = 1;
	cr_assert_null(segment_claim(&segment, 9));
	segment.growing = 0;
	cr_assert_not_null(segment_claim(&segment, 9));
}

static int is_mapped(const void *address)
{
	unsigned char resident;

	return mincore((void *)((uintptr_t)address & ~4095ul), SEGMENT_PAGE, &resident) == 0;
}

Test(segment, a_child_writes_its_parents_shards_without_harm)
{
	enum { SHARDS = SEGMENT_FIRST_CHUNK + SEGMENT_CHUNK + 5 };
	struct shard_values *shards[SHARDS], *kept;
	struct segment parent;
	struct segment_identity child = {.directory = scratch, .session = true};
	static unsigned char before[SEGMENT_SHARDS_OFFSET + SHARDS * SEGMENT_SHARD_SIZE];
	static unsigned char after[sizeof(before)];
	int fd = open(segment.path, O_RDONLY);
	void *place;

	for (uint32_t i = 0; i < SHARDS; i++) {
		shards[i] = segment_claim(&segment, 1 + i);
		shards[i]->FILE_IO[0] = 1;
	}
	kept = shards[SEGMENT_FIRST_CHUNK + 3];
	parent = segment;
	cr_assert_eq(pread(fd, before, sizeof(before), 0), sizeof(before));
	place = segment_disown(&segment, kept);
	cr_assert_null(segment.header);
	cr_assert_eq(place, parent.header);
	cr_assert_eq(segment_create_at(&segment, &child, place), 0);
	cr_assert_eq((void *)segment.header, place);
	kept->FILE_IO[0] += 5;
	shards[1]->FILE_IO[0] += 5;
	cr_assert_eq(counted(), 0, "nothing of the parent's is the child's");
	cr_assert_eq(pread(fd, after, sizeof(after), 0), sizeof(after));
	close(fd);
	cr_assert_eq(memcmp(before, after, sizeof(before)), 0, "nor of the child's the parent's");
	cr_assert_not(is_mapped(shards[SHARDS - 1]));
}

Test(segment, keeps_messages_until_there_is_no_room)
{
	char line[500];

	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	for (int i = 0; i < 10; i++)
		segment_message(&segment, line);
	cr_assert_eq(segment.header->messages_length, 2000);
	segment_message(&segment, "short");
	cr_assert_eq(segment.header->messages_length, 2006);
	cr_assert_eq(memcmp(segment.header->messages + 2000, "short\n", 6), 0);
}
