/*
 * What the kernel itself says of a process, for what is exported of it to lie between:
 * observed SHIM FILE writes "SERIES LOWEST HIGHEST" lines. A child uses processor, memory and disk,
 * and becomes, with SHIM preloaded, what uses more and is counted (observed - FILE): at least what
 * that has used within main(), at most what the process had used when it was gone without what it
 * had used before. That one ends when FILE has grown twice.
 */
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIB         (1L << 20)
#define THREADS     3
#define DESCRIPTORS 37

enum { USER, SYSTEM, VOLUNTARY, INVOLUNTARY, MAJOR, MINOR, READ, WRITTEN, UPTIME, COUNT };

static const char *const series[COUNT] = {
	"process.cpu.time{cpu.mode=user}",
	"process.cpu.time{cpu.mode=system}",
	"process.context_switches{process.context_switch.type=voluntary}",
	"process.context_switches{process.context_switch.type=involuntary}",
	"process.paging.faults{system.paging.fault.type=major}",
	"process.paging.faults{system.paging.fault.type=minor}",
	"process.disk.io{disk.io.direction=read}",
	"process.disk.io{disk.io.direction=write}",
	"process.uptime",
};

struct usage {
	double of[COUNT];
};

/* What went before, what there was when main() began and ended; the rest as it was then. */
struct report {
	struct usage before, begin, end;
	double first_thread; /* its processor time within main() */
	long virtual, resident, descriptors;
};

static double seconds(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static void take_times(const struct rusage *rusage, struct usage *usage)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	usage->of[UPTIME] = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
	usage->of[USER] = seconds(&rusage->ru_utime);
	usage->of[SYSTEM] = seconds(&rusage->ru_stime);
	usage->of[VOLUNTARY] = (double)rusage->ru_nvcsw;
	usage->of[INVOLUNTARY] = (double)rusage->ru_nivcsw;
	usage->of[MAJOR] = (double)rusage->ru_majflt;
	usage->of[MINOR] = (double)rusage->ru_minflt;
}

/* io: /proc/.../io, which is closed. */
static void take_io(FILE *io, struct usage *usage)
{
	char line[100];
	int found = 0;

	while (io && fgets(line, sizeof(line), io)) {
		found += sscanf(line, "read_bytes: %lf", &usage->of[READ]);
		found += sscanf(line, "write_bytes: %lf", &usage->of[WRITTEN]);
	}
	if (found != 2 || fclose(io))
		abort();
}

static struct usage own_usage(void)
{
	struct rusage rusage;
	struct usage usage;

	getrusage(RUSAGE_SELF, &rusage);
	take_times(&rusage, &usage);
	take_io(fopen("/proc/self/io", "r"), &usage);
	return usage;
}

static double cpu_time(clockid_t whose)
{
	struct timespec now;

	clock_gettime(whose, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Written to the disk, and read from there, not from the page cache. */
static void use_disk(long bytes)
{
	char name[] = "used.XXXXXX", *content = malloc((size_t)bytes);
	int fd = mkstemp(name);

	memset(content, 1, (size_t)bytes);
	if (fd < 0 || write(fd, content, (size_t)bytes) != bytes || fsync(fd))
		abort();
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	if (pread(fd, content, (size_t)bytes, 0) != bytes)
		abort();
	close(fd);
	unlink(name);
	free(content);
}

static void use(double cpu_seconds, long memory, int pauses)
{
	double until = cpu_time(CLOCK_PROCESS_CPUTIME_ID) + cpu_seconds;

	while (cpu_time(CLOCK_PROCESS_CPUTIME_ID) < until)
		;
	memset(mmap(NULL, (size_t)memory, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	            0),
	       1, (size_t)memory);
	while (pauses-- > 0)
		usleep(1000);
	use_disk(4 * MIB);
}

static void *sleeps(void *argument)
{
	for (;;)
		pause();
	return argument;
}

static void use_threads_and_descriptors(void)
{
	pthread_t thread;

	for (int i = 0; i < THREADS; i++) {
		if (pthread_create(&thread, NULL, sleeps, NULL))
			abort();
	}
	for (int i = 0; i < DESCRIPTORS; i++) {
		if (open("/dev/null", O_RDONLY) < 0)
			abort();
	}
	mmap(NULL, 1024 * MIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

/* 1700 bytes sent and 600 received by way of the network, and some that stay away from it. */
static void use_network(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t length = sizeof(address);
	int receiver = socket(AF_INET, SOCK_DGRAM, 0), sender = socket(AF_INET, SOCK_DGRAM, 0);
	int local[2];
	char bytes[100] = {0};

	if (bind(receiver, (struct sockaddr *)&address, length) ||
	    getsockname(receiver, (struct sockaddr *)&address, &length) ||
	    connect(sender, (struct sockaddr *)&address, length) ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, local))
		abort();
	for (int i = 0; i < 17; i++) {
		if (send(sender, bytes, 100, 0) != 100 || write(local[0], bytes, 5) != 5)
			abort();
	}
	for (int i = 0; i < 6; i++) {
		if (recv(receiver, bytes, 100, 0) != 100 || read(local[1], bytes, 5) != 5)
			abort();
	}
}

static long size_of(const char *path)
{
	struct stat status;

	return stat(path, &status) ? 0 : (long)status.st_size;
}

static void wait_for_two_exports(const char *path)
{
	for (int exports = 0; exports < 2; exports++) {
		long before = size_of(path);

		while (size_of(path) == before)
			usleep(1000);
	}
}

static long own_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	long count = -3; /* . and .. and the directory's */

	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

static int counted(const char *path, int to)
{
	struct report report = {.begin = own_usage()};
	double begin = cpu_time(CLOCK_THREAD_CPUTIME_ID);
	FILE *statm;

	use(0.1, 64 * MIB, 60);
	use_threads_and_descriptors();
	use_network();
	wait_for_two_exports(path);
	report.descriptors = own_descriptors();
	statm = fopen("/proc/self/statm", "r");
	if (!statm || fscanf(statm, "%ld %ld", &report.virtual, &report.resident) != 2)
		abort();
	fclose(statm);
	report.first_thread = cpu_time(CLOCK_THREAD_CPUTIME_ID) - begin;
	report.end = own_usage();
	return write(to, &report, sizeof(report)) != sizeof(report);
}

/* Begins when it is told to. Pinned to a processor: one of those that there are is all that it may
 * use. */
static void become_counted(char **words, int to)
{
	struct usage usage;
	cpu_set_t set;
	char number[12];
	int cpu = 0;

	if (read(to, number, 1) != 1)
		abort();
	use(0.3, 128 * MIB, 200);
	sched_getaffinity(0, sizeof(set), &set);
	while (!CPU_ISSET(cpu, &set))
		cpu++;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	setenv("LD_PRELOAD", words[1], 1);
	snprintf(number, sizeof(number), "%d", to);
	usage = own_usage();
	if (write(to, &usage, sizeof(usage)) == sizeof(usage))
		execl(words[0], words[0], "-", words[2], number, NULL);
	abort();
}

static void tell(const struct report *report, const struct usage *after)
{
	double page = (double)sysconf(_SC_PAGESIZE);

	for (int i = 0; i < COUNT; i++)
		printf("%s %.9f %.9f\n", series[i], report->end.of[i] - report->begin.of[i],
		       after->of[i] - report->before.of[i]);
	printf("process.thread.count %d %d\n", THREADS + 1, THREADS + 1);
	printf("process.unix.file_descriptor.count %ld %ld\n", report->descriptors,
	       report->descriptors);
	printf("process.memory.virtual %.0f %.0f\n", (double)report->virtual * page - 1 * MIB,
	       (double)report->virtual * page + 1 * MIB);
	printf("process.memory.usage %.0f %.0f\n", (double)report->resident * page - 16 * MIB,
	       (double)report->resident * page + 16 * MIB);
	printf("process.network.io{network.io.direction=transmit} 1700 1700\n");
	printf("process.network.io{network.io.direction=receive} 600 600\n");
	printf("otelue.overhead.time 0.000001 %.9f\n",
	       after->of[USER] - report->before.of[USER] + after->of[SYSTEM] -
	               report->before.of[SYSTEM] - report->first_thread);
}

/* io was opened while the child lived: to who is not root the kernel refuses that of a dead one. */
static struct usage usage_of_ended(pid_t child, FILE *io)
{
	struct rusage rusage;
	struct usage usage;
	siginfo_t end;
	int status;

	if (waitid(P_PID, (id_t)child, &end, WEXITED | WNOWAIT))
		abort();
	take_io(io, &usage);
	if (wait4(child, &status, 0, &rusage) != child || status)
		abort();
	take_times(&rusage, &usage);
	return usage;
}

int main(int argc, char **argv)
{
	struct report report;
	struct usage before, after;
	int ends[2];
	char path[40];
	FILE *io;
	pid_t child;

	if (argc == 4)
		return counted(argv[2], atoi(argv[3]));
	if (argc != 3 || socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		return 2;
	child = fork();
	if (child == 0)
		become_counted(argv, ends[1]);
	close(ends[1]);
	snprintf(path, sizeof(path), "/proc/%d/io", (int)child);
	io = fopen(path, "r");
	if (write(ends[0], "", 1) != 1 ||
	    read(ends[0], &before, sizeof(before)) != sizeof(before) ||
	    read(ends[0], &report, sizeof(report)) != sizeof(report))
		return 3;
	report.before = before;
	after = usage_of_ended(child, io);
	tell(&report, &after);
	return 0;
}
