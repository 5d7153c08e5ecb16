/*
 * How the hooks of files, and of what else has a descriptor, end. Each function takes the time,
 * counts one call of the operation and its failure, and returns the result that it was given, errno
 * kept. Counted are:
 *
 *  - open: all that makes a descriptor, dup, pipe and eventfd too, sockets apart; fdopendir;
 *  - close: also closedir, close_range and closefrom, one call each;
 *  - read, write: on a socket they are its receive and send, and nothing here;
 *  - sync, metadata, lock: by the hook's own saying;
 *  - transfer: sendfile, splice and the like; their bytes count as read from what they were taken
 *    from and as written to where they went (file or socket), and in no size histogram.
 *
 * EAGAIN from a read, write, lock or transfer is libc.io.would_block and not an error.
 */
#ifndef HOOKS_FILE_H
#define HOOKS_FILE_H

#include <fcntl.h>
#include <unistd.h>
#include "hooks/descriptor.h"
#include "hooks/hook.h"

/* One call of an operation, timed. */
static always_inline void file_count_call_in(struct counting here, enum FILE_OPERATION operation,
                                             uint64_t elapsed)
{
	counting_record(here, PLACE(FILE_OPERATION_DURATION), operation, elapsed);
}

static always_inline struct counting file_count_call(enum FILE_OPERATION operation,
                                                     uint64_t elapsed)
{
	struct counting here = counting_here(HOOK_FAMILY_FILE);

	file_count_call_in(here, operation, elapsed);
	return here;
}
void file_count_failure(struct counting here, enum FILE_OPERATION operation, int error) HOOK_HIDDEN
	__attribute__((cold));

/* The result is -1 with errno, or what succeeded. */
long file_end(struct hook_timer timer, enum FILE_OPERATION operation, long result) HOOK_HIDDEN;
/* The same without the call's time and count: only a failure is counted. */
int file_end_untimed(enum FILE_OPERATION operation, int result) HOOK_HIDDEN;
/* The result is an error number, or 0. */
int file_end_error(struct hook_timer timer, enum FILE_OPERATION operation, int error) HOOK_HIDDEN;

/* fd, if not negative, is new and gets the entry. */
int file_end_open(struct hook_timer timer, uint16_t entry, int fd) HOOK_HIDDEN;
/* The entry of what open() is asked for. */
uint16_t file_entry_of_flags(int flags) HOOK_HIDDEN;
/* open() has a third argument. */
static always_inline bool file_needs_mode(int flags)
{
	return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
}
/* entry: taken before the close. */
int file_end_close(struct hook_timer timer, uint16_t entry, int result) HOOK_HIDDEN;
int file_close_by_number(int fd) HOOK_HIDDEN;
int file_close_range_by_number(unsigned int first, unsigned int last, int flags) HOOK_HIDDEN;
int file_end_pipe(struct hook_timer timer, int result, const int ends[2]) HOOK_HIDDEN;

/* fd is a duplicate of old. */
int file_end_dup(struct hook_timer timer, int old, int fd) HOOK_HIDDEN;

/* dup2 and dup3 close what has the number already. */
struct replacing {
	struct hook_timer timer;
	int old;
	uint16_t replaced; /* entry; not DESCRIPTOR_KNOWN: nothing is closed */
};
struct replacing file_begin_replace(int old, int fd) HOOK_HIDDEN;
int file_end_replace(const struct replacing *replacing, int fd) HOOK_HIDDEN;

/* n bytes went from one descriptor to another. -1: from or to memory; nothing was taken away. */
ssize_t file_end_transfer(struct hook_timer timer, int from, int to, ssize_t n) HOOK_HIDDEN;

/* fcntl: duplicates, locks, or asks and sets. */
int file_end_fcntl(struct hook_timer timer, int fd, int command, int result) HOOK_HIDDEN;

#endif
