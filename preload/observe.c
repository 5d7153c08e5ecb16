/* Asking the kernel about the process; see observe.h. */
#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "base/atomic.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "hooks/counting.h"
#include "metrics/collect.h"
#include "preload/libraries.h"
#include "preload/lifecycle.h"
#include "preload/observe.h"
#include "preload/shim.h"

static uint64_t *word_of(struct process_values *process, enum metric_id id, uint32_t series)
{
	return (uint64_t *)process + metric_series_word(&metric_table[id], series);
}

static void set(struct process_values *process, enum metric_id id, uint32_t series, uint64_t value)
{
	__atomic_store_n(word_of(process, id, series), observed_from_s64((int64_t)value),
	                 __ATOMIC_RELAXED);
}

static void unset(struct process_values *process, enum metric_id id, uint32_t series)
{
	relaxed_store(word_of(process, id, series), 0);
}

/* Present from now on. */
static uint64_t *make_present(struct process_values *process, enum metric_id id, uint32_t series)
{
	uint64_t *word = word_of(process, id, series);

	if (relaxed_load(word) == OBSERVED_ABSENT)
		relaxed_store(word, observed_from_s64(0));
	return word;
}

void observe_add(struct process_values *process, enum metric_id id, uint32_t series,
                 uint64_t amount)
{
	if (amount)
		__atomic_fetch_add(make_present(process, id, series), amount, __ATOMIC_RELAXED);
}

static uint64_t timeval_ns(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * 1000000000u + (uint64_t)time->tv_usec * 1000u;
}

/* The number behind "key: " in a /proc file. */
static uint64_t number_after(const char *text, const char *key)
{
	size_t length = string_length(key);

	for (; *text; text++) {
		if (memcmp(text, key, length) == 0) {
			text += length;
			while (*text == ' ' || *text == '\t')
				text++;
			return string_to_u64(&text);
		}
		while (*text && *text != '\n')
			text++;
		if (!*text)
			break;
	}
	return 0;
}

struct io_calls {
	uint64_t calls[2];
};

static int read_io(const char *path, struct io_calls *ret)
{
	char text[256];

	memset(text, 0, sizeof(text));
	if (file_read_once(path, text, sizeof(text) - 32) <= 0)
		return -1;
	ret->calls[DISK_DIRECTION_READ] = number_after(text, "syscr:");
	ret->calls[DISK_DIRECTION_WRITE] = number_after(text, "syscw:");
	return 0;
}

static uint32_t allowed_cpus(void)
{
	unsigned long set_words[2048 / 64] = {0}; /* EINVAL where the kernel has more */
	long bytes = sys_call(SYS_sched_getaffinity, 0, sizeof(set_words), set_words);
	uint32_t count = 0;

	for (long i = 0; i < bytes / (long)sizeof(long); i++) {
		for (unsigned long word = set_words[i]; word; word &= word - 1)
			count++;
	}
	return count ? count : 1;
}

static uint64_t ppm(uint64_t part, uint64_t whole)
{
	while (part > UINT64_MAX / 1000000u) {
		part >>= 1;
		whole >>= 1;
	}
	return whole ? part * 1000000u / whole : 0;
}

/* Without asking /proc, which costs more, and which a process that has changed its user may not
 * read. Where the kernel does not account, it is always 0: then the row stays absent. */
static void observe_disk(struct process_values *process, enum DISK_DIRECTION direction,
                         uint64_t blocks)
{
	if (blocks)
		set(process, METRIC_PROCESS_DISK_IO, direction, blocks * 512);
}

void observe_usage(struct process_values *process, struct observe_state *state,
                   const struct observe_baseline *baseline)
{
	struct rusage usage;
	uint64_t now = clock_read_ns(CLOCK_MONOTONIC), user, system, window;

	if (sys_call(SYS_getrusage, RUSAGE_SELF, &usage) != 0)
		return;
	user = timeval_ns(&usage.ru_utime) - baseline->user_ns;
	system = timeval_ns(&usage.ru_stime) - baseline->system_ns;
	set(process, METRIC_PROCESS_CPU_TIME, CPU_MODE_USER, user);
	set(process, METRIC_PROCESS_CPU_TIME, CPU_MODE_SYSTEM, system);
	set(process, METRIC_PROCESS_CONTEXT_SWITCHES, CONTEXT_SWITCH_VOLUNTARY,
	    (uint64_t)usage.ru_nvcsw - baseline->voluntary);
	set(process, METRIC_PROCESS_CONTEXT_SWITCHES, CONTEXT_SWITCH_INVOLUNTARY,
	    (uint64_t)usage.ru_nivcsw - baseline->involuntary);
	set(process, METRIC_PROCESS_PAGING_FAULTS, PAGING_FAULT_MAJOR,
	    (uint64_t)usage.ru_majflt - baseline->major);
	set(process, METRIC_PROCESS_PAGING_FAULTS, PAGING_FAULT_MINOR,
	    (uint64_t)usage.ru_minflt - baseline->minor);
	observe_disk(process, DISK_DIRECTION_READ,
	             (uint64_t)usage.ru_inblock - baseline->blocks[DISK_DIRECTION_READ]);
	observe_disk(process, DISK_DIRECTION_WRITE,
	             (uint64_t)usage.ru_oublock - baseline->blocks[DISK_DIRECTION_WRITE]);
	if (state->last_ns == 0)
		state->last_ns = shim.start.ns;
	window = (now - state->last_ns) * allowed_cpus();
	set(process, METRIC_PROCESS_CPU_UTILIZATION, CPU_MODE_USER,
	    ppm(user - state->last_user_ns, window));
	set(process, METRIC_PROCESS_CPU_UTILIZATION, CPU_MODE_SYSTEM,
	    ppm(system - state->last_system_ns, window));
	set(process, METRIC_PROCESS_UPTIME, 0, now - shim.start.ns);
	state->last_ns = now;
	state->last_user_ns = user;
	state->last_system_ns = system;
}

static void observe_memory(struct process_values *process)
{
	char text[128];
	const char *at = text;
	uint64_t pages;

	if (file_read("/proc/self/statm", text, sizeof(text)) <= 0)
		return;
	pages = string_to_u64(&at);
	set(process, METRIC_PROCESS_MEMORY_VIRTUAL, 0, pages * shim.page_size);
	at++;
	pages = string_to_u64(&at);
	set(process, METRIC_PROCESS_MEMORY_USAGE, 0, pages * shim.page_size);
}

/* Moves to the field of /proc/self/stat; the second one may hold spaces and parentheses. */
static const char *stat_field(const char *text, long length, int number)
{
	const char *at = text + length;

	while (at > text && *at != ')')
		at--;
	for (int field = 2; field < number && *at; at++)
		field += *at == ' ';
	return at;
}

static void observe_threads(struct process_values *process, uint32_t emitter_tid)
{
	char text[320];
	long length = file_read("/proc/self/stat", text, sizeof(text));
	const char *field;
	uint64_t threads;

	if (length <= 0)
		return;
	field = stat_field(text, length, 20);
	threads = string_to_u64(&field);
	if (threads)
		set(process, METRIC_PROCESS_THREAD_COUNT, 0, threads - (emitter_tid != 0));
}

/* The program's table, not the emitter's: /proc/self is the thread group's leader. */
static void observe_descriptors(struct process_values *process)
{
	char entries[256];
	uint16_t entry_length; /* at byte 16 of a struct linux_dirent64 */
	struct stat status;
	uint64_t count = 0;
	long fd, bytes;

	/* Since Linux 6.2 the directory's size is the number of descriptors. */
	if (sys_call(SYS_newfstatat, AT_FDCWD, "/proc/self/fd", &status, 0) == 0 &&
	    status.st_size > 0) {
		set(process, METRIC_PROCESS_FD_COUNT, 0, (uint64_t)status.st_size);
		return;
	}
	fd = sys_call(SYS_openat, AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd < 0)
		return;
	while ((bytes = sys_call(SYS_getdents64, fd, entries, sizeof(entries))) > 0) {
		for (long at = 0; at < bytes; at += entry_length, count++)
			memcpy(&entry_length, entries + at + 16, sizeof(entry_length));
	}
	sys_call(SYS_close, fd);
	if (count >= 2)
		set(process, METRIC_PROCESS_FD_COUNT, 0, count - 2); /* . and .. */
}

static void observe_libraries(struct process_values *process)
{
	/* A filter may kill who calls process_vm_readv(2). */
	int count = shim.restricted ? -1 : libraries_count(shim.loader, shim.vdso);

	if (count >= 0)
		set(process, METRIC_LOADER_LIBRARY_COUNT, 0, (uint64_t)count);
}

static uint64_t sum_words(const struct process_values *totals, enum metric_id id, uint32_t series)
{
	const struct metric *metric = &metric_table[id];
	const uint64_t *words = (const uint64_t *)totals + metric_series_word(metric, series);
	uint64_t sum = metric->kind == KIND_HISTOGRAM ? 0 : words[0];

	for (uint32_t i = 1; i < metric->width; i++)
		sum += words[i];
	return sum;
}

/*
 * The system calls that the kernel counts as reads (writes) and that came through our hooks. The
 * kernel does not count those on a bad descriptor, nor recv and send, nor what io_uring does: then
 * there is no telling.
 */
static uint64_t calls_seen(const struct process_values *totals, enum DISK_DIRECTION direction)
{
	uint32_t operation =
		direction == DISK_DIRECTION_READ ? FILE_OPERATION_READ : FILE_OPERATION_WRITE;
	uint32_t bad = operation * FILE_ERROR_COUNT + FILE_ERROR_EBADF;

	return sum_words(totals, METRIC_FILE_OPERATION_DURATION, operation) -
	       sum_words(totals, METRIC_FILE_OPERATION_ERRORS, bad) +
	       sum_words(totals, METRIC_SOCKET_PLAIN_CALLS, direction) +
	       relaxed_load(&counting_page.copies);
}

/* The process's calls but for the emitter's. */
static int read_calls(struct io_calls *ret, uint32_t emitter_tid)
{
	struct io_calls own = {{0, 0}};

	if (read_io("/proc/self/io", ret) || (emitter_tid && read_io("/proc/thread-self/io", &own)))
		return -1;
	/* The read of /proc/self/io itself is in our own count, but not yet in the process's. */
	own.calls[DISK_DIRECTION_READ] -= emitter_tid ? 1 : 0;
	for (int direction = 0; direction < 2; direction++)
		ret->calls[direction] -= own.calls[direction];
	return 0;
}

/* Changes with every child that is waited for: the kernel adds its calls to its parent's. */
static uint64_t children_waited_for(void)
{
	struct rusage usage;

	return sys_call(SYS_getrusage, RUSAGE_CHILDREN, &usage) == 0 ? (uint64_t)usage.ru_minflt
	                                                             : 0;
}

void observe_calls_begin(struct observe_baseline *baseline, const struct process_values *totals,
                         uint32_t emitter_tid)
{
	struct io_calls now;

	if (baseline->calls_known || read_calls(&now, emitter_tid))
		return;
	memcpy(baseline->calls, now.calls, sizeof(baseline->calls));
	if (!emitter_tid)
		baseline->calls[DISK_DIRECTION_READ]++; /* the read that told us */
	for (uint32_t direction = 0; totals && direction < 2; direction++)
		baseline->seen[direction] = calls_seen(totals, direction);
	baseline->children = children_waited_for();
	baseline->calls_known = true;
}

void observe_begin(struct observe_baseline *ret)
{
	struct rusage usage;

	memset(ret, 0, sizeof(*ret));
	if (sys_call(SYS_getrusage, RUSAGE_SELF, &usage) != 0)
		return;
	ret->user_ns = timeval_ns(&usage.ru_utime);
	ret->system_ns = timeval_ns(&usage.ru_stime);
	ret->voluntary = (uint64_t)usage.ru_nvcsw;
	ret->involuntary = (uint64_t)usage.ru_nivcsw;
	ret->major = (uint64_t)usage.ru_majflt;
	ret->minor = (uint64_t)usage.ru_minflt;
	ret->blocks[DISK_DIRECTION_READ] = (uint64_t)usage.ru_inblock;
	ret->blocks[DISK_DIRECTION_WRITE] = (uint64_t)usage.ru_oublock;
	/* A file tells of short programs too, and of all that they read. */
	if (settings_exporter_enabled(shim.settings, SINK_FILE))
		observe_calls_begin(ret, NULL, 0);
}

static void observe_coverage(struct process_values *process, const struct observe_baseline *from,
                             const struct process_values *totals, enum DISK_DIRECTION direction,
                             uint64_t calls)
{
	uint64_t seen = calls_seen(totals, direction) - from->seen[direction];

	calls -= from->calls[direction];
	if (relaxed_load(&counting_misses_io) || children_waited_for() != from->children)
		unset(process, METRIC_IO_COVERAGE, direction);
	else if (calls)
		set(process, METRIC_IO_COVERAGE, direction,
		    seen < calls ? ppm(seen, calls) : 1000000);
}

static void observe_io(struct process_values *process, const struct observe_baseline *baseline,
                       const struct process_values *totals, uint32_t emitter_tid)
{
	struct io_calls now;

	if (read_calls(&now, emitter_tid))
		return;
	/* The kernel accounts: what is none so far is 0. */
	make_present(process, METRIC_PROCESS_DISK_IO, DISK_DIRECTION_READ);
	make_present(process, METRIC_PROCESS_DISK_IO, DISK_DIRECTION_WRITE);
	if (!baseline->calls_known)
		return;
	for (uint32_t direction = 0; direction < 2; direction++)
		observe_coverage(process, baseline, totals, direction, now.calls[direction]);
}

void observe_process(struct process_values *process, struct observe_state *state,
                     const struct observe_baseline *baseline, const struct process_values *totals,
                     uint32_t emitter_tid)
{
	observe_usage(process, state, baseline);
	observe_io(process, baseline, totals, emitter_tid);
	observe_memory(process);
	observe_threads(process, emitter_tid);
	observe_descriptors(process);
	observe_libraries(process);
	for (uint32_t family = 0; family < HOOK_FAMILY_COUNT; family++)
		set(process, METRIC_HOOKS_ACTIVE, family, shim.hooks_active[family]);
	if (emitter_tid)
		set(process, METRIC_OVERHEAD_TIME, 0,
		    state->emitters_ns + clock_read_ns(CLOCK_THREAD_CPUTIME_ID));
}

void observe_emitter_ends(struct observe_state *state)
{
	state->emitters_ns += clock_read_ns(CLOCK_THREAD_CPUTIME_ID);
}

int observe_program_end(void)
{
	char text[512];
	long length = file_read("/proc/self/stat", text, sizeof(text));
	const char *threads, *code;

	if (length <= 0 || *stat_field(text, length, 3) != 'Z')
		return -1;
	threads = stat_field(text, length, 20);
	if (string_to_u64(&threads) > 2)
		return -1;
	code = stat_field(text, length, 52);
	return lifecycle_is_threaded() ? 0 : (int)(string_to_u64(&code) >> 8 & 0xff);
}
