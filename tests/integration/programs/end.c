/* Ends in one of the ways that leave a helper thread alone in the process. end WAY */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *last(void *argument)
{
	usleep(200000);
	puts("the last thread");
	fflush(stdout);
	return argument;
}

/* Past every hook. */
static void exit_thread(long code)
{
#if defined(__x86_64__)
	__asm__ volatile("syscall" : : "a"(SYS_exit), "D"(code));
#else
	syscall(SYS_exit, code);
#endif
}

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "";
	pthread_t thread;

	for (int i = 0; i < 100; i++)
		free(aligned_alloc(16, 112));
	if (strcmp(way, "alone") == 0)
		exit_thread(5);
	if (strcmp(way, "alone-by-libc") == 0)
		syscall(SYS_exit, 5);
	pthread_create(&thread, NULL, last, NULL);
	if (strcmp(way, "main-first") == 0)
		pthread_exit(NULL);
	if (strcmp(way, "main-first-raw") == 0)
		exit_thread(5);
	return 9;
}
