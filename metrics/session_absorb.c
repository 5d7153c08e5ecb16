/*
 * What a killed process left in a session is taken in by whoever sees to the session, long before
 * its end: killed ones may be many, and each holds memory. Raw system calls.
 */
#include <fcntl.h>
#include <stddef.h>
#include "base/atomic.h"
#include "base/syscall.h"
#include "metrics/reader.h"

/* Marks a segment as handed over, so that nobody counts it again. False: its process has handed it
 * over itself meanwhile. */
static bool mark(int directory, const char *name)
{
	const off_t at = offsetof(struct segment_header, state);
	uint32_t state = 0;
	int fd = reader_open(directory, name, (uid_t)sys_call(SYS_geteuid), O_RDWR);
	long n;

	if (fd < 0)
		return false;
	n = sys_call(SYS_pread64, fd, &state, sizeof(state), at);
	if (n == sizeof(state) && state == SEGMENT_LIVE) {
		state = SEGMENT_EXPORTED;
		n = sys_call(SYS_pwrite64, fd, &state, sizeof(state), at);
	} else {
		n = 0;
	}
	sys_call(SYS_close, fd);
	return n == sizeof(state);
}

static bool take_counts(struct session_accumulator *accumulator, int directory, const char *name,
                        struct segment_reading *reading)
{
	bool marked;

	session_change_begin(accumulator);
	marked = mark(directory, name);
	if (marked)
		session_add_killed(accumulator, &reading->totals);
	session_change_end(accumulator);
	if (marked)
		session_message(accumulator, reading->program, reading->pid, reading->messages);
	return marked;
}

void session_absorb(struct session_accumulator *accumulator, int directory, const char *name,
                    struct segment_reading *reading)
{
	if (reading->state == SEGMENT_LIVE && !take_counts(accumulator, directory, name, reading))
		return;
	if (sys_call(SYS_unlinkat, directory, name, 0) == 0 && reading->state == SEGMENT_EXEC)
		counter_add_shared(&accumulator->unseen, 1);
}
