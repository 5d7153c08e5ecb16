/*
 * children WAY: makes a process in that way. The parent makes 3 aligned allocations before and 4
 * after it (libc itself makes none), the child 5. Prints the two process ids as "PARENT CHILD".
 * children child: what an executed child does. Ways that execute run this program so.
 */
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static char *self, child_word[] = "child";
static int report; /* the write end of a pipe: the child's id */

static void allocate(int times)
{
	while (times-- > 0)
		free(aligned_alloc(32, 64));
}

/* Ends by exit(), so that what was counted is handed over. */
static void be_child(void)
{
	pid_t id = getpid();

	allocate(5);
	if (report && write(report, &id, sizeof(id)) != sizeof(id))
		exit(1);
	exit(0);
}

static int cloned(void *unused)
{
	(void)unused;
	be_child();
	return 0;
}

static pid_t by_vfork(void)
{
	pid_t child = vfork();

	if (child == 0) {
		execl(self, self, child_word, (char *)NULL);
		_exit(127);
	}
	return child;
}

static pid_t by_spawn(int searching)
{
	char *const arguments[] = {self, child_word, NULL};
	pid_t child;

	if ((searching ? posix_spawnp : posix_spawn)(&child, self, NULL, NULL, arguments, environ))
		return -1;
	return child;
}

/* The shell between us executes this program in its place. */
static pid_t by_shell(int opened)
{
	char command[4096];
	FILE *stream;

	snprintf(command, sizeof(command), "exec '%s' child", self);
	if (!opened)
		return system(command) == 0 ? 0 : -1;
	stream = popen(command, "r");
	return stream && pclose(stream) == 0 ? 0 : -1;
}

static pid_t by_clone(void)
{
	static char stack[65536] __attribute__((aligned(16)));

	return clone(cloned, stack + sizeof(stack), SIGCHLD, NULL);
}

static pid_t by_fork_and_exec(void)
{
	pid_t child = fork();

	if (child == 0) {
		execl(self, self, child_word, (char *)NULL);
		_exit(127);
	}
	return child;
}

/* daemon() ends its caller, so a process between calls it; it is not waited for. */
static pid_t by_daemon(void)
{
	pid_t between = fork();

	if (between == 0) {
		if (daemon(1, 1))
			_exit(1);
		be_child();
	}
	return between;
}

static pid_t make(const char *way)
{
	int terminal;

	if (!strcmp(way, "fork"))
		return fork();
	if (!strcmp(way, "_Fork"))
		return _Fork();
	if (!strcmp(way, "forkpty"))
		return forkpty(&terminal, NULL, NULL, NULL);
	if (!strcmp(way, "syscall"))
		return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (!strcmp(way, "clone"))
		return by_clone();
	if (!strcmp(way, "vfork"))
		return by_vfork();
	if (!strcmp(way, "fork-exec"))
		return by_fork_and_exec();
	if (!strcmp(way, "posix_spawn") || !strcmp(way, "posix_spawnp"))
		return by_spawn(way[11] == 'p');
	if (!strcmp(way, "system") || !strcmp(way, "popen"))
		return by_shell(way[0] == 'p');
	return !strcmp(way, "daemon") ? by_daemon() : -1;
}

int main(int argc, char **argv)
{
	int ends[2];
	char number[16];
	pid_t child, told;

	if (argc != 2)
		return 2;
	self = argv[0];
	if (!strcmp(argv[1], child_word)) {
		report = atoi(getenv("REPORT") ? getenv("REPORT") : "0");
		be_child();
	}
	if (pipe(ends))
		return 3;
	report = ends[1];
	snprintf(number, sizeof(number), "%d", report);
	setenv("REPORT", number, 1);
	allocate(3);
	child = make(argv[1]);
	if (child == 0 && strcmp(argv[1], "system") && strcmp(argv[1], "popen"))
		be_child();
	if (child < 0)
		return 4;
	if (read(ends[0], &told, sizeof(told)) != sizeof(told))
		return 5;
	if (child > 0)
		waitpid(child, NULL, 0);
	allocate(4);
	printf("%d %d\n", (int)getpid(), (int)told);
	return 0;
}
