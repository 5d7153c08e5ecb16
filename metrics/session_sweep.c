/*
 * Taking sessions away. Those of trees that all ended at once, or whose last program could not be
 * seen, stay behind. They are removed when another tree begins and there are many files; a few that
 * hold what killed processes counted are left to be salvaged. Raw system calls.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include "base/clock.h"
#include "base/memory.h"
#include "metrics/reader.h"
#include "metrics/segment_internal.h"
#include "metrics/segment_list.h"
#include "metrics/session.h"

#define SWEEP_FILES 128 /* in the file system; a session is three or more */
#define EXEC_S      10  /* so long may an exec take */
#define SWEEP_KEPT  8   /* sessions with something to salvage; they take memory */

/* Two at a time: the user's directory, and a session in it. One sweep at a time in a process. */
static struct segment_list sessions LARGE_MEMORY, entries LARGE_MEMORY;

bool session_executes(struct segment_list *list, int directory)
{
	uint64_t now = clock_read_ns(CLOCK_REALTIME) / 1000000000u;
	const char *name, *pid;
	struct stat status;
	bool executes = false;

	list->directory = directory;
	sys_call(SYS_lseek, directory, 0, 0 /* SEEK_SET */);
	list->bytes = list->at = 0;
	while (!executes && (name = segment_list_any(list))) {
		pid = name;
		executes = session_is_of_exec(name) &&
		           sys_call(SYS_kill, string_to_u64(&pid), 0) != -ESRCH &&
		           sys_call(SYS_newfstatat, directory, name, &status,
		                    AT_SYMLINK_NOFOLLOW) == 0 &&
		           now < (uint64_t)status.st_ctime + EXEC_S;
	}
	sys_call(SYS_lseek, directory, 0, 0 /* SEEK_SET */);
	list->bytes = list->at = 0;
	return executes;
}

int session_remove(const char *directory)
{
	static struct segment_list list LARGE_MEMORY;
	struct memory_hold hold = {.held = false};
	int err = segment_list_open(&list, directory), accumulator;
	const char *name;

	if (err)
		return err;
	accumulator = (int)sys_call(SYS_openat, list.directory, SESSION_ACCUMULATOR,
	                            O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
	err = accumulator < 0 ? accumulator : 0;
	/* While it is held, who opens it waits, and then finds that it has no name any more. */
	if (!err &&
	    (reader_memory_hold(accumulator, &hold) || session_executes(&list, list.directory)))
		err = -EBUSY;
	if (!err) {
		/* Nobody has it mapped, so none of these goes on after an exec that failed. */
		while ((name = segment_list_any(&list))) {
			if (session_is_of_exec(name))
				sys_call(SYS_unlinkat, list.directory, name, 0);
		}
		sys_call(SYS_unlinkat, list.directory, SESSION_EXPORTS, 0);
		sys_call(SYS_unlinkat, list.directory, SESSION_ACCUMULATOR, 0);
	}
	if (accumulator >= 0) {
		reader_memory_release(accumulator, &hold);
		sys_call(SYS_close, accumulator);
	}
	segment_list_close(&list);
	return err ? err : (int)sys_call(SYS_unlinkat, AT_FDCWD, directory, AT_REMOVEDIR);
}

/* How every accumulator begins. */
struct head {
	uint64_t magic;
	uint32_t version, layout, own;
};

_Static_assert(offsetof(struct session_accumulator, own) == offsetof(struct head, own),
               "begins so");

/* A tree's, which no process has mapped. */
static bool is_left(int directory)
{
	struct head head;
	int fd = (int)sys_call(SYS_openat, directory, SESSION_ACCUMULATOR,
	                       O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
	bool is;

	if (fd < 0)
		return false;
	is = sys_call(SYS_pread64, fd, &head, sizeof(head), 0) == sizeof(head) &&
	     head.magic == SESSION_MAGIC && head.version == SEGMENT_VERSION &&
	     head.own == SESSION_OF_TREE && reader_memory_use(fd) == MEMORY_UNUSED;
	sys_call(SYS_close, fd);
	return is;
}

static bool is_ours(const char *name)
{
	while (*name >= '0' && *name <= '9')
		name++;
	return *name == '.'; /* "<pid>.<time>", "<pid>.exec" */
}

/* May it go? Not for as long as others may export it, if there are not too many. */
static bool is_to_go(int *kept)
{
	bool holds;

	if (!is_left(entries.directory))
		return false;
	holds = segment_list_next(&entries) != NULL;
	sys_call(SYS_lseek, entries.directory, 0, 0 /* SEEK_SET */);
	entries.bytes = entries.at = 0;
	return !holds || (*kept)++ >= SWEEP_KEPT;
}

/* Only one that nobody has mapped: session_remove() makes sure of it. */
static void remove_session(const char *user_directory, const char *name, int *kept)
{
	char path[SESSION_PATH];
	size_t n = string_copy(path, sizeof(path), user_directory);

	n += string_copy(path + n, sizeof(path) - n, "/");
	n += string_copy(path + n, sizeof(path) - n, name);
	if (n + 1 >= sizeof(path) || segment_list_open(&entries, path))
		return;
	if (is_to_go(kept) && session_remove(path) != -EBUSY) {
		while ((name = segment_list_any(&entries))) {
			if (is_ours(name))
				sys_call(SYS_unlinkat, entries.directory, name, 0);
		}
		sys_call(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
	}
	segment_list_close(&entries);
}

static bool is_session(const char *name)
{
	static const char start[] = "session.";

	return memcmp(name, start, sizeof(start) - 1) == 0;
}

/* Not each start may pay for a closer look at those that are kept. */
static bool are_many(void)
{
	const char *name;
	int count = 0;

	while ((name = segment_list_any(&sessions)))
		count += is_session(name);
	sys_call(SYS_lseek, sessions.directory, 0, 0 /* SEEK_SET */);
	sessions.bytes = sessions.at = 0;
	return count > 2 * SWEEP_KEPT;
}

void session_sweep(const char *user_directory)
{
	struct statfs fs;
	const char *name;
	int kept = 0;

	if (segment_list_open(&sessions, user_directory))
		return;
	if (sys_call(SYS_fstatfs, sessions.directory, &fs) == 0 &&
	    (uint64_t)fs.f_files - (uint64_t)fs.f_ffree > SWEEP_FILES && are_many()) {
		while ((name = segment_list_any(&sessions))) {
			if (is_session(name))
				remove_session(user_directory, name, &kept);
		}
	}
	segment_list_close(&sessions);
}
