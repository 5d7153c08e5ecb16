/*
 * How the hooks of streams end. What is counted is what the program asks of the stream; the system
 * calls that libc makes inside are not seen, and so are in no other row. Descriptors are followed
 * as those of files are: fopen makes one, fdopen takes one over, fclose closes it.
 *
 * Reading and writing take no time, opening, closing and flushing do. EAGAIN is libc.io.would_block
 * and not an error.
 */
#ifndef HOOKS_STDIO_H
#define HOOKS_STDIO_H

#include <string.h>
#include "hooks/descriptor.h"
#include "hooks/hook.h"

void stdio_count_failure(enum STDIO_OPERATION operation, int error) HOOK_HIDDEN
	__attribute__((cold));
/* Fewer items than were asked for, or of no size. */
void stdio_count_fewer_read(FILE *stream, size_t size, size_t n) HOOK_HIDDEN __attribute__((cold));
void stdio_count_fewer_written(size_t size, size_t n) HOOK_HIDDEN __attribute__((cold));
/* Less than was asked for: because of an error, if the stream says so. */
void stdio_count_short(FILE *stream) HOOK_HIDDEN __attribute__((cold));
/* Nothing was read: because of an error, unless the stream is at its end. */
void stdio_count_nothing(FILE *stream) HOOK_HIDDEN __attribute__((cold));

static always_inline void stdio_count_in(struct counting here, enum STDIO_OPERATION operation,
                                         enum DISK_DIRECTION direction, uint64_t bytes)
{
	counting_add(here, PLACE(STDIO_OPERATIONS), operation, 1);
	counting_add(here, PLACE(STDIO_IO), direction, bytes);
}

/* Of a thread without a shard. */
void stdio_count_elsewhere(enum STDIO_OPERATION operation, enum DISK_DIRECTION direction,
                           uint64_t bytes) HOOK_HIDDEN __attribute__((cold));

/* One call that is not timed, and its bytes. */
static always_inline void stdio_count(enum STDIO_OPERATION operation, enum DISK_DIRECTION direction,
                                      uint64_t bytes)
{
	struct counting own = counting_own();

	if (!counting_counts(HOOK_FAMILY_STDIO))
		return;
	if (likely(own.values))
		stdio_count_in(own, operation, direction, bytes);
	else
		stdio_count_elsewhere(operation, direction, bytes);
}

static always_inline void stdio_count_read(FILE *stream, uint64_t bytes, bool complete)
{
	stdio_count(STDIO_OPERATION_READ, DISK_DIRECTION_READ, bytes);
	if (unlikely(!complete))
		stdio_count_short(stream);
}

static always_inline void stdio_count_write(uint64_t bytes, bool complete)
{
	stdio_count(STDIO_OPERATION_WRITE, DISK_DIRECTION_WRITE, bytes);
	if (unlikely(!complete))
		stdio_count_failure(STDIO_OPERATION_WRITE, errno);
}

/* The results of fread, fgets, getdelim, fwrite, fputs. */
static always_inline size_t stdio_end_items(FILE *stream, size_t size, size_t count, size_t n)
{
	if (likely(n == count))
		stdio_count(STDIO_OPERATION_READ, DISK_DIRECTION_READ, n * size);
	else
		stdio_count_fewer_read(stream, size, n);
	return n;
}

static always_inline char *stdio_end_line(FILE *stream, char *line)
{
	stdio_count_read(stream, line ? strlen(line) : 0, line != NULL);
	return line;
}

ssize_t stdio_end_delimited(FILE *stream, ssize_t length) HOOK_HIDDEN;
int stdio_end_scanned(FILE *stream, int n) HOOK_HIDDEN;

static always_inline size_t stdio_end_written(size_t size, size_t count, size_t n)
{
	if (likely(n == count))
		stdio_count(STDIO_OPERATION_WRITE, DISK_DIRECTION_WRITE, n * size);
	else
		stdio_count_fewer_written(size, n);
	return n;
}

static always_inline int stdio_end_text(size_t length, int result)
{
	stdio_count_write(result == EOF ? 0 : length, result != EOF);
	return result;
}

/* The result is -1 with errno, or what succeeded. */
int stdio_end(struct hook_timer timer, enum STDIO_TIMED operation, int result) HOOK_HIDDEN;

/* A new stream, or NULL; its descriptor is as new as it, and gets the entry. */
FILE *stdio_end_open(struct hook_timer timer, uint16_t entry, FILE *stream) HOOK_HIDDEN;
/* A new stream on a descriptor that was there, or on none. */
FILE *stdio_end_adopt(struct hook_timer timer, FILE *stream) HOOK_HIDDEN;

struct stdio_closing {
	struct hook_timer timer;
	int fd;         /* negative: the stream has none */
	uint16_t entry; /* taken from the table */
};
struct stdio_closing stdio_begin_close(FILE *stream) HOOK_HIDDEN;
/* The same for freopen, which does not say whether there was something to close. */
struct stdio_closing stdio_begin_reopen(FILE *stream) HOOK_HIDDEN;
int stdio_end_close(const struct stdio_closing *closing, int result) HOOK_HIDDEN;
/* path: NULL where the same file is opened in another mode. */
FILE *stdio_end_reopen(const struct stdio_closing *closing, const char *path,
                       FILE *stream) HOOK_HIDDEN;

#endif
