/*
 * Segments of killed processes stay behind to be read. Left alone they would fill /dev/shm, so only
 * the latest SEGMENT_DEAD_KEPT of a user are kept. Raw system calls; a wrong guess costs a name,
 * never a process's memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include "base/clock.h"
#include "base/memory.h"
#include "metrics/reader.h"
#include "metrics/segment_internal.h"

#define DIRENT_LENGTH_AT 16 /* of struct linux_dirent64 */
#define DIRENT_NAME_AT   19
#define OLD_S            60

/* The latest times found, smallest first. One sweep at a time in a process. */
struct latest {
	uint64_t times[SEGMENT_DEAD_KEPT];
	uint32_t count;
};

static bool is_later(const struct latest *latest, uint64_t time)
{
	return latest->count < SEGMENT_DEAD_KEPT || time > latest->times[0];
}

static void note(struct latest *latest, uint64_t time)
{
	uint32_t at = 0;

	if (latest->count < SEGMENT_DEAD_KEPT)
		at = latest->count++;
	else
		for (; at + 1 < SEGMENT_DEAD_KEPT && latest->times[at + 1] < time; at++)
			latest->times[at] = latest->times[at + 1];
	for (; at > 0 && latest->times[at - 1] > time; at--)
		latest->times[at] = latest->times[at - 1];
	latest->times[at] = time;
}

#define HANDED_OVER \
	0 /* time of a "<pid>.exec": another program followed, its totals were handed on */

/* "<pid>.<time>" or "<pid>.exec" */
static bool is_segment(const char *name, uint64_t *ret_pid, uint64_t *ret_time)
{
	*ret_pid = string_to_u64(&name);
	if (*ret_pid == 0 || *ret_pid > INT32_MAX || *name++ != '.')
		return false;
	*ret_time = string_equal(name, "exec") ? HANDED_OVER : string_to_u64(&name);
	if (*ret_time == HANDED_OVER)
		return *name == 'e';
	return *name == '\0';
}

static bool is_dead(uint64_t pid)
{
	return sys_call(SYS_kill, pid, 0) == -ESRCH;
}

/* A word of a segment's header; 0 if it cannot be read. */
static uint64_t header_word(int fd, size_t offset)
{
	uint64_t word = 0;

	sys_call(SYS_pread64, fd, &word, sizeof(word), offset);
	return word;
}

/* A process that runs asks for its namespace within seconds, if it can. */
static bool is_old(int fd)
{
	struct stat status;

	return sys_call(SYS_newfstatat, fd, "", &status, AT_EMPTY_PATH) == 0 &&
	       clock_read_ns(CLOCK_REALTIME) / 1000000000u > (uint64_t)status.st_mtime + OLD_S;
}

static bool is_left(int fd)
{
	enum memory_use use = reader_memory_use(fd);

	return use == MEMORY_UNUSED || (use == MEMORY_UNTOLD && is_old(fd));
}

bool segment_is_of_namespace(int directory, const char *name, uint64_t pid_namespace)
{
	int fd = (int)sys_call(SYS_openat, directory, name,
	                       O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
	uint64_t its;
	bool is = false;

	if (fd < 0)
		return false;
	if (header_word(fd, offsetof(struct segment_header, magic)) == SEGMENT_MAGIC) {
		its = header_word(fd, offsetof(struct segment_header, pid_namespace));
		is = its ? its == pid_namespace : is_left(fd);
	}
	sys_call(SYS_close, fd);
	return is;
}

struct sweep {
	int directory;
	uint64_t pid_namespace;
	uint32_t found;
	struct latest latest;
};

static void unlink_dead(const struct sweep *sweep, const char *name, uint64_t pid)
{
	if (is_dead(pid) && segment_is_of_namespace(sweep->directory, name, sweep->pid_namespace))
		sys_call(SYS_unlinkat, sweep->directory, name, 0);
}

/* The passes over the directory. */
static void count(struct sweep *sweep, const char *name, uint64_t pid, uint64_t time)
{
	if (time == HANDED_OVER)
		unlink_dead(sweep, name, pid);
	else
		sweep->found++;
}

static void note_dead(struct sweep *sweep, const char *name, uint64_t pid, uint64_t time)
{
	(void)name;
	if (is_later(&sweep->latest, time) && is_dead(pid))
		note(&sweep->latest, time);
}

static void unlink_older(struct sweep *sweep, const char *name, uint64_t pid, uint64_t time)
{
	if (time != HANDED_OVER && time < sweep->latest.times[0])
		unlink_dead(sweep, name, pid);
}

static void pass(struct sweep *sweep,
                 void (*visit)(struct sweep *sweep, const char *name, uint64_t pid, uint64_t time))
{
	static char entries[4096] LARGE_MEMORY;
	uint16_t length;
	uint64_t pid, time;
	long bytes;

	sys_call(SYS_lseek, sweep->directory, 0, 0 /* SEEK_SET */);
	while ((bytes = sys_call(SYS_getdents64, sweep->directory, entries, sizeof(entries))) > 0) {
		for (long at = 0; at < bytes; at += length) {
			const char *name = entries + at + DIRENT_NAME_AT;

			memcpy(&length, entries + at + DIRENT_LENGTH_AT, sizeof(length));
			if (is_segment(name, &pid, &time))
				visit(sweep, name, pid, time);
		}
	}
}

void segment_sweep(const char *path, uint64_t pid_namespace, uint32_t most)
{
	static struct sweep sweep LARGE_MEMORY;
	static uint32_t busy;

	if (!pid_namespace || __atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE))
		return;
	sweep.pid_namespace = pid_namespace;
	sweep.found = sweep.latest.count = 0;
	sweep.directory = (int)sys_call(SYS_openat, AT_FDCWD, path,
	                                O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (sweep.directory >= 0) {
		pass(&sweep, count);
		if (sweep.found > most)
			pass(&sweep, note_dead);
		if (sweep.latest.count == SEGMENT_DEAD_KEPT)
			pass(&sweep, unlink_older);
		sys_call(SYS_close, sweep.directory);
	}
	__atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
}
