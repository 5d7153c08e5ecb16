/* Conditions and barriers, which are always waited for, and the locks of C11. */
#include "hooks/lock.h"

static int wait_end(struct hook_timer timer, enum LOCK_WAIT what, int error)
{
	uint64_t elapsed = hook_timer_elapsed(timer);

	counting_record(counting_here(HOOK_FAMILY_LOCK), PLACE(LOCK_WAIT_DURATION), what, elapsed);
	if (unlikely(error > 0))
		lock_failed(what, error);
	return error;
}

/* What the C11 functions say, as an error number. */
static int error_of_thrd(int result)
{
	return result == thrd_success    ? 0
	       : result == thrd_busy     ? EBUSY
	       : result == thrd_timedout ? ETIMEDOUT
	                                 : EINVAL;
}

OTELUE_EXPORT int pthread_cond_wait(pthread_cond_t *restrict condition,
                                    pthread_mutex_t *restrict mutex)
{
	struct hook_timer timer = hook_timer_start();

	return wait_end(timer, LOCK_WAIT_CONDITION, REAL(pthread_cond_wait)(condition, mutex));
}

OTELUE_EXPORT int pthread_cond_timedwait(pthread_cond_t *restrict condition,
                                         pthread_mutex_t *restrict mutex,
                                         const struct timespec *restrict until)
{
	struct hook_timer timer = hook_timer_start();

	return wait_end(timer, LOCK_WAIT_CONDITION,
	                REAL(pthread_cond_timedwait)(condition, mutex, until));
}

OTELUE_EXPORT int pthread_cond_clockwait(pthread_cond_t *restrict condition,
                                         pthread_mutex_t *restrict mutex, clockid_t clock,
                                         const struct timespec *restrict until)
{
	struct hook_timer timer = hook_timer_start();

	return wait_end(timer, LOCK_WAIT_CONDITION,
	                REAL(pthread_cond_clockwait)
	                        ? real.pthread_cond_clockwait(condition, mutex, clock, until)
	                        : ENOSYS);
}

OTELUE_EXPORT int pthread_barrier_wait(pthread_barrier_t *barrier)
{
	struct hook_timer timer = hook_timer_start();

	return wait_end(timer, LOCK_WAIT_BARRIER, REAL(pthread_barrier_wait)(barrier));
}

OTELUE_EXPORT int cnd_wait(cnd_t *condition, mtx_t *mutex)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(cnd_wait) ? real.cnd_wait(condition, mutex) : thrd_error;

	wait_end(timer, LOCK_WAIT_CONDITION, error_of_thrd(result));
	return result;
}

OTELUE_EXPORT int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex,
                                const struct timespec *restrict until)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(cnd_timedwait) ? real.cnd_timedwait(condition, mutex, until) : thrd_error;

	wait_end(timer, LOCK_WAIT_CONDITION, error_of_thrd(result));
	return result;
}

OTELUE_EXPORT int mtx_lock(mtx_t *lock)
{
	int result = REAL(mtx_trylock) ? real.mtx_trylock(lock) : thrd_busy;
	struct hook_timer timer;

	if (result == thrd_busy) {
		timer = lock_contended(LOCK_TYPE_MUTEX);
		result = REAL(mtx_lock) ? real.mtx_lock(lock) : thrd_error;
		lock_waited(timer, LOCK_TYPE_MUTEX, error_of_thrd(result));
	} else {
		lock_done(LOCK_TYPE_MUTEX, error_of_thrd(result));
	}
	return result;
}

OTELUE_EXPORT int mtx_trylock(mtx_t *lock)
{
	int result = REAL(mtx_trylock) ? real.mtx_trylock(lock) : thrd_error;

	lock_tried(LOCK_TYPE_MUTEX, error_of_thrd(result));
	return result;
}

/* Only a lock of kind mtx_timed may be given here; the try would accept any. */
OTELUE_EXPORT int mtx_timedlock(mtx_t *restrict lock, const struct timespec *restrict until)
{
	int result = REAL(mtx_trylock) ? real.mtx_trylock(lock) : thrd_busy;
	struct hook_timer timer;

	if (result == thrd_busy) {
		timer = lock_contended(LOCK_TYPE_MUTEX);
		result = REAL(mtx_timedlock) ? real.mtx_timedlock(lock, until) : thrd_error;
		lock_waited(timer, LOCK_TYPE_MUTEX, error_of_thrd(result));
	} else {
		lock_done(LOCK_TYPE_MUTEX, error_of_thrd(result));
	}
	return result;
}
