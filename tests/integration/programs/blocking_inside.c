/* Calls that wait in what libc does inside: for a command's end, for files; and close. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "tests/integration/programs/blocking.h"

/* The command waits until something can be read here. */
static int ends[2];
static char command[64];

static void make_command(void)
{
	if (sys_call2(SYS_pipe2, ends, 0))
		abort();
	unsetenv("LD_PRELOAD"); /* what the shell reads is not to be counted */
	snprintf(command, sizeof(command), "read line </proc/self/fd/%d", ends[0]);
}

static void let_command_end(void)
{
	sys_call3(SYS_write, ends[1], "\n", 1);
	sys_call1(SYS_close, ends[0]);
	sys_call1(SYS_close, ends[1]);
}

static long do_system(void)
{
	return system(command);
}

static long do_pclose(void)
{
	FILE *stream = popen(command, "r");

	return stream ? pclose(stream) : -1;
}

static long look_up(const char *name, int flags)
{
	struct addrinfo hints = {.ai_flags = flags}, *list;
	int error = getaddrinfo(name, NULL, &hints, &list);

	errno = EXDEV;
	if (error)
		return error;
	freeaddrinfo(list);
	return 0;
}

static long do_literal(void)
{
	return look_up("127.0.0.1", AI_NUMERICHOST);
}

static long do_local(void)
{
	return look_up("localhost", 0);
}

static int to_close;

static void open_one(void)
{
	to_close = (int)sys_call3(SYS_fcntl, 1, F_DUPFD, 0);
}

static long do_close(void)
{
	return close(to_close);
}

const struct blocking blocking_inside[] = {
	{"system", do_system, let_command_end, make_command, NULL, NOT_INTERRUPTED},
	{"pclose", do_pclose, let_command_end, make_command, "libc.process.wait.duration",
         NOT_INTERRUPTED | NOT_CANCELLED | NOT_ANYWHERE},
	{"getaddrinfo of a number", do_literal, NULL, NULL, "dns.lookup.duration",
         TIMES_NOTHING | NOT_CANCELLED},
	{"getaddrinfo", do_local, NULL, NULL, "dns.lookup.duration", TIMES_NOTHING},
	{"close", do_close, NULL, open_one, NULL, TIMES_NOTHING},
	{0},
};
