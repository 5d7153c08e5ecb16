/* Killed processes of a session that goes on: older ones are taken in, each is counted once. */
#include <dirent.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "cli/session_dead.h"
#include "cli/tree.h"
#include "metrics/segment.h"
#include "metrics/session.h"
#include "tests/unit/settings_fixture.h"

#define OLDER 5

static struct session_directory session;
static struct session_dead *dead;
static struct segment segment;
static struct tree tree;

static void make_session(void)
{
	scratch_make();
	unsetenv(SESSION_VARIABLE);
	cr_assert_eq(session_directory_make(&session, scratch, NULL), 0);
	assert_loads(LOAD("OTEL_METRICS_EXPORTER=none"));
	dead = session_dead_open(&session, &settings);
}

static void remove_all(void)
{
	char command[128];

	session_dead_close(dead, NULL);
	snprintf(command, sizeof(command), "rm -rf %s", scratch);
	cr_assert_eq(system(command), 0);
}

TestSuite(session_dead, .init = make_session, .fini = remove_all);

/* A process that counted a byte and has this to say is killed; before that its segment is changed.
 */
static void kill_one(void (*change)(struct segment_header *header))
{
	struct segment_identity identity = {
		.directory = session.path, .start_time_ns = 1000, .session = true};
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (segment_create(&segment, &identity))
			_exit(1);
		segment.process->common.FILE_IO[0] = 1;
		segment_message(&segment, "hello");
		if (change)
			change(segment.header);
		raise(SIGKILL);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFSIGNALED(status));
}

static void kill_many(int count, void (*change)(struct segment_header *header))
{
	for (int i = 0; i < count; i++)
		kill_one(change);
}

static int segments(void)
{
	DIR *directory = opendir(session.path);
	int count = 0;

	cr_assert_not_null(directory);
	for (struct dirent *entry; (entry = readdir(directory));)
		count += session_is_segment(entry->d_name);
	closedir(directory);
	return count;
}

static void expect_counted(uint64_t killed)
{
	const struct metric *metric = &metric_table[METRIC_FILE_IO];

	cr_assert_eq(tree_read(&tree, session.path), 0);
	cr_assert_eq(tree.killed, killed);
	cr_assert_eq(tree.ended + tree.running, 0);
	cr_assert_eq(((uint64_t *)&tree.totals)[metric_series_word(metric, 0)], killed);
}

Test(session_dead, takes_in_all_but_the_latest)
{
	kill_many(SESSION_DEAD_KEPT, NULL);
	session_dead_look(dead);
	cr_assert_eq(segments(), SESSION_DEAD_KEPT);
	kill_many(OLDER, NULL);
	session_dead_look(dead);
	cr_assert_eq(segments(), SESSION_DEAD_KEPT);
	expect_counted(SESSION_DEAD_KEPT + OLDER);
	cr_assert_eq(tree.process_count, SESSION_DEAD_KEPT, "the latest are named");
	cr_assert_eq(tree.message_count, SESSION_DEAD_KEPT + 1, "said once for all taken in");
}

Test(session_dead, looks_again_sooner_where_many_are_killed)
{
	long idle = session_dead_look(dead), busy;

	kill_many(SESSION_DEAD_KEPT + OLDER, NULL);
	busy = session_dead_look(dead);
	cr_assert(idle >= 1000 && busy > 0 && busy < idle, "%ld %ld", idle, busy);
	kill_many(70, NULL);
	cr_assert_eq(session_dead_look(dead), 0, "not all of them at once");
	session_dead_look(dead);
	cr_assert_eq(segments(), SESSION_DEAD_KEPT);
	expect_counted(SESSION_DEAD_KEPT + OLDER + 70);
}

static void move_away(struct segment_header *header)
{
	header->pid_namespace++;
}

/* There the process may well live: nobody has that pid here. */
Test(session_dead, leaves_those_of_another_pid_namespace)
{
	kill_many(SESSION_DEAD_KEPT + OLDER, move_away);
	session_dead_look(dead);
	cr_assert_eq(segments(), SESSION_DEAD_KEPT + OLDER);
	expect_counted(SESSION_DEAD_KEPT + OLDER);
}

/* The name of the first segment in the session. */
static const char *find_one(void)
{
	static char path[SESSION_PATH_SIZE + 64];
	DIR *directory = opendir(session.path);
	struct dirent *entry;

	cr_assert_not_null(directory);
	while ((entry = readdir(directory)) && !session_is_segment(entry->d_name))
		;
	cr_assert_not_null(entry);
	snprintf(path, sizeof(path), "%s/%.60s", session.path, entry->d_name);
	closedir(directory);
	return path;
}

/* A child of vfork() does, until it executes. */
Test(session_dead, leaves_one_in_whose_memory_another_counts)
{
	const char *path;
	void *memory;
	int fd;

	kill_one(NULL);
	path = find_one();
	fd = open(path, O_RDWR);
	memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	cr_assert_neq(memory, MAP_FAILED);
	close(fd);
	kill_many(SESSION_DEAD_KEPT, NULL);
	session_dead_look(dead);
	cr_assert_eq(access(path, F_OK), 0, "while it is mapped");
	munmap(memory, 4096);
	session_dead_look(dead);
	cr_assert_neq(access(path, F_OK), 0, "afterwards");
	expect_counted(SESSION_DEAD_KEPT + 1);
}

static void execute(struct segment_header *header)
{
	header->state = SEGMENT_EXEC;
}

static void end(struct segment_header *header)
{
	header->state = SEGMENT_EXPORTED;
}

/* Those could not take their files away themselves. */
Test(session_dead, counts_nothing_of_those_that_handed_over)
{
	kill_one(execute);
	kill_many(2, end);
	kill_many(SESSION_DEAD_KEPT, NULL);
	session_dead_look(dead);
	cr_assert_eq(segments(), SESSION_DEAD_KEPT);
	expect_counted(SESSION_DEAD_KEPT);
	cr_assert_eq(tree.unseen, 1);
}

Test(session_dead, leaves_what_it_cannot_read)
{
	kill_one(NULL);
	cr_assert_eq(truncate(find_one(), 5000), 0);
	kill_many(SESSION_DEAD_KEPT, NULL);
	session_dead_look(dead);
	cr_assert_eq(segments(), SESSION_DEAD_KEPT + 1);
	expect_counted(SESSION_DEAD_KEPT);
	cr_assert_eq(tree.unreadable, 1);
}
