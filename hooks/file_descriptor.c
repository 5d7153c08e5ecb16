/*
 * Hooks that close, duplicate and make descriptors, files apart.
 *
 * Programs close all numbers there may be, a million at times. So once CLOSE_MISSES closes in a row
 * have failed with EBADF, a close of a number that is not in the table is not timed, and a further
 * EBADF not counted: what costs less than 5 ns, and a sweep shows as CLOSE_MISSES errors. A single
 * close too many is an error like any other.
 */
#include <stdarg.h>
#include "base/syscall.h"
#include "hooks/file.h"

#define CLOSE_MISSES 16u

static uint32_t misses; /* in a row, up to CLOSE_MISSES */

static always_inline bool close_is_swept(int fd)
{
	return unlikely(relaxed_load(&misses) >= CLOSE_MISSES) && !descriptor_entry(fd);
}

/* After a close that was not timed; any failure is taken for EBADF. */
static always_inline int close_swept(int result)
{
	if (unlikely(result == 0)) {
		relaxed_store(&misses, 0);
		descriptor_closed(0);
	}
	return result;
}

/* All errors but EBADF leave the descriptor closed. */
int file_end_close(struct hook_timer timer, uint16_t entry, int result)
{
	uint32_t missed = relaxed_load(&misses);

	file_end(timer, FILE_OPERATION_CLOSE, result);
	if (unlikely(result < 0) && errno == EBADF) {
		relaxed_store(&misses, missed < CLOSE_MISSES ? missed + 1 : missed);
		return result;
	}
	if (unlikely(missed))
		relaxed_store(&misses, 0);
	descriptor_closed(entry);
	return result;
}

OTELUE_EXPORT int close(int fd)
{
	struct hook_timer timer;
	uint16_t entry;

	if (close_is_swept(fd))
		return close_swept(REAL(close)(fd));
	entry = descriptor_take(fd);
	timer = hook_timer_start();
	return file_end_close(timer, entry, REAL(close)(fd));
}

OTELUE_EXPORT int __close(int fd)
{
	struct hook_timer timer;
	uint16_t entry;

	if (close_is_swept(fd))
		return close_swept(REAL(__close)(fd));
	entry = descriptor_take(fd);
	timer = hook_timer_start();
	return file_end_close(timer, entry, REAL(__close)(fd));
}

/* By syscall(), as programs close that do not want to be cancelled in it (libuv). */
int file_close_by_number(int fd)
{
	struct hook_timer timer;
	uint16_t entry;

	if (close_is_swept(fd))
		return close_swept((int)REAL(syscall)(SYS_close, fd));
	entry = descriptor_take(fd);
	timer = hook_timer_start();
	return file_end_close(timer, entry, (int)REAL(syscall)(SYS_close, fd));
}

static int end_close_range(struct hook_timer timer, unsigned int first, unsigned int last,
                           int flags, int result)
{
	file_end(timer, FILE_OPERATION_CLOSE, result);
	if (result == 0 && !(flags & CLOSE_RANGE_CLOEXEC))
		descriptor_closed_range(first, last);
	return result;
}

OTELUE_EXPORT int close_range(unsigned int first, unsigned int last, int flags)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(close_range) ? real.close_range(first, last, flags) : hook_missing();

	return end_close_range(timer, first, last, flags, result);
}

int file_close_range_by_number(unsigned int first, unsigned int last, int flags)
{
	struct hook_timer timer = hook_timer_start();
	int result = (int)REAL(syscall)(SYS_close_range, first, last, flags);

	return end_close_range(timer, first, last, flags, result);
}

/* It must not do nothing: without libc's, the kernel's. */
OTELUE_EXPORT void closefrom(int first)
{
	struct hook_timer timer = hook_timer_start();

	first = first < 0 ? 0 : first;
	if (REAL(closefrom))
		real.closefrom(first);
	else
		sys_call(SYS_close_range, first, ~0u, 0);
	end_close_range(timer, (unsigned int)first, ~0u, 0, 0);
}

OTELUE_EXPORT int dup(int old)
{
	struct hook_timer timer = hook_timer_start();
	int fd = REAL(dup)(old);

	return file_end_dup(timer, old, fd);
}

OTELUE_EXPORT int dup2(int old, int fd)
{
	struct replacing replacing = file_begin_replace(old, fd);

	return file_end_replace(&replacing, REAL(dup2)(old, fd));
}

OTELUE_EXPORT int __dup2(int old, int fd)
{
	struct replacing replacing = file_begin_replace(old, fd);

	return file_end_replace(&replacing, REAL(__dup2)(old, fd));
}

OTELUE_EXPORT int dup3(int old, int fd, int flags)
{
	struct replacing replacing = file_begin_replace(old, fd);

	return file_end_replace(&replacing, REAL(dup3)(old, fd, flags));
}

OTELUE_EXPORT int fcntl(int fd, int command, ...)
{
	struct hook_timer timer = hook_timer_start();
	void *argument;
	va_list more;
	int result;

	va_start(more, command);
	argument = va_arg(more, void *);
	va_end(more);
	result = REAL(fcntl)(fd, command, argument);
	return file_end_fcntl(timer, fd, command, result);
}

OTELUE_EXPORT int __fcntl(int fd, int command, ...)
{
	struct hook_timer timer = hook_timer_start();
	void *argument;
	va_list more;
	int result;

	va_start(more, command);
	argument = va_arg(more, void *);
	va_end(more);
	result = REAL(__fcntl)(fd, command, argument);
	return file_end_fcntl(timer, fd, command, result);
}

OTELUE_EXPORT int fcntl64(int fd, int command, ...)
{
	struct hook_timer timer = hook_timer_start();
	void *argument;
	va_list more;
	int result;

	va_start(more, command);
	argument = va_arg(more, void *);
	va_end(more);
	result = REAL(fcntl64) ? real.fcntl64(fd, command, argument) : hook_missing();
	return file_end_fcntl(timer, fd, command, result);
}

OTELUE_EXPORT int pipe(int ends[2])
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(pipe)(ends);

	return file_end_pipe(timer, result, ends);
}

OTELUE_EXPORT int __pipe(int ends[2])
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(__pipe)(ends);

	return file_end_pipe(timer, result, ends);
}

OTELUE_EXPORT int pipe2(int ends[2], int flags)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(pipe2)(ends, flags);

	return file_end_pipe(timer, result, ends);
}

OTELUE_EXPORT int eventfd(unsigned int count, int flags)
{
	struct hook_timer timer = hook_timer_start();
	int fd = REAL(eventfd)(count, flags);

	return file_end_open(timer, DESCRIPTOR_OF(EVENT, OTHER), fd);
}

OTELUE_EXPORT int timerfd_create(clockid_t clock, int flags)
{
	struct hook_timer timer = hook_timer_start();
	int fd = REAL(timerfd_create)(clock, flags);

	return file_end_open(timer, DESCRIPTOR_OF(TIMER, OTHER), fd);
}

/* fd: -1 for a new one, else the one to change. */
OTELUE_EXPORT int signalfd(int fd, const sigset_t *mask, int flags)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(signalfd)(fd, mask, flags);

	if (fd >= 0)
		return (int)file_end(timer, FILE_OPERATION_OPEN, result);
	return file_end_open(timer, DESCRIPTOR_OF(OTHER, OTHER), result);
}

OTELUE_EXPORT int inotify_init(void)
{
	struct hook_timer timer = hook_timer_start();
	int fd = REAL(inotify_init)();

	return file_end_open(timer, DESCRIPTOR_OF(OTHER, OTHER), fd);
}

OTELUE_EXPORT int inotify_init1(int flags)
{
	struct hook_timer timer = hook_timer_start();
	int fd = REAL(inotify_init1)(flags);

	return file_end_open(timer, DESCRIPTOR_OF(OTHER, OTHER), fd);
}

OTELUE_EXPORT int epoll_create(int size)
{
	struct hook_timer timer = hook_timer_start();
	int fd = REAL(epoll_create)(size);

	return file_end_open(timer, DESCRIPTOR_OF(EPOLL, OTHER), fd);
}

OTELUE_EXPORT int epoll_create1(int flags)
{
	struct hook_timer timer = hook_timer_start();
	int fd = REAL(epoll_create1)(flags);

	return file_end_open(timer, DESCRIPTOR_OF(EPOLL, OTHER), fd);
}

OTELUE_EXPORT int pidfd_open(pid_t pid, unsigned int flags)
{
	struct hook_timer timer = hook_timer_start();
	int fd = REAL(pidfd_open) ? real.pidfd_open(pid, flags) : hook_missing();

	return file_end_open(timer, DESCRIPTOR_OF(OTHER, OTHER), fd);
}
