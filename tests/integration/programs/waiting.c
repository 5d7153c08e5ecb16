/*
 * Waits and sleeps of known number and result: waiting THREADS ROUNDS. Each round of each thread
 * makes, per function, one wait that finds a descriptor ready, one that times out, one that fails
 * with EINVAL or EBADF, and one sleep. Prints nothing if results and errno are what they are
 * without a shim; the first one that is not otherwise, and ends with 1.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sched.h>
#include <sys/select.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

extern int __sched_yield(void), __nanosleep(const struct timespec *, struct timespec *);
extern int __poll(struct pollfd *, nfds_t, int), __poll_chk(struct pollfd *, nfds_t, int, size_t);
extern int __ppoll_chk(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *, size_t);
extern int __select(int, fd_set *, fd_set *, fd_set *, struct timeval *);

static int ends[2], rounds, failed;
static volatile uintptr_t nowhere = 8; /* an address that the compiler does not see through */

static void expect(const char *what, int result, int error, int right_result, int right_error)
{
	if (result == right_result && (result >= 0 || error == right_error))
		return;
	fprintf(stderr, "%s: %d (%s)\n", what, result, strerror(error));
	failed = 1;
}

#define EXPECT(call, right_result, right_error)                           \
	do {                                                              \
		errno = 0;                                                \
		int result_ = call;                                       \
		expect(#call, result_, errno, right_result, right_error); \
	} while (0)

static void wait_with_poll(void)
{
	struct pollfd ready = {ends[0], POLLIN, 0}, never = {ends[1], POLLPRI, 0};
	struct timespec moment = {0, 1000}, bad = {0, -1};
	sigset_t mask;

	sigemptyset(&mask);
	EXPECT(poll(&ready, 1, -1), 1, 0);
	EXPECT(poll(&never, 1, 0), 0, 0);
	EXPECT(poll((struct pollfd *)nowhere, 1, 0), -1, EFAULT);
	EXPECT(ppoll(&ready, 1, NULL, &mask), 1, 0);
	EXPECT(ppoll(&never, 1, &moment, NULL), 0, 0);
	EXPECT(ppoll(&never, 1, &bad, NULL), -1, EINVAL);
	EXPECT(__poll(&ready, 1, -1), 1, 0);
	EXPECT(__poll_chk(&never, 1, 0, sizeof(never)), 0, 0);
	EXPECT(__ppoll_chk(&never, 1, &bad, NULL, sizeof(never)), -1, EINVAL);
}

static void wait_with_select(void)
{
	struct timeval tv = {0, 1000};
	struct timespec moment = {0, 1000};
	fd_set set;

	FD_ZERO(&set);
	FD_SET(ends[0], &set);
	EXPECT(select(ends[0] + 1, &set, NULL, NULL, NULL), 1, 0);
	EXPECT(select(0, NULL, NULL, NULL, &tv), 0, 0);
	EXPECT(select(-1, NULL, NULL, NULL, NULL), -1, EINVAL);
	EXPECT(__select(ends[0] + 1, &set, NULL, NULL, NULL), 1, 0);
	EXPECT(__select(0, NULL, NULL, NULL, &tv), 0, 0);
	EXPECT(__select(-1, NULL, NULL, NULL, NULL), -1, EINVAL);
	FD_SET(ends[0], &set);
	EXPECT(pselect(ends[0] + 1, &set, NULL, NULL, NULL, NULL), 1, 0);
	EXPECT(pselect(0, NULL, NULL, NULL, &moment, NULL), 0, 0);
	EXPECT(pselect(-1, NULL, NULL, NULL, NULL, NULL), -1, EINVAL);
}

static void wait_with_epoll(int epoll, int none)
{
	struct epoll_event events[4];
	sigset_t mask;

	sigemptyset(&mask);
	EXPECT(epoll_wait(epoll, events, 4, -1), 1, 0);
	EXPECT(epoll_wait(none, events, 4, 1), 0, 0);
	EXPECT(epoll_wait(-1, events, 4, 0), -1, EBADF);
	EXPECT(epoll_pwait(epoll, events, 4, -1, &mask), 1, 0);
	EXPECT(epoll_pwait(none, events, 4, 1, &mask), 0, 0);
	EXPECT(epoll_pwait(-1, events, 4, 0, &mask), -1, EBADF);
}

static void go_to_sleep(void)
{
	struct timespec time = {0, 2000000}, bad = {0, -1}, now = {0, 1000};
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	EXPECT(nanosleep(&time, NULL), 0, 0);
	EXPECT(nanosleep(&bad, NULL), -1, EINVAL);
	EXPECT(__nanosleep(&now, NULL), 0, 0);
	EXPECT(clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL), 0, 0);
	EXPECT(usleep(1000), 0, 0);
	EXPECT((int)sleep(0), 0, 0);
	EXPECT(sigtimedwait(&set, &info, &now), -1, EAGAIN);
	EXPECT(sched_yield(), 0, 0);
	EXPECT(__sched_yield(), 0, 0);
	thrd_yield();
}

static void *work(void *unused)
{
	struct epoll_event event = {.events = EPOLLIN};
	int epoll = epoll_create1(0), none = epoll_create1(0);

	epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event);
	for (int i = 0; i < rounds; i++) {
		wait_with_poll();
		wait_with_select();
		wait_with_epoll(epoll, none);
		go_to_sleep();
	}
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t threads[64];
	int count = argc > 2 ? atoi(argv[1]) : 0;

	rounds = argc > 2 ? atoi(argv[2]) : 1;
	if (pipe(ends) || write(ends[1], "x", 1) != 1)
		return 2;
	if (count == 0)
		work(NULL);
	for (int i = 0; i < count; i++)
		pthread_create(&threads[i], NULL, work, NULL);
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	return failed;
}
