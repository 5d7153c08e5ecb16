/*
 * A process that executes a program hands its totals over and leaves "<pid>.exec", which the next
 * program takes away. One that we cannot see (linked statically, set-user-ID, ...) does not, and a
 * session of many such would fill the memory.
 */
#include <errno.h>
#include "base/atomic.h"
#include "base/memory.h"
#include "metrics/segment_internal.h"
#include "metrics/segment_list.h"
#include "metrics/session.h"

bool session_is_of_exec(const char *name)
{
	return string_to_u64(&name) > 0 && string_equal(name, ".exec");
}

static bool is_gone(const char *name)
{
	return session_is_of_exec(name) && sys_call(SYS_kill, string_to_u64(&name), 0) == -ESRCH;
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
			if (is_gone(name) &&
			    segment_is_of_namespace(list.directory, name, pid_namespace) &&
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
