/* A directory of its own for each test, in shared memory like real segments, removed afterwards. */
#ifndef TESTS_UNIT_SCRATCH_H
#define TESTS_UNIT_SCRATCH_H

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch[64];

static inline void scratch_make(void)
{
	strcpy(scratch, "/dev/shm/otelue-test.XXXXXX");
	cr_assert_not_null(mkdtemp(scratch));
}

/* Removes what is in the directory, and closes it. */
static inline void scratch_empty(int fd)
{
	DIR *directory = fdopendir(fd);
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (entry->d_type == DT_DIR)
			scratch_empty(openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY));
		unlinkat(fd, entry->d_name, entry->d_type == DT_DIR ? AT_REMOVEDIR : 0);
	}
	if (directory)
		closedir(directory);
}

static inline void scratch_remove(void)
{
	scratch_empty(open(scratch, O_RDONLY | O_DIRECTORY));
	rmdir(scratch);
}

/* Path of a file in it; good until the next call. */
static inline const char *scratch_path(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", scratch, name);
	return path;
}

static inline int scratch_files(void)
{
	DIR *directory = opendir(scratch);
	struct dirent *entry;
	int n = 0;

	cr_assert_not_null(directory);
	while ((entry = readdir(directory)))
		n += entry->d_name[0] != '.';
	closedir(directory);
	return n;
}

#endif
