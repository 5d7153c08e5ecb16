/* See session_dead.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>
#include "cli/memory.h"
#include "cli/session_dead.h"
#include "cli/session_internal.h"
#include "cli/session_salvage.h"
#include "metrics/reader.h"
#include "metrics/session.h"

#define PAUSE_MS 1000
#define BUSY_MS  100 /* where one is killed after the other */
#define AT_ONCE  64  /* the program may end meanwhile, and waits for us */

struct dead_segment {
	uint64_t time; /* when it was made */
	char name[48];
};

struct session_dead {
	struct salvager salvager; /* first: the callback finds the rest behind it */
	struct user_events user_events;
	struct session_accumulator *accumulator; /* NULL: there was nothing to do yet */
	const struct session_directory *session;
	struct dead_segment *found;
	size_t count;
	uint64_t untold;    /* not exported */
	const char *reason; /* of the first of them */
};

static void note_untold(struct salvager *salvager, const char *name, enum salvage_outcome outcome,
                        int error)
{
	struct session_dead *dead = (struct session_dead *)salvager;

	(void)name;
	if (outcome != SALVAGE_FAILED && outcome != SALVAGE_NOT_TOLD)
		return;
	if (!dead->untold++)
		dead->reason = session_salvage_reason(salvager, outcome, error);
}

struct session_dead *session_dead_open(const struct session_directory *session,
                                       const struct settings *own)
{
	struct session_dead *dead = memory_take_pages(sizeof(*dead));

	dead->session = session;
	dead->salvager.own = own;
	dead->salvager.user_events = &dead->user_events;
	dead->salvager.tell = note_untold;
	dead->salvager.keep = true; /* it is counted yet */
	return dead;
}

void session_dead_close(struct session_dead *dead, void (*complain)(const char *text))
{
	char *line;

	if (dead->untold) {
		line = memory_text("of %llu killed processes the rest of the counts is not "
		                   "exported: %s",
		                   (unsigned long long)dead->untold, dead->reason);
		complain(line);
		free(line);
	}
	if (dead->accumulator) {
		user_events_close(&dead->user_events);
		session_close(dead->accumulator);
	}
	free(dead->found);
	munmap(dead, sizeof(*dead));
}

/* A pid that is in use is not asked about further: most are of processes that live. One that was
 * used again waits for its end. */
static int note_dead(int directory, const char *name, int depth, void *context)
{
	struct session_dead *dead = context;
	struct dead_segment *segment;
	char *time;
	long pid;

	(void)directory;
	(void)depth;
	if (!session_is_segment(name) || strlen(name) >= sizeof(segment->name))
		return 0;
	pid = strtol(name, &time, 10);
	/* "<pid>.exec" is swept by those who execute. */
	if (time[1] == 'e' || pid > INT32_MAX || kill((pid_t)pid, 0) == 0 || errno != ESRCH)
		return 0;
	dead->found = memory_grow(dead->found, dead->count + 1, sizeof(*dead->found));
	segment = &dead->found[dead->count++];
	segment->time = strtoull(time + 1, NULL, 10);
	strcpy(segment->name, name);
	return 0;
}

static int compare(const void *one, const void *other)
{
	const struct dead_segment *a = one, *b = other;

	return (a->time > b->time) - (a->time < b->time);
}

/* A vfork child may go on in its memory, and a pid of another namespace says nothing. */
static bool is_final(const struct segment_reading *reading, int fd)
{
	uint64_t own = segment_pid_namespace();

	return own && reading->pid_namespace == own && !reader_process_runs(reading) &&
	       reader_memory_use(fd) == MEMORY_UNUSED;
}

/*
 * Exported before it is taken in: a run that is killed in between leaves what otelue salvage finds
 * as ever. Locked, so that who exports for a run around ours does not find it half taken in.
 */
static bool take(struct session_dead *dead, const char *name)
{
	struct segment_reading *reading = &dead->salvager.reading;
	int directory = dead->session->lock;
	int fd = reader_open(directory, name, geteuid(), O_RDONLY);
	bool taken;

	if (fd < 0)
		return false;
	taken = reader_header(fd, reading) == 0 && is_final(reading, fd) &&
	        salvage_segment(&dead->salvager, directory, name) != SALVAGE_BUSY &&
	        flock(fd, LOCK_EX | LOCK_NB) == 0 && reader_parse(fd, reading) == 0;
	if (taken)
		session_absorb(dead->accumulator, directory, name, reading);
	close(fd);
	return taken;
}

static bool begin(struct session_dead *dead)
{
	if (dead->accumulator)
		return true;
	if (session_open(dead->session->path, &dead->accumulator) < 0)
		return false;
	user_events_open(&dead->user_events); /* where it fails nobody listens */
	/* Where a file may not grow, or nobody reads a pipe, the export fails. */
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	return true;
}

long session_dead_look(void *context)
{
	struct session_dead *dead = context;
	size_t taken = 0;

	dead->count = 0;
	session_visit(dead->session->lock, 0, note_dead, dead);
	if (dead->count <= SESSION_DEAD_KEPT || !begin(dead))
		return PAUSE_MS;
	qsort(dead->found, dead->count, sizeof(*dead->found), compare);
	for (size_t i = 0; i + SESSION_DEAD_KEPT < dead->count && taken < AT_ONCE; i++)
		taken += take(dead, dead->found[i].name);
	if (taken == AT_ONCE)
		return 0;
	return taken ? BUSY_MS : PAUSE_MS;
}
