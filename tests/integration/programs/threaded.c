/*
 * threaded: whether libc believes that the process has more than one thread, at start and after
 * half a second. threaded putc: prints the nanoseconds that two million putc take, best of nine.
 */
#include <stdio.h>
#include <sys/single_threaded.h>
#include <time.h>
#include <unistd.h>

static long putc_ns(FILE *null)
{
	struct timespec start, end;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (int i = 0; i < 2000000; i++)
		putc('x', null);
	clock_gettime(CLOCK_MONOTONIC, &end);
	return (end.tv_sec - start.tv_sec) * 1000000000 + end.tv_nsec - start.tv_nsec;
}

int main(int argc, char **argv)
{
	FILE *null = fopen("/dev/null", "w");
	long best = -1;

	(void)argv;
	if (!null)
		return 1;
	if (argc == 1) {
		printf("%d\n", __libc_single_threaded);
		usleep(500000);
		printf("%d\n", __libc_single_threaded);
		return 0;
	}
	usleep(200000);
	for (int i = 0; i < 9; i++) {
		long ns = putc_ns(null);

		if (best < 0 || ns < best)
			best = ns;
	}
	printf("%ld\n", best);
	return 0;
}
