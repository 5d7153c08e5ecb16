/*
 * interruptions SCENARIO: leaves hooked calls in every way but the ordinary one. Prints what it
 * finds with raw writes; the same has to come out without the shim.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/memory.h"
#include "base/syscall.h"

extern ssize_t __read_chk(int, void *, size_t, size_t);
extern int __open_2(const char *, int);

static int ends[2], pair[2], listener;
static char buffer[1 << 17];
static sigjmp_buf back;

static void say(const char *what, long result, int error)
{
	char line[200], digits[21];
	size_t n = string_copy(line, 100, what);

	n += string_copy(line + n, 10, result < 0 ? " -" : " ");
	string_from_u64(digits, (uint64_t)(result < 0 ? -result : result));
	n += string_copy(line + n, 30, digits);
	n += string_copy(line + n, 10, " errno ");
	string_from_u64(digits, (uint64_t)error);
	n += string_copy(line + n, 30, digits);
	n += string_copy(line + n, 2, "\n");
	sys_call(SYS_write, 1, line, n);
}

#define SAY(call)                            \
	do {                                 \
		errno = 0;                   \
		long result_ = (long)(call); \
		say(#call, result_, errno);  \
	} while (0)

static void open_all(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (pipe(ends) || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || listener < 0 ||
	    bind(listener, (struct sockaddr *)&address, sizeof(sa_family_t)) || listen(listener, 1))
		abort();
}

static void handle(void (*handler)(int), int signal)
{
	struct sigaction action = {.sa_handler = handler};

	sigaction(signal, &action, NULL);
}

static void alarm_after_ms(int ms)
{
	struct itimerval time = {.it_value = {0, ms * 1000}};

	setitimer(ITIMER_REAL, &time, NULL);
}

static void ignore(int signal)
{
	(void)signal;
}

static void interrupted(void)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	struct iovec part = {buffer, 10};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	int file = open("file", O_RDWR | O_CREAT, 0600), same = open("file", O_RDWR);

	handle(ignore, SIGALRM);
#define INTERRUPTED(call)   \
	alarm_after_ms(20); \
	SAY(call)
	INTERRUPTED(read(ends[0], buffer, 10));
	INTERRUPTED(readv(ends[0], &part, 1));
	INTERRUPTED(recv(pair[0], buffer, 10, 0));
	INTERRUPTED(recvmsg(pair[0], &message, 0));
	INTERRUPTED(accept(listener, NULL, NULL));
	SAY(write(ends[1], buffer, 65536));
	INTERRUPTED(write(ends[1], buffer, 10));
	SAY(flock(file, LOCK_EX));
	INTERRUPTED(flock(same, LOCK_EX));
	SAY(fcntl(file, F_OFD_SETLK, &lock));
	INTERRUPTED(fcntl(same, F_OFD_SETLKW, &lock));
	INTERRUPTED(splice(pair[0], NULL, ends[1], NULL, 10, 0));
}

static void jump(int signal)
{
	(void)signal;
	siglongjmp(back, 1);
}

static void jumped(void)
{
	handle(jump, SIGALRM);
	for (volatile int i = 0; i < 3; i++) {
		if (sigsetjmp(back, 1) == 0) {
			alarm_after_ms(20);
			say("not left", read(ends[0], buffer, 10), errno);
		}
		SAY(write(ends[1], buffer, 5));
		SAY(read(ends[0], buffer, 10));
	}
}

static void *wait_for_ever(void *how)
{
	switch (*(const char *)how) {
	case 'r':
		return (void *)read(ends[0], buffer, 10);
	case 'c':
		return (void *)recv(pair[0], buffer, 10, 0);
	case 'a':
		return (void *)(long)accept(listener, NULL, NULL);
	default:
		return (void *)(long)open("fifo", O_RDONLY);
	}
}

static void cancelled(void)
{
	static const char *const ways[] = {"read", "call of recv", "accept", "open"};

	sys_call(SYS_mknodat, AT_FDCWD, "fifo", 0010600, 0);
	for (int i = 0; i < 4; i++) {
		pthread_t thread;
		void *result = NULL;

		pthread_create(&thread, NULL, wait_for_ever, (void *)(uintptr_t)ways[i]);
		usleep(20000);
		pthread_cancel(thread);
		pthread_join(thread, &result);
		say(ways[i], result == PTHREAD_CANCELED, 0);
	}
	SAY(write(ends[1], buffer, 5));
}

static pid_t child = 1;

static void fork_here(int signal)
{
	(void)signal;
	child = fork();
}

/* Parent and child both return into the call that was interrupted. */
static void forked(void)
{
	int status = 0;

	handle(fork_here, SIGALRM);
	alarm_after_ms(20);
	errno = 0;
	if (read(ends[0], buffer, 10) >= 0 || errno != EINTR)
		abort();
	if (child == 0) {
		for (int i = 0; i < 100; i++) {
			if (write(ends[1], buffer, 7) != 7 || read(ends[0], buffer, 10) != 7)
				_exit(1);
		}
		_exit(5);
	}
	waitpid(child, &status, 0);
	say("child", WEXITSTATUS(status), 0);
}

static void too_long(void)
{
	__read_chk(ends[0], buffer, 100, 10);
}

static void without_mode(void)
{
	__open_2("file", O_CREAT | O_RDWR);
}

static const struct {
	const char *name;
	void (*run)(void);
} scenarios[] = {
	{"interrupted", interrupted}, {"jumped", jumped},     {"cancelled", cancelled},
	{"forked", forked},           {"too_long", too_long}, {"without_mode", without_mode},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		if (string_equal(argv[1], scenarios[i].name)) {
			open_all();
			scenarios[i].run();
			return 0;
		}
	}
	return 2;
}
