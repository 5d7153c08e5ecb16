/*
 * A process that executes a program hands its totals over and leaves "<pid>.exec", which the next
 * program takes away. One that we cannot see (linked statically, set-user-ID, ...) does not, and a
 * session of many such would fill the memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include "base/atomic.h"
#include "base/memory.h"
#include "metrics/segment_internal.h"
#include "metrics/segment_list.h"
#include "metrics/session.h"

/* Processes of another pid namespace only seem to be gone. */
static bool is_of_namespace(int directory, const char *name, uint64_t pid_namespace)
{
	int fd = (int)sys_call(SYS_openat, directory, name,
	                       O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
	uint64_t word = 0;

	if (fd < 0)
		return false;
	sys_call(SYS_pread64, fd, &word, sizeof(word),
	         offsetof(struct segment_header, pid_namespace));
	sys_call(SYS_close, fd);
	return word && word == pid_namespace;
}

static bool is_gone(const char *name)
{
	uint64_t pid = string_to_u64(&name);

	return pid && string_equal(name, ".exec") && sys_call(SYS_kill, pid, 0) == -ESRCH;
}

static void sweep(struct session_accumulator *accumulator, const char *directory,
                  uint64_t pid_namespace)
{
	static struct segment_list list LARGE_MEMORY;
	static uint32_t busy;
	const char *name;

	if (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE))
		return;
	if (segment_list_open(&list, directory) == 0) {
		while ((name = segment_list_any(&list))) {
			if (is_gone(name) && is_of_namespace(list.directory, name, pid_namespace) &&
			    sys_call(SYS_unlinkat, list.directory, name, 0) == 0)
				counter_add_shared(&accumulator->unseen, 1);
		}
		segment_list_close(&list);
	}
	__atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
}

void session_exec(struct session_accumulator *accumulator, const char *directory,
                  uint64_t pid_namespace)
{
	if (__atomic_add_fetch(&accumulator->executed, 1, __ATOMIC_RELAXED) % SESSION_SWEEPS == 0)
		sweep(accumulator, directory, pid_namespace);
}
