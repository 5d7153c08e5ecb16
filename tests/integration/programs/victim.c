/*
 * victim FILE THREADS CALLS END: each thread makes aligned allocations (libc itself never makes
 * one) and counts them in FILE, which outlives the process: a word of 8 bytes a thread, counted up
 * after the call. CALLS 0: until the process is killed; else, after so many, it reads a byte from
 * standard input and ends: segv, abort or kill.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static uint64_t calls;

static void *allocate(void *word)
{
	volatile uint64_t *count = word;

	while (!calls || *count < calls) {
		free(aligned_alloc(64, 64));
		(*count)++;
	}
	return NULL;
}

static void end(const char *way)
{
	void *closed;
	char byte;

	if (read(0, &byte, 1) != 1)
		_exit(2);
	if (!strcmp(way, "segv")) {
		closed = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		*(volatile char *)closed = 1;
	}
	raise(!strcmp(way, "abort") ? SIGABRT : SIGKILL);
}

int main(int argc, char **argv)
{
	pthread_t threads[64];
	uint64_t *words;
	int count, file;

	if (argc != 5 || (count = atoi(argv[2])) < 1 || count > 64)
		return 2;
	calls = strtoull(argv[3], NULL, 10);
	file = open(argv[1], O_RDWR | O_CREAT, 0600);
	if (file < 0 || ftruncate(file, 4096) < 0)
		return 2;
	words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (words == MAP_FAILED)
		return 2;
	for (int i = 0; i < count; i++) {
		if (pthread_create(&threads[i], NULL, allocate, words + i))
			return 2;
	}
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	end(argv[4]);
	return 0;
}
