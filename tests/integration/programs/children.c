/*
 * children WAY DEED: makes a process in that way. The parent makes 3 aligned allocations before and
 * 4 after it (libc itself makes none), the child 5, and then does its deed: nothing, writes 6 times
 * to /dev/null, executes another child in its place (exec; by number: execve, execveat), or ends by
 * _exit. Prints the two process ids as "PARENT CHILD". children child DEED: what an executed child
 * does. Ways that execute run this program so.
 */
#include <fcntl.h>
#include <linux/sched.h>
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
static char *self, *deed, child_word[] = "child", nothing_word[] = "nothing";
static int report; /* the write end of a pipe: the child's id */

static void allocate(int times)
{
	while (times-- > 0)
		free(aligned_alloc(32, 64));
}

static void execute_child(const char *what)
{
	char *const words[] = {self, child_word, (char *)what, NULL};

	if (!strcmp(deed, "execve"))
		syscall(SYS_execve, self, words, environ);
	if (!strcmp(deed, "execveat"))
		syscall(SYS_execveat, AT_FDCWD, self, words, environ, 0);
	execl(self, self, child_word, what, (char *)NULL);
	_exit(127);
}

static void write_to_null(void)
{
	int null = open("/dev/null", O_WRONLY);

	for (int i = 0; i < 6; i++) {
		if (write(null, "x", 1) != 1)
			exit(1);
	}
}

static void be_child(void)
{
	pid_t id = getpid();

	allocate(5);
	if (!strncmp(deed, "exec", 4))
		execute_child(nothing_word);
	if (!strcmp(deed, "write"))
		write_to_null();
	if (write(report, &id, sizeof(id)) != sizeof(id))
		exit(1);
	if (!strcmp(deed, "_exit"))
		_exit(0);
	exit(0);
}

static int cloned(void *unused)
{
	(void)unused;
	be_child();
	return 0;
}

/* What is not wise there, but done: it allocates and writes. */
static int cloned_in_our_memory(void *unused)
{
	(void)unused;
	allocate(11);
	write_to_null();
	execute_child(deed);
	return 0;
}

static pid_t by_vfork(int busy)
{
	pid_t child = vfork();

	if (child == 0 && busy)
		cloned_in_our_memory(NULL);
	if (child == 0)
		execute_child(deed);
	return child;
}

/* The child of vfork forks, and waits. */
static pid_t by_vfork_and_fork(void)
{
	pid_t child = vfork(), forked;

	if (child != 0)
		return child;
	forked = fork();
	if (forked == 0)
		be_child();
	_exit(waitpid(forked, NULL, 0) != forked);
}

/* The kernel's, past every hook. Inlined: the child may not return before the parent does. */
static inline __attribute__((always_inline)) long raw_clone(long flags)
{
#if defined(__x86_64__)
	register long child_tid __asm__("r10") = 0;
	long result;

	__asm__ volatile("syscall"
	                 : "=a"(result)
	                 : "a"(SYS_clone), "D"(flags), "S"(0L), "d"(0L), "r"(child_tid)
	                 : "rcx", "r11", "memory");
	return result;
#else
	return syscall(SYS_clone, flags, 0, 0, 0, 0);
#endif
}

static pid_t by_raw_vfork(void)
{
	long child = raw_clone(CLONE_VM | CLONE_VFORK | SIGCHLD);

	if (child == 0)
		execute_child(deed);
	return (pid_t)child;
}

static pid_t by_clone3(void)
{
	struct clone_args arguments = {.exit_signal = SIGCHLD};

	return (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
}

static pid_t by_spawn(int searching)
{
	char *const arguments[] = {self, child_word, deed, NULL};
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

	snprintf(command, sizeof(command), "exec '%s' child %s", self, deed);
	if (!opened)
		return system(command) == 0 ? 0 : -1;
	stream = popen(command, "r");
	return stream && pclose(stream) == 0 ? 0 : -1;
}

static pid_t by_clone(int (*function)(void *), int flags)
{
	static char stack[65536] __attribute__((aligned(16)));

	return clone(function, stack + sizeof(stack), flags | SIGCHLD, NULL);
}

static pid_t by_fork_and_exec(void)
{
	pid_t child = fork();

	if (child == 0)
		execute_child(deed);
	return child;
}

/* daemon() ends its caller, so a process between calls it; it is not waited for. */
static pid_t by_daemon(void)
{
	pid_t between = fork();

	if (between == 0) {
		allocate(2);
		if (daemon(1, 1))
			_exit(1);
		be_child();
	}
	return between;
}

extern int __clone(int (*)(void *), void *, int, void *, ...);

static pid_t make(const char *way)
{
	static char stack[65536] __attribute__((aligned(16)));
	int terminal;

	if (!strcmp(way, "fork"))
		return fork();
	if (!strcmp(way, "_Fork"))
		return _Fork();
	if (!strcmp(way, "forkpty"))
		return forkpty(&terminal, NULL, NULL, NULL);
	if (!strcmp(way, "syscall"))
		return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
#ifdef SYS_fork
	if (!strcmp(way, "syscall-fork"))
		return (pid_t)syscall(SYS_fork);
#endif
	if (!strcmp(way, "clone3"))
		return by_clone3();
	if (!strcmp(way, "raw"))
		return (pid_t)raw_clone(SIGCHLD);
	if (!strcmp(way, "clone"))
		return by_clone(cloned, 0);
	if (!strcmp(way, "__clone"))
		return __clone(cloned, stack + sizeof(stack), SIGCHLD, NULL);
	if (!strcmp(way, "clone-vfork"))
		return by_clone(cloned_in_our_memory, CLONE_VM | CLONE_VFORK);
	if (!strcmp(way, "vfork") || !strcmp(way, "vfork-busy"))
		return by_vfork(way[5] == '-');
	if (!strcmp(way, "vfork-fork"))
		return by_vfork_and_fork();
	if (!strcmp(way, "raw-vfork"))
		return by_raw_vfork();
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

	if (argc != 3)
		return 2;
	self = argv[0];
	deed = argv[2];
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
