/* See tree.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "cli/memory.h"
#include "cli/printable.h"
#include "cli/session_directory.h"
#include "cli/tree.h"
#include "metrics/collect.h"
#include "metrics/reader.h"

#define TREE_ATTEMPTS    10 /* processes may end while they are counted: then all over */
#define TREE_PAUSE_MS    5
#define UNREADABLE_NAMED 3 /* the others are only counted */
#define TREE_DEPTH       8 /* sessions within sessions */

static void add_message(struct tree *tree, char *text)
{
	tree->messages = memory_grow(tree->messages, tree->message_count + 1, sizeof(text));
	tree->messages[tree->message_count++] = text;
}

/* Each line of `lines` with what is to stand before it. */
static void add_messages(struct tree *tree, const char *prefix, const char *lines)
{
	char line[3 * SEGMENT_MESSAGES_SIZE];

	while (*lines) {
		size_t length = strcspn(lines, "\n");

		if (length > 0) {
			printable_copy(line, sizeof(line), lines, length);
			add_message(tree, memory_text("%s%s", prefix, line));
		}
		lines += length + (lines[length] == '\n');
	}
}

const char *tree_explain(int err)
{
	switch (err) {
	case -EPROTO:
		return "it is of another version of otelue";
	case -EBADMSG:
		return "it is damaged";
	case -EACCES:
	case -ELOOP:
		return "it is not a file of this user alone";
	default:
		return strerror(-err);
	}
}

static void add_unreadable(struct tree *tree, const char *name, int err)
{
	if (tree->unreadable++ < UNREADABLE_NAMED)
		add_message(tree,
		            memory_text("segment %s is not counted: %s", name, tree_explain(err)));
}

static void add_process(struct tree *tree, const struct segment_reading *reading)
{
	struct tree_process *process;
	char prefix[1024];

	tree->processes =
		memory_grow(tree->processes, tree->process_count + 1, sizeof(*tree->processes));
	process = &tree->processes[tree->process_count++];
	process->pid = reading->pid;
	process->alive = reading->alive;
	printable_program(process->program, sizeof(process->program), reading->program);
	snprintf(prefix, sizeof(prefix), "%s[%u]: ", process->program, process->pid);
	add_messages(tree, prefix, reading->messages);
}

static void add_segment(struct tree *tree, int directory, const char *name,
                        struct segment_reading *reading, bool *ret_stable)
{
	int err = reader_read(directory, name, geteuid(), reading);

	/* One that is being made, or whose program is being loaded, is there in a moment. */
	if (err == -EAGAIN || (!err && reading->state == SEGMENT_EXEC && reading->alive))
		*ret_stable = false;
	/* Gone, or just being made: nothing is lost. */
	if (err == -ENOENT || err == -EAGAIN)
		return;
	if (err) {
		add_unreadable(tree, name, err);
		return;
	}
	tree->unseen += reading->state == SEGMENT_EXEC;
	if (reading->state != SEGMENT_LIVE)
		return; /* handed over: in the accumulator already */
	tree->running += reading->alive;
	tree->killed += !reading->alive;
	add_process(tree, reading);
	collect_merge(&tree->totals, &reading->totals, !reading->alive);
}

static int read_directory(struct tree *tree, int directory, bool session, int depth,
                          bool *ret_stable);

static void add_inner(struct tree *tree, int outer, const char *name, int depth, bool *ret_stable)
{
	int fd = openat(outer, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), err;

	if (fd < 0 || depth >= TREE_DEPTH)
		err = fd < 0 ? -errno : -ELOOP;
	else
		err = read_directory(tree, fd, true, depth + 1, ret_stable);
	if (err && err != -ENOENT)
		add_message(tree,
		            memory_text("session %s is not counted: %s", name, tree_explain(err)));
	if (fd >= 0)
		close(fd);
}

static int add_entries(struct tree *tree, int directory, bool session, int depth, bool *ret_stable)
{
	int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = copy < 0 ? NULL : fdopendir(copy);
	struct segment_reading *reading;
	struct dirent *entry;

	if (!entries)
		return -errno;
	reading = memory_take(sizeof(*reading));
	while ((entry = readdir(entries))) {
		if (session_is_segment(entry->d_name))
			add_segment(tree, directory, entry->d_name, reading, ret_stable);
		else if (session && session_is_directory(entry->d_name))
			add_inner(tree, directory, entry->d_name, depth, ret_stable);
	}
	free(reading);
	closedir(entries);
	return 0;
}

/*
 * The accumulator is read before and after the segments: if it changed, a process has ended
 * meanwhile and may have been counted twice or not at all.
 */
static int read_directory(struct tree *tree, int directory, bool session, int depth,
                          bool *ret_stable)
{
	struct session_accumulator *before, *after;
	struct process_values *totals;
	int err;

	if (!session)
		return add_entries(tree, directory, session, depth, ret_stable);
	before = memory_take(sizeof(*before));
	after = memory_take(sizeof(*after));
	totals = memory_take(sizeof(*totals));
	err = reader_session(directory, geteuid(), before);
	if (!err)
		err = add_entries(tree, directory, session, depth, ret_stable);
	if (!err)
		err = reader_session(directory, geteuid(), after);
	if (!err) {
		*ret_stable &= memcmp(before, after,
		                      offsetof(struct session_accumulator, messages_length)) == 0;
		*ret_stable &= after->changes_begun == after->changes_ended;
		session_totals(totals, after);
		collect_merge(&tree->totals, totals, true);
		tree->ended += after->processes;
		tree->unseen += after->unseen;
		tree->killed += after->killed;
		add_messages(tree, "", after->messages);
	}
	free(totals);
	free(after);
	free(before);
	return err;
}

static int read_path(struct tree *ret, const char *path, bool session)
{
	const struct timespec pause = {0, TREE_PAUSE_MS * 1000000};
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), err = -errno;
	bool stable = false;

	memset(ret, 0, sizeof(*ret));
	if (fd < 0)
		return err;
	for (int attempt = 0; attempt < TREE_ATTEMPTS && !stable; attempt++) {
		if (attempt > 0)
			nanosleep(&pause, NULL);
		tree_free(ret);
		stable = true;
		err = read_directory(ret, fd, session, 0, &stable);
		if (err)
			break;
	}
	close(fd);
	if (err)
		tree_free(ret);
	return err;
}

int tree_read(struct tree *ret, const char *directory)
{
	return read_path(ret, directory, true);
}

int tree_read_segments(struct tree *ret, const char *directory)
{
	return read_path(ret, directory, false);
}

void tree_free(struct tree *tree)
{
	for (size_t i = 0; i < tree->message_count; i++)
		free(tree->messages[i]);
	free(tree->messages);
	free(tree->processes);
	memset(tree, 0, sizeof(*tree));
}
