/* How the hooks of streams end: calls, bytes, failures, descriptors. See stdio.h. */
#include "hooks/stdio.h"

static int descriptor_of(FILE *stream)
{
	int saved = errno, fd = fileno_unlocked(stream);

	errno = saved;
	return fd;
}

void stdio_count_elsewhere(enum STDIO_OPERATION operation, enum DISK_DIRECTION direction,
                           uint64_t bytes)
{
	stdio_count_in(counting_here(HOOK_FAMILY_STDIO), operation, direction, bytes);
}

void stdio_count_failure(enum STDIO_OPERATION operation, int error)
{
	bool reads = operation == STDIO_OPERATION_READ;

	if (hook_would_block(error))
		counting_add(counting_here(HOOK_FAMILY_FILE), PLACE(IO_WOULD_BLOCK),
		             reads ? IO_OPERATION_READ : IO_OPERATION_WRITE, 1);
	else
		counting_add(counting_here(HOOK_FAMILY_STDIO), PLACE(STDIO_OPERATION_ERRORS),
		             operation * FILE_ERROR_COUNT +
		                     hook_error_value(ATTRIBUTE_FILE_ERROR, error),
		             1);
}

/* The mark of an error stays on a stream; that of the end tells that this call met no error. */
void stdio_count_short(FILE *stream)
{
	if (!feof_unlocked(stream) && ferror_unlocked(stream))
		stdio_count_failure(STDIO_OPERATION_READ, errno);
}

void stdio_count_fewer_read(FILE *stream, size_t size, size_t n)
{
	stdio_count_read(stream, n * size, !size);
}

void stdio_count_fewer_written(size_t size, size_t n)
{
	stdio_count_write(n * size, !size);
}

/* Want of memory and a stream that is not for reading mark nothing. */
void stdio_count_nothing(FILE *stream)
{
	if (!feof_unlocked(stream))
		stdio_count_failure(STDIO_OPERATION_READ, errno);
}

ssize_t stdio_end_delimited(FILE *stream, ssize_t length)
{
	stdio_count(STDIO_OPERATION_READ, DISK_DIRECTION_READ, length < 0 ? 0 : (uint64_t)length);
	if (unlikely(length < 0))
		stdio_count_nothing(stream);
	return length;
}

int stdio_end_scanned(FILE *stream, int n)
{
	stdio_count(STDIO_OPERATION_READ, DISK_DIRECTION_READ, 0);
	if (unlikely(n == EOF))
		stdio_count_nothing(stream);
	return n;
}

int stdio_end(struct hook_timer timer, enum STDIO_TIMED timed, int result)
{
	uint64_t elapsed = hook_timer_elapsed(timer);
	struct counting here = counting_here(HOOK_FAMILY_STDIO);
	enum STDIO_OPERATION operation = (enum STDIO_OPERATION)timed;

	counting_record(here, PLACE(STDIO_OPERATION_DURATION), timed, elapsed);
	counting_add(here, PLACE(STDIO_OPERATIONS), operation, 1);
	if (unlikely(result == -1))
		stdio_count_failure(operation, errno);
	return result;
}

FILE *stdio_end_open(struct hook_timer timer, uint16_t entry, FILE *stream)
{
	stdio_end(timer, STDIO_TIMED_OPEN, stream ? 0 : -1);
	if (stream)
		descriptor_made(descriptor_of(stream), entry);
	return stream;
}

FILE *stdio_end_adopt(struct hook_timer timer, FILE *stream)
{
	stdio_end(timer, STDIO_TIMED_OPEN, stream ? 0 : -1);
	return stream;
}

struct stdio_closing stdio_begin_close(FILE *stream)
{
	struct stdio_closing closing = {.fd = descriptor_of(stream)};

	closing.entry = closing.fd < 0 ? 0 : descriptor_take(closing.fd);
	closing.timer = hook_timer_start();
	return closing;
}

struct stdio_closing stdio_begin_reopen(FILE *stream)
{
	struct stdio_closing closing = {.fd = descriptor_of(stream)};

	if (closing.fd >= 0) {
		closing.entry = descriptor_with(closing.fd, DESCRIPTOR_KNOWN);
		descriptor_take(closing.fd);
	}
	closing.timer = hook_timer_start();
	return closing;
}

/* EBADF is also the failure of a flush before the close: nothing was closed if nobody knew of it.
 */
int stdio_end_close(const struct stdio_closing *closing, int result)
{
	stdio_end(closing->timer, STDIO_TIMED_CLOSE, result);
	if (closing->fd >= 0 && (result != -1 || errno != EBADF || closing->entry))
		descriptor_closed(closing->entry);
	return result;
}

/* What the stream had is closed also where nothing could be opened. */
FILE *stdio_end_reopen(const struct stdio_closing *closing, const char *path, FILE *stream)
{
	int fd = stream ? descriptor_of(stream) : -1;

	stdio_end(closing->timer, STDIO_TIMED_OPEN, stream ? 0 : -1);
	if (closing->entry & DESCRIPTOR_KNOWN)
		descriptor_closed(closing->entry);
	if (stream)
		descriptor_made(fd, path ? DESCRIPTOR_OPENED(FILE)
		                         : descriptor_with(fd, DESCRIPTOR_KNOWN));
	return stream;
}
