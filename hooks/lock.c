/*
 * Mutexes, read-write locks and spinlocks: tried first, and timed only where that has to be waited
 * for. Any result of the try but EBUSY is final: it is what the lock itself would have said. A
 * private mutex of a program with one thread is locked outright, which costs no atomic instruction
 * there; a plain one is counted before, so that nothing is left to be done after it.
 */
#include "hooks/lock.h"

void lock_taken_elsewhere(enum LOCK_TYPE type)
{
	counting_add(counting_here(HOOK_FAMILY_LOCK), PLACE(LOCK_ACQUISITIONS), type, 1);
}

void lock_failed(enum LOCK_WAIT what, int error)
{
	uint32_t series = what * LOCK_ERROR_COUNT;

	if (error != EBUSY)
		counting_add(counting_here(HOOK_FAMILY_LOCK), PLACE(LOCK_ERRORS),
		             series + hook_error_value(ATTRIBUTE_LOCK_ERROR, error), 1);
}

struct hook_timer lock_contended(enum LOCK_TYPE type)
{
	counting_add(counting_here(HOOK_FAMILY_LOCK), PLACE(LOCK_CONTENTIONS), type, 1);
	return hook_timer_start();
}

int lock_waited(struct hook_timer timer, enum LOCK_TYPE type, int error)
{
	uint64_t elapsed = hook_timer_elapsed(timer);

	counting_record(counting_here(HOOK_FAMILY_LOCK), PLACE(LOCK_WAIT_DURATION), type, elapsed);
	return lock_done(type, error);
}

/*
 * A robust mutex is tried with a time that is over. glibc's trylock fails too if the mutex is not
 * recoverable, but keeps it, and who locks it next waits for ever.
 */
static __attribute__((noinline)) int try_robust(pthread_mutex_t *lock)
{
	static const struct timespec past;
	int error = REAL(pthread_mutex_timedlock)(lock, &past);

	return error == ETIMEDOUT ? EBUSY : error;
}

static always_inline int try_mutex(pthread_mutex_t *lock)
{
	if (unlikely(lock->__data.__kind & LOCK_ROBUST))
		return try_robust(lock);
	return REAL(pthread_mutex_trylock)(lock);
}

/* All but the fastest way. */
static __attribute__((noinline)) int lock_mutex(pthread_mutex_t *lock)
{
	bool alone = lock_has_one_thread(lock);
	int error = alone ? REAL(pthread_mutex_lock)(lock) : try_mutex(lock);
	struct hook_timer timer;

	if (likely(alone || error != EBUSY))
		return lock_done(LOCK_TYPE_MUTEX, error);
	timer = lock_contended(LOCK_TYPE_MUTEX);
	return lock_waited(timer, LOCK_TYPE_MUTEX, REAL(pthread_mutex_lock)(lock));
}

OTELUE_EXPORT int pthread_mutex_lock(pthread_mutex_t *lock)
{
	struct counting own = counting_own();

	if (unlikely(!counting_counts(HOOK_FAMILY_LOCK)))
		return REAL(pthread_mutex_lock)(lock);
	if (unlikely(!own.values || !lock_cannot_fail(lock) || !real.pthread_mutex_lock))
		return lock_mutex(lock);
	counting_add(own, PLACE(LOCK_ACQUISITIONS), LOCK_TYPE_MUTEX, 1);
	return real.pthread_mutex_lock(lock);
}

OTELUE_EXPORT int __pthread_mutex_lock(pthread_mutex_t *lock)
{
	return pthread_mutex_lock(lock);
}

OTELUE_EXPORT int pthread_mutex_trylock(pthread_mutex_t *lock)
{
	return lock_tried(LOCK_TYPE_MUTEX, REAL(pthread_mutex_trylock)(lock));
}

OTELUE_EXPORT int __pthread_mutex_trylock(pthread_mutex_t *lock)
{
	return pthread_mutex_trylock(lock);
}

OTELUE_EXPORT int pthread_mutex_timedlock(pthread_mutex_t *restrict lock,
                                          const struct timespec *restrict until)
{
	int error = try_mutex(lock);
	struct hook_timer timer;

	if (likely(error != EBUSY))
		return lock_done(LOCK_TYPE_MUTEX, error);
	timer = lock_contended(LOCK_TYPE_MUTEX);
	return lock_waited(timer, LOCK_TYPE_MUTEX, REAL(pthread_mutex_timedlock)(lock, until));
}

static int mutex_clocklock(pthread_mutex_t *lock, clockid_t clock, const struct timespec *until)
{
	return REAL(pthread_mutex_clocklock) ? real.pthread_mutex_clocklock(lock, clock, until)
	                                     : ENOSYS;
}

OTELUE_EXPORT int pthread_mutex_clocklock(pthread_mutex_t *restrict lock, clockid_t clock,
                                          const struct timespec *restrict until)
{
	bool tried = lock_may_be_tried(clock, until);
	int error = tried ? try_mutex(lock) : mutex_clocklock(lock, clock, until);
	struct hook_timer timer;

	if (likely(!tried || error != EBUSY))
		return lock_done(LOCK_TYPE_MUTEX, error);
	timer = lock_contended(LOCK_TYPE_MUTEX);
	return lock_waited(timer, LOCK_TYPE_MUTEX, mutex_clocklock(lock, clock, until));
}

OTELUE_EXPORT int pthread_rwlock_rdlock(pthread_rwlock_t *lock)
{
	int error = REAL(pthread_rwlock_tryrdlock)(lock);
	struct hook_timer timer;

	if (likely(error != EBUSY))
		return lock_done(LOCK_TYPE_RWLOCK_READ, error);
	timer = lock_contended(LOCK_TYPE_RWLOCK_READ);
	return lock_waited(timer, LOCK_TYPE_RWLOCK_READ, REAL(pthread_rwlock_rdlock)(lock));
}

OTELUE_EXPORT int pthread_rwlock_tryrdlock(pthread_rwlock_t *lock)
{
	return lock_tried(LOCK_TYPE_RWLOCK_READ, REAL(pthread_rwlock_tryrdlock)(lock));
}

OTELUE_EXPORT int __pthread_rwlock_rdlock(pthread_rwlock_t *lock)
{
	return pthread_rwlock_rdlock(lock);
}

OTELUE_EXPORT int __pthread_rwlock_tryrdlock(pthread_rwlock_t *lock)
{
	return pthread_rwlock_tryrdlock(lock);
}

OTELUE_EXPORT int pthread_rwlock_timedrdlock(pthread_rwlock_t *restrict lock,
                                             const struct timespec *restrict until)
{
	bool tried = lock_may_be_tried(CLOCK_REALTIME, until);
	int error = tried ? REAL(pthread_rwlock_tryrdlock)(lock)
	                  : REAL(pthread_rwlock_timedrdlock)(lock, until);
	struct hook_timer timer;

	if (likely(!tried || error != EBUSY))
		return lock_done(LOCK_TYPE_RWLOCK_READ, error);
	timer = lock_contended(LOCK_TYPE_RWLOCK_READ);
	return lock_waited(timer, LOCK_TYPE_RWLOCK_READ,
	                   REAL(pthread_rwlock_timedrdlock)(lock, until));
}

static int rwlock_clockrdlock(pthread_rwlock_t *lock, clockid_t clock, const struct timespec *until)
{
	return REAL(pthread_rwlock_clockrdlock)
	               ? real.pthread_rwlock_clockrdlock(lock, clock, until)
	               : ENOSYS;
}

OTELUE_EXPORT int pthread_rwlock_clockrdlock(pthread_rwlock_t *restrict lock, clockid_t clock,
                                             const struct timespec *restrict until)
{
	bool tried = lock_may_be_tried(clock, until);
	int error = tried ? REAL(pthread_rwlock_tryrdlock)(lock)
	                  : rwlock_clockrdlock(lock, clock, until);
	struct hook_timer timer;

	if (likely(!tried || error != EBUSY))
		return lock_done(LOCK_TYPE_RWLOCK_READ, error);
	timer = lock_contended(LOCK_TYPE_RWLOCK_READ);
	return lock_waited(timer, LOCK_TYPE_RWLOCK_READ, rwlock_clockrdlock(lock, clock, until));
}

OTELUE_EXPORT int pthread_rwlock_wrlock(pthread_rwlock_t *lock)
{
	int error = REAL(pthread_rwlock_trywrlock)(lock);
	struct hook_timer timer;

	if (likely(error != EBUSY))
		return lock_done(LOCK_TYPE_RWLOCK_WRITE, error);
	timer = lock_contended(LOCK_TYPE_RWLOCK_WRITE);
	return lock_waited(timer, LOCK_TYPE_RWLOCK_WRITE, REAL(pthread_rwlock_wrlock)(lock));
}

OTELUE_EXPORT int pthread_rwlock_trywrlock(pthread_rwlock_t *lock)
{
	return lock_tried(LOCK_TYPE_RWLOCK_WRITE, REAL(pthread_rwlock_trywrlock)(lock));
}

OTELUE_EXPORT int __pthread_rwlock_wrlock(pthread_rwlock_t *lock)
{
	return pthread_rwlock_wrlock(lock);
}

OTELUE_EXPORT int __pthread_rwlock_trywrlock(pthread_rwlock_t *lock)
{
	return pthread_rwlock_trywrlock(lock);
}

OTELUE_EXPORT int pthread_rwlock_timedwrlock(pthread_rwlock_t *restrict lock,
                                             const struct timespec *restrict until)
{
	bool tried = lock_may_be_tried(CLOCK_REALTIME, until);
	int error = tried ? REAL(pthread_rwlock_trywrlock)(lock)
	                  : REAL(pthread_rwlock_timedwrlock)(lock, until);
	struct hook_timer timer;

	if (likely(!tried || error != EBUSY))
		return lock_done(LOCK_TYPE_RWLOCK_WRITE, error);
	timer = lock_contended(LOCK_TYPE_RWLOCK_WRITE);
	return lock_waited(timer, LOCK_TYPE_RWLOCK_WRITE,
	                   REAL(pthread_rwlock_timedwrlock)(lock, until));
}

static int rwlock_clockwrlock(pthread_rwlock_t *lock, clockid_t clock, const struct timespec *until)
{
	return REAL(pthread_rwlock_clockwrlock)
	               ? real.pthread_rwlock_clockwrlock(lock, clock, until)
	               : ENOSYS;
}

OTELUE_EXPORT int pthread_rwlock_clockwrlock(pthread_rwlock_t *restrict lock, clockid_t clock,
                                             const struct timespec *restrict until)
{
	bool tried = lock_may_be_tried(clock, until);
	int error = tried ? REAL(pthread_rwlock_trywrlock)(lock)
	                  : rwlock_clockwrlock(lock, clock, until);
	struct hook_timer timer;

	if (likely(!tried || error != EBUSY))
		return lock_done(LOCK_TYPE_RWLOCK_WRITE, error);
	timer = lock_contended(LOCK_TYPE_RWLOCK_WRITE);
	return lock_waited(timer, LOCK_TYPE_RWLOCK_WRITE, rwlock_clockwrlock(lock, clock, until));
}

OTELUE_EXPORT int pthread_spin_lock(pthread_spinlock_t *lock)
{
	int error = REAL(pthread_spin_trylock)(lock);
	struct hook_timer timer;

	if (likely(error != EBUSY))
		return lock_done(LOCK_TYPE_SPINLOCK, error);
	timer = lock_contended(LOCK_TYPE_SPINLOCK);
	return lock_waited(timer, LOCK_TYPE_SPINLOCK, REAL(pthread_spin_lock)(lock));
}

OTELUE_EXPORT int pthread_spin_trylock(pthread_spinlock_t *lock)
{
	return lock_tried(LOCK_TYPE_SPINLOCK, REAL(pthread_spin_trylock)(lock));
}
