/* How the hooks of files end: time, calls, bytes, failures. See file.h. */
#include "hooks/file.h"
#include "hooks/socket.h"

/* Whether the call would have had to wait, and as what that is counted. */
static bool would_wait(enum FILE_OPERATION operation, int error, enum IO_OPERATION *ret_as)
{
	switch (operation) {
	case FILE_OPERATION_READ:
		*ret_as = IO_OPERATION_READ;
		return hook_would_block(error);
	case FILE_OPERATION_WRITE:
		*ret_as = IO_OPERATION_WRITE;
		return hook_would_block(error);
	case FILE_OPERATION_TRANSFER:
		*ret_as = IO_OPERATION_TRANSFER;
		return hook_would_block(error);
	case FILE_OPERATION_LOCK: /* POSIX leaves the choice of the two */
		*ret_as = IO_OPERATION_LOCK;
		return hook_would_block(error) || error == EACCES;
	default:
		return false;
	}
}

void file_count_failure(struct counting here, enum FILE_OPERATION operation, int error)
{
	enum IO_OPERATION as;

	if (would_wait(operation, error, &as))
		counting_add(here, PLACE(IO_WOULD_BLOCK), as, 1);
	else
		counting_add(here, PLACE(FILE_OPERATION_ERRORS),
		             operation * FILE_ERROR_COUNT +
		                     hook_error_value(ATTRIBUTE_FILE_ERROR, error),
		             1);
}

long file_end(struct hook_timer timer, enum FILE_OPERATION operation, long result)
{
	struct counting here = file_count_call(operation, hook_timer_elapsed(timer));

	if (unlikely(result == -1))
		file_count_failure(here, operation, errno);
	return result;
}

int file_end_untimed(enum FILE_OPERATION operation, int result)
{
	if (unlikely(result == -1))
		file_count_failure(counting_here(HOOK_FAMILY_FILE), operation, errno);
	return result;
}

int file_end_error(struct hook_timer timer, enum FILE_OPERATION operation, int error)
{
	struct counting here = file_count_call(operation, hook_timer_elapsed(timer));

	if (unlikely(error))
		file_count_failure(here, operation, error);
	return error;
}

int file_end_open(struct hook_timer timer, uint16_t entry, int fd)
{
	file_end(timer, FILE_OPERATION_OPEN, fd);
	if (fd >= 0)
		descriptor_made(fd, entry);
	return fd;
}

uint16_t file_entry_of_flags(int flags)
{
	/* O_TMPFILE has O_DIRECTORY's bit in it. */
	if ((flags & O_TMPFILE) != O_TMPFILE && (flags & O_DIRECTORY))
		return DESCRIPTOR_OPENED(DIRECTORY);
	return DESCRIPTOR_OPENED(FILE);
}

int file_end_pipe(struct hook_timer timer, int result, const int ends[2])
{
	file_end(timer, FILE_OPERATION_OPEN, result);
	if (result == 0) {
		descriptor_made(ends[0], DESCRIPTOR_OF(PIPE, PIPE));
		descriptor_made(ends[1], DESCRIPTOR_OF(PIPE, PIPE));
	}
	return result;
}

/* A duplicate of a connection is not another one. */
static uint16_t duplicate_of(int fd)
{
	return descriptor_with(fd, DESCRIPTOR_KNOWN) & (uint16_t)~DESCRIPTOR_STATE;
}

int file_end_dup(struct hook_timer timer, int old, int fd)
{
	file_end(timer, FILE_OPERATION_OPEN, fd);
	if (fd >= 0)
		descriptor_made(fd, duplicate_of(old));
	return fd;
}

struct replacing file_begin_replace(int old, int fd)
{
	struct replacing replacing = {.old = old};

	if (old != fd)
		replacing.replaced = descriptor_with(fd, DESCRIPTOR_KNOWN);
	replacing.timer = hook_timer_start();
	return replacing;
}

int file_end_replace(const struct replacing *replacing, int fd)
{
	uint16_t taken;

	file_end(replacing->timer, FILE_OPERATION_OPEN, fd);
	if (fd < 0 || fd == replacing->old)
		return fd;
	taken = descriptor_take(fd);
	if (replacing->replaced & DESCRIPTOR_KNOWN)
		descriptor_closed(taken ? taken : replacing->replaced);
	descriptor_made(fd, duplicate_of(replacing->old));
	return fd;
}

/* Bytes of a transfer, on one side. */
static void count_bytes(int fd, enum DISK_DIRECTION direction, ssize_t n)
{
	uint16_t entry = fd < 0 ? 0 : descriptor_with(fd, DESCRIPTOR_READY);
	struct counting here = counting_here(HOOK_FAMILY_FILE);

	if (fd < 0)
		return;
	if (entry & DESCRIPTOR_SOCKET)
		socket_count_bytes(fd, entry,
		                   direction == DISK_DIRECTION_READ ? SOCKET_OPERATION_RECEIVE
		                                                    : SOCKET_OPERATION_SEND,
		                   (size_t)n);
	else
		counting_add(here, PLACE(FILE_IO),
		             direction * FILE_TYPE_COUNT + descriptor_file_type(entry),
		             (uint64_t)n);
}

ssize_t file_end_transfer(struct hook_timer timer, int from, int to, ssize_t n)
{
	file_end(timer, FILE_OPERATION_TRANSFER, n);
	if (n > 0) {
		count_bytes(from, DISK_DIRECTION_READ, n);
		count_bytes(to, DISK_DIRECTION_WRITE, n);
	}
	return n;
}

int file_end_fcntl(struct hook_timer timer, int fd, int command, int result)
{
	switch (command) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		return file_end_dup(timer, fd, result);
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
	case F_OFD_GETLK:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return (int)file_end(timer, FILE_OPERATION_LOCK, result);
	default:
		return (int)file_end(timer, FILE_OPERATION_METADATA, result);
	}
}
