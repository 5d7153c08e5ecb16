/* Hooks that read and write; on a socket they are its receive and send. */
#include <sys/eventfd.h>
#include <sys/uio.h>
#include "hooks/file.h"

OTELUE_EXPORT ssize_t read(int fd, void *to, size_t size)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(read)(fd, to, size);

	return file_end_read(timer, fd, n);
}

OTELUE_EXPORT ssize_t __read(int fd, void *to, size_t size)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(read)(fd, to, size);

	return file_end_read(timer, fd, n);
}

OTELUE_EXPORT ssize_t __read_chk(int fd, void *to, size_t size, size_t room)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(__read_chk)(fd, to, size, room);

	return file_end_read(timer, fd, n);
}

OTELUE_EXPORT ssize_t pread(int fd, void *to, size_t size, off_t offset)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(pread)(fd, to, size, offset);

	return file_end_read(timer, fd, n);
}

OTELUE_EXPORT ssize_t pread64(int fd, void *to, size_t size, off64_t offset)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(pread64)(fd, to, size, offset);

	return file_end_read(timer, fd, n);
}

OTELUE_EXPORT ssize_t __pread64(int fd, void *to, size_t size, off64_t offset)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(pread64)(fd, to, size, offset);

	return file_end_read(timer, fd, n);
}

OTELUE_EXPORT ssize_t __pread_chk(int fd, void *to, size_t size, off_t offset, size_t room)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(__pread_chk)(fd, to, size, offset, room);

	return file_end_read(timer, fd, n);
}

OTELUE_EXPORT ssize_t __pread64_chk(int fd, void *to, size_t size, off64_t offset, size_t room)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(__pread64_chk)(fd, to, size, offset, room);

	return file_end_read(timer, fd, n);
}

OTELUE_EXPORT ssize_t readv(int fd, const struct iovec *parts, int count)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(readv)(fd, parts, count);

	return file_end_read(timer, fd, n);
}

OTELUE_EXPORT ssize_t preadv(int fd, const struct iovec *parts, int count, off_t offset)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(preadv)(fd, parts, count, offset);

	return file_end_read(timer, fd, n);
}

OTELUE_EXPORT ssize_t preadv64(int fd, const struct iovec *parts, int count, off64_t offset)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(preadv64)(fd, parts, count, offset);

	return file_end_read(timer, fd, n);
}

OTELUE_EXPORT ssize_t preadv2(int fd, const struct iovec *parts, int count, off_t offset, int flags)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(preadv2) ? real.preadv2(fd, parts, count, offset, flags) : hook_missing();

	return file_end_read(timer, fd, n);
}

OTELUE_EXPORT ssize_t preadv64v2(int fd, const struct iovec *parts, int count, off64_t offset,
                                 int flags)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(preadv64v2) ? real.preadv64v2(fd, parts, count, offset, flags)
	                             : hook_missing();

	return file_end_read(timer, fd, n);
}

OTELUE_EXPORT ssize_t write(int fd, const void *from, size_t size)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(write)(fd, from, size);

	return file_end_write(timer, fd, n);
}

OTELUE_EXPORT ssize_t __write(int fd, const void *from, size_t size)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(write)(fd, from, size);

	return file_end_write(timer, fd, n);
}

OTELUE_EXPORT ssize_t pwrite(int fd, const void *from, size_t size, off_t offset)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(pwrite)(fd, from, size, offset);

	return file_end_write(timer, fd, n);
}

OTELUE_EXPORT ssize_t pwrite64(int fd, const void *from, size_t size, off64_t offset)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(pwrite64)(fd, from, size, offset);

	return file_end_write(timer, fd, n);
}

OTELUE_EXPORT ssize_t __pwrite64(int fd, const void *from, size_t size, off64_t offset)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(pwrite64)(fd, from, size, offset);

	return file_end_write(timer, fd, n);
}

OTELUE_EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(writev)(fd, parts, count);

	return file_end_write(timer, fd, n);
}

OTELUE_EXPORT ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(pwritev)(fd, parts, count, offset);

	return file_end_write(timer, fd, n);
}

OTELUE_EXPORT ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(pwritev64)(fd, parts, count, offset);

	return file_end_write(timer, fd, n);
}

OTELUE_EXPORT ssize_t pwritev2(int fd, const struct iovec *parts, int count, off_t offset,
                               int flags)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n =
		REAL(pwritev2) ? real.pwritev2(fd, parts, count, offset, flags) : hook_missing();

	return file_end_write(timer, fd, n);
}

OTELUE_EXPORT ssize_t pwritev64v2(int fd, const struct iovec *parts, int count, off64_t offset,
                                  int flags)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(pwritev64v2) ? real.pwritev64v2(fd, parts, count, offset, flags)
	                              : hook_missing();

	return file_end_write(timer, fd, n);
}

OTELUE_EXPORT int eventfd_read(int fd, uint64_t *ret_value)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(eventfd_read)(fd, ret_value);

	file_end_read(timer, fd, result ? -1 : 8);
	return result;
}

OTELUE_EXPORT int eventfd_write(int fd, uint64_t value)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(eventfd_write)(fd, value);

	file_end_write(timer, fd, result ? -1 : 8);
	return result;
}
