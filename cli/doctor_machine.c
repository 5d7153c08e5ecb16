/* Shared memory, clock, sandbox. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>
#include "cli/doctor.h"
#include "cli/format.h"
#include "cli/memory.h"
#include "config/settings_load.h"
#include "metrics/segment.h"

/* A segment takes at most this part of what is free. */
#define SPACE_SHARE 16

static void check_space(struct doctor *doctor, const char *base)
{
	const int64_t needed = SPACE_SHARE * ((int64_t)SEGMENT_LEDGER_OFFSET + SEGMENT_SHARD_SIZE);
	struct statfs fs;
	char free_space[FORMAT_SIZE], wanted[FORMAT_SIZE];
	int64_t bytes;

	if (statfs(base, &fs) < 0 || access(base, W_OK | X_OK) < 0) {
		doctor_problem(doctor,
		               "mount a tmpfs there (docker: --shm-size), or set segment.directory",
		               "shared memory: %s: %s; counts are lost when a process is killed",
		               base, strerror(errno));
		return;
	}
	bytes = (int64_t)fs.f_bavail * (int64_t)fs.f_bsize;
	format_bytes(free_space, bytes);
	format_bytes(wanted, needed);
	if (fs.f_blocks != 0 && bytes < needed)
		doctor_problem(doctor,
		               "make it larger (docker: --shm-size), or set segment.directory",
		               "shared memory: %s has %s free, a segment wants %s", base,
		               free_space, wanted);
	else
		doctor_ok("shared memory: %s, %s free", base, free_space);
}

static void check_directory(struct doctor *doctor, const char *path)
{
	char *remedy;
	struct stat status;

	if (lstat(path, &status) < 0) {
		doctor_ok("directory %s: not there yet, made by the first process", path);
		return;
	}
	if (S_ISDIR(status.st_mode) && status.st_uid == geteuid() && !(status.st_mode & 077)) {
		doctor_ok("directory %s: this user's alone", path);
		return;
	}
	remedy = memory_text("rm -r %s, as its owner or root; it is made anew", path);
	doctor_problem(doctor, remedy,
	               "directory %s: owner %u, mode %04o, but it must be a directory of this "
	               "user's with mode 0700",
	               path, status.st_uid, status.st_mode & 07777u);
	free(remedy);
}

void doctor_check_memory(struct doctor *doctor)
{
	const char *base = doctor->settings->segment_directory;
	char path[512];

	check_space(doctor, base);
	if (settings_user_directory(base, path, sizeof(path)) == 0)
		check_directory(doctor, path);
}

/* The clock that a program can read by itself; others cost a system call each. */
#if defined(__x86_64__)
#define FAST_CLOCK "tsc"
#else
#define FAST_CLOCK "arch_sys_counter"
#endif

void doctor_check_clock(struct doctor *doctor)
{
	const char *name = doctor_read_line(
		"/sys/devices/system/clocksource/clocksource0/current_clocksource");

	if (name && strcmp(name, FAST_CLOCK) != 0)
		doctor_note(doctor, "measuring costs more per call, results are the same",
		            "clock: the kernel uses %s, not the processor's own counter", name);
	else
		doctor_ok("clock: %s", name ? name : "unknown");
}

/* The number behind a key of /proc/self/status, -1: there is none. */
static long status_value(const char *key)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[256];
	long value = -1;

	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, key, strlen(key)) == 0 && line[strlen(key)] == ':')
			value = atol(line + strlen(key) + 1);
	}
	if (file)
		fclose(file);
	return value;
}

void doctor_check_sandbox(struct doctor *doctor)
{
	if (status_value("Seccomp") > 0)
		doctor_note(doctor,
		            "programs started here are counted, but export nothing while they run; "
		            "start them outside the sandbox",
		            "sandbox: a seccomp filter is active");
	else if (status_value("NoNewPrivs") > 0)
		doctor_ok("sandbox: no seccomp filter; no_new_privs is set, which does no harm");
	else
		doctor_ok("sandbox: no seccomp filter");
}
