/*
 * Semaphores: tried first. A pending cancellation must be acted upon also where the try would
 * succeed: sem_wait is a cancellation point in any case. Results are 0 or -1 with errno; errno
 * after success is the caller's.
 */
#include "hooks/lock.h"

static int done(int result)
{
	lock_done(LOCK_TYPE_SEMAPHORE, result < 0 ? errno : 0);
	return result;
}

/* Tries; false: it has to be waited for. */
static bool take_at_once(sem_t *semaphore, int *ret_result)
{
	int saved = errno;

	pthread_testcancel();
	*ret_result = REAL(sem_trywait)(semaphore);
	if (*ret_result < 0 && errno == EAGAIN) {
		errno = saved;
		return false;
	}
	done(*ret_result);
	return true;
}

static int waited(struct hook_timer timer, int result)
{
	lock_waited(timer, LOCK_TYPE_SEMAPHORE, result < 0 ? errno : 0);
	return result;
}

OTELUE_EXPORT int sem_wait(sem_t *semaphore)
{
	struct hook_timer timer;
	int result;

	if (likely(take_at_once(semaphore, &result)))
		return result;
	timer = lock_contended(LOCK_TYPE_SEMAPHORE);
	return waited(timer, REAL(sem_wait)(semaphore));
}

OTELUE_EXPORT int sem_trywait(sem_t *semaphore)
{
	int result = REAL(sem_trywait)(semaphore);

	lock_tried(LOCK_TYPE_SEMAPHORE, result == 0 ? 0 : errno == EAGAIN ? EBUSY : errno);
	return result;
}

OTELUE_EXPORT int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict until)
{
	struct hook_timer timer;
	int result;

	if (unlikely(!lock_may_be_tried(CLOCK_REALTIME, until)))
		return done(REAL(sem_timedwait)(semaphore, until));
	if (likely(take_at_once(semaphore, &result)))
		return result;
	timer = lock_contended(LOCK_TYPE_SEMAPHORE);
	return waited(timer, REAL(sem_timedwait)(semaphore, until));
}

static int clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *until)
{
	return REAL(sem_clockwait) ? real.sem_clockwait(semaphore, clock, until) : hook_missing();
}

OTELUE_EXPORT int sem_clockwait(sem_t *restrict semaphore, clockid_t clock,
                                const struct timespec *restrict until)
{
	struct hook_timer timer;
	int result;

	if (unlikely(!lock_may_be_tried(clock, until)))
		return done(clockwait(semaphore, clock, until));
	if (likely(take_at_once(semaphore, &result)))
		return result;
	timer = lock_contended(LOCK_TYPE_SEMAPHORE);
	return waited(timer, clockwait(semaphore, clock, until));
}
