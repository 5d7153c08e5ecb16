/* See reader.h. Reading order: the file, its header, its words, the process that made it. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include "base/file.h"
#include "base/memory.h"
#include "metrics/collect.h"
#include "metrics/reader_internal.h"

#define TICK_NS 10000000u /* of /proc/PID/stat: 1/100 s on every machine */

_Static_assert(SEGMENT_SHARDS_MAX * sizeof(uint32_t) <= SEGMENT_PAGE, "owner words have one page");

int reader_read_at(int fd, void *to, size_t size, off_t offset)
{
	char *at = to;

	while (size > 0) {
		long n = sys_call(SYS_pread64, fd, at, size, offset);

		if (n == -EINTR)
			continue;
		if (n < 0)
			return (int)n;
		if (n == 0)
			return -EBADMSG;
		at += n;
		offset += n;
		size -= (size_t)n;
	}
	return 0;
}

static int status_of(int directory, const char *name, int flags, struct stat *ret)
{
	return (int)sys_call(SYS_newfstatat, directory, name, ret, flags);
}

static bool is_plausible(int64_t value)
{
	return value >= -(int64_t)READER_LARGEST && value <= (int64_t)READER_LARGEST;
}

static int check_header(const struct segment_header *header, off_t file_size)
{
	if (header->magic == 0)
		return -EAGAIN;
	if (header->magic != SEGMENT_MAGIC)
		return -EBADMSG;
	if (header->version != SEGMENT_VERSION || header->layout != segment_layout())
		return -EPROTO;
	/* One layout has one set of offsets. */
	if (header->process_offset != SEGMENT_PROCESS_OFFSET ||
	    header->process_size != sizeof(struct process_values) ||
	    header->shards_offset != SEGMENT_SHARDS_OFFSET ||
	    header->shard_size != SEGMENT_SHARD_SIZE || header->shard_limit > SEGMENT_SHARDS_MAX)
		return -EBADMSG;
	if (file_size <
	    (off_t)SEGMENT_SHARDS_OFFSET + (off_t)header->shard_limit * (off_t)SEGMENT_SHARD_SIZE)
		return -EBADMSG;
	if (header->state < SEGMENT_LIVE || header->state > SEGMENT_EXPORTED ||
	    header->ledger >= LEDGER_STATES || header->pid == 0 || header->pid > INT32_MAX ||
	    !is_plausible(header->inherited_bytes) || !is_plausible(header->inherited_blocks))
		return -EBADMSG;
	return 0;
}

void reader_copy_messages(char *to, const char *from, uint32_t length, uint32_t size)
{
	if (length > size)
		length = size;
	for (uint32_t i = 0; i < length; i++) {
		if (from[i])
			*to++ = from[i];
	}
	*to = '\0';
}

static void copy_header(struct segment_reading *ret, const struct segment_header *header)
{
	ret->state = (enum segment_state)header->state;
	ret->pid = header->pid;
	ret->parent_pid = header->parent_pid;
	ret->emitter_tid = header->emitter_tid;
	ret->pid_namespace = header->pid_namespace;
	ret->created_boottime_ns = header->created_boottime_ns;
	ret->start_time_ns = header->start_time_ns;
	ret->inherited_bytes = header->inherited_bytes;
	ret->inherited_blocks = header->inherited_blocks;
	ret->ledger = (enum ledger_state)header->ledger;
	ret->seen_time_ns = header->seen_time_ns;
	memcpy(ret->instance_id, header->instance_id, sizeof(ret->instance_id));
	memcpy(ret->program, header->program, sizeof(ret->program));
	ret->program[sizeof(ret->program) - 1] = '\0';
	reader_copy_messages(ret->messages, header->messages, header->messages_length,
	                     SEGMENT_MESSAGES_SIZE);
}

static bool word_is_plausible(const struct metric *metric, uint64_t word)
{
	if (metric->place == PLACE_DERIVED)
		return true; /* computed anew */
	if (metric->place == PLACE_OBSERVED) {
		if (word == OBSERVED_ABSENT)
			return true;
		word = (uint64_t)observed_to_s64(word);
	}
	if (metric->kind == KIND_COUNTER || metric->kind == KIND_HISTOGRAM)
		return word <= READER_LARGEST;
	return is_plausible((int64_t)word);
}

static int check_names(const struct name_table *names)
{
	for (uint32_t slot = 0; slot < NAME_SLOTS; slot++) {
		const struct name *name = name_at(names, slot);

		if (name && !name_is_plausible(name, DNS_ERROR_NAMED))
			return -EBADMSG;
	}
	return 0;
}

int reader_check_totals(const struct process_values *totals)
{
	for (int id = 0; id < METRIC_COUNT; id++) {
		const struct metric *metric = &metric_table[id];

		for (uint32_t series = 0; series < metric->series; series++) {
			uint32_t first = metric_series_word(metric, series);

			for (uint32_t i = first; i < first + metric->width; i++) {
				if (!word_is_plausible(metric, ((const uint64_t *)totals)[i]))
					return -EBADMSG;
			}
		}
	}
	return check_names(&totals->names);
}

/* Checked after each shard: two sums within bounds cannot turn over. */
static int add_shards(int fd, const struct segment_header *header, struct segment_reading *ret)
{
	uint32_t *owners = ret->scratch.owners;
	struct shard_values *shard = &ret->scratch.shard;
	int err = reader_read_at(fd, owners, header->shard_limit * sizeof(owners[0]),
	                         SEGMENT_OWNERS_OFFSET);

	for (uint32_t i = 0; !err && i < header->shard_limit; i++) {
		if (!(owners[i] & SHARD_RESIDENT))
			continue;
		err = reader_read_at(fd, shard, sizeof(*shard),
		                     (off_t)SEGMENT_SHARDS_OFFSET +
		                             (off_t)i * (off_t)SEGMENT_SHARD_SIZE);
		if (err)
			break;
		collect_add_shard(&ret->totals, shard);
		err = reader_check_totals(&ret->totals);
		ret->shards++;
	}
	return err;
}

int reader_header(int fd, struct segment_reading *ret)
{
	struct segment_header *header = &ret->scratch.header;
	struct stat status;
	int err;

	ret->alive = false;
	ret->shards = 0;
	err = status_of(fd, "", AT_EMPTY_PATH, &status);
	if (!err)
		err = reader_read_at(fd, header, sizeof(*header), 0);
	if (!err)
		err = check_header(header, status.st_size);
	if (err)
		return err;
	copy_header(ret, header);
	return 0;
}

int reader_parse(int fd, struct segment_reading *ret)
{
	int err = reader_header(fd, ret);

	if (err)
		return err;
	err = reader_read_at(fd, &ret->totals, sizeof(ret->totals), SEGMENT_PROCESS_OFFSET);
	if (err)
		return err;
	err = reader_check_totals(&ret->totals);
	if (err)
		return err;
	err = add_shards(fd, &ret->scratch.header, ret);
	if (err)
		return err;
	collect_derive(&ret->totals, ret->inherited_bytes, ret->inherited_blocks);
	return 0;
}

int reader_ledger(int fd, const struct segment_reading *reading, enum ledger_state upto,
                  struct ledger *ret)
{
	size_t size = 0;
	int err;

	if (reading->ledger == LEDGER_KEPT && upto == LEDGER_KEPT)
		size = sizeof(*ret);
	else if (reading->ledger == LEDGER_IDENTIFIED || reading->ledger == LEDGER_KEPT)
		size = offsetof(struct ledger, snapshot);
	if (upto == LEDGER_KEPT) /* the many who look no further need not wait for it */
		memset((char *)ret + size, 0, sizeof(*ret) - size);
	err = reader_read_at(fd, ret, size, SEGMENT_LEDGER_OFFSET);
	return err || size < sizeof(*ret) ? err : ledger_check(ret);
}

/* Moves to the number-th field behind the name of /proc/PID/stat; the name may hold anything. */
static const char *stat_field(const char *text, long length, int number)
{
	const char *at = text + length;

	while (at > text && *at != ')')
		at--;
	for (int field = 2; field < number && *at; at++)
		field += *at == ' ';
	return at;
}

/* State, start and number of threads from /proc/PID/stat; false: there is no such process. */
static bool read_stat(uint32_t pid, char *ret_state, uint64_t *ret_start_ns, uint64_t *ret_threads)
{
	char path[32] = "/proc/", line[400];
	const char *field;
	size_t n = sizeof("/proc/") - 1;
	long length;

	n += string_from_u64(path + n, pid);
	string_copy(path + n, sizeof(path) - n, "/stat");
	length = file_read(path, line, sizeof(line));
	if (length <= 0)
		return false;
	*ret_state = *stat_field(line, length, 3);
	field = stat_field(line, length, 20);
	*ret_threads = string_to_u64(&field);
	field = stat_field(line, length, 22);
	if (*field < '0' || *field > '9')
		return false;
	*ret_start_ns = string_to_u64(&field) * TICK_NS;
	return true;
}

/* A leader that is gone may leave threads at work. */
static bool has_ended(char state, uint64_t threads)
{
	return state == 'X' || (state == 'Z' && threads <= 1);
}

/* A pid that began after the segment was made has been used again. */
bool reader_process_runs(const struct segment_reading *reading)
{
	char state;
	uint64_t start_ns, threads;

	if (!read_stat(reading->pid, &state, &start_ns, &threads))
		return false;
	return !has_ended(state, threads) && start_ns <= reading->created_boottime_ns;
}

static bool is_alive(const struct segment_reading *reading, int fd)
{
	uint64_t own = segment_pid_namespace();

	if (own != 0 && reading->pid_namespace == own)
		return reader_process_runs(reading);
	return reader_memory_use(fd) != MEMORY_UNUSED;
}

static int check_file(const struct stat *status, uid_t owner)
{
	if (S_ISLNK(status->st_mode))
		return -ELOOP;
	if (!S_ISREG(status->st_mode) || status->st_uid != owner || (status->st_mode & 077))
		return -EACCES;
	return 0;
}

int reader_open(int directory, const char *name, uid_t owner, int access)
{
	struct stat status;
	int fd, err;

	/* Looked at before it is opened: opening alone may do something to a device. */
	err = status_of(directory, name, AT_SYMLINK_NOFOLLOW, &status);
	if (!err)
		err = check_file(&status, owner);
	if (err)
		return err;
	fd = (int)sys_call(SYS_openat, directory, name,
	                   access | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	err = status_of(fd, "", AT_EMPTY_PATH, &status);
	if (!err)
		err = check_file(&status, owner);
	if (err) {
		sys_call(SYS_close, fd);
		return err;
	}
	return fd;
}

int reader_read(int directory, const char *name, uid_t owner, struct segment_reading *ret)
{
	int fd = reader_open(directory, name, owner, O_RDONLY), err;
	bool alive = false;

	if (fd < 0)
		return fd;
	/* Asked before its counts are read: those of one that is dead are its last. */
	err = reader_header(fd, ret);
	if (!err)
		alive = is_alive(ret, fd);
	if (!err)
		err = reader_parse(fd, ret);
	ret->alive = alive;
	/* Of one that is dead: what it took over from its parent is in that one's counts. */
	if (!err && !alive)
		collect_derive(&ret->totals, 0, 0);
	sys_call(SYS_close, fd);
	return err;
}
