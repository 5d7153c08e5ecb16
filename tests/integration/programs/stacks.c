/*
 * stacks altstack|thread: calls what programs call in signal handlers on an alternate stack of 8
 * KiB, or in a thread whose stack is as small as libc allows; under each there is a page that must
 * not be touched.
 */
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile int failures;

static void expect(int condition)
{
	if (!condition)
		failures++;
}

static void use_sockets(void)
{
	int pair[2];
	char byte = 'x';

	expect(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	expect(send(pair[0], &byte, 1, 0) == 1);
	expect(recv(pair[1], &byte, 1, 0) == 1);
	shutdown(pair[0], SHUT_RDWR);
	close(pair[0]);
	close(pair[1]);
}

static void use_processes(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(7);
	expect(child > 0 && waitpid(child, NULL, 0) == child);
}

static void use_everything(void)
{
	struct pollfd nothing = {-1, POLLIN, 0};
	struct timespec moment = {0, 1000};
	char byte;
	int fd = open("/dev/zero", O_RDWR);

	expect(fd >= 0);
	expect(read(fd, &byte, 1) == 1 && write(fd, &byte, 1) == 1);
	expect(pread(fd, &byte, 1, 0) == 1);
	expect(fcntl(fd, F_GETFD) >= 0);
	expect(close(dup(fd)) == 0);
	expect(close(fd) == 0);
	expect(poll(&nothing, 1, 0) == 0);
	expect(nanosleep(&moment, NULL) == 0);
	free(realloc(malloc(100), 1000));
	use_sockets();
}

static void handler(int signal)
{
	(void)signal;
	use_everything();
	use_processes();
}

static void *thread(void *unused)
{
	(void)unused;
	use_everything();
	return NULL;
}

/* `size` bytes under which nothing may be touched. */
static char *guarded(size_t size)
{
	char *memory = mmap(NULL, size + 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
	                    -1, 0);

	if (memory == MAP_FAILED || mprotect(memory, 65536, PROT_NONE))
		abort();
	return memory + 65536;
}

static void on_alternate_stack(void)
{
	stack_t stack = {.ss_sp = guarded(8192), .ss_size = 8192};
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};

	if (sigaltstack(&stack, NULL) || sigaction(SIGUSR1, &action, NULL))
		abort();
	raise(SIGUSR1);
}

static void on_smallest_thread(void)
{
	size_t size = (size_t)sysconf(_SC_THREAD_STACK_MIN);
	pthread_attr_t attributes;
	pthread_t id;

	pthread_attr_init(&attributes);
	if (pthread_attr_setstack(&attributes, guarded(size), size) ||
	    pthread_create(&id, &attributes, thread, NULL) || pthread_join(id, NULL))
		abort();
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "altstack"))
		on_alternate_stack();
	else if (argc == 2 && !strcmp(argv[1], "thread"))
		on_smallest_thread();
	else
		return 2;
	printf("%d failures\n", failures);
	return failures != 0;
}
