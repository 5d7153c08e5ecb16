/* See live.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cli/library.h"
#include "cli/live.h"
#include "cli/memory.h"
#include "cli/session_directory.h"

/* The path at the end of a line of /proc/PID/maps; NULL: there is none. */
static char *path_of(char *line)
{
	char *path = strchr(line, '/');

	if (path)
		path[strcspn(path, "\n")] = '\0';
	return path;
}

/* Of the mapped files: the segment's path, to be freed. NULL: none; *ret_loaded: but the shim. */
static char *find_segment(FILE *maps, bool *ret_loaded)
{
	char *line = NULL, *found = NULL;
	size_t size = 0;

	while (!found && getline(&line, &size, maps) > 0) {
		const char *path = path_of(line), *name = path ? strrchr(path, '/') + 1 : "";

		*ret_loaded |= strcmp(name, LIBRARY_NAME) == 0;
		if (strstr(path ? path : "", "/otelue.") && session_is_segment(name))
			found = memory_text("%s", path);
	}
	free(line);
	return found;
}

/* Its directory, as the process sees it. */
static int open_directory(pid_t pid, const char *segment)
{
	int length = (int)(strrchr(segment, '/') - segment);
	char *path = memory_text("/proc/%d/root%.*s", (int)pid, length, segment);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	free(path);
	return fd < 0 ? -errno : fd;
}

static int read_segment(pid_t pid, const char *segment, struct segment_reading *ret)
{
	int directory = open_directory(pid, segment), err;
	char process[32];
	struct stat status;

	if (directory < 0)
		return directory;
	snprintf(process, sizeof(process), "/proc/%d", (int)pid);
	err = stat(process, &status) < 0 ? -errno : 0;
	if (!err)
		err = reader_read(directory, strrchr(segment, '/') + 1, status.st_uid, ret);
	close(directory);
	return !err && ret->state != SEGMENT_LIVE ? -EAGAIN : err;
}

int live_read(pid_t pid, struct segment_reading *ret, bool *ret_loaded)
{
	char path[32], *segment;
	FILE *maps;
	int err;

	*ret_loaded = false;
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	maps = fopen(path, "re");
	if (!maps)
		return errno == ENOENT ? -ESRCH : -errno;
	segment = find_segment(maps, ret_loaded);
	fclose(maps);
	if (!segment)
		return -ENODATA;
	err = read_segment(pid, segment, ret);
	free(segment);
	return err;
}

int live_each(void (*visit)(pid_t pid, const struct segment_reading *reading, void *context),
              void *context)
{
	DIR *all = opendir("/proc");
	struct segment_reading *reading;
	struct dirent *entry;
	bool loaded;

	if (!all)
		return -errno;
	reading = memory_take(sizeof(*reading));
	while ((entry = readdir(all))) {
		char *end;
		long pid = strtol(entry->d_name, &end, 10);

		if (*end || pid <= 0 || pid > INT_MAX)
			continue;
		if (live_read((pid_t)pid, reading, &loaded) == 0)
			visit((pid_t)pid, reading, context);
	}
	free(reading);
	closedir(all);
	return 0;
}
