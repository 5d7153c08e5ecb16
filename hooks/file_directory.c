/*
 * Hooks of directories that are read as streams. opendir makes a descriptor, fdopendir takes one
 * over, closedir closes it. readdir fails and ends alike, with NULL; errno alone tells, so that it
 * is 0 while the real one runs and put back if that left it alone.
 */
#include <dirent.h>
#include "hooks/file.h"

OTELUE_EXPORT DIR *opendir(const char *path)
{
	struct hook_timer timer = hook_timer_start();
	DIR *directory = REAL(opendir)(path);

	file_end_open(timer, DESCRIPTOR_OF(DIRECTORY, OTHER), directory ? dirfd(directory) : -1);
	return directory;
}

OTELUE_EXPORT DIR *fdopendir(int fd)
{
	struct hook_timer timer = hook_timer_start();
	DIR *directory = REAL(fdopendir)(fd);

	file_end(timer, FILE_OPERATION_OPEN, directory ? 0 : -1);
	return directory;
}

/* errno before the call, and 0 for its time. */
static int errno_cleared(void)
{
	int before = errno;

	errno = 0;
	return before;
}

static void end_reading(struct hook_timer timer, bool found, int before)
{
	bool failed = !found && errno != 0;

	file_end(timer, FILE_OPERATION_METADATA, failed ? -1 : 0);
	if (errno == 0)
		errno = before;
}

OTELUE_EXPORT struct dirent *readdir(DIR *directory)
{
	int before = errno_cleared();
	struct hook_timer timer = hook_timer_start();
	struct dirent *entry = REAL(readdir)(directory);

	end_reading(timer, entry != NULL, before);
	return entry;
}

OTELUE_EXPORT struct dirent64 *readdir64(DIR *directory)
{
	int before = errno_cleared();
	struct hook_timer timer = hook_timer_start();
	struct dirent64 *entry = REAL(readdir64)(directory);

	end_reading(timer, entry != NULL, before);
	return entry;
}

OTELUE_EXPORT int readdir_r(DIR *restrict directory, struct dirent *restrict entry,
                            struct dirent **restrict ret_entry)
{
	struct hook_timer timer = hook_timer_start();
	int error = REAL(readdir_r)(directory, entry, ret_entry);

	return file_end_error(timer, FILE_OPERATION_METADATA, error);
}

OTELUE_EXPORT int readdir64_r(DIR *restrict directory, struct dirent64 *restrict entry,
                              struct dirent64 **restrict ret_entry)
{
	struct hook_timer timer = hook_timer_start();
	int error = REAL(readdir64_r)(directory, entry, ret_entry);

	return file_end_error(timer, FILE_OPERATION_METADATA, error);
}

/* -1: closedir is given NULL, which its prototype tells the compiler cannot be. */
static int number_of(DIR *directory)
{
	__asm__("" : "+r"(directory));
	return directory ? dirfd(directory) : -1;
}

OTELUE_EXPORT int closedir(DIR *directory)
{
	uint16_t entry = descriptor_take(number_of(directory));
	struct hook_timer timer = hook_timer_start();
	int result = REAL(closedir)(directory);

	return file_end_close(timer, entry, result);
}
