/*
 * contention ROUNDS: each lock is held by one thread until the kernel says that another one sleeps
 * waiting for it, so that each round is one contention, whatever the scheduler does. Writes the
 * acquisitions and contentions of each type that it made to stdout.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <threads.h>
#include <time.h>
#include "tests/integration/programs/asleep.h"

enum type { MUTEX, RWLOCK_READ, RWLOCK_WRITE, SPINLOCK, SEMAPHORE, TYPES };

static const char *const types[TYPES] = {"mutex", "rwlock_read", "rwlock_write", "spinlock",
                                         "semaphore"};

static long acquisitions[TYPES], contentions[TYPES];
static pthread_mutex_t mutex;
static pthread_rwlock_t rwlock;
static pthread_spinlock_t spinlock;
static sem_t semaphore;
static mtx_t c11;
static struct timespec until;
static int tid, failed;

#define EXPECT(call, right)                                          \
	do {                                                         \
		int result_ = call;                                  \
		if (result_ != (right)) {                            \
			fprintf(stderr, "%s: %d\n", #call, result_); \
			failed = 1;                                  \
		}                                                    \
	} while (0)

#define CALL(name, call)         \
	static void name(void)   \
	{                        \
		EXPECT(call, 0); \
	}

CALL(lock_mutex, pthread_mutex_lock(&mutex))
CALL(timedlock_mutex, pthread_mutex_timedlock(&mutex, &until))
CALL(clocklock_mutex, pthread_mutex_clocklock(&mutex, CLOCK_REALTIME, &until))
CALL(unlock_mutex, pthread_mutex_unlock(&mutex))
CALL(read_rwlock, pthread_rwlock_rdlock(&rwlock))
CALL(timed_read_rwlock, pthread_rwlock_timedrdlock(&rwlock, &until))
CALL(clock_read_rwlock, pthread_rwlock_clockrdlock(&rwlock, CLOCK_REALTIME, &until))
CALL(write_rwlock, pthread_rwlock_wrlock(&rwlock))
CALL(timed_write_rwlock, pthread_rwlock_timedwrlock(&rwlock, &until))
CALL(clock_write_rwlock, pthread_rwlock_clockwrlock(&rwlock, CLOCK_REALTIME, &until))
CALL(unlock_rwlock, pthread_rwlock_unlock(&rwlock))
CALL(wait_semaphore, sem_wait(&semaphore))
CALL(timed_wait_semaphore, sem_timedwait(&semaphore, &until))
CALL(clock_wait_semaphore, sem_clockwait(&semaphore, CLOCK_REALTIME, &until))
CALL(post_semaphore, sem_post(&semaphore))
CALL(lock_c11, mtx_lock(&c11))
CALL(timedlock_c11, mtx_timedlock(&c11, &until))
CALL(unlock_c11, mtx_unlock(&c11))

struct round {
	void (*hold)(void), (*wait)(void), (*leave)(void);
	enum type held, waited;
};

static const struct round mutex_rounds[] = {
	{lock_mutex, lock_mutex, unlock_mutex, MUTEX, MUTEX},
	{lock_mutex, timedlock_mutex, unlock_mutex, MUTEX, MUTEX},
	{lock_mutex, clocklock_mutex, unlock_mutex, MUTEX, MUTEX},
};

static const struct round other_rounds[] = {
	{write_rwlock, read_rwlock, unlock_rwlock, RWLOCK_WRITE, RWLOCK_READ},
	{write_rwlock, timed_read_rwlock, unlock_rwlock, RWLOCK_WRITE, RWLOCK_READ},
	{write_rwlock, clock_read_rwlock, unlock_rwlock, RWLOCK_WRITE, RWLOCK_READ},
	{read_rwlock, write_rwlock, unlock_rwlock, RWLOCK_READ, RWLOCK_WRITE},
	{read_rwlock, timed_write_rwlock, unlock_rwlock, RWLOCK_READ, RWLOCK_WRITE},
	{read_rwlock, clock_write_rwlock, unlock_rwlock, RWLOCK_READ, RWLOCK_WRITE},
	{wait_semaphore, wait_semaphore, post_semaphore, SEMAPHORE, SEMAPHORE},
	{wait_semaphore, timed_wait_semaphore, post_semaphore, SEMAPHORE, SEMAPHORE},
	{wait_semaphore, clock_wait_semaphore, post_semaphore, SEMAPHORE, SEMAPHORE},
	{lock_c11, lock_c11, unlock_c11, MUTEX, MUTEX},
	{lock_c11, timedlock_c11, unlock_c11, MUTEX, MUTEX},
};

static void *wait_for_it(void *argument)
{
	const struct round *round = argument;

	__atomic_store_n(&tid, (int)sys_call0(SYS_gettid), __ATOMIC_RELEASE);
	round->wait();
	round->leave();
	return NULL;
}

/* Dies after 20 s. */
static void await_sleep(void)
{
	struct timespec moment = {0, 200000};
	int found = 0;

	for (int i = 0; i < 100000 && found < 2; i++) {
		found = thread_is_asleep(__atomic_load_n(&tid, __ATOMIC_ACQUIRE)) ? found + 1 : 0;
		sys_call2(SYS_nanosleep, &moment, NULL);
	}
	if (found < 2)
		abort();
}

static void contend(const struct round *rounds, size_t count)
{
	for (const struct round *round = rounds; round < rounds + count; round++) {
		pthread_t thread;

		tid = 0;
		round->hold();
		if (pthread_create(&thread, NULL, wait_for_it, (void *)(uintptr_t)round))
			abort();
		await_sleep();
		round->leave();
		pthread_join(thread, NULL);
		acquisitions[round->held]++;
		acquisitions[round->waited]++;
		contentions[round->waited]++;
	}
}

static void contend_for_mutex(int type, int robust, int protocol, int shared)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, type);
	pthread_mutexattr_setrobust(&attributes, robust);
	pthread_mutexattr_setprotocol(&attributes, protocol);
	pthread_mutexattr_setpshared(&attributes, shared);
	pthread_mutex_init(&mutex, &attributes);
	contend(mutex_rounds, sizeof(mutex_rounds) / sizeof(*mutex_rounds));
}

static void contend_for_mutexes(void)
{
	static const int kinds[] = {PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_RECURSIVE,
	                            PTHREAD_MUTEX_ERRORCHECK};

	for (size_t kind = 0; kind < 3; kind++) {
		for (int robust = 0; robust < 2; robust++) {
			for (int shared = 0; shared < 2; shared++) {
				contend_for_mutex(kinds[kind], robust, PTHREAD_PRIO_NONE, shared);
				contend_for_mutex(kinds[kind], robust, PTHREAD_PRIO_INHERIT,
				                  shared);
			}
		}
	}
	contend_for_mutex(PTHREAD_MUTEX_ADAPTIVE_NP, 0, PTHREAD_PRIO_NONE, 0);
}

static void *try_in_vain(void *unused)
{
	EXPECT(pthread_mutex_trylock(&mutex), EBUSY);
	EXPECT(mtx_trylock(&c11), thrd_busy);
	EXPECT(pthread_rwlock_tryrdlock(&rwlock), EBUSY);
	EXPECT(pthread_rwlock_trywrlock(&rwlock), EBUSY);
	EXPECT(pthread_spin_trylock(&spinlock), EBUSY);
	EXPECT(sem_trywait(&semaphore), -1);
	contentions[MUTEX] += 2;
	for (int type = RWLOCK_READ; type < TYPES; type++)
		contentions[type]++;
	return unused;
}

static void hold_all(void)
{
	pthread_t thread;

	lock_mutex();
	lock_c11();
	write_rwlock();
	EXPECT(pthread_spin_lock(&spinlock), 0);
	wait_semaphore();
	if (pthread_create(&thread, NULL, try_in_vain, NULL))
		abort();
	pthread_join(thread, NULL);
	post_semaphore();
	EXPECT(pthread_spin_unlock(&spinlock), 0);
	unlock_rwlock();
	unlock_c11();
	unlock_mutex();
	acquisitions[MUTEX] += 2;
	for (int type = RWLOCK_WRITE; type < TYPES; type++)
		acquisitions[type]++;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 1;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 100;
	pthread_rwlock_init(&rwlock, NULL);
	pthread_spin_init(&spinlock, PTHREAD_PROCESS_PRIVATE);
	sem_init(&semaphore, 0, 1);
	mtx_init(&c11, mtx_timed);
	for (int i = 0; i < rounds; i++) {
		contend_for_mutexes();
		contend(other_rounds, sizeof(other_rounds) / sizeof(*other_rounds));
		hold_all();
	}
	for (int type = 0; type < TYPES; type++) {
		printf("%ld libc.lock.acquisitions{libc.lock.type=%s}\n", acquisitions[type],
		       types[type]);
		printf("%ld libc.lock.contentions{libc.lock.type=%s}\n", contentions[type],
		       types[type]);
	}
	return failed;
}
