/*
 * What locks of every type say: lock_results alone | threaded | realtime prints the result of each
 * call, in ordinary use and misuse, which has to be the same without a shim.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <time.h>

static const struct kind {
	const char *name;
	int type, robust, protocol, shared;
} kinds[] = {
	{"normal", PTHREAD_MUTEX_NORMAL, 0, PTHREAD_PRIO_NONE, 0},
	{"adaptive", PTHREAD_MUTEX_ADAPTIVE_NP, 0, PTHREAD_PRIO_NONE, 0},
	{"recursive", PTHREAD_MUTEX_RECURSIVE, 0, PTHREAD_PRIO_NONE, 0},
	{"error-checking", PTHREAD_MUTEX_ERRORCHECK, 0, PTHREAD_PRIO_NONE, 0},
	{"robust", PTHREAD_MUTEX_NORMAL, 1, PTHREAD_PRIO_NONE, 0},
	{"robust recursive", PTHREAD_MUTEX_RECURSIVE, 1, PTHREAD_PRIO_NONE, 0},
	{"robust error-checking", PTHREAD_MUTEX_ERRORCHECK, 1, PTHREAD_PRIO_NONE, 1},
	{"inheriting", PTHREAD_MUTEX_NORMAL, 0, PTHREAD_PRIO_INHERIT, 0},
	{"inheriting recursive", PTHREAD_MUTEX_RECURSIVE, 0, PTHREAD_PRIO_INHERIT, 0},
	{"inheriting error-checking", PTHREAD_MUTEX_ERRORCHECK, 0, PTHREAD_PRIO_INHERIT, 0},
	{"inheriting robust", PTHREAD_MUTEX_NORMAL, 1, PTHREAD_PRIO_INHERIT, 1},
	{"protecting", PTHREAD_MUTEX_NORMAL, 0, PTHREAD_PRIO_PROTECT, 0},
	{"protecting recursive", PTHREAD_MUTEX_RECURSIVE, 0, PTHREAD_PRIO_PROTECT, 0},
	{"protecting error-checking", PTHREAD_MUTEX_ERRORCHECK, 0, PTHREAD_PRIO_PROTECT, 0},
	{"shared", PTHREAD_MUTEX_NORMAL, 0, PTHREAD_PRIO_NONE, 1},
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

static const char *what;
static pthread_mutex_t mutex;
static pthread_rwlock_t rwlock;
static sem_t semaphore;
static mtx_t c11;
static const struct timespec past = {1, 0}, bad = {1, -1}, worse = {4000000000, 1000000000};

/* errno too: only semaphores set it. */
#define SAY(call)                                                        \
	do {                                                             \
		errno = EXDEV;                                           \
		int result_ = call;                                      \
		printf("%s: %s: %d, %d\n", what, #call, result_, errno); \
	} while (0)

static void in_a_thread(void *(*function)(void *))
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, function, NULL))
		abort();
	pthread_join(thread, NULL);
}

static void make_mutex(const struct kind *kind)
{
	pthread_mutexattr_t attributes;

	what = kind->name;
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, kind->type);
	pthread_mutexattr_setrobust(&attributes, kind->robust);
	pthread_mutexattr_setprotocol(&attributes, kind->protocol);
	pthread_mutexattr_setpshared(&attributes, kind->shared);
	SAY(pthread_mutex_init(&mutex, &attributes));
}

/* One that is not held is had whatever the time, or is not looked at for a bad one. */
static void lock_with_times(void)
{
	const struct timespec *times[] = {&past, &bad, &worse};

	for (size_t i = 0; i < 3; i++) {
		SAY(pthread_mutex_timedlock(&mutex, times[i]));
		SAY(pthread_mutex_unlock(&mutex));
		SAY(pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, times[i]));
		SAY(pthread_mutex_unlock(&mutex));
	}
	SAY(pthread_mutex_clocklock(&mutex, CLOCK_PROCESS_CPUTIME_ID, &past));
	SAY(pthread_mutex_unlock(&mutex));
}

static void *lock_held(void *unused)
{
	SAY(pthread_mutex_trylock(&mutex));
	SAY(pthread_mutex_timedlock(&mutex, &past));
	SAY(pthread_mutex_timedlock(&mutex, &bad));
	SAY(pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &past));
	SAY(pthread_mutex_clocklock(&mutex, CLOCK_PROCESS_CPUTIME_ID, &past));
	return unused;
}

static void *lock_and_die(void *unused)
{
	SAY(pthread_mutex_lock(&mutex));
	return unused;
}

static void relock(const struct kind *kind)
{
	if (kind->type != PTHREAD_MUTEX_NORMAL && kind->type != PTHREAD_MUTEX_ADAPTIVE_NP) {
		SAY(pthread_mutex_lock(&mutex));
		SAY(pthread_mutex_trylock(&mutex));
		SAY(pthread_mutex_timedlock(&mutex, &past));
	}
	if (kind->type == PTHREAD_MUTEX_RECURSIVE)
		for (int i = 0; i < 3; i++)
			SAY(pthread_mutex_unlock(&mutex));
}

static void bury_owners(void)
{
	in_a_thread(lock_and_die);
	SAY(pthread_mutex_lock(&mutex));
	SAY(pthread_mutex_consistent(&mutex));
	SAY(pthread_mutex_unlock(&mutex));
	in_a_thread(lock_and_die);
	SAY(pthread_mutex_trylock(&mutex));
	SAY(pthread_mutex_consistent(&mutex));
	SAY(pthread_mutex_unlock(&mutex));
	in_a_thread(lock_and_die);
	SAY(pthread_mutex_timedlock(&mutex, &past));
	SAY(pthread_mutex_unlock(&mutex));
	SAY(pthread_mutex_lock(&mutex));
	in_a_thread(lock_and_die);
	SAY(pthread_mutex_trylock(&mutex));
	SAY(pthread_mutex_timedlock(&mutex, &past));
}

static void try_mutexes(void)
{
	for (size_t i = 0; i < KINDS; i++) {
		make_mutex(&kinds[i]);
		SAY(pthread_mutex_lock(&mutex));
		relock(&kinds[i]);
		in_a_thread(lock_held);
		SAY(pthread_mutex_unlock(&mutex));
		SAY(pthread_mutex_trylock(&mutex));
		SAY(pthread_mutex_unlock(&mutex));
		lock_with_times();
		if (kinds[i].robust)
			bury_owners();
		SAY(pthread_mutex_destroy(&mutex));
	}
}

/* With a lock that is free, read, written, in turn. */
static void *try_rwlock(void *unused)
{
	const struct timespec *times[] = {&past, &bad, &worse};

	for (size_t i = 0; i < 3; i++) {
		SAY(pthread_rwlock_timedrdlock(&rwlock, times[i]));
		SAY(pthread_rwlock_clockrdlock(&rwlock, CLOCK_MONOTONIC, times[i]));
		SAY(pthread_rwlock_timedwrlock(&rwlock, times[i]));
		SAY(pthread_rwlock_clockwrlock(&rwlock, CLOCK_MONOTONIC, times[i]));
	}
	SAY(pthread_rwlock_clockrdlock(&rwlock, CLOCK_PROCESS_CPUTIME_ID, &past));
	SAY(pthread_rwlock_clockwrlock(&rwlock, CLOCK_PROCESS_CPUTIME_ID, &past));
	SAY(pthread_rwlock_tryrdlock(&rwlock));
	SAY(pthread_rwlock_trywrlock(&rwlock));
	return unused;
}

static void try_rwlocks(void)
{
	static const char *const names[] = {"readers first", "writers first",
	                                    "writers first, once"};
	pthread_rwlockattr_t attributes;

	for (int kind = 0; kind < 3; kind++) {
		what = names[kind];
		pthread_rwlockattr_init(&attributes);
		pthread_rwlockattr_setkind_np(&attributes, kind);
		for (int held = 0; held < 3; held++) {
			SAY(pthread_rwlock_init(&rwlock, &attributes));
			if (held == 1)
				SAY(pthread_rwlock_rdlock(&rwlock));
			if (held == 2)
				SAY(pthread_rwlock_wrlock(&rwlock));
			in_a_thread(try_rwlock);
			SAY(pthread_rwlock_init(&rwlock, &attributes));
			try_rwlock(NULL);
		}
	}
}

static void try_semaphores(void)
{
	what = "semaphore";
	for (int shared = 0; shared < 2; shared++) {
		for (unsigned int value = 0; value < 9; value += 8) {
			SAY(sem_init(&semaphore, shared, value));
			SAY(sem_trywait(&semaphore));
			SAY(sem_timedwait(&semaphore, &past));
			SAY(sem_timedwait(&semaphore, &bad));
			SAY(sem_timedwait(&semaphore, value ? &worse : &past));
			SAY(sem_clockwait(&semaphore, CLOCK_MONOTONIC, &past));
			SAY(sem_clockwait(&semaphore, CLOCK_MONOTONIC, &bad));
			SAY(sem_clockwait(&semaphore, CLOCK_PROCESS_CPUTIME_ID, &past));
		}
	}
}

static void *try_c11(void *unused)
{
	SAY(mtx_trylock(&c11));
	SAY(mtx_timedlock(&c11, &past));
	SAY(mtx_timedlock(&c11, &bad));
	return unused;
}

static void try_c11_locks(void)
{
	static const int types[] = {mtx_plain, mtx_timed, mtx_timed | mtx_recursive};
	cnd_t condition;

	what = "C11";
	for (size_t i = 0; i < 3; i++) {
		SAY(mtx_init(&c11, types[i]));
		SAY(mtx_lock(&c11));
		if (types[i] & mtx_recursive)
			SAY(mtx_lock(&c11));
		in_a_thread(try_c11);
		SAY(cnd_init(&condition));
		SAY(cnd_timedwait(&condition, &c11, &past));
		SAY(cnd_timedwait(&condition, &c11, &bad));
		SAY(mtx_unlock(&c11));
		try_c11(NULL);
	}
}

static void try_others(void)
{
	pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
	pthread_barrier_t barrier;
	pthread_spinlock_t spinlock;

	make_mutex(&kinds[3]);
	SAY(pthread_cond_wait(&condition, &mutex));
	SAY(pthread_mutex_lock(&mutex));
	SAY(pthread_cond_timedwait(&condition, &mutex, &past));
	SAY(pthread_cond_timedwait(&condition, &mutex, &bad));
	SAY(pthread_cond_clockwait(&condition, &mutex, CLOCK_MONOTONIC, &past));
	SAY(pthread_cond_clockwait(&condition, &mutex, CLOCK_PROCESS_CPUTIME_ID, &past));
	SAY(pthread_mutex_unlock(&mutex));
	SAY(pthread_barrier_init(&barrier, NULL, 0));
	SAY(pthread_barrier_init(&barrier, NULL, 1));
	SAY(pthread_barrier_wait(&barrier));
	SAY(pthread_spin_init(&spinlock, PTHREAD_PROCESS_SHARED));
	SAY(pthread_spin_lock(&spinlock));
	SAY(pthread_spin_trylock(&spinlock));
	SAY(pthread_spin_unlock(&spinlock));
	SAY(pthread_spin_trylock(&spinlock));
}

static void *idle(void *unused)
{
	return unused;
}

/* With a ceiling that it may have, a protecting mutex can be locked. */
static void become_realtime(void)
{
	struct sched_param priority = {sched_get_priority_min(SCHED_FIFO)};

	what = "this thread";
	SAY(pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority));
}

int main(int argc, char **argv)
{
	/* libc does not forget that there was a second thread. */
	if (argc > 1 && strcmp(argv[1], "threaded") == 0)
		in_a_thread(idle);
	if (argc > 1 && strcmp(argv[1], "realtime") == 0)
		become_realtime();
	try_mutexes();
	try_rwlocks();
	try_semaphores();
	try_c11_locks();
	try_others();
	return 0;
}
