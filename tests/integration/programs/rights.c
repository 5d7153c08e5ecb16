/*
 * Gives up rights in one of the ways a program can, then tells the rights of each of its threads,
 * as the kernel tells them: those that all have, and how many differ. rights WAY [MILLISECONDS]
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/securebits.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534
#define TIMES  2000

static int is_right(const char *line)
{
	static const char *const names[] = {
		"Uid:",    "Gid:",    "Groups:", "CapInh:",     "CapPrm:",
		"CapEff:", "CapBnd:", "CapAmb:", "NoNewPrivs:", "Cpus_allowed:"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strncmp(line, names[i], strlen(names[i])) == 0)
			return 1;
	}
	return 0;
}

static void read_rights(const char *task, char *to)
{
	char path[300], line[4096];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%s/status", task);
	file = fopen(path, "r");
	*to = '\0';
	while (file && fgets(line, sizeof(line), file)) {
		if (is_right(line))
			strcat(to, line);
	}
	if (file)
		fclose(file);
}

static void tell(void)
{
	static char first[8192], other[8192];
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *entry;
	int different = 0;

	while ((entry = readdir(tasks))) {
		if (entry->d_name[0] == '.')
			continue;
		read_rights(entry->d_name, first[0] ? other : first);
		different += other[0] && strcmp(first, other) != 0;
	}
	closedir(tasks);
	printf("%sthreads with other rights: %d\n", first, different);
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, getpid()};
	struct __user_cap_data_struct none[2];

	memset(none, 0, sizeof(none));
	return (int)syscall(SYS_capset, &header, none);
}

/* What the processes that it executes shall have. */
static int lend_capability(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct sets[2];

	if (syscall(SYS_capget, &header, sets))
		return 1;
	sets[0].inheritable |= 1u << CAP_KILL;
	return syscall(SYS_capset, &header, sets) ||
	       prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0);
}

/* To the last of the processors that it may use. */
static int pin(int (*set)(const cpu_set_t *one))
{
	cpu_set_t all, one;
	int cpu = CPU_SETSIZE - 1;

	if (sched_getaffinity(0, sizeof(all), &all))
		return -1;
	while (!CPU_ISSET(cpu, &all))
		cpu--;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	return set(&one);
}

static int by_process(const cpu_set_t *one)
{
	return sched_setaffinity(getpid(), sizeof(*one), one);
}

static int by_thread(const cpu_set_t *one)
{
	return pthread_setaffinity_np(pthread_self(), sizeof(*one), one);
}

static int by_number(const cpu_set_t *one)
{
	return (int)syscall(SYS_sched_setaffinity, 0, sizeof(*one), one);
}

static void *pinned_worker(void *argument)
{
	return (void *)(long)(pin(by_thread) || pin(by_number) || argument);
}

static int set_file_user(void)
{
	return setfsgid(7) || setfsuid(7) || setfsuid(-1) != 7 || setfsgid(-1) != 7;
}

static int set_file_user_by_number(void)
{
	return syscall(SYS_setfsgid, 7) || syscall(SYS_setfsuid, 7) ||
	       syscall(SYS_setfsuid, -1) != 7;
}

static void *file_user_worker(void *argument)
{
	return (void *)(long)(set_file_user() || argument);
}

/* Runs where its rights are its own, and ends. */
static int on_worker(void *(*function)(void *))
{
	pthread_t worker;
	void *failed = NULL;

	return pthread_create(&worker, NULL, function, NULL) || pthread_join(worker, &failed) ||
	       failed;
}

static int change(const char *way)
{
	if (strcmp(way, "file-user") == 0)
		return set_file_user();
	if (strcmp(way, "file-user-raw") == 0)
		return set_file_user_by_number();
	if (strcmp(way, "file-user-worker") == 0)
		return on_worker(file_user_worker);
	if (strcmp(way, "affinity") == 0)
		return pin(by_process);
	if (strcmp(way, "affinity-thread") == 0)
		return pin(by_thread);
	if (strcmp(way, "affinity-raw") == 0)
		return pin(by_number);
	if (strcmp(way, "affinity-worker") == 0)
		return on_worker(pinned_worker);
	if (strcmp(way, "setuid") == 0)
		return setgid(NOBODY) || setgroups(0, NULL) || setuid(NOBODY);
	if (strcmp(way, "seteuid") == 0)
		return setegid(7) || seteuid(7);
	if (strcmp(way, "and-back") == 0)
		return setegid(7) || seteuid(7) || seteuid(0) || setegid(0);
	if (strcmp(way, "initgroups") == 0)
		return initgroups("nobody", NOBODY) || setresgid(1, 2, 3) || setresuid(1, 2, 3);
	if (strcmp(way, "setreuid") == 0)
		return setregid(4, 5) || setreuid(4, 5);
	if (strcmp(way, "raw") == 0)
		return syscall(SYS_setresgid, 5, 5, 5) || syscall(SYS_setresuid, 5, 5, 5);
	if (strcmp(way, "raw-all") == 0)
		return syscall(SYS_setgroups, 1, &(gid_t){7}) || syscall(SYS_setgid, 6) ||
		       syscall(SYS_setuid, 6);
	if (strcmp(way, "raw-pairs") == 0)
		return syscall(SYS_setregid, 4, 5) || syscall(SYS_setreuid, 4, 5);
	if (strcmp(way, "keepcaps") == 0)
		return prctl(PR_SET_KEEPCAPS, 1) || setuid(9);
	if (strcmp(way, "no-new-privileges") == 0)
		return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		       prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN);
	if (strcmp(way, "capset") == 0)
		return drop_capabilities();
	if (strcmp(way, "ambient") == 0)
		return lend_capability();
	/* No user's change takes capabilities away then. */
	if (strcmp(way, "securebits") == 0)
		return prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) || setuid(9);
	return -1;
}

static void allocate(int times)
{
	while (times-- > 0)
		free(malloc(10));
}

/* Allows what the program itself does from then on, and kills for anything else. */
static int filter(int by_prctl)
{
	static const unsigned int allowed[] = {SYS_write, SYS_exit_group, SYS_brk, SYS_futex};
	enum { COUNT = sizeof(allowed) / sizeof(allowed[0]) };
	struct sock_filter code[2 * COUNT + 2];
	struct sock_fprog program = {2 * COUNT + 2, code};

	code[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
	                                       offsetof(struct seccomp_data, nr));
	for (int i = 0; i < COUNT; i++) {
		code[1 + 2 * i] =
			(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[i], 0, 1);
		code[2 + 2 * i] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	code[2 * COUNT + 1] =
		(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	allocate(1000);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return 1;
	if (by_prctl ? prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)
	             : (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC,
	                            &program))
		return 1;
	allocate(1000);
	if (write(1, "filtered\n", 9) != 9)
		return 1;
	exit(4);
}

static int unshare_user(int round)
{
	return unshare(round % 2 ? CLONE_NEWUSER : CLONE_NEWUSER | CLONE_NEWNS);
}

/* Into the one that it is in, which the kernel does not make easier. */
static int set_mount(int round)
{
	int fd = open("/proc/self/ns/mnt", O_RDONLY);

	(void)round;
	return fd < 0 || setns(fd, CLONE_NEWNS);
}

/* Namespaces that only a process of one thread may change, in children whose emitter runs. */
static int leave_often(int (*leave)(int))
{
	int failed = 0, status;

	for (int i = 0; i < TIMES; i++) {
		if (fork() == 0) {
			char zero;
			int fd = open("/dev/zero", O_RDONLY);

			for (int n = 0; n < 3; n++)
				status = read(fd, &zero, 1) != 1;
			if (i % 4 == 0)
				usleep(300);
			_exit(status || leave(i));
		}
		failed += wait(&status) < 0 || status != 0;
	}
	printf("failed: %d\n", failed);
	return failed != 0;
}

static int drop_and_allocate(void)
{
	allocate(1000);
	if (setuid(NOBODY))
		return 1;
	allocate(1000);
	if (fork() == 0) {
		allocate(500);
		exit(0);
	}
	wait(NULL);
	return 0;
}

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "";

	if (argc > 2)
		usleep((useconds_t)atoi(argv[2]) * 1000);
	if (strcmp(way, "filter") == 0)
		return filter(1);
	if (strcmp(way, "filter-all") == 0)
		return filter(0);
	if (strcmp(way, "unshare") == 0)
		return leave_often(unshare_user);
	if (strcmp(way, "setns") == 0)
		return leave_often(set_mount);
	if (strcmp(way, "allocate") == 0)
		return drop_and_allocate();
	if (change(way)) {
		perror(way);
		return 9;
	}
	tell();
	return 0;
}
