/* One segment after the other; see salvage.h. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/file.h>
#include <sys/stat.h>
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "export/describe.h"
#include "export/salvage.h"

#define ABANDONED_S      60 /* an unfinished segment is this old */
#define DIRENT_LENGTH_AT 16 /* of struct linux_dirent64 */
#define DIRENT_NAME_AT   19

bool salvage_identity_valid(const struct ledger *ledger)
{
	return settings_valid(ledger->settings, sizeof(struct settings)) &&
	       resource_check((const struct resource *)ledger->resource) == 0;
}

/* What can be said of a process that was killed before it had said anything itself. */
static void describe_from_outside(struct salvager *salvager)
{
	const struct segment_reading *reading = &salvager->reading;
	struct resource *resource = &salvager->resource;

	resource_init(resource, salvager->settings.attribute_value_length_limit);
	describe_executable(resource, reading->program);
	describe_instance(resource, reading->instance_id);
	resource_add_int(resource, RESOURCE_DETECTED, "process.pid", reading->pid);
	resource_add_int(resource, RESOURCE_DETECTED, "process.parent_pid", reading->parent_pid);
	describe_rest(resource, &salvager->settings);
}

static bool wants(const struct salvager *salvager, enum SINK sink)
{
	return settings_exporter_enabled(&salvager->settings, sink);
}

static bool listens(const struct salvager *salvager, enum user_event event)
{
	return wants(salvager, SINK_USER_EVENTS) &&
	       user_events_listening(salvager->user_events, event);
}

static enum salvage_outcome find_sink(const struct salvager *salvager)
{
	if (wants(salvager, SINK_FILE) || listens(salvager, USER_EVENT_OTLP) ||
	    listens(salvager, USER_EVENT_RECORD))
		return SALVAGE_EXPORTED;
	return wants(salvager, SINK_USER_EVENTS) ? SALVAGE_NOBODY : SALVAGE_NO_EXPORTER;
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
		if (salvager->quick && find_sink(salvager) != SALVAGE_EXPORTED)
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
	describe_from_outside(salvager);
	return SALVAGE_EXPORTED;
}

static void begin_delivery(struct salvager *salvager)
{
	char shed[128];

	memcpy(&salvager->resource_shed, &salvager->resource, sizeof(salvager->resource));
	resource_shed(&salvager->resource_shed, RESOURCE_ENCODED_LIMIT, shed, sizeof(shed));
	resource_copy_string(&salvager->resource, "service.name", salvager->service,
	                     sizeof(salvager->service));
	memset(&salvager->file, 0, sizeof(salvager->file));
	memset(&salvager->delivery, 0, sizeof(salvager->delivery));
	salvager->delivery.settings = &salvager->settings;
	salvager->delivery.pid = salvager->reading.pid;
	salvager->delivery.ledger = &salvager->ledger;
	salvager->delivery.resource = &salvager->resource;
	salvager->delivery.resource_shed = &salvager->resource_shed;
	salvager->delivery.service = salvager->service;
	salvager->delivery.user_events = salvager->user_events;
	salvager->delivery.file = &salvager->file;
	salvager->delivery.buffer = salvager->buffer;
	salvager->delivery.json = salvager->json;
}

/* The export that the death interrupted is entered or not; then what is left is new. */
static void settle(struct salvager *salvager)
{
	struct ledger *ledger = &salvager->ledger;

	for (int account = 0; account < LEDGER_ACCOUNTS; account++) {
		struct point_options options =
			delivery_options(&salvager->settings, (enum ledger_account)account);
		/* A write to user_events is not cut short: mostly it was done when the process
		 * came to its end. */
		bool written = true;

		if (account == LEDGER_FILE && ledger->flights[account].stage == LEDGER_WRITING)
			written = delivery_file_arrived(&salvager->delivery);
		ledger_settle(ledger, (enum ledger_account)account, &options, written);
	}
}

/* The last values, and the latest moment at which the process is known to have lived. */
static void take_snapshot(struct salvager *salvager)
{
	const struct segment_reading *reading = &salvager->reading;
	struct snapshot *snapshot = &salvager->ledger.snapshot;
	uint64_t last = snapshot->time_ns;

	memcpy(&snapshot->totals, &reading->totals, sizeof(snapshot->totals));
	snapshot->start_time_ns = reading->start_time_ns;
	if (last < reading->start_time_ns)
		last = reading->start_time_ns;
	snapshot->time_ns = reading->seen_time_ns > last ? reading->seen_time_ns : last + 1;
}

static uint64_t count_points(const struct salvager *salvager, enum ledger_account account)
{
	const struct ledger *ledger = &salvager->ledger;
	struct point_options options = delivery_options(&salvager->settings, account);
	struct point point;
	uint64_t count = 0;

	for (uint32_t series = 0; series < SERIES_TOTAL; series++)
		count += point_read(&point, &ledger->snapshot, &ledger->baselines[account].baseline,
		                    &options, series);
	return count;
}

static int deliver_to(struct salvager *salvager, enum ledger_account account)
{
	enum SINK sink = account == LEDGER_FILE ? SINK_FILE : SINK_USER_EVENTS;

	if (salvager->dry) {
		salvager->delivery.points[sink] += count_points(salvager, account);
		return 0;
	}
	switch (account) {
	case LEDGER_OTLP:
		return delivery_otlp(&salvager->delivery);
	case LEDGER_RECORD:
		return delivery_records(&salvager->delivery);
	default:
		return delivery_file(&salvager->delivery);
	}
}

/* To every sink that takes it. 0 where one took all, else the last error. */
static int deliver(struct salvager *salvager)
{
	const bool to[LEDGER_ACCOUNTS] = {
		[LEDGER_OTLP] = listens(salvager, USER_EVENT_OTLP),
		[LEDGER_RECORD] = listens(salvager, USER_EVENT_RECORD),
		[LEDGER_FILE] = wants(salvager, SINK_FILE),
	};
	bool done = false;
	int err, last = 0;

	for (int account = 0; account < LEDGER_ACCOUNTS; account++) {
		if (!to[account])
			continue;
		err = deliver_to(salvager, (enum ledger_account)account);
		done |= !err;
		last = err ? err : last;
	}
	file_sink_close(&salvager->file);
	return done ? 0 : last;
}

static bool put(int fd, const void *bytes, size_t size, size_t at)
{
	return sys_call(SYS_pwrite64, fd, bytes, size, at) == (long)size;
}

static void put_word(int fd, uint32_t value, size_t at)
{
	put(fd, &value, sizeof(value), at);
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
		put_word(fd, SEGMENT_EXPORTED, offsetof(struct segment_header, state));
}

/* Of a segment that is locked and whose process is dead. */
static enum salvage_outcome export_dead(struct salvager *salvager, int directory, const char *name,
                                        int fd, int *ret_error)
{
	enum salvage_outcome outcome = identify(salvager, fd, ret_error);

	if (outcome == SALVAGE_EXPORTED)
		outcome = find_sink(salvager);
	if (outcome != SALVAGE_EXPORTED)
		return outcome;
	*ret_error = reader_parse(fd, &salvager->reading);
	if (!*ret_error)
		*ret_error = reader_ledger(fd, &salvager->reading, LEDGER_KEPT, &salvager->ledger);
	if (*ret_error)
		return SALVAGE_REFUSED;
	begin_delivery(salvager);
	settle(salvager);
	take_snapshot(salvager);
	*ret_error = deliver(salvager);
	if (*ret_error) {
		keep_rest(salvager, fd);
		return SALVAGE_FAILED;
	}
	if (!salvager->dry) {
		put_word(fd, SEGMENT_EXPORTED, offsetof(struct segment_header, state));
		sys_call(SYS_unlinkat, directory, name, 0);
	}
	return SALVAGE_EXPORTED;
}

/* Is what we have locked still what the name stands for? */
static bool is_named(int directory, const char *name, int fd)
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

static enum salvage_outcome look(struct salvager *salvager, int directory, const char *name, int fd,
                                 int *ret_error)
{
	uint64_t own = reader_pid_namespace();

	if (sys_call(SYS_flock, fd, LOCK_EX | LOCK_NB) < 0)
		return SALVAGE_BUSY;
	if (!is_named(directory, name, fd))
		return SALVAGE_GONE;
	*ret_error = reader_header(fd, &salvager->reading);
	if (*ret_error == -EAGAIN && is_abandoned(fd, name)) {
		if (!salvager->dry)
			sys_call(SYS_unlinkat, directory, name, 0);
		return SALVAGE_GONE;
	}
	if (*ret_error)
		return SALVAGE_REFUSED;
	if (!own || salvager->reading.pid_namespace != own)
		return SALVAGE_OTHER_NAMESPACE;
	if (reader_process_runs(&salvager->reading))
		return SALVAGE_ALIVE;
	/* It may have ended as it should since its state was read. */
	*ret_error = reader_header(fd, &salvager->reading);
	if (*ret_error)
		return SALVAGE_REFUSED;
	if (salvager->reading.state == SEGMENT_LIVE)
		return export_dead(salvager, directory, name, fd, ret_error);
	if (!salvager->dry)
		sys_call(SYS_unlinkat, directory, name, 0);
	return SALVAGE_GONE;
}

static void salvage(struct salvager *salvager, int directory, const char *name)
{
	int fd = reader_open(directory, name, (uid_t)sys_call(SYS_geteuid), O_RDWR), error = 0;
	enum salvage_outcome outcome;

	if (fd == -ENOENT)
		return;
	salvager->reading.pid = 0; /* not the one before it */
	salvager->reading.program[0] = '\0';
	if (fd < 0) {
		error = fd;
		outcome = SALVAGE_REFUSED;
	} else {
		outcome = look(salvager, directory, name, fd, &error);
		sys_call(SYS_close, fd); /* gives the lock back */
	}
	if (salvager->tell)
		salvager->tell(salvager, name, outcome, error);
}

/* "<pid>.<time>" */
static bool is_candidate(const struct salvager *salvager, const char *name)
{
	uint64_t pid = string_to_u64(&name);

	if (pid == 0 || pid > INT32_MAX || *name++ != '.' || !string_to_u64(&name) || *name)
		return false;
	return !salvager->quick || sys_call(SYS_kill, pid, 0) == -ESRCH;
}

int salvage_directory(struct salvager *salvager, const char *path)
{
	char *entries = salvager->entries;
	long directory = file_open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0), bytes = 0;
	uint16_t length;

	if (directory < 0)
		return (int)directory;
	while (bytes >= 0 && (bytes = sys_call(SYS_getdents64, directory, entries,
	                                       sizeof(salvager->entries))) > 0) {
		for (long at = 0; at < bytes; at += length) {
			const char *name = entries + at + DIRENT_NAME_AT;

			memcpy(&length, entries + at + DIRENT_LENGTH_AT, sizeof(length));
			if (salvager->stop && acquire_load(salvager->stop)) {
				bytes = -EINTR;
				break;
			}
			if (is_candidate(salvager, name))
				salvage(salvager, (int)directory, name);
		}
	}
	sys_call(SYS_close, directory);
	return (int)bytes;
}
