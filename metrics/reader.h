/*
 * Reads another process's segment file into private memory. Nothing in it is believed: it may be
 * cut, forged, of another version, or no segment at all. pread() only, never mmap(), because a file
 * that is cut meanwhile would be SIGBUS. Raw system calls, but for reader_session().
 */
#ifndef METRICS_READER_H
#define METRICS_READER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "metrics/metric.h"
#include "metrics/segment.h"
#include "metrics/session.h"

/* No sum that a program really counts is larger (nor, if it may be negative, smaller than minus
 * that). */
#define READER_LARGEST (UINT64_C(1) << 62)

struct segment_reading {
	struct process_values totals; /* derived rows included; observed ones as metric.h says */
	enum segment_state state;
	bool alive; /* the process still ran just before (or others used its memory, where no one
	             * can tell): what is read of one that did not is final */
	uint32_t pid, parent_pid, emitter_tid, shards; /* shards: in use or used before */
	uint64_t pid_namespace, created_boottime_ns, start_time_ns;
	int64_t inherited_bytes, inherited_blocks;
	enum ledger_state ledger;
	uint64_t seen_time_ns; /* 0: its emitter was never at work */
	uint8_t instance_id[16];
	char program[sizeof(((struct segment_header *)0)->program)]; /* any bytes, then a NUL */
	char messages[SEGMENT_MESSAGES_SIZE + 1]; /* any bytes without NUL, then a NUL */
	struct { /* of the reading itself: the emitter's stack is small */
		struct segment_header header;
		uint32_t owners[SEGMENT_SHARDS_MAX];
		struct shard_values shard;
	} scratch;
};

/*
 * Reads the file `name` of a directory; it must belong to `owner` alone. 0 or -errno, *ret is then
 * of no use:
 *   -EACCES   not a plain file of the owner's, or others may open it (symbolic links: -ELOOP)
 *   -EAGAIN   still being made
 *   -EPROTO   of another version of otelue
 *   -EBADMSG  damaged: cut short, or its sizes or counts cannot be
 */
int reader_read(int directory, const char *name, uid_t owner, struct segment_reading *ret);

/* The same for a session's accumulator; its messages end in NUL. */
int reader_session(int directory, uid_t owner, struct session_accumulator *ret);

/* The same for an open file whose owner does not matter, with its session_totals(); without libc.
 */
int reader_accumulator(int fd, struct session_accumulator *ret, struct process_values *ret_totals);

/* All of it, or -EBADMSG; -errno. */
int reader_read_at(int fd, void *to, size_t size, off_t offset);

/* The steps of reader_read(). Descriptor or -errno; access: O_RDONLY or O_RDWR. */
int reader_open(int directory, const char *name, uid_t owner, int access);

enum memory_use {
	MEMORY_UNUSED,
	MEMORY_USED,
	MEMORY_UNTOLD, /* the file system, or the system, does not tell */
};

/*
 * Does anybody have the file open or mapped for writing? (A read lease is refused then.) It works
 * across pid namespaces, where a number tells nothing, and for files of other versions. fd is open
 * for reading alone. Any thread; the program sees no signal of it.
 */
enum memory_use reader_memory_use(int fd);

struct memory_hold {
	uint64_t mask;
	bool held, was_pending;
};

/* 0: nobody has, and who opens it for writing waits until it is released (for 45 s at most).
 * -EAGAIN: somebody has; another -errno: it cannot be told. Both by the same thread, which blocks
 * SIGURG in between. */
int reader_memory_hold(int fd, struct memory_hold *ret);
void reader_memory_release(int fd, struct memory_hold *hold);

/* Does the process that made it still run, in this pid namespace? */
bool reader_process_runs(const struct segment_reading *reading);

/* Every total within bounds, so that no later sum of a few thousand of them turns over unseen; else
 * -EBADMSG. */
int reader_check_totals(const struct process_values *totals);

/*
 * The ledger that goes with a reading, as far as its state says that something is kept; the rest is
 * zeros. upto LEDGER_IDENTIFIED: only settings and resource, the rest stays as it is; they are any
 * bytes. 0 or -errno; -EBADMSG: damaged.
 */
int reader_ledger(int fd, const struct segment_reading *reading, enum ledger_state upto,
                  struct ledger *ret);

/* Only what the header says; the totals stay as they are. */
int reader_header(int fd, struct segment_reading *ret);

/* reader_read() for an open file whose owner does not matter; `alive` is left false. */
int reader_parse(int fd, struct segment_reading *ret);

#endif
