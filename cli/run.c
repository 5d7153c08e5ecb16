/*
 * otelue run: runs a program with the shim in a session of its own and shows what the whole tree of
 * its processes counted. The program's end is ours too.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "cli/cli.h"
#include "cli/launch.h"
#include "cli/library.h"
#include "cli/memory.h"
#include "cli/report.h"
#include "cli/run_output.h"
#include "cli/session_dead.h"
#include "cli/session_directory.h"
#include "cli/session_salvage.h"
#include "cli/settings.h"
#include "cli/tree.h"
#include "metrics/session.h"

enum { OPTION_LIBRARY = 256, OPTION_OTLP_FILE, OPTION_SERVICE };

static const struct cli_option options[] = {
	{'o', "output", "FILE", "write the result to FILE instead of standard error"},
	{'j', "json", NULL, "write the result as JSON"},
	{'q', "quiet", NULL, "print no result (--output still writes it)"},
	{'c', "config", "FILE", "configuration of the shim (sets OTELUE_CONFIG)"},
	{'i', "interval", "SECONDS",
         "time between two exports (sets OTELUE_METRIC_EXPORT_INTERVAL)"},
	{OPTION_OTLP_FILE, "otlp-file", "PATH",
         "write OTLP JSON lines too; %p is the pid (sets OTELUE_FILE)"},
	{OPTION_SERVICE, "service-name", "NAME", "service.name (sets OTELUE_SERVICE_NAME)"},
	{OPTION_LIBRARY, "library", "PATH", "the shim, if it is not found beside this command"},
	{0, NULL, NULL, NULL},
};

static const struct cli_usage usage = {
	"run",
	"[options] [--] APP [ARGUMENT]...",
	"Runs APP with the shim preloaded, waits for it, and prints what it and all processes\n"
	"that it started did. Descendants that still run then are counted up to that moment.\n"
	"A process that executes another program is counted anew with it. A run within a run\n"
	"has a result of its own and counts in the outer one too.\n\n"
	"The exit code is APP's, or the signal that ended it; 125 if otelue itself fails, 126 if\n"
	"APP cannot be executed, 127 if it is not found.\n",
	options,
	true,
};

struct run {
	const char *output, *config, *interval, *otlp_file, *service, *library;
	bool json, quiet;
	char **command;
	struct run_output out;
	struct session_directory session;
	struct settings settings; /* of all processes, unless one changes its environment */
};

/* CLI_NO_MORE, or the exit code. */
static int parse(struct run *run, int argc, char **argv)
{
	const char *argument;
	int option, code;

	while ((option = cli_next(&usage, argc, argv, &argument, &code)) != CLI_NO_MORE) {
		switch (option) {
		case CLI_EXIT:
			return code == CLI_USAGE ? LAUNCH_FAILED : code;
		case 'o':
			run->output = argument;
			break;
		case 'j':
			run->json = true;
			break;
		case 'q':
			run->quiet = true;
			break;
		case 'c':
			run->config = argument;
			break;
		case 'i':
			run->interval = argument;
			break;
		case OPTION_OTLP_FILE:
			run->otlp_file = argument;
			break;
		case OPTION_SERVICE:
			run->service = argument;
			break;
		case OPTION_LIBRARY:
			run->library = argument;
			break;
		}
	}
	run->command = argv + optind;
	return CLI_NO_MORE;
}

static int fail(const char *what, int err)
{
	cli_error(usage.verb, "%s: %s", what, strerror(-err));
	return LAUNCH_FAILED;
}

static void set_variable(const char *name, char *value)
{
	setenv(name, value, 1);
	free(value);
}

/* Programs may change their directory: relative paths are made absolute. */
static char *absolute(const char *path)
{
	char here[PATH_MAX];

	if (path[0] == '/' || !getcwd(here, sizeof(here)))
		return memory_text("%s", path);
	return memory_text("%s/%s", here, path);
}

/* Options become the variables of the configuration, nothing else. 0 or an exit code. */
static int set_variables(const struct run *run)
{
	bool variables = run->interval || run->otlp_file || run->service;
	const char *file = getenv("OTELUE_CONFIG");
	long ms = run->interval ? cli_milliseconds(run->interval) : 0;

	if (ms < 0) {
		cli_usage_error(&usage, "--interval wants " CLI_SECONDS ", not '%s'",
		                run->interval);
		return LAUNCH_FAILED;
	}
	if (variables && (run->config || (file && *file))) {
		cli_usage_error(&usage,
		                "with a configuration file (%s) the interval, the OTLP file and "
		                "the service name stand in it",
		                run->config ? run->config : file);
		return LAUNCH_FAILED;
	}
	if (run->config)
		set_variable("OTELUE_CONFIG", absolute(run->config));
	if (run->interval)
		set_variable("OTELUE_METRIC_EXPORT_INTERVAL", memory_text("%ld", ms));
	if (run->service)
		set_variable("OTELUE_SERVICE_NAME", memory_text("%s", run->service));
	if (run->otlp_file) {
		set_variable("OTELUE_FILE", absolute(run->otlp_file));
		set_variable("OTELUE_METRICS_EXPORTER", memory_text("user_events,otlp_file"));
	}
	return 0;
}

/* The same reading of the configuration that every process will do: better told once, here. */
static int load_settings(struct settings *ret)
{
	struct settings_error error;

	if (cli_settings_load(ret, &error) < 0) {
		cli_error(usage.verb, "%s", error.text);
		return LAUNCH_FAILED;
	}
	if (ret->disabled)
		cli_error(usage.verb, "counting is switched off by %s",
		          ret->config_file[0] ? ret->config_file
		                              : "OTELUE_DISABLED or OTEL_SDK_DISABLED");
	return 0;
}

static int set_preload(const struct run *run)
{
	char found[PATH_MAX];
	const char *path = found;
	char *value, *real = run->library ? realpath(run->library, NULL) : NULL;

	if (run->library && (!real || access(real, R_OK) < 0))
		return fail(run->library, -errno);
	if (real && !library_is_object(real)) {
		cli_error(usage.verb, "--library: %s is no shared object", real);
		free(real);
		return LAUNCH_FAILED;
	}
	if (real) {
		path = real;
	} else if (library_find(found, sizeof(found)) < 0) {
		cli_error(usage.verb,
		          "there is no " LIBRARY_NAME " in\n%s(--library PATH names it)",
		          library_places());
		return LAUNCH_FAILED;
	}
	value = library_preload(getenv(LIBRARY_VARIABLE), path);
	if (!value) {
		cli_error(usage.verb,
		          "%s: " LIBRARY_VARIABLE
		          " can name no path with a space or colon; move or link it elsewhere",
		          path);
		free(real);
		return LAUNCH_FAILED;
	}
	set_variable(LIBRARY_VARIABLE, value);
	free(real);
	return 0;
}

/* Where shared memory cannot be had, an ordinary file system does too. */
static int make_session(struct run *run, const char *base)
{
	const char *other = getenv("TMPDIR"), *outer = getenv(SESSION_VARIABLE);
	int err;

	if (!other || other[0] != '/')
		other = "/tmp";
	session_salvage_sweep(base);
	err = session_directory_make(&run->session, base, outer);
	if (err) {
		cli_error(usage.verb, "no session in %s (%s); counting in %s instead", base,
		          strerror(-err), other);
		session_salvage_sweep(other);
		err = session_directory_make(&run->session, other, outer);
	}
	if (err) {
		cli_error(usage.verb, "no session in %s either (%s): %s runs, but is not counted",
		          other, strerror(-err), run->command[0]);
		run->session.path[0] = '\0';
		unsetenv(SESSION_VARIABLE);
		return 0;
	}
	setenv(SESSION_VARIABLE, run->session.path, 1);
	return 0;
}

static int open_output(struct run *run)
{
	int err = run_output_open(&run->out, run->output, run->json, run->quiet);

	return err ? fail(run->output, err) : 0;
}

/* 0, or an exit code, with everything said. */
static int prepare(struct run *run)
{
	int code = set_variables(run);

	if (!code)
		code = open_output(run);
	if (!code)
		code = set_preload(run);
	if (!code)
		code = load_settings(&run->settings);
	if (code)
		run_output_drop(&run->out);
	return code ? code : make_session(run, run->settings.segment_directory);
}

/* Of a session, or of none: then nothing was counted, and that has been said. */
static void write_report(struct run *run, struct report *report, const struct tree *tree)
{
	int err;

	report->tree = tree;
	err = run_output_write(&run->out, report, run->settings.disabled || !run->session.path[0]);
	if (err)
		fail(run->output ? run->output : "standard error", err);
}

static void complain(const char *text)
{
	cli_error(usage.verb, "%s", text);
}

/* Told to an outer run, exported, removed. Where something could not be exported it stays. */
static int close_session(struct run *run, const struct tree *tree)
{
	int err = 0;

	if (run->session.outer[0])
		err = session_directory_hand_over(&run->session, &tree->totals,
		                                  tree->ended + tree->killed, tree->unseen);
	if ((tree->killed > 0 && !session_salvage_own(&run->session, &run->settings, complain)) ||
	    err) {
		session_directory_leave(&run->session);
		return err;
	}
	return session_directory_remove(&run->session);
}

/* What still runs keeps its directory. */
static void finish(struct run *run, struct report *report)
{
	struct tree tree;
	int err = tree_read(&tree, run->session.path);

	if (err) {
		fail(run->session.path, err);
		run_output_drop(&run->out);
		session_directory_leave(&run->session);
		return;
	}
	write_report(run, report, &tree);
	if (tree.running > 0) {
		if (tree.killed > 0)
			session_salvage_own(&run->session, &run->settings, complain);
		session_directory_leave(&run->session);
	} else {
		err = close_session(run, &tree);
		if (err)
			fail(run->session.path, err);
	}
	tree_free(&tree);
}

static long look_at_nothing(void *context)
{
	(void)context;
	return 60000;
}

/* 0 and how it ended, or -errno. */
static int launch_watched(struct run *run, int *ret_status)
{
	struct session_dead *dead =
		run->session.path[0] ? session_dead_open(&run->session, &run->settings) : NULL;
	int err =
		launch(run->command, dead ? session_dead_look : look_at_nothing, dead, ret_status);

	signal(SIGPIPE, SIG_IGN); /* the program's end is told, not ours */
	signal(SIGXFSZ, SIG_IGN);
	if (dead)
		session_dead_close(dead, complain);
	return err;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int cli_run(int argc, char **argv)
{
	struct run run = {.output = NULL};
	static struct tree nothing; /* large */
	struct report report = {.tree = NULL};
	void (*too_large)(int);
	int code = parse(&run, argc, argv), err;

	if (code != CLI_NO_MORE)
		return code;
	if (!run.command[0]) {
		cli_usage_error(&usage, "which program is to run?");
		return LAUNCH_FAILED;
	}
	too_large = signal(SIGXFSZ, SIG_IGN); /* where files may not grow, we say so */
	code = prepare(&run);
	signal(SIGXFSZ, too_large);
	if (code)
		return code;
	report.command = run.command;
	report.duration_ns = now_ns();
	err = launch_watched(&run, &report.status);
	report.duration_ns = now_ns() - report.duration_ns;
	if (err) {
		cli_error(usage.verb, "%s: %s", run.command[0], strerror(-err));
		if (run.session.path[0])
			session_directory_remove(&run.session);
		run_output_drop(&run.out);
		return launch_exit_code(err);
	}
	if (run.session.path[0])
		finish(&run, &report);
	else
		write_report(&run, &report, &nothing);
	launch_end_like(report.status);
}
