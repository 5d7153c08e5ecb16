/*
 * otelue register: makes the events before the first program does, so that perf can attach first.
 * Where that is allowed they persist; else they are held open until this process is stopped.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "cli/cli.h"
#include "cli/user_events.h"
#include "encoder/record.h"
#include "sink/events.h"
#include "sink/user_events.h"
#include "sink/user_events_abi.h"
#include "sink/user_events_explain.h"

enum { OPTION_HOLD = 256 };

static const struct cli_option options[] = {
	{OPTION_HOLD, "hold", NULL,
         "hold the events open until stopped, even if they could persist"},
	{'d', "delete", NULL, "delete the events (as root, when nobody uses them)"},
	{0, NULL, NULL, NULL},
};

static const struct cli_usage usage = {
	"register",
	"[--hold | --delete]",
	"Registers the events " OTLP_EVENT " and " RECORD_EVENT
	" with the kernel, so that perf and\n"
	"other tools can attach before the first program starts. With CAP_PERFMON they persist\n"
	"until deleted or the next boot; without, this command holds them open until it gets\n"
	"SIGINT, SIGTERM or SIGHUP.\n",
	options,
	false,
};

static const char *const descriptions[] = {OTLP_EVENT_DESCRIPTION, RECORD_DESCRIPTION};
static const char *const names[] = {OTLP_EVENT, RECORD_EVENT};

#define EVENTS (sizeof(names) / sizeof(names[0]))

static uint32_t enabled[EVENTS]; /* written by the kernel while we live */

static int problem(enum user_events_call call, const char *what, int err)
{
	const struct user_events_error *error = user_events_explain(call, err);

	cli_error(usage.verb, "%s: %s (%s); %s", what, error->problem, strerrorname_np(-err),
	          error->remedy);
	return CLI_PROBLEM;
}

static int register_event(int fd, size_t event, bool persist)
{
	struct user_events_register request = {
		.size = sizeof(request),
		.enable_size = sizeof(enabled[event]),
		.flags = persist ? USER_EVENTS_FLAG_PERSIST : 0,
		.enable_address = (uint64_t)(uintptr_t)&enabled[event],
		.description = (uint64_t)(uintptr_t)descriptions[event],
	};

	return ioctl(fd, USER_EVENTS_REGISTER, &request) < 0 ? -errno : 0;
}

/* All or none persist: the first one decides. *ret_persist is false where that is not allowed. */
static int register_all(int fd, bool *ret_persist)
{
	int err;

	for (size_t event = 0; event < EVENTS; event++) {
		err = register_event(fd, event, *ret_persist);
		if (err == -EPERM && *ret_persist && event == 0) {
			*ret_persist = false;
			err = register_event(fd, event, false);
		}
		if (err)
			return problem(USER_EVENTS_REGISTERING, names[event], err);
	}
	return CLI_OK;
}

static int delete_problem(const char *name, int err)
{
	if (err != -EBUSY)
		return problem(USER_EVENTS_REGISTERING, name, err);
	cli_error(usage.verb, "%s is in use: stop the programs and tracers that use it", name);
	return CLI_PROBLEM;
}

/* Who has just ended gives its events back a moment later. */
static int delete_event(int fd, const char *name)
{
	const struct timespec pause = {0, 20000000};
	int result = ioctl(fd, USER_EVENTS_DELETE, name);

	for (int attempt = 0; result < 0 && errno == EBUSY && attempt < 50; attempt++) {
		nanosleep(&pause, NULL);
		result = ioctl(fd, USER_EVENTS_DELETE, name);
	}
	return result < 0 ? -errno : 0;
}

static int delete_all(int fd)
{
	int code = CLI_OK;

	for (size_t event = 0; event < EVENTS; event++) {
		int err = delete_event(fd, names[event]);

		if (err == 0)
			printf("%s is deleted\n", names[event]);
		else if (err == -ENOENT)
			printf("%s was not registered\n", names[event]);
		else
			code = delete_problem(names[event], err);
	}
	return code;
}

static int hold(void)
{
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGHUP);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	printf("user_events:%s and user_events:%s are held open until this command is stopped\n",
	       names[0], names[1]);
	if (cli_finish_output(usage.verb, CLI_OK) != CLI_OK)
		return CLI_PROBLEM;
	while (sigwaitinfo(&stop, NULL) < 0 && errno == EINTR)
		;
	return CLI_OK;
}

static int work(int fd, int option)
{
	bool persist = option != OPTION_HOLD;
	int code;

	if (option == 'd')
		return delete_all(fd);
	code = register_all(fd, &persist);
	if (code)
		return code;
	if (!persist)
		return hold();
	printf("user_events:%s and user_events:%s are registered and persist (otelue register "
	       "--delete ends that)\n",
	       names[0], names[1]);
	return CLI_OK;
}

int cli_register(int argc, char **argv)
{
	const char *argument;
	int option, chosen = 0, code = CLI_OK, fd;
	char path[USER_EVENTS_PATH_SIZE];

	while ((option = cli_next(&usage, argc, argv, &argument, &code)) != CLI_NO_MORE) {
		if (option == CLI_EXIT)
			return code;
		if (chosen && chosen != option)
			return cli_usage_error(&usage, "--hold and --delete exclude each other");
		chosen = option;
	}
	code = cli_no_operands(&usage, argc, argv);
	if (code)
		return code;
	user_events_find(path, sizeof(path));
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return problem(USER_EVENTS_OPEN, path, user_events_not_built() ? -ENOENT : -errno);
	code = work(fd, chosen);
	close(fd);
	return cli_finish_output(usage.verb, code);
}
