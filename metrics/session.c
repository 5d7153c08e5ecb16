/* The accumulator of a session. See session.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "base/atomic.h"
#include "base/memory.h"
#include "base/syscall.h"
#include "metrics/collect.h"
#include "metrics/segment_internal.h"
#include "metrics/session.h"

static int open_accumulator(const char *directory, int flags)
{
	char path[256];
	size_t n = string_copy(path, sizeof(path), directory);

	if (n + sizeof("/" SESSION_ACCUMULATOR) > sizeof(path))
		return -ENAMETOOLONG;
	string_copy(path + n, sizeof(path) - n, "/" SESSION_ACCUMULATOR);
	return (int)sys_call(SYS_openat, AT_FDCWD, path, flags | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* Is it a file of ours, large enough? */
static int check_file(int fd)
{
	struct stat status;
#if defined(__x86_64__)
	int err = (int)sys_call(SYS_fstat, fd, &status);
#else
	int err = (int)sys_call(SYS_newfstatat, fd, "", &status, AT_EMPTY_PATH);
#endif

	if (err)
		return err;
	if (status.st_uid != (uid_t)sys_call(SYS_geteuid) || (status.st_mode & 077) ||
	    !S_ISREG(status.st_mode))
		return -EACCES;
	if (status.st_nlink == 0) /* just removed */
		return -ENOENT;
	return status.st_size >= (off_t)sizeof(struct session_accumulator) ? 0 : -EPROTO;
}

static int check_header(const struct session_accumulator *accumulator)
{
	if (acquire_load(&accumulator->magic) != SESSION_MAGIC ||
	    accumulator->version != SEGMENT_VERSION || accumulator->layout != segment_layout())
		return -EPROTO;
	return 0;
}

int session_open(const char *directory, struct session_accumulator **ret_accumulator)
{
	int fd = open_accumulator(directory, O_RDWR), err;
	long base;

	if (fd < 0)
		return fd;
	err = check_file(fd);
	base = err ? err
	           : sys_call(SYS_mmap, NULL, sizeof(struct session_accumulator),
	                      PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	sys_call(SYS_close, fd);
	if (is_error(base))
		return (int)base;
	err = check_header((struct session_accumulator *)base);
	if (err)
		sys_call(SYS_munmap, base, sizeof(struct session_accumulator));
	else
		*ret_accumulator = (struct session_accumulator *)base;
	return err;
}

void session_close(struct session_accumulator *accumulator)
{
	sys_call(SYS_munmap, accumulator, sizeof(*accumulator));
}

int session_create(const char *directory)
{
	struct session_accumulator *accumulator;
	int fd, err;
	long base;

	if (segment_file_limit() < sizeof(*accumulator))
		return -EFBIG;
	fd = open_accumulator(directory, O_RDWR | O_CREAT | O_EXCL);
	if (fd < 0)
		return fd;
	/* All of it at once: later additions must not meet a full file system (SIGBUS). */
	err = (int)sys_call(SYS_fallocate, fd, 0, 0, sizeof(*accumulator));
	base = err ? err
	           : sys_call(SYS_mmap, NULL, sizeof(*accumulator), PROT_READ | PROT_WRITE,
	                      MAP_SHARED, fd, 0);
	sys_call(SYS_close, fd);
	if (is_error(base))
		return (int)base;
	accumulator = (struct session_accumulator *)base;
	accumulator->version = SEGMENT_VERSION;
	accumulator->layout = segment_layout();
	release_store(&accumulator->magic, SESSION_MAGIC);
	sys_call(SYS_munmap, base, sizeof(*accumulator));
	return 0;
}

/* "session.<pid>.<six letters>", as otelue run calls its own. */
static int name_session(const char *user_directory, char *ret_path)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";
	uint8_t random[6];
	size_t n;

	if (string_length(user_directory) + 40 > SESSION_PATH)
		return -ENAMETOOLONG;
	if (sys_call(SYS_getrandom, random, sizeof(random), 1 /* GRND_NONBLOCK */) !=
	    sizeof(random))
		return -EAGAIN;
	n = string_copy(ret_path, SESSION_PATH, user_directory);
	n += string_copy(ret_path + n, SESSION_PATH - n, "/session.");
	n += string_from_u64(ret_path + n, (uint64_t)sys_call(SYS_getpid));
	ret_path[n++] = '.';
	for (size_t i = 0; i < sizeof(random); i++)
		ret_path[n++] = letters[random[i] % 32];
	ret_path[n] = '\0';
	return 0;
}

int session_make(const char *user_directory, enum session_own own, char *ret_path)
{
	int fd = segment_open_directory(user_directory, true), err;
	struct session_accumulator *accumulator;

	if (fd < 0)
		return fd;
	sys_call(SYS_close, fd);
	err = name_session(user_directory, ret_path);
	if (!err)
		err = (int)sys_call(SYS_mkdirat, AT_FDCWD, ret_path, 0700);
	if (err)
		return err;
	err = session_create(ret_path);
	if (!err)
		err = session_open(ret_path, &accumulator);
	if (err) {
		session_remove(ret_path);
		return err;
	}
	relaxed_store(&accumulator->own, own);
	session_close(accumulator);
	return 0;
}

struct ledger *session_ledger(const char *directory)
{
	char path[SESSION_PATH + sizeof("/" SESSION_EXPORTS)];
	size_t n = string_copy(path, SESSION_PATH, directory);
	long fd, base, err;

	string_copy(path + n, sizeof(path) - n, "/" SESSION_EXPORTS);
	fd = sys_call(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return NULL;
	/* All of it at once: a full file system would be SIGBUS later. */
	err = segment_file_limit() < sizeof(struct ledger)
	              ? -EFBIG
	              : sys_call(SYS_fallocate, fd, 0, 0, sizeof(struct ledger));
	if (!err)
		err = check_file((int)fd);
	base = err ? err
	           : sys_call(SYS_mmap, NULL, sizeof(struct ledger), PROT_READ | PROT_WRITE,
	                      MAP_SHARED, fd, 0);
	sys_call(SYS_close, fd);
	if (is_error(base))
		return NULL;
	sys_call(SYS_madvise, base, sizeof(struct ledger), MADV_DONTFORK);
	return (struct ledger *)base;
}

void session_let_go(struct session_accumulator *accumulator)
{
	sys_call(SYS_mmap, accumulator, sizeof(*accumulator), PROT_READ | PROT_WRITE,
	         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

void session_change_begin(struct session_accumulator *accumulator)
{
	__atomic_fetch_add(&accumulator->changes_begun, 1, __ATOMIC_SEQ_CST);
}

void session_change_end(struct session_accumulator *accumulator)
{
	__atomic_fetch_add(&accumulator->changes_ended, 1, __ATOMIC_SEQ_CST);
}

/* The rows that outlive a process; see collect_merge(). */
static bool outlives(const struct metric *metric)
{
	if (metric->kind == KIND_GAUGE)
		return false;
	return metric->place != PLACE_OBSERVED || metric->kind != KIND_UPDOWN;
}

static void apply(struct process_values *sum, const struct process_values *totals, bool subtract)
{
	for (int id = 0; id < METRIC_COUNT; id++) {
		const struct metric *metric = &metric_table[id];
		uint32_t words = outlives(metric) ? metric->width : 0;

		for (uint32_t series = 0; series < metric->series; series++) {
			uint32_t from = metric_series_word(metric, series);
			uint32_t at = metric_series_word(
				metric, collect_series_in(sum, totals, metric, series));

			for (uint32_t i = 0; i < words; i++) {
				uint64_t value = ((const uint64_t *)totals)[from + i];

				if (metric->place == PLACE_OBSERVED && value != OBSERVED_ABSENT)
					value = (uint64_t)observed_to_s64(value);
				if (value)
					counter_add_shared((uint64_t *)sum + at + i,
					                   subtract ? -value : value);
			}
		}
	}
}

/* What a fork child took over its parent tells. */
static void add_own(struct session_accumulator *accumulator, struct process_values *totals)
{
	collect_derive(totals, 0, 0);
	apply(&accumulator->totals, totals, false);
}

void session_add(struct session_accumulator *accumulator, struct process_values *totals)
{
	add_own(accumulator, totals);
	counter_add_shared(&accumulator->processes, 1);
}

void session_add_killed(struct session_accumulator *accumulator, struct process_values *totals)
{
	add_own(accumulator, totals);
	counter_add_shared(&accumulator->killed, 1);
}

void session_subtract(struct session_accumulator *accumulator, const struct process_values *totals)
{
	apply(&accumulator->totals, totals, true);
	counter_add_shared(&accumulator->processes, UINT64_MAX);
}

int session_merge(const char *directory, const struct process_values *totals, uint64_t processes,
                  uint64_t unseen)
{
	struct session_accumulator *accumulator;
	int err = session_open(directory, &accumulator);

	if (err)
		return err;
	apply(&accumulator->totals, totals, false);
	counter_add_shared(&accumulator->processes, processes);
	counter_add_shared(&accumulator->unseen, unseen);
	session_close(accumulator);
	return 0;
}

/* Is there a line among the messages that ends in ": " and these bytes? */
static bool is_said(const struct session_accumulator *accumulator, const char *line, size_t length)
{
	const char *said = accumulator->messages;
	uint32_t end = relaxed_load(&accumulator->messages_length);

	if (end > SESSION_MESSAGES)
		end = SESSION_MESSAGES;
	for (uint32_t at = 2; at + length < end; at++) {
		if (said[at + length] == '\n' && said[at - 2] == ':' && said[at - 1] == ' ' &&
		    memcmp(said + at, line, length) == 0)
			return true;
	}
	return false;
}

/* "program[pid]: line\n", or nothing if there is no room for all of it. */
static void say(struct session_accumulator *accumulator, const char *program, uint32_t pid,
                const char *line, size_t length)
{
	char prefix[128];
	uint32_t size, at = relaxed_load(&accumulator->messages_length);
	size_t n;

	for (const char *c = program; *c; c++) {
		if (*c == '/')
			program = c + 1;
	}
	n = string_copy(prefix, sizeof(prefix) - 16, program);
	n += string_copy(prefix + n, sizeof(prefix) - n, "[");
	n += string_from_u64(prefix + n, pid);
	n += string_copy(prefix + n, sizeof(prefix) - n, "]: ");
	size = (uint32_t)(n + length + 1);
	do {
		if (at > SESSION_MESSAGES || size > SESSION_MESSAGES - at)
			return;
	} while (!__atomic_compare_exchange_n(&accumulator->messages_length, &at, at + size, false,
	                                      __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	memcpy(accumulator->messages + at, prefix, n);
	memcpy(accumulator->messages + at + n, line, length);
	accumulator->messages[at + n + length] = '\n';
}

void session_message(struct session_accumulator *accumulator, const char *program, uint32_t pid,
                     const char *messages)
{
	while (*messages) {
		size_t length = 0;

		while (messages[length] && messages[length] != '\n')
			length++;
		if (length > 0 && length < SEGMENT_MESSAGES_SIZE &&
		    !is_said(accumulator, messages, length))
			say(accumulator, program, pid, messages, length);
		messages += length + (messages[length] == '\n');
	}
}

void session_totals(struct process_values *ret_totals,
                    const struct session_accumulator *accumulator)
{
	memcpy(ret_totals, &accumulator->totals, sizeof(*ret_totals));
	for (int id = 0; id < METRIC_COUNT; id++) {
		const struct metric *metric = &metric_table[id];

		if (metric->place != PLACE_OBSERVED)
			continue;
		for (uint32_t series = 0; series < metric->series; series++) {
			uint64_t *word =
				(uint64_t *)ret_totals + metric_series_word(metric, series);

			*word = *word ? observed_from_s64((int64_t)*word) : OBSERVED_ABSENT;
		}
	}
}

int session_read(const char *directory, struct process_values *ret_totals, uint64_t *ret_processes)
{
	struct session_accumulator *accumulator;
	int err = session_open(directory, &accumulator);

	if (err)
		return err;
	session_totals(ret_totals, accumulator);
	*ret_processes = counter_read(&accumulator->processes);
	session_close(accumulator);
	return 0;
}
