/*
 * Processes made: counted, and kept from counting into their parent. fork itself runs the handlers
 * that preload/lifecycle.c registered; _Fork and clone run none. vfork is hooks/vfork.S.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>
#include "hooks/file.h"
#include "hooks/hook.h"
#include "hooks/lifecycle.h"
#include "hooks/process.h"
#include "hooks/stdio.h"

_Static_assert((int)PROCESS_CREATION_COUNT == (int)PROCESS_OPERATION_EXEC,
               "those that make a process come first");

void process_created(enum PROCESS_OPERATION operation, long result, int error)
{
	struct counting here = counting_here(HOOK_FAMILY_PROCESS);
	uint32_t series = operation * PROCESS_ERROR_COUNT;

	if (result >= 0)
		counting_add(here, PLACE(PROCESS_CREATED), operation, 1);
	else
		counting_add(here, PLACE(PROCESS_ERRORS),
		             series + hook_error_value(ATTRIBUTE_PROCESS_ERROR, error), 1);
}

OTELUE_EXPORT pid_t fork(void)
{
	pid_t pid = REAL(fork)();

	if (pid == 0)
		counting_early_child();
	else
		process_created(PROCESS_OPERATION_FORK, pid, errno);
	return pid;
}

/* The fork inside runs the handlers, too. */
OTELUE_EXPORT pid_t forkpty(int *ret_terminal, char *ret_name, const struct termios *settings,
                            const struct winsize *size)
{
	pid_t pid = REAL(forkpty)(ret_terminal, ret_name, settings, size);

	if (pid == 0)
		counting_early_child();
	else
		process_created(PROCESS_OPERATION_FORK, pid, errno);
	if (pid > 0)
		descriptor_made(*ret_terminal, file_entry_of_flags(O_RDWR));
	return pid;
}

OTELUE_EXPORT pid_t __fork(void)
{
	pid_t pid = REAL(__fork)();

	if (pid == 0)
		counting_early_child();
	else
		process_created(PROCESS_OPERATION_FORK, pid, errno);
	return pid;
}

/* May be called in signal handlers; so may all that stands here. */
OTELUE_EXPORT pid_t _Fork(void)
{
	pid_t pid;

	if (!REAL(_Fork)) {
		errno = ENOSYS;
		return -1;
	}
	lifecycle_prefork();
	pid = real._Fork();
	if (pid == 0)
		lifecycle_postfork_child();
	else
		lifecycle_postfork_parent();
	if (pid != 0)
		process_created(PROCESS_OPERATION_FORK, pid, errno);
	return pid;
}

/* What hooks/vfork.S calls in the parent, when the child has executed or ended. */
void vfork_returned(long result) HOOK_HIDDEN;
void vfork_returned(long result)
{
	process_created(PROCESS_OPERATION_VFORK, result, result < 0 ? (int)-result : 0);
}

struct clone_start {
	int (*function)(void *);
	void *argument;
};

static int clone_child(void *argument)
{
	struct clone_start start = *(struct clone_start *)argument;

	lifecycle_postfork_child();
	return start.function(start.argument);
}

/*
 * Around a call whose child shares this memory until it execs or ends: nothing is counted on this
 * thread. Returns what pass_end() needs to restore.
 */
static struct shard_values *pass_begin(bool *ret_passing)
{
	struct shard_values *values = hook_thread.values;

	*ret_passing = hook_thread.passing;
	relaxed_store(&hook_thread.values, NULL);
	relaxed_store(&hook_thread.passing, 1);
	return values;
}

static void pass_end(struct shard_values *values, bool passing)
{
	relaxed_store(&hook_thread.passing, passing);
	relaxed_store(&hook_thread.values, values);
}

/* A child with memory of its own counts for itself; one that shares ours until it execs counts
 * nothing. */
static int clone_process(__typeof__(clone) *real_clone, int (*function)(void *), void *stack,
                         int flags, void *argument, void *parent_tid, void *tls, void *child_tid)
{
	struct clone_start start = {function, argument};
	struct shard_values *values;
	bool passing;
	int pid;

	if (!(flags & CLONE_VM) && function) { /* without a function libc refuses */
		lifecycle_prefork();
		pid = real_clone(clone_child, stack, flags, &start, parent_tid, tls, child_tid);
		lifecycle_postfork_parent();
	} else if (flags & CLONE_VFORK) {
		values = pass_begin(&passing);
		pid = real_clone(function, stack, flags, argument, parent_tid, tls, child_tid);
		pass_end(values, passing);
	} else {
		pid = real_clone(function, stack, flags, argument, parent_tid, tls, child_tid);
	}
	if (!(flags & CLONE_THREAD))
		process_created(PROCESS_OPERATION_CLONE, pid, errno);
	return pid;
}

OTELUE_EXPORT int clone(int (*function)(void *), void *stack, int flags, void *argument, ...)
{
	va_list rest;
	void *parent_tid, *tls, *child_tid;

	va_start(rest, argument);
	parent_tid = va_arg(rest, void *);
	tls = va_arg(rest, void *);
	child_tid = va_arg(rest, void *);
	va_end(rest);
	return clone_process(REAL(clone), function, stack, flags, argument, parent_tid, tls,
	                     child_tid);
}

OTELUE_EXPORT int __clone(int (*function)(void *), void *stack, int flags, void *argument, ...)
{
	va_list rest;
	void *parent_tid, *tls, *child_tid;

	va_start(rest, argument);
	parent_tid = va_arg(rest, void *);
	tls = va_arg(rest, void *);
	child_tid = va_arg(rest, void *);
	va_end(rest);
	return clone_process(REAL(__clone), function, stack, flags, argument, parent_tid, tls,
	                     child_tid);
}

OTELUE_EXPORT int posix_spawn(pid_t *restrict ret_pid, const char *restrict path,
                              const posix_spawn_file_actions_t *actions,
                              const posix_spawnattr_t *restrict attributes,
                              char *const argv[restrict], char *const envp[restrict])
{
	int error = REAL(posix_spawn)(ret_pid, path, actions, attributes, argv, envp);

	process_created(PROCESS_OPERATION_POSIX_SPAWN, error ? -1 : 0, error);
	return error;
}

OTELUE_EXPORT int posix_spawnp(pid_t *restrict ret_pid, const char *restrict file,
                               const posix_spawn_file_actions_t *actions,
                               const posix_spawnattr_t *restrict attributes,
                               char *const argv[restrict], char *const envp[restrict])
{
	int error = REAL(posix_spawnp)(ret_pid, file, actions, attributes, argv, envp);

	process_created(PROCESS_OPERATION_POSIX_SPAWN, error ? -1 : 0, error);
	return error;
}

static bool system_failed(int status)
{
	return status == -1 || (errno && WIFEXITED(status) && WEXITSTATUS(status) == 127);
}

/* What cannot be started ends like a shell that says 127, but for errno. */
OTELUE_EXPORT int system(const char *command)
{
	int saved = errno, status;

	errno = 0;
	status = REAL(system)(command);
	if (command)
		process_created(PROCESS_OPERATION_SYSTEM, system_failed(status) ? -1 : 0, errno);
	if (!errno)
		errno = saved;
	return status;
}

OTELUE_EXPORT FILE *popen(const char *command, const char *mode)
{
	struct hook_timer timer = hook_timer_start();
	FILE *stream = REAL(popen)(command, mode);

	process_created(PROCESS_OPERATION_POPEN, stream ? 0 : -1, errno);
	return stdio_end_open(timer, DESCRIPTOR_OF(PIPE, PIPE), stream);
}

OTELUE_EXPORT FILE *_IO_popen(const char *command, const char *mode)
{
	return popen(command, mode);
}

/*
 * Its parent ends inside libc, past every hook but the handler that libc calls after a fork, also
 * after one that failed: then errno is set. The child may get an error, too.
 */
OTELUE_EXPORT int daemon(int nochdir, int noclose)
{
	int saved = errno, result;

	errno = 0;
	relaxed_store(&hook_thread.leaving, !hook_thread.passing);
	result = REAL(daemon)(nochdir, noclose);
	if (hook_thread.leaving) /* no child, it has failed */
		process_created(PROCESS_OPERATION_FORK, -1, errno);
	relaxed_store(&hook_thread.leaving, 0);
	if (!errno)
		errno = saved;
	return result;
}
