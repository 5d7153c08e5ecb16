/*
 * storm THREADS ROUNDS FORKS: threads allocate ROUNDS aligned blocks each (libc itself makes none)
 * while the main thread forks FORKS children that allocate, free what the parent allocated, and
 * end. Threads come and go: each lives for 100 rounds. Prints how many aligned allocations the
 * parent made.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int rounds;

static void *short_life(void *unused)
{
	(void)unused;
	for (int i = 0; i < 100; i++) {
		char *plain = malloc((size_t)i * 37 % 5000);
		char *aligned = aligned_alloc(64, 128);

		plain = realloc(plain, (size_t)i * 91 % 9000 + 1);
		free(aligned);
		free(plain);
	}
	return NULL;
}

static void *work(void *unused)
{
	pthread_t thread;

	(void)unused;
	for (int i = 0; i < rounds; i += 100) {
		if (pthread_create(&thread, NULL, short_life, NULL))
			abort();
		pthread_join(thread, NULL);
	}
	return NULL;
}

static void fork_one(void)
{
	char *mine = malloc(777);
	int status;
	pid_t child = fork();

	if (child == 0) {
		free(mine);
		free(aligned_alloc(64, 64));
		_exit(mine ? 5 : 6);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) ||
	    WEXITSTATUS(status) != 5)
		abort();
	free(mine);
}

int main(int argc, char **argv)
{
	pthread_t threads[128];
	int count, forks;

	if (argc != 4)
		return 2;
	count = atoi(argv[1]);
	rounds = atoi(argv[2]);
	forks = atoi(argv[3]);
	if (count > 128 || rounds % 100)
		return 2;
	for (int i = 0; i < count; i++) {
		if (pthread_create(&threads[i], NULL, work, NULL))
			abort();
	}
	for (int i = 0; i < forks; i++)
		fork_one();
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	printf("%d\n", count * rounds);
	return 0;
}
