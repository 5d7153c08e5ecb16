/* Threads and processes. The program that is started is bench-tiny, beside this one. */
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "bench/loops.h"

extern char **environ;

static char *const tiny_argv[] = {(char *)"bench-tiny", NULL};

static const char *tiny(void)
{
	static char path[4096];
	ssize_t length;
	char *slash;

	if (path[0])
		return path;
	length = readlink("/proc/self/exe", path, sizeof(path) - sizeof("bench-tiny"));
	expect(length > 0, "/proc/self/exe");
	slash = strrchr(path, '/');
	strcpy(slash + 1, "bench-tiny");
	return path;
}

static void wait_for(pid_t pid)
{
	int status;

	expect(waitpid(pid, &status, 0) == pid, "waitpid");
	expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, tiny());
}

static void run_posix_spawn(unsigned long calls)
{
	pid_t pid;

	for (unsigned long i = 0; i < calls; i++) {
		expect(posix_spawn(&pid, tiny(), NULL, NULL, tiny_argv, environ) == 0, tiny());
		wait_for(pid);
	}
}

static void run_fork_exec(unsigned long calls)
{
	for (unsigned long i = 0; i < calls; i++) {
		pid_t pid = fork();

		expect(pid >= 0, "fork");
		if (pid == 0) {
			execv(tiny(), tiny_argv);
			_exit(127);
		}
		wait_for(pid);
	}
}

static void run_fork_exit(unsigned long calls)
{
	for (unsigned long i = 0; i < calls; i++) {
		pid_t pid = fork();

		expect(pid >= 0, "fork");
		if (pid == 0)
			_exit(0);
		wait_for(pid);
	}
}

static void *do_nothing(void *unused)
{
	return unused;
}

static void run_thread(unsigned long calls)
{
	pthread_t thread;

	for (unsigned long i = 0; i < calls; i++) {
		expect(pthread_create(&thread, NULL, do_nothing, NULL) == 0, "pthread_create");
		pthread_join(thread, NULL);
	}
}

const struct path process_paths[] = {
	{"posix_spawn", run_posix_spawn, 50, false, "posix_spawn of a tiny program, waitpid"},
	{"fork_exec", run_fork_exec, 50, false, "fork, execv of a tiny program, waitpid"},
	{"fork_exit", run_fork_exit, 50, false, "fork, _exit, waitpid"},
	{"thread", run_thread, 500, true, "pthread_create and join"},
	{NULL, NULL, 0, false, NULL},
};
