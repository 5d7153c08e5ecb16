/* The shim: is it there, does it count, is it preloaded already, what did it leave behind. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cli/doctor.h"
#include "cli/library.h"
#include "cli/memory.h"
#include "cli/session_directory.h"
#include "cli/tree.h"
#include "config/settings_load.h"
#include "metrics/session.h"

/* The trial's environment: nothing of the present configuration, so that it must count. */
static void set_trial_environment(const char *session, const char *library)
{
	clearenv();
	setenv(SESSION_VARIABLE, session, 1);
	setenv(LIBRARY_VARIABLE, library, 1);
	setenv("LC_ALL", "C", 1);
}

/* Runs this command with the shim; what the loader says on stderr goes to `said`. */
static int run_trial(const char *session, const char *library, int said)
{
	char *const arguments[] = {(char[]){"otelue"}, (char[]){"--version"}, NULL};
	int status, null;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		null = open("/dev/null", O_RDWR);
		dup2(null, 0);
		dup2(null, 1);
		dup2(said, 2);
		set_trial_environment(session, library);
		execv("/proc/self/exe", arguments);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ECHILD;
}

static uint64_t allocations_of(const struct tree *tree)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < metric_table[METRIC_MEMORY_ALLOCATIONS].series; i++)
		sum += ((const uint64_t *)&tree->totals)[metric_series_word(
			&metric_table[METRIC_MEMORY_ALLOCATIONS], i)];
	return sum;
}

/* What the trial counted, or why it did not. */
static void judge_trial(struct doctor *doctor, const char *session, int err, int said)
{
	char complaint[512] = "";
	struct tree tree;
	ssize_t n = pread(said, complaint, sizeof(complaint) - 1, 0);

	complaint[n > 0 ? n : 0] = '\0';
	complaint[strcspn(complaint, "\n")] = '\0';
	if (err) {
		doctor_problem(doctor, "please report it",
		               "trial: a program fails with the shim: %s",
		               *complaint ? complaint : strerror(-err));
		return;
	}
	if (tree_read(&tree, session) < 0 || allocations_of(&tree) == 0)
		doctor_problem(
			doctor,
			"is the shim of this machine's architecture, on a mount without noexec?",
			"trial: a program ran with the shim but nothing was counted%s%s",
			*complaint ? ": " : "", complaint);
	else
		doctor_ok("trial: a program ran with the shim, %llu allocations counted",
		          (unsigned long long)allocations_of(&tree));
	for (size_t i = 0; i < tree.message_count; i++)
		doctor_note(doctor, "", "trial: %s", tree.messages[i]);
	tree_free(&tree);
}

static void try_library(struct doctor *doctor, const char *library)
{
	struct session_directory session;
	FILE *said = tmpfile();
	int err = session_directory_make(&session, doctor->settings->segment_directory, NULL);

	if (err || !said) {
		doctor_problem(doctor, "see the line on shared memory", "trial: no session: %s",
		               strerror(err ? -err : errno));
	} else {
		judge_trial(doctor, session.path, run_trial(session.path, library, fileno(said)),
		            fileno(said));
		session_directory_remove(&session);
	}
	if (said)
		fclose(said);
}

void doctor_check_library(struct doctor *doctor)
{
	char path[PATH_MAX];

	if (library_find(path, sizeof(path)) < 0) {
		doctor_problem(doctor, "install it, or name it: otelue run --library PATH",
		               "shim: " LIBRARY_NAME " is not beside this command");
		return;
	}
	doctor_ok("shim: %s", path);
	try_library(doctor, path);
}

void doctor_check_preload(struct doctor *doctor)
{
	const char *preload = getenv(LIBRARY_VARIABLE), *session = getenv(SESSION_VARIABLE);
	const char *global = doctor_read_line("/etc/ld.so.preload");
	char *missing = NULL;

	if (global && *global)
		doctor_note(doctor, "every program of this machine is started with it",
		            "/etc/ld.so.preload: %s", global);
	if (!preload || !*preload)
		doctor_ok(LIBRARY_VARIABLE ": not set");
	else if ((missing = library_missing(preload)))
		doctor_problem(doctor, "give its whole path as it is on this machine",
		               LIBRARY_VARIABLE ": there is no %s, so the loader leaves it out",
		               missing);
	else if (strstr(preload, LIBRARY_NAME))
		doctor_note(doctor, "programs started from here are counted; unset it to end that",
		            LIBRARY_VARIABLE ": %s", preload);
	else
		doctor_ok(LIBRARY_VARIABLE ": %s (otelue run adds the shim at its end)", preload);
	free(missing);
	if (session && *session && access(session, F_OK) < 0)
		doctor_note(doctor, "unset " SESSION_VARIABLE, SESSION_VARIABLE ": %s is gone",
		            session);
}

void doctor_check_segments(struct doctor *doctor)
{
	const char *base = doctor->settings->segment_directory;
	char path[512], *remedy;
	struct tree tree;
	int stale = session_directory_stale(base);

	if (stale > 0)
		doctor_note(doctor,
		            "the next otelue run exports what is left in them, as far as somebody "
		            "takes it, and removes them",
		            "segments: %d session%s that nobody uses", stale,
		            stale == 1 ? "" : "s");
	if (settings_user_directory(base, path, sizeof(path)) < 0 ||
	    tree_read_segments(&tree, path) < 0)
		return;
	if (tree.killed > 0) {
		remedy = memory_text(
			"they hold what was not exported yet: otelue salvage; when nobody needs "
			"it: rm the files PID.NUMBER of those processes in %s",
			path);
		doctor_note(doctor, remedy, "segments: %llu of killed processes",
		            (unsigned long long)tree.killed);
		free(remedy);
	}
	if (tree.unreadable > 0) {
		remedy = memory_text(
			"those of another version end with their processes; what is left "
			"then may be removed from %s",
			path);
		doctor_note(doctor, remedy, "segments: %llu cannot be read",
		            (unsigned long long)tree.unreadable);
		free(remedy);
	}
	doctor_ok("segments: %llu process%s being counted", (unsigned long long)tree.running,
	          tree.running == 1 ? " is" : "es are");
	for (size_t i = 0; i < tree.message_count; i++)
		doctor_note(doctor, "", "%s", tree.messages[i]);
	tree_free(&tree);
}
