/*
 * A tree all of whose processes were killed at once: nobody of it is left to export for it. What it
 * was called and what its sinks have been told stands in its session, its last values in the
 * accumulator and the segments there; see salvage.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/file.h>
#include "base/memory.h"
#include "base/syscall.h"
#include "export/salvage_internal.h"
#include "metrics/collect.h"

/* How every accumulator begins. */
struct head {
	uint64_t magic;
	uint32_t version, layout, own;
};

_Static_assert(offsetof(struct session_accumulator, own) == offsetof(struct head, own),
               "begins so");

static uid_t user(void)
{
	return (uid_t)sys_call(SYS_geteuid);
}

static bool is_of_tree(int accumulator)
{
	struct head head;

	return sys_call(SYS_pread64, accumulator, &head, sizeof(head), 0) == sizeof(head) &&
	       head.magic == SESSION_MAGIC && head.version == SEGMENT_VERSION &&
	       head.own != SESSION_OF_RUN;
}

/* "<pid>.<time>", "<pid>.exec" */
static bool is_segment(const char *name)
{
	return string_to_u64(&name) != 0 && *name == '.';
}

/* Many may lie there to which nobody listens: not even looked at closely. */
static bool is_heard(struct salvager *salvager, int session)
{
	struct ledger *ledger = &salvager->ledger;
	int fd = reader_open(session, SESSION_EXPORTS, user(), O_RDONLY), err;

	if (fd < 0)
		return true; /* identify() tells what that means */
	err = reader_read_at(fd, ledger, offsetof(struct ledger, resource), 0);
	sys_call(SYS_close, fd);
	if (err || !ledger->settings[0] || ledger->settings[0] == LEDGER_TREE_CLOSED)
		return true;
	memcpy(&salvager->settings, ledger->settings, sizeof(salvager->settings));
	return salvage_find_sink(salvager) == SALVAGE_EXPORTED;
}

/* Settings, resource and ledger out of the session. SALVAGE_UNIDENTIFIED: its emitter had not come
 * to that. */
static enum salvage_outcome identify(struct salvager *salvager, int session, int *ret_error)
{
	struct ledger *ledger = &salvager->ledger;
	int fd = reader_open(session, SESSION_EXPORTS, user(), O_RDONLY), err;

	salvager->exact = false;
	memset(ledger, 0, sizeof(*ledger));
	if (fd == -ENOENT)
		return SALVAGE_UNIDENTIFIED;
	if (fd < 0) {
		*ret_error = fd;
		return SALVAGE_REFUSED;
	}
	err = reader_read_at(fd, ledger, sizeof(*ledger), 0);
	sys_call(SYS_close, fd);
	if (err) /* no room for it: its exporter kept one of its own */
		return SALVAGE_NOT_TOLD;
	if (ledger->settings[0] == LEDGER_TREE_CLOSED)
		return SALVAGE_GONE;
	if (!ledger->settings[0])
		return SALVAGE_UNIDENTIFIED;
	*ret_error = salvage_identity_valid(ledger) ? ledger_check(ledger) : -EBADMSG;
	if (*ret_error)
		return SALVAGE_REFUSED;
	salvager->exact = true;
	memcpy(&salvager->settings, ledger->settings, sizeof(salvager->settings));
	memcpy(&salvager->resource, ledger->resource, sizeof(salvager->resource));
	return SALVAGE_EXPORTED;
}

/* The segment of the process that the tree is called after tells who it was, if nothing else does.
 * One that had exported must have left more. */
static void note_leader(struct salvager *salvager)
{
	const struct segment_reading *reading = &salvager->reading;

	if (salvager->exact || !salvager->own || reading->seen_time_ns ||
	    reading->pid != salvager->tree.accumulator.leader)
		return;
	memcpy(&salvager->settings, salvager->own, sizeof(salvager->settings));
	salvage_describe(salvager);
	salvager->ledger.snapshot.start_time_ns = reading->start_time_ns;
}

/* The sum of all that are dead, in `sum`. False: one of them lives. */
static bool add_segments(struct salvager *salvager, int session, uint64_t *ret_seen_ns)
{
	struct salvage_tree *tree = &salvager->tree;
	struct segment_reading *reading = &salvager->reading;
	const char *name;

	tree->list.directory = session;
	tree->list.bytes = tree->list.at = 0;
	while ((name = segment_list_any(&tree->list))) {
		if (!is_segment(name) || reader_read(session, name, user(), reading))
			continue; /* its exporter would not have counted it either */
		/* Also one that executes a program: it opens the session again. */
		if (reading->alive)
			return false;
		if (reading->state != SEGMENT_LIVE)
			continue;
		note_leader(salvager);
		collect_merge(&tree->sum, &reading->totals, true);
		if (reading->seen_time_ns > *ret_seen_ns)
			*ret_seen_ns = reading->seen_time_ns;
	}
	return true;
}

/* Names keep the slots by which the sinks have been told of them. */
static bool add_all(struct salvager *salvager, int session, uint64_t *ret_seen_ns)
{
	struct salvage_tree *tree = &salvager->tree;

	memset(&tree->sum, 0, sizeof(tree->sum));
	names_copy(&tree->sum.names, &salvager->ledger.snapshot.totals.names);
	collect_merge(&tree->sum, &tree->totals, true);
	return add_segments(salvager, session, ret_seen_ns);
}

/* As it is named in lines for the user. */
static void name_tree(struct salvager *salvager)
{
	salvager->reading.pid = salvager->tree.accumulator.leader;
	resource_copy_string(&salvager->resource, "process.executable.path",
	                     salvager->reading.program, sizeof(salvager->reading.program));
}

/* The file that the ledger goes back to, with room for all of it. */
static int open_exports(int session)
{
	int fd = (int)sys_call(SYS_openat, session, SESSION_EXPORTS,
	                       O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	int err = fd < 0 ? fd : (int)sys_call(SYS_fallocate, fd, 0, 0, sizeof(struct ledger));

	if (err >= 0)
		return fd;
	if (fd >= 0)
		sys_call(SYS_close, fd);
	return err;
}

/* What the sinks have been told is entered, for the next try; or that they have been told all. */
static void enter(struct salvager *salvager, int exports, bool all)
{
	struct ledger *ledger = &salvager->ledger;

	memcpy(ledger->settings, &salvager->settings, sizeof(salvager->settings));
	memcpy(ledger->resource, &salvager->resource, sizeof(salvager->resource));
	if (all)
		ledger->settings[0] = LEDGER_TREE_CLOSED;
	sys_call(SYS_pwrite64, exports, ledger, sizeof(*ledger), 0);
}

static enum salvage_outcome deliver(struct salvager *salvager, int session, int *ret_error)
{
	int exports = -1;

	if (!salvager->dry) {
		/* Without room for what is told nothing is. */
		exports = open_exports(session);
		*ret_error = exports < 0 ? exports : 0;
		if (*ret_error)
			return SALVAGE_FAILED;
	}
	*ret_error = salvage_deliver(salvager);
	if (!salvager->dry) {
		enter(salvager, exports, !*ret_error);
		sys_call(SYS_close, exports);
	}
	return *ret_error ? SALVAGE_FAILED : SALVAGE_EXPORTED;
}

static enum salvage_outcome export_tree(struct salvager *salvager, int session, int *ret_error)
{
	struct salvage_tree *tree = &salvager->tree;
	enum salvage_outcome outcome = identify(salvager, session, ret_error);
	uint64_t seen_ns = 0;

	if (outcome != SALVAGE_EXPORTED && outcome != SALVAGE_UNIDENTIFIED)
		return outcome;
	if (!add_all(salvager, session, &seen_ns))
		return SALVAGE_ALIVE;
	if (!salvager->exact && !salvager->ledger.snapshot.start_time_ns)
		return SALVAGE_GONE; /* nothing tells whose it was */
	name_tree(salvager);
	outcome = salvage_find_sink(salvager);
	if (outcome != SALVAGE_EXPORTED)
		return outcome;
	salvage_prepare(salvager);
	salvage_take(salvager, &tree->sum, salvager->ledger.snapshot.start_time_ns, seen_ns);
	return deliver(salvager, session, ret_error);
}

/* No process has the accumulator mapped, and who opens it meanwhile waits until it is closed. */
static enum salvage_outcome look(struct salvager *salvager, int session, int fd, int *ret_error)
{
	struct salvage_tree *tree = &salvager->tree;
	uint64_t own = segment_pid_namespace();

	if (sys_call(SYS_flock, fd, LOCK_EX | LOCK_NB) < 0)
		return SALVAGE_BUSY;
	if (reader_memory_hold(fd, &tree->hold))
		return SALVAGE_ALIVE;
	if (!salvage_is_named(session, SESSION_ACCUMULATOR, fd))
		return SALVAGE_GONE;
	if (salvager->quick && !is_heard(salvager, session))
		return SALVAGE_NOBODY;
	*ret_error = reader_accumulator(fd, &tree->accumulator, &tree->totals);
	if (*ret_error)
		return SALVAGE_REFUSED;
	if (!tree->accumulator.leader) /* being made, or never exported */
		return SALVAGE_GONE;
	if (!own || tree->accumulator.pid_namespace != own)
		return SALVAGE_OTHER_NAMESPACE;
	return export_tree(salvager, session, ret_error);
}

/* While the accumulator is held: who waits to open it finds that it has no name any more. */
static void remove_tree(struct salvager *salvager, int directory, const char *name, int session)
{
	struct segment_list *list = &salvager->tree.list;
	const char *entry;

	sys_call(SYS_lseek, session, 0, 0 /* SEEK_SET */);
	list->directory = session;
	list->bytes = list->at = 0;
	while ((entry = segment_list_any(list))) {
		if (is_segment(entry))
			sys_call(SYS_unlinkat, session, entry, 0);
	}
	sys_call(SYS_unlinkat, session, SESSION_EXPORTS, 0);
	sys_call(SYS_unlinkat, session, SESSION_ACCUMULATOR, 0);
	sys_call(SYS_unlinkat, directory, name, AT_REMOVEDIR);
}

enum salvage_outcome salvage_tree(struct salvager *salvager, int directory, const char *name)
{
	int session = (int)sys_call(SYS_openat, directory, name,
	                            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	int fd =
		session < 0 ? session : reader_open(session, SESSION_ACCUMULATOR, user(), O_RDONLY);
	enum salvage_outcome outcome = SALVAGE_GONE;
	int error = 0;

	if (fd >= 0 && is_of_tree(fd)) {
		salvager->reading.pid = 0;
		salvager->reading.program[0] = '\0';
		salvager->tree.hold.held = false;
		outcome = look(salvager, session, fd, &error);
		if (outcome == SALVAGE_EXPORTED && !salvager->keep && !salvager->dry)
			remove_tree(salvager, directory, name, session);
		reader_memory_release(fd, &salvager->tree.hold);
		if (salvager->tell)
			salvager->tell(salvager, name, outcome, error);
	}
	if (fd >= 0)
		sys_call(SYS_close, fd);
	if (session >= 0)
		sys_call(SYS_close, session);
	return outcome;
}
