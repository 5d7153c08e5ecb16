/*
 * descriptor_counts SCENARIO: closes, duplicates and inherits descriptors in the ways that are hard
 * to follow. What should have been counted stands in the test script.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/syscall.h"

static char buffer[100];

static int must(int result)
{
	if (result < 0)
		abort();
	return result;
}

/* 3 to 100000, of which one is open. */
static void sweep(void)
{
	int fd = must(dup2(must(open("/dev/null", O_RDWR)), 5000));

	for (int i = 3; i < 100000; i++)
		close(i);
	if (close(fd) == 0)
		abort();
}

/* A close too many now and then is no sweep. */
static void twice(void)
{
	for (int i = 0; i < 30; i++) {
		int fd = must(open("/dev/null", O_RDWR));

		must(close(fd));
		if (close(fd) == 0)
			abort();
	}
}

static void open_some(void)
{
	int ends[2];

	must(open("/dev/null", O_RDWR));
	must(open("/", O_RDONLY | O_DIRECTORY));
	must(pipe(ends));
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	must(eventfd(0, 0));
}

static void range(void)
{
	open_some();
	must(close_range(3, 5, 0));
	must(close_range(6, ~0u, CLOSE_RANGE_CLOEXEC));
	must(close_range(6, ~0u, 0));
}

static void from(void)
{
	open_some();
	closefrom(4);
}

static void over(void)
{
	open_some();
	must(dup2(3, 5));
	must(dup3(4, 6, O_CLOEXEC));
	must(dup2(7, 7));
	must(dup2(3, 200));
}

/* Numbers that the table does not hold. */
static void high(void)
{
	struct rlimit limit = {70000, 70000};
	int ends[2], pair[2];

	if (setrlimit(RLIMIT_NOFILE, &limit)) {
		puts("may not open 66000 files");
		exit(77);
	}
	must(pipe(ends));
	must(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	must(dup2(ends[0], 66000));
	must(dup2(pair[0], 66001));
	must((int)write(ends[1], buffer, 40));
	must((int)read(66000, buffer, 30));
	must((int)write(pair[1], buffer, 20));
	must((int)read(66001, buffer, 30));
	must(close(66000));
}

/* In a new program, of which no hook has seen the opening. */
static void heir(void)
{
	must((int)write(10, buffer, 5));
	must((int)read(11, buffer, 5));
	must((int)write(12, buffer, 7));
	must((int)recv(13, buffer, 7, 0));
	must((int)read(14, buffer, 9));
	must((int)write(15, buffer, 11));
	must(close(11));
	must(close(13));
	must(close(16)); /* never used: of a type that nobody knows */
}

static void inherit(void)
{
	int ends[2];

	must(pipe(ends));
	must(dup2(ends[1], 10));
	must(dup2(ends[0], 11));
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	must(dup2(ends[0], 12));
	must(dup2(ends[1], 13));
	must(dup2(must(open("/dev/zero", O_RDONLY)), 14));
	must(dup2(must(open("file", O_RDWR | O_CREAT, 0600)), 15));
	must(dup2(must(open("/dev/null", O_RDWR)), 16));
	execl("/proc/self/exe", "descriptor_counts", "heir", NULL);
	abort();
}

/* The child of vfork has the parent's memory and descriptors of its own. */
static void vforked(void)
{
	int ends[2], status;
	pid_t child;

	must(pipe(ends));
	child = vfork();
	if (child == 0) {
		dup2(ends[1], 1);
		close(ends[0]);
		close(ends[1]);
		open("/dev/null", O_RDWR);
		execl("/bin/echo", "echo", "four", NULL);
		_exit(1);
	}
	must(close(ends[1]));
	must((int)read(ends[0], buffer, 5));
	must(waitpid(child, &status, 0));
	must(close(ends[0]));
}

/* What the test runner left open is no part of the scenario. */
static void start_with_three(void)
{
	sys_call(SYS_close_range, 3, ~0u, 0);
}

static const struct {
	const char *name;
	void (*run)(void);
} scenarios[] = {
	{"sweep", sweep}, {"twice", twice},     {"range", range},
	{"from", from},   {"over", over},       {"high", high},
	{"heir", heir},   {"inherit", inherit}, {"vforked", vforked},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		if (strcmp(argv[1], scenarios[i].name) == 0) {
			if (scenarios[i].run != heir)
				start_with_three();
			scenarios[i].run();
			return 0;
		}
	}
	fprintf(stderr, "usage: descriptor_counts SCENARIO\n");
	return 2;
}
