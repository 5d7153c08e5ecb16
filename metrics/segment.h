/*
 * The shared segment: where a process counts, readable from outside while it runs and after it was
 * killed.
 *
 *   page 0   struct segment_header          offsets and sizes, never pointers; magic is published
 *                                           last
 *   then     owner word of each shard       tid of its only writer (0: free) and SHARD_RESIDENT
 *   page 2   struct process_values          for what no shard holds; takes locked adds
 *   then     struct ledger                  what the sinks have been told; no memory at first
 *   then     shards, each page-aligned      struct shard_values of one thread; totals only grow
 *
 * A file of tmpfs, sparse, mapped and made resident in small steps by madvise(MADV_POPULATE_WRITE),
 * which fails where a full file system would be SIGBUS: page 0 at first, shards when they are
 * claimed, the pages of the process's block when something is first counted there. (A page costs
 * about 4 us to get and to give back: a short program should not pay for what it never counts.) No
 * function here calls libc, allocates or needs TLS: all may be called from hooks, signal handlers
 * and the emitter. Claim and release are lock-free and safe from any thread.
 */
#ifndef METRICS_SEGMENT_H
#define METRICS_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>
#include "metrics/ledger.h"
#include "metrics/metric.h"

#define SEGMENT_MAGIC       UINT64_C(0x31656c75656c746f) /* "otlelue1" */
#define SEGMENT_VERSION     4
#define SEGMENT_PAGE        4096u
#define SEGMENT_SHARDS_MAX  1024u
#define SEGMENT_FIRST_CHUNK 4u  /* shards mapped with the fixed part */
#define SEGMENT_CHUNK       16u /* shards mapped at a time after that */
#define SEGMENT_CHUNKS \
	(1 + (SEGMENT_SHARDS_MAX - SEGMENT_FIRST_CHUNK + SEGMENT_CHUNK - 1) / SEGMENT_CHUNK)
#define SEGMENT_MESSAGES_SIZE 2048u

#define SHARD_RESIDENT \
	0x80000000u /* in the owner word: has memory, holds totals; once set, it stays */

#define SEGMENT_ROUND(bytes)   (((bytes) + SEGMENT_PAGE - 1) / SEGMENT_PAGE * SEGMENT_PAGE)
#define SEGMENT_OWNERS_OFFSET  3072u
#define SEGMENT_PROCESS_OFFSET (2 * SEGMENT_PAGE)
#define SEGMENT_LEDGER_OFFSET \
	(SEGMENT_PROCESS_OFFSET + SEGMENT_ROUND(sizeof(struct process_values)))
#define SEGMENT_SHARDS_OFFSET (SEGMENT_LEDGER_OFFSET + SEGMENT_ROUND(sizeof(struct ledger)))
#define SEGMENT_SHARD_SIZE    SEGMENT_ROUND(sizeof(struct shard_values))

enum segment_state {
	SEGMENT_LIVE = 1,
	SEGMENT_EXEC,     /* totals were handed on before an exec; counts again if that failed */
	SEGMENT_EXPORTED, /* all was handed on: to be ignored and unlinked */
};

struct segment_header {
	uint64_t magic; /* stored last, with release order */
	uint32_t version;
	uint32_t layout; /* segment_layout(): changes with every change of the catalogue's shape */
	uint32_t process_offset, process_size;
	uint32_t shards_offset, shard_size;
	uint32_t shard_limit; /* shards there may be, and owner words to look at */
	uint32_t state;       /* enum segment_state */
	uint32_t pid, parent_pid, emitter_tid;
	uint64_t pid_namespace;       /* inode of /proc/self/ns/pid; 0: not known (yet) */
	uint64_t created_boottime_ns; /* a pid whose start is later was used again */
	uint64_t start_time_ns;       /* Unix epoch: when counting began */
	int64_t inherited_bytes,
		inherited_blocks; /* live allocations taken over from the parent at fork */
	uint8_t instance_id[16];  /* random UUID, version 4 */
	char program[256];        /* path of the executable, NUL-terminated, cut */
	uint32_t ledger;          /* enum ledger_state */
	uint64_t seen_time_ns;    /* Unix epoch: the emitter was last at work, 0: never */
	uint32_t messages_length; /* bytes used of messages; lines end in '\n' */
	char messages[SEGMENT_MESSAGES_SIZE]; /* what the shim wants to say and must not print */
};

_Static_assert(sizeof(struct segment_header) <= SEGMENT_OWNERS_OFFSET, "owner words follow");
_Static_assert(SEGMENT_OWNERS_OFFSET + 4 * SEGMENT_SHARDS_MAX <= SEGMENT_PROCESS_OFFSET,
               "two pages");

/* This process's view: private memory, made anew after fork. */
struct segment {
	struct segment_header *header; /* NULL: no segment */
	uint32_t *owners;
	struct process_values *process;
	unsigned char *chunks[SEGMENT_CHUNKS]; /* shards 0..3, 4..19, 20..35, ... */
	uint64_t process_pages; /* bit for each page of the process's block that has memory */
	uint32_t shards_mapped;
	uint32_t growing; /* taken by the thread that maps the next chunk */
	uint32_t full;    /* no shard was left at the last try; cleared by a release */
	char path[200];   /* of the file, "": anonymous */
	bool ledger_fits; /* there was room for it when the segment was made */
};

/* What the header is to say; the rest segment_create() finds out. */
struct segment_identity {
	const char
		*directory; /* made with mode 0700 if missing; must be ours and closed to others */
	uint64_t start_time_ns;
	int64_t inherited_bytes, inherited_blocks;
	const char *program;    /* path of the executable; NULL: asked for */
	uint64_t pid_namespace; /* 0: asked for in a session, and where the file is not tmpfs */
	bool session; /* the directory is a session's: it is not made anew, the dead in it stay */
};

/*
 * Makes a segment: a file in the directory, else anonymous shared memory. -errno where not even
 * that can be had; *segment is then empty and the caller counts elsewhere. All signals are blocked
 * while the descriptor is open.
 */
int segment_create(struct segment *segment, const struct segment_identity *identity);
/* The same in place of a mapping that segment_disown() has left. */
int segment_create_at(struct segment *segment, const struct segment_identity *identity,
                      void *place);

/* A shard of this thread's own, still holding the totals of earlier owners; NULL: none is left.
 * tid: the owner. */
struct shard_values *segment_claim(struct segment *segment, uint32_t tid);
void segment_release(struct segment *segment, struct shard_values *shard);

/*
 * The pages of the process's block that hold words [word, word + width), as bits; and all of them.
 */
#define SEGMENT_PAGE_WORDS        (SEGMENT_PAGE / 8)
#define SEGMENT_PROCESS_PAGES     ((sizeof(struct process_values) + SEGMENT_PAGE - 1) / SEGMENT_PAGE)
#define SEGMENT_PROCESS_PAGES_ALL (UINT64_MAX >> (64 - SEGMENT_PROCESS_PAGES))

_Static_assert(SEGMENT_PROCESS_PAGES < 64, "a bit for each page, and one more");

static inline uint64_t segment_process_pages(uint32_t word, uint32_t width)
{
	uint32_t first = word / SEGMENT_PAGE_WORDS, last = (word + width - 1) / SEGMENT_PAGE_WORDS;

	return UINT64_MAX << first & UINT64_MAX >> (63 - last);
}

/* The pages of the named series and of the table of names. */
#define SEGMENT_NAMES_PAGES \
	segment_process_pages(PROCESS_WORDS, sizeof(struct name_table) / sizeof(uint64_t))
#define SEGMENT_NAMED_PAGES \
	(SEGMENT_NAMES_PAGES | segment_process_pages(NAMED_WORD, NAMED_END - NAMED_WORD))

/* Sees to it that these pages have memory. False: there is none to be had. Any thread, any time. */
bool segment_populate_process(struct segment *segment, uint64_t pages);

/* Shard by number for reading; NULL: not mapped or not resident. */
struct shard_values *segment_shard(const struct segment *segment, uint32_t index);

/* Takes the name away; the memory stays until the process ends. */
void segment_unlink(struct segment *segment);

/*
 * Around exec, which keeps the pid: the file is called PID.exec meanwhile, so that the program that
 * comes after can unlink it. segment_exec_failed() gives the name back. Of a session's directory
 * the one around it is swept too: the program before may have been of an outer session, or of none.
 */
void segment_exec_begin(struct segment *segment);
void segment_exec_failed(struct segment *segment);
void segment_exec_sweep(const char *directory, uint32_t pid, bool session);

/*
 * Unlinks the segments of killed processes in a directory, the latest SEGMENT_DEAD_KEPT apart: they
 * may be read, but may not fill the file system. Where there are no more than `most`, those of the
 * living too, none is looked at: that is cheap. Not for a session, whose owner reads them all. Only
 * those of the pid namespace given.
 */
#define SEGMENT_DEAD_KEPT 64
void segment_sweep(const char *directory, uint64_t pid_namespace, uint32_t most);

/*
 * In a fork child: gives up the parent's segment. Its shards must stay addresses that can be
 * written: the fork may have been made by a signal handler that interrupted a hook of this thread,
 * which goes on adding to the parent's shard, `in_use`, when the handler returns. So returns what
 * to pass as segment_create_at()'s place, where the first part is still mapped; of the rest, the
 * part with `in_use` becomes private memory. (Private memory in place of all of it would add up
 * where each generation forks the next.)
 */
void *segment_disown(struct segment *segment, const struct shard_values *in_use);

/* Appends one line to the messages, dropped when there is no room. Not for hot paths; any thread.
 */
void segment_message(struct segment *segment, const char *text);

/*
 * Takes memory for the part of the ledger that a state needs: settings and resource
 * (LEDGER_IDENTIFIED), or also the snapshot and the baselines of these accounts (bit 1 << enum
 * ledger_account; LEDGER_KEPT). NULL: it cannot be had. The caller fills it and then sets the
 * header's word.
 */
struct ledger *segment_ledger(struct segment *segment, enum ledger_state state, uint32_t accounts,
                              bool named);

uint32_t segment_layout(void);

/* The inode of our /proc/self/ns/pid, 0: unknown. */
uint64_t segment_pid_namespace(void);

#endif
