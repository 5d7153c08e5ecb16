/*
 * How long a program takes from posix_spawn to its end, with several environments in turn:
 *
 *	bench-start ROUNDS PROGRAM LABEL [NAME=VALUE ...] [-- LABEL [NAME=VALUE ...]] ...
 *
 * One round starts the program once with each. Prints for each label the lowest and the median
 * microseconds. Each environment holds what is given; this program has none of them.
 */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

struct variant {
	const char *label;
	char **environment;
	double *took_us;
};

static void fail(const char *what, int error)
{
	fprintf(stderr, "bench-start: %s: %s\n", what, strerror(error));
	exit(2);
}

static void *allocate(size_t count, size_t size)
{
	void *block = calloc(count, size);

	if (!block)
		fail("memory", ENOMEM);
	return block;
}

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static double start_once(const char *program, char **environment)
{
	char *argv[] = {(char *)program, NULL};
	double start = now_us();
	int error, status;
	pid_t pid;

	error = posix_spawn(&pid, program, NULL, NULL, argv, environment);
	if (error)
		fail(program, error);
	if (waitpid(pid, &status, 0) != pid || status != 0)
		fail("the program failed", errno);
	return now_us() - start;
}

/* Splits the arguments at "--"; returns how many variants there are. */
static size_t read_variants(int argc, char **argv, struct variant *ret_variants, size_t rounds)
{
	size_t count = 0;

	for (int i = 0; i < argc; count++) {
		struct variant *variant = &ret_variants[count];
		int words = 0;

		variant->label = argv[i++];
		variant->took_us = allocate(rounds, sizeof(double));
		variant->environment = allocate((size_t)(argc - i) + 1, sizeof(char *));
		while (i < argc && strcmp(argv[i], "--") != 0)
			variant->environment[words++] = argv[i++];
		i++;
	}
	return count;
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

int main(int argc, char **argv)
{
	struct variant *variants;
	size_t rounds, count;

	if (argc < 4 || (rounds = strtoul(argv[1], NULL, 10)) == 0) {
		fprintf(stderr, "usage: bench-start ROUNDS PROGRAM LABEL [NAME=VALUE ...] [-- "
		                "LABEL [NAME=VALUE ...]] ...\n");
		return 2;
	}
	variants = allocate((size_t)argc, sizeof(*variants));
	count = read_variants(argc - 3, argv + 3, variants, rounds);
	for (size_t round = 0; round < rounds; round++) {
		for (size_t i = 0; i < count; i++)
			variants[i].took_us[round] = start_once(argv[2], variants[i].environment);
	}
	for (size_t i = 0; i < count; i++) {
		qsort(variants[i].took_us, rounds, sizeof(double), compare);
		printf("%s\t%.1f\t%.1f\n", variants[i].label, variants[i].took_us[0],
		       variants[i].took_us[rounds / 2]);
	}
	return 0;
}
