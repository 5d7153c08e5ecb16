/* See session_salvage.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "cli/memory.h"
#include "cli/printable.h"
#include "cli/session_internal.h"
#include "cli/session_salvage.h"
#include "cli/tree.h"
#include "metrics/reader.h"
#include "metrics/session.h"
#include "sink/user_events.h"

#define LEFT_S    86400 /* so long after its last change a session waits for a listener */
#define LEFT_MOST 8     /* they take memory */

const char *session_salvage_reason(const struct salvager *salvager, enum salvage_outcome outcome,
                                   int error)
{
	switch (outcome) {
	case SALVAGE_BUSY:
		return "another process salvages it";
	case SALVAGE_OTHER_NAMESPACE:
		return "it is of another pid namespace: run otelue salvage there";
	case SALVAGE_UNTOLD:
		return "it ended before it knew its pid namespace, and this file system does not "
		       "tell whether its memory is used";
	case SALVAGE_NOT_TOLD:
		return "shared memory was too short to keep what it had exported";
	case SALVAGE_NO_EXPORTER:
		return salvager->exact ? "its settings name no exporter"
		                       : "it left no settings, and those here name no exporter";
	case SALVAGE_NOBODY:
		return user_events_not_built()
		               ? "its exporter is user_events, and this kernel has none"
		               : "nobody listens to its events: start perf or a collector "
		                 "first";
	case SALVAGE_FAILED:
		return memory_text("cannot export to %s: %s",
		                   settings_exporter_enabled(&salvager->settings, SINK_FILE)
		                           ? "its file"
		                           : "user_events",
		                   strerror(-error));
	default:
		return tree_explain(error);
	}
}

struct salvaging {
	struct salvager salvager; /* first: the callbacks find the rest behind it */
	struct user_events user_events;
	void (*complain)(const char *text);
	bool left; /* something that a later try may export */
};

static struct salvaging *begin(const struct settings *own,
                               void (*tell)(struct salvager *salvager, const char *name,
                                            enum salvage_outcome outcome, int error))
{
	struct salvaging *salvaging = memory_take_pages(sizeof(*salvaging));

	user_events_open(&salvaging->user_events); /* where it fails nobody listens */
	salvaging->salvager.own = own;
	salvaging->salvager.user_events = &salvaging->user_events;
	salvaging->salvager.tell = tell;
	salvaging->salvager.keep = true;
	return salvaging;
}

static void end(struct salvaging *salvaging)
{
	user_events_close(&salvaging->user_events);
	munmap(salvaging, sizeof(*salvaging));
}

/* What a tree has told is told of all its processes together: none of them can be told alone.
 * salvage_directory() sees to it where it lies. */
static bool is_of_tree(int session)
{
	struct session_accumulator *accumulator = memory_take(sizeof(*accumulator));
	bool is = reader_session(session, geteuid(), accumulator) == 0 &&
	          accumulator->own != SESSION_OF_RUN;

	free(accumulator);
	return is;
}

static session_visitor export_inner;

static void export_session(struct salvaging *salvaging, int fd, int depth)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d/.", fd);
	salvage_directory(&salvaging->salvager, path);
	session_visit(fd, depth + 1, export_inner, salvaging);
}

static int export_inner(int directory, const char *name, int depth, void *context)
{
	int fd = session_is_directory(name) ? session_open_own(directory, name) : -ENOENT;

	if (fd < 0)
		return 0;
	if (depth < SESSION_DEPTH && is_of_tree(fd))
		session_visit(fd, depth + 1, export_inner, context);
	else if (depth < SESSION_DEPTH)
		export_session(context, fd, depth);
	close(fd);
	return 0;
}

/* To whom nobody listens: its counts stand in the result. */
static void tell_own(struct salvager *salvager, const char *name, enum salvage_outcome outcome,
                     int error)
{
	struct salvaging *salvaging = (struct salvaging *)salvager;
	const char *slash = strrchr(salvager->reading.program, '/');
	const char *program = slash ? slash + 1 : salvager->reading.program;
	char text[3 * sizeof(salvager->reading.program)], *line;

	(void)name;
	if (outcome != SALVAGE_FAILED && outcome != SALVAGE_NOT_TOLD)
		return;
	printable_copy(text, sizeof(text), program, strlen(program));
	line = memory_text("%s[%u] was killed, and the rest of its counts is not exported: %s%s",
	                   text, salvager->reading.pid,
	                   session_salvage_reason(salvager, outcome, error),
	                   outcome == SALVAGE_FAILED ? " (otelue salvage tries again)" : "");
	salvaging->complain(line);
	free(line);
	salvaging->left |= outcome == SALVAGE_FAILED;
}

bool session_salvage_own(const struct session_directory *session, const struct settings *own,
                         void (*complain)(const char *text))
{
	struct salvaging *salvaging = begin(own, tell_own);
	bool left;

	salvaging->complain = complain;
	export_session(salvaging, session->lock, 0);
	left = salvaging->left;
	end(salvaging);
	return !left;
}

static void note_left(struct salvager *salvager, const char *name, enum salvage_outcome outcome,
                      int error)
{
	struct salvaging *salvaging = (struct salvaging *)salvager;

	(void)name;
	(void)error;
	salvaging->left |= outcome == SALVAGE_FAILED || outcome == SALVAGE_BUSY ||
	                   (outcome == SALVAGE_NOBODY && salvaging->user_events.registered);
}

struct sweep {
	struct salvaging *salvaging; /* NULL: nothing was found yet */
	int left, removed;
};

static bool is_young(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && time(NULL) - status.st_mtime < LEFT_S;
}

static int sweep_entry(int directory, const char *name, int depth, void *context)
{
	struct sweep *sweep = context;
	int fd = session_is_directory(name) ? session_claim(directory, name, depth) : -1;

	if (fd < 0)
		return 0;
	if (!sweep->salvaging)
		sweep->salvaging = begin(NULL, note_left);
	sweep->salvaging->left = false;
	if (is_of_tree(fd))
		salvage_tree(&sweep->salvaging->salvager, directory, name);
	else
		export_session(sweep->salvaging, fd, depth);
	if (sweep->salvaging->left && is_young(fd) && sweep->left < LEFT_MOST) {
		sweep->left++;
		close(fd);
	} else {
		sweep->removed++;
		session_clear(fd, directory, name, depth);
	}
	return 0;
}

int session_salvage_sweep(const char *base)
{
	struct sweep sweep = {NULL, 0, 0};
	int fd = session_open_user(base);

	if (fd < 0)
		return 0;
	/* Somebody makes a session right now: then not this time. */
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		session_visit(fd, 0, sweep_entry, &sweep);
	close(fd);
	if (sweep.salvaging)
		end(sweep.salvaging);
	return sweep.removed;
}

struct stale {
	void (*visit)(const char *path, void *context);
	void *context;
};

static int visit_stale(int directory, const char *name, int depth, void *context)
{
	const struct stale *stale = context;
	char path[64];
	int fd = session_is_directory(name) ? session_open_own(directory, name) : -ENOENT;

	if (fd < 0)
		return 0;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d/.", fd);
		if (!is_of_tree(fd))
			stale->visit(path, stale->context);
		if (depth < SESSION_DEPTH)
			session_visit(fd, depth + 1, visit_stale, context);
	}
	close(fd);
	return 0;
}

void session_salvage_stale(const char *base, void (*visit)(const char *path, void *context),
                           void *context)
{
	struct stale stale = {visit, context};
	int fd = session_open_user(base);

	if (fd < 0)
		return;
	session_visit(fd, 0, visit_stale, &stale);
	close(fd);
}
