/*
 * ends WAY CALLS: makes CALLS aligned allocations of 100 bytes (libc itself never makes an aligned
 * one) and ends in that way. "waits" prints a line and stays until it is killed.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *exits_in_thread(void *unused)
{
	(void)unused;
	exit(6);
}

static void *outlives_main(void *unused)
{
	(void)unused;
	usleep(50000);
	free(aligned_alloc(16, 112));
	return NULL;
}

static void with_thread(void *(*start)(void *))
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, start, NULL))
		abort();
}

static void at_exit(void)
{
	free(aligned_alloc(16, 112));
}

static void waits(void)
{
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

/* Past every hook. */
static void exit_group_raw(long code)
{
#if defined(__x86_64__)
	__asm__ volatile("syscall" : : "a"(SYS_exit_group), "D"(code));
#else
	register long number __asm__("x8") = SYS_exit_group;
	register long first __asm__("x0") = code;

	__asm__ volatile("svc #0" : : "r"(number), "r"(first));
#endif
}

static void by_name(const char *way)
{
	char *const executed[] = {(char *)"true", NULL};

	if (!strcmp(way, "exit"))
		exit(3);
	if (!strcmp(way, "atexit") && !atexit(at_exit))
		exit(3);
	if (!strcmp(way, "_exit"))
		_exit(3);
	if (!strcmp(way, "_Exit"))
		_Exit(3);
	if (!strcmp(way, "quick_exit"))
		quick_exit(3);
	if (!strcmp(way, "abort"))
		abort();
	if (!strcmp(way, "exec"))
		execv("/bin/true", executed);
	if (!strcmp(way, "failed-exec"))
		execv("/", executed); /* a file that may be executed, as far as one can tell */
	if (!strcmp(way, "failed-exec-foreseen"))
		execv("/nowhere/true", executed);
	if (!strcmp(way, "pthread_exit"))
		pthread_exit(NULL);
	if (!strcmp(way, "pthread_exit-later")) {
		with_thread(outlives_main);
		pthread_exit(NULL);
	}
	if (!strcmp(way, "raw-exit"))
		syscall(SYS_exit, 0);
	if (!strcmp(way, "exit_group"))
		syscall(SYS_exit_group, 3);
	if (!strcmp(way, "exit_group-raw"))
		exit_group_raw(3);
	if (!strcmp(way, "thread")) {
		with_thread(exits_in_thread);
		for (;;)
			pause();
	}
	if (!strncmp(way, "SIG", 3))
		raise(!strcmp(way, "SIGTERM")   ? SIGTERM
		      : !strcmp(way, "SIGSEGV") ? SIGSEGV
		                                : SIGKILL);
	if (!strcmp(way, "waits"))
		waits();
}

int main(int argc, char **argv)
{
	const struct rlimit no_core = {0, 0};

	if (argc != 3)
		return 2;
	setrlimit(RLIMIT_CORE, &no_core);
	for (int i = atoi(argv[2]); i > 0; i--)
		free(aligned_alloc(16, 112));
	by_name(argv[1]);
	return 4; /* way "return", and a failed exec */
}
