/*
 * Locks of every type: locks free THREADS ROUNDS (each thread on its own, so nobody waits; prints
 * nothing), or locks held (one thread waits 50 ms for each type that another one holds). Results
 * are compared with what POSIX says; ends with 1 and a line for the first that differs.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#define MUTEX_KINDS 6

static int rounds, failed;

#define EXPECT(call, right)                                                                  \
	do {                                                                                 \
		int result_ = call;                                                          \
		if (result_ != (right)) {                                                    \
			fprintf(stderr, "%s: %d (%s)\n", #call, result_, strerror(result_)); \
			failed = 1;                                                          \
		}                                                                            \
	} while (0)

static void make_mutex(pthread_mutex_t *mutex, int kind)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	if (kind == 1)
		pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
	if (kind == 2)
		pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
	if (kind == 3)
		pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	if (kind == 4)
		pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
	if (kind == 5)
		pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	EXPECT(pthread_mutex_init(mutex, &attributes), 0);
}

static struct timespec soon(void)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 10;
	return until;
}

/* 3 acquisitions of each of 6 kinds and 1 more of the recursive one; 1 EDEADLK. */
static void lock_mutexes(void)
{
	struct timespec until = soon();
	pthread_mutex_t mutex;

	for (int kind = 0; kind < MUTEX_KINDS; kind++) {
		make_mutex(&mutex, kind);
		EXPECT(pthread_mutex_lock(&mutex), 0);
		if (kind == 1) {
			EXPECT(pthread_mutex_lock(&mutex), 0);
			EXPECT(pthread_mutex_unlock(&mutex), 0);
		}
		if (kind == 2)
			EXPECT(pthread_mutex_lock(&mutex), EDEADLK);
		EXPECT(pthread_mutex_unlock(&mutex), 0);
		EXPECT(pthread_mutex_trylock(&mutex), 0);
		EXPECT(pthread_mutex_unlock(&mutex), 0);
		EXPECT(pthread_mutex_timedlock(&mutex, &until), 0);
		EXPECT(pthread_mutex_unlock(&mutex), 0);
		pthread_mutex_destroy(&mutex);
	}
}

/* 2 reads, 2 writes, 2 spinlocks, 3 semaphores, 2 mutexes of C11. */
static void lock_others(void)
{
	struct timespec until = soon();
	pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
	pthread_spinlock_t spinlock;
	sem_t semaphore;
	mtx_t c11;

	EXPECT(pthread_rwlock_rdlock(&rwlock), 0);
	EXPECT(pthread_rwlock_tryrdlock(&rwlock), 0);
	pthread_rwlock_unlock(&rwlock);
	pthread_rwlock_unlock(&rwlock);
	EXPECT(pthread_rwlock_wrlock(&rwlock), 0);
	EXPECT(pthread_rwlock_rdlock(&rwlock), EDEADLK);
	pthread_rwlock_unlock(&rwlock);
	EXPECT(pthread_rwlock_timedwrlock(&rwlock, &until), 0);
	pthread_rwlock_unlock(&rwlock);
	pthread_spin_init(&spinlock, PTHREAD_PROCESS_PRIVATE);
	EXPECT(pthread_spin_lock(&spinlock), 0);
	pthread_spin_unlock(&spinlock);
	EXPECT(pthread_spin_trylock(&spinlock), 0);
	pthread_spin_unlock(&spinlock);
	sem_init(&semaphore, 0, 3);
	errno = EXDEV;
	EXPECT(sem_wait(&semaphore), 0);
	EXPECT(sem_trywait(&semaphore), 0);
	EXPECT(sem_timedwait(&semaphore, &until), 0);
	EXPECT(errno, EXDEV);
	EXPECT(sem_trywait(&semaphore), -1);
	EXPECT(errno, EAGAIN);
	mtx_init(&c11, mtx_timed);
	EXPECT(mtx_lock(&c11), thrd_success);
	mtx_unlock(&c11);
	EXPECT(mtx_timedlock(&c11, &until), thrd_success);
	mtx_unlock(&c11);
}

static void *lock_alone(void *unused)
{
	for (int i = 0; i < rounds; i++) {
		lock_mutexes();
		lock_others();
	}
	return unused;
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t reading = PTHREAD_RWLOCK_INITIALIZER, writing = PTHREAD_RWLOCK_INITIALIZER;
static pthread_spinlock_t spinlock;
static sem_t semaphore;
static pthread_barrier_t barrier;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int told;

static void *wait_for_each(void *unused)
{
	struct timespec past = {1, 0};

	pthread_barrier_wait(&barrier);
	EXPECT(pthread_mutex_lock(&mutex), 0);
	pthread_barrier_wait(&barrier);
	EXPECT(pthread_rwlock_rdlock(&reading), 0);
	pthread_barrier_wait(&barrier);
	EXPECT(pthread_rwlock_wrlock(&writing), 0);
	pthread_barrier_wait(&barrier);
	EXPECT(pthread_spin_lock(&spinlock), 0);
	pthread_barrier_wait(&barrier);
	EXPECT(sem_wait(&semaphore), 0);
	pthread_barrier_wait(&barrier);
	while (!told)
		EXPECT(pthread_cond_wait(&condition, &mutex), 0);
	EXPECT(pthread_cond_timedwait(&condition, &mutex, &past), ETIMEDOUT);
	return unused;
}

static void let_wait(void)
{
	pthread_barrier_wait(&barrier);
	usleep(50000);
}

static void hold_each(void)
{
	pthread_t thread;

	pthread_barrier_init(&barrier, NULL, 2);
	pthread_spin_init(&spinlock, PTHREAD_PROCESS_PRIVATE);
	sem_init(&semaphore, 0, 0);
	pthread_mutex_lock(&mutex);
	pthread_rwlock_wrlock(&reading);
	pthread_rwlock_rdlock(&writing);
	pthread_spin_lock(&spinlock);
	pthread_create(&thread, NULL, wait_for_each, NULL);
	let_wait();
	pthread_mutex_unlock(&mutex);
	let_wait();
	pthread_rwlock_unlock(&reading);
	let_wait();
	pthread_rwlock_unlock(&writing);
	let_wait();
	pthread_spin_unlock(&spinlock);
	let_wait();
	sem_post(&semaphore);
	let_wait();
	pthread_mutex_lock(&mutex);
	told = 1;
	pthread_cond_signal(&condition);
	pthread_mutex_unlock(&mutex);
	pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
	pthread_t threads[64];
	int count = argc > 3 ? atoi(argv[2]) : 0;

	rounds = argc > 3 ? atoi(argv[3]) : 1;
	if (argc > 1 && strcmp(argv[1], "held") == 0)
		hold_each();
	else if (count == 0)
		lock_alone(NULL);
	for (int i = 0; i < count; i++)
		pthread_create(&threads[i], NULL, lock_alone, NULL);
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	return failed;
}
