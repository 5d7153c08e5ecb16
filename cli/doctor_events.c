/* The kernel and its user_events; the tools that read them. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "cli/doctor.h"
#include "cli/memory.h"
#include "cli/user_events.h"
#include "encoder/record.h"
#include "sink/events.h"
#include "sink/file.h"
#include "sink/user_events.h"
#include "sink/user_events_explain.h"

#define EVENTS_NEEDED 2

static const char *kernel_release(void)
{
	static struct utsname name;

	return uname(&name) == 0 ? name.release : "of unknown release";
}

/* Does any of these programs' PATH entries hold it? */
static bool is_installed(const char *program)
{
	const char *path = getenv("PATH");
	bool found = false;

	for (path = path ? path : "/usr/bin:/bin"; *path && !found;) {
		size_t length = strcspn(path, ":");
		char *file = memory_text("%.*s/%s", (int)length, path, program);

		found = access(file, X_OK) == 0;
		free(file);
		path += length + (path[length] == ':');
	}
	return found;
}

/* The sysctl is there from the moment that the kernel has user_events; the file only with tracefs.
 */
static void say_missing(struct doctor *doctor)
{
	if (!user_events_not_built())
		doctor_problem(doctor, "as root: mount -t tracefs tracefs /sys/kernel/tracing",
		               "user_events: kernel %s has them, but tracefs is not mounted",
		               kernel_release());
	else
		doctor_problem(
			doctor,
			"events need Linux 6.4 or later with CONFIG_USER_EVENTS=y; without, "
			"otelue run shows the counts, and the exporter otlp_file writes them",
			"user_events: kernel %s is built without them", kernel_release());
}

static bool can_open(struct doctor *doctor, const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC), err = -errno;

	if (fd >= 0) {
		close(fd);
		doctor_ok("user_events: %s (kernel %s)", path, kernel_release());
		return true;
	}
	doctor_problem(doctor, user_events_explain(USER_EVENTS_OPEN, err)->remedy,
	               "user_events: %s: %s", path,
	               user_events_explain(USER_EVENTS_OPEN, err)->problem);
	return false;
}

static void check_limit(struct doctor *doctor, const char *path)
{
	struct user_events_status status;

	if (user_events_status(path, &status) < 0 || status.active < 0 || status.limit < 0)
		doctor_note(doctor, "run otelue doctor as root to see more",
		            "user_events: how many are registered cannot be read");
	else if (status.active + EVENTS_NEEDED > status.limit)
		doctor_problem(doctor,
		               user_events_explain(USER_EVENTS_REGISTERING, -EMFILE)->remedy,
		               "user_events: %ld of %ld are registered: there may be no room",
		               status.active, status.limit);
	else
		doctor_ok("user_events: %ld of %ld are registered", status.active, status.limit);
}

static void check_event(struct doctor *doctor, const char *path, const char *event)
{
	char who[128];

	switch (user_events_listener(path, event, who, sizeof(who))) {
	case USER_EVENT_ABSENT:
		doctor_note(doctor, "otelue register makes it before the first program starts",
		            "event %s: not registered now", event);
		break;
	case USER_EVENT_UNUSED:
		doctor_note(doctor, "for example: perf trace -e user_events:" RECORD_EVENT,
		            "event %s: registered, nobody listens", event);
		break;
	case USER_EVENT_USED:
		doctor_ok("event %s: %s listens", event, who);
		break;
	}
}

void doctor_check_events(struct doctor *doctor)
{
	char path[USER_EVENTS_PATH_SIZE];

	if (!settings_exporter_enabled(doctor->settings, SINK_USER_EVENTS)) {
		doctor_ok("user_events: the configuration does not ask for them");
		return;
	}
	/* Not there, or behind a directory that we may not search: the sysctl tells, or opening. */
	if (user_events_find(path, sizeof(path)) < 0 && access(path, F_OK) < 0 &&
	    (errno == ENOENT || user_events_not_built())) {
		say_missing(doctor);
		return;
	}
	if (!can_open(doctor, path))
		return;
	check_limit(doctor, path);
	check_event(doctor, path, RECORD_EVENT);
	check_event(doctor, path, OTLP_EVENT);
}

void doctor_check_file(struct doctor *doctor)
{
	const char *file = getenv("OTELUE_FILE");
	char path[PATH_MAX];
	int err;

	if (!settings_exporter_enabled(doctor->settings, SINK_FILE)) {
		if (file && *file)
			doctor_note(doctor, "for a file: OTELUE_METRICS_EXPORTER=otlp_file",
			            "OTELUE_FILE: no exporter writes to %s", file);
		return;
	}
	if (settings_file_path(doctor->settings, (uint32_t)getpid(), path, sizeof(path)) < 0)
		return;
	err = -file_sink_check(path);
	if (err)
		doctor_problem(doctor,
		               "make its directory, let this user write there, or name another",
		               "otlp_file: %s: %s", path, strerror(err));
	else
		doctor_ok("otlp_file: %s can be written", path);
}

void doctor_check_tools(struct doctor *doctor)
{
	static const struct {
		const char *program, *remedy;
	} tools[] = {
		{"perf", "Debian: apt-get install linux-perf; it shows and records the events"},
		{"trace-cmd", "Debian: apt-get install trace-cmd; it records the events by ftrace"},
	};

	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		if (is_installed(tools[i].program))
			doctor_ok("%s is installed", tools[i].program);
		else
			doctor_note(doctor, tools[i].remedy, "%s is not installed",
			            tools[i].program);
	}
}
