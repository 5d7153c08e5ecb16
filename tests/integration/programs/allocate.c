/*
 * allocate THREADS ROUNDS: uses every allocating function a known number of times in each thread,
 * and leaves nothing allocated that it does not mean to. Prints the number of its own calls that
 * hand out memory and the bytes it asked for, for ROUNDS rounds of all threads.
 */
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int rounds;

static void *must(void *block)
{
	if (!block)
		abort();
	return block;
}

static void one_round(void)
{
	void *aligned;
	char *a = must(malloc(10)), *b = must(calloc(5, 20)), *c;

	a = must(realloc(a, 3000));
	c = must(reallocarray(NULL, 3, 7));
	c = must(reallocarray(c, 300, 7));
	if (posix_memalign(&aligned, 64, 100))
		abort();
	free(aligned);
	free(must(aligned_alloc(128, 256)));
	free(must(memalign(32, 33)));
	free(must(valloc(5000)));
	free(must(strdup("twelve bytes")));
	free(NULL);
	free(a);
	free(b);
	free(c);
}

static void *work(void *unused)
{
	(void)unused;
	for (int i = 0; i < rounds; i++)
		one_round();
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[64];
	int count = argc > 1 ? atoi(argv[1]) : 1;

	rounds = argc > 2 ? atoi(argv[2]) : 1;
	if (count > 64)
		return 2;
	for (int i = 0; i < count; i++) {
		if (pthread_create(&threads[i], NULL, work, NULL))
			abort();
	}
	if (count == 0)
		work(NULL);
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	count = count ? count : 1;
	printf("%d %ld\n", count * rounds * 10,
	       (long)count * rounds * (10 + 100 + 3000 + 21 + 2100 + 100 + 256 + 33 + 5000 + 13));
	return 0;
}
