/* Hooks that read and write; on a socket they are its receive and send. */
#include <sys/eventfd.h>
#include <sys/uio.h>
#include "hooks/file.h"
#include "hooks/socket.h"

static always_inline void count_io(struct counting here, uint64_t elapsed,
                                   enum FILE_OPERATION operation, enum FILE_TYPE type, ssize_t n)
{
	enum DISK_DIRECTION direction =
		operation == FILE_OPERATION_READ ? DISK_DIRECTION_READ : DISK_DIRECTION_WRITE;

	file_count_call_in(here, operation, elapsed);
	if (unlikely(n < 0)) {
		file_count_failure(here, operation, errno);
		return;
	}
	counting_record(here, PLACE(FILE_IO_SIZE), direction, (uint64_t)n);
	counting_add(here, PLACE(FILE_IO), direction * FILE_TYPE_COUNT + type, (uint64_t)n);
}

/* The entry of what was read or written; errno says how that failed, if it did. */
static uint16_t learn_entry(int fd, ssize_t n)
{
	return n < 0 && errno == EBADF ? 0 : descriptor_learn(fd, DESCRIPTOR_READY);
}

/* What the call is on a socket. */
static always_inline enum SOCKET_OPERATION socket_operation(enum FILE_OPERATION operation)
{
	return operation == FILE_OPERATION_READ ? SOCKET_OPERATION_RECEIVE : SOCKET_OPERATION_SEND;
}

/* The same where the descriptor is not known yet, where the thread has no shard or the family is
 * off, and for failures. */
static __attribute__((noinline)) ssize_t
end_elsewhere(uint64_t elapsed, enum FILE_OPERATION operation, int fd, ssize_t n)
{
	uint16_t entry = descriptor_entry(fd);

	if (counting_is_off())
		return n;
	if (unlikely(!(entry & DESCRIPTOR_READY)))
		entry = learn_entry(fd, n);
	if (entry & DESCRIPTOR_SOCKET)
		return socket_count_plain(elapsed, socket_operation(operation), fd, entry, n);
	count_io(counting_here(HOOK_FAMILY_FILE), elapsed, operation, descriptor_file_type(entry),
	         n);
	return n;
}

static always_inline ssize_t end_io(struct hook_timer timer, enum FILE_OPERATION operation, int fd,
                                    ssize_t n)
{
	uint64_t elapsed = hook_timer_elapsed(timer);
	uint32_t entry = descriptor_entry(fd);
	struct counting own = counting_own();

	if (unlikely(!(entry & DESCRIPTOR_READY)))
		return end_elsewhere(elapsed, operation, fd, n);
	if (entry & DESCRIPTOR_SOCKET)
		return socket_count_plain(elapsed, socket_operation(operation), fd, (uint16_t)entry,
		                          n);
	if (unlikely(n < 0 || !own.values || !counting_counts(HOOK_FAMILY_FILE)))
		return end_elsewhere(elapsed, operation, fd, n);
	count_io(own, elapsed, operation, entry & DESCRIPTOR_LOW, n);
	return n;
}

static __attribute__((noinline)) ssize_t end_read(struct hook_timer timer, int fd, ssize_t n)
{
	return end_io(timer, FILE_OPERATION_READ, fd, n);
}

static __attribute__((noinline)) ssize_t end_write(struct hook_timer timer, int fd, ssize_t n)
{
	return end_io(timer, FILE_OPERATION_WRITE, fd, n);
}

/* read and write themselves are worth the room that the end takes in them. */
OTELUE_EXPORT ssize_t read(int fd, void *to, size_t size)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(read)(fd, to, size);

	return end_io(timer, FILE_OPERATION_READ, fd, n);
}

OTELUE_EXPORT ssize_t __read(int fd, void *to, size_t size)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(__read)(fd, to, size);

	return end_read(timer, fd, n);
}

OTELUE_EXPORT ssize_t __read_chk(int fd, void *to, size_t size, size_t room)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(__read_chk)(fd, to, size, room);

	return end_read(timer, fd, n);
}

OTELUE_EXPORT ssize_t pread(int fd, void *to, size_t size, off_t offset)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(pread)(fd, to, size, offset);

	return end_read(timer, fd, n);
}

OTELUE_EXPORT ssize_t pread64(int fd, void *to, size_t size, off64_t offset)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(pread64)(fd, to, size, offset);

	return end_read(timer, fd, n);
}

OTELUE_EXPORT ssize_t __pread64(int fd, void *to, size_t size, off64_t offset)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(__pread64)(fd, to, size, offset);

	return end_read(timer, fd, n);
}

OTELUE_EXPORT ssize_t __pread_chk(int fd, void *to, size_t size, off_t offset, size_t room)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(__pread_chk)(fd, to, size, offset, room);

	return end_read(timer, fd, n);
}

OTELUE_EXPORT ssize_t __pread64_chk(int fd, void *to, size_t size, off64_t offset, size_t room)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(__pread64_chk)(fd, to, size, offset, room);

	return end_read(timer, fd, n);
}

OTELUE_EXPORT ssize_t readv(int fd, const struct iovec *parts, int count)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(readv)(fd, parts, count);

	return end_read(timer, fd, n);
}

OTELUE_EXPORT ssize_t preadv(int fd, const struct iovec *parts, int count, off_t offset)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(preadv)(fd, parts, count, offset);

	return end_read(timer, fd, n);
}

OTELUE_EXPORT ssize_t preadv64(int fd, const struct iovec *parts, int count, off64_t offset)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(preadv64)(fd, parts, count, offset);

	return end_read(timer, fd, n);
}

OTELUE_EXPORT ssize_t preadv2(int fd, const struct iovec *parts, int count, off_t offset, int flags)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(preadv2) ? real.preadv2(fd, parts, count, offset, flags) : hook_missing();

	return end_read(timer, fd, n);
}

OTELUE_EXPORT ssize_t preadv64v2(int fd, const struct iovec *parts, int count, off64_t offset,
                                 int flags)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(preadv64v2) ? real.preadv64v2(fd, parts, count, offset, flags)
	                             : hook_missing();

	return end_read(timer, fd, n);
}

OTELUE_EXPORT ssize_t write(int fd, const void *from, size_t size)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(write)(fd, from, size);

	return end_io(timer, FILE_OPERATION_WRITE, fd, n);
}

OTELUE_EXPORT ssize_t __write(int fd, const void *from, size_t size)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(__write)(fd, from, size);

	return end_write(timer, fd, n);
}

OTELUE_EXPORT ssize_t pwrite(int fd, const void *from, size_t size, off_t offset)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(pwrite)(fd, from, size, offset);

	return end_write(timer, fd, n);
}

OTELUE_EXPORT ssize_t pwrite64(int fd, const void *from, size_t size, off64_t offset)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(pwrite64)(fd, from, size, offset);

	return end_write(timer, fd, n);
}

OTELUE_EXPORT ssize_t __pwrite64(int fd, const void *from, size_t size, off64_t offset)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(__pwrite64)(fd, from, size, offset);

	return end_write(timer, fd, n);
}

OTELUE_EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(writev)(fd, parts, count);

	return end_write(timer, fd, n);
}

OTELUE_EXPORT ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(pwritev)(fd, parts, count, offset);

	return end_write(timer, fd, n);
}

OTELUE_EXPORT ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(pwritev64)(fd, parts, count, offset);

	return end_write(timer, fd, n);
}

OTELUE_EXPORT ssize_t pwritev2(int fd, const struct iovec *parts, int count, off_t offset,
                               int flags)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n =
		REAL(pwritev2) ? real.pwritev2(fd, parts, count, offset, flags) : hook_missing();

	return end_write(timer, fd, n);
}

OTELUE_EXPORT ssize_t pwritev64v2(int fd, const struct iovec *parts, int count, off64_t offset,
                                  int flags)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(pwritev64v2) ? real.pwritev64v2(fd, parts, count, offset, flags)
	                              : hook_missing();

	return end_write(timer, fd, n);
}

OTELUE_EXPORT int eventfd_read(int fd, uint64_t *ret_value)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(eventfd_read)(fd, ret_value);

	end_read(timer, fd, result ? -1 : 8);
	return result;
}

OTELUE_EXPORT int eventfd_write(int fd, uint64_t value)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(eventfd_write)(fd, value);

	end_write(timer, fd, result ? -1 : 8);
	return result;
}
