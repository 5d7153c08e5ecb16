/* Hooks that make, change, follow and remove names of files. */
#include <stdlib.h>
#include "hooks/file.h"

OTELUE_EXPORT int unlink(const char *path)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(unlink)(path);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int unlinkat(int directory, const char *path, int flags)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(unlinkat)(directory, path, flags);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int shm_unlink(const char *name)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(shm_unlink)(name);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int remove(const char *path)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(remove)(path);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int rename(const char *old, const char *path)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(rename)(old, path);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int renameat(int old_directory, const char *old, int directory, const char *path)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(renameat)(old_directory, old, directory, path);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int renameat2(int old_directory, const char *old, int directory, const char *path,
                            unsigned int flags)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(renameat2) ? real.renameat2(old_directory, old, directory, path, flags)
	                             : hook_missing();

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int link(const char *old, const char *path)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(link)(old, path);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int linkat(int old_directory, const char *old, int directory, const char *path,
                         int flags)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(linkat)(old_directory, old, directory, path, flags);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int symlink(const char *target, const char *path)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(symlink)(target, path);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int symlinkat(const char *target, int directory, const char *path)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(symlinkat)(target, directory, path);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int mkdir(const char *path, mode_t mode)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(mkdir)(path, mode);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT char *mkdtemp(char *path)
{
	struct hook_timer timer = hook_timer_start();
	char *made = REAL(mkdtemp)(path);

	file_end(timer, FILE_OPERATION_METADATA, made ? 0 : -1);
	return made;
}

OTELUE_EXPORT int mkdirat(int directory, const char *path, mode_t mode)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(mkdirat)(directory, path, mode);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int rmdir(const char *path)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(rmdir)(path);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT ssize_t readlink(const char *restrict path, char *restrict to, size_t size)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t length = REAL(readlink)(path, to, size);

	return file_end(timer, FILE_OPERATION_METADATA, length);
}

OTELUE_EXPORT ssize_t readlinkat(int directory, const char *restrict path, char *restrict to,
                                 size_t size)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t length = REAL(readlinkat)(directory, path, to, size);

	return file_end(timer, FILE_OPERATION_METADATA, length);
}

OTELUE_EXPORT ssize_t __readlink_chk(const char *restrict path, char *restrict to, size_t size,
                                     size_t room)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t length = REAL(__readlink_chk)(path, to, size, room);

	return file_end(timer, FILE_OPERATION_METADATA, length);
}

OTELUE_EXPORT ssize_t __readlinkat_chk(int directory, const char *restrict path, char *restrict to,
                                       size_t size, size_t room)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t length = REAL(__readlinkat_chk)(directory, path, to, size, room);

	return file_end(timer, FILE_OPERATION_METADATA, length);
}

OTELUE_EXPORT char *realpath(const char *restrict path, char *restrict to)
{
	struct hook_timer timer = hook_timer_start();
	char *resolved = REAL(realpath)(path, to);

	file_end(timer, FILE_OPERATION_METADATA, resolved ? 0 : -1);
	return resolved;
}

OTELUE_EXPORT char *__realpath_chk(const char *path, char *to, size_t room)
{
	struct hook_timer timer = hook_timer_start();
	char *resolved = REAL(__realpath_chk)(path, to, room);

	file_end(timer, FILE_OPERATION_METADATA, resolved ? 0 : -1);
	return resolved;
}

OTELUE_EXPORT char *canonicalize_file_name(const char *path)
{
	struct hook_timer timer = hook_timer_start();
	char *resolved = REAL(canonicalize_file_name)(path);

	file_end(timer, FILE_OPERATION_METADATA, resolved ? 0 : -1);
	return resolved;
}
