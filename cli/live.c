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

/* A mapped file. */
struct mapped {
	char *path;
	unsigned long inode;
};

/* Of the mapped files the segment; its path is to be freed. False: none; *ret_loaded: but the shim;
 * *ret_lines: is anything mapped? */
static bool find_segment(FILE *maps, struct mapped *ret, bool *ret_loaded, bool *ret_lines)
{
	char *line = NULL, *path;
	size_t size = 0;

	ret->path = NULL;
	while (!ret->path && getline(&line, &size, maps) > 0) {
		*ret_lines = true;
		path = strchr(line, '/');
		if (!path || sscanf(line, "%*s %*s %*s %*s %lu", &ret->inode) != 1)
			continue;
		path[strcspn(path, "\n")] = '\0';
		*ret_loaded |= strcmp(strrchr(path, '/') + 1, LIBRARY_NAME) == 0;
		if (strstr(path, "/otelue.") && session_is_segment(strrchr(path, '/') + 1))
			ret->path = memory_text("%s", path);
	}
	free(line);
	return ret->path;
}

/* The directory in which that very file lies; *ret_owner: the file's. -EXDEV: nowhere. */
static int open_directory(const char *prefix, const struct mapped *segment, uid_t *ret_owner)
{
	int length = (int)(strrchr(segment->path, '/') - segment->path);
	char *path = memory_text("%s%.*s", prefix, length, segment->path);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat status;

	free(path);
	if (fd < 0)
		return -EXDEV;
	if (fstatat(fd, segment->path + length + 1, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	    status.st_ino == segment->inode) {
		*ret_owner = status.st_uid;
		return fd;
	}
	close(fd);
	return -EXDEV;
}

/* As seen from the process's root, or from ours: a process that has called chroot maps what lies
 * outside. */
static int read_segment(pid_t pid, const struct mapped *segment, struct segment_reading *ret)
{
	char root[32];
	uid_t owner;
	int directory, err;

	snprintf(root, sizeof(root), "/proc/%d/root", (int)pid);
	directory = open_directory(root, segment, &owner);
	if (directory < 0)
		directory = open_directory("", segment, &owner);
	if (directory < 0)
		return directory;
	err = reader_read(directory, strrchr(segment->path, '/') + 1, owner, ret);
	close(directory);
	return !err && ret->state != SEGMENT_LIVE ? -EAGAIN : err;
}

static int read_maps(pid_t pid, const char *path, struct segment_reading *ret, bool *ret_loaded)
{
	FILE *maps = fopen(path, "re");
	struct mapped segment;
	bool lines = false, found;
	int err;

	if (!maps)
		return errno == ENOENT ? -ESRCH : -errno;
	found = find_segment(maps, &segment, ret_loaded, &lines);
	fclose(maps);
	if (!found)
		return lines ? -ENODATA : -ESRCH;
	err = read_segment(pid, &segment, ret);
	free(segment.path);
	return err;
}

/* What a process has mapped whose first thread has ended the others tell. */
static int read_tasks(pid_t pid, struct segment_reading *ret, bool *ret_loaded)
{
	char *path = memory_text("/proc/%d/task", (int)pid);
	DIR *tasks = opendir(path);
	struct dirent *entry;
	int err = -ESRCH;

	free(path);
	while (tasks && err == -ESRCH && (entry = readdir(tasks))) {
		if (entry->d_name[0] == '.')
			continue;
		path = memory_text("/proc/%d/task/%s/maps", (int)pid, entry->d_name);
		err = read_maps(pid, path, ret, ret_loaded);
		free(path);
	}
	if (tasks)
		closedir(tasks);
	return err;
}

int live_read(pid_t pid, struct segment_reading *ret, bool *ret_loaded)
{
	char path[32];
	int err;

	*ret_loaded = false;
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	err = read_maps(pid, path, ret, ret_loaded);
	return err == -ESRCH ? read_tasks(pid, ret, ret_loaded) : err;
}

int live_each(void (*visit)(pid_t pid, int err, const struct segment_reading *reading,
                            void *context),
              void *context)
{
	DIR *all = opendir("/proc");
	struct segment_reading *reading;
	struct dirent *entry;
	bool loaded;
	int err;

	if (!all)
		return -errno;
	reading = memory_take(sizeof(*reading));
	while ((entry = readdir(all))) {
		char *end;
		long pid = strtol(entry->d_name, &end, 10);

		if (*end || pid <= 0 || pid > INT_MAX)
			continue;
		err = live_read((pid_t)pid, reading, &loaded);
		if (err != -ESRCH && err != -ENODATA && err != -EACCES && err != -EPERM)
			visit((pid_t)pid, err, reading, context);
	}
	free(reading);
	closedir(all);
	return 0;
}
