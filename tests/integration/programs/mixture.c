/*
 * A bit of every family that waits, in THREADS threads (0: the main one) for ROUNDS rounds, while a
 * timer's signal handler reads; every 10th round a child does one round, too. Prints what all of
 * them together did: "count SERIES NUMBER", and "least SERIES MICROSECONDS" of what took at least
 * so long; then "wall MICROSECONDS".
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum what {
	POLLED,
	SELECTED,
	EPOLLED,
	SLEPT,
	MAPPED,
	UNMAPPED,
	MUTEXES,
	WRITES,
	SEMAPHORES,
	LOOKED_UP,
	READ,
	FORKED,
	WHATS
};

static const struct {
	const char *series;
	unsigned long least_us; /* of one */
} whats[WHATS] = {
	[POLLED] = {"libc.poll.duration{libc.poll.operation=poll,libc.poll.result=timeout}", 1000},
	[SELECTED] = {"libc.poll.duration{libc.poll.operation=select,libc.poll.result=timeout}",
                      500},
	[EPOLLED] = {"libc.poll.duration{libc.poll.operation=epoll,libc.poll.result=timeout}",
                     1000},
	[SLEPT] = {"libc.sleep.duration{libc.sleep.operation=clock_nanosleep}", 700},
	[MAPPED] = {"libc.mmap.operation.duration{libc.mmap.operation=mmap}", 0},
	[UNMAPPED] = {"libc.mmap.operation.duration{libc.mmap.operation=munmap}", 0},
	[MUTEXES] = {"libc.lock.acquisitions{libc.lock.type=mutex}", 0},
	[WRITES] = {"libc.lock.acquisitions{libc.lock.type=rwlock_write}", 0},
	[SEMAPHORES] = {"libc.lock.acquisitions{libc.lock.type=semaphore}", 0},
	[LOOKED_UP] = {"dns.lookup.duration", 0},
	[READ] = {"libc.file.operation.duration{libc.file.operation=read}", 0},
	[FORKED] = {"libc.process.created{libc.process.operation=fork}", 0},
};

static unsigned long *did; /* of this process and its children */
static unsigned long rounds;
static int zero, epoll;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static sem_t semaphore;

static void done(enum what what)
{
	__atomic_add_fetch(&did[what], 1, __ATOMIC_RELAXED);
}

static void expect(int right, const char *what)
{
	if (right)
		return;
	perror(what);
	_exit(1);
}

static void interrupt(int signal)
{
	int saved = errno;
	char bytes[3];

	(void)signal;
	expect(read(zero, bytes, sizeof(bytes)) == 3, "read in a handler");
	done(READ);
	errno = saved;
}

static void mask(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	pthread_sigmask(how, &set, NULL);
}

/* What a signal would end early is waited for with the signal blocked. */
static void wait_a_little(void)
{
	struct timespec sleep = {0, 700000};
	struct timeval time = {0, 500};
	struct epoll_event event;

	mask(SIG_BLOCK);
	expect(poll(NULL, 0, 1) == 0, "poll");
	done(POLLED);
	expect(select(0, NULL, NULL, NULL, &time) == 0, "select");
	done(SELECTED);
	expect(epoll_wait(epoll, &event, 1, 1) == 0, "epoll_wait");
	done(EPOLLED);
	expect(clock_nanosleep(CLOCK_MONOTONIC, 0, &sleep, NULL) == 0, "clock_nanosleep");
	done(SLEPT);
	mask(SIG_UNBLOCK);
}

static void use_locks(void)
{
	pthread_mutex_lock(&mutex);
	done(MUTEXES);
	pthread_mutex_unlock(&mutex);
	pthread_rwlock_wrlock(&rwlock);
	done(WRITES);
	pthread_rwlock_unlock(&rwlock);
	while (sem_wait(&semaphore) != 0)
		;
	done(SEMAPHORES);
	sem_post(&semaphore);
}

static void use_memory_and_names(void)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST}, *list;
	void *block = mmap(NULL, 1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char byte;

	expect(block != MAP_FAILED, "mmap");
	done(MAPPED);
	expect(munmap(block, 1) == 0, "munmap");
	done(UNMAPPED);
	expect(getaddrinfo("127.0.0.1", NULL, &hints, &list) == 0, "getaddrinfo");
	done(LOOKED_UP);
	freeaddrinfo(list);
	expect(read(zero, &byte, 1) == 1, "read");
	done(READ);
}

/* In a child all but the locks, which another thread may have held. */
static void fork_once(void)
{
	pid_t child = fork();

	expect(child >= 0, "fork");
	if (child == 0) {
		use_memory_and_names();
		wait_a_little();
		_exit(0);
	}
	done(FORKED);
	while (waitpid(child, NULL, 0) != child)
		expect(errno == EINTR, "waitpid");
}

static void *work(void *unused)
{
	for (unsigned long i = 0; i < rounds; i++) {
		use_memory_and_names();
		use_locks();
		wait_a_little();
		if (i % 10 == 0)
			fork_once();
	}
	return unused;
}

static void signal_every(long us)
{
	struct itimerval time = {{0, us}, {0, us}};

	setitimer(ITIMER_REAL, &time, NULL);
}

static void tell(const struct timespec *start)
{
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	for (int i = 0; i < WHATS; i++) {
		printf("count %s %lu\n", whats[i].series, did[i]);
		if (whats[i].least_us)
			printf("least %s %lu\n", whats[i].series, did[i] * whats[i].least_us);
	}
	printf("wall %ld\n",
	       (end.tv_sec - start->tv_sec) * 1000000 + (end.tv_nsec - start->tv_nsec) / 1000 + 1);
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = interrupt, .sa_flags = SA_RESTART};
	struct timespec start;
	pthread_t thread[64];
	unsigned long threads = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;

	rounds = argc == 3 ? strtoul(argv[2], NULL, 10) : 1;
	clock_gettime(CLOCK_MONOTONIC, &start);
	did = (void *)syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE,
	                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	zero = open("/dev/zero", O_RDONLY);
	epoll = epoll_create1(0);
	sem_init(&semaphore, 0, 1);
	sigaction(SIGALRM, &action, NULL);
	signal_every(700);
	if (threads == 0)
		work(NULL);
	for (unsigned long i = 0; i < threads; i++)
		expect(pthread_create(&thread[i], NULL, work, NULL) == 0, "pthread_create");
	for (unsigned long i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	signal_every(0);
	tell(&start);
	return 0;
}
