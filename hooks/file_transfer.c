/* Hooks that move bytes from one descriptor to another inside the kernel. */
#include <sys/sendfile.h>
#include "base/syscall.h"
#include "hooks/file.h"
#include "hooks/own_calls.h"

/* Of sendfile the kernel counts also those that find the end, of copy_file_range those that moved
 * something. */
static ssize_t end_copy(struct hook_timer timer, int from, int to, ssize_t n, ssize_t counted_from)
{
	if (n >= counted_from && counting_here(HOOK_FAMILY_FILE).values)
		counter_add_shared(&counting_page.copies, 1);
	return file_end_transfer(timer, from, to, n);
}

OTELUE_EXPORT ssize_t sendfile(int to, int from, off_t *offset, size_t size)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(sendfile)(to, from, offset, size);

	return end_copy(timer, from, to, n, 0);
}

OTELUE_EXPORT ssize_t sendfile64(int to, int from, off64_t *offset, size_t size)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(sendfile64)(to, from, offset, size);

	return end_copy(timer, from, to, n, 0);
}

OTELUE_EXPORT ssize_t splice(int from, off64_t *from_offset, int to, off64_t *to_offset,
                             size_t size, unsigned int flags)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(splice)(from, from_offset, to, to_offset, size, flags);

	return file_end_transfer(timer, from, to, n);
}

/* What tee moves stays in the pipe that it came from. */
OTELUE_EXPORT ssize_t tee(int from, int to, size_t size, unsigned int flags)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(tee)(from, to, size, flags);

	return file_end_transfer(timer, -1, to, n);
}

/* vmsplice writes memory to a pipe, or reads it from one if it is given that end. */
static bool is_read_end(int fd)
{
	long flags;

	if (!relaxed_load(&descriptor_lookups) || !own_calls_begin())
		return false;
	flags = sys_call(SYS_fcntl, fd, F_GETFL);
	own_calls_end();
	return (flags & O_ACCMODE) == O_RDONLY;
}

OTELUE_EXPORT ssize_t vmsplice(int pipe, const struct iovec *parts, size_t count,
                               unsigned int flags)
{
	bool reads = is_read_end(pipe);
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(vmsplice)(pipe, parts, count, flags);

	return file_end_transfer(timer, reads ? pipe : -1, reads ? -1 : pipe, n);
}

OTELUE_EXPORT ssize_t copy_file_range(int from, off64_t *from_offset, int to, off64_t *to_offset,
                                      size_t size, unsigned int flags)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(copy_file_range)
	                    ? real.copy_file_range(from, from_offset, to, to_offset, size, flags)
	                    : hook_missing();

	return end_copy(timer, from, to, n, 1);
}
