/* The allocator and the locks. */
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include "bench/loops.h"

#define SIZES 1024u
static size_t sizes[SIZES]; /* 1 to 1024 bytes, the same in every run */

__attribute__((constructor)) static void fill_sizes(void)
{
	uint32_t state = 1;

	for (unsigned int i = 0; i < SIZES; i++) {
		state = state * 1664525u + 1013904223u;
		sizes[i] = 1 + (state >> 22);
	}
}

static void run_malloc_64(unsigned long calls)
{
	for (unsigned long i = 0; i < calls; i++) {
		void *block = malloc(64);

		keep(block);
		free(block);
	}
}

static void run_malloc_random(unsigned long calls)
{
	for (unsigned long i = 0; i < calls; i++) {
		void *block = malloc(sizes[i % SIZES]);

		keep(block);
		free(block);
	}
}

static void run_malloc_8k(unsigned long calls)
{
	for (unsigned long i = 0; i < calls; i++) {
		void *block = malloc(8192);

		keep(block);
		free(block);
	}
}

static void run_calloc_64(unsigned long calls)
{
	for (unsigned long i = 0; i < calls; i++) {
		void *block = calloc(1, 64);

		keep(block);
		free(block);
	}
}

static void run_realloc(unsigned long calls)
{
	void *block = malloc(64);

	for (unsigned long i = 0; i < calls; i++) {
		block = realloc(block, 64 + 16 * (i & 1));
		keep(block);
	}
	free(block);
}

static void run_memalign_64(unsigned long calls)
{
	void *block = NULL;

	for (unsigned long i = 0; i < calls; i++) {
		expect(posix_memalign(&block, 64, 64) == 0, "posix_memalign");
		keep(block);
		free(block);
	}
}

static void run_mutex(unsigned long calls)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	for (unsigned long i = 0; i < calls; i++) {
		pthread_mutex_lock(&mutex);
		pthread_mutex_unlock(&mutex);
	}
}

static pthread_barrier_t barrier;

static void *malloc_thread(void *calls)
{
	pthread_barrier_wait(&barrier);
	run_malloc_64(*(unsigned long *)calls);
	return NULL;
}

static void run_in_threads(unsigned long calls, unsigned int threads)
{
	pthread_t ids[8];

	pthread_barrier_init(&barrier, NULL, threads);
	for (unsigned int i = 0; i < threads; i++)
		expect(pthread_create(&ids[i], NULL, malloc_thread, &calls) == 0, "pthread_create");
	for (unsigned int i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	pthread_barrier_destroy(&barrier);
}

static void run_malloc_1_thread(unsigned long calls)
{
	run_in_threads(calls, 1);
}

static void run_malloc_2_threads(unsigned long calls)
{
	run_in_threads(calls, 2);
}

const struct path memory_paths[] = {
	{"malloc_64", run_malloc_64, 50000, true, "malloc(64) and free"},
	{"malloc_random", run_malloc_random, 50000, true, "malloc of 1 to 1024 bytes and free"},
	{"malloc_8k", run_malloc_8k, 50000, true, "malloc(8192) and free"},
	{"calloc_64", run_calloc_64, 50000, true, "calloc(1, 64) and free"},
	{"realloc", run_realloc, 50000, true, "realloc to 64 and 80 bytes in turn"},
	{"memalign_64", run_memalign_64, 20000, true, "posix_memalign(64, 64) and free"},
	{"mutex", run_mutex, 50000, true, "pthread_mutex_lock and unlock"},
	{"malloc_1_thread", run_malloc_1_thread, 200000, false, "malloc(64), free in 1 thread"},
	{"malloc_2_threads", run_malloc_2_threads, 200000, false, "the same in 2 threads, each"},
	{NULL, NULL, 0, false, NULL},
};
