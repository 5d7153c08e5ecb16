/*
 * The sink that is a file: OTLP JSON lines, one request a line, appended. Opened anew for each
 * export, so that a file that was rotated away is left alone; where that is no longer permitted,
 * the open one is used on. Processes that share one take turns by flock(), 20 ms at most. Emitter
 * thread only.
 */
#ifndef SINK_FILE_H
#define SINK_FILE_H

#include <stdbool.h>
#include <stddef.h>

#define FILE_SINK_PATH_MAX 2048

struct file_sink {
	int fd;      /* <= 0: not open */
	bool broken; /* of what cannot be read: the last write stopped inside a line */
};

/*
 * Appends the line (with its newline), behind the end of one that was cut. 0 or -errno (-ENOSPC,
 * -EFBIG, -EACCES, ...): then nothing or part of the line stands in the file, and the same points
 * are to be sent again.
 */
int file_sink_write(struct file_sink *sink, const char *path, const char *line, size_t length);

/* Could a line be appended now, or the file be made? 0, or -errno as the write would have it.
 * Nothing is changed, nothing opened. One thread at a time. */
int file_sink_check(const char *path);

/* What a user does about that error; "" where that is unknown. */
const char *file_sink_remedy(int err);

void file_sink_close(struct file_sink *sink);

#endif
