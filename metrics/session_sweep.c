/*
 * Sessions of trees that all ended at once, or whose last program could not be seen, stay behind.
 * They are removed when another tree begins and there are many files. Raw system calls.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/statfs.h>
#include "base/memory.h"
#include "metrics/segment_internal.h"
#include "metrics/segment_list.h"
#include "metrics/session.h"

#define SWEEP_FILES 128 /* in the file system; a session is three or more */

/* Two at a time: the user's directory, and a session in it. One sweep at a time in a process. */
static struct segment_list sessions LARGE_MEMORY, entries LARGE_MEMORY;

/* How every accumulator begins. */
struct head {
	uint64_t magic;
	uint32_t version, layout, own;
};

_Static_assert(offsetof(struct session_accumulator, own) == offsetof(struct head, own),
               "begins so");

static bool is_of_tree(int directory)
{
	struct head head;
	int fd = (int)sys_call(SYS_openat, directory, SESSION_ACCUMULATOR,
	                       O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
	bool is;

	if (fd < 0)
		return false;
	is = sys_call(SYS_pread64, fd, &head, sizeof(head), 0) == sizeof(head) &&
	     head.magic == SESSION_MAGIC && head.version == SEGMENT_VERSION &&
	     head.own == SESSION_OF_TREE;
	sys_call(SYS_close, fd);
	return is;
}

static bool is_ours(const char *name)
{
	while (*name >= '0' && *name <= '9')
		name++;
	return *name == '.'; /* "<pid>.<time>", "<pid>.exec" */
}

/* Only one that nobody has mapped: session_remove() says which. */
static void remove_session(const char *user_directory, const char *name)
{
	char path[SESSION_PATH];
	size_t n = string_copy(path, sizeof(path), user_directory);

	n += string_copy(path + n, sizeof(path) - n, "/");
	n += string_copy(path + n, sizeof(path) - n, name);
	if (n + 1 >= sizeof(path) || segment_list_open(&entries, path))
		return;
	if (is_of_tree(entries.directory) && session_remove(path) != -EBUSY) {
		while ((name = segment_list_any(&entries))) {
			if (is_ours(name))
				sys_call(SYS_unlinkat, entries.directory, name, 0);
		}
		sys_call(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
	}
	segment_list_close(&entries);
}

void session_sweep(const char *user_directory)
{
	static const char start[] = "session.";
	struct statfs fs;
	const char *name;

	if (segment_list_open(&sessions, user_directory))
		return;
	if (sys_call(SYS_fstatfs, sessions.directory, &fs) == 0 &&
	    (uint64_t)fs.f_files - (uint64_t)fs.f_ffree > SWEEP_FILES) {
		while ((name = segment_list_any(&sessions))) {
			if (memcmp(name, start, sizeof(start) - 1) == 0)
				remove_session(user_directory, name);
		}
	}
	segment_list_close(&sessions);
}
