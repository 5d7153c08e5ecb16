/*
 * Measures one path of loops.h, or runs all that are counted under callgrind:
 *
 *	bench-loops --list                          name, rounds, counted or timed, what it is
 *	bench-loops NAME CALLS REPEATS SETTLE_MS    prints the lowest nanoseconds a round
 *	bench-loops --count CALLS SETTLE_MS         each counted path with CALLS and 2 * CALLS
 *rounds
 *
 * SETTLE_MS is slept first, so that the emitter has calibrated the processor's counter.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "bench/loops.h"

static const struct path *const tables[] = {memory_paths, file_paths,    stdio_paths,
                                            socket_paths, process_paths, system_paths};

#define TABLES (sizeof(tables) / sizeof(tables[0]))

void expect(bool worked, const char *what)
{
	if (worked)
		return;
	perror(what);
	exit(2);
}

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void settle(const char *milliseconds)
{
	unsigned long ms = strtoul(milliseconds, NULL, 10);
	struct timespec span = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};

	nanosleep(&span, NULL);
}

static const struct path *find(const char *name)
{
	for (size_t i = 0; i < TABLES; i++) {
		for (const struct path *path = tables[i]; path->name; path++) {
			if (strcmp(path->name, name) == 0)
				return path;
		}
	}
	fprintf(stderr, "bench-loops: no path is called %s; see --list\n", name);
	exit(2);
}

static void list(void)
{
	for (size_t i = 0; i < TABLES; i++) {
		for (const struct path *path = tables[i]; path->name; path++)
			printf("%s\t%lu\t%s\t%s\n", path->name, path->calls,
			       path->counted ? "counted" : "timed", path->what);
	}
}

/* Its end is where callgrind writes down what the path collected. */
static __attribute__((noinline)) void counted(const struct path *path, unsigned long calls)
{
	path->run(calls);
	keep(path);
}

static void count(unsigned long calls)
{
	for (size_t i = 0; i < TABLES; i++) {
		for (const struct path *path = tables[i]; path->name; path++) {
			if (!path->counted)
				continue;
			counted(path, 10); /* first calls look functions up and fill tables */
			counted(path, calls);
			counted(path, 2 * calls);
		}
	}
}

static void *wait_in_thread(void *unused)
{
	find("malloc_64")->run(100);
	find("read")->run(100);
	pause();
	return unused;
}

static void wait_in_threads(unsigned long threads)
{
	pthread_t thread;

	for (unsigned long i = 0; i < threads; i++)
		expect(pthread_create(&thread, NULL, wait_in_thread, NULL) == 0, "pthread_create");
	wait_in_thread(NULL);
}

static void measure(const struct path *path, unsigned long calls, unsigned long repeats)
{
	double lowest = 0;

	path->run(calls / 10 + 1);
	for (unsigned long i = 0; i < repeats; i++) {
		double start = now_ns(), took;

		path->run(calls);
		took = now_ns() - start;
		if (i == 0 || took < lowest)
			lowest = took;
	}
	printf("%.3f\n", lowest / (double)calls);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		list();
	} else if (argc == 4 && strcmp(argv[1], "--count") == 0) {
		settle(argv[3]);
		count(strtoul(argv[2], NULL, 10));
	} else if (argc == 3 && strcmp(argv[1], "--wait") == 0) {
		wait_in_threads(strtoul(argv[2], NULL, 10));
	} else if (argc == 5) {
		settle(argv[4]);
		measure(find(argv[1]), strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10));
	} else {
		fprintf(stderr,
		        "usage: bench-loops --list | --count CALLS SETTLE_MS | --wait THREADS | "
		        "NAME CALLS REPEATS SETTLE_MS\n");
		return 2;
	}
	return 0;
}
