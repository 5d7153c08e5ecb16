/* otelue show: what programs that still run have counted up to now, or second by second. */
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "build-config.h"
#include "cli/cli.h"
#include "cli/format.h"
#include "cli/live.h"
#include "cli/memory.h"
#include "cli/printable.h"
#include "cli/report.h"
#include "cli/tree.h"
#include "metrics/collect.h"

#define TRIES        10
#define TRY_AGAIN_NS 20000000

static const struct cli_option options[] = {
	{'i', "interval", "SECONDS",
         "show what is new each SECONDS, until the processes have ended"},
	{'n', "count", "N", "end after N times"},
	{'j', "json", NULL, "print JSON, an object a line"},
	{0, NULL, NULL, NULL},
};

static const struct cli_usage usage = {
	"show",
	"[--json] [--interval SECONDS [--count N]] [PID]...",
	"Shows what processes that run with the shim have counted since they started, without\n"
	"exporting it or disturbing them. Without PID it lists those that can be shown. CPU time\n"
	"and whatever else the kernel is asked for are as of the last export.\n",
	options,
	false,
};

struct shown {
	pid_t pid;
	bool ended;
	uint64_t read_ns, created_ns; /* since boot: when it was read last, and began to count */
	char program[768];
	struct snapshot now;
	struct baseline before;
};

struct show {
	bool json;
	long interval_ms, times; /* 0: once; 0: for ever */
	struct shown **all;
	size_t count;
	size_t listed, unread; /* without PIDs */
	struct segment_reading reading;
};

/* From 1 to `largest`; else 0. */
static long number_of(const char *word, long largest)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(word, &end, 10);
	return errno || *end || end == word || value < 1 || value > largest ? 0 : value;
}

static const char *explain(int err, bool loaded)
{
	switch (err) {
	case -ESRCH:
		return "there is no such process";
	case -EACCES:
	case -EPERM:
		return "this user may not look into it";
	case -ENODATA:
		return loaded ? "it has the shim, but is not counted where it can be seen: "
		                "switched off, left out, or "
		                "without shared memory"
		              : "it runs without the shim: start it with otelue run, or with "
		                "LD_PRELOAD";
	case -EXDEV:
		return "its shared memory cannot be reached from here";
	case -ENOENT:
	case -EAGAIN:
		return "it is starting or ending just now";
	default:
		return tree_explain(err);
	}
}

/* May that be otherwise in a moment, because it executes a program just now? */
static bool is_passing(int err)
{
	return err == -ENODATA || err == -EXDEV || err == -ENOENT || err == -EAGAIN;
}

/* Since then; 0 for one in another time namespace. */
static uint64_t since(uint64_t then_ns, uint64_t now_ns)
{
	return now_ns > then_ns ? now_ns - then_ns : 0;
}

/* Into shown->now. 0 or -errno. */
static int read_process(struct show *show, struct shown *shown, bool *ret_loaded)
{
	const struct timespec pause = {0, TRY_AGAIN_NS};
	const struct segment_reading *reading = &show->reading;
	int err = live_read(shown->pid, &show->reading, ret_loaded);

	for (int i = 0; is_passing(err) && i < TRIES; i++) {
		nanosleep(&pause, NULL);
		err = live_read(shown->pid, &show->reading, ret_loaded);
	}
	if (err)
		return err;
	printable_program(shown->program, sizeof(shown->program), reading->program);
	memset(&shown->now.totals, 0, sizeof(shown->now.totals));
	collect_merge(&shown->now.totals, &reading->totals, false);
	shown->now.start_time_ns = reading->start_time_ns;
	shown->now.time_ns = shown->now.start_time_ns +
	                     since(reading->created_boottime_ns, clock_read_ns(CLOCK_BOOTTIME)) + 1;
	/* It has executed another program, or another process has its pid: all of it is new. */
	if (shown->created_ns && shown->created_ns != reading->created_boottime_ns) {
		shown->read_ns = 0;
		memset(&shown->before, 0, sizeof(shown->before));
	}
	shown->created_ns = reading->created_boottime_ns;
	return 0;
}

static void print_text(const struct show *show, const struct shown *shown,
                       const struct baseline *before, uint64_t duration_ns)
{
	char duration[FORMAT_SIZE];

	format_duration(duration, (int64_t)duration_ns);
	printf("otelue: %s[%d], %s %s\n", shown->program, (int)shown->pid,
	       before ? "the last" : "since its start", duration);
	report_rows(stdout, &shown->now, before, duration_ns);
	if (show->interval_ms || show->count > 1)
		putchar('\n');
}

static void print_object(json_t *object)
{
	if (!object)
		memory_exhausted();
	json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(15));
	putchar('\n');
	json_decref(object);
}

static void print_json(const struct shown *shown, const struct baseline *before,
                       uint64_t duration_ns)
{
	print_object(json_pack("{s:s, s:I, s:s, s:f, s:o}", "otelue", PACKAGE_VERSION, "pid",
	                       (json_int_t)shown->pid, "program", shown->program, "duration",
	                       (double)duration_ns / 1e9, "metrics",
	                       report_metrics(&shown->now, before)));
}

/* Shows it, and remembers that for the next time. */
static void print(const struct show *show, struct shown *shown, uint64_t read_ns)
{
	const struct baseline *before = shown->read_ns ? &shown->before : NULL;
	uint64_t begin = shown->read_ns ? shown->read_ns : shown->created_ns;

	if (show->json)
		print_json(shown, before, since(begin, read_ns));
	else
		print_text(show, shown, before, since(begin, read_ns));
}

/* The first reading of an interval is only what the next one is compared with. */
static int show_process(struct show *show, struct shown *shown)
{
	bool first = shown->created_ns == 0, loaded;
	int err = read_process(show, shown, &loaded);
	uint64_t read_ns = clock_read_ns(CLOCK_BOOTTIME);

	if (err && !first) {
		cli_error(usage.verb, "%s[%d] %s", shown->program, (int)shown->pid,
		          err == -ESRCH ? "has ended" : explain(err, loaded));
		shown->ended = true;
		return CLI_OK;
	}
	if (err) {
		cli_error(usage.verb, "%d: %s", (int)shown->pid, explain(err, loaded));
		shown->ended = true;
		return CLI_PROBLEM;
	}
	if (!first || !show->interval_ms)
		print(show, shown, read_ns);
	report_told(&shown->before, &shown->now);
	shown->read_ns = read_ns;
	return CLI_OK;
}

/* CLI_PROBLEM: one of them could not be shown; *ret_left: how many go on. */
static int show_all(struct show *show, size_t *ret_left)
{
	int code = CLI_OK;

	*ret_left = 0;
	for (size_t i = 0; i < show->count; i++) {
		struct shown *shown = show->all[i];

		if (!shown->ended && show_process(show, shown) != CLI_OK)
			code = CLI_PROBLEM;
		*ret_left += !shown->ended;
	}
	return code;
}

static int show_again_and_again(struct show *show)
{
	struct timespec pause = {show->interval_ms / 1000, show->interval_ms % 1000 * 1000000},
			next;
	size_t left;
	int code;

	clock_gettime(CLOCK_MONOTONIC, &next);
	code = show_all(show, &left);
	for (long i = 0; left && (show->times == 0 || i < show->times); i++) {
		next.tv_sec += pause.tv_sec + (next.tv_nsec + pause.tv_nsec) / 1000000000;
		next.tv_nsec = (next.tv_nsec + pause.tv_nsec) % 1000000000;
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL) == EINTR)
			;
		show_all(show, &left);
		if (cli_finish_output(usage.verb, CLI_OK) != CLI_OK)
			return CLI_PROBLEM;
	}
	return code;
}

static void list_process(pid_t pid, int err, const struct segment_reading *reading, void *context)
{
	struct show *show = context;
	char program[sizeof(((struct shown *)0)->program)], age[FORMAT_SIZE];
	uint64_t age_ns;

	if (err) {
		show->unread++;
		return;
	}
	show->listed++;
	age_ns = since(reading->created_boottime_ns, clock_read_ns(CLOCK_BOOTTIME));
	printable_program(program, sizeof(program), reading->program);
	format_duration(age, (int64_t)age_ns);
	if (!show->json) {
		if (show->listed == 1)
			printf("%10s  %10s  %s\n", "PID", "FOR", "PROGRAM");
		printf("%10d  %10s  %s\n", (int)pid, age, program);
		return;
	}
	print_object(json_pack("{s:s, s:I, s:s, s:f}", "otelue", PACKAGE_VERSION, "pid",
	                       (json_int_t)pid, "program", program, "duration",
	                       (double)age_ns / 1e9));
}

static int list(struct show *show)
{
	int err = live_each(list_process, show);

	if (err) {
		cli_error(usage.verb, "/proc: %s", strerror(-err));
		return CLI_PROBLEM;
	}
	if (show->unread)
		cli_error(usage.verb, "%zu more cannot be read (otelue show PID tells why)",
		          show->unread);
	if (show->listed)
		return CLI_OK;
	if (!show->unread)
		cli_error(usage.verb, "no process that this user may look into runs with the shim");
	return CLI_PROBLEM;
}

/* CLI_NO_MORE, or the exit code. */
static int parse(struct show *show, int argc, char **argv)
{
	const char *argument;
	int option, code;

	while ((option = cli_next(&usage, argc, argv, &argument, &code)) != CLI_NO_MORE) {
		switch (option) {
		case CLI_EXIT:
			return code;
		case 'j':
			show->json = true;
			break;
		case 'i':
			show->interval_ms = cli_milliseconds(argument);
			if (show->interval_ms < 0)
				return cli_usage_error(&usage,
				                       "--interval wants " CLI_SECONDS ", not '%s'",
				                       argument);
			break;
		case 'n':
			show->times = number_of(argument, LONG_MAX);
			if (show->times < 1)
				return cli_usage_error(&usage,
				                       "--count wants a number from 1 on, not '%s'",
				                       argument);
			break;
		}
	}
	if (show->times && !show->interval_ms)
		return cli_usage_error(&usage, "--count goes with --interval");
	if (show->interval_ms && optind == argc)
		return cli_usage_error(&usage, "--interval goes with a PID");
	return CLI_NO_MORE;
}

/* CLI_NO_MORE, or the exit code. */
static int take_processes(struct show *show, int count, char **words)
{
	show->all = memory_take((size_t)(count + 1) * sizeof(struct shown *));
	for (; count > 0; count--, words++) {
		long pid = number_of(*words, INT_MAX);

		if (pid < 1)
			return cli_usage_error(&usage, "'%s' is no process id", *words);
		show->all[show->count] = memory_take(sizeof(struct shown));
		show->all[show->count++]->pid = (pid_t)pid;
	}
	return CLI_NO_MORE;
}

int cli_show(int argc, char **argv)
{
	struct show *show = memory_take(sizeof(*show));
	int code = parse(show, argc, argv);
	size_t left;

	if (code == CLI_NO_MORE)
		code = take_processes(show, argc - optind, argv + optind);
	if (code == CLI_NO_MORE && optind == argc)
		code = cli_finish_output(usage.verb, list(show));
	else if (code == CLI_NO_MORE && show->interval_ms)
		code = show_again_and_again(show);
	else if (code == CLI_NO_MORE)
		code = cli_finish_output(usage.verb, show_all(show, &left));
	for (size_t i = 0; show->all && i < show->count; i++)
		free(show->all[i]);
	free(show->all);
	free(show);
	return code;
}
