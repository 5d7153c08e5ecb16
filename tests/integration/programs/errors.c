/*
 * Produces failures, each once and by a call that names it: errors memory|file|socket|thread|
 * process|lock|mapping|again; see tests/integration/errors.sh for what they add up to. Needs a
 * network of its own (socket), with 10.1.0.0/16 unreachable, and root (thread, process, mapping).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <netinet/tcp.h>
#include <unistd.h>

static void expect(const char *what, long result, long right, int error, int right_error)
{
	if (result == right && error == right_error)
		return;
	fprintf(stderr, "%s: %ld (%s)\n", what, result, strerror(error));
	exit(1);
}

#define FAILS(call, right_error)                                  \
	do {                                                      \
		errno = 0;                                        \
		long result_ = (long)(call);                      \
		expect(#call, result_, -1, errno, (right_error)); \
	} while (0)
#define SAYS(call, right_error) expect(#call, (call), (right_error), 0, 0)
#define NULL_OF(call)           ((call) == NULL ? -1 : 0)
#define WORKS(call)             expect(#call, (call) >= 0, 1, 0, 0)

static void limit(int what, rlim_t most)
{
	struct rlimit limits;

	getrlimit(what, &limits);
	limits.rlim_cur = most;
	WORKS(setrlimit(what, &limits));
}

static void be_nobody(void)
{
	if (geteuid() == 0)
		WORKS(setresuid(65534, 65534, 65534));
}

static void nothing(int signal)
{
	(void)signal;
}

/* From now on, again and again, so that none comes too early. */
static void interrupt(int on)
{
	struct sigaction action = {.sa_handler = nothing};
	struct itimerval often = {{0, on * 20000}, {0, on * 20000}};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
}

static volatile size_t too_much = SIZE_MAX / 2;

static void fail_memory(void)
{
	void *block;

	FAILS(NULL_OF(malloc(too_much)), ENOMEM);
	FAILS(NULL_OF(calloc(too_much, 4)), ENOMEM);
	FAILS(NULL_OF(realloc(NULL, too_much)), ENOMEM);
	FAILS(NULL_OF(memalign(64, too_much)), ENOMEM);
	SAYS(posix_memalign(&block, 3, 8), EINVAL);
}

static void fail_file(void)
{
	char byte = 0;
	int ends[2];
	int full = open("/dev/full", O_WRONLY), memory = open("/proc/self/mem", O_RDONLY);

	WORKS(pipe(ends));
	FAILS(open("absent", O_RDONLY), ENOENT);
	FAILS(faccessat(AT_FDCWD, "/proc/self/status", X_OK, 0), EACCES);
	FAILS(mkdir("/proc", 0700), EEXIST);
	interrupt(1);
	FAILS(read(ends[0], &byte, 1), EINTR);
	interrupt(0);
	FAILS(lseek(full, 0, 99), EINVAL);
	FAILS(write(full, &byte, 1), ENOSPC);
	FAILS(pread(memory, &byte, 1, 0), EIO);
	FAILS(fsync(-1), EBADF);
	FAILS(open("/dev/null/below", O_RDONLY), ENOTDIR);
	limit(RLIMIT_NOFILE, 3);
	FAILS(open("/dev/null", O_RDONLY), EMFILE);
}

static int tcp(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static struct sockaddr *address(const char *host, int port)
{
	static struct sockaddr_in to;

	to = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	inet_pton(AF_INET, host, &to.sin_addr);
	return (struct sockaddr *)&to;
}

#define TO(host, port) address(host, port), sizeof(struct sockaddr_in)

/* The queue is full, so that the last one is not answered. */
static void fail_by_time(int listener)
{
	unsigned int ms = 1;
	int last = tcp();

	WORKS(connect(tcp(), TO("127.0.0.1", 7)));
	WORKS(setsockopt(last, SOL_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms)));
	FAILS(connect(last, TO("127.0.0.1", 7)), ETIMEDOUT);
	WORKS(accept(listener, NULL, NULL));
}

static void fail_socket(void)
{
	struct linger at_once = {1, 0};
	int listener = tcp(), client = tcp(), server, ends[2];
	char byte = 0;

	WORKS(bind(listener, TO("127.0.0.1", 7)));
	WORKS(listen(listener, 0));
	fail_by_time(listener);
	WORKS(connect(client, TO("127.0.0.1", 7)));
	server = accept(listener, NULL, NULL);
	WORKS(setsockopt(server, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)));
	close(server);
	FAILS(recv(client, &byte, 1, 0), ECONNRESET);
	FAILS(send(client, &byte, 1, MSG_NOSIGNAL), EPIPE);
	FAILS(connect(tcp(), TO("127.0.0.1", 8)), ECONNREFUSED);
	FAILS(connect(tcp(), TO("10.1.0.1", 8)), EHOSTUNREACH);
	FAILS(connect(tcp(), TO("10.2.0.1", 8)), ENETUNREACH);
	FAILS(bind(tcp(), TO("127.0.0.1", 7)), EADDRINUSE);
	WORKS(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	interrupt(1);
	FAILS(recv(ends[0], &byte, 1, 0), EINTR);
	interrupt(0);
	FAILS(send(-1, &byte, 1, 0), EBADF);
	FAILS(shutdown(tcp(), SHUT_RD), ENOTCONN);
	FAILS(listen(ends[0], 1), EINVAL);
	limit(RLIMIT_NOFILE, 3);
	FAILS(tcp(), EMFILE);
}

static void *ends(void *unused)
{
	return unused;
}

static void fail_thread(void)
{
	struct sched_param first = {.sched_priority = 1};
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, (size_t)1 << 50);
	SAYS(pthread_create(&thread, &attributes, ends, NULL), EAGAIN);
	pthread_attr_init(&attributes);
	pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attributes, SCHED_FIFO);
	SAYS(pthread_create(&thread, &attributes, ends, NULL), EINVAL);
	pthread_attr_setschedparam(&attributes, &first);
	be_nobody();
	SAYS(pthread_create(&thread, &attributes, ends, NULL), EPERM);
}

static void fail_process(void)
{
	static char huge[200000];
	char *none[] = {NULL}, *much[] = {huge, NULL};
	char *empty[] = {(char *)"x", NULL};
	int status;
	pid_t child;
	FILE *script = fopen("script", "w");

	fclose(script);
	memset(huge, 'x', sizeof(huge) - 1);
	FAILS(execve("absent", empty, none), ENOENT);
	FAILS(execve("script", empty, none), EACCES);
	WORKS(chmod("script", 0755));
	FAILS(execve("script", empty, none), ENOEXEC);
	FAILS(execve("/bin/true", much, none), E2BIG);
	FAILS(execve("script/below", empty, none), ENOTDIR);
	SAYS(posix_spawn(&child, "absent", NULL, NULL, empty, none), ENOENT);
	FAILS(clone((int (*)(void *))(void (*)(void))ends, huge + 100000, CLONE_SIGHAND, NULL),
	      EINVAL);
	errno = EXDEV;
	status = system("exit 127");
	expect("a shell that says 127", status, 127 << 8, errno, EXDEV);
	be_nobody();
	limit(RLIMIT_NPROC, 0);
	FAILS(fork(), EAGAIN);
	FAILS(_Fork(), EAGAIN);
	FAILS(vfork(), EAGAIN);
	status = system("true");
	expect("no shell", status, 127 << 8, errno, EAGAIN);
	limit(RLIMIT_AS, 0);
	for (size_t size = 1 << 24; size >= 16; size /= 2) {
		while (malloc(size))
			;
	}
	FAILS(NULL_OF(popen("true", "r")), ENOMEM);
	limit(RLIMIT_AS, RLIM_INFINITY);
}

static pthread_mutex_t robust, plain = PTHREAD_MUTEX_INITIALIZER;

static void *die_holding(void *unused)
{
	pthread_mutex_lock(&robust);
	return unused;
}

static void fail_lock(void)
{
	struct timespec past = {1, 0}, bad = {1, -1};
	pthread_mutexattr_t attributes;
	pthread_t thread;
	sem_t semaphore;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&robust, &attributes);
	pthread_create(&thread, NULL, die_holding, NULL);
	pthread_join(thread, NULL);
	SAYS(pthread_mutex_lock(&robust), EOWNERDEAD);
	SAYS(pthread_mutex_lock(&robust), EDEADLK);
	pthread_mutex_unlock(&robust);
	SAYS(pthread_mutex_lock(&robust), ENOTRECOVERABLE);
	pthread_mutex_lock(&plain);
	SAYS(pthread_mutex_timedlock(&plain, &past), ETIMEDOUT);
	SAYS(pthread_mutex_timedlock(&plain, &bad), EINVAL);
	sem_init(&semaphore, 0, 0);
	interrupt(1);
	FAILS(sem_wait(&semaphore), EINTR);
	interrupt(0);
}

static void fail_mapping(void)
{
	int zero = open("/proc/self/exe", O_RDONLY), sealed = memfd_create("x", MFD_ALLOW_SEALING);
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int flags = MAP_PRIVATE | MAP_ANONYMOUS;

	WORKS(ftruncate(sealed, 1));
	WORKS(fcntl(sealed, F_ADD_SEALS, F_SEAL_WRITE));
	FAILS(mmap(NULL, page, PROT_WRITE, MAP_SHARED, zero, 0), EACCES);
	FAILS(mmap(NULL, page, PROT_WRITE, MAP_SHARED, sealed, 0), EPERM);
	FAILS(mmap(NULL, page, PROT_READ, MAP_SHARED, -1, 0), EBADF);
	FAILS(mmap(NULL, 0, PROT_READ, flags, -1, 0), EINVAL);
	FAILS(mprotect((void *)page, page, PROT_READ), ENOMEM);
	FAILS(mremap((void *)1, page, page, 0), EINVAL);
	FAILS(msync((void *)1, page, MS_SYNC), EINVAL);
	be_nobody();
	limit(RLIMIT_MEMLOCK, page);
	FAILS(mmap(NULL, 9 * page, PROT_READ, flags | MAP_LOCKED, -1, 0), EAGAIN);
	limit(RLIMIT_MEMLOCK, 0);
	FAILS(mlock(&page, 1), EPERM);
}

/* What is no error: it would have had to wait. */
static void fail_again(void)
{
	struct sockaddr_un name = {AF_UNIX, "\0otelue-errors"};
	int pipe_ends[2], sockets[2], listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int one = open("lock", O_RDWR | O_CREAT, 0600), other = open("lock", O_RDWR);
	static char bytes[1 << 20];

	snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, "otelue-errors-%d", (int)getpid());
	WORKS(pipe2(pipe_ends, O_NONBLOCK));
	WORKS(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets));
	FAILS(read(pipe_ends[0], bytes, 1), EAGAIN);
	WORKS(write(pipe_ends[1], bytes, sizeof(bytes)));
	FAILS(write(pipe_ends[1], bytes, sizeof(bytes)), EAGAIN);
	FAILS(recv(sockets[0], bytes, 1, 0), EAGAIN);
	while (send(sockets[1], bytes, sizeof(bytes), 0) > 0)
		;
	WORKS(bind(listener, (struct sockaddr *)&name, sizeof(name)));
	WORKS(listen(listener, 0));
	FAILS(accept(listener, NULL, NULL), EAGAIN);
	WORKS(connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&name, sizeof(name)));
	FAILS(connect(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), (struct sockaddr *)&name,
	              sizeof(name)),
	      EAGAIN);
	WORKS(flock(one, LOCK_EX));
	FAILS(flock(other, LOCK_EX | LOCK_NB), EAGAIN);
	FAILS(splice(pipe_ends[0], NULL, pipe_ends[1], NULL, 1, SPLICE_F_NONBLOCK), EINVAL);
	FAILS(vmsplice(pipe_ends[1], &(struct iovec){bytes, 1}, 1, SPLICE_F_NONBLOCK), EAGAIN);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*fail)(void);
	} families[] = {
		{"memory", fail_memory},   {"file", fail_file},       {"socket", fail_socket},
		{"thread", fail_thread},   {"process", fail_process}, {"lock", fail_lock},
		{"mapping", fail_mapping}, {"again", fail_again},
	};

	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
		if (argc == 2 && strcmp(argv[1], families[i].name) == 0) {
			families[i].fail();
			return 0;
		}
	}
	return 2;
}
