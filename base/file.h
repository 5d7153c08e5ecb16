/* Small files of /proc and /sys read by raw system calls, for the emitter. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <fcntl.h>
#include <stddef.h>
#include "base/syscall.h"

/*
 * Opens a file, never as standard input, output or error: where the program has closed these, an
 * export on one of its threads must not stand in for them for a moment. Descriptor or -errno.
 */
static inline long file_open(const char *path, int flags, int mode)
{
	long fd = sys_call(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC | O_NOCTTY, mode), moved;

	if (fd < 0 || fd > 2)
		return fd;
	moved = sys_call(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 3);
	sys_call(SYS_close, fd);
	return moved;
}

/* Reads up to size-1 bytes of the file and ends them with NUL. Returns the length or -errno. */
static inline long file_read(const char *path, char *to, size_t size)
{
	long fd = file_open(path, O_RDONLY | O_NONBLOCK, 0);
	size_t length = 0;
	long n = fd;

	if (fd < 0)
		return fd;
	while (length < size - 1) {
		n = sys_call(SYS_read, fd, to + length, size - 1 - length);
		if (n <= 0)
			break;
		length += (size_t)n;
	}
	sys_call(SYS_close, fd);
	to[length] = '\0';
	return n < 0 ? n : (long)length;
}

/* The same in one read, for a file that the kernel makes whole for whoever has room for it. */
static inline long file_read_once(const char *path, char *to, size_t size)
{
	long fd = file_open(path, O_RDONLY | O_NONBLOCK, 0), n;

	if (fd < 0)
		return fd;
	n = sys_call(SYS_read, fd, to, size - 1);
	sys_call(SYS_close, fd);
	to[n < 0 ? 0 : n] = '\0';
	return n;
}

#endif
