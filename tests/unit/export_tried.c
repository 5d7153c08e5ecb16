/* What was tried in vain: remembered for a minute, by those who could do no better. */
#include <sys/file.h>
#include "export/tried.h"
#include "tests/unit/scratch.h"

#define NAMESPACE 4026531836u
#define SINCE_AT  offsetof(struct tried_table, since_ns)
#define MINUTE    UINT64_C(60000000000)

static int directory;
static struct tried tried;

static void make(void)
{
	scratch_make();
	directory = open(scratch, O_RDONLY | O_DIRECTORY);
	cr_assert_geq(directory, 0);
}

static void take_away(void)
{
	close(directory);
	scratch_remove();
}

TestSuite(tried, .init = make, .fini = take_away);

static void open_as(uint64_t pid_namespace, uint32_t listeners)
{
	memset(&tried, 0, sizeof(tried));
	tried_open(&tried, directory, pid_namespace, listeners);
}

static bool has(const char *name)
{
	return tried_has(&tried, tried_key(&tried, name, 0));
}

static void note(const char *name)
{
	tried_note(&tried, tried_key(&tried, name, 0));
}

/* One program's look that finds this. */
static void look(const char *name, uint32_t listeners)
{
	open_as(NAMESPACE, listeners);
	if (name)
		note(name);
	tried_close(&tried, true);
}

/* One that begins knows of it. */
static bool is_known(const char *name)
{
	bool is;

	open_as(NAMESPACE, 0);
	is = has(name);
	tried_close(&tried, false);
	return is;
}

static void set_since(int64_t offset)
{
	int fd = open(scratch_path(TRIED_NAME), O_RDWR);
	uint64_t since;

	cr_assert_eq(pread(fd, &since, sizeof(since), SINCE_AT), sizeof(since));
	since += (uint64_t)offset;
	cr_assert_eq(pwrite(fd, &since, sizeof(since), SINCE_AT), sizeof(since));
	close(fd);
}

Test(tried, is_remembered_by_the_next)
{
	look("17.4", 0);
	look("18.5", 0);
	cr_assert(is_known("17.4"));
	cr_assert(is_known("18.5"));
	cr_assert(!is_known("17.5"));
}

Test(tried, leaves_no_file_where_nothing_is_left)
{
	look(NULL, 0);
	cr_assert_eq(scratch_files(), 0);
	look("17.4", 0);
	look(NULL, 0);
	cr_assert_eq(scratch_files(), 1, "known for a minute");
	set_since(-(int64_t)MINUTE);
	look(NULL, 0);
	cr_assert_eq(scratch_files(), 0);
}

Test(tried, is_tried_again_after_a_minute)
{
	look("17.4", 0);
	set_since(-(int64_t)MINUTE + 20 * INT64_C(1000000000));
	cr_assert(is_known("17.4"));
	set_since(-20 * INT64_C(1000000000));
	cr_assert(!is_known("17.4"));
}

Test(tried, is_tried_again_where_the_clock_was_set_back)
{
	look("17.4", 0);
	set_since(INT64_C(1000000000) * 3600);
	cr_assert(!is_known("17.4"));
}

Test(tried, is_tried_again_at_once_when_somebody_listens)
{
	look("17.4", TRIED_RECORD);
	open_as(NAMESPACE, TRIED_RECORD);
	cr_assert(has("17.4"));
	open_as(NAMESPACE, 0);
	cr_assert(has("17.4"), "one who reaches fewer does not try it");
	open_as(NAMESPACE, TRIED_LISTENERS);
	cr_assert(!has("17.4"));
	note("17.4");
	cr_assert(has("17.4"));
}

Test(tried, is_tried_by_those_of_another_pid_namespace)
{
	look("17.4", 0);
	open_as(NAMESPACE + 1, 0);
	cr_assert(!has("17.4"));
}

Test(tried, is_tried_again_when_it_has_changed)
{
	open_as(NAMESPACE, 0);
	tried_note(&tried, tried_key(&tried, "session.1.abcdef", 5));
	cr_assert(tried_has(&tried, tried_key(&tried, "session.1.abcdef", 5)));
	cr_assert(!tried_has(&tried, tried_key(&tried, "session.1.abcdef", 6)));
}

Test(tried, is_tried_again_by_one_at_a_time)
{
	int other;

	look("17.4", 0);
	set_since(-(int64_t)MINUTE);
	other = open(scratch_path(TRIED_NAME), O_RDWR);
	cr_assert_eq(flock(other, LOCK_EX), 0);
	cr_assert(is_known("17.4"));
	close(other);
	cr_assert(!is_known("17.4"));
}

/* Who tries all again and has no time to do so has not forgotten the rest. */
Test(tried, is_not_forgotten_by_one_that_was_stopped)
{
	look("17.4", 0);
	set_since(-(int64_t)MINUTE);
	open_as(NAMESPACE, 0);
	note("18.5");
	tried_close(&tried, false);
	set_since(30 * INT64_C(1000000000));
	cr_assert(is_known("17.4"));
	cr_assert(!is_known("18.5"));
}

Test(tried, remembers_what_it_has_room_for)
{
	char name[32];
	int known = 0;

	open_as(NAMESPACE, 0);
	for (int i = 0; i < 2 * TRIED_SLOTS; i++) {
		snprintf(name, sizeof(name), "%d.1000", i + 1);
		note(name);
	}
	for (int i = 0; i < 2 * TRIED_SLOTS; i++) {
		snprintf(name, sizeof(name), "%d.1000", i + 1);
		known += has(name);
	}
	cr_assert_geq(known, TRIED_SLOTS * 9 / 10);
	cr_assert_leq(known, TRIED_SLOTS);
	tried_close(&tried, true);
	cr_assert_eq(scratch_files(), 1);
}

static void overwrite(const char *bytes, size_t size)
{
	int fd = open(scratch_path(TRIED_NAME), O_RDWR | O_CREAT | O_TRUNC, 0600);

	cr_assert_eq(write(fd, bytes, size), (ssize_t)size);
	close(fd);
}

Test(tried, is_made_anew_where_it_is_damaged)
{
	static const char rubbish[sizeof(struct tried_table)] = "rubbish";

	overwrite(rubbish, 100);
	cr_assert(!is_known("17.4"));
	overwrite(rubbish, sizeof(rubbish));
	cr_assert(!is_known("17.4"));
	look("17.4", 0);
	cr_assert(is_known("17.4"));
}

Test(tried, is_not_written_through_a_link)
{
	struct stat status;

	overwrite("", 0);
	cr_assert_eq(renameat(directory, TRIED_NAME, directory, "other"), 0);
	cr_assert_eq(symlink("other", scratch_path(TRIED_NAME)), 0);
	look("17.4", 0);
	cr_assert_eq(stat(scratch_path("other"), &status), 0);
	cr_assert_eq(status.st_size, 0);
	cr_assert(!is_known("17.4"));
}

Test(tried, is_not_believed_where_others_may_write_it)
{
	look("17.4", 0);
	cr_assert_eq(chmod(scratch_path(TRIED_NAME), 0666), 0);
	cr_assert(!is_known("17.4"));
}
