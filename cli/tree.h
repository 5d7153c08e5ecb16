/*
 * What all processes of a session counted together: the accumulator of those that ended, the
 * segments that killed ones left behind, those that still run, and sessions within it.
 */
#ifndef CLI_TREE_H
#define CLI_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "metrics/metric.h"
#include "metrics/segment.h"

/* A process that did not hand its counts over: it still runs, or it was killed. */
struct tree_process {
	uint32_t pid;
	bool alive;
	char program[768]; /* printable, any byte may have become three */
};

struct tree {
	struct process_values totals;
	uint64_t ended;           /* processes that handed their counts over */
	uint64_t running, killed; /* in `processes`, but for the killed that were taken in */
	uint64_t unseen;          /* processes that executed a program without the shim */
	uint64_t
		unreadable; /* segments that could not be counted, the first few told in messages */
	struct tree_process *processes;
	size_t process_count;
	char **messages; /* "program[pid]: text", printable, without newline */
	size_t message_count;
};

/* Why a segment or session cannot be read, see metrics/reader.h; a clause. */
const char *tree_explain(int err);

/* Sums up a session's directory. 0 or -errno; *ret is empty then. Give it back with tree_free(). */
int tree_read(struct tree *ret, const char *directory);

/* The same for a directory without accumulator: segments that belong to no session. */
int tree_read_segments(struct tree *ret, const char *directory);

void tree_free(struct tree *tree);

#endif
