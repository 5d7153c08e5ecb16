/* One segment after the other; see salvage.h. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/file.h>
#include <sys/stat.h>
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "export/salvage_internal.h"

#define ABANDONED_S      60                  /* an unfinished segment is this old */
#define SETTLED_NS       UINT64_C(100000000) /* longer than a tick */
#define DIRENT_LENGTH_AT 16                  /* of struct linux_dirent64 */
#define DIRENT_NAME_AT   19

bool salvage_identity_valid(const struct ledger *ledger)
{
	return settings_valid(ledger->settings, sizeof(struct settings)) &&
	       resource_check((const struct resource *)ledger->resource) == 0;
}

/* Settings and resource: the process's own, else made up from outside. */
static enum salvage_outcome identify(struct salvager *salvager, int fd, int *ret_error)
{
	struct ledger *ledger = &salvager->ledger;
	enum ledger_state state = salvager->reading.ledger;

	if (state == LEDGER_PRIVATE)
		return SALVAGE_NOT_TOLD;
	salvager->exact = state != LEDGER_EMPTY;
	if (salvager->exact) {
		*ret_error = reader_ledger(fd, &salvager->reading, LEDGER_IDENTIFIED, ledger);
		if (*ret_error)
			return SALVAGE_REFUSED;
		memcpy(&salvager->settings, ledger->settings, sizeof(salvager->settings));
		/* Many may lie there to which nobody listens: not even looked at closely. */
		if (salvager->quick && salvage_find_sink(salvager) != SALVAGE_EXPORTED)
			return SALVAGE_NOBODY;
		if (!salvage_identity_valid(ledger)) {
			*ret_error = -EBADMSG;
			return SALVAGE_REFUSED;
		}
		memcpy(&salvager->resource, ledger->resource, sizeof(salvager->resource));
		return SALVAGE_EXPORTED;
	}
	if (!salvager->own)
		return SALVAGE_UNIDENTIFIED;
	memcpy(&salvager->settings, salvager->own, sizeof(salvager->settings));
	salvage_describe(salvager);
	return SALVAGE_EXPORTED;
}

static bool put(int fd, const void *bytes, size_t size, size_t at)
{
	return sys_call(SYS_pwrite64, fd, bytes, size, at) == (long)size;
}

static void put_word(int fd, uint32_t value, size_t at)
{
	put(fd, &value, sizeof(value), at);
}

/* Nothing more is to be exported out of the segment. */
static void close_segment(const struct salvager *salvager, int fd)
{
	if (salvager->keep)
		put_word(fd, LEDGER_CLOSED, offsetof(struct segment_header, ledger));
	else
		put_word(fd, SEGMENT_EXPORTED, offsetof(struct segment_header, state));
}

/* A sink took a part and then no more: what it was told is entered in the segment, for the next
 * try. Where that cannot be done there is none: nothing is exported twice. */
static void keep_rest(struct salvager *salvager, int fd)
{
	struct ledger *ledger = &salvager->ledger;

	if (salvager->delivery.points[SINK_FILE] + salvager->delivery.points[SINK_USER_EVENTS] == 0)
		return;
	memcpy(ledger->settings, &salvager->settings, sizeof(salvager->settings));
	memcpy(ledger->resource, &salvager->resource, sizeof(salvager->resource));
	if (put(fd, ledger, sizeof(*ledger), SEGMENT_LEDGER_OFFSET))
		put_word(fd, LEDGER_KEPT, offsetof(struct segment_header, ledger));
	else
		close_segment(salvager, fd);
}

/* Of a segment that is locked and whose process is dead. */
static enum salvage_outcome export_dead(struct salvager *salvager, int directory, const char *name,
                                        int fd, int *ret_error)
{
	enum salvage_outcome outcome = identify(salvager, fd, ret_error);

	if (outcome == SALVAGE_EXPORTED)
		outcome = salvage_find_sink(salvager);
	if (outcome != SALVAGE_EXPORTED)
		return outcome;
	*ret_error = reader_parse(fd, &salvager->reading);
	if (!*ret_error)
		*ret_error = reader_ledger(fd, &salvager->reading, LEDGER_KEPT, &salvager->ledger);
	if (*ret_error)
		return SALVAGE_REFUSED;
	salvage_prepare(salvager);
	salvage_take(salvager, &salvager->reading.totals, salvager->reading.start_time_ns,
	             salvager->reading.seen_time_ns);
	*ret_error = salvage_deliver(salvager);
	if (*ret_error) {
		keep_rest(salvager, fd);
		return SALVAGE_FAILED;
	}
	if (!salvager->dry) {
		close_segment(salvager, fd);
		if (!salvager->keep)
			sys_call(SYS_unlinkat, directory, name, 0);
	}
	return SALVAGE_EXPORTED;
}

bool salvage_is_named(int directory, const char *name, int fd)
{
	struct stat there, here;

	return sys_call(SYS_newfstatat, directory, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       sys_call(SYS_newfstatat, fd, "", &here, AT_EMPTY_PATH) == 0 &&
	       there.st_dev == here.st_dev && there.st_ino == here.st_ino;
}

/* One whose process was killed while it made it holds nothing. It is made within a second. */
static bool is_abandoned(int fd, const char *name)
{
	struct stat status;

	return sys_call(SYS_kill, string_to_u64(&name), 0) == -ESRCH &&
	       sys_call(SYS_newfstatat, fd, "", &status, AT_EMPTY_PATH) == 0 &&
	       clock_read_ns(CLOCK_REALTIME) / 1000000000u >
	               (uint64_t)status.st_mtime + ABANDONED_S;
}

enum judged {
	JUDGED_BY_PID,
	JUDGED_DEAD,
	JUDGED_ALIVE,
	JUDGED_NOT, /* it cannot be told */
};

/*
 * A process that was killed in its first moments has left no pid namespace: then its memory tells
 * whether it lives. Asked before the file is opened for writing, which is a use, too.
 */
static enum judged judge(struct salvager *salvager, int directory, const char *name)
{
	int fd = reader_open(directory, name, (uid_t)sys_call(SYS_geteuid), O_RDONLY);
	static const enum judged by_use[] = {[MEMORY_UNUSED] = JUDGED_DEAD,
	                                     [MEMORY_USED] = JUDGED_ALIVE,
	                                     [MEMORY_UNTOLD] = JUDGED_NOT};
	enum judged result = JUDGED_BY_PID;

	if (fd < 0)
		return result;
	if (reader_header(fd, &salvager->reading) == 0 && !salvager->reading.pid_namespace)
		result = by_use[reader_memory_use(fd)];
	sys_call(SYS_close, fd);
	return result;
}

/* SALVAGE_GONE: it is dead. */
static enum salvage_outcome liveness(const struct segment_reading *reading, enum judged judged)
{
	uint64_t own, its = reading->pid_namespace;

	if (judged == JUDGED_DEAD)
		return SALVAGE_GONE;
	if (judged == JUDGED_ALIVE)
		return SALVAGE_ALIVE;
	if (!its) /* where it was not judged it was still being made */
		return judged == JUDGED_NOT && sys_call(SYS_kill, reading->pid, 0) == -ESRCH
		               ? SALVAGE_UNTOLD
		               : SALVAGE_ALIVE;
	own = segment_pid_namespace();
	if (!own || its != own)
		return SALVAGE_OTHER_NAMESPACE;
	return reader_process_runs(reading) ? SALVAGE_ALIVE : SALVAGE_GONE;
}

static enum salvage_outcome look(struct salvager *salvager, int directory, const char *name, int fd,
                                 enum judged judged, int *ret_error)
{
	enum salvage_outcome outcome;
	bool is_counted;

	if (sys_call(SYS_flock, fd, LOCK_EX | LOCK_NB) < 0)
		return SALVAGE_BUSY;
	if (!salvage_is_named(directory, name, fd))
		return SALVAGE_GONE;
	*ret_error = reader_header(fd, &salvager->reading);
	if (*ret_error == -EAGAIN && is_abandoned(fd, name)) {
		if (!salvager->dry)
			sys_call(SYS_unlinkat, directory, name, 0);
		return SALVAGE_GONE;
	}
	if (*ret_error)
		return SALVAGE_REFUSED;
	outcome = liveness(&salvager->reading, judged);
	if (outcome != SALVAGE_GONE)
		return outcome;
	/* It may have ended as it should since its state was read. */
	*ret_error = reader_header(fd, &salvager->reading);
	if (*ret_error)
		return SALVAGE_REFUSED;
	is_counted = salvager->reading.state == SEGMENT_LIVE;
	if (is_counted && salvager->reading.ledger != LEDGER_CLOSED)
		return export_dead(salvager, directory, name, fd, ret_error);
	if (!salvager->dry && !(salvager->keep && salvager->reading.state != SEGMENT_EXPORTED))
		sys_call(SYS_unlinkat, directory, name, 0);
	return SALVAGE_GONE;
}

enum salvage_outcome salvage_segment(struct salvager *salvager, int directory, const char *name)
{
	enum judged judged = judge(salvager, directory, name);
	int fd = reader_open(directory, name, (uid_t)sys_call(SYS_geteuid), O_RDWR), error = 0;
	enum salvage_outcome outcome;

	if (fd == -ENOENT)
		return SALVAGE_GONE;
	if (fd == -EAGAIN) /* another asks who uses its memory */
		return SALVAGE_BUSY;
	salvager->reading.pid = 0; /* not the one before it */
	salvager->reading.program[0] = '\0';
	if (fd < 0) {
		error = fd;
		outcome = SALVAGE_REFUSED;
	} else {
		outcome = look(salvager, directory, name, fd, judged, &error);
		sys_call(SYS_close, fd); /* gives the lock back */
	}
	if (salvager->tell)
		salvager->tell(salvager, name, outcome, error);
	return outcome;
}

/* "<pid>.": what follows it; NULL: no. */
static const char *after_pid(const char *name, uint64_t *ret_pid)
{
	*ret_pid = string_to_u64(&name);
	return *ret_pid > 0 && *ret_pid <= INT32_MAX && *name == '.' ? name + 1 : NULL;
}

static bool is_time(const char *text)
{
	return string_to_u64(&text) && !*text;
}

/* The next try has to wait for another moment, or for something else to change. */
static bool stays(enum salvage_outcome outcome)
{
	return outcome != SALVAGE_EXPORTED && outcome != SALVAGE_ALIVE && outcome != SALVAGE_BUSY;
}

/* "<pid>.<time>", and "<pid>.exec", which is only to be swept. */
static void look_quickly(struct salvager *salvager, int directory, const char *name, uint64_t pid,
                         bool is_segment)
{
	uint64_t key = tried_key(&salvager->tried, name, 0);
	enum salvage_outcome outcome = SALVAGE_REFUSED;

	if (tried_has(&salvager->tried, key) || sys_call(SYS_kill, pid, 0) != -ESRCH)
		return;
	if (is_segment)
		outcome = salvage_segment(salvager, directory, name);
	if (outcome == SALVAGE_GONE || !stays(outcome))
		return;
	tried_note(&salvager->tried, key);
	salvager->left_anew = true;
}

static bool is_session(const char *name)
{
	static const char start[] = "session.";

	for (const char *at = start; *at; at++) {
		if (*name++ != *at)
			return false;
	}
	return true;
}

/* Whoever comes into a session makes a segment there. A note would outlast that within the same
 * tick of the file system's clock. */
static void look_quickly_at_session(struct salvager *salvager, int directory, const char *name)
{
	struct stat status;
	uint64_t changed_ns, key;

	if (sys_call(SYS_newfstatat, directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	changed_ns =
		(uint64_t)status.st_mtim.tv_sec * 1000000000u + (uint64_t)status.st_mtim.tv_nsec;
	key = tried_key(&salvager->tried, name, changed_ns);
	if (!tried_has(&salvager->tried, key) && stays(salvage_tree(salvager, directory, name)) &&
	    changed_ns + SETTLED_NS < salvager->tried.now_ns)
		tried_note(&salvager->tried, key);
}

static void visit(struct salvager *salvager, int directory, const char *name)
{
	uint64_t pid;
	const char *rest = after_pid(name, &pid);

	if (rest && salvager->quick && (is_time(rest) || string_equal(rest, "exec")))
		look_quickly(salvager, directory, name, pid, *rest != 'e');
	else if (rest && is_time(rest))
		salvage_segment(salvager, directory, name);
	else if (is_session(name) && salvager->quick)
		look_quickly_at_session(salvager, directory, name);
	else if (is_session(name))
		salvage_tree(salvager, directory, name);
}

static void begin_walk(struct salvager *salvager, int directory)
{
	uint32_t listeners = 0;

	salvager->directory = directory;
	if (!salvager->quick)
		return;
	if (user_events_listening(salvager->user_events, USER_EVENT_OTLP))
		listeners |= TRIED_OTLP;
	if (user_events_listening(salvager->user_events, USER_EVENT_RECORD))
		listeners |= TRIED_RECORD;
	tried_open(&salvager->tried, directory, salvager->pid_namespace, listeners);
}

int salvage_directory(struct salvager *salvager, const char *path)
{
	char *entries = salvager->entries;
	long directory = file_open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0), bytes = 0;
	uint16_t length;

	if (directory < 0)
		return (int)directory;
	begin_walk(salvager, (int)directory);
	while (bytes >= 0 && (bytes = sys_call(SYS_getdents64, directory, entries,
	                                       sizeof(salvager->entries))) > 0) {
		for (long at = 0; at < bytes; at += length) {
			const char *name = entries + at + DIRENT_NAME_AT;

			memcpy(&length, entries + at + DIRENT_LENGTH_AT, sizeof(length));
			if (salvager->stop && acquire_load(salvager->stop) != salvager->go_on) {
				bytes = -EINTR;
				break;
			}
			visit(salvager, (int)directory, name);
		}
	}
	if (salvager->quick)
		tried_close(&salvager->tried, bytes == 0);
	sys_call(SYS_close, directory);
	return (int)bytes;
}
