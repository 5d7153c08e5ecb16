/* Hooks that set the mode, the owner and the times of files. */
#include "hooks/file.h"

OTELUE_EXPORT int chmod(const char *path, mode_t mode)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(chmod)(path, mode);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int fchmod(int fd, mode_t mode)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(fchmod)(fd, mode);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int lchmod(const char *path, mode_t mode)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(lchmod)(path, mode);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int fchmodat(int directory, const char *path, mode_t mode, int flags)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(fchmodat)(directory, path, mode, flags);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int chown(const char *path, uid_t owner, gid_t group)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(chown)(path, owner, group);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int fchown(int fd, uid_t owner, gid_t group)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(fchown)(fd, owner, group);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int lchown(const char *path, uid_t owner, gid_t group)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(lchown)(path, owner, group);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int fchownat(int directory, const char *path, uid_t owner, gid_t group, int flags)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(fchownat)(directory, path, owner, group, flags);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int utime(const char *path, const struct utimbuf *times)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(utime)(path, times);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int utimes(const char *path, const struct timeval times[2])
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(utimes)(path, times);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int lutimes(const char *path, const struct timeval times[2])
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(lutimes)(path, times);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int futimes(int fd, const struct timeval times[2])
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(futimes)(fd, times);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int futimesat(int directory, const char *path, const struct timeval times[2])
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(futimesat)(directory, path, times);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int utimensat(int directory, const char *path, const struct timespec times[2],
                            int flags)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(utimensat)(directory, path, times, flags);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int futimens(int fd, const struct timespec times[2])
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(futimens)(fd, times);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}
