/* Looking for a line; see file_tail.h. */
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include "base/file.h"
#include "base/memory.h"
#include "export/file_tail.h"

/* Do these bytes stand in the file at `at`? */
static bool stands_at(int fd, long at, const char *bytes, size_t length)
{
	char chunk[256];

	while (length > 0) {
		long n = sys_call(SYS_pread64, fd, chunk,
		                  length < sizeof(chunk) ? length : sizeof(chunk), at);

		if (n <= 0 || memcmp(chunk, bytes, (size_t)n) != 0)
			return false;
		bytes += n;
		at += n;
		length -= (size_t)n;
	}
	return true;
}

/* Tries each place behind a newline in [from, end). *ret_last: the file's last byte. */
static bool find(int fd, long from, long end, const char *line, size_t length, char *chunk,
                 size_t size, char *ret_last)
{
	bool start = from == 0;
	long n;

	*ret_last = '\n';
	for (long at = from; at < end; at += n) {
		n = sys_call(SYS_pread64, fd, chunk, size, at);
		if (n <= 0)
			break;
		for (long i = 0; i < n; i++) {
			if (start && stands_at(fd, at + i, line, length))
				return true;
			start = chunk[i] == '\n';
		}
		*ret_last = chunk[n - 1];
	}
	return false;
}

enum file_tail file_tail_find(const char *path, const char *line, size_t length, char *scratch,
                              size_t size)
{
	struct stat status;
	int fd = (int)file_open(path, O_RDONLY | O_NONBLOCK, 0);
	long from;
	char last = '\n';
	bool found = false;

	if (fd < 0)
		return FILE_TAIL_ABSENT;
	if (sys_call(SYS_newfstatat, fd, "", &status, AT_EMPTY_PATH) == 0 &&
	    S_ISREG(status.st_mode)) {
		from = status.st_size - (long)length - FILE_TAIL_BYTES;
		found = find(fd, from > 0 ? from : 0, status.st_size, line, length, scratch, size,
		             &last);
	}
	sys_call(SYS_close, fd);
	if (found)
		return FILE_TAIL_FOUND;
	return last == '\n' ? FILE_TAIL_ABSENT : FILE_TAIL_CUT;
}
