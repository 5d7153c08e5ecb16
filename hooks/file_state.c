/* Hooks that sync, lock, place and resize files. */
#include <stdarg.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include "hooks/file.h"

OTELUE_EXPORT int fsync(int fd)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(fsync)(fd);

	return (int)file_end(timer, FILE_OPERATION_SYNC, result);
}

OTELUE_EXPORT int fdatasync(int fd)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(fdatasync)(fd);

	return (int)file_end(timer, FILE_OPERATION_SYNC, result);
}

OTELUE_EXPORT int syncfs(int fd)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(syncfs)(fd);

	return (int)file_end(timer, FILE_OPERATION_SYNC, result);
}

OTELUE_EXPORT void sync(void)
{
	struct hook_timer timer = hook_timer_start();

	REAL(sync)();
	file_end(timer, FILE_OPERATION_SYNC, 0);
}

OTELUE_EXPORT int sync_file_range(int fd, off64_t offset, off64_t size, unsigned int flags)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(sync_file_range)(fd, offset, size, flags);

	return (int)file_end(timer, FILE_OPERATION_SYNC, result);
}

OTELUE_EXPORT int flock(int fd, int operation)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(flock)(fd, operation);

	return (int)file_end(timer, FILE_OPERATION_LOCK, result);
}

OTELUE_EXPORT int lockf(int fd, int command, off_t size)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(lockf)(fd, command, size);

	return (int)file_end(timer, FILE_OPERATION_LOCK, result);
}

OTELUE_EXPORT int lockf64(int fd, int command, off64_t size)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(lockf64)(fd, command, size);

	return (int)file_end(timer, FILE_OPERATION_LOCK, result);
}

OTELUE_EXPORT off_t lseek(int fd, off_t offset, int whence)
{
	struct hook_timer timer = hook_timer_start();
	off_t position = REAL(lseek)(fd, offset, whence);

	return file_end(timer, FILE_OPERATION_METADATA, position);
}

OTELUE_EXPORT off64_t lseek64(int fd, off64_t offset, int whence)
{
	struct hook_timer timer = hook_timer_start();
	off64_t position = REAL(lseek64)(fd, offset, whence);

	return file_end(timer, FILE_OPERATION_METADATA, position);
}

OTELUE_EXPORT off_t __lseek(int fd, off_t offset, int whence)
{
	struct hook_timer timer = hook_timer_start();
	off_t position = REAL(__lseek)(fd, offset, whence);

	return file_end(timer, FILE_OPERATION_METADATA, position);
}

OTELUE_EXPORT off64_t llseek(int fd, off64_t offset, int whence)
{
	return lseek64(fd, offset, whence);
}

OTELUE_EXPORT int truncate(const char *path, off_t size)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(truncate)(path, size);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int truncate64(const char *path, off64_t size)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(truncate64)(path, size);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int ftruncate(int fd, off_t size)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(ftruncate)(fd, size);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int ftruncate64(int fd, off64_t size)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(ftruncate64)(fd, size);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int fallocate(int fd, int mode, off_t offset, off_t size)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(fallocate)(fd, mode, offset, size);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int fallocate64(int fd, int mode, off64_t offset, off64_t size)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(fallocate64)(fd, mode, offset, size);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int posix_fallocate(int fd, off_t offset, off_t size)
{
	struct hook_timer timer = hook_timer_start();
	int error = REAL(posix_fallocate)(fd, offset, size);

	return file_end_error(timer, FILE_OPERATION_METADATA, error);
}

OTELUE_EXPORT int posix_fallocate64(int fd, off64_t offset, off64_t size)
{
	struct hook_timer timer = hook_timer_start();
	int error = REAL(posix_fallocate64)(fd, offset, size);

	return file_end_error(timer, FILE_OPERATION_METADATA, error);
}

OTELUE_EXPORT int posix_fadvise(int fd, off_t offset, off_t size, int advice)
{
	struct hook_timer timer = hook_timer_start();
	int error = REAL(posix_fadvise)(fd, offset, size, advice);

	return file_end_error(timer, FILE_OPERATION_METADATA, error);
}

OTELUE_EXPORT int posix_fadvise64(int fd, off64_t offset, off64_t size, int advice)
{
	struct hook_timer timer = hook_timer_start();
	int error = REAL(posix_fadvise64)(fd, offset, size, advice);

	return file_end_error(timer, FILE_OPERATION_METADATA, error);
}

OTELUE_EXPORT ssize_t readahead(int fd, off64_t offset, size_t size)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t result = REAL(readahead)(fd, offset, size);

	return file_end(timer, FILE_OPERATION_METADATA, result);
}

/* Not timed: what it does is the driver's, and may run for as long as a virtual machine. */
OTELUE_EXPORT int ioctl(int fd, unsigned long request, ...)
{
	void *argument;
	va_list more;

	va_start(more, request);
	argument = va_arg(more, void *);
	va_end(more);
	return file_end_untimed(FILE_OPERATION_METADATA, REAL(ioctl)(fd, request, argument));
}
