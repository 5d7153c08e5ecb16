/* Sleeping and waiting for signals. Nothing is an error here: a signal is what many wait for. */
#include <threads.h>
#include <unistd.h>
#include "hooks/hook.h"

static int sleep_end(struct hook_timer timer, enum SLEEP_OPERATION operation, int result)
{
	uint64_t elapsed = hook_timer_elapsed(timer);

	counting_record(counting_here(HOOK_FAMILY_SLEEP), PLACE(SLEEP_DURATION), operation,
	                elapsed);
	return result;
}

OTELUE_EXPORT unsigned int sleep(unsigned int seconds)
{
	struct hook_timer timer = hook_timer_start();
	int result = (int)REAL(sleep)(seconds);

	return (unsigned int)sleep_end(timer, SLEEP_OPERATION_SLEEP, result);
}

OTELUE_EXPORT int usleep(useconds_t microseconds)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(usleep)(microseconds);

	return sleep_end(timer, SLEEP_OPERATION_USLEEP, result);
}

OTELUE_EXPORT int nanosleep(const struct timespec *time, struct timespec *ret_left)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(nanosleep)(time, ret_left);

	return sleep_end(timer, SLEEP_OPERATION_NANOSLEEP, result);
}

OTELUE_EXPORT int __nanosleep(const struct timespec *time, struct timespec *ret_left)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(__nanosleep)(time, ret_left);

	return sleep_end(timer, SLEEP_OPERATION_NANOSLEEP, result);
}

OTELUE_EXPORT int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time,
                                  struct timespec *ret_left)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(clock_nanosleep)(clock, flags, time, ret_left);

	return sleep_end(timer, SLEEP_OPERATION_CLOCK_NANOSLEEP, result);
}

OTELUE_EXPORT int thrd_sleep(const struct timespec *time, struct timespec *ret_left)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(thrd_sleep) ? real.thrd_sleep(time, ret_left) : hook_missing();

	return sleep_end(timer, SLEEP_OPERATION_NANOSLEEP, result);
}

OTELUE_EXPORT int pause(void)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(pause)();

	return sleep_end(timer, SLEEP_OPERATION_PAUSE, result);
}

OTELUE_EXPORT int sigsuspend(const sigset_t *mask)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(sigsuspend)(mask);

	return sleep_end(timer, SLEEP_OPERATION_SIGWAIT, result);
}

OTELUE_EXPORT int __sigsuspend(const sigset_t *mask)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(__sigsuspend)(mask);

	return sleep_end(timer, SLEEP_OPERATION_SIGWAIT, result);
}

OTELUE_EXPORT int sigwait(const sigset_t *restrict set, int *restrict ret_signal)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(sigwait)(set, ret_signal);

	return sleep_end(timer, SLEEP_OPERATION_SIGWAIT, result);
}

OTELUE_EXPORT int sigwaitinfo(const sigset_t *restrict set, siginfo_t *restrict ret_info)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(sigwaitinfo)(set, ret_info);

	return sleep_end(timer, SLEEP_OPERATION_SIGWAIT, result);
}

OTELUE_EXPORT int sigtimedwait(const sigset_t *restrict set, siginfo_t *restrict ret_info,
                               const struct timespec *restrict timeout)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(sigtimedwait)(set, ret_info, timeout);

	return sleep_end(timer, SLEEP_OPERATION_SIGWAIT, result);
}

OTELUE_EXPORT int sched_yield(void)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(sched_yield)();

	return sleep_end(timer, SLEEP_OPERATION_YIELD, result);
}

OTELUE_EXPORT int __sched_yield(void)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(__sched_yield)();

	return sleep_end(timer, SLEEP_OPERATION_YIELD, result);
}

OTELUE_EXPORT void thrd_yield(void)
{
	struct hook_timer timer = hook_timer_start();

	REAL(thrd_yield)();
	sleep_end(timer, SLEEP_OPERATION_YIELD, 0);
}
