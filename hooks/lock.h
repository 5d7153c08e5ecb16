/*
 * How the hooks of locks end. Errors are error numbers, as pthread functions return them; errno is
 * left alone. Any thread; nothing here blocks.
 */
#ifndef HOOKS_LOCK_H
#define HOOKS_LOCK_H

#include <limits.h>
#include <sys/single_threaded.h>
#include "hooks/hook.h"

/* Of a mutex that survives its owner, and of one that other processes may hold; glibc's, stable
 * since 2.4. */
#define LOCK_ROBUST         16
#define LOCK_PROCESS_SHARED 128

/* Nobody but this thread can hold it, so trying tells nothing and costs an atomic instruction. */
static always_inline bool lock_has_one_thread(const pthread_mutex_t *mutex)
{
	return __libc_single_threaded && !(mutex->__data.__kind & LOCK_PROCESS_SHARED);
}

/* And it is a normal or a recursive one, which is always taken in the end. */
static always_inline bool lock_cannot_fail(const pthread_mutex_t *mutex)
{
	return __libc_single_threaded && mutex->__data.__kind >= PTHREAD_MUTEX_NORMAL &&
	       mutex->__data.__kind <= PTHREAD_MUTEX_RECURSIVE && mutex->__data.__count != UINT_MAX;
}

/*
 * Whether what gives up at that time may be tried first. glibc's functions look at clock and time
 * before they look at the lock, and fail if these are bad.
 */
static always_inline bool lock_may_be_tried(clockid_t clock, const struct timespec *until)
{
	return (clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC) && until &&
	       (unsigned long)until->tv_nsec < 1000000000;
}

/* Counts what was taken by a thread without a shard. */
void lock_taken_elsewhere(enum LOCK_TYPE type) HOOK_HIDDEN __attribute__((cold));
/* Counts an error; EBUSY is none. */
void lock_failed(enum LOCK_WAIT what, int error) HOOK_HIDDEN __attribute__((cold));

static always_inline void lock_taken(enum LOCK_TYPE type)
{
	struct counting own = counting_own();

	if (!counting_counts(HOOK_FAMILY_LOCK))
		return;
	if (likely(own.values))
		counting_add(own, PLACE(LOCK_ACQUISITIONS), type, 1);
	else
		lock_taken_elsewhere(type);
}

/* The call has come to its end: taken, or failed. */
static always_inline int lock_done(enum LOCK_TYPE type, int error)
{
	if (likely(!error || error == EOWNERDEAD))
		lock_taken(type);
	if (unlikely(error))
		lock_failed((enum LOCK_WAIT)type, error);
	return error;
}

/* It could not be had at once. */
struct hook_timer lock_contended(enum LOCK_TYPE type) HOOK_HIDDEN;
int lock_waited(struct hook_timer timer, enum LOCK_TYPE type, int error) HOOK_HIDDEN;

/* The end of a function that does not wait. */
static always_inline int lock_tried(enum LOCK_TYPE type, int error)
{
	if (unlikely(error == EBUSY))
		lock_contended(type);
	return lock_done(type, error);
}

#endif
