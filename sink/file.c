/* The file sink; see file.h. */
#include <errno.h>
#include <fcntl.h>
#include "base/file.h"
#include "sink/file.h"

static int reopen(struct file_sink *sink, const char *path)
{
	long fd = file_open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0644);

	if (fd < 0)
		return sink->fd > 0 ? 0 : (int)fd;
	file_sink_close(sink);
	sink->fd = (int)fd;
	return 0;
}

int file_sink_write(struct file_sink *sink, const char *path, const char *line, size_t length)
{
	size_t written = 0;
	int err = reopen(sink, path);
	long n;

	if (err)
		return err;
	if (sink->broken && sys_call(SYS_write, sink->fd, "\n", 1) == 1)
		sink->broken = false;
	while (written < length) {
		n = sys_call(SYS_write, sink->fd, line + written, length - written);
		if (n == -EINTR)
			continue;
		if (n <= 0) {
			sink->broken |= written > 0;
			return n < 0 ? (int)n : -EIO;
		}
		written += (size_t)n;
	}
	return 0;
}

void file_sink_close(struct file_sink *sink)
{
	if (sink->fd > 0)
		sys_call(SYS_close, sink->fd);
	sink->fd = 0;
}
