/* Whether a file's memory is used, told by a lease; and that nobody else notices that it was asked.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "metrics/reader.h"
#include "tests/unit/scratch.h"

static char path[128];
static int fd;
static volatile sig_atomic_t signals;

static void count(int number)
{
	(void)number;
	signals++;
}

static void make_file(void)
{
	scratch_make();
	snprintf(path, sizeof(path), "%s/file", scratch);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	cr_assert_eq(ftruncate(fd, 4096), 0);
	close(fd);
	fd = open(path, O_RDONLY);
	signal(SIGURG, count);
}

TestSuite(reader_memory, .init = make_file, .fini = scratch_remove);

Test(reader_memory, is_used_where_it_is_mapped_or_open_for_writing)
{
	int writing = open(path, O_RDWR);
	void *mapped;

	cr_assert_eq(reader_memory_use(fd), MEMORY_USED);
	mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, writing, 0);
	close(writing);
	cr_assert_eq(reader_memory_use(fd), MEMORY_USED);
	munmap(mapped, 4096);
	cr_assert_eq(reader_memory_use(fd), MEMORY_UNUSED);
	writing = open(path, O_RDWR | O_NONBLOCK);
	cr_assert_geq(writing, 0, "the lease was given back");
	close(writing);
}

Test(reader_memory, is_not_told_where_the_file_system_gives_no_leases)
{
	int other = open("/proc/self/status", O_RDONLY);

	cr_assert_eq(reader_memory_use(other), MEMORY_UNTOLD);
	close(other);
}

static void open_in_another_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(open(path, O_RDWR | O_NONBLOCK) < 0 && errno == EAGAIN ? 0 : 1);
	int status = -1;
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0, "it had to wait");
}

static void *wait_for_signals(void *stop)
{
	while (!__atomic_load_n((int *)stop, __ATOMIC_RELAXED))
		usleep(1000);
	return NULL;
}

/* The kernel sends a signal when another opens the file meanwhile. */
Test(reader_memory, no_thread_sees_a_signal)
{
	struct memory_hold hold;
	sigset_t blocked, pending;
	pthread_t thread;
	int stop = 0;

	cr_assert_eq(pthread_create(&thread, NULL, wait_for_signals, &stop), 0);
	cr_assert_eq(reader_memory_hold(fd, &hold), 0);
	open_in_another_process();
	reader_memory_release(fd, &hold);
	sigpending(&pending);
	cr_assert_not(sigismember(&pending, SIGURG));
	pthread_sigmask(SIG_BLOCK, NULL, &blocked);
	cr_assert_not(sigismember(&blocked, SIGURG));
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	cr_assert_eq(signals, 0);
}

/* A signal of its own that comes in between is not taken for that of the lease. */
Test(reader_memory, a_signal_that_comes_meanwhile_stays)
{
	struct memory_hold hold;
	sigset_t urgent, pending;

	sigemptyset(&urgent);
	sigaddset(&urgent, SIGURG);
	sigprocmask(SIG_BLOCK, &urgent, NULL);
	for (int opened = 0; opened < 2; opened++) {
		cr_assert_eq(reader_memory_hold(fd, &hold), 0);
		if (opened)
			open_in_another_process();
		kill(getpid(), SIGURG);
		reader_memory_release(fd, &hold);
		sigpending(&pending);
		cr_assert(sigismember(&pending, SIGURG), "opened: %d", opened);
		sigprocmask(SIG_UNBLOCK, &urgent, NULL);
		cr_assert_eq(signals, 1 + opened);
		sigprocmask(SIG_BLOCK, &urgent, NULL);
	}
}

/* One of its own that the program has blocked is still there. */
Test(reader_memory, a_signal_that_was_pending_stays)
{
	struct memory_hold hold;
	sigset_t urgent, pending;

	sigemptyset(&urgent);
	sigaddset(&urgent, SIGURG);
	sigprocmask(SIG_BLOCK, &urgent, NULL);
	raise(SIGURG);
	cr_assert_eq(reader_memory_hold(fd, &hold), 0);
	open_in_another_process();
	reader_memory_release(fd, &hold);
	sigpending(&pending);
	cr_assert(sigismember(&pending, SIGURG));
	sigprocmask(SIG_UNBLOCK, &urgent, NULL);
	cr_assert_eq(signals, 1);
}
