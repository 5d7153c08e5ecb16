/* See reader.h. Reading order: the file, its header, its words, the process that made it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "metrics/collect.h"
#include "metrics/reader.h"

_Static_assert(SEGMENT_SHARDS_MAX * sizeof(uint32_t) <= SEGMENT_PAGE, "owner words have one page");

/* All of it, or -EBADMSG. */
static int read_at(int fd, void *to, size_t size, off_t offset)
{
	char *at = to;

	while (size > 0) {
		ssize_t n = pread(fd, at, size, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EBADMSG;
		at += n;
		offset += n;
		size -= (size_t)n;
	}
	return 0;
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
	if (header->state < SEGMENT_LIVE || header->state > SEGMENT_EXPORTED || header->pid == 0 ||
	    header->pid > INT32_MAX || !is_plausible(header->inherited_bytes) ||
	    !is_plausible(header->inherited_blocks))
		return -EBADMSG;
	return 0;
}

/* Zeros stand where a message is being written: left out. to may be from. */
static void copy_messages(char *to, const char *from, uint32_t length, uint32_t size)
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
	memcpy(ret->instance_id, header->instance_id, sizeof(ret->instance_id));
	memcpy(ret->program, header->program, sizeof(ret->program));
	ret->program[sizeof(ret->program) - 1] = '\0';
	copy_messages(ret->messages, header->messages, header->messages_length,
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

/* Every total within bounds: so that no later sum of a few thousand of them turns over unseen. */
static int check_totals(const struct process_values *totals)
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
	return 0;
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

/* Checked after each shard: two sums within bounds cannot turn over. */
static int add_shards(int fd, const struct segment_header *header, struct segment_reading *ret)
{
	uint32_t owners[SEGMENT_SHARDS_MAX];
	struct shard_values *shard = malloc(sizeof(*shard));
	int err = shard ? read_at(fd, owners, header->shard_limit * sizeof(owners[0]),
	                          SEGMENT_OWNERS_OFFSET)
	                : -ENOMEM;

	for (uint32_t i = 0; !err && i < header->shard_limit; i++) {
		if (!(owners[i] & SHARD_RESIDENT))
			continue;
		err = read_at(fd, shard, sizeof(*shard),
		              (off_t)SEGMENT_SHARDS_OFFSET + (off_t)i * (off_t)SEGMENT_SHARD_SIZE);
		if (err)
			break;
		collect_add_shard(&ret->totals, shard);
		err = check_totals(&ret->totals);
		ret->shards++;
	}
	free(shard);
	return err;
}

int reader_parse(int fd, struct segment_reading *ret)
{
	struct segment_header header;
	struct stat status;
	int err;

	memset(ret, 0, sizeof(*ret));
	if (fstat(fd, &status) < 0)
		return -errno;
	err = read_at(fd, &header, sizeof(header), 0);
	if (err)
		return err;
	err = check_header(&header, status.st_size);
	if (err)
		return err;
	copy_header(ret, &header);
	err = read_at(fd, &ret->totals, sizeof(ret->totals), SEGMENT_PROCESS_OFFSET);
	if (err)
		return err;
	err = check_totals(&ret->totals);
	if (!err)
		err = check_names(&ret->totals.names);
	if (err)
		return err;
	err = add_shards(fd, &header, ret);
	if (err)
		return err;
	collect_derive(&ret->totals, ret->inherited_bytes, ret->inherited_blocks);
	return 0;
}

static uint64_t own_pid_namespace(void)
{
	struct stat status;

	return stat("/proc/self/ns/pid", &status) < 0 ? 0 : status.st_ino;
}

/* State, start and number of threads from /proc/PID/stat; false: there is no such process. */
static bool read_stat(uint32_t pid, char *ret_state, uint64_t *ret_start_ns, long *ret_threads)
{
	char path[32], line[1024], *behind;
	unsigned long long ticks;
	size_t n;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	n = fread(line, 1, sizeof(line) - 1, file);
	fclose(file);
	line[n] = '\0';
	behind = strrchr(line, ')'); /* the name before it may hold anything */
	if (!behind || sscanf(behind,
	                      ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d "
	                      "%*d %*d %ld %*d %llu",
	                      ret_state, ret_threads, &ticks) != 3)
		return false;
	*ret_start_ns = ticks * (1000000000u / (uint64_t)sysconf(_SC_CLK_TCK));
	return true;
}

/* A pid that began after the segment was made has been used again. */
static bool process_runs(const struct segment_reading *reading)
{
	char state;
	uint64_t start_ns;
	long threads;

	if (!read_stat(reading->pid, &state, &start_ns, &threads))
		return false;
	if (state == 'X' || (state == 'Z' && threads <= 1))
		return false; /* a leader that is gone may leave threads at work */
	return start_ns <= reading->created_boottime_ns;
}

/*
 * Does anybody still have the file open or mapped for writing? A read lease is refused then. It
 * works across pid namespaces, where a number tells nothing.
 */
static bool memory_is_in_use(int fd)
{
	fcntl(fd, F_SETSIG, SIGURG); /* which is ignored by default, unlike SIGIO */
	if (fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
		return true;
	fcntl(fd, F_SETLEASE, F_UNLCK);
	return false;
}

static bool is_alive(const struct segment_reading *reading, int fd)
{
	uint64_t own = own_pid_namespace();

	if (own != 0 && reading->pid_namespace == own)
		return process_runs(reading);
	return memory_is_in_use(fd);
}

static int check_file(const struct stat *status, uid_t owner)
{
	if (S_ISLNK(status->st_mode))
		return -ELOOP;
	if (!S_ISREG(status->st_mode) || status->st_uid != owner || (status->st_mode & 077))
		return -EACCES;
	return 0;
}

/* Opens a plain file that is the owner's alone. Descriptor or -errno. */
static int open_checked(int directory, const char *name, uid_t owner)
{
	struct stat status;
	int fd, err;

	/* Looked at before it is opened: opening alone may do something to a device. */
	if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	err = check_file(&status, owner);
	if (err)
		return err;
	fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = fstat(fd, &status) < 0 ? -errno : check_file(&status, owner);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

int reader_read(int directory, const char *name, uid_t owner, struct segment_reading *ret)
{
	int fd = open_checked(directory, name, owner), err;

	if (fd < 0)
		return fd;
	err = reader_parse(fd, ret);
	if (!err)
		ret->alive = is_alive(ret, fd);
	close(fd);
	return err;
}

int reader_session(int directory, uid_t owner, struct session_accumulator *ret)
{
	struct process_values *totals;
	int fd = open_checked(directory, SESSION_ACCUMULATOR, owner), err;

	if (fd < 0)
		return fd;
	err = read_at(fd, ret, sizeof(*ret), 0);
	close(fd);
	if (err)
		return err;
	if (ret->magic == 0)
		return -EAGAIN;
	if (ret->magic != SESSION_MAGIC)
		return -EBADMSG;
	if (ret->version != SEGMENT_VERSION || ret->layout != segment_layout())
		return -EPROTO;
	if (ret->processes > READER_LARGEST)
		return -EBADMSG;
	copy_messages(ret->messages, ret->messages, ret->messages_length, SESSION_MESSAGES - 1);
	totals = malloc(sizeof(*totals));
	if (!totals)
		return -ENOMEM;
	session_totals(totals, ret);
	err = check_totals(totals);
	if (!err)
		err = check_names(&totals->names);
	free(totals);
	return err;
}
