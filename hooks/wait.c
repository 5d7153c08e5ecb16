/* Children waited for: the time, and how they had ended. A caller that does not want the status
 * gets none. */
#include "hooks/hook.h"
#include "hooks/stdio.h"

static void count_reaped(bool by_signal, int exit_code)
{
	enum EXIT_REASON reason = by_signal   ? EXIT_REASON_SIGNAL
	                          : exit_code ? EXIT_REASON_FAILURE
	                                      : EXIT_REASON_SUCCESS;

	counting_add(counting_here(HOOK_FAMILY_PROCESS), PLACE(PROCESS_REAPED), reason, 1);
}

/* The status of a child that was stopped or goes on tells of no end. */
static pid_t wait_end(struct hook_timer timer, pid_t pid, int status)
{
	uint64_t elapsed = hook_timer_elapsed(timer);

	counting_record(counting_here(HOOK_FAMILY_PROCESS), PLACE(PROCESS_WAIT_DURATION), 0,
	                elapsed);
	if (pid > 0 && (WIFEXITED(status) || WIFSIGNALED(status)))
		count_reaped(WIFSIGNALED(status), WEXITSTATUS(status));
	return pid;
}

OTELUE_EXPORT pid_t wait(int *ret_status)
{
	struct hook_timer timer = hook_timer_start();
	int own = 0, *status = ret_status ? ret_status : &own;
	pid_t pid = REAL(wait)(status);

	return wait_end(timer, pid, pid > 0 ? *status : 0);
}

OTELUE_EXPORT pid_t waitpid(pid_t which, int *ret_status, int options)
{
	struct hook_timer timer = hook_timer_start();
	int own = 0, *status = ret_status ? ret_status : &own;
	pid_t pid = REAL(waitpid)(which, status, options);

	return wait_end(timer, pid, pid > 0 ? *status : 0);
}

OTELUE_EXPORT pid_t __wait(int *ret_status)
{
	struct hook_timer timer = hook_timer_start();
	int own = 0, *status = ret_status ? ret_status : &own;
	pid_t pid = REAL(__wait)(status);

	return wait_end(timer, pid, pid > 0 ? *status : 0);
}

OTELUE_EXPORT pid_t __waitpid(pid_t which, int *ret_status, int options)
{
	struct hook_timer timer = hook_timer_start();
	int own = 0, *status = ret_status ? ret_status : &own;
	pid_t pid = REAL(__waitpid)(which, status, options);

	return wait_end(timer, pid, pid > 0 ? *status : 0);
}

/* Closes the stream of popen and waits for its child: counted as both. */
OTELUE_EXPORT int pclose(FILE *stream)
{
	struct stdio_closing closing = stdio_begin_close(stream);
	int status = REAL(pclose)(stream);

	wait_end(closing.timer, status == -1 ? -1 : 1, status);
	return stdio_end_close(&closing, status);
}

OTELUE_EXPORT pid_t wait3(int *ret_status, int options, struct rusage *ret_usage)
{
	struct hook_timer timer = hook_timer_start();
	int own = 0, *status = ret_status ? ret_status : &own;
	pid_t pid = REAL(wait3)(status, options, ret_usage);

	return wait_end(timer, pid, pid > 0 ? *status : 0);
}

OTELUE_EXPORT pid_t wait4(pid_t which, int *ret_status, int options, struct rusage *ret_usage)
{
	struct hook_timer timer = hook_timer_start();
	int own = 0, *status = ret_status ? ret_status : &own;
	pid_t pid = REAL(wait4)(which, status, options, ret_usage);

	return wait_end(timer, pid, pid > 0 ? *status : 0);
}

/* Looking without taking (WNOWAIT) reaps nobody. */
OTELUE_EXPORT int waitid(idtype_t type, id_t id, siginfo_t *ret_info, int options)
{
	struct hook_timer timer = hook_timer_start();
	siginfo_t own, *info = ret_info ? ret_info : &own;
	int result;

	own.si_pid = 0;
	result = REAL(waitid)(type, id, info, options);
	wait_end(timer, -1, 0);
	if (result == 0 && info->si_pid && !(options & WNOWAIT) &&
	    (info->si_code == CLD_EXITED || info->si_code == CLD_KILLED ||
	     info->si_code == CLD_DUMPED))
		count_reaped(info->si_code != CLD_EXITED, info->si_status);
	return result;
}
