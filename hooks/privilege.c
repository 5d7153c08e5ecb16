/*
 * Calls after which a helper thread would be a hole or in the way. libc gives new users, groups and
 * capabilities to the threads that it knows; the emitter it does not know, so that makes the same
 * system call. For what the kernel grants to single-threaded processes only, the emitter ends
 * first; before a filter of system calls it ends for good. It ends for a while where it is sent a
 * signal. Nothing here is counted, but for what makes processes and closes descriptors by number.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "base/syscall.h"
#include "hooks/descriptor.h"
#include "hooks/file.h"
#include "hooks/hook.h"
#include "hooks/lifecycle.h"
#include "hooks/own_calls.h"
#include "hooks/process.h"

#define GROUPS_MAX           65536
#define RESTRICT_ALL_THREADS (1 << 3) /* LANDLOCK_RESTRICT_SELF_TSYNC */

/* result: of the program's own call. */
static long followed(long result, const struct lifecycle_call *call)
{
	if (result == 0)
		lifecycle_follow(call);
	return result;
}

#define FOLLOWED(result, ...) ((int)followed(result, &(const struct lifecycle_call){__VA_ARGS__}))

OTELUE_EXPORT int setuid(uid_t user)
{
	return FOLLOWED(REAL(setuid)(user), SYS_setuid, {user});
}

OTELUE_EXPORT int setgid(gid_t group)
{
	return FOLLOWED(REAL(setgid)(group), SYS_setgid, {group});
}

OTELUE_EXPORT int seteuid(uid_t user)
{
	return FOLLOWED(REAL(seteuid)(user), SYS_setresuid, {(uid_t)-1, user, (uid_t)-1});
}

OTELUE_EXPORT int setegid(gid_t group)
{
	return FOLLOWED(REAL(setegid)(group), SYS_setresgid, {(gid_t)-1, group, (gid_t)-1});
}

OTELUE_EXPORT int setreuid(uid_t real_user, uid_t effective)
{
	return FOLLOWED(REAL(setreuid)(real_user, effective), SYS_setreuid, {real_user, effective});
}

OTELUE_EXPORT int setregid(gid_t real_group, gid_t effective)
{
	return FOLLOWED(REAL(setregid)(real_group, effective), SYS_setregid,
	                {real_group, effective});
}

OTELUE_EXPORT int setresuid(uid_t real_user, uid_t effective, uid_t saved)
{
	return FOLLOWED(REAL(setresuid)(real_user, effective, saved), SYS_setresuid,
	                {real_user, effective, saved});
}

OTELUE_EXPORT int setresgid(gid_t real_group, gid_t effective, gid_t saved)
{
	return FOLLOWED(REAL(setresgid)(real_group, effective, saved), SYS_setresgid,
	                {real_group, effective, saved});
}

OTELUE_EXPORT int setgroups(size_t count, const gid_t *groups)
{
	return FOLLOWED(REAL(setgroups)(count, groups), SYS_setgroups, {(long)count, (long)groups});
}

/* libc finds the groups out itself: the kernel tells which they have become. */
OTELUE_EXPORT int initgroups(const char *user, gid_t group)
{
	int result = REAL(initgroups)(user, group);
	long count, list;

	if (result != 0 || !relaxed_load(&descriptor_lookups) || own_calls_are_stopped())
		return result;
	list = sys_call(SYS_mmap, NULL, GROUPS_MAX * sizeof(gid_t), PROT_READ | PROT_WRITE,
	                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if ((unsigned long)list > -4096ul)
		return result;
	count = sys_call(SYS_getgroups, GROUPS_MAX, list);
	if (count >= 0)
		(void)FOLLOWED(0, SYS_setgroups, {count, list});
	sys_call(SYS_munmap, list, GROUPS_MAX * sizeof(gid_t));
	return result;
}

/* To another thread's capabilities the emitter has nothing to add. */
static int follow_capset(int result, cap_user_header_t header, const cap_user_data_t data)
{
	struct __user_cap_header_struct own;
	long process, thread;

	if (result != 0 ||
	    (header->pid != 0 && !(own_calls_ids(&process, &thread) && header->pid == thread)))
		return result;
	own.version = header->version;
	own.pid = 0;
	return FOLLOWED(result, SYS_capset, {(long)&own, (long)data});
}

OTELUE_EXPORT int capset(cap_user_header_t header, const cap_user_data_t data)
{
	return follow_capset(REAL(capset)(header, data), header, data);
}

/* 0: the caller. The emitter goes where the program's first thread does: others that pin themselves
 * want a processor to themselves. */
static bool is_first_thread(pid_t thread)
{
	long process, own;

	return own_calls_ids(&process, &own) && (thread ? thread : own) == process;
}

static int follow_affinity(int result, pid_t thread, size_t size, const cpu_set_t *set)
{
	if (result != 0 || !is_first_thread(thread))
		return result;
	return FOLLOWED(result, SYS_sched_setaffinity, {0, (long)size, (long)set});
}

OTELUE_EXPORT int sched_setaffinity(pid_t thread, size_t size, const cpu_set_t *set)
{
	return follow_affinity(REAL(sched_setaffinity)(thread, size, set), thread, size, set);
}

OTELUE_EXPORT int pthread_setaffinity_np(pthread_t thread, size_t size, const cpu_set_t *set)
{
	int result = REAL(pthread_setaffinity_np)(thread, size, set);

	return thread == pthread_self() ? follow_affinity(result, 0, size, set) : result;
}

/* Users of files are a thread's own, and a server's worker changes them for each request: the
 * emitter goes where the first thread does. Nothing tells whether the call has had an effect. */
static long follow_file_user(long previous, long number, long id)
{
	if (is_first_thread(0))
		lifecycle_follow(&(const struct lifecycle_call){number, {id}});
	return previous;
}

OTELUE_EXPORT int setfsuid(uid_t user)
{
	return (int)follow_file_user(REAL(setfsuid)(user), SYS_setfsuid, user);
}

OTELUE_EXPORT int setfsgid(gid_t group)
{
	return (int)follow_file_user(REAL(setfsgid)(group), SYS_setfsgid, group);
}

/* Where all threads are restricted at once (Linux 7.0) the emitter is one of them. */
static long follow_restriction(long result, long rules, long flags)
{
	return flags & RESTRICT_ALL_THREADS
	               ? result
	               : FOLLOWED(result, SYS_landlock_restrict_self, {rules, flags});
}

/* Which of a process's namespaces may be changed while it has a second thread; a new one for its
 * children is none of the emitter's business. */
static bool needs_one_thread(int flags)
{
	return flags != CLONE_NEWPID;
}

OTELUE_EXPORT int unshare(int flags)
{
	bool stopped = needs_one_thread(flags) && lifecycle_alone_begin();
	int result = REAL(unshare)(flags);

	if (stopped)
		lifecycle_alone_end();
	return result;
}

OTELUE_EXPORT int setns(int fd, int type)
{
	bool stopped = needs_one_thread(type) && lifecycle_alone_begin();
	int result = REAL(setns)(fd, type);

	if (stopped)
		lifecycle_alone_end();
	return result;
}

static bool is_followed(int option)
{
	switch (option) {
	case PR_SET_NO_NEW_PRIVS:
	case PR_SET_KEEPCAPS:
	case PR_SET_SECUREBITS:
	case PR_CAPBSET_DROP:
	case PR_CAP_AMBIENT:
		return true;
	default:
		return false;
	}
}

/* A filter of system calls, or a range of addresses whose calls alone the kernel carries out. Who
 * asks whether there are filters names none. */
static bool is_filter(int option, unsigned long a, unsigned long b)
{
	return (option == PR_SET_SECCOMP && (a != SECCOMP_MODE_FILTER || b)) ||
	       (option == PR_SET_SYSCALL_USER_DISPATCH && a != PR_SYS_DISPATCH_OFF);
}

OTELUE_EXPORT int prctl(int option, ...)
{
	va_list rest;
	unsigned long a, b, c, d;
	bool stopped;
	int result;

	va_start(rest, option);
	a = va_arg(rest, unsigned long);
	b = va_arg(rest, unsigned long);
	c = va_arg(rest, unsigned long);
	d = va_arg(rest, unsigned long);
	va_end(rest);
	if (option == PR_SET_TSC && a == PR_TSC_SIGSEGV)
		hook_ticks_forbid();
	if (is_filter(option, a, b)) {
		stopped = lifecycle_confine_begin();
		result = REAL(prctl)(option, a, b, c, d);
		lifecycle_confine_end(stopped, result == 0);
		return result;
	}
	result = REAL(prctl)(option, a, b, c, d);
	if (result == 0 && is_followed(option))
		(void)FOLLOWED(0, SYS_prctl, {option, (long)a, (long)b, (long)c, (long)d});
	return result;
}

OTELUE_EXPORT int tgkill(pid_t process, pid_t thread, int signal)
{
	lifecycle_signal(thread, signal);
	return REAL(tgkill)(process, thread, signal);
}

/* Whether 8 bytes can be read: the kernel looks at them before it refuses to block signals so. It
 * is not asked where it may not be. */
static bool is_readable(const void *bytes)
{
	return bytes && (!relaxed_load(&descriptor_lookups) ||
	                 sys_call(SYS_rt_sigprocmask, -1, bytes, NULL, 8) != -EFAULT);
}

/* The system call makes a process that does not share our memory: the operation; else -1. */
static int fork_of(long number, const long *arguments)
{
	const struct clone_args *clone3 = (const struct clone_args *)arguments[0];

	switch (number) {
#ifdef SYS_fork
	case SYS_fork:
		return PROCESS_OPERATION_FORK;
#endif
	case SYS_clone:
		return arguments[0] & CLONE_VM ? -1 : PROCESS_OPERATION_CLONE;
	case SYS_clone3:
		if ((size_t)arguments[1] < sizeof(uint64_t) || !is_readable(clone3) ||
		    clone3->flags & CLONE_VM)
			return -1;
		return PROCESS_OPERATION_CLONE;
	default:
		return -1;
	}
}

static long real_syscall(long number, const long *a)
{
	return REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static long fork_by_number(enum PROCESS_OPERATION operation, long number, const long *arguments)
{
	long result;

	lifecycle_prefork();
	result = real_syscall(number, arguments);
	if (result == 0)
		lifecycle_postfork_child();
	else
		lifecycle_postfork_parent();
	if (result != 0)
		process_created(operation, result, errno);
	return result;
}

/* -2: the number is none that needs care. */
static long with_care(long number, const long *a)
{
	int operation = lifecycle_counts() ? fork_of(number, a) : -1;
	bool stopped;
	long result;

	switch (number) {
	case SYS_setuid:
	case SYS_setgid:
	case SYS_setreuid:
	case SYS_setregid:
	case SYS_setresuid:
	case SYS_setresgid:
	case SYS_setgroups:
		return FOLLOWED(real_syscall(number, a), number, {a[0], a[1], a[2], a[3], a[4]});
	case SYS_capset:
		return follow_capset((int)real_syscall(number, a), (cap_user_header_t)a[0],
		                     (cap_user_data_t)a[1]);
	case SYS_sched_setaffinity:
		return follow_affinity((int)real_syscall(number, a), (pid_t)a[0], (size_t)a[1],
		                       (const cpu_set_t *)a[2]);
	case SYS_setfsuid:
	case SYS_setfsgid:
		return follow_file_user(real_syscall(number, a), number, a[0]);
	case SYS_landlock_restrict_self:
		return follow_restriction(real_syscall(number, a), a[0], a[1]);
	case SYS_prctl:
		return prctl((int)a[0], a[1], a[2], a[3], a[4]);
	case SYS_unshare:
		return unshare((int)a[0]);
	case SYS_setns:
		return setns((int)a[0], (int)a[1]);
	case SYS_seccomp:
		if (a[0] != SECCOMP_SET_MODE_STRICT && (a[0] != SECCOMP_SET_MODE_FILTER || !a[2]))
			return real_syscall(number, a);
		stopped = lifecycle_confine_begin();
		result = real_syscall(number, a);
		/* The listener's descriptor is a success too. */
		lifecycle_confine_end(stopped, result >= 0);
		return result;
	case SYS_close:
		return file_close_by_number((int)a[0]);
	case SYS_close_range:
		return file_close_range_by_number((unsigned)a[0], (unsigned)a[1], (int)a[2]);
	case SYS_tkill:
		lifecycle_signal((pid_t)a[0], (int)a[1]);
		return real_syscall(number, a);
	case SYS_tgkill:
		return tgkill((pid_t)a[0], (pid_t)a[1], (int)a[2]);
	case SYS_io_uring_setup:
		result = real_syscall(number, a);
		if (result >= 0)
			relaxed_store(&counting_misses_io, true);
		return result;
	case SYS_execve:
		if (lifecycle_exec_finds(AT_FDCWD, (const char *)a[0], 0))
			lifecycle_exec_begin();
		return exec_failed((int)real_syscall(number, a));
	case SYS_execveat:
		if (lifecycle_exec_finds((int)a[0], (const char *)a[1], (int)a[4]))
			lifecycle_exec_begin();
		return exec_failed((int)real_syscall(number, a));
	case SYS_exit:
		lifecycle_thread_exit();
		return real_syscall(number, a);
	case SYS_exit_group:
		lifecycle_exit();
		return real_syscall(number, a);
	default:
		return operation < 0 ? -2
		                     : fork_by_number((enum PROCESS_OPERATION)operation, number, a);
	}
}

OTELUE_EXPORT long syscall(long number, ...)
{
	va_list rest;
	long a[6], result;

	va_start(rest, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(rest, long);
	va_end(rest);
	result = with_care(number, a);
	return result != -2 ? result : real_syscall(number, a);
}
