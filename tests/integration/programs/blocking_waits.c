/* Calls that wait for a time, a signal, a lock, a thread or a child. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>
#include "tests/integration/programs/blocking.h"

#define SLEEP(operation) "libc.sleep.duration{libc.sleep.operation=" operation "}"
#define WAIT(type)       "libc.lock.wait.duration{libc.lock.type=" type "}"
#define JOIN             "libc.thread.join.duration"
#define CHILD            "libc.process.wait.duration"

struct timespec wait_time;
static pthread_mutex_t mutex, held;
static pthread_rwlock_t rwlock;
static pthread_cond_t condition;
static sem_t semaphore;
static pthread_barrier_t barrier;
static mtx_t c11_mutex, c11_held;
static cnd_t c11_condition;
static pthread_t joined;
static thrd_t c11_joined;
static int thread_ends, thread_is_there;
static bool c11_locked;

#define CALL(name, expression)     \
	static long name(void)     \
	{                          \
		return expression; \
	}

static struct timespec wait_until(clockid_t clock)
{
	struct timespec until;

	sys_call2(SYS_clock_gettime, clock, &until);
	until.tv_sec += 100;
	return until;
}

/* Error numbers become -1 and errno, so that all rows look alike. */
static long as_errno(int error)
{
	if (error)
		errno = error;
	return error ? -1 : 0;
}

static long as_thrd(int result)
{
	return as_errno(result == thrd_success ? 0 : EIO);
}

/* The mutex is an error-checking one: only its owner can unlock it. C11's are not, but can be
 * tried. */
void make_locks(void)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&mutex, &attributes);
	pthread_mutex_init(&held, NULL);
	pthread_rwlock_init(&rwlock, NULL);
	pthread_cond_init(&condition, NULL);
	pthread_barrier_init(&barrier, NULL, 2);
	sem_init(&semaphore, 0, 0);
	mtx_init(&c11_mutex, mtx_plain);
	mtx_init(&c11_held, mtx_timed);
	cnd_init(&c11_condition);
	c11_locked = false;
}

bool release_mutex(void)
{
	if (!c11_locked)
		return pthread_mutex_unlock(&mutex) == 0;
	if (mtx_trylock(&c11_mutex) != thrd_busy)
		return false;
	return mtx_unlock(&c11_mutex) == thrd_success && mtx_trylock(&c11_mutex) == thrd_success;
}

CALL(do_sleep, (long)sleep((unsigned int)wait_time.tv_sec))
CALL(do_nanosleep, nanosleep(&wait_time, NULL))
CALL(do_clock_nanosleep, as_errno(clock_nanosleep(CLOCK_MONOTONIC, 0, &wait_time, NULL)))
CALL(do_pause, pause())

/* -1 says that a signal came, and errno nothing. */
static long do_thrd_sleep(void)
{
	int result = thrd_sleep(&wait_time, NULL);

	return as_errno(result == -1 ? EINTR : result);
}

static long do_usleep(void)
{
	return usleep((useconds_t)wait_time.tv_sec * 1000000 +
	              (useconds_t)wait_time.tv_nsec / 1000);
}

static long sleep_until(void)
{
	struct timespec until = wait_until(CLOCK_REALTIME);

	if (wait_time.tv_sec == 0)
		until = (struct timespec){1, 0};
	return as_errno(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL));
}

static const sigset_t *waking_signal(void)
{
	static sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	return &set;
}

static int got;

CALL(do_sigsuspend, sigsuspend(waking_signal()))
extern int __sigsuspend(const sigset_t *);
CALL(do_sigsuspend_alias, __sigsuspend(waking_signal()))
CALL(do_sigwait, as_errno(sigwait(waking_signal(), &got)))
CALL(do_sigwaitinfo, sigwaitinfo(waking_signal(), NULL))
CALL(do_sigtimedwait, sigtimedwait(waking_signal(), NULL, NULL))

static void send_signal(void)
{
	wake_thread(SIGUSR2);
}

static void signal_condition(void)
{
	pthread_cond_signal(&condition);
}

static long wait_for_condition(const struct timespec *until, clockid_t clock)
{
	int error;

	pthread_mutex_lock(&mutex);
	error = !until ? pthread_cond_wait(&condition, &mutex)
	        : clock == CLOCK_REALTIME
	                ? pthread_cond_timedwait(&condition, &mutex, until)
	                : pthread_cond_clockwait(&condition, &mutex, clock, until);
	if (pthread_mutex_unlock(&mutex))
		abort();
	return as_errno(error);
}

/* A call with a time to give up at, by the clock. */
#define TIMED_CALL(name, clock, expression)                \
	static long name(void)                             \
	{                                                  \
		struct timespec until = wait_until(clock); \
                                                           \
		return expression;                         \
	}

CALL(do_cond_wait, wait_for_condition(NULL, 0))
TIMED_CALL(do_cond_timedwait, CLOCK_REALTIME, wait_for_condition(&until, CLOCK_REALTIME))
TIMED_CALL(do_cond_clockwait, CLOCK_MONOTONIC, wait_for_condition(&until, CLOCK_MONOTONIC))

static long wait_for_c11_condition(const struct timespec *until)
{
	int result;

	mtx_lock(&c11_mutex);
	c11_locked = true;
	result = until ? cnd_timedwait(&c11_condition, &c11_mutex, until)
	               : cnd_wait(&c11_condition, &c11_mutex);
	c11_locked = false;
	mtx_unlock(&c11_mutex);
	return as_thrd(result);
}

CALL(do_cnd_wait, wait_for_c11_condition(NULL))
TIMED_CALL(do_cnd_timedwait, CLOCK_REALTIME, wait_for_c11_condition(&until))

static void signal_c11_condition(void)
{
	cnd_signal(&c11_condition);
}

static void post(void)
{
	sem_post(&semaphore);
}

CALL(do_sem_wait, sem_wait(&semaphore))
TIMED_CALL(do_sem_timedwait, CLOCK_REALTIME, sem_timedwait(&semaphore, &until))
TIMED_CALL(do_sem_clockwait, CLOCK_MONOTONIC, sem_clockwait(&semaphore, CLOCK_MONOTONIC, &until))
CALL(do_mutex_lock, as_errno(pthread_mutex_lock(&held)))
TIMED_CALL(do_mutex_timedlock, CLOCK_REALTIME, as_errno(pthread_mutex_timedlock(&held, &until)))
TIMED_CALL(do_mutex_clocklock, CLOCK_MONOTONIC,
           as_errno(pthread_mutex_clocklock(&held, CLOCK_MONOTONIC, &until)))
CALL(do_mtx_lock, as_thrd(mtx_lock(&c11_held)))
TIMED_CALL(do_mtx_timedlock, CLOCK_REALTIME, as_thrd(mtx_timedlock(&c11_held, &until)))
CALL(do_rdlock, as_errno(pthread_rwlock_rdlock(&rwlock)))
TIMED_CALL(do_timedrdlock, CLOCK_REALTIME, as_errno(pthread_rwlock_timedrdlock(&rwlock, &until)))
TIMED_CALL(do_clockrdlock, CLOCK_MONOTONIC,
           as_errno(pthread_rwlock_clockrdlock(&rwlock, CLOCK_MONOTONIC, &until)))
CALL(do_wrlock, as_errno(pthread_rwlock_wrlock(&rwlock)))
TIMED_CALL(do_timedwrlock, CLOCK_REALTIME, as_errno(pthread_rwlock_timedwrlock(&rwlock, &until)))
TIMED_CALL(do_clockwrlock, CLOCK_MONOTONIC,
           as_errno(pthread_rwlock_clockwrlock(&rwlock, CLOCK_MONOTONIC, &until)))

static void hold_mutex(void)
{
	pthread_mutex_lock(&held);
}

static void leave_mutex(void)
{
	pthread_mutex_unlock(&held);
}

static void hold_c11_mutex(void)
{
	mtx_lock(&c11_held);
}

static void leave_c11_mutex(void)
{
	mtx_unlock(&c11_held);
}

static void hold_rwlock(void)
{
	pthread_rwlock_wrlock(&rwlock);
}

static void leave_rwlock(void)
{
	pthread_rwlock_unlock(&rwlock);
}

/* One of the two gets PTHREAD_BARRIER_SERIAL_THREAD, which is no failure: the last to come. */
CALL(do_barrier_wait, pthread_barrier_wait(&barrier))

static void come_to_barrier(void)
{
	pthread_barrier_wait(&barrier);
	count_returns(WAIT("barrier"), 1);
}

static void *wait_for_end(void *unused)
{
	while (!__atomic_load_n(&thread_ends, __ATOMIC_ACQUIRE))
		pause_ms(1);
	return unused;
}

static int c11_wait_for_end(void *unused)
{
	wait_for_end(unused);
	return 0;
}

static void make_thread(void)
{
	thread_ends = 0;
	if (pthread_create(&joined, NULL, wait_for_end, NULL))
		abort();
	thread_is_there = 1;
}

static void make_c11_thread(void)
{
	thread_ends = 0;
	if (thrd_create(&c11_joined, c11_wait_for_end, NULL) != thrd_success)
		abort();
	thread_is_there = 2;
}

static void let_thread_end(void)
{
	__atomic_store_n(&thread_ends, 1, __ATOMIC_RELEASE);
}

void end_thread(void)
{
	let_thread_end();
	if (thread_is_there == 1)
		pthread_join(joined, NULL);
	else if (thread_is_there == 2)
		thrd_join(c11_joined, NULL);
	count_returns(JOIN, thread_is_there > 0);
	thread_is_there = 0;
}

/* So that nobody joins it again. */
static long has_joined(long result)
{
	if (result == 0)
		thread_is_there = 0;
	return result;
}

CALL(do_join, has_joined(as_errno(pthread_join(joined, NULL))))
CALL(do_thrd_join, has_joined(as_thrd(thrd_join(c11_joined, NULL))))
TIMED_CALL(do_timedjoin, CLOCK_REALTIME,
           has_joined(as_errno(pthread_timedjoin_np(joined, NULL, &until))))
TIMED_CALL(do_clockjoin, CLOCK_MONOTONIC,
           has_joined(as_errno(pthread_clockjoin_np(joined, NULL, CLOCK_MONOTONIC, &until))))

/* Process IDs differ from run to run. */
static long is_child(pid_t pid)
{
	if (pid <= 0 || pid != child)
		return pid;
	child = 0;
	return 1;
}

CALL(do_wait, is_child(wait(NULL)))
CALL(do_waitpid, is_child(waitpid(child, NULL, 0)))
CALL(do_wait3, is_child(wait3(NULL, 0, NULL)))
CALL(do_wait4, is_child(wait4(child, NULL, 0, NULL)))

static long do_waitid(void)
{
	int result = waitid(P_PID, (id_t)child, NULL, WEXITED);

	if (result == 0)
		child = 0;
	return result;
}

#define CONDITION (NOT_INTERRUPTED | HOLDS_MUTEX)
#define LOCKED    (NOT_CANCELLED | NOT_INTERRUPTED)

const struct blocking blocking_waits[] = {
	{"sleep", do_sleep, NULL, NULL, SLEEP("sleep"), TIMES_OUT},
	{"usleep", do_usleep, NULL, NULL, SLEEP("usleep"), TIMES_OUT},
	{"nanosleep", do_nanosleep, NULL, NULL, SLEEP("nanosleep"), TIMES_OUT},
	{"thrd_sleep", do_thrd_sleep, NULL, NULL, SLEEP("nanosleep"), TIMES_OUT},
	{"clock_nanosleep", do_clock_nanosleep, NULL, NULL, SLEEP("clock_nanosleep"), TIMES_OUT},
	{"clock_nanosleep until", sleep_until, NULL, NULL, SLEEP("clock_nanosleep"), TIMES_OUT},
	{"pause", do_pause, NULL, NULL, SLEEP("pause"), NEVER_SUCCEEDS},
	{"sigsuspend", do_sigsuspend, NULL, NULL, SLEEP("sigwait"), NEVER_SUCCEEDS},
	{"__sigsuspend", do_sigsuspend_alias, NULL, NULL, SLEEP("sigwait"), NEVER_SUCCEEDS},
	{"sigwait", do_sigwait, send_signal, NULL, SLEEP("sigwait"), NOT_INTERRUPTED},
	{"sigwaitinfo", do_sigwaitinfo, send_signal, NULL, SLEEP("sigwait"), 0},
	{"sigtimedwait", do_sigtimedwait, send_signal, NULL, SLEEP("sigwait"), 0},
	{"pthread_cond_wait", do_cond_wait, signal_condition, NULL, WAIT("condition"), CONDITION},
	{"pthread_cond_timedwait", do_cond_timedwait, signal_condition, NULL, WAIT("condition"),
         CONDITION},
	{"pthread_cond_clockwait", do_cond_clockwait, signal_condition, NULL, WAIT("condition"),
         CONDITION},
	{"cnd_wait", do_cnd_wait, signal_c11_condition, NULL, WAIT("condition"), CONDITION},
	{"cnd_timedwait", do_cnd_timedwait, signal_c11_condition, NULL, WAIT("condition"),
         CONDITION},
	{"sem_wait", do_sem_wait, post, NULL, WAIT("semaphore"), 0},
	{"sem_timedwait", do_sem_timedwait, post, NULL, WAIT("semaphore"), 0},
	{"sem_clockwait", do_sem_clockwait, post, NULL, WAIT("semaphore"), 0},
	{"pthread_mutex_lock", do_mutex_lock, leave_mutex, hold_mutex, WAIT("mutex"), LOCKED},
	{"pthread_mutex_timedlock", do_mutex_timedlock, leave_mutex, hold_mutex, WAIT("mutex"),
         LOCKED},
	{"pthread_mutex_clocklock", do_mutex_clocklock, leave_mutex, hold_mutex, WAIT("mutex"),
         LOCKED},
	{"mtx_lock", do_mtx_lock, leave_c11_mutex, hold_c11_mutex, WAIT("mutex"), LOCKED},
	{"mtx_timedlock", do_mtx_timedlock, leave_c11_mutex, hold_c11_mutex, WAIT("mutex"), LOCKED},
	{"pthread_rwlock_rdlock", do_rdlock, leave_rwlock, hold_rwlock, WAIT("rwlock_read"),
         LOCKED},
	{"pthread_rwlock_timedrdlock", do_timedrdlock, leave_rwlock, hold_rwlock,
         WAIT("rwlock_read"), LOCKED},
	{"pthread_rwlock_clockrdlock", do_clockrdlock, leave_rwlock, hold_rwlock,
         WAIT("rwlock_read"), LOCKED},
	{"pthread_rwlock_wrlock", do_wrlock, leave_rwlock, hold_rwlock, WAIT("rwlock_write"),
         LOCKED},
	{"pthread_rwlock_timedwrlock", do_timedwrlock, leave_rwlock, hold_rwlock,
         WAIT("rwlock_write"), LOCKED},
	{"pthread_rwlock_clockwrlock", do_clockwrlock, leave_rwlock, hold_rwlock,
         WAIT("rwlock_write"), LOCKED},
	{"pthread_barrier_wait", do_barrier_wait, come_to_barrier, NULL, WAIT("barrier"), LOCKED},
	{"pthread_join", do_join, let_thread_end, make_thread, JOIN, NOT_INTERRUPTED},
	{"pthread_timedjoin_np", do_timedjoin, let_thread_end, make_thread, JOIN, NOT_INTERRUPTED},
	{"pthread_clockjoin_np", do_clockjoin, let_thread_end, make_thread, JOIN, NOT_INTERRUPTED},
	{"thrd_join", do_thrd_join, let_thread_end, make_c11_thread, JOIN, NOT_INTERRUPTED},
	{"wait", do_wait, kill_child, make_child, CHILD, 0},
	{"waitpid", do_waitpid, kill_child, make_child, CHILD, 0},
	{"wait3", do_wait3, kill_child, make_child, CHILD, 0},
	{"wait4", do_wait4, kill_child, make_child, CHILD, 0},
	{"waitid", do_waitid, kill_child, make_child, CHILD, 0},
	{0},
};
