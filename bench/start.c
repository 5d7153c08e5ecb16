/*
 * How long a program takes from posix_spawn to its end, with several environments in turn:
 *
 *	bench-start ROUNDS PROGRAM LABEL [NAME=VALUE ...] [-- LABEL [NAME=VALUE ...]] ...
 *
 * One round starts the program once with each. Prints for each label the microseconds of all
 * rounds, WALL:CPU (CPU: of the program's threads, from execve to the end). Each environment holds
 * what is given and nothing else.
 */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

struct cost {
	double wall_us, cpu_us;
};

struct variant {
	const char *label;
	char **environment;
	struct cost *costs;
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

static struct cost start_once(const char *program, char **environment)
{
	char *argv[] = {(char *)program, NULL};
	struct cost cost = {now_us(), 0};
	struct rusage usage;
	int error, status;
	pid_t pid;

	error = posix_spawn(&pid, program, NULL, NULL, argv, environment);
	if (error)
		fail(program, error);
	if (wait4(pid, &status, 0, &usage) != pid || status != 0)
		fail("the program failed", errno);
	cost.wall_us = now_us() - cost.wall_us;
	cost.cpu_us = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
	              (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
	return cost;
}

/* Splits the arguments at "--"; returns how many variants there are. */
static size_t read_variants(int argc, char **argv, struct variant *ret_variants, size_t rounds)
{
	size_t count = 0;

	for (int i = 0; i < argc; count++) {
		struct variant *variant = &ret_variants[count];
		int words = 0;

		variant->label = argv[i++];
		variant->costs = allocate(rounds, sizeof(struct cost));
		variant->environment = allocate((size_t)(argc - i) + 1, sizeof(char *));
		while (i < argc && strcmp(argv[i], "--") != 0)
			variant->environment[words++] = argv[i++];
		i++;
	}
	return count;
}

static void print(const struct variant *variant, size_t rounds)
{
	printf("%s", variant->label);
	for (size_t round = 0; round < rounds; round++)
		printf("\t%.1f:%.0f", variant->costs[round].wall_us, variant->costs[round].cpu_us);
	printf("\n");
}

int main(int argc, char **argv)
{
	struct variant *variants;
	size_t rounds, count;

	if (argc < 4 || (rounds = strtoul(argv[1], NULL, 10)) == 0) {
		fprintf(stderr,
		        "usage: bench-start ROUNDS PROGRAM LABEL [NAME=VALUE ...] [-- LABEL "
		        "[NAME=VALUE ...]] ...\n");
		return 2;
	}
	variants = allocate((size_t)argc, sizeof(*variants));
	count = read_variants(argc - 3, argv + 3, variants, rounds);
	for (size_t round = 0; round < rounds; round++) {
		for (size_t i = 0; i < count; i++)
			variants[i].costs[round] = start_once(argv[2], variants[i].environment);
	}
	for (size_t i = 0; i < count; i++)
		print(&variants[i], rounds);
	return 0;
}
