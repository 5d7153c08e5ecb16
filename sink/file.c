/* The file sink; see file.h. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/file.h"
#include "base/memory.h"
#include "sink/file.h"

#define LOCK_TRIES 400 /* of 50 us each */

static int reopen(struct file_sink *sink, const char *path)
{
	long fd = file_open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0644);

	if (fd < 0)
		return sink->fd > 0 ? 0 : (int)fd;
	file_sink_close(sink);
	sink->fd = (int)fd;
	return 0;
}

/*
 * One process writes at a time: half of a line that is being written is not one that was left. Not
 * for ever, for the holder may be stopped; false: it writes, as far as is known.
 */
static bool lock(const struct file_sink *sink)
{
	struct timespec pause = {0, 50000};

	for (int i = 0; i < LOCK_TRIES; i++) {
		if (sys_call(SYS_flock, sink->fd, LOCK_EX | LOCK_NB) != -EWOULDBLOCK)
			return true;
		sys_call(SYS_nanosleep, &pause, NULL);
	}
	return false;
}

/* Is there a line without its end? Who left it may have ended long ago, and the file be another. */
static bool ends_inside_line(const struct file_sink *sink, const char *path)
{
	struct stat status, read;
	char last = '\n';
	bool known = false;
	long fd;

	if (sys_call(SYS_newfstatat, sink->fd, "", &status, AT_EMPTY_PATH) != 0 ||
	    !S_ISREG(status.st_mode))
		return sink->broken;
	if (status.st_size == 0)
		return false;
	fd = file_open(path, O_RDONLY | O_NONBLOCK, 0);
	if (fd < 0)
		return sink->broken;
	if (sys_call(SYS_newfstatat, fd, "", &read, AT_EMPTY_PATH) == 0 &&
	    read.st_dev == status.st_dev && read.st_ino == status.st_ino)
		known = sys_call(SYS_pread64, fd, &last, 1, read.st_size - 1) == 1;
	sys_call(SYS_close, fd);
	return known ? last != '\n' : sink->broken;
}

static int append(struct file_sink *sink, const char *line, size_t length)
{
	size_t written = 0;
	long n;

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

int file_sink_write(struct file_sink *sink, const char *path, const char *line, size_t length)
{
	int err = reopen(sink, path);

	if (err)
		return err;
	if (lock(sink))
		sink->broken = ends_inside_line(sink, path);
	err = append(sink, line, length);
	sys_call(SYS_flock, sink->fd, LOCK_UN);
	return err;
}

/* May a file be made in the directory of this one? */
static int check_directory(const char *path)
{
	static char directory[FILE_SINK_PATH_MAX] LARGE_MEMORY;
	size_t length = 0;

	for (size_t i = 0; path[i]; i++)
		if (path[i] == '/')
			length = i + 1;
	if (length >= sizeof(directory))
		return -ENAMETOOLONG;
	memcpy(directory, length ? path : ".", length ? length : 1);
	directory[length ? length : 1] = '\0';
	return (int)sys_call(SYS_faccessat, AT_FDCWD, directory, W_OK | X_OK);
}

int file_sink_check(const char *path)
{
	struct stat status;
	int err = (int)sys_call(SYS_newfstatat, AT_FDCWD, path, &status, 0);

	if (err == -ENOENT)
		return check_directory(path);
	if (err)
		return err;
	if (S_ISDIR(status.st_mode))
		return -EISDIR;
	return (int)sys_call(SYS_faccessat, AT_FDCWD, path, W_OK);
}

const char *file_sink_remedy(int err)
{
	switch (err) {
	case -ENOENT:
	case -ENOTDIR:
		return "make its directory";
	case -EACCES:
	case -EPERM:
	case -EROFS:
		return "give this user the right to write there, or choose another place";
	case -EISDIR:
		return "it is a directory: name a file";
	case -ENOSPC:
	case -EDQUOT:
		return "make room in its file system";
	case -EFBIG:
		return "raise RLIMIT_FSIZE (ulimit -f), or move the file away";
	case -ENXIO:
		return "it is a FIFO that nobody reads";
	default:
		return "";
	}
}

void file_sink_close(struct file_sink *sink)
{
	if (sink->fd > 0)
		sys_call(SYS_close, sink->fd);
	sink->fd = 0;
}
