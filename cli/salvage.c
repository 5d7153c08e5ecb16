/*
 * otelue salvage: exports what killed processes had counted and not exported, as themselves, and
 * takes their segments away. See export/salvage.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "cli/cli.h"
#include "cli/memory.h"
#include "cli/printable.h"
#include "cli/session_salvage.h"
#include "cli/settings.h"

static const struct cli_option options[] = {
	{'n', "dry-run", NULL, "only tell what would be done"},
	{0, NULL, NULL, NULL},
};

static const struct cli_usage usage = {
	"salvage",
	"[options]",
	"Exports what killed processes of this user had counted and not yet exported: with the\n"
	"settings and the resource that each of them had, to the file or the listeners that it\n"
	"exported to. Then their shared memory is removed. Prints a line for each of them.\n\n"
	"The exit code is 1 if one had to be left alone, and the line says why.\n",
	options,
	false,
};

struct salvaging {
	struct salvager salvager; /* first: the callback finds the rest behind it */
	struct settings own;
	struct user_events user_events;
	int left;
};

static void print_exported(const struct salvager *salvager)
{
	const char *separator = "", *verb = salvager->dry ? "to export" : "exported";

	for (int sink = 0; sink < SINK_COUNT; sink++) {
		if (!salvager->delivery.points[sink])
			continue;
		printf("%s%llu data points %s to %s", separator,
		       (unsigned long long)salvager->delivery.points[sink], verb,
		       settings_exporter_names[sink]);
		separator = ", ";
	}
	if (!*separator)
		printf("nothing %s, all had been", verb);
	if (!salvager->exact)
		printf(" (with the settings here: it left none)");
	putchar('\n');
}

static void tell(struct salvager *salvager, const char *name, enum salvage_outcome outcome,
                 int error)
{
	struct salvaging *salvaging = (struct salvaging *)salvager;
	const char *slash = strrchr(salvager->reading.program, '/');
	const char *program = slash ? slash + 1 : salvager->reading.program;
	char text[3 * sizeof(salvager->reading.program)];

	/* One that is just being made is not dead. */
	if (outcome == SALVAGE_ALIVE || outcome == SALVAGE_GONE ||
	    (outcome == SALVAGE_REFUSED && error == -EAGAIN))
		return;
	printable_copy(text, sizeof(text), program, strlen(program));
	if (salvager->reading.pid)
		printf("%u %s%s: ", salvager->reading.pid, text,
		       session_is_directory(name) ? " and its tree" : "");
	else
		printf("%s: ", name);
	if (outcome == SALVAGE_EXPORTED) {
		print_exported(salvager);
		return;
	}
	printf("left alone: %s\n", session_salvage_reason(salvager, outcome, error));
	salvaging->left++;
}

static int load(struct salvaging *salvaging)
{
	struct settings_error error;

	if (cli_settings_load(&salvaging->own, &error) == 0)
		return CLI_OK;
	cli_error(usage.verb, "%s", error.text);
	return CLI_PROBLEM;
}

static void salvage_path(const char *path, void *context)
{
	struct salvaging *salvaging = context;
	int err = salvage_directory(&salvaging->salvager, path);

	if (err && err != -ENOENT) {
		cli_error(usage.verb, "%s: %s", path, strerror(-err));
		salvaging->left++;
	}
}

static int salvage_all(struct salvaging *salvaging)
{
	char path[SESSION_PATH_SIZE];
	int err = settings_user_directory(salvaging->own.segment_directory, path, sizeof(path));

	if (err) {
		cli_error(usage.verb, "%s: %s", salvaging->own.segment_directory, strerror(-err));
		return CLI_PROBLEM;
	}
	user_events_open(&salvaging->user_events); /* where it fails nobody listens */
	salvage_path(path, salvaging);
	session_salvage_stale(salvaging->own.segment_directory, salvage_path, salvaging);
	user_events_close(&salvaging->user_events);
	return salvaging->left ? CLI_PROBLEM : CLI_OK;
}

int cli_salvage(int argc, char **argv)
{
	struct salvaging *salvaging = memory_take_pages(sizeof(*salvaging));
	const char *argument;
	int option, code;

	while ((option = cli_next(&usage, argc, argv, &argument, &code)) != CLI_NO_MORE) {
		if (option == CLI_EXIT) {
			munmap(salvaging, sizeof(*salvaging));
			return code;
		}
		salvaging->salvager.dry = true;
	}
	code = cli_no_operands(&usage, argc, argv);
	if (!code)
		code = load(salvaging);
	if (!code) {
		salvaging->salvager.own = &salvaging->own;
		salvaging->salvager.user_events = &salvaging->user_events;
		salvaging->salvager.tell = tell;
		code = cli_finish_output(usage.verb, salvage_all(salvaging));
	}
	munmap(salvaging, sizeof(*salvaging));
	return code;
}
