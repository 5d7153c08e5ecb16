/*
 * connections SCENARIO: makes and ends connections in the ways that are hard to follow. What should
 * have been counted stands in the test script.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int listener;
static struct sockaddr_in address = {.sin_family = AF_INET};
static char buffer[100];

static int must(int result)
{
	if (result < 0)
		abort();
	return result;
}

static void fails_with(int result, int error)
{
	if (result >= 0 || errno != error)
		abort();
}

static void start_listening(void)
{
	socklen_t length = sizeof(address);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = must(socket(AF_INET, SOCK_STREAM, 0));
	must(bind(listener, (struct sockaddr *)&address, length));
	must(listen(listener, 10));
	must(getsockname(listener, (struct sockaddr *)&address, &length));
}

static int reach(int fd)
{
	return connect(fd, (struct sockaddr *)&address, sizeof(address));
}

static int client(int flags)
{
	return must(socket(AF_INET, SOCK_STREAM | flags, 0));
}

/* connect() in the background; what comes after may write at once. */
static int client_on_its_way(void)
{
	int fd = client(SOCK_NONBLOCK);
	struct pollfd waiting = {.fd = fd, .events = POLLOUT};

	fails_with(reach(fd), EINPROGRESS);
	must(poll(&waiting, 1, 5000));
	return fd;
}

static void open_and_close(void)
{
	for (int i = 0; i < 5; i++) {
		int fd = client(0), peer;

		must(reach(fd));
		peer = must(accept(listener, NULL, NULL));
		if (i < 3)
			must(close(fd));
		if (i < 2)
			must(close(peer));
	}
}

/* Three that come about, by writing, by asking again, by sendfile, and one that only was begun. */
static void background(void)
{
	int writes = client_on_its_way(), asks = client_on_its_way(), sends = client_on_its_way();
	int again;

	client_on_its_way();
	must((int)write(writes, buffer, 10));
	must((int)write(writes, buffer, 10));
	again = reach(asks); /* 0 or EISCONN, as the kernel likes */
	if (again < 0)
		fails_with(again, EISCONN);
	must((int)sendfile(sends, must(open("/proc/self/exe", O_RDONLY)), NULL, 10));
	must(close(asks));
}

static void background_in_vain(void)
{
	int fd;

	must(close(listener));
	fd = client_on_its_way();
	fails_with((int)write(fd, buffer, 10), ECONNREFUSED);
	must((int)read(fd, buffer, 10));
	must(close(fd));
}

static void duplicates(void)
{
	int first = client(0), second = client(0), third = client(0);

	must(reach(first));
	must(reach(second));
	must(reach(third));
	must(dup2(first, 100));
	must(close(first)); /* over, for us; what 100 does is counted */
	must((int)write(100, buffer, 10));
	must(dup2(100, second)); /* over */
	must(close(100));
	must(dup(third));
}

static void unconnected(void)
{
	struct sockaddr none = {.sa_family = AF_UNSPEC};
	int fd = client(0), datagram = must(socket(AF_INET, SOCK_DGRAM, 0));

	must(reach(datagram));
	must(reach(fd));
	must(connect(fd, &none, sizeof(none)));
	must(reach(fd));
	fails_with(reach(fd), EISCONN);
}

/* A child has the descriptors of its parent's connections, and has made none of them. */
static void forked(void)
{
	int fd = client(0), peer, status;

	must(reach(fd));
	peer = must(accept(listener, NULL, NULL));
	if (must(fork()) == 0) {
		must((int)write(peer, buffer, 10));
		must(close(fd));
		must(close(peer));
		fd = client(0);
		must(reach(fd));
		_exit(0);
	}
	must(wait(&status));
	must(close(peer));
}

static void vforked(void)
{
	int fd = client(0), status;
	pid_t child;

	must(reach(fd));
	child = vfork();
	if (child == 0) {
		close(fd);
		close(listener);
		_exit(0);
	}
	must(waitpid(child, &status, 0));
}

/* Closed by what no hook sees, and the number used again. */
static void closed_unseen(void)
{
	int fd = client(0);

	must(reach(fd));
	must(fclose(fdopen(fd, "r+")));
	if (client(0) != fd)
		abort();
}

static const struct {
	const char *name;
	void (*run)(void);
} scenarios[] = {
	{"open_and_close", open_and_close},
	{"background", background},
	{"background_in_vain", background_in_vain},
	{"duplicates", duplicates},
	{"unconnected", unconnected},
	{"forked", forked},
	{"vforked", vforked},
	{"closed_unseen", closed_unseen},
};

int main(int argc, char **argv)
{
	start_listening();
	for (size_t i = 0; argc == 2 && i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		if (strcmp(argv[1], scenarios[i].name) == 0) {
			scenarios[i].run();
			return 0;
		}
	}
	fprintf(stderr, "usage: connections SCENARIO\n");
	return 2;
}
