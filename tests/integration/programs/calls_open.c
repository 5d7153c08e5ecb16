/* Calls that make and close descriptors; see calls.h. */
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include "tests/integration/programs/calls.h"

extern int __open(const char *, int, ...), __open64(const char *, int, ...);
extern int __open_2(const char *, int), __open64_2(const char *, int);
extern int __openat_2(int, const char *, int), __openat64_2(int, const char *, int);
extern int __close(int), __dup2(int, int), __fcntl(int, int, ...), __pipe(int[2]);

/* Uses what was opened, so that its kind is asked for, and closes it. */
static void use(long fd)
{
	char byte;

	if (fd < 0)
		return;
	note("mode", mode_of((int)fd), 0);
	DO(read((int)fd, &byte, 1));
	DO(close((int)fd));
}

#define OPEN(name)                                                      \
	static void call_##name(void)                                   \
	{                                                               \
		use(DO(name("data", O_RDWR | O_CREAT, 0640)));          \
		use(DO(name("data", O_RDONLY)));                        \
		use(DO(name(".", O_RDONLY | O_DIRECTORY)));             \
		use(DO(name(".", O_RDWR | O_TMPFILE, 0604)));           \
		use(DO(name("data", O_RDWR | O_CREAT | O_EXCL, 0640))); \
		use(DO(name("absent/data", O_RDONLY)));                 \
		use(DO(name(nowhere, O_RDONLY)));                       \
	}
OPEN(open)
OPEN(open64)
OPEN(__open)
OPEN(__open64)

#define OPENAT(name)                                                     \
	static void call_##name(void)                                    \
	{                                                                \
		use(DO(name(AT_FDCWD, "data", O_RDWR | O_CREAT, 0640))); \
		use(DO(name(AT_FDCWD, ".", O_RDONLY | O_DIRECTORY)));    \
		use(DO(name(AT_FDCWD, ".", O_RDWR | O_TMPFILE, 0604)));  \
		use(DO(name(4000, "data", O_RDONLY)));                   \
		use(DO(name(AT_FDCWD, "data/below", O_RDONLY)));         \
	}
OPENAT(openat)
OPENAT(openat64)

#define OPEN_2(name)                               \
	static void call_##name(void)              \
	{                                          \
		use(DO(name("data", O_RDONLY)));   \
		use(DO(name("absent", O_RDONLY))); \
	}
OPEN_2(__open_2)
OPEN_2(__open64_2)

#define OPENAT_2(name)                                       \
	static void call_##name(void)                        \
	{                                                    \
		use(DO(name(AT_FDCWD, "data", O_RDONLY)));   \
		use(DO(name(AT_FDCWD, "absent", O_RDONLY))); \
	}
OPENAT_2(__openat_2)
OPENAT_2(__openat64_2)

#define CREAT(name)                                 \
	static void call_##name(void)               \
	{                                           \
		use(DO(name("data", 0600)));        \
		use(DO(name("absent/data", 0600))); \
	}
CREAT(creat)
CREAT(creat64)

#define MKSTEMP(name, ...)                                            \
	static void call_##name(void)                                 \
	{                                                             \
		char good[] = "madeXXXXXX", bad[] = "absent/aXXXXXX"; \
		use(DO(name(good, ##__VA_ARGS__)));                   \
		use(DO(name(bad, ##__VA_ARGS__)));                    \
	}
#define MKSTEMPS(name, ...)                                               \
	static void call_##name(void)                                     \
	{                                                                 \
		char good[] = "madeXXXXXX.c", bad[] = "absent/aXXXXXX.c"; \
		use(DO(name(good, 2, ##__VA_ARGS__)));                    \
		use(DO(name(bad, 2, ##__VA_ARGS__)));                     \
	}
MKSTEMP(mkstemp)
MKSTEMP(mkstemp64)
MKSTEMP(mkostemp, O_APPEND)
MKSTEMP(mkostemp64, O_APPEND)
MKSTEMPS(mkstemps)
MKSTEMPS(mkstemps64)
MKSTEMPS(mkostemps, O_APPEND)
MKSTEMPS(mkostemps64, O_APPEND)

static void call_memfd_create(void)
{
	use(DO(memfd_create("memory", MFD_CLOEXEC)));
	use(DO(memfd_create("memory", 0x40000000u)));
}

/* A name that is this process's alone. */
static const char *shared(void)
{
	static char name[] = "/otelue-calls-0000000000";
	char *end = name + sizeof(name) - 2;

	for (int pid = getpid(); pid; pid /= 10)
		*end-- = (char)('0' + pid % 10);
	return name;
}

static void call_posix_openpt(void)
{
	DO(close((int)DO(posix_openpt(O_RDWR | O_NOCTTY))));
}

static void call_getpt(void)
{
	DO(close((int)DO(getpt())));
}

static void call_openpty(void)
{
	int terminal, line;

	DO(openpty(&terminal, &line, NULL, NULL, NULL));
	DO(close(line));
	DO(close(terminal));
	DO(close(terminal));
}

static void call_shm_open(void)
{
	use(DO(shm_open(shared(), O_RDWR | O_CREAT | O_EXCL, 0600)));
	use(DO(shm_open(shared(), O_RDWR | O_CREAT | O_EXCL, 0600)));
	DO(shm_unlink(shared()));
	use(DO(shm_open(shared(), O_RDONLY, 0)));
}

static void call_shm_unlink(void)
{
	use(DO(shm_open(shared(), O_RDWR | O_CREAT, 0600)));
	DO(shm_unlink(shared()));
	DO(shm_unlink(shared()));
}

#define CLOSE(name)                                        \
	static void call_##name(void)                      \
	{                                                  \
		DO(name((int)DO(open("data", O_RDONLY)))); \
		DO(name(-1));                              \
		DO(name(4000));                            \
	}
CLOSE(close)
CLOSE(__close)

/* What they close is told elsewhere: here they find nothing. */
static void call_close_range(void)
{
	int fd = (int)DO(open("data", O_RDONLY));

	DO(close_range((unsigned int)fd, (unsigned int)fd, CLOSE_RANGE_CLOEXEC));
	DO(close_range(5000, 5010, 0));
	DO(close_range(7, 3, 0));
	DO(close_range(5000, 5010, 0x40));
	DO(close(fd));
}

static void call_closefrom(void)
{
	closefrom(5000);
}

static void call_dup(void)
{
	int fd = (int)DO(open("data", O_RDONLY));

	use(DO(dup(fd)));
	use(DO(dup(-1)));
	DO(close(fd));
}

#define DUP2(name, ...)                                        \
	static void call_##name(void)                          \
	{                                                      \
		int fd = (int)DO(open("data", O_RDONLY));      \
		int other = (int)DO(eventfd(0, EFD_NONBLOCK)); \
		DO(name(fd, other, ##__VA_ARGS__));            \
		use(DO(name(fd, 100, ##__VA_ARGS__)));         \
		DO(name(fd, fd, ##__VA_ARGS__));               \
		DO(name(4000, other, ##__VA_ARGS__));          \
		DO(name(fd, -1, ##__VA_ARGS__));               \
		use(other);                                    \
		DO(close(fd));                                 \
	}
DUP2(dup2)
DUP2(__dup2)
DUP2(dup3, O_CLOEXEC)

#define FCNTL(name)                                                            \
	static void call_##name(void)                                          \
	{                                                                      \
		struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET}; \
		int fd = (int)DO(open("data", O_RDWR | O_CREAT, 0600));        \
		int other = (int)DO(open("data", O_RDWR));                     \
		use(DO(name(fd, F_DUPFD, 50)));                                \
		use(DO(name(fd, F_DUPFD_CLOEXEC, 50)));                        \
		use(DO(name(4000, F_DUPFD, 0)));                               \
		DO(name(fd, F_SETFD, FD_CLOEXEC));                             \
		DO(name(fd, F_GETFD));                                         \
		DO(name(fd, F_GETFL));                                         \
		DO(name(fd, F_SETLK, &lock));                                  \
		DO(name(fd, F_SETLKW, &lock));                                 \
		DO(name(fd, F_GETLK, &lock));                                  \
		lock.l_type = F_WRLCK;                                         \
		DO(name(fd, F_OFD_SETLK, &lock));                              \
		DO(name(other, F_OFD_SETLK, &lock));                           \
		DO(name(fd, F_SETLK, nowhere));                                \
		DO(name(fd, 9999));                                            \
		DO(name(4000, F_GETFL));                                       \
		DO(close(other));                                              \
		DO(close(fd));                                                 \
	}
FCNTL(fcntl)
FCNTL(fcntl64)
FCNTL(__fcntl)

#define PIPE(name, ...)                                  \
	static void call_##name(void)                    \
	{                                                \
		int ends[2];                             \
		char byte;                               \
		DO(name(ends, ##__VA_ARGS__));           \
		DO(write(ends[1], "x", 1));              \
		DO(read(ends[0], &byte, 1));             \
		DO(close(ends[1]));                      \
		use(ends[0]);                            \
		DO(name((int *)nowhere, ##__VA_ARGS__)); \
	}
PIPE(pipe)
PIPE(__pipe)
PIPE(pipe2, O_NONBLOCK)

static void call_eventfd(void)
{
	use(DO(eventfd(3, EFD_NONBLOCK)));
	use(DO(eventfd(3, 0x40000000)));
}

static void call_timerfd_create(void)
{
	use(DO(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK)));
	use(DO(timerfd_create(12345, 0)));
}

static void call_signalfd(void)
{
	sigset_t none;
	int fd;

	sigemptyset(&none);
	fd = (int)DO(signalfd(-1, &none, SFD_NONBLOCK));
	DO(signalfd(fd, &none, 0));
	use(fd);
	use(DO(signalfd(4000, &none, 0)));
}

static void call_inotify_init(void)
{
	DO(close((int)DO(inotify_init())));
}

static void call_inotify_init1(void)
{
	use(DO(inotify_init1(IN_NONBLOCK)));
	use(DO(inotify_init1(0x40000000)));
}

static void call_epoll_create(void)
{
	use(DO(epoll_create(1)));
	use(DO(epoll_create(0)));
}

static void call_epoll_create1(void)
{
	use(DO(epoll_create1(EPOLL_CLOEXEC)));
	use(DO(epoll_create1(0x40000000)));
}

static void call_pidfd_open(void)
{
	use(DO(pidfd_open(getpid(), 0)));
	use(DO(pidfd_open(-1, 0)));
}

const struct call file_open_calls[] = {
	CALL(open),          CALL(open64),         CALL(__open),        CALL(__open64),
	CALL(__open_2),      CALL(__open64_2),     CALL(openat),        CALL(openat64),
	CALL(__openat_2),    CALL(__openat64_2),   CALL(creat),         CALL(creat64),
	CALL(mkstemp),       CALL(mkstemp64),      CALL(mkostemp),      CALL(mkostemp64),
	CALL(mkstemps),      CALL(mkstemps64),     CALL(mkostemps),     CALL(mkostemps64),
	CALL(posix_openpt),  CALL(getpt),          CALL(openpty),       CALL(shm_open),
	CALL(shm_unlink),    CALL(memfd_create),   CALL(close),         CALL(__close),
	CALL(close_range),   CALL(closefrom),      CALL(dup),           CALL(dup2),
	CALL(__dup2),        CALL(dup3),           CALL(fcntl),         CALL(fcntl64),
	CALL(__fcntl),       CALL(pipe),           CALL(__pipe),        CALL(pipe2),
	CALL(eventfd),       CALL(timerfd_create), CALL(signalfd),      CALL(inotify_init),
	CALL(inotify_init1), CALL(epoll_create),   CALL(epoll_create1), CALL(pidfd_open),
	END_OF_CALLS};
